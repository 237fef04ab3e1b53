/* What every C test needs: checks that count, hexadecimal, files, a repeatable random source. Header only; one test program each. */
#ifndef ML_TEST_H
#define ML_TEST_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Emulated Xtensa runs each 20th published vector only: X25519 takes it a while (chips/run). */
#ifndef ML_EVERY
#define ML_EVERY 1
#endif

static int ml_passed, ml_failed;

#define CHECK(condition) ml_check(!!(condition), __FILE__, __LINE__, #condition)

static inline int ml_check(int good, const char *file, int line, const char *what)
{
    if (good) ml_passed++;
    else
    {
        ml_failed++;
        printf("FAILED %s:%d: %s\n", file, line, what);
    }
    return good;
}

/* The last line of every test program; its value is main's. */
static inline int ml_report(void)
{
    printf("%d passed, %d failed\n", ml_passed, ml_failed);
    return ml_failed == 0 && ml_passed > 0 ? 0 : 1;
}

static inline int ml_hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* Reads digits up to the end of the text; a wrong test vector ends the program. Returns the number of bytes. */
static inline size_t ml_hex(const char *text, uint8_t *bytes, size_t capacity)
{
    size_t count = 0;
    for (; text[0] != 0; text += 2)
    {
        int high = ml_hex_digit(text[0]), low = text[1] == 0 ? -1 : ml_hex_digit(text[1]);
        if (high < 0 || low < 0 || count == capacity)
        {
            printf("a test vector is not hexadecimal or too long\n");
            exit(2);
        }
        bytes[count++] = (uint8_t)(high * 16 + low);
    }
    return count;
}

static inline int ml_same_hex(const uint8_t *bytes, size_t count, const char *expected)
{
    if (strlen(expected) != 2 * count) return 0;
    for (size_t i = 0; i < count; i++)
    {
        if (bytes[i] != ml_hex_digit(expected[2 * i]) * 16 + ml_hex_digit(expected[2 * i + 1])) return 0;
    }
    return 1;
}

/* A file below tests/Vectors; the caller frees it. A missing file ends the program. */
static inline uint8_t *ml_vectors(const char *name, size_t *count)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", ML_VECTORS, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
    {
        printf("%s is missing\n", path);
        exit(2);
    }
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    uint8_t *bytes = (uint8_t *)malloc((size_t)size + 1);
    if (bytes == NULL || fread(bytes, 1, (size_t)size, file) != (size_t)size) exit(2);
    fclose(file);
    *count = (size_t)size;
    return bytes;
}

/* xorshift64*: the same numbers on every machine. */
typedef struct ml_random
{
    uint64_t state;
} ml_random;

static inline uint32_t ml_next(ml_random *random)
{
    random->state ^= random->state >> 12;
    random->state ^= random->state << 25;
    random->state ^= random->state >> 27;
    return (uint32_t)((random->state * 2685821657736338717ull) >> 32);
}

static inline void ml_fill(ml_random *random, uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) bytes[i] = (uint8_t)ml_next(random);
}

#endif
