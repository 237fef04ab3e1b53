/* Calls an entry of a generated table as the CLR would: arguments on a frame, the result from its stack. */
#ifndef ML_TOY_CALL_H
#define ML_TOY_CALL_H

#include "ml_interop.h"

struct toy_call
{
    CLR_RT_StackFrame frame;
    CLR_RT_HeapBlock_Array arrays[4];
    int arguments, used;

    toy_call() : frame(), arrays(), arguments(0), used(0) { }

    toy_call &number(int64_t value)
    {
        frame.m_arguments[arguments++].m_numeric.s8 = value;
        return *this;
    }

    toy_call &text(const char *value)
    {
        frame.m_arguments[arguments++].m_text = value;
        return *this;
    }

    toy_call &bytes(void *first, int count)
    {
        arrays[used].m_bytes = (uint8_t *)first;
        arrays[used].m_numOfElements = (CLR_UINT32)count;
        frame.m_arguments[arguments++].m_array = &arrays[used++];
        return *this;
    }

    toy_call &no_bytes()
    {
        arguments++;
        return *this;
    }

    toy_call &reference(CLR_RT_HeapBlock *target)
    {
        frame.m_arguments[arguments++].m_target = target;
        return *this;
    }

    /* Once more with the same frame is what the CLR does after a wait. */
    HRESULT run(const CLR_RT_NativeAssemblyData &assembly, int index)
    {
        return ((const CLR_RT_MethodHandler *)assembly.m_pNativeMethods)[index](frame);
    }

    /* The result, or what a failed call never has. */
    int64_t result() const { return frame.m_depth == 1 ? frame.m_stack[0].m_numeric.s8 : -999; }
};

#endif
