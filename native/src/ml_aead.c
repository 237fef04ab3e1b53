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

static void authenticate(const uint8_t key[32], const uint8_t nonce[12], const uint8_t *ad, size_t ad_count, const uint8_t *text,
                         size_t count, uint8_t tag[16])
{
    ml_poly1305 poly;
    uint8_t block[32] = {0};
    ml_chacha20_xor(key, 0, nonce, block, block, sizeof block);
    ml_poly1305_init(&poly, block);
    ml_wipe(block, sizeof block);
    ml_poly1305_padded(&poly, ad, ad_count);
    ml_poly1305_padded(&poly, text, count);
    ml_store64_le(block, ad_count);
    ml_store64_le(block + 8, count);
    ml_poly1305_padded(&poly, block, 16);
    ml_poly1305_finish(&poly, tag);
}

static void narrow_seal(const uint8_t key[32], const uint8_t nonce[12], const uint8_t *ad, size_t ad_count, const uint8_t *text,
                        size_t count, uint8_t *output, uint8_t tag[16])
{
    ml_chacha20_xor(key, 1, nonce, text, output, count);
    authenticate(key, nonce, ad, ad_count, output, count, tag);
}

static int narrow_open(const uint8_t key[32], const uint8_t nonce[12], const uint8_t *ad, size_t ad_count, const uint8_t *text,
                       size_t count, const uint8_t tag[16], uint8_t *output)
{
    uint8_t expected[16];
    authenticate(key, nonce, ad, ad_count, text, count, expected);
    int same = ml_equal(expected, tag, 16);
    ml_wipe(expected, sizeof expected);
    ML_PUBLIC(same);
    if (!same) return -1;
    ml_chacha20_xor(key, 1, nonce, text, output, count);
    return 0;
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
