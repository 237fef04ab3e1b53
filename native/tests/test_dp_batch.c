/* The batch doors do what the single ones do, packet for packet; the sink; a thread for each direction and one that changes peers. */
#include <pthread.h>

#include "dp_support.h"

#define MOST 150                       /* more than a batch holds, so that it is cut */
#define SPACE 1600

static uint8_t space[MOST][SPACE], endpoints[MOST][ML_ENDPOINT];
static uint8_t packet[2048], other[2048], single[MOST][SPACE];
static int single_length[MOST];
static ml_dp_inbound in[MOST];
static ml_dp_outbound out[MOST];
static uint64_t state = 88172645463325252u;

static uint32_t next_random(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 20) % below;
}

static int udp4(uint8_t *into, int from, int to, int count)
{
    static uint8_t body[1500];
    for (int i = 0; i < count; i++) body[i] = (uint8_t)(i + count);
    return ip4(into, from, to, 17, body, count);
}

/* What the plane of node 1 sends is the same by both doors: two planes with the same keys, one fed by each. */
static void out_is_as_send_ip(void)
{
    int a = plane_with_peer(1, 2), b = plane_with_peer(2, 1), c = plane_with_peer(1, 2), d = plane_with_peer(2, 1);
    join(a, b, 1, 1000);
    join(c, d, 1, 1000);
    carry(a, 1, b, 1000);
    carry(c, 1, d, 1000);
    for (int round = 0; round < 20; round++)
    {
        int count = 1 + (int)next_random(MOST), sending = 0, differ = 0;
        for (int i = 0; i < count; i++)
        {
            int length = udp4(space[i] + ML_HEADROOM, 1, next_random(10) == 0 ? 9 : 2, (int)next_random(1300));
            memset(space[i] + ML_HEADROOM + length, 0xee, ML_TAILROOM);
            out[i].packet = space[i] + ML_HEADROOM;
            out[i].count = next_random(20) == 0 ? length - 1 : length;
            EQUAL(ml_dp_send_ip(a, out[i].packet, 0, out[i].count, 1001) >= 0, out[i].count == length && out[i].packet[19] == 2);
            sending += out[i].count == length && out[i].packet[19] == 2;
            single_length[i] = ml_dp_poll_udp(a, single[i], 0, SPACE);
        }
        EQUAL(ml_dp_out_batch(c, out, count, 1001), sending);
        for (int i = 0; i < count; i++)
        {
            differ += single_length[i] != (out[i].length == 0 ? 0 : ML_ENDPOINT + out[i].length);
            if (out[i].length == 0) continue;
            differ += memcmp(single[i], out[i].endpoint, ML_ENDPOINT) != 0;
            /* The receiver index is random, the rest is not. */
            differ += memcmp(single[i] + ML_ENDPOINT + 8, out[i].packet - ML_HEADROOM + 8, (size_t)out[i].length - 8) != 0;
            differ += out[i].result != 0;
        }
        EQUAL(differ, 0);
        EQUAL(ml_dp_poll_udp(c, packet, 0, sizeof packet), 0);
    }
    for (int counter = 0; counter < ML_COUNTERS; counter++) EQUAL(counter_of(a, counter), counter_of(c, counter));
    ml_dp_destroy(a);
    ml_dp_destroy(b);
    ml_dp_destroy(c);
    ml_dp_destroy(d);
}

static void out_stages_and_relays(void)
{
    int a = plane_with_peer(1, 2), b = plane_with_peer(2, 1), n;
    uint8_t endpoint[18];
    for (int i = 0; i < 3; i++)
    {
        out[i].packet = space[i] + ML_HEADROOM;
        out[i].count = echo4(out[i].packet, 1, 2);
    }
    EQUAL(ml_dp_out_batch(a, out, 3, 1000), 0);                        /* no session: staged, and asked for */
    EQUAL(out[0].result, 0);
    EQUAL(out[0].length, 0);
    EQUAL(COUNTER(a, STAGED), 3);
    EQUAL(drain_events(a, ML_EVENT_NEED_HANDSHAKE), 1);
    join(a, b, 1, 1000);
    EQUAL(carry(a, 1, b, 1000), 3);
    v4_endpoint(endpoint, 10, 0, 0, 2, 41641);
    ml_dp_peer_path(a, 0, ML_PATH_UDP | ML_PATH_RELAY, endpoint, 0, 7);
    for (int i = 0; i < 3; i++) out[i].count = echo4(out[i].packet, 1, 2);
    EQUAL(ml_dp_out_batch(a, out, 3, 1001), 0);                        /* both ways: nothing is left to the caller */
    EQUAL(COUNTER(a, RELAY_OUT), 3);
    for (n = 0; ml_dp_poll_udp(a, packet, 0, sizeof packet) > 0; n++) { }
    EQUAL(n, 3);
    out[0].count = ip4(out[0].packet, 1, 2, 99, (const uint8_t *)"p12345678", 9);
    EQUAL(ml_dp_out_batch(a, out, 1, 1001), 0);                        /* TSMP is not the host's to send */
    EQUAL(out[0].result, ML_DROPPED);
    EQUAL(COUNTER(a, OUT_TSMP), 1);
    EQUAL(ml_dp_out_batch(a + 1000, out, 3, 1001), ML_BAD_HANDLE);
    EQUAL(ml_dp_in_batch(a + 1000, in, 3, 0, 1001), ML_BAD_HANDLE);
    ml_dp_destroy(a);
    ml_dp_destroy(b);
}

/* Packets for two peers in one batch: each is sealed with its own peer's key. */
static void out_to_two_peers(void)
{
    int a = plane_with_peer(1, 2), b = plane_with_peer(2, 1), c = plane_with_peer(3, 1), ia, ic;
    uint8_t key[32], prefix[17], endpoint[18];
    join(a, b, 1, 1000);
    carry(a, 1, b, 1000);
    memset(key, 3, 32);
    EQUAL(ml_dp_peer_set(a, 1, key, 0), 0);
    v4_prefix(prefix, 100, 64, 0, 3, 32);
    EQUAL(ml_dp_peer_allowed(a, 1, prefix, 0, 1), 0);
    v4_endpoint(endpoint, 10, 0, 0, 3, 41641);
    EQUAL(ml_dp_peer_path(a, 1, ML_PATH_UDP, endpoint, 0, 0), 0);
    ia = ml_dp_index_allocate(a, 1);
    ic = ml_dp_index_allocate(c, 0);
    memset(key, 77, 32);
    EQUAL(ml_dp_session_install(c, 0, ic, ia, key, key, 0, 1000), 0);
    EQUAL(ml_dp_session_install(a, 1, ia, ic, key, key, 1, 1000), 0);
    for (int i = 0; i < 8; i++)
    {
        out[i].packet = space[i] + ML_HEADROOM;
        out[i].count = echo4(out[i].packet, 1, i % 3 == 0 ? 3 : 2);
    }
    EQUAL(ml_dp_out_batch(a, out, 8, 1001), 8);
    for (int i = 0; i < 8; i++) EQUAL(ml_dp_udp_in(i % 3 == 0 ? c : b, endpoint, 0, out[i].packet - ML_HEADROOM, 0, out[i].length, 1001), 0);
    EQUAL(COUNTER(c, ECHO_ANSWERED), 3);
    EQUAL(COUNTER(b, ECHO_ANSWERED), 5);
    ml_dp_destroy(a);
    ml_dp_destroy(b);
    ml_dp_destroy(c);
}

/* What arrives: good packets, damaged, repeated, of no session, no WireGuard at all. The second plane is fed one by one. */
static void in_is_as_udp_in(void)
{
    int a = plane_with_peer(1, 2), b = plane_with_peer(2, 1), c = plane_with_peer(2, 1), ia, ib;
    uint8_t one[32], two[32];
    memset(one, 1, 32);
    memset(two, 2, 32);
    ia = ml_dp_index_allocate(a, 0);
    ib = ml_dp_index_allocate(b, 0);
    force_index(c, 0, (uint32_t)ib);
    EQUAL(ml_dp_session_install(b, 0, ib, ia, two, one, 0, 1000), 0);
    EQUAL(ml_dp_session_install(c, 0, ib, ia, two, one, 0, 1000), 0);
    EQUAL(ml_dp_session_install(a, 0, ia, ib, one, two, 1, 1000), 0);
    ml_dp_options(b, ML_OPTION_INNER_PACKETS);
    ml_dp_options(c, ML_OPTION_INNER_PACKETS);
    for (int round = 0; round < 40; round++)
    {
        int count = 1 + (int)next_random(MOST), differ = 0, m, n;
        for (int i = 0; i < count; i++)
        {
            in[i].datagram = space[i];
            in[i].endpoint = endpoints[i];
            v4_endpoint(endpoints[i], 10, 0, 0, 1, 41641);
            switch (i == 0 ? 9 : next_random(10))
            {
                case 0:                                                /* the one before once more */
                    memcpy(space[i], space[i - 1], SPACE);
                    in[i].count = in[i - 1].count;
                    break;
                case 1:
                    in[i].count = (int)next_random(1600);
                    for (int k = 0; k < in[i].count; k++) space[i][k] = (uint8_t)next_random(256);
                    break;
                default:
                    n = next_random(4) == 0 ? echo4(packet, 1, 2) : udp4(packet, 1, 2, (int)next_random(1300));
                    ml_dp_send_ip(a, packet, 0, n, 1001);
                    in[i].count = ml_dp_poll_udp(a, packet, 0, sizeof packet) - ML_ENDPOINT;
                    memcpy(space[i], packet + ML_ENDPOINT, (size_t)in[i].count);
                    if (next_random(10) == 0) space[i][next_random((uint32_t)in[i].count)] ^= 1;
                    break;
            }
            ml_dp_udp_in(c, endpoints[i], 0, space[i], 0, in[i].count, 1001);
        }
        EQUAL(ml_dp_in_batch(b, in, count, 0, 1001), 0);
        do
        {
            m = ml_dp_poll_event(b, packet, 0, sizeof packet);
            n = ml_dp_poll_event(c, other, 0, sizeof other);
            differ += m != n || (m > 0 && memcmp(packet, other, (size_t)m) != 0);
        }
        while (m > 0 || n > 0);
        do
        {
            m = ml_dp_poll_udp(b, packet, 0, sizeof packet);
            n = ml_dp_poll_udp(c, other, 0, sizeof other);
            differ += m != n || (m > 0 && memcmp(packet, other, (size_t)m) != 0);
        }
        while (m > 0 || n > 0);
        EQUAL(differ, 0);
    }
    for (int counter = 0; counter < ML_COUNTERS; counter++) EQUAL(counter_of(b, counter), counter_of(c, counter));
    CHECK(COUNTER(b, REPLAYED) > 0 && COUNTER(b, TRANSPORT_TAG) > 0 && COUNTER(b, ECHO_ANSWERED) > 0);
    ml_dp_destroy(a);
    ml_dp_destroy(b);
    ml_dp_destroy(c);
}

static void in_reports_packets_in_place(void)
{
    int a = plane_with_peer(1, 2), b = plane_with_peer(2, 1), n, wrong = 0;
    join(a, b, 1, 1000);
    carry(a, 1, b, 1000);
    for (int i = 0; i < 100; i++)
    {
        n = i % 10 == 9 ? ip4(packet, 1, 2, 99, (const uint8_t *)"p12345678", 9) : udp4(packet, 1, 2, i * 10);
        ml_dp_send_ip(a, packet, 0, n, 1001);
        in[i].count = ml_dp_poll_udp(a, packet, 0, sizeof packet) - ML_ENDPOINT;
        memcpy(space[i], packet + ML_ENDPOINT, (size_t)in[i].count);
        in[i].datagram = space[i];
        in[i].endpoint = endpoints[i];
    }
    EQUAL(ml_dp_in_batch(b, in, 100, 1, 1001), 90);
    for (int i = 0; i < 100; i++)
    {
        n = udp4(packet, 1, 2, i * 10);
        if (i % 10 == 9) wrong += in[i].length != 0;                    /* TSMP is answered, not reported */
        else wrong += in[i].slot != 0 || in[i].length != n || memcmp(in[i].datagram + in[i].offset, packet, (size_t)n) != 0;
    }
    EQUAL(wrong, 0);
    EQUAL(COUNTER(b, TSMP_ANSWERED), 10);
    EQUAL(COUNTER(b, INNER_TAKEN), 90);
    ml_dp_destroy(a);
    ml_dp_destroy(b);
}

typedef struct { int plane, taken, flushed, bytes, room; } queue;

static int take(void *context, int slot, const uint8_t *bytes, int count)
{
    queue *q = context;
    if (slot != 0 || bytes[0] >> 4 != 4 || q->room == 0) return 0;
    q->room--;
    q->taken++;
    q->bytes += count;
    return 1;
}

/* Outside the lock: the plane may be called. */
static void flush(void *context, int64_t now_ms)
{
    queue *q = context;
    q->flushed++;
    ml_dp_send_ip(q->plane, packet, 0, udp4(packet, 2, 1, 10), now_ms);
}

static void sink(void)
{
    int a = plane_with_peer(1, 2), b = plane_with_peer(2, 1);
    queue q = { b, 0, 0, 0, 3 };
    ml_dp_inner_sink sink = { take, flush, &q };
    join(a, b, 1, 1000);
    EQUAL(ml_dp_set_inner_sink(b, &sink), 0);
    carry(a, 1, b, 1000);
    EQUAL(q.flushed, 0);
    for (int i = 0; i < 4; i++) ml_dp_send_ip(a, packet, 0, echo4(packet, 1, 2), 1001);
    EQUAL(carry(a, 1, b, 1001), 4);
    EQUAL(q.taken, 3);
    EQUAL(q.bytes, 3 * 28);
    EQUAL(q.flushed, 4);
    EQUAL(COUNTER(b, ECHO_ANSWERED), 0);
    EQUAL(COUNTER(b, INNER_TAKEN), 3);
    EQUAL(COUNTER(b, INNER_SINK_FULL), 1);
    EQUAL(carry(b, 2, a, 1001), 4);
    ml_dp_send_ip(a, packet, 0, ip4(packet, 1, 2, 99, (const uint8_t *)"p12345678", 9), 1002);
    carry(a, 1, b, 1002);
    EQUAL(q.flushed, 4);                                               /* TSMP is not for the sink */
    EQUAL(ml_dp_set_inner_sink(b, NULL), 0);
    ml_dp_send_ip(a, packet, 0, echo4(packet, 1, 2), 1003);
    carry(a, 1, b, 1003);
    EQUAL(COUNTER(b, ECHO_ANSWERED), 1);
    ml_dp_destroy(a);
    ml_dp_destroy(b);
}

/* ---- threads ------------------------------------------------------------------------------------------------------------------------- */

static int plane_a, plane_b;

static void *sends(void *unused)
{
    static uint8_t mine[8][SPACE];
    ml_dp_outbound batch[8];
    for (int round = 0; round < 400; round++)
    {
        for (int i = 0; i < 8; i++)
        {
            batch[i].packet = mine[i] + ML_HEADROOM;
            batch[i].count = udp4(mine[i] + ML_HEADROOM, 1, 2, 100 * i);
        }
        if (ml_dp_out_batch(plane_a, batch, 8, 1001) != 8) return NULL;
    }
    return unused;
}

static void *receives(void *unused)
{
    static uint8_t mine[8][SPACE], from[ML_ENDPOINT];
    ml_dp_inbound batch[8];
    for (int round = 0; round < 400; round++)
    {
        for (int i = 0; i < 8; i++)
        {
            ml_dp_inbound each = { mine[i], from, 100, 0, 0, 0 };
            uint8_t body[100];
            int n = ip4(mine[i], 2, 1, 17, body, (int)sizeof body - 20);
            batch[i] = each;
            ml_dp_send_ip(plane_b, mine[i], 0, n, 1001);
            batch[i].count = ml_dp_poll_udp(plane_b, mine[i], 0, SPACE) - ML_ENDPOINT;
            memmove(mine[i], mine[i] + ML_ENDPOINT, (size_t)batch[i].count);
        }
        ml_dp_in_batch(plane_a, batch, 8, 1, 1001);
    }
    return unused;
}

/* Two directions on one session at once. Afterwards every counter was used once: 3200 packets sent, 3200 reported, nothing dropped. */
static void two_threads(void)
{
    pthread_t first, second;
    void *good = &first, *one, *two;
    plane_a = plane_with_peer(1, 2);
    plane_b = plane_with_peer(2, 1);
    join(plane_a, plane_b, 1, 1000);
    carry(plane_a, 1, plane_b, 1000);
    EQUAL(pthread_create(&first, NULL, sends, good), 0);
    EQUAL(pthread_create(&second, NULL, receives, good), 0);
    pthread_join(first, &one);
    pthread_join(second, &two);
    CHECK(one == good && two == good);
    EQUAL(COUNTER(plane_a, TRANSPORT_OUT), 3200);
    EQUAL(COUNTER(plane_a, INNER_TAKEN), 3200);
    EQUAL(COUNTER(plane_a, REPLAYED) + COUNTER(plane_a, TRANSPORT_TAG), 0);
    EQUAL(ml_dp_send_keepalive(plane_a, 0, 1001), 0);
    EQUAL(ml_dp_poll_udp(plane_a, packet, 0, sizeof packet), 18 + 32);
    EQUAL(ml_load64_le(packet + 18 + 8), 3201);
    ml_dp_destroy(plane_a);
    ml_dp_destroy(plane_b);
}

int main(void)
{
    out_is_as_send_ip();
    out_stages_and_relays();
    out_to_two_peers();
    in_is_as_udp_in();
    in_reports_packets_in_place();
    sink();
    two_threads();
    return finish("test_dp_batch");
}
