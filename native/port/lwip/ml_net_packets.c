/* From the data plane into lwIP: packet buffers of the whole process, what a port has put together, and an inbox a net between the plane's lock
 * and ours. A packet is copied once, from where it was decrypted into the buffer that lwIP and the socket keep until the reader has it. */
#include "ml_net_internal.h"

#include "lwip/ip.h"
#include "lwip/timeouts.h"

/* One packet of the tunnel, or several of a flow. */
enum { ML_NET_ONE, ML_NET_SOME, ML_NET_MANY, ML_NET_SIZES };
static const struct { int bytes, most, kept; } sizes[ML_NET_SIZES] =
    { { 1536, ML_NET_PACKETS, ML_NET_PACKETS }, { 16384, 2048, 64 }, { 65535, 1024, 32 } };

typedef struct ml_net_packet
{
    struct pbuf_custom custom;
    struct ml_net_packet *next;
    uint16_t count, packets;
    uint8_t size;
    bool checked;
    uint8_t bytes[];
} ml_net_packet;

/* Taken from the heap when needed. Single packets' are kept for good: the number is bounded, and freed memory would go back in pieces. */
static void *pool_lock;
static struct { ml_net_packet *free; int made, idle; } pool[ML_NET_SIZES];
static int64_t bytes_out;

static void give(ml_net_packet *packet)
{
    int size = packet->size;
    bool keep;
    ml_port_lock(pool_lock);
    bytes_out -= sizes[size].bytes;
    keep = pool[size].idle < sizes[size].kept;
    if (keep)
    {
        packet->next = pool[size].free;
        pool[size].free = packet;
        pool[size].idle++;
    }
    else pool[size].made--;
    ml_port_unlock(pool_lock);
    if (!keep) ml_port_free(packet);
}

/* Room for so many bytes, or NULL. */
static ml_net_packet *lease(int bytes)
{
    ml_net_packet *packet;
    int size = 0;
    bool make;
    while (size < ML_NET_SIZES - 1 && bytes > sizes[size].bytes) size++;
    ml_port_lock(pool_lock);
    while (size < ML_NET_SIZES - 1 && pool[size].free == NULL && pool[size].made == sizes[size].most) size++;
    packet = pool[size].free;
    make = packet == NULL && pool[size].made < sizes[size].most;
    if (packet != NULL)
    {
        pool[size].free = packet->next;
        pool[size].idle--;
    }
    if (make) pool[size].made++;
    if (packet != NULL || make) bytes_out += sizes[size].bytes;
    ml_port_unlock(pool_lock);
    if (make)
    {
        packet = ml_port_allocate(sizeof *packet + (size_t)sizes[size].bytes);
        if (packet == NULL)
        {
            ml_port_lock(pool_lock);
            pool[size].made--;
            bytes_out -= sizes[size].bytes;
            ml_port_unlock(pool_lock);
            return NULL;
        }
    }
    if (packet == NULL) return NULL;
    packet->size = (uint8_t)size;
    packet->packets = 1;
    packet->checked = false;
    packet->next = NULL;
    return packet;
}

int ml_net_packets_out(void)
{
    int out = 0;
    for (int size = 0; size < ML_NET_SIZES; size++) out += pool[size].made - pool[size].idle;
    return out;
}

bool ml_net_memory_is_plenty(void)
{
    int64_t most = 0;
    bool plenty;
    for (int size = 0; size < ML_NET_SIZES; size++) most += (int64_t)sizes[size].bytes * sizes[size].most;
    ml_port_lock(pool_lock);
    plenty = bytes_out < most / 4;
    ml_port_unlock(pool_lock);
    return plenty;
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
    if (net == NULL || count > sizes[ML_NET_ONE].bytes) return 0;
    packet = lease(count);
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

/* Segments that a port has put together were looked at one by one: the sum of the whole is none that was ever sent. */
static void accept_list(ml_net *net, ml_net_packet *packet)
{
    while (packet != NULL)
    {
        ml_net_packet *next = packet->next;
        int more = packet->packets - 1;
        packet->custom.custom_free_function = freed;
        net->counters[ML_NET_COUNTER_PACKETS_IN] += (uint64_t)more;
        if (more > 0) net->counters[ML_NET_COUNTER_MERGED] += (uint64_t)packet->packets;
        if (packet->checked) NETIF_SET_CHECKSUM_CTRL(&net->netif, NETIF_CHECKSUM_ENABLE_ALL & ~NETIF_CHECKSUM_CHECK_TCP);
        ml_net_accept(net, pbuf_alloced_custom(PBUF_RAW, packet->count, PBUF_REF, &packet->custom, packet->bytes, packet->count));
        NETIF_SET_CHECKSUM_CTRL(&net->netif, NETIF_CHECKSUM_ENABLE_ALL);
        packet = next;
    }
    sys_check_timeouts();
}

void ml_net_inbox_run(ml_net *net)
{
    ml_net_packet *packet;
    ml_port_lock(net->inbox_lock);
    packet = net->inbox;
    net->inbox = net->inbox_last = NULL;
    net->inbox_count = 0;
    ml_port_unlock(net->inbox_lock);
    accept_list(net, packet);
}

/* ---- what a port has put together ---------------------------------------------------------------------------------------------------- */

int ml_net_gather(ml_net_arrivals *arrivals, const ml_net_part *parts, int count, int checked)
{
    ml_net_packet *packet, *last = arrivals->last;
    int bytes = 0, at = 0;
    for (int i = 0; i < count; i++) bytes += parts[i].count;
    packet = bytes > sizes[ML_NET_MANY].bytes ? NULL : lease(bytes);
    if (packet == NULL)
    {
        arrivals->lost += count;
        return 0;
    }
    for (int i = 0; i < count; i++)
    {
        memcpy(packet->bytes + at, parts[i].bytes, (size_t)parts[i].count);
        at += parts[i].count;
    }
    packet->count = (uint16_t)bytes;
    packet->packets = (uint16_t)count;
    packet->checked = checked != 0;
    if (last == NULL) arrivals->first = packet;
    else last->next = packet;
    arrivals->last = packet;
    return 1;
}

void ml_net_receive(int handle, ml_net_arrivals *arrivals, int64_t now_ms)
{
    ml_net *net;
    ml_net_packet *packet = arrivals->first;
    if (packet == NULL && arrivals->lost == 0) return;
    net = ml_net_enter(handle, now_ms);
    if (net != NULL)
    {
        net->counters[ML_NET_COUNTER_NO_PACKET] += (uint64_t)arrivals->lost;
        accept_list(net, packet);
        ml_net_leave(net, 0);
    }
    while (net == NULL && packet != NULL)
    {
        ml_net_packet *next = packet->next;
        give(packet);
        packet = next;
    }
    arrivals->first = arrivals->last = NULL;
    arrivals->lost = 0;
}
