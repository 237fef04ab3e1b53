/* The TUN device: one thread for each queue reads packets of programs, has them sealed in place and sends them; the pump's thread writes
 * what was decrypted. Packets that come by relay arrive on managed threads, under the data plane's lock, and wait here for their flush. */
#define _GNU_SOURCE
#include "ml_tun.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ml_bytes.h"
#include "ml_dataplane.h"
#include "ml_dp_counters.h"
#include "ml_handles.h"
#include "ml_netlink.h"
#include "ml_pump.h"
#include "ml_pump_link.h"
#include "ml_tun_link.h"

#define ML_TUN_MTU 1280
#define ML_TUN_QUEUES 8
/* Packets sealed and sent at once, and how many are enough to stop reading for more. */
#define ML_TUN_BATCH ML_PUMP_ITEMS
#define ML_TUN_ENOUGH 40
#define ML_TUN_PLACE (ML_HEADROOM + ML_TUN_MTU + ML_TAILROOM + 1)
/* Packets by relay that wait for their flush. */
#define ML_TUN_WAITING 256

typedef struct
{
    struct ml_tun *tun;
    int fd;
    bool running;
    pthread_t thread;
    int count, used;                   /* packets in batch, bytes in packets */
    ml_dp_outbound batch[ML_TUN_BATCH];
    uint8_t packets[ML_TUN_BATCH * ML_TUN_PLACE];
    uint8_t frame[ML_VNET + ML_TUN_PACKET];
} queue;

typedef struct
{
    int count;
    uint16_t length[ML_TUN_WAITING];
    uint8_t packet[ML_TUN_WAITING][ML_DATAGRAM_MAX];
} waiting;

struct ml_tun
{
    int link, netlink, wake, pump, data_plane;
    int queues;
    char name[IFNAMSIZ];
    bool ruled, stopping, gone;        /* stopping, gone: any thread */
    uint64_t counters[ML_TUN_COUNTERS];
    pthread_mutex_t configuring;       /* guards netlink, and start and stop against each other */
    pthread_mutex_t filling;           /* guards which of the two is filled, and that one */
    pthread_mutex_t flushing;          /* guards the other one, and merge */
    int filled;
    waiting waits[2];
    ml_tun_merge merge;
    queue *queue[ML_TUN_QUEUES];
};

static ml_handles devices = ML_HANDLES_INIT;

ml_tun *ml_tun_enter(int handle) { return ml_handles_enter(&devices, handle); }
void ml_tun_leave(int handle) { ml_handles_leave(&devices, handle, 0); }

bool ml_tun_merges_udp(const ml_tun *tun) { return !tun->merge.no_udp; }

static void count(ml_tun *tun, int counter, uint64_t n) { __atomic_add_fetch(&tun->counters[counter], n, __ATOMIC_RELAXED); }

/* Drops are told by the data plane, too, where status looks for them. */
static void drop(ml_tun *tun, int counter, int reason)
{
    count(tun, counter, 1);
    ml_dp_count(tun->data_plane, reason, 1);
}

/* ---- into the device ---------------------------------------------------------------------------------------------------------------------- */

/* Packets of one flow go to one queue: the kernel reads the answers from the queue that the flow was last seen on. */
static int queue_of(const ml_tun *tun, const struct iovec *part)
{
    const uint8_t *packet = part->iov_base;
    size_t at = packet[0] >> 4 == 4 ? 12 : 8, end = packet[0] >> 4 == 4 ? 24 : 44;
    uint32_t hash = 2166136261u;
    if (tun->queues == 1) return 0;
    for (; at < end && at < part->iov_len; at++) hash = (hash ^ packet[at]) * 16777619u;
    return (int)((hash >> 16) % (uint32_t)tun->queues);
}

bool ml_tun_write_frame(void *context, const struct iovec *parts, int n)
{
    ml_tun *tun = context;
    ssize_t written;
    do written = writev(tun->queue[queue_of(tun, &parts[1])]->fd, parts, n);
    while (written < 0 && errno == EINTR);
    if (written < 0)
    {
        drop(tun, ML_TUN_DROP_REFUSED, ML_COUNTER_TUN_REFUSED);
        return false;
    }
    count(tun, ML_TUN_WRITTEN, 1);
    if (n > 2) count(tun, ML_TUN_MERGED, (uint64_t)n - 1);
    return true;
}

/* Under the data plane's lock. */
static int take(void *context, int slot, const uint8_t *packet, int length)
{
    int handle = (int)(intptr_t)context, taken;
    ml_tun *tun = ml_tun_enter(handle);
    waiting *waits;
    (void)slot;
    if (tun == NULL) return 0;
    pthread_mutex_lock(&tun->filling);
    waits = &tun->waits[tun->filled];
    taken = waits->count < ML_TUN_WAITING && length <= ML_DATAGRAM_MAX;
    if (taken)
    {
        memcpy(waits->packet[waits->count], packet, (size_t)length);
        waits->length[waits->count++] = (uint16_t)length;
    }
    pthread_mutex_unlock(&tun->filling);
    ml_tun_leave(handle);
    return taken;
}

static void flush(void *context, int64_t now_ms)
{
    int handle = (int)(intptr_t)context;
    ml_tun *tun = ml_tun_enter(handle);
    waiting *waits;
    (void)now_ms;
    if (tun == NULL) return;
    pthread_mutex_lock(&tun->flushing);
    pthread_mutex_lock(&tun->filling);
    waits = &tun->waits[tun->filled];
    tun->filled ^= 1;
    pthread_mutex_unlock(&tun->filling);
    for (int i = 0; i < waits->count; i++) ml_tun_merge_add(&tun->merge, waits->packet[i], waits->length[i]);
    ml_tun_merge_flush(&tun->merge);
    waits->count = 0;
    pthread_mutex_unlock(&tun->flushing);
    ml_tun_leave(handle);
}

/* ---- out of the device -------------------------------------------------------------------------------------------------------------------- */

static void send_batch(queue *q)
{
    ml_pump_item items[ML_TUN_BATCH];
    ml_tun *tun = q->tun;
    int sends = 0, ring = 0;
    if (q->count == 0) return;
    ml_dp_out_batch(tun->data_plane, q->batch, q->count, ml_pump_now_ms());
    for (int i = 0; i < q->count; i++)
    {
        const ml_dp_outbound *packet = &q->batch[i];
        if (packet->length == 0)
        {
            ring |= packet->result >= 0;
            continue;
        }
        items[sends].endpoint = packet->endpoint;
        items[sends].bytes = packet->packet - ML_HEADROOM;
        items[sends++].count = packet->length;
    }
    if (sends > 0) ml_pump_send(tun->pump, items, sends);
    if (ring) ml_pump_flush(tun->pump);
    q->count = q->used = 0;
}

/* Cuts one read into packets that lie as they will be sent: datagram behind datagram once they are sealed. */
static void add_frame(queue *q, int length)
{
    ml_tun_cut cut;
    int size;
    if (ml_tun_cut_begin(&cut, q->frame, length) != 0)
    {
        drop(q->tun, ML_TUN_DROP_MALFORMED, ML_COUNTER_TUN_MALFORMED);
        return;
    }
    while ((size = ml_tun_cut_size(&cut)) > 0)
    {
        ml_dp_outbound *packet;
        if (size > ML_TUN_MTU)
        {
            drop(q->tun, ML_TUN_DROP_LONG, ML_COUNTER_TUN_LONG);
            return;
        }
        if (q->count == ML_TUN_BATCH) send_batch(q);
        packet = &q->batch[q->count++];
        packet->packet = q->packets + q->used + ML_HEADROOM;
        packet->count = size;
        ml_tun_cut_next(&cut, packet->packet);
        q->used += ML_HEADROOM + ((size + 15) & ~15) + 16;
    }
}

static void *read_queue(void *context)
{
    queue *q = context;
    struct pollfd waits[2] = { { q->fd, POLLIN, 0 }, { q->tun->wake, POLLIN, 0 } };
    while (!__atomic_load_n(&q->tun->stopping, __ATOMIC_ACQUIRE))
    {
        ssize_t n = 1;
        while (q->count < ML_TUN_ENOUGH && (n = read(q->fd, q->frame, sizeof q->frame)) > 0)
        {
            count(q->tun, ML_TUN_READ, 1);
            add_frame(q, (int)n);
        }
        send_batch(q);
        if (n > 0) continue;
        if (poll(waits, 2, -1) < 0 && errno != EINTR) return NULL;
        if ((waits[0].revents & (POLLERR | POLLHUP | POLLNVAL)) == 0) continue;
        __atomic_store_n(&q->tun->gone, true, __ATOMIC_RELEASE);
        return NULL;
    }
    return NULL;
}

/* ---- life --------------------------------------------------------------------------------------------------------------------------------- */

static int open_queue(ml_tun *tun, bool several)
{
    struct ifreq request = { 0 };
    int one = 1, size = ML_VNET, fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), error;
    queue *q;
    if (fd < 0) return -errno;
    memcpy(request.ifr_name, tun->name, IFNAMSIZ);
    request.ifr_flags = (short)(IFF_TUN | IFF_NO_PI | IFF_VNET_HDR | (several ? IFF_MULTI_QUEUE : 0));
    if (ioctl(fd, TUNSETIFF, &request) != 0 || ioctl(fd, TUNSETVNETHDRSZ, &size) != 0 || ioctl(fd, TUNSETVNETLE, &one) != 0) goto failed;
    memcpy(tun->name, request.ifr_name, IFNAMSIZ);
    q = calloc(1, sizeof *q);
    if (q == NULL)
    {
        close(fd);
        return -ENOMEM;
    }
    q->tun = tun;
    q->fd = fd;
    tun->queue[tun->queues++] = q;
    return 0;
failed:
    error = errno;
    close(fd);
    return -error;
}

/* UDP segments since Linux 6.2; the same kernels take merged UDP. */
static void set_offloads(ml_tun *tun)
{
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif
    unsigned tcp = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;
    tun->merge.no_udp = ioctl(tun->queue[0]->fd, TUNSETOFFLOAD, tcp | TUN_F_USO4 | TUN_F_USO6) != 0;
    if (tun->merge.no_udp) ioctl(tun->queue[0]->fd, TUNSETOFFLOAD, tcp);
}

static int set_rules(ml_tun *tun, bool add)
{
    enum { MAIN_TABLE = 254 };
    int result = 0;
    for (int v4 = 1; v4 >= 0 && result == 0; v4--)
    {
        result = ml_netlink_rule(tun->netlink, v4, ML_TUN_RULE, ML_TUN_MARK, MAIN_TABLE, false, add);
        if (result == -EAFNOSUPPORT && !v4) return 0;                   /* a host without IPv6 */
        if (result == 0 || !add) result = ml_netlink_rule(tun->netlink, v4, ML_TUN_RULE + 1, 0, ML_TUN_TABLE, false, add);
        if (result == 0 || !add) result = ml_netlink_rule(tun->netlink, v4, ML_TUN_RULE + 2, 0, MAIN_TABLE, true, add);
        if (result == 0 || !add) result = ml_netlink_rule(tun->netlink, v4, ML_TUN_RULE + 3, 0, ML_TUN_TABLE_DEFAULT, false, add);
    }
    return result;
}

static void destroy(ml_tun *tun)
{
    for (int i = 0; i < tun->queues; i++)
    {
        close(tun->queue[i]->fd);
        free(tun->queue[i]);
    }
    if (tun->ruled) set_rules(tun, false);
    if (tun->netlink >= 0) close(tun->netlink);
    if (tun->wake >= 0) close(tun->wake);
    free(tun);
}

static int queues_wanted(int queues)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    if (queues == 0) queues = processors >= 8 ? 4 : processors >= 4 ? 2 : 1;
    return queues < 1 ? 1 : queues > ML_TUN_QUEUES ? ML_TUN_QUEUES : queues;
}

static int set_up(ml_tun *tun, int queues)
{
    int result = 0;
    for (int i = 0; i < queues && result == 0; i++) result = open_queue(tun, queues > 1);
    if (result < 0) return result;
    set_offloads(tun);
    tun->link = (int)if_nametoindex(tun->name);
    tun->netlink = ml_netlink_open();
    if (tun->netlink < 0) return tun->netlink;
    result = ml_netlink_link_up(tun->netlink, tun->link, ML_TUN_MTU);
    if (result < 0) return result;
    tun->ruled = true;
    return set_rules(tun, true);
}

int ml_tun_create(const uint8_t *name, int offset, int length, int queues)
{
    ml_tun *tun;
    int result;
    if (length < 1 || length >= IFNAMSIZ) return -EINVAL;
    tun = calloc(1, sizeof *tun);
    if (tun == NULL) return -ENOMEM;
    memcpy(tun->name, name + offset, (size_t)length);
    tun->netlink = tun->wake = -1;
    tun->merge.write = ml_tun_write_frame;
    tun->merge.context = tun;
    pthread_mutex_init(&tun->configuring, NULL);
    pthread_mutex_init(&tun->filling, NULL);
    pthread_mutex_init(&tun->flushing, NULL);
    result = set_up(tun, queues_wanted(queues));
    if (result == 0) result = ml_handles_add(&devices, tun);
    if (result < 0) destroy(tun);
    return result;
}

static void stop(ml_tun *tun)
{
    uint64_t one = 1;
    if (tun->wake < 0) return;
    ml_pump_attach(tun->pump, 0, 0);
    ml_dp_set_inner_sink(tun->data_plane, NULL);
    __atomic_store_n(&tun->stopping, true, __ATOMIC_RELEASE);
    while (write(tun->wake, &one, sizeof one) < 0 && errno == EINTR) { }
    for (int i = 0; i < tun->queues; i++)
    {
        if (tun->queue[i]->running) pthread_join(tun->queue[i]->thread, NULL);
        tun->queue[i]->running = false;
        tun->queue[i]->count = tun->queue[i]->used = 0;
    }
    close(tun->wake);
    tun->wake = -1;
}

static int start(ml_tun *tun, int handle, int pump)
{
    ml_dp_inner_sink sink = { take, flush, (void *)(intptr_t)handle };
    int result;
    tun->pump = pump;
    tun->data_plane = ml_pump_plane(pump);
    if (tun->data_plane <= 0) return -EBADF;
    tun->stopping = false;
    tun->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (tun->wake < 0) return -errno;
    result = ml_pump_attach(pump, handle, ML_TUN_MARK);
    if (result == 0) ml_dp_set_inner_sink(tun->data_plane, &sink);
    for (int i = 0; i < tun->queues && result == 0; i++)
    {
        result = -pthread_create(&tun->queue[i]->thread, NULL, read_queue, tun->queue[i]);
        tun->queue[i]->running = result == 0;
    }
    if (result < 0) stop(tun);
    return result;
}

int ml_tun_start(int handle, int pump)
{
    ml_tun *tun = ml_tun_enter(handle);
    int result;
    if (tun == NULL) return -EBADF;
    pthread_mutex_lock(&tun->configuring);
    stop(tun);
    result = start(tun, handle, pump);
    pthread_mutex_unlock(&tun->configuring);
    return ml_handles_leave(&devices, handle, result);
}

int ml_tun_stop(int handle)
{
    ml_tun *tun = ml_tun_enter(handle);
    if (tun == NULL) return -EBADF;
    pthread_mutex_lock(&tun->configuring);
    stop(tun);
    pthread_mutex_unlock(&tun->configuring);
    return ml_handles_leave(&devices, handle, 0);
}

int ml_tun_gone(int handle)
{
    ml_tun *tun = ml_tun_enter(handle);
    if (tun == NULL) return -EBADF;
    return ml_handles_leave(&devices, handle, __atomic_load_n(&tun->gone, __ATOMIC_ACQUIRE));
}

int ml_tun_close(int handle)
{
    ml_tun *tun = ml_handles_remove(&devices, handle);
    if (tun == NULL) return -EBADF;
    pthread_mutex_lock(&tun->configuring);
    stop(tun);
    pthread_mutex_unlock(&tun->configuring);
    ml_handles_drain(&devices, handle);
    destroy(tun);
    return 0;
}

/* ---- addresses, routes, numbers ----------------------------------------------------------------------------------------------------------- */

int ml_tun_address(int handle, const uint8_t *prefix, int offset, int add)
{
    ml_tun *tun = ml_tun_enter(handle);
    int result;
    if (tun == NULL) return -EBADF;
    pthread_mutex_lock(&tun->configuring);
    result = ml_netlink_address(tun->netlink, tun->link, prefix + offset, add != 0);
    pthread_mutex_unlock(&tun->configuring);
    return ml_handles_leave(&devices, handle, result);
}

int ml_tun_route(int handle, const uint8_t *prefix, int offset, int add)
{
    static const uint8_t v4_default[17] = { [10] = 0xff, [11] = 0xff, [16] = 96 };
    ml_tun *tun = ml_tun_enter(handle);
    bool all = prefix[offset + 16] == 0 || memcmp(prefix + offset, v4_default, 17) == 0;
    int result;
    if (tun == NULL) return -EBADF;
    pthread_mutex_lock(&tun->configuring);
    result = ml_netlink_route(tun->netlink, tun->link, prefix + offset, all ? ML_TUN_TABLE_DEFAULT : ML_TUN_TABLE, add != 0);
    pthread_mutex_unlock(&tun->configuring);
    return ml_handles_leave(&devices, handle, result);
}

int ml_tun_counters(int handle, uint8_t *into, int offset, int capacity)
{
    ml_tun *tun = ml_tun_enter(handle);
    if (tun == NULL) return -EBADF;
    if (capacity < ML_TUN_COUNTERS * 8) return ml_handles_leave(&devices, handle, -EINVAL);
    for (int i = 0; i < ML_TUN_COUNTERS; i++)
        ml_store64_le(into + offset + i * 8, __atomic_load_n(&tun->counters[i], __ATOMIC_RELAXED));
    return ml_handles_leave(&devices, handle, ML_TUN_COUNTERS);
}
