/* One read of the TUN device becomes packets of the tunnel's size: what a network card does for TCP segmentation (RFC 9293, IPv4
 * identification counted up) and UDP segmentation offload. */
#include <string.h>

#include "ml_tun_wire.h"

#define ML_TCP 6
#define ML_UDP 17
#define ML_TCP_FIN_PSH 0x09
#define ML_TCP_CWR 0x80

static uint16_t load16_le(const uint8_t *p) { return (uint16_t)(p[0] | p[1] << 8); }

static void store16(uint8_t *p, int value)
{
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
}

/* Many packets in one: where their headers end. */
static int begin_many(ml_tun_cut *cut, const uint8_t *frame)
{
    int kind = frame[1] & ~ML_VNET_ECN, transport = load16_le(frame + 6), headers;
    bool v4 = cut->packet[0] >> 4 == 4;

    if ((frame[0] & ML_VNET_NEEDS_CHECKSUM) == 0 || (kind == ML_VNET_TCP4 && !v4) || (kind == ML_VNET_TCP6 && v4)) return -1;
    if (transport < (v4 ? 20 : 40) || (v4 && (cut->packet[0] & 15) * 4 > transport)) return -1;
    headers = transport + 8;
    if (kind != ML_VNET_UDP)
    {
        if (cut->length < transport + 20) return -1;
        headers = transport + (cut->packet[transport + 12] >> 4) * 4;
        if (headers < transport + 20) return -1;
    }
    cut->size = load16_le(frame + 4);
    if (cut->size == 0 || headers >= cut->length) return -1;
    cut->kind = kind;
    cut->transport = transport;
    cut->headers = cut->at = headers;
    cut->checksum_at = transport + (kind == ML_VNET_UDP ? 6 : 16);
    return 0;
}

int ml_tun_cut_begin(ml_tun_cut *cut, const uint8_t *frame, int count)
{
    memset(cut, 0, sizeof *cut);
    if (count < ML_VNET + 20) return -1;
    cut->packet = frame + ML_VNET;
    cut->length = count - ML_VNET;
    if (cut->length > ML_TUN_PACKET || (cut->packet[0] >> 4 != 4 && (cut->packet[0] >> 4 != 6 || cut->length < 40))) return -1;
    switch (frame[1] & ~ML_VNET_ECN)
    {
        case ML_VNET_TCP4:
        case ML_VNET_TCP6:
        case ML_VNET_UDP:
            return begin_many(cut, frame);
        case ML_VNET_ONE:
            break;
        default:
            return -1;
    }
    cut->kind = ML_VNET_ONE;
    cut->size = cut->length;
    cut->checksum_at = -1;
    if ((frame[0] & ML_VNET_NEEDS_CHECKSUM) == 0) return 0;
    cut->transport = load16_le(frame + 6);
    cut->checksum_at = cut->transport + load16_le(frame + 8);
    return cut->checksum_at + 2 <= cut->length ? 0 : -1;
}

int ml_tun_cut_size(const ml_tun_cut *cut)
{
    int rest = cut->length - cut->at;
    return rest <= 0 ? 0 : cut->headers + (rest < cut->size ? rest : cut->size);
}

/* Linux has put the sum of the pseudo header there; the rest is to be added (virtio 1.2, section 5.1.6.2). */
static void complete_checksum(const ml_tun_cut *cut, uint8_t *packet)
{
    uint16_t checksum = (uint16_t)~ml_sum_fold(ml_sum(packet + cut->transport, cut->length - cut->transport, 0));
    if (checksum == 0) checksum = 0xffff;
    memcpy(packet + cut->checksum_at, &checksum, 2);
}

static void finish_ip(const ml_tun_cut *cut, uint8_t *packet, int length)
{
    uint16_t checksum;
    if (packet[0] >> 4 != 4)
    {
        store16(packet + 4, length - 40);
        return;
    }
    store16(packet + 2, length);
    store16(packet + 4, (packet[4] << 8 | packet[5]) + cut->made);
    packet[10] = packet[11] = 0;
    checksum = (uint16_t)~ml_sum_fold(ml_sum(packet, (packet[0] & 15) * 4, 0));
    memcpy(packet + 10, &checksum, 2);
}

static void finish_transport(const ml_tun_cut *cut, uint8_t *packet, int length, bool last)
{
    uint8_t *header = packet + cut->transport;
    int count = length - cut->transport;
    uint16_t checksum;
    if (cut->kind == ML_VNET_UDP) store16(header + 4, count);
    else
    {
        uint32_t sequence = ((uint32_t)header[4] << 24 | (uint32_t)header[5] << 16 | (uint32_t)header[6] << 8 | header[7]) +
                            (uint32_t)(cut->at - cut->headers);
        store16(header + 4, (int)(sequence >> 16));
        store16(header + 6, (int)(sequence & 0xffff));
        if (!last) header[13] &= (uint8_t)~ML_TCP_FIN_PSH;
        if (cut->made != 0) header[13] &= (uint8_t)~ML_TCP_CWR;      /* tells of one event: RFC 3168, section 6.1.2 */
    }
    memset(packet + cut->checksum_at, 0, 2);
    checksum = (uint16_t)~ml_sum_fold(ml_sum(header, count, ml_sum_pseudo(packet, cut->kind == ML_VNET_UDP ? ML_UDP : ML_TCP, count)));
    if (checksum == 0 && cut->kind == ML_VNET_UDP) checksum = 0xffff;
    memcpy(packet + cut->checksum_at, &checksum, 2);
}

void ml_tun_cut_next(ml_tun_cut *cut, uint8_t *into)
{
    int length = ml_tun_cut_size(cut), payload = length - cut->headers;
    memcpy(into, cut->packet, (size_t)cut->headers);
    memcpy(into + cut->headers, cut->packet + cut->at, (size_t)payload);
    if (cut->kind == ML_VNET_ONE)
    {
        if (cut->checksum_at >= 0) complete_checksum(cut, into);
    }
    else
    {
        finish_ip(cut, into, length);
        finish_transport(cut, into, length, cut->at + payload == cut->length);
    }
    cut->at += payload;
    cut->made++;
}
