/* An address of ours that one peer must see otherwise (protocol.md 4.7, SelfNodeV4MasqAddrForThisPeer and its IPv6 brother): a shared peer
 * may know us by another one than our own, "native" address. The order is tailscaled's (net/tstun/wrap.go, snat and dnat):
 *
 *   out   route -> filter and flows, with the native source -> source native becomes masquerade -> seal
 *   in    open -> source allowed -> destination masquerade becomes native -> TSMP -> filter -> host
 *
 * What has another source (a subnet that we route), and what comes to the native address, stays as it is.
 *
 *   IPv4  10 checksum of the header | 12 source | 16 destination          TCP 16, UDP, UDP-Lite and DCCP 6, ICMPv6 2: checksums with a pseudo
 *   IPv6  8 source | 24 destination                                       header; ICMPv4 2 without one
 *   ICMP error  0 type | 2 checksum | 8 the packet that it is about, as the sender saw it: headers, perhaps cut
 *
 * Checksums are adjusted, not made anew (RFC 1624): a broken one stays broken. Here we do more than tailscaled: the packet inside an ICMP
 * error is changed too (RFC 5508, section 4.2), else the host would not know what the error is about.
 */
#include "ml_dp_internal.h"
#include "ml_dp_inner.h"

#define ML_PROTO_HOP_BY_HOP 0
#define ML_PROTO_DCCP 33
#define ML_PROTO_ROUTING 43
#define ML_PROTO_DESTINATION 60
#define ML_PROTO_UDP_LITE 136
#define ML_EXTENSIONS 8
#define ML_ICMP_HEADER 8

static uint32_t load16(const uint8_t *b) { return (uint32_t)b[0] << 8 | b[1]; }

static void store16(uint8_t *b, uint32_t value)
{
    b[0] = (uint8_t)(value >> 8);
    b[1] = (uint8_t)value;
}

/* Puts an address in place of another. What a sum over the field changes by, folded. */
static uint32_t replace(uint8_t *field, const uint8_t *by, int width)
{
    uint32_t change = 0;
    for (int i = 0; i < width; i += 2) change += (~load16(field + i) & 0xffff) + load16(by + i);
    memcpy(field, by, (size_t)width);
    return ml_inner_fold(change);
}

/* RFC 1624, equation 3. What a sum over the checksum's own field changes by. */
static uint32_t adjust(uint8_t *field, uint32_t change, bool zero_is_none)
{
    uint32_t was = load16(field), is;
    if (was == 0 && zero_is_none) return 0;
    is = ~ml_inner_fold((~was & 0xffff) + change) & 0xffff;
    if (is == 0 && zero_is_none) is = 0xffff;
    store16(field, is);
    return (~was & 0xffff) + is;
}

/* IPv6: the offset of the first header that is no extension, and its number; -1 = none here whose checksum covers the address. */
static int body6(const uint8_t *packet, int count, bool source, int *protocol)
{
    int at = 40;
    *protocol = packet[6];
    for (int i = 0; i < ML_EXTENSIONS && at + 4 <= count; i++)
    {
        const uint8_t *header = packet + at;
        switch (*protocol)
        {
            case ML_PROTO_FRAGMENT6:
                if ((load16(header + 2) & 0xfff8) != 0) return -1;
                at += 8;
                break;
            case ML_PROTO_ROUTING:
                /* With segments left the pseudo header has the last destination of the route (RFC 8200, section 8.1). */
                if (!source && header[3] != 0) return -1;
                at += (header[1] + 1) * 8;
                break;
            case ML_PROTO_HOP_BY_HOP:
            case ML_PROTO_DESTINATION:
                at += (header[1] + 1) * 8;
                break;
            default: return at;
        }
        *protocol = header[0];
    }
    return -1;
}

static int body_at(const uint8_t *packet, int count, bool source, int *protocol)
{
    if (packet[0] >> 4 != 4) return body6(packet, count, source, protocol);
    *protocol = packet[9];
    return ((packet[6] & 0x1f) | packet[7]) != 0 ? -1 : (packet[0] & 15) * 4;
}

/* Offset of the checksum that covers a pseudo header, or -1. */
static int checksum_at(int protocol, bool v4)
{
    switch (protocol)
    {
        case ML_PROTO_TCP: return 16;
        case ML_PROTO_UDP:
        case ML_PROTO_UDP_LITE:
        case ML_PROTO_DCCP: return 6;
        case ML_PROTO_ICMP6: return v4 ? -1 : 2;
        default: return -1;
    }
}

/* One address of one packet with all checksums that cover it. body and protocol are told. What a sum over the packet changes by. */
static uint32_t translate(uint8_t *packet, int count, bool source, const uint8_t *address, int *body, int *protocol)
{
    bool v4 = packet[0] >> 4 == 4;
    int at;
    uint32_t change, whole;
    if (v4)
    {
        change = replace(packet + (source ? 12 : 16), address + 12, 4);
        whole = change + adjust(packet + 10, change, false);
    }
    else whole = change = replace(packet + (source ? 8 : 24), address, 16);
    *body = body_at(packet, count, source, protocol);
    at = *body < 0 ? -1 : checksum_at(*protocol, v4);
    if (at >= 0 && *body + at + 2 <= count) whole += adjust(packet + *body + at, change, *protocol == ML_PROTO_UDP);
    return whole;
}

static bool is_error(const uint8_t *icmp, bool v4)
{
    if (v4) return icmp[0] == 3 || icmp[0] == 4 || icmp[0] == 5 || icmp[0] == 11 || icmp[0] == 12;
    return icmp[0] >= 1 && icmp[0] <= 4;
}

/* Does the header, which may be of a cut packet, have this address? */
static bool has_address(const uint8_t *packet, int count, bool v4, bool source, const uint8_t *address)
{
    if (count < (v4 ? 20 : 40) || packet[0] >> 4 != (v4 ? 4 : 6) || (v4 && ((packet[0] & 15) < 5 || (packet[0] & 15) * 4 > count))) return false;
    return v4 ? memcmp(packet + (source ? 12 : 16), address + 12, 4) == 0 : memcmp(packet + (source ? 8 : 24), address, 16) == 0;
}

/* The addresses inside an ICMP error are the other way round. */
static void exchange(uint8_t *packet, int count, bool source, const uint8_t *from, const uint8_t *to)
{
    bool v4 = packet[0] >> 4 == 4;
    int body, inner_body, protocol, inner_protocol;
    uint8_t *inner;
    translate(packet, count, source, to, &body, &protocol);
    if (body < 0 || protocol != (v4 ? ML_PROTO_ICMP : ML_PROTO_ICMP6) || body + ML_ICMP_HEADER > count || !is_error(packet + body, v4)) return;
    inner = packet + body + ML_ICMP_HEADER;
    count -= body + ML_ICMP_HEADER;
    if (!has_address(inner, count, v4, !source, from)) return;
    adjust(packet + body + 2, ml_inner_fold(translate(inner, count, !source, to, &inner_body, &inner_protocol)), false);
}

void ml_masquerade_out(const ml_dp *dp, const ml_peer *peer, uint8_t *packet, int count)
{
    bool v4 = packet[0] >> 4 == 4;
    int family = v4 ? 0 : 1;
    if ((peer->masquerades & 1 << family) == 0 || dp->native[family] < 0) return;
    if (has_address(packet, count, v4, true, dp->self[dp->native[family]]))
        exchange(packet, count, true, dp->self[dp->native[family]], peer->masquerade[family]);
}

void ml_masquerade_in(const ml_dp *dp, const ml_peer *peer, uint8_t *packet, int count, uint8_t *destination)
{
    bool v4 = packet[0] >> 4 == 4;
    int family = v4 ? 0 : 1;
    if ((peer->masquerades & 1 << family) == 0 || dp->native[family] < 0) return;
    if (!has_address(packet, count, v4, false, peer->masquerade[family])) return;
    exchange(packet, count, false, peer->masquerade[family], dp->self[dp->native[family]]);
    memcpy(destination, dp->self[dp->native[family]], 16);
}

/* ---- what managed code sets ---------------------------------------------------------------------------------------------------------- */

static bool is_v4(const uint8_t *address) { return memcmp(address, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0; }

/* tsaddr.IsTailscaleIP: 100.64.0.0/10 without ChromeOS's 100.115.92.0/23, fd7a:115c:a1e0::/48. */
static bool is_tailnet(const uint8_t *address)
{
    if (!is_v4(address)) return memcmp(address, "\xfd\x7a\x11\x5c\xa1\xe0", 6) == 0;
    return address[12] == 100 && address[13] >> 6 == 1 && !(address[13] == 115 && (address[14] & 0xfe) == 92);
}

/* The first address of the tailnet's own range, as tailscaled (findV4, findV6); where there is none of it, the first. */
void ml_masquerade_self(ml_dp *dp)
{
    dp->native[0] = dp->native[1] = -1;
    for (int i = dp->self_count - 1; i >= 0; i--) dp->native[is_v4(dp->self[i]) ? 0 : 1] = (int8_t)i;
    for (int i = dp->self_count - 1; i >= 0; i--)
        if (is_tailnet(dp->self[i])) dp->native[is_v4(dp->self[i]) ? 0 : 1] = (int8_t)i;
}

int ml_dp_peer_masquerade(int handle, int slot, const uint8_t *addresses, int offset, int count)
{
    ml_dp *dp = ml_dp_enter(handle);
    ml_peer *peer;
    if (dp == NULL) return ML_BAD_HANDLE;
    peer = ml_peer_at(dp, slot);
    if (peer == NULL || count < 0 || count > 2) return ml_dp_leave(dp, ML_BAD_ARGUMENT);
    peer->masquerades = 0;
    for (int i = 0; i < count; i++)
    {
        const uint8_t *address = addresses + offset + i * 16;
        int family = is_v4(address) ? 0 : 1;
        memcpy(peer->masquerade[family], address, 16);
        peer->masquerades |= (uint8_t)(1 << family);
    }
    return ml_dp_leave(dp, ML_OK);
}

static int put_family(const ml_dp *dp, const ml_peer *peer, int family, uint8_t *into, int most)
{
    int count = 0;
    if (peer != NULL && (peer->masquerades & 1 << family))
    {
        if (most > 0) memcpy(into, peer->masquerade[family], 16);
        return most > 0 ? 1 : 0;
    }
    for (int i = 0; i < dp->self_count && count < most; i++)
        if (is_v4(dp->self[i]) == (family == 0)) memcpy(into + 16 * count++, dp->self[i], 16);
    return count;
}

int ml_dp_known_as(int handle, const uint8_t *peer, int peer_offset, uint8_t *into, int offset, int capacity)
{
    ml_dp *dp = ml_dp_enter(handle);
    int slot, count;
    if (dp == NULL) return ML_BAD_HANDLE;
    slot = ml_routes_find(dp, peer + peer_offset);
    count = put_family(dp, slot < 0 ? NULL : &dp->peers[slot], 0, into + offset, capacity / 16);
    count += put_family(dp, slot < 0 ? NULL : &dp->peers[slot], 1, into + offset + 16 * count, capacity / 16 - count);
    return ml_dp_leave(dp, count);
}
