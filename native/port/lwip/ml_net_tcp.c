/* TCP connections. What arrives stays in lwIP's pbufs until it is read, and only then opens the window again. */
#include "ml_net_internal.h"

#include "lwip/priv/tcp_priv.h"

/* ---- what lwIP tells --------------------------------------------------------------------------------------------------------------- */

static err_t received(void *context, struct tcp_pcb *pcb, struct pbuf *packet, err_t error)
{
    ml_socket *socket = context;
    struct pbuf *last = packet;
    (void)error;
    if (packet == NULL)
    {
        socket->finished = true;
        ml_socket_raise(socket, ML_NET_READABLE | ML_NET_CLOSED);
        return ERR_OK;
    }
    socket->unread += packet->tot_len;
    /* Two segments want an acknowledgement at once (RFC 5681 4.2), also when they came as one. */
    if (packet->tot_len >= 2 * pcb->mss) tcp_ack_now(pcb);
    while (last->next != NULL) last = last->next;
    if (socket->head == NULL) socket->head = packet;
    else socket->tail->next = packet;
    socket->tail = last;
    ml_socket_raise(socket, ML_NET_READABLE);
    return ERR_OK;
}

/* In slow start lwIP counts two segments for each acknowledgement (RFC 3465), and peers that merge acknowledge many at once: the rest here. */
static err_t sent(void *context, struct tcp_pcb *pcb, u16_t count)
{
    ml_socket *socket = context;
    if (count > 2 * pcb->mss && pcb->cwnd < pcb->ssthresh && (pcb->flags & (TF_INFR | TF_RTO)) == 0)
        TCP_WND_INC(pcb->cwnd, count - 2 * pcb->mss);
    if (socket->wants_room && pcb->snd_buf >= TCP_SND_BUF / 4)
    {
        socket->wants_room = false;
        ml_socket_raise(socket, ML_NET_WRITABLE);
    }
    return ERR_OK;
}

/* lwIP has freed the pcb. */
static void broke(void *context, err_t error)
{
    ml_socket *socket = context;
    socket->tcp[0] = NULL;
    if (error == ERR_CLSD)
    {
        socket->finished = true;
        ml_socket_raise(socket, ML_NET_READABLE | ML_NET_CLOSED);
        return;
    }
    socket->error = (int16_t)ml_net_error(error);
    if (error == ERR_RST && !socket->connected) socket->error = ML_NET_REFUSED;
    ml_socket_raise(socket, ML_NET_FAILED | ML_NET_READABLE);
}

/* Of TCP_WND a connection gets this much at first. */
#define ML_NET_WINDOW_START (512u * 1024u)

/* The handshake's own packets told 65535 bytes at most, so the window may still be any. */
static void start_window(ml_socket *socket, struct tcp_pcb *pcb)
{
#if LWIP_WND_SCALE
    if ((pcb->flags & TF_WND_SCALE) && pcb->rcv_wnd > ML_NET_WINDOW_START)
    {
        pcb->rcv_wnd = pcb->rcv_ann_wnd = ML_NET_WINDOW_START;
        pcb->rcv_ann_right_edge = pcb->rcv_nxt + ML_NET_WINDOW_START;
    }
#endif
    socket->window = pcb->rcv_wnd;
}

static err_t connected(void *context, struct tcp_pcb *pcb, err_t error)
{
    ml_socket *socket = context;
    (void)error;
    start_window(socket, pcb);
    socket->connected = true;
    ml_socket_raise(socket, ML_NET_CONNECTED | ML_NET_WRITABLE);
    return ERR_OK;
}

void ml_tcp_adopt(ml_socket *socket, struct tcp_pcb *pcb)
{
    socket->tcp[0] = pcb;
    socket->port = pcb->local_port;
    tcp_arg(pcb, socket);
    tcp_recv(pcb, received);
    tcp_sent(pcb, sent);
    tcp_err(pcb, broke);
    tcp_nagle_disable(pcb);
    if (pcb->state == ESTABLISHED) start_window(socket, pcb);
    ip_set_option(pcb, SOF_KEEPALIVE);
}

/* ---- what the door does ------------------------------------------------------------------------------------------------------------ */

static int bind_connection(ml_socket *socket, int port)
{
    err_t error = tcp_bind(socket->tcp[0], &socket->tcp[0]->local_ip, (u16_t)port);
    return error == ERR_OK ? ML_OK : ml_net_error(error);
}

static int connect_to(ml_socket *socket, const ip_addr_t *own, const ip_addr_t *to, int port)
{
    struct tcp_pcb *pcb = tcp_new_ip_type(IP_GET_TYPE(to));
    int result;
    err_t error;
    if (pcb == NULL) return ML_FULL;
    tcp_bind_netif(pcb, &socket->net->netif);
    ip_addr_copy(pcb->local_ip, *own);
    socket->tcp[0] = pcb;
    result = ml_socket_bind_port(socket, bind_connection, 0);
    if (result == ML_OK)
    {
        ml_tcp_adopt(socket, pcb);
        error = tcp_connect(pcb, to, (u16_t)port, connected);
        result = error == ERR_OK ? ML_OK : ml_net_error(error);
    }
    if (result != ML_OK) ml_tcp_close(socket, true);
    return result;
}

int ml_net_tcp_connect(int handle, const uint8_t *to, int offset, int64_t now_ms)
{
    ml_net *net = ml_net_enter(handle, now_ms);
    ml_socket *socket;
    ip_addr_t address;
    const ip_addr_t *own;
    int result;
    if (net == NULL) return ML_BAD_HANDLE;
    own = ml_net_own(net, ml_net_address_from(to + offset, &address));
    if (own == NULL) return ml_net_leave(net, ML_NET_NO_ADDRESS);
    if (ml_net_is_ours(net, &address) || ip_addr_isany(&address)) return ml_net_leave(net, ML_NET_UNREACHABLE);
    socket = ml_socket_new(net, ML_SOCKET_TCP);
    if (socket == NULL) return ml_net_leave(net, ML_FULL);
    result = connect_to(socket, own, &address, to[offset + 16] << 8 | to[offset + 17]);
    if (result == ML_OK) return ml_net_leave(net, ml_socket_handle(socket));
    ml_socket_free(socket);
    return ml_net_leave(net, result);
}

static int state_of(const ml_socket *socket)
{
    if (socket->error != 0) return socket->error;
    return socket->tcp[0] == NULL || !socket->connected || socket->shut ? ML_NET_NOT_CONNECTED : ML_OK;
}

static int room(ml_socket *socket)
{
    int room = (int)socket->tcp[0]->snd_buf;      /* tcp_sndbuf() says at most 65535 */
    if (tcp_sndqueuelen(socket->tcp[0]) > TCP_SND_QUEUELEN - 64) room = 0;
    if (room == 0) socket->wants_room = true;
    return room;
}

int ml_net_tcp_room(int handle, int which)
{
    ml_net *net = ml_net_enter(handle, -1);
    ml_socket *socket;
    int result;
    if (net == NULL) return ML_BAD_HANDLE;
    socket = ml_socket_at(net, which, ML_SOCKET_TCP);
    result = socket == NULL ? ML_BAD_ARGUMENT : state_of(socket);
    return ml_net_leave(net, result != ML_OK ? result : room(socket));
}

int ml_net_tcp_send(int handle, int which, const uint8_t *bytes, int offset, int count, int64_t now_ms)
{
    ml_net *net = ml_net_enter(handle, now_ms);
    ml_socket *socket;
    int taken = 0, result;
    if (net == NULL) return ML_BAD_HANDLE;
    socket = ml_socket_at(net, which, ML_SOCKET_TCP);
    result = socket == NULL || count < 0 ? ML_BAD_ARGUMENT : state_of(socket);
    if (result != ML_OK) return ml_net_leave(net, result);
    while (taken < count)
    {
        int part = room(socket);
        if (part > count - taken) part = count - taken;
        if (part > 32768) part = 32768;
        if (part == 0) break;
        if (tcp_write(socket->tcp[0], bytes + offset + taken, (u16_t)part, TCP_WRITE_FLAG_COPY) != ERR_OK)
        {
            socket->wants_room = true;
            break;
        }
        taken += part;
    }
    if (taken > 0) tcp_output(socket->tcp[0]);
    return ml_net_leave(net, taken);
}

int ml_net_tcp_peek(int handle, int which, ml_net_part *parts, int max)
{
    ml_net *net = ml_net_enter(handle, -1);
    ml_socket *socket;
    uint32_t skip;
    int count = 0;
    if (net == NULL) return ML_BAD_HANDLE;
    socket = ml_socket_at(net, which, ML_SOCKET_TCP);
    if (socket == NULL) return ml_net_leave(net, ML_BAD_ARGUMENT);
    skip = socket->read_at;
    for (struct pbuf *p = socket->head; p != NULL && count < max; p = p->next)
    {
        parts[count].bytes = (const uint8_t *)p->payload + skip;
        parts[count].count = (int)(p->len - skip);
        if (parts[count].count > 0) count++;
        skip = 0;
    }
    if (count > 0) return ml_net_leave(net, count);
    if (socket->error != 0) return ml_net_leave(net, socket->error);
    return ml_net_leave(net, socket->finished ? 0 : ML_NET_AGAIN);
}

/* A reader that keeps up gets a larger window, as long as there is memory for everybody: by as much as it has read, so at most doubled each time. */
static uint32_t grow(ml_socket *socket, uint32_t count)
{
    const struct tcp_pcb *pcb = socket->tcp[0];
    uint32_t most = pcb == NULL ? 0 : TCP_WND_MAX(pcb);
    if (socket->window >= most || socket->unread > socket->window / 4 || !ml_net_memory_is_plenty()) return 0;
    if (count > most - socket->window) count = most - socket->window;
    socket->window += count;
    return count;
}

/* Frees what was read and opens the window by as much, or more. */
void ml_tcp_release(ml_socket *socket, uint32_t count)
{
    uint32_t left = count;
    socket->unread -= count;
    while (left > 0)
    {
        struct pbuf *p = socket->head;
        uint32_t here = p->len - socket->read_at;
        if (left < here)
        {
            socket->read_at += left;
            break;
        }
        left -= here;
        socket->read_at = 0;
        socket->head = p->next;
        p->next = NULL;
        pbuf_free(p);
    }
    /* Empty parts cannot be read, so they would stay for ever. */
    while (socket->head != NULL && socket->head->len == 0)
    {
        struct pbuf *p = socket->head;
        socket->head = p->next;
        p->next = NULL;
        pbuf_free(p);
    }
    count += grow(socket, count);
    for (; socket->tcp[0] != NULL && count > 0; count -= left)
    {
        left = count > 0x8000 ? 0x8000 : count;
        tcp_recved(socket->tcp[0], (u16_t)left);
    }
}

int ml_net_tcp_release(int handle, int which, int count, int64_t now_ms)
{
    ml_net *net = ml_net_enter(handle, now_ms);
    ml_socket *socket;
    if (net == NULL) return ML_BAD_HANDLE;
    socket = ml_socket_at(net, which, ML_SOCKET_TCP);
    if (socket == NULL || count < 0 || (uint32_t)count > socket->unread) return ml_net_leave(net, ML_BAD_ARGUMENT);
    ml_tcp_release(socket, (uint32_t)count);
    return ml_net_leave(net, ML_OK);
}

int ml_net_tcp_receive(int handle, int which, uint8_t *into, int offset, int capacity, int64_t now_ms)
{
    ml_net *net = ml_net_enter(handle, now_ms);
    ml_socket *socket;
    uint32_t skip, count = 0;
    if (net == NULL) return ML_BAD_HANDLE;
    socket = ml_socket_at(net, which, ML_SOCKET_TCP);
    if (socket == NULL || capacity <= 0) return ml_net_leave(net, ML_BAD_ARGUMENT);
    if (socket->unread == 0) return ml_net_leave(net, socket->error != 0 ? socket->error : socket->finished ? 0 : ML_NET_AGAIN);
    skip = socket->read_at;
    for (struct pbuf *p = socket->head; p != NULL && count < (uint32_t)capacity; p = p->next)
    {
        uint32_t part = p->len - skip;
        if (part > (uint32_t)capacity - count) part = (uint32_t)capacity - count;
        memcpy(into + offset + count, (const uint8_t *)p->payload + skip, part);
        count += part;
        skip = 0;
    }
    ml_tcp_release(socket, count);
    return ml_net_leave(net, (int)count);
}

int ml_net_tcp_shutdown(int handle, int which, int64_t now_ms)
{
    ml_net *net = ml_net_enter(handle, now_ms);
    ml_socket *socket;
    err_t error;
    int result;
    if (net == NULL) return ML_BAD_HANDLE;
    socket = ml_socket_at(net, which, ML_SOCKET_TCP);
    result = socket == NULL ? ML_BAD_ARGUMENT : state_of(socket);
    if (result != ML_OK) return ml_net_leave(net, result);
    socket->shut = true;
    error = tcp_shutdown(socket->tcp[0], 0, 1);
    return ml_net_leave(net, error == ERR_OK ? ML_OK : ml_net_error(error));
}

void ml_tcp_drop_unread(ml_socket *socket)
{
    while (socket->head != NULL)
    {
        struct pbuf *p = socket->head;
        socket->head = p->next;
        p->next = NULL;
        pbuf_free(p);
    }
    socket->unread = socket->read_at = 0;
}

/* lwIP resets a connection that is closed with bytes unread, and delivers what was sent otherwise. */
void ml_tcp_close(ml_socket *socket, bool abort)
{
    struct tcp_pcb *pcb = socket->tcp[0];
    bool unread = socket->unread > 0;
    socket->tcp[0] = NULL;
    ml_tcp_drop_unread(socket);
    if (pcb == NULL) return;
    /* What lwIP goes by. The window that was not opened yet has no bytes in it. */
    if (!unread) pcb->rcv_wnd = TCP_WND_MAX(pcb);
    tcp_arg(pcb, NULL);
    tcp_recv(pcb, NULL);
    tcp_sent(pcb, NULL);
    tcp_err(pcb, NULL);
    if (abort || tcp_close(pcb) != ERR_OK) tcp_abort(pcb);
}

/* Without a reset: there is nobody to send it to. */
void ml_tcp_forget(ml_socket *socket)
{
    struct tcp_pcb *pcb = socket->tcp[0];
    socket->tcp[0] = NULL;
    tcp_err(pcb, NULL);
    tcp_abandon(pcb, 0);
}
