/* The relay framer in both directions: golden frames of protocol.md 13.1 and 13.2, cut at every place; lanes, limits, lost connections;
 * two planes that talk through relay bytes only. */
#include "dp_support.h"

#define REGION 7

static uint8_t packet[2048], stream[8192];

/* Server frames: ServerKey, ServerInfo, KeepAlive, unknown 0x42, PeerGone, Pong, Health, Restarting, then a RecvPacket with a STUN-like
 * payload. */
static const char golden_in[] =
    "010000002844455250f09f9491219e4d800da968d2a5fcb009c784f4746c7138edb9ee4844b739e830b05cf424"
    "0300000035000102030405060708090a0b0c0d0e0f1011121314151617c6be9419464d53587615f3cb0cd2a29a0b340c767f153a98fd98fc3bbf"
    "0600000000"
    "4200000003 aabbcc"
    "080000002138ab664bd86f77d7e66bdd9ae0792913a94fd8b33a1260027e4b46c1f4884c6701"
    "13000000080102030405060708"
    "1400000003424144"
    "15000000080000000100000002"
    "0500000034 38ab664bd86f77d7e66bdd9ae0792913a94fd8b33a1260027e4b46c1f4884c67 010100002112a442000102030405060708090a0b"
    "0500000003 010203";

static void golden_frames_cut_anywhere(void)
{
    static const uint8_t types[] = { 0x01, 0x03, 0x06, 0x08, 0x13, 0x14, 0x15 };
    static const int lengths[] = { 40, 53, 0, 33, 8, 3, 8 };
    int total = hex(golden_in, stream);
    for (int cut = 0; cut <= total; cut++)
    {
        int a = new_plane(1), n, seen = 0;
        EQUAL(ml_dp_relay_in(a, REGION, stream, 0, 1, 0), ML_NOT_OPEN);
        EQUAL(ml_dp_relay_open(a, REGION), 0);
        EQUAL(ml_dp_relay_in(a, REGION, stream, 0, cut, 0), 0);
        EQUAL(ml_dp_relay_in(a, REGION, stream, cut, total - cut, 0), 0);
        while ((n = ml_dp_poll_event(a, packet, 0, sizeof packet)) > 0)
        {
            EQUAL(packet[0], ML_EVENT_RELAY_FRAME);
            EQUAL(packet[1], 1);
            EQUAL(packet[4], REGION);
            EQUAL(packet[6], types[seen % 7]);
            EQUAL(n, ML_EVENT_HEADER + lengths[seen % 7]);
            seen++;
        }
        EQUAL(seen, 7);
        EQUAL(COUNTER(a, RELAY_UNKNOWN), 1);
        EQUAL(COUNTER(a, STUN_BY_RELAY), 1);
        EQUAL(COUNTER(a, RELAY_SHORT), 1);
        ml_dp_destroy(a);
    }
    /* and byte by byte */
    {
        int a = new_plane(1);
        ml_dp_relay_open(a, REGION);
        for (int i = 0; i < total; i++) EQUAL(ml_dp_relay_in(a, REGION, stream, i, 1, 0), 0);
        EQUAL(drain_events(a, ML_EVENT_RELAY_FRAME), 7);
        ml_dp_destroy(a);
    }
}

static void sizes(void)
{
    int a = new_plane(1);
    uint8_t header[5] = { 0x14, 0, 0x10, 0, 0 };                        /* exactly 1 MiB: accepted and skipped */
    memset(stream, 'x', sizeof stream);
    ml_dp_relay_open(a, REGION);
    EQUAL(ml_dp_relay_in(a, REGION, header, 0, 5, 0), 0);
    for (int i = 0; i < (1 << 20) / 8192; i++) EQUAL(ml_dp_relay_in(a, REGION, stream, 0, 8192, 0), 0);
    EQUAL(COUNTER(a, RELAY_FRAME_LONG), 1);
    hex("1400000003424144", stream);
    EQUAL(ml_dp_relay_in(a, REGION, stream, 0, 8, 0), 0);               /* in step again */
    EQUAL(drain_events(a, ML_EVENT_RELAY_FRAME), 1);
    header[4] = 1;
    EQUAL(ml_dp_relay_in(a, REGION, header, 0, 5, 0), ML_MALFORMED);    /* one more byte: close the connection */
    EQUAL(ml_dp_relay_reset(a, REGION), 0);
    EQUAL(ml_dp_relay_in(a, REGION, stream, 0, 8, 0), ML_NOT_OPEN);
    EQUAL(ml_dp_relay_open(a, REGION), 0);
    EQUAL(ml_dp_relay_in(a, REGION, stream, 0, 8, 0), 0);
    EQUAL(drain_events(a, ML_EVENT_RELAY_FRAME), 1);
    ml_dp_destroy(a);
}

static void hello_goes_first(void)
{
    static const char send_packet[] = "040000002338ab664bd86f77d7e66bdd9ae0792913a94fd8b33a1260027e4b46c1f4884c67616263";
    static const char note_preferred[] = "070000000101";
    int a = new_plane(1), n, length;
    uint8_t key[32], one[1] = { 1 };
    hex("38ab664bd86f77d7e66bdd9ae0792913a94fd8b33a1260027e4b46c1f4884c67", key);
    EQUAL(ml_dp_relay_out(a, REGION, key, 0, (const uint8_t *)"abc", 0, 3, 0), 0);
    EQUAL(drain_events(a, ML_EVENT_RELAY_READY), 1);                    /* so that somebody connects */
    EQUAL(event[4], REGION);
    EQUAL(ml_dp_relay_drain(a, REGION, packet, 0, sizeof packet), 0);
    EQUAL(ml_dp_relay_frame(a, REGION, 0x07, one, 0, 1), ML_NOT_OPEN);
    EQUAL(ml_dp_relay_open(a, REGION), 0);
    EQUAL(ml_dp_relay_drain(a, REGION, packet, 0, sizeof packet), 0);   /* nothing before ClientInfo */
    EQUAL(ml_dp_relay_frame(a, REGION, 0x02, key, 0, 32), 0);
    EQUAL(drain_events(a, ML_EVENT_RELAY_READY), 1);
    EQUAL(ml_dp_relay_frame(a, REGION, 0x07, one, 0, 1), 0);
    EQUAL(drain_events(a, ML_EVENT_RELAY_READY), 0);                    /* told once until drained */
    n = ml_dp_relay_drain(a, REGION, packet, 0, sizeof packet);
    EQUAL(n, 5 + 32 + 6 + 40);
    length = hex(note_preferred, stream);
    CHECK(memcmp(packet + 37, stream, (size_t)length) == 0);
    length = hex(send_packet, stream);
    CHECK(memcmp(packet + 43, stream, (size_t)length) == 0);
    EQUAL(ml_dp_relay_drain(a, REGION, packet, 0, sizeof packet), 0);
    EQUAL(ml_dp_relay_out(a, REGION, key, 0, (const uint8_t *)"abc", 0, 3, 0), 0);
    EQUAL(drain_events(a, ML_EVENT_RELAY_READY), 1);
    ml_dp_destroy(a);
}

/* The first payload byte of every SendPacket frame that comes out, in small pieces. */
static int drain_numbers(int handle, uint8_t *numbers, int piece)
{
    int total = 0, n, count = 0;
    while ((n = ml_dp_relay_drain(handle, REGION, stream, total, piece)) > 0) total += n;
    for (int at = 0; at < total; )
    {
        int length = stream[at + 3] << 8 | stream[at + 4];
        if (stream[at] == 4) numbers[count++] = stream[at + 5 + 32];
        at += 5 + length;
    }
    return count;
}

static void lanes(void)
{
    int a = new_plane(1);
    uint8_t key[32] = { 9 }, numbers[64], one;
    ml_dp_relay_open(a, REGION);
    ml_dp_relay_frame(a, REGION, 0x02, key, 0, 32);
    drain_numbers(a, numbers, 1000);
    /* the pool has 32 buffers: the oldest gives way */
    for (int i = 0; i < 40; i++)
    {
        one = (uint8_t)i;
        EQUAL(ml_dp_relay_out(a, REGION, key, 0, &one, 0, 1, 0), 0);
    }
    EQUAL(COUNTER(a, RELAY_OLDEST), 8);
    one = 100;
    EQUAL(ml_dp_relay_out(a, REGION, key, 0, &one, 0, 1, 1), 0);        /* a handshake overtakes */
    EQUAL(drain_numbers(a, numbers, 7), 32);
    EQUAL(numbers[0], 100);
    EQUAL(numbers[1], 9);
    EQUAL(numbers[31], 39);

    /* a lost connection loses the half frame and the control frames, not the packets */
    for (int i = 0; i < 3; i++)
    {
        one = (uint8_t)i;
        ml_dp_relay_out(a, REGION, key, 0, &one, 0, 1, 0);
    }
    EQUAL(ml_dp_relay_drain(a, REGION, packet, 0, 10), 10);
    ml_dp_relay_reset(a, REGION);
    EQUAL(ml_dp_relay_drain(a, REGION, packet, 0, 10), 0);
    ml_dp_relay_open(a, REGION);
    ml_dp_relay_frame(a, REGION, 0x02, key, 0, 32);
    EQUAL(drain_numbers(a, numbers, 1000), 2);
    EQUAL(numbers[0], 1);

    ml_dp_relay_out(a, REGION, key, 0, &one, 0, 1, 0);
    EQUAL(ml_dp_relay_close(a, REGION), 0);
    EQUAL(COUNTER(a, RELAY_CLOSED), 1);
    EQUAL(ml_dp_relay_drain(a, REGION, packet, 0, 10), ML_NOT_OPEN);
    {
        ml_dp *dp = ml_dp_enter(a);
        EQUAL(dp->pool_count, 32);
        ml_dp_leave(dp, 0);
    }
    ml_dp_destroy(a);
}

static void regions_are_bounded(void)
{
    int a = new_plane(1);
    uint8_t key[32] = { 9 };
    for (int region = 1; region <= ML_RELAYS; region++) EQUAL(ml_dp_relay_open(a, region), 0);
    EQUAL(ml_dp_relay_open(a, 1000), ML_FULL);
    EQUAL(ml_dp_relay_out(a, 1000, key, 0, key, 0, 1, 0), ML_NO_PATH);
    ml_dp_relay_reset(a, 3);                                            /* one that is down gives up its place */
    EQUAL(ml_dp_relay_open(a, 1000), 0);
    EQUAL(ml_dp_relay_open(a, 0), ML_FULL);
    EQUAL(ml_dp_relay_open(a, 70000), ML_FULL);
    ml_dp_destroy(a);
}

/* What a relay does: SendPacket to dst becomes RecvPacket from src. Returns how many packets went over. */
static int relay(int from_plane, int from, int to_plane, int64_t now_ms)
{
    static uint8_t bytes[1 << 16];
    int total = 0, n, count = 0;
    while ((n = ml_dp_relay_drain(from_plane, REGION, bytes, total, 100)) > 0) total += n;
    for (int at = 0; at < total; )
    {
        int length = bytes[at + 3] << 8 | bytes[at + 4];
        if (bytes[at] == 4)
        {
            bytes[at] = 5;
            memset(bytes + at + 5, from, 32);
            count++;
            ml_dp_relay_in(to_plane, REGION, bytes, at, 5 + length, now_ms);
        }
        at += 5 + length;
    }
    return count;
}

static int relayed_plane(int self, int other)
{
    int handle = plane_with_peer(self, other);
    uint8_t key[32] = { 0 };
    ml_dp_peer_path(handle, 0, ML_PATH_RELAY, key, 0, REGION);
    ml_dp_relay_open(handle, REGION);
    ml_dp_relay_frame(handle, REGION, 0x02, key, 0, 32);
    return handle;
}

static uint32_t flags_of(int handle)
{
    static uint8_t stamps[8 * ML_STAMP_LENGTH];
    EQUAL(ml_dp_stamps(handle, stamps, 0, sizeof stamps), 8);
    return ml_load32_le(stamps + 56);
}

static void tunnel_through_the_relay(void)
{
    int a = relayed_plane(1, 2), b = relayed_plane(2, 1), n = echo4(packet, 1, 2);
    uint8_t endpoint[18];
    EQUAL(ml_dp_send_ip(a, packet, 0, n, 1000), 0);
    join(a, b, 1, 1000);
    EQUAL(relay(a, 1, b, 1001), 1);
    EQUAL(COUNTER(b, ECHO_ANSWERED), 1);
    EQUAL(flags_of(b) & ML_STAMP_BY_RELAY, ML_STAMP_BY_RELAY);
    EQUAL(relay(b, 2, a, 1002), 1);
    EQUAL(drain_events(a, ML_EVENT_INNER_REPLY), 1);
    EQUAL(event[1], 1);
    EQUAL(event[2], 0);
    EQUAL(event[4], REGION);
    EQUAL(event[26], 2);
    EQUAL(ml_dp_relay_take_packets(a, REGION, ML_RELAY_PACKETS_IN), 1);
    EQUAL(ml_dp_relay_take_packets(a, REGION, ML_RELAY_PACKETS_OUT), 1);
    EQUAL(ml_dp_relay_take_packets(a, REGION, ML_RELAY_PACKETS_OUT), 0);  /* taken */
    EQUAL(ml_dp_relay_take_packets(a, REGION, ML_RELAY_PACKETS_DROPPED), 0);
    EQUAL(ml_dp_relay_take_packets(a, REGION, 3), ML_NOT_OPEN);
    EQUAL(ml_dp_relay_take_packets(a, REGION + 1, ML_RELAY_PACKETS_IN), ML_NOT_OPEN);

    /* both paths at once: two copies go out, one counts */
    v4_endpoint(endpoint, 10, 0, 0, 2, 41641);
    ml_dp_peer_path(a, 0, ML_PATH_UDP | ML_PATH_RELAY, endpoint, 0, REGION);
    EQUAL(ml_dp_send_ip(a, packet, 0, n, 2000), 0);
    EQUAL(carry(a, 1, b, 2001), 1);
    EQUAL(relay(a, 1, b, 2002), 1);
    EQUAL(COUNTER(b, ECHO_ANSWERED), 2);
    EQUAL(COUNTER(b, REPLAYED), 1);
    EQUAL(flags_of(b) & ML_STAMP_BY_RELAY, 0);                          /* the copy that counts came directly */
    EQUAL(ml_dp_peer_send(a, 0, packet, 0, 148), 2);                    /* a handshake message as well */
    ml_dp_peer_path(a, 0, 0, endpoint, 0, 0);
    EQUAL(ml_dp_peer_send(a, 0, packet, 0, 148), ML_NO_PATH);
    EQUAL(ml_dp_send_ip(a, packet, 0, n, 2000), ML_NO_PATH);
    ml_dp_destroy(a);
    ml_dp_destroy(b);
}

int main(void)
{
    golden_frames_cut_anywhere();
    sizes();
    hello_goes_first();
    lanes();
    regions_are_bounded();
    tunnel_through_the_relay();
    return finish("test_dp_derp");
}
