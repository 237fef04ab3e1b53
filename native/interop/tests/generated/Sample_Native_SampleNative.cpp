// Written by native/interop/Generator from the externs of Sample.Native; change those and run native/interop/generate.
#include "Sample_Native.h"

HRESULT Library_ml_Sample_Native_SampleNative::sample_nothing___STATIC__VOID(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(sample_nothing, void());
    (void)stack;
    NANOCLR_HEADER();
    sample_nothing();
    NANOCLR_NOCLEANUP_NOLABEL();
}

HRESULT Library_ml_Sample_Native_SampleNative::sample_numbers___STATIC__I8__I1__U1__I2__U2__I4__U4__I8__U8(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(sample_numbers, int64_t(int8_t, uint8_t, int16_t, uint16_t, int32_t, uint32_t, int64_t, uint64_t));
    NANOCLR_HEADER();
    stack.SetResult_I8(sample_numbers((int8_t)stack.ArgN(0).NumericByRef().s1,
        (uint8_t)stack.ArgN(1).NumericByRef().u1,
        (int16_t)stack.ArgN(2).NumericByRef().s2,
        (uint16_t)stack.ArgN(3).NumericByRef().u2,
        (int32_t)stack.ArgN(4).NumericByRef().s4,
        (uint32_t)stack.ArgN(5).NumericByRef().u4,
        (int64_t)stack.ArgN(6).NumericByRef().s8,
        (uint64_t)stack.ArgN(7).NumericByRef().u8));
    NANOCLR_NOCLEANUP_NOLABEL();
}

HRESULT Library_ml_Sample_Native_SampleNative::sample_large___STATIC__U8(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(sample_large, uint64_t());
    NANOCLR_HEADER();
    stack.SetResult_U8(sample_large());
    NANOCLR_NOCLEANUP_NOLABEL();
}

HRESULT Library_ml_Sample_Native_SampleNative::sample_text___STATIC__I4__STRING(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(sample_text, int32_t(const char *));
    NANOCLR_HEADER();
    const char *text = NULL;
    text = stack.ArgN(0).RecoverString();
    FAULT_ON_NULL(text);
    stack.SetResult_I4(sample_text(text));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_Sample_Native_SampleNative::sample_references___STATIC__I4__BYREF_I4__BYREF_I8(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(sample_references, int32_t(int32_t *, int64_t *));
    NANOCLR_HEADER();
    int32_t sum = 0;
    CLR_RT_HeapBlock sumBlock;
    int64_t product = 0;
    CLR_RT_HeapBlock productBlock;
    int32_t result = 0;
    NANOCLR_CHECK_HRESULT(sumBlock.LoadFromReference(stack.ArgN(0)));
    sum = (int32_t)sumBlock.NumericByRef().s4;
    NANOCLR_CHECK_HRESULT(productBlock.LoadFromReference(stack.ArgN(1)));
    product = (int64_t)productBlock.NumericByRef().s8;
    result = sample_references(&sum, &product);
    sumBlock.NumericByRef().s4 = sum;
    NANOCLR_CHECK_HRESULT(sumBlock.StoreToReference(stack.ArgN(0), 0));
    productBlock.NumericByRef().s8 = product;
    NANOCLR_CHECK_HRESULT(productBlock.StoreToReference(stack.ArgN(1), 0));
    stack.SetResult_I4(result);
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_Sample_Native_SampleNative::sample_fixed___STATIC__I4__SZARRAY_U1__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(sample_fixed, int32_t(uint8_t *, int32_t));
    NANOCLR_HEADER();
    uint8_t *key32 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 0, 1, -1, 1, 32 }, key32));
    stack.SetResult_I4(sample_fixed(key32, (int32_t)stack.ArgN(1).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_Sample_Native_SampleNative::sample_counted___STATIC__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(sample_counted, int32_t(uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *data = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 0, 1, 2, 1, 0 }, data));
    stack.SetResult_I4(sample_counted(data,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        (int32_t)stack.ArgN(2).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_Sample_Native_SampleNative::sample_tagged___STATIC__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(sample_tagged, int32_t(uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *textPlus16 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 0, 1, 2, 1, 16 }, textPlus16));
    stack.SetResult_I4(sample_tagged(textPlus16,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        (int32_t)stack.ArgN(2).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_Sample_Native_SampleNative::sample_rows___STATIC__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(sample_rows, int32_t(uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *rowsBy17 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 0, 1, 2, 17, 0 }, rowsBy17));
    stack.SetResult_I4(sample_rows(rowsBy17,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        (int32_t)stack.ArgN(2).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_Sample_Native_SampleNative::sample_whole___STATIC__I4__SZARRAY_U1(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(sample_whole, int32_t(uint8_t *));
    NANOCLR_HEADER();
    uint8_t *state = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 0, -1, -1, 1, 0 }, state));
    stack.SetResult_I4(sample_whole(state));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_Sample_Native_SampleNative::sample_wait___STATIC__I4__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(sample_wait, int32_t(int32_t, int32_t));
    NANOCLR_HEADER();
    CLR_RT_HeapBlock timeout;
    CLR_INT64 *deadline = NULL;
    bool again = true;
    int32_t result = 0;
    ml_interop_prepare_wait(timeout, (int32_t)stack.ArgN(1).NumericByRef().s4);
    NANOCLR_CHECK_HRESULT(stack.SetupTimeoutFromTicks(timeout, deadline));
    for (;;)
    {
        result = sample_wait((int32_t)stack.ArgN(0).NumericByRef().s4, 0);
        if (result != 0 || !again) break;
        NANOCLR_CHECK_HRESULT(
            g_CLR_RT_ExecutionEngine.WaitEvents(stack.m_owningThread, *deadline, ML_INTEROP_EVENT, again));
    }
    stack.PopValue();
    stack.SetResult_I4(result);
    NANOCLR_NOCLEANUP();
}
