/* The compiled rules: checked once when they come, searched for each packet that needs one. The layout stands in ml_dp_filter.h. */
#include "ml_dp_filter.h"

#define ML_SET_HEADER 8
#define ML_RULE_HEADER 8

static uint32_t u16(const uint8_t *p) { return (uint32_t)p[0] | (uint32_t)p[1] << 8; }

/* first <= last, and everything behind the last one of the range before. width: bytes of an address; stride: of an entry. */
static bool ranges_valid(const uint8_t *ranges, uint32_t count, size_t width)
{
    for (uint32_t i = 0; i < count; i++, ranges += 2 * width)
    {
        if (memcmp(ranges, ranges + width, width) > 0) return false;
        if (i > 0 && memcmp(ranges - width, ranges, width) >= 0) return false;
    }
    return true;
}

static bool targets_valid(const uint8_t *targets, uint32_t count, size_t width)
{
    for (uint32_t i = 0; i < count; i++, targets += 2 * width + 4)
    {
        if (memcmp(targets, targets + width, width) > 0) return false;
        if (memcmp(targets + 2 * width, targets + 2 * width + 2, 2) > 0) return false;
    }
    return true;
}

static bool set_valid(const uint8_t *table, size_t count, size_t at)
{
    size_t v4, v6;
    if (at < ML_FILTER_HEADER || at > count || count - at < ML_SET_HEADER) return false;
    v4 = u16(table + at);
    v6 = u16(table + at + 2);
    if (count - at - ML_SET_HEADER < v4 * 8 + v6 * 32) return false;
    return ranges_valid(table + at + ML_SET_HEADER, (uint32_t)v4, 4) && ranges_valid(table + at + ML_SET_HEADER + v4 * 8, (uint32_t)v6, 16);
}

static size_t rule_length(const uint8_t *rule)
{
    return ML_RULE_HEADER + rule[2] + (size_t)u16(rule + 4) * 12 + (size_t)u16(rule + 6) * 36;
}

bool ml_filter_table_valid(const uint8_t *table, size_t count)
{
    uint32_t sets, rules;
    size_t at;
    if (count < ML_FILTER_HEADER || table[0] != 'M' || table[1] != 'F' || table[2] != ML_FILTER_VERSION) return false;
    sets = u16(table + 4);
    rules = u16(table + 6);
    at = ml_load32_le(table + 12);
    if (ml_load32_le(table + 8) != count || (count - ML_FILTER_HEADER) / 4 < sets) return false;
    for (uint32_t i = 0; i < sets; i++)
        if (!set_valid(table, count, ml_load32_le(table + ML_FILTER_HEADER + 4 * i))) return false;
    for (uint32_t i = 0; i < rules; i++)
    {
        const uint8_t *rule = table + at, *targets;
        if (at > count || count - at < ML_RULE_HEADER || count - at < rule_length(rule) || u16(rule) >= sets) return false;
        targets = rule + ML_RULE_HEADER + rule[2];
        if (!targets_valid(targets, u16(rule + 4), 4) || !targets_valid(targets + u16(rule + 4) * 12, u16(rule + 6), 16)) return false;
        at += rule_length(rule);
    }
    return true;
}

static bool in_ranges(const uint8_t *ranges, uint32_t count, size_t width, const uint8_t *address)
{
    uint32_t low = 0, high = count;
    while (low < high)
    {
        uint32_t middle = (low + high) / 2;
        const uint8_t *range = ranges + middle * 2 * width;
        if (memcmp(address, range, width) < 0) high = middle;
        else if (memcmp(address, range + width, width) > 0) low = middle + 1;
        else return true;
    }
    return false;
}

static bool in_set(const uint8_t *set, const ml_parsed *packet, uint32_t capabilities)
{
    const uint8_t *ranges = set + ML_SET_HEADER;
    if (ml_load32_le(set + 4) & capabilities) return true;
    if (packet->v4) return in_ranges(ranges, u16(set), 4, packet->source + 12);
    return in_ranges(ranges + u16(set) * 8, u16(set + 2), 16, packet->source);
}

static bool has_protocol(const uint8_t *rule, int protocol)
{
    for (int i = 0; i < rule[2]; i++)
        if (rule[ML_RULE_HEADER + i] == protocol) return true;
    return false;
}

static bool port_matches(const uint8_t *ports, const ml_parsed *packet, int kind)
{
    static const uint8_t all[4] = { 0, 0, 0xff, 0xff };
    if (kind == ML_MATCH_ADDRESSES) return true;
    if (kind == ML_MATCH_ALL_PORTS) return memcmp(ports, all, 4) == 0;
    return memcmp(packet->ports + 2, ports, 2) >= 0 && memcmp(packet->ports + 2, ports + 2, 2) <= 0;
}

static bool has_target(const uint8_t *rule, const ml_parsed *packet, int kind)
{
    size_t width = packet->v4 ? 4 : 16;
    const uint8_t *target = rule + ML_RULE_HEADER + rule[2] + (packet->v4 ? 0 : u16(rule + 4) * 12);
    const uint8_t *address = packet->destination + 16 - width;
    for (uint32_t left = u16(rule + (packet->v4 ? 4 : 6)); left > 0; left--, target += 2 * width + 4)
    {
        if (memcmp(address, target, width) < 0 || memcmp(address, target + width, width) > 0) continue;
        if (port_matches(target + 2 * width, packet, kind)) return true;
    }
    return false;
}

bool ml_filter_matches(const uint8_t *table, const ml_parsed *packet, uint32_t capabilities, int kind)
{
    const uint8_t *rule = table + ml_load32_le(table + 12);
    for (uint32_t left = u16(table + 6); left > 0; left--, rule += rule_length(rule))
    {
        const uint8_t *set = table + ml_load32_le(table + ML_FILTER_HEADER + 4 * u16(rule));
        if (kind != ML_MATCH_ADDRESSES && !has_protocol(rule, packet->protocol)) continue;
        if (has_target(rule, packet, kind) && in_set(set, packet, capabilities)) return true;
    }
    return false;
}
