/*
 * Poly1305 (RFC 8439 section 2.5): h = (h + block) * r mod 2^130 - 5, in words of 32 bits with 32 x 32 -> 64 bit products, which is what
 * RV32M and Xtensa have. The form for 64-bit machines is in ml_poly1305_wide.h.
 *
 * r is clamped: its words are below 2^28 and r[1..3] are multiples of 4, so 2^128 r[i] = 5 r[i] / 4 (2^130 = 5) is a whole number and the
 * products fall into four columns of 64 bits. Bounds: s0 .. s3 are words of h + block, s4 is at most 6; a column is the sum of four
 * products below 2^60.4 and a small one, so it never overflows.
 */
#include <string.h>

#include "ml_bytes.h"
#include "ml_cipher.h"
#include "ml_narrow.h"

#define MUL(a, b) ((uint64_t)(a) * (b))
#define SUM(a, b) ml_sum64(a, b)

void ml_poly1305_init_words(ml_poly1305 *state, const uint32_t key[8])
{
    for (int i = 0; i < 5; i++) state->h[i] = 0;
    for (int i = 0; i < 4; i++)
    {
        state->r[i] = key[i] & (i == 0 ? 0x0fffffff : 0x0ffffffc);
        state->pad[i] = key[4 + i];
    }
}

void ml_poly1305_init(ml_poly1305 *state, const uint8_t key[32])
{
    uint32_t words[8];
    for (int i = 0; i < 8; i++) words[i] = ml_load32_le(key + 4 * i);
    ml_poly1305_init_words(state, words);
    ml_wipe(words, sizeof words);
}

/*
 * high is 1 for whole blocks (the bit 2^128), 0 for a last block that carries its own 1. `aligned` is a constant: two loops. The carries of
 * one block and the sum with the next are one chain.
 */
ML_INLINE void blocks_of(ml_poly1305 *state, const uint8_t *bytes, size_t count, uint32_t high, const int aligned)
{
    const uint32_t r0 = state->r[0], r1 = state->r[1], r2 = state->r[2], r3 = state->r[3];
    const uint32_t q0 = (r0 >> 2) * 5, q1 = r1 + (r1 >> 2), q2 = r2 + (r2 >> 2), q3 = r3 + (r3 >> 2);
    uint64_t x0 = state->h[0], x1 = state->h[1], x2 = state->h[2], x3 = state->h[3];
    uint32_t top = state->h[4];
    const ml_word *words = (const ml_word *)(const void *)bytes;
    ml_reader reader;
    if (!aligned) ml_reader_init(&reader, bytes);
    for (;;)
    {
        uint32_t m0 = 0, m1 = 0, m2 = 0, m3 = 0;
        if (count > 0 && aligned)
        {
            m0 = words[0];
            m1 = words[1];
            m2 = words[2];
            m3 = words[3];
            words += 4;
        }
        else if (count > 0)
        {
            m0 = ml_reader_next(&reader, 1);
            m1 = ml_reader_next(&reader, 1);
            m2 = ml_reader_next(&reader, 1);
            m3 = count > 16 ? ml_reader_next(&reader, 1) : ml_reader_last(&reader);
        }
        /* top stands at 2^128: its two lowest bits stay, the rest comes back five-fold. */
        uint64_t t = SUM(SUM((uint32_t)x0, (top >> 2) * 5), m0);
        uint32_t s0 = (uint32_t)t;
        t = SUM(SUM((uint32_t)x1, x0 >> 32), SUM(t >> 32, m1));
        uint32_t s1 = (uint32_t)t;
        t = SUM(SUM((uint32_t)x2, x1 >> 32), SUM(t >> 32, m2));
        uint32_t s2 = (uint32_t)t;
        t = SUM(SUM((uint32_t)x3, x2 >> 32), SUM(t >> 32, m3));
        uint32_t s3 = (uint32_t)t, s4 = (top & 3) + (uint32_t)(t >> 32);
        if (count == 0)
        {
            state->h[0] = s0;
            state->h[1] = s1;
            state->h[2] = s2;
            state->h[3] = s3;
            state->h[4] = s4;
            return;
        }
        count -= 16;
        s4 += high;

        x0 = SUM(SUM(SUM(MUL(s0, r0), MUL(s1, q3)), SUM(MUL(s2, q2), MUL(s3, q1))), s4 * q0);
        x1 = SUM(SUM(SUM(MUL(s0, r1), MUL(s1, r0)), SUM(MUL(s2, q3), MUL(s3, q2))), s4 * q1);
        x2 = SUM(SUM(SUM(MUL(s0, r2), MUL(s1, r1)), SUM(MUL(s2, r0), MUL(s3, q3))), s4 * q2);
        x3 = SUM(SUM(SUM(MUL(s0, r3), MUL(s1, r2)), SUM(MUL(s2, r1), MUL(s3, r0))), s4 * q3);
        top = s4 * (r0 & 3) + (uint32_t)(x3 >> 32);
    }
}

static void blocks(ml_poly1305 *state, const uint8_t *bytes, size_t count, uint32_t high)
{
    if (ML_IS_ALIGNED(bytes)) blocks_of(state, bytes, count, high, 1);
    else blocks_of(state, bytes, count, high, 0);
}

void ml_poly1305_words(ml_poly1305 *state, const uint32_t *words, size_t count)
{
#if ML_HAS_WORDS
    blocks(state, (const uint8_t *)words, 4 * count, 1);
#else
    for (; count > 0; count -= 4)
    {
        uint8_t bytes[16];
        for (int i = 0; i < 4; i++) ml_store32_le(bytes + 4 * i, *words++);
        blocks(state, bytes, 16, 1);
    }
#endif
}

/* A block that is not whole, `end` behind its bytes. */
static void rest(ml_poly1305 *state, const uint8_t *bytes, size_t count, uint8_t end, uint32_t high)
{
    union
    {
        uint8_t bytes[16];
        uint32_t words[4]; /* aligned */
    } block = {{0}};
    for (size_t i = 0; i < count; i++) block.bytes[i] = bytes[i];
    block.bytes[count] = end;
    blocks(state, block.bytes, 16, high);
    ml_wipe(&block, sizeof block);
}

void ml_poly1305_padded(ml_poly1305 *state, const uint8_t *bytes, size_t count)
{
    size_t whole = count & ~(size_t)15;
    if (whole > 0) blocks(state, bytes, whole, 1);
    if (count > whole) rest(state, bytes + whole, count - whole, 0, 1);
}

void ml_poly1305_last(ml_poly1305 *state, const uint8_t *bytes, size_t count)
{
    size_t whole = count & ~(size_t)15;
    if (whole > 0) blocks(state, bytes, whole, 1);
    if (count > whole) rest(state, bytes + whole, count - whole, 1, 0);
}

void ml_poly1305_finish(ml_poly1305 *state, uint8_t tag[16])
{
    /* h is below 2 (2^130 - 5). When h + 5 reaches 2^130, h was not reduced and h + 5 - 2^130 is the result. */
    uint64_t t = 5;
    for (int i = 0; i < 4; i++) t = SUM(state->h[i], t) >> 32;
    uint32_t five = (0 - ((state->h[4] + (uint32_t)t) >> 2)) & 5;
    t = five;
    uint64_t sum = 0;
    for (int i = 0; i < 4; i++)
    {
        t = SUM(state->h[i], t);
        sum = SUM(SUM((uint32_t)t, state->pad[i]), sum);
        ml_store32_le(tag + 4 * i, (uint32_t)sum);
        t >>= 32;
        sum >>= 32;
    }
    ml_wipe(state, sizeof *state);
}
