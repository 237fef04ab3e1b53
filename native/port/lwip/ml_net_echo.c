/* The echo service for tests: every datagram and every byte goes back where it came from, inside of the stack. */
#include "ml_net_internal.h"

int ml_net_echo(int handle, int port)
{
    uint8_t any[ML_ENDPOINT] = { 0 };
    int udp, tcp;
    ml_net *net;
    if (port < 1 || port > 65535) return ML_BAD_ARGUMENT;
    any[16] = (uint8_t)(port >> 8);
    any[17] = (uint8_t)port;
    udp = ml_net_udp_open(handle, any, 0);
    if (udp < 0) return udp;
    tcp = ml_net_tcp_listen(handle, any, 0, 64);
    if (tcp < 0)
    {
        ml_net_close(handle, udp, 1, -1);
        return tcp;
    }
    net = ml_net_enter(handle, -1);
    if (net == NULL) return ML_BAD_HANDLE;
    ml_socket_at(net, udp, ML_SOCKET_UDP)->echo = true;
    ml_socket_at(net, tcp, ML_SOCKET_LISTENER)->echo = true;
    return ml_net_leave(net, ML_OK);
}

static void end(ml_socket *socket, bool abort)
{
    ml_tcp_close(socket, abort);
    ml_socket_free(socket);
}

/* On every news of an echoing connection, from lwIP's callbacks: a pcb may be closed there, but not aborted. */
void ml_echo_run(ml_socket *socket)
{
    bool wrote = false;
    if (socket->kind != ML_SOCKET_TCP) return;
    if (socket->tcp[0] == NULL)
    {
        end(socket, false);
        return;
    }
    while (socket->head != NULL)
    {
        uint32_t part = socket->head->len - socket->read_at, room = socket->tcp[0]->snd_buf;
        if (part > room) part = room;
        if (part == 0 || tcp_sndqueuelen(socket->tcp[0]) > TCP_SND_QUEUELEN - 64 ||
            tcp_write(socket->tcp[0], (const uint8_t *)socket->head->payload + socket->read_at, (u16_t)part, TCP_WRITE_FLAG_COPY) != ERR_OK)
        {
            socket->wants_room = true;
            break;
        }
        ml_tcp_release(socket, part);
        wrote = true;
    }
    if (wrote) tcp_output(socket->tcp[0]);
    if (socket->finished && socket->unread == 0) end(socket, false);
}
