/* Packets for an address that no peer with a slot has (ML_OPTION_WAIT): more peers than slots is normal, so the packet waits while managed
 * code is told the address once a second and gives its peer a slot. lwIP's side has its own queue (port/lwip/ml_net_output.c); this one is for
 * a TUN device, whose packets cannot be asked for again.
 *
 *   at most 16 packets of the shared pool, the oldest gives way; one that waited for ten seconds is not sent any more
 */
#include "ml_dp_internal.h"

#define ML_WAITING_MS 10000
#define ML_WANTED_AGAIN_MS 1000

static void forget(ml_dp *dp, int at)
{
    ml_pool_give(dp, dp->waiting[at].packet);
    dp->waiting_count--;
    memmove(dp->waiting + at, dp->waiting + at + 1, (size_t)(dp->waiting_count - at) * sizeof dp->waiting[0]);
}

static void want(ml_dp *dp, const uint8_t *address, int64_t now_ms)
{
    ml_wanted *oldest = &dp->wanted[0];
    for (int i = 0; i < ML_WANTED; i++)
    {
        ml_wanted *w = &dp->wanted[i];
        if (w->used && memcmp(w->address, address, 16) == 0)
        {
            if (now_ms - w->told_ms < ML_WANTED_AGAIN_MS) return;
            oldest = w;
            break;
        }
        if (!w->used || (oldest->used && w->told_ms < oldest->told_ms)) oldest = w;
    }
    if (!ml_dp_event(dp, ML_EVENT_WANTED, -1, NULL, 0, address, 16)) return;      /* full: the next packet tells */
    oldest->used = true;
    oldest->told_ms = now_ms;
    memcpy(oldest->address, address, 16);
}

void ml_waiting_add(ml_dp *dp, const uint8_t *packet, int length, const uint8_t *destination, int64_t now_ms)
{
    uint16_t buffer;
    if ((dp->options & ML_OPTION_WAIT) == 0) return;
    want(dp, destination, now_ms);
    if (dp->waiting_count == ML_WAITING)
    {
        forget(dp, 0);
        ML_COUNT(dp, WAITING_OLDEST);
    }
    buffer = ml_pool_take(dp);
    if (buffer == ML_NONE)
    {
        ML_COUNT(dp, POOL_EMPTY);
        return;
    }
    memcpy(dp->pool[buffer].bytes, packet, (size_t)length);
    dp->pool[buffer].length = (uint16_t)length;
    memcpy(dp->waiting[dp->waiting_count].to, destination, 16);
    dp->waiting[dp->waiting_count].since_ms = now_ms;
    dp->waiting[dp->waiting_count++].packet = buffer;
}

void ml_waiting_send(ml_dp *dp, int64_t now_ms)
{
    for (int i = 0; i < dp->waiting_count; )
    {
        uint16_t buffer = dp->waiting[i].packet;
        int length = dp->pool[buffer].length, slot;
        if (now_ms - dp->waiting[i].since_ms >= ML_WAITING_MS)
        {
            forget(dp, i);
            ML_COUNT(dp, WAITING_GIVEN_UP);
            continue;
        }
        if (ml_routes_find(dp, dp->waiting[i].to) < 0)
        {
            i++;
            continue;
        }
        memcpy(dp->scratch, dp->pool[buffer].bytes, (size_t)length);   /* staging takes a buffer of its own: this one is free first */
        forget(dp, i);
        slot = ml_transport_admit(dp, dp->scratch, &length, now_ms);
        if (slot >= 0) ml_transport_queue(dp, slot, dp->scratch, length, now_ms);
    }
}

int ml_dp_waiting_send(int handle, int64_t now_ms)
{
    ml_dp *dp = ml_dp_enter(handle);
    if (dp == NULL) return ML_BAD_HANDLE;
    ml_waiting_send(dp, now_ms);
    return ml_dp_leave(dp, dp->waiting_count);
}
