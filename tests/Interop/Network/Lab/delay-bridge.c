/* A bridge between two interfaces that holds every frame back for DELAY ms and up to JITTER ms more, each for a time of its own, so that
 * frames overtake each other. Both directions. For kernels without netem.
 *   delay-bridge IF1 IF2 DELAY JITTER        the random numbers are the same in every run
 * What the kernel left undone in a frame (checksums, segments) travels with it in its virtio header, so nothing is computed here. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define FRAMES 4096
#define BYTES 70000

typedef struct { int64_t due; int to, length; uint8_t *bytes; } frame;
static frame held[FRAMES];
static uint32_t seed = 12345;

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* The frame comes with a virtio header that says what the kernel left undone, and goes out with the same one: nothing is computed here. */
static int open_card(const char *name)
{
    struct sockaddr_ll address = { 0 };
    struct packet_mreq promiscuous = { 0 };
    int on = 1, fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
    if (fd < 0) { perror("socket"); exit(1); }
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_ALL);
    address.sll_ifindex = promiscuous.mr_ifindex = (int)if_nametoindex(name);
    promiscuous.mr_type = PACKET_MR_PROMISC;
    if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) < 0) { perror("PACKET_VNET_HDR"); exit(1); }
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) { perror(name); exit(1); }
    setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof promiscuous);
    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on);
    return fd;
}

static void take(int from, int to, int delay_ms, int jitter_ms)
{
    static uint8_t bytes[BYTES];
    int length = (int)recv(from, bytes, sizeof bytes, MSG_DONTWAIT);
    if (length <= 0) return;
    for (int i = 0; i < FRAMES; i++)
    {
        if (held[i].bytes != NULL) continue;
        seed = seed * 1664525u + 1013904223u;
        held[i].due = now_us() + delay_ms * 1000 + (jitter_ms > 0 ? (int64_t)(seed >> 8) % (jitter_ms * 1000) : 0);
        held[i].to = to;
        held[i].length = length;
        held[i].bytes = malloc((size_t)length);
        memcpy(held[i].bytes, bytes, (size_t)length);
        return;
    }
}

static int64_t give(void)
{
    int64_t next = -1, now = now_us();
    for (int i = 0; i < FRAMES; i++)
    {
        if (held[i].bytes == NULL) continue;
        if (held[i].due <= now)
        {
            if (send(held[i].to, held[i].bytes, (size_t)held[i].length, 0) < 0) perror("send");
            free(held[i].bytes);
            held[i].bytes = NULL;
        }
        else if (next < 0 || held[i].due < next) next = held[i].due;
    }
    return next;
}

int main(int count, char **arguments)
{
    struct pollfd cards[2];
    int delay_ms, jitter_ms;
    if (count != 5) { fprintf(stderr, "delay-bridge IF1 IF2 DELAY JITTER\n"); return 1; }
    for (int i = 0; i < 2; i++) cards[i] = (struct pollfd){ open_card(arguments[1 + i]), POLLIN, 0 };
    delay_ms = atoi(arguments[3]);
    jitter_ms = atoi(arguments[4]);
    for (;;)
    {
        int64_t next = give();
        int wait = next < 0 ? -1 : (int)((next - now_us()) / 1000);
        if (next >= 0 && wait < 1) wait = 1;
        if (poll(cards, 2, wait) <= 0) continue;
        if (cards[0].revents & POLLIN) take(cards[0].fd, cards[1].fd, delay_ms, jitter_ms);
        if (cards[1].revents & POLLIN) take(cards[1].fd, cards[0].fd, delay_ms, jitter_ms);
    }
}
