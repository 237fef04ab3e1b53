/* The header of a SOCKS5 datagram (RFC 1928, section 7). Fragments and names are not taken: the RFC lets a proxy drop both.
 *   0 reserved[2], fragment | 3 address kind: 1 IPv4[4], 4 IPv6[16] | port[2] | payload
 */
#include "ml_bridge_internal.h"

#include <string.h>

#define ML_SOCKS_V4 1
#define ML_SOCKS_V6 4

int ml_socks_unwrap(const uint8_t *datagram, int count, uint8_t *to18)
{
    int header = count < 4 ? 0 : datagram[3] == ML_SOCKS_V4 ? 10 : datagram[3] == ML_SOCKS_V6 ? 22 : 0;
    if (header == 0 || count < header || datagram[2] != 0) return -1;
    memset(to18, 0, 18);
    if (header == 10)
    {
        to18[10] = to18[11] = 0xff;
        memcpy(to18 + 12, datagram + 4, 4);
    }
    else memcpy(to18, datagram + 4, 16);
    memcpy(to18 + 16, datagram + header - 2, 2);
    return header;
}

static bool is_v4(const uint8_t *address16)
{
    static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
    return memcmp(address16, mapped, 12) == 0;
}

int ml_socks_wrap(const uint8_t *from18, uint8_t *end)
{
    int width = is_v4(from18) ? 4 : 16, header = 6 + width;
    memset(end - header, 0, 4);
    end[3 - header] = width == 4 ? ML_SOCKS_V4 : ML_SOCKS_V6;
    memcpy(end + 4 - header, from18 + 16 - width, (size_t)width);
    memcpy(end - 2, from18 + 16, 2);
    return header;
}

bool ml_socks_is_from(const struct sockaddr_storage *from, const uint8_t *address16)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)from;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)from;
    if (from->ss_family == AF_INET) return is_v4(address16) && memcmp(&v4->sin_addr, address16 + 12, 4) == 0;
    return from->ss_family == AF_INET6 && memcmp(&v6->sin6_addr, address16, 16) == 0;
}
