/*
 * Poly1305 for machines with 64 x 64 -> 128 bit products: h in two words of 64 bits and a small third one.
 *
 * r is clamped, so r[1] is a multiple of 4, and 2^130 = 5 gives 2^128 r[1] = 5 r[1] / 4 = s: two columns hold all products. Bounds: h[2] is
 * below 8 after the message is added, r below 2^60, s below 2^61; the columns stay below 2^126, h[2] r[0] below 2^63.
 */
#ifndef ML_POLY1305_WIDE_H
#define ML_POLY1305_WIDE_H

#include <string.h>

#include "ml_bytes.h"
#include "ml_wide.h"

#ifdef ML_WIDE

typedef struct ml_poly_wide
{
    uint64_t h[3];
    uint64_t r[2], s;
    uint64_t pad[2];
} ml_poly_wide;

/*
 * h2:h1:h0 += a2:a1:a0 and h1:h0 += a1:a0. gcc 12 makes compares of the carries in C (twice the time for the whole step), clang makes these
 * same instructions.
 */
#if defined(__x86_64__) && !defined(__clang__)
#define ML_ADD3(h0, h1, h2, a0, a1, a2)                                                                                                    \
    __asm__("addq %3, %0\n\tadcq %4, %1\n\tadcq %5, %2" : "+&r"(h0), "+&r"(h1), "+&r"(h2) : "rm"(a0), "rm"(a1), "re"(a2) : "cc")
#define ML_ADD2(h0, h1, a0, a1) __asm__("addq %2, %0\n\tadcq %3, %1" : "+&r"(h0), "+&r"(h1) : "r"(a0), "re"(a1) : "cc")
#else
#define ML_ADD3(h0, h1, h2, a0, a1, a2)                                                                                                    \
    do                                                                                                                                     \
    {                                                                                                                                      \
        ml_u128 sum_ = (ml_u128)h0 + (a0);                                                                                                 \
        h0 = (uint64_t)sum_;                                                                                                               \
        sum_ = (ml_u128)h1 + (a1) + (uint64_t)(sum_ >> 64);                                                                                \
        h1 = (uint64_t)sum_;                                                                                                               \
        h2 += (a2) + (uint64_t)(sum_ >> 64);                                                                                               \
    } while (0)
#define ML_ADD2(h0, h1, a0, a1)                                                                                                            \
    do                                                                                                                                     \
    {                                                                                                                                      \
        ml_u128 sum_ = (((ml_u128)h1 << 64) | h0) + (((ml_u128)(uint64_t)(a1) << 64) | (a0));                                              \
        h0 = (uint64_t)sum_;                                                                                                               \
        h1 = (uint64_t)(sum_ >> 64);                                                                                                       \
    } while (0)
#endif

/* h = (h + block) r. high is 1 for the bit 2^128 of a whole block. */
ML_INLINE void ml_poly_wide_block(ml_poly_wide *poly, const uint8_t *block, uint64_t high)
{
    uint64_t h0 = poly->h[0], h1 = poly->h[1], h2 = poly->h[2];
    ML_ADD3(h0, h1, h2, ml_word64(block), ml_word64(block + 8), high);

    ml_u128 a = (ml_u128)h0 * poly->r[0], b = (ml_u128)h1 * poly->s;
    uint64_t d0 = (uint64_t)a, d1 = (uint64_t)(a >> 64), t0 = (uint64_t)b, t1 = (uint64_t)(b >> 64);
    ML_ADD2(d0, d1, t0, t1);
    a = (ml_u128)h0 * poly->r[1];
    b = (ml_u128)h1 * poly->r[0];
    uint64_t e0 = (uint64_t)a, e1 = (uint64_t)(a >> 64);
    t0 = (uint64_t)b;
    t1 = (uint64_t)(b >> 64);
    ML_ADD2(e0, e1, t0, t1);
    t0 = h2 * poly->s;
    h2 *= poly->r[0];
    ML_ADD2(e0, e1, t0, 0);
    ML_ADD2(e0, h2, d1, e1);

    /* What stands at 2^130 and above comes back five-fold. */
    uint64_t fold = (h2 >> 2) + (h2 & ~3ull);
    h2 &= 3;
    ML_ADD3(d0, e0, h2, fold, 0ull, 0);
    poly->h[0] = d0;
    poly->h[1] = e0;
    poly->h[2] = h2;
}

ML_INLINE void ml_poly_wide_init(ml_poly_wide *poly, const uint8_t key[32])
{
    poly->h[0] = poly->h[1] = poly->h[2] = 0;
    poly->r[0] = ml_word64(key) & 0x0ffffffc0fffffff;
    poly->r[1] = ml_word64(key + 8) & 0x0ffffffc0ffffffc;
    poly->s = poly->r[1] + (poly->r[1] >> 2);
    poly->pad[0] = ml_word64(key + 16);
    poly->pad[1] = ml_word64(key + 24);
}

/* Bytes, then zeros up to a multiple of 16. */
ML_INLINE void ml_poly_wide_padded(ml_poly_wide *poly, const uint8_t *bytes, size_t count)
{
    ml_poly_wide p = *poly;
    for (; count >= 16; count -= 16, bytes += 16) ml_poly_wide_block(&p, bytes, 1);
    if (count > 0)
    {
        uint8_t block[16] = {0};
        memcpy(block, bytes, count);
        ml_poly_wide_block(&p, block, 1);
    }
    memcpy(poly->h, p.h, sizeof p.h);
}

ML_INLINE void ml_poly_wide_tag(const ml_poly_wide *poly, uint8_t tag[16])
{
    uint64_t h0 = poly->h[0], h1 = poly->h[1], h2 = poly->h[2];
    /* h is below 2 (2^130 - 5). When h + 5 reaches 2^130, h was not reduced and h + 5 - 2^130 is the result. */
    uint64_t g0 = h0, g1 = h1, g2 = h2;
    ML_ADD3(g0, g1, g2, 5ull, 0ull, 0);
    uint64_t take = 0 - (g2 >> 2);
    h0 ^= take & (h0 ^ g0);
    h1 ^= take & (h1 ^ g1);
    ML_ADD2(h0, h1, poly->pad[0], poly->pad[1]);
    ml_store64_le(tag, h0);
    ml_store64_le(tag + 8, h1);
}

#endif
#endif
