/* Ways out that need no session: the UDP ring and back to where a message came from. */
#include "ml_dp_internal.h"

int ml_udp_put(ml_dp *dp, const uint8_t *endpoint, const uint8_t *datagram, int count)
{
    uint8_t *record;
    if (count > ML_DATAGRAM_MAX)
    {
        ML_COUNT(dp, TOO_LONG);
        return ML_TOO_LONG;
    }
    record = ml_ring_reserve(&dp->udp, (uint32_t)(ML_ENDPOINT + count));
    if (record == NULL)
    {
        ML_COUNT(dp, UDP_RING_FULL);
        return ML_FULL;
    }
    memcpy(record, endpoint, ML_ENDPOINT);
    memcpy(record + ML_ENDPOINT, datagram, (size_t)count);
    ml_ring_commit(&dp->udp, (uint32_t)(ML_ENDPOINT + count));
    ML_COUNT(dp, UDP_OUT);
    return ML_OK;
}

int ml_send_back(ml_dp *dp, const ml_source *source, const uint8_t *datagram, int count)
{
    if (source->endpoint != NULL) return ml_udp_put(dp, source->endpoint, datagram, count);
    return ml_relay_put(dp, source->region, source->node_key, datagram, count, true);
}

int ml_dp_udp_out(int handle, const uint8_t *endpoint, int endpoint_offset, const uint8_t *datagram, int offset, int count)
{
    ml_dp *dp = ml_dp_enter(handle);
    if (dp == NULL) return ML_BAD_HANDLE;
    return ml_dp_leave(dp, ml_udp_put(dp, endpoint + endpoint_offset, datagram + offset, count));
}

/* A handshake message goes by every path that the peer has now; during a transition both, duplicates are normal (protocol.md 8.7). */
int ml_dp_peer_send(int handle, int slot, const uint8_t *datagram, int offset, int count)
{
    ml_dp *dp = ml_dp_enter(handle);
    ml_peer *peer;
    int copies = 0;
    if (dp == NULL) return ML_BAD_HANDLE;
    peer = ml_peer_at(dp, slot);
    if (peer == NULL) return ml_dp_leave(dp, ML_BAD_ARGUMENT);
    if ((peer->mode & ML_PATH_UDP) && ml_udp_put(dp, peer->endpoint, datagram + offset, count) == ML_OK) copies++;
    if ((peer->mode & ML_PATH_RELAY) && ml_relay_put(dp, peer->region, peer->key, datagram + offset, count, true) == ML_OK) copies++;
    if (copies == 0) ML_COUNT(dp, NO_PATH);
    else ML_COUNT(dp, HANDSHAKE_OUT);
    return ml_dp_leave(dp, copies == 0 ? ML_NO_PATH : copies);
}

int ml_dp_relay_out(int handle, int region, const uint8_t *key, int key_offset, const uint8_t *packet, int offset, int count, int urgent)
{
    ml_dp *dp = ml_dp_enter(handle);
    if (dp == NULL) return ML_BAD_HANDLE;
    return ml_dp_leave(dp, ml_relay_put(dp, region, key + key_offset, packet + offset, count, urgent != 0));
}

int ml_dp_poll_udp(int handle, uint8_t *into, int offset, int capacity)
{
    ml_dp *dp = ml_dp_enter(handle);
    if (dp == NULL) return ML_BAD_HANDLE;
    return ml_dp_leave(dp, ml_ring_poll(&dp->udp, into + offset, capacity));
}

int ml_dp_poll_event(int handle, uint8_t *into, int offset, int capacity)
{
    ml_dp *dp = ml_dp_enter(handle);
    if (dp == NULL) return ML_BAD_HANDLE;
    return ml_dp_leave(dp, ml_ring_poll(&dp->events, into + offset, capacity));
}
