/* Two small sets that keep strangers' messages away from managed code: disco keys of known peers, and STUN transactions that we started. */
#include "ml_dp_internal.h"

/* ---- disco keys: 64-bit prints, counted, open addressing ----------------------------------------------------------------------------- */

static uint64_t print_of(const ml_dp *dp, const uint8_t *key)
{
    uint64_t h = dp->hash_seed;
    for (int i = 0; i < ML_KEY; i += 8)
    {
        h = (h ^ ml_load64_le(key + i)) * UINT64_C(0x9e3779b97f4a7c15);
        h ^= h >> 32;
    }
    return h == 0 ? 1 : h;
}

static uint32_t disco_entry(const ml_dp *dp, uint64_t print)
{
    uint32_t i = (uint32_t)(print % ML_DISCO_KEYS);
    while (dp->disco[i].print != 0 && dp->disco[i].print != print) i = (i + 1) % ML_DISCO_KEYS;
    return i;
}

static void disco_remove(ml_dp *dp, uint32_t hole)
{
    uint32_t i = hole;
    dp->disco[hole].print = 0;
    dp->disco_count--;
    for (;;)
    {
        uint32_t home;
        i = (i + 1) % ML_DISCO_KEYS;
        if (dp->disco[i].print == 0) return;
        home = (uint32_t)(dp->disco[i].print % ML_DISCO_KEYS);
        if ((i + ML_DISCO_KEYS - home) % ML_DISCO_KEYS < (i + ML_DISCO_KEYS - hole) % ML_DISCO_KEYS) continue;
        dp->disco[hole] = dp->disco[i];
        dp->disco[i].print = 0;
        hole = i;
    }
}

int ml_dp_disco_known(int handle, const uint8_t *key, int offset, int add)
{
    ml_dp *dp = ml_dp_enter(handle);
    uint64_t print;
    uint32_t i;
    if (dp == NULL) return ML_BAD_HANDLE;
    print = print_of(dp, key + offset);
    i = disco_entry(dp, print);
    if (!add)
    {
        if (dp->disco[i].print != 0 && --dp->disco[i].users == 0) disco_remove(dp, i);
        return ml_dp_leave(dp, ML_OK);
    }
    if (dp->disco[i].print == 0)
    {
        if (dp->disco_count >= ML_DISCO_KEYS / 4 * 3)
        {
            ML_COUNT(dp, DISCO_TABLE_FULL);
            return ml_dp_leave(dp, ML_FULL);
        }
        dp->disco[i].print = print;
        dp->disco[i].users = 0;
        dp->disco_count++;
    }
    dp->disco[i].users++;
    return ml_dp_leave(dp, ML_OK);
}

/* With more peers than the table holds nobody may be shut out: then every key passes, and the path finder looks it up. */
bool ml_disco_passes(ml_dp *dp, const uint8_t *key)
{
    if (dp->counters[ML_COUNTER_DISCO_TABLE_FULL] != 0) return true;
    return dp->disco[disco_entry(dp, print_of(dp, key))].print != 0;
}

/* ---- STUN transactions --------------------------------------------------------------------------------------------------------------- */

int ml_dp_stun_expect(int handle, const uint8_t *transaction, int offset, int64_t now_ms)
{
    ml_dp *dp = ml_dp_enter(handle);
    ml_stun *stun;
    if (dp == NULL) return ML_BAD_HANDLE;
    stun = &dp->stun[dp->stun_next];
    dp->stun_next = (dp->stun_next + 1) % ML_STUN_MAX;
    memcpy(stun->transaction, transaction + offset, sizeof stun->transaction);
    stun->until_ms = now_ms + ML_STUN_LIFE_MS;
    return ml_dp_leave(dp, ML_OK);
}

/* An answer passes once: a second one with the same id is a duplicate or forged. */
bool ml_stun_passes(ml_dp *dp, const uint8_t *transaction, int64_t now_ms)
{
    for (int i = 0; i < ML_STUN_MAX; i++)
    {
        ml_stun *stun = &dp->stun[i];
        if (now_ms >= stun->until_ms || memcmp(stun->transaction, transaction, sizeof stun->transaction) != 0) continue;
        stun->until_ms = 0;
        return true;
    }
    return false;
}
