/* The pump thread: epoll over the sockets and one eventfd. Everything that came is fed into the data plane, then everything that the
 * plane has to say is sent. Managed code waits for events in ml_pump_wait and sends its own datagrams with ml_pump_flush. */
#define _GNU_SOURCE
#include "ml_pump.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "ml_dataplane.h"
#include "ml_pump_sockets.h"

#define ML_PUMPS 256
/* Batches read from one socket before the other gets its turn. */
#define ML_ROUNDS 8

typedef struct
{
    int data_plane, epoll, wake;
    ml_pump_sockets sockets;
    pthread_t thread;
    pthread_mutex_t state;             /* guards what follows */
    pthread_cond_t changed;
    bool events, closed, rebind;
    int rebind_port, rebind_result, users;
    pthread_mutex_t sending;           /* guards sockets and out */
    ml_pump_batch in, out;
} pump;

static pump *pumps[ML_PUMPS];
static void (*on_events)(void);
static pthread_mutex_t table = PTHREAD_MUTEX_INITIALIZER;

int64_t ml_pump_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A pump stays until its users have left it. */
static pump *enter(int handle)
{
    pump *p;
    if (handle <= 0 || handle > ML_PUMPS) return NULL;
    pthread_mutex_lock(&table);
    p = pumps[handle - 1];
    if (p != NULL)
    {
        pthread_mutex_lock(&p->state);
        p->users++;
        pthread_mutex_unlock(&p->state);
    }
    pthread_mutex_unlock(&table);
    return p;
}

static int leave(pump *p, int result)
{
    pthread_mutex_lock(&p->state);
    if (--p->users == 0) pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->state);
    return result;
}

/* The device's threads do not block in ml_pump_wait. */
static void tell_others(void)
{
    void (*wake_others)(void) = __atomic_load_n(&on_events, __ATOMIC_ACQUIRE);
    if (wake_others != NULL) wake_others();
}

/* Told by whichever thread made the event; by handle, because the pump may be on its way out. */
static void notify(void *context)
{
    pump *p = enter((int)(intptr_t)context);
    if (p == NULL) return;
    pthread_mutex_lock(&p->state);
    p->events = true;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->state);
    leave(p, 0);
    tell_others();
}

void ml_pump_on_events(void (*wake)(void))
{
    __atomic_store_n(&on_events, wake, __ATOMIC_RELEASE);
}

static void send_all(pump *p)
{
    pthread_mutex_lock(&p->sending);
    ml_pump_send_all(&p->sockets, p->data_plane, &p->out);
    pthread_mutex_unlock(&p->sending);
}

static void watch(pump *p, int fd)
{
    struct epoll_event event = { .events = EPOLLIN, .data = { .fd = fd } };
    if (fd >= 0) epoll_ctl(p->epoll, EPOLL_CTL_ADD, fd, &event);
}

/* On the pump thread. Closed sockets leave the epoll set by themselves. */
static void do_rebind(pump *p)
{
    int wanted, result;
    pthread_mutex_lock(&p->sending);
    wanted = p->rebind_port != 0 ? p->rebind_port : p->sockets.port;
    ml_pump_sockets_close(&p->sockets);
    result = ml_pump_sockets_open(&p->sockets, wanted);
    if (result < 0) result = ml_pump_sockets_open(&p->sockets, 0);
    if (result == 0)
    {
        watch(p, p->sockets.v4);
        watch(p, p->sockets.v6);
        result = p->sockets.port;
    }
    pthread_mutex_unlock(&p->sending);
    pthread_mutex_lock(&p->state);
    p->rebind = false;
    p->rebind_result = result;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->state);
}

static void *run(void *context)
{
    pump *p = context;
    for (;;)
    {
        struct epoll_event ready[3];
        uint64_t woken;
        bool closed, rebind;
        int count = epoll_wait(p->epoll, ready, 3, -1);
        for (int i = 0; i < count; i++)
        {
            int fd = ready[i].data.fd;
            if (fd == p->wake)
            {
                if (read(fd, &woken, sizeof woken) < 0) continue;
            }
            else
            {
                for (int round = 0; round < ML_ROUNDS; round++)
                    if (ml_pump_receive(fd, p->data_plane, &p->in, ml_pump_now_ms()) < ML_PUMP_BATCH) break;
            }
        }
        send_all(p);
        pthread_mutex_lock(&p->state);
        closed = p->closed;
        rebind = p->rebind;
        pthread_mutex_unlock(&p->state);
        if (closed) return NULL;
        if (rebind) do_rebind(p);
    }
}

static void wake(pump *p)
{
    uint64_t one = 1;
    while (write(p->wake, &one, sizeof one) < 0 && errno == EINTR) { }
}

static int start(pump *p, int handle)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&p->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    p->epoll = epoll_create1(EPOLL_CLOEXEC);
    p->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (p->epoll < 0 || p->wake < 0) return -errno;
    watch(p, p->wake);
    watch(p, p->sockets.v4);
    watch(p, p->sockets.v6);
    if (ml_dp_set_notify(p->data_plane, notify, (void *)(intptr_t)handle) < 0) return -EINVAL;
    return -pthread_create(&p->thread, NULL, run, p);
}

static void destroy(pump *p)
{
    ml_pump_sockets_close(&p->sockets);
    if (p->epoll >= 0) close(p->epoll);
    if (p->wake >= 0) close(p->wake);
    free(p);
}

static int claim_handle(pump *p)
{
    int handle = -EMFILE;
    pthread_mutex_lock(&table);
    for (int i = 0; i < ML_PUMPS && handle < 0; i++)
    {
        if (pumps[i] != NULL) continue;
        pumps[i] = p;
        handle = i + 1;
    }
    pthread_mutex_unlock(&table);
    return handle;
}

static pump *release_handle(int handle)
{
    pump *p = NULL;
    if (handle <= 0 || handle > ML_PUMPS) return NULL;
    pthread_mutex_lock(&table);
    p = pumps[handle - 1];
    pumps[handle - 1] = NULL;
    pthread_mutex_unlock(&table);
    return p;
}

int ml_pump_open(int data_plane, int port)
{
    pump *p = calloc(1, sizeof *p);
    int result, handle;
    if (p == NULL) return -ENOMEM;
    p->data_plane = data_plane;
    p->epoll = p->wake = p->sockets.v4 = p->sockets.v6 = -1;
    pthread_mutex_init(&p->state, NULL);
    pthread_mutex_init(&p->sending, NULL);
    result = ml_pump_sockets_open(&p->sockets, port);
    if (result < 0 && port != 0) result = ml_pump_sockets_open(&p->sockets, 0);
    handle = result < 0 ? result : claim_handle(p);
    if (handle > 0) result = start(p, handle);
    if (handle > 0 && result == 0) return handle;
    if (handle > 0)
    {
        ml_dp_set_notify(data_plane, NULL, NULL);
        release_handle(handle);
    }
    destroy(p);
    return handle < 0 ? handle : result;
}

int ml_pump_port(int handle)
{
    pump *p = enter(handle);
    return p == NULL ? -EBADF : leave(p, p->sockets.port);
}

int ml_pump_flush(int handle)
{
    pump *p = enter(handle);
    if (p == NULL) return -EBADF;
    send_all(p);
    return leave(p, 0);
}

int ml_pump_wait(int handle, int timeout_ms)
{
    pump *p = enter(handle);
    int64_t until = ml_pump_now_ms() + timeout_ms;
    struct timespec deadline = { until / 1000, until % 1000 * 1000000 };
    int result;
    if (p == NULL) return -1;
    pthread_mutex_lock(&p->state);
    while (!p->events && !p->closed)
    {
        if (timeout_ms < 0) pthread_cond_wait(&p->changed, &p->state);
        else if (pthread_cond_timedwait(&p->changed, &p->state, &deadline) == ETIMEDOUT) break;
    }
    result = p->closed ? -1 : p->events ? 1 : 0;
    p->events = false;
    pthread_mutex_unlock(&p->state);
    /* Should a notice have been lost on the managed side, the timeout tells it again. */
    if (result == 0 && ml_dp_has_events(p->data_plane) > 0) result = 1;
    return leave(p, result);
}

int ml_pump_rebind(int handle, int port)
{
    pump *p = enter(handle);
    int result;
    if (p == NULL) return -EBADF;
    pthread_mutex_lock(&p->state);
    p->rebind = true;
    p->rebind_port = port;
    wake(p);
    while (p->rebind && !p->closed) pthread_cond_wait(&p->changed, &p->state);
    result = p->rebind ? -EBADF : p->rebind_result;
    pthread_mutex_unlock(&p->state);
    return leave(p, result);
}

int ml_pump_close(int handle)
{
    pump *p = release_handle(handle);
    if (p == NULL) return -EBADF;

    pthread_mutex_lock(&p->state);
    p->closed = true;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->state);
    tell_others();
    wake(p);
    pthread_join(p->thread, NULL);
    ml_dp_set_notify(p->data_plane, NULL, NULL);
    pthread_mutex_lock(&p->state);
    while (p->users > 0) pthread_cond_wait(&p->changed, &p->state);
    pthread_mutex_unlock(&p->state);
    destroy(p);
    return 0;
}
