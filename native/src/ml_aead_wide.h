/*
 * The kinds of vectors that ml_aead_rows.h is compiled for, and the choice between them. Included by ml_aead.c only.
 */
#ifndef ML_AEAD_WIDE_H
#define ML_AEAD_WIDE_H

#include "ml_cipher.h"
#include "ml_poly1305_wide.h"

#ifdef ML_WIDE

/* The key stream of the longest packet that open() treats in one pass, 2496 bytes; UDP in a tunnel brings no longer one. */
#define ML_OPEN_STREAM 2560

#if defined(__clang__)
#define ML_UNROLL _Pragma("clang loop unroll(full)")
#else
#define ML_UNROLL _Pragma("GCC unroll 4")
#endif

#if defined(__x86_64__)
#include <immintrin.h>

/* SSE2 is part of x86-64. */
#define V __m128i
#define V_BLOCKS 1
#define V_TARGET
#define V_NAME(x) sse2_##x
#define V_ADD(x, y) _mm_add_epi32(x, y)
#define V_XOR(x, y) _mm_xor_si128(x, y)
#define V_ROT(x, n) _mm_or_si128(_mm_slli_epi32(x, n), _mm_srli_epi32(x, 32 - (n)))
#define V_TURN(x, n) _mm_shuffle_epi32(x, (n) == 1 ? 0x39 : (n) == 2 ? 0x4e : 0x93)
#define V_ROW(p) _mm_loadu_si128((const __m128i *)(const void *)(p))
#define V_COUNT _mm_setzero_si128()
#define V_ALL(n) _mm_set_epi32(0, 0, 0, (int)(n))
#define V_PUT1(p, x) _mm_storeu_si128((__m128i *)(void *)(p), x)
#define V_PUT(p, a, b, c, d) V_PUT1(p, a); V_PUT1((p) + 16, b); V_PUT1((p) + 32, c); V_PUT1((p) + 48, d)
#define V_XORED(out, in, key) V_PUT1(out, _mm_xor_si128(V_ROW(in), V_ROW(key)))
#include "ml_aead_rows.h"

#define V __m256i
#define V_BLOCKS 2
#define V_TARGET __attribute__((target("avx2,bmi2")))
#define V_NAME(x) avx2_##x
#define V_ADD(x, y) _mm256_add_epi32(x, y)
#define V_XOR(x, y) _mm256_xor_si256(x, y)
#define V_BYTES(x, a, b, c, d)                                                                                                             \
    _mm256_shuffle_epi8(x, _mm256_broadcastsi128_si256(_mm_setr_epi8(a, b, c, d, 4 + a, 4 + b, 4 + c, 4 + d, 8 + a, 8 + b, 8 + c, 8 + d,   \
                                                                     12 + a, 12 + b, 12 + c, 12 + d)))
#define V_ROT(x, n)                                                                                                                        \
    ((n) == 16  ? V_BYTES(x, 2, 3, 0, 1)                                                                                                   \
     : (n) == 8 ? V_BYTES(x, 3, 0, 1, 2)                                                                                                   \
                : _mm256_or_si256(_mm256_slli_epi32(x, n), _mm256_srli_epi32(x, 32 - (n))))
#define V_TURN(x, n) _mm256_shuffle_epi32(x, (n) == 1 ? 0x39 : (n) == 2 ? 0x4e : 0x93)
#define V_ROW(p) _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)(p)))
#define V_COUNT _mm256_set_epi32(0, 0, 0, 1, 0, 0, 0, 0)
#define V_ALL(n) _mm256_set_epi32(0, 0, 0, (int)(n), 0, 0, 0, (int)(n))
#define V_PUT1(p, x) _mm256_storeu_si256((__m256i *)(void *)(p), x)
#define V_PUT(p, a, b, c, d)                                                                                                               \
    V_PUT1(p, _mm256_permute2x128_si256(a, b, 0x20)); V_PUT1((p) + 32, _mm256_permute2x128_si256(c, d, 0x20));                             \
    V_PUT1((p) + 64, _mm256_permute2x128_si256(a, b, 0x31)); V_PUT1((p) + 96, _mm256_permute2x128_si256(c, d, 0x31))
#define V_XORED(out, in, key)                                                                                                              \
    V_PUT1(out, _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(const void *)(in)),                                                  \
                                 _mm256_loadu_si256((const __m256i *)(const void *)(key))))
#include "ml_aead_rows.h"

#else
#include <arm_neon.h>

#define V uint32x4_t
#define V_BLOCKS 1
#define V_TARGET
#define V_NAME(x) neon_##x
#define V_ADD(x, y) vaddq_u32(x, y)
#define V_XOR(x, y) veorq_u32(x, y)
#define V_ROT(x, n)                                                                                                                        \
    ((n) == 16 ? vreinterpretq_u32_u16(vrev32q_u16(vreinterpretq_u16_u32(x))) : vsriq_n_u32(vshlq_n_u32(x, n), x, 32 - (n)))
#define V_TURN(x, n) vextq_u32(x, x, n)
#define V_ROW(p) vreinterpretq_u32_u8(vld1q_u8(p))
#define V_COUNT vdupq_n_u32(0)
#define V_ALL(n) vsetq_lane_u32((uint32_t)(n), vdupq_n_u32(0), 0)
#define V_PUT1(p, x) vst1q_u8(p, vreinterpretq_u8_u32(x))
#define V_PUT(p, a, b, c, d) V_PUT1(p, a); V_PUT1((p) + 16, b); V_PUT1((p) + 32, c); V_PUT1((p) + 48, d)
#define V_XORED(out, in, key) V_PUT1(out, veorq_u32(V_ROW(in), V_ROW(key)))
#include "ml_aead_rows.h"

#endif

static void wide_state(uint32_t state[16], const uint8_t key[32], const uint8_t nonce[12])
{
    memcpy(state, "expand 32-byte k", 16);
    memcpy(state + 4, key, 32);
    state[12] = 0;
    memcpy(state + 13, nonce, 12);
}

static void wide_seal(int path, const uint8_t key[32], const uint8_t nonce[12], const uint8_t *ad, size_t ad_count, const uint8_t *text,
                      size_t count, uint8_t *output, uint8_t tag[16])
{
    uint32_t state[16];
    wide_state(state, key, nonce);
#if defined(__x86_64__)
    if (path == ML_PATH_WIDER) avx2_seal(state, ad, ad_count, text, count, output, tag);
    else sse2_seal(state, ad, ad_count, text, count, output, tag);
#else
    (void)path;
    neon_seal(state, ad, ad_count, text, count, output, tag);
#endif
    ml_wipe(state, sizeof state);
}

static int wide_open(int path, const uint8_t key[32], const uint8_t nonce[12], const uint8_t *ad, size_t ad_count, const uint8_t *text,
                     size_t count, const uint8_t tag[16], uint8_t *output)
{
    uint32_t state[16];
    int result;
    wide_state(state, key, nonce);
#if defined(__x86_64__)
    if (path == ML_PATH_WIDER) result = avx2_open(state, ad, ad_count, text, count, tag, output);
    else result = sse2_open(state, ad, ad_count, text, count, tag, output);
#else
    (void)path;
    result = neon_open(state, ad, ad_count, text, count, tag, output);
#endif
    ml_wipe(state, sizeof state);
    return result;
}

#endif
#endif
