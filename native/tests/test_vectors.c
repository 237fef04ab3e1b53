/*
 * The published vectors in tests/Vectors, read with our own JSON scanner: Wycheproof for ChaCha20-Poly1305, XChaCha20-Poly1305 and X25519,
 * and the BLAKE2s known answers.
 */
#include "ml_cipher.h"
#include "ml_json.h"
#include "ml_test.h"
#include "ml_wide.h"

#define MAX_FIELDS 12
#define MAX_BYTES 4096

/* The members of one innermost object whose values are strings or numbers. */
typedef struct fields
{
    int count;
    char name[MAX_FIELDS][32];
    char value[MAX_FIELDS][2 * MAX_BYTES + 1];
} fields;

static fields current;

static const char *get(const char *name)
{
    for (int i = 0; i < current.count; i++)
    {
        if (strcmp(current.name[i], name) == 0) return current.value[i];
    }
    return NULL;
}

static size_t get_bytes(const char *name, uint8_t *bytes)
{
    const char *text = get(name);
    return text == NULL ? 0 : ml_hex(text, bytes, MAX_BYTES);
}

static void copy_token(const ml_json *json, char *into, size_t capacity)
{
    size_t count;
    const uint8_t *text = ml_json_token(json, &count);
    if (count >= capacity) exit(2);
    memcpy(into, text, count);
    into[count] = 0;
}

/* Calls test for every object that holds `marker`. Returns how many. */
static int each(const char *file, const char *marker, void (*test)(void))
{
    size_t count, at = 0, used;
    int tests = 0, token;
    uint8_t *bytes = ml_vectors(file, &count);
    size_t size = ml_json_size(NULL, 0, 2 * MAX_BYTES);
    ml_json *json = (ml_json *)malloc(size);
    if (json == NULL || ml_json_init(json, size, NULL, 0, 2 * MAX_BYTES) != 0) exit(2);
    char name[64] = "";
    while ((token = ml_json_read(json, bytes + at, count - at, &used)) != ML_JSON_END)
    {
        at += used;
        if (token == ML_JSON_ERROR || token == ML_JSON_NONE) exit(2);
        if (token == ML_JSON_OBJECT_START) current.count = 0;
        if (token == ML_JSON_KEY) copy_token(json, name, sizeof name);
        if (token == ML_JSON_ARRAY_START && strcmp(name, "flags") == 0) ml_json_skip(json);
        if ((token == ML_JSON_STRING || token == ML_JSON_NUMBER) && current.count < MAX_FIELDS && strlen(name) < 32)
        {
            strcpy(current.name[current.count], name);
            copy_token(json, current.value[current.count++], sizeof current.value[0]);
        }
        if (token == ML_JSON_OBJECT_END)
        {
            if (get(marker) != NULL)
            {
                if (tests++ % ML_EVERY == 0) test();
            }
            current.count = 0;
        }
    }
    free(json);
    free(bytes);
    printf("%s: %d vectors\n", file, tests);
    return tests;
}

static void aead(size_t nonce_length)
{
    static uint8_t key[MAX_BYTES], iv[MAX_BYTES], ad[MAX_BYTES], text[MAX_BYTES], sealed[MAX_BYTES], tag[MAX_BYTES], out[MAX_BYTES];
    size_t count = get_bytes("msg", text);
    size_t ad_count = get_bytes("aad", ad);
    int valid = strcmp(get("result"), "invalid") != 0;
    get_bytes("key", key);
    if (get_bytes("iv", iv) != nonce_length)
    {
        /* Vectors of a wrong nonce size: the length is part of our function's type, so there is nothing to call. */
        CHECK(!valid);
        return;
    }
    size_t sealed_count = get_bytes("ct", sealed);
    size_t tag_count = get_bytes("tag", tag);
    int x = nonce_length == ML_LONG_NONCE_LENGTH, good = tag_count == 16;
    /* In place at every alignment, and out of place. */
    for (size_t shift = 0; shift <= 4; shift++)
    {
        uint8_t *from = shift == 4 ? sealed : out + shift, *to = out + (shift & 3), made[16];
        memset(out, 0xa5, sizeof out);
        memcpy(from, sealed, shift == 4 ? 0 : sealed_count);
        int result = x ? ml_xchachapoly_open(key, iv, ad, ad_count, from, sealed_count, tag, to)
                       : ml_chachapoly_open(key, iv, ad, ad_count, from, sealed_count, tag, to);
        good &= (result == 0) == valid;
        if (valid)
        {
            good &= sealed_count == count && memcmp(to, text, count) == 0;
            if (x) ml_xchachapoly_seal(key, iv, ad, ad_count, to, count, to, made);
            else ml_chachapoly_seal(key, iv, ad, ad_count, to, count, to, made);
            good &= memcmp(to, sealed, count) == 0 && memcmp(made, tag, 16) == 0;
            if (x) ml_xchachapoly_seal(key, iv, ad, ad_count, text, count, to, made);
            else ml_chachapoly_seal(key, iv, ad, ad_count, text, count, to, made);
            good &= memcmp(to, sealed, count) == 0 && memcmp(made, tag, 16) == 0;
        }
        else
        {
            good &= shift == 4 || memcmp(to, sealed, sealed_count) == 0;
            for (size_t i = shift == 4 ? 0 : sealed_count; i < sealed_count + 16; i++) good &= to[i] == 0xa5;
        }
    }
    if (!CHECK(good)) printf("  tcId %s\n", get("tcId"));
}

static void chachapoly(void)
{
    aead(ML_NONCE_LENGTH);
}

static void xchachapoly(void)
{
    aead(ML_LONG_NONCE_LENGTH);
}

static void x25519(void)
{
    static const uint8_t zero[32];
    static uint8_t point[MAX_BYTES], scalar[MAX_BYTES], expected[MAX_BYTES];
    uint8_t made[32];
    int good = get_bytes("public", point) == 32 && get_bytes("private", scalar) == 32 && get_bytes("shared", expected) == 32;
    int result = ml_x25519(scalar, point, made);
    good &= memcmp(made, expected, 32) == 0 && (result == -1) == (memcmp(expected, zero, 32) == 0);
    if (!CHECK(good)) printf("  tcId %s\n", get("tcId"));
}

static void blake2s(void)
{
    static uint8_t input[MAX_BYTES], key[MAX_BYTES], expected[MAX_BYTES];
    uint8_t made[32];
    size_t count = get_bytes("in", input), key_count = get_bytes("key", key), length = get_bytes("out", expected);
    ml_blake2s_hash(key, key_count, input, count, made, length);
    int good = length <= 32 && memcmp(made, expected, length) == 0;
    /* The same in two pieces, cut at every place. */
    for (size_t cut = 0; cut <= count; cut++)
    {
        ml_blake2s state;
        ml_blake2s_init(&state, length, key, key_count);
        ml_blake2s_update(&state, input, cut);
        ml_blake2s_update(&state, input + cut, count - cut);
        ml_blake2s_finish(&state, made);
        good &= memcmp(made, expected, length) == 0;
    }
    CHECK(good);
}

int main(void)
{
    /* Every vector on every path that this machine has. */
    for (ml_test_path = ML_PATH_NARROW; ml_test_path <= ml_path_best(); ml_test_path++)
    {
        int failed = ml_failed;
        CHECK(each("wycheproof/chacha20_poly1305_test.json", "tcId", chachapoly) == 325);
        CHECK(each("wycheproof/xchacha20_poly1305_test.json", "tcId", xchachapoly) == 315);
        CHECK(each("wycheproof/x25519_test.json", "tcId", x25519) == 518);
        CHECK(each("blake2/blake2s-kat.json", "hash", blake2s) == 512);
        if (ml_failed > failed) printf("on path %d\n", ml_test_path);
    }
    return ml_report();
}
