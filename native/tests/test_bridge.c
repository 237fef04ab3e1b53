/* The bridge: sockets of this host joined to sockets in the tunnel, two nodes with pumps over the loop-back, real threads and time. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ml_bridge.h"
#include "../port/linux/ml_bridge_internal.h"
#include "../port/linux/ml_pump_link.h"
#include "ml_pump.h"
#include "net_support.h"

#define WAIT_MS 20000

static int pumps[2], bridge;
static uint8_t to[18];

/* Pumps in place of move(): each node finds the other at its real port. */
static void open_wires(void)
{
    uint8_t endpoint[18];
    now = ml_pump_now_ms();
    open_pair();
    pumps[0] = ml_pump_open(one.plane, 0);
    pumps[1] = ml_pump_open(two.plane, 0);
    CHECK(pumps[0] > 0 && pumps[1] > 0);
    v4_endpoint(endpoint, 127, 0, 0, 1, ml_pump_port(pumps[1]));
    ml_dp_peer_path(one.plane, 0, ML_PATH_UDP, endpoint, 0, 0);
    v4_endpoint(endpoint, 127, 0, 0, 1, ml_pump_port(pumps[0]));
    ml_dp_peer_path(two.plane, 0, ML_PATH_UDP, endpoint, 0, 0);
    bridge = ml_bridge_open(one.net);
    CHECK(bridge > 0);
    EQUAL(ml_bridge_pump(bridge, pumps[0]), 0);
    EQUAL(ml_pump_attach_net(pumps[1], two.net), 0);
    EQUAL(ml_net_echo(two.net, 7), 0);
}

/* In the place of the actors: timers, and what managed code would flush. */
static volatile int ticking = 1;
static void *tick(void *unused)
{
    (void)unused;
    while (ticking)
    {
        ml_net_tick(one.net, ml_pump_now_ms());
        ml_net_tick(two.net, ml_pump_now_ms());
        ml_pump_flush(pumps[0]);
        ml_pump_flush(pumps[1]);
        usleep(20000);
    }
    return NULL;
}

static int readable(int fd)
{
    struct pollfd wait = { fd, POLLIN, 0 };
    return poll(&wait, 1, WAIT_MS) == 1;
}

static int connect_through(int v6, int port)
{
    int socket, bits = 0;
    int64_t until = ml_pump_now_ms() + WAIT_MS;
    of(to, 2, v6, port);
    socket = ml_net_tcp_connect(one.net, to, 0, ml_pump_now_ms());
    CHECK(socket > 0);
    ml_pump_flush(pumps[0]);
    while ((bits & (ML_NET_CONNECTED | ML_NET_FAILED)) == 0 && ml_pump_now_ms() < until)
    {
        usleep(1000);
        bits |= told(&one, socket);
    }
    EQUAL(bits & ML_NET_CONNECTED, ML_NET_CONNECTED);
    return socket;
}

static uint8_t pattern(int64_t at) { return (uint8_t)(at * 131 >> 5); }

typedef struct { int fd; int64_t total; } bulk;
static void *write_all(void *context)
{
    const bulk *b = context;
    static uint8_t block[100000];
    for (int64_t at = 0; at < b->total; )
    {
        ssize_t n, part = b->total - at < 100000 ? (ssize_t)(b->total - at) : 100000;
        for (int i = 0; i < part; i++) block[i] = pattern(at + i);
        n = write(b->fd, block, (size_t)part);
        if (n <= 0) break;
        at += n;
    }
    shutdown(b->fd, SHUT_WR);
    return NULL;
}

/* All bytes come back through the echo service, in order, and both ends of the stream arrive. */
static void stream_goes_both_ways(int v6, int64_t total)
{
    static uint8_t block[100000];
    int ends[2];
    bulk b;
    int64_t got = 0;
    pthread_t writer;
    ssize_t n = 0;
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    EQUAL(ml_bridge_join(bridge, ends[1], connect_through(v6, 7)), 0);
    close(ends[1]);
    b.fd = ends[0];
    b.total = total;
    pthread_create(&writer, NULL, write_all, &b);
    while (readable(ends[0]) && (n = read(ends[0], block, sizeof block)) > 0)
    {
        for (int i = 0; i < n; i++)
            if (block[i] != pattern(got + i)) { failures++; printf("bytes differ at %lld\n", (long long)got + i); n = 0; break; }
        got += n;
    }
    EQUAL(n, 0);
    EQUAL(got, total);
    pthread_join(writer, NULL);
    close(ends[0]);
}

/* The peer refuses what comes after its reset: the host's end is reset too, not left open. */
static void reset_is_passed_on(void)
{
    uint8_t any[18] = { 0 }, from[18], byte;
    int ends[2], listener, server = -1;
    int64_t until = ml_pump_now_ms() + WAIT_MS;
    any[16] = 50;
    listener = ml_net_tcp_listen(two.net, any, 0, 4);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    EQUAL(ml_bridge_join(bridge, ends[1], connect_through(0, 50 << 8)), 0);
    close(ends[1]);
    while (server < 0 && ml_pump_now_ms() < until) server = ml_net_tcp_accept(two.net, listener, from, 0);
    CHECK(server > 0);
    ml_net_close(two.net, server, 1, ml_pump_now_ms());
    ml_pump_flush(pumps[1]);
    CHECK(readable(ends[0]));
    CHECK(read(ends[0], &byte, 1) <= 0);
    close(ends[0]);
    ml_net_close(two.net, listener, 0, ml_pump_now_ms());
}

static int udp_socket(struct sockaddr_in *address)
{
    socklen_t length = sizeof *address;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    memset(address, 0, sizeof *address);
    address->sin_family = AF_INET;
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(bind(fd, (struct sockaddr *)address, sizeof *address) == 0);
    getsockname(fd, (struct sockaddr *)address, &length);
    return fd;
}

/* Two senders, each gets its own answers. */
static void datagrams_go_both_ways(void)
{
    struct sockaddr_in at, own;
    char text[32];
    int fd = udp_socket(&at), senders[2];
    of(to, 2, 0, 7);
    EQUAL(ml_bridge_udp(bridge, fd, to, 0), 0);
    close(fd);
    for (int s = 0; s < 2; s++) senders[s] = udp_socket(&own);
    for (int round = 0; round < 20; round++)
    {
        for (int s = 0; s < 2; s++)
        {
            int n = snprintf(text, sizeof text, "sender %d round %d", s, round);
            CHECK(sendto(senders[s], text, (size_t)n, 0, (struct sockaddr *)&at, sizeof at) == n);
        }
        for (int s = 0; s < 2; s++)
        {
            char wanted[32];
            int n = snprintf(wanted, sizeof wanted, "sender %d round %d", s, round);
            CHECK(readable(senders[s]));
            EQUAL(recv(senders[s], text, sizeof text, 0), n);
            CHECK(memcmp(text, wanted, (size_t)n) == 0);
        }
    }
    close(senders[0]);
    close(senders[1]);
}

/* SOCKS5: the header says where to, and where answers come from; the end of the control connection is the end of all. */
static void socks_datagrams(void)
{
    struct sockaddr_in at, own;
    uint8_t datagram[64], answer[64], client[18], there[18];
    int fd = udp_socket(&at), sender = udp_socket(&own), control[2], n;
    v4_endpoint(client, 127, 0, 0, 1, 0);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, control) == 0);
    EQUAL(ml_bridge_socks(bridge, fd, control[1], client, 0), 0);
    EQUAL(ml_bridge_socks(bridge, -1, control[1], client, 0), -EBADF);
    EQUAL(ml_bridge_socks(bridge, fd, -1, client, 0), -EBADF);
    close(fd);
    close(control[1]);
    for (int round = 0; round < 10; round++)
    {
        n = 12;
        memset(datagram, 0, sizeof datagram);
        memcpy(datagram, "\0\0\0\1\x64\x40\0\2\0\7hi", 12);
        if (round & 1)
        {
            memset(datagram, 0, sizeof datagram);
            datagram[3] = 4;
            v6_address(datagram + 4, 2);
            datagram[21] = 7;
            datagram[22] = 'h';
            datagram[23] = 'o';
            n = 24;
        }
        CHECK(sendto(sender, datagram, (size_t)n, 0, (struct sockaddr *)&at, sizeof at) == n);
        CHECK(readable(sender));
        EQUAL(recv(sender, answer, sizeof answer, 0), n);
        CHECK(memcmp(answer, datagram, (size_t)n) == 0);
    }
    /* What the header cannot say is dropped: too short, a fragment, a name. */
    for (int count = 0; count < 22; count++) EQUAL(ml_socks_unwrap(datagram, count, there), -1);
    EQUAL(ml_socks_unwrap(datagram, 22, there), 22);
    datagram[2] = 1;
    EQUAL(ml_socks_unwrap(datagram, 24, there), -1);
    datagram[2] = 0;
    datagram[3] = 3;
    EQUAL(ml_socks_unwrap(datagram, 24, there), -1);
    close(control[0]);
    close(sender);
}

static void records_go_both_ways(void)
{
    static uint8_t record[2 + 5000];
    int ends[2], got = 0;
    of(to, 2, 1, 7);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    EQUAL(ml_bridge_records(bridge, ends[1], to, 0), 0);
    close(ends[1]);
    EQUAL(ml_bridge_records(bridge, -1, to, 0), -EBADF);
    record[0] = 5000 >> 8;
    record[1] = 5000 & 255;
    for (int i = 0; i < 5000; i++) record[2 + i] = pattern(i);
    /* cut anywhere */
    CHECK(write(ends[0], record, 1) == 1);
    CHECK(write(ends[0], record + 1, 3000) == 3000);
    usleep(20000);
    CHECK(write(ends[0], record + 3001, sizeof record - 3001) == (ssize_t)sizeof record - 3001);
    memset(record, 0, sizeof record);
    while (got < (int)sizeof record && readable(ends[0]))
    {
        ssize_t n = read(ends[0], record + got, sizeof record - (size_t)got);
        if (n <= 0) break;
        got += (int)n;
    }
    EQUAL(got, sizeof record);
    EQUAL(record[0] << 8 | record[1], 5000);
    CHECK(record[2 + 4999] == pattern(4999));
    close(ends[0]);
}

static uint64_t bridge_counter(int which)
{
    uint8_t all[ML_BRIDGE_COUNTERS * 8];
    EQUAL(ml_bridge_counters(bridge, all, 0, sizeof all), ML_BRIDGE_COUNTERS);
    return ml_load64_le(all + which * 8);
}

int main(int argc, char **argv)
{
    pthread_t ticker;
    int64_t total = argc > 1 ? atoll(argv[1]) : 8000000, until;
    if (ml_net_available() != 1)
    {
        printf("built without lwIP\n1 passed, 0 failed\n");
        return 0;
    }
    open_wires();
    pthread_create(&ticker, NULL, tick, NULL);
    until = ml_pump_now_ms();
    stream_goes_both_ways(0, total);
    printf("%lld bytes there and back in %lld ms\n", (long long)total, (long long)(ml_pump_now_ms() - until));
    stream_goes_both_ways(1, 1000000);
    reset_is_passed_on();
    datagrams_go_both_ways();
    socks_datagrams();
    records_go_both_ways();
    until = ml_pump_now_ms() + WAIT_MS;
    while (bridge_counter(ML_BRIDGE_OPEN) > 1 && ml_pump_now_ms() < until) usleep(1000);
    EQUAL(bridge_counter(ML_BRIDGE_OPEN), 1);                     /* the UDP port, which stays */
    EQUAL(bridge_counter(ML_BRIDGE_MADE), 6);
    CHECK(net_counter(one.net, "netstack packets that came merged with others") > 1000);
    CHECK(net_counter(two.net, "netstack packets that came merged with others") > 1000);
    EQUAL(bridge_counter(ML_BRIDGE_DATAGRAMS_IN), 51);
    EQUAL(bridge_counter(ML_BRIDGE_DROPPED), 0);
    EQUAL(ml_bridge_close(bridge), 0);
    EQUAL(ml_bridge_close(bridge), -EBADF);
    ticking = 0;
    pthread_join(ticker, NULL);
    EQUAL(net_counter(one.net, "netstack sockets open"), 0);
    ml_pump_close(pumps[0]);
    ml_pump_close(pumps[1]);
    close_pair();
    return finish("bridge");
}
