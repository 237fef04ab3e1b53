/* The gate: mac1 with the golden handshake of protocol.md 13.2, indices, load, cookies, the per-source limiter. */
#include "dp_support.h"
#include "ml_dp_crypto.h"

static const char responder_public[] = "14ca9e4d387bccf35746e0407daaacc6b28a4f8445ef5a5158894db983e24070";
static const char initiator_public[] = "ba193836cff1f4e866c139715d306408d26a76f76d638a39afc1001084d25411";
static const char initiation[] =
    "01000000040302016b0b616d718e53691236d3be3ce6d44f9d28836426d81305d131f488206f8d2b4b24b707926bade0acd57b4b0f6682254638ac27b5b8b26b9533605c93c8"
    "8fee6b6c9191349f33ec4940e725c3d29ff51bba7a4535c0a48221458cc4623b49df9b68e5b77973c63c54ad1ef911c5d5f1dc182f8eb8cfc7e74a4b5641000000000000000000"
    "00000000000000";
static const char response[] =
    "020000000807060504030201e8980c4ea5ebf8fb6c281098b75cdd32862922a638778251979b6d322ed7e02e73e1dae2967ac0e9c1212547ce08fba10a149b6c6f4355f9eab4"
    "5f52eb6180ef00000000000000000000000000000000";

static uint8_t from[18], message[256], packet[2048];

static int node(const char *public_key)
{
    int a = plane_with_peer(1, 2);
    uint8_t key[32];
    hex(public_key, key);
    EQUAL(ml_dp_set_identity(a, key, 0), 0);
    return a;
}

static void golden(void)
{
    int r = node(responder_public), i = node(initiator_public);
    int n = hex(initiation, message);
    ml_dp *dp;
    uint8_t key[32];

    EQUAL(n, 148);
    hex("6e88b45d40f353da8ae7f1b3e76a98785eb72310c5efaad85113ea5f1acc8f28", key);
    dp = ml_dp_enter(r);
    CHECK(memcmp(dp->mac1_key, key, 32) == 0);
    hex("dfd8021eddf9d897b06ecbe449e72d383f3607fc584e6b9127f67d8c0ecf4625", key);
    CHECK(memcmp(dp->cookie_key, key, 32) == 0);
    ml_dp_leave(dp, 0);

    EQUAL(ml_dp_udp_in(r, from, 0, message, 0, n, 1000), 0);
    EQUAL(drain_events(r, ML_EVENT_HANDSHAKE), 1);
    EQUAL(event_length, ML_EVENT_HEADER + 148);
    CHECK(memcmp(event + ML_EVENT_HEADER, message, 148) == 0);
    EQUAL(ml_dp_udp_in(i, from, 0, message, 0, n, 1000), ML_DROPPED);           /* not for us */
    EQUAL(COUNTER(i, MAC1), 1);
    message[50] ^= 1;
    EQUAL(ml_dp_udp_in(r, from, 0, message, 0, n, 1000), ML_DROPPED);
    EQUAL(COUNTER(r, MAC1), 1);

    n = hex(response, message);
    EQUAL(n, 92);
    EQUAL(ml_dp_udp_in(i, from, 0, message, 0, n, 1000), ML_DROPPED);           /* we never asked with this index */
    EQUAL(COUNTER(i, HANDSHAKE_INDEX), 1);
    force_index(i, 0, 0x01020304);
    EQUAL(ml_dp_udp_in(i, from, 0, message, 0, n, 1000), 0);
    EQUAL(drain_events(i, ML_EVENT_HANDSHAKE), 1);
    EQUAL(event[2] | event[3] << 8, 0);
    ml_dp_destroy(r);
    ml_dp_destroy(i);
}

static void make_mac1(int length)
{
    uint8_t labelled[40] = "mac1----", key[32];
    hex(responder_public, labelled + 8);
    ml_blake2s_hash(NULL, 0, labelled, 40, key, 32);
    ml_crypto_mac(key, 32, message, length - 32, message + length - 32);
}

/* What an initiator does with a cookie reply (protocol.md 8.4), then mac2. */
static void use_cookie(const uint8_t *reply)
{
    uint8_t labelled[40] = "cookie--", key[32], cookie[16];
    hex(responder_public, labelled + 8);
    ml_blake2s_hash(NULL, 0, labelled, 40, key, 32);
    EQUAL(ml_xchachapoly_open(key, reply + 8, message + 116, 16, reply + 32, 16, reply + 48, cookie), 0);
    ml_crypto_mac(cookie, 16, message, 132, message + 132);
}

static void cookies_under_load(void)
{
    int r = node(responder_public), n = hex(initiation, message);
    uint8_t other[18];
    ml_dp_options(r, ML_OPTION_UNDER_LOAD);
    EQUAL(ml_dp_udp_in(r, from, 0, message, 0, n, 1000), ML_DROPPED);
    EQUAL(COUNTER(r, MAC2), 1);
    EQUAL(COUNTER(r, COOKIE_SENT), 1);
    EQUAL(ml_dp_poll_udp(r, packet, 0, sizeof packet), 18 + 64);
    CHECK(memcmp(packet, from, 18) == 0);
    CHECK(memcmp(packet + 18, "\3\0\0\0\4\3\2\1", 8) == 0);
    use_cookie(packet + 18);
    EQUAL(ml_dp_udp_in(r, from, 0, message, 0, n, 1001), 0);
    EQUAL(drain_events(r, ML_EVENT_HANDSHAKE), 1);

    v4_endpoint(other, 192, 0, 2, 9, 3478);                                     /* a cookie is good for one address only */
    EQUAL(ml_dp_udp_in(r, other, 0, message, 0, n, 1001), ML_DROPPED);
    v4_endpoint(other, 192, 0, 2, 1, 3479);
    EQUAL(ml_dp_udp_in(r, other, 0, message, 0, n, 1001), ML_DROPPED);
    EQUAL(COUNTER(r, MAC2), 3);

    /* 20 a second, five at once */
    for (int i = 0; i < 10; i++) ml_dp_udp_in(r, from, 0, message, 0, n, 1002);
    EQUAL(drain_events(r, ML_EVENT_HANDSHAKE), 4);
    EQUAL(COUNTER(r, LIMITED), 6);
    for (int i = 0; i < 10; i++) ml_dp_udp_in(r, from, 0, message, 0, n, 2002);
    EQUAL(drain_events(r, ML_EVENT_HANDSHAKE), 5);
    for (int i = 0; i < 100; i++) ml_dp_udp_in(r, from, 0, message, 0, n, 3000 + 10 * i);
    EQUAL(drain_events(r, ML_EVENT_HANDSHAKE), 4 + 20);

    EQUAL(ml_dp_udp_in(r, from, 0, message, 0, n, 1000 + 120000), ML_DROPPED);  /* the secret has changed */
    ml_dp_destroy(r);
}

static void load_is_measured(void)
{
    int r = node(responder_public), n = hex(initiation, message), passed = 0;
    for (int i = 0; i < 200; i++)
    {
        message[40] = (uint8_t)i;
        make_mac1(n);
        if (ml_dp_udp_in(r, from, 0, message, 0, n, 5000) == 0) passed++;
        drain_events(r, 0);
    }
    EQUAL(passed, ML_LOAD_PER_SECOND);
    make_mac1(n);
    EQUAL(ml_dp_udp_in(r, from, 0, message, 0, n, 5999), ML_DROPPED);
    EQUAL(ml_dp_udp_in(r, from, 0, message, 0, n, 8000), 0);                    /* quiet again */
    ml_dp_destroy(r);
}

static void cookie_replies_need_an_index(void)
{
    int i = node(initiator_public);
    memset(message, 0, 64);
    message[0] = 3;
    ml_store32_le(message + 4, 0x01020304);
    EQUAL(ml_dp_udp_in(i, from, 0, message, 0, 64, 1000), ML_DROPPED);
    force_index(i, 0, 0x01020304);
    EQUAL(ml_dp_udp_in(i, from, 0, message, 0, 64, 1000), 0);
    EQUAL(drain_events(i, ML_EVENT_HANDSHAKE), 1);
    ml_dp_destroy(i);
}

/* Answers to strangers take half of the UDP ring at most. */
static void cookies_leave_room(void)
{
    int r = node(responder_public), n = hex(initiation, message);
    ml_dp *dp;
    ml_dp_options(r, ML_OPTION_UNDER_LOAD);
    for (int i = 0; i < 2000; i++) ml_dp_udp_in(r, from, 0, message, 0, n, 1000);
    dp = ml_dp_enter(r);
    CHECK(dp->udp.used <= dp->udp.size / 2 + 18 + 64 + 2);
    ml_dp_leave(dp, 0);
    EQUAL(COUNTER(r, COOKIE_SENT) + COUNTER(r, COOKIE_HELD), 2000);
    EQUAL(COUNTER(r, UDP_RING_FULL), 0);
    ml_dp_destroy(r);
}

int main(void)
{
    v4_endpoint(from, 192, 0, 2, 1, 3478);
    golden();
    cookies_under_load();
    load_is_measured();
    cookie_replies_need_an_index();
    cookies_leave_room();
    return finish("test_dp_gate");
}
