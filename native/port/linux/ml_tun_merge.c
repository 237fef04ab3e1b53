/* Packets of one flow become one write of the TUN device, as the kernel's own receive offload does it (Linux: net/ipv4/tcp_offload.c,
 * net/ipv4/udp_offload.c). Payloads are not copied: the write gathers them from where they were decrypted.
 *
 * TCP joins when addresses, ports, acknowledgement, options and hop limit are the same, the sequence continues, and no flag but ACK (and a
 * final PSH) is set. UDP joins when the length is the same. The last packet may be shorter. Checksums are looked at before two packets
 * join, because the kernel only sees the sum made here; a packet that stays alone is left for the kernel to check.
 */
#include <string.h>

#include "ml_tun_wire.h"

#define ML_TCP 6
#define ML_UDP 17
#define ML_TCP_PSH 0x08
#define ML_TCP_ACK 0x10

static void store16(uint8_t *p, int value)
{
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
}

static uint32_t load32(const uint8_t *p) { return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]; }
static bool is_v4(const uint8_t *packet) { return packet[0] >> 4 == 4; }
static int protocol_of(const uint8_t *packet) { return is_v4(packet) ? packet[9] : packet[6]; }

/* Fills in what is known of the packet alone. False: not TCP or UDP that could have neighbours. */
static bool read_flow(ml_tun_flow *flow, uint8_t *packet, int count)
{
    bool v4 = count >= 20 && is_v4(packet);
    flow->packet = packet;
    flow->transport = v4 ? 20 : 40;
    if (count < flow->transport + 8) return false;
    if (v4 ? packet[0] != 0x45 || ((packet[6] & 0x3f) | packet[7]) != 0 || (packet[2] << 8 | packet[3]) != count
           : packet[0] >> 4 != 6 || (packet[4] << 8 | packet[5]) + 40 != count) return false;
    if (protocol_of(packet) == ML_UDP)
    {
        flow->headers = flow->transport + 8;
        if ((packet[flow->transport + 4] << 8 | packet[flow->transport + 5]) != count - flow->transport) return false;
    }
    else if (protocol_of(packet) == ML_TCP && count >= flow->transport + 20)
    {
        flow->headers = flow->transport + (packet[flow->transport + 12] >> 4) * 4;
        if (flow->headers < flow->transport + 20 || flow->headers > count) return false;
    }
    else return false;
    flow->size = count - flow->headers;
    flow->total = count;
    flow->count = 1;
    flow->verified = false;
    flow->last = flow->size == 0;
    if (protocol_of(packet) == ML_TCP)
    {
        flow->next_sequence = load32(packet + flow->transport + 4) + (uint32_t)flow->size;
        flow->last |= packet[flow->transport + 13] != ML_TCP_ACK;
    }
    else flow->last |= packet[flow->transport + 6] == 0 && packet[flow->transport + 7] == 0;     /* UDP without a checksum */
    return true;
}

static bool same_flow(const ml_tun_flow *a, const ml_tun_flow *b)
{
    int addresses = is_v4(a->packet) ? 12 : 8;
    return a->transport == b->transport && protocol_of(a->packet) == protocol_of(b->packet) &&
           memcmp(a->packet + addresses, b->packet + addresses, (size_t)(a->transport - addresses + 4)) == 0;
}

static bool checksum_right(const ml_tun_flow *flow)
{
    int count = flow->headers + flow->size - flow->transport;
    uint64_t sum = ml_sum_pseudo(flow->packet, protocol_of(flow->packet), count);
    if (is_v4(flow->packet) && ml_sum_fold(ml_sum(flow->packet, 20, 0)) != 0xffff) return false;
    return ml_sum_fold(ml_sum(flow->packet + flow->transport, count, sum)) == 0xffff;
}

/* What the headers must have in common: traffic class, hop limit, the fragment flags; for TCP acknowledgement and options. */
static bool headers_agree(const ml_tun_flow *a, const ml_tun_flow *b)
{
    const uint8_t *x = a->packet, *y = b->packet, *s = x + a->transport, *t = y + b->transport;
    if (is_v4(x) ? x[1] != y[1] || x[6] != y[6] || x[8] != y[8] : memcmp(x, y, 4) != 0 || x[7] != y[7]) return false;
    if (protocol_of(x) == ML_UDP) return true;
    return a->headers == b->headers && memcmp(s + 8, t + 8, 4) == 0 && memcmp(s + 20, t + 20, (size_t)(a->headers - a->transport - 20)) == 0;
}

static bool joins(const ml_tun_merge *merge, ml_tun_flow *flow, const ml_tun_flow *next)
{
    bool udp = protocol_of(next->packet) == ML_UDP;
    const uint8_t *tcp = next->packet + next->transport;
    if (flow->last || next->size == 0 || next->size > flow->size) return false;
    if (flow->count == ML_MERGE_PARTS || flow->total + next->size > ML_TUN_PACKET) return false;
    if (udp ? merge->no_udp || next->last
            : (tcp[13] & ~ML_TCP_PSH) != ML_TCP_ACK || load32(tcp + 4) != flow->next_sequence) return false;
    if (!headers_agree(flow, next) || !checksum_right(next)) return false;
    if (!flow->verified && !checksum_right(flow))
    {
        flow->last = true;
        return false;
    }
    flow->verified = true;
    return true;
}

static void join(ml_tun_flow *flow, const ml_tun_flow *next)
{
    flow->count++;
    flow->part[flow->count].iov_base = next->packet + next->headers;
    flow->part[flow->count].iov_len = (size_t)next->size;
    flow->total += next->size;
    flow->last = next->size < flow->size;
    if (protocol_of(next->packet) == ML_UDP) return;
    flow->next_sequence += (uint32_t)next->size;
    if ((next->packet[next->transport + 13] & ML_TCP_PSH) == 0) return;
    flow->packet[flow->transport + 13] |= ML_TCP_PSH;
    flow->last = true;
}

/* Headers and vnet header of a merged packet. The checksum field gets the pseudo header's sum; the kernel adds the rest when it must. */
static void finish(ml_tun_flow *flow, uint8_t *vnet)
{
    uint8_t *packet = flow->packet;
    bool v4 = is_v4(packet), udp = protocol_of(packet) == ML_UDP;
    int count = flow->total - flow->transport, field = udp ? 6 : 16;
    uint16_t checksum;

    if (v4)
    {
        store16(packet + 2, flow->total);
        packet[10] = packet[11] = 0;
        checksum = (uint16_t)~ml_sum_fold(ml_sum(packet, flow->transport, 0));
        memcpy(packet + 10, &checksum, 2);
    }
    else store16(packet + 4, flow->total - flow->transport);
    if (udp) store16(packet + flow->transport + 4, count);
    checksum = ml_sum_fold(ml_sum_pseudo(packet, protocol_of(packet), count));
    memcpy(packet + flow->transport + field, &checksum, 2);

    vnet[0] = ML_VNET_NEEDS_CHECKSUM;
    vnet[1] = udp ? ML_VNET_UDP : v4 ? ML_VNET_TCP4 : ML_VNET_TCP6;
    vnet[2] = (uint8_t)flow->headers;
    vnet[4] = (uint8_t)flow->size;
    vnet[5] = (uint8_t)(flow->size >> 8);
    vnet[6] = (uint8_t)flow->transport;
    vnet[8] = (uint8_t)field;
}

static void write_flow(ml_tun_merge *merge, ml_tun_flow *flow)
{
    uint8_t vnet[ML_VNET] = { 0 };
    if (flow->count > 1)
    {
        finish(flow, vnet);
        merge->merged += (uint64_t)flow->count;
    }
    flow->part[0].iov_base = vnet;
    flow->part[0].iov_len = sizeof vnet;
    if (!merge->write(merge->context, flow->part, 1 + flow->count)) merge->refused++;
}

static void write_one(ml_tun_merge *merge, uint8_t *packet, int count)
{
    uint8_t vnet[ML_VNET] = { 0 };
    struct iovec parts[2] = { { vnet, sizeof vnet }, { packet, (size_t)count } };
    if (!merge->write(merge->context, parts, 2)) merge->refused++;
}

static void close_flow(ml_tun_merge *merge, int i)
{
    write_flow(merge, &merge->flow[i]);
    merge->flows--;
    if (i < merge->flows) memmove(&merge->flow[i], &merge->flow[i + 1], (size_t)(merge->flows - i) * sizeof merge->flow[0]);
}

void ml_tun_merge_add(ml_tun_merge *merge, uint8_t *packet, int count)
{
    ml_tun_flow next;
    int i = 0;
    if (!read_flow(&next, packet, count))
    {
        write_one(merge, packet, count);
        return;
    }
    while (i < merge->flows && !same_flow(&merge->flow[i], &next)) i++;
    if (i < merge->flows)
    {
        if (joins(merge, &merge->flow[i], &next))
        {
            join(&merge->flow[i], &next);
            return;
        }
        close_flow(merge, i);
    }
    if (next.last)
    {
        write_one(merge, packet, count);
        return;
    }
    if (merge->flows == ML_MERGE_FLOWS) close_flow(merge, 0);
    next.part[1].iov_base = packet;
    next.part[1].iov_len = (size_t)count;
    merge->flow[merge->flows++] = next;
}

void ml_tun_merge_flush(ml_tun_merge *merge)
{
    for (int i = 0; i < merge->flows; i++) write_flow(merge, &merge->flow[i]);
    merge->flows = 0;
}
