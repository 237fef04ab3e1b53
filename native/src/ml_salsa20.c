/*
 * Salsa20/20 (the eSTREAM specification), XSalsa20 and HSalsa20 (the NaCl papers).
 *
 *   word  0 constant   1..4 key[0..16)   5 constant   6..9 nonce and counter   10 constant   11..14 key[16..32)   15 constant
 */
#include "ml_bytes.h"
#include "ml_cipher.h"
#include "ml_narrow.h"

#define QUARTER(a, b, c, d)                                                                                                                \
    x##b ^= ml_rotl32(x##a + x##d, 7);                                                                                                     \
    x##c ^= ml_rotl32(x##b + x##a, 9);                                                                                                     \
    x##d ^= ml_rotl32(x##c + x##b, 13);                                                                                                    \
    x##a ^= ml_rotl32(x##d + x##c, 18)

static void set_key(ml_salsa20 *cipher, const uint8_t key[32])
{
    uint32_t *s = cipher->state;
    s[0] = 0x61707865;
    s[5] = 0x3320646e;
    s[10] = 0x79622d32;
    s[15] = 0x6b206574;
    ml_load_words(s + 1, key, 4);
    ml_load_words(s + 11, key + 16, 4);
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
    ml_salsa20 cipher;
    set_key(&cipher, key);
    ml_load_words(cipher.state + 6, nonce16, 4);
    rounds(cipher.x, cipher.state);
    for (int i = 0; i < 4; i++)
    {
        ml_store32_le(subkey + 4 * i, cipher.x[5 * i]);
        ml_store32_le(subkey + 16 + 4 * i, cipher.x[6 + i]);
    }
    ml_wipe(&cipher, sizeof cipher);
}

void ml_xsalsa20_init(ml_salsa20 *cipher, const uint8_t key[32], const uint8_t nonce[24])
{
    uint8_t subkey[32];
    ml_hsalsa20(key, nonce, subkey);
    set_key(cipher, subkey);
    ml_wipe(subkey, sizeof subkey);
    ml_load_words(cipher->state + 6, nonce + 16, 2);
    cipher->state[8] = cipher->state[9] = 0;
}

void ml_salsa20_block(ml_salsa20 *cipher)
{
    rounds(cipher->x, cipher->state);
    for (int i = 0; i < 16; i++) cipher->x[i] += cipher->state[i];
    if (++cipher->state[8] == 0) cipher->state[9]++;
}
