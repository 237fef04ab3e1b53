/* Which peer owns an inner address: longest prefix over the allowed prefixes of all peers (protocol.md 8.5). Host routes, nearly all
 * there are in a tailnet, sit in a hash table; the few others in a list with the longest prefix first. The last writer of a prefix owns
 * it. */
#include "ml_dp_internal.h"

static uint32_t hash_address(const ml_dp *dp, const uint8_t *address)
{
    uint64_t h = dp->hash_seed ^ ml_load64_le(address);
    h *= UINT64_C(0x9e3779b97f4a7c15);
    h ^= h >> 29;
    h += ml_load64_le(address + 8);
    h *= UINT64_C(0xbf58476d1ce4e5b9);
    return (uint32_t)(h >> 32);
}

static uint32_t host_entry(const ml_dp *dp, const uint8_t *address)
{
    uint32_t i = hash_address(dp, address) & dp->host_mask;
    while (dp->hosts[i].used && memcmp(dp->hosts[i].address, address, 16) != 0) i = (i + 1) & dp->host_mask;
    return i;
}

/* Backward shift, so that no tombstones pile up. */
static void host_remove(ml_dp *dp, uint32_t hole)
{
    uint32_t i = hole;
    dp->hosts[hole].used = false;
    dp->host_count--;
    for (;;)
    {
        uint32_t home;
        i = (i + 1) & dp->host_mask;
        if (!dp->hosts[i].used) return;
        home = hash_address(dp, dp->hosts[i].address) & dp->host_mask;
        if (((i - home) & dp->host_mask) < ((i - hole) & dp->host_mask)) continue;
        dp->hosts[hole] = dp->hosts[i];
        dp->hosts[i].used = false;
        hole = i;
    }
}

bool ml_prefix_matches(const uint8_t *prefix, int bits, const uint8_t *address)
{
    int whole = bits / 8, rest = bits % 8;
    if (memcmp(prefix, address, (size_t)whole) != 0) return false;
    return rest == 0 || ((prefix[whole] ^ address[whole]) & (0xff00 >> rest) & 0xff) == 0;
}

void ml_routes_remove(ml_dp *dp, int slot)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i <= dp->host_mask; )
    {
        if (dp->hosts[i].used && dp->hosts[i].slot == slot) host_remove(dp, i);     /* another entry may have moved here: look again */
        else i++;
    }
    for (uint32_t i = 0; i < dp->net_count; i++)
        if (dp->nets[i].slot != slot) dp->nets[kept++] = dp->nets[i];
    dp->net_count = kept;
}

int ml_routes_add(ml_dp *dp, int slot, const uint8_t *prefix)
{
    int bits = prefix[16];
    ml_route route;
    uint32_t i;

    if (bits > 128) return ML_BAD_ARGUMENT;
    memcpy(route.address, prefix, 16);
    for (int b = bits; b < 128; b++) route.address[b / 8] &= (uint8_t)~(0x80 >> (b % 8));
    route.bits = (uint8_t)bits;
    route.slot = (uint16_t)slot;
    route.used = true;

    if (bits == 128)
    {
        i = host_entry(dp, route.address);
        if (!dp->hosts[i].used)
        {
            if (dp->host_count >= (dp->host_mask + 1) / 2) return ML_FULL;
            dp->host_count++;
        }
        dp->hosts[i] = route;
        return ML_OK;
    }
    for (i = 0; i < dp->net_count; i++)
    {
        if (dp->nets[i].bits != route.bits || memcmp(dp->nets[i].address, route.address, 16) != 0) continue;
        dp->nets[i] = route;
        return ML_OK;
    }
    if (dp->net_count == dp->net_max) return ML_FULL;
    for (i = dp->net_count++; i > 0 && dp->nets[i - 1].bits < route.bits; i--) dp->nets[i] = dp->nets[i - 1];
    dp->nets[i] = route;
    return ML_OK;
}

/* The slot that owns the address, or -1. */
int ml_routes_find(ml_dp *dp, const uint8_t *address)
{
    uint32_t host = host_entry(dp, address);
    if (dp->hosts[host].used) return dp->hosts[host].slot;
    for (uint32_t i = 0; i < dp->net_count; i++)
        if (ml_prefix_matches(dp->nets[i].address, dp->nets[i].bits, address)) return dp->nets[i].slot;
    return -1;
}
