#include <string.h>

#include "ml_cipher.h"
#include "ml_narrow.h"
#include "ml_wide.h"

#ifdef ML_TEST_PATHS
int ml_test_path = -1;
#endif

void ml_wipe(void *memory, size_t count)
{
#if defined(__GNUC__) && __SIZEOF_POINTER__ == 8
    if (count == 0) return;
    memset(memory, 0, count);
    /* The memory may be read here, as far as the compiler knows, so the memset stays. */
    __asm__ volatile("" : : "r"(memory) : "memory");
#else
    /* The memset of a chip's small C library takes four instructions a byte; these are four a word. */
    uint8_t *p = (uint8_t *)memory;
    for (; count > 0 && !(ML_HAS_WORDS && ML_IS_ALIGNED(p)); count--) *(volatile uint8_t *)p++ = 0;
    for (; count >= 4; count -= 4, p += 4) *(volatile ml_word *)(void *)p = 0;
    for (; count > 0; count--) *(volatile uint8_t *)p++ = 0;
#endif
}

void ml_load_words(uint32_t *words, const uint8_t *bytes, size_t count)
{
    if (ML_IS_ALIGNED(bytes))
    {
        for (size_t i = 0; i < count; i++) words[i] = ((const ml_word *)(const void *)bytes)[i];
    }
    else if (count > 0)
    {
        ml_reader reader;
        ml_reader_init(&reader, bytes);
        for (size_t i = 0; i + 1 < count; i++) *words++ = ml_reader_next(&reader, 1);
        *words = ml_reader_last(&reader);
    }
}

void ml_xor_stream(uint8_t *output, const uint8_t *input, const uint32_t *x, size_t count)
{
    size_t i = 0;
    if (ML_IS_ALIGNED(output) && ML_IS_ALIGNED(input))
    {
        ml_word *to = (ml_word *)(void *)output;
        const ml_word *from = (const ml_word *)(const void *)input;
        for (; i + 4 <= count; i += 4) *to++ = *from++ ^ *x++;
        x -= i / 4;
    }
    for (; i < count; i++) output[i] = (uint8_t)(input[i] ^ (x[i / 4] >> (8 * (i & 3))));
}

int ml_equal(const uint8_t *a, const uint8_t *b, size_t count)
{
    uint32_t difference = 0;
    for (size_t i = 0; i < count; i++) difference |= (uint32_t)(a[i] ^ b[i]);
    /* 0 -> 1, 1..255 -> 0 without a branch. */
    return (int)((difference - 1) >> 31);
}

uint32_t ml_crc32(const uint8_t *bytes, size_t count)
{
    /* Half-byte table: 64 bytes instead of 1 KB; the only use is one STUN packet of 40 bytes a time. The input is public. */
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < count; i++)
    {
        crc ^= bytes[i];
        crc = (crc >> 4) ^ table[crc & 15];
        crc = (crc >> 4) ^ table[crc & 15];
    }
    return ~crc;
}
