// Written by native/interop/Generator from the externs of MicroLink.Native; change those and run native/interop/generate.
#include "MicroLink_Native.h"

HRESULT Library_ml_MicroLink_Native_NetNative::ml_net_available___STATIC__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_net_available, int32_t());
    NANOCLR_HEADER();
    stack.SetResult_I4(ml_net_available());
    NANOCLR_NOCLEANUP_NOLABEL();
}

HRESULT Library_ml_MicroLink_Native_NetNative::ml_net_create___STATIC__I4__I4__I4__SZARRAY_U1__I4__I8(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_net_create, int32_t(int32_t, int32_t, uint8_t *, int32_t, int64_t));
    NANOCLR_HEADER();
    uint8_t *random32 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 2, 3, -1, 1, 32 }, random32));
    stack.SetResult_I4(ml_net_create((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        random32,
        (int32_t)stack.ArgN(3).NumericByRef().s4,
        (int64_t)stack.ArgN(4).NumericByRef().s8));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_NetNative::ml_net_destroy___STATIC__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_net_destroy, int32_t(int32_t));
    NANOCLR_HEADER();
    stack.SetResult_I4(ml_net_destroy((int32_t)stack.ArgN(0).NumericByRef().s4));
    NANOCLR_NOCLEANUP_NOLABEL();
}

HRESULT Library_ml_MicroLink_Native_NetNative::ml_net_addresses___STATIC__I4__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_net_addresses, int32_t(int32_t, uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *addressesBy16 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 1, 2, 3, 16, 0 }, addressesBy16));
    stack.SetResult_I4(ml_net_addresses((int32_t)stack.ArgN(0).NumericByRef().s4,
        addressesBy16,
        (int32_t)stack.ArgN(2).NumericByRef().s4,
        (int32_t)stack.ArgN(3).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_NetNative::ml_net_tick___STATIC__I4__I4__I8(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_net_tick, int32_t(int32_t, int64_t));
    NANOCLR_HEADER();
    stack.SetResult_I4(ml_net_tick((int32_t)stack.ArgN(0).NumericByRef().s4, (int64_t)stack.ArgN(1).NumericByRef().s8));
    NANOCLR_NOCLEANUP_NOLABEL();
}

HRESULT Library_ml_MicroLink_Native_NetNative::ml_net_poll___STATIC__I4__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_net_poll, int32_t(int32_t, uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *into = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 1, 2, 3, 1, 0 }, into));
    stack.SetResult_I4(ml_net_poll((int32_t)stack.ArgN(0).NumericByRef().s4,
        into,
        (int32_t)stack.ArgN(2).NumericByRef().s4,
        (int32_t)stack.ArgN(3).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_NetNative::ml_net_retry___STATIC__I4__I4__I8(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_net_retry, int32_t(int32_t, int64_t));
    NANOCLR_HEADER();
    stack.SetResult_I4(ml_net_retry((int32_t)stack.ArgN(0).NumericByRef().s4, (int64_t)stack.ArgN(1).NumericByRef().s8));
    NANOCLR_NOCLEANUP_NOLABEL();
}

HRESULT Library_ml_MicroLink_Native_NetNative::ml_net_wanted___STATIC__I4__I4__SZARRAY_U1__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_net_wanted, int32_t(int32_t, uint8_t *, int32_t));
    NANOCLR_HEADER();
    uint8_t *into16 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 1, 2, -1, 1, 16 }, into16));
    stack.SetResult_I4(ml_net_wanted((int32_t)stack.ArgN(0).NumericByRef().s4,
        into16,
        (int32_t)stack.ArgN(2).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_NetNative::ml_net_unreachable___STATIC__I4__I4__SZARRAY_U1__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_net_unreachable, int32_t(int32_t, uint8_t *, int32_t));
    NANOCLR_HEADER();
    uint8_t *address16 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 1, 2, -1, 1, 16 }, address16));
    stack.SetResult_I4(ml_net_unreachable((int32_t)stack.ArgN(0).NumericByRef().s4,
        address16,
        (int32_t)stack.ArgN(2).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_NetNative::ml_net_udp_open___STATIC__I4__I4__SZARRAY_U1__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_net_udp_open, int32_t(int32_t, uint8_t *, int32_t));
    NANOCLR_HEADER();
    uint8_t *local18 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 1, 2, -1, 1, 18 }, local18));
    stack.SetResult_I4(ml_net_udp_open((int32_t)stack.ArgN(0).NumericByRef().s4,
        local18,
        (int32_t)stack.ArgN(2).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_NetNative::ml_net_udp_send___STATIC__I4__I4__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__I4__I8(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_net_udp_send, int32_t(int32_t, int32_t, uint8_t *, int32_t, uint8_t *, int32_t, int32_t, int64_t));
    NANOCLR_HEADER();
    uint8_t *to18 = NULL;
    uint8_t *bytes = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 2, 3, -1, 1, 18 }, to18));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 4, 5, 6, 1, 0 }, bytes));
    stack.SetResult_I4(ml_net_udp_send((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        to18,
        (int32_t)stack.ArgN(3).NumericByRef().s4,
        bytes,
        (int32_t)stack.ArgN(5).NumericByRef().s4,
        (int32_t)stack.ArgN(6).NumericByRef().s4,
        (int64_t)stack.ArgN(7).NumericByRef().s8));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_NetNative::ml_net_udp_receive___STATIC__I4__I4__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_net_udp_receive, int32_t(int32_t, int32_t, uint8_t *, int32_t, uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *from18 = NULL;
    uint8_t *into = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 2, 3, -1, 1, 18 }, from18));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 4, 5, 6, 1, 0 }, into));
    stack.SetResult_I4(ml_net_udp_receive((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        from18,
        (int32_t)stack.ArgN(3).NumericByRef().s4,
        into,
        (int32_t)stack.ArgN(5).NumericByRef().s4,
        (int32_t)stack.ArgN(6).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_NetNative::ml_net_tcp_connect___STATIC__I4__I4__SZARRAY_U1__I4__I8(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_net_tcp_connect, int32_t(int32_t, uint8_t *, int32_t, int64_t));
    NANOCLR_HEADER();
    uint8_t *to18 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 1, 2, -1, 1, 18 }, to18));
    stack.SetResult_I4(ml_net_tcp_connect((int32_t)stack.ArgN(0).NumericByRef().s4,
        to18,
        (int32_t)stack.ArgN(2).NumericByRef().s4,
        (int64_t)stack.ArgN(3).NumericByRef().s8));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_NetNative::ml_net_tcp_listen___STATIC__I4__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_net_tcp_listen, int32_t(int32_t, uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *local18 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 1, 2, -1, 1, 18 }, local18));
    stack.SetResult_I4(ml_net_tcp_listen((int32_t)stack.ArgN(0).NumericByRef().s4,
        local18,
        (int32_t)stack.ArgN(2).NumericByRef().s4,
        (int32_t)stack.ArgN(3).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_NetNative::ml_net_tcp_accept___STATIC__I4__I4__I4__SZARRAY_U1__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_net_tcp_accept, int32_t(int32_t, int32_t, uint8_t *, int32_t));
    NANOCLR_HEADER();
    uint8_t *from18 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 2, 3, -1, 1, 18 }, from18));
    stack.SetResult_I4(ml_net_tcp_accept((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        from18,
        (int32_t)stack.ArgN(3).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_NetNative::ml_net_tcp_send___STATIC__I4__I4__I4__SZARRAY_U1__I4__I4__I8(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_net_tcp_send, int32_t(int32_t, int32_t, uint8_t *, int32_t, int32_t, int64_t));
    NANOCLR_HEADER();
    uint8_t *bytes = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 2, 3, 4, 1, 0 }, bytes));
    stack.SetResult_I4(ml_net_tcp_send((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        bytes,
        (int32_t)stack.ArgN(3).NumericByRef().s4,
        (int32_t)stack.ArgN(4).NumericByRef().s4,
        (int64_t)stack.ArgN(5).NumericByRef().s8));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_NetNative::ml_net_tcp_receive___STATIC__I4__I4__I4__SZARRAY_U1__I4__I4__I8(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_net_tcp_receive, int32_t(int32_t, int32_t, uint8_t *, int32_t, int32_t, int64_t));
    NANOCLR_HEADER();
    uint8_t *into = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 2, 3, 4, 1, 0 }, into));
    stack.SetResult_I4(ml_net_tcp_receive((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        into,
        (int32_t)stack.ArgN(3).NumericByRef().s4,
        (int32_t)stack.ArgN(4).NumericByRef().s4,
        (int64_t)stack.ArgN(5).NumericByRef().s8));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_NetNative::ml_net_tcp_shutdown___STATIC__I4__I4__I4__I8(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_net_tcp_shutdown, int32_t(int32_t, int32_t, int64_t));
    NANOCLR_HEADER();
    stack.SetResult_I4(ml_net_tcp_shutdown((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        (int64_t)stack.ArgN(2).NumericByRef().s8));
    NANOCLR_NOCLEANUP_NOLABEL();
}

HRESULT Library_ml_MicroLink_Native_NetNative::ml_net_close___STATIC__I4__I4__I4__I4__I8(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_net_close, int32_t(int32_t, int32_t, int32_t, int64_t));
    NANOCLR_HEADER();
    stack.SetResult_I4(ml_net_close((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        (int32_t)stack.ArgN(2).NumericByRef().s4,
        (int64_t)stack.ArgN(3).NumericByRef().s8));
    NANOCLR_NOCLEANUP_NOLABEL();
}

HRESULT Library_ml_MicroLink_Native_NetNative::ml_net_local___STATIC__I4__I4__I4__SZARRAY_U1__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_net_local, int32_t(int32_t, int32_t, uint8_t *, int32_t));
    NANOCLR_HEADER();
    uint8_t *into18 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 2, 3, -1, 1, 18 }, into18));
    stack.SetResult_I4(ml_net_local((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        into18,
        (int32_t)stack.ArgN(3).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_NetNative::ml_net_echo___STATIC__I4__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_net_echo, int32_t(int32_t, int32_t));
    NANOCLR_HEADER();
    stack.SetResult_I4(ml_net_echo((int32_t)stack.ArgN(0).NumericByRef().s4, (int32_t)stack.ArgN(1).NumericByRef().s4));
    NANOCLR_NOCLEANUP_NOLABEL();
}

HRESULT Library_ml_MicroLink_Native_NetNative::ml_net_counters___STATIC__I4__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_net_counters, int32_t(int32_t, uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *into = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 1, 2, 3, 1, 0 }, into));
    stack.SetResult_I4(ml_net_counters((int32_t)stack.ArgN(0).NumericByRef().s4,
        into,
        (int32_t)stack.ArgN(2).NumericByRef().s4,
        (int32_t)stack.ArgN(3).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_NetNative::ml_net_counter_name___STATIC__I4__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_net_counter_name, int32_t(int32_t, uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *into = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 1, 2, 3, 1, 0 }, into));
    stack.SetResult_I4(ml_net_counter_name((int32_t)stack.ArgN(0).NumericByRef().s4,
        into,
        (int32_t)stack.ArgN(2).NumericByRef().s4,
        (int32_t)stack.ArgN(3).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}
