/*
 * libFuzzer target for the handshake gate: messages of a stranger who knows our public key, so mac1 is made right for most. A message:
 * 0 flags (1 = leave mac1 as it is, 2 = under load, 4 = by relay) | 1 milliseconds | 2 length u8 | bytes. What passes has exact size and a
 * right mac1; nothing is answered with more bytes than came.
 */
#include "../tests/dp_support.h"
#include "ml_dp_crypto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool exact(const uint8_t *message, int count)
{
    return (message[0] == 1 && count == 148) || (message[0] == 2 && count == 92) || (message[0] == 3 && count == 64);
}

static void send_message(int b, const uint8_t *message, int count, int64_t now_ms, bool by_relay)
{
    static uint8_t record[2048];
    uint64_t before = COUNTER(b, HANDSHAKE_IN);
    uint8_t endpoint[18] = { 9 };
    int n;
    ml_dp *dp = ml_dp_enter(b);
    ml_source source = { by_relay ? NULL : endpoint, by_relay ? message : NULL, by_relay ? 7 : 0 };
    memcpy(dp->scratch, message, (size_t)count);
    ml_demux_in(dp, &source, dp->scratch, count, now_ms);
    ml_dp_leave(dp, 0);
    if (COUNTER(b, HANDSHAKE_IN) != before && !exact(message, count)) abort();
    while ((n = ml_dp_poll_udp(b, record, 0, sizeof record)) > 0)
        if (n - ML_ENDPOINT > count || record[ML_ENDPOINT] != 3) abort();
    drain_events(b, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t message[256 + 64];
    int b = plane_with_peer(2, 1);
    int64_t now_ms = 1000;
    force_index(b, 0, 0x01020304);
    while (size >= 3)
    {
        int flags = data[0], count = data[2];
        now_ms += data[1] * 4;
        data += 3;
        size -= 3;
        if ((size_t)count > size) count = (int)size;
        memset(message, 0, sizeof message);
        memcpy(message, data, (size_t)count);
        data += count;
        size -= (size_t)count;
        ml_dp_options(b, flags & 2 ? ML_OPTION_UNDER_LOAD : 0);
        if (!(flags & 1) && count >= 60)
        {
            ml_dp *dp = ml_dp_enter(b);
            ml_crypto_mac(dp->mac1_key, ML_KEY, message, count - 32, message + count - 32);
            ml_dp_leave(dp, 0);
        }
        send_message(b, message, count, now_ms, (flags & 4) != 0);
    }
    if (failures != 0) abort();
    ml_dp_destroy(b);
    return 0;
}
