/* The generated handlers of tests/Sample, one of every form, on the toy CLR: what arrives in C, what is refused, how a wait goes. */
#include <stdio.h>
#include <string.h>

#include "../../tests/ml_test.h"
#include "generated/Sample_Native.h"
#include "toy_call.h"

/* Places in the table: static methods keep their order in the source. */
enum { NOTHING, NUMBERS, LARGE, TEXT, REFERENCES, FIXED, COUNTED, TAGGED, ROWS, WHOLE, WAIT, NOT_EXTERN };

static int called, wait_answer, wait_timeout, wait_calls;
static const uint8_t *seen;
static int32_t seen_at, seen_count;

extern "C"
{
void sample_nothing(void) { called++; }
int64_t sample_numbers(int8_t a, uint8_t b, int16_t c, uint16_t d, int32_t e, uint32_t f, int64_t g, uint64_t h)
{
    return a == -1 && b == 255 && c == -300 && d == 65535 && e == -70000 && f == 4000000000u && h == 18446744073709551615u ? g : 0;
}
uint64_t sample_large(void) { return 18446744073709551615u; }
int32_t sample_text(const char *text) { return (int32_t)strlen(text); }
int32_t sample_references(int32_t *sum, int64_t *product)
{
    *sum += 2;
    *product *= 5000000000;
    return -7;
}
static int32_t note(const uint8_t *bytes, int32_t at, int32_t count)
{
    called++;
    seen = bytes;
    seen_at = at;
    seen_count = count;
    return 11;
}
int32_t sample_fixed(const uint8_t *key, int32_t at) { return note(key, at, 32); }
int32_t sample_counted(const uint8_t *data, int32_t at, int32_t count) { return note(data, at, count); }
int32_t sample_tagged(uint8_t *text, int32_t at, int32_t count) { return note(text, at, count); }
int32_t sample_rows(const uint8_t *rows, int32_t at, int32_t count) { return note(rows, at, count); }
int32_t sample_whole(uint8_t *state) { return note(state, 0, 0); }
int32_t sample_wait(int32_t handle, int32_t timeout_ms)
{
    wait_calls++;
    wait_timeout = timeout_ms;
    return handle == 5 ? wait_answer : -1;
}
}

static HRESULT run(toy_call &call, int function) { return call.run(g_CLR_AssemblyNative_Sample_Native, function); }

static void test_table(void)
{
    const CLR_RT_NativeAssemblyData &table = g_CLR_AssemblyNative_Sample_Native;
    CHECK(strcmp(table.m_szAssemblyName, "Sample.Native") == 0);
    CHECK(table.m_Version.iMajorVersion == 100 && table.m_Version.iMinorVersion == 1 && table.m_Version.iRevisionNumber == 3);
    CHECK(((const CLR_RT_MethodHandler *)table.m_pNativeMethods)[NOT_EXTERN] == NULL);
    toy_call call;
    called = 0;
    CHECK(run(call, NOTHING) == S_OK && called == 1 && call.frame.m_depth == 0);
}

static void test_numbers(void)
{
    toy_call call, large;
    call.number(-1).number(255).number(-300).number(65535).number(-70000).number(4000000000).number(-5000000000).number(-1);
    CHECK(run(call, NUMBERS) == S_OK && call.result() == -5000000000);
    CHECK(run(large, LARGE) == S_OK && large.result() == -1);
}

static void test_text(void)
{
    toy_call good, none;
    CHECK(run(good.text("gr\xc3\xbc\xc3\x9f"), TEXT) == S_OK && good.result() == 6);
    CHECK(run(none.text(NULL), TEXT) == CLR_E_NULL_REFERENCE && none.frame.m_depth == 0);
}

static void test_references(void)
{
    CLR_RT_HeapBlock sum = CLR_RT_HeapBlock(), product = CLR_RT_HeapBlock();
    toy_call call, none;
    sum.m_numeric.s8 = 40;
    product.m_numeric.s8 = -3;
    CHECK(run(call.reference(&sum).reference(&product), REFERENCES) == S_OK && call.result() == -7);
    CHECK(sum.m_numeric.s4 == 42 && product.m_numeric.s8 == -15000000000);
    CHECK(run(none.reference(&sum).reference(NULL), REFERENCES) == CLR_E_NULL_REFERENCE && none.frame.m_depth == 0);
    CHECK(sum.m_numeric.s4 == 42);
}

/* One call with an array of the given length: does it reach C, and with what. */
static HRESULT with_bytes(int function, int length, int32_t at, int32_t count)
{
    static uint8_t memory[256];
    toy_call call;
    HRESULT hr;
    called = 0;
    call.bytes(memory, length).number(at).number(count);
    hr = run(call, function);
    CHECK((hr == S_OK) == (called == 1));
    CHECK(hr == S_OK ? seen == memory && call.result() == 11 : call.frame.m_depth == 0);
    return hr;
}

static void test_ranges(void)
{
    CHECK(with_bytes(FIXED, 32, 0, 0) == S_OK);
    CHECK(with_bytes(FIXED, 40, 8, 0) == S_OK && seen_at == 8);
    CHECK(with_bytes(FIXED, 40, 9, 0) == CLR_E_INDEX_OUT_OF_RANGE);
    CHECK(with_bytes(FIXED, 31, 0, 0) == CLR_E_INDEX_OUT_OF_RANGE);
    CHECK(with_bytes(FIXED, 40, -1, 0) == CLR_E_INDEX_OUT_OF_RANGE);
    CHECK(with_bytes(COUNTED, 10, 4, 6) == S_OK && seen_count == 6);
    CHECK(with_bytes(COUNTED, 10, 10, 0) == S_OK);
    CHECK(with_bytes(COUNTED, 10, 4, 7) == CLR_E_INDEX_OUT_OF_RANGE);
    CHECK(with_bytes(COUNTED, 10, 11, 0) == CLR_E_INDEX_OUT_OF_RANGE);
    CHECK(with_bytes(COUNTED, 10, 4, -1) == CLR_E_INDEX_OUT_OF_RANGE);
    CHECK(with_bytes(COUNTED, 10, INT32_MAX, INT32_MAX) == CLR_E_INDEX_OUT_OF_RANGE);
    CHECK(with_bytes(COUNTED, 10, INT32_MIN, INT32_MAX) == CLR_E_INDEX_OUT_OF_RANGE);
    CHECK(with_bytes(COUNTED, 10, INT32_MAX, INT32_MIN) == CLR_E_INDEX_OUT_OF_RANGE);
    CHECK(with_bytes(TAGGED, 36, 10, 10) == S_OK);
    CHECK(with_bytes(TAGGED, 35, 10, 10) == CLR_E_INDEX_OUT_OF_RANGE);
    CHECK(with_bytes(ROWS, 36, 2, 2) == S_OK);
    CHECK(with_bytes(ROWS, 35, 2, 2) == CLR_E_INDEX_OUT_OF_RANGE);
    CHECK(with_bytes(ROWS, 35, 0, INT32_MAX) == CLR_E_INDEX_OUT_OF_RANGE);
    CHECK(with_bytes(ROWS, 35, 0, INT32_MIN) == CLR_E_INDEX_OUT_OF_RANGE);
    CHECK(with_bytes(WHOLE, 0, 0, 0) == S_OK);
}

static HRESULT without_bytes(int function, int32_t at, int32_t count)
{
    toy_call call;
    return run(call.no_bytes().number(at).number(count), function);
}

static void test_no_array(void)
{
    seen = (const uint8_t *)"";
    CHECK(without_bytes(COUNTED, 0, 0) == S_OK && seen == NULL);
    CHECK(without_bytes(COUNTED, 0, 1) == CLR_E_NULL_REFERENCE);
    CHECK(without_bytes(COUNTED, 1, 0) == CLR_E_NULL_REFERENCE);
    CHECK(without_bytes(COUNTED, 1, -1) == CLR_E_NULL_REFERENCE);
    CHECK(without_bytes(TAGGED, 0, 0) == CLR_E_NULL_REFERENCE);
    CHECK(without_bytes(FIXED, 0, 0) == CLR_E_NULL_REFERENCE);
    CHECK(without_bytes(WHOLE, 0, 0) == CLR_E_NULL_REFERENCE);
}

static void test_wait(void)
{
    CLR_RT_ExecutionEngine &clr = g_CLR_RT_ExecutionEngine;
    toy_call at_once, later, never, closed, no_time, endless;
    clr = CLR_RT_ExecutionEngine();

    wait_answer = 1;
    CHECK(run(at_once.number(5).number(1000), WAIT) == S_OK && at_once.result() == 1 && wait_timeout == 0);

    /* Nothing yet: the thread sleeps; the event wakes it, the handler runs again from its first line and finds the answer. */
    wait_answer = 0;
    CHECK(run(later.number(5).number(1000), WAIT) == CLR_E_THREAD_WAITING && clr.m_waitedFor == Event_Radio);
    clr.m_now = 500 * 10000;
    CHECK(ml_interop_now_ms() == 500);
    wait_answer = 1;
    ml_interop_signal();
    CHECK(run(later, WAIT) == S_OK && later.result() == 1);

    /* The event was left over: it is used up, then the thread sleeps until the time that was set at the first entry, not later. */
    clr.m_now = 0;
    wait_answer = 0;
    CHECK(run(never.number(5).number(1000), WAIT) == CLR_E_THREAD_WAITING && clr.m_raised == 0);
    clr.m_now = 999 * 10000;
    CHECK(run(never, WAIT) == CLR_E_THREAD_WAITING);
    clr.m_now = 1000 * 10000;
    wait_calls = 0;
    CHECK(run(never, WAIT) == S_OK && never.result() == 0 && wait_calls == 2);

    CHECK(run(closed.number(6).number(1000), WAIT) == S_OK && closed.result() == -1);
    CHECK(run(no_time.number(5).number(0), WAIT) == S_OK && no_time.result() == 0);
    CHECK(run(endless.number(5).number(INT32_MIN), WAIT) == CLR_E_THREAD_WAITING);
    clr.m_now = INT64_MAX / 2;
    CHECK(run(endless, WAIT) == CLR_E_THREAD_WAITING);
}

int main(void)
{
    test_table();
    test_numbers();
    test_text();
    test_references();
    test_ranges();
    test_no_array();
    test_wait();
    return ml_report();
}
