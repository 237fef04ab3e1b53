/* Between the pump and the TUN device: both have threads of their own and know each other by handle, so that either may close first. */
#ifndef ML_PUMP_LINK_H
#define ML_PUMP_LINK_H

#include <stdint.h>

#include "ml_pump_sockets.h"

/* The data plane of a pump, or -EBADF. */
int ml_pump_plane(int pump);
/* Sends from the calling thread; the datagrams that were lost are counted. Returns how many went, or -EBADF. */
int ml_pump_send(int pump, const ml_pump_item *items, int count);
/* From now on decrypted packets go to this TUN device (0 = none again), and the sockets carry this SO_MARK. 0 or -errno. */
int ml_pump_attach(int pump, int tun, uint32_t mark);
/* Without a device they go to this net (ml_net.h) past the plane's sink, segments of a flow as one; 0 = none again. 0 or -EBADF. */
int ml_pump_attach_net(int pump, int net);

#endif
