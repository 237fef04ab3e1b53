/* What lwIP asks us: a route by source, an initial sequence number, randomness, the Internet checksum. */
#include "ml_net_internal.h"

#include "lwip/ip.h"
#include "lwip/sys.h"

#include "ml_cipher.h"
#include "ml_net_hooks.h"

/* What a netif's own packet made lwIP send (errors, resets) leaves by the netif that it came from. */
static struct netif *came_by(void) { return ip_current_input_netif(); }

struct netif *ml_net_route4(const ip4_addr_t *source, const ip4_addr_t *destination)
{
    struct netif *netif;
    (void)destination;
    if (source == NULL || ip4_addr_isany(source)) return came_by();
    NETIF_FOREACH(netif) if (ip4_addr_cmp(source, netif_ip4_addr(netif))) return netif;
    return NULL;
}

struct netif *ml_net_route6(const ip6_addr_t *source, const ip6_addr_t *destination)
{
    struct netif *netif;
    (void)destination;
    if (source == NULL || ip6_addr_isany(source)) return came_by();
    NETIF_FOREACH(netif) if (netif_get_ip6_addr_match(netif, source) >= 0) return netif;
    return NULL;
}

uint32_t ml_lwip_random(void)
{
    uint8_t bytes[4];
    ml_net_random(bytes, 4);
    return ml_load32_le(bytes);
}

/* "ISN = M + F(localip, localport, remoteip, remoteport, secretkey)", M a 4 microsecond timer (RFC 6528 3). */
u32_t ml_net_isn(const ip_addr_t *local, u16_t local_port, const ip_addr_t *remote, u16_t remote_port)
{
    static uint8_t secret[32];
    static bool made;
    uint8_t input[2 * ML_ENDPOINT], hash[32];
    if (!made) ml_net_random(secret, sizeof secret);
    made = true;
    ml_net_endpoint(local, local_port, input);
    ml_net_endpoint(remote, remote_port, input + ML_ENDPOINT);
    ml_blake2s_hash(secret, sizeof secret, input, sizeof input, hash, sizeof hash);
    return ml_load32_le(hash) + sys_now() * 250u;
}

/* RFC 1071 over bytes of any alignment, in the machine's byte order as lwIP wants it; eight bytes a step, carries kept apart. */
uint16_t ml_lwip_checksum(const void *bytes, int count)
{
    const uint8_t *p = bytes;
    uint64_t even = 0, odd = 0, word = 0;
    for (; count >= 16; p += 16, count -= 16)
    {
        uint64_t a, b;
        memcpy(&a, p, 8);
        memcpy(&b, p + 8, 8);
        even += (a & 0xffffffffu) + (b & 0xffffffffu);
        odd += (a >> 32) + (b >> 32);
    }
    for (; count >= 2; p += 2, count -= 2)
    {
        uint16_t half;
        memcpy(&half, p, 2);
        word += half;
    }
    if (count > 0)
    {
        uint16_t half = 0;
        memcpy(&half, p, 1);
        word += half;
    }
    word += even + odd;
    while (word >> 16) word = (word & 0xffff) + (word >> 16);
    return (uint16_t)word;
}
