/* The bridge's thread: epoll over the host's sockets, ready records of the net's watched sockets, and a list of joins with work. */
#define _GNU_SOURCE
#include "ml_bridge_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "ml_bytes.h"
#include "ml_dataplane.h"
#include "ml_pump.h"
#include "ml_pump_link.h"

#define ML_BRIDGES 64

static ml_bridge *bridges[ML_BRIDGES];
static pthread_mutex_t table = PTHREAD_MUTEX_INITIALIZER;

static void wake(void *context)
{
    const ml_bridge *bridge = context;
    uint64_t one = 1;
    while (write(bridge->wake, &one, sizeof one) < 0 && errno == EINTR) { }
}

static ml_bridge *bridge_at(int handle)
{
    return handle <= 0 || handle > ML_BRIDGES ? NULL : bridges[handle - 1];
}

/* The bridge with the table's lock held: it cannot be closed meanwhile. */
static ml_bridge *enter(int handle)
{
    ml_bridge *bridge;
    pthread_mutex_lock(&table);
    bridge = bridge_at(handle);
    if (bridge == NULL) pthread_mutex_unlock(&table);
    return bridge;
}

static int leave(int result)
{
    pthread_mutex_unlock(&table);
    return result;
}

/* ---- joins ----------------------------------------------------------------------------------------------------------------------------- */

static void list(ml_bridge *bridge, ml_join *join)
{
    if (join->listed || join->fd < 0) return;
    join->listed = true;
    bridge->work[bridge->work_count++] = (int)(join - bridge->joins);
}

void ml_bridge_end(ml_bridge *bridge, ml_join *join, bool abort, int64_t now_ms)
{
    struct linger reset = { 1, 0 };
    if (join->fd < 0) return;
    if (abort) setsockopt(join->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(join->fd);
    join->fd = -1;
    if (join->control >= 0) close(join->control);
    if (ml_join_has_flows(join)) ml_bridge_flows_end(bridge, join, now_ms);
    else
    {
        bridge->by_socket[join->socket & 0xffff] = NULL;
        ml_net_close(bridge->net, join->socket, abort, now_ms);
    }
    free(join->spill);
    free(join->record);
    free(join->reply);
    join->spill = join->record = join->reply = NULL;
    ml_bridge_count(bridge, ML_BRIDGE_OPEN, (uint64_t)-1);
}

static void refuse(ml_bridge *bridge, int kind, int fd, int socket, int control, int64_t now_ms)
{
    close(fd);
    if (control >= 0) close(control);
    if (kind == ML_JOIN_STREAM) ml_net_close(bridge->net, socket, 1, now_ms);
    ml_bridge_count(bridge, ML_BRIDGE_DROPPED, 1);
}

static bool watch_control(ml_bridge *bridge, const ml_join *join)
{
    struct epoll_event event = { .events = EPOLLRDHUP | EPOLLET, .data = { .u32 = (uint32_t)(join - bridge->joins) | ML_BRIDGE_CONTROL } };
    return join->control < 0 || epoll_ctl(bridge->epoll, EPOLL_CTL_ADD, join->control, &event) == 0;
}

static void begin(ml_bridge *bridge, int kind, int fd, int socket, int control, const uint8_t *to, int64_t now_ms)
{
    static const uint8_t any[18];
    struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET };
    ml_join *join = NULL;
    for (int i = 0; i < ML_BRIDGE_JOINS && join == NULL; i++)
        if (bridge->joins[i].fd < 0 && !bridge->joins[i].listed) join = &bridge->joins[i];
    if (kind == ML_JOIN_RECORDS) socket = ml_net_udp_open(bridge->net, any, 0);
    if (join == NULL || (kind == ML_JOIN_RECORDS && socket < 0))
    {
        refuse(bridge, kind, fd, socket, control, now_ms);
        return;
    }
    memset(join, 0, sizeof *join);
    join->kind = kind;
    join->fd = fd;
    join->control = control;
    join->socket = socket;
    join->fd_readable = join->fd_writable = true;
    memcpy(join->to, to, 18);
    ml_bridge_count(bridge, ML_BRIDGE_OPEN, 1);
    ml_bridge_count(bridge, ML_BRIDGE_MADE, 1);
    if (!ml_join_has_flows(join)) bridge->by_socket[socket & 0xffff] = join;
    if (kind == ML_JOIN_RECORDS)
    {
        join->record = malloc(2 + ML_BRIDGE_DATAGRAM);
        join->reply = malloc(2 + ML_BRIDGE_DATAGRAM);
    }
    event.data.u32 = (uint32_t)(join - bridge->joins);
    if ((kind == ML_JOIN_RECORDS && (join->record == NULL || join->reply == NULL)) ||
        epoll_ctl(bridge->epoll, EPOLL_CTL_ADD, fd, &event) < 0 || !watch_control(bridge, join))
    {
        ml_bridge_end(bridge, join, true, now_ms);
        return;
    }
    if (!ml_join_has_flows(join)) ml_net_watch(bridge->net, socket);
    list(bridge, join);
}

static void take_new(ml_bridge *bridge, int64_t now_ms)
{
    pthread_mutex_lock(&bridge->state);
    for (int i = 0; i < bridge->incoming_count; i++)
        begin(bridge, bridge->incoming[i].kind, bridge->incoming[i].fd, bridge->incoming[i].socket, bridge->incoming[i].control,
              bridge->incoming[i].to, now_ms);
    bridge->incoming_count = 0;
    pthread_mutex_unlock(&bridge->state);
}

/* A connection from the tunnel for a port of this host. Whether somebody listens there shows when the join is worked on: the peer gets a reset
 * then. */
static void serve(ml_bridge *bridge, int at, int64_t now_ms)
{
    uint8_t from[18];
    int socket_in_tunnel;
    while ((socket_in_tunnel = ml_net_tcp_accept(bridge->net, bridge->serves[at].listener, from, 0)) > 0)
    {
        struct sockaddr_in local = { .sin_family = AF_INET, .sin_port = htons((uint16_t)bridge->serves[at].local_port),
                                     .sin_addr = { htonl(INADDR_LOOPBACK) } };
        int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0 || (connect(fd, (struct sockaddr *)&local, sizeof local) < 0 && errno != EINPROGRESS))
        {
            if (fd >= 0) close(fd);
            ml_net_close(bridge->net, socket_in_tunnel, 1, now_ms);
            ml_bridge_count(bridge, ML_BRIDGE_DROPPED, 1);
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        begin(bridge, ML_JOIN_STREAM, fd, socket_in_tunnel, -1, from, now_ms);
    }
}

static void serve_news(ml_bridge *bridge, int socket, int64_t now_ms)
{
    int at = -1;
    pthread_mutex_lock(&bridge->state);
    for (int i = 0; i < bridge->serve_count; i++)
        if (bridge->serves[i].listener == socket) at = i;
    pthread_mutex_unlock(&bridge->state);
    if (at >= 0) serve(bridge, at, now_ms);
}

/* ---- the thread ------------------------------------------------------------------------------------------------------------------------ */

static void tunnel_news(ml_bridge *bridge, int64_t now_ms)
{
    uint8_t records[64 * ML_NET_RECORD];
    int count;
    do
    {
        count = ml_net_poll_watched(bridge->net, records, sizeof records);
        for (int i = 0; i < count; i++)
        {
            int socket = (int)ml_load32_le(records + i * ML_NET_RECORD);
            ml_join *join = bridge->by_socket[socket & 0xffff];
            if (join == NULL) serve_news(bridge, socket, now_ms);
            else if (ml_join_has_flows(join)) ml_bridge_flow_ready(bridge, socket, now_ms);
            else if (join->socket == socket) list(bridge, join);
        }
    }
    while (count == 64);
}

/* One turn for each join that has work. Those that were not done come again. */
static void work(ml_bridge *bridge, int64_t now_ms)
{
    int count = bridge->work_count, kept = 0;
    for (int i = 0; i < count; i++)
    {
        ml_join *join = &bridge->joins[bridge->work[i]];
        bool more = false;
        join->listed = false;
        if (join->fd < 0) continue;
        if (join->kind == ML_JOIN_STREAM) more = ml_bridge_stream(bridge, join, now_ms);
        else if (ml_join_has_flows(join)) more = ml_bridge_datagrams(bridge, join, now_ms);
        else more = ml_bridge_framed(bridge, join, now_ms);
        if (!more) continue;
        join->listed = true;
        bridge->work[kept++] = bridge->work[i];
    }
    bridge->work_count = kept;
}

static void host_news(ml_bridge *bridge, const struct epoll_event *event, int64_t now_ms)
{
    ml_join *join = &bridge->joins[event->data.u32 & ~ML_BRIDGE_CONTROL];
    if (join->fd < 0) return;
    if (event->data.u32 & ML_BRIDGE_CONTROL)
    {
        ml_bridge_end(bridge, join, false, now_ms);
        return;
    }
    if (event->events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) join->fd_readable = true;
    if (event->events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) join->fd_writable = true;
    list(bridge, join);
}

/* Under the net's lock, so the bridge is still there: it takes its leave of the net before it goes. Without a pump the datagrams are lost, as
 * they would be in a network that is down. */
static void send_sealed(int bridge_handle, const ml_net_sealed *sealed, int count)
{
    ml_bridge *bridge = bridge_at(bridge_handle);
    int pump = bridge == NULL ? 0 : __atomic_load_n(&bridge->pump, __ATOMIC_RELAXED);
    ml_pump_item items[ML_PUMP_ITEMS];
    if (pump <= 0) return;
    for (int i = 0; i < count; i++)
    {
        items[i].endpoint = sealed[i].endpoint;
        items[i].bytes = sealed[i].bytes;
        items[i].count = sealed[i].count;
    }
    ml_pump_send(pump, items, count);
}

static void *run(void *context)
{
    ml_bridge *bridge = context;
    for (;;)
    {
        struct epoll_event ready[64];
        uint64_t woken;
        bool closed;
        int64_t now_ms;
        int pump, count = epoll_wait(bridge->epoll, ready, 64, bridge->work_count > 0 ? 0 : 1000);
        now_ms = ml_pump_now_ms();
        for (int i = 0; i < count; i++)
        {
            if (ready[i].data.u32 != UINT32_MAX) host_news(bridge, &ready[i], now_ms);
            else if (read(bridge->wake, &woken, sizeof woken) < 0) continue;
        }
        take_new(bridge, now_ms);
        tunnel_news(bridge, now_ms);
        work(bridge, now_ms);
        ml_bridge_sweep(bridge, now_ms);
        pthread_mutex_lock(&bridge->state);
        closed = bridge->closed;
        pump = bridge->pump;
        pthread_mutex_unlock(&bridge->state);
        if (pump > 0) ml_pump_flush(pump);
        if (closed) return NULL;
    }
}

/* ---- the door -------------------------------------------------------------------------------------------------------------------------- */

static void destroy(ml_bridge *bridge)
{
    if (bridge->epoll >= 0) close(bridge->epoll);
    if (bridge->wake >= 0) close(bridge->wake);
    pthread_mutex_destroy(&bridge->state);
    free(bridge);
}

static int start(ml_bridge *bridge, int handle)
{
    struct epoll_event event = { .events = EPOLLIN, .data = { .u32 = UINT32_MAX } };
    bridge->epoll = epoll_create1(EPOLL_CLOEXEC);
    bridge->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (bridge->epoll < 0 || bridge->wake < 0 || epoll_ctl(bridge->epoll, EPOLL_CTL_ADD, bridge->wake, &event) < 0) return -errno;
    if (ml_net_set_watcher(bridge->net, wake, bridge) < 0) return -EINVAL;
    if (ml_net_set_sender(bridge->net, send_sealed, handle) < 0) return -ENOMEM;
    return -pthread_create(&bridge->thread, NULL, run, bridge);
}

int ml_bridge_open(int net)
{
    ml_bridge *bridge = calloc(1, sizeof *bridge);
    int handle = -EMFILE, result;
    if (bridge == NULL) return -ENOMEM;
    bridge->net = net;
    bridge->epoll = bridge->wake = -1;
    pthread_mutex_init(&bridge->state, NULL);
    for (int i = 0; i < ML_BRIDGE_JOINS; i++) bridge->joins[i].fd = -1;
    pthread_mutex_lock(&table);
    for (int i = 0; i < ML_BRIDGES && handle < 0; i++)
    {
        if (bridges[i] != NULL) continue;
        bridges[i] = bridge;
        handle = i + 1;
    }
    result = handle < 0 ? handle : start(bridge, handle);
    if (result < 0 && handle > 0) bridges[handle - 1] = NULL;
    pthread_mutex_unlock(&table);
    if (result == 0) return handle;
    ml_net_set_watcher(net, NULL, NULL);
    ml_net_set_sender(net, NULL, 0);
    destroy(bridge);
    return result;
}

int ml_bridge_pump(int handle, int pump)
{
    ml_bridge *bridge = enter(handle);
    if (bridge == NULL) return -EBADF;
    if (bridge->pump > 0 && bridge->pump != pump) ml_pump_attach_net(bridge->pump, 0);
    if (pump > 0) ml_pump_attach_net(pump, bridge->net);
    pthread_mutex_lock(&bridge->state);
    bridge->pump = pump;
    pthread_mutex_unlock(&bridge->state);
    return leave(0);
}

static int add(int handle, int kind, int given, int socket, int control, const uint8_t *to)
{
    static const uint8_t none[18];
    ml_bridge *bridge;
    int result = -EAGAIN, size = 1 << 20, one = 1, fd = fcntl(given, F_DUPFD_CLOEXEC, 0), error = errno;
    if (fd < 0)
    {
        /* A tunnel socket that stays behind would be a connection that nobody serves. */
        if (control >= 0) close(control);
        bridge = kind == ML_JOIN_STREAM ? enter(handle) : NULL;
        if (bridge != NULL) leave(ml_net_close(bridge->net, socket, 1, ml_pump_now_ms()));
        return -error;
    }
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    if (kind == ML_JOIN_STREAM) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (kind == ML_JOIN_UDP || kind == ML_JOIN_SOCKS) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    bridge = enter(handle);
    if (bridge == NULL)
    {
        close(fd);
        if (control >= 0) close(control);
        return -EBADF;
    }
    pthread_mutex_lock(&bridge->state);
    if (bridge->incoming_count < 64)
    {
        int at = bridge->incoming_count++;
        bridge->incoming[at].kind = kind;
        bridge->incoming[at].fd = fd;
        bridge->incoming[at].socket = socket;
        bridge->incoming[at].control = control;
        memcpy(bridge->incoming[at].to, to == NULL ? none : to, 18);
        result = 0;
    }
    pthread_mutex_unlock(&bridge->state);
    if (result < 0) refuse(bridge, kind, fd, socket, control, ml_pump_now_ms());
    wake(bridge);
    return leave(result);
}

int ml_bridge_join(int handle, int fd, int socket) { return add(handle, ML_JOIN_STREAM, fd, socket, -1, NULL); }
int ml_bridge_udp(int handle, int fd, const uint8_t *to18, int offset) { return add(handle, ML_JOIN_UDP, fd, 0, -1, to18 + offset); }
int ml_bridge_records(int handle, int fd, const uint8_t *to18, int offset) { return add(handle, ML_JOIN_RECORDS, fd, 0, -1, to18 + offset); }

int ml_bridge_socks(int handle, int fd, int control, const uint8_t *client18, int offset)
{
    int copy = fcntl(control, F_DUPFD_CLOEXEC, 0);
    return copy < 0 ? -errno : add(handle, ML_JOIN_SOCKS, fd, 0, copy, client18 + offset);
}

int ml_bridge_serve(int handle, int port, int local_port)
{
    uint8_t any[18] = { 0 };
    ml_bridge *bridge;
    int listener;
    if (port < 1 || port > 65535 || local_port < 1 || local_port > 65535) return ML_BAD_ARGUMENT;
    bridge = enter(handle);
    if (bridge == NULL) return -EBADF;
    if (bridge->serve_count == ML_BRIDGE_SERVES) return leave(ML_FULL);
    any[16] = (uint8_t)(port >> 8);
    any[17] = (uint8_t)port;
    listener = ml_net_tcp_listen(bridge->net, any, 0, 128);
    if (listener < 0) return leave(listener);
    pthread_mutex_lock(&bridge->state);
    bridge->serves[bridge->serve_count].listener = listener;
    bridge->serves[bridge->serve_count++].local_port = local_port;
    pthread_mutex_unlock(&bridge->state);
    return leave(ml_net_watch(bridge->net, listener));
}

int ml_bridge_close(int handle)
{
    ml_bridge *bridge = enter(handle);
    int64_t now_ms = ml_pump_now_ms();
    if (bridge == NULL) return -EBADF;
    bridges[handle - 1] = NULL;
    leave(0);
    pthread_mutex_lock(&bridge->state);
    bridge->closed = true;
    pthread_mutex_unlock(&bridge->state);
    wake(bridge);
    pthread_join(bridge->thread, NULL);
    if (bridge->pump > 0) ml_pump_attach_net(bridge->pump, 0);
    ml_net_set_watcher(bridge->net, NULL, NULL);
    ml_net_set_sender(bridge->net, NULL, 0);
    take_new(bridge, now_ms);
    for (int i = 0; i < ML_BRIDGE_JOINS; i++) ml_bridge_end(bridge, &bridge->joins[i], true, now_ms);
    for (int i = 0; i < bridge->serve_count; i++) ml_net_close(bridge->net, bridge->serves[i].listener, 1, now_ms);
    if (bridge->pump > 0) ml_pump_flush(bridge->pump);
    destroy(bridge);
    return 0;
}

int ml_bridge_counters(int handle, uint8_t *into, int offset, int capacity)
{
    ml_bridge *bridge;
    if (capacity < ML_BRIDGE_COUNTERS * 8) return -EINVAL;
    bridge = enter(handle);
    if (bridge == NULL) return -EBADF;
    for (int i = 0; i < ML_BRIDGE_COUNTERS; i++)
        ml_store64_le(into + offset + i * 8, __atomic_load_n(&bridge->counters[i], __ATOMIC_RELAXED));
    return leave(ML_BRIDGE_COUNTERS);
}
