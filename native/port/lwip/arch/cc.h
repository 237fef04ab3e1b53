/* What lwIP asks of a hosted compiler. A firmware brings its own. */
#ifndef ML_LWIP_CC_H
#define ML_LWIP_CC_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define LWIP_TIMEVAL_PRIVATE 0
#define LWIP_ERRNO_STDINCLUDE 1
#define LWIP_NO_CTYPE_H 0

uint32_t ml_lwip_random(void);
uint16_t ml_lwip_checksum(const void *bytes, int count);
#define LWIP_RAND() ml_lwip_random()
#define LWIP_CHKSUM ml_lwip_checksum

/* An assertion of lwIP that fails is a bug of ours or lwIP's: going on could only corrupt memory. */
#define LWIP_PLATFORM_DIAG(x) do { } while (0)
#define LWIP_PLATFORM_ASSERT(x) abort()

#endif
