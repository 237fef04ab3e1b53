/* Proxies of a hosted platform: one native thread that moves bytes between sockets of the host and sockets inside the tunnel, so that a node
 * that forwards runs no managed code for it. Bridges are small positive handles; errors are negative errno values. */
#ifndef ML_BRIDGE_H
#define ML_BRIDGE_H

#include <stdint.h>

#include "ml_face.h"

/* Starts the thread for a net (ml_net.h). It becomes the net's watcher. */
ML_EXPORT int ml_bridge_open(int net);
/* The pump that sends what the net has to say; 0 = none now. */
ML_EXPORT int ml_bridge_pump(int bridge, int pump);
/* Joins a connected stream socket of the host (TCP, Unix) and a connected TCP socket in the tunnel. The bridge has a copy of the descriptor, the
 * caller closes its own; the tunnel's socket belongs to the bridge from here on, also when the call fails. An end of one direction is passed
 * on as such, a reset as a reset. */
ML_EXPORT int ml_bridge_join(int bridge, int fd, int socket);
/* Joins a bound UDP socket of the host (likewise a copy) and one place in the tunnel. Each sender gets a tunnel socket of its own, for as long as
 * it is used. */
ML_EXPORT int ml_bridge_udp(int bridge, int fd, const uint8_t *to18, int offset);
/* Joins a bound UDP socket of the host (likewise) and the whole tunnel: each datagram says in a SOCKS5 header where it goes or comes from. Only the
 * address of client18 may send. Ends with the connection control, of which the bridge takes a copy, too. */
ML_EXPORT int ml_bridge_socks(int bridge, int fd, int control, const uint8_t *client18, int offset);
/* Joins a stream socket of the host that carries datagrams (length u16 big endian, payload) and one place in the tunnel. */
ML_EXPORT int ml_bridge_records(int bridge, int fd, const uint8_t *to18, int offset);
/* Peers' TCP connections to this port of ours in the tunnel lead to a port of this host's loop-back. The stack's codes when the port in the
 * tunnel cannot be had. */
ML_EXPORT int ml_bridge_serve(int bridge, int port, int local_port);
/* Stops the thread and closes all that it holds. Before its net is destroyed. */
ML_EXPORT int ml_bridge_close(int bridge);
/* Writes ML_BRIDGE_COUNTERS numbers, u64 little endian: joins open, joins made, bytes to the tunnel, bytes from it, datagrams to it, from it,
 * datagrams dropped. Returns how many. */
ML_EXPORT int ml_bridge_counters(int bridge, uint8_t *into, int offset, int capacity);

enum { ML_BRIDGE_OPEN, ML_BRIDGE_MADE, ML_BRIDGE_OUT, ML_BRIDGE_IN, ML_BRIDGE_DATAGRAMS_OUT, ML_BRIDGE_DATAGRAMS_IN, ML_BRIDGE_DROPPED,
       ML_BRIDGE_COUNTERS };

#endif
