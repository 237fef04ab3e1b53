#define _GNU_SOURCE
#include "ml_pump_sockets.h"

#include <errno.h>
#include <netinet/udp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* Linux 4.18 and 5.0; the C library's headers may be older than the kernel. */
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

/* Large enough for 20 ms of two gigabits; the kernel cuts it to its own limit unless we may pass that (CAP_NET_ADMIN). */
#define ML_SOCKET_BUFFER (7 << 20)
#define ML_SEND_WAIT_MS 10
/* The kernel's own limits for one message: UDP_MAX_SEGMENTS, and the longest IP packet less headers of both families. */
#define ML_SEGMENTS_MAX 64
#define ML_MESSAGE_MAX 65000
/* After a receive that brought large messages, fewer are asked for: what was received should be worked on while it is in the cache. */
#define ML_LARGE_MESSAGE 8192
#define ML_FEW_MESSAGES 4

static void buffer_size(int fd, int name, int forced)
{
    int size = ML_SOCKET_BUFFER;
    if (setsockopt(fd, SOL_SOCKET, forced, &size, sizeof size) != 0) setsockopt(fd, SOL_SOCKET, name, &size, sizeof size);
}

static int open_one(int family, int port, uint32_t mark)
{
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    int one = 1, error;
    int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    buffer_size(fd, SO_RCVBUF, SO_RCVBUFFORCE);
    buffer_size(fd, SO_SNDBUF, SO_SNDBUFFORCE);
    if (mark != 0 && setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof mark) != 0) goto failed;
    if (family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    if (family == AF_INET && bind(fd, (struct sockaddr *)&v4, sizeof v4) == 0) return fd;
    if (family == AF_INET6 && bind(fd, (struct sockaddr *)&v6, sizeof v6) == 0) return fd;
failed:
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

/* What this kernel can do. Without UDP_GRO messages are single datagrams, which is all the rest needs to know. */
static void find_offloads(ml_pump_sockets *sockets)
{
    int one = 1, none = 0;
    sockets->segments = setsockopt(sockets->v4, IPPROTO_UDP, UDP_SEGMENT, &none, sizeof none) == 0;
    sockets->merges = setsockopt(sockets->v4, IPPROTO_UDP, UDP_GRO, &one, sizeof one) == 0;
    if (sockets->v6 >= 0 && sockets->merges) setsockopt(sockets->v6, IPPROTO_UDP, UDP_GRO, &one, sizeof one);
}

int ml_pump_sockets_open(ml_pump_sockets *sockets, int port, uint32_t mark)
{
    /* Any port: the kernel names one for IPv4, and IPv6 must have the same; somebody else may hold that one, so try again. */
    for (int attempt = 0; attempt < 32; attempt++)
    {
        int v4 = open_one(AF_INET, port, mark), v6;
        if (v4 < 0) return v4;
        v6 = open_one(AF_INET6, port_of(v4), mark);
        if (v6 >= 0 || v6 != -EADDRINUSE)
        {
            sockets->v4 = v4;
            sockets->v6 = v6 < 0 ? -1 : v6;               /* a host without IPv6 is fine */
            sockets->port = port_of(v4);
            find_offloads(sockets);
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

/* ---- addresses ---------------------------------------------------------------------------------------------------------------------------- */

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

/* ---- out ---------------------------------------------------------------------------------------------------------------------------------- */

typedef union
{
    struct cmsghdr align;
    uint8_t bytes[CMSG_SPACE(sizeof(int))];
} control;

typedef struct
{
    struct mmsghdr message[ML_PUMP_ITEMS];
    struct sockaddr_in6 address[ML_PUMP_ITEMS];
    struct iovec part[ML_PUMP_ITEMS];
    control size[ML_PUMP_ITEMS];
    const ml_pump_item *first[ML_PUMP_ITEMS];               /* the datagrams of each message */
    int datagrams[ML_PUMP_ITEMS];
    int messages, parts;
} outbox;

static void set_segment_size(struct msghdr *header, control *size, int bytes)
{
    uint16_t value = (uint16_t)bytes;
    struct cmsghdr *part = &size->align;
    memset(size, 0, sizeof *size);
    part->cmsg_level = IPPROTO_UDP;
    part->cmsg_type = UDP_SEGMENT;
    part->cmsg_len = CMSG_LEN(sizeof value);
    memcpy(CMSG_DATA(part), &value, sizeof value);
    header->msg_control = size;
    header->msg_controllen = CMSG_SPACE(sizeof value);
}

/* What lies behind what is there already becomes one part with it. */
static void add_part(outbox *box, struct msghdr *header, const ml_pump_item *item)
{
    struct iovec *last = header->msg_iovlen > 0 ? &box->part[box->parts - 1] : NULL;
    if (last != NULL && (const uint8_t *)last->iov_base + last->iov_len == item->bytes)
    {
        last->iov_len += (size_t)item->count;
        return;
    }
    box->part[box->parts].iov_base = (void *)(uintptr_t)item->bytes;
    box->part[box->parts++].iov_len = (size_t)item->count;
    header->msg_iovlen++;
}

/* One message: as many datagrams as may go with the first one. All are of its size; only the last may be shorter. */
static int add_message(outbox *box, const ml_pump_item *items, int count, bool segments)
{
    int i = box->messages++, n = 0, total = 0, size = items[0].count;
    struct msghdr *header = &box->message[i].msg_hdr;
    memset(&box->message[i], 0, sizeof box->message[i]);
    header->msg_name = &box->address[i];
    header->msg_namelen = to_socket_address(items[0].endpoint, &box->address[i]);
    header->msg_iov = &box->part[box->parts];
    do
    {
        add_part(box, header, &items[n]);
        total += items[n++].count;
    }
    while (segments && n < count && n < ML_SEGMENTS_MAX && items[n - 1].count == size && items[n].count <= size && items[n].count > 0 &&
           total + items[n].count <= ML_MESSAGE_MAX && memcmp(items[n].endpoint, items[0].endpoint, 18) == 0);
    if (n > 1) set_segment_size(header, &box->size[i], size);
    box->first[i] = items;
    box->datagrams[i] = n;
    return n;
}

/* The datagrams of one message by themselves. Returns how many went. */
static int send_apart(int fd, const struct msghdr *header, const ml_pump_item *items, int count)
{
    int sent = 0;
    for (int i = 0; i < count; i++)
        sent += sendto(fd, items[i].bytes, (size_t)items[i].count, 0, header->msg_name, header->msg_namelen) >= 0;
    return sent;
}

/* A message that the kernel refuses is left out and the rest goes on: no route, say. One of many datagrams may be refused because it is
 * one: EIO where the device cannot make checksums, EINVAL where a datagram is larger than the path takes. */
static int send_box(ml_pump_sockets *sockets, int fd, outbox *box)
{
    int done = 0, sent = 0;
    if (fd < 0) return 0;
    while (done < box->messages)
    {
        struct pollfd wait = { fd, POLLOUT, 0 };
        int n = sendmmsg(fd, box->message + done, (unsigned)(box->messages - done), 0), error = errno;
        if (n > 0)
        {
            while (n-- > 0) sent += box->datagrams[done++];
        }
        else if (error == EINTR) continue;
        else if (error == EAGAIN && poll(&wait, 1, ML_SEND_WAIT_MS) > 0) continue;
        else if (error == EAGAIN) return sent;              /* the device is stuck: the datagrams are lost, as UDP may */
        else
        {
            if (error == EIO) __atomic_store_n(&sockets->segments, false, __ATOMIC_RELAXED);
            if (box->datagrams[done] > 1)
                sent += send_apart(fd, &box->message[done].msg_hdr, box->first[done], box->datagrams[done]);
            done++;
        }
    }
    return sent;
}

int ml_pump_sockets_send(ml_pump_sockets *sockets, const ml_pump_item *items, int count)
{
    outbox box;
    int sent = 0, at = 0;
    bool segments = __atomic_load_n(&sockets->segments, __ATOMIC_RELAXED);
    while (at < count)
    {
        /* A box for each change of family, so that order is kept. */
        bool v4 = memcmp(items[at].endpoint, v4_mapped, 12) == 0;
        box.messages = box.parts = 0;
        while (at < count && (memcmp(items[at].endpoint, v4_mapped, 12) == 0) == v4)
            at += add_message(&box, items + at, count - at, segments);
        sent += send_box(sockets, v4 ? sockets->v4 : sockets->v6, &box);
    }
    return sent;
}

/* ---- in ----------------------------------------------------------------------------------------------------------------------------------- */

static int segment_size(struct msghdr *header, int whole)
{
    for (struct cmsghdr *part = CMSG_FIRSTHDR(header); part != NULL; part = CMSG_NXTHDR(header, part))
    {
        int size;
        if (part->cmsg_level != IPPROTO_UDP || part->cmsg_type != UDP_GRO) continue;
        memcpy(&size, CMSG_DATA(part), sizeof size);
        return size > 0 && size < whole ? size : whole;
    }
    return whole;
}

int ml_pump_sockets_receive(int socket, ml_pump_inbox *inbox)
{
    struct mmsghdr messages[ML_PUMP_MESSAGES];
    struct sockaddr_in6 address[ML_PUMP_MESSAGES];
    struct iovec part[ML_PUMP_MESSAGES];
    control size[ML_PUMP_MESSAGES];
    int asked = inbox->next > 0 ? inbox->next : ML_PUMP_MESSAGES, count, total = 0;
    memset(messages, 0, (size_t)asked * sizeof messages[0]);
    for (int i = 0; i < asked; i++)
    {
        part[i].iov_base = inbox->bytes[i];
        part[i].iov_len = ML_PUMP_MESSAGE_BYTES;
        messages[i].msg_hdr.msg_iov = &part[i];
        messages[i].msg_hdr.msg_iovlen = 1;
        messages[i].msg_hdr.msg_name = &address[i];
        messages[i].msg_hdr.msg_namelen = sizeof address[i];
        messages[i].msg_hdr.msg_control = &size[i];
        messages[i].msg_hdr.msg_controllen = sizeof size[i];
    }
    count = recvmmsg(socket, messages, (unsigned)asked, MSG_DONTWAIT, NULL);
    if (count <= 0) return 0;
    for (int i = 0; i < count; i++)
    {
        from_socket_address(&address[i], inbox->endpoint[i]);
        inbox->count[i] = (int)messages[i].msg_len;
        inbox->datagram[i] = segment_size(&messages[i].msg_hdr, inbox->count[i]);
        total += inbox->count[i];
    }
    inbox->next = total / count >= ML_LARGE_MESSAGE ? ML_FEW_MESSAGES : ML_PUMP_MESSAGES;
    return count;
}
