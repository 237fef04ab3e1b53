#define _GNU_SOURCE
#include "ml_netlink.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Route and rule origin, so that `ip route` shows who made them: free numbers are 4 to 255 less those of rt_protos. */
#define ML_PROTOCOL 109

typedef union
{
    struct nlmsghdr header;
    uint8_t bytes[512];
} request;

int ml_netlink_open(void)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    return fd < 0 ? -errno : fd;
}

static void begin(request *r, int type, int flags, const void *body, size_t count)
{
    memset(r, 0, sizeof *r);
    r->header.nlmsg_type = (uint16_t)type;
    r->header.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
    r->header.nlmsg_len = (uint32_t)NLMSG_LENGTH(count);
    memcpy(NLMSG_DATA(&r->header), body, count);
}

/* Returns the attribute, so that a nested one can be closed. */
static struct rtattr *add(request *r, int type, const void *bytes, size_t count)
{
    struct rtattr *attribute = (struct rtattr *)(void *)(r->bytes + NLMSG_ALIGN(r->header.nlmsg_len));
    attribute->rta_type = (uint16_t)type;
    attribute->rta_len = (uint16_t)RTA_LENGTH(count);
    if (count > 0) memcpy(RTA_DATA(attribute), bytes, count);
    r->header.nlmsg_len = NLMSG_ALIGN(r->header.nlmsg_len) + (uint32_t)RTA_ALIGN(attribute->rta_len);
    return attribute;
}

static void add_u32(request *r, int type, uint32_t value) { add(r, type, &value, sizeof value); }

static void close_nested(request *r, struct rtattr *attribute)
{
    attribute->rta_len = (uint16_t)(r->bytes + r->header.nlmsg_len - (uint8_t *)attribute);
}

static int ask(int socket, request *r)
{
    static uint32_t sequence;
    uint8_t answer[1024];
    struct nlmsghdr *header = (struct nlmsghdr *)(void *)answer;
    r->header.nlmsg_seq = __atomic_add_fetch(&sequence, 1, __ATOMIC_RELAXED);
    if (send(socket, r->bytes, r->header.nlmsg_len, 0) < 0) return -errno;
    for (;;)
    {
        ssize_t n = recv(socket, answer, sizeof answer, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return -errno;
        if (n < (ssize_t)NLMSG_LENGTH(sizeof(int)) || header->nlmsg_seq != r->header.nlmsg_seq) continue;
        if (header->nlmsg_type == NLMSG_ERROR) return ((const struct nlmsgerr *)NLMSG_DATA(header))->error;
    }
}

int ml_netlink_link_up(int socket, int link, int mtu)
{
    struct ifinfomsg body = { .ifi_family = AF_UNSPEC, .ifi_index = link, .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
    struct ifinfomsg same = { .ifi_family = AF_UNSPEC, .ifi_index = link };
    struct rtattr *families, *v6;
    uint8_t none = IN6_ADDR_GEN_MODE_NONE;
    request r;

    /* Without this the kernel makes a link-local address and asks for routers. Where IPv6 is not built in, it is refused: fine. */
    begin(&r, RTM_NEWLINK, 0, &same, sizeof same);
    families = add(&r, IFLA_AF_SPEC, NULL, 0);
    v6 = add(&r, AF_INET6, NULL, 0);
    add(&r, IFLA_INET6_ADDR_GEN_MODE, &none, sizeof none);
    close_nested(&r, v6);
    close_nested(&r, families);
    ask(socket, &r);

    begin(&r, RTM_NEWLINK, 0, &body, sizeof body);
    add_u32(&r, IFLA_MTU, (uint32_t)mtu);
    return ask(socket, &r);
}

static const uint8_t v4_mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

/* 0.0.0.0/0 as a mapped prefix has 96 bits. */
static bool is_v4(const uint8_t *prefix) { return prefix[16] >= 96 && memcmp(prefix, v4_mapped, sizeof v4_mapped) == 0; }

int ml_netlink_address(int socket, int link, const uint8_t *prefix, bool adding)
{
    bool v4 = is_v4(prefix);
    struct ifaddrmsg body = { .ifa_family = v4 ? AF_INET : AF_INET6, .ifa_prefixlen = (uint8_t)(prefix[16] - (v4 ? 96 : 0)),
                              .ifa_flags = v4 ? 0 : IFA_F_NODAD, .ifa_index = (uint32_t)link };
    request r;
    int result;
    begin(&r, adding ? RTM_NEWADDR : RTM_DELADDR, adding ? NLM_F_CREATE | NLM_F_REPLACE : 0, &body, sizeof body);
    add(&r, IFA_LOCAL, prefix + (v4 ? 12 : 0), v4 ? 4 : 16);
    if (v4) add(&r, IFA_ADDRESS, prefix + 12, 4);
    result = ask(socket, &r);
    return (adding && result == -EEXIST) || (!adding && result == -EADDRNOTAVAIL) ? 0 : result;
}

int ml_netlink_route(int socket, int link, const uint8_t *prefix, uint32_t table, bool adding)
{
    bool v4 = is_v4(prefix);
    struct rtmsg body = { .rtm_family = v4 ? AF_INET : AF_INET6, .rtm_dst_len = (uint8_t)(prefix[16] - (v4 ? 96 : 0)),
                          .rtm_table = RT_TABLE_UNSPEC, .rtm_protocol = ML_PROTOCOL, .rtm_scope = v4 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
                          .rtm_type = RTN_UNICAST };
    uint8_t destination[16];
    request r;
    int result;
    memcpy(destination, prefix, sizeof destination);
    for (int bit = prefix[16]; bit < 128; bit++) destination[bit / 8] &= (uint8_t)~(0x80 >> (bit % 8));     /* the kernel wants none behind */
    begin(&r, adding ? RTM_NEWROUTE : RTM_DELROUTE, adding ? NLM_F_CREATE | NLM_F_REPLACE : 0, &body, sizeof body);
    if (body.rtm_dst_len > 0) add(&r, RTA_DST, destination + (v4 ? 12 : 0), v4 ? 4 : 16);
    add_u32(&r, RTA_TABLE, table);
    add_u32(&r, RTA_OIF, (uint32_t)link);
    result = ask(socket, &r);
    return !adding && result == -ESRCH ? 0 : result;
}

int ml_netlink_rule(int socket, bool v4, uint32_t priority, uint32_t mark, uint32_t table, bool specific, bool adding)
{
    struct fib_rule_hdr body = { .family = v4 ? AF_INET : AF_INET6, .table = RT_TABLE_UNSPEC, .action = FR_ACT_TO_TBL };
    request r;
    int result;
    begin(&r, adding ? RTM_NEWRULE : RTM_DELRULE, adding ? NLM_F_CREATE | NLM_F_EXCL : 0, &body, sizeof body);
    add_u32(&r, FRA_PRIORITY, priority);
    add_u32(&r, FRA_TABLE, table);
    if (specific) add_u32(&r, FRA_SUPPRESS_PREFIXLEN, 0);
    if (mark != 0)
    {
        add_u32(&r, FRA_FWMARK, mark);
        add_u32(&r, FRA_FWMASK, 0xffff0000u);
    }
    result = ask(socket, &r);
    return (adding && result == -EEXIST) || (!adding && result == -ENOENT) ? 0 : result;
}
