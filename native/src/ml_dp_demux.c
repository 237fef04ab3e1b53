/* Which protocol a datagram on our one port belongs to, by its first bytes and in this order (protocol.md 6.9):
 *   STUN       len >= 20, (b0 & C0) = 0, b1 = 01, b4..8 = 21 12 A4 42
 *   Geneve     (b0 & C0) = 0, (b1 & 3F) = 0, b7 = 0, b2..4 = 7A 11 with the disco magic at 8, or 7A 12: peer relays, not supported, dropped
 *   DISCO      len >= 38, b0..6 = 54 53 F0 9F 92 AC; a message needs 62 + 16 bytes
 *   WireGuard  b0 = 1..4, b1..4 = 0
 * Relay packets are DISCO or WireGuard, never the others (protocol.md 5.5).
 */
#include "ml_dp_internal.h"

static const uint8_t stun_cookie[4] = { 0x21, 0x12, 0xa4, 0x42 };
static const uint8_t disco_magic[6] = { 0x54, 0x53, 0xf0, 0x9f, 0x92, 0xac };

static int drop(ml_dp *dp, int counter)
{
    dp->counters[counter]++;
    return ML_DROPPED;
}

static bool is_stun(const uint8_t *b, int count)
{
    return count >= 20 && (b[0] & 0xc0) == 0 && b[1] == 0x01 && memcmp(b + 4, stun_cookie, 4) == 0;
}

static bool is_disco(const uint8_t *b, int count)
{
    return count >= 38 && memcmp(b, disco_magic, 6) == 0;
}

static bool is_geneve(const uint8_t *b, int count)
{
    if (count < 8 || (b[0] & 0xc0) != 0 || (b[1] & 0x3f) != 0 || b[7] != 0 || b[2] != 0x7a) return false;
    return b[3] == 0x12 || (b[3] == 0x11 && is_disco(b + 8, count - 8));
}

static int stun_in(ml_dp *dp, const ml_source *source, const uint8_t *b, int count, int64_t now_ms)
{
    if (source->endpoint == NULL) return drop(dp, ML_COUNTER_STUN_BY_RELAY);
    if (!ml_stun_passes(dp, b + 8, now_ms)) return drop(dp, ML_COUNTER_STUN_UNMATCHED);
    ML_COUNT(dp, STUN_IN);
    return ml_dp_event(dp, ML_EVENT_STUN, -1, source, 0, b, count) ? ML_OK : ML_DROPPED;
}

static int disco_in(ml_dp *dp, const ml_source *source, const uint8_t *b, int count)
{
    int slot;
    if (count < 62 + 16) return drop(dp, ML_COUNTER_DISCO_SHORT);
    if (!ml_disco_passes(dp, b + 6)) return drop(dp, ML_COUNTER_DISCO_UNKNOWN);
    ML_COUNT(dp, DISCO_IN);
    slot = source->node_key == NULL ? -1 : ml_peer_find(dp, source->node_key);
    return ml_dp_event(dp, ML_EVENT_DISCO, slot, source, 0, b, count) ? ML_OK : ML_DROPPED;
}

int ml_demux_in(ml_dp *dp, const ml_source *source, uint8_t *b, int count, int64_t now_ms)
{
    if (count > ML_DATAGRAM_MAX) return drop(dp, ML_COUNTER_TOO_LONG);
    if (is_stun(b, count)) return stun_in(dp, source, b, count, now_ms);
    if (is_geneve(b, count)) return drop(dp, ML_COUNTER_GENEVE);
    if (is_disco(b, count)) return disco_in(dp, source, b, count);
    if (count < 4 || b[1] != 0 || b[2] != 0 || b[3] != 0) return drop(dp, ML_COUNTER_EMPTY);
    if (b[0] == ML_WG_TRANSPORT)
        return count < ML_WG_OVERHEAD ? drop(dp, ML_COUNTER_TRANSPORT_LENGTH) : ml_transport_in(dp, source, b, count, now_ms);
    if (b[0] >= ML_WG_INITIATION && b[0] <= ML_WG_COOKIE) return ml_gate_in(dp, source, b, count, now_ms);
    return drop(dp, ML_COUNTER_EMPTY);
}

int ml_dp_udp_in_place(int handle, const uint8_t *endpoint, uint8_t *datagram, int count, int64_t now_ms)
{
    ml_dp *dp = ml_dp_enter(handle);
    ml_source source = { endpoint, NULL, 0 };
    if (dp == NULL) return ML_BAD_HANDLE;
    ML_COUNT(dp, UDP_IN);
    return ml_dp_leave(dp, ml_demux_in(dp, &source, datagram, count, now_ms));
}

int ml_dp_udp_in(int handle, const uint8_t *endpoint, int endpoint_offset, const uint8_t *datagram, int offset, int count, int64_t now_ms)
{
    ml_dp *dp = ml_dp_enter(handle);
    ml_source source = { endpoint + endpoint_offset, NULL, 0 };
    if (dp == NULL) return ML_BAD_HANDLE;
    ML_COUNT(dp, UDP_IN);
    if (count > ML_DATAGRAM_MAX) return ml_dp_leave(dp, drop(dp, ML_COUNTER_TOO_LONG));
    if (count > 0) memcpy(dp->scratch, datagram + offset, (size_t)count);
    return ml_dp_leave(dp, ml_demux_in(dp, &source, dp->scratch, count, now_ms));
}
