/* What passes a TUN device that has a vnet header: IP packets, some of them many packets in one ("GSO"). Pure functions over bytes.
 *
 *   vnet header, 10 bytes little endian (Linux: include/uapi/linux/virtio_net.h):
 *     0 flags (1 = checksum to be completed) | 1 kind | 2 header bytes u16 | 4 payload bytes a packet u16 |
 *     6 where the checksum begins u16 | 8 offset of its field from there u16
 *   kind: 0 one packet, 1 TCP over IPv4, 4 TCP over IPv6, 5 UDP; 0x80 = congestion notification in TCP
 */
#ifndef ML_TUN_WIRE_H
#define ML_TUN_WIRE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#define ML_VNET 10
#define ML_VNET_NEEDS_CHECKSUM 1
enum { ML_VNET_ONE = 0, ML_VNET_TCP4 = 1, ML_VNET_TCP6 = 4, ML_VNET_UDP = 5, ML_VNET_ECN = 0x80 };
/* The longest IP packet. */
#define ML_TUN_PACKET 65535

/* ---- checksums: sums of native 16-bit words, which may be stored as they are (RFC 1071, section 2 B) -------------------------------------- */

uint64_t ml_sum(const uint8_t *bytes, int count, uint64_t sum);
uint16_t ml_sum_fold(uint64_t sum);
/* Addresses of the IP header, protocol and length of what follows it. */
uint64_t ml_sum_pseudo(const uint8_t *packet, int protocol, int length);

/* ---- out of the device: one read becomes packets ------------------------------------------------------------------------------------------ */

typedef struct
{
    const uint8_t *packet;
    int length, headers, size;         /* the whole, headers of each packet, payload bytes of each */
    int at, made;                      /* next payload byte, packets made */
    int transport;                     /* offset of the TCP or UDP header */
    int kind, checksum_at;             /* checksum_at: -1 = nothing to complete */
} ml_tun_cut;

/* One read: vnet header and packet. 0, or -1: not what Linux writes. */
int ml_tun_cut_begin(ml_tun_cut *cut, const uint8_t *frame, int count);
/* Bytes of the next packet, 0 = no more. */
int ml_tun_cut_size(const ml_tun_cut *cut);
/* Writes the next packet, of ml_tun_cut_size bytes, with its checksums. */
void ml_tun_cut_next(ml_tun_cut *cut, uint8_t *into);

/* ---- into the device: packets of one flow become one write -------------------------------------------------------------------------------- */

#define ML_MERGE_FLOWS 8
#define ML_MERGE_PARTS 64

/* Writes one frame; the first part is the vnet header. false = the device refused it for good. */
typedef bool (*ml_tun_write)(void *context, const struct iovec *parts, int count);

typedef struct
{
    uint8_t *packet;                   /* the first packet; its headers become those of all */
    int transport, headers, size;      /* offset of TCP or UDP, headers, payload bytes a packet */
    int total;                         /* bytes of the merged packet */
    uint32_t next_sequence;
    int count;                         /* packets in it; part[0] is left for the vnet header */
    bool verified, last;               /* the first one's checksum was looked at; nothing may follow */
    struct iovec part[1 + ML_MERGE_PARTS];
} ml_tun_flow;

typedef struct
{
    ml_tun_write write;
    void *context;
    bool no_udp;                       /* the kernel does not take merged UDP (before Linux 6.2) */
    uint64_t merged, refused;          /* packets that went as part of a larger one; frames that the device refused */
    int flows;
    ml_tun_flow flow[ML_MERGE_FLOWS];  /* in order of their age */
} ml_tun_merge;

/* Takes one IP packet. Its memory is used, and may be changed, until flush. Packets of a flow keep their order. */
void ml_tun_merge_add(ml_tun_merge *merge, uint8_t *packet, int count);
void ml_tun_merge_flush(ml_tun_merge *merge);

#endif
