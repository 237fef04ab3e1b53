/* The gate in front of the handshake machines (protocol.md 8.4). A handshake costs managed code and three Diffie-Hellmans, 11 to 50 ms
 * each on an ESP32, so nothing gets there that is not of exact size, with a right mac1 and, under load, a right mac2 and within the
 * source's rate.
 *
 *   1 initiation   148 B: 116 mac1[16], 132 mac2[16]
 *   2 response      92 B: 8 receiver index, 60 mac1[16], 76 mac2[16]
 *   3 cookie reply  64 B: 4 receiver index
 */
#include "ml_dp_internal.h"
#include "ml_dp_crypto.h"

/* From the specification: "20/s burst 5 per source" (protocol.md 8.4). */
#define ML_SOURCE_PER_SECOND 20
#define ML_SOURCE_BURST 5
#define ML_LOAD_STAYS_MS 1000

static int drop(ml_dp *dp, int counter)
{
    dp->counters[counter]++;
    return ML_DROPPED;
}

/* A source is an IPv4 address, an IPv6 /64, or a node key behind a relay. */
static void source_key(const ml_source *source, uint8_t key[16])
{
    memset(key, 0, 16);
    if (source->endpoint == NULL) memcpy(key, source->node_key, 16);
    else if (memcmp(source->endpoint, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0) memcpy(key, source->endpoint, 16);
    else memcpy(key, source->endpoint, 8);
}

/* Token buckets in a small table; a new source takes the place of the one seen longest ago among four. */
bool ml_limiter_allows(ml_dp *dp, const ml_source *source, int64_t now_ms)
{
    uint8_t key[16];
    uint64_t hash;
    ml_source_bucket *bucket = NULL;

    source_key(source, key);
    hash = (dp->hash_seed ^ ml_load64_le(key)) * UINT64_C(0x9e3779b97f4a7c15) + ml_load64_le(key + 8);
    hash = (hash ^ hash >> 31) * UINT64_C(0xbf58476d1ce4e5b9);
    for (uint32_t i = 0; i < 4; i++)
    {
        ml_source_bucket *at = &dp->sources[((hash >> 40) + i) % ML_SOURCES];
        if (memcmp(at->key, key, 16) == 0)
        {
            bucket = at;
            break;
        }
        if (bucket == NULL || at->seen_ms < bucket->seen_ms) bucket = at;
    }
    if (memcmp(bucket->key, key, 16) != 0)
    {
        memcpy(bucket->key, key, 16);
        bucket->millitokens = ML_SOURCE_BURST * 1000;
    }
    else
    {
        int64_t more = (now_ms - bucket->seen_ms) * ML_SOURCE_PER_SECOND;
        if (more > ML_SOURCE_BURST * 1000) more = ML_SOURCE_BURST * 1000;
        if (more > 0) bucket->millitokens += (int32_t)more;
        if (bucket->millitokens > ML_SOURCE_BURST * 1000) bucket->millitokens = ML_SOURCE_BURST * 1000;
    }
    bucket->seen_ms = now_ms;
    if (bucket->millitokens < 1000) return false;
    bucket->millitokens -= 1000;
    return true;
}

/* Under load = more handshakes with a right mac1 than ML_LOAD_PER_SECOND came within a second; it lasts one second longer. */
static bool under_load(ml_dp *dp, int64_t now_ms)
{
    if (dp->options & ML_OPTION_UNDER_LOAD) return true;
    if (now_ms - dp->load_second_ms >= 1000)
    {
        dp->load_second_ms = now_ms;
        dp->load_count = 0;
    }
    if (++dp->load_count > ML_LOAD_PER_SECOND) dp->load_until_ms = now_ms + ML_LOAD_STAYS_MS;
    return now_ms < dp->load_until_ms;
}

static int pass(ml_dp *dp, const ml_source *source, int slot, const uint8_t *message, int count)
{
    ML_COUNT(dp, HANDSHAKE_IN);
    return ml_dp_event(dp, ML_EVENT_HANDSHAKE, slot, source, 0, message, count) ? ML_OK : ML_DROPPED;
}

int ml_gate_in(ml_dp *dp, const ml_source *source, const uint8_t *message, int count, int64_t now_ms)
{
    uint8_t mac1[16];
    int type = message[0], slot = -1;
    int length = type == ML_WG_INITIATION ? ML_WG_INITIATION_LENGTH : type == ML_WG_RESPONSE ? ML_WG_RESPONSE_LENGTH : ML_WG_COOKIE_LENGTH;

    if (count != length) return drop(dp, ML_COUNTER_HANDSHAKE_LENGTH);
    if (!dp->has_identity) return drop(dp, ML_COUNTER_NO_IDENTITY);
    if (type != ML_WG_INITIATION)
    {
        slot = ml_index_slot(dp, ml_load32_le(message + (type == ML_WG_RESPONSE ? 8 : 4)));
        if (slot < 0) return drop(dp, ML_COUNTER_HANDSHAKE_INDEX);
    }
    if (type == ML_WG_COOKIE) return pass(dp, source, slot, message, count);

    ml_crypto_mac(dp->mac1_key, ML_KEY, message, count - 32, mac1);
    if (!ml_equal(mac1, message + count - 32, 16)) return drop(dp, ML_COUNTER_MAC1);
    if (!under_load(dp, now_ms)) return pass(dp, source, slot, message, count);

    if (!ml_cookie_valid(dp, source, message, count, now_ms))
    {
        ml_cookie_reply(dp, source, message, count, now_ms);
        return drop(dp, ML_COUNTER_MAC2);
    }
    if (!ml_limiter_allows(dp, source, now_ms)) return drop(dp, ML_COUNTER_LIMITED);
    return pass(dp, source, slot, message, count);
}
