/*
 * ChaCha20-Poly1305 (RFC 8439 section 2.8). Block 0 of the key stream is the Poly1305 key, block 1 starts the text.
 *
 *   authenticated:  ad | zeros to 16 | ciphertext | zeros to 16 | ad length u64 LE | ciphertext length u64 LE
 *
 * Two paths: 32-bit words for chips, and vectors with 64-bit limbs for x86-64 and aarch64 (ml_aead_wide.h).
 */
#include "ml_aead_wide.h"
#include "ml_bytes.h"
#include "ml_cipher.h"
#include "ml_narrow.h"

/* What the 32-bit path encrypts before it authenticates it, a multiple of 64. */
#define ML_PIECE 2048

/* All secrets of one call, wiped as one. */
typedef struct narrow_aead
{
    ml_chacha20 cipher;
    ml_poly1305 poly;
} narrow_aead;

static void narrow_begin(narrow_aead *aead, const uint8_t key[32], const uint8_t nonce[12], const uint8_t *ad, size_t ad_count)
{
    ml_chacha20_init(&aead->cipher, key, 0, nonce);
    ml_chacha20_block(&aead->cipher);
    ml_poly1305_init_words(&aead->poly, aead->cipher.x);
    if (ad_count > 0) ml_poly1305_padded(&aead->poly, ad, ad_count);
}

/* The text behind the last whole block of 16, zeros, and the lengths. */
static void narrow_end(narrow_aead *aead, const uint8_t *text, size_t ad_count, size_t count, uint8_t tag[16])
{
    uint32_t *block = aead->cipher.x;
    size_t rest = count & 15, words = rest > 0 ? 4 : 0;
    text += count - rest;
    for (size_t i = 0; i < words; i++) block[i] = 0;
    for (size_t i = 0; i < rest; i++) block[i / 4] |= (uint32_t)text[i] << (8 * (i & 3));
    block[words] = (uint32_t)ad_count;
    block[words + 1] = (uint32_t)((uint64_t)ad_count >> 32);
    block[words + 2] = (uint32_t)count;
    block[words + 3] = (uint32_t)((uint64_t)count >> 32);
    ml_poly1305_words(&aead->poly, block, words + 4);
    ml_poly1305_finish(&aead->poly, tag);
}

/* One pass over the text, in pieces that a small cache holds. */
static void narrow_seal(const uint8_t key[32], const uint8_t nonce[12], const uint8_t *ad, size_t ad_count, const uint8_t *text,
                        size_t count, uint8_t *output, uint8_t tag[16])
{
    narrow_aead aead;
    narrow_begin(&aead, key, nonce, ad, ad_count);
    for (size_t at = 0, part; at < count; at += part)
    {
        part = count - at < ML_PIECE ? count - at : ML_PIECE;
        ml_chacha20_stream(&aead.cipher, text + at, output + at, part);
        ml_poly1305_padded(&aead.poly, output + at, part & ~(size_t)15);
    }
    narrow_end(&aead, output, ad_count, count, tag);
    ml_wipe(&aead, sizeof aead);
}

/* The tag first: a forged packet costs a quarter of a good one, and nothing of it is ever decrypted. */
static int narrow_open(const uint8_t key[32], const uint8_t nonce[12], const uint8_t *ad, size_t ad_count, const uint8_t *text,
                       size_t count, const uint8_t tag[16], uint8_t *output)
{
    narrow_aead aead;
    uint8_t expected[16];
    narrow_begin(&aead, key, nonce, ad, ad_count);
    ml_poly1305_padded(&aead.poly, text, count & ~(size_t)15);
    narrow_end(&aead, text, ad_count, count, expected);
    int same = ml_equal(expected, tag, 16);
    ml_wipe(expected, sizeof expected);
    ML_PUBLIC(same);
    if (same) ml_chacha20_stream(&aead.cipher, text, output, count);
    ml_wipe(&aead, sizeof aead);
    return same ? 0 : -1;
}

void ml_chachapoly_seal(const uint8_t key[32], const uint8_t nonce[12], const uint8_t *ad, size_t ad_count, const uint8_t *text,
                        size_t count, uint8_t *output, uint8_t tag[16])
{
#ifdef ML_WIDE
    if (ml_path() != ML_PATH_NARROW)
    {
        wide_seal(ml_path(), key, nonce, ad, ad_count, text, count, output, tag);
        return;
    }
#endif
    narrow_seal(key, nonce, ad, ad_count, text, count, output, tag);
}

int ml_chachapoly_open(const uint8_t key[32], const uint8_t nonce[12], const uint8_t *ad, size_t ad_count, const uint8_t *text,
                       size_t count, const uint8_t tag[16], uint8_t *output)
{
#ifdef ML_WIDE
    if (ml_path() != ML_PATH_NARROW) return wide_open(ml_path(), key, nonce, ad, ad_count, text, count, tag, output);
#endif
    return narrow_open(key, nonce, ad, ad_count, text, count, tag, output);
}

/* draft-irtf-cfrg-xchacha section 2.3: sub-key from nonce[0..16), then ChaCha20-Poly1305 with nonce 0 0 0 0 | nonce[16..24). */
static void extend(const uint8_t key[32], const uint8_t nonce[24], uint8_t subkey[32], uint8_t short_nonce[12])
{
    ml_hchacha20(key, nonce, subkey);
    for (int i = 0; i < 4; i++) short_nonce[i] = 0;
    for (int i = 0; i < 8; i++) short_nonce[4 + i] = nonce[16 + i];
}

void ml_xchachapoly_seal(const uint8_t key[32], const uint8_t nonce[24], const uint8_t *ad, size_t ad_count, const uint8_t *text,
                         size_t count, uint8_t *output, uint8_t tag[16])
{
    uint8_t subkey[32], short_nonce[12];
    extend(key, nonce, subkey, short_nonce);
    ml_chachapoly_seal(subkey, short_nonce, ad, ad_count, text, count, output, tag);
    ml_wipe(subkey, sizeof subkey);
}

int ml_xchachapoly_open(const uint8_t key[32], const uint8_t nonce[24], const uint8_t *ad, size_t ad_count, const uint8_t *text,
                        size_t count, const uint8_t tag[16], uint8_t *output)
{
    uint8_t subkey[32], short_nonce[12];
    extend(key, nonce, subkey, short_nonce);
    int result = ml_chachapoly_open(subkey, short_nonce, ad, ad_count, text, count, tag, output);
    ml_wipe(subkey, sizeof subkey);
    return result;
}
