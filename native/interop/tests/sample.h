/* The C side of tests/Sample: what the generated handlers of the sample call. */
#ifndef ML_INTEROP_SAMPLE_H
#define ML_INTEROP_SAMPLE_H

#include <stdint.h>

void sample_nothing(void);
int64_t sample_numbers(int8_t a, uint8_t b, int16_t c, uint16_t d, int32_t e, uint32_t f, int64_t g, uint64_t h);
uint64_t sample_large(void);
int32_t sample_text(const char *text);
int32_t sample_references(int32_t *sum, int64_t *product);
int32_t sample_fixed(const uint8_t *key, int32_t at);
int32_t sample_counted(const uint8_t *data, int32_t at, int32_t count);
int32_t sample_tagged(uint8_t *text, int32_t at, int32_t count);
int32_t sample_rows(const uint8_t *rows, int32_t at, int32_t count);
int32_t sample_whole(uint8_t *state);
int32_t sample_wait(int32_t handle, int32_t timeout_ms);

#endif
