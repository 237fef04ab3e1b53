/*
 * The JSON scanner: every text of JSONTestSuite whole and cut at every byte, skipping against reading, limits, numbers, escapes, keys.
 * A "trace" is the list of tokens as text; two ways of reading the same document must give the same trace.
 */
#ifndef ML_SUITE
#include <dirent.h>
#endif

#include "ml_json.h"
#include "ml_test.h"

#define BLOCK (1 << 18)
#define TRACE (1 << 20)

static uint32_t block[BLOCK / 4];
static ml_json *const json = (ml_json *)(void *)block;
static char first_trace[TRACE], second_trace[TRACE];

static void start(const uint8_t *keys, size_t keys_count, size_t capacity)
{
    size_t size = ml_json_size(keys, keys_count, capacity);
    if (size == 0 || size > sizeof block || ml_json_init(json, size, keys, keys_count, capacity) != 0) exit(2);
}

typedef struct trace
{
    char *text;
    size_t count;
} trace;

static void add(trace *t, int token)
{
    static const char letters[] = "?{}[]ksntfzEX";
    if (t->count + 4096 > TRACE) exit(2);
    t->text[t->count++] = letters[token];
    if (token == ML_JSON_KEY || token == ML_JSON_STRING || token == ML_JSON_NUMBER)
    {
        size_t count;
        const uint8_t *text = ml_json_token(json, &count);
        for (size_t i = 0; i < count && i < 1024; i++) t->count += (size_t)sprintf(t->text + t->count, "%02x", text[i]);
        if (json->truncated) t->text[t->count++] = '~';
        if (token == ML_JSON_KEY) t->count += (size_t)sprintf(t->text + t->count, "#%d", (int)json->key_id);
        if (token == ML_JSON_NUMBER && json->integral) t->count += (size_t)sprintf(t->text + t->count, "=%lld", (long long)ml_json_int64(json));
    }
    if (token == ML_JSON_ERROR) t->count += (size_t)sprintf(t->text + t->count, "%d@%u", json->error, (unsigned)json->offset);
    t->text[t->count] = 0;
}

/*
 * Reads the document in pieces of `piece` bytes (0 = two pieces, cut at `cut`), then finishes. skip_every: call skip after every n-th key or
 * container start. Returns 1 when it was accepted.
 */
static int run(const uint8_t *bytes, size_t count, size_t piece, size_t cut, trace *t, int skip_every)
{
    size_t at = 0, used;
    int starts = 0;
    t->count = 0;
    t->text[0] = 0;
    ml_json_reset(json);
    while (at < count)
    {
        size_t end = piece > 0 ? at + piece : at < cut ? cut : count;
        if (end > count) end = count;
        /* An own copy of the piece, so that a sanitizer sees any byte read behind it. */
        uint8_t *copy = (uint8_t *)malloc(end - at + 1);
        memcpy(copy, bytes + at, end - at);
        size_t done = 0, size = end - at;
        for (;;)
        {
            int token = ml_json_read(json, copy + done, size - done, &used);
            done += used;
            if (token == ML_JSON_NONE || token == ML_JSON_END) break;
            add(t, token);
            if (token == ML_JSON_ERROR)
            {
                free(copy);
                return 0;
            }
            int skippable = token == ML_JSON_KEY || token == ML_JSON_OBJECT_START || token == ML_JSON_ARRAY_START;
            if (skippable && skip_every > 0 && ++starts % skip_every == 0) ml_json_skip(json);
        }
        CHECK(done == size);
        free(copy);
        at = end;
    }
    ml_json_finish(json);
    int token;
    do
    {
        token = ml_json_read(json, bytes, 0, &used);
        add(t, token);
    } while (token != ML_JSON_END && token != ML_JSON_ERROR);
    return token == ML_JSON_END;
}

static int accepts(const char *text)
{
    trace t = {first_trace, 0};
    return run((const uint8_t *)text, strlen(text), 1u << 20, 0, &t, 0);
}

static const char *tokens_of(const char *text)
{
    accepts(text);
    return first_trace;
}

static int same_when_cut(const uint8_t *bytes, size_t count, size_t piece, size_t cut)
{
    trace second = {second_trace, 0};
    run(bytes, count, piece, cut, &second, 0);
    return strcmp(first_trace, second_trace) == 0;
}

/* The next file of JSONTestSuite's, or 0. Emulated chips have files and no folders: there the runner has made a list. */
#ifdef ML_SUITE
static int next_file(char name[256])
{
    static FILE *list;
    if (list == NULL) list = fopen(ML_SUITE, "r");
    if (list == NULL) exit(2);
    if (fgets(name, 256, list) == NULL) return 0;
    name[strcspn(name, "\n")] = 0;
    return 1;
}
#else
static int next_file(char name[256])
{
    static DIR *folder;
    if (folder == NULL) folder = opendir(ML_VECTORS "/json");
    if (folder == NULL) exit(2);
    struct dirent *entry;
    while ((entry = readdir(folder)) != NULL)
    {
        size_t length = strlen(entry->d_name);
        if (length < 6 || length > 255 || strcmp(entry->d_name + length - 5, ".json") != 0) continue;
        strcpy(name, entry->d_name);
        return 1;
    }
    closedir(folder);
    return 0;
}
#endif

/* y_ must be accepted, n_ refused, i_ is our choice; all must not depend on where the input is cut. */
static void suite(void)
{
    char file[256], name[300];
    int files = 0;
    start(NULL, 0, 512);
    while (next_file(file))
    {
        size_t count;
        snprintf(name, sizeof name, "json/%s", file);
        uint8_t *bytes = ml_vectors(name, &count);
        trace first = {first_trace, 0};
        int accepted = run(bytes, count, 1u << 20, 0, &first, 0);
        int good = file[0] == 'y' ? accepted : file[0] == 'n' ? !accepted : 1;
        for (size_t cut = 1; cut < count && count < 2000; cut++) good &= same_when_cut(bytes, count, 0, cut);
        good &= same_when_cut(bytes, count, 1, 0) && same_when_cut(bytes, count, 7, 0);
        if (!CHECK(good)) printf("  %s\n", file);
        free(bytes);
        files++;
    }
    CHECK(files == 318);
    printf("JSONTestSuite: %d files\n", files);
}

static void strings(void)
{
    start(NULL, 0, 32);
    CHECK(strcmp(tokens_of("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), "s225c2f080c0a0d09E") == 0);
    CHECK(strcmp(tokens_of("\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00\""), "s41c3a9e282acf09f9880E") == 0);
    CHECK(strcmp(tokens_of("\"\\u0000\""), "s00E") == 0);
    /* A half of a pair alone becomes U+FFFD: at the end, before a letter, before another escape, twice, the second half first. */
    CHECK(strcmp(tokens_of("\"\\ud800\""), "sefbfbdE") == 0);
    CHECK(strcmp(tokens_of("\"\\ud800x\""), "sefbfbd78E") == 0);
    CHECK(strcmp(tokens_of("\"\\ud800\\n\""), "sefbfbd0aE") == 0);
    CHECK(strcmp(tokens_of("\"\\ud800\\u0041\""), "sefbfbd41E") == 0);
    CHECK(strcmp(tokens_of("\"\\ud800\\ud83d\\ude00\""), "sefbfbdf09f9880E") == 0);
    CHECK(strcmp(tokens_of("\"\\ude00\\ud83d\""), "sefbfbdefbfbdE") == 0);
    CHECK(strcmp(tokens_of("\"\\ud800\xc3\xa9\""), "sefbfbdc3a9E") == 0);
    /* Every boundary of RFC 3629's table. */
    CHECK(accepts("\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\""));
    static const char *const bad[] = {"\"\x80\"", "\"\xc1\xbf\"", "\"\xc2\"", "\"\xe0\x9f\xbf\"", "\"\xed\xa0\x80\"", "\"\xf0\x8f\xbf\xbf\"",
                                      "\"\xf4\x90\x80\x80\"", "\"\xf5\x80\x80\x80\"", "\"\xff\"", "\"\xe2\x82\"", "\"\xf0\x9f\x98x\""};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) CHECK(!accepts(bad[i]) && json->error == ML_JSON_BAD_UTF8);
    static const char *const wrong[] = {"\"\t\"", "\"\\x\"", "\"\\u12G4\"", "\"\\\n\"", "\"a\x1f\""};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) CHECK(!accepts(wrong[i]) && json->error == ML_JSON_BAD_STRING);
    CHECK(!accepts("\"abc") && json->error == ML_JSON_INCOMPLETE);
}

/* A buffer of 32: 32 bytes fit, 33 are cut at a whole character and marked; what follows is read as if nothing had happened. */
static void truncation(void)
{
    start(NULL, 0, 32);
    char text[200];
    for (int length = 0; length < 80; length++)
    {
        /* a ... a, then U+1F600, raw and escaped */
        for (int escaped = 0; escaped < 2; escaped++)
        {
            char *p = text;
            *p++ = '[';
            *p++ = '"';
            for (int i = 0; i < length; i++) *p++ = 'a';
            strcpy(p, escaped ? "\\ud83d\\ude00\",1]" : "\xf0\x9f\x98\x80\",1]");
            CHECK(accepts(text));
            char expected[200] = "[s";
            p = expected + 2;
            int fits = length + 4 <= 32;
            for (int i = 0; i < length && i < 32; i++) p += sprintf(p, "61");
            strcpy(p, fits ? "f09f9880n31=1]E" : "~n31=1]E");
            if (!CHECK(strcmp(first_trace, expected) == 0)) printf("  %s\n  %s\n", first_trace, expected);
            CHECK(same_when_cut((const uint8_t *)text, strlen(text), 1, 0));
        }
    }
    CHECK(accepts("[1234567890123456789012345678901234567890]") && strstr(first_trace, "~=9223372036854775807]E") != NULL);
}

static void numbers(void)
{
    start(NULL, 0, 64);
    static const struct
    {
        const char *text;
        int integral, saturated;
        int64_t value;
    } cases[] = {
        {"0", 1, 0, 0}, {"-0", 1, 0, 0}, {"7", 1, 0, 7}, {"-1", 1, 0, -1}, {"4294967296", 1, 0, 4294967296},
        {"9223372036854775807", 1, 0, INT64_MAX}, {"9223372036854775808", 1, 1, INT64_MAX}, {"-9223372036854775808", 1, 0, INT64_MIN},
        {"-9223372036854775809", 1, 1, INT64_MIN}, {"99999999999999999999999", 1, 1, INT64_MAX}, {"-99999999999999999999999", 1, 1, INT64_MIN},
        {"1.0", 0, 0, 0}, {"1e3", 0, 0, 0}, {"-12.5E-7", 0, 0, 0}, {"0.004", 0, 0, 0}, {"0e+1", 0, 0, 0}, {"99999999999999999999999.5", 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    {
        size_t used, count;
        const uint8_t *text = (const uint8_t *)cases[i].text;
        ml_json_reset(json);
        CHECK(ml_json_read(json, text, strlen(cases[i].text), &used) == ML_JSON_NONE);
        ml_json_finish(json);
        CHECK(ml_json_read(json, text, 0, &used) == ML_JSON_NUMBER);
        const uint8_t *token = ml_json_token(json, &count);
        CHECK(count == strlen(cases[i].text) && memcmp(token, text, count) == 0);
        CHECK(json->integral == cases[i].integral && json->saturated == cases[i].saturated && ml_json_int64(json) == cases[i].value);
    }
    static const char *const bad[] = {"-", "01", "1.", ".5", "1e", "1e+", "-a", "+1", "1.e1", "0x1", "1_0", "--1", "NaN", "Infinity", "- 1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) CHECK(!accepts(bad[i]));
}

static void structure(void)
{
    start(NULL, 0, 64);
    static const char *const good[] = {"{}", "[]", " [ ] ", "[[],{}]", "{\"a\":{\"b\":[1,2,{\"c\":null}]}}", "\t\r\n true \n", "\"\"", "[true,false,null]"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) CHECK(accepts(good[i]));
    static const char *const bad[] = {"", " ", "{", "[", "]", "}", "[}", "{]", "[1,]", "{\"a\":1,}", "{\"a\"}", "{\"a\":}", "{a:1}", "{1:1}", "[1 2]",
                                      "[,1]", "{,}", "[1]]", "{}{}", "1 2", "tru", "truex", "nul", "nulll", "True", "[1],", "\xef\xbb\xbf{}", "{\"a\" 1}",
                                      "//", "[1/**/]", "\v[]", "'a'"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    {
        if (!CHECK(!accepts(bad[i]))) printf("  %s\n", bad[i]);
    }
    /* 64 levels are read, the 65th is an error with its own code and place. */
    char deep[200];
    for (int levels = 63; levels <= 66; levels++)
    {
        for (int i = 0; i < levels; i++) deep[i] = '[', deep[levels + i] = ']';
        deep[2 * levels] = 0;
        CHECK(accepts(deep) == (levels <= 64));
        if (levels > 64) CHECK(json->error == ML_JSON_TOO_DEEP && json->offset == 65);
    }
    /* Objects and arrays in turn: the kind of every level is remembered. */
    char mixed[1000] = "", *p = mixed;
    for (int i = 0; i < 64; i++) p += sprintf(p, i % 3 ? "[" : "{\"k\":");
    p += sprintf(p, "1");
    for (int i = 63; i >= 0; i--) p += sprintf(p, i % 3 ? "]" : "}");
    CHECK(accepts(mixed));
    mixed[strlen(mixed) - 1] = ']';
    CHECK(!accepts(mixed) && json->error == ML_JSON_BAD_SYNTAX);
    /* An error stays until reset. */
    size_t used;
    CHECK(ml_json_read(json, (const uint8_t *)"1", 1, &used) == ML_JSON_ERROR && used == 0);
    CHECK(accepts("1"));
}

static void keys(void)
{
    static const uint8_t table[] = "\x04Node\x05Peers\x0cPeersChanged\x01\x80\x02\xc3\xa9";
    uint8_t fixed[sizeof table];
    memcpy(fixed, table, sizeof table);
    /* "\x01\x80" is no UTF-8 and so can never match; it only takes an id. */
    start(fixed, sizeof table - 1, 64);
    CHECK(strcmp(tokens_of("{\"Peers\":1,\"Node\":2,\"node\":3,\"\":4,\"\\u0050eers\":5,\"Peers \":6,\"\\u00e9\":7,\"PeersChanged\":8}"),
                 "{k5065657273#1n31=1k4e6f6465#0n32=2k6e6f6465#-1n33=3k#-1n34=4k5065657273#1n35=5k506565727320#-1n36=6kc3a9#4n37=7"
                 "k50656572734368616e676564#2n38=8}E") == 0);
    /* 1000 keys all find themselves, in a table filled by a counter. */
    static uint8_t many[1000 * 8];
    size_t at = 0;
    for (int i = 0; i < 1000; i++)
    {
        many[at] = 6;
        sprintf((char *)many + at + 1, "k%05d", i);
        at += 7;
    }
    start(many, at, 64);
    for (int i = 0; i < 1100; i++)
    {
        char text[40], expected[60];
        sprintf(text, "{\"k%05d\":0}", i);
        sprintf(expected, "#%dn", i < 1000 ? i : -1);
        CHECK(strstr(tokens_of(text), expected) != NULL);
    }
    /* Limits of init. */
    CHECK(ml_json_size((const uint8_t *)"\x05Pee", 4, 64) == 0);
    CHECK(ml_json_size(NULL, 0, ML_JSON_MIN_TOKEN - 1) == 0 && ml_json_size(NULL, 0, (1 << 20) + 1) == 0);
    CHECK(ml_json_init(json, ml_json_size(many, at, 64) - 1, many, at, 64) == -1);
}

/* What skip leaves out is what reading would have given between. */
static void skipping(void)
{
    static const uint8_t table[] = "\x01""a\x01""b";
    start(table, 4, 64);
    trace t = {first_trace, 0};
    static const char text[] = "{\"a\":{\"x\":[1,{\"y\":\"}]\\\"\"}],\"z\":\"\\u00e9\"},\"b\":[[],[[]]],\"a\":true,\"b\":-1.5e3,\"a\":\"s\",\"b\":null}";
    CHECK(run((const uint8_t *)text, strlen(text), 1u << 20, 0, &t, 0));
    /* Skip after every key: only keys are left; and after the first container: nothing but it. */
    for (size_t piece = 1; piece <= strlen(text); piece++)
    {
        ml_json_reset(json);
        size_t at = 0, used;
        int token, seen = 0, done = 0;
        while (!done)
        {
            size_t end = at + piece < strlen(text) ? at + piece : strlen(text);
            while ((token = ml_json_read(json, (const uint8_t *)text + at, end - at, &used)) != ML_JSON_NONE)
            {
                at += used;
                if (token == ML_JSON_END && at < strlen(text)) break;
                done = token == ML_JSON_END;
                if (done) break;
                CHECK(token == ML_JSON_OBJECT_START || token == ML_JSON_KEY || token == ML_JSON_OBJECT_END);
                CHECK(json->depth == (token == ML_JSON_OBJECT_END ? 0 : 1));
                if (token == ML_JSON_KEY)
                {
                    CHECK(json->key_id == seen++ % 2);
                    ml_json_skip(json);
                    ml_json_skip(json);
                }
            }
            if (token == ML_JSON_NONE) at += used;
        }
        CHECK(seen == 6);
    }
    trace second = {second_trace, 0};
    CHECK(run((const uint8_t *)text, strlen(text), 3, 0, &second, 1) && strcmp(second_trace, "{E") == 0);
    /* Errors inside what is skipped are errors. */
    static const char broken[] = "{\"a\":[1,2,}";
    CHECK(!run((const uint8_t *)broken, strlen(broken), 4, 0, &second, 2) && json->error == ML_JSON_BAD_SYNTAX && json->offset == 10);
    /* Skip after a scalar or before anything is nothing. */
    size_t used;
    ml_json_reset(json);
    ml_json_skip(json);
    CHECK(ml_json_read(json, (const uint8_t *)"[1,2]", 5, &used) == ML_JSON_ARRAY_START);
    CHECK(ml_json_read(json, (const uint8_t *)"1,2]", 4, &used) == ML_JSON_NUMBER && used == 1);
    ml_json_skip(json);
    CHECK(ml_json_read(json, (const uint8_t *)",2]", 3, &used) == ML_JSON_NUMBER && ml_json_int64(json) == 2);
    /* Skipping does not lose the depth limit. */
    char deep[100];
    memset(deep, '[', 66);
    ml_json_reset(json);
    CHECK(ml_json_read(json, (const uint8_t *)deep, 66, &used) == ML_JSON_ARRAY_START);
    ml_json_skip(json);
    CHECK(ml_json_read(json, (const uint8_t *)deep, 65, &used) == ML_JSON_ERROR && json->error == ML_JSON_TOO_DEEP);
}

/* Random bytes made of JSON's own pieces: cut anywhere or skipped, the verdict and the tokens stay the same. */
static void random_texts(void)
{
    static const char *const pieces[] = {"{", "}", "[", "]", ",", ":", "\"", "\"a\"", "\"a\":", "1", "-", "0.5", "e3", "true", "null", "fals", "\\u",
                                         "\\ud83d", "\\ude00", "\\n", " ", "\n", "\xc3\xa9", "\xf0\x9f", "\x98\x80", "\"b\\\\\"", "{\"a\":[", "]}"};
    start((const uint8_t *)"\x01""a", 2, 32);
    ml_random random = {424242};
    for (int n = 0; n < 20000; n++)
    {
        char text[400] = "";
        int parts = 1 + (int)(ml_next(&random) % 14);
        for (int i = 0; i < parts; i++) strcat(text, pieces[ml_next(&random) % (sizeof pieces / sizeof pieces[0])]);
        size_t count = strlen(text);
        trace first = {first_trace, 0}, second = {second_trace, 0};
        int accepted = run((const uint8_t *)text, count, 1u << 20, 0, &first, 0);
        int good = same_when_cut((const uint8_t *)text, count, 0, ml_next(&random) % (count + 1)) && same_when_cut((const uint8_t *)text, count, 1, 0);
        int every = 1 + (int)(ml_next(&random) % 4);
        good &= run((const uint8_t *)text, count, 1 + ml_next(&random) % 9, 0, &second, every) == accepted;
        if (!accepted) good &= strcmp(strrchr(first_trace, 'X'), strrchr(second_trace, 'X')) == 0;
        if (!good) printf("  seed 424242, text %d: %s\n", n, text);
        if (!good || n % 100 == 0) CHECK(good);
    }
}

int main(void)
{
    suite();
    strings();
    truncation();
    numbers();
    structure();
    keys();
    skipping();
    random_texts();
    return ml_report();
}
