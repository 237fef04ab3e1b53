/* Sockets of the pump: one port, two families, batches of 64 datagrams a system call. */
#define _GNU_SOURCE
#include "ml_pump_sockets.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "ml_dataplane.h"

/* Large enough for 20 ms of a gigabit; the kernel cuts it to its own limit. */
#define ML_SOCKET_BUFFER (4 << 20)
#define ML_SEND_WAIT_MS 10

static int open_one(int family, int port)
{
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    int one = 1, size = ML_SOCKET_BUFFER, error;
    int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    if (family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    if (family == AF_INET && bind(fd, (struct sockaddr *)&v4, sizeof v4) == 0) return fd;
    if (family == AF_INET6 && bind(fd, (struct sockaddr *)&v6, sizeof v6) == 0) return fd;
    error = errno;
    close(fd);
    return -error;
}

static int port_of(int fd)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    return getsockname(fd, (struct sockaddr *)&address, &length) == 0 ? ntohs(address.sin_port) : 0;
}

int ml_pump_sockets_open(ml_pump_sockets *sockets, int port)
{
    /* Any port: the kernel names one for IPv4, and IPv6 must have the same; somebody else may hold that one, so try again. */
    for (int attempt = 0; attempt < 32; attempt++)
    {
        int v4 = open_one(AF_INET, port), v6;
        if (v4 < 0) return v4;
        v6 = open_one(AF_INET6, port_of(v4));
        if (v6 >= 0 || v6 != -EADDRINUSE)
        {
            sockets->v4 = v4;
            sockets->v6 = v6 < 0 ? -1 : v6;               /* a host without IPv6 is fine */
            sockets->port = port_of(v4);
            return 0;
        }
        close(v4);
        if (port != 0) return v6;
    }
    return -EADDRINUSE;
}

void ml_pump_sockets_close(ml_pump_sockets *sockets)
{
    if (sockets->v4 >= 0) close(sockets->v4);
    if (sockets->v6 >= 0) close(sockets->v6);
    sockets->v4 = sockets->v6 = -1;
}

static const uint8_t v4_mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static socklen_t to_socket_address(const uint8_t *endpoint, struct sockaddr_in6 *into)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)into;
    memset(into, 0, sizeof *into);
    if (memcmp(endpoint, v4_mapped, 12) == 0)
    {
        v4->sin_family = AF_INET;
        memcpy(&v4->sin_addr, endpoint + 12, 4);
        memcpy(&v4->sin_port, endpoint + 16, 2);
        return sizeof *v4;
    }
    into->sin6_family = AF_INET6;
    memcpy(&into->sin6_addr, endpoint, 16);
    memcpy(&into->sin6_port, endpoint + 16, 2);
    return sizeof *into;
}

static void from_socket_address(const struct sockaddr_in6 *address, uint8_t *endpoint)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)address;
    if (address->sin6_family == AF_INET6)
    {
        memcpy(endpoint, &address->sin6_addr, 16);
        memcpy(endpoint + 16, &address->sin6_port, 2);
        return;
    }
    memcpy(endpoint, v4_mapped, 12);
    memcpy(endpoint + 12, &v4->sin_addr, 4);
    memcpy(endpoint + 16, &v4->sin_port, 2);
}

/* Sends messages of one family. A datagram that the kernel refuses (no route, say) is left out and the rest goes on. */
static int send_some(int fd, struct mmsghdr *messages, int count)
{
    int done = 0, sent = 0;
    if (fd < 0) return 0;
    while (done < count)
    {
        struct pollfd wait = { fd, POLLOUT, 0 };
        int n = sendmmsg(fd, messages + done, (unsigned)(count - done), 0);
        if (n > 0)
        {
            done += n;
            sent += n;
        }
        else if (errno == EINTR) continue;
        else if (errno == EAGAIN && poll(&wait, 1, ML_SEND_WAIT_MS) > 0) continue;
        else if (errno == EAGAIN) return sent;              /* the device is stuck: the datagrams are lost, as UDP may */
        else done++;
    }
    return sent;
}

int ml_pump_send_all(const ml_pump_sockets *sockets, int data_plane, ml_pump_batch *batch)
{
    int total = 0;
    for (;;)
    {
        struct mmsghdr v4[ML_PUMP_BATCH], v6[ML_PUMP_BATCH];
        int count4 = 0, count6 = 0, count = 0, sent;
        while (count < ML_PUMP_BATCH)
        {
            struct mmsghdr *message;
            int length = ml_dp_poll_udp(data_plane, batch->buffer[count], 0, ML_PUMP_BUFFER);
            socklen_t address;
            if (length <= ML_ENDPOINT) break;
            address = to_socket_address(batch->buffer[count], &batch->address[count]);
            message = batch->address[count].sin6_family == AF_INET6 ? &v6[count6++] : &v4[count4++];
            memset(message, 0, sizeof *message);
            batch->part[count].iov_base = batch->buffer[count] + ML_ENDPOINT;
            batch->part[count].iov_len = (size_t)(length - ML_ENDPOINT);
            message->msg_hdr.msg_iov = &batch->part[count];
            message->msg_hdr.msg_iovlen = 1;
            message->msg_hdr.msg_name = &batch->address[count];
            message->msg_hdr.msg_namelen = address;
            count++;
        }
        if (count == 0) return total;
        sent = send_some(sockets->v4, v4, count4) + send_some(sockets->v6, v6, count6);
        if (sent < count) ml_dp_send_failed(data_plane, count - sent);
        total += sent;
    }
}

int ml_pump_receive(int fd, int data_plane, ml_pump_batch *batch, int64_t now_ms)
{
    struct mmsghdr messages[ML_PUMP_BATCH];
    int count;
    for (int i = 0; i < ML_PUMP_BATCH; i++)
    {
        memset(&messages[i], 0, sizeof messages[i]);
        batch->part[i].iov_base = batch->buffer[i];
        batch->part[i].iov_len = ML_PUMP_BUFFER;
        messages[i].msg_hdr.msg_iov = &batch->part[i];
        messages[i].msg_hdr.msg_iovlen = 1;
        messages[i].msg_hdr.msg_name = &batch->address[i];
        messages[i].msg_hdr.msg_namelen = sizeof batch->address[i];
    }
    count = recvmmsg(fd, messages, ML_PUMP_BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < count; i++)
    {
        from_socket_address(&batch->address[i], batch->endpoint[i]);
        ml_dp_udp_in_place(data_plane, batch->endpoint[i], batch->buffer[i], (int)messages[i].msg_len, now_ms);
    }
    return count < 0 ? 0 : count;
}
