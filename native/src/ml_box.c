/*
 * NaCl crypto_box_curve25519xsalsa20poly1305 with a cached key. The first 32 bytes of the XSalsa20 stream are the Poly1305 key, the text
 * is XORed with what follows. Layout as Go's box.Seal and NaCl without its zero padding: tag[16] || ciphertext (protocol.md section 1).
 */
#include "ml_bytes.h"
#include "ml_cipher.h"

static void authenticate(const uint8_t shared[32], const uint8_t nonce[24], const uint8_t *text, size_t count, uint8_t tag[16])
{
    ml_poly1305 poly;
    uint8_t key[32] = {0};
    ml_xsalsa20_xor(shared, nonce, 0, key, key, sizeof key);
    ml_poly1305_init(&poly, key);
    ml_wipe(key, sizeof key);
    ml_poly1305_last(&poly, text, count);
    ml_poly1305_finish(&poly, tag);
}

void ml_box_derivenm(const uint8_t dh_result[32], uint8_t shared[32])
{
    static const uint8_t zero[16] = {0};
    ml_hsalsa20(dh_result, zero, shared);
}

int ml_box_beforenm(const uint8_t public_key[32], const uint8_t private_key[32], uint8_t shared[32])
{
    uint8_t dh[32];
    int result = ml_x25519(private_key, public_key, dh);
    ml_box_derivenm(dh, shared);
    ml_wipe(dh, sizeof dh);
    return result;
}

void ml_box_seal(const uint8_t shared[32], const uint8_t nonce[24], const uint8_t *text, size_t count, uint8_t *output)
{
    ml_xsalsa20_xor(shared, nonce, 32, text, output + ML_TAG_LENGTH, count);
    authenticate(shared, nonce, output + ML_TAG_LENGTH, count, output);
}

int ml_box_open(const uint8_t shared[32], const uint8_t nonce[24], const uint8_t *box, size_t count, uint8_t *output)
{
    uint8_t tag[16];
    if (count < ML_TAG_LENGTH) return -1;
    authenticate(shared, nonce, box + ML_TAG_LENGTH, count - ML_TAG_LENGTH, tag);
    int same = ml_equal(tag, box, ML_TAG_LENGTH);
    ml_wipe(tag, sizeof tag);
    ML_PUBLIC(same);
    if (!same) return -1;
    ml_xsalsa20_xor(shared, nonce, 32, box + ML_TAG_LENGTH, output, count - ML_TAG_LENGTH);
    return 0;
}
