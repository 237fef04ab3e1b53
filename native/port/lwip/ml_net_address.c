/* Addresses: 16 bytes (IPv4 as v4-mapped) on our side, lwIP's unions on the other; which of them are ours. */
#include "ml_net_internal.h"

#include "lwip/ip6_addr.h"

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

void ml_net_address_to(const ip_addr_t *address, uint8_t *into16)
{
    if (IP_IS_V6(address))
    {
        memcpy(into16, ip_2_ip6(address)->addr, 16);
        return;
    }
    memcpy(into16, mapped, 12);
    memcpy(into16 + 12, &ip_2_ip4(address)->addr, 4);
}

/* The family. */
int ml_net_address_from(const uint8_t *from16, ip_addr_t *address)
{
    memset(address, 0, sizeof *address);
    if (memcmp(from16, mapped, 12) == 0)
    {
        IP_SET_TYPE(address, IPADDR_TYPE_V4);
        memcpy(&ip_2_ip4(address)->addr, from16 + 12, 4);
        return ML_V4;
    }
    IP_SET_TYPE(address, IPADDR_TYPE_V6);
    memcpy(ip_2_ip6(address)->addr, from16, 16);
    return ML_V6;
}

void ml_net_endpoint(const ip_addr_t *address, uint16_t port, uint8_t *into18)
{
    ml_net_address_to(address, into18);
    into18[16] = (uint8_t)(port >> 8);
    into18[17] = (uint8_t)port;
}

bool ml_net_is_zero(const uint8_t *address16)
{
    uint8_t any = 0;
    for (int i = 0; i < 16; i++) any |= address16[i];
    return any == 0;
}

const ip_addr_t *ml_net_own(ml_net *net, int family)
{
    if (family == ML_V4) return net->has4 ? netif_ip_addr4(&net->netif) : NULL;
    return net->has6 ? netif_ip_addr6(&net->netif, 0) : NULL;
}

bool ml_net_is_ours(const ml_net *net, const ip_addr_t *address)
{
    if (!IP_IS_V6(address)) return net->has4 && ip4_addr_cmp(ip_2_ip4(address), netif_ip4_addr(&net->netif));
    for (int i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++)
    {
        if (!ip6_addr_isvalid(netif_ip6_addr_state(&net->netif, i))) continue;
        if (memcmp(netif_ip6_addr(&net->netif, i)->addr, ip_2_ip6(address)->addr, 16) == 0) return true;
    }
    return false;
}

static void set_ip6(ml_net *net, int at, const ip_addr_t *address)
{
    const ip6_addr_t none = { 0 };
    if (address == NULL)
    {
        netif_ip6_addr_set_state(&net->netif, (s8_t)at, IP6_ADDR_INVALID);
        netif_ip6_addr_set(&net->netif, (s8_t)at, &none);
        return;
    }
    netif_ip6_addr_set(&net->netif, (s8_t)at, ip_2_ip6(address));
    netif_ip6_addr_set_state(&net->netif, (s8_t)at, IP6_ADDR_PREFERRED);
}

/* 255.192.0.0 for the tailnet's 100.64.0.0/10, so that a firmware, whose lwIP has other netifs too, routes by it; else the host alone. */
static void set_ip4(ml_net *net, const ip_addr_t *address)
{
    ip4_addr_t mask, zero = { 0 };
    if (address == NULL)
    {
        netif_set_addr(&net->netif, &zero, &zero, &zero);
        return;
    }
    IP4_ADDR(&mask, 255, 255, 255, 255);
    if (ip4_addr1(ip_2_ip4(address)) == 100 && (ip4_addr2(ip_2_ip4(address)) & 0xc0) == 64) IP4_ADDR(&mask, 255, 192, 0, 0);
    netif_set_addr(&net->netif, ip_2_ip4(address), &mask, &zero);
}

int ml_net_addresses(int handle, const uint8_t *addresses, int offset, int count)
{
    ml_net *net = ml_net_enter(handle, -1);
    ip_addr_t four, six[LWIP_IPV6_NUM_ADDRESSES];
    int fours = 0, sixes = 0;
    if (net == NULL) return ML_BAD_HANDLE;
    if (count < 0) return ml_net_leave(net, ML_BAD_ARGUMENT);
    for (int i = 0; i < count; i++)
    {
        ip_addr_t address;
        int family = ml_net_address_from(addresses + offset + i * 16, &address);
        if (family == ML_V4 && fours == 0) four = address, fours = 1;
        if (family == ML_V6 && sixes < LWIP_IPV6_NUM_ADDRESSES) six[sixes++] = address;
    }
    net->has4 = fours != 0;
    net->has6 = sixes != 0;
    set_ip4(net, fours != 0 ? &four : NULL);
    for (int i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++) set_ip6(net, i, i < sixes ? &six[i] : NULL);
    ml_sockets_rebind(net);
    return ml_net_leave(net, fours + sixes);
}
