/*
 * libFuzzer target for masquerading: 0 flags (1 = IPv6, 2 = outbound) | then a packet from byte 1, whose version and address are set so that it
 * is exchanged. There and back again it must be the packet that it was, but for 0000 and FFFF, which are one number to a checksum. Memory of
 * exact size: what is read or written outside is found.
 */
#include "../tests/dp_support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same_sums(const uint8_t *a, const uint8_t *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
    {
        size_t even = i & ~(size_t)1;
        uint32_t one, two;
        if (a[i] == b[i]) continue;
        if (even + 1 >= count) return false;
        one = (uint32_t)a[even] << 8 | a[even + 1];
        two = (uint32_t)b[even] << 8 | b[even + 1];
        if ((one != 0 && one != 0xffff) || (two != 0 && two != 0xffff)) return false;
    }
    return true;
}

/* The address that comes in stands in the packet already: the way back would exchange it there too. */
static bool holds(const uint8_t *packet, int count, const uint8_t *address, int width)
{
    for (int i = 20; i + width <= count; i++)
        if (memcmp(packet + i, address, (size_t)width) == 0) return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t ours[2][16] = { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 100, 64, 0, 1 }, { 0xfd, 0x7a, 0x11, 0x5c, 0xa1, 0xe0, [15] = 1 } };
    static const uint8_t masquerades[2][16] =
        { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 100, 99, 98, 97 }, { 0xfd, 0x7a, 0x11, 0x5c, 0xa1, 0xe0, 0xab, 0xcd, [14] = 7, [15] = 9 } };
    int family, plane, count = (int)size - 1;
    bool out;
    uint8_t *packet, *before, destination[16];
    ml_dp *dp;
    if (size < 2 || size > 1500) return 0;
    family = data[0] & 1;
    out = data[0] & 2;
    plane = plane_with_peer(1, 2);
    ml_dp_set_self_addresses(plane, ours[0], 0, 2);
    ml_dp_peer_masquerade(plane, 0, masquerades[0], 0, 2);
    packet = malloc((size_t)count);
    before = malloc((size_t)count);
    memcpy(packet, data + 1, (size_t)count);
    packet[0] = (uint8_t)((packet[0] & 15) | (family ? 0x60 : 0x40));
    if (count >= (family ? 40 : 20))
    {
        int at = family ? (out ? 8 : 24) : (out ? 12 : 16), width = family ? 16 : 4;
        memcpy(packet + at, (out ? ours[family] : masquerades[family]) + 16 - width, (size_t)width);
    }
    memcpy(before, packet, (size_t)count);
    {
        const uint8_t *comes = out ? masquerades[family] : ours[family];
        int width = family ? 16 : 4;
        if (holds(packet, count, comes + 16 - width, width)) size = 0;
    }
    dp = ml_dp_enter(plane);
    if (out) ml_masquerade_out(dp, &dp->peers[0], packet, count);
    else ml_masquerade_in(dp, &dp->peers[0], packet, count, destination);
    for (int i = 0; i < 2; i++)
    {
        memcpy(dp->self[i], masquerades[i], 16);
        memcpy(dp->peers[0].masquerade[i], ours[i], 16);
    }
    if (out) ml_masquerade_out(dp, &dp->peers[0], packet, count);
    else ml_masquerade_in(dp, &dp->peers[0], packet, count, destination);
    ml_dp_leave(dp, 0);
    if (failures != 0 || (size != 0 && !same_sums(before, packet, (size_t)count))) abort();
    free(packet);
    free(before);
    ml_dp_destroy(plane);
    return 0;
}
