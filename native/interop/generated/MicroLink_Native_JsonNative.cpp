// Written by native/interop/Generator from the externs of MicroLink.Native; change those and run native/interop/generate.
#include "MicroLink_Native.h"

HRESULT Library_ml_MicroLink_Native_JsonNative::mlm_json_size___STATIC__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(mlm_json_size, int32_t(uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *keys = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 0, -1, 1, 1, 0 }, keys));
    stack.SetResult_I4(mlm_json_size(keys,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        (int32_t)stack.ArgN(2).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_JsonNative::mlm_json_init___STATIC__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(mlm_json_init, int32_t(uint8_t *, int32_t, uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *state = NULL;
    uint8_t *keys = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 0, -1, 1, 1, 0 }, state));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 2, -1, 3, 1, 0 }, keys));
    stack.SetResult_I4(mlm_json_init(state,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        keys,
        (int32_t)stack.ArgN(3).NumericByRef().s4,
        (int32_t)stack.ArgN(4).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_JsonNative::mlm_json_reset___STATIC__VOID__SZARRAY_U1(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(mlm_json_reset, void(uint8_t *));
    NANOCLR_HEADER();
    uint8_t *state = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 0, -1, -1, 1, 0 }, state));
    mlm_json_reset(state);
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_JsonNative::mlm_json_finish___STATIC__VOID__SZARRAY_U1(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(mlm_json_finish, void(uint8_t *));
    NANOCLR_HEADER();
    uint8_t *state = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 0, -1, -1, 1, 0 }, state));
    mlm_json_finish(state);
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_JsonNative::mlm_json_skip___STATIC__VOID__SZARRAY_U1(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(mlm_json_skip, void(uint8_t *));
    NANOCLR_HEADER();
    uint8_t *state = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 0, -1, -1, 1, 0 }, state));
    mlm_json_skip(state);
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_JsonNative::mlm_json_read___STATIC__I4__SZARRAY_U1__SZARRAY_U1__I4__I4__SZARRAY_U1__SZARRAY_U1(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(mlm_json_read, int32_t(uint8_t *, uint8_t *, int32_t, int32_t, uint8_t *, uint8_t *));
    NANOCLR_HEADER();
    uint8_t *state = NULL;
    uint8_t *bytes = NULL;
    uint8_t *value = NULL;
    uint8_t *record32 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 0, -1, -1, 1, 0 }, state));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 1, 2, 3, 1, 0 }, bytes));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 4, -1, -1, 1, 0 }, value));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 5, -1, -1, 1, 32 }, record32));
    stack.SetResult_I4(mlm_json_read(state,
        bytes,
        (int32_t)stack.ArgN(2).NumericByRef().s4,
        (int32_t)stack.ArgN(3).NumericByRef().s4,
        value,
        record32));
    NANOCLR_NOCLEANUP();
}
