/*
 * Poly1305 (RFC 8439 section 2.5): h = (h + block) * r mod 2^130 - 5, in five limbs of 26 bits with 32 x 32 -> 64 bit products, which is
 * what RV32M and Xtensa have. Limbs stay below 2^27 between blocks, so a column of five products stays below 2^61.
 */
#include <string.h>

#include "ml_bytes.h"
#include "ml_cipher.h"

#define MASK26 0x3ffffff

void ml_poly1305_init(ml_poly1305 *state, const uint8_t key[32])
{
    /* r &= 0xffffffc0ffffffc0ffffffc0fffffff, cut into limbs. */
    state->r[0] = ml_load32_le(key) & 0x3ffffff;
    state->r[1] = (ml_load32_le(key + 3) >> 2) & 0x3ffff03;
    state->r[2] = (ml_load32_le(key + 6) >> 4) & 0x3ffc0ff;
    state->r[3] = (ml_load32_le(key + 9) >> 6) & 0x3f03fff;
    state->r[4] = (ml_load32_le(key + 12) >> 8) & 0x00fffff;
    for (int i = 0; i < 5; i++) state->h[i] = 0;
    for (int i = 0; i < 4; i++) state->pad[i] = ml_load32_le(key + 16 + 4 * i);
}

/* high is 1 << 24 for whole blocks (the bit 2^128), 0 for a last block that carries its own 1. */
static void blocks(ml_poly1305 *state, const uint8_t *bytes, size_t count, uint32_t high)
{
    const uint32_t r0 = state->r[0], r1 = state->r[1], r2 = state->r[2], r3 = state->r[3], r4 = state->r[4];
    const uint32_t s1 = 5 * r1, s2 = 5 * r2, s3 = 5 * r3, s4 = 5 * r4;
    uint32_t h0 = state->h[0], h1 = state->h[1], h2 = state->h[2], h3 = state->h[3], h4 = state->h[4];
    for (; count >= 16; count -= 16, bytes += 16)
    {
        h0 += ml_load32_le(bytes) & MASK26;
        h1 += (ml_load32_le(bytes + 3) >> 2) & MASK26;
        h2 += (ml_load32_le(bytes + 6) >> 4) & MASK26;
        h3 += ml_load32_le(bytes + 9) >> 6;
        h4 += (ml_load32_le(bytes + 12) >> 8) | high;

        uint64_t d0 = (uint64_t)h0 * r0 + (uint64_t)h1 * s4 + (uint64_t)h2 * s3 + (uint64_t)h3 * s2 + (uint64_t)h4 * s1;
        uint64_t d1 = (uint64_t)h0 * r1 + (uint64_t)h1 * r0 + (uint64_t)h2 * s4 + (uint64_t)h3 * s3 + (uint64_t)h4 * s2;
        uint64_t d2 = (uint64_t)h0 * r2 + (uint64_t)h1 * r1 + (uint64_t)h2 * r0 + (uint64_t)h3 * s4 + (uint64_t)h4 * s3;
        uint64_t d3 = (uint64_t)h0 * r3 + (uint64_t)h1 * r2 + (uint64_t)h2 * r1 + (uint64_t)h3 * r0 + (uint64_t)h4 * s4;
        uint64_t d4 = (uint64_t)h0 * r4 + (uint64_t)h1 * r3 + (uint64_t)h2 * r2 + (uint64_t)h3 * r1 + (uint64_t)h4 * r0;

        d1 += d0 >> 26;
        h0 = (uint32_t)d0 & MASK26;
        d2 += d1 >> 26;
        h1 = (uint32_t)d1 & MASK26;
        d3 += d2 >> 26;
        h2 = (uint32_t)d2 & MASK26;
        d4 += d3 >> 26;
        h3 = (uint32_t)d3 & MASK26;
        /* 2^130 = 5: the carry out of the top comes back at the bottom. It is below 2^36, so 5 times it needs 64 bits. */
        uint64_t top = (uint64_t)h0 + (d4 >> 26) * 5;
        h4 = (uint32_t)d4 & MASK26;
        h0 = (uint32_t)top & MASK26;
        h1 += (uint32_t)(top >> 26);
    }
    state->h[0] = h0;
    state->h[1] = h1;
    state->h[2] = h2;
    state->h[3] = h3;
    state->h[4] = h4;
}

void ml_poly1305_padded(ml_poly1305 *state, const uint8_t *bytes, size_t count)
{
    size_t whole = count & ~(size_t)15;
    if (whole > 0) blocks(state, bytes, whole, 1u << 24);
    if (count > whole)
    {
        uint8_t block[16] = {0};
        memcpy(block, bytes + whole, count - whole);
        blocks(state, block, 16, 1u << 24);
        ml_wipe(block, sizeof block);
    }
}

void ml_poly1305_last(ml_poly1305 *state, const uint8_t *bytes, size_t count)
{
    size_t whole = count & ~(size_t)15;
    if (whole > 0) blocks(state, bytes, whole, 1u << 24);
    if (count > whole)
    {
        uint8_t block[16] = {0};
        memcpy(block, bytes + whole, count - whole);
        block[count - whole] = 1;
        blocks(state, block, 16, 0);
        ml_wipe(block, sizeof block);
    }
}

void ml_poly1305_finish(ml_poly1305 *state, uint8_t tag[16])
{
    uint32_t h[5], g[5];
    uint32_t carry = 0;
    for (int i = 0; i < 5; i++) h[i] = state->h[i];
    /* Two passes make every limb 26 bits; then h < 2^130 holds exactly. */
    for (int pass = 0; pass < 2; pass++)
    {
        for (int i = 0; i < 5; i++)
        {
            h[i] += carry;
            carry = h[i] >> 26;
            h[i] &= MASK26;
        }
        carry *= 5;
    }
    h[0] += carry;

    /* g = h + 5 - 2^130; when it does not borrow, h >= 2^130 - 5 and g is the reduced value. */
    carry = 5;
    for (int i = 0; i < 5; i++)
    {
        g[i] = h[i] + carry;
        carry = g[i] >> 26;
        g[i] &= MASK26;
    }
    uint32_t keep = carry - 1; /* all ones when h is already reduced */
    for (int i = 0; i < 5; i++) h[i] = (h[i] & keep) | (g[i] & ~keep);

    uint64_t sum = (uint64_t)(h[0] | (h[1] << 26)) + state->pad[0];
    ml_store32_le(tag, (uint32_t)sum);
    sum = (sum >> 32) + ((h[1] >> 6) | (h[2] << 20)) + state->pad[1];
    ml_store32_le(tag + 4, (uint32_t)sum);
    sum = (sum >> 32) + ((h[2] >> 12) | (h[3] << 14)) + state->pad[2];
    ml_store32_le(tag + 8, (uint32_t)sum);
    sum = (sum >> 32) + ((h[3] >> 18) | (h[4] << 8)) + state->pad[3];
    ml_store32_le(tag + 12, (uint32_t)sum);

    ml_wipe(h, sizeof h);
    ml_wipe(g, sizeof g);
    ml_wipe(state, sizeof *state);
}
