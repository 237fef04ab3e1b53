/* The inside of the netstack. Everything below is used with the net lock held, except the inbox, which has a lock of its own.
 *
 *   data plane --take--> inbox --flush--> lwIP --callbacks--> sockets --ready records--> ml_net_poll / ml_net_poll_watched
 *   ml_net_tcp_send, udp_send --> lwIP --netif output--> ml_dp_send_ip --> the plane's UDP ring or relay queue
 *                                              no route: waiting packets --> ml_net_wanted ... ml_net_retry
 */
#ifndef ML_NET_INTERNAL_H
#define ML_NET_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "lwip/tcp.h"
#include "lwip/udp.h"

#include "ml_bytes.h"
#include "ml_dataplane.h"
#include "ml_net.h"
#include "ml_port.h"

#ifndef ML_NETS
#define ML_NETS 1024
#endif
#ifndef ML_NET_SOCKETS_MAX
#define ML_NET_SOCKETS_MAX 4096
#endif
/* Packets that wait for lwIP, or lie unread in sockets and reassembly, in the whole process: 25 MB at most, taken as needed. */
#ifndef ML_NET_PACKETS
#define ML_NET_PACKETS 16384
#endif
/* Of these, packets of one node that lwIP has not seen yet. */
#define ML_NET_INBOX 4096
/* Datagrams that wait in a UDP socket. */
#ifndef ML_NET_DATAGRAMS
#define ML_NET_DATAGRAMS 256
#endif
#define ML_NET_BACKLOG_MAX 256
#define ML_NET_WAITING 32
#define ML_NET_WAITING_MS 10000
#define ML_NET_WANTED 16
#define ML_NET_MTU 1280
#define ML_NET_TICK_MAX 1000

#define ML_NET_COUNTER_LIST(X) \
    X(PACKETS_IN, "netstack packets in") \
    X(PACKETS_OUT, "netstack packets out") \
    X(MERGED, "netstack packets that came merged with others") \
    X(SOCKETS, "netstack sockets open") \
    X(CONNECTIONS, "netstack connections accepted") \
    X(INBOX_FULL, "netstack inbox full") \
    X(NO_PACKET, "netstack packet buffers used up") \
    X(NOT_OURS, "drop: netstack destination not ours") \
    X(NO_ADDRESS, "drop: netstack has no address yet") \
    X(UDP_FULL, "drop: udp socket not read") \
    X(UDP_CUT, "udp datagrams cut at the reader's buffer") \
    X(ACCEPT_FULL, "drop: connection, accept queue or socket table full") \
    X(WAITED, "packets that waited for a tunnel") \
    X(WAITING_OLDEST, "drop: oldest packet that waited for a tunnel") \
    X(WAITING_GIVEN_UP, "drop: no tunnel came for a waiting packet") \
    X(RING_FULL, "drop: netstack's packet, udp ring full") \
    X(SEND_FAILED, "drop: netstack's packet, data plane refused") \
    X(NO_MEMORY, "drop: lwIP out of memory")

enum
{
#define ML_NET_COUNTER_ENUM(name, text) ML_NET_COUNTER_##name,
    ML_NET_COUNTER_LIST(ML_NET_COUNTER_ENUM)
#undef ML_NET_COUNTER_ENUM
    ML_NET_COUNTERS
};
#define ML_NET_COUNT(net, name) ((net)->counters[ML_NET_COUNTER_##name]++)

enum { ML_SOCKET_FREE, ML_SOCKET_UDP, ML_SOCKET_TCP, ML_SOCKET_LISTENER };
enum { ML_V4, ML_V6, ML_FAMILIES };

typedef struct ml_net ml_net;
typedef struct ml_socket ml_socket;

typedef struct
{
    struct pbuf *packet;
    uint8_t from[ML_ENDPOINT];
} ml_net_datagram;

struct ml_socket
{
    ml_net *net;
    ml_socket *next_ready;             /* in one of the two lists of ready sockets */
    uint16_t at, generation;
    uint8_t kind;
    bool any;                          /* bound to all our addresses, also to those that come later */
    bool ready, watched, echo;
    bool connected, finished, wants_room, shut;
    uint16_t port;                     /* local, of sockets bound to any */
    uint16_t bits;
    int16_t error;                     /* of a connection that broke: told until the socket is closed */
    struct udp_pcb *udp[ML_FAMILIES];
    struct tcp_pcb *tcp[ML_FAMILIES];  /* a connection uses the first; a listener both */
    /* TCP: unread pbufs, linked by next without regard to tot_len; the first is read from read_at */
    struct pbuf *head, *tail;
    uint32_t read_at, unread;
    uint32_t window;                   /* what the peer may send before anything is read */
    ml_net_datagram *datagrams;        /* UDP: ring */
    uint16_t first, count;
    int32_t *accepted;                 /* listener: sockets that wait; first and count as above */
    uint16_t backlog;
};

typedef struct
{
    struct pbuf *packet;
    int64_t since_ms;
    uint8_t to[16];
} ml_net_waiting;

struct ml_net
{
    struct netif netif;
    int handle, data_plane;
    int64_t clock_offset_ms;           /* this node's clock to lwIP's */
    int64_t now_ms;                    /* by this node's clock, the last that was told */
    struct udp_pcb *outer;             /* the node's own UDP port, where lwIP has it (ml_net_outer.c) */
    struct ml_net_batch *batch;        /* NULL = no sender */
    void (*wake)(void *);
    void *wake_context;
    bool has4, has6;
    ml_socket *sockets;
    uint16_t max_sockets, free_hint;
    ml_socket *ready[2], *ready_last[2];   /* unwatched, watched */
    bool told[2];                      /* somebody was told that there are ready sockets and has not polled since */
    ml_net_waiting waiting[ML_NET_WAITING];
    int waiting_count;
    uint8_t wanted[ML_NET_WANTED][16];
    int wanted_count;
    uint64_t counters[ML_NET_COUNTERS];
    /* the inbox: guarded by its own lock, see ml_net_packets.c */
    void *inbox_lock;
    struct ml_net_packet *inbox, *inbox_last;
    uint32_t inbox_count, inbox_full, inbox_none;
};

/* ml_net.c: NULL, or the net with the lock held and lwIP's clock set; now_ms < 0 leaves the clock. */
ml_net *ml_net_enter(int handle, int64_t now_ms);
int ml_net_leave(ml_net *net, int result);
ml_net *ml_net_of(int handle);
int ml_net_error(err_t error);
void ml_net_random(uint8_t *into, int count);

/* ml_net_address.c */
void ml_net_address_to(const ip_addr_t *address, uint8_t *into16);
int ml_net_address_from(const uint8_t *from16, ip_addr_t *address);
void ml_net_endpoint(const ip_addr_t *address, uint16_t port, uint8_t *into18);
bool ml_net_is_ours(const ml_net *net, const ip_addr_t *address);
/* Our address of a family, or NULL. */
const ip_addr_t *ml_net_own(ml_net *net, int family);
bool ml_net_is_zero(const uint8_t *address16);

/* ml_net_packets.c */
int ml_net_inbox_open(ml_net *net);
void ml_net_inbox_close(ml_net *net);
int ml_net_take(void *context, int slot, const uint8_t *packet, int count);
/* For tests, when nothing runs: packet buffers that are not back in the pool. */
int ml_net_packets_out(void);
/* Less than a quarter of all packet buffers' bytes is in use. */
bool ml_net_memory_is_plenty(void);
void ml_net_inbox_run(ml_net *net);
void ml_net_accept(ml_net *net, struct pbuf *packet);

/* ml_net_output.c, ml_net_batch.c */
void ml_net_batch_add(ml_net *net, const struct pbuf *packet, const uint8_t *to16);
void ml_net_result(ml_net *net, int result, const void *bytes, int count, const uint8_t *to16);
void ml_net_batch_send(ml_net *net);
void ml_net_batch_free(ml_net *net);
err_t ml_net_output4(struct netif *netif, struct pbuf *packet, const ip4_addr_t *to);
err_t ml_net_output6(struct netif *netif, struct pbuf *packet, const ip6_addr_t *to);
void ml_net_waiting_age(ml_net *net);
void ml_net_waiting_drop(ml_net *net);

/* ml_net_sockets.c */
ml_socket *ml_socket_new(ml_net *net, int kind);
ml_socket *ml_socket_at(ml_net *net, int socket, int kind);
int ml_socket_handle(const ml_socket *socket);
void ml_socket_raise(ml_socket *socket, int bits);
void ml_socket_free(ml_socket *socket);
void ml_sockets_close_all(ml_net *net);
void ml_sockets_rebind(ml_net *net);
void ml_sockets_unreachable(ml_net *net, const uint8_t *address16);

/* ml_net_udp.c, ml_net_tcp.c, ml_net_listen.c, ml_net_echo.c */
void ml_udp_bind_missing(ml_socket *socket);
void ml_udp_close(ml_socket *socket);
void ml_tcp_close(ml_socket *socket, bool abort);
void ml_tcp_forget(ml_socket *socket);
void ml_tcp_adopt(ml_socket *socket, struct tcp_pcb *pcb);
void ml_tcp_drop_unread(ml_socket *socket);
void ml_tcp_release(ml_socket *socket, uint32_t count);
void ml_listen_bind_missing(ml_socket *socket);
void ml_listen_close(ml_socket *socket);
int ml_socket_bind_port(ml_socket *socket, int (*bind)(ml_socket *socket, int port), int wanted);
void ml_echo_run(ml_socket *socket);

#endif
