#include "ml_interop.h"

#include <nanoHAL.h>

#ifdef ESP_PLATFORM
extern "C" int64_t esp_timer_get_time(void);

/* Microseconds in 64 bits. The CLR's own ticks there are FreeRTOS ticks: 10 ms apart, and 32 bits that wrap. */
int64_t ml_interop_now_ms(void)
{
    return esp_timer_get_time() / 1000;
}
#else
int64_t ml_interop_now_ms(void)
{
    return (int64_t)(HAL_Time_SysTicksToTime(HAL_Time_CurrentSysTicks()) / TIME_CONVERSION__TO_MILLISECONDS);
}
#endif

void ml_interop_signal(void)
{
    Events_Set(SYSTEM_EVENT_FLAG_RADIO);
}

HRESULT ml_interop_bytes(CLR_RT_StackFrame &stack, const ml_interop_range &range, uint8_t *&bytes)
{
    NANOCLR_HEADER();
    CLR_RT_HeapBlock_Array *array = stack.ArgN(range.array).DereferenceArray();
    int32_t offset = range.offset < 0 ? 0 : (int32_t)stack.ArgN(range.offset).NumericByRef().s4;
    int32_t count = range.count < 0 ? 0 : (int32_t)stack.ArgN(range.count).NumericByRef().s4;
    /* 64 bits: no sum of what two int32 and a small unit can hold overflows. */
    int64_t end = (int64_t)offset + (int64_t)count * range.unit + range.more;

    bytes = NULL;
    if (array == NULL && range.count >= 0 && end == 0 && offset == 0) NANOCLR_SET_AND_LEAVE(S_OK);
    FAULT_ON_NULL(array);
    if (offset < 0 || count < 0 || end > (int64_t)array->m_numOfElements) NANOCLR_SET_AND_LEAVE(CLR_E_INDEX_OUT_OF_RANGE);
    bytes = array->GetFirstElement();

    NANOCLR_NOCLEANUP();
}

void ml_interop_prepare_wait(CLR_RT_HeapBlock &block, int32_t milliseconds)
{
#ifndef ML_INTEROP_SAMPLE
    ml_pump_on_events(ml_interop_signal);
#endif
    /* Exactly -1 tick is for ever. */
    block.SetInteger(milliseconds < 0 ? (CLR_INT64)-1 : (CLR_INT64)milliseconds * TIME_CONVERSION__TO_MILLISECONDS);
}
