/* From lwIP into the data plane. A packet for a peer that has no tunnel yet waits here: its address is told to managed code, which makes
 * one (ml_net_wanted), and ml_net_retry sends it. A peer with a tunnel but no session is staged by the plane. */
#include "ml_net_internal.h"

#include "lwip/ip.h"

/* A full ring is emptied once by the port's flush function; without one the caller's flush comes too late and TCP sends again. */
static int hand_over(ml_net *net, const uint8_t *bytes, int count)
{
    int result = ml_dp_send_ip(net->data_plane, bytes, 0, count, net->now_ms);
    if (result == ML_FULL && net->flush != NULL && net->flush(net->flush_argument) == 0)
        result = ml_dp_send_ip(net->data_plane, bytes, 0, count, net->now_ms);
    return result;
}

static int send(ml_net *net, const struct pbuf *packet)
{
    uint8_t whole[ML_DATAGRAM_MAX];
    if (packet->next == NULL) return hand_over(net, packet->payload, packet->len);
    if (packet->tot_len > sizeof whole) return ML_TOO_LONG;
    pbuf_copy_partial(packet, whole, packet->tot_len, 0);
    return hand_over(net, whole, packet->tot_len);
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

static void wait_for_tunnel(ml_net *net, const struct pbuf *packet, const uint8_t *to16)
{
    struct pbuf *copy = pbuf_alloc(PBUF_RAW, packet->tot_len, PBUF_RAM);
    ml_net_waiting *entry;
    if (copy == NULL)
    {
        ML_NET_COUNT(net, NO_MEMORY);
        return;
    }
    pbuf_copy(copy, packet);
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

static err_t output(struct netif *netif, struct pbuf *packet, const ip_addr_t *to)
{
    ml_net *net = netif->state;
    uint8_t to16[16];
    int result = send(net, packet);
    if (result >= 0)
    {
        ML_NET_COUNT(net, PACKETS_OUT);
        return ERR_OK;
    }
    if (result == ML_NO_ROUTE)
    {
        ml_net_address_to(to, to16);
        wait_for_tunnel(net, packet, to16);
        return ERR_OK;
    }
    if (result == ML_FULL) ML_NET_COUNT(net, RING_FULL);
    else ML_NET_COUNT(net, SEND_FAILED);
    /* For TCP a lost packet like any other: what lwIP would do with an error is worse. */
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
        if (send(net, net->waiting[i].packet) == ML_NO_ROUTE) i++;
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
