/* Transport messages (protocol.md 8.2):  0 type=4, 3 zero | 4 receiver index u32 | 8 counter u64 | 16 ciphertext, tag[16]
 * The order on receipt is: authenticate, then window, then learn. Nothing that a stranger can send changes any state. */
#include "ml_dp_internal.h"
#include "ml_dp_crypto.h"

/* "Padding to a multiple of 16, not beyond MTU": for what fits the tunnel's MTU, 1280 is itself a multiple. */
int ml_transport_padded(int count)
{
    int padded = (count + 15) & ~15;
    return padded > ML_INNER_MAX ? ML_INNER_MAX : padded;
}

void ml_transport_header(uint8_t *datagram, uint32_t remote, uint64_t counter)
{
    datagram[0] = ML_WG_TRANSPORT;
    datagram[1] = datagram[2] = datagram[3] = 0;
    ml_store32_le(datagram + 4, remote);
    ml_store64_le(datagram + 8, counter);
}

static void seal(const ml_dp *dp, ml_peer *peer, const uint8_t *inner, int count, uint8_t *into)
{
    ml_session *session = &peer->session[ML_CURRENT];
    int padded = ml_transport_padded(count);
    ml_transport_header(into, session->remote, session->send_counter);
    if (count > 0) memcpy(into + ML_WG_HEADER, inner, (size_t)count);
    if (count > 0 && peer->masquerades != 0) ml_masquerade_out(dp, peer, into + ML_WG_HEADER, count);
    memset(into + ML_WG_HEADER + count, 0, (size_t)(padded - count));
    ml_crypto_seal(session->send_key, session->send_counter, into + ML_WG_HEADER, padded);
    session->send_counter++;
}

/* Stamps and counts of a datagram that is on its way; inner is 0 for a keepalive. */
void ml_transport_sent(ml_dp *dp, ml_peer *peer, int inner, int datagram, int64_t now_ms)
{
    peer->tx_bytes += (uint64_t)datagram;
    peer->sent_ms = now_ms;
    if (inner > 0)
    {
        peer->data_sent_ms = now_ms;
        ML_COUNT(dp, TRANSPORT_OUT);
    }
    else ML_COUNT(dp, KEEPALIVE_OUT);
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
    int length = ML_WG_OVERHEAD + ml_transport_padded(count);

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
    seal(dp, peer, inner, count, sealed);
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
    ml_transport_sent(dp, peer, count, length, now_ms);
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

int ml_transport_admit(ml_dp *dp, const uint8_t *packet, int *length, int64_t now_ms)
{
    uint8_t source[16], destination[16];
    int slot;

    *length = ml_inner_check(packet, *length, source, destination);
    if (*length < 0)
    {
        ML_COUNT(dp, INNER_MALFORMED);
        return *length;
    }
    if (*length > ML_INNER_MAX)
    {
        ML_COUNT(dp, TOO_LONG);
        return ML_TOO_LONG;
    }
    if (ml_service_takes(dp, packet, *length, destination)) return ML_SERVED;
    slot = ml_routes_find(dp, destination);
    if (slot < 0)
    {
        ml_waiting_add(dp, packet, *length, destination, now_ms);
        ML_COUNT(dp, NO_ROUTE);
        return ML_NO_ROUTE;
    }
    return ml_filter_out(dp, packet, *length, source, destination) ? slot : ML_DROPPED;
}

/* Copies the packet to where it leaves from, or to the staged ones. The slot, or an error code. */
int ml_transport_queue(ml_dp *dp, int slot, const uint8_t *packet, int length, int64_t now_ms)
{
    int result = ml_transport_send(dp, slot, packet, length, now_ms);
    if (result == ML_NO_SESSION) return stage(dp, slot, packet, length, now_ms);
    return result < 0 ? result : slot;
}

int ml_transport_route(ml_dp *dp, const uint8_t *packet, int count, int64_t now_ms)
{
    int slot = ml_transport_admit(dp, packet, &count, now_ms);
    if (slot == ML_SERVED) return ML_OK;
    return slot < 0 ? slot : ml_transport_queue(dp, slot, packet, count, now_ms);
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
    peer->heard_by_relay = source->endpoint == NULL;
    if ((peer->mode & ML_PATH_FOLLOW) && source->endpoint != NULL)
    {
        memcpy(peer->endpoint, source->endpoint, ML_ENDPOINT);
        peer->mode |= ML_PATH_UDP;
    }
    if (role != ML_NEXT) return;
    ml_session_promote(dp, slot);
    ml_staged_flush(dp, slot, now_ms, false);
}

int ml_transport_claim(ml_dp *dp, const uint8_t *datagram, int64_t now_ms, int *slot)
{
    uint32_t index = ml_load32_le(datagram + 4);
    int role = 0, peer = ml_index_slot(dp, index);
    while (peer >= 0 && role < ML_SESSIONS && !(dp->peers[peer].session[role].used && dp->peers[peer].session[role].local == index)) role++;
    *slot = peer;
    if (peer < 0 || role == ML_SESSIONS) dp->counters[ML_COUNTER_TRANSPORT_INDEX]++;
    else if (now_ms - dp->peers[peer].session[role].born_ms >= ML_REJECT_AFTER_MS) dp->counters[ML_COUNTER_TRANSPORT_EXPIRED]++;
    else return role;
    return -1;
}

int ml_transport_accept(ml_dp *dp, int slot, int role, const ml_source *source, uint8_t *datagram, int count, int64_t now_ms)
{
    uint8_t inner_source[16], inner_destination[16];
    uint8_t *inner = datagram + ML_WG_HEADER;
    ml_session *session = &dp->peers[slot].session[role];
    int length;

    if (!ml_window_accept(session->window, dp->window_words, &session->greatest, ml_load64_le(datagram + 8)))
        return drop(dp, ML_COUNTER_REPLAYED);
    learn(dp, slot, role, source, count, now_ms);

    count -= ML_WG_OVERHEAD;
    if (count == 0)
    {
        ML_COUNT(dp, KEEPALIVE_IN);
        return 0;
    }
    ML_COUNT(dp, TRANSPORT_IN);
    dp->peers[slot].data_received_ms = now_ms;
    length = ml_inner_check(inner, count, inner_source, inner_destination);
    if (length < 0) return drop(dp, ML_COUNTER_INNER_MALFORMED);
    if (ml_routes_find(dp, inner_source) != slot) return drop(dp, ML_COUNTER_INNER_SOURCE);
    if (dp->peers[slot].masquerades != 0) ml_masquerade_in(dp, &dp->peers[slot], inner, length, inner_destination);
    if (ml_inner_tsmp(dp, slot, source, inner, length, now_ms)) return 0;
    return ml_filter_in(dp, slot, inner, length, inner_source, inner_destination, now_ms) ? length : ML_DROPPED;
}

int ml_transport_in(ml_dp *dp, const ml_source *source, uint8_t *datagram, int count, int64_t now_ms)
{
    int slot, length, role = ml_transport_claim(dp, datagram, now_ms, &slot);
    if (role < 0) return ML_DROPPED;
    if (!ml_crypto_open(dp->peers[slot].session[role].receive_key, ml_load64_le(datagram + 8), datagram + ML_WG_HEADER,
                        count - ML_WG_HEADER)) return drop(dp, ML_COUNTER_TRANSPORT_TAG);
    length = ml_transport_accept(dp, slot, role, source, datagram, count, now_ms);
    if (length > 0) ml_inner_deliver(dp, slot, source, datagram + ML_WG_HEADER, length, now_ms);
    return length < 0 ? length : ML_OK;
}
