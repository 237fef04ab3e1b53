/* The byte rings and the index table against plain models, with random work. */
#include "dp_support.h"

static uint32_t state = 2463534242u;

static uint32_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

#define RING 1000

/* Records hold their own number; sizes and the pace of reading vary, so that every kind of wrap occurs. */
static void ring(void)
{
    uint8_t *memory = malloc(RING);                          /* exact, for AddressSanitizer */
    static uint8_t out[RING];
    static int lengths[200000];
    ml_ring r = { memory, RING, 0, 0, 0 };
    int put = 0, got = 0, refused = 0;
    while (put < 100000 && failures == 0)
    {
        bool fill = (int)(next_random() % 100) < 50 + put / 2000 % 3 * 10;
        if (fill)
        {
            int count = 4 + (int)(next_random() % 300);
            uint8_t *record = ml_ring_reserve(&r, (uint32_t)count);
            if (record == NULL)
            {
                refused++;
                CHECK(put > got);                            /* an empty ring takes anything up to its size */
                continue;
            }
            if (next_random() % 10 == 0) continue;           /* reserved and left alone */
            if (next_random() % 10 == 0) count = 4;          /* or used less than reserved */
            memset(record, put, (size_t)count);
            ml_store32_le(record, (uint32_t)put);
            lengths[put++] = count;
            ml_ring_commit(&r, (uint32_t)count);
            continue;
        }
        {
            int n = ml_ring_poll(&r, out, sizeof out);
            bool same = true;
            if (n == 0)
            {
                EQUAL(got, put);
                continue;
            }
            EQUAL(n, lengths[got]);
            EQUAL(ml_load32_le(out), (uint32_t)got);
            for (int i = 4; i < n; i++) same = same && out[i] == (uint8_t)got;
            CHECK(same);
            got++;
        }
    }
    CHECK(refused > 100);
    while (got < put && ml_ring_poll(&r, out, sizeof out) > 0) got++;
    EQUAL(got, put);
    EQUAL(r.used, 0);
    EQUAL(ml_ring_poll(&r, out, sizeof out), 0);
    CHECK(ml_ring_reserve(&r, RING - 2) != NULL);
    CHECK(ml_ring_reserve(&r, RING - 1) == NULL);
    free(memory);
}

static void records_that_do_not_fit_stay(void)
{
    uint8_t memory[64], out[64];
    ml_ring r = { memory, sizeof memory, 0, 0, 0 };
    memset(ml_ring_reserve(&r, 20), 7, 20);
    ml_ring_commit(&r, 20);
    EQUAL(ml_ring_poll(&r, out, 19), ML_TOO_LONG);
    EQUAL(ml_ring_poll(&r, out, 20), 20);
}

/* Indices that collide on purpose, removed in any order: what is left is always found. */
static void index_table(void)
{
    int a = plane_with_peer(1, 2);
    ml_dp *dp = ml_dp_enter(a);
    uint32_t held[32] = { 0 };
    int wrong = 0;
    for (int step = 0; step < 20000; step++)
    {
        int i = (int)(next_random() % 32);
        if (held[i] != 0)
        {
            ml_index_remove(dp, held[i]);
            if (ml_index_slot(dp, held[i]) != -1) wrong++;
            held[i] = 0;
        }
        else
        {
            uint32_t at;
            held[i] = (uint32_t)(i + 1) * (dp->index_mask + 1) + next_random() % 4 + dp->index_mask - 1;
            at = held[i] & dp->index_mask;
            while (dp->indices[at].index != 0) at = (at + 1) & dp->index_mask;
            dp->indices[at].index = held[i];
            dp->indices[at].slot = (uint16_t)(i % 8);
        }
        for (int k = 0; k < 32; k++)
            if (held[k] != 0 && ml_index_slot(dp, held[k]) != k % 8) wrong++;
    }
    ml_dp_leave(dp, 0);
    EQUAL(wrong, 0);
    ml_dp_destroy(a);
}

/* Peers that come, go and change slots: every key is found where it is. Seeding late must not lose anybody. */
static void key_table(void)
{
    int a = ml_dp_create(100, 1024, 8, 4096, 4096, 16384, 64), wrong = 0;
    int held[100] = { 0 };                                   /* number of the key in a slot, 0 = empty */
    uint8_t key[32];
    for (int step = 0; step < 5000; step++)
    {
        int slot = (int)(next_random() % 100), number = 1 + (int)(next_random() % 150), at = -1;
        for (int i = 0; i < 100; i++)
            if (held[i] == number) at = i;
        memset(key, number, sizeof key);
        if (step == 500) ml_dp_seed(a, key, 0);
        if (ml_dp_peer_by_key(a, key, 0) != at) wrong++;
        if (next_random() % 3 == 0)
        {
            if ((ml_dp_peer_remove(a, slot) == 0) != (held[slot] != 0)) wrong++;
            held[slot] = 0;
            continue;
        }
        if ((ml_dp_peer_set(a, slot, key, 0) == 0) != (at < 0 || at == slot)) wrong++;
        if (at < 0) held[slot] = number;
    }
    EQUAL(wrong, 0);
    ml_dp_destroy(a);
}

int main(void)
{
    ring();
    key_table();
    records_that_do_not_fit_stay();
    index_table();
    return finish("test_dp_queue");
}
