/*
 * The ciphers against libsodium, mbedTLS and OpenSSL with random inputs: three implementations that share no line with ours. Built as
 * test_differential when their Debian packages are installed. Arguments: the seed (1) and the number of rounds (400). A round draws new
 * keys, lengths and alignments for every path of ours.
 */
#include <mbedtls/chachapoly.h>
#include <mbedtls/poly1305.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>

#include "ml_cipher.h"
#include "ml_test.h"
#include "ml_wide.h"

#define MOST 3000

static ml_random source;
static uint8_t key[100], nonce[24], ad[300], memory[MOST + 64], other[MOST + 64], expected[MOST + 64];

/* Mostly packets; sometimes nothing, sometimes a lot. */
static size_t length(size_t most)
{
    uint32_t kind = ml_next(&source) % 8, n = ml_next(&source);
    return n % (kind == 0 ? 1 : kind < 3 ? 80 : kind < 6 ? (most < 1500 ? most : 1500) : most + 1);
}

/* Spoils one bit of count bytes. */
static void flip(uint8_t *bytes, size_t count)
{
    uint32_t bit = ml_next(&source) % (8 * (uint32_t)count);
    bytes[bit / 8] ^= (uint8_t)(1u << (bit & 7));
}

static void aead(void)
{
    size_t count = length(MOST), ad_count = length(sizeof ad - 1);
    uint8_t *from = memory + ml_next(&source) % 16, *to = ml_next(&source) % 2 ? from : other + ml_next(&source) % 16, tag[16];
    unsigned long long made;
    ml_fill(&source, from, count);
    crypto_aead_chacha20poly1305_ietf_encrypt(expected, &made, from, count, ad, ad_count, NULL, nonce, key);
    mbedtls_chachapoly_context context;
    mbedtls_chachapoly_init(&context);
    mbedtls_chachapoly_setkey(&context, key);
    static uint8_t again[MOST + 16];
    mbedtls_chachapoly_encrypt_and_tag(&context, count, nonce, ad, ad_count, from, again, again + count);
    mbedtls_chachapoly_free(&context);
    CHECK(memcmp(again, expected, count + 16) == 0);

    ml_chachapoly_seal(key, nonce, ad, ad_count, from, count, to, tag);
    memcpy(to + count, tag, 16);
    CHECK(memcmp(to, expected, count + 16) == 0);
    flip(to, count + 16);
    memcpy(expected, to, count + 16);
    CHECK(crypto_aead_chacha20poly1305_ietf_decrypt(again, NULL, NULL, to, count + 16, ad, ad_count, nonce, key) == -1);
    CHECK(ml_chachapoly_open(key, nonce, ad, ad_count, to, count, to + count, to) == -1 && memcmp(to, expected, count + 16) == 0);

    crypto_aead_xchacha20poly1305_ietf_encrypt(expected, &made, from, count, ad, ad_count, NULL, nonce, key);
    static uint8_t text[MOST];
    memcpy(text, from, count);
    ml_xchachapoly_seal(key, nonce, ad, ad_count, from, count, to, tag);
    CHECK(memcmp(to, expected, count) == 0 && memcmp(tag, expected + count, 16) == 0);
    CHECK(ml_xchachapoly_open(key, nonce, ad, ad_count, to, count, tag, to) == 0 && memcmp(to, text, count) == 0);
}

static void poly1305(void)
{
    size_t count = length(MOST);
    const uint8_t *text = memory + ml_next(&source) % 16;
    uint8_t made[16], theirs[16];
    ml_poly1305 state;
    /* Keys and texts of many ones come near the modulus. */
    if (ml_next(&source) % 2) memset(memory, 0xff, sizeof memory);
    ml_poly1305_init(&state, key);
    ml_poly1305_last(&state, text, count);
    ml_poly1305_finish(&state, made);
    mbedtls_poly1305_mac(key, text, count, theirs);
    CHECK(memcmp(made, theirs, 16) == 0);
}

static void x25519(void)
{
    uint8_t scalar[32], point[32], made[32], theirs[32];
    ml_fill(&source, scalar, 32);
    ml_fill(&source, point, 32);
    /* Points near 0 and near p as well. */
    if (ml_next(&source) % 4 == 0) memset(point + 1, ml_next(&source) % 2 ? 0xff : 0, 31);
    int low = crypto_scalarmult(theirs, scalar, point);
    CHECK(ml_x25519(scalar, point, made) == low && (low != 0 || memcmp(made, theirs, 32) == 0));
    crypto_scalarmult_base(theirs, scalar);
    CHECK(ml_x25519_base(scalar, made) == 0 && memcmp(made, theirs, 32) == 0);
}

static void box(void)
{
    uint8_t ours[32], public_key[32], shared[32], theirs[32];
    size_t count = length(MOST);
    uint8_t *text = memory + ml_next(&source) % 16, *to = other + ml_next(&source) % 16;
    ml_fill(&source, ours, 32);
    crypto_scalarmult_base(public_key, key);
    CHECK(ml_box_beforenm(public_key, ours, shared) == 0);
    CHECK(crypto_box_beforenm(theirs, public_key, ours) == 0 && memcmp(shared, theirs, 32) == 0);
    ml_fill(&source, text, count);
    crypto_box_easy_afternm(expected, text, count, nonce, shared);
    ml_box_seal(shared, nonce, text, count, to);
    CHECK(memcmp(to, expected, count + 16) == 0);
    CHECK(ml_box_open(shared, nonce, to, count + 16, to + 16) == 0 && memcmp(to + 16, text, count) == 0);
    flip(expected, count + 16);
    CHECK(ml_box_open(shared, nonce, expected, count + 16, to) == -1);
}

static void blake2s(void)
{
    size_t count = length(MOST), key_count = 1 + ml_next(&source) % (sizeof key);
    const uint8_t *text = memory + ml_next(&source) % 16;
    uint8_t made[32], theirs[32];
    unsigned size = 32;
    EVP_Digest(text, count, theirs, &size, EVP_blake2s256(), NULL);
    ml_blake2s_hash(NULL, 0, text, count, made, 32);
    CHECK(memcmp(made, theirs, 32) == 0);
    HMAC(EVP_blake2s256(), key, (int)key_count, text, count, theirs, &size);
    ml_hmac_blake2s(key, key_count, text, count, made);
    CHECK(memcmp(made, theirs, 32) == 0);
}

int main(int count, char **arguments)
{
    uint64_t seed = count > 1 ? strtoull(arguments[1], NULL, 10) : 1;
    long rounds = count > 2 ? strtol(arguments[2], NULL, 10) : 400;
    if (sodium_init() < 0) return 2;
    source.state = seed * 0x9e3779b97f4a7c15ull + 1;
    for (long i = 0; i < rounds && ml_failed == 0; i++)
    {
        for (ml_test_path = ML_PATH_NARROW; ml_test_path <= ml_path_best(); ml_test_path++)
        {
            ml_fill(&source, key, sizeof key);
            ml_fill(&source, nonce, sizeof nonce);
            ml_fill(&source, ad, sizeof ad);
            aead();
            poly1305();
            x25519();
            box();
            blake2s();
            if (ml_failed > 0) printf("seed %llu, round %ld, path %d\n", (unsigned long long)seed, i, ml_test_path);
        }
    }
    return ml_report();
}
