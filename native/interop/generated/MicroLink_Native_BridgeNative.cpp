// Written by native/interop/Generator from the externs of MicroLink.Native; change those and run native/interop/generate.
#include "MicroLink_Native.h"

HRESULT Library_ml_MicroLink_Native_BridgeNative::ml_bridge_open___STATIC__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_bridge_open, int32_t(int32_t));
    NANOCLR_HEADER();
    stack.SetResult_I4(ml_bridge_open((int32_t)stack.ArgN(0).NumericByRef().s4));
    NANOCLR_NOCLEANUP_NOLABEL();
}

HRESULT Library_ml_MicroLink_Native_BridgeNative::ml_bridge_pump___STATIC__I4__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_bridge_pump, int32_t(int32_t, int32_t));
    NANOCLR_HEADER();
    stack.SetResult_I4(ml_bridge_pump((int32_t)stack.ArgN(0).NumericByRef().s4, (int32_t)stack.ArgN(1).NumericByRef().s4));
    NANOCLR_NOCLEANUP_NOLABEL();
}

HRESULT Library_ml_MicroLink_Native_BridgeNative::ml_bridge_join___STATIC__I4__I4__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_bridge_join, int32_t(int32_t, int32_t, int32_t));
    NANOCLR_HEADER();
    stack.SetResult_I4(ml_bridge_join((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        (int32_t)stack.ArgN(2).NumericByRef().s4));
    NANOCLR_NOCLEANUP_NOLABEL();
}

HRESULT Library_ml_MicroLink_Native_BridgeNative::ml_bridge_udp___STATIC__I4__I4__I4__SZARRAY_U1__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_bridge_udp, int32_t(int32_t, int32_t, uint8_t *, int32_t));
    NANOCLR_HEADER();
    uint8_t *to18 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 2, 3, -1, 1, 18 }, to18));
    stack.SetResult_I4(ml_bridge_udp((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        to18,
        (int32_t)stack.ArgN(3).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_BridgeNative::ml_bridge_records___STATIC__I4__I4__I4__SZARRAY_U1__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_bridge_records, int32_t(int32_t, int32_t, uint8_t *, int32_t));
    NANOCLR_HEADER();
    uint8_t *to18 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 2, 3, -1, 1, 18 }, to18));
    stack.SetResult_I4(ml_bridge_records((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        to18,
        (int32_t)stack.ArgN(3).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_BridgeNative::ml_bridge_socks___STATIC__I4__I4__I4__I4__SZARRAY_U1__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_bridge_socks, int32_t(int32_t, int32_t, int32_t, uint8_t *, int32_t));
    NANOCLR_HEADER();
    uint8_t *client18 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 3, 4, -1, 1, 18 }, client18));
    stack.SetResult_I4(ml_bridge_socks((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        (int32_t)stack.ArgN(2).NumericByRef().s4,
        client18,
        (int32_t)stack.ArgN(4).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_BridgeNative::ml_bridge_serve___STATIC__I4__I4__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_bridge_serve, int32_t(int32_t, int32_t, int32_t));
    NANOCLR_HEADER();
    stack.SetResult_I4(ml_bridge_serve((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        (int32_t)stack.ArgN(2).NumericByRef().s4));
    NANOCLR_NOCLEANUP_NOLABEL();
}

HRESULT Library_ml_MicroLink_Native_BridgeNative::ml_bridge_close___STATIC__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_bridge_close, int32_t(int32_t));
    NANOCLR_HEADER();
    stack.SetResult_I4(ml_bridge_close((int32_t)stack.ArgN(0).NumericByRef().s4));
    NANOCLR_NOCLEANUP_NOLABEL();
}

HRESULT Library_ml_MicroLink_Native_BridgeNative::ml_bridge_counters___STATIC__I4__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_bridge_counters, int32_t(int32_t, uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *into = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 1, 2, 3, 1, 0 }, into));
    stack.SetResult_I4(ml_bridge_counters((int32_t)stack.ArgN(0).NumericByRef().s4,
        into,
        (int32_t)stack.ArgN(2).NumericByRef().s4,
        (int32_t)stack.ArgN(3).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}
