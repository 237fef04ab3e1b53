/* The golden transport packets of protocol.md 13.2: initiator index 0x01020304, responder index 0x05060708. */
#include "dp_support.h"

static const char send_key[] = "b904133b1a2a6b06b6a0b3fec35a5212107665075528c7173e6a4933cb7ec424";
static const char receive_key[] = "4f7dc40dac5437b0e1f876d3520655b40b2d9a93baa037f231ffdc3342eedb91";
static const char keepalive[] = "04000000080706050000000000000000e75bf64f617b8f9ae516ee60c5efc33f";
static const char tsmp_ping[] = "4500001d000000004063b1fb6440000164400002700102030405060708";
static const char transport[] = "040000000807060501000000000000007e3a5525e8a1140c3b41371dde9dc622223a41213b0518de451525ae8e1737dfc507ee1f248084e1ea07c0427d3b74ba";

static int make(int self, int peer, const char *send, const char *receive, uint32_t local, uint32_t remote, bool initiator)
{
    uint8_t a[32], b[32];
    int handle = plane_with_peer(self, peer);
    force_index(handle, 0, local);
    hex(send, a);
    hex(receive, b);
    EQUAL(ml_dp_session_install(handle, 0, (int)local, (int)remote, a, b, initiator, 1000), 0);
    return handle;
}

int main(void)
{
    uint8_t packet[2048], wanted[256], endpoint[18];
    int n, length;
    int a = make(1, 2, send_key, receive_key, 0x01020304, 0x05060708, true);
    int b = make(2, 1, receive_key, send_key, 0x05060708, 0x01020304, false);

    /* The initiator confirms at once: counter 0 is a keepalive. */
    n = ml_dp_poll_udp(a, packet, 0, sizeof packet);
    length = hex(keepalive, wanted);
    EQUAL(n, 18 + length);
    CHECK(memcmp(packet + 18, wanted, (size_t)length) == 0);
    v4_endpoint(endpoint, 10, 0, 0, 2, 41641);
    CHECK(memcmp(packet, endpoint, 18) == 0);

    /* The responder has only a next session: it may not send. */
    EQUAL(ml_dp_send_keepalive(b, 0, 1000), ML_NO_SESSION);
    EQUAL(ml_dp_udp_in(b, endpoint, 0, packet, 18, n - 18, 1000), 0);
    EQUAL(drain_events(b, ML_EVENT_CONFIRMED), 1);
    EQUAL(event[2], 0);

    /* Counter 1: the TSMP ping, padded to 32. */
    length = hex(tsmp_ping, wanted);
    EQUAL(ml_dp_send_ip(a, wanted, 0, length, 1000), 0);
    n = ml_dp_poll_udp(a, packet, 0, sizeof packet);
    length = hex(transport, wanted);
    EQUAL(n, 18 + length);
    CHECK(memcmp(packet + 18, wanted, (size_t)length) == 0);

    /* It is answered: 'o' and the same data, from 100.64.0.2 to 100.64.0.1. */
    EQUAL(ml_dp_set_peer_api_port(b, 0x1234), 0);
    EQUAL(ml_dp_udp_in(b, endpoint, 0, packet, 18, n - 18, 1001), 0);
    EQUAL(COUNTER(b, TSMP_ANSWERED), 1);
    n = ml_dp_poll_udp(b, packet, 0, sizeof packet);
    EQUAL(ml_dp_udp_in(a, endpoint, 0, packet, 18, n - 18, 1002), 0);
    EQUAL(drain_events(a, ML_EVENT_INNER_REPLY), 1);
    length = hex("4500001f000000004063b1f96440000264400001 6f0102030405060708 1234", wanted);
    EQUAL(event_length, ML_EVENT_HEADER + length);
    CHECK(memcmp(event + ML_EVENT_HEADER, wanted, (size_t)length) == 0);

    /* The same datagram again is a replay; a changed one is not authentic. */
    EQUAL(ml_dp_udp_in(a, endpoint, 0, packet, 18, n - 18, 1002), ML_DROPPED);
    EQUAL(COUNTER(a, REPLAYED), 1);
    packet[18 + 20] ^= 1;
    EQUAL(ml_dp_udp_in(a, endpoint, 0, packet, 18, n - 18, 1002), ML_DROPPED);
    EQUAL(COUNTER(a, TRANSPORT_TAG), 1);

    ml_dp_destroy(a);
    EQUAL(ml_dp_destroy(a), ML_BAD_HANDLE);
    ml_dp_destroy(b);
    return finish("test_dp_golden");
}
