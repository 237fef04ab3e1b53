/* Slots of active peers: key, allowed prefixes, path. */
#include "ml_dp_internal.h"

ml_peer *ml_peer_at(ml_dp *dp, int slot)
{
    if (slot < 0 || slot >= dp->max_peers || !dp->peers[slot].used) return NULL;
    return &dp->peers[slot];
}

/* Where the key is in the table, or the empty place where it would be. */
static uint32_t key_entry(const ml_dp *dp, const uint8_t *key)
{
    uint64_t h = (dp->hash_seed ^ ml_load64_le(key)) * UINT64_C(0x9e3779b97f4a7c15);
    uint32_t i = (uint32_t)(h >> 32) & dp->by_key_mask;
    while (dp->by_key[i] != ML_NONE && memcmp(dp->peers[dp->by_key[i]].key, key, ML_KEY) != 0) i = (i + 1) & dp->by_key_mask;
    return i;
}

int ml_peer_find(ml_dp *dp, const uint8_t *key)
{
    uint32_t i = key_entry(dp, key);
    return dp->by_key[i] == ML_NONE ? -1 : dp->by_key[i];
}

/* The entries behind the hole are put in anew: the table is at most half full, so there are few. */
static void key_remove(ml_dp *dp, const uint8_t *key)
{
    uint32_t i = key_entry(dp, key);
    dp->by_key[i] = ML_NONE;
    for (i = (i + 1) & dp->by_key_mask; dp->by_key[i] != ML_NONE; i = (i + 1) & dp->by_key_mask)
    {
        uint16_t slot = dp->by_key[i];
        dp->by_key[i] = ML_NONE;
        dp->by_key[key_entry(dp, dp->peers[slot].key)] = slot;
    }
}

static void release_indices(ml_dp *dp, int slot)
{
    for (uint32_t i = 0; i <= dp->index_mask; )
    {
        if (dp->indices[i].index != 0 && dp->indices[i].slot == slot) ml_index_remove(dp, dp->indices[i].index);
        else i++;
    }
}

static void empty(ml_dp *dp, int slot)
{
    ml_peer *peer = &dp->peers[slot];
    uint64_t *windows[ML_SESSIONS];
    key_remove(dp, peer->key);
    ml_sessions_wipe(dp, peer);
    release_indices(dp, slot);
    ml_list_clear(dp, &peer->staged);
    ml_routes_remove(dp, slot);
    for (int i = 0; i < ML_SESSIONS; i++) windows[i] = peer->session[i].window;
    memset(peer, 0, sizeof *peer);
    for (int i = 0; i < ML_SESSIONS; i++) peer->session[i].window = windows[i];
    ml_list_init(&peer->staged);
}

int ml_dp_peer_set(int handle, int slot, const uint8_t *key, int offset)
{
    ml_dp *dp = ml_dp_enter(handle);
    int other;
    if (dp == NULL) return ML_BAD_HANDLE;
    if (slot < 0 || slot >= dp->max_peers) return ml_dp_leave(dp, ML_BAD_ARGUMENT);
    other = ml_peer_find(dp, key + offset);
    if (other == slot) return ml_dp_leave(dp, ML_OK);
    if (other >= 0) return ml_dp_leave(dp, ML_BAD_ARGUMENT);
    if (dp->peers[slot].used) empty(dp, slot);
    dp->peers[slot].used = true;
    memcpy(dp->peers[slot].key, key + offset, ML_KEY);
    dp->by_key[key_entry(dp, key + offset)] = (uint16_t)slot;
    return ml_dp_leave(dp, ML_OK);
}

int ml_dp_peer_remove(int handle, int slot)
{
    ml_dp *dp = ml_dp_enter(handle);
    if (dp == NULL) return ML_BAD_HANDLE;
    if (ml_peer_at(dp, slot) == NULL) return ml_dp_leave(dp, ML_BAD_ARGUMENT);
    empty(dp, slot);
    return ml_dp_leave(dp, ML_OK);
}

int ml_dp_peer_allowed(int handle, int slot, const uint8_t *prefixes, int offset, int count)
{
    ml_dp *dp = ml_dp_enter(handle);
    int result = ML_OK;
    if (dp == NULL) return ML_BAD_HANDLE;
    if (ml_peer_at(dp, slot) == NULL || count < 0) return ml_dp_leave(dp, ML_BAD_ARGUMENT);
    ml_routes_remove(dp, slot);
    for (int i = 0; i < count && result == ML_OK; i++) result = ml_routes_add(dp, slot, prefixes + offset + i * ML_PREFIX);
    return ml_dp_leave(dp, result);
}

int ml_dp_peer_path(int handle, int slot, int mode, const uint8_t *endpoint, int offset, int region)
{
    ml_dp *dp = ml_dp_enter(handle);
    ml_peer *peer;
    if (dp == NULL) return ML_BAD_HANDLE;
    peer = ml_peer_at(dp, slot);
    if (peer == NULL || region < 0 || region > 65535) return ml_dp_leave(dp, ML_BAD_ARGUMENT);
    peer->mode = (uint8_t)(mode & (ML_PATH_UDP | ML_PATH_RELAY | ML_PATH_FOLLOW));
    peer->region = (uint16_t)region;
    if (region == 0) peer->mode &= (uint8_t)~ML_PATH_RELAY;
    if (peer->mode & ML_PATH_UDP) memcpy(peer->endpoint, endpoint + offset, ML_ENDPOINT);
    return ml_dp_leave(dp, ML_OK);
}

int ml_dp_peer_by_key(int handle, const uint8_t *key, int offset)
{
    ml_dp *dp = ml_dp_enter(handle);
    if (dp == NULL) return ML_BAD_HANDLE;
    return ml_dp_leave(dp, ml_peer_find(dp, key + offset));
}

int ml_dp_stamps(int handle, uint8_t *into, int offset, int capacity)
{
    ml_dp *dp = ml_dp_enter(handle);
    if (dp == NULL) return ML_BAD_HANDLE;
    if (capacity < dp->max_peers * ML_STAMP_LENGTH) return ml_dp_leave(dp, ML_TOO_LONG);
    for (int i = 0; i < dp->max_peers; i++)
    {
        const ml_peer *peer = &dp->peers[i];
        const ml_session *current = &peer->session[ML_CURRENT];
        uint8_t *stamp = into + offset + i * ML_STAMP_LENGTH;
        uint32_t flags = 0;
        memset(stamp, 0, ML_STAMP_LENGTH);
        if (!peer->used) continue;
        if (current->used) flags |= ML_STAMP_CURRENT;
        if (current->used && current->initiator) flags |= ML_STAMP_INITIATOR;
        if (current->used && current->send_counter >= ML_REKEY_AFTER_MESSAGES) flags |= ML_STAMP_REKEY;
        if (peer->session[ML_NEXT].used) flags |= ML_STAMP_NEXT;
        if (peer->staged.count != 0) flags |= ML_STAMP_STAGED;
        if (peer->heard_by_relay) flags |= ML_STAMP_BY_RELAY;
        ml_store64_le(stamp, (uint64_t)peer->data_sent_ms);
        ml_store64_le(stamp + 8, (uint64_t)peer->data_received_ms);
        ml_store64_le(stamp + 16, (uint64_t)peer->authenticated_ms);
        ml_store64_le(stamp + 24, (uint64_t)peer->sent_ms);
        ml_store64_le(stamp + 32, current->used ? (uint64_t)current->born_ms : 0);
        ml_store64_le(stamp + 40, peer->rx_bytes);
        ml_store64_le(stamp + 48, peer->tx_bytes);
        ml_store32_le(stamp + 56, flags);
        ml_store16_le(stamp + 60, peer->staged.count);
    }
    return ml_dp_leave(dp, dp->max_peers);
}
