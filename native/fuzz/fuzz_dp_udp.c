/*
 * libFuzzer target for everything a stranger can send to our port, and for the calls around it in any order. The input is a list of
 * operations: code, two argument bytes, a length byte, so many bytes. Afterwards no packet buffer may be lost, no index may be left of a
 * removed peer, and no session may exist that nobody installed.
 */
#include "../tests/dp_support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int handle)
{
    ml_dp *dp = ml_dp_enter(handle);
    int held = dp->pool_count;
    for (int i = 0; i < dp->max_peers; i++) held += dp->peers[i].staged.count;
    for (int i = 0; i < ML_RELAYS; i++)
        held += dp->relays[i].control.count + dp->relays[i].urgent.count + dp->relays[i].data.count + (dp->relays[i].sending != ML_NONE);
    if (held != dp->packets) abort();
    for (uint32_t i = 0; i <= dp->index_mask; i++)
        if (dp->indices[i].index != 0 && !dp->peers[dp->indices[i].slot].used) abort();
    for (int i = 0; i < dp->max_peers; i++)
        for (int s = 0; s < ML_SESSIONS; s++)
            if (dp->peers[i].session[s].used && ml_index_slot(dp, dp->peers[i].session[s].local) != i) abort();
    ml_dp_leave(dp, 0);
}

static void operate(int h, int code, int x, int y, const uint8_t *bytes, int count, int64_t now_ms)
{
    static uint8_t out[4096], pad[ML_EVENT_HEADER + 2048];
    uint8_t key[64] = { 0 }, endpoint[18];
    memcpy(key, bytes, (size_t)(count < 64 ? count : 64));
    v4_endpoint(endpoint, 10, 0, 0, x, y);
    switch (code % 20)
    {
        case 0: case 1: case 2: ml_dp_udp_in(h, endpoint, 0, bytes, 0, count, now_ms); break;
        case 3:                                              /* long datagrams from short inputs */
            memset(pad, 0, sizeof pad);
            memcpy(pad, bytes, (size_t)count);
            ml_dp_udp_in(h, endpoint, 0, pad, 0, (count + x * 8) % 1600, now_ms);
            break;
        case 4: ml_dp_send_ip(h, bytes, 0, count, now_ms); break;
        case 5: ml_dp_poll_udp(h, out, 0, x * 8); break;
        case 6: ml_dp_poll_event(h, out, 0, x * 16); break;
        case 7: ml_dp_peer_set(h, x % 4, key, 0); break;
        case 8: ml_dp_peer_remove(h, x % 4); break;
        case 9: ml_dp_peer_allowed(h, x % 4, bytes, 0, count / 17); break;
        case 10: ml_dp_peer_path(h, x % 4, y, endpoint, 0, x % 3); break;
        case 11: ml_dp_session_install(h, x % 4, ml_dp_index_allocate(h, x % 4), y, key, key + 32, y & 1, now_ms); break;
        case 12: ml_dp_index_release(h, ml_dp_index_allocate(h, x % 4)); break;
        case 13: ml_dp_sessions_wipe(h, x % 4); break;
        case 14: ml_dp_disco_known(h, key, 0, y & 1); break;
        case 15: ml_dp_stun_expect(h, key, 0, now_ms); break;
        case 16: ml_dp_relay_open(h, x % 20); break;
        case 17: ml_dp_relay_out(h, x % 20, key, 0, bytes, 0, count, y & 1); break;
        case 18: ml_dp_relay_frame(h, x % 20, y, bytes, 0, count); break;
        default:
            if (y & 1) ml_dp_relay_drain(h, x % 20, out, 0, y * 8);
            else if (y & 2) ml_dp_relay_reset(h, x % 20);
            else if (y & 4) ml_dp_relay_close(h, x % 20);
            else ml_dp_staged_drop(h, x % 4);
            break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int h = ml_dp_create(4, 1024, 8, 8192, 8192, 16384, 64);
    uint8_t seed[32] = { 1 };
    int64_t now_ms = 1000;
    ml_dp_seed(h, seed, 0);
    ml_dp_set_identity(h, seed, 0);
    while (size >= 4)
    {
        size_t count = data[3] < size - 4 ? data[3] : size - 4;
        uint8_t *copy = malloc(count == 0 ? 1 : count);
        memcpy(copy, data + 4, count);
        operate(h, data[0], data[1], data[2], copy, (int)count, now_ms);
        free(copy);
        now_ms += data[2] * 100;
        data += 4 + count;
        size -= 4 + count;
    }
    check(h);
    ml_dp_destroy(h);
    return 0;
}
