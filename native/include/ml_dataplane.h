/* The WireGuard data plane: what managed code and the ports call. Drivers/Native/DataPlane.cs says the same for C#.
 *
 * An instance is an int handle. All functions but create and destroy take the lock of their instance, so any thread may call. Arrays come
 * as base and offset because the managed side cannot pass interior pointers; lengths are checked there and by the C callers.
 * Time is a monotonic number of milliseconds that the caller passes in.
 *
 * Endpoint, 18 bytes: address[16] (IPv4 as v4-mapped), port big endian.       Prefix, 17 bytes: address[16], length in IPv6 bits.
 * Event record: 64-byte header, then the payload.
 *    0 kind u8 | 1 flags u8 (1 = by relay) | 2 slot i16 LE (-1 none) | 4 region u16 LE | 6 relay frame type u8 | 7 0
 *    8 endpoint[18] | 26 source node key[32] | 58 reserved[4] | 62 payload length u16 LE | 64 payload
 * Stamp record, 64 bytes, little endian:
 *    0 lastDataSent i64 | 8 lastDataReceived i64 | 16 lastAuthenticated i64 | 24 lastSent i64 | 32 currentKeyBorn i64
 *   40 rxBytes u64 | 48 txBytes u64 | 56 flags u32 | 60 staged u16 | 62 0
 */
#ifndef ML_DATAPLANE_H
#define ML_DATAPLANE_H

#include <stdint.h>

#include "ml_face.h"

enum { ML_OK = 0, ML_BAD_HANDLE = -1, ML_BAD_ARGUMENT = -2, ML_NO_ROUTE = -3, ML_NO_PATH = -4, ML_NO_SESSION = -5, ML_FULL = -6,
       ML_TOO_LONG = -7, ML_MALFORMED = -8, ML_NOT_OPEN = -9, ML_DROPPED = -10 };

enum { ML_EVENT_HANDSHAKE = 1, ML_EVENT_DISCO = 2, ML_EVENT_STUN = 3, ML_EVENT_RELAY_FRAME = 4, ML_EVENT_NEED_HANDSHAKE = 5,
       ML_EVENT_CONFIRMED = 6, ML_EVENT_INNER_PACKET = 7, ML_EVENT_INNER_REPLY = 8, ML_EVENT_RELAY_READY = 9,
       ML_EVENT_TSMP_DISCO_KEY = 10, ML_EVENT_SERVICE = 12, ML_EVENT_WANTED = 13, ML_EVENT_SOCKETS = 20 };

enum { ML_PATH_UDP = 1, ML_PATH_RELAY = 2, ML_PATH_FOLLOW = 4 };
enum { ML_OPTION_INNER_PACKETS = 1, ML_OPTION_UNDER_LOAD = 2, ML_OPTION_WAIT = 4 };
enum { ML_RIGHT_JAILED = 1 };
enum { ML_STAMP_INITIATOR = 1, ML_STAMP_CURRENT = 2, ML_STAMP_NEXT = 4, ML_STAMP_STAGED = 8, ML_STAMP_REKEY = 16,
       ML_STAMP_BY_RELAY = 32 };

#define ML_EVENT_HEADER 64
#define ML_EVENT_PAYLOAD_MAX 2048
#define ML_STAMP_LENGTH 64
#define ML_ENDPOINT 18
#define ML_PREFIX 17
#define ML_KEY 32
#define ML_DATAGRAM_MAX 1500

/* window_bits 1024 to 8192, a power of two. filter_bytes: the largest packet filter that is taken, 0 = none ever; flows: how many
 * outbound UDP and SCTP flows the filter remembers, 8 to 4096 (tailscaled: 512). */
ML_EXPORT int ml_dp_create(int max_peers, int window_bits, int queue_packets, int event_bytes, int udp_ring_bytes, int filter_bytes,
                        int flows);
ML_EXPORT int ml_dp_destroy(int handle);
ML_EXPORT int ml_dp_seed(int handle, const uint8_t *random, int offset);
ML_EXPORT int ml_dp_set_identity(int handle, const uint8_t *key, int offset);
ML_EXPORT int ml_dp_set_self_addresses(int handle, const uint8_t *addresses, int offset, int count);
ML_EXPORT int ml_dp_options(int handle, int options);
ML_EXPORT int ml_dp_set_peer_api_port(int handle, int port);
/* Where this node listens for DNS over TCP on its own addresses, in the host's kernel; 0 = nowhere (src/ml_dp_service_tcp.c). */
ML_EXPORT int ml_dp_set_service_port(int handle, int port);

/* The compiled packet filter (layout: src/ml_dp_filter.h); until it is set, and with count 0, nothing comes in but answers. A table that is
 * too large (ML_FULL) or damaged (ML_MALFORMED) leaves one that lets nothing in. */
ML_EXPORT int ml_dp_filter_set(int handle, const uint8_t *table, int offset, int count);
/* Routes that we advertise: packets for them are for this host as those for our own addresses are. At most 64. */
ML_EXPORT int ml_dp_set_local_routes(int handle, const uint8_t *prefixes, int offset, int count);
/* rights: ML_RIGHT_JAILED, the peer may not open connections. capabilities: bits of the filter's table that the peer has when it speaks from
 * one of its own addresses (16 bytes each, two are kept). A new peer has none. */
ML_EXPORT int ml_dp_peer_rights(int handle, int slot, int rights, int capabilities, const uint8_t *addresses, int offset, int count);
/* The addresses that the peer knows us by instead of our own (src/ml_dp_masquerade.c): at most one IPv4 and one IPv6, 16 bytes each. A new
 * peer has none; count 0 ends it. */
ML_EXPORT int ml_dp_peer_masquerade(int handle, int slot, const uint8_t *addresses, int offset, int count);
/* By which addresses does whoever has this address (16 bytes) know us? Writes them, 16 bytes each, and returns how many. */
ML_EXPORT int ml_dp_known_as(int handle, const uint8_t *peer, int peer_offset, uint8_t *into, int offset, int capacity);

ML_EXPORT int ml_dp_peer_set(int handle, int slot, const uint8_t *key, int offset);
ML_EXPORT int ml_dp_peer_remove(int handle, int slot);
ML_EXPORT int ml_dp_peer_allowed(int handle, int slot, const uint8_t *prefixes, int offset, int count);
ML_EXPORT int ml_dp_peer_path(int handle, int slot, int mode, const uint8_t *endpoint, int offset, int region);
ML_EXPORT int ml_dp_peer_by_key(int handle, const uint8_t *key, int offset);

ML_EXPORT int ml_dp_index_allocate(int handle, int slot);
ML_EXPORT int ml_dp_index_release(int handle, int index);
ML_EXPORT int ml_dp_session_install(int handle, int slot, int local_index, int remote_index, const uint8_t *send_key,
                                 const uint8_t *receive_key, int initiator, int64_t now_ms);
ML_EXPORT int ml_dp_sessions_wipe(int handle, int slot);
ML_EXPORT int ml_dp_staged_drop(int handle, int slot);
ML_EXPORT int ml_dp_send_keepalive(int handle, int slot, int64_t now_ms);

ML_EXPORT int ml_dp_send_ip(int handle, const uint8_t *packet, int offset, int count, int64_t now_ms);
/* The answer to an ML_EVENT_SERVICE: query is its payload, the bytes behind it go back as a packet from the service. */
ML_EXPORT int ml_dp_service_answer(int handle, const uint8_t *query, int query_offset, int query_count, const uint8_t *payload, int offset,
                                int count, int64_t now_ms);
/* Sends what waits for a peer (ML_OPTION_WAIT) and has a route now. Returns how many wait still. */
ML_EXPORT int ml_dp_waiting_send(int handle, int64_t now_ms);
ML_EXPORT int ml_dp_peer_send(int handle, int slot, const uint8_t *datagram, int offset, int count);
ML_EXPORT int ml_dp_udp_out(int handle, const uint8_t *endpoint, int endpoint_offset, const uint8_t *datagram, int offset, int count);
ML_EXPORT int ml_dp_relay_out(int handle, int region, const uint8_t *key, int key_offset, const uint8_t *packet, int offset, int count,
                           int urgent);
ML_EXPORT int ml_dp_udp_in(int handle, const uint8_t *endpoint, int endpoint_offset, const uint8_t *datagram, int offset, int count,
                        int64_t now_ms);
ML_EXPORT int ml_dp_poll_udp(int handle, uint8_t *into, int offset, int capacity);
ML_EXPORT int ml_dp_poll_event(int handle, uint8_t *into, int offset, int capacity);
ML_EXPORT int ml_dp_disco_known(int handle, const uint8_t *key, int offset, int add);
ML_EXPORT int ml_dp_stun_expect(int handle, const uint8_t *transaction, int offset, int64_t now_ms);
ML_EXPORT int ml_dp_stamps(int handle, uint8_t *into, int offset, int capacity);
ML_EXPORT int ml_dp_counters(int handle, uint8_t *into, int offset, int capacity);
ML_EXPORT int ml_dp_counter_name(int counter, uint8_t *into, int offset, int capacity);

ML_EXPORT int ml_dp_relay_open(int handle, int region);
ML_EXPORT int ml_dp_relay_reset(int handle, int region);
ML_EXPORT int ml_dp_relay_close(int handle, int region);
ML_EXPORT int ml_dp_relay_in(int handle, int region, const uint8_t *block, int offset, int count, int64_t now_ms);
ML_EXPORT int ml_dp_relay_drain(int handle, int region, uint8_t *into, int offset, int capacity);
/* Packets of the region since this was last asked, one of ML_RELAY_PACKETS_...; ML_NOT_OPEN for a region that is not known. */
enum { ML_RELAY_PACKETS_IN, ML_RELAY_PACKETS_OUT, ML_RELAY_PACKETS_DROPPED };
ML_EXPORT int ml_dp_relay_take_packets(int handle, int region, int which);
ML_EXPORT int ml_dp_relay_frame(int handle, int region, int type, const uint8_t *payload, int offset, int count);

/* ---- for ports ------------------------------------------------------------------------------------------------------------------- */

/* Called, outside the lock, when the event queue has become non-empty. */
typedef void (*ml_dp_notify)(void *context);
int ml_dp_set_notify(int handle, ml_dp_notify notify, void *context);
/* As ml_dp_udp_in, but decrypts inside the caller's buffer, which is then garbage. */
int ml_dp_udp_in_place(int handle, const uint8_t *endpoint, uint8_t *datagram, int count, int64_t now_ms);
/* Counts datagrams that the sockets did not take: no route, no IPv6 here, a device that is stuck. */
int ml_dp_send_failed(int handle, int count);
/* Counts what a port had to drop, under a name of ml_dp_counters.h. Not under the plane's lock. */
int ml_dp_count(int handle, int counter, int count);
/* 1 when events wait. */
int ml_dp_has_events(int handle);
/* Queues an event without payload from what is joined to the plane (ML_EVENT_SOCKETS: ml_net_poll has something). 0 = the queue is full. */
int ml_dp_raise(int handle, int kind);

/* Where inner packets for this host go (a network interface): those that were decrypted, whose source the peer owns, that are no TSMP and
 * that passed the packet filter. Without a sink the plane answers echo requests itself and drops or reports the rest.
 *   take   under the plane's lock; packet is an IP packet of count bytes that is valid for this call only. It must not call the plane:
 *          it copies the packet into a queue of its own. Returns 1 = taken, 0 = no room (counted as a drop).
 *   flush  outside the lock, from the thread that brought the packets, once after one or more takes: here the packets are worked on, and
 *          ml_dp_send_ip may be called. After that, who called ml_pump_flush or the pump itself sends what was sealed.
 * A late flush may come after the sink was removed: let context be a number that is looked up, or remove the sink before the threads. */
typedef struct
{
    int (*take)(void *context, int slot, const uint8_t *packet, int count);
    void (*flush)(void *context, int64_t now_ms);
    void *context;
} ml_dp_inner_sink;
/* NULL = none. The struct is copied. */
int ml_dp_set_inner_sink(int handle, const ml_dp_inner_sink *sink);

/* ---- batches: many packets under one lock, ciphers outside of it, so that a thread for each direction can work ------------------------ */

/* What a sealed packet needs around the IP packet: 16 bytes before it; behind it up to 15 of padding and the tag. */
#define ML_HEADROOM 16
#define ML_TAILROOM 31

typedef struct
{
    uint8_t *datagram;                 /* in: a received datagram; opened in place, garbage where it was not ours */
    const uint8_t *endpoint;           /* in: 18 bytes, where it came from */
    int count;                         /* in: its length */
    int slot;                          /* out: the peer it came from, when length > 0 */
    int offset, length;                /* out: the IP packet inside datagram; length 0 = nothing for the caller */
} ml_dp_inbound;

/* As ml_dp_udp_in_place for each, in this order. With take != 0 the caller is the network interface: what would go to the sink is reported
 * in offset and length; with 0 it goes to the sink as ever. Returns how many packets were reported. */
int ml_dp_in_batch(int handle, ml_dp_inbound *batch, int count, int take, int64_t now_ms);

typedef struct
{
    uint8_t *packet;                   /* in: an IP packet, ML_HEADROOM writable bytes before it and ML_TAILROOM behind its end */
    int count;                         /* in: its length */
    int result;                        /* out: the slot (sent, staged or relayed), or an error code as from ml_dp_send_ip */
    int length;                        /* out: the datagram at packet - ML_HEADROOM is this long; 0 = nothing for the caller to send */
    uint8_t endpoint[ML_ENDPOINT];     /* out: where to send it, when length > 0 */
} ml_dp_outbound;

/* As ml_dp_send_ip for each, but what leaves by UDP alone is sealed in place and left to the caller to send. Packets without a session are
 * staged, those by relay (or by both ways) are queued as ever: the UDP ring may hold something afterwards. Returns how many to send. */
int ml_dp_out_batch(int handle, ml_dp_outbound *batch, int count, int64_t now_ms);

#endif
