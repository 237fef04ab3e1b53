// Written by native/interop/Generator from the externs of MicroLink.Native; change those and run native/interop/generate.
#include "MicroLink_Native.h"

HRESULT Library_ml_MicroLink_Native_FilterNative::ml_dp_filter_set___STATIC__I4__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_filter_set, int32_t(int32_t, uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *table = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 1, 2, 3, 1, 0 }, table));
    stack.SetResult_I4(ml_dp_filter_set((int32_t)stack.ArgN(0).NumericByRef().s4,
        table,
        (int32_t)stack.ArgN(2).NumericByRef().s4,
        (int32_t)stack.ArgN(3).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_FilterNative::ml_dp_set_local_routes___STATIC__I4__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_set_local_routes, int32_t(int32_t, uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *prefixesBy17 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 1, 2, 3, 17, 0 }, prefixesBy17));
    stack.SetResult_I4(ml_dp_set_local_routes((int32_t)stack.ArgN(0).NumericByRef().s4,
        prefixesBy17,
        (int32_t)stack.ArgN(2).NumericByRef().s4,
        (int32_t)stack.ArgN(3).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_FilterNative::ml_dp_peer_rights___STATIC__I4__I4__I4__I4__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_peer_rights, int32_t(int32_t, int32_t, int32_t, int32_t, uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *addressesBy16 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 4, 5, 6, 16, 0 }, addressesBy16));
    stack.SetResult_I4(ml_dp_peer_rights((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        (int32_t)stack.ArgN(2).NumericByRef().s4,
        (int32_t)stack.ArgN(3).NumericByRef().s4,
        addressesBy16,
        (int32_t)stack.ArgN(5).NumericByRef().s4,
        (int32_t)stack.ArgN(6).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_FilterNative::ml_dp_peer_masquerade___STATIC__I4__I4__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_peer_masquerade, int32_t(int32_t, int32_t, uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *addressesBy16 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 2, 3, 4, 16, 0 }, addressesBy16));
    stack.SetResult_I4(ml_dp_peer_masquerade((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        addressesBy16,
        (int32_t)stack.ArgN(3).NumericByRef().s4,
        (int32_t)stack.ArgN(4).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_FilterNative::ml_dp_known_as___STATIC__I4__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_known_as, int32_t(int32_t, uint8_t *, int32_t, uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *peer16 = NULL;
    uint8_t *into = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 1, 2, -1, 1, 16 }, peer16));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 3, 4, 5, 1, 0 }, into));
    stack.SetResult_I4(ml_dp_known_as((int32_t)stack.ArgN(0).NumericByRef().s4,
        peer16,
        (int32_t)stack.ArgN(2).NumericByRef().s4,
        into,
        (int32_t)stack.ArgN(4).NumericByRef().s4,
        (int32_t)stack.ArgN(5).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}
