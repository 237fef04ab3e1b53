/*
 * libFuzzer target for what an authenticated but hostile peer may put into the netstack: the input is a list of inner packets (length u8 or, with the
 * top bit, u16; then the packet), whose addresses are made ours so that they reach lwIP, against a node with open UDP and TCP sockets, an echo
 * service and a connection under way. Nothing may be written outside of its place, and the socket table must stay sane.
 */
#include "../tests/net_support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* port/lwip/ml_net_packets.c */
int ml_net_packets_out(void);

static int sockets[4];

static void open_all(void)
{
    uint8_t to[18], any[18] = { 0 };
    if (ml_net_available() != 1) return;
    open_pair();
    ml_net_echo(two.net, 7);
    any[16] = 1;
    sockets[0] = ml_net_udp_open(two.net, any, 0);
    sockets[1] = ml_net_tcp_listen(two.net, any, 0, 4);
    of(to, 1, 0, 9);
    sockets[2] = ml_net_tcp_connect(two.net, to, 0, now);
    of(to, 2, 0, 7);
    sockets[3] = ml_net_tcp_connect(one.net, to, 0, now);
    settle();
}

static void aim(uint8_t *packet, int count)
{
    if (count >= 20 && packet[0] >> 4 == 4)
    {
        uint32_t sum = 0;
        const uint8_t addresses[8] = { 100, 64, 0, 1, 100, 64, 0, 2 };
        int header = (packet[0] & 15) * 4;
        memcpy(packet + 12, addresses, 8);
        packet[2] = (uint8_t)(count >> 8);
        packet[3] = (uint8_t)count;
        if (header < 20 || header > count) return;
        packet[10] = packet[11] = 0;
        for (int i = 0; i + 1 < header; i += 2) sum += (uint32_t)packet[i] << 8 | packet[i + 1];
        while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
        packet[10] = (uint8_t)(~sum >> 8);
        packet[11] = (uint8_t)~sum;
    }
    else if (count >= 40 && packet[0] >> 4 == 6)
    {
        packet[4] = (uint8_t)((count - 40) >> 8);
        packet[5] = (uint8_t)(count - 40);
        v6_address(packet + 8, 1);
        v6_address(packet + 24, 2);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t packet[2048], buffer[4096], from[18];
    size_t at = 0;
    if (ml_net_available() != 1) return 0;
    open_all();
    two.merges = size > 0 && (data[size - 1] & 1);      /* as the desktop's pump, or by the plane's sink */
    while (at < size)
    {
        size_t count = data[at++];
        if (count & 0x80 && at < size) count = (count & 7) << 8 | data[at++];
        if (count > size - at) count = size - at;
        if (count > ML_INNER_MAX) count = ML_INNER_MAX;
        memcpy(packet, data + at, count);
        at += count;
        aim(packet, (int)count);
        ml_dp_send_ip(one.plane, packet, 0, (int)count, now);
        move(&one, &two);
        now += 10;
        ml_net_tick(two.net, now);
    }
    ml_net_udp_receive(two.net, sockets[0], from, 0, buffer, 0, sizeof buffer);
    ml_net_tcp_receive(two.net, sockets[2], buffer, 0, sizeof buffer, now);
    ml_net_tcp_accept(two.net, sockets[1], from, 0);
    settle();
    pass(60);
    /* Until lwIP gives fragments up. Before that it chains them by pointers at odd addresses, which the leak checker takes for lost. */
    for (int second = 0; second < 130; second++)
    {
        now += 1000;
        ml_net_tick(two.net, now);
    }
    close_pair();
    if (ml_net_packets_out() != 0) abort();
    if (failures != 0) abort();
    return 0;
}
