/*
 * libFuzzer target for the JSON scanner. The first byte says how the rest is cut into pieces and what is skipped. Whole and cut must agree,
 * skipping must not change the verdict, and a token never exceeds its buffer.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ml_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t block[1024];

/* A hash of the tokens (when nothing is skipped) and the verdict. */
typedef struct outcome
{
    uint32_t tokens;
    uint32_t offset;
    int error;
} outcome;

static void mix(outcome *o, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) o->tokens = (o->tokens ^ bytes[i]) * 16777619u;
}

static outcome scan(const uint8_t *data, size_t size, size_t piece, unsigned skip_every)
{
    ml_json *json = (ml_json *)(void *)block;
    outcome o = {2166136261u, 0, 0};
    unsigned starts = 0;
    size_t at = 0, used;
    int token = ML_JSON_NONE;
    ml_json_reset(json);
    for (;;)
    {
        size_t count = size - at < piece ? size - at : piece;
        /* Exactly sized, so that AddressSanitizer sees a byte read too much. */
        uint8_t *copy = (uint8_t *)malloc(count == 0 ? 1 : count);
        if (count > 0) memcpy(copy, data + at, count);
        size_t done = 0;
        for (;;)
        {
            token = ml_json_read(json, copy + done, count - done, &used);
            done += used;
            if (done > count || json->depth > ML_JSON_MAX_DEPTH || json->token_count > json->token_capacity) abort();
            if (token == ML_JSON_NONE || token == ML_JSON_END || token == ML_JSON_ERROR) break;
            uint8_t head[2] = {(uint8_t)token, json->depth};
            mix(&o, head, 2);
            if (token == ML_JSON_KEY || token == ML_JSON_STRING || token == ML_JSON_NUMBER)
            {
                size_t length;
                const uint8_t *text = ml_json_token(json, &length);
                mix(&o, text, length);
            }
            int skippable = token == ML_JSON_KEY || token == ML_JSON_OBJECT_START || token == ML_JSON_ARRAY_START;
            if (skippable && skip_every > 0 && ++starts % skip_every == 0) ml_json_skip(json);
        }
        free(copy);
        if (token == ML_JSON_ERROR) break;
        if (done != count) abort();
        at += count;
        if (at == size)
        {
            if (json->finished) break;
            ml_json_finish(json);
        }
    }
    o.error = json->error;
    o.offset = json->offset;
    return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t keys[] = "\x04Node\x05Peers\x03" "Key";
    ml_json *json = (ml_json *)(void *)block;
    if (size == 0) return 0;
    if (ml_json_init(json, sizeof block, keys, sizeof keys - 1, 32) != 0) abort();
    uint8_t how = data[0];
    data++;
    size--;
    outcome whole = scan(data, size, size == 0 ? 1 : size, 0);
    outcome cut = scan(data, size, 1 + (how & 15), 0);
    if (whole.tokens != cut.tokens || whole.error != cut.error || whole.offset != cut.offset) abort();
    outcome skipped = scan(data, size, 1 + (how & 15), 1 + (how >> 6));
    if (skipped.error != whole.error || skipped.offset != whole.offset) abort();
    return 0;
}
