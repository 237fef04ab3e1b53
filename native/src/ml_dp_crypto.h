/* WireGuard's use of the ciphers: nonce = 4 zero bytes and the counter, little endian (protocol.md 8.1); MAC = keyed BLAKE2s, 16 bytes. */
#ifndef ML_DP_CRYPTO_H
#define ML_DP_CRYPTO_H

#include <stdbool.h>

#include "ml_bytes.h"
#include "ml_cipher.h"

static inline void ml_crypto_nonce(uint8_t nonce[12], uint64_t counter)
{
    nonce[0] = nonce[1] = nonce[2] = nonce[3] = 0;
    ml_store64_le(nonce + 4, counter);
}

/* In place; the tag goes behind the text. */
static inline void ml_crypto_seal(const uint8_t *key, uint64_t counter, uint8_t *text, int count)
{
    uint8_t nonce[12];
    ml_crypto_nonce(nonce, counter);
    ml_chachapoly_seal(key, nonce, NULL, 0, text, (size_t)count, text, text + count);
}

/* In place; count includes the tag and is at least 16. */
static inline bool ml_crypto_open(const uint8_t *key, uint64_t counter, uint8_t *text, int count)
{
    uint8_t nonce[12];
    ml_crypto_nonce(nonce, counter);
    return ml_chachapoly_open(key, nonce, NULL, 0, text, (size_t)(count - 16), text + count - 16, text) == 0;
}

static inline void ml_crypto_mac(const uint8_t *key, int key_count, const uint8_t *bytes, int count, uint8_t mac[16])
{
    ml_blake2s_hash(key, (size_t)key_count, bytes, (size_t)count, mac, 16);
}

static inline void ml_crypto_wipe(void *memory, size_t count) { ml_wipe(memory, count); }

#endif
