/* Which datagram goes where (protocol.md 6.9 and the demux table of 13.1), and the two filters: disco keys and STUN transactions. */
#include "dp_support.h"

static uint8_t from[18];

static int in(int handle, const char *bytes, int pad_to, int64_t now_ms)
{
    uint8_t datagram[2048] = { 0 };
    int n = hex(bytes, datagram);
    if (n < pad_to) n = pad_to;
    return ml_dp_udp_in(handle, from, 0, datagram, 0, n, now_ms);
}

static const char stun[] = "0101000c2112a4422360b11e3ec68ffa93e08007002000080001c7866957856f";
static const char disco[] = "5453f09f92ac1cf579aba45a10ba1d1ef06d91fca2aa9ed0a1150515653155405d0b18cb9a67000102030405060708090a0b0c0d0e0f1011121314151617ebba26d9122e8f6575ae34f308bd5ebb";

static void stun_by_transaction(void)
{
    int a = new_plane(1);
    uint8_t transaction[12];
    hex("2360b11e3ec68ffa93e08007", transaction);
    EQUAL(in(a, stun, 0, 1000), ML_DROPPED);
    EQUAL(COUNTER(a, STUN_UNMATCHED), 1);
    ml_dp_stun_expect(a, transaction, 0, 1000);
    EQUAL(in(a, stun, 0, 1001), 0);
    EQUAL(drain_events(a, ML_EVENT_STUN), 1);
    EQUAL(event_length, ML_EVENT_HEADER + 32);
    CHECK(memcmp(event + 8, from, 18) == 0);
    EQUAL(in(a, stun, 0, 1002), ML_DROPPED);                            /* once */
    ml_dp_stun_expect(a, transaction, 0, 2000);
    EQUAL(in(a, stun, 0, 12000), ML_DROPPED);                           /* ten seconds */
    ml_dp_stun_expect(a, transaction, 0, 20000);
    for (int i = 0; i < ML_STUN_MAX; i++)
    {
        transaction[0] = (uint8_t)(i + 100);
        ml_dp_stun_expect(a, transaction, 0, 20000);
    }
    EQUAL(in(a, stun, 0, 20001), ML_DROPPED);                           /* 64 later ones pushed it out */
    ml_dp_destroy(a);
}

static void disco_by_key(void)
{
    int a = new_plane(1);
    uint8_t key[32];
    hex("1cf579aba45a10ba1d1ef06d91fca2aa9ed0a1150515653155405d0b18cb9a67", key);
    EQUAL(in(a, disco, 0, 0), ML_DROPPED);
    EQUAL(COUNTER(a, DISCO_UNKNOWN), 1);
    ml_dp_disco_known(a, key, 0, 1);
    ml_dp_disco_known(a, key, 0, 1);                                    /* two nodes with one disco key */
    EQUAL(in(a, disco, 0, 0), 0);
    EQUAL(drain_events(a, ML_EVENT_DISCO), 1);
    EQUAL(event_length, ML_EVENT_HEADER + 78);
    EQUAL(event[2] | event[3] << 8, 0xffff);
    ml_dp_disco_known(a, key, 0, 0);
    EQUAL(in(a, disco, 0, 0), 0);
    ml_dp_disco_known(a, key, 0, 0);
    EQUAL(in(a, disco, 0, 0), ML_DROPPED);
    ml_dp_disco_known(a, key, 0, 0);                                    /* once too often: nothing happens */
    EQUAL(in(a, "5453f09f92ac", 77, 0), ML_DROPPED);
    EQUAL(COUNTER(a, DISCO_SHORT), 1);
    ml_dp_destroy(a);
}

/* More keys than the table holds: then all pass, nobody is shut out. Also that removal keeps the others findable. */
static void disco_table(void)
{
    int a = new_plane(1), known = 0;
    uint8_t key[32] = { 0 };
    ml_dp *dp;
    for (int i = 0; i < 1200; i++)
    {
        ml_store32_le(key, (uint32_t)i);
        EQUAL(ml_dp_disco_known(a, key, 0, 1), 0);
    }
    for (int i = 0; i < 1200; i += 3)
    {
        ml_store32_le(key, (uint32_t)i);
        ml_dp_disco_known(a, key, 0, 0);
    }
    dp = ml_dp_enter(a);
    for (int i = 0; i < 1200; i++)
    {
        ml_store32_le(key, (uint32_t)i);
        if (ml_disco_passes(dp, key) != (i % 3 != 0)) known++;
    }
    EQUAL(known, 0);
    EQUAL(dp->disco_count, 800);
    ml_dp_leave(dp, 0);
    for (int i = 0; i < ML_DISCO_KEYS; i++)
    {
        ml_store32_le(key, (uint32_t)(i + 5000));
        ml_dp_disco_known(a, key, 0, 1);
    }
    CHECK(COUNTER(a, DISCO_TABLE_FULL) > 0);
    EQUAL(in(a, disco, 0, 0), 0);
    ml_dp_destroy(a);
}

/* One line per datagram: bytes, zero-padded to a length, and the counter that must have moved. */
static void table(void)
{
    static const struct { const char *bytes; int length; int counter; } lines[] =
    {
        { "", 0, ML_COUNTER_EMPTY },
        { "04", 1, ML_COUNTER_EMPTY },
        { "04000000", 4, ML_COUNTER_TRANSPORT_LENGTH },
        { "04000000", 31, ML_COUNTER_TRANSPORT_LENGTH },
        { "04000000", 32, ML_COUNTER_TRANSPORT_INDEX },
        { "0400000001", 32, ML_COUNTER_TRANSPORT_INDEX },
        { "04000001", 32, ML_COUNTER_EMPTY },
        { "05000000", 64, ML_COUNTER_EMPTY },
        { "00000000", 64, ML_COUNTER_EMPTY },
        { "01000000", 147, ML_COUNTER_HANDSHAKE_LENGTH },
        { "01000000", 149, ML_COUNTER_HANDSHAKE_LENGTH },
        { "01000000", 148, ML_COUNTER_NO_IDENTITY },
        { "02000000", 91, ML_COUNTER_HANDSHAKE_LENGTH },
        { "03000000", 65, ML_COUNTER_HANDSHAKE_LENGTH },
        /* STUN: 19 bytes are too few, b0 & C0, b1 must be 1 */
        { "010100002112a442", 19, ML_COUNTER_EMPTY },
        { "010100002112a442", 20, ML_COUNTER_STUN_UNMATCHED },
        { "000100002112a442", 20, ML_COUNTER_STUN_UNMATCHED },
        { "200100002112a442", 20, ML_COUNTER_STUN_UNMATCHED },
        { "f00100002112a442", 20, ML_COUNTER_EMPTY },
        { "400100002112a442", 20, ML_COUNTER_EMPTY },
        { "010000002112a442", 32, ML_COUNTER_HANDSHAKE_LENGTH },
        /* Geneve around DISCO, around WireGuard, and what only looks like it */
        { "00807a1100000100 5453f09f92ac", 46, ML_COUNTER_GENEVE },
        { "00807a1100000100 5453f09f92ac", 45, ML_COUNTER_EMPTY },
        { "00007a1200000100 04000000", 40, ML_COUNTER_GENEVE },
        { "40007a1200000100 04000000", 40, ML_COUNTER_EMPTY },
        { "00017a1200000100 04000000", 40, ML_COUNTER_EMPTY },
        { "00007a1200000101 04000000", 40, ML_COUNTER_EMPTY },
        { "5453f09f92ac", 37, ML_COUNTER_EMPTY },
        { "5453f09f92ac", 38, ML_COUNTER_DISCO_SHORT },
        { "5453f09f92ac", 78, ML_COUNTER_DISCO_UNKNOWN },
        { "04000000", ML_DATAGRAM_MAX + 1, ML_COUNTER_TOO_LONG },
    };
    int a = new_plane(1);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
    {
        uint64_t before = counter_of(a, lines[i].counter);
        checks++;
        if (in(a, lines[i].bytes, lines[i].length, 0) == ML_DROPPED && counter_of(a, lines[i].counter) == before + 1) continue;
        failures++;
        printf("line %d: %s, %d bytes\n", (int)i + 1, lines[i].bytes, lines[i].length);
    }
    EQUAL(drain_events(a, 0), 0);
    ml_dp_destroy(a);
}

int main(void)
{
    v4_endpoint(from, 192, 0, 2, 1, 3478);
    stun_by_transaction();
    disco_by_key();
    disco_table();
    table();
    return finish("test_dp_demux");
}
