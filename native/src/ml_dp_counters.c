/* Reading the counters and their names. */
#include "ml_dp_internal.h"

static const char *const names[ML_COUNTERS] =
{
#define ML_COUNTER_NAME(name, text) text,
    ML_COUNTER_LIST(ML_COUNTER_NAME)
#undef ML_COUNTER_NAME
};

int ml_dp_counters(int handle, uint8_t *into, int offset, int capacity)
{
    ml_dp *dp = ml_dp_enter(handle);
    if (dp == NULL) return ML_BAD_HANDLE;
    if (capacity < ML_COUNTERS * 8) return ml_dp_leave(dp, ML_TOO_LONG);
    for (int i = 0; i < ML_COUNTERS; i++) ml_store64_le(into + offset + i * 8, dp->counters[i]);
    return ml_dp_leave(dp, ML_COUNTERS);
}

int ml_dp_count(int handle, int counter, int count)
{
    ml_dp *dp = ml_dp_enter(handle);
    if (dp == NULL) return ML_BAD_HANDLE;
    if (counter < 0 || counter >= ML_COUNTERS || count < 0) return ml_dp_leave(dp, ML_BAD_ARGUMENT);
    dp->counters[counter] += (uint64_t)count;
    return ml_dp_leave(dp, ML_OK);
}

int ml_dp_send_failed(int handle, int count)
{
    ml_dp *dp = ml_dp_enter(handle);
    if (dp == NULL) return ML_BAD_HANDLE;
    dp->counters[ML_COUNTER_UDP_SEND_FAILED] += (uint64_t)count;
    return ml_dp_leave(dp, ML_OK);
}

int ml_dp_counter_name(int counter, uint8_t *into, int offset, int capacity)
{
    int length;
    if (counter < 0 || counter >= ML_COUNTERS) return 0;
    length = (int)strlen(names[counter]);
    if (length > capacity) return ML_TOO_LONG;
    memcpy(into + offset, names[counter], (size_t)length);
    return length;
}
