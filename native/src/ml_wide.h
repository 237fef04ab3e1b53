/*
 * What the wide paths of the ciphers need: 64 x 64 -> 128 bit products, and on x86-64 a choice of vector unit made at run time. They stand
 * beside the 32-bit path of the same file; chips compile the 32-bit path only.
 */
#ifndef ML_WIDE_H
#define ML_WIDE_H

#include "ml_bytes.h"

#if (defined(__x86_64__) || defined(__aarch64__)) && defined(__GNUC__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ML_WIDE
#endif

/* Slowest first; ml_path() is the last one that this machine has. */
enum
{
    ML_PATH_NARROW, /* 32-bit words: chips */
    ML_PATH_WIDE,   /* 128-bit vectors (SSE2, NEON) and 64-bit limbs */
    ML_PATH_WIDER   /* 256-bit vectors (AVX2) */
};

#ifdef ML_WIDE
typedef unsigned __int128 ml_u128;

ML_INLINE uint64_t ml_word64(const uint8_t *p)
{
    uint64_t v;
    __builtin_memcpy(&v, p, 8);
    return v;
}
#endif

ML_INLINE int ml_path_best(void)
{
#if !defined(ML_WIDE)
    return ML_PATH_NARROW;
#elif defined(__x86_64__)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") ? ML_PATH_WIDER : ML_PATH_WIDE;
#else
    return ML_PATH_WIDE;
#endif
}

/* Tests run every vector on every path. The switch exists in their build only: a node always takes the best path. */
#ifdef ML_TEST_PATHS
extern int ml_test_path; /* in ml_util.c; -1 is the best */

ML_INLINE int ml_path(void)
{
    int best = ml_path_best();
    return ml_test_path < 0 || ml_test_path > best ? best : ml_test_path;
}
#else
ML_INLINE int ml_path(void)
{
    return ml_path_best();
}
#endif

#endif
