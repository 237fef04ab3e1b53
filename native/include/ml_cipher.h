/*
 * Ciphers of the MicroLink native library. Portable C99: no allocation, no globals, no operating system. All functions run in constant
 * time with respect to keys and texts: no branch and no array index depends on a secret. Secrets left on the stack are wiped.
 *
 * Memory belongs to the caller. In-place use is always allowed: an output is either exactly its input or does not overlap it.
 * Lengths are size_t and public. ad may be NULL when ad_count is 0.
 */
#ifndef ML_CIPHER_H
#define ML_CIPHER_H

#include <stddef.h>
#include <stdint.h>

#define ML_KEY_LENGTH 32
#define ML_TAG_LENGTH 16
#define ML_NONCE_LENGTH 12
#define ML_LONG_NONCE_LENGTH 24
#define ML_HASH_LENGTH 32

/* ---- ml_util.c ---- */

/* Zeros memory in a way that the compiler keeps. */
void ml_wipe(void *memory, size_t count);
/* 1 when the bytes are equal, in constant time. */
int ml_equal(const uint8_t *a, const uint8_t *b, size_t count);
/* CRC-32, reflected polynomial 0xEDB88320 (STUN's FINGERPRINT is this xor 0x5354554e). */
uint32_t ml_crc32(const uint8_t *bytes, size_t count);

/* ---- ml_chacha20.c: RFC 8439 section 2.3, draft-irtf-cfrg-xchacha section 2.2 ---- */

/* XORs the key stream that starts at block `counter` over input. */
void ml_chacha20_xor(const uint8_t key[32], uint32_t counter, const uint8_t nonce[12], const uint8_t *input, uint8_t *output, size_t count);
/* Sub-key of XChaCha20 from the first 16 bytes of a 24-byte nonce. */
void ml_hchacha20(const uint8_t key[32], const uint8_t nonce16[16], uint8_t subkey[32]);

/* ---- ml_poly1305.c: RFC 8439 section 2.5. A key authenticates one message. ---- */

typedef struct ml_poly1305
{
    uint32_t r[4];   /* clamped multiplier */
    uint32_t h[5];   /* accumulator */
    uint32_t pad[4]; /* second half of the key, added at the end */
} ml_poly1305;

void ml_poly1305_init(ml_poly1305 *state, const uint8_t key[32]);
/* Bytes, then zeros up to a multiple of 16: how the AEAD feeds its parts. */
void ml_poly1305_padded(ml_poly1305 *state, const uint8_t *bytes, size_t count);
/* The end of a plain message: a last block that is not whole gets the byte 1 behind it. Call once, before finish. */
void ml_poly1305_last(ml_poly1305 *state, const uint8_t *bytes, size_t count);
/* Writes the tag and wipes the state. */
void ml_poly1305_finish(ml_poly1305 *state, uint8_t tag[16]);

/* ---- ml_aead.c: RFC 8439 section 2.8 ---- */

/* output[count] = ciphertext, tag[16] may be output + count. */
void ml_chachapoly_seal(const uint8_t key[32], const uint8_t nonce[12], const uint8_t *ad, size_t ad_count, const uint8_t *text,
                        size_t count, uint8_t *output, uint8_t tag[16]);
/* count without the tag. 0, or -1 when the tag does not match; output is then untouched (the tag is checked before decryption). */
int ml_chachapoly_open(const uint8_t key[32], const uint8_t nonce[12], const uint8_t *ad, size_t ad_count, const uint8_t *text,
                       size_t count, const uint8_t tag[16], uint8_t *output);
/* The same with a 24-byte nonce. */
void ml_xchachapoly_seal(const uint8_t key[32], const uint8_t nonce[24], const uint8_t *ad, size_t ad_count, const uint8_t *text,
                         size_t count, uint8_t *output, uint8_t tag[16]);
int ml_xchachapoly_open(const uint8_t key[32], const uint8_t nonce[24], const uint8_t *ad, size_t ad_count, const uint8_t *text,
                        size_t count, const uint8_t tag[16], uint8_t *output);

/* ---- ml_blake2s.c: RFC 7693; HMAC and KDF as the Noise and WireGuard papers use them ---- */

typedef struct ml_blake2s
{
    uint32_t h[8];
    uint64_t total;  /* bytes compressed so far */
    uint32_t filled; /* bytes in block */
    uint32_t length; /* of the result */
    uint8_t block[64]; /* at a multiple of 4 */
} ml_blake2s;

/* length 1..32; key_count 0..32 (0 = not keyed, key may be NULL). */
void ml_blake2s_init(ml_blake2s *state, size_t length, const uint8_t *key, size_t key_count);
void ml_blake2s_update(ml_blake2s *state, const uint8_t *bytes, size_t count);
/* Writes `length` bytes and wipes the state. */
void ml_blake2s_finish(ml_blake2s *state, uint8_t *output);

void ml_blake2s_hash(const uint8_t *key, size_t key_count, const uint8_t *input, size_t count, uint8_t *output, size_t length);
/* HMAC with a 64-byte block over BLAKE2s-256; a key longer than 64 bytes is hashed first. output may be key or input. */
void ml_hmac_blake2s(const uint8_t *key, size_t key_count, const uint8_t *input, size_t count, uint8_t output[32]);
/* KDFn, n = 1..3: HKDF with empty info; n * 32 bytes. output may be chain_key. */
void ml_kdf(int outputs, const uint8_t chain_key[32], const uint8_t *input, size_t count, uint8_t *output);

/* ---- ml_x25519.c: RFC 7748 section 5. Scalars are clamped and bit 255 of the point is masked inside. ---- */

/* 0, or -1 when the result is all zero (then it is still written). */
int ml_x25519(const uint8_t scalar[32], const uint8_t point[32], uint8_t output[32]);
int ml_x25519_base(const uint8_t scalar[32], uint8_t output[32]);

/* ---- ml_salsa20.c, ml_box.c: NaCl crypto_box_curve25519xsalsa20poly1305, layout tag || ciphertext ---- */

void ml_hsalsa20(const uint8_t key[32], const uint8_t nonce16[16], uint8_t subkey[32]);

/* shared = HSalsa20(X25519(private, public), 0): once per pair of keys. -1 for a public key of low order. */
int ml_box_beforenm(const uint8_t public_key[32], const uint8_t private_key[32], uint8_t shared[32]);
/* The half of it behind the Diffie-Hellman. In place allowed. */
void ml_box_derivenm(const uint8_t dh_result[32], uint8_t shared[32]);
/* output[16 + count] = tag || ciphertext; text may be output + 16. */
void ml_box_seal(const uint8_t shared[32], const uint8_t nonce[24], const uint8_t *text, size_t count, uint8_t *output);
/* box[count] with count >= 16 including the tag; output[count - 16] may be box + 16. 0, or -1 with output untouched. */
int ml_box_open(const uint8_t shared[32], const uint8_t nonce[24], const uint8_t *box, size_t count, uint8_t *output);

#endif
