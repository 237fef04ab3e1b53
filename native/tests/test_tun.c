/* Two TUN devices in network namespaces of their own, their pumps on the loopback of a third: real sockets talk through the tunnel, TCP and
 * UDP, IPv4 and IPv6, both ways, and every byte is compared. Without root only the refusals are tested, and it says so. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/udp.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dp_support.h"
#include "ml_pump.h"
#include "ml_tun.h"

#define BYTES (6 << 20)

static int home, space[2], plane[2], pump[2], tun[2];

static int this_space(void) { return open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC); }

static void loopback_up(void)
{
    struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    EQUAL(ioctl(fd, SIOCSIFFLAGS, &request), 0);
    close(fd);
}

static bool new_space(int *fd)
{
    if (unshare(CLONE_NEWNET) != 0) return false;
    *fd = this_space();
    loopback_up();
    return true;
}

/* 100.64.0.n/32 or fd7a::n/128. */
static void address_of(int node, bool v4, uint8_t *prefix)
{
    if (v4) v4_prefix(prefix, 100, 64, 0, node, 32);
    else
    {
        memset(prefix, 0, 17);
        prefix[0] = 0xfd;
        prefix[1] = 0x7a;
        prefix[15] = (uint8_t)node;
        prefix[16] = 128;
    }
}

static void make_node(int i)
{
    const char *name = i == 0 ? "mlta" : "mltb";
    uint8_t both[34], endpoint[18], addresses[32];
    setns(space[i], CLONE_NEWNET);
    tun[i] = ml_tun_create((const uint8_t *)name, 0, 4, i == 0 ? 1 : 3);
    CHECK(tun[i] > 0);
    for (int v4 = 0; v4 < 2; v4++)
    {
        address_of(i + 1, v4 != 0, both + v4 * 17);
        memcpy(addresses + v4 * 16, both + v4 * 17, 16);
        EQUAL(ml_tun_address(tun[i], both, v4 * 17, 1), 0);
        EQUAL(ml_tun_address(tun[i], both, v4 * 17, 1), 0);             /* again: no error */
        address_of(2 - i, v4 != 0, both + v4 * 17);
        EQUAL(ml_tun_route(tun[i], both, v4 * 17, 1), 0);
    }
    setns(home, CLONE_NEWNET);
    plane[i] = plane_with_peer(i + 1, 2 - i);
    ml_dp_set_self_addresses(plane[i], addresses, 0, 2);
    ml_dp_peer_allowed(plane[i], 0, both, 0, 2);
    pump[i] = ml_pump_open(plane[i], 0);
    CHECK(pump[i] > 0);
    EQUAL(ml_tun_start(tun[i], pump[i]), 0);
    if (i == 0) return;
    for (int n = 0; n < 2; n++)
    {
        v4_endpoint(endpoint, 127, 0, 0, 1, ml_pump_port(pump[1 - n]));
        EQUAL(ml_dp_peer_path(plane[n], 0, ML_PATH_UDP, endpoint, 0, 0), 0);
    }
    join(plane[0], plane[1], 1, ml_pump_now_ms());
}

/* ---- sockets in the tunnel ---------------------------------------------------------------------------------------------------------------- */

static socklen_t socket_address(struct sockaddr_in6 *into, int node, bool v4, int port)
{
    uint8_t prefix[17];
    struct sockaddr_in *small = (struct sockaddr_in *)(void *)into;
    address_of(node, v4, prefix);
    memset(into, 0, sizeof *into);
    if (v4)
    {
        small->sin_family = AF_INET;
        small->sin_port = htons((uint16_t)port);
        memcpy(&small->sin_addr, prefix + 12, 4);
        return sizeof *small;
    }
    into->sin6_family = AF_INET6;
    into->sin6_port = htons((uint16_t)port);
    memcpy(&into->sin6_addr, prefix, 16);
    return sizeof *into;
}

/* A socket of a node, in its namespace, bound to its address. */
static int node_socket(int i, bool v4, int type, int port)
{
    struct sockaddr_in6 address;
    socklen_t length = socket_address(&address, i + 1, v4, port);
    struct timeval patience = { 20, 0 };
    int fd, one = 1;
    setns(space[i], CLONE_NEWNET);
    fd = socket(v4 ? AF_INET : AF_INET6, type | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    EQUAL(bind(fd, (struct sockaddr *)&address, length), 0);
    setns(home, CLONE_NEWNET);
    return fd;
}

static uint8_t byte_at(size_t i) { return (uint8_t)(i * 7 + i / 251); }

static void *send_bytes(void *context)
{
    static uint8_t block[65536];
    int fd = *(int *)context;
    for (size_t at = 0; at < BYTES; )
    {
        ssize_t n;
        for (size_t i = 0; i < sizeof block; i++) block[i] = byte_at(at + i);
        n = write(fd, block, BYTES - at < sizeof block ? BYTES - at : sizeof block);
        if (n <= 0) break;
        at += (size_t)n;
    }
    shutdown(fd, SHUT_WR);
    return NULL;
}

static void tcp(int from, bool v4)
{
    static uint8_t block[65536];
    struct sockaddr_in6 address;
    socklen_t length = socket_address(&address, 2 - from, v4, 5000);
    int listener = node_socket(1 - from, v4, SOCK_STREAM, 5000), client = node_socket(from, v4, SOCK_STREAM, 0), server;
    size_t at = 0, wrong = 0;
    pthread_t thread;
    EQUAL(listen(listener, 1), 0);
    if (connect(client, (struct sockaddr *)&address, length) != 0)
    {
        EQUAL(errno, 0);
        return;
    }
    server = accept(listener, NULL, NULL);
    pthread_create(&thread, NULL, send_bytes, &client);
    for (;;)
    {
        ssize_t n = read(server, block, sizeof block);
        if (n <= 0) break;
        for (ssize_t i = 0; i < n; i++) wrong += block[i] != byte_at(at + (size_t)i);
        at += (size_t)n;
    }
    pthread_join(thread, NULL);
    EQUAL(at, BYTES);
    EQUAL(wrong, 0);
    close(server);
    close(client);
    close(listener);
}

/* One call of a program that segments UDP itself, then datagrams of other lengths. */
static void udp(int from, bool v4)
{
    static uint8_t block[40 * 1000 + 3], got[2000];
    struct sockaddr_in6 address;
    socklen_t length = socket_address(&address, 2 - from, v4, 6000);
    int client = node_socket(from, v4, SOCK_DGRAM, 6000), server = node_socket(1 - from, v4, SOCK_DGRAM, 6000), size = 1000, n = 0;
    const int lengths[4] = { 1, 0, 1232 - 20, 999 };
    for (size_t i = 0; i < sizeof block; i++) block[i] = byte_at(i);
    EQUAL(connect(client, (struct sockaddr *)&address, length), 0);
    if (setsockopt(client, IPPROTO_UDP, 103, &size, sizeof size) == 0)
    {
        EQUAL(write(client, block, sizeof block), sizeof block);
        for (int i = 0; i <= 40; i++)
        {
            EQUAL(recv(server, got, sizeof got, 0), i < 40 ? 1000 : 3);
            n += memcmp(got, block + i * 1000, i < 40 ? 1000 : 3) == 0;
        }
        EQUAL(n, 41);
        size = 0;
        setsockopt(client, IPPROTO_UDP, 103, &size, sizeof size);
    }
    for (int i = 0; i < 4; i++)
    {
        EQUAL(write(client, block, (size_t)lengths[i]), lengths[i]);
        EQUAL(recv(server, got, sizeof got, 0), lengths[i]);
        CHECK(memcmp(got, block, (size_t)lengths[i]) == 0);
    }
    close(client);
    close(server);
}

static uint64_t tun_counter(int i, int which)
{
    uint8_t all[ML_TUN_COUNTERS * 8];
    EQUAL(ml_tun_counters(tun[i], all, 0, sizeof all), ML_TUN_COUNTERS);
    return ml_load64_le(all + which * 8);
}

static void traffic(void)
{
    for (int from = 0; from < 2; from++)
    {
        for (int v4 = 0; v4 < 2; v4++)
        {
            tcp(from, v4 != 0);
            udp(from, v4 != 0);
        }
    }
    for (int i = 0; i < 2; i++)
    {
        CHECK(tun_counter(i, ML_TUN_MERGED) > 4000);
        EQUAL(tun_counter(i, ML_TUN_DROP_MALFORMED) + tun_counter(i, ML_TUN_DROP_LONG) + tun_counter(i, ML_TUN_DROP_REFUSED), 0);
        EQUAL(COUNTER(plane[i], REPLAYED) + COUNTER(plane[i], TRANSPORT_TAG) + COUNTER(plane[i], INNER_MALFORMED), 0);
    }
}

/* What one plane has for the relay is fed to the other, whose sink is the device. */
static void by_relay(void)
{
    static uint8_t block[1 << 16];
    uint8_t none[18] = { 0 };
    uint64_t before = COUNTER(plane[0], RELAY_OUT);
    struct sockaddr_in6 address;
    socklen_t length = socket_address(&address, 2, true, 7000);
    int client = node_socket(0, true, SOCK_DGRAM, 0), server = node_socket(1, true, SOCK_DGRAM, 7000), n = 0;
    EQUAL(ml_dp_peer_path(plane[0], 0, ML_PATH_RELAY, none, 0, 1), 0);
    ml_dp_relay_open(plane[0], 1);
    ml_dp_relay_open(plane[1], 1);
    ml_dp_relay_frame(plane[0], 1, 2, none, 0, 1);
    EQUAL(sendto(client, "by relay", 8, 0, (struct sockaddr *)&address, length), 8);
    for (int i = 0; i < 400 && COUNTER(plane[0], RELAY_OUT) == before; i++) usleep(5000);
    n = ml_dp_relay_drain(plane[0], 1, block, 0, sizeof block);
    for (int at = 0; at < n; at += 5 + (block[at + 3] << 8 | block[at + 4]))
    {
        /* SendPacket becomes RecvPacket: with the sender's key in the place of the receiver's. */
        if (block[at] != 4) continue;
        block[at] = 5;
        memset(block + at + 5, 1, 32);
    }
    ml_dp_relay_in(plane[1], 1, block, 0, n, ml_pump_now_ms());
    EQUAL(recv(server, block, sizeof block, 0), 8);
    close(client);
    close(server);
}

static void restart(void)
{
    uint8_t endpoint[18];
    EQUAL(ml_tun_stop(tun[0]), 0);
    EQUAL(ml_tun_start(tun[0], pump[0]), 0);
    EQUAL(ml_pump_rebind(pump[1], 0), ml_pump_port(pump[1]));
    v4_endpoint(endpoint, 127, 0, 0, 1, ml_pump_port(pump[1]));
    ml_dp_peer_path(plane[0], 0, ML_PATH_UDP, endpoint, 0, 0);
    udp(0, true);
    udp(1, false);
}

static void refusals(void)
{
    const uint8_t long_name[20] = "abcdefghijklmnopqrs";
    uint8_t prefix[17] = { 0 };
    EQUAL(ml_tun_create(long_name, 0, 16, 1), -EINVAL);
    EQUAL(ml_tun_create(long_name, 0, 0, 1), -EINVAL);
    EQUAL(ml_tun_start(200, 1), -EBADF);
    EQUAL(ml_tun_route(0, prefix, 0, 1), -EBADF);
    EQUAL(ml_tun_close(-1), -EBADF);
}

int main(void)
{
    int other;
    refusals();
    if (geteuid() != 0 || access("/dev/net/tun", R_OK | W_OK) != 0 || !new_space(&home) || !new_space(&space[0]) || !new_space(&space[1]))
    {
        printf("only refusals tested: devices need root, /dev/net/tun and network namespaces\n");
        return finish("test_tun");
    }
    make_node(0);
    make_node(1);
    traffic();
    by_relay();
    restart();
    setns(space[0], CLONE_NEWNET);
    other = ml_tun_create((const uint8_t *)"mlta", 0, 4, 1);
    CHECK(other == -EBUSY || other == -EINVAL || other == -EPERM);       /* the name is taken */
    EQUAL(ml_tun_gone(tun[0]), 0);
    EQUAL(system("ip link del mlta"), 0);
    for (int i = 0; i < 400 && ml_tun_gone(tun[0]) == 0; i++) usleep(5000);
    EQUAL(ml_tun_gone(tun[0]), 1);
    setns(home, CLONE_NEWNET);
    EQUAL(ml_pump_close(pump[0]), 0);                                   /* the pump may go first */
    EQUAL(ml_tun_close(tun[0]), 0);
    EQUAL(ml_tun_close(tun[1]), 0);
    EQUAL(ml_pump_close(pump[1]), 0);
    EQUAL(ml_tun_close(tun[1]), -EBADF);
    ml_dp_destroy(plane[0]);
    ml_dp_destroy(plane[1]);
    return finish("test_tun");
}
