/*
 * X25519 (RFC 7748 section 5). The ladder is in ml_x25519_ladder.h, the field in two representations: 64-bit limbs in ml_field_wide.h and,
 * for chips, ten signed limbs of 26, 25, 26, 25 ... bits (the radix 2^25.5 of the curve's paper) here.
 *
 * Bounds: "tight" limbs are at most 2^25 * 1.01 (even) or 2^24 * 1.01 (odd) in size, what multiply leaves. A sum or difference of two
 * tight elements may be multiplied or squared: 19 b and 4 a then stay below 2^31, and one column below 2^62.
 */
#include <string.h>

#include "ml_bytes.h"
#include "ml_cipher.h"
#include "ml_field_wide.h"
#include "ml_wide.h"

#define LIMBS 10

typedef int32_t narrow_field[LIMBS];

#if defined(__GNUC__) && !defined(__clang__)
#define UNROLL _Pragma("GCC unroll 10")
#else
#define UNROLL
#endif

/*
 * Columns are finished from the bottom up: a rounding carry goes to the next one and, out of the top, 19-fold to the bottom (2^255 = 19).
 * Left shifts of negative numbers are written as multiplications.
 */
static int32_t narrow_take(int64_t *sum, int limb)
{
    int bits = 26 - (limb & 1);
    int64_t carry = (*sum + ((int64_t)1 << (bits - 1))) >> bits;
    int32_t rest = (int32_t)(*sum - carry * ((int64_t)1 << bits));
    *sum = carry;
    return rest;
}

/* The carry out of the top; the limbs are then tight. */
static void narrow_around(narrow_field out, int64_t carry)
{
    int64_t sum = out[0] + 19 * carry;
    out[0] = narrow_take(&sum, 0);
    out[1] += (int32_t)sum;
}

/* out = a * b; out may be a or b. */
static void narrow_multiply(narrow_field out, const narrow_field a, const narrow_field b)
{
    narrow_field result;
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
        result[k] = narrow_take(&sum, k);
    }
    narrow_around(result, sum);
    for (int i = 0; i < LIMBS; i++) out[i] = result[i];
}

/* out = a * a with 55 instead of 100 products. */
static void narrow_square(narrow_field out, const narrow_field a)
{
    narrow_field result;
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
        result[k] = narrow_take(&sum, k);
    }
    narrow_around(result, sum);
    for (int i = 0; i < LIMBS; i++) out[i] = result[i];
}

/* out = a * small, small < 2^17. */
static void narrow_multiply_small(narrow_field out, const narrow_field a, int32_t small)
{
    int64_t sum = 0;
    for (int i = 0; i < LIMBS; i++)
    {
        sum += (int64_t)a[i] * small;
        out[i] = narrow_take(&sum, i);
    }
    narrow_around(out, sum);
}

static void narrow_add(narrow_field out, const narrow_field a, const narrow_field b)
{
    for (int i = 0; i < LIMBS; i++) out[i] = a[i] + b[i];
}

static void narrow_subtract(narrow_field out, const narrow_field a, const narrow_field b)
{
    for (int i = 0; i < LIMBS; i++) out[i] = a[i] - b[i];
}

/* Exchanges a and b when bit is 1, in the same time when it is 0. */
static void narrow_swap(narrow_field a, narrow_field b, uint32_t bit)
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
static void narrow_unpack(narrow_field out, const uint8_t bytes[32])
{
    int64_t sum = 0;
    for (int i = 0; i < LIMBS; i++)
    {
        int bit = (51 * i + 1) / 2;
        int at = bit / 8 > 28 ? 28 : bit / 8;
        uint32_t word = ml_load32_le(bytes + at) >> (bit - 8 * at);
        sum += (int64_t)(word & ((1u << (26 - (i & 1))) - 1));
        out[i] = narrow_take(&sum, i);
    }
    narrow_around(out, sum);
}

/* The one representative in 0 .. 2^255 - 20. */
static void narrow_pack(uint8_t bytes[32], const narrow_field a)
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

typedef int32_t narrow_limb;

#define F(x) narrow_##x
#include "ml_x25519_ladder.h"

#ifdef ML_WIDE
#define F(x) wide_##x
#include "ml_x25519_ladder.h"
#endif

/* Scalars are clamped inside. */
int ml_x25519(const uint8_t scalar[32], const uint8_t point[32], uint8_t output[32])
{
#ifdef ML_WIDE
    if (ml_path() != ML_PATH_NARROW) return wide_x25519(scalar, point, output);
#endif
    return narrow_x25519(scalar, point, output);
}

int ml_x25519_base(const uint8_t scalar[32], uint8_t output[32])
{
    static const uint8_t base[32] = {9};
    return ml_x25519(scalar, base, output);
}
