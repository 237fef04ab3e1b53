/* What becomes of a packet from the tunnel: TSMP is answered here, always (protocol.md 10.4); the rest goes to the sink, and without one
 * ICMP echo is answered here (10.3). A reply goes to the peer that the question came from. Called with packets whose source that peer owns.
 *
 *   IPv4  0 45 | 2 total length | 6 flags, fragment offset | 8 ttl | 9 protocol | 10 checksum | 12 source | 16 destination
 *   IPv6  0 6x | 4 payload length | 6 next header | 7 hop limit | 8 source | 24 destination
 *   echo  0 type | 1 code | 2 checksum | 4 id, sequence           TSMP  'p' data[8] -> 'o' data[8] port[2];  'a' disco key[32]
 */
#include "ml_dp_internal.h"
#include "ml_dp_inner.h"

uint32_t ml_inner_sum(const uint8_t *bytes, int count, uint32_t sum)
{
    for (int i = 0; i + 1 < count; i += 2) sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
    if (count & 1) sum += (uint32_t)bytes[count - 1] << 8;
    return sum;
}

uint32_t ml_inner_fold(uint32_t sum)
{
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

static void map_v4(const uint8_t *address, uint8_t *mapped)
{
    memset(mapped, 0, 10);
    mapped[10] = mapped[11] = 0xff;
    memcpy(mapped + 12, address, 4);
}

static bool is_v4_mapped(const uint8_t *address) { return memcmp(address, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0; }

int ml_inner_check(const uint8_t *packet, int count, uint8_t *source, uint8_t *destination)
{
    int length, header;
    if (count < 20) return ML_MALFORMED;
    if (packet[0] >> 4 == 4)
    {
        header = (packet[0] & 15) * 4;
        length = packet[2] << 8 | packet[3];
        if (header < 20 || length < header || length > count) return ML_MALFORMED;
        map_v4(packet + 12, source);
        map_v4(packet + 16, destination);
        return length;
    }
    if (packet[0] >> 4 != 6 || count < 40) return ML_MALFORMED;
    length = 40 + (packet[4] << 8 | packet[5]);
    if (length > count) return ML_MALFORMED;
    memcpy(source, packet + 8, 16);
    memcpy(destination, packet + 24, 16);
    /* That form is IPv4's here: an IPv6 packet that uses it would borrow IPv4 rights. */
    return is_v4_mapped(source) || is_v4_mapped(destination) ? ML_MALFORMED : length;
}

static bool is_ours(const ml_dp *dp, const uint8_t *packet)
{
    uint8_t address[16];
    if (packet[0] >> 4 == 4) map_v4(packet + 16, address);
    else memcpy(address, packet + 24, 16);
    for (int i = 0; i < dp->self_count; i++)
        if (memcmp(dp->self[i], address, 16) == 0) return true;
    return false;
}

/* Swaps the addresses and gives the packet a fresh hop limit; the IPv4 header checksum is made anew. */
static void turn_around(uint8_t *packet)
{
    bool v4 = packet[0] >> 4 == 4;
    int width = v4 ? 4 : 16, at = v4 ? 12 : 8;
    uint8_t address[16];
    memcpy(address, packet + at, (size_t)width);
    memcpy(packet + at, packet + at + width, (size_t)width);
    memcpy(packet + at + width, address, (size_t)width);
    packet[v4 ? 8 : 7] = ML_HOP_LIMIT;
    if (v4)
    {
        uint32_t checksum;
        packet[10] = packet[11] = 0;
        checksum = ~ml_inner_fold(ml_inner_sum(packet, (packet[0] & 15) * 4, 0));
        packet[10] = (uint8_t)(checksum >> 8);
        packet[11] = (uint8_t)checksum;
    }
}

/* The type changes by a known amount, so the checksum is adjusted, not recomputed (RFC 1624): a broken one stays broken. */
static void answer_echo(ml_dp *dp, int slot, uint8_t *packet, int header, int count, int64_t now_ms)
{
    uint8_t *icmp = packet + header;
    uint32_t was = (uint32_t)icmp[0] << 8, checksum = (uint32_t)icmp[2] << 8 | icmp[3];
    icmp[0] = packet[0] >> 4 == 4 ? 0 : 129;
    checksum = ~ml_inner_fold((~checksum & 0xffff) + (~was & 0xffff) + ((uint32_t)icmp[0] << 8)) & 0xffff;
    icmp[2] = (uint8_t)(checksum >> 8);
    icmp[3] = (uint8_t)checksum;
    turn_around(packet);
    if (ml_transport_send(dp, slot, packet, count, now_ms) == ML_OK) ML_COUNT(dp, ECHO_ANSWERED);
}

static void answer_tsmp(ml_dp *dp, int slot, const uint8_t *packet, int header, int64_t now_ms)
{
    uint8_t pong[40 + 11];
    bool v4 = packet[0] >> 4 == 4;
    int fresh = v4 ? 20 : 40;
    memcpy(pong, packet, (size_t)fresh);
    if (v4)
    {
        pong[0] = 0x45;                                       /* options are not echoed */
        pong[1] = 0;
        memset(pong + 2, 0, 6);
        pong[3] = 20 + 11;
    }
    else
    {
        pong[4] = 0;
        pong[5] = 11;
    }
    pong[fresh] = 'o';
    memcpy(pong + fresh + 1, packet + header + 1, 8);
    pong[fresh + 9] = (uint8_t)(dp->peer_api_port >> 8);
    pong[fresh + 10] = (uint8_t)dp->peer_api_port;
    turn_around(pong);
    if (ml_transport_send(dp, slot, pong, fresh + 11, now_ms) == ML_OK) ML_COUNT(dp, TSMP_ANSWERED);
}

static void tsmp_in(ml_dp *dp, int slot, const ml_source *source, uint8_t *packet, int header, int count, int64_t now_ms)
{
    const uint8_t *message = packet + header;
    int length = count - header;
    uint8_t any = 0;

    if (length >= 33 && message[0] == 'a')
    {
        for (int i = 1; i < 33; i++) any |= message[i];
        if (any != 0) ml_dp_event(dp, ML_EVENT_TSMP_DISCO_KEY, slot, source, 0, message + 1, ML_KEY);
        return;
    }
    if (length < 9 || (message[0] != 'p' && message[0] != 'o')) ML_COUNT(dp, TSMP_OTHER);
    else if (!is_ours(dp, packet)) ML_COUNT(dp, INNER_NOT_OURS);
    else if (message[0] == 'p') answer_tsmp(dp, slot, packet, header, now_ms);
    else ml_dp_event(dp, ML_EVENT_INNER_REPLY, slot, source, 0, packet, count);
}

static bool is_fragment(const uint8_t *packet)
{
    if (packet[0] >> 4 == 4) return ((packet[6] & 0x3f) | packet[7]) != 0;       /* more fragments, or an offset */
    return packet[6] == ML_PROTO_FRAGMENT6;
}

/* Reject: '!' protocol, 'A' = by the rules, source port, destination port of the refused flow. */
void ml_inner_reject(ml_dp *dp, int slot, const uint8_t *packet, const uint8_t *ports, int64_t now_ms)
{
    uint8_t reject[20 + 7] = { 0x45, 0, 0, sizeof reject };
    reject[9] = ML_PROTO_TSMP;
    memcpy(reject + 12, packet + 12, 8);
    reject[20] = '!';
    reject[21] = ML_PROTO_TCP;
    reject[22] = 'A';
    memcpy(reject + 23, ports, 4);
    turn_around(reject);
    if (ml_transport_send(dp, slot, reject, sizeof reject, now_ms) == ML_OK) ML_COUNT(dp, TSMP_REJECTS);
}

bool ml_inner_tsmp(ml_dp *dp, int slot, const ml_source *source, uint8_t *packet, int count, int64_t now_ms)
{
    bool v4 = packet[0] >> 4 == 4;
    if ((v4 ? packet[9] : packet[6]) != ML_PROTO_TSMP) return false;
    if (is_fragment(packet)) ML_COUNT(dp, INNER_FRAGMENT);
    else tsmp_in(dp, slot, source, packet, v4 ? (packet[0] & 15) * 4 : 40, count, now_ms);
    return true;
}

/* 0 = something else, 1 = echo request, 2 = echo reply. */
static int echo_kind(const uint8_t *packet, int count)
{
    bool v4 = packet[0] >> 4 == 4;
    int header = v4 ? (packet[0] & 15) * 4 : 40;
    if ((v4 ? packet[9] : packet[6]) != (v4 ? ML_PROTO_ICMP : ML_PROTO_ICMP6) || count < header + 8 || is_fragment(packet)) return 0;
    if (packet[header] == (v4 ? 8 : 128)) return 1;
    return packet[header] == (v4 ? 0 : 129) ? 2 : 0;
}

void ml_inner_reply(ml_dp *dp, int slot, const ml_source *source, const uint8_t *packet, int count)
{
    /* Ours carry no data (Actors/NetIo/InnerPing.cs); other programs' replies shall not fill the event queue. */
    int bare = (packet[0] >> 4 == 4 ? (packet[0] & 15) * 4 : 40) + 8;
    if (count == bare && echo_kind(packet, count) == 2) ml_dp_event(dp, ML_EVENT_INNER_REPLY, slot, source, 0, packet, count);
}

static void respond(ml_dp *dp, int slot, const ml_source *source, uint8_t *packet, int count, int64_t now_ms)
{
    int kind = echo_kind(packet, count);
    if (is_fragment(packet)) ML_COUNT(dp, INNER_FRAGMENT);
    else if (!is_ours(dp, packet)) ML_COUNT(dp, INNER_NOT_OURS);
    else if (kind == 1) answer_echo(dp, slot, packet, packet[0] >> 4 == 4 ? (packet[0] & 15) * 4 : 40, count, now_ms);
    else if (kind == 2) ml_dp_event(dp, ML_EVENT_INNER_REPLY, slot, source, 0, packet, count);
    else if (dp->options & ML_OPTION_INNER_PACKETS) ml_dp_event(dp, ML_EVENT_INNER_PACKET, slot, source, 0, packet, count);
    else ML_COUNT(dp, INNER_NO_NETIF);
}

void ml_inner_deliver(ml_dp *dp, int slot, const ml_source *source, uint8_t *packet, int count, int64_t now_ms)
{
    if (dp->sink.take == NULL)
    {
        respond(dp, slot, source, packet, count, now_ms);
        return;
    }
    ml_inner_reply(dp, slot, source, packet, count);
    if (dp->sink.take(dp->sink.context, slot, packet, count)) ML_COUNT(dp, INNER_TAKEN);
    else ML_COUNT(dp, INNER_SINK_FULL);
    dp->sink_raised = true;
    dp->sink_ms = now_ms;
}
