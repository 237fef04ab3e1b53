/* The IP stack inside the tunnel: lwIP, one netif a node, joined to its data plane, and a door to UDP and TCP sockets that never blocks.
 * Drivers/Native/Net.cs says the same for C#. Built from port/lwip; without lwIP every function answers ML_NET_NO_STACK.
 *
 * A node's stack ("net") and its sockets are int handles; a stale one is refused. lwIP is one stack a process, so all nets share one lock; any
 * thread may call. The lock is taken before that of a data plane, never inside of it. Time is monotonic milliseconds that the caller passes in.
 *
 * Endpoint, 18 bytes: address[16] (IPv4 as v4-mapped), port big endian. All zero as a local address: any of ours.
 * Ready record, 8 bytes: socket i32 LE | ML_NET_READABLE... u16 LE | error i16 LE (with ML_NET_FAILED)
 * What a call sends waits in the data plane's UDP ring: flush the port afterwards (ml_pump_flush), or set a flush function.
 */
#ifndef ML_NET_H
#define ML_NET_H

#include <stdint.h>

#include "ml_face.h"

/* Beside the codes of ml_dataplane.h. AGAIN: nothing there now, a ready record will tell. */
enum { ML_NET_NO_STACK = -20, ML_NET_AGAIN = -21, ML_NET_NOT_CONNECTED = -22, ML_NET_REFUSED = -23, ML_NET_RESET = -24,
       ML_NET_TIMED_OUT = -25, ML_NET_UNREACHABLE = -26, ML_NET_IN_USE = -27, ML_NET_NO_ADDRESS = -28 };

enum { ML_NET_READABLE = 1, ML_NET_WRITABLE = 2, ML_NET_CONNECTED = 4, ML_NET_CLOSED = 8, ML_NET_FAILED = 16, ML_NET_ACCEPTABLE = 32 };

#define ML_NET_RECORD 8
/* The largest UDP payload that is taken; beyond 1232 (IPv6) or 1252 (IPv4) bytes it travels in fragments. */
#define ML_NET_UDP_MAX 16384

/* 1 = there is a stack, else ML_NET_NO_STACK. */
ML_EXPORT int ml_net_available(void);
/* One netif, MTU 1280, for the plane. random: 32 bytes, the seed of sequence and port numbers. ML_FULL: no place, or not so much memory. */
ML_EXPORT int ml_net_create(int data_plane, int max_sockets, const uint8_t *random, int offset, int64_t now_ms);
/* Closes every socket without a word to the peers. */
ML_EXPORT int ml_net_destroy(int net);
/* Our tunnel addresses, 16 bytes each: the first IPv4 and up to three IPv6 are taken. Returns how many; connections of others end. */
ML_EXPORT int ml_net_addresses(int net, const uint8_t *addresses, int offset, int count);
/* Runs what is due. Returns the milliseconds until the next call, at most 1000. */
ML_EXPORT int ml_net_tick(int net, int64_t now_ms);
/* Writes ready records, as many as fit. Returns how many. Each change is told once. */
ML_EXPORT int ml_net_poll(int net, uint8_t *into, int offset, int capacity);
/* A peer got a tunnel: packets that waited for one are tried again. Returns how many wait still. */
ML_EXPORT int ml_net_retry(int net, int64_t now_ms);
/* An address that packets wait for and that the plane has no route to: 16 bytes into, 1; 0 = none. Each is told once. */
ML_EXPORT int ml_net_wanted(int net, uint8_t *into, int offset);
/* There is nobody with this address: what waits for it is dropped, connections to it fail with ML_NET_UNREACHABLE. */
ML_EXPORT int ml_net_unreachable(int net, const uint8_t *address, int offset);

/* port 0 = any. Returns the socket. */
ML_EXPORT int ml_net_udp_open(int net, const uint8_t *local, int offset);
ML_EXPORT int ml_net_udp_send(int net, int socket, const uint8_t *to, int to_offset, const uint8_t *bytes, int offset, int count,
                              int64_t now_ms);
/* One datagram, cut at capacity (counted); its sender into from. Returns its length, or ML_NET_AGAIN. */
ML_EXPORT int ml_net_udp_receive(int net, int socket, uint8_t *from, int from_offset, uint8_t *into, int offset, int capacity);

/* ML_NET_CONNECTED or ML_NET_FAILED follows. Returns the socket. */
ML_EXPORT int ml_net_tcp_connect(int net, const uint8_t *to, int offset, int64_t now_ms);
/* Up to backlog connections wait to be accepted; further ones are refused. */
ML_EXPORT int ml_net_tcp_listen(int net, const uint8_t *local, int offset, int backlog);
/* The next connection's socket and where it comes from, or ML_NET_AGAIN. */
ML_EXPORT int ml_net_tcp_accept(int net, int listener, uint8_t *from, int from_offset);
/* How many bytes were taken, 0 = the send buffer is full: ML_NET_WRITABLE follows. */
ML_EXPORT int ml_net_tcp_send(int net, int socket, const uint8_t *bytes, int offset, int count, int64_t now_ms);
/* How many bytes were read, 0 = the peer has finished, ML_NET_AGAIN = nothing yet, ML_NET_RESET... = the connection broke. */
ML_EXPORT int ml_net_tcp_receive(int net, int socket, uint8_t *into, int offset, int capacity, int64_t now_ms);
/* No more from us; what was taken is still delivered. */
ML_EXPORT int ml_net_tcp_shutdown(int net, int socket, int64_t now_ms);
/* The socket is gone at once; what was taken is still delivered, unless abort != 0 (TCP: reset) or unread bytes wait (likewise). */
ML_EXPORT int ml_net_close(int net, int socket, int abort, int64_t now_ms);
/* Our end of a socket, 18 bytes. */
ML_EXPORT int ml_net_local(int net, int socket, uint8_t *into, int offset);

/* Answers whatever comes to this port, UDP and TCP, with the same. For tests. */
ML_EXPORT int ml_net_echo(int net, int port);
ML_EXPORT int ml_net_counters(int net, uint8_t *into, int offset, int capacity);
ML_EXPORT int ml_net_counter_name(int counter, uint8_t *into, int offset, int capacity);

/* ---- for ports ------------------------------------------------------------------------------------------------------------------- */

/* A port that can send datagrams itself: packets are sealed in batches in place (ml_dp_out_batch) and handed to send, which may be called with
 * the net's lock held and must not call the net; they pass the plane's UDP ring by. NULL = none: everything goes through the ring. */
typedef struct { const uint8_t *endpoint, *bytes; int count; } ml_net_sealed;
int ml_net_set_sender(int net, void (*send)(int argument, const ml_net_sealed *items, int count), int argument);
/* The node's outer UDP port in lwIP itself, at local (18 bytes; zero: any address, any port): what comes is decrypted in place and handed to the netif in
 * the same call. For a firmware; a host has the pump. Returns the port. */
int ml_net_outer_open(int net, const uint8_t *local);
/* Sends what the plane has to say. Returns how many datagrams. */
int ml_net_outer_flush(int net, int64_t now_ms);
/* Sockets that were opened with this watcher tell it (outside of everything but the net's lock: it only wakes somebody) and are polled
 * with ml_net_poll_watched instead. */
int ml_net_set_watcher(int net, void (*wake)(void *context), void *context);
int ml_net_watch(int net, int socket);
int ml_net_poll_watched(int net, uint8_t *into, int capacity);
/* What has arrived on a TCP socket, without a copy: up to max parts, each valid until they are released with their total. Returns the number
 * of parts, 0 and codes as ml_net_tcp_receive. One reader a socket. */
typedef struct { const uint8_t *bytes; int count; } ml_net_part;
int ml_net_tcp_peek(int net, int socket, ml_net_part *parts, int max);
int ml_net_tcp_release(int net, int socket, int count, int64_t now_ms);
/* Packets that a port has decrypted, gathered without a lock and then handed in at once, in order. A frame is one packet (count 1), or several of one TCP
 * flow that became one: the first part with the headers of the whole, then payloads; checked: each one's checksum was right. Copied. Returns 0 when
 * there was no memory (counted). */
typedef struct { void *first, *last; int lost; } ml_net_arrivals;
int ml_net_gather(ml_net_arrivals *arrivals, const ml_net_part *parts, int count, int checked);
void ml_net_receive(int net, ml_net_arrivals *arrivals, int64_t now_ms);
/* Bytes that ml_net_tcp_send would take now; 0 also asks for ML_NET_WRITABLE. */
int ml_net_tcp_room(int net, int socket);

#endif
