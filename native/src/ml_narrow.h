/* What the 32-bit paths of the ciphers share and nobody else sees. Whoever owns a struct here wipes it. */
#ifndef ML_NARROW_H
#define ML_NARROW_H

#include <stddef.h>

#include "ml_bytes.h"
#include "ml_cipher.h"

/* ---- ml_chacha20.c ---- */

typedef struct ml_chacha20
{
    uint32_t state[16]; /* RFC 8439 section 2.3: constants, key, counter, nonce */
    uint32_t x[16];     /* the block made last */
} ml_chacha20;

void ml_chacha20_init(ml_chacha20 *cipher, const uint8_t key[32], uint32_t counter, const uint8_t nonce[12]);
/* x = the next block. */
void ml_chacha20_block(ml_chacha20 *cipher);
/* XORs the stream from the next block on over input; what is left of a last block that is not whole is lost. */
void ml_chacha20_stream(ml_chacha20 *cipher, const uint8_t *input, uint8_t *output, size_t count);

/* ---- ml_salsa20.c ---- */

typedef struct ml_salsa20
{
    uint32_t state[16];
    uint32_t x[16]; /* the block made last */
} ml_salsa20;

/* XSalsa20, at block 0. */
void ml_xsalsa20_init(ml_salsa20 *cipher, const uint8_t key[32], const uint8_t nonce[24]);
/* x = the next block. */
void ml_salsa20_block(ml_salsa20 *cipher);

/* ---- ml_poly1305.c ---- */

/* The same as ml_poly1305_init with the key as eight words. */
void ml_poly1305_init_words(ml_poly1305 *state, const uint32_t key[8]);
/* Whole blocks as words, a multiple of four. */
void ml_poly1305_words(ml_poly1305 *state, const uint32_t *words, size_t count);

/* ---- ml_util.c ---- */

/* words = count little-endian words at any address. */
void ml_load_words(uint32_t *words, const uint8_t *bytes, size_t count);
/* output = input ^ the first `count` bytes of the words at x. Whole words when both addresses are aligned. */
void ml_xor_stream(uint8_t *output, const uint8_t *input, const uint32_t *x, size_t count);

/*
 * Reads words one after the other from any address: whole words are loaded, four instructions put each two together. Nothing outside of
 * what is asked for is read, therefore the last word has its own function.
 */
typedef struct ml_reader
{
#if ML_HAS_WORDS
    const ml_word *next;
    uint32_t carry; /* the bytes before next that are not delivered yet */
    uint32_t bits;  /* 0, 8, 16 or 24 of them */
#else
    const uint8_t *next;
#endif
} ml_reader;

#if ML_HAS_WORDS
ML_INLINE void ml_reader_init(ml_reader *reader, const uint8_t *bytes)
{
    reader->carry = 0;
    reader->bits = 0;
    for (; !ML_IS_ALIGNED(bytes); reader->bits += 8) reader->carry |= (uint32_t)*bytes++ << reader->bits;
    reader->next = (const ml_word *)(const void *)bytes;
}

/* `odd` is a constant: the address is known not to be aligned. */
ML_INLINE uint32_t ml_reader_next(ml_reader *reader, const int odd)
{
    uint32_t word = *reader->next++, result = reader->carry | (word << reader->bits);
    /* Otherwise the shift may be by 32, which takes two. */
    reader->carry = odd ? word >> (32 - reader->bits) : (word >> 1) >> (31 - reader->bits);
    return result;
}

ML_INLINE uint32_t ml_reader_last(const ml_reader *reader)
{
    const uint8_t *bytes = (const uint8_t *)reader->next;
    uint32_t result = reader->carry;
    for (uint32_t bits = reader->bits; bits < 32; bits += 8) result |= (uint32_t)*bytes++ << bits;
    return result;
}
#else
ML_INLINE void ml_reader_init(ml_reader *reader, const uint8_t *bytes)
{
    reader->next = bytes;
}

ML_INLINE uint32_t ml_reader_next(ml_reader *reader, const int odd)
{
    (void)odd;
    reader->next += 4;
    return ml_load32_le(reader->next - 4);
}

ML_INLINE uint32_t ml_reader_last(const ml_reader *reader)
{
    return ml_load32_le(reader->next);
}
#endif

#endif
