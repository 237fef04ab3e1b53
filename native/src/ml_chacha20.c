/*
 * ChaCha20 (RFC 8439 section 2.3) and HChaCha20 in 32-bit words. The vector form is in ml_aead_rows.h.
 *
 *   word  0..3   "expand 32-byte k"        4..11  key        12  block counter        13..15  nonce
 */
#include "ml_bytes.h"
#include "ml_cipher.h"
#include "ml_narrow.h"

#define QUARTER(a, b, c, d)                                                                                                                \
    a += b; d = ml_rotl32(d ^ a, 16);                                                                                                      \
    c += d; b = ml_rotl32(b ^ c, 12);                                                                                                      \
    a += b; d = ml_rotl32(d ^ a, 8);                                                                                                       \
    c += d; b = ml_rotl32(b ^ c, 7)

/* Sixteen locals and the 20 rounds over them. RV32 holds them all in registers. */
#define ROUNDS(s)                                                                                                                          \
    uint32_t x0 = s[0], x1 = s[1], x2 = s[2], x3 = s[3], x4 = s[4], x5 = s[5], x6 = s[6], x7 = s[7];                                       \
    uint32_t x8 = s[8], x9 = s[9], x10 = s[10], x11 = s[11], x12 = s[12], x13 = s[13], x14 = s[14], x15 = s[15];                           \
    for (int i = 0; i < 10; i++)                                                                                                           \
    {                                                                                                                                      \
        QUARTER(x0, x4, x8, x12);                                                                                                          \
        QUARTER(x1, x5, x9, x13);                                                                                                          \
        QUARTER(x2, x6, x10, x14);                                                                                                         \
        QUARTER(x3, x7, x11, x15);                                                                                                         \
        QUARTER(x0, x5, x10, x15);                                                                                                         \
        QUARTER(x1, x6, x11, x12);                                                                                                         \
        QUARTER(x2, x7, x8, x13);                                                                                                          \
        QUARTER(x3, x4, x9, x14);                                                                                                          \
    }

#define EACH(DO)                                                                                                                           \
    DO(0, x0); DO(1, x1); DO(2, x2); DO(3, x3); DO(4, x4); DO(5, x5); DO(6, x6); DO(7, x7);                                                \
    DO(8, x8); DO(9, x9); DO(10, x10); DO(11, x11); DO(12, x12); DO(13, x13); DO(14, x14); DO(15, x15)

void ml_chacha20_init(ml_chacha20 *cipher, const uint8_t key[32], uint32_t counter, const uint8_t nonce[12])
{
    uint32_t *s = cipher->state;
    s[0] = 0x61707865;
    s[1] = 0x3320646e;
    s[2] = 0x79622d32;
    s[3] = 0x6b206574;
    ml_load_words(s + 4, key, 8);
    s[12] = counter;
    ml_load_words(s + 13, nonce, 3);
}

void ml_chacha20_block(ml_chacha20 *cipher)
{
    const uint32_t *s = cipher->state;
    ROUNDS(s);
#define STORE(i, v) cipher->x[i] = (v) + s[i]
    EACH(STORE);
#undef STORE
    cipher->state[12]++;
}

/* Whole blocks at aligned addresses, straight out of the registers. */
static void aligned_blocks(uint32_t *s, const ml_word *input, ml_word *output, size_t blocks)
{
    for (; blocks > 0; blocks--, input += 16, output += 16)
    {
        ROUNDS(s);
#define STORE(i, v) output[i] = input[i] ^ ((v) + s[i])
        EACH(STORE);
#undef STORE
        s[12]++;
    }
}

/* What any_blocks keeps from one block to the next. */
typedef struct ml_shifted
{
    ml_reader reader;
    ml_word *to;     /* the aligned word that the next write completes */
    uint32_t behind; /* bits made and not written yet */
    uint32_t carry;  /* these */
    int first;       /* the bytes before the output belong to somebody else: the first word is written as bytes */
} ml_shifted;

/* Puts a value out of the registers, which the rounds need: the compiler cannot know that it did not change. */
#if defined(__GNUC__)
#define PARK(value) __asm__("" : "+m"(value))
#else
#define PARK(value) ((void)0)
#endif

/* Whole blocks at any addresses: whole words are read and written, each put together from two. Two shifts, as one may not be by 32. */
static void any_blocks(uint32_t *s, const uint8_t *input, uint8_t *output, size_t blocks)
{
    ml_shifted parked;
    ml_reader_init(&parked.reader, input);
    parked.behind = 8 * ((uintptr_t)output & 3);
    parked.to = (ml_word *)(void *)(output - parked.behind / 8);
    parked.carry = 0;
    parked.first = parked.behind != 0;
    for (; blocks > 0; blocks--)
    {
        PARK(parked);
        ROUNDS(s);
        ml_shifted now = parked;
#define WORD(i, v) uint32_t w##i = ((v) + s[i]) ^ (i == 15 && blocks == 1 ? ml_reader_last(&now.reader) : ml_reader_next(&now.reader, 0))
#define WRITE(i) *now.to++ = now.carry | (w##i << now.behind); now.carry = (w##i >> 1) >> (31 - now.behind)
#define STORE(i, v) WORD(i, v); WRITE(i)
        WORD(0, x0);
        if (now.first)
        {
            for (uint32_t bits = now.behind; bits < 32; bits += 8, w0 >>= 8) *output++ = (uint8_t)w0;
            now.carry = w0;
            now.to++;
            now.first = 0;
        }
        else
        {
            WRITE(0);
        }
        STORE(1, x1); STORE(2, x2); STORE(3, x3); STORE(4, x4); STORE(5, x5); STORE(6, x6); STORE(7, x7); STORE(8, x8); STORE(9, x9);
        STORE(10, x10); STORE(11, x11); STORE(12, x12); STORE(13, x13); STORE(14, x14); STORE(15, x15);
#undef STORE
#undef WRITE
#undef WORD
        parked = now;
        s[12]++;
    }
    for (uint32_t bits = 0; bits < parked.behind; bits += 8) ((uint8_t *)parked.to)[bits / 8] = (uint8_t)(parked.carry >> bits);
}

void ml_chacha20_stream(ml_chacha20 *cipher, const uint8_t *input, uint8_t *output, size_t count)
{
    size_t whole = ML_HAS_WORDS ? count & ~(size_t)63 : 0;
    if (whole > 0)
    {
        if (ML_IS_ALIGNED(input) && ML_IS_ALIGNED(output))
        {
            aligned_blocks(cipher->state, (const ml_word *)(const void *)input, (ml_word *)(void *)output, whole / 64);
        }
        else any_blocks(cipher->state, input, output, whole / 64);
        input += whole;
        output += whole;
        count -= whole;
    }
    while (count > 0)
    {
        size_t part = count < 64 ? count : 64;
        ml_chacha20_block(cipher);
        ml_xor_stream(output, input, cipher->x, part);
        input += part;
        output += part;
        count -= part;
    }
}

void ml_chacha20_xor(const uint8_t key[32], uint32_t counter, const uint8_t nonce[12], const uint8_t *input, uint8_t *output, size_t count)
{
    ml_chacha20 cipher;
    ml_chacha20_init(&cipher, key, counter, nonce);
    ml_chacha20_stream(&cipher, input, output, count);
    ml_wipe(&cipher, sizeof cipher);
}

void ml_hchacha20(const uint8_t key[32], const uint8_t nonce16[16], uint8_t subkey[32])
{
    ml_chacha20 cipher;
    const uint32_t *s = cipher.state;
    /* The nonce's first word stands where the counter does. */
    ml_chacha20_init(&cipher, key, ml_load32_le(nonce16), nonce16 + 4);
    ml_chacha20_block(&cipher);
    /* HChaCha20 leaves out the final addition of the state, whose counter has moved on by one. */
    for (int i = 0; i < 4; i++)
    {
        ml_store32_le(subkey + 4 * i, cipher.x[i] - s[i]);
        ml_store32_le(subkey + 16 + 4 * i, cipher.x[12 + i] - s[12 + i] + (i == 0));
    }
    ml_wipe(&cipher, sizeof cipher);
}
