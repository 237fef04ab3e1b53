/* Datagrams of the host joined to one place in the tunnel: a UDP socket, whose every sender gets a tunnel socket of its own (with SOCKS headers:
 * to any place), or a stream of records (length u16 big endian, payload). What there is no room for is dropped and counted, as UDP may. */
#define _GNU_SOURCE
#include "ml_bridge_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ML_BRIDGE_BATCH 256
/* Room for the longest SOCKS header before a datagram. */
#define ML_BRIDGE_HEADER 22

/* ---- UDP ----------------------------------------------------------------------------------------------------------------------------- */

static void flow_end(ml_bridge *bridge, ml_bridge_flow *flow, int64_t now_ms)
{
    bridge->by_socket[flow->socket & 0xffff] = NULL;
    ml_net_close(bridge->net, flow->socket, 0, now_ms);
    flow->join = NULL;
}

/* The flow of a sender, made when it is new; the least recently used one gives way. */
static ml_bridge_flow *flow_of(ml_bridge *bridge, ml_join *join, const struct sockaddr_storage *from, socklen_t length, int64_t now_ms)
{
    static const uint8_t any[18];
    ml_bridge_flow *best = NULL;
    int socket;
    for (int i = 0; i < ML_BRIDGE_FLOWS; i++)
    {
        ml_bridge_flow *flow = &bridge->flows[i];
        if (flow->join == join && flow->from_length == length && memcmp(&flow->from, from, length) == 0)
        {
            flow->used_ms = now_ms;
            return flow;
        }
        if (best == NULL || (best->join != NULL && (flow->join == NULL || flow->used_ms < best->used_ms))) best = flow;
    }
    if (best->join != NULL) flow_end(bridge, best, now_ms);
    socket = ml_net_udp_open(bridge->net, any, 0);
    if (socket < 0) return NULL;
    best->join = join;
    best->socket = socket;
    best->used_ms = now_ms;
    best->from = *from;
    best->from_length = length;
    bridge->by_socket[socket & 0xffff] = join;
    ml_net_watch(bridge->net, socket);
    return best;
}

bool ml_bridge_datagrams(ml_bridge *bridge, ml_join *join, int64_t now_ms)
{
    for (int i = 0; i < ML_BRIDGE_BATCH && join->fd_readable; i++)
    {
        struct sockaddr_storage from;
        socklen_t length = sizeof from;
        ml_bridge_flow *flow;
        uint8_t to[18];
        int header = 0;
        ssize_t count;
        memset(&from, 0, sizeof from);
        count = recvfrom(join->fd, bridge->block, ML_BRIDGE_BLOCK, MSG_DONTWAIT, (struct sockaddr *)&from, &length);
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) join->fd_readable = false;
        if (count < 0) continue;                                   /* an ICMP error of an earlier datagram, or nothing more */
        memcpy(to, join->to, sizeof to);
        if (join->kind == ML_JOIN_SOCKS) header = ml_socks_is_from(&from, join->to) ? ml_socks_unwrap(bridge->block, (int)count, to) : -1;
        flow = header < 0 ? NULL : flow_of(bridge, join, &from, length, now_ms);
        if (flow != NULL && ml_net_udp_send(bridge->net, flow->socket, to, 0, bridge->block, header, (int)count - header, now_ms) >= 0)
            ml_bridge_count(bridge, ML_BRIDGE_DATAGRAMS_OUT, 1);
        else ml_bridge_count(bridge, ML_BRIDGE_DROPPED, 1);
    }
    return join->fd_readable;
}

void ml_bridge_flow_ready(ml_bridge *bridge, int socket, int64_t now_ms)
{
    ml_bridge_flow *flow = NULL;
    uint8_t from[18];
    int count;
    for (int i = 0; i < ML_BRIDGE_FLOWS && flow == NULL; i++)
        if (bridge->flows[i].join != NULL && bridge->flows[i].socket == socket) flow = &bridge->flows[i];
    if (flow == NULL) return;
    flow->used_ms = now_ms;
    while ((count = ml_net_udp_receive(bridge->net, socket, from, 0, bridge->block, ML_BRIDGE_HEADER, ML_BRIDGE_DATAGRAM)) >= 0)
    {
        uint8_t *bytes = bridge->block + ML_BRIDGE_HEADER;
        bool wanted = flow->join->kind == ML_JOIN_SOCKS || memcmp(from, flow->join->to, 18) == 0;
        int header = flow->join->kind == ML_JOIN_SOCKS ? ml_socks_wrap(from, bytes) : 0;
        if (wanted && sendto(flow->join->fd, bytes - header, (size_t)(count + header), MSG_DONTWAIT | MSG_NOSIGNAL,
                             (struct sockaddr *)&flow->from, flow->from_length) >= 0) ml_bridge_count(bridge, ML_BRIDGE_DATAGRAMS_IN, 1);
        else ml_bridge_count(bridge, ML_BRIDGE_DROPPED, 1);
    }
}

void ml_bridge_sweep(ml_bridge *bridge, int64_t now_ms)
{
    if (now_ms - bridge->swept_ms < 1000) return;
    bridge->swept_ms = now_ms;
    for (int i = 0; i < ML_BRIDGE_FLOWS; i++)
        if (bridge->flows[i].join != NULL && now_ms - bridge->flows[i].used_ms >= ML_BRIDGE_IDLE_MS)
            flow_end(bridge, &bridge->flows[i], now_ms);
}

void ml_bridge_flows_end(ml_bridge *bridge, const ml_join *join, int64_t now_ms)
{
    for (int i = 0; i < ML_BRIDGE_FLOWS; i++)
        if (bridge->flows[i].join == join) flow_end(bridge, &bridge->flows[i], now_ms);
}

/* ---- records ------------------------------------------------------------------------------------------------------------------------- */

/* 0 = nothing more at present, 1 = again, -1 = the stream has ended or broken. */
static int read_record(ml_bridge *bridge, ml_join *join, int64_t now_ms)
{
    int need = join->record_fill < 2 ? 2 : 2 + (join->record[0] << 8 | join->record[1]);
    ssize_t count = 0;
    if (need > 2 + ML_BRIDGE_DATAGRAM) return -1;
    if (join->record_fill < need)
    {
        count = read(join->fd, join->record + join->record_fill, (size_t)(need - join->record_fill));
        if (count == 0) return -1;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) join->fd_readable = false;
        if (count < 0) return errno == EINTR ? 1 : join->fd_readable ? -1 : 0;
        join->record_fill += (int)count;
    }
    if (join->record_fill < 2 || join->record_fill < 2 + (join->record[0] << 8 | join->record[1])) return 1;
    if (ml_net_udp_send(bridge->net, join->socket, join->to, 0, join->record, 2, join->record_fill - 2, now_ms) >= 0)
        ml_bridge_count(bridge, ML_BRIDGE_DATAGRAMS_OUT, 1);
    else ml_bridge_count(bridge, ML_BRIDGE_DROPPED, 1);
    join->record_fill = 0;
    return 1;
}

static int write_record(ml_bridge *bridge, ml_join *join)
{
    uint8_t from[18];
    ssize_t count;
    if (join->reply_count == 0)
    {
        int length = ml_net_udp_receive(bridge->net, join->socket, from, 0, join->reply, 2, ML_BRIDGE_DATAGRAM);
        if (length < 0) return 0;
        if (memcmp(from, join->to, 18) != 0)
        {
            ml_bridge_count(bridge, ML_BRIDGE_DROPPED, 1);
            return 1;
        }
        ml_bridge_count(bridge, ML_BRIDGE_DATAGRAMS_IN, 1);
        join->reply[0] = (uint8_t)(length >> 8);
        join->reply[1] = (uint8_t)length;
        join->reply_at = 0;
        join->reply_count = length + 2;
    }
    count = send(join->fd, join->reply + join->reply_at, (size_t)join->reply_count, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) join->fd_writable = false;
    if (count < 0) return errno == EINTR ? 1 : join->fd_writable ? -1 : 0;
    join->reply_at += (int)count;
    join->reply_count -= (int)count;
    return 1;
}

bool ml_bridge_framed(ml_bridge *bridge, ml_join *join, int64_t now_ms)
{
    int state = 1;
    for (int i = 0; i < ML_BRIDGE_BATCH && state > 0 && join->fd_writable; i++) state = write_record(bridge, join);
    for (int i = 0; i < ML_BRIDGE_BATCH && state >= 0 && join->fd_readable; i++)
    {
        state = read_record(bridge, join, now_ms);
        if (state == 0) break;
    }
    if (state < 0) ml_bridge_end(bridge, join, false, now_ms);
    return state > 0 && join->fd_readable;
}
