/* The tailnet's own addresses (DNS), and packets that wait for a peer without a slot. */
#include "dp_support.h"

static uint8_t packet[2048], taken[2048];
static int taken_count, takes, flushes, room = 1;

static int take(void *context, int slot, const uint8_t *bytes, int count)
{
    (void)context;
    (void)slot;
    if (!room) return 0;
    memcpy(taken, bytes, (size_t)count);
    taken_count = count;
    takes++;
    return 1;
}

static void flush(void *context, int64_t now_ms)
{
    (void)context;
    (void)now_ms;
    flushes++;
}

static uint32_t sum_of(const uint8_t *bytes, int count, uint32_t sum)
{
    for (int i = 0; i < count; i++) sum += i & 1 ? bytes[i] : (uint32_t)bytes[i] << 8;
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

/* A UDP packet of 100.64.0.1 (fd7a::1) to the service, with count bytes of content. */
static int query4(int port, int count)
{
    static const uint8_t head[20] = { 0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 17, 0, 0, 100, 64, 0, 1, 100, 100, 100, 100 };
    memcpy(packet, head, 20);
    packet[3] = (uint8_t)(28 + count);
    packet[2] = (uint8_t)((28 + count) >> 8);
    packet[20] = 0xab;
    packet[21] = 0xcd;
    packet[22] = (uint8_t)(port >> 8);
    packet[23] = (uint8_t)port;
    for (int i = 24; i < 28 + count; i++) packet[i] = (uint8_t)i;
    return 28 + count;
}

static int query6(int count)
{
    static const uint8_t to[16] = { 0xfd, 0x7a, 0x11, 0x5c, 0xa1, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x53 };
    memset(packet, 0, 48);
    packet[0] = 0x60;
    packet[4] = (uint8_t)((8 + count) >> 8);
    packet[5] = (uint8_t)(8 + count);
    packet[6] = 17;
    packet[8] = 0xfd;
    packet[23] = 1;
    memcpy(packet + 24, to, 16);
    packet[40] = 0xab;
    packet[41] = 0xcd;
    packet[43] = 53;
    return 48 + count;
}

static void questions_become_events(int a)
{
    int n = query4(53, 30);
    EQUAL(ml_dp_send_ip(a, packet, 0, n, 1000), 0);
    EQUAL(drain_events(a, ML_EVENT_SERVICE), 1);
    EQUAL(event_length, ML_EVENT_HEADER + n);
    CHECK(memcmp(event + ML_EVENT_HEADER, packet, (size_t)n) == 0);
    EQUAL(ml_dp_send_ip(a, packet, 0, query6(9), 1000), 0);
    EQUAL(drain_events(a, ML_EVENT_SERVICE), 1);

    EQUAL(ml_dp_send_ip(a, packet, 0, query4(54, 30), 1000), 0);           /* another port */
    n = query4(53, 30);
    packet[9] = 6;                                                         /* TCP */
    EQUAL(ml_dp_send_ip(a, packet, 0, n, 1000), 0);
    n = query4(53, 30);
    packet[6] = 0x20;                                                      /* a fragment */
    EQUAL(ml_dp_send_ip(a, packet, 0, n, 1000), 0);
    n = query4(53, 0);
    packet[3] = 27;                                                        /* no room for the UDP header */
    EQUAL(ml_dp_send_ip(a, packet, 0, n, 1000), 0);
    EQUAL(drain_events(a, ML_EVENT_SERVICE), 0);
    EQUAL(COUNTER(a, SERVICE_QUERY), 2);
    EQUAL(COUNTER(a, SERVICE_OTHER), 4);
    EQUAL(COUNTER(a, NO_ROUTE), 0);
}

static void answers_come_back(int a)
{
    uint8_t answer[1300];
    ml_dp_inner_sink sink = { take, flush, NULL };
    int n = query4(53, 30);
    for (int i = 0; i < (int)sizeof answer; i++) answer[i] = (uint8_t)(i * 3);
    EQUAL(ml_dp_service_answer(a, packet, 0, n, answer, 0, 100, 1000), ML_NOT_OPEN);
    ml_dp_set_inner_sink(a, &sink);
    for (int count = 0; count <= 1252; count += 313)
    {
        takes = 0;
        EQUAL(ml_dp_service_answer(a, packet, 0, n, answer, 0, count, 1000), 0);
        EQUAL(takes, 1);
        EQUAL(taken_count, 28 + count);
        EQUAL(sum_of(taken, 20, 0), 0xffff);
        EQUAL(sum_of(taken + 20, 8 + count, sum_of(taken + 12, 8, 17 + 8 + (uint32_t)count)), 0xffff);
        CHECK(memcmp(taken + 12, "\x64\x64\x64\x64\x64\x40\x00\x01\x00\x35\xab\xcd", 12) == 0);
        CHECK(memcmp(taken + 28, answer, (size_t)count) == 0);
    }
    CHECK(flushes > 0);
    EQUAL(ml_dp_service_answer(a, packet, 0, n, answer, 0, 1253, 1000), ML_TOO_LONG);

    n = query6(9);
    EQUAL(ml_dp_service_answer(a, packet, 0, n, answer, 0, 77, 1000), 0);
    EQUAL(taken_count, 48 + 77);
    EQUAL(sum_of(taken + 40, 8 + 77, sum_of(taken + 8, 32, 17 + 8 + 77)), 0xffff);
    EQUAL(taken[23], 0x53);
    EQUAL(taken[39], 1);

    packet[24] = 0;                                                        /* not a question to the service */
    EQUAL(ml_dp_service_answer(a, packet, 0, n, answer, 0, 77, 1000), ML_MALFORMED);
    for (int cut = 0; cut < n; cut++) CHECK(ml_dp_service_answer(a, packet, 0, cut, answer, 0, 7, 1000) < 0);
    room = 0;
    n = query4(53, 30);
    EQUAL(ml_dp_service_answer(a, packet, 0, n, answer, 0, 7, 1000), 0);
    EQUAL(COUNTER(a, INNER_SINK_FULL), 1);
    room = 1;
    ml_dp_set_inner_sink(a, NULL);
}

/* A TCP segment with right checksums; 100.64.0.1 or fd7a::1 to the service. */
static int tcp_to_service(int v6, int from_port, int to_port, int count)
{
    int n = v6 ? query6(20 + count - 8) : query4(to_port, 20 + count - 8), tcp = v6 ? 40 : 20;
    uint32_t sum = sum_of(packet + (v6 ? 8 : 12), v6 ? 32 : 8, 6 + 20 + (uint32_t)count);
    packet[v6 ? 6 : 9] = 6;
    for (int i = tcp; i < n; i++) packet[i] = (uint8_t)(i * 7);
    packet[tcp] = (uint8_t)(from_port >> 8);
    packet[tcp + 1] = (uint8_t)from_port;
    packet[tcp + 2] = (uint8_t)(to_port >> 8);
    packet[tcp + 3] = (uint8_t)to_port;
    packet[tcp + 12] = 0x50;
    packet[tcp + 16] = packet[tcp + 17] = 0;
    sum = ~sum_of(packet + tcp, 20 + count, sum) & 0xffff;
    packet[tcp + 16] = (uint8_t)(sum >> 8);
    packet[tcp + 17] = (uint8_t)sum;
    return n;
}

/* There and back: the second turning undoes the first, and sums stay right. */
static void connections_are_turned_round(int a)
{
    ml_dp_inner_sink sink = { take, flush, NULL };
    EQUAL(ml_dp_set_service_port(a, 65536), ML_BAD_ARGUMENT);
    EQUAL(ml_dp_set_service_port(a, 53), ML_BAD_ARGUMENT);
    takes = 0;
    ml_dp_set_inner_sink(a, &sink);
    EQUAL(ml_dp_send_ip(a, packet, 0, tcp_to_service(0, 5000, 53, 11), 1000), 0);        /* nobody listens */
    EQUAL(takes, 0);
    EQUAL(ml_dp_set_service_port(a, 40053), 0);
    for (int v6 = 0; v6 < 2; v6++)
    {
        int tcp = v6 ? 40 : 20, source = v6 ? 8 : 12, width = v6 ? 16 : 4;
        for (int count = 0; count < 1200; count += 171)
        {
            int n = tcp_to_service(v6, 5000 + count, 53, count);
            takes = 0;
            EQUAL(ml_dp_send_ip(a, packet, 0, n, 1000), 0);
            EQUAL(takes, 1);
            EQUAL(taken_count, n);
            CHECK(memcmp(taken + source, packet + source + width, (size_t)width) == 0);
            CHECK(memcmp(taken + source + width, packet + source, (size_t)width) == 0);
            EQUAL(taken[tcp + 2] << 8 | taken[tcp + 3], 40053);
            EQUAL(taken[tcp] << 8 | taken[tcp + 1], 5000 + count);
            EQUAL(sum_of(taken + tcp, 20 + count, sum_of(taken + source, 2 * width, 6 + 20 + (uint32_t)count)), 0xffff);
            CHECK(memcmp(taken + tcp + 20, packet + tcp + 20, (size_t)count) == 0);
            /* The listener's answer: from its port to the program's. */
            tcp_to_service(v6, 40053, 5000 + count, count);
            EQUAL(ml_dp_send_ip(a, packet, 0, n, 1000), 0);
            EQUAL(takes, 2);
            EQUAL(taken[tcp] << 8 | taken[tcp + 1], 53);
            EQUAL(taken[tcp + 2] << 8 | taken[tcp + 3], 5000 + count);
            EQUAL(sum_of(taken + tcp, 20 + count, sum_of(taken + source, 2 * width, 6 + 20 + (uint32_t)count)), 0xffff);
        }
    }
    takes = 0;
    EQUAL(ml_dp_send_ip(a, packet, 0, tcp_to_service(0, 5000, 80, 11), 1000), 0);        /* another port */
    tcp_to_service(0, 5000, 53, 11);
    packet[6] = 0x20;                                                                   /* a fragment */
    EQUAL(ml_dp_send_ip(a, packet, 0, 51, 1000), 0);
    EQUAL(takes, 0);
    EQUAL(ml_dp_set_service_port(a, 0), 0);
    ml_dp_set_inner_sink(a, NULL);
}

static int to_peer(int last)
{
    static const uint8_t head[20] = { 0x45, 0, 0, 28, 0, 0, 0x40, 0, 64, 17, 0, 0, 100, 64, 0, 1, 100, 64, 0, 0 };
    memset(packet, 0, 28);
    memcpy(packet, head, 20);
    packet[19] = (uint8_t)last;
    return 28;
}

static void packets_wait_for_a_slot(int a)
{
    uint8_t prefix[17], key[32];
    EQUAL(ml_dp_send_ip(a, packet, 0, to_peer(9), 1000), ML_NO_ROUTE);     /* the option is off: dropped as ever */
    EQUAL(drain_events(a, ML_EVENT_WANTED), 0);

    ml_dp_options(a, ML_OPTION_WAIT);
    EQUAL(ml_dp_send_ip(a, packet, 0, to_peer(9), 2000), ML_NO_ROUTE);
    EQUAL(ml_dp_send_ip(a, packet, 0, to_peer(9), 2500), ML_NO_ROUTE);
    EQUAL(drain_events(a, ML_EVENT_WANTED), 1);                            /* told once a second */
    EQUAL(event_length, ML_EVENT_HEADER + 16);
    EQUAL(event[ML_EVENT_HEADER + 15], 9);
    EQUAL(ml_dp_send_ip(a, packet, 0, to_peer(9), 3000), ML_NO_ROUTE);
    EQUAL(drain_events(a, ML_EVENT_WANTED), 1);
    EQUAL(ml_dp_waiting_send(a, 3000), 3);

    memset(key, 0x77, 32);
    ml_dp_peer_set(a, 1, key, 0);
    v4_prefix(prefix, 100, 64, 0, 9, 32);
    ml_dp_peer_allowed(a, 1, prefix, 0, 1);
    EQUAL(ml_dp_waiting_send(a, 3100), 0);                                 /* staged now: there is no session yet */
    EQUAL(COUNTER(a, STAGED), 3);
    EQUAL(drain_events(a, ML_EVENT_NEED_HANDSHAKE), 1);

    for (int i = 0; i < ML_WAITING + 4; i++) ml_dp_send_ip(a, packet, 0, to_peer(20 + i), 4000);
    EQUAL(ml_dp_waiting_send(a, 4000), ML_WAITING);
    EQUAL(COUNTER(a, WAITING_OLDEST), 4);
    EQUAL(ml_dp_waiting_send(a, 14000), 0);
    EQUAL(COUNTER(a, WAITING_GIVEN_UP), ML_WAITING);
}

int main(void)
{
    int a = new_plane(1);
    questions_become_events(a);
    answers_come_back(a);
    connections_are_turned_round(a);
    packets_wait_for_a_slot(a);
    ml_dp_destroy(a);
    printf("%d passed, %d failed\n", checks - failures, failures);
    return failures != 0;
}
