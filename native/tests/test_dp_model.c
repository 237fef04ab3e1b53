/* Sessions and replay windows against a model: datagrams are sent, kept, and delivered late, in any order, again and again, damaged, across
 * new sessions from either side and expiry. The model keeps every counter ever accepted and says what must happen to each datagram.
 * 400 000 deliveries; ten million with MICROLINK_SOAK=1. The seed is printed when something is wrong. */
#include "dp_support.h"

#define POOL 512
#define COUNTERS (1 << 15)             /* a session is left before it has sent so many */
#define STEPS_PER_WORLD 20000
#ifdef ML_EVERY                        /* on an emulated chip */
#define DELIVERIES 10000
#else
#define DELIVERIES (soaking() ? 10000000 : 400000)
#endif

typedef struct { uint8_t bytes[128]; int count; } datagram;
typedef struct
{
    bool used;
    uint32_t index;                    /* the receiver's */
    int64_t born_ms, greatest;
    uint8_t seen[COUNTERS / 8];
} session;

static datagram pool[POOL];
static int pooled;
static session previous, current, next;     /* the receiver's */
static int window;
static uint64_t seed, state;
static int64_t now_ms;
static int a, b;                       /* a sends, b receives */

static uint32_t next_random(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 24) % below;
}

static int open_plane(int self, int other)
{
    uint8_t key[32], prefix[17], endpoint[18];
    int handle = ml_dp_create(2, window, 16, 1 << 16, 1 << 16, 64, 8);
    memset(key, self + (int)next_random(200), 32);
    ml_dp_seed(handle, key, 0);
    ml_dp_filter_set(handle, no_filter, 0, sizeof no_filter);
    memset(key, other, 32);
    ml_dp_peer_set(handle, 0, key, 0);
    v4_prefix(prefix, 100, 64, 0, other, 32);
    ml_dp_peer_allowed(handle, 0, prefix, 0, 1);
    v4_endpoint(endpoint, 10, 0, 0, other, 41641);
    ml_dp_peer_path(handle, 0, ML_PATH_UDP, endpoint, 0, 0);
    return handle;
}

static uint64_t counter(int which)
{
    ml_dp *dp = ml_dp_enter(b);
    uint64_t value = dp->counters[which];
    ml_dp_leave(dp, 0);
    return value;
}

static void drain(int plane)
{
    static uint8_t record[ML_EVENT_HEADER + ML_EVENT_PAYLOAD_MAX];
    while (ml_dp_poll_event(plane, record, 0, sizeof record) > 0) { }
}

static void begin(session *s, uint32_t index)
{
    memset(s, 0, sizeof *s);
    s->used = true;
    s->index = index;
    s->born_ms = now_ms;
    s->greatest = -1;
}

/* Either side may begin; each keeps its sessions as protocol.md 8.5 says. */
static void rekey(void)
{
    uint8_t one[32], two[32];
    bool receiver_began = next_random(3) == 0;
    int ia = ml_dp_index_allocate(a, 0), ib = ml_dp_index_allocate(b, 0);
    for (int i = 0; i < 32; i++) one[i] = (uint8_t)next_random(256);
    for (int i = 0; i < 32; i++) two[i] = (uint8_t)next_random(256);
    if (receiver_began)
    {
        ml_dp_session_install(a, 0, ia, ib, one, two, 0, now_ms);
        ml_dp_session_install(b, 0, ib, ia, two, one, 1, now_ms);
        previous = next.used ? next : current;
        next.used = false;
        begin(&current, (uint32_t)ib);
    }
    else
    {
        ml_dp_session_install(b, 0, ib, ia, two, one, 0, now_ms);
        begin(&next, (uint32_t)ib);
        ml_dp_session_install(a, 0, ia, ib, one, two, 1, now_ms);
    }
    drain(a);
    drain(b);
}

static void keep(void)
{
    static uint8_t record[2048];
    int n;
    while ((n = ml_dp_poll_udp(a, record, 0, sizeof record)) > 0)
    {
        datagram *d = &pool[pooled < POOL ? pooled++ : (int)next_random(POOL)];
        d->count = n - ML_ENDPOINT;
        memcpy(d->bytes, record + ML_ENDPOINT, (size_t)d->count);
    }
}

static void send_some(void)
{
    static uint8_t packet[128], body[48];
    for (uint32_t i = next_random(next_random(20) == 0 ? 400 : 4) + 1; i > 0; i--)
    {
        int n = ip4(packet, 1, 2, 17, body, (int)next_random(48));
        ml_dp_send_ip(a, packet, 0, n, now_ms);
        if (i % 16 == 0) keep();
    }
    keep();
    drain(a);
}

/* What must happen: a counter of the plane, and the model learns. */
static int expected(uint32_t index, uint64_t number)
{
    session *s = previous.used && previous.index == index ? &previous : current.used && current.index == index ? &current
               : next.used && next.index == index ? &next : NULL;
    if (s == NULL) return ML_COUNTER_TRANSPORT_INDEX;
    if (now_ms - s->born_ms >= 180000) return ML_COUNTER_TRANSPORT_EXPIRED;
    if (number >= COUNTERS) abort();
    if ((s->seen[number / 8] >> (number % 8)) & 1) return ML_COUNTER_REPLAYED;
    if ((int64_t)number < s->greatest - (window - 64)) return ML_COUNTER_REPLAYED;
    s->seen[number / 8] |= (uint8_t)(1 << (number % 8));
    if ((int64_t)number > s->greatest) s->greatest = (int64_t)number;
    if (s == &next)
    {
        previous = current;
        current = next;
        next.used = false;
    }
    return -1;
}

static int delivered, wrong;

static void deliver(void)
{
    datagram d = pool[next_random((uint32_t)pooled)];
    bool damaged = next_random(8) == 0;
    uint64_t accepted = counter(ML_COUNTER_TRANSPORT_IN) + counter(ML_COUNTER_KEEPALIVE_IN), reason_before = 0;
    uint8_t endpoint[18] = { 0 };
    int reason = -1;
    bool in;
    if (damaged) d.bytes[next_random((uint32_t)d.count)] ^= (uint8_t)(1 << next_random(8));
    else reason = expected(ml_load32_le(d.bytes + 4), ml_load64_le(d.bytes + 8));
    if (reason >= 0) reason_before = counter(reason);
    ml_dp_udp_in(b, endpoint, 0, d.bytes, 0, d.count, now_ms);
    in = counter(ML_COUNTER_TRANSPORT_IN) + counter(ML_COUNTER_KEEPALIVE_IN) == accepted + 1;
    delivered++;
    if (in == (!damaged && reason < 0) && (reason < 0 || counter(reason) == reason_before + 1)) return;
    wrong++;
    printf("seed %llx, delivery %d: in %d, damaged %d, reason %d\n", (unsigned long long)seed, delivered, in, damaged, reason);
}

static void world(void)
{
    window = next_random(2) == 0 ? 1024 : 8192;
    now_ms = 1000;
    pooled = 0;
    previous.used = current.used = next.used = false;
    a = open_plane(1, 2);
    b = open_plane(2, 1);
    rekey();
    keep();
    for (int step = 0; step < STEPS_PER_WORLD && wrong == 0; step++)
    {
        uint32_t what = next_random(100);
        if (what == 0 && next_random(10) == 0) rekey();
        else if (what < 4) now_ms += next_random(3000);
        else if (what < 16) send_some();
        else if (pooled > 0) deliver();
        if (current.greatest > COUNTERS - 2000 || next.greatest > COUNTERS - 2000) break;
        if (step % 64 == 0) drain(b);
    }
    ml_dp_destroy(a);
    ml_dp_destroy(b);
}

int main(void)
{
    int total = DELIVERIES;
    for (seed = 88172645463325252u; delivered < total && wrong == 0; seed++)
    {
        state = seed;
        world();
    }
    EQUAL(wrong, 0);
    return finish("test_dp_model");
}
