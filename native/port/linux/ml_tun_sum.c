/* Internet checksums (RFC 1071) over long payloads: every byte that passes a TUN device with offload is summed once on each side. */
#include <string.h>

#include "ml_tun_wire.h"

/* Two words of 64 bits, on any machine that gcc and clang know. */
typedef uint64_t two __attribute__((vector_size(16)));

/* 32 bytes a step; the halves of the words are added apart, so that no carry gets lost: a sum of 64 KB stays far below 2^64. */
uint64_t ml_sum(const uint8_t *bytes, int count, uint64_t sum)
{
    two low = { 0, 0 }, high = { 0, 0 };
    for (; count >= 32; count -= 32, bytes += 32)
    {
        two words[2];
        memcpy(words, bytes, sizeof words);
        low += words[0] & 0xffffffff;
        high += words[0] >> 32;
        low += words[1] & 0xffffffff;
        high += words[1] >> 32;
    }
    low += high;
    sum += low[0] + low[1];
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
