/* The table of sockets of a net, their handles, and the lists of those that have news. */
#include "ml_net_internal.h"

ml_socket *ml_socket_new(ml_net *net, int kind)
{
    for (int i = 0; i < net->max_sockets; i++)
    {
        int at = (net->free_hint + i) % net->max_sockets;
        ml_socket *socket = &net->sockets[at];
        uint16_t generation = socket->generation;
        if (socket->kind != ML_SOCKET_FREE) continue;
        memset(socket, 0, sizeof *socket);
        socket->net = net;
        socket->at = (uint16_t)at;
        socket->generation = (uint16_t)((generation + 1) & 0x7fff);
        if (socket->generation == 0) socket->generation = 1;
        socket->kind = (uint8_t)kind;
        net->free_hint = (uint16_t)((at + 1) % net->max_sockets);
        ML_NET_COUNT(net, SOCKETS);
        return socket;
    }
    return NULL;
}

int ml_socket_handle(const ml_socket *socket) { return socket->generation << 16 | socket->at; }

/* kind ML_SOCKET_FREE: any. */
ml_socket *ml_socket_at(ml_net *net, int handle, int kind)
{
    int at = handle & 0xffff;
    ml_socket *socket;
    if (handle <= 0 || at >= net->max_sockets) return NULL;
    socket = &net->sockets[at];
    if (socket->kind == ML_SOCKET_FREE || socket->generation != handle >> 16) return NULL;
    return kind == ML_SOCKET_FREE || socket->kind == kind ? socket : NULL;
}

void ml_socket_raise(ml_socket *socket, int bits)
{
    ml_net *net = socket->net;
    int list = socket->watched;
    socket->bits |= (uint16_t)bits;
    if (socket->echo)
    {
        ml_echo_run(socket);
        return;
    }
    if (socket->ready) return;
    socket->ready = true;
    socket->next_ready = NULL;
    if (net->ready[list] == NULL) net->ready[list] = socket;
    else net->ready_last[list]->next_ready = socket;
    net->ready_last[list] = socket;
}

static void unlist(ml_socket *socket)
{
    ml_net *net = socket->net;
    int list = socket->watched;
    ml_socket **link = &net->ready[list], *last = NULL;
    if (!socket->ready) return;
    for (; *link != socket; link = &(*link)->next_ready) last = *link;
    *link = socket->next_ready;
    if (net->ready_last[list] == socket) net->ready_last[list] = last;
    socket->ready = false;
}

void ml_socket_free(ml_socket *socket)
{
    if (socket->kind == ML_SOCKET_FREE) return;
    unlist(socket);
    ml_port_free(socket->datagrams);
    ml_port_free(socket->accepted);
    socket->datagrams = NULL;
    socket->accepted = NULL;
    socket->kind = ML_SOCKET_FREE;
    socket->net->counters[ML_NET_COUNTER_SOCKETS]--;
}

static int poll(ml_net *net, int list, uint8_t *into, int capacity)
{
    int count = 0;
    while (net->ready[list] != NULL && (count + 1) * ML_NET_RECORD <= capacity)
    {
        ml_socket *socket = net->ready[list];
        net->ready[list] = socket->next_ready;
        socket->ready = false;
        ml_store32_le(into + count * ML_NET_RECORD, (uint32_t)ml_socket_handle(socket));
        into[count * ML_NET_RECORD + 4] = (uint8_t)socket->bits;
        into[count * ML_NET_RECORD + 5] = (uint8_t)(socket->bits >> 8);
        into[count * ML_NET_RECORD + 6] = (uint8_t)socket->error;
        into[count * ML_NET_RECORD + 7] = (uint8_t)((uint16_t)socket->error >> 8);
        socket->bits = 0;
        count++;
    }
    if (net->ready[list] == NULL && (list == 1 || net->wanted_count == 0)) net->told[list] = false;
    return count;
}

int ml_net_poll(int handle, uint8_t *into, int offset, int capacity)
{
    ml_net *net = ml_net_enter(handle, -1);
    if (net == NULL) return ML_BAD_HANDLE;
    return ml_net_leave(net, poll(net, 0, into + offset, capacity));
}

int ml_net_poll_watched(int handle, uint8_t *into, int capacity)
{
    ml_net *net = ml_net_enter(handle, -1);
    if (net == NULL) return ML_BAD_HANDLE;
    return ml_net_leave(net, poll(net, 1, into, capacity));
}

/* From now on the watcher is told; what is there already is raised again, because what was told before went to the other list. */
int ml_net_watch(int handle, int which)
{
    ml_net *net = ml_net_enter(handle, -1);
    ml_socket *socket;
    if (net == NULL) return ML_BAD_HANDLE;
    socket = ml_socket_at(net, which, ML_SOCKET_FREE);
    if (socket == NULL) return ml_net_leave(net, ML_BAD_ARGUMENT);
    unlist(socket);                              /* it may stand in managed code's list */
    socket->watched = true;
    ml_socket_raise(socket, ML_NET_READABLE | ML_NET_WRITABLE | (socket->finished ? ML_NET_CLOSED : 0) | (socket->error ? ML_NET_FAILED : 0));
    return ml_net_leave(net, ML_OK);
}

int ml_net_local(int handle, int which, uint8_t *into, int offset)
{
    ml_net *net = ml_net_enter(handle, -1);
    ml_socket *socket;
    if (net == NULL) return ML_BAD_HANDLE;
    socket = ml_socket_at(net, which, ML_SOCKET_FREE);
    if (socket == NULL) return ml_net_leave(net, ML_BAD_ARGUMENT);
    memset(into + offset, 0, ML_ENDPOINT);
    into[offset + 16] = (uint8_t)(socket->port >> 8);
    into[offset + 17] = (uint8_t)socket->port;
    if (socket->any) return ml_net_leave(net, ML_OK);
    for (int f = 0; f < ML_FAMILIES; f++)
    {
        if (socket->udp[f] != NULL) ml_net_endpoint(&socket->udp[f]->local_ip, socket->udp[f]->local_port, into + offset);
        else if (socket->tcp[f] != NULL) ml_net_endpoint(&socket->tcp[f]->local_ip, socket->tcp[f]->local_port, into + offset);
    }
    return ml_net_leave(net, ML_OK);
}

static void close_any(ml_socket *socket, bool abort)
{
    if (socket->kind == ML_SOCKET_UDP) ml_udp_close(socket);
    else if (socket->kind == ML_SOCKET_TCP) ml_tcp_close(socket, abort);
    else if (socket->kind == ML_SOCKET_LISTENER) ml_listen_close(socket);
    ml_socket_free(socket);
}

int ml_net_close(int handle, int which, int abort, int64_t now_ms)
{
    ml_net *net = ml_net_enter(handle, now_ms);
    ml_socket *socket;
    if (net == NULL) return ML_BAD_HANDLE;
    socket = ml_socket_at(net, which, ML_SOCKET_FREE);
    if (socket == NULL) return ml_net_leave(net, ML_BAD_ARGUMENT);
    close_any(socket, abort != 0);
    return ml_net_leave(net, ML_OK);
}

void ml_sockets_close_all(ml_net *net)
{
    for (int i = 0; i < net->max_sockets; i++) close_any(&net->sockets[i], true);
}

/* Our addresses changed: lwIP has moved or ended what was bound to the old ones; those bound to any are completed. */
void ml_sockets_rebind(ml_net *net)
{
    for (int i = 0; i < net->max_sockets; i++)
    {
        ml_socket *socket = &net->sockets[i];
        if (!socket->any) continue;
        if (socket->kind == ML_SOCKET_UDP) ml_udp_bind_missing(socket);
        if (socket->kind == ML_SOCKET_LISTENER) ml_listen_bind_missing(socket);
    }
}

void ml_sockets_unreachable(ml_net *net, const uint8_t *address16)
{
    ip_addr_t address;
    ml_net_address_from(address16, &address);
    for (int i = 0; i < net->max_sockets; i++)
    {
        ml_socket *socket = &net->sockets[i];
        if (socket->kind != ML_SOCKET_TCP || socket->connected || socket->tcp[0] == NULL) continue;
        if (!ip_addr_cmp(&socket->tcp[0]->remote_ip, &address)) continue;
        ml_tcp_forget(socket);
        socket->error = ML_NET_UNREACHABLE;
        ml_socket_raise(socket, ML_NET_FAILED);
    }
}

/* The wanted port, or a random one of the dynamic range that is free (RFC 6056). bind returns 0, ML_NET_IN_USE or an error. */
int ml_socket_bind_port(ml_socket *socket, int (*bind)(ml_socket *socket, int port), int wanted)
{
    int result = wanted != 0 ? bind(socket, wanted) : ML_NET_IN_USE;
    for (int attempt = 0; wanted == 0 && result == ML_NET_IN_USE && attempt < 64; attempt++)
    {
        uint8_t random[2];
        ml_net_random(random, 2);
        result = bind(socket, 49152 + ((random[0] << 8 | random[1]) & 0x3fff));
    }
    return result;
}
