/*
 * NaCl crypto_box_curve25519xsalsa20poly1305 with a cached key. The first 32 bytes of the XSalsa20 stream are the Poly1305 key, the text
 * is XORed with what follows. Layout as Go's box.Seal and NaCl without its zero padding: tag[16] || ciphertext (protocol.md section 1).
 */
#include "ml_bytes.h"
#include "ml_cipher.h"
#include "ml_narrow.h"

/* All secrets of one call, wiped as one. */
typedef struct box
{
    ml_salsa20 cipher;
    ml_poly1305 poly;
} box;

/* Afterwards the second half of the block in x is the stream's part for the first 32 bytes of text. */
static void begin(box *b, const uint8_t shared[32], const uint8_t nonce[24])
{
    ml_xsalsa20_init(&b->cipher, shared, nonce);
    ml_salsa20_block(&b->cipher);
    ml_poly1305_init_words(&b->poly, b->cipher.x);
}

static void stream(ml_salsa20 *cipher, const uint8_t *input, uint8_t *output, size_t count)
{
    size_t skip = 32;
    while (count > 0)
    {
        size_t part = 64 - skip < count ? 64 - skip : count;
        ml_xor_stream(output, input, cipher->x + skip / 4, part);
        skip = 0;
        input += part;
        output += part;
        count -= part;
        if (count > 0) ml_salsa20_block(cipher);
    }
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
    box b;
    begin(&b, shared, nonce);
    stream(&b.cipher, text, output + ML_TAG_LENGTH, count);
    ml_poly1305_last(&b.poly, output + ML_TAG_LENGTH, count);
    ml_poly1305_finish(&b.poly, output);
    ml_wipe(&b, sizeof b);
}

int ml_box_open(const uint8_t shared[32], const uint8_t nonce[24], const uint8_t *sealed, size_t count, uint8_t *output)
{
    box b;
    uint8_t tag[16];
    if (count < ML_TAG_LENGTH) return -1;
    begin(&b, shared, nonce);
    ml_poly1305_last(&b.poly, sealed + ML_TAG_LENGTH, count - ML_TAG_LENGTH);
    ml_poly1305_finish(&b.poly, tag);
    int same = ml_equal(tag, sealed, ML_TAG_LENGTH);
    ml_wipe(tag, sizeof tag);
    ML_PUBLIC(same);
    if (same) stream(&b.cipher, sealed + ML_TAG_LENGTH, output, count - ML_TAG_LENGTH);
    ml_wipe(&b, sizeof b);
    return same ? 0 : -1;
}
