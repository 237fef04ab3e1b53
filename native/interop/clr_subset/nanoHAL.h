/* Events between tasks, and the length of a tick, 100 ns (README.md). */
#ifndef NANOHAL_H
#define NANOHAL_H

#include <stdint.h>

#define TIME_CONVERSION__TO_MILLISECONDS 10000
#define SYSTEM_EVENT_FLAG_RADIO 0x00010000

extern "C" void Events_Set(uint32_t events);

#endif
