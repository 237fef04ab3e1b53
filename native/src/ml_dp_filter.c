/* The packet filter (protocol.md 4.10): what a decrypted packet must be before any socket sees it. Without rules nothing comes in; what
 * goes out always may, but for multicast and link-local, and it lets its answers in: UDP and SCTP by the flow table, TCP because only a
 * SYN needs a rule. TSMP does not come here (ml_inner_tsmp).
 */
#include "ml_dp_filter.h"
#include "ml_dp_inner.h"

#define ML_TCP_SYN 0x02
#define ML_TCP_ACK 0x10

/* IPv6 packets with v4-mapped addresses do not get here (ml_inner_check), so the mapped form is IPv4. */
static bool is_multicast(const ml_parsed *packet)
{
    return packet->v4 ? packet->destination[12] >> 4 == 0xe : packet->destination[0] == 0xff;
}

static bool is_link_local(const ml_parsed *packet)
{
    static const uint8_t cloud_dns[4] = { 169, 254, 169, 254 };
    const uint8_t *address = packet->destination;
    if (!packet->v4) return address[0] == 0xfe && address[1] >> 6 == 2;
    return address[12] == 169 && address[13] == 254 && memcmp(address + 12, cloud_dns, 4) != 0;
}

static bool is_local(const ml_dp *dp, const uint8_t *address)
{
    for (int i = 0; i < dp->self_count; i++)
        if (memcmp(dp->self[i], address, 16) == 0) return true;
    for (int i = 0; i < dp->local_count; i++)
        if (ml_prefix_matches(dp->local[i], dp->local[i][16], address)) return true;
    return false;
}

/* Answers and errors: they belong to something that went out. */
static bool is_icmp_answer(const ml_parsed *packet)
{
    const uint8_t *icmp = packet->packet + packet->body;
    if (packet->count - packet->body < 8) return false;
    if (packet->v4) return (icmp[0] == 0 && icmp[1] == 0) || icmp[0] == 3 || icmp[0] == 11 || icmp[0] == 12;
    return (icmp[0] == 129 && icmp[1] == 0) || (icmp[0] >= 1 && icmp[0] <= 4);
}

/* Node capabilities belong to the node's own addresses, not to what it routes. */
static uint32_t capabilities_of(const ml_peer *peer, const uint8_t *source)
{
    for (int i = 0; i < peer->own_count; i++)
        if (memcmp(peer->own[i], source, 16) == 0) return peer->capabilities;
    return 0;
}

static void flow_key(const ml_parsed *packet, bool reversed, uint8_t key[ML_FLOW_KEY])
{
    memcpy(key, reversed ? packet->destination : packet->source, 16);
    memcpy(key + 16, reversed ? packet->source : packet->destination, 16);
    memcpy(key + 32, packet->ports + (reversed ? 2 : 0), 2);
    memcpy(key + 34, packet->ports + (reversed ? 0 : 2), 2);
    key[36] = packet->protocol;
}

static bool is_known_flow(ml_dp *dp, const ml_parsed *packet)
{
    uint8_t key[ML_FLOW_KEY];
    flow_key(packet, false, key);
    return ml_flow_known(dp, key);
}

/* Which counter tells why there was no rule. */
static int denied(const ml_dp *dp, const ml_peer *peer)
{
    if (peer->jailed) return ML_COUNTER_FILTER_JAILED;
    return dp->filter_count == 0 && !dp->filter_given ? ML_COUNTER_FILTER_MISSING : ML_COUNTER_FILTER_DENIED;
}

static bool has_rule(const ml_dp *dp, const ml_peer *peer, const ml_parsed *packet, int kind)
{
    if (peer->jailed || dp->filter_count == 0) return false;
    return ml_filter_matches(dp->filter, packet, capabilities_of(peer, packet->source), kind);
}

static int verdict(ml_dp *dp, const ml_peer *peer, const ml_parsed *packet)
{
    int protocol = packet->protocol;
    if (!packet->fragment && (protocol == ML_PROTO_UNKNOWN || protocol == 255)) return ML_COUNTER_INNER_UNKNOWN;
    if (is_multicast(packet)) return ML_COUNTER_INNER_MULTICAST;
    if (is_link_local(packet)) return ML_COUNTER_INNER_LINK_LOCAL;
    /* Later fragments have no ports; without their first one the receiver throws them away. */
    if (packet->fragment) return -1;
    if (!is_local(dp, packet->destination)) return ML_COUNTER_INNER_NOT_OURS;

    if (protocol == (packet->v4 ? ML_PROTO_ICMP : ML_PROTO_ICMP6))
        return is_icmp_answer(packet) || has_rule(dp, peer, packet, ML_MATCH_ADDRESSES) ? -1 : denied(dp, peer);
    if (protocol == ML_PROTO_TCP)
    {
        if ((packet->tcp_flags & (ML_TCP_SYN | ML_TCP_ACK)) != ML_TCP_SYN || has_rule(dp, peer, packet, ML_MATCH_PORT)) return -1;
        return denied(dp, peer);
    }
    if (protocol == ML_PROTO_UDP || protocol == ML_PROTO_SCTP)
        return is_known_flow(dp, packet) || has_rule(dp, peer, packet, ML_MATCH_PORT) ? -1 : denied(dp, peer);
    return has_rule(dp, peer, packet, ML_MATCH_ALL_PORTS) ? -1 : denied(dp, peer);
}

/* Its own rules are further up: peerAPI asks who calls. */
static bool is_peer_api(const ml_dp *dp, const ml_parsed *packet)
{
    if (dp->peer_api_port == 0 || (packet->ports[2] << 8 | packet->ports[3]) != dp->peer_api_port) return false;
    for (int i = 0; i < dp->self_count; i++)
        if (memcmp(dp->self[i], packet->destination, 16) == 0) return true;
    return false;
}

bool ml_filter_in(ml_dp *dp, int slot, const uint8_t *inner, int count, const uint8_t *source, const uint8_t *destination, int64_t now_ms)
{
    ml_parsed packet;
    int reason;
    bool opens;
    if (dp->filter_count != 0 && (dp->filter[3] & ML_FILTER_OFF)) return true;
    ml_filter_parse(&packet, inner, count, source, destination);
    reason = verdict(dp, &dp->peers[slot], &packet);
    if (reason < 0) return true;
    opens = packet.protocol == ML_PROTO_TCP && !packet.fragment && (packet.tcp_flags & ML_TCP_SYN);
    if (opens && is_peer_api(dp, &packet)) return true;
    dp->counters[reason]++;
    if (opens && packet.v4) ml_inner_reject(dp, slot, inner, packet.ports, now_ms);
    return false;
}

bool ml_filter_out(ml_dp *dp, const uint8_t *inner, int count, const uint8_t *source, const uint8_t *destination)
{
    uint8_t key[ML_FLOW_KEY];
    ml_parsed packet;
    ml_filter_parse(&packet, inner, count, source, destination);
    if (is_multicast(&packet) || is_link_local(&packet))
    {
        ML_COUNT(dp, OUT_MULTICAST);
        return false;
    }
    if (packet.fragment || (packet.protocol != ML_PROTO_UDP && packet.protocol != ML_PROTO_SCTP)) return true;
    flow_key(&packet, true, key);
    ml_flow_add(dp, key);
    return true;
}

/* ---- what managed code sets ---------------------------------------------------------------------------------------------------------- */

/* Whatever cannot be taken leaves a filter that lets nothing in. */
int ml_dp_filter_set(int handle, const uint8_t *table, int offset, int count)
{
    ml_dp *dp = ml_dp_enter(handle);
    if (dp == NULL) return ML_BAD_HANDLE;
    dp->filter_count = 0;
    dp->filter_given = true;
    if (count < 0) return ml_dp_leave(dp, ML_BAD_ARGUMENT);
    if ((uint32_t)count > dp->filter_max) return ml_dp_leave(dp, ML_FULL);
    if (count > 0 && !ml_filter_table_valid(table + offset, (size_t)count)) return ml_dp_leave(dp, ML_MALFORMED);
    if (count > 0) memcpy(dp->filter, table + offset, (size_t)count);
    dp->filter_count = (uint32_t)count;
    return ml_dp_leave(dp, ML_OK);
}

int ml_dp_set_local_routes(int handle, const uint8_t *prefixes, int offset, int count)
{
    ml_dp *dp = ml_dp_enter(handle);
    if (dp == NULL) return ML_BAD_HANDLE;
    if (count < 0) return ml_dp_leave(dp, ML_BAD_ARGUMENT);
    if (count > ML_LOCAL_MAX) return ml_dp_leave(dp, ML_FULL);
    for (int i = 0; i < count; i++)
        if (prefixes[offset + i * ML_PREFIX + 16] > 128) return ml_dp_leave(dp, ML_BAD_ARGUMENT);
    if (count > 0) memcpy(dp->local, prefixes + offset, (size_t)count * ML_PREFIX);
    dp->local_count = (uint8_t)count;
    return ml_dp_leave(dp, ML_OK);
}

int ml_dp_peer_rights(int handle, int slot, int rights, int capabilities, const uint8_t *addresses, int offset, int count)
{
    ml_dp *dp = ml_dp_enter(handle);
    ml_peer *peer;
    if (dp == NULL) return ML_BAD_HANDLE;
    peer = ml_peer_at(dp, slot);
    if (peer == NULL || count < 0) return ml_dp_leave(dp, ML_BAD_ARGUMENT);
    peer->jailed = (rights & ML_RIGHT_JAILED) != 0;
    peer->capabilities = (uint32_t)capabilities;
    peer->own_count = (uint8_t)(count > ML_OWN_MAX ? ML_OWN_MAX : count);
    if (peer->own_count > 0) memcpy(peer->own, addresses + offset, (size_t)peer->own_count * 16);
    return ml_dp_leave(dp, ML_OK);
}
