/*
 * Our ciphers beside libsodium, mbedTLS and OpenSSL on this machine, in one run: ./bench native. Every operation is timed in turns with the
 * others, five rounds, the best of each counts; the processor's time is measured, so that other programs disturb less. One call is what a
 * packet costs: key set-up where the interface has it in the call, a fresh nonce, the tag.
 */
#define _POSIX_C_SOURCE 200112L

#include <mbedtls/chachapoly.h>
#include <mbedtls/ecdh.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ml_cipher.h"
#include "ml_wide.h"

#define SIDES 4
#define ROUNDS 5

static const char *const sides[SIDES] = {"ours", "libsodium", "mbedTLS", "OpenSSL"};
static uint8_t key[32] = {1}, nonce[24] = {2}, point[32] = {9}, text[4096], sealed[4096 + 16], opened[4096], out[32];
static size_t count;
static EVP_CIPHER_CTX *evp_seal, *evp_open;
static EVP_MD_CTX *evp_hash;
static EVP_PKEY_CTX *evp_derive;
static mbedtls_chachapoly_context mbed;

typedef struct operation
{
    const char *name;
    size_t bytes;               /* 0: not a matter of bytes */
    void (*call[SIDES])(void); /* NULL: the library does not have it */
} operation;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void ml_seal(void) { ml_chachapoly_seal(key, nonce, NULL, 0, text, count, sealed, sealed + count); }
static void ml_open(void) { ml_chachapoly_open(key, nonce, NULL, 0, sealed, count, sealed + count, opened); }
static void ml_curve(void) { ml_x25519(key, point, out); }
static void ml_hash(void) { ml_blake2s_hash(NULL, 0, text, count, out, 32); }
static void ml_box(void) { ml_box_seal(key, nonce, text, count, sealed); }

static void sodium_seal(void)
{
    crypto_aead_chacha20poly1305_ietf_encrypt_detached(sealed, sealed + count, NULL, text, count, NULL, 0, NULL, nonce, key);
}
static void sodium_open(void)
{
    (void)!crypto_aead_chacha20poly1305_ietf_decrypt_detached(opened, NULL, sealed, count, sealed + count, NULL, 0, nonce, key);
}
static void sodium_curve(void) { (void)!crypto_scalarmult(out, key, point); }
static void sodium_box(void) { (void)!crypto_box_easy_afternm(sealed, text, count, nonce, key); }

static void mbed_seal(void) { mbedtls_chachapoly_encrypt_and_tag(&mbed, count, nonce, NULL, 0, text, sealed, sealed + count); }
static void mbed_open(void) { mbedtls_chachapoly_auth_decrypt(&mbed, count, nonce, NULL, 0, sealed + count, sealed, opened); }

static int no_random(void *state, unsigned char *bytes, size_t length)
{
    (void)state;
    memset(bytes, 7, length);
    return 0;
}

static mbedtls_ecp_group group;
static mbedtls_mpi scalar, shared;
static mbedtls_ecp_point other;
static void mbed_curve(void) { mbedtls_ecdh_compute_shared(&group, &shared, &other, &scalar, no_random, NULL); }

static void openssl_seal(void)
{
    int n;
    EVP_EncryptInit_ex(evp_seal, NULL, NULL, NULL, nonce);
    EVP_EncryptUpdate(evp_seal, sealed, &n, text, (int)count);
    EVP_EncryptFinal_ex(evp_seal, sealed + n, &n);
    EVP_CIPHER_CTX_ctrl(evp_seal, EVP_CTRL_AEAD_GET_TAG, 16, sealed + count);
}
static void openssl_open(void)
{
    int n;
    EVP_DecryptInit_ex(evp_open, NULL, NULL, NULL, nonce);
    EVP_CIPHER_CTX_ctrl(evp_open, EVP_CTRL_AEAD_SET_TAG, 16, sealed + count);
    EVP_DecryptUpdate(evp_open, opened, &n, sealed, (int)count);
    EVP_DecryptFinal_ex(evp_open, opened + n, &n);
}
static void openssl_curve(void)
{
    size_t n = 32;
    EVP_PKEY_derive(evp_derive, out, &n);
}
static void openssl_hash(void)
{
    EVP_DigestInit_ex(evp_hash, EVP_blake2s256(), NULL);
    EVP_DigestUpdate(evp_hash, text, count);
    EVP_DigestFinal_ex(evp_hash, out, NULL);
}

static void prepare(void)
{
    evp_seal = EVP_CIPHER_CTX_new();
    evp_open = EVP_CIPHER_CTX_new();
    evp_hash = EVP_MD_CTX_new();
    EVP_EncryptInit_ex(evp_seal, EVP_chacha20_poly1305(), NULL, key, nonce);
    EVP_DecryptInit_ex(evp_open, EVP_chacha20_poly1305(), NULL, key, nonce);
    EVP_PKEY *secret = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, key, 32);
    EVP_PKEY *public_key = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, point, 32);
    evp_derive = EVP_PKEY_CTX_new(secret, NULL);
    EVP_PKEY_derive_init(evp_derive);
    EVP_PKEY_derive_set_peer(evp_derive, public_key);
    mbedtls_chachapoly_init(&mbed);
    mbedtls_chachapoly_setkey(&mbed, key);
    mbedtls_ecp_group_init(&group);
    mbedtls_mpi_init(&scalar);
    mbedtls_mpi_init(&shared);
    mbedtls_ecp_point_init(&other);
    mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_CURVE25519);
    mbedtls_ecdh_gen_public(&group, &scalar, &other, no_random, NULL);
}

/* So many calls take about 10 ms. */
static long calibrate(void (*call)(void))
{
    for (long calls = 1;; calls *= 2)
    {
        double begin = now();
        for (long i = 0; i < calls; i++) call();
        double seconds = now() - begin;
        if (seconds > 0.005) return (long)((double)calls * 0.01 / seconds) + 1;
    }
}

static void measure(const operation *o)
{
    double best[SIDES] = {0};
    long calls[SIDES] = {0};
    count = o->bytes;
    ml_seal();
    for (int s = 0; s < SIDES; s++) calls[s] = o->call[s] == NULL ? 0 : calibrate(o->call[s]);
    for (int round = 0; round < ROUNDS; round++)
    {
        for (int s = 0; s < SIDES; s++)
        {
            double begin = now();
            for (long i = 0; i < calls[s]; i++) o->call[s]();
            double each = calls[s] == 0 ? 0 : (now() - begin) / (double)calls[s];
            if (round == 0 || each < best[s]) best[s] = each;
        }
    }
    printf("%-34s", o->name);
    for (int s = 0; s < SIDES; s++)
    {
        if (calls[s] == 0) printf(" %20s", "-");
        else if (o->bytes >= 512) printf(" %8.0f MB/s (%4.2f)", (double)o->bytes / best[s] / 1e6, best[s] / best[0]);
        else printf(" %8.2f us   (%4.2f)", best[s] * 1e6, best[s] / best[0]);
    }
    putchar('\n');
}

int main(void)
{
    static const operation all[] = {
        {"ChaCha20-Poly1305 seal, 64 B", 64, {ml_seal, sodium_seal, mbed_seal, openssl_seal}},
        {"ChaCha20-Poly1305 open, 64 B", 64, {ml_open, sodium_open, mbed_open, openssl_open}},
        {"ChaCha20-Poly1305 seal, 512 B", 512, {ml_seal, sodium_seal, mbed_seal, openssl_seal}},
        {"ChaCha20-Poly1305 seal, 1280 B", 1280, {ml_seal, sodium_seal, mbed_seal, openssl_seal}},
        {"ChaCha20-Poly1305 seal, 1420 B", 1420, {ml_seal, sodium_seal, mbed_seal, openssl_seal}},
        {"ChaCha20-Poly1305 open, 1420 B", 1420, {ml_open, sodium_open, mbed_open, openssl_open}},
        {"X25519", 0, {ml_curve, sodium_curve, mbed_curve, openssl_curve}},
        {"BLAKE2s, 148 B", 148, {ml_hash, NULL, NULL, openssl_hash}},
        {"BLAKE2s, 1420 B", 1420, {ml_hash, NULL, NULL, openssl_hash}},
        {"NaCl box seal, 46 B, cached key", 46, {ml_box, sodium_box, NULL, NULL}},
    };
    static const char *const paths[] = {"32-bit words", "128-bit vectors", "256-bit vectors"};
    if (sodium_init() < 0) return 2;
    prepare();
    printf("Ciphers on this machine (ours: %s). In brackets the time of one call as a multiple of ours.\n", paths[ml_path_best()]);
    printf("%-34s", "");
    for (int s = 0; s < SIDES; s++) printf(" %20s", sides[s]);
    putchar('\n');
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) measure(&all[i]);
    return 0;
}
