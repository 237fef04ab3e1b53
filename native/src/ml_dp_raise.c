/* News for managed code from what is joined to the plane. */
#include "ml_dp_internal.h"

int ml_dp_raise(int handle, int kind)
{
    ml_dp *dp = ml_dp_enter(handle);
    if (dp == NULL) return ML_BAD_HANDLE;
    return ml_dp_leave(dp, ml_dp_event(dp, kind, -1, NULL, 0, NULL, 0) ? 1 : 0);
}
