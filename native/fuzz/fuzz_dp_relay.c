/*
 * libFuzzer target for the relay framer: the input is what a hostile relay server sends. Cut at other places it must give the same
 * events and counters. The first byte says how it is cut.
 */
#include "../tests/dp_support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t run(const uint8_t *data, size_t size, size_t piece)
{
    static uint8_t record[ML_EVENT_HEADER + ML_EVENT_PAYLOAD_MAX], counters[ML_COUNTERS * 8];
    int a = plane_with_peer(1, 2), b = plane_with_peer(2, 1), n, result = 0;
    uint64_t hash = 14695981039346656037u;
    uint8_t key[32] = { 0 };
    join(b, a, 1, 1000);
    force_index(a, 0, 0x01020304);
    ml_dp_disco_known(a, key, 0, 1);
    ml_dp_relay_open(a, 7);
    for (size_t at = 0; at < size && result == 0; at += piece)
    {
        size_t count = size - at < piece ? size - at : piece;
        uint8_t *copy = malloc(count);                       /* exact, for AddressSanitizer */
        memcpy(copy, data + at, count);
        result = ml_dp_relay_in(a, 7, copy, 0, (int)count, 1001);
        free(copy);
    }
    if (result != 0 && result != ML_MALFORMED) abort();
    while ((n = ml_dp_poll_event(a, record, 0, sizeof record)) > 0)
        for (int i = 0; i < n; i++) hash = (hash ^ record[i]) * 1099511628211u;
    ml_dp_counters(a, counters, 0, sizeof counters);
    for (size_t i = 0; i < sizeof counters; i++) hash = (hash ^ counters[i]) * 1099511628211u;
    if (failures != 0) abort();
    ml_dp_destroy(a);
    ml_dp_destroy(b);
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) return 0;
    if (run(data + 1, size - 1, size) != run(data + 1, size - 1, 1 + (size_t)data[0] % 64)) abort();
    return 0;
}
