/* TCP listeners: one pcb a family, and a queue of connections that nobody has accepted yet. While it is full lwIP answers no SYN. */
#include "ml_net_internal.h"

static err_t arrived(void *context, struct tcp_pcb *pcb, err_t error)
{
    ml_socket *listener = context, *socket;
    if (pcb == NULL || error != ERR_OK) return ERR_VAL;
    socket = listener->count < listener->backlog ? ml_socket_new(listener->net, ML_SOCKET_TCP) : NULL;
    if (socket == NULL)
    {
        ML_NET_COUNT(listener->net, ACCEPT_FULL);
        return ERR_MEM;                          /* lwIP resets the connection */
    }
    ml_tcp_adopt(socket, pcb);
    socket->connected = true;
    socket->echo = listener->echo;
    ML_NET_COUNT(listener->net, CONNECTIONS);
    if (listener->echo) return ERR_OK;
    tcp_backlog_delayed(pcb);
    listener->accepted[(listener->first + listener->count++) % listener->backlog] = ml_socket_handle(socket);
    ml_socket_raise(listener, ML_NET_ACCEPTABLE);
    return ERR_OK;
}

static int bind_family(ml_socket *socket, int family, const ip_addr_t *address, int port)
{
    struct tcp_pcb *pcb = tcp_new_ip_type(family == ML_V4 ? IPADDR_TYPE_V4 : IPADDR_TYPE_V6), *listening;
    err_t error;
    if (pcb == NULL) return ML_FULL;
    tcp_bind_netif(pcb, &socket->net->netif);
    error = tcp_bind(pcb, address, (u16_t)port);
    listening = error == ERR_OK ? tcp_listen_with_backlog_and_err(pcb, (u8_t)(socket->backlog > 255 ? 255 : socket->backlog), &error) : NULL;
    if (listening == NULL)
    {
        tcp_close(pcb);
        return ml_net_error(error);
    }
    tcp_arg(listening, socket);
    tcp_accept(listening, arrived);
    socket->tcp[family] = listening;
    return ML_OK;
}

static void unbind(ml_socket *socket)
{
    for (int family = 0; family < ML_FAMILIES; family++)
    {
        if (socket->tcp[family] != NULL) tcp_close(socket->tcp[family]);
        socket->tcp[family] = NULL;
    }
}

static int bind_any(ml_socket *socket, int port)
{
    for (int family = 0; family < ML_FAMILIES; family++)
    {
        const ip_addr_t *own = ml_net_own(socket->net, family);
        int result = own == NULL ? ML_OK : bind_family(socket, family, own, port);
        if (result == ML_OK) continue;
        unbind(socket);
        return result;
    }
    socket->port = (uint16_t)port;
    return ML_OK;
}

void ml_listen_bind_missing(ml_socket *socket)
{
    for (int family = 0; family < ML_FAMILIES; family++)
    {
        const ip_addr_t *own = ml_net_own(socket->net, family);
        if (own == NULL && socket->tcp[family] != NULL)
        {
            tcp_close(socket->tcp[family]);
            socket->tcp[family] = NULL;
        }
        if (own != NULL && socket->tcp[family] == NULL) bind_family(socket, family, own, socket->port);
    }
}

int ml_net_tcp_listen(int handle, const uint8_t *local, int offset, int backlog)
{
    ml_net *net = ml_net_enter(handle, -1);
    ml_socket *socket;
    ip_addr_t address;
    int port = local[offset + 16] << 8 | local[offset + 17], result, family;
    if (net == NULL) return ML_BAD_HANDLE;
    if (backlog < 1 || backlog > ML_NET_BACKLOG_MAX) return ml_net_leave(net, ML_BAD_ARGUMENT);
    socket = ml_socket_new(net, ML_SOCKET_LISTENER);
    if (socket == NULL) return ml_net_leave(net, ML_FULL);
    socket->accepted = ml_port_allocate((size_t)backlog * sizeof(int32_t));
    socket->backlog = (uint16_t)backlog;
    socket->any = ml_net_is_zero(local + offset);
    family = ml_net_address_from(local + offset, &address);
    if (socket->accepted == NULL) result = ML_FULL;
    else if (socket->any) result = ml_socket_bind_port(socket, bind_any, port);
    else if (!ml_net_is_ours(net, &address)) result = ML_NET_NO_ADDRESS;
    else result = bind_family(socket, family, &address, port);
    if (result == ML_OK) return ml_net_leave(net, ml_socket_handle(socket));
    ml_socket_free(socket);
    return ml_net_leave(net, result);
}

int ml_net_tcp_accept(int handle, int which, uint8_t *from, int from_offset)
{
    ml_net *net = ml_net_enter(handle, -1);
    ml_socket *listener;
    if (net == NULL) return ML_BAD_HANDLE;
    listener = ml_socket_at(net, which, ML_SOCKET_LISTENER);
    if (listener == NULL) return ml_net_leave(net, ML_BAD_ARGUMENT);
    while (listener->count > 0)
    {
        ml_socket *socket = ml_socket_at(net, listener->accepted[listener->first], ML_SOCKET_TCP);
        listener->first = (uint16_t)((listener->first + 1) % listener->backlog);
        listener->count--;
        if (socket == NULL) continue;
        if (socket->tcp[0] == NULL)
        {
            ml_tcp_close(socket, true);          /* it broke while it waited */
            ml_socket_free(socket);
            continue;
        }
        tcp_backlog_accepted(socket->tcp[0]);
        ml_net_endpoint(&socket->tcp[0]->remote_ip, socket->tcp[0]->remote_port, from + from_offset);
        return ml_net_leave(net, ml_socket_handle(socket));
    }
    return ml_net_leave(net, ML_NET_AGAIN);
}

void ml_listen_close(ml_socket *socket)
{
    unbind(socket);
    for (; socket->count > 0; socket->count--)
    {
        ml_socket *waiting = ml_socket_at(socket->net, socket->accepted[socket->first], ML_SOCKET_TCP);
        socket->first = (uint16_t)((socket->first + 1) % socket->backlog);
        if (waiting == NULL) continue;
        ml_tcp_close(waiting, true);
        ml_socket_free(waiting);
    }
}
