/* Roles of sessions, staging, expiry, counter limits, stamps (protocol.md 8.5). */
#include "dp_support.h"

static uint8_t packet[2048];
static uint8_t stamps[8 * ML_STAMP_LENGTH];

static uint32_t flags_of(int handle)
{
    EQUAL(ml_dp_stamps(handle, stamps, 0, sizeof stamps), 8);
    return ml_load32_le(stamps + 56);
}

static void staged_until_installed(void)
{
    int a = plane_with_peer(1, 2), b = plane_with_peer(2, 1), n = echo4(packet, 1, 2);

    EQUAL(ml_dp_send_ip(a, packet, 0, n, 1000), 0);
    EQUAL(ml_dp_send_ip(a, packet, 0, n, 1001), 0);
    EQUAL(drain_events(a, ML_EVENT_NEED_HANDSHAKE), 1);                 /* asked for once */
    EQUAL(event[2], 0);
    EQUAL(event[26], 2);
    EQUAL(flags_of(a), ML_STAMP_STAGED);
    EQUAL(stamps[60], 2);
    EQUAL(ml_dp_send_ip(a, packet, 0, n, 6000), 0);                     /* five seconds later again, should nobody have listened */
    EQUAL(drain_events(a, ML_EVENT_NEED_HANDSHAKE), 1);

    join(a, b, 1, 7000);
    EQUAL(carry(a, 1, b, 7001), 3);                                     /* the packets, no keepalive */
    EQUAL(drain_events(b, ML_EVENT_CONFIRMED), 1);
    EQUAL(COUNTER(b, ECHO_ANSWERED), 3);
    EQUAL(carry(b, 2, a, 7002), 3);
    EQUAL(drain_events(a, ML_EVENT_INNER_REPLY), 3);
    EQUAL(flags_of(a), ML_STAMP_CURRENT | ML_STAMP_INITIATOR);
    EQUAL(ml_load64_le(stamps), 7000);
    EQUAL(ml_load64_le(stamps + 8), 7002);
    EQUAL(ml_load64_le(stamps + 16), 7002);
    EQUAL(ml_load64_le(stamps + 24), 7000);
    EQUAL(ml_load64_le(stamps + 32), 7000);
    EQUAL(ml_load64_le(stamps + 40), 3 * 64);
    EQUAL(ml_load64_le(stamps + 48), 3 * 64);
    EQUAL(flags_of(b), ML_STAMP_CURRENT);
    ml_dp_destroy(a);
    ml_dp_destroy(b);
}

static void staged_limit_and_giving_up(void)
{
    int a = plane_with_peer(1, 2), n = echo4(packet, 1, 2);
    for (int i = 0; i < 20; i++) ml_dp_send_ip(a, packet, 0, n, 1000);
    EQUAL(COUNTER(a, STAGED_OLDEST), 12);                               /* 32 buffers: eight a peer */
    EQUAL(ml_dp_staged_drop(a, 0), 0);
    EQUAL(COUNTER(a, STAGED_GIVEN_UP), 8);
    EQUAL(drain_events(a, ML_EVENT_NEED_HANDSHAKE), 1);
    ml_dp_send_ip(a, packet, 0, n, 1001);                               /* the next packet starts again */
    EQUAL(drain_events(a, ML_EVENT_NEED_HANDSHAKE), 1);
    ml_dp_destroy(a);
}

static void initiator_confirms_with_a_keepalive(void)
{
    int a = plane_with_peer(1, 2), b = plane_with_peer(2, 1);
    join(a, b, 1, 1000);
    EQUAL(flags_of(b), ML_STAMP_NEXT);
    EQUAL(ml_dp_send_keepalive(b, 0, 1000), ML_NO_SESSION);
    EQUAL(carry(a, 1, b, 1001), 1);
    EQUAL(COUNTER(b, KEEPALIVE_IN), 1);
    EQUAL(drain_events(b, ML_EVENT_CONFIRMED), 1);
    EQUAL(ml_dp_send_keepalive(b, 0, 1002), 0);
    EQUAL(carry(b, 2, a, 1003), 1);
    EQUAL(COUNTER(a, KEEPALIVE_IN), 1);
    ml_dp_destroy(a);
    ml_dp_destroy(b);
}

static void previous_session_is_still_read(void)
{
    int a = plane_with_peer(1, 2), b = plane_with_peer(2, 1), n = echo4(packet, 1, 2), held;
    static uint8_t old[2048];
    uint8_t endpoint[18];
    join(a, b, 1, 1000);
    carry(a, 1, b, 1001);
    ml_dp_send_ip(a, packet, 0, n, 1002);
    held = ml_dp_poll_udp(a, old, 0, sizeof old);                       /* a late packet of the first session */
    join(a, b, 2, 2000);
    carry(a, 1, b, 2001);
    EQUAL(flags_of(b), ML_STAMP_CURRENT);
    v4_endpoint(endpoint, 10, 0, 0, 1, 41641);
    EQUAL(ml_dp_udp_in(b, endpoint, 0, old, 18, held - 18, 2002), 0);
    EQUAL(COUNTER(b, ECHO_ANSWERED), 1);
    join(a, b, 3, 3000);
    carry(a, 1, b, 3001);
    EQUAL(ml_dp_udp_in(b, endpoint, 0, old, 18, held - 18, 3002), ML_DROPPED);      /* two sessions later its index is gone */
    EQUAL(COUNTER(b, TRANSPORT_INDEX), 1);
    ml_dp_destroy(a);
    ml_dp_destroy(b);
}

/* Both sides began at once: our answer to theirs waits as next, then the answer to ours arrives. The unconfirmed one must stay readable. */
static void crossed_handshakes(void)
{
    int a = plane_with_peer(1, 2), b = plane_with_peer(2, 1), n = echo4(packet, 1, 2);
    static uint8_t first[2048];
    uint8_t endpoint[18];
    int length;
    join(b, a, 1, 1000);                                                /* b's keepalive of this session is still on its way */
    length = ml_dp_poll_udp(b, first, 0, sizeof first);
    EQUAL(flags_of(a), ML_STAMP_NEXT);
    join(a, b, 2, 1001);
    EQUAL(flags_of(a), ML_STAMP_CURRENT | ML_STAMP_INITIATOR);
    v4_endpoint(endpoint, 10, 0, 0, 2, 41641);
    EQUAL(ml_dp_udp_in(a, endpoint, 0, first, 18, length - 18, 1002), 0);
    EQUAL(COUNTER(a, KEEPALIVE_IN), 1);
    EQUAL(ml_dp_send_ip(a, packet, 0, n, 1003), 0);
    carry(a, 1, b, 1004);
    EQUAL(COUNTER(b, ECHO_ANSWERED), 1);
    ml_dp_destroy(a);
    ml_dp_destroy(b);
}

static void responder_keeps_what_is_staged(void)
{
    int a = plane_with_peer(1, 2), b = plane_with_peer(2, 1), n = echo4(packet, 2, 1);
    ml_dp_send_ip(b, packet, 0, n, 1000);
    join(a, b, 1, 1000);
    EQUAL(flags_of(b), ML_STAMP_NEXT | ML_STAMP_STAGED);
    EQUAL(carry(b, 2, a, 1000), 0);
    carry(a, 1, b, 1001);                                               /* a's keepalive confirms */
    EQUAL(flags_of(b), ML_STAMP_CURRENT);
    carry(b, 2, a, 1002);
    EQUAL(COUNTER(a, ECHO_ANSWERED), 1);
    ml_dp_destroy(a);
    ml_dp_destroy(b);
}

/* Every session counts from zero: windows are cleared when they are used again. */
static void many_rekeys(void)
{
    int a = plane_with_peer(1, 2), b = plane_with_peer(2, 1), n = echo4(packet, 1, 2);
    for (int i = 0; i < 12; i++)
    {
        join(i % 2 == 0 ? a : b, i % 2 == 0 ? b : a, i, 1000 * i);
        carry(a, 1, b, 1000 * i + 1);
        carry(b, 2, a, 1000 * i + 1);
        for (int k = 0; k < 3; k++) EQUAL(ml_dp_send_ip(a, packet, 0, n, 1000 * i + 2), 0);
        carry(a, 1, b, 1000 * i + 3);
        carry(b, 2, a, 1000 * i + 4);
        EQUAL(COUNTER(b, ECHO_ANSWERED), 3 * (i + 1));
    }
    EQUAL(COUNTER(a, REPLAYED) + COUNTER(b, REPLAYED), 0);
    ml_dp_destroy(a);
    ml_dp_destroy(b);
}

static void keys_end_after_180_seconds(void)
{
    int a = plane_with_peer(1, 2), b = plane_with_peer(2, 1), n = echo4(packet, 1, 2);
    join(a, b, 1, 1000);
    carry(a, 1, b, 1001);
    drain_events(a, 0);
    EQUAL(ml_dp_send_ip(a, packet, 0, n, 1000 + 179999), 0);
    EQUAL(carry(a, 1, b, 1000 + 180000), 1);                            /* sent in time, arrives too late */
    EQUAL(COUNTER(b, TRANSPORT_EXPIRED), 1);
    EQUAL(ml_dp_send_keepalive(a, 0, 1000 + 180000), ML_NO_SESSION);
    EQUAL(ml_dp_send_ip(a, packet, 0, n, 1000 + 180000), 0);
    EQUAL(drain_events(a, ML_EVENT_NEED_HANDSHAKE), 1);
    ml_dp_destroy(a);
    ml_dp_destroy(b);
}

static void counters_end(void)
{
    int a = plane_with_peer(1, 2), b = plane_with_peer(2, 1), n = echo4(packet, 1, 2);
    ml_dp *dp;
    join(a, b, 1, 1000);
    dp = ml_dp_enter(a);
    dp->peers[0].session[ML_CURRENT].send_counter = ML_REKEY_AFTER_MESSAGES;
    ml_dp_leave(dp, 0);
    EQUAL(flags_of(a), ML_STAMP_CURRENT | ML_STAMP_INITIATOR | ML_STAMP_REKEY);
    dp = ml_dp_enter(a);
    dp->peers[0].session[ML_CURRENT].send_counter = ML_REJECT_AFTER_MESSAGES - 1;
    ml_dp_leave(dp, 0);
    EQUAL(ml_dp_send_ip(a, packet, 0, n, 1001), 0);
    EQUAL(carry(a, 1, b, 1001), 2);                                     /* keepalive and the last number there is */
    EQUAL(COUNTER(b, ECHO_ANSWERED), 1);
    EQUAL(ml_dp_send_keepalive(a, 0, 1001), ML_NO_SESSION);
    ml_dp_destroy(a);
    ml_dp_destroy(b);
}

static void removed_peer_leaves_nothing(void)
{
    int a = plane_with_peer(1, 2), b = plane_with_peer(2, 1);
    ml_dp *dp;
    uint8_t key[32];
    join(a, b, 1, 1000);
    CHECK(ml_dp_index_allocate(a, 0) != 0);
    ml_dp_send_ip(a, packet, 0, echo4(packet, 1, 2), 1001);
    EQUAL(ml_dp_peer_remove(a, 0), 0);
    dp = ml_dp_enter(a);
    for (uint32_t i = 0; i <= dp->index_mask; i++) EQUAL(dp->indices[i].index, 0);
    for (uint32_t i = 0; i <= dp->host_mask; i++) CHECK(!dp->hosts[i].used);
    for (int s = 0; s < ML_SESSIONS; s++)
        for (int i = 0; i < ML_KEY; i++) EQUAL(dp->peers[0].session[s].send_key[i] | dp->peers[0].session[s].receive_key[i], 0);
    EQUAL(dp->pool_count, 32);
    ml_dp_leave(dp, 0);
    memset(key, 2, 32);
    EQUAL(ml_dp_peer_by_key(a, key, 0), -1);
    EQUAL(ml_dp_send_ip(a, packet, 0, echo4(packet, 1, 2), 1002), ML_NO_ROUTE);
    ml_dp_destroy(a);
    ml_dp_destroy(b);
}

static void indices(void)
{
    int a = plane_with_peer(1, 2), taken[ML_RESERVED_PER_SLOT];
    uint8_t key[32] = { 1 };
    for (int i = 0; i < ML_RESERVED_PER_SLOT; i++) CHECK((taken[i] = ml_dp_index_allocate(a, 0)) != 0);
    EQUAL(ml_dp_index_allocate(a, 0), 0);                               /* bounded */
    EQUAL(ml_dp_index_release(a, taken[1]), 0);
    EQUAL(ml_dp_index_release(a, taken[1]), ML_BAD_ARGUMENT);
    CHECK(ml_dp_index_allocate(a, 0) != 0);
    EQUAL(ml_dp_index_allocate(a, 1), 0);                               /* no such peer */
    EQUAL(ml_dp_session_install(a, 0, 12345, 1, key, key, 1, 0), ML_BAD_ARGUMENT);
    EQUAL(ml_dp_session_install(a, 0, taken[0], 1, key, key, 1, 0), 0);
    EQUAL(ml_dp_index_release(a, taken[0]), ML_BAD_ARGUMENT);           /* lives as long as its session */
    EQUAL(ml_dp_session_install(a, 0, taken[0], 1, key, key, 1, 0), ML_BAD_ARGUMENT);
    ml_dp_destroy(a);
}

static void a_following_path_learns(void)
{
    int a = plane_with_peer(1, 2), b = plane_with_peer(2, 1);
    uint8_t other[18];
    ml_dp_peer_path(b, 0, ML_PATH_FOLLOW, other, 0, 0);
    join(a, b, 1, 1000);
    EQUAL(ml_dp_send_keepalive(b, 0, 1000), ML_NO_SESSION);
    carry(a, 77, b, 1001);                                              /* as from 10.0.0.77 */
    EQUAL(ml_dp_send_keepalive(b, 0, 1002), 0);
    CHECK(ml_dp_poll_udp(b, packet, 0, sizeof packet) == 18 + 32);
    EQUAL(packet[15], 77);
    EQUAL(ml_dp_send_keepalive(b, 0, 1002), 0);
    EQUAL(carry(b, 66, a, 1003), 1);
    EQUAL(COUNTER(a, KEEPALIVE_IN), 1);
    EQUAL(ml_dp_send_keepalive(a, 0, 1004), 0);                         /* a does not follow */
    EQUAL(ml_dp_poll_udp(a, packet, 0, sizeof packet), 18 + 32);
    EQUAL(packet[15], 2);
    ml_dp_destroy(a);
    ml_dp_destroy(b);
}

int main(void)
{
    staged_until_installed();
    staged_limit_and_giving_up();
    initiator_confirms_with_a_keepalive();
    previous_session_is_still_read();
    crossed_handshakes();
    responder_keeps_what_is_staged();
    many_rekeys();
    keys_end_after_180_seconds();
    counters_end();
    removed_peer_leaves_nothing();
    indices();
    a_following_path_learns();
    return finish("test_dp_sessions");
}
