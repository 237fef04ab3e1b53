// Written by native/interop/Generator from the externs of MicroLink.Native; change those and run native/interop/generate.
#include "MicroLink_Native.h"

HRESULT Library_ml_MicroLink_Native_PumpNative::ml_pump_open___STATIC__I4__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_pump_open, int32_t(int32_t, int32_t));
    NANOCLR_HEADER();
    stack.SetResult_I4(ml_pump_open((int32_t)stack.ArgN(0).NumericByRef().s4, (int32_t)stack.ArgN(1).NumericByRef().s4));
    NANOCLR_NOCLEANUP_NOLABEL();
}

HRESULT Library_ml_MicroLink_Native_PumpNative::ml_pump_port___STATIC__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_pump_port, int32_t(int32_t));
    NANOCLR_HEADER();
    stack.SetResult_I4(ml_pump_port((int32_t)stack.ArgN(0).NumericByRef().s4));
    NANOCLR_NOCLEANUP_NOLABEL();
}

HRESULT Library_ml_MicroLink_Native_PumpNative::ml_pump_wait___STATIC__I4__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_pump_wait, int32_t(int32_t, int32_t));
    NANOCLR_HEADER();
    CLR_RT_HeapBlock timeout;
    CLR_INT64 *deadline = NULL;
    bool again = true;
    int32_t result = 0;
    ml_interop_prepare_wait(timeout, (int32_t)stack.ArgN(1).NumericByRef().s4);
    NANOCLR_CHECK_HRESULT(stack.SetupTimeoutFromTicks(timeout, deadline));
    for (;;)
    {
        result = ml_pump_wait((int32_t)stack.ArgN(0).NumericByRef().s4, 0);
        if (result != 0 || !again) break;
        NANOCLR_CHECK_HRESULT(
            g_CLR_RT_ExecutionEngine.WaitEvents(stack.m_owningThread, *deadline, ML_INTEROP_EVENT, again));
    }
    stack.PopValue();
    stack.SetResult_I4(result);
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_PumpNative::ml_pump_flush___STATIC__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_pump_flush, int32_t(int32_t));
    NANOCLR_HEADER();
    stack.SetResult_I4(ml_pump_flush((int32_t)stack.ArgN(0).NumericByRef().s4));
    NANOCLR_NOCLEANUP_NOLABEL();
}

HRESULT Library_ml_MicroLink_Native_PumpNative::ml_pump_rebind___STATIC__I4__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_pump_rebind, int32_t(int32_t, int32_t));
    NANOCLR_HEADER();
    stack.SetResult_I4(ml_pump_rebind((int32_t)stack.ArgN(0).NumericByRef().s4, (int32_t)stack.ArgN(1).NumericByRef().s4));
    NANOCLR_NOCLEANUP_NOLABEL();
}

HRESULT Library_ml_MicroLink_Native_PumpNative::ml_pump_close___STATIC__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_pump_close, int32_t(int32_t));
    NANOCLR_HEADER();
    stack.SetResult_I4(ml_pump_close((int32_t)stack.ArgN(0).NumericByRef().s4));
    NANOCLR_NOCLEANUP_NOLABEL();
}

HRESULT Library_ml_MicroLink_Native_PumpNative::ml_pump_now_ms___STATIC__I8(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_pump_now_ms, int64_t());
    NANOCLR_HEADER();
    stack.SetResult_I8(ml_pump_now_ms());
    NANOCLR_NOCLEANUP_NOLABEL();
}
