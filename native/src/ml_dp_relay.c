/* The outgoing half of a relay connection: control frames, an urgent lane for handshakes and a lane for the rest, drained in this order
 * as one byte stream. Packets wait while the connection is down, and until ClientInfo, the first thing a client says, is in the control
 * lane.
 *   frame: 0 type | 1 length u32 BE (payload only) | 5 payload.      SendPacket 04: destination node key[32], packet
 */
#include "ml_dp_internal.h"

#define ML_FRAME_CLIENT_INFO 0x02
#define ML_FRAME_SEND_PACKET 0x04

ml_relay *ml_relay_find(ml_dp *dp, int region)
{
    if (region <= 0 || region > 65535) return NULL;
    for (int i = 0; i < ML_RELAYS; i++)
        if (dp->relays[i].region == region) return &dp->relays[i];
    return NULL;
}

static void relay_init(ml_relay *relay, int region)
{
    relay->region = (uint16_t)region;
    relay->open = relay->hello_sent = relay->kicked = false;
    relay->sending = ML_NONE;
    relay->sent = 0;
    memset(relay->packets, 0, sizeof relay->packets);
    ml_list_init(&relay->control);
    ml_list_init(&relay->urgent);
    ml_list_init(&relay->data);
    ml_relay_parser_reset(relay);
}

static void relay_free(ml_dp *dp, ml_relay *relay)
{
    int lost = relay->urgent.count + relay->data.count;
    dp->counters[ML_COUNTER_RELAY_CLOSED] += (uint64_t)lost;
    if (relay->sending != ML_NONE) ml_pool_give(dp, relay->sending);
    ml_list_clear(dp, &relay->control);
    ml_list_clear(dp, &relay->urgent);
    ml_list_clear(dp, &relay->data);
    relay_init(relay, 0);
}

/* The relay of a region, made on demand: packets may come before the connection. A closed region without packets gives up its place. */
ml_relay *ml_relay_need(ml_dp *dp, int region)
{
    ml_relay *relay = ml_relay_find(dp, region), *idle = NULL;
    if (relay != NULL || region <= 0 || region > 65535) return relay;
    for (int i = 0; i < ML_RELAYS; i++)
    {
        relay = &dp->relays[i];
        if (relay->region == 0) break;
        if (idle == NULL && !relay->open) idle = relay;
        relay = NULL;
    }
    if (relay == NULL && idle != NULL)
    {
        relay_free(dp, idle);
        relay = idle;
    }
    if (relay == NULL) ML_COUNT(dp, RELAY_NO_SLOT);
    else relay_init(relay, region);
    return relay;
}

/* Tells managed code once that there is something to drain (or to connect for). */
static void kick(ml_dp *dp, ml_relay *relay)
{
    ml_source source = { NULL, NULL, relay->region };
    if (!relay->kicked) relay->kicked = ml_dp_event(dp, ML_EVENT_RELAY_READY, -1, &source, 0, NULL, 0);
}

/* A buffer for the lane, if need be the oldest packet's. */
static uint16_t lane_buffer(ml_dp *dp, ml_relay *relay, ml_list *lane, int most)
{
    uint16_t packet = lane->count < most ? ml_pool_take(dp) : ML_NONE;
    if (packet != ML_NONE) return packet;
    packet = ml_list_pop(dp, lane);
    if (packet == ML_NONE) packet = ml_list_pop(dp, &relay->data);
    if (packet == ML_NONE)
    {
        ML_COUNT(dp, POOL_EMPTY);
        return ML_NONE;
    }
    ML_COUNT(dp, RELAY_OLDEST);
    relay->packets[ML_RELAY_PACKETS_DROPPED]++;
    return packet;
}

static void frame_header(uint8_t *frame, int type, int count)
{
    frame[0] = (uint8_t)type;
    frame[1] = 0;
    frame[2] = (uint8_t)(count >> 16);
    frame[3] = (uint8_t)(count >> 8);
    frame[4] = (uint8_t)count;
}

static int data_most(const ml_dp *dp)
{
    int share = dp->packets / 4;
    return share < ML_RELAY_DATA_LEAST ? ML_RELAY_DATA_LEAST : share > ML_RELAY_DATA_MOST ? ML_RELAY_DATA_MOST : share;
}

/* A SendPacket frame with room for count bytes at ML_DERP_HEADER + ML_KEY, or ML_NONE. It must be committed. */
uint16_t ml_relay_reserve(ml_dp *dp, ml_relay *relay, const uint8_t *key, int count, bool urgent)
{
    uint16_t packet = urgent ? lane_buffer(dp, relay, &relay->urgent, ML_RELAY_URGENT_MAX)
                             : lane_buffer(dp, relay, &relay->data, data_most(dp));
    if (packet == ML_NONE) return packet;
    frame_header(dp->pool[packet].bytes, ML_FRAME_SEND_PACKET, ML_KEY + count);
    memcpy(dp->pool[packet].bytes + ML_DERP_HEADER, key, ML_KEY);
    dp->pool[packet].length = (uint16_t)(ML_DERP_HEADER + ML_KEY + count);
    return packet;
}

void ml_relay_commit(ml_dp *dp, ml_relay *relay, uint16_t packet, bool urgent)
{
    ml_list_push(dp, urgent ? &relay->urgent : &relay->data, packet);
    ML_COUNT(dp, RELAY_OUT);
    kick(dp, relay);
}

int ml_relay_put(ml_dp *dp, int region, const uint8_t *key, const uint8_t *payload, int count, bool urgent)
{
    ml_relay *relay;
    uint16_t packet;
    if (count > ML_DATAGRAM_MAX)
    {
        ML_COUNT(dp, TOO_LONG);
        return ML_TOO_LONG;
    }
    relay = ml_relay_need(dp, region);
    if (relay == NULL) return ML_NO_PATH;
    packet = ml_relay_reserve(dp, relay, key, count, urgent);
    if (packet == ML_NONE) return ML_FULL;
    if (count > 0) memcpy(dp->pool[packet].bytes + ML_DERP_HEADER + ML_KEY, payload, (size_t)count);
    ml_relay_commit(dp, relay, packet, urgent);
    return ML_OK;
}

static void forget_connection(ml_dp *dp, ml_relay *relay)
{
    if (relay->sending != ML_NONE) ml_pool_give(dp, relay->sending);
    relay->sending = ML_NONE;
    relay->sent = 0;
    relay->open = relay->hello_sent = relay->kicked = false;
    ml_list_clear(dp, &relay->control);
    ml_relay_parser_reset(relay);
}

int ml_dp_relay_open(int handle, int region)
{
    ml_dp *dp = ml_dp_enter(handle);
    ml_relay *relay;
    if (dp == NULL) return ML_BAD_HANDLE;
    relay = ml_relay_need(dp, region);
    if (relay == NULL) return ml_dp_leave(dp, ML_FULL);
    forget_connection(dp, relay);
    relay->open = true;
    return ml_dp_leave(dp, ML_OK);
}

int ml_dp_relay_reset(int handle, int region)
{
    ml_dp *dp = ml_dp_enter(handle);
    ml_relay *relay;
    if (dp == NULL) return ML_BAD_HANDLE;
    relay = ml_relay_find(dp, region);
    if (relay == NULL) return ml_dp_leave(dp, ML_NOT_OPEN);
    forget_connection(dp, relay);
    return ml_dp_leave(dp, ML_OK);
}

int ml_dp_relay_close(int handle, int region)
{
    ml_dp *dp = ml_dp_enter(handle);
    ml_relay *relay;
    if (dp == NULL) return ML_BAD_HANDLE;
    relay = ml_relay_find(dp, region);
    if (relay == NULL) return ml_dp_leave(dp, ML_NOT_OPEN);
    relay_free(dp, relay);
    return ml_dp_leave(dp, ML_OK);
}

int ml_dp_relay_frame(int handle, int region, int type, const uint8_t *payload, int offset, int count)
{
    ml_dp *dp = ml_dp_enter(handle);
    ml_relay *relay;
    uint16_t packet;
    if (dp == NULL) return ML_BAD_HANDLE;
    relay = ml_relay_find(dp, region);
    if (relay == NULL || !relay->open) return ml_dp_leave(dp, ML_NOT_OPEN);
    if (count > ML_PACKET_BYTES - ML_DERP_HEADER) return ml_dp_leave(dp, ML_TOO_LONG);
    if (relay->control.count >= ML_RELAY_CONTROL_MAX) return ml_dp_leave(dp, ML_FULL);
    packet = ml_pool_take(dp);
    if (packet == ML_NONE) packet = ml_list_pop(dp, &relay->data);
    if (packet == ML_NONE) return ml_dp_leave(dp, ML_FULL);
    frame_header(dp->pool[packet].bytes, type, count);
    if (count > 0) memcpy(dp->pool[packet].bytes + ML_DERP_HEADER, payload + offset, (size_t)count);
    dp->pool[packet].length = (uint16_t)(ML_DERP_HEADER + count);
    ml_list_push(dp, &relay->control, packet);
    if (type == ML_FRAME_CLIENT_INFO) relay->hello_sent = true;
    kick(dp, relay);
    return ml_dp_leave(dp, ML_OK);
}

static uint16_t next_frame(ml_dp *dp, ml_relay *relay)
{
    if (relay->control.count != 0) return ml_list_pop(dp, &relay->control);
    if (!relay->hello_sent) return ML_NONE;
    if (relay->urgent.count != 0) return ml_list_pop(dp, &relay->urgent);
    return ml_list_pop(dp, &relay->data);
}

int ml_dp_relay_drain(int handle, int region, uint8_t *into, int offset, int capacity)
{
    ml_dp *dp = ml_dp_enter(handle);
    ml_relay *relay;
    int total = 0;
    if (dp == NULL) return ML_BAD_HANDLE;
    relay = ml_relay_find(dp, region);
    if (relay == NULL) return ml_dp_leave(dp, ML_NOT_OPEN);
    while (relay->open && total < capacity)
    {
        const ml_packet *packet;
        int part;
        if (relay->sending == ML_NONE)
        {
            relay->sending = next_frame(dp, relay);
            relay->sent = 0;
        }
        if (relay->sending == ML_NONE) break;
        packet = &dp->pool[relay->sending];
        part = packet->length - relay->sent;
        if (part > capacity - total) part = capacity - total;
        memcpy(into + offset + total, packet->bytes + relay->sent, (size_t)part);
        total += part;
        relay->sent = (uint16_t)(relay->sent + part);
        if (relay->sent < packet->length) continue;
        if (packet->bytes[0] == ML_FRAME_SEND_PACKET) relay->packets[ML_RELAY_PACKETS_OUT]++;
        ml_pool_give(dp, relay->sending);
        relay->sending = ML_NONE;
    }
    if (total == 0 && capacity > 0) relay->kicked = false;
    return ml_dp_leave(dp, total);
}

int ml_dp_relay_take_packets(int handle, int region, int which)
{
    ml_dp *dp = ml_dp_enter(handle);
    ml_relay *relay;
    int count;
    if (dp == NULL) return ML_BAD_HANDLE;
    relay = ml_relay_find(dp, region);
    if (relay == NULL || which < ML_RELAY_PACKETS_IN || which > ML_RELAY_PACKETS_DROPPED) return ml_dp_leave(dp, ML_NOT_OPEN);
    count = (int)(relay->packets[which] & 0x7FFFFFFF);
    relay->packets[which] = 0;
    return ml_dp_leave(dp, count);
}
