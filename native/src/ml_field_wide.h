/*
 * The field of Curve25519, integers modulo 2^255 - 19, for machines with 64 x 64 -> 128 bit products: five limbs of 51 bits.
 *
 * Bounds: multiply and square leave limbs below 2^51 + 2^13. A sum or a difference of two such elements has limbs below 2^53 and may be
 * multiplied: 19 b stays below 2^58, a column of five products below 2^114. Included by ml_x25519.c only.
 */
#ifndef ML_FIELD_WIDE_H
#define ML_FIELD_WIDE_H

#include "ml_bytes.h"
#include "ml_wide.h"

#ifdef ML_WIDE

#define ML_MASK51 0x7ffffffffffffull

typedef uint64_t wide_limb;
typedef wide_limb wide_field[5];

/* Carries the columns; what leaves the top at 2^255 comes back 19-fold. */
ML_INLINE void wide_carry(wide_field out, ml_u128 c0, ml_u128 c1, ml_u128 c2, ml_u128 c3, ml_u128 c4)
{
    c1 += (uint64_t)(c0 >> 51);
    c2 += (uint64_t)(c1 >> 51);
    c3 += (uint64_t)(c2 >> 51);
    c4 += (uint64_t)(c3 >> 51);
    uint64_t low = ((uint64_t)c0 & ML_MASK51) + 19 * (uint64_t)(c4 >> 51);
    out[0] = low & ML_MASK51;
    out[1] = ((uint64_t)c1 & ML_MASK51) + (low >> 51);
    out[2] = (uint64_t)c2 & ML_MASK51;
    out[3] = (uint64_t)c3 & ML_MASK51;
    out[4] = (uint64_t)c4 & ML_MASK51;
}

#define ML_X(a, b) (ml_u128)(a) * (b)

static void wide_multiply(wide_field out, const wide_field a, const wide_field b)
{
    uint64_t a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3], a4 = a[4];
    uint64_t b0 = b[0], b1 = b[1], b2 = b[2], b3 = b[3], b4 = b[4];
    uint64_t n1 = 19 * b1, n2 = 19 * b2, n3 = 19 * b3, n4 = 19 * b4;
    wide_carry(out, ML_X(a0, b0) + ML_X(a1, n4) + ML_X(a2, n3) + ML_X(a3, n2) + ML_X(a4, n1),
               ML_X(a0, b1) + ML_X(a1, b0) + ML_X(a2, n4) + ML_X(a3, n3) + ML_X(a4, n2),
               ML_X(a0, b2) + ML_X(a1, b1) + ML_X(a2, b0) + ML_X(a3, n4) + ML_X(a4, n3),
               ML_X(a0, b3) + ML_X(a1, b2) + ML_X(a2, b1) + ML_X(a3, b0) + ML_X(a4, n4),
               ML_X(a0, b4) + ML_X(a1, b3) + ML_X(a2, b2) + ML_X(a3, b1) + ML_X(a4, b0));
}

static void wide_square(wide_field out, const wide_field a)
{
    uint64_t a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3], a4 = a[4];
    uint64_t d0 = 2 * a0, d1 = 2 * a1, n3 = 19 * a3, n4 = 19 * a4;
    wide_carry(out, ML_X(a0, a0) + ML_X(d1, n4) + ML_X(2 * a2, n3),
               ML_X(d0, a1) + ML_X(2 * a2, n4) + ML_X(a3, n3),
               ML_X(d0, a2) + ML_X(a1, a1) + ML_X(2 * a3, n4),
               ML_X(d0, a3) + ML_X(d1, a2) + ML_X(a4, n4),
               ML_X(d0, a4) + ML_X(d1, a3) + ML_X(a2, a2));
}

ML_INLINE void wide_multiply_small(wide_field out, const wide_field a, uint32_t small)
{
    wide_carry(out, ML_X(a[0], small), ML_X(a[1], small), ML_X(a[2], small), ML_X(a[3], small), ML_X(a[4], small));
}

ML_INLINE void wide_add(wide_field out, const wide_field a, const wide_field b)
{
    for (int i = 0; i < 5; i++) out[i] = a[i] + b[i];
}

/* 2 p is added, so that no limb falls below zero. */
ML_INLINE void wide_subtract(wide_field out, const wide_field a, const wide_field b)
{
    out[0] = a[0] + (2 * ML_MASK51 - 36) - b[0];
    for (int i = 1; i < 5; i++) out[i] = a[i] + 2 * ML_MASK51 - b[i];
}

/* Exchanges a and b when bit is 1, in the same time when it is 0. */
ML_INLINE void wide_swap(wide_field a, wide_field b, uint32_t bit)
{
    uint64_t mask = 0 - (uint64_t)bit;
    for (int i = 0; i < 5; i++)
    {
        uint64_t x = mask & (a[i] ^ b[i]);
        a[i] ^= x;
        b[i] ^= x;
    }
}

/* Bit 255 is masked (RFC 7748 section 5). */
ML_INLINE void wide_unpack(wide_field out, const uint8_t bytes[32])
{
    out[0] = ml_load64_le(bytes) & ML_MASK51;
    out[1] = (ml_load64_le(bytes + 6) >> 3) & ML_MASK51;
    out[2] = (ml_load64_le(bytes + 12) >> 6) & ML_MASK51;
    out[3] = (ml_load64_le(bytes + 19) >> 1) & ML_MASK51;
    out[4] = (ml_load64_le(bytes + 24) >> 12) & ML_MASK51;
}

/* The one representative in 0 .. 2^255 - 20. */
ML_INLINE void wide_pack(uint8_t bytes[32], const wide_field a)
{
    uint64_t h[5];
    /* q = floor(a / p) is 0 or 1 for limbs as multiply leaves them: the carry of a + 19 out of 2^255. */
    uint64_t q = 19;
    for (int i = 0; i < 5; i++) q = (a[i] + q) >> 51;
    uint64_t carry = 19 * q;
    for (int i = 0; i < 5; i++)
    {
        h[i] = (a[i] + carry) & ML_MASK51;
        carry = (a[i] + carry) >> 51;
    }
    ml_store64_le(bytes, h[0] | (h[1] << 51));
    ml_store64_le(bytes + 8, (h[1] >> 13) | (h[2] << 38));
    ml_store64_le(bytes + 16, (h[2] >> 26) | (h[3] << 25));
    ml_store64_le(bytes + 24, (h[3] >> 39) | (h[4] << 12));
    ml_wipe(h, sizeof h);
}

#undef ML_X

#endif
#endif
