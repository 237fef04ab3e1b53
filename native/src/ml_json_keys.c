/* The compiled key table: a hash over the whole key, open addressing, at most half full. Its keys are ours: nobody can choose collisions. */
#include <string.h>

#include "ml_json_state.h"

#define MAX_KEYS 4096
#define MAX_NAMES 32768

static uint32_t hash(const uint8_t *bytes, size_t count)
{
    uint32_t h = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < count; i++) h = (h ^ bytes[i]) * 16777619u;
    return h ^ (h >> 15);
}

/* Number of packed keys, -1 when a length runs over the end. */
static int count_keys(const uint8_t *keys, size_t keys_count)
{
    int count = 0;
    size_t at = 0;
    while (at < keys_count)
    {
        at += 1u + keys[at];
        count++;
    }
    return at == keys_count && count <= MAX_KEYS && keys_count <= MAX_NAMES ? count : -1;
}

static size_t slot_count(int keys)
{
    size_t slots = 2;
    while (slots < 2 * (size_t)keys) slots *= 2;
    return slots;
}

static size_t even(size_t value)
{
    return (value + 3) & ~(size_t)3;
}

size_t ml_json_size(const uint8_t *keys, size_t keys_count, size_t token_capacity)
{
    int count = count_keys(keys, keys_count);
    if (count < 0 || token_capacity < ML_JSON_MIN_TOKEN || token_capacity > 1 << 20) return 0;
    return even(sizeof(ml_json) + 2 * slot_count(count) + 2 * (size_t)count + keys_count) + even(token_capacity);
}

static uint16_t *slots_of(ml_json *json)
{
    return (uint16_t *)(void *)(json + 1);
}

int ml_json_init(ml_json *json, size_t size, const uint8_t *keys, size_t keys_count, size_t token_capacity)
{
    size_t needed = ml_json_size(keys, keys_count, token_capacity);
    if (needed == 0 || size < needed) return -1;
    memset(json, 0, needed);
    uint32_t count = (uint32_t)count_keys(keys, keys_count);
    size_t slots = slot_count((int)count);
    json->slot_mask = (uint32_t)slots - 1;
    json->key_count = count;
    json->offsets_at = (uint32_t)(sizeof(ml_json) + 2 * slots);
    json->keys_at = json->offsets_at + 2 * count;
    json->token_at = (uint32_t)(needed - even(token_capacity));
    json->token_capacity = (uint32_t)token_capacity;
    if (keys_count > 0) memcpy((uint8_t *)json + json->keys_at, keys, keys_count);

    uint16_t *offsets = (uint16_t *)(void *)((uint8_t *)json + json->offsets_at);
    size_t at = 0;
    for (uint32_t id = 0; id < count; id++)
    {
        offsets[id] = (uint16_t)at;
        uint32_t slot = hash(keys + at + 1, keys[at]) & json->slot_mask;
        while (slots_of(json)[slot] != 0) slot = (slot + 1) & json->slot_mask;
        slots_of(json)[slot] = (uint16_t)(id + 1);
        at += 1u + keys[at];
    }
    ml_json_reset(json);
    return 0;
}

int ml_json_find_key(const ml_json *json)
{
    const uint8_t *token = (const uint8_t *)json + json->token_at;
    const uint16_t *slots = (const uint16_t *)(const void *)(json + 1);
    const uint16_t *offsets = (const uint16_t *)(const void *)((const uint8_t *)json + json->offsets_at);
    size_t count = json->token_count;
    uint32_t slot = hash(token, count) & json->slot_mask;
    for (; slots[slot] != 0; slot = (slot + 1) & json->slot_mask)
    {
        const uint8_t *key = (const uint8_t *)json + json->keys_at + offsets[slots[slot] - 1];
        if (key[0] == count && memcmp(key + 1, token, count) == 0) return slots[slot] - 1;
    }
    return -1;
}
