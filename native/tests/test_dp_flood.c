/* 100 000 handshake initiations a second from forged sources, each with a right mac1 (our public key is no secret), beside junk: nothing
 * of an established peer is lost, it can even make a new session, nothing is stored for strangers, and the counters add up. */
#include "dp_support.h"
#include "ml_dp_crypto.h"

#ifdef ML_EVERY                        /* on an emulated chip */
#define MILLISECONDS 30
#else
#define MILLISECONDS 2000
#endif
#define PER_MS 100

static uint8_t message[148], packet[2048], from[18], mac1_key[32], cookie_key[32];
static uint64_t state = 88172645463325252u;

static uint32_t next_random(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 24) % below;
}

static void label_key(const char *label, uint8_t *key)
{
    uint8_t labelled[40];
    memcpy(labelled, label, 8);
    memset(labelled + 8, 2, 32);                              /* node 2's public key in plane_with_peer */
    ml_blake2s_hash(NULL, 0, labelled, 40, key, 32);
}

static void make_initiation(void)
{
    message[0] = 1;
    for (int i = 4; i < 116; i += 8) ml_store64_le(message + i, state * (uint64_t)i);
    ml_crypto_mac(mac1_key, 32, message, 116, message + 116);
    memset(message + 132, 0, 16);
}

static void forged_source(void)
{
    v4_endpoint(from, (int)(1 + next_random(220)), (int)next_random(256), (int)next_random(256), (int)next_random(256), (int)next_random(65536));
    if (next_random(3) == 0)
        for (int i = 0; i < 16; i++) from[i] = (uint8_t)next_random(256);
}

/* What the peer does when its initiation is answered with a cookie. */
static void come_back_with_cookie(int b, const uint8_t *reply, int64_t now_ms)
{
    uint8_t cookie[16];
    EQUAL(ml_xchachapoly_open(cookie_key, reply + 8, message + 116, 16, reply + 32, 16, reply + 48, cookie), 0);
    ml_crypto_mac(cookie, 16, message, 132, message + 132);
    EQUAL(ml_dp_udp_in(b, from, 0, message, 0, 148, now_ms), 0);
}

static void established_peer_asks(int b, int64_t now_ms)
{
    bool answered = false;
    int n;
    v4_endpoint(from, 10, 0, 0, 1, 41641);
    make_initiation();
    ml_dp_udp_in(b, from, 0, message, 0, 148, now_ms);
    while ((n = ml_dp_poll_udp(b, packet, 0, sizeof packet)) > 0)
    {
        if (n != 18 + 64 || packet[18] != 3 || memcmp(packet, from, 18) != 0) continue;
        come_back_with_cookie(b, packet + 18, now_ms);
        answered = true;
    }
    CHECK(answered);
}

int main(void)
{
    int a = plane_with_peer(1, 2), b = plane_with_peer(2, 1), echoes = 0, handshakes = 0, n;
    uint64_t before, cookies;
    label_key("mac1----", mac1_key);
    label_key("cookie--", cookie_key);
    join(a, b, 1, 1000);
    carry(a, 1, b, 1000);
    carry(b, 2, a, 1000);
    before = COUNTER(b, UDP_IN);
    for (int64_t ms = 1001; ms <= 1000 + MILLISECONDS; ms++)
    {
        for (int i = 0; i < PER_MS; i++)
        {
            forged_source();
            if (i % 10 == 9)
            {
                message[40] ^= 1;                             /* its mac1 is wrong now */
                ml_dp_udp_in(b, from, 0, message, 0, 148, ms);
            }
            else
            {
                make_initiation();
                ml_dp_udp_in(b, from, 0, message, 0, 148, ms);
            }
        }
        for (int i = 0; i < 5; i++) ml_dp_send_ip(a, packet, 0, echo4(packet, 1, 2), ms);
        EQUAL(carry(a, 1, b, ms), 5);
        if (ms % 500 == 0) established_peer_asks(b, ms);
        while ((n = ml_dp_poll_udp(b, packet, 0, sizeof packet)) > 0)
            if (packet[18] == 4) ml_dp_udp_in(a, packet, 0, packet, 18, n - 18, ms);
        handshakes += drain_events(b, ML_EVENT_HANDSHAKE);
        echoes += drain_events(a, ML_EVENT_INNER_REPLY);
    }
    EQUAL(COUNTER(b, ECHO_ANSWERED), 5 * MILLISECONDS);
    CHECK(echoes >= 5 * MILLISECONDS - 5 * (MILLISECONDS / 500));         /* replies that established_peer_asks read are gone */
    EQUAL(COUNTER(b, EVENT_FULL) + COUNTER(b, UDP_RING_FULL) + COUNTER(b, REPLAYED) + COUNTER(b, TRANSPORT_TAG), 0);
    EQUAL(COUNTER(b, MAC1), MILLISECONDS * PER_MS / 10);
    cookies = COUNTER(b, COOKIE_SENT) + COUNTER(b, COOKIE_HELD);
    EQUAL(COUNTER(b, MAC2), cookies);
    EQUAL(handshakes, COUNTER(b, HANDSHAKE_IN));
    /* What passed without a cookie: the first fifty of a second, and those of the peer. */
    CHECK(handshakes <= ML_LOAD_PER_SECOND * (1 + MILLISECONDS / 1000) + MILLISECONDS / 500);
    EQUAL(COUNTER(b, UDP_IN) - before,
          cookies + COUNTER(b, MAC1) + COUNTER(b, LIMITED) + COUNTER(b, HANDSHAKE_IN) + COUNTER(b, TRANSPORT_IN));
    ml_dp_destroy(a);
    ml_dp_destroy(b);
    return finish("test_dp_flood");
}
