/*
 * Loads and stores of any alignment and byte order (compilers turn them into one instruction where the machine allows it), words at aligned
 * addresses, and 64-bit sums without a branch.
 */
#ifndef ML_BYTES_H
#define ML_BYTES_H

#include <stdint.h>

#if defined(__GNUC__)
#define ML_INLINE static inline __attribute__((always_inline))
#else
#define ML_INLINE static inline
#endif

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
 * Chips without unaligned loads take ten instructions for a word from bytes and one for a word at an aligned address. A pointer that
 * ML_IS_ALIGNED may be read and written as ml_word; elsewhere (big endian, unknown compilers) nothing is aligned and bytes are used.
 */
#if defined(__GNUC__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
typedef uint32_t __attribute__((may_alias)) ml_word;
#define ML_IS_ALIGNED(p) (((uintptr_t)(p) & 3) == 0)
#define ML_HAS_WORDS 1
#else
typedef uint32_t ml_word;
#define ML_IS_ALIGNED(p) 0
#define ML_HAS_WORDS 0
#endif

/*
 * a + b. Xtensa has no carry flag and no set-if-less: its gcc makes a branch of the carry, which then tells the time of secret sums. There
 * the carry is computed from the top bits.
 */
ML_INLINE uint64_t ml_sum64(uint64_t a, uint64_t b)
{
#if defined(__XTENSA__)
    uint32_t x = (uint32_t)a, y = (uint32_t)b, low = x + y;
    uint32_t carry = ((x & y) | ((x | y) & ~low)) >> 31;
    return ((uint64_t)((uint32_t)(a >> 32) + (uint32_t)(b >> 32) + carry) << 32) | low;
#else
    return a + b;
#endif
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
