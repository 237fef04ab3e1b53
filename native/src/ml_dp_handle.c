/* Handles: small numbers for instances, with a generation so that a stale one is refused. Entering an instance takes its lock. */
#include "ml_dp_internal.h"
#include "ml_dp_crypto.h"
#include "ml_port.h"

/* A simulation holds hundreds of nodes in a process, a device one. */
#ifndef ML_INSTANCES
#define ML_INSTANCES 1024
#endif

static ml_dp *instances[ML_INSTANCES];
static uint16_t generations[ML_INSTANCES];

int ml_dp_create(int max_peers, int window_bits, int queue_packets, int event_bytes, int udp_ring_bytes, int filter_bytes, int flows)
{
    ml_dp_sizes sizes = { max_peers, window_bits, queue_packets, event_bytes, udp_ring_bytes, filter_bytes, flows };
    size_t bytes = ml_dp_memory(&sizes);
    ml_dp *dp = bytes == 0 ? NULL : ml_port_allocate(bytes);
    int handle = ML_FULL;
    if (bytes == 0) return ML_BAD_ARGUMENT;
    if (dp == NULL) return ML_FULL;
    ml_dp_layout(dp, &sizes);
    dp->mutex = ml_port_mutex_create();
    if (dp->mutex == NULL)
    {
        ml_port_free(dp);
        return ML_FULL;
    }

    ml_port_global_lock();
    for (int i = 0; i < ML_INSTANCES && handle < 0; i++)
    {
        if (instances[i] != NULL) continue;
        instances[i] = dp;
        generations[i] = (uint16_t)((generations[i] + 1) & 0x7fff);
        if (generations[i] == 0) generations[i] = 1;
        handle = generations[i] << 16 | i;
    }
    ml_port_global_unlock();
    if (handle < 0)
    {
        ml_port_mutex_destroy(dp->mutex);
        ml_port_free(dp);
    }
    return handle;
}

/* Nobody may be inside any more: a pump is closed before its plane. */
int ml_dp_destroy(int handle)
{
    ml_dp *dp = ml_dp_enter(handle);
    void *mutex;
    if (dp == NULL) return ML_BAD_HANDLE;
    mutex = dp->mutex;
    ml_port_global_lock();
    instances[handle & 0xffff] = NULL;
    ml_port_global_unlock();
    ml_dp_wipe(dp);
    ml_port_unlock(mutex);
    ml_port_mutex_destroy(mutex);
    ml_port_free(dp);
    return ML_OK;
}

ml_dp *ml_dp_enter(int handle)
{
    int i = handle & 0xffff;
    ml_dp *dp = NULL;
    if (handle <= 0 || i >= ML_INSTANCES) return NULL;
    ml_port_global_lock();
    if (generations[i] == handle >> 16) dp = instances[i];
    ml_port_global_unlock();
    if (dp != NULL) ml_port_lock(dp->mutex);
    return dp;
}

int ml_dp_leave(ml_dp *dp, int result)
{
    ml_dp_notify notify = dp->events_raised ? dp->notify : NULL;
    void (*flush)(void *, int64_t) = dp->sink_raised ? dp->sink.flush : NULL;
    void *context = dp->notify_context, *sink = dp->sink.context;
    int64_t now_ms = dp->sink_ms;
    dp->events_raised = dp->sink_raised = false;
    ml_port_unlock(dp->mutex);
    if (notify != NULL) notify(context);
    if (flush != NULL) flush(sink, now_ms);
    return result;
}

int ml_dp_set_inner_sink(int handle, const ml_dp_inner_sink *sink)
{
    static const ml_dp_inner_sink none;
    ml_dp *dp = ml_dp_enter(handle);
    if (dp == NULL) return ML_BAD_HANDLE;
    dp->sink = sink == NULL ? none : *sink;
    return ml_dp_leave(dp, ML_OK);
}

int ml_dp_set_notify(int handle, ml_dp_notify notify, void *context)
{
    ml_dp *dp = ml_dp_enter(handle);
    if (dp == NULL) return ML_BAD_HANDLE;
    dp->notify = notify;
    dp->notify_context = context;
    dp->events_raised = dp->events.used != 0;
    return ml_dp_leave(dp, ML_OK);
}

int ml_dp_has_events(int handle)
{
    ml_dp *dp = ml_dp_enter(handle);
    if (dp == NULL) return ML_BAD_HANDLE;
    return ml_dp_leave(dp, dp->events.used != 0);
}

int ml_dp_seed(int handle, const uint8_t *random, int offset)
{
    ml_dp *dp = ml_dp_enter(handle);
    if (dp == NULL) return ML_BAD_HANDLE;
    ml_dp_seed_body(dp, random + offset);
    return ml_dp_leave(dp, ML_OK);
}

/* mac1 key = HASH("mac1----" || our public key), cookie key = HASH("cookie--" || our public key) (protocol.md 8.4). */
int ml_dp_set_identity(int handle, const uint8_t *key, int offset)
{
    ml_dp *dp = ml_dp_enter(handle);
    uint8_t labelled[8 + ML_KEY];
    if (dp == NULL) return ML_BAD_HANDLE;
    memcpy(labelled + 8, key + offset, ML_KEY);
    memcpy(labelled, "mac1----", 8);
    ml_blake2s_hash(NULL, 0, labelled, sizeof labelled, dp->mac1_key, ML_KEY);
    memcpy(labelled, "cookie--", 8);
    ml_blake2s_hash(NULL, 0, labelled, sizeof labelled, dp->cookie_key, ML_KEY);
    dp->has_identity = true;
    return ml_dp_leave(dp, ML_OK);
}

int ml_dp_set_self_addresses(int handle, const uint8_t *addresses, int offset, int count)
{
    ml_dp *dp = ml_dp_enter(handle);
    if (dp == NULL) return ML_BAD_HANDLE;
    if (count < 0 || count > ML_SELF_MAX) return ml_dp_leave(dp, ML_BAD_ARGUMENT);
    if (count > 0) memcpy(dp->self, addresses + offset, (size_t)count * 16);
    dp->self_count = (uint8_t)count;
    ml_masquerade_self(dp);
    return ml_dp_leave(dp, ML_OK);
}

int ml_dp_options(int handle, int options)
{
    ml_dp *dp = ml_dp_enter(handle);
    if (dp == NULL) return ML_BAD_HANDLE;
    dp->options = options;
    return ml_dp_leave(dp, ML_OK);
}

int ml_dp_set_peer_api_port(int handle, int port)
{
    ml_dp *dp = ml_dp_enter(handle);
    if (dp == NULL) return ML_BAD_HANDLE;
    if (port < 0 || port > 65535) return ml_dp_leave(dp, ML_BAD_ARGUMENT);
    dp->peer_api_port = port;
    return ml_dp_leave(dp, ML_OK);
}
