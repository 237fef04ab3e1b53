/* Shared by the data plane tests: checks that print and count, hex, endpoints, and a plane with one peer. */
#ifndef ML_DP_SUPPORT_H
#define ML_DP_SUPPORT_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ml_dataplane.h"
#include "ml_dp_internal.h"

static int failures;

#define CHECK(condition) do { if (!(condition)) { failures++; printf("%s:%d: %s\n", __FILE__, __LINE__, #condition); } } while (0)
#define EQUAL(a, b) do { long long va = (long long)(a), vb = (long long)(b); if (va != vb) { failures++; \
    printf("%s:%d: %s is %lld, wanted %lld\n", __FILE__, __LINE__, #a, va, vb); } } while (0)

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

static inline int new_plane(int seed)
{
    uint8_t random[32];
    int handle = ml_dp_create(8, 1024, 32, 1 << 16, 1 << 16);
    memset(random, seed, sizeof random);
    ml_dp_seed(handle, random, 0);
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

static inline int finish(const char *name)
{
    printf("%s: %s\n", name, failures == 0 ? "passed" : "FAILED");
    return failures == 0 ? 0 : 1;
}

#endif
