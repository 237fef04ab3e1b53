/* The netstack behind a port that merges segments before lwIP has them: bytes, acknowledgements, windows, checksums. */
#include "net_support.h"

/* port/lwip/ml_net_packets.c */
int ml_net_packets_out(void);

static uint8_t block[65536];

static int connected(int *server)
{
    uint8_t any[18] = { 0 }, to[18], from[18];
    int listener, client;
    any[16] = 33;
    listener = ml_net_tcp_listen(two.net, any, 0, 4);
    of(to, 2, 0, 33 << 8);
    client = ml_net_tcp_connect(one.net, to, 0, now);
    settle();
    *server = ml_net_tcp_accept(two.net, listener, from, 0);
    CHECK(client > 0 && *server > 0);
    ml_net_close(two.net, listener, 0, now);
    return client;
}

static uint8_t pattern(int at) { return (uint8_t)(at * 41 >> 5); }

/* Moves so many bytes from one to two, reading all of it or (until the end) nothing. Returns the time it took. */
static int64_t move_bytes(int client, int server, int total, bool read)
{
    int sent = 0, got = 0, n;
    int64_t began = now;
    while (got < total && now < began + 600000)
    {
        for (int i = 0; i < 60000; i++) block[i] = pattern(sent + i);
        n = ml_net_tcp_send(one.net, client, block, 0, total - sent < 60000 ? total - sent : 60000, now);
        CHECK(n >= 0);
        sent += n;
        pass(10);
        if (!read && sent < total && n > 0) continue;
        while ((n = ml_net_tcp_receive(two.net, server, block, 0, sizeof block, now)) > 0)
        {
            for (int i = 0; i < n; i++)
                if (block[i] != pattern(got + i)) { failures++; printf("byte %d differs\n", got + i); return 0; }
            got += n;
        }
    }
    EQUAL(got, total);
    return now - began;
}

static void end(int client, int server)
{
    ml_net_close(one.net, client, 0, now);
    settle();
    EQUAL(ml_net_tcp_receive(two.net, server, block, 0, 10, now), 0);
    ml_net_close(two.net, server, 0, now);
    pass(20000);
    EQUAL(ml_net_packets_out(), 0);
}

/* Far fewer acknowledgements than with single segments, and never one that waits for the timer. */
static void segments_come_as_one(void)
{
    int server, client;
    long single, merged;
    client = connected(&server);
    single = two.sent;
    move_bytes(client, server, 4000000, true);
    single = two.sent - single;
    end(client, server);
    two.merges = true;
    client = connected(&server);
    merged = two.sent;
    CHECK(move_bytes(client, server, 4000000, true) < 2000);
    merged = two.sent - merged;
    CHECK(single > 1500 && merged < single / 4);
    CHECK(net_counter(two.net, "netstack packets that came merged with others") > 2500);
    EQUAL(net_counter(one.net, "netstack packets that came merged with others"), 0);
    end(client, server);
}

/* Loss, order and bytes that changed after decryption: TCP's own checksum still protects, before segments join and after. */
static void a_bad_wire(void)
{
    int server, client = connected(&server);
    two.merges = one.merges = true;
    one.loss = two.loss = 2;
    one.swap = 5;
    two.damage = 97;
    move_bytes(client, server, 2000000, true);
    one.loss = two.loss = one.swap = two.damage = 0;
    pass(5000);
    end(client, server);
}

/* A reader that stops closes the window long before the connection's four megabytes; one that keeps up opens it. */
static void windows(void)
{
    int server, client = connected(&server), sent = 0, n, stalled = 0;
    two.merges = true;
    memset(block, 7, sizeof block);
    while (stalled < 50 && sent < 8000000)
    {
        n = ml_net_tcp_send(one.net, client, block, 0, 60000, now);
        stalled = n > 0 ? 0 : stalled + 1;
        sent += n > 0 ? n : 0;
        pass(10);
    }
    /* What two holds and what waits in one's send buffer of 1 MB. */
    CHECK(sent > 1400000 && sent < 1700000);
    for (int got = 0; got < sent && now < 100000000; pass(10))
        while ((n = ml_net_tcp_receive(two.net, server, block, 0, sizeof block, now)) > 0) got += n;
    end(client, server);
    client = connected(&server);
    move_bytes(client, server, 20000000, true);
    memset(block, 7, sizeof block);
    for (sent = stalled = 0; stalled < 50 && sent < 16000000; pass(10))
    {
        n = ml_net_tcp_send(one.net, client, block, 0, 60000, now);
        stalled = n > 0 ? 0 : stalled + 1;
        sent += n > 0 ? n : 0;
    }
    CHECK(sent > 2000000);
    ml_net_close(two.net, server, 1, now);
    ml_net_close(one.net, client, 1, now);
    pass(20000);
    EQUAL(ml_net_packets_out(), 0);
}

/* A whole whose parts were not looked at does not get past lwIP's own check. */
static void nothing_is_trusted_unseen(void)
{
    static uint8_t packet[4000];
    ml_net_part parts[2] = { { packet, 1240 }, { packet + 1240, 1200 } };
    ml_net_arrivals arrivals = { NULL, NULL, 0 };
    int server, client = connected(&server);
    memset(packet, 0, sizeof packet);
    packet[0] = 0x45;
    packet[2] = 2440 >> 8;
    packet[3] = 2440 & 0xff;
    packet[8] = 64;
    packet[9] = 6;
    memcpy(packet + 12, "\x64\x40\0\1\x64\x40\0\2", 8);
    EQUAL(ml_net_gather(&arrivals, parts, 2, 0), 1);
    EQUAL(ml_net_gather(&arrivals, parts, 2, 1), 1);
    ml_net_receive(two.net, &arrivals, now);
    CHECK(arrivals.first == NULL && arrivals.last == NULL);
    /* Too long for IP, and a stack that is gone. */
    parts[1].count = 65535;
    EQUAL(ml_net_gather(&arrivals, parts, 2, 1), 0);
    EQUAL(arrivals.lost, 2);
    parts[1].count = 10;
    EQUAL(ml_net_gather(&arrivals, parts, 2, 1), 1);
    ml_net_receive(0x7fff0000, &arrivals, now);
    EQUAL(ml_net_packets_out(), 0);
    ml_net_close(one.net, client, 1, now);
    settle();
    ml_net_close(two.net, server, 1, now);
    pass(1000);
}

int main(void)
{
    if (ml_net_available() != 1)
    {
        printf("built without lwIP\n1 passed, 0 failed\n");
        return 0;
    }
    open_pair();
    segments_come_as_one();
    a_bad_wire();
    windows();
    nothing_is_trusted_unseen();
    close_pair();
    EQUAL(ml_net_packets_out(), 0);
    return finish("netstack merging");
}
