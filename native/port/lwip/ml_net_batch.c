/* Packets on their way out, for a port that sends by itself: copied once from lwIP, which keeps its own for retransmissions, then sealed where they
 * lie and sent from there. Sent when the batch is full and whenever the net's lock is left. */
#include "ml_net_internal.h"

#define ML_NET_BATCH 64
#define ML_NET_SLOT (ML_HEADROOM + ML_DATAGRAM_MAX + ML_TAILROOM + 1)

typedef struct ml_net_batch
{
    void (*send)(int, const ml_net_sealed *, int);
    int argument, count;
    ml_dp_outbound packets[ML_NET_BATCH];
    uint8_t to[ML_NET_BATCH][16];
    uint8_t bytes[ML_NET_BATCH][ML_NET_SLOT];
} ml_net_batch;

int ml_net_set_sender(int handle, void (*send)(int argument, const ml_net_sealed *items, int count), int argument)
{
    ml_net_batch *fresh = send == NULL ? NULL : ml_port_allocate(sizeof *fresh);
    ml_net *net = ml_net_enter(handle, -1);
    if (net == NULL || (send != NULL && fresh == NULL))
    {
        ml_port_free(fresh);
        return net == NULL ? ML_BAD_HANDLE : ml_net_leave(net, ML_FULL);
    }
    if (net->batch != NULL) ml_net_batch_send(net);
    ml_net_batch_free(net);
    net->batch = fresh;
    if (fresh != NULL)
    {
        fresh->send = send;
        fresh->argument = argument;
    }
    return ml_net_leave(net, ML_OK);
}

void ml_net_batch_free(ml_net *net)
{
    ml_port_free(net->batch);
    net->batch = NULL;
}

void ml_net_batch_add(ml_net *net, const struct pbuf *packet, const uint8_t *to16)
{
    ml_net_batch *batch = net->batch;
    int at = batch->count++;
    batch->packets[at].packet = batch->bytes[at] + ML_HEADROOM;
    batch->packets[at].count = packet->tot_len;
    pbuf_copy_partial(packet, batch->packets[at].packet, packet->tot_len, 0);
    memcpy(batch->to[at], to16, 16);
    if (batch->count == ML_NET_BATCH) ml_net_batch_send(net);
}

void ml_net_batch_send(ml_net *net)
{
    ml_net_batch *batch = net->batch;
    ml_net_sealed items[ML_NET_BATCH];
    int sealed = 0;
    if (batch->count == 0) return;
    if (ml_dp_out_batch(net->data_plane, batch->packets, batch->count, net->now_ms) < 0) batch->count = 0;
    for (int i = 0; i < batch->count; i++)
    {
        const ml_dp_outbound *packet = &batch->packets[i];
        ml_net_result(net, packet->result, packet->packet, packet->count, batch->to[i]);
        if (packet->length == 0) continue;
        items[sealed].endpoint = packet->endpoint;
        items[sealed].bytes = packet->packet - ML_HEADROOM;
        items[sealed++].count = packet->length;
    }
    batch->count = 0;
    if (sealed > 0) batch->send(batch->argument, items, sealed);
}
