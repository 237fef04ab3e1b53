/* The node's outer UDP port over lwIP itself, for a firmware: a datagram is decrypted in the pbuf that it came in and goes on to the tunnel's netif
 * in the same call, without a copy and without a queue. Everything here runs where lwIP runs. */
#include "ml_net_internal.h"

#include "lwip/ip.h"

/* What a packet for this host becomes: the same pbuf, cut to the packet inside of the datagram. */
static void arrived(void *context, struct udp_pcb *pcb, struct pbuf *datagram, const ip_addr_t *from, u16_t port)
{
    ml_net *net = context;
    uint8_t endpoint[ML_ENDPOINT];
    ml_dp_inbound in;
    (void)pcb;
    /* A driver that receives into chains costs one copy here. */
    if (datagram->next != NULL) datagram = pbuf_coalesce(datagram, PBUF_RAW);
    if (datagram->next != NULL)
    {
        ML_NET_COUNT(net, NO_MEMORY);
        pbuf_free(datagram);
        return;
    }
    ml_net_endpoint(from, port, endpoint);
    in.datagram = datagram->payload;
    in.endpoint = endpoint;
    in.count = datagram->len;
    if (ml_dp_in_batch(net->data_plane, &in, 1, 1, net->now_ms) <= 0 || in.length <= 0)
    {
        pbuf_free(datagram);
        return;
    }
    pbuf_remove_header(datagram, (size_t)in.offset);
    pbuf_realloc(datagram, (u16_t)in.length);
    ml_net_accept(net, datagram);
}

int ml_net_outer_open(int handle, const uint8_t *local)
{
    ml_net *net = ml_net_enter(handle, -1);
    ip_addr_t address;
    err_t error;
    if (net == NULL) return ML_BAD_HANDLE;
    if (net->outer != NULL) return ml_net_leave(net, ML_NET_IN_USE);
    net->outer = udp_new_ip_type(IPADDR_TYPE_ANY);
    if (net->outer == NULL) return ml_net_leave(net, ML_FULL);
    ml_net_address_from(local, &address);
    error = udp_bind(net->outer, ml_net_is_zero(local) ? IP_ANY_TYPE : &address, (u16_t)(local[16] << 8 | local[17]));
    if (error != ERR_OK)
    {
        udp_remove(net->outer);
        net->outer = NULL;
        return ml_net_leave(net, ml_net_error(error));
    }
    udp_recv(net->outer, arrived, net);
    return ml_net_leave(net, net->outer->local_port);
}

/* One datagram of the plane's ring, polled into a pbuf behind its endpoint. False = there is none. */
static bool send_next(ml_net *net)
{
    struct pbuf *record = pbuf_alloc(PBUF_TRANSPORT, ML_ENDPOINT + ML_DATAGRAM_MAX, PBUF_RAM);
    uint8_t endpoint[ML_ENDPOINT];
    ip_addr_t to;
    int count;
    if (record == NULL) return false;                             /* what waits is sent with the next flush */
    count = ml_dp_poll_udp(net->data_plane, record->payload, 0, ML_ENDPOINT + ML_DATAGRAM_MAX);
    if (count <= ML_ENDPOINT)
    {
        pbuf_free(record);
        return false;
    }
    memcpy(endpoint, record->payload, ML_ENDPOINT);
    ml_net_address_from(endpoint, &to);
    pbuf_remove_header(record, ML_ENDPOINT);
    pbuf_realloc(record, (u16_t)(count - ML_ENDPOINT));
    if (udp_sendto(net->outer, record, &to, (u16_t)(endpoint[16] << 8 | endpoint[17])) != ERR_OK) ml_dp_send_failed(net->data_plane, 1);
    pbuf_free(record);
    return true;
}

int ml_net_outer_flush(int handle, int64_t now_ms)
{
    ml_net *net = ml_net_enter(handle, now_ms);
    int sent = 0;
    if (net == NULL) return ML_BAD_HANDLE;
    if (net->outer == NULL) return ml_net_leave(net, ML_NOT_OPEN);
    while (send_next(net)) sent++;
    return ml_net_leave(net, sent);
}
