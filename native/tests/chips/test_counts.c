/*
 * How many instructions and how much stack each cipher call takes on this chip. Two things are tested: the count is the same for every key
 * and every text of one length (nothing secret decides a branch), and it keeps the budgets of native/README.md. ./bench native prints the
 * lines "count NAME: INSTRUCTIONS instructions, STACK bytes of stack".
 */
#include "chip.h"
#include "ml_cipher.h"
#include "ml_test.h"

#define KEYS 6
#define STACK 4096

/* lx106 has 16 registers and spills more than the budget's RV32. */
#if defined(__XTENSA__)
#define STACK_BUDGET 640
#else
#define STACK_BUDGET 600
#endif

static uint32_t text_words[800], other_words[800];
static uint8_t key[32], nonce[24], point[32], out[96], tag[16];
static uint8_t *text, *other;
static size_t size;
static int verdict;

static void seal(void) { ml_chachapoly_seal(key, nonce, NULL, 0, text, size, other, other + size); }
static void open(void) { verdict = ml_chachapoly_open(key, nonce, NULL, 0, text, size, text + size, other); }
static void xseal(void) { ml_xchachapoly_seal(key, nonce, NULL, 0, text, size, other, tag); }
static void box_seal(void) { ml_box_seal(key, nonce, text, size, other); }
static void box_open(void) { verdict = ml_box_open(key, nonce, text, size + 16, other); }
static void hash(void) { ml_blake2s_hash(NULL, 0, text, size, out, 32); }
static void keyed_hash(void) { ml_blake2s_hash(key, 32, text, size, out, 16); }
static void hmac(void) { ml_hmac_blake2s(key, 32, text, size, out); }
static void kdf(void) { ml_kdf(3, key, text, 32, out); }
static void x25519(void) { verdict = ml_x25519(key, point, out); }
static void x25519_base(void) { verdict = ml_x25519_base(key, out); }
static void beforenm(void) { verdict = ml_box_beforenm(point, key, out); }
static void equal(void) { verdict = ml_equal(key, out, 32); }
static void nothing(void) { }

static uint32_t count(void (*volatile call)(void))
{
    call();
    uint32_t begin = chip_ticks();
    call();
    return chip_ticks() - begin;
}

/* How many bytes of stack a call writes. */
static __attribute__((noinline)) uint32_t depth(void (*volatile call)(void))
{
    volatile uint8_t *top;
    CHIP_STACK(top);
    for (int i = 1; i <= STACK; i++) top[-i] = 0xa5;
    call();
    int deep = STACK;
    while (deep > 0 && top[-deep] == 0xa5) deep--;
    return (uint32_t)deep;
}

/* The first keys and texts are extreme, the others random. A forged text (odd numbers) must not tell itself from a good one too early. */
static void choose(int number, ml_random *random, void (*prepare)(void))
{
    memset(key, number == 0 ? 0x00 : 0xff, 32);
    memset(nonce, number == 0 ? 0x00 : 0xff, 24);
    memset(text_words, number == 0 ? 0x00 : 0xff, sizeof text_words);
    if (number > 1)
    {
        ml_fill(random, key, 32);
        ml_fill(random, nonce, 24);
        ml_fill(random, (uint8_t *)text_words, sizeof text_words);
    }
    memset(point, 0, 32);
    point[0] = 9;
    if (number > 1) ml_fill(random, point, 32);
    memset(out, number, sizeof out);
    if (prepare == NULL) return;
    /* The text becomes what there is to open. */
    uint8_t *to = other;
    other = text;
    prepare();
    other = to;
}

/* budget 0: none. */
static uint32_t measure(const char *name, void (*call)(void), void (*prepare)(void), uint32_t budget)
{
    ml_random random = {size + 1};
    uint32_t least = 0xffffffff, most = 0, stack = 0;
    for (int i = 0; i < KEYS; i++)
    {
        choose(i, &random, prepare);
        uint32_t n = count(call), empty = count(nothing);
        n = chip_instructions(n) - chip_instructions(empty);
        if (n < least) least = n;
        if (n > most) most = n;
        choose(i, &random, prepare);
        n = depth(call);
        if (n > stack) stack = n;
    }
    printf("count %s: %lu instructions, %lu bytes of stack\n", name, (unsigned long)most, (unsigned long)stack);
    if (!CHECK(least == most)) printf("  %s: between %lu and %lu\n", name, (unsigned long)least, (unsigned long)most);
    if (!CHECK(stack <= STACK_BUDGET)) printf("  %s: %lu bytes of stack\n", name, (unsigned long)stack);
    if (budget > 0 && !CHECK(most <= budget)) printf("  %s: more than %lu\n", name, (unsigned long)budget);
    return most;
}

static void place(size_t text_shift, size_t other_shift, size_t bytes)
{
    text = (uint8_t *)text_words + text_shift;
    other = (uint8_t *)other_words + other_shift;
    size = bytes;
}

/* Four alignments of the one and of the other. At -O2 none costs more than a tenth. */
static void aligned(const char *name, void (*call)(void), void (*prepare)(void), uint32_t budget)
{
    char full[40];
    uint32_t best = 0;
    for (size_t shift = 0; shift < 16; shift++)
    {
        if (size != 1420 && shift % 5 != 0) continue;
        place(shift / 4, shift % 4, size);
        snprintf(full, sizeof full, "%s %u", name, (unsigned)size);
        unsigned from = (unsigned)shift / 4, to = (unsigned)shift % 4;
        if (shift > 0) snprintf(full, sizeof full, "%s %u, at +%u to +%u", name, (unsigned)size, from, to);
        uint32_t n = measure(full, call, prepare, shift == 0 ? budget : 0);
        if (shift == 0) best = n;
#if defined(ML_ANY_ALIGNMENT)
        if (size == 1420 && !CHECK(n <= best + best / 10)) printf("  %s: more than a tenth above %lu\n", full, (unsigned long)best);
#endif
    }
    (void)best;
}

int main(void)
{
    static const size_t sizes[] = {0, 15, 64, 65, 512, 1420};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
    {
        place(0, 0, sizes[i]);
        aligned("seal", seal, NULL, sizes[i] == 64 ? ML_BUDGET_64 : sizes[i] == 1420 ? ML_BUDGET_1420 : 0);
        place(0, 0, sizes[i]);
        aligned("open", open, seal, sizes[i] == 64 ? ML_BUDGET_64 : sizes[i] == 1420 ? ML_BUDGET_1420 : 0);
        if (!CHECK(verdict == 0)) printf("  open %u\n", (unsigned)sizes[i]);
    }
    place(0, 0, 64);
    measure("xchacha seal 64", xseal, NULL, 0);
    measure("blake2s 64", hash, NULL, 0);
    measure("blake2s keyed 64", keyed_hash, NULL, 0);
    measure("hmac 64", hmac, NULL, 0);
    measure("kdf 3", kdf, NULL, 0);
    place(0, 0, 1420);
    measure("blake2s 1420", hash, NULL, ML_BUDGET_BLAKE2S);
    place(0, 0, 46);
    measure("box seal 46", box_seal, NULL, 0);
    measure("box open 46", box_open, box_seal, 0);
    measure("equal 32", equal, NULL, 0);
    measure("x25519", x25519, NULL, ML_BUDGET_X25519);
    measure("x25519 base", x25519_base, NULL, 0);
    measure("box key", beforenm, NULL, 0);
    return ml_report();
}
