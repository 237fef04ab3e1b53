/* The real table with the real library behind it: every entry is found by its place, a few are called with known answers. */
#include <stdio.h>
#include <string.h>

#include "../../tests/ml_test.h"
#include "../generated/MicroLink_Native.h"
#include "toy_call.h"

static const CLR_RT_NativeAssemblyData &table = g_CLR_AssemblyNative_MicroLink_Native;

/* The place of a handler, -1 when the table does not have it. */
static int place(CLR_RT_MethodHandler handler)
{
    const CLR_RT_MethodHandler *handlers = (const CLR_RT_MethodHandler *)table.m_pNativeMethods;
    for (int i = 0; i < 1000; i++)
        if (handlers[i] == handler) return i;
    return -1;
}

static HRESULT run(toy_call &call, CLR_RT_MethodHandler handler) { return call.run(table, place(handler)); }

typedef Library_ml_MicroLink_Native_VersionNative version;
typedef Library_ml_MicroLink_Native_CipherNative cipher;
typedef Library_ml_MicroLink_Native_DataPlaneNative plane;
typedef Library_ml_MicroLink_Native_PumpNative pump;

static void test_cipher(void)
{
    char text[] = "123456789";
    uint8_t key[32] = {0}, nonce[12] = {0}, message[21] = "hello", scalar[32], point[32] = {9}, result[32];
    toy_call crc, seal, open, outside, square;

    CHECK(run(crc.bytes(text, 9).number(0).number(9), cipher::mlm_crc32___STATIC__U4__SZARRAY_U1__I4__I4) == S_OK);
    CHECK(crc.result() == 0xcbf43926);

    CLR_RT_MethodHandler sealing =
        cipher::mlm_chachapoly_seal___STATIC__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__I4__SZARRAY_U1__I4__I4;
    CLR_RT_MethodHandler opening =
        cipher::mlm_chachapoly_open___STATIC__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__I4__SZARRAY_U1__I4__I4;
    seal.bytes(key, 32).number(0).bytes(nonce, 12).number(0).no_bytes().number(0).number(0).bytes(message, 21).number(0).number(5);
    CHECK(run(seal, sealing) == S_OK && seal.result() == 21 && memcmp(message, "hello", 5) != 0);
    open.bytes(key, 32).number(0).bytes(nonce, 12).number(0).no_bytes().number(0).number(0).bytes(message, 21).number(0).number(21);
    CHECK(run(open, opening) == S_OK && open.result() == 5 && memcmp(message, "hello", 5) == 0);
    outside.bytes(key, 32).number(0).bytes(nonce, 12).number(0).no_bytes().number(0).number(0).bytes(message, 20).number(0).number(5);
    CHECK(run(outside, sealing) == CLR_E_INDEX_OUT_OF_RANGE);

    /* RFC 7748 6.1: Alice's keys. */
    ml_hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a", scalar, 32);
    square.bytes(scalar, 32).number(0).bytes(point, 32).number(0).bytes(result, 32).number(0);
    CHECK(run(square, cipher::mlm_x25519___STATIC__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__SZARRAY_U1__I4) == S_OK && square.result() == 0);
    CHECK(ml_same_hex(result, 32, "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"));
}

static int32_t create_plane(void)
{
    toy_call create;
    create.number(4).number(1024).number(32).number(4096).number(8192).number(4096).number(8);
    CHECK(run(create, plane::ml_dp_create___STATIC__I4__I4__I4__I4__I4__I4__I4__I4) == S_OK);
    return (int32_t)create.result();
}

/* The pump's own thread raises the event when the data plane has something to say; a thread in Wait then finds it. */
static void test_wait(void)
{
    int32_t handle = create_plane();
    uint8_t seed[32] = {1}, block[8] = {0};
    toy_call open, seeded, wait, relay, in, close;
    CLR_RT_ExecutionEngine &clr = g_CLR_RT_ExecutionEngine;

    CHECK(handle > 0);
    CHECK(run(seeded.number(handle).bytes(seed, 32).number(0), plane::ml_dp_seed___STATIC__I4__I4__SZARRAY_U1__I4) == S_OK);
    CHECK(run(open.number(handle).number(0), pump::ml_pump_open___STATIC__I4__I4__I4) == S_OK && open.result() > 0);
    wait.number(open.result()).number(60000);
    clr = CLR_RT_ExecutionEngine();
    CHECK(run(wait, pump::ml_pump_wait___STATIC__I4__I4__I4) == CLR_E_THREAD_WAITING && clr.m_raised == 0);

    /* A control frame of a relay is an event: type 4 (server key would be 1), 3 bytes of payload. */
    CHECK(run(relay.number(handle).number(7), plane::ml_dp_relay_open___STATIC__I4__I4__I4) == S_OK && relay.result() == 0);
    block[0] = 1;
    block[4] = 3;
    in.number(handle).number(7).bytes(block, 8).number(0).number(8).number(1);
    CHECK(run(in, plane::ml_dp_relay_in___STATIC__I4__I4__I4__SZARRAY_U1__I4__I4__I8) == S_OK && in.result() == 0);
    CHECK(clr.m_raised == Event_Radio);
    CHECK(run(wait, pump::ml_pump_wait___STATIC__I4__I4__I4) == S_OK && wait.result() == 1);
    uint8_t record[64 + 2048];
    toy_call take, again;
    take.number(handle).bytes(record, sizeof record).number(0).number(sizeof record);
    CHECK(run(take, plane::ml_dp_poll_event___STATIC__I4__I4__SZARRAY_U1__I4__I4) == S_OK && take.result() == 67 && record[0] == 4);
    clr = CLR_RT_ExecutionEngine();
    again.number(open.result()).number(60000);
    CHECK(run(again, pump::ml_pump_wait___STATIC__I4__I4__I4) == CLR_E_THREAD_WAITING);
    CHECK(run(close.number(open.result()), pump::ml_pump_close___STATIC__I4__I4) == S_OK && close.result() == 0);
    CHECK(clr.m_raised == Event_Radio);
    CHECK(run(again, pump::ml_pump_wait___STATIC__I4__I4__I4) == S_OK && again.result() == -1);
}

int main(void)
{
    toy_call asked;
    CHECK(strcmp(table.m_szAssemblyName, "MicroLink.Native") == 0 && table.m_checkSum != 0);
    CHECK(run(asked, version::mlm_version___STATIC__I4) == S_OK);
    CHECK(asked.result() == (table.m_Version.iMinorVersion * 100 + table.m_Version.iBuildNumber) * 100 + table.m_Version.iRevisionNumber);
    test_cipher();
    test_wait();
    return ml_report();
}
