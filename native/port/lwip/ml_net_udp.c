/* UDP sockets: one pcb a family, a ring of datagrams that were not read yet. A full ring drops the newest and counts it, as UDP may. */
#include "ml_net_internal.h"

static void arrived(void *context, struct udp_pcb *pcb, struct pbuf *packet, const ip_addr_t *from, u16_t port)
{
    ml_socket *socket = context;
    ml_net_datagram *slot;
    if (socket->echo)
    {
        udp_sendto(pcb, packet, from, port);
        pbuf_free(packet);
        return;
    }
    if (socket->count == ML_NET_DATAGRAMS)
    {
        ML_NET_COUNT(socket->net, UDP_FULL);
        pbuf_free(packet);
        return;
    }
    slot = &socket->datagrams[(socket->first + socket->count++) % ML_NET_DATAGRAMS];
    slot->packet = packet;
    ml_net_endpoint(from, port, slot->from);
    ml_socket_raise(socket, ML_NET_READABLE);
}

static int bind_family(ml_socket *socket, int family, const ip_addr_t *address, int port)
{
    struct udp_pcb *pcb = udp_new_ip_type(family == ML_V4 ? IPADDR_TYPE_V4 : IPADDR_TYPE_V6);
    err_t error;
    if (pcb == NULL) return ML_FULL;
    udp_bind_netif(pcb, &socket->net->netif);
    error = udp_bind(pcb, address, (u16_t)port);
    if (error != ERR_OK)
    {
        udp_remove(pcb);
        return ml_net_error(error);
    }
    udp_recv(pcb, arrived, socket);
    socket->udp[family] = pcb;
    return ML_OK;
}

/* The same port in both families, or neither. */
static int bind_any(ml_socket *socket, int port)
{
    for (int family = 0; family < ML_FAMILIES; family++)
    {
        const ip_addr_t *own = ml_net_own(socket->net, family);
        int result = own == NULL ? ML_OK : bind_family(socket, family, own, port);
        if (result == ML_OK) continue;
        ml_udp_close(socket);
        return result;
    }
    socket->port = (uint16_t)port;
    return ML_OK;
}

void ml_udp_bind_missing(ml_socket *socket)
{
    for (int family = 0; family < ML_FAMILIES; family++)
    {
        const ip_addr_t *own = ml_net_own(socket->net, family);
        if (own == NULL && socket->udp[family] != NULL)
        {
            udp_remove(socket->udp[family]);
            socket->udp[family] = NULL;
        }
        /* Taken by another socket meanwhile: this one stays without the family, and says so when it sends. */
        if (own != NULL && socket->udp[family] == NULL) bind_family(socket, family, own, socket->port);
    }
}

int ml_net_udp_open(int handle, const uint8_t *local, int offset)
{
    ml_net *net = ml_net_enter(handle, -1);
    ml_socket *socket;
    ip_addr_t address;
    int port = local[offset + 16] << 8 | local[offset + 17], result, family;
    if (net == NULL) return ML_BAD_HANDLE;
    socket = ml_socket_new(net, ML_SOCKET_UDP);
    if (socket == NULL) return ml_net_leave(net, ML_FULL);
    socket->datagrams = ml_port_allocate(ML_NET_DATAGRAMS * sizeof(ml_net_datagram));
    socket->any = ml_net_is_zero(local + offset);
    family = ml_net_address_from(local + offset, &address);
    if (socket->datagrams == NULL) result = ML_FULL;
    else if (socket->any) result = ml_socket_bind_port(socket, bind_any, port);
    else if (!ml_net_is_ours(net, &address)) result = ML_NET_NO_ADDRESS;
    else result = bind_family(socket, family, &address, port);
    if (result == ML_OK) return ml_net_leave(net, ml_socket_handle(socket));
    ml_socket_free(socket);
    return ml_net_leave(net, result);
}

int ml_net_udp_send(int handle, int which, const uint8_t *to, int to_offset, const uint8_t *bytes, int offset, int count, int64_t now_ms)
{
    ml_net *net = ml_net_enter(handle, now_ms);
    ml_socket *socket;
    ip_addr_t address;
    struct pbuf *packet;
    err_t error;
    int family;
    if (net == NULL) return ML_BAD_HANDLE;
    socket = ml_socket_at(net, which, ML_SOCKET_UDP);
    if (socket == NULL || count < 0) return ml_net_leave(net, ML_BAD_ARGUMENT);
    if (count > ML_NET_UDP_MAX) return ml_net_leave(net, ML_TOO_LONG);
    family = ml_net_address_from(to + to_offset, &address);
    if (socket->udp[family] == NULL) return ml_net_leave(net, ML_NET_NO_ADDRESS);
    if (ml_net_is_ours(net, &address)) return ml_net_leave(net, ML_NET_UNREACHABLE);
    packet = pbuf_alloc(PBUF_TRANSPORT, (u16_t)count, PBUF_RAM);
    if (packet == NULL)
    {
        ML_NET_COUNT(net, NO_MEMORY);
        return ml_net_leave(net, ML_FULL);
    }
    if (count > 0) memcpy(packet->payload, bytes + offset, (size_t)count);
    error = udp_sendto(socket->udp[family], packet, &address, (u16_t)(to[to_offset + 16] << 8 | to[to_offset + 17]));
    pbuf_free(packet);
    return ml_net_leave(net, error == ERR_OK ? count : ml_net_error(error));
}

int ml_net_udp_receive(int handle, int which, uint8_t *from, int from_offset, uint8_t *into, int offset, int capacity)
{
    ml_net *net = ml_net_enter(handle, -1);
    ml_socket *socket;
    ml_net_datagram *slot;
    int count;
    if (net == NULL) return ML_BAD_HANDLE;
    socket = ml_socket_at(net, which, ML_SOCKET_UDP);
    if (socket == NULL || capacity < 0) return ml_net_leave(net, ML_BAD_ARGUMENT);
    if (socket->count == 0) return ml_net_leave(net, ML_NET_AGAIN);
    slot = &socket->datagrams[socket->first];
    count = slot->packet->tot_len;
    if (count > capacity)
    {
        ML_NET_COUNT(net, UDP_CUT);
        count = capacity;
    }
    pbuf_copy_partial(slot->packet, into + offset, (u16_t)count, 0);
    memcpy(from + from_offset, slot->from, ML_ENDPOINT);
    pbuf_free(slot->packet);
    socket->first = (uint16_t)((socket->first + 1) % ML_NET_DATAGRAMS);
    socket->count--;
    return ml_net_leave(net, count);
}

void ml_udp_close(ml_socket *socket)
{
    for (int family = 0; family < ML_FAMILIES; family++)
    {
        if (socket->udp[family] != NULL) udp_remove(socket->udp[family]);
        socket->udp[family] = NULL;
    }
    for (; socket->count > 0; socket->count--)
    {
        pbuf_free(socket->datagrams[socket->first].packet);
        socket->first = (uint16_t)((socket->first + 1) % ML_NET_DATAGRAMS);
    }
}
