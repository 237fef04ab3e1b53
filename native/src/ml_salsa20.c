/*
 * Salsa20/20 (the eSTREAM specification), XSalsa20 and HSalsa20 (the NaCl papers).
 *
 *   word  0 constant   1..4 key[0..16)   5 constant   6..9 nonce and counter   10 constant   11..14 key[16..32)   15 constant
 */
#include "ml_bytes.h"
#include "ml_cipher.h"

#define QUARTER(a, b, c, d)                                                                                                                \
    x##b ^= ml_rotl32(x##a + x##d, 7);                                                                                                     \
    x##c ^= ml_rotl32(x##b + x##a, 9);                                                                                                     \
    x##d ^= ml_rotl32(x##c + x##b, 13);                                                                                                    \
    x##a ^= ml_rotl32(x##d + x##c, 18)

static void set_key(uint32_t state[16], const uint8_t key[32])
{
    state[0] = 0x61707865;
    state[5] = 0x3320646e;
    state[10] = 0x79622d32;
    state[15] = 0x6b206574;
    for (int i = 0; i < 4; i++)
    {
        state[1 + i] = ml_load32_le(key + 4 * i);
        state[11 + i] = ml_load32_le(key + 16 + 4 * i);
    }
}

/* x = the 20 rounds over state, without the final addition. */
static void rounds(uint32_t x[16], const uint32_t state[16])
{
    uint32_t x0 = state[0], x1 = state[1], x2 = state[2], x3 = state[3], x4 = state[4], x5 = state[5], x6 = state[6], x7 = state[7];
    uint32_t x8 = state[8], x9 = state[9], x10 = state[10], x11 = state[11], x12 = state[12], x13 = state[13], x14 = state[14];
    uint32_t x15 = state[15];
    for (int i = 0; i < 10; i++)
    {
        QUARTER(0, 4, 8, 12);
        QUARTER(5, 9, 13, 1);
        QUARTER(10, 14, 2, 6);
        QUARTER(15, 3, 7, 11);
        QUARTER(0, 1, 2, 3);
        QUARTER(5, 6, 7, 4);
        QUARTER(10, 11, 8, 9);
        QUARTER(15, 12, 13, 14);
    }
    x[0] = x0; x[1] = x1; x[2] = x2; x[3] = x3; x[4] = x4; x[5] = x5; x[6] = x6; x[7] = x7;
    x[8] = x8; x[9] = x9; x[10] = x10; x[11] = x11; x[12] = x12; x[13] = x13; x[14] = x14; x[15] = x15;
}

void ml_hsalsa20(const uint8_t key[32], const uint8_t nonce16[16], uint8_t subkey[32])
{
    uint32_t state[16], x[16];
    set_key(state, key);
    for (int i = 0; i < 4; i++) state[6 + i] = ml_load32_le(nonce16 + 4 * i);
    rounds(x, state);
    for (int i = 0; i < 4; i++)
    {
        ml_store32_le(subkey + 4 * i, x[5 * i]);
        ml_store32_le(subkey + 16 + 4 * i, x[6 + i]);
    }
    ml_wipe(state, sizeof state);
    ml_wipe(x, sizeof x);
}

void ml_xsalsa20_xor(const uint8_t key[32], const uint8_t nonce[24], size_t skip, const uint8_t *input, uint8_t *output, size_t count)
{
    uint32_t state[16], x[16];
    uint8_t subkey[32];
    ml_hsalsa20(key, nonce, subkey);
    set_key(state, subkey);
    ml_wipe(subkey, sizeof subkey);
    state[6] = ml_load32_le(nonce + 16);
    state[7] = ml_load32_le(nonce + 20);
    state[8] = 0;
    state[9] = 0;
    while (count > 0)
    {
        rounds(x, state);
        for (int i = 0; i < 16; i++) x[i] += state[i];
        size_t part = 64 - skip < count ? 64 - skip : count;
        for (size_t i = 0; i < part; i++)
        {
            size_t at = skip + i;
            output[i] = (uint8_t)(input[i] ^ (x[at / 4] >> (8 * (at & 3))));
        }
        if (++state[8] == 0) state[9]++;
        skip = 0;
        input += part;
        output += part;
        count -= part;
    }
    ml_wipe(state, sizeof state);
    ml_wipe(x, sizeof x);
}
