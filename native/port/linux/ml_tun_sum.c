/* Internet checksums (RFC 1071) over long payloads: every byte that passes a TUN device with offload is summed once on each side. */
#include <string.h>

#include "ml_tun_wire.h"

/* Sixteen words at a time into four sums, which compilers turn into vector instructions. A sum of 64 KB stays far below 2^64. */
uint64_t ml_sum(const uint8_t *bytes, int count, uint64_t sum)
{
    uint64_t parts[4] = { 0, 0, 0, 0 };
    for (; count >= 32; count -= 32, bytes += 32)
    {
        uint32_t words[8];
        memcpy(words, bytes, sizeof words);
        for (int i = 0; i < 4; i++) parts[i] += (uint64_t)words[i] + words[i + 4];
    }
    sum += parts[0] + parts[1] + parts[2] + parts[3];
    for (; count >= 2; count -= 2, bytes += 2)
    {
        uint16_t word;
        memcpy(&word, bytes, sizeof word);
        sum += word;
    }
    if (count != 0)
    {
        uint8_t padded[2] = { bytes[0], 0 };
        uint16_t word;
        memcpy(&word, padded, sizeof word);
        sum += word;
    }
    return sum;
}

uint16_t ml_sum_fold(uint64_t sum)
{
    sum = (sum >> 32) + (sum & 0xffffffff);
    while (sum >> 16) sum = (sum >> 16) + (sum & 0xffff);
    return (uint16_t)sum;
}

uint64_t ml_sum_pseudo(const uint8_t *packet, int protocol, int length)
{
    bool v4 = packet[0] >> 4 == 4;
    uint8_t tail[6] = { 0, (uint8_t)(length >> 16), (uint8_t)(length >> 8), (uint8_t)length, 0, (uint8_t)protocol };
    return ml_sum(packet + (v4 ? 12 : 8), v4 ? 8 : 32, ml_sum(tail, sizeof tail, 0));
}
