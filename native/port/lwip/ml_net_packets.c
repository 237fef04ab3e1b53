/* From the data plane into lwIP: packet buffers of the whole process, and an inbox a net between the plane's lock and ours. A packet is
 * copied once, from where it was decrypted into the buffer that lwIP and the socket keep until the reader has it. */
#include "ml_net_internal.h"

#include "lwip/ip.h"
#include "lwip/timeouts.h"

#define ML_NET_PACKET_BYTES 1536

typedef struct ml_net_packet
{
    struct pbuf_custom custom;
    struct ml_net_packet *next;
    uint16_t count;
    uint8_t bytes[ML_NET_PACKET_BYTES];
} ml_net_packet;

/* Taken from the heap when needed, kept for good: the number is bounded, and freed memory would go back in pieces. */
static void *pool_lock;
static ml_net_packet *pool;
static int made;

static void give(ml_net_packet *packet)
{
    ml_port_lock(pool_lock);
    packet->next = pool;
    pool = packet;
    ml_port_unlock(pool_lock);
}

static ml_net_packet *lease(void)
{
    ml_net_packet *packet;
    bool make;
    ml_port_lock(pool_lock);
    packet = pool;
    make = packet == NULL && made < ML_NET_PACKETS;
    if (packet != NULL) pool = packet->next;
    if (make) made++;
    ml_port_unlock(pool_lock);
    return make ? ml_port_allocate(sizeof *packet) : packet;
}

int ml_net_packets_out(void)
{
    int out = made;
    for (const ml_net_packet *packet = pool; packet != NULL; packet = packet->next) out--;
    return out;
}

static void freed(struct pbuf *pbuf) { give((ml_net_packet *)(void *)pbuf); }

int ml_net_inbox_open(ml_net *net)
{
    ml_port_global_lock();
    if (pool_lock == NULL) pool_lock = ml_port_mutex_create();
    ml_port_global_unlock();
    net->inbox_lock = ml_port_mutex_create();
    return pool_lock != NULL && net->inbox_lock != NULL ? 0 : ML_FULL;
}

void ml_net_inbox_close(ml_net *net)
{
    while (net->inbox != NULL)
    {
        ml_net_packet *packet = net->inbox;
        net->inbox = packet->next;
        give(packet);
    }
    if (net->inbox_lock != NULL) ml_port_mutex_destroy(net->inbox_lock);
    net->inbox_lock = NULL;
}

/* Called under the plane's lock. The net cannot go away meanwhile: destroy removes the sink first, under that lock. */
int ml_net_take(void *context, int slot, const uint8_t *bytes, int count)
{
    ml_net *net = ml_net_of((int)(intptr_t)context);
    ml_net_packet *packet;
    bool full;
    (void)slot;
    if (net == NULL || count > ML_NET_PACKET_BYTES) return 0;
    packet = lease();
    ml_port_lock(net->inbox_lock);
    full = net->inbox_count >= ML_NET_INBOX;
    if (packet == NULL) net->inbox_none++;
    else if (full) net->inbox_full++;
    ml_port_unlock(net->inbox_lock);
    if (packet == NULL) return 0;
    if (full)
    {
        give(packet);
        return 0;
    }
    memcpy(packet->bytes, bytes, (size_t)count);
    packet->count = (uint16_t)count;
    packet->next = NULL;
    ml_port_lock(net->inbox_lock);
    if (net->inbox == NULL) net->inbox = packet;
    else net->inbox_last->next = packet;
    net->inbox_last = packet;
    net->inbox_count++;
    ml_port_unlock(net->inbox_lock);
    return 1;
}

/* lwIP takes a packet for any of its addresses, also for those of another node in this process. */
static bool destination_is_ours(const ml_net *net, const uint8_t *packet, int count)
{
    ip_addr_t to;
    if (count >= 20 && packet[0] >> 4 == 4)
    {
        memset(&to, 0, sizeof to);
        IP_SET_TYPE(&to, IPADDR_TYPE_V4);
        memcpy(&ip_2_ip4(&to)->addr, packet + 16, 4);
        return ml_net_is_ours(net, &to);
    }
    if (count < 40 || packet[0] >> 4 != 6) return false;
    memset(&to, 0, sizeof to);
    IP_SET_TYPE(&to, IPADDR_TYPE_V6);
    memcpy(ip_2_ip6(&to)->addr, packet + 24, 16);
    return ml_net_is_ours(net, &to);
}

/* One packet for lwIP, which owns it from here on. */
void ml_net_accept(ml_net *net, struct pbuf *packet)
{
    if (!destination_is_ours(net, packet->payload, packet->len))
    {
        ML_NET_COUNT(net, NOT_OURS);
        pbuf_free(packet);
        return;
    }
    ML_NET_COUNT(net, PACKETS_IN);
    if (ip_input(packet, &net->netif) != ERR_OK) pbuf_free(packet);
}

void ml_net_inbox_run(ml_net *net)
{
    ml_net_packet *packet;
    ml_port_lock(net->inbox_lock);
    packet = net->inbox;
    net->inbox = net->inbox_last = NULL;
    net->inbox_count = 0;
    ml_port_unlock(net->inbox_lock);

    while (packet != NULL)
    {
        ml_net_packet *next = packet->next;
        packet->custom.custom_free_function = freed;
        ml_net_accept(net, pbuf_alloced_custom(PBUF_RAW, packet->count, PBUF_REF, &packet->custom, packet->bytes, ML_NET_PACKET_BYTES));
        packet = next;
    }
    sys_check_timeouts();
}
