/* A byte stream of the host joined to a TCP connection in the tunnel. From the tunnel bytes go to the host without a copy of ours: writev from
 * lwIP's buffers, which are released when the host has taken them; so a slow host closes the window. */
#define _GNU_SOURCE
#include "ml_bridge_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* What lwIP did not take although it had said it would (it was out of memory): kept for the next turn. */
static bool keep(ml_join *join, const uint8_t *bytes, int count)
{
    join->spill = malloc((size_t)count);
    if (join->spill == NULL) return false;
    memcpy(join->spill, bytes, (size_t)count);
    join->spill_at = 0;
    join->spill_count = count;
    return true;
}

/* 0 = go on, -1 = nothing to do at present, other: the join ends. */
static int send_spill(ml_bridge *bridge, ml_join *join, int64_t now_ms)
{
    int taken = ml_net_tcp_send(bridge->net, join->socket, join->spill, join->spill_at, join->spill_count, now_ms);
    if (taken < 0) return 1;
    join->spill_at += taken;
    join->spill_count -= taken;
    if (join->spill_count > 0) return -1;
    free(join->spill);
    join->spill = NULL;
    return 0;
}

/* Host -> tunnel. 0 = done at present, 1 = more at once, -1 = broken. */
static int outward(ml_bridge *bridge, ml_join *join, int64_t now_ms)
{
    int moved = 0;
    while (!join->out_done && (join->fd_readable || join->spill != NULL))
    {
        ssize_t count;
        int room, taken;
        if (join->spill != NULL)
        {
            int state = send_spill(bridge, join, now_ms);
            if (state != 0) return state > 0 ? -1 : 0;
            continue;
        }
        room = ml_net_tcp_room(bridge->net, join->socket);
        if (room < 0) return -1;
        if (room == 0) return 0;                                   /* ML_NET_WRITABLE follows */
        if (moved >= ML_BRIDGE_TURN) return 1;
        count = read(join->fd, bridge->block, room < ML_BRIDGE_BLOCK ? (size_t)room : ML_BRIDGE_BLOCK);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) join->fd_readable = false;
        else if (count < 0) return -1;
        else if (count == 0)
        {
            join->out_done = true;
            ml_net_tcp_shutdown(bridge->net, join->socket, now_ms);
        }
        if (count <= 0) continue;
        taken = ml_net_tcp_send(bridge->net, join->socket, bridge->block, 0, (int)count, now_ms);
        if (taken < 0 || (taken < count && !keep(join, bridge->block + taken, (int)count - taken))) return -1;
        ml_bridge_count(bridge, ML_BRIDGE_OUT, (uint64_t)count);
        moved += (int)count;
    }
    return 0;
}

/* Tunnel -> host, likewise. */
static int inward(ml_bridge *bridge, ml_join *join, int64_t now_ms)
{
    int moved = 0;
    while (!join->in_done && join->fd_writable)
    {
        ml_net_part parts[ML_BRIDGE_PARTS];
        struct iovec vector[ML_BRIDGE_PARTS];
        struct msghdr message = { .msg_iov = vector };
        ssize_t count;
        int found = ml_net_tcp_peek(bridge->net, join->socket, parts, ML_BRIDGE_PARTS);
        if (found == ML_NET_AGAIN) return 0;
        if (found < 0) return -1;
        if (found == 0)
        {
            join->in_done = true;
            shutdown(join->fd, SHUT_WR);
            return 0;
        }
        if (moved >= ML_BRIDGE_TURN) return 1;
        for (int i = 0; i < found; i++)
        {
            vector[i].iov_base = (void *)(uintptr_t)parts[i].bytes;
            vector[i].iov_len = (size_t)parts[i].count;
        }
        message.msg_iovlen = (size_t)found;
        count = sendmsg(join->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) join->fd_writable = false;
        else if (count < 0) return -1;
        if (count <= 0) continue;
        ml_net_tcp_release(bridge->net, join->socket, (int)count, now_ms);
        ml_bridge_count(bridge, ML_BRIDGE_IN, (uint64_t)count);
        moved += (int)count;
    }
    return 0;
}

bool ml_bridge_stream(ml_bridge *bridge, ml_join *join, int64_t now_ms)
{
    int in = inward(bridge, join, now_ms);
    int out = in < 0 ? -1 : outward(bridge, join, now_ms);
    if (in < 0 || out < 0)
    {
        ml_bridge_end(bridge, join, true, now_ms);
        return false;
    }
    if (join->in_done && join->out_done && join->spill == NULL)
    {
        ml_bridge_end(bridge, join, false, now_ms);
        return false;
    }
    return in > 0 || out > 0;
}
