/* The netstack: sockets between two nodes that share one lwIP. Sockets' life, both protocols, both families, limits. */
#include "net_support.h"

static uint8_t any[18], to[18], from[18], buffer[65536];

static int connected_pair(int v6, int port, int *listener, int *server)
{
    int client;
    memset(any, 0, 18);
    any[16] = (uint8_t)(port >> 8);
    any[17] = (uint8_t)port;
    *listener = ml_net_tcp_listen(two.net, any, 0, 8);
    CHECK(*listener > 0);
    of(to, 2, v6, port);
    client = ml_net_tcp_connect(one.net, to, 0, now);
    CHECK(client > 0);
    settle();
    EQUAL(told(&one, client) & ML_NET_CONNECTED, ML_NET_CONNECTED);
    EQUAL(told(&two, *listener), ML_NET_ACCEPTABLE);
    *server = ml_net_tcp_accept(two.net, *listener, from, 0);
    CHECK(*server > 0);
    return client;
}

static void udp_goes_both_ways(int v6)
{
    int a, b;
    memset(any, 0, 18);
    a = ml_net_udp_open(one.net, any, 0);
    any[16] = 35;
    b = ml_net_udp_open(two.net, any, 0);
    CHECK(a > 0 && b > 0);
    EQUAL(ml_net_udp_open(two.net, any, 0), ML_NET_IN_USE);
    EQUAL(ml_net_udp_receive(two.net, b, from, 0, buffer, 0, 100), ML_NET_AGAIN);
    of(to, 2, v6, 35 << 8);
    EQUAL(ml_net_udp_send(one.net, a, to, 0, (const uint8_t *)"hello", 0, 5, now), 5);
    EQUAL(ml_net_udp_send(one.net, a, to, 0, (const uint8_t *)"", 0, 0, now), 0);
    settle();
    EQUAL(told(&two, b), ML_NET_READABLE);
    EQUAL(ml_net_udp_receive(two.net, b, from, 0, buffer, 0, 100), 5);
    CHECK(memcmp(buffer, "hello", 5) == 0);
    EQUAL(ml_net_udp_receive(two.net, b, from, 0, buffer, 0, 100), 0);
    of(to, 1, v6, from[16] << 8 | from[17]);
    CHECK(memcmp(from, to, 18) == 0);
    CHECK((from[16] << 8 | from[17]) >= 49152);
    EQUAL(ml_net_udp_send(two.net, b, from, 0, (const uint8_t *)"back", 0, 4, now), 4);
    settle();
    EQUAL(ml_net_udp_receive(one.net, a, from, 0, buffer, 0, 2), 2);          /* cut, and counted */
    EQUAL(net_counter(one.net, "udp datagrams cut at the reader's buffer"), v6 ? 2 : 1);
    EQUAL(ml_net_close(one.net, a, 0, now), 0);
    EQUAL(ml_net_close(one.net, a, 0, now), ML_BAD_ARGUMENT);
    EQUAL(ml_net_close(two.net, b, 0, now), 0);
}

/* Larger than the MTU: fragments, both ways through the plane and together again. */
static void udp_fragments(int v6)
{
    int a, b;
    memset(any, 0, 18);
    a = ml_net_udp_open(one.net, any, 0);
    any[16] = 36;
    b = ml_net_udp_open(two.net, any, 0);
    of(to, 2, v6, 36 << 8);
    for (int i = 0; i < 9000; i++) buffer[i] = (uint8_t)(i * 7);
    EQUAL(ml_net_udp_send(one.net, a, to, 0, buffer, 0, 9000, now), 9000);
    EQUAL(ml_net_udp_send(one.net, a, to, 0, buffer, 0, ML_NET_UDP_MAX + 1, now), ML_TOO_LONG);
    settle();
    memset(buffer, 0, 9000);
    EQUAL(ml_net_udp_receive(two.net, b, from, 0, buffer, 0, 9000), 9000);
    CHECK(buffer[8999] == (uint8_t)(8999 * 7));
    ml_net_close(one.net, a, 0, now);
    ml_net_close(two.net, b, 0, now);
}

static void udp_queue_is_bounded(void)
{
    int a, b, got = 0;
    uint64_t before = net_counter(two.net, "drop: udp socket not read");
    memset(any, 0, 18);
    a = ml_net_udp_open(one.net, any, 0);
    any[16] = 37;
    b = ml_net_udp_open(two.net, any, 0);
    of(to, 2, 0, 37 << 8);
    for (int i = 0; i < 300; i++)
    {
        ml_net_udp_send(one.net, a, to, 0, (const uint8_t *)"x", 0, 1, now);
        settle();
    }
    while (ml_net_udp_receive(two.net, b, from, 0, buffer, 0, 10) >= 0) got++;
    EQUAL(got, 256);
    EQUAL(net_counter(two.net, "drop: udp socket not read") - before, 44);
    ml_net_close(one.net, a, 0, now);
    ml_net_close(two.net, b, 0, now);
}

static void tcp_life(int v6)
{
    int listener, server, client = connected_pair(v6, 8000 + v6, &listener, &server);
    EQUAL(ml_net_tcp_receive(two.net, server, buffer, 0, 100, now), ML_NET_AGAIN);
    EQUAL(ml_net_tcp_send(one.net, client, (const uint8_t *)"ping", 0, 4, now), 4);
    settle();
    EQUAL(told(&two, server) & ML_NET_READABLE, ML_NET_READABLE);
    EQUAL(ml_net_tcp_receive(two.net, server, buffer, 0, 3, now), 3);
    EQUAL(ml_net_tcp_receive(two.net, server, buffer, 0, 3, now), 1);
    CHECK(buffer[0] == 'g');
    EQUAL(ml_net_tcp_shutdown(one.net, client, now), 0);
    EQUAL(ml_net_tcp_send(one.net, client, (const uint8_t *)"more", 0, 4, now), ML_NET_NOT_CONNECTED);
    settle();
    EQUAL(told(&two, server) & ML_NET_CLOSED, ML_NET_CLOSED);
    EQUAL(ml_net_tcp_receive(two.net, server, buffer, 0, 3, now), 0);
    EQUAL(ml_net_tcp_send(two.net, server, (const uint8_t *)"rest", 0, 4, now), 4);      /* half closed: ours still goes */
    EQUAL(ml_net_close(two.net, server, 0, now), 0);
    settle();
    EQUAL(ml_net_tcp_receive(one.net, client, buffer, 0, 100, now), 4);
    EQUAL(ml_net_tcp_receive(one.net, client, buffer, 0, 100, now), 0);
    EQUAL(ml_net_close(one.net, client, 0, now), 0);
    EQUAL(ml_net_close(two.net, listener, 0, now), 0);
    pass(20000);
}

static void tcp_refused_and_reset(void)
{
    int listener, server, client;
    of(to, 2, 0, 9);
    client = ml_net_tcp_connect(one.net, to, 0, now);
    settle();
    EQUAL(told(&one, client) & ML_NET_FAILED, ML_NET_FAILED);
    EQUAL(told_error, ML_NET_REFUSED);
    EQUAL(ml_net_tcp_send(one.net, client, (const uint8_t *)"x", 0, 1, now), ML_NET_REFUSED);
    EQUAL(ml_net_close(one.net, client, 0, now), 0);

    client = connected_pair(0, 8100, &listener, &server);
    ml_net_tcp_send(two.net, server, (const uint8_t *)"unread", 0, 6, now);
    settle();
    EQUAL(ml_net_close(two.net, server, 1, now), 0);
    settle();
    EQUAL(told(&one, client) & ML_NET_FAILED, ML_NET_FAILED);
    EQUAL(told_error, ML_NET_RESET);
    EQUAL(ml_net_tcp_receive(one.net, client, buffer, 0, 100, now), 6);       /* what came before the reset is not lost */
    EQUAL(ml_net_tcp_receive(one.net, client, buffer, 0, 100, now), ML_NET_RESET);
    EQUAL(ml_net_close(one.net, client, 0, now), 0);
    EQUAL(ml_net_close(two.net, listener, 0, now), 0);
}

static void tcp_times_out(void)
{
    int client;
    one.loss = 100;
    of(to, 2, 0, 8200);
    client = ml_net_tcp_connect(one.net, to, 0, now);
    pass(200000);
    EQUAL(told(&one, client) & ML_NET_FAILED, ML_NET_FAILED);
    EQUAL(told_error, ML_NET_TIMED_OUT);
    one.loss = 0;
    ml_net_close(one.net, client, 0, now);
}

/* The accept queue of 8 is full: the ninth waits for room and comes through by its own retransmission. */
static void backlog_is_bounded(void)
{
    int clients[12], listener, accepted = 0;
    memset(any, 0, 18);
    any[16] = 40;
    listener = ml_net_tcp_listen(two.net, any, 0, 8);
    of(to, 2, 0, 40 << 8);
    for (int i = 0; i < 12; i++) clients[i] = ml_net_tcp_connect(one.net, to, 0, now);
    settle();
    for (int i = 0; i < 12; i++) accepted += (told(&one, clients[i]) & ML_NET_CONNECTED) != 0;
    EQUAL(accepted, 8);
    for (int round = 0; round < 20 && accepted < 12; round++)
    {
        int server;
        while ((server = ml_net_tcp_accept(two.net, listener, from, 0)) > 0) ml_net_close(two.net, server, 0, now);
        pass(1000);
        for (int i = 0; i < 12; i++) accepted += (told(&one, clients[i]) & ML_NET_CONNECTED) != 0;
    }
    EQUAL(accepted, 12);
    for (int i = 0; i < 12; i++) ml_net_close(one.net, clients[i], 1, now);
    ml_net_close(two.net, listener, 1, now);
    pass(1000);
}

static void table_is_bounded(void)
{
    int made = 0, sockets[300], result = 0;
    memset(any, 0, 18);
    for (; made < 300; made++)
    {
        result = ml_net_udp_open(one.net, any, 0);
        if (result < 0) break;
        sockets[made] = result;
    }
    EQUAL(made, 256);
    EQUAL(result, ML_FULL);
    while (made > 0) ml_net_close(one.net, sockets[--made], 0, now);
    EQUAL(net_counter(one.net, "netstack sockets open"), 0);
}

/* A peer without a slot in the plane: the packet waits, its address is told once, and it goes when there is a tunnel. */
static void first_packet_waits_for_a_tunnel(void)
{
    uint8_t prefixes[34], wanted[16];
    int a, b, client;
    memset(any, 0, 18);
    a = ml_net_udp_open(one.net, any, 0);
    any[16] = 41;
    b = ml_net_udp_open(two.net, any, 0);
    ml_dp_peer_allowed(one.plane, 0, prefixes, 0, 0);
    drain_events(one.plane, 0);
    of(to, 2, 0, 41 << 8);
    EQUAL(ml_net_udp_send(one.net, a, to, 0, (const uint8_t *)"early", 0, 5, now), 5);
    EQUAL(drain_events(one.plane, ML_EVENT_SOCKETS), 1);
    EQUAL(ml_net_wanted(one.net, wanted, 0), 1);
    CHECK(memcmp(wanted, to, 16) == 0);
    EQUAL(ml_net_wanted(one.net, wanted, 0), 0);
    settle();
    EQUAL(ml_net_udp_receive(two.net, b, from, 0, buffer, 0, 10), ML_NET_AGAIN);
    v4_prefix(prefixes, 100, 64, 0, 2, 32);
    v6_address(prefixes + 17, 2);
    prefixes[33] = 128;
    ml_dp_peer_allowed(one.plane, 0, prefixes, 0, 2);
    EQUAL(ml_net_retry(one.net, now), 0);
    settle();
    EQUAL(ml_net_udp_receive(two.net, b, from, 0, buffer, 0, 10), 5);
    /* Nobody there: the connection fails at once. */
    of(to, 77, 0, 80);
    client = ml_net_tcp_connect(one.net, to, 0, now);
    EQUAL(ml_net_wanted(one.net, wanted, 0), 1);
    EQUAL(ml_net_unreachable(one.net, wanted, 0), 0);
    EQUAL(told(&one, client), ML_NET_FAILED);
    EQUAL(told_error, ML_NET_UNREACHABLE);
    ml_net_close(one.net, client, 0, now);
    /* Nobody answers whether there is: given up after ten seconds. */
    ml_net_udp_send(one.net, a, to, 0, (const uint8_t *)"lost", 0, 4, now);
    pass(11000);
    EQUAL(net_counter(one.net, "drop: no tunnel came for a waiting packet"), 2);
    EQUAL(ml_net_retry(one.net, now), 0);
    ml_net_close(one.net, a, 0, now);
    ml_net_close(two.net, b, 0, now);
    while (ml_net_wanted(one.net, wanted, 0) == 1) { }
}

static void echo_answers(int v6)
{
    int a, client, got = 0, sent = 0;
    memset(any, 0, 18);
    a = ml_net_udp_open(one.net, any, 0);
    of(to, 2, v6, 7);
    ml_net_udp_send(one.net, a, to, 0, (const uint8_t *)"marco", 0, 5, now);
    settle();
    EQUAL(ml_net_udp_receive(one.net, a, from, 0, buffer, 0, 10), 5);
    ml_net_close(one.net, a, 0, now);
    client = ml_net_tcp_connect(one.net, to, 0, now);
    settle();
    while (got < 3000000)
    {
        int n;
        if (sent < 3000000)
        {
            for (int i = 0; i < 60000; i++) buffer[i] = (uint8_t)((sent + i) * 31 >> 3);
            n = ml_net_tcp_send(one.net, client, buffer, 0, 3000000 - sent < 60000 ? 3000000 - sent : 60000, now);
            CHECK(n >= 0);
            sent += n;
        }
        pass(10);
        while ((n = ml_net_tcp_receive(one.net, client, buffer, 0, 65536, now)) > 0)
        {
            for (int i = 0; i < n; i++)
                if (buffer[i] != (uint8_t)((got + i) * 31 >> 3)) { failures++; printf("echo differs at %d\n", got + i); return; }
            got += n;
        }
        if (now > 100000000) break;
    }
    EQUAL(got, 3000000);
    ml_net_tcp_shutdown(one.net, client, now);
    settle();
    EQUAL(ml_net_tcp_receive(one.net, client, buffer, 0, 10, now), 0);
    ml_net_close(one.net, client, 0, now);
    pass(20000);
}

/* 4 MB over a wire that loses 3 % and swaps 5 %, both ways at once: every byte, in order. */
static void bulk_on_a_bad_wire(int v6)
{
    int listener, server, client = connected_pair(v6, 8400 + v6, &listener, &server);
    const int total = 4000000;
    int sent[2] = { 0, 0 }, got[2] = { 0, 0 };
    int64_t until = now + 600000;
    one.loss = two.loss = 3;
    one.swap = two.swap = 5;
    while ((got[0] < total || got[1] < total) && now < until)
    {
        for (int side = 0; side < 2; side++)
        {
            int net = side == 0 ? one.net : two.net, socket = side == 0 ? client : server, n;
            for (int i = 0; i < 60000; i++) buffer[i] = (uint8_t)((sent[side] + i) * 37 >> 4);
            n = total - sent[side] < 60000 ? total - sent[side] : 60000;
            if (n > 0) n = ml_net_tcp_send(net, socket, buffer, 0, n, now);
            CHECK(n >= 0);
            sent[side] += n;
            while ((n = ml_net_tcp_receive(net, socket, buffer, 0, 65536, now)) > 0)
            {
                for (int i = 0; i < n; i++)
                    if (buffer[i] != (uint8_t)((got[side] + i) * 37 >> 4)) { failures++; printf("byte %d differs\n", got[side] + i); return; }
                got[side] += n;
            }
        }
        pass(10);
    }
    EQUAL(got[0], total);
    EQUAL(got[1], total);
    one.loss = two.loss = one.swap = two.swap = 0;
    ml_net_close(one.net, client, 1, now);
    settle();
    ml_net_close(two.net, server, 1, now);
    ml_net_close(two.net, listener, 1, now);
    pass(1000);
}

/* Connections come and go; none is forgotten in a table. */
static void many_connections(void)
{
    int listener;
    memset(any, 0, 18);
    any[16] = 42;
    listener = ml_net_tcp_listen(two.net, any, 0, 200);
    for (int round = 0; round < 20; round++)
    {
        int clients[100], servers[100], count = 0;
        of(to, 2, round & 1, 42 << 8);
        for (int i = 0; i < 100; i++) clients[i] = ml_net_tcp_connect(one.net, to, 0, now);
        settle();
        while (count < 100 && (servers[count] = ml_net_tcp_accept(two.net, listener, from, 0)) > 0) count++;
        EQUAL(count, 100);
        for (int i = 0; i < 100; i++)
        {
            CHECK(clients[i] > 0);
            ml_net_close(one.net, clients[i], i & 1, now);
        }
        settle();
        for (int i = 0; i < count; i++) ml_net_close(two.net, servers[i], 0, now);
        pass(20);
    }
    ml_net_close(two.net, listener, 0, now);
    EQUAL(net_counter(one.net, "netstack sockets open"), 0);
    EQUAL(net_counter(two.net, "netstack sockets open"), 2);              /* echo */
    pass(20000);
}

/* Our addresses go and come: listeners follow, connections end. */
static void addresses_change(void)
{
    uint8_t addresses[32];
    int listener, server, client = connected_pair(0, 8300, &listener, &server);
    EQUAL(ml_net_addresses(two.net, addresses, 0, 0), 0);
    EQUAL(told(&two, server) & ML_NET_FAILED, ML_NET_FAILED);
    ml_net_close(two.net, server, 0, now);
    of(to, 2, 0, 8300);
    memcpy(addresses, to, 16);
    v6_address(addresses + 16, 2);
    EQUAL(ml_net_addresses(two.net, addresses, 0, 2), 2);
    settle();
    ml_net_close(one.net, client, 1, now);
    for (int v6 = 0; v6 < 2; v6++)
    {
        of(to, 2, v6, 8300);
        client = ml_net_tcp_connect(one.net, to, 0, now);
        settle();
        EQUAL(told(&one, client) & ML_NET_CONNECTED, ML_NET_CONNECTED);
        ml_net_close(one.net, client, 1, now);
    }
    settle();
    ml_net_close(two.net, listener, 0, now);
    pass(1000);
}

static void stale_and_wrong_handles(void)
{
    uint8_t random[32] = { 0 };
    EQUAL(ml_net_create(one.plane, 0, random, 0, now), ML_BAD_ARGUMENT);
    EQUAL(ml_net_tick(12345678, now), ML_BAD_HANDLE);
    EQUAL(ml_net_tcp_send(one.net, -1, buffer, 0, 1, now), ML_BAD_ARGUMENT);
    EQUAL(ml_net_tcp_accept(one.net, 1 << 16, from, 0), ML_BAD_ARGUMENT);
    of(to, 1, 0, 80);
    EQUAL(ml_net_tcp_connect(one.net, to, 0, now), ML_NET_UNREACHABLE);       /* ourselves: there is no loop-back */
    of(to, 9, 0, 80);
    EQUAL(ml_net_tcp_listen(one.net, to, 0, 8), ML_NET_NO_ADDRESS);
    EQUAL(ml_net_tcp_listen(one.net, to, 0, 0), ML_BAD_ARGUMENT);
}

int main(void)
{
    if (ml_net_available() != 1)
    {
        printf("built without lwIP\n1 passed, 0 failed\n");
        return 0;
    }
    open_pair();
    EQUAL(ml_net_echo(two.net, 7), 0);
    EQUAL(ml_net_echo(two.net, 7), ML_NET_IN_USE);
    stale_and_wrong_handles();
    for (int v6 = 0; v6 < 2; v6++)
    {
        udp_goes_both_ways(v6);
        udp_fragments(v6);
        tcp_life(v6);
        echo_answers(v6);
        bulk_on_a_bad_wire(v6);
    }
    many_connections();
    udp_queue_is_bounded();
    tcp_refused_and_reset();
    tcp_times_out();
    backlog_is_bounded();
    table_is_bounded();
    first_packet_waits_for_a_tunnel();
    addresses_change();
    close_pair();
    open_pair();                                  /* again, with everything of before gone */
    close_pair();
    return finish("netstack");
}
