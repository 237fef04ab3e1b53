/* No bridge on a device: there are no sockets of a host to join. */
#include <errno.h>

#include "ml_bridge.h"

static int none(int bridge)
{
    (void)bridge;
    return -ENOSYS;
}

int ml_bridge_open(int net) { return none(net); }
int ml_bridge_close(int bridge) { return none(bridge); }

int ml_bridge_pump(int bridge, int pump)
{
    (void)pump;
    return none(bridge);
}

int ml_bridge_join(int bridge, int fd, int socket)
{
    (void)fd;
    (void)socket;
    return none(bridge);
}

int ml_bridge_udp(int bridge, int fd, const uint8_t *to18, int offset)
{
    (void)to18;
    (void)offset;
    return ml_bridge_join(bridge, fd, 0);
}

int ml_bridge_records(int bridge, int fd, const uint8_t *to18, int offset) { return ml_bridge_udp(bridge, fd, to18, offset); }

int ml_bridge_socks(int bridge, int fd, int control, const uint8_t *client18, int offset)
{
    (void)control;
    return ml_bridge_udp(bridge, fd, client18, offset);
}

int ml_bridge_serve(int bridge, int port, int local_port)
{
    (void)local_port;
    return ml_bridge_pump(bridge, port);
}

int ml_bridge_counters(int bridge, uint8_t *into, int offset, int capacity)
{
    (void)into;
    (void)offset;
    (void)capacity;
    return none(bridge);
}
