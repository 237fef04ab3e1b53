/* The pump over loopback sockets: both families, events, flush from another thread, rebind, close while somebody waits. */
#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dp_support.h"
#include "ml_pump.h"

static int a, b, pump_a, pump_b;

static void local_endpoint(uint8_t *into, bool v6, int port)
{
    v4_endpoint(into, 127, 0, 0, 1, port);
    if (!v6) return;
    memset(into, 0, 16);
    into[15] = 1;
}

static int wait_for(int handle, int pump, int kind)
{
    for (int i = 0; i < 100; i++)
    {
        if (drain_events(handle, kind) > 0) return 1;
        if (ml_pump_wait(pump, 50) < 0) return -1;
    }
    return 0;
}

static void ping(bool v6)
{
    static uint8_t packet[64];
    uint8_t endpoint[18];
    local_endpoint(endpoint, v6, ml_pump_port(pump_b));
    EQUAL(ml_dp_peer_path(a, 0, ML_PATH_UDP, endpoint, 0, 0), 0);
    local_endpoint(endpoint, v6, ml_pump_port(pump_a));
    EQUAL(ml_dp_peer_path(b, 0, ML_PATH_UDP, endpoint, 0, 0), 0);
    EQUAL(ml_dp_send_ip(a, packet, 0, echo4(packet, 1, 2), ml_pump_now_ms()), 0);
    ml_pump_flush(pump_a);
    EQUAL(wait_for(a, pump_a, ML_EVENT_INNER_REPLY), 1);
    local_endpoint(endpoint, v6, ml_pump_port(pump_b));
    CHECK(memcmp(event + 8, endpoint, 18) == 0);
}

static bool has_v6(void)
{
    struct sockaddr_in6 loopback = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    int fd = socket(AF_INET6, SOCK_DGRAM, 0), ok;
    if (fd < 0) return false;
    ok = bind(fd, (struct sockaddr *)&loopback, sizeof loopback) == 0;
    close(fd);
    return ok;
}

#define FLOOD 4000

static void *flood(void *context)
{
    int from = *(int *)context;
    int plane = from == 1 ? a : b, pump = from == 1 ? pump_a : pump_b;
    uint8_t packet[64];
    int n = echo4(packet, from, 3 - from);
    for (int i = 0; i < FLOOD; i++)
    {
        int result = ml_dp_send_ip(plane, packet, 0, n, ml_pump_now_ms());
        if (i % 16 == 0 || result == ML_FULL) ml_pump_flush(pump);
    }
    ml_pump_flush(pump);
    return NULL;
}

/* Both sides at once from threads of their own while the pumps answer; one side changes its sockets on the way. */
static void flood_both_ways(void)
{
    pthread_t threads[2];
    int sides[2] = { 1, 2 };
    uint64_t answered = 0;
    for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, flood, &sides[i]);
    EQUAL(ml_pump_rebind(pump_a, 0), ml_pump_port(pump_a));
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < 100 && answered < 2 * FLOOD; i++)
    {
        drain_events(a, 0);
        drain_events(b, 0);
        answered = COUNTER(a, ECHO_ANSWERED) + COUNTER(b, ECHO_ANSWERED);
        ml_pump_wait(pump_a, 5);
    }
    /* UDP may lose, the sockets were away for a moment, and four threads share rings of 64 KB: 1800 of 8000 were seen on two quiet cores. */
    CHECK(answered > FLOOD / 8);
    EQUAL(COUNTER(a, TRANSPORT_TAG) + COUNTER(b, TRANSPORT_TAG) + COUNTER(a, REPLAYED) + COUNTER(b, REPLAYED), 0);
}

static void *wait_until_closed(void *context)
{
    while (ml_pump_wait(*(int *)context, -1) >= 0) { }
    return NULL;
}

int main(void)
{
    pthread_t waiter;
    int port, taken;
    a = plane_with_peer(1, 2);
    b = plane_with_peer(2, 1);
    pump_a = ml_pump_open(a, 0);
    pump_b = ml_pump_open(b, 0);
    CHECK(pump_a > 0 && pump_b > 0);
    EQUAL(ml_pump_wait(pump_a, 10), 0);
    join(a, b, 1, ml_pump_now_ms());
    {
        uint8_t none[18] = { 0 };
        ml_dp_peer_path(a, 0, 0, none, 0, 0);
        while (ml_dp_poll_udp(a, event, 0, sizeof event) > 0) { }       /* the keepalive to an address of the other tests */
    }
    ping(false);
    EQUAL(drain_events(b, ML_EVENT_CONFIRMED), 1);
    if (has_v6()) ping(true);

    {
        uint8_t nowhere[18], byte = 1;
        v4_endpoint(nowhere, 0, 0, 0, 0, 0);                            /* port 0: refused by the kernel */
        ml_dp_udp_out(a, nowhere, 0, &byte, 0, 1);
        ml_pump_flush(pump_a);
        ml_pump_flush(pump_a);
        EQUAL(COUNTER(a, UDP_SEND_FAILED), 1);
    }
    port = ml_pump_port(pump_a);
    EQUAL(ml_pump_rebind(pump_a, 0), port);                             /* the same number again */
    ping(false);
    flood_both_ways();
    taken = ml_pump_open(a, ml_pump_port(pump_b));                      /* a port that is taken: any other */
    CHECK(taken > 0 && ml_pump_port(taken) != ml_pump_port(pump_b));
    ml_pump_close(taken);

    pthread_create(&waiter, NULL, wait_until_closed, &pump_b);
    EQUAL(ml_pump_close(pump_b), 0);
    pthread_join(waiter, NULL);
    EQUAL(ml_pump_close(pump_a), 0);
    CHECK(ml_pump_close(pump_a) < 0);
    EQUAL(ml_pump_wait(pump_a, 0), -1);
    ml_dp_destroy(a);
    ml_dp_destroy(b);
    return finish("test_pump");
}
