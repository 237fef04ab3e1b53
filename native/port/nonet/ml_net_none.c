/* A library without lwIP: every function of ml_net.h says so. */
#include "ml_net.h"

int ml_net_available(void)
{
    return ML_NET_NO_STACK;
}

int ml_net_create(int data_plane, int max_sockets, const uint8_t *random, int offset, int64_t now_ms)
{
    (void)data_plane;
    (void)max_sockets;
    (void)random;
    (void)offset;
    (void)now_ms;
    return ML_NET_NO_STACK;
}

int ml_net_destroy(int net)
{
    (void)net;
    return ML_NET_NO_STACK;
}

int ml_net_addresses(int net, const uint8_t *addresses, int offset, int count)
{
    (void)net;
    (void)addresses;
    (void)offset;
    (void)count;
    return ML_NET_NO_STACK;
}

int ml_net_tick(int net, int64_t now_ms)
{
    (void)net;
    (void)now_ms;
    return ML_NET_NO_STACK;
}

int ml_net_poll(int net, uint8_t *into, int offset, int capacity)
{
    (void)net;
    (void)into;
    (void)offset;
    (void)capacity;
    return ML_NET_NO_STACK;
}

int ml_net_retry(int net, int64_t now_ms)
{
    (void)net;
    (void)now_ms;
    return ML_NET_NO_STACK;
}

int ml_net_wanted(int net, uint8_t *into, int offset)
{
    (void)net;
    (void)into;
    (void)offset;
    return ML_NET_NO_STACK;
}

int ml_net_unreachable(int net, const uint8_t *address, int offset)
{
    (void)net;
    (void)address;
    (void)offset;
    return ML_NET_NO_STACK;
}

int ml_net_udp_open(int net, const uint8_t *local, int offset)
{
    (void)net;
    (void)local;
    (void)offset;
    return ML_NET_NO_STACK;
}

int ml_net_udp_send(int net, int socket, const uint8_t *to, int to_offset, const uint8_t *bytes, int offset, int count, int64_t now_ms)
{
    (void)net;
    (void)socket;
    (void)to;
    (void)to_offset;
    (void)bytes;
    (void)offset;
    (void)count;
    (void)now_ms;
    return ML_NET_NO_STACK;
}

int ml_net_udp_receive(int net, int socket, uint8_t *from, int from_offset, uint8_t *into, int offset, int capacity)
{
    (void)net;
    (void)socket;
    (void)from;
    (void)from_offset;
    (void)into;
    (void)offset;
    (void)capacity;
    return ML_NET_NO_STACK;
}

int ml_net_tcp_connect(int net, const uint8_t *to, int offset, int64_t now_ms)
{
    (void)net;
    (void)to;
    (void)offset;
    (void)now_ms;
    return ML_NET_NO_STACK;
}

int ml_net_tcp_listen(int net, const uint8_t *local, int offset, int backlog)
{
    (void)net;
    (void)local;
    (void)offset;
    (void)backlog;
    return ML_NET_NO_STACK;
}

int ml_net_tcp_accept(int net, int listener, uint8_t *from, int from_offset)
{
    (void)net;
    (void)listener;
    (void)from;
    (void)from_offset;
    return ML_NET_NO_STACK;
}

int ml_net_tcp_send(int net, int socket, const uint8_t *bytes, int offset, int count, int64_t now_ms)
{
    (void)net;
    (void)socket;
    (void)bytes;
    (void)offset;
    (void)count;
    (void)now_ms;
    return ML_NET_NO_STACK;
}

int ml_net_tcp_receive(int net, int socket, uint8_t *into, int offset, int capacity, int64_t now_ms)
{
    (void)net;
    (void)socket;
    (void)into;
    (void)offset;
    (void)capacity;
    (void)now_ms;
    return ML_NET_NO_STACK;
}

int ml_net_tcp_shutdown(int net, int socket, int64_t now_ms)
{
    (void)net;
    (void)socket;
    (void)now_ms;
    return ML_NET_NO_STACK;
}

int ml_net_close(int net, int socket, int abort, int64_t now_ms)
{
    (void)net;
    (void)socket;
    (void)abort;
    (void)now_ms;
    return ML_NET_NO_STACK;
}

int ml_net_local(int net, int socket, uint8_t *into, int offset)
{
    (void)net;
    (void)socket;
    (void)into;
    (void)offset;
    return ML_NET_NO_STACK;
}

int ml_net_echo(int net, int port)
{
    (void)net;
    (void)port;
    return ML_NET_NO_STACK;
}

int ml_net_counters(int net, uint8_t *into, int offset, int capacity)
{
    (void)net;
    (void)into;
    (void)offset;
    (void)capacity;
    return ML_NET_NO_STACK;
}

int ml_net_counter_name(int counter, uint8_t *into, int offset, int capacity)
{
    (void)counter;
    (void)into;
    (void)offset;
    (void)capacity;
    return ML_NET_NO_STACK;
}

int ml_net_set_sender(int net, void (*send)(int argument, const ml_net_sealed *items, int count), int argument)
{
    (void)net;
    (void)send;
    (void)argument;
    return ML_NET_NO_STACK;
}

int ml_net_set_watcher(int net, void (*wake)(void *context), void *context)
{
    (void)net;
    (void)wake;
    (void)context;
    return ML_NET_NO_STACK;
}

int ml_net_watch(int net, int socket)
{
    (void)net;
    (void)socket;
    return ML_NET_NO_STACK;
}

int ml_net_poll_watched(int net, uint8_t *into, int capacity)
{
    (void)net;
    (void)into;
    (void)capacity;
    return ML_NET_NO_STACK;
}

int ml_net_tcp_peek(int net, int socket, ml_net_part *parts, int max)
{
    (void)net;
    (void)socket;
    (void)parts;
    (void)max;
    return ML_NET_NO_STACK;
}

int ml_net_tcp_release(int net, int socket, int count, int64_t now_ms)
{
    (void)net;
    (void)socket;
    (void)count;
    (void)now_ms;
    return ML_NET_NO_STACK;
}

int ml_net_tcp_room(int net, int socket)
{
    (void)net;
    (void)socket;
    return ML_NET_NO_STACK;
}

int ml_net_outer_open(int net, const uint8_t *local)
{
    (void)net;
    (void)local;
    return ML_NET_NO_STACK;
}

int ml_net_outer_flush(int net, int64_t now_ms)
{
    (void)net;
    (void)now_ms;
    return ML_NET_NO_STACK;
}

int ml_net_gather(ml_net_arrivals *arrivals, const ml_net_part *parts, int count, int checked)
{
    (void)arrivals;
    (void)parts;
    (void)count;
    (void)checked;
    return 0;
}

void ml_net_receive(int net, ml_net_arrivals *arrivals, int64_t now_ms)
{
    (void)net;
    (void)arrivals;
    (void)now_ms;
}

int ml_net_packets_out(void);
int ml_net_packets_out(void) { return 0; }
