/* Rules as a model has them, and the table that they make. */
#ifndef ML_FILTER_SUPPORT_H
#define ML_FILTER_SUPPORT_H

#include "dp_support.h"
#include "ml_dp_filter.h"

/* Addresses are 16 bytes; a range is of one family. */
typedef struct { uint8_t first[16], last[16]; } model_range;
typedef struct { model_range range; int first_port, last_port; } model_target;

#define MODEL_SOURCES 6
#define MODEL_TARGETS 4
#define MODEL_PROTOCOLS 5

typedef struct
{
    int sources, targets, protocols;
    uint32_t capabilities;
    model_range source[MODEL_SOURCES];
    model_target target[MODEL_TARGETS];
    uint8_t protocol[MODEL_PROTOCOLS];
} model_rule;

static inline bool model_is_v4(const uint8_t *address) { return memcmp(address, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0; }

static inline int put_range(uint8_t *into, int at, const model_range *range)
{
    int skip = model_is_v4(range->first) ? 12 : 0;
    memcpy(into + at, range->first + skip, (size_t)(16 - skip));
    memcpy(into + at + 16 - skip, range->last + skip, (size_t)(16 - skip));
    return at + 2 * (16 - skip);
}

static inline int put16(uint8_t *into, int at, int value)
{
    into[at] = (uint8_t)value;
    into[at + 1] = (uint8_t)(value >> 8);
    return at + 2;
}

static inline int put32(uint8_t *into, int at, uint32_t value)
{
    return put16(into, put16(into, at, (int)(value & 0xffff)), (int)(value >> 16));
}

static int by_first(const void *a, const void *b) { return memcmp(a, b, 16); }

/* The ranges of one family, in order, what overlaps joined. */
static inline int put_sources(uint8_t *into, int at, const model_rule *rule, bool v4, int *count)
{
    model_range sorted[MODEL_SOURCES];
    int n = 0, kept = 0;
    for (int i = 0; i < rule->sources; i++)
        if (model_is_v4(rule->source[i].first) == v4) sorted[n++] = rule->source[i];
    qsort(sorted, (size_t)n, sizeof sorted[0], by_first);
    for (int i = 0; i < n; i++)
    {
        if (kept > 0 && memcmp(sorted[i].first, sorted[kept - 1].last, 16) <= 0)
        {
            if (memcmp(sorted[i].last, sorted[kept - 1].last, 16) > 0) memcpy(sorted[kept - 1].last, sorted[i].last, 16);
        }
        else sorted[kept++] = sorted[i];
    }
    for (int i = 0; i < kept; i++) at = put_range(into, at, &sorted[i]);
    *count = kept;
    return at;
}

static inline int put_targets(uint8_t *into, int at, const model_rule *rule, bool v4, int *count)
{
    *count = 0;
    for (int i = 0; i < rule->targets; i++)
    {
        const model_target *target = &rule->target[i];
        if (model_is_v4(target->range.first) != v4) continue;
        at = put_range(into, at, &target->range);
        into[at++] = (uint8_t)(target->first_port >> 8);
        into[at++] = (uint8_t)target->first_port;
        into[at++] = (uint8_t)(target->last_port >> 8);
        into[at++] = (uint8_t)target->last_port;
        (*count)++;
    }
    return at;
}

/* Writes the table of the rules; returns its length. */
static inline int put_table(uint8_t *into, const model_rule *rules, int count)
{
    int at = ML_FILTER_HEADER + 4 * count, v4, v6;
    memset(into, 0, ML_FILTER_HEADER);
    memcpy(into, "MF\1", 3);
    put16(into, 4, count);
    put16(into, 6, count);
    for (int i = 0; i < count; i++)
    {
        int set = at;
        put32(into, ML_FILTER_HEADER + 4 * i, (uint32_t)at);
        at = put_sources(into, at + 8, &rules[i], true, &v4);
        at = put_sources(into, at, &rules[i], false, &v6);
        put32(into, put16(into, put16(into, set, v4), v6), rules[i].capabilities);
    }
    put32(into, 12, (uint32_t)at);
    for (int i = 0; i < count; i++)
    {
        int rule = put16(into, at, i);
        into[rule++] = (uint8_t)rules[i].protocols;
        into[rule] = 0;
        at += 8;
        memcpy(into + at, rules[i].protocol, (size_t)rules[i].protocols);
        at = put_targets(into, at + rules[i].protocols, &rules[i], true, &v4);
        at = put_targets(into, at, &rules[i], false, &v6);
        put16(into, put16(into, rule + 1, v4), v6);
    }
    put32(into, 8, (uint32_t)at);
    return at;
}

static inline void v4_range(model_range *range, int a, int b, int c, int first, int last)
{
    uint8_t endpoint[18];
    v4_endpoint(endpoint, a, b, c, first, 0);
    memcpy(range->first, endpoint, 16);
    endpoint[15] = (uint8_t)last;
    memcpy(range->last, endpoint, 16);
}

#endif
