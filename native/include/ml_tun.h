/* The TUN device of a Linux host: the kernel's own stack as the tunnel's network interface, with addresses and routes by netlink.
 * Devices are small positive handles; errors are negative errno values. Prefixes are 17 bytes as in ml_dataplane.h.
 *
 * Routes live in a table of their own, which everything but our own sockets looks at before the main one: so a route may cover the
 * addresses of peers and relays, even 0.0.0.0/0 (an exit node; the local network stays where it is). One device per network namespace.
 */
#ifndef ML_TUN_H
#define ML_TUN_H

#include <stdint.h>

#include "ml_face.h"

/* SO_MARK of our own sockets ("ml" << 16): whatever else talks to relays and control must carry it, too, while an exit node is used. */
#define ML_TUN_MARK 0x6d6c0000u
/* Looked at in this order, before the main table at 32766: our own packets use the main table; routes into the tunnel; what the main table
 * says of the local network; a default route into the tunnel. */
#define ML_TUN_RULE 5190
#define ML_TUN_TABLE 5252
#define ML_TUN_TABLE_DEFAULT 5253

enum { ML_TUN_READ = 0, ML_TUN_WRITTEN = 1, ML_TUN_MERGED = 2, ML_TUN_DROP_MALFORMED = 3, ML_TUN_DROP_LONG = 4, ML_TUN_DROP_REFUSED = 5,
       ML_TUN_COUNTERS = 6 };

/* Makes the device, with the tunnel's MTU, and takes it up. queues: reading threads, 0 = as fits this machine. -ENOENT: this kernel has no
 * /dev/net/tun; -EPERM, -EACCES: we may not; -EBUSY: the name is in use. */
ML_EXPORT int ml_tun_create(const uint8_t *name, int offset, int count, int queues);
/* Packets begin to pass between the device and the pump's data plane. */
ML_EXPORT int ml_tun_start(int tun, int pump);
/* They stop; the device stays, with its addresses and routes. */
ML_EXPORT int ml_tun_stop(int tun);
/* 1 = somebody has removed the device: close this one and make another. */
ML_EXPORT int ml_tun_gone(int tun);
/* Removes the device; addresses, routes and rules go with it. */
ML_EXPORT int ml_tun_close(int tun);
/* An address of this host in the tunnel. What is there already, or not there any more, is no error. */
ML_EXPORT int ml_tun_address(int tun, const uint8_t *prefix17, int offset, int add);
ML_EXPORT int ml_tun_route(int tun, const uint8_t *prefix17, int offset, int add);
/* Writes ML_TUN_COUNTERS numbers, u64 little endian; returns how many. */
ML_EXPORT int ml_tun_counters(int tun, uint8_t *into, int offset, int capacity);

#endif
