/*
 * libFuzzer target for session input: a script of what a network and a peer can do to two planes with a session, four bytes a step:
 * 0 what | 1 which datagram | 2 where | 3 value. Nothing that was changed on the way may be taken, nothing may be taken twice, and no
 * plane may lose a packet buffer.
 */
#include "../tests/dp_support.h"

#define KEPT 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct { uint8_t bytes[160]; int count, taken; } kept[KEPT];

static void keep(int a, int *next)
{
    static uint8_t record[2048];
    int n;
    while ((n = ml_dp_poll_udp(a, record, 0, sizeof record)) > 0)
    {
        if (n - ML_ENDPOINT > (int)sizeof kept[0].bytes) continue;
        kept[*next].count = n - ML_ENDPOINT;
        kept[*next].taken = 0;
        memcpy(kept[*next].bytes, record + ML_ENDPOINT, (size_t)kept[*next].count);
        *next = (*next + 1) % KEPT;
    }
}

static bool deliver(int b, const uint8_t *bytes, int count, int64_t now_ms)
{
    uint64_t before = COUNTER(b, TRANSPORT_IN) + COUNTER(b, KEEPALIVE_IN);
    uint8_t endpoint[18] = { 0 };
    ml_dp_udp_in(b, endpoint, 0, bytes, 0, count, now_ms);
    return COUNTER(b, TRANSPORT_IN) + COUNTER(b, KEEPALIVE_IN) != before;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t packet[256];
    int a = plane_with_peer(1, 2), b = plane_with_peer(2, 1), next = 0, sessions = 1;
    int64_t now_ms = 1000;
    memset(kept, 0, sizeof kept);
    join(a, b, sessions, now_ms);
    for (; size >= 4; data += 4, size -= 4)
    {
        int i = data[1] % KEPT, at;
        switch (data[0] % 6)
        {
            case 0:
                ml_dp_send_ip(a, packet, 0, ip4(packet, 1, 2, data[1], packet + 100, data[2] % 80), now_ms);
                break;
            case 1:
                if (kept[i].count > 0 && deliver(b, kept[i].bytes, kept[i].count, now_ms) && kept[i].taken++ != 0) abort();
                break;
            case 2:
                if (kept[i].count == 0) break;
                at = data[2] % kept[i].count;
                kept[i].bytes[at] ^= data[3];
                if (data[3] != 0 && deliver(b, kept[i].bytes, kept[i].count, now_ms)) abort();
                kept[i].bytes[at] ^= data[3];
                break;
            case 3:
                if (kept[i].count == 0 || data[2] >= kept[i].count) break;
                if (deliver(b, kept[i].bytes, data[2], now_ms)) abort();
                break;
            case 4: now_ms += data[2] * 256 + data[3]; break;
            default:
                if (sessions == 60) break;
                if (data[1] & 1) join(a, b, ++sessions, now_ms);
                else join(b, a, ++sessions, now_ms);
                break;
        }
        keep(a, &next);
        drain_events(a, 0);
        drain_events(b, 0);
        while (ml_dp_poll_udp(b, packet, 0, sizeof packet) > 0) { }
    }
    if (failures != 0) abort();
    ml_dp_destroy(a);
    ml_dp_destroy(b);
    return 0;
}
