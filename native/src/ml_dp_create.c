/* The layout of an instance: one memory block, cut up here. Also its random numbers, identity and end. */
#include "ml_dp_internal.h"
#include "ml_dp_crypto.h"

typedef struct { size_t at, peers, by_key, windows, pool, indices, hosts, nets, filter, flows, buckets, events, udp, total; } layout;

static uint32_t power_of_two(uint32_t least)
{
    uint32_t n = 16;
    while (n < least) n *= 2;
    return n;
}

static size_t place(layout *l, size_t bytes)
{
    size_t at = l->at;
    l->at += (bytes + 15) & ~(size_t)15;
    return at;
}

/* Indices: three sessions and four handshakes a slot, at most half full. Hosts: four addresses a slot, likewise; keys
 * too. */
static layout lay_out(const ml_dp_sizes *sizes)
{
    size_t max_peers = (size_t)sizes->max_peers;
    layout l;
    memset(&l, 0, sizeof l);
    place(&l, sizeof(ml_dp));
    l.peers = place(&l, max_peers * sizeof(ml_peer));
    l.by_key = place(&l, power_of_two((uint32_t)max_peers * 2) * sizeof(uint16_t));
    l.windows = place(&l, max_peers * ML_SESSIONS * (size_t)sizes->window_bits / 8);
    l.pool = place(&l, (size_t)sizes->queue_packets * sizeof(ml_packet));
    l.indices = place(&l, power_of_two((uint32_t)max_peers * 14) * sizeof(ml_index));
    l.hosts = place(&l, power_of_two((uint32_t)max_peers * 8) * sizeof(ml_route));
    l.nets = place(&l, max_peers * 4 * sizeof(ml_route));
    l.filter = place(&l, (size_t)sizes->filter_bytes);
    l.flows = place(&l, (size_t)sizes->flows * sizeof(ml_flow));
    l.buckets = place(&l, power_of_two((uint32_t)sizes->flows * 2) * sizeof(uint16_t));
    l.events = place(&l, (size_t)sizes->event_bytes);
    l.udp = place(&l, (size_t)sizes->udp_ring_bytes);
    l.total = l.at;
    return l;
}

static bool within(int value, int least, int most) { return value >= least && value <= most; }

size_t ml_dp_memory(const ml_dp_sizes *sizes)
{
    bool sane = within(sizes->max_peers, 1, 16384) && within(sizes->window_bits, 1024, 8192) &&
                (sizes->window_bits & (sizes->window_bits - 1)) == 0 && within(sizes->queue_packets, 4, 32768) &&
                within(sizes->event_bytes, 4096, 1 << 26) && within(sizes->udp_ring_bytes, 4096, 1 << 26) &&
                within(sizes->filter_bytes, 0, 1 << 24) && within(sizes->flows, 8, 4096);
    return sane ? lay_out(sizes).total : 0;
}

void ml_dp_layout(ml_dp *dp, const ml_dp_sizes *sizes)
{
    int max_peers = sizes->max_peers, queue_packets = sizes->queue_packets;
    layout l = lay_out(sizes);
    uint8_t *base = (uint8_t *)dp;

    dp->max_peers = (uint16_t)max_peers;
    dp->packets = (uint16_t)queue_packets;
    dp->window_words = (uint16_t)(sizes->window_bits / 64);
    dp->peers = (ml_peer *)(void *)(base + l.peers);
    dp->by_key = (uint16_t *)(void *)(base + l.by_key);
    dp->by_key_mask = power_of_two((uint32_t)max_peers * 2) - 1;
    memset(dp->by_key, 0xff, ((size_t)dp->by_key_mask + 1) * sizeof(uint16_t));
    dp->windows = (uint64_t *)(void *)(base + l.windows);
    dp->pool = (ml_packet *)(void *)(base + l.pool);
    dp->indices = (ml_index *)(void *)(base + l.indices);
    dp->index_mask = power_of_two((uint32_t)max_peers * 14) - 1;
    dp->hosts = (ml_route *)(void *)(base + l.hosts);
    dp->host_mask = power_of_two((uint32_t)max_peers * 8) - 1;
    dp->nets = (ml_route *)(void *)(base + l.nets);
    dp->net_max = (uint32_t)max_peers * 4;
    dp->filter = base + l.filter;
    dp->filter_max = (uint32_t)sizes->filter_bytes;
    dp->flows = (ml_flow *)(void *)(base + l.flows);
    dp->flow_max = (uint16_t)sizes->flows;
    dp->flow_newest = dp->flow_oldest = ML_NONE;
    dp->flow_buckets = (uint16_t *)(void *)(base + l.buckets);
    dp->flow_mask = power_of_two((uint32_t)sizes->flows * 2) - 1;
    memset(dp->flow_buckets, 0xff, ((size_t)dp->flow_mask + 1) * sizeof(uint16_t));
    dp->events.base = base + l.events;
    dp->events.size = (uint32_t)sizes->event_bytes;
    dp->udp.base = base + l.udp;
    dp->udp.size = (uint32_t)sizes->udp_ring_bytes;

    for (int i = 0; i < max_peers; i++)
    {
        ml_list_init(&dp->peers[i].staged);
        for (int s = 0; s < ML_SESSIONS; s++) dp->peers[i].session[s].window = dp->windows + (i * ML_SESSIONS + s) * dp->window_words;
    }
    ml_masquerade_self(dp);
    dp->pool_free = ML_NONE;
    dp->pool_count = dp->packets;
    for (int i = 0; i < ML_RELAYS; i++)
    {
        dp->relays[i].sending = ML_NONE;
        ml_list_init(&dp->relays[i].control);
        ml_list_init(&dp->relays[i].urgent);
        ml_list_init(&dp->relays[i].data);
    }
}

/* A hash chain: out = HASH(state, 1), state = HASH(state, 0). What was given out does not tell what came before or comes next. */
void ml_dp_random(ml_dp *dp, uint8_t *into, int count)
{
    static const uint8_t zero[1] = { 0 }, one[1] = { 1 };
    uint8_t block[ML_KEY];
    while (count > 0)
    {
        int part = count < ML_KEY ? count : ML_KEY;
        ml_blake2s_hash(dp->random_state, ML_KEY, one, 1, block, ML_KEY);
        ml_blake2s_hash(dp->random_state, ML_KEY, zero, 1, dp->random_state, ML_KEY);
        memcpy(into, block, (size_t)part);
        into += part;
        count -= part;
    }
    ml_crypto_wipe(block, sizeof block);
}

void ml_dp_seed_body(ml_dp *dp, const uint8_t *random)
{
    uint8_t seed[8];
    ml_blake2s_hash(dp->random_state, ML_KEY, random, 32, dp->random_state, ML_KEY);
    /* The tables' hash is fixed once it is in use. */
    if (dp->hash_seed != 0 || dp->host_count != 0 || dp->disco_count != 0 || dp->flow_count != 0) return;
    for (int i = 0; i < dp->max_peers; i++)
        if (dp->peers[i].used) return;
    ml_dp_random(dp, seed, 8);
    dp->hash_seed = ml_load64_le(seed) | 1;
}

/* Everything: keys, packets, the lot. */
void ml_dp_wipe(ml_dp *dp)
{
    size_t total = (size_t)(dp->udp.base - (uint8_t *)dp) + dp->udp.size;
    ml_crypto_wipe(dp, total);
}
