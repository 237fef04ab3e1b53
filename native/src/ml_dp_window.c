/* The replay window of RFC 6479: a ring of 64-bit words. One word is always being cleared for what comes next, therefore a window of
 * N bits accepts counters up to N - 64 behind the greatest one. */
#include "ml_dp_internal.h"

bool ml_window_accept(uint64_t *window, int words, uint64_t *greatest, uint64_t counter)
{
    uint64_t word = counter >> 6;
    uint64_t bit = UINT64_C(1) << (counter & 63);

    if (counter >= ML_REJECT_AFTER_MESSAGES) return false;
    if (counter > *greatest)
    {
        uint64_t top = *greatest >> 6;
        uint64_t steps = word - top;
        if (steps > (uint64_t)words) steps = (uint64_t)words;
        for (uint64_t i = 1; i <= steps; i++) window[(top + i) & (uint64_t)(words - 1)] = 0;
        *greatest = counter;
    }
    else if (*greatest - counter > (uint64_t)(words - 1) * 64)
    {
        return false;
    }
    word &= (uint64_t)(words - 1);
    if (window[word] & bit) return false;
    window[word] |= bit;
    return true;
}
