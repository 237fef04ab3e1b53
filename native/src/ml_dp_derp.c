/* The incoming half of a relay connection: a byte stream, cut anywhere, into frames (protocol.md 5.2).
 *   0 type | 1 length u32 BE (payload only) | 5 payload.      RecvPacket 05: source node key[32], packet
 * RecvPacket goes to the demultiplexer, other known types become events, unknown ones are skipped. A frame that is longer than what we keep
 * (2048 bytes) is skipped; one over 1 MiB is refused, and the connection must be closed.
 */
#include "ml_dp_internal.h"

#define ML_FRAME_RECV_PACKET 0x05

void ml_relay_parser_reset(ml_relay *relay)
{
    relay->header_fill = 0;
    relay->need = relay->fill = 0;
}

/* Server to client frames; those only a mesh node gets are in the list because a client must not stumble over them. */
static bool is_known(int type)
{
    switch (type)
    {
        case 0x01: case 0x03: case 0x06: case 0x08: case 0x09: case 0x12: case 0x13: case 0x14: case 0x15: return true;
        default: return false;
    }
}

static void frame_in(ml_dp *dp, ml_relay *relay, uint8_t *payload, int count, int64_t now_ms)
{
    ml_source source = { NULL, NULL, relay->region };
    int type = relay->header[0];
    if (type != ML_FRAME_RECV_PACKET)
    {
        if (is_known(type)) ml_dp_event(dp, ML_EVENT_RELAY_FRAME, -1, &source, type, payload, count);
        else ML_COUNT(dp, RELAY_UNKNOWN);
        return;
    }
    if (count < ML_KEY)
    {
        ML_COUNT(dp, RELAY_SHORT);
        return;
    }
    ML_COUNT(dp, RELAY_IN);
    relay->packets[ML_RELAY_PACKETS_IN]++;
    source.node_key = payload;
    ml_demux_in(dp, &source, payload + ML_KEY, count - ML_KEY, now_ms);
}

/* Adds header bytes. Returns how many were taken, or ML_MALFORMED. */
static int take_header(ml_dp *dp, ml_relay *relay, const uint8_t *block, int count)
{
    int part = ML_DERP_HEADER - relay->header_fill;
    if (part > count) part = count;
    memcpy(relay->header + relay->header_fill, block, (size_t)part);
    relay->header_fill = (uint8_t)(relay->header_fill + part);
    if (relay->header_fill < ML_DERP_HEADER) return part;
    relay->need = (uint32_t)relay->header[1] << 24 | (uint32_t)relay->header[2] << 16 | (uint32_t)relay->header[3] << 8 | relay->header[4];
    relay->fill = 0;
    if (relay->need <= ML_DERP_FRAME_MAX) return part;
    ML_COUNT(dp, RELAY_OVERSIZE);
    return ML_MALFORMED;
}

int ml_derp_in(ml_dp *dp, ml_relay *relay, const uint8_t *block, int count, int64_t now_ms)
{
    while (count > 0)
    {
        uint32_t part;
        if (relay->header_fill < ML_DERP_HEADER)
        {
            int taken = take_header(dp, relay, block, count);
            if (taken < 0) return taken;
            block += taken;
            count -= taken;
            if (relay->header_fill < ML_DERP_HEADER) return ML_OK;
        }
        part = relay->need - relay->fill;
        if (part > (uint32_t)count) part = (uint32_t)count;
        if (relay->need <= sizeof relay->frame) memcpy(relay->frame + relay->fill, block, part);
        relay->fill += part;
        block += part;
        count -= (int)part;
        if (relay->fill < relay->need) return ML_OK;

        if (relay->need <= sizeof relay->frame) frame_in(dp, relay, relay->frame, (int)relay->need, now_ms);
        else ML_COUNT(dp, RELAY_FRAME_LONG);
        ml_relay_parser_reset(relay);
    }
    return ML_OK;
}

int ml_dp_relay_in(int handle, int region, const uint8_t *block, int offset, int count, int64_t now_ms)
{
    ml_dp *dp = ml_dp_enter(handle);
    ml_relay *relay;
    if (dp == NULL) return ML_BAD_HANDLE;
    relay = ml_relay_find(dp, region);
    if (relay == NULL || !relay->open) return ml_dp_leave(dp, ML_NOT_OPEN);
    return ml_dp_leave(dp, ml_derp_in(dp, relay, block + offset, count, now_ms));
}
