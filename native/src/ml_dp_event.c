/* Events for managed code. Those that keep the node alive (handshakes, sessions, relay output) may use the whole ring; DISCO, STUN and
 * inner packets, which a stranger or a chatty peer can make in masses, only three quarters of it. */
#include "ml_dp_internal.h"

bool ml_dp_event(ml_dp *dp, int kind, int slot, const ml_source *source, int frame_type, const uint8_t *payload, int count)
{
    bool vital = kind == ML_EVENT_HANDSHAKE || kind == ML_EVENT_NEED_HANDSHAKE || kind == ML_EVENT_CONFIRMED ||
                 kind == ML_EVENT_RELAY_READY || kind == ML_EVENT_RELAY_FRAME;
    bool was_empty = dp->events.used == 0;
    uint8_t *record;

    if (count > ML_EVENT_PAYLOAD_MAX) count = ML_EVENT_PAYLOAD_MAX;
    if (!vital && dp->events.used > dp->events.size - dp->events.size / 4) record = NULL;
    else record = ml_ring_reserve(&dp->events, (uint32_t)(ML_EVENT_HEADER + count));
    if (record == NULL)
    {
        ML_COUNT(dp, EVENT_FULL);
        return false;
    }

    memset(record, 0, ML_EVENT_HEADER);
    record[0] = (uint8_t)kind;
    ml_store16_le(record + 2, (uint32_t)slot);
    if (source != NULL)
    {
        if (source->endpoint != NULL) memcpy(record + 8, source->endpoint, ML_ENDPOINT);
        else record[1] = 1;
        ml_store16_le(record + 4, source->region);
        if (source->node_key != NULL) memcpy(record + 26, source->node_key, ML_KEY);
    }
    if ((source == NULL || source->node_key == NULL) && slot >= 0) memcpy(record + 26, dp->peers[slot].key, ML_KEY);
    record[6] = (uint8_t)frame_type;
    ml_store16_le(record + 62, (uint32_t)count);
    if (count > 0) memcpy(record + ML_EVENT_HEADER, payload, (size_t)count);

    ml_ring_commit(&dp->events, (uint32_t)(ML_EVENT_HEADER + count));
    if (was_empty) dp->events_raised = true;
    return true;
}
