/* What the filter needs to know of a packet (after Tailscale's net/packet/packet.go). A header that is not there in full, or that a
 * fragment could replace later (RFC 1858), makes the protocol unknown, which no rule allows.
 *
 *   IPv4  6 flags (20 = more fragments), fragment offset in 8 bytes | 9 protocol
 *   IPv6  6 next header; no extension headers are walked but one Fragment: 0 next | 2 offset << 3, more | 4 id
 *   TCP   0 ports | 13 flags        UDP, SCTP 0 ports
 */
#include "ml_dp_filter.h"
#include "ml_dp_inner.h"

/* Fragments may not begin before the greatest IPv4 header and a TCP header: in units of 8 bytes. */
#define ML_FRAGMENT_LEAST ((60 + 20) / 8)

static int header_least(int protocol, bool v4)
{
    switch (protocol)
    {
        case ML_PROTO_ICMP: return v4 ? 4 : 0;
        case ML_PROTO_ICMP6: return v4 ? 0 : 4;
        case ML_PROTO_TCP: return 20;
        case ML_PROTO_UDP: return 8;
        case ML_PROTO_SCTP: return 12;
        default: return 0;
    }
}

static void parse_ports(ml_parsed *into)
{
    const uint8_t *header = into->packet + into->body;
    if (into->count - into->body < header_least(into->protocol, into->v4))
    {
        into->protocol = ML_PROTO_UNKNOWN;
        return;
    }
    if (into->protocol != ML_PROTO_TCP && into->protocol != ML_PROTO_UDP && into->protocol != ML_PROTO_SCTP) return;
    memcpy(into->ports, header, 4);
    if (into->protocol == ML_PROTO_TCP) into->tcp_flags = header[13];
}

/* offset in units of 8 bytes. True when there is a header to read. */
static bool parse_fragment(ml_parsed *into, int offset)
{
    if (offset == 0) return true;
    if (offset < ML_FRAGMENT_LEAST) into->protocol = ML_PROTO_UNKNOWN;
    else into->fragment = true;
    return false;
}

void ml_filter_parse(ml_parsed *into, const uint8_t *packet, int count, const uint8_t *source, const uint8_t *destination)
{
    memset(into, 0, sizeof *into);
    into->packet = packet;
    into->count = count;
    into->source = source;
    into->destination = destination;
    into->v4 = packet[0] >> 4 == 4;
    if (into->v4)
    {
        into->protocol = packet[9];
        into->body = (packet[0] & 15) * 4;
        if (!parse_fragment(into, (packet[6] & 0x1f) << 8 | packet[7])) return;
    }
    else
    {
        into->protocol = packet[6];
        into->body = 40;
        if (into->protocol == ML_PROTO_FRAGMENT6)
        {
            if (count < 48)
            {
                into->protocol = ML_PROTO_UNKNOWN;
                return;
            }
            into->protocol = packet[40];
            into->body = 48;
            /* A message of ours is never in fragments. */
            if (into->protocol == ML_PROTO_TSMP) into->protocol = ML_PROTO_UNKNOWN;
            if (!parse_fragment(into, (packet[42] << 8 | packet[43]) >> 3)) return;
        }
    }
    parse_ports(into);
}
