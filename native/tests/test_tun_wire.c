/* Segmentation and merging at the TUN device, against a slow checksum written from RFC 1071 and against each other: what is cut and
 * merged again is what it was. */
#include "../port/linux/ml_tun_wire.h"
#include "ml_test.h"

#define MOST 70000

static uint8_t frame[MOST], pieces[128][2048], written[128][MOST];
static int piece_count[128], pieces_made, written_count[128], writes, refuse_udp;

/* RFC 1071, the definition: big endian words, end-around carry. */
static uint16_t slow_sum(const uint8_t *bytes, int count, uint32_t sum)
{
    for (int i = 0; i < count; i++) sum += (uint32_t)bytes[i] << (i % 2 == 0 ? 8 : 0);
    while (sum >> 16) sum = (sum >> 16) + (sum & 0xffff);
    return (uint16_t)sum;
}

/* 0xffff when the packet's transport checksum is right (and the IPv4 header's). */
static uint16_t slow_check(const uint8_t *p, int count)
{
    int v4 = p[0] >> 4 == 4, header = v4 ? 20 : 40, protocol = v4 ? p[9] : p[6], length = count - header;
    uint32_t sum = slow_sum(p + (v4 ? 12 : 8), v4 ? 8 : 32, (uint32_t)protocol + (uint32_t)length);
    if (v4 && slow_sum(p, 20, 0) != 0xffff) return 0;
    return slow_sum(p + header, length, sum);
}

static void put16(uint8_t *p, int value)
{
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
}

static int get16(const uint8_t *p) { return p[0] << 8 | p[1]; }

/* A packet at `into` with everything but the checksum of TCP or UDP; returns the length of its headers. */
static int headers(uint8_t *into, int v4, int udp, int options, int payload)
{
    int ip = v4 ? 20 : 40, transport = udp ? 8 : 20 + options, length = ip + transport + payload;
    memset(into, 0, (size_t)(ip + transport));
    if (v4)
    {
        into[0] = 0x45;
        put16(into + 2, length);
        put16(into + 4, 0xfff0);                                        /* the identification wraps on the way */
        into[6] = 0x40;
        into[8] = 64;
        into[9] = udp ? 17 : 6;
        memcpy(into + 12, "\x64\x40\0\1\x64\x40\0\2", 8);
        put16(into + 10, (uint16_t)~slow_sum(into, 20, 0));
    }
    else
    {
        into[0] = 0x60;
        put16(into + 4, length - 40);
        into[6] = udp ? 17 : 6;
        into[7] = 64;
        into[8] = 0xfd;
        into[23] = 1;
        into[24] = 0xfd;
        into[39] = 2;
    }
    put16(into + ip, 5201);
    put16(into + ip + 2, 40000);
    if (udp)
    {
        put16(into + ip + 4, 8 + payload);
        return ip + 8;
    }
    put16(into + ip + 4, 0xffff);                                       /* so does the sequence number */
    put16(into + ip + 6, 0xfc00);
    put16(into + ip + 10, 0x1234);
    into[ip + 12] = (uint8_t)((20 + options) / 4 << 4);
    into[ip + 13] = 0x10;
    put16(into + ip + 14, 500);
    for (int i = 0; i < options; i++) into[ip + 20 + i] = 1;
    return ip + 20 + options;
}

static void checksum(uint8_t *p, int count)
{
    int v4 = p[0] >> 4 == 4, header = v4 ? 20 : 40, field = header + ((v4 ? p[9] : p[6]) == 17 ? 6 : 16);
    uint16_t sum;
    put16(p + field, 0);
    sum = slow_check(p, count);
    put16(p + field, sum == 0xffff ? 0xffff : 0xffff - sum);
}

/* As Linux writes it: the pseudo header's sum in the checksum field. Returns the length with the vnet header. */
static int offloaded(int v4, int udp, int options, int payload, int size)
{
    uint8_t *p = frame + ML_VNET;
    int header = headers(p, v4, udp, options, payload), ip = v4 ? 20 : 40, length = header + payload;
    int field = ip + (udp ? 6 : 16);
    memset(frame, 0, ML_VNET);
    for (int i = 0; i < payload; i++) p[header + i] = (uint8_t)(i * 31 + i / 256);
    put16(p + field, slow_sum(p + (v4 ? 12 : 8), v4 ? 8 : 32, (udp ? 17u : 6u) + (uint32_t)(length - ip)));
    frame[0] = ML_VNET_NEEDS_CHECKSUM;
    frame[1] = size == 0 ? ML_VNET_ONE : udp ? ML_VNET_UDP : v4 ? ML_VNET_TCP4 : ML_VNET_TCP6;
    frame[4] = (uint8_t)size;
    frame[5] = (uint8_t)(size >> 8);
    frame[6] = (uint8_t)ip;
    frame[8] = (uint8_t)(udp ? 6 : 16);
    return ML_VNET + length;
}

static int cut(int count)
{
    ml_tun_cut cut;
    pieces_made = 0;
    if (ml_tun_cut_begin(&cut, frame, count) != 0) return -1;
    for (int n = ml_tun_cut_size(&cut); n > 0; n = ml_tun_cut_size(&cut))
    {
        if (n > (int)sizeof pieces[0] || pieces_made == 128) return -2;
        ml_tun_cut_next(&cut, pieces[pieces_made]);
        piece_count[pieces_made++] = n;
    }
    return pieces_made;
}

static bool keep(void *context, const struct iovec *parts, int count)
{
    int n = 0;
    (void)context;
    if (refuse_udp && ((const uint8_t *)parts[0].iov_base)[1] == ML_VNET_UDP) return false;
    for (int i = 0; i < count; i++)
    {
        memcpy(written[writes] + n, parts[i].iov_base, parts[i].iov_len);
        n += (int)parts[i].iov_len;
    }
    written_count[writes++] = n;
    return true;
}

static ml_tun_merge merge = { .write = keep };

static void merge_pieces(void)
{
    writes = 0;
    for (int i = 0; i < pieces_made; i++) ml_tun_merge_add(&merge, pieces[i], piece_count[i]);
    ml_tun_merge_flush(&merge);
}

static void tcp_is_cut_and_merged(int v4, int options)
{
    int count = offloaded(v4, 0, options, 30000, 1200), ip = v4 ? 20 : 40, header = ip + 20 + options, good = 0;
    frame[ML_VNET + ip + 13] = 0x10 | 0x08 | 0x80;                        /* ACK, PSH, CWR */
    CHECK(cut(count) == 25);
    for (int i = 0; i < pieces_made; i++)
    {
        const uint8_t *p = pieces[i];
        good += piece_count[i] == header + 1200 && slow_check(p, piece_count[i]) == 0xffff &&
                memcmp(p + header, frame + ML_VNET + header + i * 1200, 1200) == 0 &&
                (uint16_t)get16(p + ip + 6) == (uint16_t)(0xfc00 + i * 1200) && get16(p + ip + 4) == (0xfc00 + i * 1200 > 0xffff ? 0 : 0xffff) &&
                p[ip + 13] == (i == 0 ? 0x90 : i == 24 ? 0x18 : 0x10) && (!v4 || (uint16_t)get16(p + 4) == (uint16_t)(0xfff0 + i));
    }
    CHECK(good == 25);
    pieces[0][ip + 13] = 0x10;                                          /* without CWR it may be merged */
    checksum(pieces[0], piece_count[0]);
    merge_pieces();
    CHECK(writes == 1 && written_count[0] == count);
    CHECK(memcmp(written[0] + ML_VNET + header, frame + ML_VNET + header, 30000) == 0);
    CHECK(written[0][0] == 1 && written[0][1] == (v4 ? ML_VNET_TCP4 : ML_VNET_TCP6) && written[0][2] == header);
    CHECK((written[0][4] | written[0][5] << 8) == 1200 && written[0][6] == ip && written[0][8] == 16);
    memcpy(frame, written[0], (size_t)count);
    CHECK(cut(count) == 25 && slow_check(pieces[24], piece_count[24]) == 0xffff && pieces[24][ip + 13] == 0x18);
}

static void udp_is_cut_and_merged(int v4)
{
    int count = offloaded(v4, 1, 0, 10 * 1000 + 7, 1000), header = (v4 ? 20 : 40) + 8, good = 0;
    CHECK(cut(count) == 11);
    for (int i = 0; i < 11; i++)
        good += slow_check(pieces[i], piece_count[i]) == 0xffff && piece_count[i] == header + (i == 10 ? 7 : 1000) &&
                get16(pieces[i] + header - 4) == 8 + (i == 10 ? 7 : 1000);
    CHECK(good == 11);
    merge_pieces();
    CHECK(writes == 1 && written_count[0] == count && written[0][1] == ML_VNET_UDP);
    CHECK(memcmp(written[0] + ML_VNET + header, frame + ML_VNET + header, 10007) == 0);
    merge.no_udp = true;
    CHECK(cut(count) == 11);
    merge_pieces();
    CHECK(writes == 11);
    merge.no_udp = false;
}

static void one_packet_gets_its_checksum(int v4, int udp)
{
    int count = offloaded(v4, udp, 0, 333, 0);
    CHECK(cut(count) == 1 && piece_count[0] == count - ML_VNET && slow_check(pieces[0], piece_count[0]) == 0xffff);
    frame[0] = 0;                                                       /* nothing to complete: as it is */
    CHECK(cut(count) == 1 && memcmp(pieces[0], frame + ML_VNET, (size_t)piece_count[0]) == 0);
}

/* Two packets of one flow, the second changed: they must not become one. */
static int together(int what, int v4, int udp)
{
    int header, ip = v4 ? 20 : 40;
    for (int i = 0; i < 2; i++)
    {
        uint8_t *p = pieces[i];
        int payload = what == 13 && i == 1 ? 501 : 500;                 /* larger than the first one */
        header = headers(p, v4, udp, udp ? 0 : 12, payload);
        memset(p + header, 'x', (size_t)payload);
        if (!udp) put16(p + ip + 6, 0x100 + i * 500);
        piece_count[i] = header + payload;
        if (i == 1)
        {
            if (what == 1) put16(p + ip + 6, 0x100 + 501);              /* a gap in the sequence */
            if (what == 2) put16(p + ip + 10, 0x1235);                  /* another acknowledgement */
            if (what == 3) p[ip + 13] |= 1;                             /* FIN */
            if (what == 4) p[ip + 25] = 2;                              /* other options */
            if (what == 5) p[v4 ? 8 : 7] = 63;                          /* another hop limit */
            if (what == 6) p[v4 ? 1 : 1] = v4 ? 2 : 0x20;               /* another traffic class */
            if (what == 7) put16(p + ip, 5202);                         /* another flow */
            if (what == 8) p[v4 ? 6 : 7] = v4 ? 0 : 1;                  /* may be fragmented */
            if (v4)
            {
                put16(p + 10, 0);
                put16(p + 10, (uint16_t)~slow_sum(p, 20, 0));
            }
        }
        checksum(p, piece_count[i]);
        if (what == 9 && i == 0) p[header] ^= 1;                        /* damaged */
        if (what == 10 && i == 1) p[header] ^= 1;
        if (what == 11 && udp) put16(p + ip + 6, 0);                    /* UDP without a checksum */
        if (what == 12 && i == 0 && !udp)
        {
            p[ip + 13] |= 8;                                            /* PSH ends it */
            checksum(p, piece_count[i]);
        }
    }
    pieces_made = 2;
    merge_pieces();
    return writes;
}

static void what_must_not_be_merged(void)
{
    for (int v4 = 0; v4 < 2; v4++)
    {
        CHECK(together(0, v4, 0) == 1 && together(0, v4, 1) == 1);
        for (int what = 1; what <= 13; what++)
            if (what != 11) CHECK(together(what, v4, 0) == 2);
        for (int what = 5; what <= 11; what++) CHECK(together(what, v4, 1) == 2);
        CHECK(together(13, v4, 1) == 2);
        /* Each was written unchanged. */
        together(3, v4, 0);
        CHECK(memcmp(written[0] + ML_VNET, pieces[0], (size_t)piece_count[0]) == 0 && written[0][0] == 0);
        CHECK(memcmp(written[1] + ML_VNET, pieces[1], (size_t)piece_count[1]) == 0);
    }
}

/* Many flows mixed: each keeps its order, whatever the table's size. */
static void flows_keep_their_order(void)
{
    int next[12] = { 0 }, good = 1, total = 0;
    ml_random random = { 7 };
    writes = 0;
    pieces_made = 0;
    for (int i = 0; i < 120; i++)
    {
        int flow = (int)(ml_next(&random) % 12), header = headers(pieces[i], 1, 0, 0, 100);
        put16(pieces[i] + 22, flow);
        put16(pieces[i] + 24, 0);
        put16(pieces[i] + 26, next[flow] * 100);
        memset(pieces[i] + header, next[flow]++, 100);
        piece_count[i] = header + 100;
        checksum(pieces[i], piece_count[i]);
        ml_tun_merge_add(&merge, pieces[i], piece_count[i]);
    }
    ml_tun_merge_flush(&merge);
    memset(next, 0, sizeof next);
    for (int i = 0; i < writes; i++)
    {
        int flow = get16(written[i] + ML_VNET + 22);
        for (int at = ML_VNET + 40; at < written_count[i]; at += 100, total++) good &= written[i][at] == next[flow]++;
    }
    CHECK(good && total == 120 && writes < 110);
}

static void limits(void)
{
    int total = 0;
    pieces_made = 100;
    for (int i = 0; i < 100; i++)
    {
        int header = headers(pieces[i], 1, 1, 0, 1200);
        memset(pieces[i] + header, i, 1200);
        piece_count[i] = header + 1200;
        checksum(pieces[i], piece_count[i]);
    }
    merge_pieces();
    for (int i = 0; i < writes; i++)
    {
        CHECK(written_count[i] <= ML_VNET + ML_TUN_PACKET);
        total += (written_count[i] - ML_VNET - 28) / 1200;
    }
    CHECK(total == 100 && writes == 2);
    refuse_udp = 1;
    merge.refused = 0;
    merge_pieces();
    CHECK(merge.refused == 2);
    refuse_udp = 0;
}

/* The device is the kernel's, but lengths are not trusted. */
static void nonsense_is_refused(void)
{
    ml_random random = { 11 };
    int count = offloaded(1, 0, 0, 3000, 1000);
    CHECK(cut(ML_VNET + 19) == -1 && cut(3) == -1);
    frame[0] = 0;
    CHECK(cut(count) == -1);
    frame[0] = 1;
    frame[1] = ML_VNET_TCP6;
    CHECK(cut(count) == -1);
    frame[1] = 3;
    CHECK(cut(count) == -1);
    frame[1] = ML_VNET_TCP4;
    frame[4] = frame[5] = 0;
    CHECK(cut(count) == -1);
    for (int i = 0; i < 200000; i++)
    {
        count = ML_VNET + (int)(ml_next(&random) % 400);
        ml_fill(&random, frame, (size_t)count);
        frame[0] = (uint8_t)(ml_next(&random) & 1);
        frame[1] = (uint8_t)(ml_next(&random) % 6);
        frame[6] = (uint8_t)(ml_next(&random) % 80);
        frame[7] = frame[9] = 0;
        frame[10] = (uint8_t)((ml_next(&random) & 1 ? 0x40 : 0x60) | (frame[10] & 15));
        if (cut(count) <= 0) continue;
        merge_pieces();
    }
    CHECK(merge.flows == 0);
}

int main(void)
{
    for (int v4 = 0; v4 < 2; v4++)
    {
        tcp_is_cut_and_merged(v4, 0);
        tcp_is_cut_and_merged(v4, 12);
        udp_is_cut_and_merged(v4);
        one_packet_gets_its_checksum(v4, 0);
        one_packet_gets_its_checksum(v4, 1);
    }
    what_must_not_be_merged();
    flows_keep_their_order();
    limits();
    nonsense_is_refused();
    return ml_report();
}
