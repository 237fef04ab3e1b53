/* The inside of a data plane instance. One memory block, laid out at create; nothing is allocated afterwards.
 *
 *   UDP in --+-> demux -> gate (handshakes) ----------------------------> events
 *   relay in-+      |---> disco / stun filters --------------------------> events
 *                   +---> transport: index -> open -> window -> learn -> allowed source -> responder -> events
 *   SendIp -> route -> seal -> UDP ring and / or relay ring      (no session: staged + NeedHandshake event)
 */
#ifndef ML_DP_INTERNAL_H
#define ML_DP_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "ml_bytes.h"
#include "ml_dataplane.h"
#include "ml_dp_counters.h"

/* From the specification (protocol.md 8.1, 8.2). */
#define ML_WG_INITIATION 1
#define ML_WG_RESPONSE 2
#define ML_WG_COOKIE 3
#define ML_WG_TRANSPORT 4
#define ML_WG_INITIATION_LENGTH 148
#define ML_WG_RESPONSE_LENGTH 92
#define ML_WG_COOKIE_LENGTH 64
#define ML_WG_HEADER 16
#define ML_WG_TAG 16
#define ML_WG_OVERHEAD (ML_WG_HEADER + ML_WG_TAG)
#define ML_REJECT_AFTER_MS 180000
#define ML_REKEY_AFTER_MESSAGES (UINT64_C(1) << 60)
#define ML_REJECT_AFTER_MESSAGES (UINT64_MAX - UINT64_C(8192))
#define ML_TUNNEL_MTU 1280
#define ML_DERP_HEADER 5
#define ML_DERP_FRAME_MAX (1u << 20)

/* Our choice. */
#define ML_INNER_MAX (ML_DATAGRAM_MAX - ML_WG_OVERHEAD)
#define ML_SELF_MAX 8
#define ML_LOCAL_MAX 64
#define ML_OWN_MAX 2
#define ML_FLOW_KEY 37
#define ML_STUN_MAX 64
#define ML_STUN_LIFE_MS 10000
#define ML_SOURCES 64
#define ML_RESERVED_PER_SLOT 4
#define ML_NEED_AGAIN_MS 5000
/* A relay's share of the pool is a quarter, in these bounds: a device's pool is smaller than the lower one, a host's stack sends 50 packets at once. */
#define ML_RELAY_DATA_LEAST 32
#define ML_RELAY_DATA_MOST 512
#define ML_RELAY_URGENT_MAX 8
#define ML_RELAY_CONTROL_MAX 16
#define ML_RELAY_FRAME_KEPT 2048
#ifndef ML_RELAYS
#define ML_RELAYS 16
#endif
#ifndef ML_LOAD_PER_SECOND
#define ML_LOAD_PER_SECOND 50          /* handshakes that pass the gate in a second before cookies are asked for */
#endif
#ifndef ML_DISCO_KEYS
#define ML_DISCO_KEYS 2048             /* table size; when it is three quarters full every disco key passes */
#endif

#define ML_NONE 0xffffu

/* ---- packets: a pool of equal buffers, linked by index ----------------------------------------------------------------------------- */

/* Room for a whole DERP frame around the largest datagram: header, key, datagram. */
#define ML_PACKET_BYTES (ML_DERP_HEADER + ML_KEY + ML_DATAGRAM_MAX)

typedef struct
{
    uint16_t next;
    uint16_t length;
    uint8_t bytes[ML_PACKET_BYTES];
} ml_packet;

typedef struct { uint16_t head, tail, count; } ml_list;

/* ---- rings of byte records ----------------------------------------------------------------------------------------------------------- */

typedef struct
{
    uint8_t *base;
    uint32_t size, read, write, used;
} ml_ring;

/* ---- sessions ------------------------------------------------------------------------------------------------------------------------ */

enum { ML_PREVIOUS, ML_CURRENT, ML_NEXT, ML_SESSIONS };

typedef struct
{
    uint64_t *window;                  /* travels with the session when it changes its role */
    uint64_t greatest;                 /* greatest counter accepted */
    uint64_t send_counter;
    int64_t born_ms;
    uint32_t local, remote;
    bool used, initiator;
    uint8_t send_key[ML_KEY], receive_key[ML_KEY];
} ml_session;

typedef struct
{
    uint32_t index;                    /* 0 = empty entry */
    uint16_t slot;
} ml_index;

typedef struct
{
    bool used, need_sent;
    bool heard_by_relay;               /* the last authenticated packet came so */
    uint8_t mode;
    uint8_t reserved;                  /* indices allocated and not yet installed */
    uint16_t region;
    uint8_t endpoint[ML_ENDPOINT];
    uint8_t key[ML_KEY];
    bool jailed;
    uint8_t own_count;
    uint32_t capabilities;             /* bits of the filter's table */
    uint8_t own[ML_OWN_MAX][16];
    uint8_t masquerades;               /* bit 0: masquerade[0], IPv4 as v4-mapped; bit 1: masquerade[1], IPv6 */
    uint8_t masquerade[2][16];
    ml_list staged;
    int64_t data_sent_ms, data_received_ms, authenticated_ms, sent_ms, need_ms;
    uint64_t rx_bytes, tx_bytes;
    ml_session session[ML_SESSIONS];
} ml_peer;

/* ---- routes -------------------------------------------------------------------------------------------------------------------------- */

typedef struct
{
    uint8_t address[16];
    uint8_t bits;                      /* 0..128 */
    bool used;
    uint16_t slot;
} ml_route;

/* ---- flows --------------------------------------------------------------------------------------------------------------------------- */

typedef struct
{
    uint8_t key[ML_FLOW_KEY];
    uint16_t chain, older, newer;      /* ML_NONE = none */
} ml_flow;

/* ---- relays -------------------------------------------------------------------------------------------------------------------------- */

typedef struct
{
    uint16_t region;                   /* 0 = free */
    bool open, hello_sent, kicked;
    uint16_t sending;                  /* packet that is partly drained, or ML_NONE */
    uint16_t sent;                     /* bytes of it that are gone */
    ml_list control, urgent, data;
    uint32_t packets[3];               /* in, out, dropped: since they were last taken */
    /* the parser of incoming frames */
    uint8_t header[ML_DERP_HEADER];
    uint8_t header_fill;
    uint32_t need, fill;               /* payload length, bytes of it seen */
    uint8_t frame[ML_RELAY_FRAME_KEPT];
} ml_relay;

/* ---- gate ---------------------------------------------------------------------------------------------------------------------------- */

typedef struct
{
    uint8_t key[16];
    int64_t seen_ms;
    int32_t millitokens;
} ml_source_bucket;

typedef struct
{
    uint8_t transaction[12];
    int64_t until_ms;
} ml_stun;

typedef struct { uint64_t print; uint16_t users; } ml_disco_key;

/* Where an incoming message came from. By UDP node_key is NULL; by relay endpoint is NULL. */
typedef struct
{
    const uint8_t *endpoint;
    const uint8_t *node_key;
    uint16_t region;
} ml_source;

/* ml_dp_waiting.c */
#define ML_WAITING 16
#define ML_WANTED 8
typedef struct { uint8_t to[16]; int64_t since_ms; uint16_t packet; } ml_waiting;
typedef struct { uint8_t address[16]; int64_t told_ms; bool used; } ml_wanted;

typedef struct ml_dp
{
    void *mutex;
    ml_dp_notify notify;
    void *notify_context;
    bool events_raised;                /* since the lock was taken */
    bool sink_raised;                  /* likewise: the sink took packets */
    ml_dp_inner_sink sink;
    int64_t sink_ms;
    int options;
    int peer_api_port, service_port;

    uint16_t max_peers, packets, window_words;
    ml_peer *peers;
    uint16_t *by_key;                  /* slots hashed by node key, ML_NONE = empty */
    uint32_t by_key_mask;
    uint64_t *windows;
    ml_packet *pool;
    uint16_t pool_free, pool_count, pool_fresh;   /* from fresh on none was ever used: a host has not given us that memory yet */
    ml_index *indices;
    uint32_t index_mask;
    ml_route *hosts;                   /* /128 routes, hashed */
    uint32_t host_mask;
    ml_route *nets;                    /* others, longest prefix first */
    uint32_t net_count, net_max, host_count;
    ml_ring events, udp;
    ml_relay relays[ML_RELAYS];

    uint8_t *filter;                   /* the compiled table, filter_count bytes; 0 = nothing comes in */
    uint32_t filter_count, filter_max;
    bool filter_given;
    ml_flow *flows;
    uint16_t *flow_buckets;
    uint32_t flow_mask;
    uint16_t flow_count, flow_max, flow_newest, flow_oldest;
    uint8_t local[ML_LOCAL_MAX][ML_PREFIX];     /* routes that we advertise */
    uint8_t local_count;

    uint8_t self[ML_SELF_MAX][16];
    uint8_t self_count;
    int8_t native[2];                  /* index into self of our IPv4 and IPv6 address that masquerading replaces, -1 = none */
    bool has_identity;
    uint8_t mac1_key[ML_KEY], cookie_key[ML_KEY];
    uint8_t random_state[ML_KEY];
    uint8_t cookie_secret[ML_KEY];
    int64_t cookie_secret_ms;
    int64_t load_second_ms, load_until_ms;
    uint32_t load_count;
    uint64_t hash_seed;
    ml_source_bucket sources[ML_SOURCES];
    ml_stun stun[ML_STUN_MAX];
    uint32_t stun_next;
    ml_disco_key disco[ML_DISCO_KEYS];
    uint32_t disco_count;
    ml_waiting waiting[ML_WAITING];
    int waiting_count;
    ml_wanted wanted[ML_WANTED];
    uint64_t counters[ML_COUNTERS];
    uint8_t scratch[ML_DATAGRAM_MAX + ML_WG_TAG];
} ml_dp;

#define ML_COUNT(dp, name) ((dp)->counters[ML_COUNTER_##name]++)

/* ml_dp_create.c */
typedef struct { int max_peers, window_bits, queue_packets, event_bytes, udp_ring_bytes, filter_bytes, flows; } ml_dp_sizes;
size_t ml_dp_memory(const ml_dp_sizes *sizes);
void ml_dp_layout(ml_dp *dp, const ml_dp_sizes *sizes);
void ml_dp_seed_body(ml_dp *dp, const uint8_t *random);
void ml_dp_random(ml_dp *dp, uint8_t *into, int count);
void ml_dp_wipe(ml_dp *dp);

/* ml_dp_handle.c: NULL, or the instance with its lock held. */
ml_dp *ml_dp_enter(int handle);
int ml_dp_leave(ml_dp *dp, int result);

/* ml_dp_queue.c */
uint16_t ml_pool_take(ml_dp *dp);
void ml_pool_give(ml_dp *dp, uint16_t packet);
void ml_list_push(ml_dp *dp, ml_list *list, uint16_t packet);
uint16_t ml_list_pop(ml_dp *dp, ml_list *list);
void ml_list_clear(ml_dp *dp, ml_list *list);
void ml_list_init(ml_list *list);
uint8_t *ml_ring_reserve(ml_ring *ring, uint32_t count);
void ml_ring_commit(ml_ring *ring, uint32_t count);
int ml_ring_poll(ml_ring *ring, uint8_t *into, int capacity);

/* ml_dp_event.c */
bool ml_dp_event(ml_dp *dp, int kind, int slot, const ml_source *source, int frame_type, const uint8_t *payload, int count);

/* ml_dp_peers.c, ml_dp_routes.c */
ml_peer *ml_peer_at(ml_dp *dp, int slot);
int ml_peer_find(ml_dp *dp, const uint8_t *key);
void ml_routes_remove(ml_dp *dp, int slot);
int ml_routes_add(ml_dp *dp, int slot, const uint8_t *prefix);
int ml_routes_find(ml_dp *dp, const uint8_t *address);
bool ml_prefix_matches(const uint8_t *prefix, int bits, const uint8_t *address);

/* ml_dp_filter.c, ml_dp_flows.c. False = dropped and counted. The addresses are those that ml_inner_check wrote. */
bool ml_filter_in(ml_dp *dp, int slot, const uint8_t *inner, int count, const uint8_t *source, const uint8_t *destination, int64_t now_ms);
bool ml_filter_out(ml_dp *dp, const uint8_t *inner, int count, const uint8_t *source, const uint8_t *destination);
bool ml_flow_known(ml_dp *dp, const uint8_t *key);
void ml_flow_add(ml_dp *dp, const uint8_t *key);

/* ml_dp_masquerade.c. For peers with peer->masquerades != 0 only; packets that ml_inner_check knows. */
void ml_masquerade_self(ml_dp *dp);
void ml_masquerade_out(const ml_dp *dp, const ml_peer *peer, uint8_t *packet, int count);
/* destination, as ml_inner_check wrote it, becomes the new one. */
void ml_masquerade_in(const ml_dp *dp, const ml_peer *peer, uint8_t *packet, int count, uint8_t *destination);

/* ml_dp_sessions.c */
int ml_index_slot(ml_dp *dp, uint32_t index);
void ml_index_remove(ml_dp *dp, uint32_t index);
void ml_sessions_wipe(ml_dp *dp, ml_peer *peer);
bool ml_session_sends(const ml_session *session, int64_t now_ms);
void ml_session_promote(ml_dp *dp, int slot);
void ml_staged_flush(ml_dp *dp, int slot, int64_t now_ms, bool or_keepalive);

/* ml_dp_window.c */
bool ml_window_accept(uint64_t *window, int words, uint64_t *greatest, uint64_t counter);

/* ml_dp_transport.c */
int ml_transport_send(ml_dp *dp, int slot, const uint8_t *inner, int count, int64_t now_ms);
int ml_transport_in(ml_dp *dp, const ml_source *source, uint8_t *datagram, int count, int64_t now_ms);
int ml_transport_route(ml_dp *dp, const uint8_t *packet, int count, int64_t now_ms);
/* The steps of both directions, for batches. Which session a datagram claims to be of: its role and slot, or -1 and a drop is counted. */
int ml_transport_claim(ml_dp *dp, const uint8_t *datagram, int64_t now_ms, int *slot);
/* After authentication: window, what is learned, who may send what. The length of the packet for this host (it may be shorter than the
 * plaintext), 0 when it was used here, ML_DROPPED. */
int ml_transport_accept(ml_dp *dp, int slot, int role, const ml_source *source, uint8_t *datagram, int count, int64_t now_ms);
/* Whom an outbound packet is for: the slot, or an error code and a drop is counted. length becomes the packet's own. */
int ml_transport_admit(ml_dp *dp, const uint8_t *packet, int *length, int64_t now_ms);
int ml_transport_padded(int count);
void ml_transport_header(uint8_t *datagram, uint32_t remote, uint64_t counter);
void ml_transport_sent(ml_dp *dp, ml_peer *peer, int inner, int datagram, int64_t now_ms);
int ml_transport_queue(ml_dp *dp, int slot, const uint8_t *packet, int length, int64_t now_ms);

/* What ml_transport_admit says of a packet to the tailnet's own addresses: it is dealt with. */
#define ML_SERVED -100
/* ml_dp_service.c: true = the destination is one of the tailnet's own addresses. */
bool ml_service_takes(ml_dp *dp, const uint8_t *packet, int length, const uint8_t *destination);
/* ml_dp_service_tcp.c: false = not DNS over TCP, or nobody listens. */
bool ml_service_turn(ml_dp *dp, const uint8_t *packet, int length);
/* ml_dp_waiting.c */
void ml_waiting_add(ml_dp *dp, const uint8_t *packet, int length, const uint8_t *destination, int64_t now_ms);
void ml_waiting_send(ml_dp *dp, int64_t now_ms);
/* ml_dp_responder.c: sums of the internet checksum; count and start of each sum even. */
uint32_t ml_inner_sum(const uint8_t *bytes, int count, uint32_t sum);
uint32_t ml_inner_fold(uint32_t sum);

/* ml_dp_responder.c: a packet that the filter let in goes to the sink, or is answered here. */
void ml_inner_deliver(ml_dp *dp, int slot, const ml_source *source, uint8_t *packet, int count, int64_t now_ms);
/* TSMP never reaches an IP stack. True when it was that. */
bool ml_inner_tsmp(ml_dp *dp, int slot, const ml_source *source, uint8_t *packet, int count, int64_t now_ms);
/* Tells the peer that its IPv4 TCP SYN was refused (protocol.md 10.4). */
void ml_inner_reject(ml_dp *dp, int slot, const uint8_t *packet, const uint8_t *ports, int64_t now_ms);
/* Our own pings are answered to managed code; the packet may go on. */
void ml_inner_reply(ml_dp *dp, int slot, const ml_source *source, const uint8_t *packet, int count);
/* Length of the IP packet at the start, or negative. Writes both addresses in 16-byte form. */
int ml_inner_check(const uint8_t *packet, int count, uint8_t *source, uint8_t *destination);

/* ml_dp_demux.c */
int ml_demux_in(ml_dp *dp, const ml_source *source, uint8_t *datagram, int count, int64_t now_ms);

/* ml_dp_gate.c, ml_dp_cookie.c */
int ml_gate_in(ml_dp *dp, const ml_source *source, const uint8_t *message, int count, int64_t now_ms);
bool ml_limiter_allows(ml_dp *dp, const ml_source *source, int64_t now_ms);
bool ml_cookie_valid(ml_dp *dp, const ml_source *source, const uint8_t *message, int count, int64_t now_ms);
void ml_cookie_reply(ml_dp *dp, const ml_source *source, const uint8_t *message, int count, int64_t now_ms);

/* ml_dp_filters.c */
bool ml_disco_passes(ml_dp *dp, const uint8_t *key);
bool ml_stun_passes(ml_dp *dp, const uint8_t *transaction, int64_t now_ms);

/* ml_dp_output.c */
int ml_udp_put(ml_dp *dp, const uint8_t *endpoint, const uint8_t *datagram, int count);
int ml_send_back(ml_dp *dp, const ml_source *source, const uint8_t *datagram, int count);

/* ml_dp_relay.c (output) and ml_dp_derp.c (input) */
ml_relay *ml_relay_find(ml_dp *dp, int region);
ml_relay *ml_relay_need(ml_dp *dp, int region);
uint16_t ml_relay_reserve(ml_dp *dp, ml_relay *relay, const uint8_t *key, int count, bool urgent);
void ml_relay_commit(ml_dp *dp, ml_relay *relay, uint16_t packet, bool urgent);
int ml_relay_put(ml_dp *dp, int region, const uint8_t *key, const uint8_t *payload, int count, bool urgent);
void ml_relay_parser_reset(ml_relay *relay);
int ml_derp_in(ml_dp *dp, ml_relay *relay, const uint8_t *block, int count, int64_t now_ms);

static inline void ml_store16_le(uint8_t *p, uint32_t v) { p[0] = (uint8_t)v; p[1] = (uint8_t)(v >> 8); }

#endif
