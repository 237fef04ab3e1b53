/* The toy CLR of the tests: values, one stack frame, a clock that the test sets. */
#include "nanoCLR_Runtime.h"
#include "nanoHAL.h"

CLR_RT_ExecutionEngine g_CLR_RT_ExecutionEngine;

void Events_Set(uint32_t events)
{
    if (events & SYSTEM_EVENT_FLAG_RADIO) g_CLR_RT_ExecutionEngine.m_raised |= Event_Radio;
}

uint64_t HAL_Time_CurrentSysTicks()
{
    return (uint64_t)g_CLR_RT_ExecutionEngine.m_now;
}

uint64_t HAL_Time_SysTicksToTime(uint64_t sysTicks)
{
    return sysTicks;
}

HRESULT CLR_RT_HeapBlock::LoadFromReference(CLR_RT_HeapBlock &reference)
{
    if (reference.m_target == NULL) return CLR_E_NULL_REFERENCE;
    m_numeric = reference.m_target->m_numeric;
    return S_OK;
}

HRESULT CLR_RT_HeapBlock::StoreToReference(CLR_RT_HeapBlock &reference, int)
{
    reference.m_target->m_numeric = m_numeric;
    return S_OK;
}

HRESULT CLR_RT_StackFrame::SetupTimeoutFromTicks(CLR_RT_HeapBlock &input, CLR_INT64 *&output)
{
    CLR_INT64 ticks = input.NumericByRef().s8;
    if (ticks < -1) return CLR_E_OUT_OF_RANGE;
    if (m_customState == 0)
    {
        Push().m_numeric.s8 = ticks < 0 ? INT64_MAX : g_CLR_RT_ExecutionEngine.m_now + ticks;
        m_customState = 1;
    }
    output = &m_stack[0].m_numeric.s8;
    return S_OK;
}

HRESULT CLR_RT_ExecutionEngine::WaitEvents(CLR_RT_Thread *, const CLR_INT64 &timeExpire, CLR_UINT32 events, bool &fSuccess)
{
    fSuccess = (m_raised & events) != 0;
    m_raised &= ~events;
    if (fSuccess || m_now >= timeExpire) return S_OK;
    m_waitedFor = events;
    return CLR_E_THREAD_WAITING;
}
