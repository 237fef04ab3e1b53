/* Events between tasks, and time: a unit is 100 ns (README.md). */
#ifndef NANOHAL_H
#define NANOHAL_H

#include <stdint.h>

#define TIME_CONVERSION__TO_MILLISECONDS 10000
#define SYSTEM_EVENT_FLAG_RADIO 0x00010000

extern "C" void Events_Set(uint32_t events);
extern "C" uint64_t HAL_Time_SysTicksToTime(uint64_t sysTicks);
uint64_t HAL_Time_CurrentSysTicks();

#endif
