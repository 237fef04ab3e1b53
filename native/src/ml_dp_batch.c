/* Batches of datagrams: the lock is held before and after the ciphers, not during them, so that a thread that receives and one that sends
 * do not wait for each other (the ciphers are nine tenths of the work). Between the two moments a job has what it needs: a copy of the
 * key and the counter. The copies live on the stack and are wiped.
 *
 *   in    lock: whose session? copy its key    open in place    lock: still that session? window, learn, source, filter, deliver
 *   out   lock: route, filter, reserve counter, copy its key, stamps    seal in place
 */
#include "ml_dp_internal.h"
#include "ml_dp_crypto.h"
#include "ml_dp_inner.h"

#define ML_BATCH 64

typedef struct
{
    uint8_t keys[ML_BATCH][ML_KEY];
    const uint8_t *key_of[ML_BATCH];   /* the session's key that was copied, to share the copy with the packets that follow */
    int key_count;
    uint8_t key[ML_BATCH];             /* of each packet, an index into keys */
    bool work[ML_BATCH];
} jobs;

/* Runs of packets on one session are the rule: one copy for each run. */
static int copy_key(jobs *j, const uint8_t *key)
{
    int last = j->key_count - 1;
    if (last >= 0 && j->key_of[last] == key) return last;
    memcpy(j->keys[j->key_count], key, ML_KEY);
    j->key_of[j->key_count] = key;
    return j->key_count++;
}

static bool is_transport(const uint8_t *b, int count)
{
    return count >= ML_WG_OVERHEAD && count <= ML_DATAGRAM_MAX && b[0] == ML_WG_TRANSPORT && (b[1] | b[2] | b[3]) == 0;
}

static void claim(ml_dp *dp, jobs *j, ml_dp_inbound *batch, int count, int64_t now_ms)
{
    j->key_count = 0;
    for (int i = 0; i < count; i++)
    {
        ml_dp_inbound *in = &batch[i];
        ml_source source = { in->endpoint, NULL, 0 };
        int slot, role;
        in->slot = -1;
        in->offset = in->length = 0;
        j->work[i] = false;
        ML_COUNT(dp, UDP_IN);
        if (!is_transport(in->datagram, in->count))
        {
            ml_demux_in(dp, &source, in->datagram, in->count, now_ms);
            continue;
        }
        role = ml_transport_claim(dp, in->datagram, now_ms, &slot);
        if (role < 0) continue;
        j->work[i] = true;
        j->key[i] = (uint8_t)copy_key(j, dp->peers[slot].session[role].receive_key);
    }
}

/* The session that the packet was opened for, if it is still there: the peer may be gone meanwhile, or its session promoted. */
static int again(ml_dp *dp, const ml_dp_inbound *in, const uint8_t *key, int64_t now_ms, int *slot)
{
    int role = ml_transport_claim(dp, in->datagram, now_ms, slot);
    if (role < 0 || ml_equal(dp->peers[*slot].session[role].receive_key, key, ML_KEY)) return role;
    ML_COUNT(dp, TRANSPORT_INDEX);
    return -1;
}

static int accept_all(ml_dp *dp, const jobs *j, ml_dp_inbound *batch, int count, int take, int64_t now_ms)
{
    int reported = 0;
    for (int i = 0; i < count; i++)
    {
        ml_dp_inbound *in = &batch[i];
        ml_source source = { in->endpoint, NULL, 0 };
        int slot, role, length;
        if (j->key[i] == UINT8_MAX) ML_COUNT(dp, TRANSPORT_TAG);
        if (!j->work[i] || j->key[i] == UINT8_MAX) continue;
        role = again(dp, in, j->keys[j->key[i]], now_ms, &slot);
        if (role < 0) continue;
        length = ml_transport_accept(dp, slot, role, &source, in->datagram, in->count, now_ms);
        if (length <= 0) continue;
        if (!take)
        {
            ml_inner_deliver(dp, slot, &source, in->datagram + ML_WG_HEADER, length, now_ms);
            continue;
        }
        ml_inner_reply(dp, slot, &source, in->datagram + ML_WG_HEADER, length);
        ML_COUNT(dp, INNER_TAKEN);
        in->slot = slot;
        in->offset = ML_WG_HEADER;
        in->length = length;
        reported++;
    }
    return reported;
}

int ml_dp_in_batch(int handle, ml_dp_inbound *batch, int count, int take, int64_t now_ms)
{
    int reported = 0;
    jobs j;
    while (count > 0)
    {
        int part = count < ML_BATCH ? count : ML_BATCH;
        ml_dp *dp = ml_dp_enter(handle);
        if (dp == NULL) return ML_BAD_HANDLE;
        memset(j.key, 0, sizeof j.key);
        claim(dp, &j, batch, part, now_ms);
        ml_dp_leave(dp, ML_OK);

        for (int i = 0; i < part && j.key_count != 0; i++)
            if (j.work[i] && !ml_crypto_open(j.keys[j.key[i]], ml_load64_le(batch[i].datagram + 8), batch[i].datagram + ML_WG_HEADER,
                                             batch[i].count - ML_WG_HEADER)) j.key[i] = UINT8_MAX;
        if (j.key_count != 0)
        {
            dp = ml_dp_enter(handle);
            if (dp != NULL) reported += ml_dp_leave(dp, accept_all(dp, &j, batch, part, take, now_ms));
            ml_crypto_wipe(j.keys, (size_t)j.key_count * ML_KEY);
            if (dp == NULL) return ML_BAD_HANDLE;
        }
        batch += part;
        count -= part;
    }
    return reported;
}

/* Never accepted from the host (protocol.md 10.4): a program there could speak for this node. */
static bool is_tsmp(const uint8_t *packet, int count)
{
    return count >= 20 && (packet[0] >> 4 == 4 ? packet[9] : packet[6]) == ML_PROTO_TSMP;
}

/* Takes a counter for the packet and puts the header in front of it. False when it goes another way. */
static bool reserve(ml_dp *dp, jobs *j, int i, int slot, ml_dp_outbound *out, int length, int64_t now_ms)
{
    ml_peer *peer = &dp->peers[slot];
    ml_session *session = &peer->session[ML_CURRENT];
    if ((peer->mode & (ML_PATH_UDP | ML_PATH_RELAY)) != ML_PATH_UDP || !ml_session_sends(session, now_ms)) return false;
    j->key[i] = (uint8_t)copy_key(j, session->send_key);
    j->work[i] = true;
    ml_transport_header(out->packet - ML_WG_HEADER, session->remote, session->send_counter++);
    if (peer->masquerades != 0) ml_masquerade_out(dp, peer, out->packet, length);
    memcpy(out->endpoint, peer->endpoint, ML_ENDPOINT);
    out->count = length;
    out->length = ML_WG_OVERHEAD + ml_transport_padded(length);
    ml_transport_sent(dp, peer, length, out->length, now_ms);
    ML_COUNT(dp, UDP_OUT);
    return true;
}

static int reserve_all(ml_dp *dp, jobs *j, ml_dp_outbound *batch, int count, int64_t now_ms)
{
    int sending = 0;
    j->key_count = 0;
    for (int i = 0; i < count; i++)
    {
        ml_dp_outbound *out = &batch[i];
        int length = out->count;
        j->work[i] = false;
        out->length = 0;
        out->result = ML_DROPPED;
        if (is_tsmp(out->packet, length)) ML_COUNT(dp, OUT_TSMP);
        else out->result = ml_transport_admit(dp, out->packet, &length, now_ms);
        if (out->result < 0) continue;
        if (reserve(dp, j, i, out->result, out, length, now_ms)) sending++;
        else out->result = ml_transport_queue(dp, out->result, out->packet, length, now_ms);
    }
    return sending;
}

int ml_dp_out_batch(int handle, ml_dp_outbound *batch, int count, int64_t now_ms)
{
    int sending = 0;
    jobs j;
    while (count > 0)
    {
        int part = count < ML_BATCH ? count : ML_BATCH;
        ml_dp *dp = ml_dp_enter(handle);
        if (dp == NULL) return ML_BAD_HANDLE;
        sending += ml_dp_leave(dp, reserve_all(dp, &j, batch, part, now_ms));

        for (int i = 0; i < part && j.key_count != 0; i++)
        {
            uint8_t *packet = batch[i].packet;
            int padded = batch[i].length - ML_WG_OVERHEAD;
            if (!j.work[i]) continue;
            memset(packet + batch[i].count, 0, (size_t)(padded - batch[i].count));
            ml_crypto_seal(j.keys[j.key[i]], ml_load64_le(packet - 8), packet, padded);
        }
        ml_crypto_wipe(j.keys, (size_t)j.key_count * ML_KEY);
        batch += part;
        count -= part;
    }
    return sending;
}
