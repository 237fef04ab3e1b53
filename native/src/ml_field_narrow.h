/*
 * The field of Curve25519, integers modulo p = 2^255 - 19, in eight words of 32 bits: chosen by measurement on RV32 (1.6 M instructions for
 * X25519 where ten limbs of 25.5 bits took 2.3 M). Included by ml_x25519.c only.
 *
 * Every result is tight: its highest word is at most 2^31 + 64. That is reached in one chain of carries, because the highest word comes
 * first: what it holds at 2^255 and above is taken off and goes in at the bottom, 19-fold. The carries are sums without a branch (ml_sum64).
 */
#ifndef ML_FIELD_NARROW_H
#define ML_FIELD_NARROW_H

#include "ml_bytes.h"
#include "ml_narrow.h"

typedef uint32_t narrow_limb;
typedef narrow_limb narrow_field[8];

#define MUL(a, b) ((uint64_t)(a) * (b))
#define SUM(a, b) ml_sum64(a, b)

/* t = r[k] + x * y + c, the low word into r[k], the high one into c. (2^32 - 1)^2 + 2 (2^32 - 1) is below 2^64. */
#define PRODUCT(k, x, y)                                                                                                                   \
    t = SUM(SUM(MUL(x, y), r[k]), c);                                                                                                      \
    r[k] = (uint32_t)t;                                                                                                                    \
    c = (uint32_t)(t >> 32)

/* out = the 16 words of r, of which the upper eight count 38-fold (2^256 = 38). */
#define FOLD(i)                                                                                                                            \
    t = SUM(SUM(MUL(r[8 + i], 38), r[i]), c);                                                                                              \
    out[i] = (uint32_t)t;                                                                                                                  \
    c = (uint32_t)(t >> 32)
#define REDUCE                                                                                                                             \
    t = SUM(MUL(r[15], 38), r[7]);                                                                                                         \
    r[7] = (uint32_t)t & 0x7fffffff;                                                                                                       \
    c = 19 * (uint32_t)(t >> 31);                                                                                                          \
    FOLD(0); FOLD(1); FOLD(2); FOLD(3); FOLD(4); FOLD(5); FOLD(6);                                                                         \
    out[7] = r[7] + c

/* out = a * b; out may be a or b. All 64 products are written out: with indices known to the compiler the words stay in registers. */
static void narrow_multiply(narrow_field out, const narrow_field a, const narrow_field b)
{
    const uint32_t b0 = b[0], b1 = b[1], b2 = b[2], b3 = b[3], b4 = b[4], b5 = b[5], b6 = b[6], b7 = b[7];
    uint32_t r[16] = {0}, c, x;
    uint64_t t;
#define ROW(i)                                                                                                                             \
    x = a[i];                                                                                                                              \
    c = 0;                                                                                                                                 \
    PRODUCT(i, x, b0); PRODUCT(i + 1, x, b1); PRODUCT(i + 2, x, b2); PRODUCT(i + 3, x, b3);                                                \
    PRODUCT(i + 4, x, b4); PRODUCT(i + 5, x, b5); PRODUCT(i + 6, x, b6); PRODUCT(i + 7, x, b7);                                            \
    r[i + 8] = c
    ROW(0); ROW(1); ROW(2); ROW(3); ROW(4); ROW(5); ROW(6); ROW(7);
#undef ROW
    REDUCE;
}

/* out = a * a: the products of different words once, doubled, and the squares. */
static void narrow_square(narrow_field out, const narrow_field a)
{
    const uint32_t a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3], a4 = a[4], a5 = a[5], a6 = a[6], a7 = a[7];
    uint32_t r[16] = {0}, c;
    uint64_t t;
    c = 0; PRODUCT(1, a0, a1); PRODUCT(2, a0, a2); PRODUCT(3, a0, a3); PRODUCT(4, a0, a4); PRODUCT(5, a0, a5); PRODUCT(6, a0, a6);
    PRODUCT(7, a0, a7); r[8] = c;
    c = 0; PRODUCT(3, a1, a2); PRODUCT(4, a1, a3); PRODUCT(5, a1, a4); PRODUCT(6, a1, a5); PRODUCT(7, a1, a6); PRODUCT(8, a1, a7); r[9] = c;
    c = 0; PRODUCT(5, a2, a3); PRODUCT(6, a2, a4); PRODUCT(7, a2, a5); PRODUCT(8, a2, a6); PRODUCT(9, a2, a7); r[10] = c;
    c = 0; PRODUCT(7, a3, a4); PRODUCT(8, a3, a5); PRODUCT(9, a3, a6); PRODUCT(10, a3, a7); r[11] = c;
    c = 0; PRODUCT(9, a4, a5); PRODUCT(10, a4, a6); PRODUCT(11, a4, a7); r[12] = c;
    c = 0; PRODUCT(11, a5, a6); PRODUCT(12, a5, a7); r[13] = c;
    c = 0; PRODUCT(13, a6, a7); r[14] = c;
    /* From the top, so that no doubled word is read again. */
#define DOUBLE(k) r[k] = (r[k] << 1) | (r[k - 1] >> 31)
    r[15] = r[14] >> 31;
    DOUBLE(14); DOUBLE(13); DOUBLE(12); DOUBLE(11); DOUBLE(10); DOUBLE(9); DOUBLE(8); DOUBLE(7); DOUBLE(6); DOUBLE(5); DOUBLE(4); DOUBLE(3);
    DOUBLE(2);
    r[1] <<= 1;
#undef DOUBLE
#define SQUARE(i)                                                                                                                          \
    PRODUCT(2 * i, a##i, a##i);                                                                                                            \
    t = SUM(r[2 * i + 1], c);                                                                                                              \
    r[2 * i + 1] = (uint32_t)t;                                                                                                            \
    c = (uint32_t)(t >> 32)
    c = 0; SQUARE(0); SQUARE(1); SQUARE(2); SQUARE(3); SQUARE(4); SQUARE(5); SQUARE(6); SQUARE(7);
#undef SQUARE
    REDUCE;
}

/* out = a * small, small < 2^17. The highest word is then below 2^31 + 2^18: not tight, but add may have it. */
static void narrow_multiply_small(narrow_field out, const narrow_field a, uint32_t small)
{
    uint64_t t = MUL(a[7], small);
    uint32_t high = (uint32_t)t & 0x7fffffff, c = 19 * (uint32_t)(t >> 31);
    for (int i = 0; i < 7; i++)
    {
        t = SUM(MUL(a[i], small), c);
        out[i] = (uint32_t)t;
        c = (uint32_t)(t >> 32);
    }
    out[7] = high + c;
}

static void narrow_add(narrow_field out, const narrow_field a, const narrow_field b)
{
    uint64_t t = SUM(a[7], b[7]);
    uint32_t high = (uint32_t)t & 0x7fffffff, c = 19 * (uint32_t)(t >> 31);
#define ADD(i)                                                                                                                             \
    t = SUM(SUM(a[i], b[i]), c);                                                                                                           \
    out[i] = (uint32_t)t;                                                                                                                  \
    c = (uint32_t)(t >> 32)
    ADD(0); ADD(1); ADD(2); ADD(3); ADD(4); ADD(5); ADD(6);
#undef ADD
    out[7] = high + c;
}

/* 1 when a - b is negative. */
ML_INLINE uint32_t narrow_borrow(uint32_t a, uint32_t b)
{
#if defined(__XTENSA__)
    return ((~a & b) | ((~a | b) & (a - b))) >> 31; /* without a branch, see ml_sum64 */
#else
    return a < b;
#endif
}

/*
 * For tight a and b. The difference of the highest words is made positive by a multiple of 2^31, and 65 of it stay, more than the borrows
 * from below can take. With m of these multiples 2^255 m - 19 m = 0 is added.
 */
static void narrow_subtract(narrow_field out, const narrow_field a, const narrow_field b)
{
    uint64_t t = SUM(SUM(a[7], 0xffffffffu - 63), (uint32_t)~b[7]); /* a - b + 2^33 - 65 */
    uint32_t high = ((uint32_t)t & 0x7fffffff) + 65, c = 19 * (4 - (uint32_t)(t >> 31)), x, y, low;
#define SUBTRACT(i)                                                                                                                        \
    x = a[i];                                                                                                                              \
    y = b[i];                                                                                                                              \
    low = x - y;                                                                                                                           \
    out[i] = low - c;                                                                                                                      \
    c = narrow_borrow(x, y) + narrow_borrow(low, c)
    SUBTRACT(0); SUBTRACT(1); SUBTRACT(2); SUBTRACT(3); SUBTRACT(4); SUBTRACT(5); SUBTRACT(6);
#undef SUBTRACT
    out[7] = high - c;
}

/* Exchanges a and b when bit is 1, in the same time when it is 0. */
static void narrow_swap(narrow_field a, narrow_field b, uint32_t bit)
{
    uint32_t mask = 0 - bit;
    for (int i = 0; i < 8; i++)
    {
        uint32_t x = mask & (a[i] ^ b[i]);
        a[i] ^= x;
        b[i] ^= x;
    }
}

/* Bit 255 is masked (RFC 7748 section 5). */
static void narrow_unpack(narrow_field out, const uint8_t bytes[32])
{
    ml_load_words(out, bytes, 8);
    out[7] &= 0x7fffffff;
}

/* The one representative in 0 .. p - 1. */
static void narrow_pack(uint8_t bytes[32], const narrow_field a)
{
    /* A tight a is below 2 p, and a + 19 reaches 2^255 when a is not below p. */
    uint64_t t = 19;
    for (int i = 0; i < 8; i++) t = SUM(a[i], i == 0 ? t : t >> 32);
    t = 19 * (uint32_t)(t >> 31);
    for (int i = 0; i < 8; i++)
    {
        t = SUM(a[i], t);
        ml_store32_le(bytes + 4 * i, i == 7 ? (uint32_t)t & 0x7fffffff : (uint32_t)t);
        t >>= 32;
    }
}

#undef FOLD
#undef REDUCE
#undef PRODUCT
#undef MUL
#undef SUM

#endif
