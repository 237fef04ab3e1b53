/* DNS over TCP at the tailnet's own addresses, for a host whose kernel is the node's stack: connections there are turned round, to a port where
 * this node listens on its own tunnel address, and so are the answers. Nothing is remembered: swapping the addresses says all.
 *
 *   a program     100.64.0.1:p    -> 100.100.100.100:53       becomes   100.100.100.100:p  -> 100.64.0.1:P     the node's listener
 *   its listener  100.64.0.1:P    -> 100.100.100.100:p        becomes   100.100.100.100:53 -> 100.64.0.1:p
 */
#include "ml_dp_internal.h"
#include "ml_dp_inner.h"

#define ML_DNS_PORT 53
#define ML_TCP_HEADER 20

static uint32_t load16(const uint8_t *b) { return (uint32_t)b[0] << 8 | b[1]; }

static void store16(uint8_t *b, uint32_t value)
{
    b[0] = (uint8_t)(value >> 8);
    b[1] = (uint8_t)value;
}

/* RFC 1624, equation 3: HC' = ~(~HC + ~m + m'). The swapped addresses leave the sum as it was. */
static void change_port(uint8_t *tcp, int at, uint32_t port)
{
    uint32_t sum = (~load16(tcp + 16) & 0xffff) + (~load16(tcp + at) & 0xffff) + port;
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    store16(tcp + 16, ~sum & 0xffff);
    store16(tcp + at, port);
}

/* The packet is whole and for a service address. */
bool ml_service_turn(ml_dp *dp, const uint8_t *packet, int length)
{
    uint8_t turned[ML_TUNNEL_MTU], *tcp;
    bool v4 = packet[0] >> 4 == 4;
    int header = v4 ? (packet[0] & 15) * 4 : 40, width = v4 ? 4 : 16, source = v4 ? 12 : 8;
    if (dp->service_port == 0 || dp->sink.take == NULL || length > (int)sizeof turned) return false;
    if ((v4 ? packet[9] : packet[6]) != ML_PROTO_TCP || length < header + ML_TCP_HEADER) return false;
    if (v4 && ((packet[6] & 0x3f) | packet[7]) != 0) return false;
    memcpy(turned, packet, (size_t)length);
    memcpy(turned + source, packet + source + width, (size_t)width);
    memcpy(turned + source + width, packet + source, (size_t)width);
    tcp = turned + header;
    if (load16(tcp + 2) == ML_DNS_PORT) change_port(tcp, 2, (uint32_t)dp->service_port);
    else if (load16(tcp) == (uint32_t)dp->service_port) change_port(tcp, 0, ML_DNS_PORT);
    else return false;
    if (dp->sink.take(dp->sink.context, -1, turned, length)) ML_COUNT(dp, SERVICE_TURNED);
    else ML_COUNT(dp, INNER_SINK_FULL);
    dp->sink_raised = true;
    return true;
}

int ml_dp_set_service_port(int handle, int port)
{
    ml_dp *dp = ml_dp_enter(handle);
    if (dp == NULL) return ML_BAD_HANDLE;
    if (port < 0 || port > 65535 || port == ML_DNS_PORT) return ml_dp_leave(dp, ML_BAD_ARGUMENT);
    dp->service_port = port;
    return ml_dp_leave(dp, ML_OK);
}
