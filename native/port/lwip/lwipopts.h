/* lwIP as the desktop library builds it: no threads of its own (NO_SYS), raw API, IPv4 and IPv6, one lock around everything (ml_net.c).
 * Only options that 2.1.3 and 2.2 both know. A firmware uses the lwIP it has, with options of its own. */
#ifndef ML_LWIPOPTS_H
#define ML_LWIPOPTS_H

#define NO_SYS 1
#define LWIP_SOCKET 0
#define LWIP_NETCONN 0
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_STATS 0

/* Memory: the C heap. What may grow is bounded by us: sockets, accept queues, packet buffers, windows. */
#define MEM_LIBC_MALLOC 1
#define MEMP_MEM_MALLOC 1
#define MEM_ALIGNMENT 8
#define LWIP_SUPPORT_CUSTOM_PBUF 1

#define LWIP_ARP 0
#define LWIP_ETHERNET 0
#define LWIP_NETIF_LOOPBACK 0
#define LWIP_HAVE_LOOPIF 0
#define LWIP_DHCP 0
#define LWIP_DNS 0
#define LWIP_RAW 0
#define LWIP_ICMP 1
#define LWIP_IPV4 1
#define LWIP_IPV6 1
#define LWIP_IPV6_MLD 0
#define LWIP_IPV6_AUTOCONFIG 0
#define LWIP_IPV6_SEND_ROUTER_SOLICIT 0
#define LWIP_IPV6_DUP_DETECT_ATTEMPTS 0
#define LWIP_IPV6_NUM_ADDRESSES 4
/* Without it lwIP's IPv6 fragments assert on 64-bit machines (ip6_frag.c). */
#define IPV6_FRAG_COPYHEADER 1
#define IP_REASS_MAX_PBUFS 256
#define MEMP_NUM_REASSDATA 32

/* TCP for paths up to 1 MB (out) and 4 MB (in) of bandwidth-delay product; ml_net_tcp.c opens the window as the reader keeps up. The tunnel's MTU
 * is 1280; with IPv6 lwIP takes 20 bytes more off by itself. */
#define TCP_MSS 1240
#define LWIP_WND_SCALE 1
#define TCP_RCV_SCALE 7
#define TCP_WND (4 * 1024 * 1024)
/* An acknowledgement only to open the window: not for each few packets read. */
#define TCP_WND_UPDATE_THRESHOLD (128 * 1024)
/* RFC 6928: ten segments at the start. */
#define LWIP_TCP_CALC_INITIAL_CWND(mss) ((tcpwnd_size_t)(10u * (mss)))
#define TCP_SND_BUF (1024 * 1024)
#define TCP_SND_QUEUELEN 4096
#define TCP_SNDLOWAT (32 * 1024)
#define TCP_SNDQUEUELOWAT 1024
#define MEMP_NUM_TCP_SEG 4096
#define TCP_LISTEN_BACKLOG 1
#define LWIP_TCP_SACK_OUT 1
/* 200 ms is the shortest retransmission time then, as in Linux; the first is a second (RFC 6298), TIME-WAIT 10 s. */
#define TCP_TMR_INTERVAL 100
#define LWIP_TCP_RTO_TIME 1000
#define TCP_MSL 5000

/* Off for segments that were put together and checked before (ml_net_packets.c). */
#define LWIP_CHECKSUM_CTRL_PER_NETIF 1

#define LWIP_HOOK_FILENAME "ml_net_hooks.h"
#define LWIP_HOOK_IP4_ROUTE_SRC(source, destination) ml_net_route4(source, destination)
#define LWIP_HOOK_IP6_ROUTE(source, destination) ml_net_route6(source, destination)
#define LWIP_HOOK_TCP_ISN ml_net_isn

#endif
