/* Packets with the checksums that they must have, made from a seed and a table of addresses: the same seed with another table is what a
 * correct translation makes of the first packet. All sums are made anew over whole packets, so nothing is shared with what is tested. */
#ifndef ML_MASQUERADE_SUPPORT_H
#define ML_MASQUERADE_SUPPORT_H

#include "dp_support.h"

typedef struct { uint8_t ours[16], theirs[16]; } pair;

static uint64_t build_state;

static inline uint32_t pick(uint32_t below)
{
    build_state ^= build_state << 13;
    build_state ^= build_state >> 7;
    build_state ^= build_state << 17;
    return (uint32_t)(build_state >> 20) % below;
}

static inline void put_be(uint8_t *into, int value)
{
    into[0] = (uint8_t)(value >> 8);
    into[1] = (uint8_t)value;
}

static inline int checksum_of(const uint8_t *bytes, int count, uint64_t sum)
{
    for (int i = 0; i < count; i++) sum += i & 1 ? bytes[i] : (uint64_t)bytes[i] << 8;
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return (int)(~sum & 0xffff);
}

static inline uint64_t pseudo_of(bool v4, const pair *p, bool from_us, int protocol, int count)
{
    uint8_t all[36] = { 0 };
    int width = v4 ? 4 : 16;
    memcpy(all, (from_us ? p->ours : p->theirs) + 16 - width, (size_t)width);
    memcpy(all + width, (from_us ? p->theirs : p->ours) + 16 - width, (size_t)width);
    return (uint64_t)(~checksum_of(all, 2 * width, 0) & 0xffff) + (uint64_t)protocol + (uint64_t)count;
}

static int build(uint8_t *into, bool v4, const pair *p, bool from_us, bool may_be_error, int most);

/* ICMP: an echo, or an error about a packet that went the other way, perhaps cut. */
static inline int build_icmp(uint8_t *body, bool v4, const pair *p, bool from_us, bool may_be_error, int most)
{
    static const uint8_t errors4[] = { 3, 4, 5, 11, 12 };
    int count = 8 + (int)pick(60);
    bool error = may_be_error && pick(3) != 0;
    body[0] = error ? (v4 ? errors4[pick(5)] : (uint8_t)(1 + pick(4))) : (uint8_t)(v4 ? 8 : 128 + pick(2));
    if (error)
    {
        count = 8 + build(body + 8, v4, p, !from_us, false, most - 8);
        /* Cut at a whole word: of half a checksum nothing could be said. */
        if (pick(2)) count = 8 + (v4 ? 20 : 40) + ((int)pick((uint32_t)(count - 8 - (v4 ? 20 : 40) + 1)) & ~1);
        if (v4 && count < 8 + (body[8] & 15) * 4) count = 8 + (body[8] & 15) * 4;
    }
    put_be(body + 2, 0);
    put_be(body + 2, checksum_of(body, count, v4 ? 0 : pseudo_of(v4, p, from_us, 58, count)));
    return count;
}

static inline int build_body(uint8_t *body, bool v4, const pair *p, bool from_us, bool may_be_error, int protocol, int most)
{
    int count, at = protocol == 6 ? 16 : protocol == 17 || protocol == 136 || protocol == 33 ? 6 : -1, sum;
    for (int i = 0; i < most; i++) body[i] = (uint8_t)pick(256);
    if (protocol == (v4 ? 1 : 58)) return build_icmp(body, v4, p, from_us, may_be_error, most);
    count = at < 0 ? 12 : (at == 16 ? 20 : 8);
    count += (int)pick((uint32_t)(most - count) + 1);
    if (at < 0) return count;
    put_be(body + at, 0);
    sum = checksum_of(body, count, pseudo_of(v4, p, from_us, protocol, count));
    if (protocol == 17) sum = pick(4) == 0 ? 0 : sum == 0 ? 0xffff : sum;
    put_be(body + at, sum);
    return count;
}

static inline int build4(uint8_t *into, const pair *p, bool from_us, bool may_be_error, int most)
{
    static const uint8_t protocols[] = { 1, 6, 6, 17, 17, 33, 136, 132, 47, 99 };
    int header = pick(4) == 0 ? 20 + 4 * (int)pick(11) : 20, protocol = protocols[pick(10)], count;
    for (int i = 0; i < header; i++) into[i] = (uint8_t)pick(256);
    into[0] = (uint8_t)(0x40 | header / 4);
    into[6] = into[7] = 0;
    into[9] = (uint8_t)protocol;
    memcpy(into + 12, (from_us ? p->ours : p->theirs) + 12, 4);
    memcpy(into + 16, (from_us ? p->theirs : p->ours) + 12, 4);
    count = header + build_body(into + header, true, p, from_us, may_be_error, protocol, most - header);
    if (pick(8) == 0)
    {
        /* A later fragment: what looks like a header in it is none. */
        into[7] = 10;
        for (int i = header; i < count; i++) into[i] = (uint8_t)pick(256);
    }
    else if (pick(8) == 0) into[6] = 0x20;
    put_be(into + 2, count);
    put_be(into + 10, 0);
    put_be(into + 10, checksum_of(into, header, 0));
    return count;
}

static inline int build6(uint8_t *into, const pair *p, bool from_us, bool may_be_error, int most)
{
    static const uint8_t protocols[] = { 58, 58, 6, 6, 17, 17, 33, 136, 132, 51 }, extensions[] = { 0, 60, 43, 44 };
    int at = 40, next = 6, protocol = protocols[pick(10)], count;
    bool later = false;
    for (int i = 0; i < 40; i++) into[i] = (uint8_t)pick(256);
    into[0] = 0x60;
    memcpy(into + 8, from_us ? p->ours : p->theirs, 16);
    memcpy(into + 24, from_us ? p->theirs : p->ours, 16);
    for (int left = pick(3) == 0 ? 1 + (int)pick(3) : 0; left > 0 && !later; left--)
    {
        int kind = extensions[pick(4)], length = kind == 44 ? 8 : 8 * (1 + (int)pick(3));
        into[next] = (uint8_t)kind;
        next = at;
        for (int i = 0; i < length; i++) into[at + i] = (uint8_t)pick(256);
        into[at + 1] = (uint8_t)(length / 8 - 1);
        if (kind == 43) into[at + 3] = 0;
        if (kind == 44)
        {
            later = pick(2) == 0;
            put_be(into + at + 2, later ? 8 * (1 + (int)pick(100)) + (int)pick(2) : (int)pick(2));
        }
        at += length;
    }
    into[next] = (uint8_t)protocol;
    count = at + build_body(into + at, false, p, from_us, may_be_error, protocol, most - at);
    for (int i = at; later && i < count; i++) into[i] = (uint8_t)pick(256);
    put_be(into + 4, count - 40);
    return count;
}

/* One packet between the pair, of at most `most` (more than 450) bytes; an error holds one the other way round. Returns its length. */
static int build(uint8_t *into, bool v4, const pair *p, bool from_us, bool may_be_error, int most)
{
    int least = may_be_error ? 450 : 200, length = least + (int)pick((uint32_t)(most - least));
    return v4 ? build4(into, p, from_us, may_be_error, length) : build6(into, p, from_us, may_be_error, length);
}

#endif
