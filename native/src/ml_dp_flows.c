/* UDP and SCTP flows that began here: an answer passes the filter without a rule. A hash table of fixed size in the order of last use;
 * the flow used longest ago gives way (tailscaled keeps 512). The key is the answer's: 0 source[16] | 16 destination[16] | 32 ports |
 * 36 protocol. */
#include "ml_dp_filter.h"

static uint32_t bucket_of(const ml_dp *dp, const uint8_t *key)
{
    uint64_t h = dp->hash_seed;
    for (int i = 0; i < 32; i += 8)
    {
        h = (h ^ ml_load64_le(key + i)) * UINT64_C(0x9e3779b97f4a7c15);
        h ^= h >> 29;
    }
    h = (h ^ ml_load32_le(key + 32) ^ (uint64_t)key[36] << 32) * UINT64_C(0xbf58476d1ce4e5b9);
    return (uint32_t)(h >> 32) & dp->flow_mask;
}

static uint16_t find(const ml_dp *dp, const uint8_t *key, uint32_t bucket)
{
    uint16_t at = dp->flow_buckets[bucket];
    while (at != ML_NONE && memcmp(dp->flows[at].key, key, ML_FLOW_KEY) != 0) at = dp->flows[at].chain;
    return at;
}

static void unlink_flow(ml_dp *dp, uint16_t at)
{
    ml_flow *flow = &dp->flows[at];
    if (flow->newer != ML_NONE) dp->flows[flow->newer].older = flow->older;
    else dp->flow_newest = flow->older;
    if (flow->older != ML_NONE) dp->flows[flow->older].newer = flow->newer;
    else dp->flow_oldest = flow->newer;
}

static void link_newest(ml_dp *dp, uint16_t at)
{
    ml_flow *flow = &dp->flows[at];
    flow->newer = ML_NONE;
    flow->older = dp->flow_newest;
    if (flow->older != ML_NONE) dp->flows[flow->older].newer = at;
    else dp->flow_oldest = at;
    dp->flow_newest = at;
}

static void touch(ml_dp *dp, uint16_t at)
{
    if (dp->flow_newest == at) return;
    unlink_flow(dp, at);
    link_newest(dp, at);
}

static void leave_bucket(ml_dp *dp, uint16_t at)
{
    uint16_t *link = &dp->flow_buckets[bucket_of(dp, dp->flows[at].key)];
    while (*link != at) link = &dp->flows[*link].chain;
    *link = dp->flows[at].chain;
}

bool ml_flow_known(ml_dp *dp, const uint8_t *key)
{
    uint16_t at = find(dp, key, bucket_of(dp, key));
    if (at == ML_NONE) return false;
    touch(dp, at);
    return true;
}

void ml_flow_add(ml_dp *dp, const uint8_t *key)
{
    uint32_t bucket;
    uint16_t at = dp->flow_newest;
    /* Most packets belong to the flow of the one before. */
    if (at != ML_NONE && memcmp(dp->flows[at].key, key, ML_FLOW_KEY) == 0) return;
    bucket = bucket_of(dp, key);
    at = find(dp, key, bucket);
    if (at != ML_NONE)
    {
        touch(dp, at);
        return;
    }
    if (dp->flow_count < dp->flow_max) at = dp->flow_count++;
    else
    {
        at = dp->flow_oldest;
        leave_bucket(dp, at);
        unlink_flow(dp, at);
        ML_COUNT(dp, FLOWS_FORGOTTEN);
    }
    memcpy(dp->flows[at].key, key, ML_FLOW_KEY);
    dp->flows[at].chain = dp->flow_buckets[bucket];
    dp->flow_buckets[bucket] = at;
    link_newest(dp, at);
}
