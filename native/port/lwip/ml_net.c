/* Nets: handles, the one lock, the clock, the netif of a node and its tunnel addresses. */
#include "ml_net_internal.h"

#include "lwip/init.h"
#include "lwip/ip.h"
#include "lwip/timeouts.h"

#include "ml_cipher.h"

static ml_net *nets[ML_NETS];
static uint16_t generations[ML_NETS];
static void *lock;
static int64_t stack_ms;               /* lwIP's clock: it never goes back, whatever the nodes' clocks say */
static uint8_t random_state[32];

u32_t sys_now(void) { return (u32_t)stack_ms; }
u32_t sys_jiffies(void) { return (u32_t)stack_ms; }
int ml_net_available(void) { return 1; }

/* As in the plane: out = HASH(state, 1), state = HASH(state, 0). */
void ml_net_random(uint8_t *into, int count)
{
    static const uint8_t zero[1] = { 0 }, one[1] = { 1 };
    uint8_t block[32];
    for (int at = 0; at < count; at += 32)
    {
        ml_blake2s_hash(random_state, 32, one, 1, block, 32);
        ml_blake2s_hash(random_state, 32, zero, 1, random_state, 32);
        memcpy(into + at, block, (size_t)(count - at < 32 ? count - at : 32));
    }
}

static void *the_lock(void)
{
    ml_port_global_lock();
    if (lock == NULL) lock = ml_port_mutex_create();
    ml_port_global_unlock();
    return lock;
}

ml_net *ml_net_enter(int handle, int64_t now_ms)
{
    int i = handle & 0xffff;
    ml_net *net;
    if (handle <= 0 || i >= ML_NETS || the_lock() == NULL) return NULL;
    ml_port_lock(lock);
    net = generations[i] == handle >> 16 ? nets[i] : NULL;
    if (net == NULL)
    {
        ml_port_unlock(lock);
        return NULL;
    }
    if (now_ms >= 0)
    {
        net->now_ms = now_ms;
        if (now_ms + net->clock_offset_ms > stack_ms) stack_ms = now_ms + net->clock_offset_ms;
    }
    return net;
}

/* Without the lock: only for the sink, which is removed before the net goes. */
ml_net *ml_net_of(int handle) { return nets[handle & 0xffff]; }

/* Who polls is told once, and again only after a poll; what the plane's event queue could not take is offered again at the next leave. */
int ml_net_leave(ml_net *net, int result)
{
    int plane = -1;
    if (net->batch != NULL) ml_net_batch_send(net);
    if ((net->ready[0] != NULL || net->wanted_count > 0) && !net->told[0])
    {
        net->told[0] = true;
        plane = net->data_plane;
    }
    if (net->ready[1] != NULL && !net->told[1] && net->wake != NULL)
    {
        net->told[1] = true;
        net->wake(net->wake_context);
    }
    if (plane >= 0 && ml_dp_raise(plane, ML_EVENT_SOCKETS) <= 0) net->told[0] = false;
    ml_port_unlock(lock);
    return result;
}

static void flush(void *context, int64_t now_ms)
{
    ml_net *net = ml_net_enter((int)(intptr_t)context, now_ms);
    if (net == NULL) return;
    ml_net_inbox_run(net);
    ml_net_leave(net, 0);
}

static err_t netif_ready(struct netif *netif)
{
    netif->name[0] = 'm';
    netif->name[1] = 'l';
    netif->mtu = ML_NET_MTU;
    netif->output = ml_net_output4;
    netif->output_ip6 = ml_net_output6;
    return ERR_OK;
}

static int place(ml_net *net)
{
    for (int i = 0; i < ML_NETS; i++)
    {
        if (nets[i] != NULL) continue;
        nets[i] = net;
        generations[i] = (uint16_t)((generations[i] + 1) & 0x7fff);
        if (generations[i] == 0) generations[i] = 1;
        return generations[i] << 16 | i;
    }
    return ML_FULL;
}

static void release(ml_net *net)
{
    ml_net_inbox_close(net);
    ml_net_batch_free(net);
    ml_port_free(net->sockets);
    ml_port_free(net);
}

static ml_net *allocate(int max_sockets)
{
    ml_net *net = ml_port_allocate(sizeof *net);
    if (net == NULL) return NULL;
    net->sockets = ml_port_allocate((size_t)max_sockets * sizeof(ml_socket));
    net->max_sockets = (uint16_t)max_sockets;
    if (net->sockets != NULL && ml_net_inbox_open(net) == 0) return net;
    release(net);
    return NULL;
}

int ml_net_create(int data_plane, int max_sockets, const uint8_t *random, int offset, int64_t now_ms)
{
    static bool started;
    ml_net *net;
    ml_dp_inner_sink sink = { ml_net_take, flush, NULL };
    if (max_sockets < 1 || max_sockets > ML_NET_SOCKETS_MAX) return ML_BAD_ARGUMENT;
    net = the_lock() == NULL ? NULL : allocate(max_sockets);
    if (net == NULL) return ML_FULL;

    ml_port_lock(lock);
    ml_blake2s_hash(random_state, 32, random + offset, 32, random_state, 32);
    if (!started) lwip_init();
    started = true;
    net->handle = place(net);
    if (net->handle < 0)
    {
        ml_port_unlock(lock);
        release(net);
        return ML_FULL;
    }
    net->data_plane = data_plane;
    net->now_ms = now_ms;
    net->clock_offset_ms = stack_ms - now_ms;
    netif_add_noaddr(&net->netif, net, netif_ready, ip_input);
    netif_set_link_up(&net->netif);
    netif_set_up(&net->netif);
    ml_port_unlock(lock);

    sink.context = (void *)(intptr_t)net->handle;
    if (ml_dp_set_inner_sink(data_plane, &sink) == 0) return net->handle;
    ml_net_destroy(net->handle);
    return ML_BAD_HANDLE;
}

int ml_net_destroy(int handle)
{
    ml_net *net = ml_net_enter(handle, -1);
    int data_plane;
    if (net == NULL) return ML_BAD_HANDLE;
    data_plane = net->data_plane;
    ml_port_unlock(lock);
    ml_dp_set_inner_sink(data_plane, NULL);      /* nobody takes packets any more; a late flush finds no net */

    net = ml_net_enter(handle, -1);
    if (net == NULL) return ML_BAD_HANDLE;
    nets[handle & 0xffff] = NULL;
    ml_sockets_close_all(net);
    ml_net_waiting_drop(net);
    if (net->outer != NULL) udp_remove(net->outer);
    netif_remove(&net->netif);                   /* aborts what lwIP still finishes by itself */
    ml_port_unlock(lock);
    release(net);
    return ML_OK;
}

int ml_net_tick(int handle, int64_t now_ms)
{
    ml_net *net = ml_net_enter(handle, now_ms);
    u32_t wait;
    if (net == NULL) return ML_BAD_HANDLE;
    sys_check_timeouts();
    ml_net_waiting_age(net);
    wait = sys_timeouts_sleeptime();
    return ml_net_leave(net, wait > ML_NET_TICK_MAX ? ML_NET_TICK_MAX : (int)wait);
}

int ml_net_set_watcher(int handle, void (*wake)(void *context), void *context)
{
    ml_net *net = ml_net_enter(handle, -1);
    if (net == NULL) return ML_BAD_HANDLE;
    net->wake = wake;
    net->wake_context = context;
    return ml_net_leave(net, ML_OK);
}

int ml_net_error(err_t error)
{
    switch (error)
    {
        case ERR_OK: return ML_OK;
        case ERR_MEM: case ERR_BUF: return ML_FULL;
        case ERR_RTE: return ML_NET_UNREACHABLE;
        case ERR_USE: return ML_NET_IN_USE;
        case ERR_RST: return ML_NET_RESET;
        case ERR_ABRT: case ERR_TIMEOUT: return ML_NET_TIMED_OUT;
        case ERR_CONN: case ERR_CLSD: return ML_NET_NOT_CONNECTED;
        default: return ML_BAD_ARGUMENT;
    }
}

static const char *const names[ML_NET_COUNTERS] =
{
#define ML_NET_COUNTER_NAME(name, text) text,
    ML_NET_COUNTER_LIST(ML_NET_COUNTER_NAME)
#undef ML_NET_COUNTER_NAME
};

int ml_net_counters(int handle, uint8_t *into, int offset, int capacity)
{
    ml_net *net = ml_net_enter(handle, -1);
    if (net == NULL) return ML_BAD_HANDLE;
    if (capacity < ML_NET_COUNTERS * 8) return ml_net_leave(net, ML_TOO_LONG);
    for (int i = 0; i < ML_NET_COUNTERS; i++)
    {
        uint64_t value = net->counters[i];
        if (i == ML_NET_COUNTER_INBOX_FULL) value = net->inbox_full;
        if (i == ML_NET_COUNTER_NO_PACKET) value += net->inbox_none;
        ml_store64_le(into + offset + i * 8, value);
    }
    return ml_net_leave(net, ML_NET_COUNTERS);
}

int ml_net_counter_name(int counter, uint8_t *into, int offset, int capacity)
{
    int length;
    if (counter < 0 || counter >= ML_NET_COUNTERS) return 0;
    length = (int)strlen(names[counter]);
    if (length > capacity) return ML_TOO_LONG;
    memcpy(into + offset, names[counter], (size_t)length);
    return length;
}
