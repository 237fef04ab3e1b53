/*
 * X25519 (RFC 7748 section 5). A field element is ten signed limbs of 26, 25, 26, 25 ... bits (the radix 2^25.5 of the curve's paper):
 * 32 x 32 -> 64 bit products only, which RV32M and Xtensa have. No branch and no index depends on the scalar; the ladder swaps by mask.
 *
 * Bounds: "tight" limbs are at most 2^25 * 1.01 (even) or 2^24 * 1.01 (odd) in size, what multiply() leaves. A sum or difference of two
 * tight elements may be multiplied or squared: 19 b and 4 a then stay below 2^31, and one column below 2^62.
 */
#include "ml_bytes.h"
#include "ml_cipher.h"

#define LIMBS 10

typedef int32_t field[LIMBS];

#if defined(__GNUC__) && !defined(__clang__)
#define UNROLL _Pragma("GCC unroll 10")
#else
#define UNROLL
#endif

/*
 * Columns are finished from the bottom up: a rounding carry goes to the next one and, out of the top, 19-fold to the bottom (2^255 = 19).
 * Left shifts of negative numbers are written as multiplications.
 */
static int32_t take(int64_t *sum, int limb)
{
    int bits = 26 - (limb & 1);
    int64_t carry = (*sum + ((int64_t)1 << (bits - 1))) >> bits;
    int32_t rest = (int32_t)(*sum - carry * ((int64_t)1 << bits));
    *sum = carry;
    return rest;
}

/* The carry out of the top; the limbs are then tight. */
static void around(field out, int64_t carry)
{
    int64_t sum = out[0] + 19 * carry;
    out[0] = take(&sum, 0);
    out[1] += (int32_t)sum;
}

/* out = a * b; out may be a or b. */
static void multiply(field out, const field a, const field b)
{
    field result;
    int32_t b19[LIMBS];
    int64_t sum = 0;
    UNROLL for (int i = 1; i < LIMBS; i++) b19[i] = 19 * b[i];
    UNROLL for (int k = 0; k < LIMBS; k++)
    {
        int64_t column = 0;
        UNROLL for (int i = 0; i < LIMBS; i++)
        {
            int j = k - i;
            int wrapped = j < 0;
            if (wrapped) j += LIMBS;
            /* Odd limbs stand at 2^(25.5 i) rounded up, so a product of two odd ones counts twice. */
            int32_t left = (i & 1) && (j & 1) ? 2 * a[i] : a[i];
            column += (int64_t)left * (wrapped ? b19[j] : b[j]);
        }
        sum += column;
        result[k] = take(&sum, k);
    }
    around(result, sum);
    for (int i = 0; i < LIMBS; i++) out[i] = result[i];
}

/* out = a * a with 55 instead of 100 products. */
static void square(field out, const field a)
{
    field result;
    int32_t a19[LIMBS];
    int64_t sum = 0;
    UNROLL for (int i = 0; i < LIMBS; i++) a19[i] = i >= 5 ? 19 * a[i] : 0;
    UNROLL for (int k = 0; k < LIMBS; k++)
    {
        int64_t column = 0;
        UNROLL for (int i = 0; i < LIMBS; i++)
        {
            int j = k - i;
            int wrapped = j < 0;
            if (wrapped) j += LIMBS;
            if (j < i) continue;
            /* Twice for a_i a_j = a_j a_i, twice again for two odd ones: at most 4 * 2^26 * 2.02, which still fits. */
            int32_t times = (i == j ? 1 : 2) * ((i & 1) && (j & 1) ? 2 : 1);
            column += (int64_t)(times * a[i]) * (wrapped ? a19[j] : a[j]);
        }
        sum += column;
        result[k] = take(&sum, k);
    }
    around(result, sum);
    for (int i = 0; i < LIMBS; i++) out[i] = result[i];
}

static void square_times(field out, const field a, int times)
{
    square(out, a);
    while (--times > 0) square(out, out);
}

/* out = a * small, small < 2^17. */
static void multiply_small(field out, const field a, int32_t small)
{
    int64_t sum = 0;
    for (int i = 0; i < LIMBS; i++)
    {
        sum += (int64_t)a[i] * small;
        out[i] = take(&sum, i);
    }
    around(out, sum);
}

static void add(field out, const field a, const field b)
{
    for (int i = 0; i < LIMBS; i++) out[i] = a[i] + b[i];
}

static void subtract(field out, const field a, const field b)
{
    for (int i = 0; i < LIMBS; i++) out[i] = a[i] - b[i];
}

/* Exchanges a and b when bit is 1, in the same time when it is 0. */
static void swap(field a, field b, uint32_t bit)
{
    int32_t mask = -(int32_t)bit;
    for (int i = 0; i < LIMBS; i++)
    {
        int32_t x = mask & (a[i] ^ b[i]);
        a[i] ^= x;
        b[i] ^= x;
    }
}

/* Limb i starts at bit ceil(25.5 i). Bit 255 is masked (RFC 7748 section 5). */
static void unpack(field out, const uint8_t bytes[32])
{
    int64_t sum = 0;
    for (int i = 0; i < LIMBS; i++)
    {
        int bit = (51 * i + 1) / 2;
        int at = bit / 8 > 28 ? 28 : bit / 8;
        uint32_t word = ml_load32_le(bytes + at) >> (bit - 8 * at);
        sum += (int64_t)(word & ((1u << (26 - (i & 1))) - 1));
        out[i] = take(&sum, i);
    }
    around(out, sum);
}

/* The one representative in 0 .. 2^255 - 20. */
static void pack(uint8_t bytes[32], const field a)
{
    int32_t h[LIMBS];
    /* q = floor(a / (2^255 - 19)) is -1, 0 or 1: follow the carry of a + 19 * 2^-255 * (top limb) through all limbs. */
    int32_t q = (19 * a[9] + (1 << 24)) >> 25;
    for (int i = 0; i < LIMBS; i++) q = (a[i] + q) >> (26 - (i & 1));
    int32_t c = 19 * q;
    for (int i = 0; i < LIMBS; i++)
    {
        int bits = 26 - (i & 1);
        h[i] = a[i] + c;
        c = h[i] >> bits;
        h[i] -= c * (1 << bits);
    }
    uint64_t buffer = 0;
    int filled = 0, at = 0;
    for (int i = 0; i < LIMBS; i++)
    {
        buffer |= (uint64_t)(uint32_t)h[i] << filled;
        filled += 26 - (i & 1);
        for (; filled >= 8; filled -= 8, buffer >>= 8) bytes[at++] = (uint8_t)buffer;
    }
    bytes[31] = (uint8_t)buffer;
    ml_wipe(h, sizeof h);
}

/* All that a scalar multiplication holds; a and b are scratch. 280 bytes, wiped as one. */
typedef struct ladder
{
    field x1, x2, z2, x3, z3, a, b;
} ladder;

/* z2 = z2^(p - 2) = z2^(2^255 - 21), with the other fields but x2 as scratch. z_n stands for z^(2^n - 1). */
static void invert(ladder *l)
{
    int32_t *z = l->z2, *z_11 = l->x1, *z_5 = l->x3, *z_10 = l->z3, *t = l->a, *u = l->b;
    square(t, z);                /* 2 */
    square_times(u, t, 2);       /* 8 */
    multiply(u, u, z);           /* 9 */
    multiply(z_11, t, u);        /* 11 */
    square(z_5, z_11);           /* 22 */
    multiply(z_5, z_5, u);       /* 31 = 2^5 - 1 */
    square_times(t, z_5, 5);
    multiply(z_10, t, z_5);      /* 2^10 - 1 */
    square_times(t, z_10, 10);
    multiply(t, t, z_10);        /* 2^20 - 1 */
    square_times(u, t, 20);
    multiply(t, u, t);           /* 2^40 - 1 */
    square_times(t, t, 10);
    multiply(z_10, t, z_10);     /* 2^50 - 1 */
    square_times(t, z_10, 50);
    multiply(t, t, z_10);        /* 2^100 - 1 */
    square_times(u, t, 100);
    multiply(t, u, t);           /* 2^200 - 1 */
    square_times(t, t, 50);
    multiply(t, t, z_10);        /* 2^250 - 1 */
    square_times(t, t, 5);
    multiply(z, t, z_11);        /* 2^255 - 32 + 11 = 2^255 - 21 */
}

/* One step of the Montgomery ladder (RFC 7748 section 5): (x2:z2) doubled, (x3:z3) = sum of both. */
static void step(ladder *l)
{
    add(l->a, l->x2, l->z2);
    subtract(l->b, l->x2, l->z2);
    add(l->x2, l->x3, l->z3);          /* C */
    subtract(l->z2, l->x3, l->z3);     /* D */
    multiply(l->z2, l->z2, l->a);      /* DA */
    multiply(l->x2, l->x2, l->b);      /* CB */
    add(l->x3, l->z2, l->x2);
    square(l->x3, l->x3);
    subtract(l->z3, l->z2, l->x2);
    square(l->z3, l->z3);
    multiply(l->z3, l->z3, l->x1);
    square(l->a, l->a);                /* AA */
    square(l->b, l->b);                /* BB */
    multiply(l->x2, l->a, l->b);
    subtract(l->a, l->a, l->b);        /* E */
    multiply_small(l->z2, l->a, 121666);
    add(l->z2, l->z2, l->b);           /* BB + 121666 E = AA + 121665 E */
    multiply(l->z2, l->z2, l->a);
}

int ml_x25519(const uint8_t scalar[32], const uint8_t point[32], uint8_t output[32])
{
    static const uint8_t zero[32] = {0};
    ladder l = {{0}, {1}, {0}, {0}, {1}, {0}, {0}};
    uint8_t k[32];
    for (int i = 0; i < 32; i++) k[i] = scalar[i];
    k[0] &= 248;
    k[31] = (uint8_t)((k[31] & 127) | 64);
    unpack(l.x1, point);
    for (int i = 0; i < LIMBS; i++) l.x3[i] = l.x1[i];

    uint32_t swapped = 0;
    for (int position = 254; position >= 0; position--)
    {
        uint32_t bit = (k[position / 8] >> (position & 7)) & 1u;
        swap(l.x2, l.x3, swapped ^ bit);
        swap(l.z2, l.z3, swapped ^ bit);
        swapped = bit;
        step(&l);
    }
    swap(l.x2, l.x3, swapped);
    swap(l.z2, l.z3, swapped);
    ml_wipe(k, sizeof k);

    invert(&l);
    multiply(l.x2, l.x2, l.z2);
    pack(output, l.x2);
    ml_wipe(&l, sizeof l);
    return -ml_equal(output, zero, 32);
}

int ml_x25519_base(const uint8_t scalar[32], uint8_t output[32])
{
    static const uint8_t base[32] = {9};
    return ml_x25519(scalar, base, output);
}
