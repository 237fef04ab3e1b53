/* The fuzz targets of the data plane without libFuzzer: their corpus, and some thousand mutations of it from a fixed seed. The long runs
 * are those of native/fuzz; this one is short enough for every build, sanitizers included. */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>

#define LLVMFuzzerTestOneInput fuzz_udp
#include "../fuzz/fuzz_dp_udp.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_relay
#include "../fuzz/fuzz_dp_relay.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_inner
#include "../fuzz/fuzz_dp_inner.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_filter
#include "../fuzz/fuzz_dp_filter.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_session
#include "../fuzz/fuzz_dp_session.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_gate
#include "../fuzz/fuzz_dp_gate.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_masquerade
#include "../fuzz/fuzz_dp_masquerade.c"

#define INPUT_MAX 2048
#define INPUTS 64

static uint8_t corpus[INPUTS][INPUT_MAX];
static size_t lengths[INPUTS];
static int inputs;
static uint64_t state;

static uint32_t next_random(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 20) % below;
}

static void load(const char *name)
{
    char path[1024];
    DIR *folder;
    struct dirent *entry;
    inputs = 0;
    snprintf(path, sizeof path, "%s/../../native/fuzz/corpus/%s", ML_VECTORS, name);
    folder = opendir(path);
    while (folder != NULL && (entry = readdir(folder)) != NULL && inputs < INPUTS)
    {
        FILE *file;
        if (entry->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/../../native/fuzz/corpus/%s/%.200s", ML_VECTORS, name, entry->d_name);
        file = fopen(path, "rb");
        if (file == NULL) continue;
        lengths[inputs] = fread(corpus[inputs], 1, INPUT_MAX, file);
        inputs++;
        fclose(file);
    }
    if (folder != NULL) closedir(folder);
}

static size_t mutate(uint8_t *into)
{
    int from = (int)next_random((uint32_t)inputs);
    size_t length = lengths[from];
    memcpy(into, corpus[from], length);
    for (uint32_t changes = 1 + next_random(8); changes > 0; changes--)
    {
        size_t at = length == 0 ? 0 : next_random((uint32_t)length);
        switch (next_random(5))
        {
            case 0: into[at] ^= (uint8_t)(1u << next_random(8)); break;
            case 1: into[at] = (uint8_t)next_random(256); break;
            case 2: length = at; break;
            case 3:
                from = (int)next_random((uint32_t)inputs);
                if (length + lengths[from] > INPUT_MAX) break;
                memcpy(into + length, corpus[from], lengths[from]);
                length += lengths[from];
                break;
            default:
                if (length < INPUT_MAX) into[length++] = (uint8_t)next_random(256);
                break;
        }
    }
    return length;
}

static void run_target(const char *name, int (*target)(const uint8_t *, size_t), int rounds)
{
    static uint8_t input[INPUT_MAX];
    load(name);
    CHECK(inputs > 1);
    state = 88172645463325252u;
    for (int i = 0; i < inputs; i++) target(corpus[i], lengths[i]);
    for (int i = 0; i < rounds && inputs > 0; i++) target(input, mutate(input));
}

int main(void)
{
    run_target("fuzz_dp_udp", fuzz_udp, 3000);
    run_target("fuzz_dp_relay", fuzz_relay, 300);
    run_target("fuzz_dp_inner", fuzz_inner, 1000);
    run_target("fuzz_dp_filter", fuzz_filter, 3000);
    run_target("fuzz_dp_session", fuzz_session, 300);
    run_target("fuzz_dp_gate", fuzz_gate, 1000);
    run_target("fuzz_dp_masquerade", fuzz_masquerade, 3000);
    return finish("test_dp_fuzz");
}
