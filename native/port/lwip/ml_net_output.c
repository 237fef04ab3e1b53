/* From lwIP into the data plane. A packet for a peer that has no tunnel yet waits here: its address is told to managed code, which makes
 * one (ml_net_wanted), and ml_net_retry sends it. A peer with a tunnel but no session is staged by the plane. */
#include "ml_net_internal.h"

#include "lwip/ip.h"

static int hand_over(ml_net *net, const struct pbuf *packet)
{
    uint8_t whole[ML_DATAGRAM_MAX];
    if (packet->next == NULL) return ml_dp_send_ip(net->data_plane, packet->payload, 0, packet->len, net->now_ms);
    if (packet->tot_len > sizeof whole) return ML_TOO_LONG;
    pbuf_copy_partial(packet, whole, packet->tot_len, 0);
    return ml_dp_send_ip(net->data_plane, whole, 0, packet->tot_len, net->now_ms);
}

static void drop_waiting(ml_net *net, int at)
{
    pbuf_free(net->waiting[at].packet);
    net->waiting_count--;
    memmove(net->waiting + at, net->waiting + at + 1, (size_t)(net->waiting_count - at) * sizeof net->waiting[0]);
}

static void want(ml_net *net, const uint8_t *address16)
{
    for (int i = 0; i < net->wanted_count; i++)
        if (memcmp(net->wanted[i], address16, 16) == 0) return;
    if (net->wanted_count < ML_NET_WANTED) memcpy(net->wanted[net->wanted_count++], address16, 16);
}

static void wait_for_tunnel(ml_net *net, const void *bytes, int count, const uint8_t *to16)
{
    struct pbuf *copy = pbuf_alloc(PBUF_RAW, (u16_t)count, PBUF_RAM);
    ml_net_waiting *entry;
    if (copy == NULL)
    {
        ML_NET_COUNT(net, NO_MEMORY);
        return;
    }
    pbuf_take(copy, bytes, (u16_t)count);
    if (net->waiting_count == ML_NET_WAITING)
    {
        drop_waiting(net, 0);
        ML_NET_COUNT(net, WAITING_OLDEST);
    }
    entry = &net->waiting[net->waiting_count++];
    entry->packet = copy;
    entry->since_ms = net->now_ms;
    memcpy(entry->to, to16, 16);
    ML_NET_COUNT(net, WAITED);
    want(net, to16);
}

/* What came of a packet. For TCP a lost one is like any other: what lwIP would do with an error is worse. */
void ml_net_result(ml_net *net, int result, const void *bytes, int count, const uint8_t *to16)
{
    if (result >= 0) ML_NET_COUNT(net, PACKETS_OUT);
    else if (result == ML_NO_ROUTE) wait_for_tunnel(net, bytes, count, to16);
    else if (result == ML_FULL) ML_NET_COUNT(net, RING_FULL);
    else ML_NET_COUNT(net, SEND_FAILED);
}

static err_t output(struct netif *netif, struct pbuf *packet, const ip_addr_t *to)
{
    ml_net *net = netif->state;
    uint8_t to16[16], whole[ML_DATAGRAM_MAX];
    ml_net_address_to(to, to16);
    if (packet->tot_len > sizeof whole) ML_NET_COUNT(net, SEND_FAILED);
    else if (net->batch != NULL) ml_net_batch_add(net, packet, to16);
    else
    {
        int result = hand_over(net, packet);
        if (result == ML_NO_ROUTE) pbuf_copy_partial(packet, whole, packet->tot_len, 0);
        ml_net_result(net, result, whole, packet->tot_len, to16);
    }
    return ERR_OK;
}

err_t ml_net_output4(struct netif *netif, struct pbuf *packet, const ip4_addr_t *to)
{
    ip_addr_t address;
    ip_addr_copy_from_ip4(address, *to);
    return output(netif, packet, &address);
}

err_t ml_net_output6(struct netif *netif, struct pbuf *packet, const ip6_addr_t *to)
{
    ip_addr_t address;
    ip_addr_copy_from_ip6(address, *to);
    return output(netif, packet, &address);
}

/* ---- packets that wait ------------------------------------------------------------------------------------------------------------- */

void ml_net_waiting_drop(ml_net *net)
{
    while (net->waiting_count > 0) drop_waiting(net, net->waiting_count - 1);
}

void ml_net_waiting_age(ml_net *net)
{
    while (net->waiting_count > 0 && net->now_ms - net->waiting[0].since_ms >= ML_NET_WAITING_MS)
    {
        drop_waiting(net, 0);
        ML_NET_COUNT(net, WAITING_GIVEN_UP);
    }
}

int ml_net_wanted(int handle, uint8_t *into, int offset)
{
    ml_net *net = ml_net_enter(handle, -1);
    if (net == NULL) return ML_BAD_HANDLE;
    if (net->wanted_count == 0)
    {
        if (net->ready[0] == NULL) net->told[0] = false;
        return ml_net_leave(net, 0);
    }
    memcpy(into + offset, net->wanted[--net->wanted_count], 16);
    return ml_net_leave(net, 1);
}

int ml_net_retry(int handle, int64_t now_ms)
{
    ml_net *net = ml_net_enter(handle, now_ms);
    if (net == NULL) return ML_BAD_HANDLE;
    for (int i = 0; i < net->waiting_count; )
    {
        if (hand_over(net, net->waiting[i].packet) == ML_NO_ROUTE) i++;
        else
        {
            ML_NET_COUNT(net, PACKETS_OUT);
            drop_waiting(net, i);
        }
    }
    return ml_net_leave(net, net->waiting_count);
}

int ml_net_unreachable(int handle, const uint8_t *address, int offset)
{
    ml_net *net = ml_net_enter(handle, -1);
    if (net == NULL) return ML_BAD_HANDLE;
    for (int i = net->waiting_count; i-- > 0; )
    {
        if (memcmp(net->waiting[i].to, address + offset, 16) != 0) continue;
        drop_waiting(net, i);
        ML_NET_COUNT(net, WAITING_GIVEN_UP);
    }
    ml_sockets_unreachable(net, address + offset);
    return ml_net_leave(net, ML_OK);
}
