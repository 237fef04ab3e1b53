/* The sockets of a pump and their batches. */
#ifndef ML_PUMP_SOCKETS_H
#define ML_PUMP_SOCKETS_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

#define ML_PUMP_BATCH 64
#define ML_PUMP_BUFFER 2048

typedef struct
{
    int v4, v6;                        /* -1 = this family is not there */
    int port;
} ml_pump_sockets;

/* 0 or -errno. */
int ml_pump_sockets_open(ml_pump_sockets *sockets, int port);
void ml_pump_sockets_close(ml_pump_sockets *sockets);

typedef struct
{
    struct sockaddr_in6 address[ML_PUMP_BATCH];       /* large enough for both families */
    struct iovec part[ML_PUMP_BATCH];
    uint8_t buffer[ML_PUMP_BATCH][ML_PUMP_BUFFER];
    uint8_t endpoint[ML_PUMP_BATCH][18];
} ml_pump_batch;

/* Moves everything from the plane's UDP ring into the sockets. Returns how many datagrams were sent. */
int ml_pump_send_all(const ml_pump_sockets *sockets, int data_plane, ml_pump_batch *batch);
/* Feeds what has arrived on one socket into the plane. Returns how many datagrams came. */
int ml_pump_receive(int socket, int data_plane, ml_pump_batch *batch, int64_t now_ms);

#endif
