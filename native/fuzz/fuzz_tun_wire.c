/*
 * libFuzzer target for the TUN device's segmentation and merging. First the input is one read of the device (the kernel's, but lengths are
 * not trusted): what comes out must merge again into frames that can be cut. Then it is packets of peers, each behind two length bytes:
 * whatever they hold, every byte of theirs is written once, in frames no longer than an IP packet.
 */
#include <stdlib.h>
#include <string.h>

#include "../port/linux/ml_tun_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PIECES 256
#define PIECE 1500

static uint8_t pieces[PIECES][PIECE], whole[ML_VNET + ML_TUN_PACKET];
static long written, headers;

static bool check(void *context, const struct iovec *parts, int count)
{
    ml_tun_cut cut;
    size_t n = 0;
    (void)context;
    if (count < 2 || parts[0].iov_len != ML_VNET) abort();
    for (int i = 0; i < count; i++)
    {
        if (n + parts[i].iov_len > sizeof whole) abort();
        memcpy(whole + n, parts[i].iov_base, parts[i].iov_len);
        n += parts[i].iov_len;
    }
    written += (long)n - ML_VNET;
    if (count == 2) return true;
    headers += (long)(count - 2) * (whole[2] | whole[3] << 8);
    if (ml_tun_cut_begin(&cut, whole, (int)n) != 0) abort();
    for (int i = 1; i < count; i++)
    {
        static uint8_t packet[PIECE];
        if (ml_tun_cut_size(&cut) == 0 || ml_tun_cut_size(&cut) > PIECE) abort();
        ml_tun_cut_next(&cut, packet);
    }
    if (ml_tun_cut_size(&cut) != 0) abort();
    return true;
}

static void merge(int count, const int *lengths)
{
    static ml_tun_merge into;
    long given = 0;
    into.write = check;
    written = headers = 0;
    for (int i = 0; i < count; i++)
    {
        given += lengths[i];
        ml_tun_merge_add(&into, pieces[i], lengths[i]);
    }
    ml_tun_merge_flush(&into);
    if (written + headers != given) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int lengths[PIECES], count = 0;
    ml_tun_cut cut;
    if (size <= sizeof whole && ml_tun_cut_begin(&cut, data, (int)size) == 0)
    {
        int made = 0;
        for (int n = ml_tun_cut_size(&cut); n > 0 && n <= PIECE && count < PIECES; n = ml_tun_cut_size(&cut))
        {
            ml_tun_cut_next(&cut, pieces[count]);
            lengths[count++] = n;
            if (++made > 65535) abort();
        }
        merge(count, lengths);
    }
    for (count = 0; size >= 2 && count < PIECES; count++)
    {
        int n = (data[0] << 8 | data[1]) % PIECE;
        data += 2;
        size -= 2;
        if (n == 0) n = 1;
        if ((size_t)n > size) break;
        memcpy(pieces[count], data, (size_t)n);
        lengths[count] = n;
        data += n;
        size -= (size_t)n;
    }
    merge(count, lengths);
    return 0;
}
