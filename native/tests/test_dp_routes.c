/* Longest prefix over random prefixes against a plain search through all of them, with peers that come and go. */
#include "dp_support.h"

#define PEERS 8
#define PREFIXES 4

static uint32_t state = 2463534242u;

static uint32_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

static uint8_t prefixes[PEERS][PREFIXES][17];
static int order[PEERS];               /* which peer wrote later */

static bool covers(const uint8_t *prefix, const uint8_t *address)
{
    for (int i = 0; i < prefix[16]; i++)
        if ((prefix[i / 8] ^ address[i / 8]) & (0x80 >> (i % 8))) return false;
    return true;
}

static int search(const uint8_t *address)
{
    int best = -1, bits = -1, when = -1;
    for (int peer = 0; peer < PEERS; peer++)
    {
        for (int i = 0; i < PREFIXES && order[peer] > 0; i++)
        {
            const uint8_t *p = prefixes[peer][i];
            if (!covers(p, address) || p[16] < bits || (p[16] == bits && order[peer] < when)) continue;
            best = peer;
            bits = p[16];
            when = order[peer];
        }
    }
    return best;
}

/* Few distinct bits, so that prefixes nest and collide. */
static void random_address(uint8_t *into)
{
    memset(into, 0, 16);
    into[10] = into[11] = 0xff;
    into[12] = 100;
    into[13] = (uint8_t)(next_random() & 3);
    into[14] = (uint8_t)(next_random() & 3);
    into[15] = (uint8_t)(next_random() & 15);
}

int main(void)
{
    static const uint8_t lengths[] = { 128, 128, 128, 126, 124, 120, 118, 104, 96, 0 };
    int a = new_plane(1), wrong = 0, clock = 0;
    uint8_t key[32] = { 0 };
    ml_dp *dp;
    for (int step = 0; step < 3000; step++)
    {
        int peer = (int)(next_random() % PEERS);
        if (next_random() % 3 == 0)
        {
            if (order[peer] > 0) EQUAL(ml_dp_peer_remove(a, peer), 0);
            order[peer] = 0;
        }
        else
        {
            key[0] = (uint8_t)(peer + 1);
            ml_dp_peer_set(a, peer, key, 0);
            for (int i = 0; i < PREFIXES; i++)
            {
                random_address(prefixes[peer][i]);
                prefixes[peer][i][16] = lengths[next_random() % sizeof lengths];
            }
            /* A prefix belongs to its last writer: another peer that had it loses it for good, so start from a clean slate. */
            for (int other = 0; other < PEERS; other++)
                if (other != peer && order[other] > 0) EQUAL(ml_dp_peer_allowed(a, other, prefixes[other][0], 0, PREFIXES), 0);
            EQUAL(ml_dp_peer_allowed(a, peer, prefixes[peer][0], 0, PREFIXES), 0);
            for (int other = 0; other < PEERS; other++)
                if (other != peer && order[other] > 0) order[other] = ++clock;
            order[peer] = ++clock;
        }
        if (order[peer] == 0)
        {
            for (int other = 0; other < PEERS; other++)
            {
                if (order[other] == 0) continue;
                EQUAL(ml_dp_peer_allowed(a, other, prefixes[other][0], 0, PREFIXES), 0);
                order[other] = ++clock;
            }
        }
        dp = ml_dp_enter(a);
        for (int i = 0; i < 20; i++)
        {
            uint8_t address[16];
            random_address(address);
            if (ml_routes_find(dp, address) != search(address)) wrong++;
        }
        ml_dp_leave(dp, 0);
    }
    EQUAL(wrong, 0);
    ml_dp_destroy(a);
    return finish("test_dp_routes");
}
