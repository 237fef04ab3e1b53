/* The packet pool with its lists, and rings of byte records. A ring record is length u16 LE and the bytes, never split: where the end of
 * the memory is too near, a marker sends the reader back to the start. */
#include "ml_dp_internal.h"

#define ML_RING_WRAP 0xffffu

uint16_t ml_pool_take(ml_dp *dp)
{
    uint16_t packet = dp->pool_free;
    if (packet != ML_NONE) dp->pool_free = dp->pool[packet].next;
    else if (dp->pool_fresh < dp->packets) packet = dp->pool_fresh++;
    else return ML_NONE;
    dp->pool_count--;
    dp->pool[packet].next = ML_NONE;
    return packet;
}

void ml_pool_give(ml_dp *dp, uint16_t packet)
{
    dp->pool[packet].next = dp->pool_free;
    dp->pool_free = packet;
    dp->pool_count++;
}

void ml_list_init(ml_list *list)
{
    list->head = list->tail = ML_NONE;
    list->count = 0;
}

void ml_list_push(ml_dp *dp, ml_list *list, uint16_t packet)
{
    dp->pool[packet].next = ML_NONE;
    if (list->count == 0) list->head = packet;
    else dp->pool[list->tail].next = packet;
    list->tail = packet;
    list->count++;
}

uint16_t ml_list_pop(ml_dp *dp, ml_list *list)
{
    uint16_t packet = list->head;
    if (list->count == 0) return ML_NONE;
    list->head = dp->pool[packet].next;
    if (--list->count == 0) list->tail = ML_NONE;
    return packet;
}

void ml_list_clear(ml_dp *dp, ml_list *list)
{
    while (list->count != 0) ml_pool_give(dp, ml_list_pop(dp, list));
}

/* Room for one record of up to count bytes, or NULL. Nothing is taken until commit. */
uint8_t *ml_ring_reserve(ml_ring *ring, uint32_t count)
{
    uint32_t need = count + 2;
    if (ring->used == 0) ring->read = ring->write = 0;
    if (ring->used != 0 && ring->write <= ring->read)
        return ring->read - ring->write >= need ? ring->base + ring->write + 2 : NULL;
    if (ring->size - ring->write >= need) return ring->base + ring->write + 2;
    if (ring->read < need) return NULL;
    if (ring->size - ring->write >= 2) ml_store16_le(ring->base + ring->write, ML_RING_WRAP);
    ring->used += ring->size - ring->write;
    ring->write = 0;
    return ring->base + 2;
}

/* Makes the reserved record, of count bytes now, readable. */
void ml_ring_commit(ml_ring *ring, uint32_t count)
{
    ml_store16_le(ring->base + ring->write, count);
    ring->write += count + 2;
    ring->used += count + 2;
}

static void skip_wrap(ml_ring *ring)
{
    uint32_t left = ring->size - ring->read;
    if (ring->used == 0 || (left >= 2 && (ring->base[ring->read] | ring->base[ring->read + 1] << 8) != (int)ML_RING_WRAP)) return;
    ring->used -= left;
    ring->read = 0;
}

/* Takes the oldest record. 0 = none, ML_TOO_LONG = it does not fit and stays. */
int ml_ring_poll(ml_ring *ring, uint8_t *into, int capacity)
{
    int count;
    skip_wrap(ring);
    if (ring->used == 0) return 0;
    count = ring->base[ring->read] | ring->base[ring->read + 1] << 8;
    if (count > capacity) return ML_TOO_LONG;
    memcpy(into, ring->base + ring->read + 2, (size_t)count);
    ring->read += (uint32_t)count + 2;
    ring->used -= (uint32_t)count + 2;
    return count;
}
