/*
 * X25519 (RFC 7748 section 5). A field element is ten signed limbs of 26, 25, 26, 25 ... bits (the radix 2^25.5 of the curve's paper):
 * 32 x 32 -> 64 bit products only, which RV32M and Xtensa have. No branch and no index depends on the scalar; the ladder swaps by mask.
 *
 * Bounds: "tight" limbs are at most 2^25 * 1.01 (even) or 2^24 * 1.01 (odd) in size, what carry() leaves. A sum or difference of two tight
 * elements may go into multiply(): one column is then at most 10 * (2 * 2^26) * (19 * 2^26) * 1.05 < 2^62.
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

/* Rounding carries, bottom to top and once around: 2^255 = 19. Shifts of negative numbers are written as multiplications. */
static void carry(field out, int64_t h[LIMBS])
{
    int64_t c;
    UNROLL for (int i = 0; i < 9; i++)
    {
        int bits = 26 - (i & 1);
        c = (h[i] + ((int64_t)1 << (bits - 1))) >> bits;
        h[i + 1] += c;
        out[i] = (int32_t)(h[i] - c * ((int64_t)1 << bits));
    }
    c = (h[9] + ((int64_t)1 << 24)) >> 25;
    out[9] = (int32_t)(h[9] - c * ((int64_t)1 << 25));
    int64_t bottom = out[0] + 19 * c;
    c = (bottom + ((int64_t)1 << 25)) >> 26;
    out[0] = (int32_t)(bottom - c * ((int64_t)1 << 26));
    out[1] += (int32_t)c;
}

/* out = a * b; out may be a or b. */
static void multiply(field out, const field a, const field b)
{
    int64_t h[LIMBS];
    int32_t b19[LIMBS];
    UNROLL for (int i = 1; i < LIMBS; i++) b19[i] = 19 * b[i];
    UNROLL for (int k = 0; k < LIMBS; k++)
    {
        int64_t sum = 0;
        UNROLL for (int i = 0; i < LIMBS; i++)
        {
            int j = k - i;
            int wrapped = j < 0;
            if (wrapped) j += LIMBS;
            /* Two odd limbs stand half a bit too low each: 2^(25.5 i) is rounded up for odd i. */
            int32_t left = (i & 1) && (j & 1) ? 2 * a[i] : a[i];
            sum += (int64_t)left * (wrapped ? b19[j] : b[j]);
        }
        h[k] = sum;
    }
    carry(out, h);
}

/* out = a * a with 55 instead of 100 products. */
static void square(field out, const field a)
{
    int64_t h[LIMBS];
    int32_t a19[LIMBS], a2[LIMBS];
    UNROLL for (int i = 0; i < LIMBS; i++)
    {
        a19[i] = i >= 5 ? 19 * a[i] : 0;
        a2[i] = 2 * a[i];
    }
    UNROLL for (int k = 0; k < LIMBS; k++)
    {
        int64_t sum = 0;
        UNROLL for (int i = 0; i < LIMBS; i++)
        {
            int j = k - i;
            int wrapped = j < 0;
            if (wrapped) j += LIMBS;
            if (j < i) continue;
            int32_t left = i == j ? a[i] : a2[i];
            int64_t product = (int64_t)left * (wrapped ? a19[j] : a[j]);
            sum += (i & 1) && (j & 1) ? 2 * product : product;
        }
        h[k] = sum;
    }
    carry(out, h);
}

static void square_times(field out, const field a, int times)
{
    square(out, a);
    while (--times > 0) square(out, out);
}

/* out = a * small, small < 2^17. */
static void multiply_small(field out, const field a, int32_t small)
{
    int64_t h[LIMBS];
    for (int i = 0; i < LIMBS; i++) h[i] = (int64_t)a[i] * small;
    carry(out, h);
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
    int64_t h[LIMBS];
    for (int i = 0; i < LIMBS; i++)
    {
        int bit = (51 * i + 1) / 2;
        int at = bit / 8 > 28 ? 28 : bit / 8;
        uint32_t word = ml_load32_le(bytes + at) >> (bit - 8 * at);
        h[i] = (int64_t)(word & ((1u << (26 - (i & 1))) - 1));
    }
    carry(out, h);
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

/* out = z^(p - 2) = z^(2^255 - 21). Names: z_n = z^(2^n - 1). */
static void invert(field out, const field z)
{
    field z_5, z_10, t, u;
    square(t, z);               /* 2 */
    square_times(u, t, 2);      /* 8 */
    multiply(u, u, z);          /* 9 */
    multiply(t, t, u);          /* 11 */
    square(z_5, t);             /* 22 */
    multiply(z_5, z_5, u);      /* 31 = 2^5 - 1 */
    field z_11;
    for (int i = 0; i < LIMBS; i++) z_11[i] = t[i];
    square_times(t, z_5, 5);
    multiply(z_10, t, z_5);     /* 2^10 - 1 */
    square_times(t, z_10, 10);
    multiply(t, t, z_10);       /* 2^20 - 1 */
    square_times(u, t, 20);
    multiply(t, u, t);          /* 2^40 - 1 */
    square_times(t, t, 10);
    multiply(z_10, t, z_10);    /* 2^50 - 1 */
    square_times(t, z_10, 50);
    multiply(t, t, z_10);       /* 2^100 - 1 */
    square_times(u, t, 100);
    multiply(t, u, t);          /* 2^200 - 1 */
    square_times(t, t, 50);
    multiply(t, t, z_10);       /* 2^250 - 1 */
    square_times(t, t, 5);
    multiply(out, t, z_11);     /* 2^255 - 32 + 11 = 2^255 - 21 */
    ml_wipe(z_5, sizeof z_5);
    ml_wipe(z_10, sizeof z_10);
    ml_wipe(z_11, sizeof z_11);
    ml_wipe(t, sizeof t);
    ml_wipe(u, sizeof u);
}

/* One step of the Montgomery ladder (RFC 7748 section 5): (x2:z2) doubled, (x3:z3) = sum of both. */
static void ladder_step(const field x1, field x2, field z2, field x3, field z3)
{
    field a, b;
    add(a, x2, z2);
    subtract(b, x2, z2);
    add(x2, x3, z3);      /* C */
    subtract(z2, x3, z3); /* D */
    multiply(z2, z2, a);  /* DA */
    multiply(x2, x2, b);  /* CB */
    add(x3, z2, x2);
    square(x3, x3);
    subtract(z3, z2, x2);
    square(z3, z3);
    multiply(z3, z3, x1);
    square(a, a); /* AA */
    square(b, b); /* BB */
    multiply(x2, a, b);
    subtract(a, a, b); /* E */
    multiply_small(z2, a, 121666);
    add(z2, z2, b); /* BB + 121666 E = AA + 121665 E */
    multiply(z2, z2, a);
    ml_wipe(a, sizeof a);
    ml_wipe(b, sizeof b);
}

int ml_x25519(const uint8_t scalar[32], const uint8_t point[32], uint8_t output[32])
{
    field x1, x2 = {1}, z2 = {0}, x3, z3 = {1};
    uint8_t k[32];
    for (int i = 0; i < 32; i++) k[i] = scalar[i];
    k[0] &= 248;
    k[31] = (uint8_t)((k[31] & 127) | 64);
    unpack(x1, point);
    for (int i = 0; i < LIMBS; i++) x3[i] = x1[i];

    uint32_t swapped = 0;
    for (int position = 254; position >= 0; position--)
    {
        uint32_t bit = (k[position / 8] >> (position & 7)) & 1u;
        swap(x2, x3, swapped ^ bit);
        swap(z2, z3, swapped ^ bit);
        swapped = bit;
        ladder_step(x1, x2, z2, x3, z3);
    }
    swap(x2, x3, swapped);
    swap(z2, z3, swapped);
    ml_wipe(k, sizeof k);
    ml_wipe(x1, sizeof x1);
    ml_wipe(x3, sizeof x3);
    ml_wipe(z3, sizeof z3);

    invert(z2, z2);
    multiply(x2, x2, z2);
    pack(output, x2);
    ml_wipe(x2, sizeof x2);
    ml_wipe(z2, sizeof z2);

    static const uint8_t zero[32] = {0};
    return -ml_equal(output, zero, 32);
}

int ml_x25519_base(const uint8_t scalar[32], uint8_t output[32])
{
    static const uint8_t base[32] = {9};
    return ml_x25519(scalar, base, output);
}
