/* The inside of a bridge. One thread does all the work; calls from others go through a queue of new joins. */
#ifndef ML_BRIDGE_INTERNAL_H
#define ML_BRIDGE_INTERNAL_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "ml_bridge.h"
#include "ml_net.h"

/* Our choice: bytes moved for one join before the others get their turn, and what one read takes. */
#define ML_BRIDGE_TURN (1 << 20)
#define ML_BRIDGE_BLOCK (128 << 10)
#define ML_BRIDGE_PARTS 64
#define ML_BRIDGE_JOINS 4096
#define ML_BRIDGE_FLOWS 1024
#define ML_BRIDGE_IDLE_MS 120000
#define ML_BRIDGE_DATAGRAM 16384

#define ML_BRIDGE_SERVES 32

enum { ML_JOIN_STREAM, ML_JOIN_UDP, ML_JOIN_RECORDS, ML_JOIN_SOCKS };
/* In the number that epoll gives back: it was the join's control connection. */
#define ML_BRIDGE_CONTROL 0x40000000u

typedef struct ml_join ml_join;

/* A sender of a UDP join and its socket in the tunnel. */
typedef struct
{
    ml_join *join;                     /* NULL = free */
    int socket;
    int64_t used_ms;
    struct sockaddr_storage from;
    socklen_t from_length;
} ml_bridge_flow;

struct ml_join
{
    int kind, fd, socket;              /* fd -1 = free */
    int control;                       /* SOCKS: the connection whose end is the end of the join, else -1 */
    bool fd_readable, fd_writable, tunnel_writable;
    bool out_done, in_done;            /* host -> tunnel, tunnel -> host */
    bool listed;                       /* has work */
    uint8_t to[18];                    /* where to; SOCKS: the only address of this host that may send */
    uint8_t *spill;                    /* bytes that were read and not taken */
    int spill_at, spill_count;
    uint8_t *record;                   /* records: what came of the next one; and one that waits to be written */
    int record_fill;
    uint8_t *reply;
    int reply_at, reply_count;
};

typedef struct
{
    int net, epoll, wake, pump;
    pthread_t thread;
    pthread_mutex_t state;             /* guards what other threads touch: closed, pump, incoming */
    bool closed;
    struct { int kind, fd, socket, control; uint8_t to[18]; } incoming[64];
    int incoming_count;
    ml_join joins[ML_BRIDGE_JOINS];
    ml_join *by_socket[65536];
    int work[ML_BRIDGE_JOINS];         /* indices of joins with work */
    int work_count;
    ml_bridge_flow flows[ML_BRIDGE_FLOWS];
    int64_t swept_ms;
    struct { int listener, local_port; } serves[ML_BRIDGE_SERVES];    /* guarded by state; they only become more */
    int serve_count;
    uint64_t counters[ML_BRIDGE_COUNTERS];
    uint8_t block[ML_BRIDGE_BLOCK];
} ml_bridge;

/* ml_bridge_stream.c: true = more to do at once. */
bool ml_bridge_stream(ml_bridge *bridge, ml_join *join, int64_t now_ms);
/* ml_bridge_datagram.c */
bool ml_bridge_datagrams(ml_bridge *bridge, ml_join *join, int64_t now_ms);
bool ml_bridge_framed(ml_bridge *bridge, ml_join *join, int64_t now_ms);
void ml_bridge_flow_ready(ml_bridge *bridge, int socket, int64_t now_ms);
void ml_bridge_sweep(ml_bridge *bridge, int64_t now_ms);
void ml_bridge_flows_end(ml_bridge *bridge, const ml_join *join, int64_t now_ms);
/* ml_bridge_socks.c: bytes of the header and where the datagram goes, or -1; writes the header that ends before end, returns its bytes. */
int ml_socks_unwrap(const uint8_t *datagram, int count, uint8_t *to18);
int ml_socks_wrap(const uint8_t *from18, uint8_t *end);
bool ml_socks_is_from(const struct sockaddr_storage *from, const uint8_t *address16);
/* ml_bridge.c */
static inline bool ml_join_has_flows(const ml_join *join) { return join->kind == ML_JOIN_UDP || join->kind == ML_JOIN_SOCKS; }
void ml_bridge_end(ml_bridge *bridge, ml_join *join, bool abort, int64_t now_ms);

static inline void ml_bridge_count(ml_bridge *bridge, int counter, uint64_t by)
{
    __atomic_fetch_add(&bridge->counters[counter], by, __ATOMIC_RELAXED);
}

#endif
