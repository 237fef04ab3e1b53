/* Loads and stores of any alignment and byte order; compilers turn them into one instruction where the machine allows it. */
#ifndef ML_BYTES_H
#define ML_BYTES_H

#include <stdint.h>

static inline uint32_t ml_load32_le(const uint8_t *p)
{
    return (uint32_t)p[0] | ((uint32_t)p[1] << 8) | ((uint32_t)p[2] << 16) | ((uint32_t)p[3] << 24);
}

static inline uint64_t ml_load64_le(const uint8_t *p)
{
    return (uint64_t)ml_load32_le(p) | ((uint64_t)ml_load32_le(p + 4) << 32);
}

static inline void ml_store32_le(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
    p[2] = (uint8_t)(v >> 16);
    p[3] = (uint8_t)(v >> 24);
}

static inline void ml_store64_le(uint8_t *p, uint64_t v)
{
    ml_store32_le(p, (uint32_t)v);
    ml_store32_le(p + 4, (uint32_t)(v >> 32));
}

static inline uint32_t ml_rotl32(uint32_t v, int bits)
{
    return (v << bits) | (v >> (32 - bits));
}

static inline uint32_t ml_rotr32(uint32_t v, int bits)
{
    return (v >> bits) | (v << (32 - bits));
}

/*
 * A value that came from secrets and may be known: whether a tag matched. Only the build for tests/secrets_cipher.c needs to be told, where
 * every other branch or index that depends on a secret is an error.
 */
#ifdef ML_CHECK_SECRETS
#include <valgrind/memcheck.h>
#define ML_PUBLIC(value) (void)VALGRIND_MAKE_MEM_DEFINED(&(value), sizeof(value))
#else
#define ML_PUBLIC(value) ((void)0)
#endif

#endif
