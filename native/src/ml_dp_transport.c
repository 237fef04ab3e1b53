/* Transport messages (protocol.md 8.2):  0 type=4, 3 zero | 4 receiver index u32 | 8 counter u64 | 16 ciphertext, tag[16]
 * The order on receipt is: authenticate, then window, then learn. Nothing that a stranger can send changes any state. */
#include "ml_dp_internal.h"
#include "ml_dp_crypto.h"

/* "Padding to a multiple of 16, not beyond MTU": for what fits the tunnel's MTU, 1280 is itself a multiple. */
static int padded_length(int count)
{
    int padded = (count + 15) & ~15;
    return padded > ML_INNER_MAX ? ML_INNER_MAX : padded;
}

static int seal(ml_session *session, const uint8_t *inner, int count, uint8_t *into)
{
    int padded = padded_length(count);
    into[0] = ML_WG_TRANSPORT;
    into[1] = into[2] = into[3] = 0;
    ml_store32_le(into + 4, session->remote);
    ml_store64_le(into + 8, session->send_counter);
    if (count > 0) memcpy(into + ML_WG_HEADER, inner, (size_t)count);
    memset(into + ML_WG_HEADER + count, 0, (size_t)(padded - count));
    ml_crypto_seal(session->send_key, session->send_counter, into + ML_WG_HEADER, padded);
    session->send_counter++;
    return ML_WG_OVERHEAD + padded;
}

/* Seals an inner packet (or nothing: a keepalive) for the current session and puts it on the peer's path or paths, at most one copy
 * each. */
int ml_transport_send(ml_dp *dp, int slot, const uint8_t *inner, int count, int64_t now_ms)
{
    ml_peer *peer = &dp->peers[slot];
    ml_session *session = &peer->session[ML_CURRENT];
    ml_relay *relay = NULL;
    uint16_t packet = ML_NONE;
    uint8_t *record = NULL, *sealed;
    int length = ML_WG_OVERHEAD + padded_length(count);

    if (!ml_session_sends(session, now_ms)) return ML_NO_SESSION;
    if ((peer->mode & (ML_PATH_UDP | ML_PATH_RELAY)) == 0)
    {
        ML_COUNT(dp, NO_PATH);
        return ML_NO_PATH;
    }
    if (peer->mode & ML_PATH_UDP)
    {
        record = ml_ring_reserve(&dp->udp, (uint32_t)(ML_ENDPOINT + length));
        if (record == NULL) ML_COUNT(dp, UDP_RING_FULL);
    }
    if (peer->mode & ML_PATH_RELAY)
    {
        relay = ml_relay_need(dp, peer->region);
        if (relay != NULL) packet = ml_relay_reserve(dp, relay, peer->key, length, false);
    }
    if (record == NULL && packet == ML_NONE) return ML_FULL;

    sealed = record != NULL ? record + ML_ENDPOINT : dp->pool[packet].bytes + ML_DERP_HEADER + ML_KEY;
    seal(session, inner, count, sealed);
    if (packet != ML_NONE)
    {
        if (record != NULL) memcpy(dp->pool[packet].bytes + ML_DERP_HEADER + ML_KEY, sealed, (size_t)length);
        ml_relay_commit(dp, relay, packet, false);
    }
    if (record != NULL)
    {
        memcpy(record, peer->endpoint, ML_ENDPOINT);
        ml_ring_commit(&dp->udp, (uint32_t)(ML_ENDPOINT + length));
        ML_COUNT(dp, UDP_OUT);
    }

    peer->tx_bytes += (uint64_t)length;
    peer->sent_ms = now_ms;
    if (count > 0)
    {
        peer->data_sent_ms = now_ms;
        ML_COUNT(dp, TRANSPORT_OUT);
    }
    else ML_COUNT(dp, KEEPALIVE_OUT);
    return ML_OK;
}

/* No session: keep the packet, newest first, and ask for a handshake once (again after five seconds, should nobody have listened). */
static int stage(ml_dp *dp, int slot, const uint8_t *packet, int count, int64_t now_ms)
{
    ml_peer *peer = &dp->peers[slot];
    int most = dp->packets / 4 < 2 ? 2 : dp->packets / 4 > 128 ? 128 : dp->packets / 4;
    uint16_t buffer = peer->staged.count < most ? ml_pool_take(dp) : ML_NONE;

    if (buffer == ML_NONE && peer->staged.count != 0)
    {
        buffer = ml_list_pop(dp, &peer->staged);
        ML_COUNT(dp, STAGED_OLDEST);
    }
    if (buffer == ML_NONE) ML_COUNT(dp, POOL_EMPTY);
    else
    {
        memcpy(dp->pool[buffer].bytes, packet, (size_t)count);
        dp->pool[buffer].length = (uint16_t)count;
        ml_list_push(dp, &peer->staged, buffer);
        ML_COUNT(dp, STAGED);
    }
    if (!peer->need_sent || now_ms - peer->need_ms >= ML_NEED_AGAIN_MS)
    {
        peer->need_sent = ml_dp_event(dp, ML_EVENT_NEED_HANDSHAKE, slot, NULL, 0, NULL, 0);
        peer->need_ms = now_ms;
    }
    return slot;
}

int ml_transport_route(ml_dp *dp, const uint8_t *packet, int count, int64_t now_ms)
{
    uint8_t source[16], destination[16];
    int length = ml_inner_check(packet, count, source, destination);
    int slot, result;

    if (length < 0)
    {
        ML_COUNT(dp, INNER_MALFORMED);
        return length;
    }
    if (length > ML_INNER_MAX)
    {
        ML_COUNT(dp, TOO_LONG);
        return ML_TOO_LONG;
    }
    slot = ml_routes_find(dp, destination);
    if (slot < 0)
    {
        ML_COUNT(dp, NO_ROUTE);
        return ML_NO_ROUTE;
    }
    result = ml_transport_send(dp, slot, packet, length, now_ms);
    if (result == ML_NO_SESSION) return stage(dp, slot, packet, length, now_ms);
    return result < 0 ? result : slot;
}

int ml_dp_send_ip(int handle, const uint8_t *packet, int offset, int count, int64_t now_ms)
{
    ml_dp *dp = ml_dp_enter(handle);
    if (dp == NULL) return ML_BAD_HANDLE;
    return ml_dp_leave(dp, ml_transport_route(dp, packet + offset, count, now_ms));
}

int ml_dp_send_keepalive(int handle, int slot, int64_t now_ms)
{
    ml_dp *dp = ml_dp_enter(handle);
    if (dp == NULL) return ML_BAD_HANDLE;
    if (ml_peer_at(dp, slot) == NULL) return ml_dp_leave(dp, ML_BAD_ARGUMENT);
    return ml_dp_leave(dp, ml_transport_send(dp, slot, NULL, 0, now_ms));
}

static int drop(ml_dp *dp, int counter)
{
    dp->counters[counter]++;
    return ML_DROPPED;
}

/* After authentication and window: stamps, promotion, the endpoint of a following path. */
static void learn(ml_dp *dp, int slot, int role, const ml_source *source, int length, int64_t now_ms)
{
    ml_peer *peer = &dp->peers[slot];
    peer->authenticated_ms = now_ms;
    peer->rx_bytes += (uint64_t)length;
    if ((peer->mode & ML_PATH_FOLLOW) && source->endpoint != NULL)
    {
        memcpy(peer->endpoint, source->endpoint, ML_ENDPOINT);
        peer->mode |= ML_PATH_UDP;
    }
    if (role != ML_NEXT) return;
    ml_session_promote(dp, slot);
    ml_staged_flush(dp, slot, now_ms, false);
}

int ml_transport_in(ml_dp *dp, const ml_source *source, uint8_t *datagram, int count, int64_t now_ms)
{
    uint8_t inner_source[16], inner_destination[16];
    uint8_t *inner = datagram + ML_WG_HEADER;
    uint32_t index = ml_load32_le(datagram + 4);
    uint64_t counter = ml_load64_le(datagram + 8);
    int slot = ml_index_slot(dp, index), role = 0, length;
    ml_session *session;

    if (slot < 0) return drop(dp, ML_COUNTER_TRANSPORT_INDEX);
    while (role < ML_SESSIONS && !(dp->peers[slot].session[role].used && dp->peers[slot].session[role].local == index)) role++;
    if (role == ML_SESSIONS) return drop(dp, ML_COUNTER_TRANSPORT_INDEX);
    session = &dp->peers[slot].session[role];
    if (now_ms - session->born_ms >= ML_REJECT_AFTER_MS) return drop(dp, ML_COUNTER_TRANSPORT_EXPIRED);

    if (!ml_crypto_open(session->receive_key, counter, inner, count - ML_WG_HEADER)) return drop(dp, ML_COUNTER_TRANSPORT_TAG);
    if (!ml_window_accept(session->window, dp->window_words, &session->greatest, counter)) return drop(dp, ML_COUNTER_REPLAYED);
    learn(dp, slot, role, source, count, now_ms);

    count -= ML_WG_OVERHEAD;
    if (count == 0)
    {
        ML_COUNT(dp, KEEPALIVE_IN);
        return ML_OK;
    }
    ML_COUNT(dp, TRANSPORT_IN);
    dp->peers[slot].data_received_ms = now_ms;
    length = ml_inner_check(inner, count, inner_source, inner_destination);
    if (length < 0) return drop(dp, ML_COUNTER_INNER_MALFORMED);
    if (ml_routes_find(dp, inner_source) != slot) return drop(dp, ML_COUNTER_INNER_SOURCE);
    ml_responder_in(dp, slot, source, inner, length, now_ms);
    return ML_OK;
}
