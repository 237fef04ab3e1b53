/* The packet filter, rule by rule of protocol.md 4.10, on planes that speak to each other: node 1 sends, node 2 has the filter. */
#include "filter_support.h"

static uint8_t packet[2048], table[4096];
static int a, b;

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

static void begin(const model_rule *rules, int count)
{
    a = plane_with_peer(1, 2);
    b = plane_with_peer(2, 1);
    join(a, b, 1, 1000);
    carry(a, 1, b, 1000);
    ml_dp_options(b, ML_OPTION_INNER_PACKETS);
    if (count >= 0) EQUAL(ml_dp_filter_set(b, table, 0, count == 0 ? 0 : put_table(table, rules, count)), 0);
}

static void end(void)
{
    ml_dp_destroy(a);
    ml_dp_destroy(b);
}

/* One rule: nodes 100.64.0.from to reach 100.64.0.2 at these ports. */
static model_rule rule_for(int from, int first_port, int last_port, int protocol)
{
    model_rule rule = { .sources = 1, .targets = 1, .protocols = 1 };
    v4_range(&rule.source[0], 100, 64, 0, from, from);
    v4_range(&rule.target[0].range, 100, 64, 0, 2, 2);
    rule.target[0].first_port = first_port;
    rule.target[0].last_port = last_port;
    rule.protocol[0] = (uint8_t)protocol;
    return rule;
}

/* Node 1 sends what is in packet. True when node 2 let it in. */
static bool passes(int count)
{
    ml_dp *dp = ml_dp_enter(a);
    int before, after;
    ml_transport_send(dp, 0, packet, count, 1001);
    ml_dp_leave(dp, 0);
    drain_events(b, 0);
    before = (int)COUNTER(b, ECHO_ANSWERED);
    carry(a, 1, b, 1001);
    after = (int)COUNTER(b, ECHO_ANSWERED) - before;
    while ((before = ml_dp_poll_event(b, packet, 0, sizeof packet)) > 0)
        after += packet[0] == ML_EVENT_INNER_PACKET || packet[0] == ML_EVENT_INNER_REPLY;
    return after != 0;
}

static bool tcp(int source, int destination, int flags)
{
    uint8_t body[20] = { (uint8_t)(source >> 8), (uint8_t)source, (uint8_t)(destination >> 8), (uint8_t)destination };
    body[12] = 0x50;
    body[13] = (uint8_t)flags;
    return passes(ip4(packet, 1, 2, 6, body, sizeof body));
}

static bool ports(int protocol, int source, int destination)
{
    uint8_t body[12] = { (uint8_t)(source >> 8), (uint8_t)source, (uint8_t)(destination >> 8), (uint8_t)destination };
    return passes(ip4(packet, 1, 2, protocol, body, sizeof body));
}

static bool icmp(int type, int code)
{
    uint8_t body[8] = { (uint8_t)type, (uint8_t)code };
    return passes(ip4(packet, 1, 2, 1, body, sizeof body));
}

static bool to(int d0, int d1, int d2, int d3)
{
    uint8_t body[12] = { 0, 80, 0, 80 };
    int n = ip4(packet, 1, 2, 17, body, sizeof body);
    packet[16] = (uint8_t)d0;
    packet[17] = (uint8_t)d1;
    packet[18] = (uint8_t)d2;
    packet[19] = (uint8_t)d3;
    return passes(n);
}

static void nothing_comes_in_without_rules(void)
{
    begin(NULL, 0);
    CHECK(!tcp(1, 80, SYN));
    CHECK(!ports(17, 1, 80));
    CHECK(!icmp(8, 0));
    EQUAL(COUNTER(b, FILTER_DENIED), 3);
    CHECK(tcp(1, 80, SYN | ACK));                             /* answers do */
    CHECK(tcp(1, 80, ACK));
    CHECK(tcp(1, 80, RST));
    CHECK(icmp(0, 0));
    CHECK(icmp(3, 1));
    CHECK(icmp(11, 0));
    CHECK(icmp(12, 0));
    CHECK(!icmp(5, 0));                                       /* a redirect is no answer */
    CHECK(!icmp(0, 1));
    end();
    {
        uint8_t random[32] = { 1 }, prefix[17], endpoint[18];
        a = plane_with_peer(1, 2);
        b = ml_dp_create(8, 1024, 32, 1 << 16, 1 << 16, 16384, 64);
        ml_dp_seed(b, random, 0);
        memset(random, 1, 32);
        ml_dp_peer_set(b, 0, random, 0);
        v4_prefix(prefix, 100, 64, 0, 1, 32);
        ml_dp_peer_allowed(b, 0, prefix, 0, 1);
        v4_endpoint(endpoint, 100, 64, 0, 2, 0);
        ml_dp_set_self_addresses(b, endpoint, 0, 1);
        join(a, b, 1, 1000);
        CHECK(!tcp(1, 80, SYN));
        EQUAL(COUNTER(b, FILTER_MISSING), 1);                 /* before control has said anything */
        end();
    }
}

static void tcp_needs_source_target_port_and_protocol(void)
{
    model_rule rules[2] = { rule_for(1, 80, 90, 6), rule_for(1, 500, 500, 17) };
    begin(rules, 2);
    CHECK(tcp(1, 80, SYN));
    CHECK(tcp(1, 90, SYN));
    CHECK(tcp(1, 85, SYN | 0xc0));                            /* with ECN */
    CHECK(!tcp(1, 79, SYN));
    CHECK(!tcp(1, 91, SYN));
    CHECK(!tcp(1, 500, SYN));
    CHECK(!tcp(80, 1, SYN));
    CHECK(ports(17, 1, 500));
    CHECK(!ports(17, 1, 80));
    CHECK(!ports(132, 1, 80));
    CHECK(icmp(8, 0));                                        /* any rule for the two addresses, whatever its protocol */
    end();
    rules[0] = rule_for(3, 0, 65535, 6);
    begin(rules, 1);
    CHECK(!tcp(1, 80, SYN));
    CHECK(!icmp(8, 0));
    end();
    rules[0] = rule_for(1, 0, 65535, 6);
    v4_range(&rules[0].target[0].range, 100, 64, 0, 3, 9);
    begin(rules, 1);
    CHECK(!tcp(1, 80, SYN));
    CHECK(!icmp(8, 0));
    end();
}

static void other_protocols_need_all_ports(void)
{
    model_rule rules[2] = { rule_for(1, 0, 65535, 47), rule_for(1, 0, 65534, 50) };
    uint8_t body[8] = { 0 };
    begin(rules, 2);
    CHECK(passes(ip4(packet, 1, 2, 47, body, 8)));
    CHECK(!passes(ip4(packet, 1, 2, 50, body, 8)));
    CHECK(!passes(ip4(packet, 1, 2, 89, body, 8)));
    CHECK(!passes(ip4(packet, 1, 2, 0, body, 8)));
    CHECK(!passes(ip4(packet, 1, 2, 255, body, 8)));
    EQUAL(COUNTER(b, INNER_UNKNOWN), 2);
    EQUAL(COUNTER(b, FILTER_DENIED), 2);
    end();
}

static void flows_let_answers_in(void)
{
    uint8_t body[12] = { 0, 53, 0, 99 };
    begin(NULL, 0);
    CHECK(!ports(17, 99, 53));
    ml_dp_send_ip(b, packet, 0, ip4(packet, 2, 1, 17, body, 12), 1002);       /* 2:53 asks 1:99 */
    CHECK(ports(17, 99, 53));
    CHECK(!ports(17, 99, 54));
    CHECK(!ports(17, 98, 53));
    CHECK(!ports(132, 99, 53));
    CHECK(!tcp(99, 53, SYN));
    ml_dp_send_ip(b, packet, 0, ip4(packet, 2, 1, 132, body, 12), 1002);
    CHECK(ports(132, 99, 53));
    /* 64 flows are remembered: the one not used longest goes. */
    for (int i = 0; i < 62; i++)
    {
        body[3] = (uint8_t)(100 + i);
        ml_dp_send_ip(b, packet, 0, ip4(packet, 2, 1, 17, body, 12), 1003);
    }
    EQUAL(COUNTER(b, FLOWS_FORGOTTEN), 0);
    CHECK(ports(17, 99, 53));                                 /* used: it is young again */
    body[3] = 200;
    ml_dp_send_ip(b, packet, 0, ip4(packet, 2, 1, 17, body, 12), 1003);
    EQUAL(COUNTER(b, FLOWS_FORGOTTEN), 1);
    CHECK(!ports(132, 99, 53));
    CHECK(ports(17, 99, 53));
    EQUAL(ml_dp_filter_set(b, table, 0, 0), 0);
    CHECK(ports(17, 99, 53));                                 /* a new filter leaves flows alone */
    end();
}

static void destinations(void)
{
    model_rule rule = rule_for(1, 0, 65535, 17);
    uint8_t routes[2 * 17];
    v4_range(&rule.target[0].range, 0, 0, 0, 0, 0);
    memset(rule.target[0].range.last + 12, 0xff, 4);
    begin(&rule, 1);
    ml_dp_options(b, 0);
    CHECK(!to(100, 64, 0, 3));
    EQUAL(COUNTER(b, INNER_NOT_OURS), 1);
    CHECK(!to(224, 0, 0, 251));
    CHECK(!to(239, 1, 2, 3));
    EQUAL(COUNTER(b, INNER_MULTICAST), 2);
    CHECK(!to(169, 254, 1, 1));
    EQUAL(COUNTER(b, INNER_LINK_LOCAL), 1);
    CHECK(!to(169, 254, 169, 254));                           /* not link-local here, but not ours either */
    EQUAL(COUNTER(b, INNER_NOT_OURS), 2);
    v4_prefix(routes, 192, 168, 7, 0, 24);
    v4_prefix(routes + 17, 10, 0, 0, 0, 8);
    EQUAL(ml_dp_set_local_routes(b, routes, 0, 2), 0);
    to(192, 168, 7, 9);
    to(10, 200, 1, 1);
    EQUAL(COUNTER(b, INNER_NOT_OURS), 4);                     /* the responder has no use for them, */
    EQUAL(COUNTER(b, FILTER_DENIED), 0);
    to(192, 168, 8, 9);
    EQUAL(COUNTER(b, INNER_NOT_OURS), 5);
    EQUAL(ml_dp_set_local_routes(b, routes, 0, 65), ML_FULL);
    routes[16] = 129;
    EQUAL(ml_dp_set_local_routes(b, routes, 0, 1), ML_BAD_ARGUMENT);
    /* and what goes out: no multicast, no link-local. */
    ip4(packet, 2, 1, 17, routes, 12);
    packet[16] = 224;
    v4_prefix(routes, 0, 0, 0, 0, 0);
    ml_dp_peer_allowed(b, 0, routes, 0, 1);
    EQUAL(ml_dp_send_ip(b, packet, 0, 32, 1002), ML_DROPPED);
    EQUAL(COUNTER(b, OUT_MULTICAST), 1);
    end();
}

static void fragments(void)
{
    uint8_t body[100] = { 0, 99, 0, 80 };
    model_rule rule = rule_for(1, 80, 80, 17);
    int n;
    begin(&rule, 1);
    ml_dp_options(b, 0);
    n = ip4(packet, 1, 2, 17, body, sizeof body);
    packet[7] = 10;                                           /* a later fragment, from byte 80 on */
    passes(n);
    EQUAL(COUNTER(b, INNER_FRAGMENT), 1);                     /* let in; the responder cannot use it */
    n = ip4(packet, 1, 2, 17, body, sizeof body);
    packet[7] = 9;                                            /* it could overwrite a header */
    passes(n);
    EQUAL(COUNTER(b, INNER_UNKNOWN), 1);
    n = ip4(packet, 1, 2, 17, body, sizeof body);
    packet[6] = 0x20;                                         /* the first fragment has ports */
    passes(n);
    EQUAL(COUNTER(b, INNER_FRAGMENT), 2);
    n = ip4(packet, 1, 2, 17, body, 7);
    packet[6] = 0x20;
    passes(n);
    EQUAL(COUNTER(b, INNER_UNKNOWN), 2);
    body[3] = 81;
    n = ip4(packet, 1, 2, 17, body, sizeof body);
    packet[6] = 0x20;
    passes(n);
    EQUAL(COUNTER(b, FILTER_DENIED), 1);
    n = ip4(packet, 1, 2, 6, body, 19);                       /* a cut TCP header */
    passes(n);
    EQUAL(COUNTER(b, INNER_UNKNOWN), 3);
    end();
}

static void jailed_peers_answer_only(void)
{
    model_rule rule = rule_for(1, 0, 65535, 6);
    uint8_t body[12] = { 0, 53, 0, 99 };
    begin(&rule, 1);
    CHECK(tcp(1, 80, SYN));
    EQUAL(ml_dp_peer_rights(b, 0, ML_RIGHT_JAILED, 0, packet, 0, 0), 0);
    CHECK(!tcp(1, 80, SYN));
    CHECK(!icmp(8, 0));
    EQUAL(COUNTER(b, FILTER_JAILED), 2);
    CHECK(tcp(1, 80, ACK));
    CHECK(icmp(0, 0));
    ml_dp_send_ip(b, packet, 0, ip4(packet, 2, 1, 17, body, 12), 1002);
    CHECK(ports(17, 99, 53));
    EQUAL(ml_dp_peer_rights(b, 0, 0, 0, packet, 0, 0), 0);
    CHECK(tcp(1, 80, SYN));
    EQUAL(ml_dp_peer_rights(b, 1, 0, 0, packet, 0, 0), ML_BAD_ARGUMENT);
    end();
}

static void capabilities_are_sources(void)
{
    model_rule rule = rule_for(3, 22, 22, 6);
    uint8_t own[18], allowed[2 * 17];
    rule.capabilities = 4;
    begin(&rule, 1);
    v4_endpoint(own, 100, 64, 0, 1, 0);
    CHECK(!tcp(1, 22, SYN));
    EQUAL(ml_dp_peer_rights(b, 0, 0, 3, own, 0, 1), 0);
    CHECK(!tcp(1, 22, SYN));
    EQUAL(ml_dp_peer_rights(b, 0, 0, 4, own, 0, 1), 0);
    CHECK(tcp(1, 22, SYN));
    CHECK(!tcp(1, 23, SYN));
    CHECK(icmp(8, 0));
    v4_endpoint(own, 100, 64, 0, 7, 0);                       /* what it routes has none of its rights */
    v4_prefix(allowed, 100, 64, 0, 1, 32);
    v4_prefix(allowed + 17, 100, 64, 0, 7, 32);
    ml_dp_peer_allowed(b, 0, allowed, 0, 2);
    EQUAL(ml_dp_peer_rights(b, 0, 0, 4, own, 0, 1), 0);
    CHECK(!tcp(1, 22, SYN));
    ml_dp_peer_remove(b, 0);
    memset(own, 1, sizeof own);
    end();
}

static void peer_api_and_tsmp_are_always_open(void)
{
    begin(NULL, 0);
    ml_dp_set_peer_api_port(b, 4444);
    CHECK(tcp(1, 4444, SYN));
    CHECK(!tcp(1, 4445, SYN));
    CHECK(!ports(17, 1, 4444));
    ml_dp_peer_rights(b, 0, ML_RIGHT_JAILED, 0, packet, 0, 0);
    CHECK(tcp(1, 4444, SYN));
    passes(ip4(packet, 1, 2, 99, (const uint8_t *)"p12345678", 9));
    EQUAL(COUNTER(b, TSMP_ANSWERED), 1);
    end();
}

/* The peer is told of a refused SYN: '!' protocol 'A' ports, from us to it. */
static void refused_connections_are_told(void)
{
    begin(NULL, 0);
    while (ml_dp_poll_udp(b, packet, 0, sizeof packet) > 0) { }
    CHECK(!tcp(1234, 80, SYN));
    EQUAL(COUNTER(b, TSMP_REJECTS), 1);
    EQUAL(carry(b, 2, a, 1002), 1);
    EQUAL(COUNTER(a, TSMP_OTHER), 1);
    {
        ml_dp *dp = ml_dp_enter(a);
        static const uint8_t wanted[] = { '!', 6, 'A', 0x04, 0xd2, 0, 80 };
        /* The scratch buffer still holds what was decrypted. */
        CHECK(memcmp(dp->scratch + 16 + 20, wanted, sizeof wanted) == 0);
        EQUAL(dp->scratch[16 + 9], 99);
        EQUAL(dp->scratch[16 + 15], 2);
        EQUAL(dp->scratch[16 + 19], 1);
        ml_dp_leave(dp, 0);
    }
    CHECK(!ports(17, 1, 80));
    EQUAL(COUNTER(b, TSMP_REJECTS), 1);
    end();
}

static int taken;
static int take(void *context, int slot, const uint8_t *bytes, int count)
{
    (void)context;
    (void)slot;
    (void)bytes;
    taken += count;
    return 1;
}

static void routes_are_delivered_to_a_sink(void)
{
    model_rule rule = rule_for(1, 0, 65535, 17);
    ml_dp_inner_sink sink = { take, NULL, NULL };
    uint8_t route[17];
    v4_range(&rule.target[0].range, 192, 168, 7, 0, 127);
    begin(&rule, 1);
    v4_prefix(route, 192, 168, 7, 0, 24);
    ml_dp_set_local_routes(b, route, 0, 1);
    ml_dp_set_inner_sink(b, &sink);
    to(192, 168, 7, 9);
    EQUAL(taken, 32);
    to(192, 168, 7, 128);                                     /* ours, but no rule */
    to(192, 168, 8, 9);
    EQUAL(taken, 32);
    EQUAL(COUNTER(b, FILTER_DENIED), 1);
    EQUAL(COUNTER(b, INNER_NOT_OURS), 1);
    end();
}

/* Every cut and every changed byte of a good table: refused or used without harm, and a refused one lets nothing in. */
static void damaged_tables(void)
{
    model_rule rules[2] = { rule_for(1, 80, 90, 6), rule_for(1, 0, 65535, 17) };
    int length, accepted = 0;
    begin(rules, 2);
    length = put_table(table, rules, 2);
    for (int i = 1; i < length; i++)
    {
        uint8_t *cut = malloc((size_t)i);
        memcpy(cut, table, (size_t)i);
        EQUAL(ml_dp_filter_set(b, cut, 0, i), ML_MALFORMED);
        free(cut);
    }
    CHECK(!tcp(1, 80, SYN));
    for (int i = 0; i < length; i++)
    {
        uint8_t was = table[i];
        for (int bit = 0; bit < 8; bit++)
        {
            table[i] = (uint8_t)(was ^ 1 << bit);
            if (ml_dp_filter_set(b, table, 0, length) != 0) continue;
            accepted++;
            tcp(1, 80, SYN);
            icmp(8, 0);
        }
        table[i] = was;
    }
    CHECK(accepted > 0);
    put_table(table, rules, 2);
    table[ml_load32_le(table + 12)] = 2;                      /* a rule of the third set of two */
    EQUAL(ml_dp_filter_set(b, table, 0, length), ML_MALFORMED);
    rules[0].sources = 2;
    v4_range(&rules[0].source[1], 100, 64, 0, 10, 20);
    length = put_table(table, rules, 2);
    EQUAL(ml_dp_filter_set(b, table, 0, length), 0);
    table[16 + 8 + 8 + 8 + 3] = 1;                            /* the second range begins in the first */
    EQUAL(ml_dp_filter_set(b, table, 0, length), ML_MALFORMED);
    length = put_table(table, rules, 2);
    EQUAL(ml_dp_filter_set(b, table, 0, 16385), ML_FULL);
    EQUAL(ml_dp_filter_set(b, table, 0, -1), ML_BAD_ARGUMENT);
    CHECK(!tcp(1, 80, SYN));
    EQUAL(ml_dp_filter_set(b, table, 0, length), 0);
    CHECK(tcp(1, 80, SYN));
    end();
}

/* TSMP behind a Fragment header is none of ours, and no rule can let it in. */
static void tsmp_in_fragments_is_unknown(void)
{
    ml_parsed parsed;
    memset(packet, 0, 60);
    packet[0] = 0x60;
    packet[5] = 20;
    packet[6] = 44;
    packet[40] = 99;
    ml_filter_parse(&parsed, packet, 60, packet + 8, packet + 24);
    EQUAL(parsed.protocol, 0);
    packet[40] = 17;
    ml_filter_parse(&parsed, packet, 60, packet + 8, packet + 24);
    EQUAL(parsed.protocol, 17);
}

/* An IPv6 packet with v4-mapped addresses has no IPv4 rights. */
static void mapped_addresses_are_malformed(void)
{
    model_rule rule = rule_for(1, 0, 65535, 17);
    static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
    begin(&rule, 1);
    memset(packet, 0, 60);
    packet[0] = 0x60;
    packet[5] = 12;
    packet[6] = 17;
    memcpy(packet + 8, mapped, 12);
    memcpy(packet + 20, "\x64\x40\0\1", 4);
    memcpy(packet + 24, mapped, 12);
    memcpy(packet + 36, "\x64\x40\0\2", 4);
    CHECK(!passes(52));
    EQUAL(COUNTER(b, INNER_MALFORMED), 1);
    end();
}

int main(void)
{
    nothing_comes_in_without_rules();
    tcp_needs_source_target_port_and_protocol();
    other_protocols_need_all_ports();
    flows_let_answers_in();
    destinations();
    routes_are_delivered_to_a_sink();
    fragments();
    jailed_peers_answer_only();
    capabilities_are_sources();
    peer_api_and_tsmp_are_always_open();
    refused_connections_are_told();
    damaged_tables();
    tsmp_in_fragments_is_unknown();
    mapped_addresses_are_malformed();
    return finish("test_dp_filter");
}
