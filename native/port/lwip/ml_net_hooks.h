/* Several nodes share one lwIP: what leaves takes the netif that has its source address. lwipopts.h names these hooks. */
#ifndef ML_NET_HOOKS_H
#define ML_NET_HOOKS_H

#include "lwip/ip_addr.h"
#include "lwip/netif.h"

struct netif *ml_net_route4(const ip4_addr_t *source, const ip4_addr_t *destination);
struct netif *ml_net_route6(const ip6_addr_t *source, const ip6_addr_t *destination);
/* Initial sequence numbers that nobody outside can guess (RFC 6528). */
u32_t ml_net_isn(const ip_addr_t *local, u16_t local_port, const ip_addr_t *remote, u16_t remote_port);

#endif
