/* What is answered inside the tunnel, and what is counted and dropped (protocol.md 8.5, 10.3, 10.4). */
#include "dp_support.h"
#include "ml_dp_crypto.h"

static uint8_t packet[2048], body[1600];
static int a, b;

/* Sends an inner packet of a to b as if a's stack had made it, answers included. */
static void send(const uint8_t *inner, int count)
{
    ml_dp *dp = ml_dp_enter(a);
    ml_transport_send(dp, 0, inner, count, 2000);
    ml_dp_leave(dp, 0);
    carry(a, 1, b, 2001);
    carry(b, 2, a, 2002);
}

static uint32_t sum_of(const uint8_t *bytes, int count, uint32_t sum)
{
    for (int i = 0; i < count; i++) sum += i & 1 ? bytes[i] : (uint32_t)bytes[i] << 8;
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

static void echo_v4(void)
{
    for (int data = 0; data < 1400; data += 173)
    {
        uint32_t checksum;
        int n;
        memset(body, 0, sizeof body);
        body[0] = 8;
        body[5] = 7;
        for (int i = 8; i < 8 + data; i++) body[i] = (uint8_t)(i * 7);
        checksum = ~sum_of(body, 8 + data, 0);
        body[2] = (uint8_t)(checksum >> 8);
        body[3] = (uint8_t)checksum;
        n = ip4(packet, 1, 2, 1, body, 8 + data);
        send(packet, n);
        EQUAL(drain_events(a, ML_EVENT_INNER_REPLY), 1);
        EQUAL(event_length, ML_EVENT_HEADER + n);
        EQUAL(sum_of(event + 64, 20, 0), 0xffff);                       /* both checksums are right */
        EQUAL(sum_of(event + 64 + 20, 8 + data, 0), 0xffff);
        EQUAL(event[64 + 20], 0);
        EQUAL(event[64 + 15], 2);
        EQUAL(event[64 + 19], 1);
        CHECK(memcmp(event + 64 + 28, body + 8, (size_t)data) == 0);
    }
}

/* fd7a::node */
static void v6(uint8_t *into, int node)
{
    memset(into, 0, 16);
    into[0] = 0xfd;
    into[1] = 0x7a;
    into[15] = (uint8_t)node;
}

static int ip6(int protocol, int count)
{
    memset(packet, 0, 40);
    packet[0] = 0x60;
    packet[4] = (uint8_t)(count >> 8);
    packet[5] = (uint8_t)count;
    packet[6] = (uint8_t)protocol;
    packet[7] = 64;
    v6(packet + 8, 1);
    v6(packet + 24, 2);
    memcpy(packet + 40, body, (size_t)count);
    return 40 + count;
}

static void add_v6(int handle, int self, int other)
{
    uint8_t prefixes[2 * 17], addresses[32];
    v4_prefix(prefixes, 100, 64, 0, other, 32);
    v6(prefixes + 17, other);
    prefixes[33] = 128;
    EQUAL(ml_dp_peer_allowed(handle, 0, prefixes, 0, 2), 0);
    v4_prefix(addresses, 100, 64, 0, self, 32);
    v6(addresses + 16, self);
    EQUAL(ml_dp_set_self_addresses(handle, addresses, 0, 2), 0);
}

static void echo_v6(void)
{
    uint8_t pseudo[40] = { 0 };
    uint32_t checksum;
    int n;
    memset(body, 0, 64);
    body[0] = 128;
    body[7] = 9;
    n = ip6(58, 24);
    memcpy(pseudo, packet + 8, 32);
    pseudo[35] = 24;
    pseudo[39] = 58;
    checksum = ~sum_of(body, 24, sum_of(pseudo, 40, 0));
    packet[42] = (uint8_t)(checksum >> 8);
    packet[43] = (uint8_t)checksum;
    send(packet, n);
    EQUAL(drain_events(a, ML_EVENT_INNER_REPLY), 1);
    EQUAL(event_length, ML_EVENT_HEADER + n);
    EQUAL(event[64 + 40], 129);
    EQUAL(event[64 + 23], 2);
    EQUAL(sum_of(event + 64 + 40, 24, sum_of(pseudo, 40, 0)), 0xffff);
}

static void tsmp(void)
{
    int n;
    hex("70a1a2a3a4a5a6a7a8", body);
    ml_dp_set_peer_api_port(b, 0x8123);
    n = ip6(99, 9);
    send(packet, n);
    EQUAL(drain_events(a, ML_EVENT_INNER_REPLY), 1);
    EQUAL(event_length, ML_EVENT_HEADER + 51);
    CHECK(memcmp(event + 64 + 40, "o\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\x81\x23", 11) == 0);

    /* 'a', the golden IPv4 packet of 13.1 with our addresses: a disco key, whatever the destination */
    memset(body, 'a', 33);
    n = ip4(packet, 1, 9, 99, body, 33);
    send(packet, n);
    EQUAL(drain_events(b, ML_EVENT_TSMP_DISCO_KEY), 1);
    EQUAL(event_length, ML_EVENT_HEADER + 32);
    EQUAL(event[64 + 31], 'a');
    memset(body + 1, 0, 32);                                            /* "Zero key: ignore" */
    send(packet, ip4(packet, 1, 2, 99, body, 33));
    EQUAL(drain_events(b, ML_EVENT_TSMP_DISCO_KEY), 0);
    body[0] = '!';
    send(packet, ip4(packet, 1, 2, 99, body, 7));
    EQUAL(COUNTER(b, TSMP_OTHER), 1);
}

/* Each line: how a good echo request is spoilt, and the counter that must move. */
static void refused(void)
{
    static const struct { int at, value, length, counter; } lines[] =
    {
        { 0, 0x44, 0, ML_COUNTER_INNER_MALFORMED },                     /* header of 16 bytes */
        { 0, 0x4f, 0, ML_COUNTER_INNER_MALFORMED },                     /* header longer than the packet */
        { 0, 0x55, 0, ML_COUNTER_INNER_MALFORMED },                     /* version 5 */
        { 0, 0x65, 0, ML_COUNTER_INNER_MALFORMED },                     /* IPv6 of 28 bytes */
        { 3, 19, 0, ML_COUNTER_INNER_MALFORMED },                       /* total length below the header */
        { 3, 33, 0, ML_COUNTER_INNER_MALFORMED },                       /* above what came, padding included */
        { 15, 3, 0, ML_COUNTER_INNER_SOURCE },                          /* from 100.64.0.3, who is another peer */
        { 15, 4, 0, ML_COUNTER_INNER_SOURCE },                          /* from 100.64.0.4, who is nobody */
        { 19, 3, 0, ML_COUNTER_INNER_NOT_OURS },                        /* to 100.64.0.3 */
        { 6, 0x20, 0, ML_COUNTER_INNER_FRAGMENT },
        { 7, 1, 0, ML_COUNTER_INNER_FRAGMENT },
        { 6, 0x40, 0, ML_COUNTER_ECHO_ANSWERED },                       /* don't fragment is fine */
        { 9, 6, 0, ML_COUNTER_INNER_NO_NETIF },                         /* TCP */
        { 9, 1, 27, ML_COUNTER_INNER_NO_NETIF },                        /* ICMP without a whole header */
        { 20, 13, 0, ML_COUNTER_INNER_NO_NETIF },                       /* timestamp request */
        { 0, 0x45, 16, ML_COUNTER_INNER_MALFORMED },                    /* shorter than a header */
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
    {
        int n = echo4(packet, 1, 2);
        uint64_t before = counter_of(b, lines[i].counter);
        packet[lines[i].at] = (uint8_t)lines[i].value;
        if (lines[i].length != 0) n = lines[i].length;
        if (lines[i].length == 27) packet[3] = 27;
        send(packet, n);
        checks++;
        if (counter_of(b, lines[i].counter) == before + 1) continue;
        failures++;
        printf("line %d: counter did not move\n", (int)i + 1);
    }
    hex("2c", body);
    memset(body, 0, 64);
    send(packet, ip6(44, 16));
    EQUAL(COUNTER(b, INNER_FRAGMENT), 3);
    ml_dp_options(b, ML_OPTION_INNER_PACKETS);
    send(packet, ip4(packet, 1, 2, 17, body, 12));
    EQUAL(drain_events(b, ML_EVENT_INNER_PACKET), 1);
    EQUAL(event_length, ML_EVENT_HEADER + 32);
}

/* The ring still holds older packets, so padding that is not written would show. */
static void padding(void)
{
    uint8_t key[32];
    memset(key, 2 * 1 + 1, 32);
    for (int n = 20; n <= ML_INNER_MAX; n++)
    {
        int length, padded = (n + 15) / 16 * 16;
        memset(body, 1, sizeof body);
        ip4(packet, 1, 2, 17, body, n - 20);
        if (ml_dp_send_ip(a, packet, 0, n, 2000) != 0) EQUAL(n, -1);
        length = ml_dp_poll_udp(a, packet, 0, sizeof packet);
        if (padded > ML_INNER_MAX) padded = ML_INNER_MAX;
        EQUAL(length, 18 + 32 + padded);
        CHECK(ml_crypto_open(key, ml_load64_le(packet + 18 + 8), packet + 18 + 16, padded + 16));
        for (int i = n; i < padded; i++) EQUAL(packet[18 + 16 + i], 0);
    }
    ip4(packet, 1, 2, 17, body, ML_INNER_MAX - 19);
    EQUAL(ml_dp_send_ip(a, packet, 0, ML_INNER_MAX + 1, 2000), ML_TOO_LONG);
}

static void add_peer_3(void)
{
    uint8_t key[32] = { 3 }, prefix[17];
    v4_prefix(prefix, 100, 64, 0, 3, 32);
    EQUAL(ml_dp_peer_set(b, 1, key, 0), 0);
    EQUAL(ml_dp_peer_allowed(b, 1, prefix, 0, 1), 0);
}

int main(void)
{
    a = plane_with_peer(1, 2);
    b = plane_with_peer(2, 1);
    add_v6(a, 1, 2);
    add_v6(b, 2, 1);
    add_peer_3();
    join(a, b, 1, 1000);
    carry(a, 1, b, 1001);
    drain_events(b, 0);
    echo_v4();
    echo_v6();
    tsmp();
    refused();
    padding();
    ml_dp_destroy(a);
    ml_dp_destroy(b);
    return finish("test_dp_responder");
}
