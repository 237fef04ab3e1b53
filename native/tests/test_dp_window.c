/* The replay window, as a numbered table: each line is one counter and whether it must be accepted, for a window of 1024 bits (16 words,
 * 960 usable). Then the same against a plain model that remembers everything, for all three window sizes. */
#include "dp_support.h"

#define WORDS 16
#define USABLE ((WORDS - 1) * 64)

static const struct { int line; uint64_t counter; bool accept; } table[] =
{
    { 1, 0, true },
    { 2, 1, true },
    { 3, 1, false },
    { 4, 0, false },
    { 5, 9, true },
    { 6, 8, true },
    { 7, 7, true },
    { 8, 7, false },
    { 9, 63, true },
    { 10, 64, true },
    { 11, 63, false },
    { 12, 65, true },
    { 13, USABLE, true },
    { 14, 2, true },                       /* 958 behind: still inside */
    { 15, 2, false },
    { 16, USABLE + 3, true },
    { 17, 3, true },                       /* exactly 960 behind: the oldest that counts */
    { 18, 2, false },                      /* 961 behind */
    { 19, USABLE + 67, true },             /* a new word: its bits were cleared */
    { 20, USABLE + 66, true },
    { 21, 66, false },
    { 22, 67, true },
    { 23, USABLE + 67 + WORDS * 64, true },    /* one whole turn */
    { 24, USABLE + 67, false },
    { 25, USABLE + 68 + 64, true },
    { 26, USABLE + 67 + 64, true },
    { 27, 100000, true },                  /* many turns */
    { 28, 100000 - USABLE, true },
    { 29, 100000 - USABLE - 1, false },
    { 30, 99999, true },
    { 31, 100000, false },
    { 32, ML_REJECT_AFTER_MESSAGES - 1, true },
    { 33, ML_REJECT_AFTER_MESSAGES, false },
    { 34, UINT64_MAX, false },
    { 35, ML_REJECT_AFTER_MESSAGES - 1, false },
    { 36, ML_REJECT_AFTER_MESSAGES - 2, true },
    { 37, 0, false },
};

static uint64_t state = 88172645463325252u;

static uint64_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* Counters that wander forward with jitter, as reordered packets do. */
static void against_model(int words)
{
    static bool seen[200000];
    static uint64_t window[128];
    uint64_t greatest = 0, top = 0, base = 0;
    memset(seen, 0, sizeof seen);
    memset(window, 0, sizeof window);
    for (int i = 0; i < 100000; i++)
    {
        uint64_t counter, back = next_random() % (uint64_t)(words * 80);
        bool wanted;
        base += next_random() % 3;
        if (next_random() % 5000 == 0) base += (uint64_t)words * 70;
        if (base >= 190000) break;
        counter = base > back ? base - back : 0;
        if (next_random() % 4 == 0) counter = base;
        wanted = !seen[counter] && (counter > top || top - counter <= (uint64_t)(words - 1) * 64);
        checks++;
        if (ml_window_accept(window, words, &greatest, counter) != wanted)
        {
            failures++;
            printf("words %d step %d counter %llu top %llu: wanted %d\n", words, i, (unsigned long long)counter, (unsigned long long)top, wanted);
            return;
        }
        if (wanted) seen[counter] = true;
        if (wanted && counter > top) top = counter;
    }
}

int main(void)
{
    uint64_t window[WORDS] = { 0 }, greatest = 0;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
    {
        checks++;
        if (ml_window_accept(window, WORDS, &greatest, table[i].counter) == table[i].accept) continue;
        failures++;
        printf("line %d: counter %llu should be %s\n", table[i].line, (unsigned long long)table[i].counter, table[i].accept ? "accepted" : "refused");
    }
    against_model(16);
    against_model(64);
    against_model(128);
    return finish("test_dp_window");
}
