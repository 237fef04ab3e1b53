/* BLAKE2s (RFC 7693), HMAC-BLAKE2s (RFC 2104 with a block of 64) and the KDF of Noise and WireGuard. */
#include <string.h>

#include "ml_bytes.h"
#include "ml_cipher.h"
#include "ml_narrow.h"

/* RFC 7693 section 2.6: the same words as SHA-256's initial state. */
static const uint32_t initial[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

/*
 * One round: the order in which RFC 7693 section 2.7 takes the message words. All ten are written out, so that each word's place is a
 * constant: 6 KB of code on RV32 where a loop over a table has 1.7 KB and takes 1.8 times as many instructions.
 */
#define MIX(a, b, c, d, x, y)                                                                                                              \
    v##a += v##b + m[x]; v##d = ml_rotr32(v##d ^ v##a, 16);                                                                                \
    v##c += v##d; v##b = ml_rotr32(v##b ^ v##c, 12);                                                                                       \
    v##a += v##b + m[y]; v##d = ml_rotr32(v##d ^ v##a, 8);                                                                                 \
    v##c += v##d; v##b = ml_rotr32(v##b ^ v##c, 7)

#define ROUND(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15)                                                        \
    MIX(0, 4, 8, 12, s0, s1);                                                                                                              \
    MIX(1, 5, 9, 13, s2, s3);                                                                                                              \
    MIX(2, 6, 10, 14, s4, s5);                                                                                                             \
    MIX(3, 7, 11, 15, s6, s7);                                                                                                             \
    MIX(0, 5, 10, 15, s8, s9);                                                                                                             \
    MIX(1, 6, 11, 12, s10, s11);                                                                                                           \
    MIX(2, 7, 8, 13, s12, s13);                                                                                                            \
    MIX(3, 4, 9, 14, s14, s15)

static void compress_words(ml_blake2s *state, const ml_word *m, uint32_t last)
{
    uint32_t v0 = state->h[0], v1 = state->h[1], v2 = state->h[2], v3 = state->h[3];
    uint32_t v4 = state->h[4], v5 = state->h[5], v6 = state->h[6], v7 = state->h[7];
    uint32_t v8 = initial[0], v9 = initial[1], v10 = initial[2], v11 = initial[3];
    uint32_t v12 = initial[4] ^ (uint32_t)state->total, v13 = initial[5] ^ (uint32_t)(state->total >> 32);
    uint32_t v14 = initial[6] ^ last, v15 = initial[7];
    ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    ROUND(14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3);
    ROUND(11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4);
    ROUND(7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8);
    ROUND(9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13);
    ROUND(2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9);
    ROUND(12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11);
    ROUND(13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10);
    ROUND(6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5);
    ROUND(10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0);
    state->h[0] ^= v0 ^ v8;
    state->h[1] ^= v1 ^ v9;
    state->h[2] ^= v2 ^ v10;
    state->h[3] ^= v3 ^ v11;
    state->h[4] ^= v4 ^ v12;
    state->h[5] ^= v5 ^ v13;
    state->h[6] ^= v6 ^ v14;
    state->h[7] ^= v7 ^ v15;
}

/* The message is used where it lies when its words can be read there, and put into state->block otherwise; it may lie there. */
static void compress(ml_blake2s *state, const uint8_t *message, uint32_t last)
{
    ml_word *block = (ml_word *)(void *)state->block;
    if (ML_IS_ALIGNED(message)) block = (ml_word *)(uintptr_t)message;
    else ml_load_words(block, message, 16);
    compress_words(state, block, last);
}

void ml_blake2s_init(ml_blake2s *state, size_t length, const uint8_t *key, size_t key_count)
{
    for (int i = 0; i < 8; i++) state->h[i] = initial[i];
    /* Parameter block, first word: digest length, key length, fanout 1, depth 1. */
    state->h[0] ^= 0x01010000 ^ ((uint32_t)key_count << 8) ^ (uint32_t)length;
    state->total = 0;
    state->filled = 0;
    state->length = (uint32_t)length;
    if (key_count > 0)
    {
        memset(state->block, 0, sizeof state->block);
        memcpy(state->block, key, key_count);
        state->filled = 64;
    }
}

void ml_blake2s_update(ml_blake2s *state, const uint8_t *bytes, size_t count)
{
    while (count > 0)
    {
        /* A full block waits until more comes: the last one is compressed with its flag. */
        if (state->filled == 64)
        {
            state->total += 64;
            compress(state, state->block, 0);
            state->filled = 0;
        }
        if (state->filled == 0 && count > 64)
        {
            state->total += 64;
            compress(state, bytes, 0);
            bytes += 64;
            count -= 64;
            continue;
        }
        size_t part = 64 - state->filled;
        if (part > count) part = count;
        memcpy(state->block + state->filled, bytes, part);
        state->filled += (uint32_t)part;
        bytes += part;
        count -= part;
    }
}

void ml_blake2s_finish(ml_blake2s *state, uint8_t *output)
{
    uint32_t i = 0;
    ml_wipe(state->block + state->filled, 64 - state->filled);
    state->total += state->filled;
    compress(state, state->block, 0xffffffff);
    for (; i + 4 <= state->length; i += 4) ml_store32_le(output + i, state->h[i / 4]);
    for (; i < state->length; i++) output[i] = (uint8_t)(state->h[i / 4] >> (8 * (i & 3)));
    ml_wipe(state, sizeof *state);
}

void ml_blake2s_hash(const uint8_t *key, size_t key_count, const uint8_t *input, size_t count, uint8_t *output, size_t length)
{
    ml_blake2s state;
    ml_blake2s_init(&state, length, key, key_count);
    ml_blake2s_update(&state, input, count);
    ml_blake2s_finish(&state, output);
}

/* HMAC over two inputs one after the other: the KDF needs previous || number. */
static void hmac2(const uint8_t *key, size_t key_count, const uint8_t *input, size_t count, const uint8_t *more, size_t more_count,
                  uint8_t output[32])
{
    ml_blake2s state;
    uint8_t pad[64] = {0};
    if (key_count > 64) ml_blake2s_hash(NULL, 0, key, key_count, pad, 32);
    else if (key_count > 0) memcpy(pad, key, key_count);

    for (int i = 0; i < 64; i++) pad[i] ^= 0x36;
    ml_blake2s_init(&state, 32, NULL, 0);
    ml_blake2s_update(&state, pad, 64);
    ml_blake2s_update(&state, input, count);
    ml_blake2s_update(&state, more, more_count);
    /* From here on neither key nor input is needed: the output may be one of them. */
    ml_blake2s_finish(&state, output);

    for (int i = 0; i < 64; i++) pad[i] ^= 0x36 ^ 0x5c;
    ml_blake2s_init(&state, 32, NULL, 0);
    ml_blake2s_update(&state, pad, 64);
    ml_blake2s_update(&state, output, 32);
    ml_blake2s_finish(&state, output);
    ml_wipe(pad, sizeof pad);
}

void ml_hmac_blake2s(const uint8_t *key, size_t key_count, const uint8_t *input, size_t count, uint8_t output[32])
{
    hmac2(key, key_count, input, count, NULL, 0, output);
}

void ml_kdf(int outputs, const uint8_t chain_key[32], const uint8_t *input, size_t count, uint8_t *output)
{
    uint8_t secret[32];
    ml_hmac_blake2s(chain_key, 32, input, count, secret);
    /* T1 = HMAC(secret, 1), Tn = HMAC(secret, T(n-1) || n). */
    for (int n = 1; n <= outputs; n++)
    {
        uint8_t number = (uint8_t)n;
        hmac2(secret, 32, output + 32 * (n - 2) * (n > 1), n > 1 ? 32 : 0, &number, 1, output + 32 * (n - 1));
    }
    ml_wipe(secret, sizeof secret);
}
