/*
 * libFuzzer target for what an authenticated but hostile peer may put into the tunnel: the input is an inner packet, sealed as the peer
 * would. Whatever is answered must be a sane packet to that peer: its own plane opens it, finds it well formed, and owns neither
 * fragment nor foreign source. The same bytes also go through SendIp, as from a hostile program on our side.
 */
#include "../tests/dp_support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_pool(int handle)
{
    ml_dp *dp = ml_dp_enter(handle);
    int held = dp->pool_count;
    for (int i = 0; i < dp->max_peers; i++) held += dp->peers[i].staged.count;
    for (int i = 0; i < ML_RELAYS; i++)
        held += dp->relays[i].control.count + dp->relays[i].urgent.count + dp->relays[i].data.count + (dp->relays[i].sending != ML_NONE);
    if (held != dp->packets) abort();
    ml_dp_leave(dp, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t packet[2048];
    int a, b;
    ml_dp *dp;
    if (size > ML_INNER_MAX) return 0;
    a = plane_with_peer(1, 2);
    b = plane_with_peer(2, 1);
    join(a, b, 1, 1000);
    memcpy(packet, data, size);

    dp = ml_dp_enter(a);
    ml_transport_send(dp, 0, packet, (int)size, 1001);
    ml_dp_leave(dp, 0);
    ml_dp_options(b, ML_OPTION_INNER_PACKETS);
    carry(a, 1, b, 1002);
    if (COUNTER(b, TRANSPORT_IN) + COUNTER(b, KEEPALIVE_IN) != 2) abort();
    carry(b, 2, a, 1003);
    if (COUNTER(a, INNER_MALFORMED) + COUNTER(a, INNER_SOURCE) + COUNTER(a, INNER_FRAGMENT) + COUNTER(a, TRANSPORT_TAG) != 0) abort();
    ml_dp_send_ip(b, packet, 0, (int)size, 1004);
    carry(b, 2, a, 1005);
    if (failures != 0) abort();
    check_pool(a);
    check_pool(b);
    ml_dp_destroy(a);
    ml_dp_destroy(b);
    return 0;
}
