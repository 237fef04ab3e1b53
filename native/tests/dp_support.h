/* Shared by the data plane tests: checks that print and count, hex, endpoints, and a plane with one peer. */
#ifndef ML_DP_SUPPORT_H
#define ML_DP_SUPPORT_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ml_dataplane.h"
#include "ml_dp_internal.h"

static int checks, failures;

#define CHECK(condition) do { checks++; if (!(condition)) { failures++; printf("%s:%d: %s\n", __FILE__, __LINE__, #condition); } } while (0)
#define EQUAL(a, b) do { long long va = (long long)(a), vb = (long long)(b); checks++; if (va != vb) { failures++; \
    printf("%s:%d: %s is %lld, wanted %lld\n", __FILE__, __LINE__, #a, va, vb); } } while (0)

#ifndef ML_EVERY
/* ./test --soak */
static inline bool soaking(void)
{
    const char *soak = getenv("MICROLINK_SOAK");
    return soak != NULL && soak[0] == '1';
}
#endif

static inline int hex(const char *text, uint8_t *into)
{
    int n = 0;
    for (; text[0] != 0 && text[1] != 0; text += text[0] == ' ' ? 1 : 2)
    {
        unsigned v;
        if (text[0] == ' ') continue;
        if (sscanf(text, "%2x", &v) != 1) abort();
        into[n++] = (uint8_t)v;
    }
    return n;
}

static inline void v4_endpoint(uint8_t *into, int a, int b, int c, int d, int port)
{
    const uint8_t bytes[18] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, (uint8_t)a, (uint8_t)b, (uint8_t)c, (uint8_t)d, (uint8_t)(port >> 8), (uint8_t)port };
    memcpy(into, bytes, 18);
}

/* 17-byte prefix of one host, v4-mapped. */
static inline void v4_prefix(uint8_t *into, int a, int b, int c, int d, int bits)
{
    uint8_t endpoint[18];
    v4_endpoint(endpoint, a, b, c, d, 0);
    memcpy(into, endpoint, 16);
    into[16] = (uint8_t)(96 + bits);
}

static inline uint64_t counter_of(int handle, int counter)
{
    static uint8_t all[ML_COUNTERS * 8];
    ml_dp_counters(handle, all, 0, sizeof all);
    return ml_load64_le(all + counter * 8);
}

#define COUNTER(handle, name) counter_of(handle, ML_COUNTER_##name)

/* A table that lets everything through: for tests of what is not the filter. */
static const uint8_t no_filter[16] = { 'M', 'F', 1, 1, 0, 0, 0, 0, 16, 0, 0, 0, 16, 0, 0, 0 };

static inline int new_plane(int seed)
{
    uint8_t random[32];
    int handle = ml_dp_create(8, 1024, 32, 1 << 16, 1 << 16, 16384, 64);
    memset(random, seed, sizeof random);
    ml_dp_seed(handle, random, 0);
    EQUAL(ml_dp_filter_set(handle, no_filter, 0, sizeof no_filter), 0);
    return handle;
}

/* Puts a plane's pending events of one kind aside; returns how many there were. The last one's payload stays in event. */
static uint8_t event[ML_EVENT_HEADER + ML_EVENT_PAYLOAD_MAX];
static int event_length;

static inline int drain_events(int handle, int kind)
{
    static uint8_t record[ML_EVENT_HEADER + ML_EVENT_PAYLOAD_MAX];
    int found = 0, n;
    while ((n = ml_dp_poll_event(handle, record, 0, sizeof record)) > 0)
    {
        if (record[0] != kind) continue;
        found++;
        memcpy(event, record, (size_t)n);
        event_length = n;
    }
    return found;
}

/* Indices are random by design; a test with golden bytes writes the wanted one into the table. */
static inline void force_index(int handle, int slot, uint32_t index)
{
    ml_dp *dp = ml_dp_enter(handle);
    dp->indices[index & dp->index_mask].index = index;
    dp->indices[index & dp->index_mask].slot = (uint16_t)slot;
    ml_dp_leave(dp, 0);
}

/* A plane of node `self` (address 100.64.0.self, key 32 x self) whose slot 0 is node `other`, reached at 10.0.0.other:41641. */
static inline int plane_with_peer(int self, int other)
{
    uint8_t key[32], prefix[17], endpoint[18];
    int handle = new_plane(self);
    memset(key, self, 32);
    EQUAL(ml_dp_set_identity(handle, key, 0), 0);
    memset(key, other, 32);
    EQUAL(ml_dp_peer_set(handle, 0, key, 0), 0);
    v4_prefix(prefix, 100, 64, 0, other, 32);
    EQUAL(ml_dp_peer_allowed(handle, 0, prefix, 0, 1), 0);
    v4_endpoint(endpoint, 10, 0, 0, other, 41641);
    EQUAL(ml_dp_peer_path(handle, 0, ML_PATH_UDP, endpoint, 0, 0), 0);
    v4_endpoint(endpoint, 100, 64, 0, self, 0);
    EQUAL(ml_dp_set_self_addresses(handle, endpoint, 0, 1), 0);
    return handle;
}

/* Installs matching sessions in a (initiator) and b (responder), keys made from `number`. */
static inline void join(int a, int b, int number, int64_t now_ms)
{
    uint8_t one[32], two[32];
    int ia = ml_dp_index_allocate(a, 0), ib = ml_dp_index_allocate(b, 0);
    memset(one, 2 * number + 1, 32);
    memset(two, 2 * number + 2, 32);
    CHECK(ia != 0 && ib != 0);
    EQUAL(ml_dp_session_install(b, 0, ib, ia, two, one, 0, now_ms), 0);
    EQUAL(ml_dp_session_install(a, 0, ia, ib, one, two, 1, now_ms), 0);
}

/* Carries every waiting datagram from one plane to the other, as from 10.0.0.from:41641. Returns how many. */
static inline int carry(int from_plane, int from, int to_plane, int64_t now_ms)
{
    static uint8_t packet[2048];
    uint8_t endpoint[18];
    int n, count = 0;
    v4_endpoint(endpoint, 10, 0, 0, from, 41641);
    while ((n = ml_dp_poll_udp(from_plane, packet, 0, sizeof packet)) > 0)
    {
        ml_dp_udp_in(to_plane, endpoint, 0, packet, 18, n - 18, now_ms);
        count++;
    }
    return count;
}

/* An IPv4 packet from 100.64.0.from to 100.64.0.to with a checksum; returns its length. */
static inline int ip4(uint8_t *into, int from, int to, int protocol, const uint8_t *body, int count)
{
    uint32_t sum = 0;
    int length = 20 + count;
    const uint8_t header[20] = { 0x45, 0, (uint8_t)(length >> 8), (uint8_t)length, 0, 0, 0, 0, 64, (uint8_t)protocol, 0, 0, 100, 64, 0, (uint8_t)from, 100, 64, 0, (uint8_t)to };
    memcpy(into, header, 20);
    for (int i = 0; i < 20; i += 2) sum += (uint32_t)into[i] << 8 | into[i + 1];
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    into[10] = (uint8_t)(~sum >> 8);
    into[11] = (uint8_t)~sum;
    if (count > 0) memcpy(into + 20, body, (size_t)count);
    return length;
}

/* Echo request 100.64.0.from -> 100.64.0.to with identifier 1, sequence 2 and no data. */
static inline int echo4(uint8_t *into, int from, int to)
{
    static const uint8_t icmp[8] = { 8, 0, 0xf7, 0xfc, 0, 1, 0, 2 };
    return ip4(into, from, to, 1, icmp, 8);
}

static inline int finish(const char *name)
{
    printf("%s\n%d passed, %d failed\n", name, checks - failures, failures);
    return failures == 0 ? 0 : 1;
}

#endif
