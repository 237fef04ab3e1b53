/* Sessions: three per peer (previous, current, next; protocol.md 8.5), the table of receiver indices, and what a new session releases. */
#include "ml_dp_internal.h"
#include "ml_dp_crypto.h"

/* ---- receiver indices ---------------------------------------------------------------------------------------------------------------- */

/* Indices are random, so their low bits are the hash. */
static uint32_t index_entry(const ml_dp *dp, uint32_t index)
{
    uint32_t i = index & dp->index_mask;
    while (dp->indices[i].index != 0 && dp->indices[i].index != index) i = (i + 1) & dp->index_mask;
    return i;
}

int ml_index_slot(ml_dp *dp, uint32_t index)
{
    uint32_t i;
    if (index == 0) return -1;
    i = index_entry(dp, index);
    return dp->indices[i].index == 0 ? -1 : dp->indices[i].slot;
}

void ml_index_remove(ml_dp *dp, uint32_t index)
{
    uint32_t hole, i;
    if (index == 0) return;
    hole = i = index_entry(dp, index);
    if (dp->indices[hole].index == 0) return;
    dp->indices[hole].index = 0;
    for (;;)
    {
        uint32_t home;
        i = (i + 1) & dp->index_mask;
        if (dp->indices[i].index == 0) return;
        home = dp->indices[i].index & dp->index_mask;
        if (((i - home) & dp->index_mask) < ((i - hole) & dp->index_mask)) continue;
        dp->indices[hole] = dp->indices[i];
        dp->indices[i].index = 0;
        hole = i;
    }
}

static bool index_has_session(const ml_peer *peer, uint32_t index)
{
    for (int i = 0; i < ML_SESSIONS; i++)
        if (peer->session[i].used && peer->session[i].local == index) return true;
    return false;
}

int ml_dp_index_allocate(int handle, int slot)
{
    ml_dp *dp = ml_dp_enter(handle);
    ml_peer *peer;
    uint32_t index = 0, i;
    if (dp == NULL) return 0;
    peer = ml_peer_at(dp, slot);
    if (peer == NULL || peer->reserved >= ML_RESERVED_PER_SLOT) return ml_dp_leave(dp, 0);
    do
    {
        uint8_t random[4];
        ml_dp_random(dp, random, 4);
        index = ml_load32_le(random);
    }
    while (index == 0 || ml_index_slot(dp, index) >= 0);
    i = index_entry(dp, index);
    dp->indices[i].index = index;
    dp->indices[i].slot = (uint16_t)slot;
    peer->reserved++;
    return ml_dp_leave(dp, (int)index);
}

int ml_dp_index_release(int handle, int index)
{
    ml_dp *dp = ml_dp_enter(handle);
    int slot;
    if (dp == NULL) return ML_BAD_HANDLE;
    slot = ml_index_slot(dp, (uint32_t)index);
    if (slot < 0 || index_has_session(&dp->peers[slot], (uint32_t)index)) return ml_dp_leave(dp, ML_BAD_ARGUMENT);
    ml_index_remove(dp, (uint32_t)index);
    if (dp->peers[slot].reserved > 0) dp->peers[slot].reserved--;
    return ml_dp_leave(dp, ML_OK);
}

/* ---- sessions ------------------------------------------------------------------------------------------------------------------------ */

static void session_end(ml_dp *dp, ml_session *session)
{
    uint64_t *window = session->window;
    if (session->used) ml_index_remove(dp, session->local);
    ml_crypto_wipe(session, sizeof *session);
    session->window = window;
}

/* Moves the session at from to the role to; what was there ends, and from is empty afterwards. */
static void session_move(ml_dp *dp, ml_peer *peer, int from, int to)
{
    ml_session ended;
    session_end(dp, &peer->session[to]);
    ended = peer->session[to];
    peer->session[to] = peer->session[from];
    peer->session[from] = ended;
    ml_crypto_wipe(&ended, sizeof ended);
}

void ml_sessions_wipe(ml_dp *dp, ml_peer *peer)
{
    for (int i = 0; i < ML_SESSIONS; i++) session_end(dp, &peer->session[i]);
}

bool ml_session_sends(const ml_session *session, int64_t now_ms)
{
    return session->used && now_ms - session->born_ms < ML_REJECT_AFTER_MS && session->send_counter < ML_REJECT_AFTER_MESSAGES;
}

/* "Responder: the new keypair is next; it must not send with it until the first authenticated transport packet on it arrives; then
 * next becomes current" (protocol.md 8.5). */
void ml_session_promote(ml_dp *dp, int slot)
{
    ml_peer *peer = &dp->peers[slot];
    session_move(dp, peer, ML_CURRENT, ML_PREVIOUS);
    session_move(dp, peer, ML_NEXT, ML_CURRENT);
    peer->need_sent = false;
    ml_dp_event(dp, ML_EVENT_CONFIRMED, slot, NULL, 0, NULL, 0);
}

static int session_install(ml_dp *dp, int slot, uint32_t local, uint32_t remote, const uint8_t *send_key, const uint8_t *receive_key,
                           bool initiator, int64_t now_ms)
{
    ml_peer *peer = &dp->peers[slot];
    ml_session *session = &peer->session[ML_NEXT];

    if (initiator)
    {
        /* A next that was never confirmed is newer than current: keep it as previous, its packets may still be under way. */
        session_move(dp, peer, session->used ? ML_NEXT : ML_CURRENT, ML_PREVIOUS);
        session = &peer->session[ML_CURRENT];
    }
    session_end(dp, session);
    session->used = true;
    session->initiator = initiator;
    session->local = local;
    session->remote = remote;
    session->born_ms = now_ms;
    memcpy(session->send_key, send_key, ML_KEY);
    memcpy(session->receive_key, receive_key, ML_KEY);
    memset(session->window, 0, (size_t)dp->window_words * 8);
    if (peer->reserved > 0) peer->reserved--;
    if (!initiator) return ML_OK;

    peer->need_sent = false;
    ml_staged_flush(dp, slot, now_ms, true);
    return ML_OK;
}

int ml_dp_session_install(int handle, int slot, int local_index, int remote_index, const uint8_t *send_key, const uint8_t *receive_key,
                          int initiator, int64_t now_ms)
{
    ml_dp *dp = ml_dp_enter(handle);
    ml_peer *peer;
    if (dp == NULL) return ML_BAD_HANDLE;
    peer = ml_peer_at(dp, slot);
    if (peer == NULL || ml_index_slot(dp, (uint32_t)local_index) != slot || index_has_session(peer, (uint32_t)local_index))
        return ml_dp_leave(dp, ML_BAD_ARGUMENT);
    return ml_dp_leave(dp, session_install(dp, slot, (uint32_t)local_index, (uint32_t)remote_index, send_key, receive_key,
                                           initiator != 0, now_ms));
}

int ml_dp_sessions_wipe(int handle, int slot)
{
    ml_dp *dp = ml_dp_enter(handle);
    ml_peer *peer;
    if (dp == NULL) return ML_BAD_HANDLE;
    peer = ml_peer_at(dp, slot);
    if (peer == NULL) return ml_dp_leave(dp, ML_BAD_ARGUMENT);
    ml_sessions_wipe(dp, peer);
    peer->need_sent = false;
    return ml_dp_leave(dp, ML_OK);
}

/* ---- staged packets ------------------------------------------------------------------------------------------------------------------ */

void ml_staged_flush(ml_dp *dp, int slot, int64_t now_ms, bool or_keepalive)
{
    ml_peer *peer = &dp->peers[slot];
    if (peer->staged.count == 0 && or_keepalive) ml_transport_send(dp, slot, NULL, 0, now_ms);
    while (peer->staged.count != 0)
    {
        uint16_t packet = ml_list_pop(dp, &peer->staged);
        ml_transport_send(dp, slot, dp->pool[packet].bytes, dp->pool[packet].length, now_ms);
        ml_pool_give(dp, packet);
    }
}

int ml_dp_staged_drop(int handle, int slot)
{
    ml_dp *dp = ml_dp_enter(handle);
    ml_peer *peer;
    if (dp == NULL) return ML_BAD_HANDLE;
    peer = ml_peer_at(dp, slot);
    if (peer == NULL) return ml_dp_leave(dp, ML_BAD_ARGUMENT);
    dp->counters[ML_COUNTER_STAGED_GIVEN_UP] += peer->staged.count;
    ml_list_clear(dp, &peer->staged);
    peer->need_sent = false;
    return ml_dp_leave(dp, ML_OK);
}
