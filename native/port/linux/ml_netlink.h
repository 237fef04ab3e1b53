/* The few things that are asked of rtnetlink (rtnetlink(7)): one link, its addresses, routes and two rules. 0 or -errno. */
#ifndef ML_NETLINK_H
#define ML_NETLINK_H

#include <stdbool.h>
#include <stdint.h>

/* A socket, or -errno. */
int ml_netlink_open(void);
/* Up, with this MTU, without addresses of the kernel's own making. */
int ml_netlink_link_up(int socket, int link, int mtu);
/* prefix: 17 bytes, IPv4 as v4-mapped. */
int ml_netlink_address(int socket, int link, const uint8_t *prefix, bool add);
int ml_netlink_route(int socket, int link, const uint8_t *prefix, uint32_t table, bool add);
/* Rule of one family: with mark != 0 it is for packets that carry it, otherwise for all. specific: default routes of the table do not
 * count. */
int ml_netlink_rule(int socket, bool v4, uint32_t priority, uint32_t mark, uint32_t table, bool specific, bool add);

#endif
