/*
 * The JSON scanner as the managed side calls it (Drivers/Native/JsonScanner.cs). The scanner's block is a managed byte array: no handle, no
 * table, nothing to free; it is only touched during a call.
 *
 *   record:  0 consumed i32 | 4 key id i32 | 8 value count i32 | 12 depth u8 | 13 flags u8 | 14 error u8 | 15 0 | 16 int64 | 24 offset u32
 *   flags:   1 truncated, 2 integer, 4 saturated
 */
#include <string.h>

#include "ml_bytes.h"
#include "ml_face.h"
#include "ml_json.h"

ML_EXPORT int32_t mlm_json_size(const uint8_t *keys, int32_t keys_count, int32_t token_capacity)
{
    return (int32_t)ml_json_size(keys, (size_t)keys_count, (size_t)token_capacity);
}

ML_EXPORT int32_t mlm_json_init(uint8_t *state, int32_t size, const uint8_t *keys, int32_t keys_count, int32_t token_capacity)
{
    return ml_json_init((ml_json *)(void *)state, (size_t)size, keys, (size_t)keys_count, (size_t)token_capacity);
}

ML_EXPORT void mlm_json_reset(uint8_t *state)
{
    ml_json_reset((ml_json *)(void *)state);
}

ML_EXPORT void mlm_json_finish(uint8_t *state)
{
    ml_json_finish((ml_json *)(void *)state);
}

ML_EXPORT void mlm_json_skip(uint8_t *state)
{
    ml_json_skip((ml_json *)(void *)state);
}

ML_EXPORT int32_t mlm_json_read(uint8_t *state, const uint8_t *bytes, int32_t offset, int32_t count, uint8_t *value, uint8_t *record)
{
    static const uint8_t nothing[1] = {0};
    ml_json *json = (ml_json *)(void *)state;
    size_t consumed, value_count = 0;
    int token = ml_json_read(json, bytes == 0 ? nothing : bytes + offset, (size_t)count, &consumed);
    if (token == ML_JSON_KEY || token == ML_JSON_STRING || token == ML_JSON_NUMBER)
    {
        const uint8_t *text = ml_json_token(json, &value_count);
        memcpy(value, text, value_count);
    }
    ml_store32_le(record, (uint32_t)consumed);
    ml_store32_le(record + 4, (uint32_t)(token == ML_JSON_KEY ? json->key_id : -1));
    ml_store32_le(record + 8, (uint32_t)value_count);
    record[12] = json->depth;
    record[13] = 0;
    if (value_count > 0 && json->truncated) record[13] |= 1;
    if (token == ML_JSON_NUMBER && json->integral) record[13] |= 2;
    if (token == ML_JSON_NUMBER && json->saturated) record[13] |= 4;
    record[14] = json->error;
    record[15] = 0;
    ml_store64_le(record + 16, token == ML_JSON_NUMBER ? (uint64_t)ml_json_int64(json) : 0);
    ml_store32_le(record + 24, json->offset);
    return token;
}
