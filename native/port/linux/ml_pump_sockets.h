/* The sockets of a pump: one port, two families, many datagrams a system call. Runs of datagrams to one place go out as one message that
 * the kernel cuts up (UDP_SEGMENT), and come in as one that it has put together (UDP_GRO), where it can. */
#ifndef ML_PUMP_SOCKETS_H
#define ML_PUMP_SOCKETS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

typedef struct
{
    int v4, v6;                        /* -1 = this family is not there */
    int port;
    bool segments, merges;             /* UDP_SEGMENT and UDP_GRO work; any thread may turn segments off */
} ml_pump_sockets;

/* 0 or -errno. mark: SO_MARK of both, 0 = none. */
int ml_pump_sockets_open(ml_pump_sockets *sockets, int port, uint32_t mark);
void ml_pump_sockets_close(ml_pump_sockets *sockets);

/* ---- out ---------------------------------------------------------------------------------------------------------------------------------- */

#define ML_PUMP_ITEMS 128

typedef struct
{
    const uint8_t *endpoint;           /* 18 bytes */
    const uint8_t *bytes;
    int count;
} ml_pump_item;

/* Sends at most ML_PUMP_ITEMS datagrams, in order for each receiver. Returns how many the kernel took. Any number of threads. */
int ml_pump_sockets_send(ml_pump_sockets *sockets, const ml_pump_item *items, int count);

/* ---- in ----------------------------------------------------------------------------------------------------------------------------------- */

#define ML_PUMP_MESSAGES 32
#define ML_PUMP_MESSAGE_BYTES 65536

/* What one receive brings. Pages that no message reaches are never touched. */
typedef struct
{
    int next;                          /* how many messages to ask for */
    int count[ML_PUMP_MESSAGES];       /* bytes of each message */
    int datagram[ML_PUMP_MESSAGES];    /* bytes of each datagram in it but the last, which may be shorter */
    uint8_t endpoint[ML_PUMP_MESSAGES][18];
    uint8_t bytes[ML_PUMP_MESSAGES][ML_PUMP_MESSAGE_BYTES];
} ml_pump_inbox;

/* Returns the number of messages, 0 when nothing waits. */
int ml_pump_sockets_receive(int socket, ml_pump_inbox *inbox);

#endif
