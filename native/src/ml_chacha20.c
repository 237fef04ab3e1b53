/*
 * ChaCha20 (RFC 8439 section 2.3) and HChaCha20.
 *
 *   word  0..3   "expand 32-byte k"        4..11  key        12  block counter        13..15  nonce
 */
#include "ml_bytes.h"
#include "ml_cipher.h"

#define QUARTER(a, b, c, d)                                                                                                                \
    a += b; d = ml_rotl32(d ^ a, 16);                                                                                                      \
    c += d; b = ml_rotl32(b ^ c, 12);                                                                                                      \
    a += b; d = ml_rotl32(d ^ a, 8);                                                                                                       \
    c += d; b = ml_rotl32(b ^ c, 7)

static void set_key(uint32_t state[16], const uint8_t key[32])
{
    state[0] = 0x61707865;
    state[1] = 0x3320646e;
    state[2] = 0x79622d32;
    state[3] = 0x6b206574;
    for (int i = 0; i < 8; i++) state[4 + i] = ml_load32_le(key + 4 * i);
}

/* x = the 20 rounds over state, without the final addition. */
static void rounds(uint32_t x[16], const uint32_t state[16])
{
    uint32_t x0 = state[0], x1 = state[1], x2 = state[2], x3 = state[3], x4 = state[4], x5 = state[5], x6 = state[6], x7 = state[7];
    uint32_t x8 = state[8], x9 = state[9], x10 = state[10], x11 = state[11], x12 = state[12], x13 = state[13], x14 = state[14];
    uint32_t x15 = state[15];
    for (int i = 0; i < 10; i++)
    {
        QUARTER(x0, x4, x8, x12);
        QUARTER(x1, x5, x9, x13);
        QUARTER(x2, x6, x10, x14);
        QUARTER(x3, x7, x11, x15);
        QUARTER(x0, x5, x10, x15);
        QUARTER(x1, x6, x11, x12);
        QUARTER(x2, x7, x8, x13);
        QUARTER(x3, x4, x9, x14);
    }
    x[0] = x0; x[1] = x1; x[2] = x2; x[3] = x3; x[4] = x4; x[5] = x5; x[6] = x6; x[7] = x7;
    x[8] = x8; x[9] = x9; x[10] = x10; x[11] = x11; x[12] = x12; x[13] = x13; x[14] = x14; x[15] = x15;
}

void ml_chacha20_xor(const uint8_t key[32], uint32_t counter, const uint8_t nonce[12], const uint8_t *input, uint8_t *output, size_t count)
{
    uint32_t state[16], x[16];
    set_key(state, key);
    state[12] = counter;
    for (int i = 0; i < 3; i++) state[13 + i] = ml_load32_le(nonce + 4 * i);
    while (count >= 64)
    {
        rounds(x, state);
        for (int i = 0; i < 16; i++) ml_store32_le(output + 4 * i, ml_load32_le(input + 4 * i) ^ (x[i] + state[i]));
        state[12]++;
        input += 64;
        output += 64;
        count -= 64;
    }
    if (count > 0)
    {
        rounds(x, state);
        size_t i = 0;
        for (; i + 4 <= count; i += 4) ml_store32_le(output + i, ml_load32_le(input + i) ^ (x[i / 4] + state[i / 4]));
        for (; i < count; i++) output[i] = (uint8_t)(input[i] ^ ((x[i / 4] + state[i / 4]) >> (8 * (i & 3))));
    }
    ml_wipe(state, sizeof state);
    ml_wipe(x, sizeof x);
}

void ml_hchacha20(const uint8_t key[32], const uint8_t nonce16[16], uint8_t subkey[32])
{
    uint32_t state[16], x[16];
    set_key(state, key);
    for (int i = 0; i < 4; i++) state[12 + i] = ml_load32_le(nonce16 + 4 * i);
    rounds(x, state);
    for (int i = 0; i < 4; i++)
    {
        ml_store32_le(subkey + 4 * i, x[i]);
        ml_store32_le(subkey + 16 + 4 * i, x[12 + i]);
    }
    ml_wipe(state, sizeof state);
    ml_wipe(x, sizeof x);
}
