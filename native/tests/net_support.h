/* For tests of the netstack: two nodes in one process and one lwIP, their planes joined in memory, in virtual time. */
#ifndef ML_NET_SUPPORT_H
#define ML_NET_SUPPORT_H

#include "../port/linux/ml_tun_wire.h"
#include "dp_support.h"
#include "ml_net.h"

typedef struct
{
    int plane, net, number;
    int loss, swap;                    /* per cent of what leaves the node: lost; delivered after the next */
    long sent;
    bool merges;                       /* takes packets as the desktop's pump does: in batches, segments of a flow as one */
    int damage;                        /* then: every so many packets a byte is changed after decryption, 0 = none */
} node;

static node one, two;
static int64_t now = 1000;
static uint32_t dice = 12345;

static inline uint32_t roll(void)
{
    dice ^= dice << 13;
    dice ^= dice >> 17;
    dice ^= dice << 5;
    return dice;
}

static inline void v6_address(uint8_t *into, int last)
{
    const uint8_t prefix[16] = { 0xfd, 0x7a, 0x11, 0x5c, 0xa1, 0xe0 };
    memcpy(into, prefix, 16);
    into[15] = (uint8_t)last;
}

/* Node `number`, 100.64.0.number and fd7a:115c:a1e0::number, whose slot 0 is node `other`; UDP ring of 1 MB. */
static inline void open_node(node *n, int number, int other)
{
    uint8_t key[32], prefixes[34], endpoint[18], addresses[32], random[32];
    memset(n, 0, sizeof *n);
    n->number = number;
    n->plane = ml_dp_create(8, 1024, 64, 1 << 16, 1 << 21, 64, 8);
    ml_dp_filter_set(n->plane, no_filter, 0, sizeof no_filter);
    memset(random, number, 32);
    ml_dp_seed(n->plane, random, 0);
    memset(key, number, 32);
    ml_dp_set_identity(n->plane, key, 0);
    memset(key, other, 32);
    ml_dp_peer_set(n->plane, 0, key, 0);
    v4_prefix(prefixes, 100, 64, 0, other, 32);
    v6_address(prefixes + 17, other);
    prefixes[33] = 128;
    EQUAL(ml_dp_peer_allowed(n->plane, 0, prefixes, 0, 2), 0);
    v4_endpoint(endpoint, 10, 0, 0, other, 41641);
    ml_dp_peer_path(n->plane, 0, ML_PATH_UDP, endpoint, 0, 0);
    v4_endpoint(endpoint, 100, 64, 0, number, 0);
    memcpy(addresses, endpoint, 16);
    v6_address(addresses + 16, number);
    ml_dp_set_self_addresses(n->plane, addresses, 0, 2);
    n->net = ml_net_create(n->plane, 256, random, 0, now);
    CHECK(n->net > 0);
    EQUAL(ml_net_addresses(n->net, addresses, 0, 2), 2);
}

static int64_t joined;

static inline void open_pair(void)
{
    open_node(&one, 1, 2);
    open_node(&two, 2, 1);
    join(one.plane, two.plane, 1, now);
    joined = now;
}

static inline void close_pair(void)
{
    EQUAL(ml_net_destroy(one.net), 0);
    EQUAL(ml_net_destroy(two.net), 0);
    ml_dp_destroy(one.plane);
    ml_dp_destroy(two.plane);
}

#define HELD 128
static uint8_t held_packets[HELD][2048];
static ml_dp_inbound held_batch[HELD];
static int held_count, taken_count;

static bool gather(void *context, const struct iovec *parts, int count)
{
    const uint8_t *vnet = parts[0].iov_base;
    ml_net_part packet[ML_MERGE_PARTS];
    for (int i = 1; i < count; i++)
    {
        packet[i - 1].bytes = parts[i].iov_base;
        packet[i - 1].count = (int)parts[i].iov_len;
    }
    return ml_net_gather(context, packet, count - 1, vnet[0] & ML_VNET_NEEDS_CHECKSUM);
}

static inline void take_held(node *to)
{
    static ml_tun_merge merge;
    ml_net_arrivals arrivals = { NULL, NULL, 0 };
    merge.write = gather;
    merge.context = &arrivals;
    merge.no_udp = true;
    ml_dp_in_batch(to->plane, held_batch, held_count, 1, now);
    for (int i = 0; i < held_count; i++)
    {
        uint8_t *packet = held_batch[i].datagram + held_batch[i].offset;
        if (held_batch[i].length == 0) continue;
        if (to->damage > 0 && ++taken_count % to->damage == 0) packet[held_batch[i].length - 1] ^= 1;
        ml_tun_merge_add(&merge, packet, held_batch[i].length);
    }
    ml_tun_merge_flush(&merge);
    ml_net_receive(to->net, &arrivals, now);
    held_count = 0;
}

static inline void hold(node *to, const uint8_t *endpoint, const uint8_t *datagram, int count)
{
    static uint8_t endpoints[HELD][ML_ENDPOINT];
    ml_dp_inbound *in = &held_batch[held_count];
    memcpy(endpoints[held_count], endpoint, ML_ENDPOINT);
    memcpy(held_packets[held_count], datagram, (size_t)count);
    in->datagram = held_packets[held_count];
    in->endpoint = endpoints[held_count++];
    in->count = count;
    if (held_count == HELD) take_held(to);
}

static inline void deliver(node *from, node *to, const uint8_t *record, int count)
{
    uint8_t endpoint[18];
    v4_endpoint(endpoint, 10, 0, 0, from->number, 41641);
    if (to->merges) hold(to, endpoint, record + 18, count - 18);
    else ml_dp_udp_in(to->plane, endpoint, 0, record, 18, count - 18, now);
}

static inline int move(node *from, node *to)
{
    static uint8_t packet[2048], late[2048];
    int count, late_count = 0, moved = 0;
    while ((count = ml_dp_poll_udp(from->plane, packet, 0, sizeof packet)) > 0)
    {
        moved++;
        from->sent++;
        if ((int)(roll() % 100) < from->loss) continue;
        if (late_count == 0 && (int)(roll() % 100) < from->swap)
        {
            memcpy(late, packet, (size_t)count);
            late_count = count;
            continue;
        }
        deliver(from, to, packet, count);
        if (late_count > 0) deliver(from, to, late, late_count);
        late_count = 0;
    }
    if (late_count > 0) deliver(from, to, late, late_count);
    if (held_count > 0) take_held(to);
    return moved;
}

/* Moves what is there both ways until it is quiet. */
static inline void settle(void)
{
    while (move(&one, &two) + move(&two, &one) > 0) { }
}

static inline void pass(int ms)
{
    for (int until = ms; until > 0; until -= 10)
    {
        now += 10;
        if (now - joined > 100000)     /* a WireGuard session lives 180 s */
        {
            join(one.plane, two.plane, (int)(now / 100000 % 100), now);
            joined = now;
        }
        settle();
        ml_net_tick(one.net, now);
        ml_net_tick(two.net, now);
    }
    settle();
}

/* The bits that were told of one socket since the last look; error of the last record. */
static int told_error;
static inline int told(node *n, int socket)
{
    static struct { int socket, bits; } kept[1024];
    static int count;
    uint8_t record[8];
    int bits = 0;
    while (ml_net_poll(n->net, record, 0, 8) == 1)
    {
        kept[count].socket = (int)ml_load32_le(record);
        kept[count++].bits = record[4];
        if (kept[count - 1].socket == socket) told_error = (int16_t)(record[6] | record[7] << 8);
    }
    for (int i = 0; i < count; )
    {
        if (kept[i].socket != socket) { i++; continue; }
        bits |= kept[i].bits;
        kept[i] = kept[--count];
    }
    return bits;
}

/* endpoint of node `number`, IPv4 or IPv6 */
static inline void of(uint8_t *into, int number, int v6, int port)
{
    v4_endpoint(into, 100, 64, 0, number, port);
    if (v6) v6_address(into, number);
}

static inline uint64_t net_counter(int net, const char *name)
{
    uint8_t all[64 * 8], text[64];
    int count = ml_net_counters(net, all, 0, sizeof all);
    for (int i = 0; i < count; i++)
    {
        int length = ml_net_counter_name(i, text, 0, sizeof text);
        if (length == (int)strlen(name) && memcmp(text, name, (size_t)length) == 0) return ml_load64_le(all + i * 8);
    }
    printf("no counter %s\n", name);
    failures++;
    return 0;
}

#endif
