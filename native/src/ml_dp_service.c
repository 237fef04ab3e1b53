/* The tailnet's own addresses, 100.100.100.100 and fd7a:115c:a1e0::53 (protocol.md 9): what this host sends there never leaves to a peer. A
 * DNS question over UDP becomes an event whose payload is the whole IP packet; the answer comes back as a packet from there. TCP:
 * ml_dp_service_tcp.c.
 *
 *   question  IP | UDP: any port -> 53 | DNS      answer  IP, addresses swapped | UDP, ports swapped, checksum | DNS
 */
#include "ml_dp_internal.h"
#include "ml_dp_inner.h"

#define ML_DNS_PORT 53
#define ML_UDP_HEADER 8

static const uint8_t service4[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 100, 100, 100, 100 };
static const uint8_t service6[16] = { 0xfd, 0x7a, 0x11, 0x5c, 0xa1, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x53 };

static uint32_t load16(const uint8_t *b) { return (uint32_t)b[0] << 8 | b[1]; }

static void store16(uint8_t *b, uint32_t value)
{
    b[0] = (uint8_t)(value >> 8);
    b[1] = (uint8_t)value;
}

static bool is_service(const uint8_t *address)
{
    return memcmp(address, service4, 16) == 0 || memcmp(address, service6, 16) == 0;
}

/* Offset of the UDP header of a whole, unfragmented packet that holds one, or -1. */
static int udp_at(const uint8_t *packet, int length)
{
    bool v4 = packet[0] >> 4 == 4;
    int header = v4 ? (packet[0] & 15) * 4 : 40;
    if ((v4 ? packet[9] : packet[6]) != ML_PROTO_UDP || length < header + ML_UDP_HEADER) return -1;
    return v4 && ((packet[6] & 0x3f) | packet[7]) != 0 ? -1 : header;
}

bool ml_service_takes(ml_dp *dp, const uint8_t *packet, int length, const uint8_t *destination)
{
    int udp;
    if (!is_service(destination)) return false;
    udp = udp_at(packet, length);
    if (ml_service_turn(dp, packet, length)) return true;
    if (udp < 0 || load16(packet + udp + 2) != ML_DNS_PORT) ML_COUNT(dp, SERVICE_OTHER);
    else if (ml_dp_event(dp, ML_EVENT_SERVICE, -1, NULL, 0, packet, length)) ML_COUNT(dp, SERVICE_QUERY);
    return true;
}

/* Writes the packet that answers query. Its length, or ML_MALFORMED, ML_TOO_LONG. */
static int answer(const uint8_t *query, int query_count, const uint8_t *payload, int count, uint8_t *into)
{
    uint8_t source[16], destination[16];
    int length = ml_inner_check(query, query_count, source, destination), udp = length < 0 ? -1 : udp_at(query, length);
    bool v4 = query[0] >> 4 == 4;
    int header = v4 ? 20 : 40, width = v4 ? 4 : 16, whole = ML_UDP_HEADER + count;
    uint32_t sum;

    if (udp < 0 || !is_service(destination)) return ML_MALFORMED;
    if (header + whole > ML_TUNNEL_MTU) return ML_TOO_LONG;
    memset(into, 0, (size_t)header);
    memcpy(into + (v4 ? 12 : 8), destination + 16 - width, (size_t)width);
    memcpy(into + (v4 ? 16 : 24), source + 16 - width, (size_t)width);
    if (v4)
    {
        into[0] = 0x45;
        store16(into + 2, (uint32_t)(header + whole));
        into[8] = ML_HOP_LIMIT;
        into[9] = ML_PROTO_UDP;
        store16(into + 10, ~ml_inner_fold(ml_inner_sum(into, header, 0)));
    }
    else
    {
        into[0] = 0x60;
        store16(into + 4, (uint32_t)whole);
        into[6] = ML_PROTO_UDP;
        into[7] = ML_HOP_LIMIT;
    }
    memcpy(into + header, query + udp + 2, 2);
    memcpy(into + header + 2, query + udp, 2);
    store16(into + header + 4, (uint32_t)whole);
    store16(into + header + 6, 0);
    memcpy(into + header + ML_UDP_HEADER, payload, (size_t)count);
    sum = ml_inner_sum(into + (v4 ? 12 : 8), 2 * width, ML_PROTO_UDP + (uint32_t)whole);
    sum = ~ml_inner_fold(ml_inner_sum(into + header, whole, sum)) & 0xffff;
    store16(into + header + 6, sum == 0 ? 0xffff : sum);               /* RFC 768: zero means "no checksum" */
    return header + whole;
}

int ml_dp_service_answer(int handle, const uint8_t *query, int query_offset, int query_count, const uint8_t *payload, int offset, int count,
                         int64_t now_ms)
{
    ml_dp *dp = ml_dp_enter(handle);
    uint8_t packet[ML_TUNNEL_MTU];
    int length;
    if (dp == NULL) return ML_BAD_HANDLE;
    if (query_count < 20 || count < 0) return ml_dp_leave(dp, ML_BAD_ARGUMENT);
    length = answer(query + query_offset, query_count, payload + offset, count, packet);
    if (length < 0) return ml_dp_leave(dp, length);
    if (dp->sink.take == NULL) return ml_dp_leave(dp, ML_NOT_OPEN);
    if (dp->sink.take(dp->sink.context, -1, packet, length)) ML_COUNT(dp, SERVICE_ANSWERED);
    else ML_COUNT(dp, INNER_SINK_FULL);
    dp->sink_raised = true;
    dp->sink_ms = now_ms;
    return ml_dp_leave(dp, ML_OK);
}
