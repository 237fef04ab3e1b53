/* ChaCha20-Poly1305 in all shapes: lengths, alignments, paths, in place and not, and what a flipped bit does. */
#include "ml_cipher.h"
#include "ml_test.h"
#include "ml_wide.h"

static void aead_shapes(void);
static void paths_agree(void);
static void alignments(void);

int main(void)
{
    /* Everything on every path that this machine has. */
    for (ml_test_path = ML_PATH_NARROW; ml_test_path <= ml_path_best(); ml_test_path++)
    {
        int failed = ml_failed;
        aead_shapes();
        paths_agree();
        alignments();
        if (ml_failed > failed) printf("on path %d\n", ml_test_path);
    }
    return ml_report();
}

/* Every length around the block sizes, every alignment, in place and not: all agree, and every flipped bit is found. */
static void aead_shapes(void)
{
    static uint8_t memory[512 + 16 + 8], other[512 + 16 + 8], text[512];
    ml_random random = {2026};
    uint8_t key[32], nonce[24], ad[40], tag[16];
    ml_fill(&random, key, 32);
    ml_fill(&random, nonce, 24);
    ml_fill(&random, ad, sizeof ad);
    ml_fill(&random, text, sizeof text);
    for (size_t count = 0; count <= 200; count++)
    {
        size_t shift = count % 8, ad_count = count % 41;
        uint8_t *p = memory + shift;
        ml_chachapoly_seal(key, nonce, ad, ad_count, text, count, other, tag);
        memcpy(p, text, count);
        ml_chachapoly_seal(key, nonce, ad, ad_count, p, count, p, p + count);
        CHECK(memcmp(p, other, count) == 0 && memcmp(p + count, tag, 16) == 0);
        size_t bit = ml_next(&random) % (8 * (count + 16));
        p[bit / 8] ^= (uint8_t)(1u << (bit & 7));
        memcpy(other, p, count + 16);
        CHECK(ml_chachapoly_open(key, nonce, ad, ad_count, p, count, p + count, p) == -1 && memcmp(other, p, count + 16) == 0);
        p[bit / 8] ^= (uint8_t)(1u << (bit & 7));
        if (ad_count > 0)
        {
            ad[ad_count - 1] ^= 0x80;
            CHECK(ml_chachapoly_open(key, nonce, ad, ad_count, p, count, p + count, p) == -1);
            ad[ad_count - 1] ^= 0x80;
        }
        CHECK(ml_chachapoly_open(key, nonce, ad, ad_count, p, count, p + count, p) == 0 && memcmp(p, text, count) == 0);
    }
    /* The key stream is the same however it is cut at blocks. */
    ml_chacha20_xor(key, 5, nonce, text, other, 512);
    ml_chacha20_xor(key, 5, nonce, text, memory, 192);
    ml_chacha20_xor(key, 8, nonce, text + 192, memory + 192, 320);
    CHECK(memcmp(memory, other, 512) == 0);
    /* The counter wraps like every 32-bit word (RFC 8439 forbids getting there; a WireGuard packet is 64 KB at most). */
    ml_chacha20_xor(key, 0xffffffff, nonce, text, memory, 128);
    ml_chacha20_xor(key, 0, nonce, text + 64, other, 64);
    CHECK(memcmp(memory + 64, other, 64) == 0);
}

/* Every length that begins or ends a pass of any path, and longer ones, gives what the 32-bit path gives, and opens again. */
static void paths_agree(void)
{
    static uint8_t text[5000], narrow[5000 + 16], made[5000 + 16];
    ml_random random = {1420};
    uint8_t key[32], nonce[12], ad[48];
    int path = ml_test_path;
    ml_fill(&random, key, 32);
    ml_fill(&random, nonce, 12);
    ml_fill(&random, ad, sizeof ad);
    ml_fill(&random, text, sizeof text);
    for (size_t count = 0; count <= sizeof text; count += count < 2700 ? 1 + count % 3 : 97)
    {
        size_t ad_count = count % 49;
        ml_test_path = ML_PATH_NARROW;
        ml_chachapoly_seal(key, nonce, ad, ad_count, text, count, narrow, narrow + count);
        ml_test_path = path;
        ml_chachapoly_seal(key, nonce, ad, ad_count, text, count, made, made + count);
        int good = memcmp(made, narrow, count + 16) == 0;
        size_t bit = ml_next(&random) % (8 * (count + 16));
        made[bit / 8] ^= (uint8_t)(1u << (bit & 7));
        narrow[bit / 8] ^= (uint8_t)(1u << (bit & 7));
        good &= ml_chachapoly_open(key, nonce, ad, ad_count, made, count, made + count, made) == -1;
        good &= memcmp(made, narrow, count + 16) == 0;
        made[bit / 8] ^= (uint8_t)(1u << (bit & 7));
        good &= ml_chachapoly_open(key, nonce, ad, ad_count, made, count, made + count, made) == 0;
        good &= memcmp(made, text, count) == 0;
        if (!CHECK(good)) printf("  %u bytes\n", (unsigned)count);
    }
}

/* Any alignment of text and output, in place or not, gives the same. The memory ends where the bytes do, for AddressSanitizer's sake. */
static void alignments(void)
{
    static uint8_t text[1440], expected[1440];
    static const size_t counts[] = {1, 3, 4, 15, 16, 31, 63, 64, 65, 100, 127, 128, 131, 192, 511, 512, 1420};
    ml_random random = {16};
    uint8_t key[32], nonce[24], tag[16], good_tag[16];
    ml_fill(&random, key, 32);
    ml_fill(&random, nonce, 24);
    ml_fill(&random, text, sizeof text);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
    {
        size_t count = counts[i];
        ml_chachapoly_seal(key, nonce, NULL, 0, text, count, expected, good_tag);
        for (size_t shift = 0; shift < 64; shift++)
        {
            uint8_t *from = (uint8_t *)malloc(shift / 8 + count), *in = from + shift / 8;
            uint8_t *to = (uint8_t *)malloc(shift % 8 + count), *out = to + shift % 8;
            if (from == NULL || to == NULL) exit(2);
            memset(to, 0xa5, shift % 8 + count);
            memcpy(in, text, count);
            ml_chachapoly_seal(key, nonce, NULL, 0, in, count, out, tag);
            int good = memcmp(out, expected, count) == 0 && memcmp(tag, good_tag, 16) == 0;
            memcpy(in, expected, count);
            memset(out, 0xa5, count);
            good &= ml_chachapoly_open(key, nonce, NULL, 0, in, count, tag, out) == 0 && memcmp(out, text, count) == 0;
            for (uint8_t *p = to; p < out; p++) good &= *p == 0xa5;
            /* In place, where the reader must stay ahead of the writer. */
            good &= ml_chachapoly_open(key, nonce, NULL, 0, in, count, tag, in) == 0 && memcmp(in, text, count) == 0;
            if (!CHECK(good)) printf("  %u bytes at %u to %u\n", (unsigned)count, (unsigned)(shift / 8), (unsigned)(shift % 8));
            free(from);
            free(to);
        }
    }
}
