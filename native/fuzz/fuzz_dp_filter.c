/*
 * libFuzzer target for the packet filter: 0 length of the table u16 LE | 2 table | then packets, each length u8 and that many bytes. A table
 * that is refused must let nothing in that opens something; one that is taken must be searched without harm, whatever it says.
 */
#include "../tests/dp_support.h"
#include "ml_dp_filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool opens(const uint8_t *packet, int count)
{
    int header = packet[0] >> 4 == 4 ? (packet[0] & 15) * 4 : 40;
    bool tcp = (packet[0] >> 4 == 4 ? packet[9] : packet[6]) == 6, first = packet[0] >> 4 == 6 || ((packet[6] & 0x1f) | packet[7]) == 0;
    return tcp && first && count >= header + 20 && (packet[header + 13] & 0x12) == 2;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t length, at;
    int b, taken;
    ml_dp *dp;
    if (size < 2) return 0;
    length = (size_t)(data[0] | data[1] << 8);
    if (length > size - 2) length = size - 2;
    b = plane_with_peer(2, 1);
    {
        /* A copy of exact size: reading behind it is found. */
        uint8_t *table = malloc(length == 0 ? 1 : length);
        memcpy(table, data + 2, length);
        taken = ml_dp_filter_set(b, table, 0, (int)length);
        free(table);
    }
    dp = ml_dp_enter(b);
    for (at = 2 + length; at < size; )
    {
        uint8_t *packet, source[16], destination[16];
        int count = data[at++], inner;
        if ((size_t)count > size - at) count = (int)(size - at);
        if (count == 0) continue;
        packet = malloc((size_t)count);
        memcpy(packet, data + at, (size_t)count);
        at += (size_t)count;
        inner = ml_inner_check(packet, count, source, destination);
        if (inner > 0)
        {
            bool in = ml_filter_in(dp, 0, packet, inner, source, destination, 1000);
            if (in && opens(packet, inner) && (taken != 0 || length == 0)) abort();
            ml_filter_out(dp, packet, inner, source, destination);
        }
        free(packet);
    }
    ml_dp_leave(dp, 0);
    if (failures != 0) abort();
    ml_dp_destroy(b);
    return 0;
}
