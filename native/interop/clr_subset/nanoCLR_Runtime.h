/* Values, arrays, the stack frame of a call and the part of the engine that makes threads wait (README.md). */
#ifndef NANOCLR_RUNTIME_H
#define NANOCLR_RUNTIME_H

#include "nanoCLR_Interop.h"

struct CLR_RT_HeapBlock_Array;

struct CLR_RT_HeapBlock
{
    union Numeric
    {
        CLR_INT8 s1;
        CLR_UINT8 u1;
        CLR_INT16 s2;
        CLR_UINT16 u2;
        CLR_INT32 s4;
        CLR_UINT32 u4;
        CLR_INT64 s8;
        CLR_UINT64 u8;
    };

    Numeric &NumericByRef() { return m_numeric; }
    void SetInteger(const CLR_INT64 &number) { m_numeric.s8 = number; }
    const char *RecoverString() const { return m_text; }
    CLR_RT_HeapBlock_Array *DereferenceArray() const { return m_array; }
    HRESULT LoadFromReference(CLR_RT_HeapBlock &reference);
    HRESULT StoreToReference(CLR_RT_HeapBlock &reference, int size);

    /* The toy's own. */
    Numeric m_numeric;
    const char *m_text;
    CLR_RT_HeapBlock_Array *m_array;
    CLR_RT_HeapBlock *m_target;
};

struct CLR_RT_HeapBlock_Array
{
    CLR_UINT32 m_numOfElements;
    CLR_UINT8 *GetFirstElement() { return m_bytes; }

    CLR_UINT8 *m_bytes;
};

struct CLR_RT_Thread;

struct CLR_RT_StackFrame
{
    CLR_RT_Thread *m_owningThread;

    CLR_RT_HeapBlock &ArgN(CLR_INT32 n) { return m_arguments[n]; }
    CLR_RT_HeapBlock &PopValue() { return m_stack[--m_depth]; }
    HRESULT SetupTimeoutFromTicks(CLR_RT_HeapBlock &input, CLR_INT64 *&output);
    void SetResult_I1(CLR_UINT8 value) { Push().m_numeric.s8 = (CLR_INT8)value; }
    void SetResult_I2(CLR_INT16 value) { Push().m_numeric.s8 = value; }
    void SetResult_I4(CLR_INT32 value) { Push().m_numeric.s8 = value; }
    void SetResult_I8(const CLR_INT64 &value) { Push().m_numeric.s8 = value; }
    void SetResult_U1(CLR_INT8 value) { Push().m_numeric.s8 = (CLR_UINT8)value; }
    void SetResult_U2(CLR_UINT16 value) { Push().m_numeric.s8 = value; }
    void SetResult_U4(CLR_UINT32 value) { Push().m_numeric.s8 = value; }
    void SetResult_U8(const CLR_UINT64 &value) { Push().m_numeric.u8 = value; }

    /* The toy's own. */
    CLR_RT_HeapBlock &Push() { return m_stack[m_depth++]; }
    CLR_RT_HeapBlock m_arguments[16], m_stack[4];
    int m_depth, m_customState;
};

enum
{
    Event_Radio = 0x400
};

struct CLR_RT_ExecutionEngine
{
    HRESULT WaitEvents(CLR_RT_Thread *caller, const CLR_INT64 &timeExpire, CLR_UINT32 events, bool &fSuccess);

    /* The toy's own. */
    CLR_INT64 m_now;
    CLR_UINT32 m_raised, m_waitedFor;
};

extern CLR_RT_ExecutionEngine g_CLR_RT_ExecutionEngine;

#endif
