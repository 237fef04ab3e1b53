/* The pump thread: epoll over the sockets and one eventfd. Everything that came is fed into the data plane; decrypted packets go on to the
 * TUN device if there is one; then everything that the plane has to say is sent. Managed code waits for events in ml_pump_wait and sends
 * its own datagrams with ml_pump_flush. */
#define _GNU_SOURCE
#include "ml_pump.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "ml_dataplane.h"
#include "ml_handles.h"
#include "ml_net.h"
#include "ml_pump_link.h"
#include "ml_pump_sockets.h"
#include "ml_tun_link.h"

/* Receives from one socket before the other gets its turn. */
#define ML_ROUNDS 8
/* Datagrams handed to the data plane at once. */
#define ML_BATCH 64

typedef struct
{
    int data_plane, epoll, wake;
    int tun, net;                      /* where decrypted packets go, 0 = none; any thread */
    uint32_t mark;
    pthread_rwlock_t using_sockets;    /* many send, one replaces */
    ml_pump_sockets sockets;
    pthread_t thread;
    pthread_mutex_t state;             /* guards what follows */
    pthread_cond_t changed;
    bool events, closed, rebind;
    int rebind_port, rebind_result;
    pthread_mutex_t sending;           /* guards out */
    uint8_t out[ML_PUMP_ITEMS][ML_ENDPOINT + ML_DATAGRAM_MAX];
    ml_tun_merge merge;                /* the pump thread's own, like what follows */
    ml_net_arrivals arrivals;
    ml_pump_inbox in;
} pump;

static ml_handles pumps = ML_HANDLES_INIT;
static void (*on_events)(void);

int64_t ml_pump_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A pump stays until its users have left it. */
static pump *enter(int handle) { return ml_handles_enter(&pumps, handle); }
static int leave(int handle, int result) { return ml_handles_leave(&pumps, handle, result); }

/* The device's threads do not block in ml_pump_wait. */
static void tell_others(void)
{
    void (*wake_others)(void) = __atomic_load_n(&on_events, __ATOMIC_ACQUIRE);
    if (wake_others != NULL) wake_others();
}

/* Told by whichever thread made the event; by handle, because the pump may be on its way out. */
static void notify(void *context)
{
    int handle = (int)(intptr_t)context;
    pump *p = enter(handle);
    if (p == NULL) return;
    pthread_mutex_lock(&p->state);
    p->events = true;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->state);
    leave(handle, 0);
    tell_others();
}

void ml_pump_on_events(void (*wake)(void))
{
    __atomic_store_n(&on_events, wake, __ATOMIC_RELEASE);
}

/* ---- out ---------------------------------------------------------------------------------------------------------------------------------- */

static int send_items(pump *p, const ml_pump_item *items, int count)
{
    int sent;
    pthread_rwlock_rdlock(&p->using_sockets);
    sent = ml_pump_sockets_send(&p->sockets, items, count);
    pthread_rwlock_unlock(&p->using_sockets);
    if (sent < count) ml_dp_send_failed(p->data_plane, count - sent);
    return sent;
}

/* Moves everything from the plane's UDP ring into the sockets. */
static void send_ring(pump *p)
{
    ml_pump_item items[ML_PUMP_ITEMS];
    int count;
    pthread_mutex_lock(&p->sending);
    do
    {
        for (count = 0; count < ML_PUMP_ITEMS; count++)
        {
            int length = ml_dp_poll_udp(p->data_plane, p->out[count], 0, sizeof p->out[count]);
            if (length <= ML_ENDPOINT) break;
            items[count].endpoint = p->out[count];
            items[count].bytes = p->out[count] + ML_ENDPOINT;
            items[count].count = length - ML_ENDPOINT;
        }
        if (count > 0) send_items(p, items, count);
    }
    while (count == ML_PUMP_ITEMS);
    pthread_mutex_unlock(&p->sending);
}

int ml_pump_send(int handle, const ml_pump_item *items, int count)
{
    pump *p = enter(handle);
    return p == NULL ? -EBADF : leave(handle, send_items(p, items, count));
}

/* ---- in ----------------------------------------------------------------------------------------------------------------------------------- */

/* An ml_tun_write for the IP stack in the tunnel. */
static bool to_net(void *context, const struct iovec *parts, int count)
{
    const uint8_t *vnet = parts[0].iov_base;
    ml_net_part packet[ML_MERGE_PARTS];
    for (int i = 1; i < count; i++)
    {
        packet[i - 1].bytes = parts[i].iov_base;
        packet[i - 1].count = (int)parts[i].iov_len;
    }
    return ml_net_gather(context, packet, count - 1, vnet[0] & ML_VNET_NEEDS_CHECKSUM);
}

/* Who takes the packets: the device, the stack, or nobody but the plane's sink. */
static bool begin_taking(pump *p, int tun, int net)
{
    ml_tun *device = tun == 0 ? NULL : ml_tun_enter(tun);
    p->merge.write = device != NULL ? ml_tun_write_frame : to_net;
    p->merge.context = device != NULL ? (void *)device : &p->arrivals;
    p->merge.no_udp = device == NULL || !ml_tun_merges_udp(device);
    return device != NULL || net != 0;
}

static void take_batch(pump *p, ml_dp_inbound *batch, int count, bool take, int64_t now_ms)
{
    int reported = ml_dp_in_batch(p->data_plane, batch, count, take, now_ms);
    for (int i = 0; i < count && reported > 0; i++)
    {
        if (batch[i].length == 0) continue;
        ml_tun_merge_add(&p->merge, batch[i].datagram + batch[i].offset, batch[i].length);
        reported--;
    }
}

/* Cuts messages into datagrams and feeds them in. Nothing is copied: packets stay where they were received until the device or the stack has them. */
static void feed(pump *p, int messages, int64_t now_ms)
{
    ml_dp_inbound batch[ML_BATCH];
    int count = 0, tun = __atomic_load_n(&p->tun, __ATOMIC_ACQUIRE), net = __atomic_load_n(&p->net, __ATOMIC_ACQUIRE);
    bool take = begin_taking(p, tun, net);
    for (int i = 0; i < messages; i++)
    {
        int at = 0;
        do
        {
            int rest = p->in.count[i] - at;
            batch[count].datagram = p->in.bytes[i] + at;
            batch[count].endpoint = p->in.endpoint[i];
            batch[count].count = rest < p->in.datagram[i] ? rest : p->in.datagram[i];
            at += p->in.datagram[i];
            if (++count < ML_BATCH) continue;
            take_batch(p, batch, count, take, now_ms);
            ml_net_receive(net, &p->arrivals, now_ms);
            count = 0;
        }
        while (at < p->in.count[i]);
    }
    if (count > 0) take_batch(p, batch, count, take, now_ms);
    ml_tun_merge_flush(&p->merge);
    ml_net_receive(net, &p->arrivals, now_ms);
    if (p->merge.context != &p->arrivals) ml_tun_leave(tun);
}

static void watch(pump *p, int fd)
{
    struct epoll_event event = { .events = EPOLLIN, .data = { .fd = fd } };
    if (fd >= 0) epoll_ctl(p->epoll, EPOLL_CTL_ADD, fd, &event);
}

/* On the pump thread. Closed sockets leave the epoll set by themselves. */
static void do_rebind(pump *p)
{
    int wanted, result;
    pthread_rwlock_wrlock(&p->using_sockets);
    wanted = p->rebind_port != 0 ? p->rebind_port : p->sockets.port;
    ml_pump_sockets_close(&p->sockets);
    result = ml_pump_sockets_open(&p->sockets, wanted, p->mark);
    if (result < 0) result = ml_pump_sockets_open(&p->sockets, 0, p->mark);
    if (result == 0)
    {
        watch(p, p->sockets.v4);
        watch(p, p->sockets.v6);
        result = p->sockets.port;
    }
    pthread_rwlock_unlock(&p->using_sockets);
    pthread_mutex_lock(&p->state);
    p->rebind = false;
    p->rebind_result = result;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->state);
}

static void *run(void *context)
{
    pump *p = context;
    for (;;)
    {
        struct epoll_event ready[3];
        uint64_t woken;
        bool closed, rebind;
        int count = epoll_wait(p->epoll, ready, 3, -1);
        for (int i = 0; i < count; i++)
        {
            int fd = ready[i].data.fd, messages = 1;
            if (fd == p->wake)
            {
                if (read(fd, &woken, sizeof woken) < 0) continue;
            }
            else
            {
                for (int round = 0; round < ML_ROUNDS && messages > 0; round++)
                {
                    messages = ml_pump_sockets_receive(fd, &p->in);
                    if (messages > 0) feed(p, messages, ml_pump_now_ms());
                }
            }
        }
        send_ring(p);
        pthread_mutex_lock(&p->state);
        closed = p->closed;
        rebind = p->rebind;
        pthread_mutex_unlock(&p->state);
        if (closed) return NULL;
        if (rebind) do_rebind(p);
    }
}

static void wake(pump *p)
{
    uint64_t one = 1;
    while (write(p->wake, &one, sizeof one) < 0 && errno == EINTR) { }
}

/* ---- life --------------------------------------------------------------------------------------------------------------------------------- */

static int start(pump *p, int handle)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&p->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    p->epoll = epoll_create1(EPOLL_CLOEXEC);
    p->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (p->epoll < 0 || p->wake < 0) return -errno;
    watch(p, p->wake);
    watch(p, p->sockets.v4);
    watch(p, p->sockets.v6);
    if (ml_dp_set_notify(p->data_plane, notify, (void *)(intptr_t)handle) < 0) return -EINVAL;
    return -pthread_create(&p->thread, NULL, run, p);
}

static void destroy(pump *p)
{
    ml_pump_sockets_close(&p->sockets);
    if (p->epoll >= 0) close(p->epoll);
    if (p->wake >= 0) close(p->wake);
    pthread_rwlock_destroy(&p->using_sockets);
    free(p);
}

int ml_pump_open(int data_plane, int port)
{
    pump *p = calloc(1, sizeof *p);
    int result, handle;
    if (p == NULL) return -ENOMEM;
    p->data_plane = data_plane;
    p->epoll = p->wake = p->sockets.v4 = p->sockets.v6 = -1;
    pthread_mutex_init(&p->state, NULL);
    pthread_mutex_init(&p->sending, NULL);
    pthread_rwlock_init(&p->using_sockets, NULL);
    result = ml_pump_sockets_open(&p->sockets, port, 0);
    if (result < 0 && port != 0) result = ml_pump_sockets_open(&p->sockets, 0, 0);
    handle = result < 0 ? result : ml_handles_add(&pumps, p);
    if (handle > 0) result = start(p, handle);
    if (handle > 0 && result == 0) return handle;
    if (handle > 0)
    {
        ml_dp_set_notify(data_plane, NULL, NULL);
        ml_handles_remove(&pumps, handle);
        ml_handles_drain(&pumps, handle);
    }
    destroy(p);
    return handle < 0 ? handle : result;
}

int ml_pump_port(int handle)
{
    pump *p = enter(handle);
    return p == NULL ? -EBADF : leave(handle, p->sockets.port);
}

int ml_pump_plane(int handle)
{
    pump *p = enter(handle);
    return p == NULL ? -EBADF : leave(handle, p->data_plane);
}

int ml_pump_attach(int handle, int tun, uint32_t mark)
{
    pump *p = enter(handle);
    int result = 0;
    if (p == NULL) return -EBADF;
    pthread_rwlock_wrlock(&p->using_sockets);
    p->mark = mark;
    if (p->sockets.v4 >= 0 && setsockopt(p->sockets.v4, SOL_SOCKET, SO_MARK, &mark, sizeof mark) != 0) result = -errno;
    if (p->sockets.v6 >= 0 && setsockopt(p->sockets.v6, SOL_SOCKET, SO_MARK, &mark, sizeof mark) != 0) result = -errno;
    pthread_rwlock_unlock(&p->using_sockets);
    if (result == 0) __atomic_store_n(&p->tun, tun, __ATOMIC_RELEASE);
    return leave(handle, result);
}

int ml_pump_attach_net(int handle, int net)
{
    pump *p = enter(handle);
    if (p == NULL) return -EBADF;
    __atomic_store_n(&p->net, net, __ATOMIC_RELEASE);
    return leave(handle, 0);
}

int ml_pump_flush(int handle)
{
    pump *p = enter(handle);
    if (p == NULL) return -EBADF;
    send_ring(p);
    return leave(handle, 0);
}

int ml_pump_wait(int handle, int timeout_ms)
{
    pump *p = enter(handle);
    int64_t until = ml_pump_now_ms() + timeout_ms;
    struct timespec deadline = { until / 1000, until % 1000 * 1000000 };
    int result;
    if (p == NULL) return -1;
    pthread_mutex_lock(&p->state);
    while (!p->events && !p->closed)
    {
        if (timeout_ms < 0) pthread_cond_wait(&p->changed, &p->state);
        else if (pthread_cond_timedwait(&p->changed, &p->state, &deadline) == ETIMEDOUT) break;
    }
    result = p->closed ? -1 : p->events ? 1 : 0;
    p->events = false;
    pthread_mutex_unlock(&p->state);
    /* Should a notice have been lost on the managed side, the timeout tells it again. */
    if (result == 0 && ml_dp_has_events(p->data_plane) > 0) result = 1;
    return leave(handle, result);
}

int ml_pump_rebind(int handle, int port)
{
    pump *p = enter(handle);
    int result;
    if (p == NULL) return -EBADF;
    pthread_mutex_lock(&p->state);
    p->rebind = true;
    p->rebind_port = port;
    wake(p);
    while (p->rebind && !p->closed) pthread_cond_wait(&p->changed, &p->state);
    result = p->rebind ? -EBADF : p->rebind_result;
    pthread_mutex_unlock(&p->state);
    return leave(handle, result);
}

int ml_pump_close(int handle)
{
    pump *p = ml_handles_remove(&pumps, handle);
    if (p == NULL) return -EBADF;

    pthread_mutex_lock(&p->state);
    p->closed = true;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->state);
    tell_others();
    wake(p);
    pthread_join(p->thread, NULL);
    ml_dp_set_notify(p->data_plane, NULL, NULL);
    ml_handles_drain(&pumps, handle);
    destroy(p);
    return 0;
}
