/* Addresses of ours that one peer sees otherwise: random packets against packets that are made anew, then two planes of which one is
 * masqueraded, by every door. */
#include "filter_support.h"
#include "masquerade_support.h"

#ifdef ML_EVERY                        /* on an emulated chip */
#define ROUNDS 1000
#define DAMAGED 500
#else
#define ROUNDS (soaking() ? 2000000 : 60000)
#define DAMAGED 20000
#endif

static uint8_t packet[2048], other[2048], taken[2048], space[2048];
static int taken_count, takes;

static int take(void *context, int slot, const uint8_t *bytes, int count)
{
    (void)context;
    (void)slot;
    memcpy(taken, bytes, (size_t)count);
    taken_count = count;
    takes++;
    return 1;
}

static void address_of(uint8_t *into, bool v4, int number)
{
    uint8_t endpoint[18];
    v4_endpoint(endpoint, 100, 64, number >> 8, number & 255, 0);
    memcpy(into, endpoint, 16);
    if (v4) return;
    memset(into, 0, 16);
    memcpy(into, "\xfd\x7a\x11\x5c\xa1\xe0", 6);
    put_be(into + 14, number);
}

/* Our native number is 1, the peer's 2; it knows us as 257 (100.64.1.1). */
enum { NATIVE = 1, PEER = 2, MASQUERADE = 257 };

static int give(int plane, int families)
{
    uint8_t addresses[32];
    int count = 0;
    for (int v4 = 1; v4 >= 0; v4--)
        if (families & (v4 ? 1 : 2)) address_of(addresses + 16 * count++, v4 != 0, MASQUERADE);
    return ml_dp_peer_masquerade(plane, 0, addresses, 0, count);
}

/* ---- the translation alone -------------------------------------------------------------------------------------------------------------- */

static void equals_a_packet_made_anew(int plane)
{
    int wrong = 0;
    ml_dp *dp = ml_dp_enter(plane);
    for (int round = 1; round <= ROUNDS && wrong == 0; round++)
    {
        bool v4 = round & 1, out = round & 2;
        int most = round % 50 == 0 ? 1400 : 451 + round % 200, length;
        uint8_t destination[16], wanted[16];
        pair native, masquerade;
        address_of(native.ours, v4, NATIVE);
        address_of(native.theirs, v4, PEER);
        masquerade = native;
        address_of(masquerade.ours, v4, MASQUERADE);
        build_state = 0x9e3779b97f4a7c15u * (uint64_t)round;
        length = build(packet, v4, out ? &native : &masquerade, out, true, most);
        build_state = 0x9e3779b97f4a7c15u * (uint64_t)round;
        wrong += build(other, v4, out ? &masquerade : &native, out, true, most) != length;
        memset(packet + length, 0xa5, 40);
        memset(other + length, 0xa5, 40);
        if (out) ml_masquerade_out(dp, &dp->peers[0], packet, length);
        else
        {
            ml_masquerade_in(dp, &dp->peers[0], packet, length, destination);
            address_of(wanted, v4, NATIVE);
            wrong += memcmp(destination, wanted, 16) != 0;
        }
        wrong += memcmp(packet, other, (size_t)length + 40) != 0;
        if (wrong != 0) printf("round %d: %s %s packet of %d bytes\n", round, out ? "outbound" : "inbound", v4 ? "IPv4" : "IPv6", length);
    }
    ml_dp_leave(dp, 0);
    EQUAL(wrong, 0);
}

/* A UDP packet whose checksum is zero when we are known by the masquerade: FFFF stands for it, zero would mean "none" (RFC 768). */
static void a_checksum_of_zero_is_written_as_ffff(int plane)
{
    ml_dp *dp = ml_dp_enter(plane);
    uint8_t *checksum = packet + 26, *word = packet + 28;
    pair p;
    memset(packet, 0, 30);
    packet[0] = 0x45;
    packet[3] = 30;
    packet[9] = 17;
    packet[25] = 10;
    address_of(p.ours, true, MASQUERADE);
    address_of(p.theirs, true, PEER);
    memcpy(packet + 16, p.theirs + 12, 4);
    put_be(word, checksum_of(packet + 20, 10, pseudo_of(true, &p, true, 17, 10)));
    address_of(p.ours, true, NATIVE);
    memcpy(packet + 12, p.ours + 12, 4);
    put_be(checksum, checksum_of(packet + 20, 10, pseudo_of(true, &p, true, 17, 10)));
    ml_masquerade_out(dp, &dp->peers[0], packet, 30);
    EQUAL(checksum[0] << 8 | checksum[1], 0xffff);
    ml_dp_leave(dp, 0);
}

/* With a segment left the checksum covers the last address of the route, not the one in the header. */
static void a_route_with_segments_left_keeps_its_checksum(int plane)
{
    ml_dp *dp = ml_dp_enter(plane);
    uint8_t destination[16];
    memset(packet, 0, sizeof packet);
    packet[0] = 0x60;
    packet[5] = 8 + 8;
    packet[6] = 43;
    address_of(packet + 8, false, PEER);
    address_of(packet + 24, false, MASQUERADE);
    packet[40] = 17;
    packet[43] = 1;
    packet[54] = 0x12;
    ml_masquerade_in(dp, &dp->peers[0], packet, 56, destination);
    EQUAL(packet[54] << 8 | packet[55], 0x1200);
    EQUAL(packet[39], NATIVE);
    ml_dp_leave(dp, 0);
}

/* Cut at every byte, and random bytes with the right addresses: nothing outside of the packet is read (ASan) or written. */
static void hostile_packets_stay_in_their_bytes(int plane)
{
    ml_dp *dp = ml_dp_enter(plane);
    int written = 0;
    for (int round = 0; round < DAMAGED; round++)
    {
        bool v4 = round & 1, out = round & 2;
        int length = round % 120;
        uint8_t destination[16], *exact = malloc((size_t)length + 1);
        pair p;
        address_of(p.theirs, v4, PEER);
        address_of(p.ours, v4, out ? NATIVE : MASQUERADE);
        build_state = 0x2545f4914f6cdd1du * (uint64_t)(round + 1);
        build(packet, v4, &p, out, true, 600);
        for (int damage = (int)pick(6); damage > 0; damage--) packet[pick(v4 ? 12 : 8) + (pick(2) ? (v4 ? 20 : 40) : 0)] = (uint8_t)pick(256);
        memcpy(exact, packet, (size_t)length);
        exact[length] = 0x5a;
        /* As ml_inner_check lets none through that is shorter than its header says; the plane seals what it made itself unchecked. */
        if (length > 0 && out) ml_masquerade_out(dp, &dp->peers[0], exact, length);
        if (length > 0 && !out) ml_masquerade_in(dp, &dp->peers[0], exact, length, destination);
        written += exact[length] != 0x5a;
        free(exact);
    }
    ml_dp_leave(dp, 0);
    EQUAL(written, 0);
}

static void the_native_address_is_the_tailnets_first(int plane)
{
    uint8_t self[4 * 16];
    ml_dp *dp;
    v4_endpoint(other, 10, 0, 0, 1, 0);
    memcpy(self, other, 16);
    v4_endpoint(other, 100, 115, 92, 1, 0);
    memcpy(self + 16, other, 16);
    EQUAL(ml_dp_set_self_addresses(plane, self, 0, 2), 0);
    dp = ml_dp_enter(plane);
    EQUAL(dp->native[0], 0);
    EQUAL(dp->native[1], -1);
    ml_dp_leave(dp, 0);
    address_of(self + 32, true, 7);
    address_of(self + 48, false, 7);
    EQUAL(ml_dp_set_self_addresses(plane, self, 0, 4), 0);
    dp = ml_dp_enter(plane);
    EQUAL(dp->native[0], 2);
    EQUAL(dp->native[1], 3);
    ml_dp_leave(dp, 0);
    address_of(self, true, NATIVE);
    address_of(self + 16, false, NATIVE);
    EQUAL(ml_dp_set_self_addresses(plane, self, 0, 2), 0);
}

/* ---- two planes ------------------------------------------------------------------------------------------------------------------------- */

static int a, b;

/* a is node 1 and known to b as 257; b knows no other address of it. */
static void open_planes(int families)
{
    uint8_t addresses[32], prefixes[34] = { 0 };
    static const ml_dp_inner_sink sink = { take, NULL, NULL };
    a = plane_with_peer(1, 2);
    b = plane_with_peer(2, 1);
    address_of(addresses, true, NATIVE);
    address_of(addresses + 16, false, NATIVE);
    EQUAL(ml_dp_set_self_addresses(a, addresses, 0, 2), 0);
    address_of(prefixes, true, PEER);
    address_of(prefixes + 17, false, PEER);
    prefixes[16] = prefixes[33] = 128;
    EQUAL(ml_dp_peer_allowed(a, 0, prefixes, 0, 2), 0);
    address_of(addresses, true, PEER);
    address_of(addresses + 16, false, PEER);
    EQUAL(ml_dp_set_self_addresses(b, addresses, 0, 2), 0);
    address_of(prefixes, true, families & 1 ? MASQUERADE : NATIVE);
    address_of(prefixes + 17, false, families & 2 ? MASQUERADE : NATIVE);
    EQUAL(ml_dp_peer_allowed(b, 0, prefixes, 0, 2), 0);
    EQUAL(give(a, families), 0);
    ml_dp_set_inner_sink(a, &sink);
    ml_dp_set_inner_sink(b, &sink);
}

static void join_planes(void)
{
    join(a, b, 1, 1000);
    carry(a, 1, b, 1000);
}

static void close_planes(void)
{
    EQUAL(COUNTER(a, INNER_SOURCE), 0);
    EQUAL(COUNTER(b, INNER_SOURCE), 0);
    ml_dp_destroy(a);
    ml_dp_destroy(b);
}

/* A UDP packet with both checksums from one node's number to another's. */
static int udp(uint8_t *into, bool v4, int from, int to, int source_port, int port)
{
    pair p;
    int header = v4 ? 20 : 40;
    address_of(p.ours, v4, from);
    address_of(p.theirs, v4, to);
    memset(into, 0, (size_t)header + 8);
    into[0] = v4 ? 0x45 : 0x60;
    into[v4 ? 9 : 6] = 17;
    into[v4 ? 8 : 7] = 64;
    put_be(into + (v4 ? 2 : 4), v4 ? 28 + 12 : 8 + 12);
    memcpy(into + (v4 ? 12 : 8), p.ours + (v4 ? 12 : 0), v4 ? 4 : 16);
    memcpy(into + (v4 ? 16 : 24), p.theirs + (v4 ? 12 : 0), v4 ? 4 : 16);
    if (v4) put_be(into + 10, checksum_of(into, 20, 0));
    put_be(into + header, source_port);
    put_be(into + header + 2, port);
    put_be(into + header + 4, 20);
    memcpy(into + header + 8, "twelve bytes", 12);
    put_be(into + header + 6, checksum_of(into + header, 20, pseudo_of(v4, &p, true, 17, 20)));
    return header + 20;
}

static void taken_is(bool v4, int from, int to)
{
    int length = udp(other, v4, from, to, 7, 9);
    EQUAL(takes, 1);
    EQUAL(taken_count, length);
    CHECK(memcmp(taken, other, (size_t)length) == 0);
    takes = 0;
}

static void both_ways(int families)
{
    open_planes(families);
    join_planes();
    for (int v4 = 0; v4 < 2; v4++)
    {
        int masqueraded = families & (v4 ? 1 : 2) ? MASQUERADE : NATIVE;
        ml_dp_outbound out = { space + ML_HEADROOM, 0, 0, 0, { 0 } };
        EQUAL(ml_dp_send_ip(a, packet, 0, udp(packet, v4, NATIVE, PEER, 7, 9), 1001), 0);
        EQUAL(carry(a, 1, b, 1001), 1);
        taken_is(v4, masqueraded, PEER);

        out.count = udp(out.packet, v4, NATIVE, PEER, 7, 9);
        EQUAL(ml_dp_out_batch(a, &out, 1, 1001), 1);
        ml_dp_udp_in(b, out.endpoint, 0, out.packet - ML_HEADROOM, 0, out.length, 1001);
        taken_is(v4, masqueraded, PEER);

        EQUAL(ml_dp_send_ip(b, packet, 0, udp(packet, v4, PEER, masqueraded, 7, 9), 1001), 0);
        EQUAL(carry(b, 2, a, 1001), 1);
        taken_is(v4, PEER, NATIVE);
    }
    close_planes();
}

static void in_batch_is_as_udp_in(void)
{
    ml_dp_inbound in = { space, other, 0, 0, 0, 0 };
    int n;
    open_planes(3);
    join_planes();
    EQUAL(ml_dp_send_ip(b, packet, 0, udp(packet, true, PEER, MASQUERADE, 7, 9), 1001), 0);
    n = ml_dp_poll_udp(b, packet, 0, sizeof packet);
    memcpy(space, packet + ML_ENDPOINT, (size_t)(n - ML_ENDPOINT));
    v4_endpoint(other, 10, 0, 0, 2, 41641);
    in.count = n - ML_ENDPOINT;
    EQUAL(ml_dp_in_batch(a, &in, 1, 1, 1001), 1);
    memcpy(taken, space + in.offset, (size_t)in.length);
    taken_count = in.length;
    takes = 1;
    taken_is(true, PEER, NATIVE);
    close_planes();
}

/* TSMP and, without a network interface, echo: the answer comes from the address that was asked. */
static void pings_are_answered(void)
{
    static const uint8_t ping[9] = { 'p', 1, 2, 3, 4, 5, 6, 7, 8 };
    open_planes(1);
    ml_dp_set_inner_sink(a, NULL);
    ml_dp_set_inner_sink(b, NULL);
    join_planes();
    for (int asked = NATIVE; asked <= MASQUERADE; asked += MASQUERADE - NATIVE)
    {
        uint8_t prefixes[34], to[16];
        address_of(prefixes, true, MASQUERADE);
        address_of(prefixes + 17, true, NATIVE);
        prefixes[16] = prefixes[33] = 128;
        EQUAL(ml_dp_peer_allowed(b, 0, prefixes, 0, 2), 0);
        address_of(to, true, asked);
        for (int kind = 0; kind < 2; kind++)
        {
            int n = kind == 0 ? ip4(packet, 2, 1, 99, ping, 9) : echo4(packet, 2, 1);
            memcpy(packet + 16, to + 12, 4);
            put_be(packet + 10, 0);
            put_be(packet + 10, checksum_of(packet, 20, 0));
            EQUAL(ml_dp_send_ip(b, packet, 0, n, 1001), 0);
            carry(b, 2, a, 1001);
            carry(a, 1, b, 1001);
            EQUAL(drain_events(b, ML_EVENT_INNER_REPLY), 1);
            address_of(to, true, MASQUERADE);
            CHECK(memcmp(event + ML_EVENT_HEADER + 12, to + 12, 4) == 0);
            EQUAL(checksum_of(event + ML_EVENT_HEADER, 20, 0), 0);
            address_of(to, true, asked);
        }
    }
    EQUAL(COUNTER(a, TSMP_ANSWERED), 2);
    EQUAL(COUNTER(a, ECHO_ANSWERED), 2);
    close_planes();
}

/* The filter knows the native address only: in its rules, in its flows and for the peer API. */
static void the_filter_sees_native_addresses(void)
{
    static uint8_t table[1024];
    model_rule rule = { 1, 1, 1, 0, { { { 0 }, { 0 } } }, { { { { 0 }, { 0 } }, 80, 80 } }, { 17 } };
    uint8_t body[20] = { 0, 7, 0, 22 };
    open_planes(1);
    join_planes();
    v4_range(&rule.source[0], 100, 64, 0, PEER, PEER);
    v4_range(&rule.target[0].range, 100, 64, 0, NATIVE, NATIVE);
    EQUAL(ml_dp_filter_set(a, table, 0, put_table(table, &rule, 1)), 0);

    ml_dp_send_ip(b, packet, 0, udp(packet, true, PEER, MASQUERADE, 7, 80), 1001);
    ml_dp_send_ip(b, packet, 0, udp(packet, true, PEER, MASQUERADE, 7, 81), 1001);
    carry(b, 2, a, 1001);
    EQUAL(takes, 1);
    EQUAL(COUNTER(a, FILTER_DENIED), 1);

    ml_dp_send_ip(a, packet, 0, udp(packet, true, NATIVE, PEER, 81, 7), 1001);
    ml_dp_send_ip(b, packet, 0, udp(packet, true, PEER, MASQUERADE, 7, 81), 1001);
    carry(b, 2, a, 1001);
    EQUAL(takes, 2);

    body[13] = 2;
    for (int open = 0; open < 2; open++)
    {
        uint8_t to[16];
        int n = ip4(packet, PEER, 1, 6, body, 20);
        address_of(to, true, MASQUERADE);
        memcpy(packet + 16, to + 12, 4);
        if (open) ml_dp_set_peer_api_port(a, 22);
        ml_dp_send_ip(b, packet, 0, n, 1001);
        carry(b, 2, a, 1001);
        EQUAL(takes, 2 + open);
    }
    EQUAL(COUNTER(a, TSMP_REJECTS), 1);
    carry(a, 1, b, 1001);                                              /* the reject came from the masquerade: b's close_planes looks */
    EQUAL(COUNTER(b, TSMP_OTHER), 1);
    takes = 0;
    close_planes();
}

static void what_is_not_for_us_stays(void)
{
    uint8_t prefixes[51], to[16];
    open_planes(1);
    join_planes();
    /* To the native address, which this peer does not know by rights: accepted as ever. */
    address_of(prefixes, true, MASQUERADE);
    address_of(prefixes + 17, true, NATIVE);
    address_of(prefixes + 34, true, 300);
    prefixes[16] = prefixes[33] = prefixes[50] = 128;
    EQUAL(ml_dp_peer_allowed(b, 0, prefixes, 0, 3), 0);
    ml_dp_filter_set(a, no_filter, 0, 0);
    ml_dp_send_ip(b, packet, 0, udp(packet, true, PEER, 300, 7, 9), 1001);
    ml_dp_send_ip(b, packet, 0, udp(packet, true, PEER, MASQUERADE, 7, 9), 1001);
    carry(b, 2, a, 1001);
    EQUAL(COUNTER(a, INNER_NOT_OURS), 1);
    EQUAL(COUNTER(a, FILTER_DENIED), 1);
    ml_dp_filter_set(a, no_filter, 0, sizeof no_filter);
    ml_dp_send_ip(b, packet, 0, udp(packet, true, PEER, NATIVE, 7, 9), 1001);
    carry(b, 2, a, 1001);
    taken_is(true, PEER, NATIVE);
    /* From a subnet behind us: not our address. */
    ml_dp_send_ip(a, packet, 0, udp(packet, true, 300, PEER, 7, 9), 1001);
    carry(a, 1, b, 1001);
    taken_is(true, 300, PEER);
    /* Ended: b would see the native address. */
    address_of(to, true, MASQUERADE);
    EQUAL(ml_dp_peer_masquerade(a, 0, to, 0, 0), 0);
    ml_dp_send_ip(a, packet, 0, udp(packet, true, NATIVE, PEER, 7, 9), 1001);
    carry(a, 1, b, 1001);
    taken_is(true, NATIVE, PEER);
    EQUAL(ml_dp_peer_masquerade(a, 0, to, 0, 3), ML_BAD_ARGUMENT);
    EQUAL(ml_dp_peer_masquerade(a, 7, to, 0, 1), ML_BAD_ARGUMENT);
    EQUAL(ml_dp_peer_masquerade(0, 0, to, 0, 1), ML_BAD_HANDLE);
    close_planes();
}

static void known_as(void)
{
    uint8_t peer[16], into[48], address[16];
    for (int families = 0; families <= 3; families++)
    {
        open_planes(families);
        for (int stranger = 0; stranger < 2; stranger++)
        {
            address_of(peer, true, stranger ? 99 : PEER);
            EQUAL(ml_dp_known_as(a, peer, 0, into, 0, sizeof into), 2);
            for (int v4 = 0; v4 < 2; v4++)
            {
                address_of(address, v4, !stranger && families & (v4 ? 1 : 2) ? MASQUERADE : NATIVE);
                CHECK(memcmp(into + (v4 ? 0 : 16), address, 16) == 0);
            }
        }
        EQUAL(ml_dp_known_as(a, peer, 0, into, 0, 31), 1);
        EQUAL(ml_dp_known_as(a, peer, 0, into, 0, 0), 0);
        EQUAL(ml_dp_known_as(0, peer, 0, into, 0, 0), ML_BAD_HANDLE);
        close_planes();
    }
}

/* A packet that waited for a handshake leaves with the address of that moment, by relay too; another peer in the slot has none. */
static void staged_and_relayed(void)
{
    uint8_t key[32], frame[2048] = { 0 }, endpoint[18];
    ml_dp *dp;
    int n;
    open_planes(0);
    EQUAL(ml_dp_send_ip(a, packet, 0, udp(packet, true, NATIVE, PEER, 7, 9), 1000), 0);
    EQUAL(give(a, 1), 0);
    address_of(packet, true, MASQUERADE);
    packet[16] = 128;
    EQUAL(ml_dp_peer_allowed(b, 0, packet, 0, 1), 0);
    join_planes();
    taken_is(true, MASQUERADE, PEER);

    /* By relay: frame header, key, then what would have gone by UDP. */
    EQUAL(ml_dp_peer_path(a, 0, ML_PATH_RELAY, frame, 0, 3), 0);
    EQUAL(ml_dp_relay_open(a, 3), 0);
    EQUAL(ml_dp_relay_frame(a, 3, 0x02, frame, 0, 32), 0);
    CHECK(ml_dp_relay_drain(a, 3, frame, 0, sizeof frame) > 0);
    ml_dp_send_ip(a, packet, 0, udp(packet, true, NATIVE, PEER, 7, 9), 1001);
    n = ml_dp_relay_drain(a, 3, frame, 0, sizeof frame) - ML_DERP_HEADER - ML_KEY;
    CHECK(n > 0);
    v4_endpoint(endpoint, 10, 0, 0, 1, 41641);
    ml_dp_udp_in(b, endpoint, 0, frame, ML_DERP_HEADER + ML_KEY, n, 1001);
    taken_is(true, MASQUERADE, PEER);

    memset(key, 9, 32);
    EQUAL(ml_dp_peer_set(a, 0, key, 0), 0);
    dp = ml_dp_enter(a);
    EQUAL(dp->peers[0].masquerades, 0);
    ml_dp_leave(dp, 0);
    close_planes();
}

int main(void)
{
    open_planes(3);
    equals_a_packet_made_anew(a);
    a_checksum_of_zero_is_written_as_ffff(a);
    a_route_with_segments_left_keeps_its_checksum(a);
    hostile_packets_stay_in_their_bytes(a);
    the_native_address_is_the_tailnets_first(a);
    close_planes();
    for (int families = 0; families <= 3; families++) both_ways(families);
    in_batch_is_as_udp_in();
    pings_are_answered();
    the_filter_sees_native_addresses();
    what_is_not_for_us_stays();
    known_as();
    staged_and_relayed();
    return finish("masquerading");
}
