// Written by native/interop/Generator from the externs of MicroLink.Native; change those and run native/interop/generate.
#include "MicroLink_Native.h"

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_create___STATIC__I4__I4__I4__I4__I4__I4__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_create, int32_t(int32_t, int32_t, int32_t, int32_t, int32_t, int32_t, int32_t));
    NANOCLR_HEADER();
    stack.SetResult_I4(ml_dp_create((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        (int32_t)stack.ArgN(2).NumericByRef().s4,
        (int32_t)stack.ArgN(3).NumericByRef().s4,
        (int32_t)stack.ArgN(4).NumericByRef().s4,
        (int32_t)stack.ArgN(5).NumericByRef().s4,
        (int32_t)stack.ArgN(6).NumericByRef().s4));
    NANOCLR_NOCLEANUP_NOLABEL();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_destroy___STATIC__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_destroy, int32_t(int32_t));
    NANOCLR_HEADER();
    stack.SetResult_I4(ml_dp_destroy((int32_t)stack.ArgN(0).NumericByRef().s4));
    NANOCLR_NOCLEANUP_NOLABEL();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_seed___STATIC__I4__I4__SZARRAY_U1__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_seed, int32_t(int32_t, uint8_t *, int32_t));
    NANOCLR_HEADER();
    uint8_t *random32 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 1, 2, -1, 1, 32 }, random32));
    stack.SetResult_I4(ml_dp_seed((int32_t)stack.ArgN(0).NumericByRef().s4,
        random32,
        (int32_t)stack.ArgN(2).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_set_identity___STATIC__I4__I4__SZARRAY_U1__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_set_identity, int32_t(int32_t, uint8_t *, int32_t));
    NANOCLR_HEADER();
    uint8_t *key32 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 1, 2, -1, 1, 32 }, key32));
    stack.SetResult_I4(ml_dp_set_identity((int32_t)stack.ArgN(0).NumericByRef().s4,
        key32,
        (int32_t)stack.ArgN(2).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_set_self_addresses___STATIC__I4__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_set_self_addresses, int32_t(int32_t, uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *addressesBy16 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 1, 2, 3, 16, 0 }, addressesBy16));
    stack.SetResult_I4(ml_dp_set_self_addresses((int32_t)stack.ArgN(0).NumericByRef().s4,
        addressesBy16,
        (int32_t)stack.ArgN(2).NumericByRef().s4,
        (int32_t)stack.ArgN(3).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_options___STATIC__I4__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_options, int32_t(int32_t, int32_t));
    NANOCLR_HEADER();
    stack.SetResult_I4(ml_dp_options((int32_t)stack.ArgN(0).NumericByRef().s4, (int32_t)stack.ArgN(1).NumericByRef().s4));
    NANOCLR_NOCLEANUP_NOLABEL();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_set_peer_api_port___STATIC__I4__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_set_peer_api_port, int32_t(int32_t, int32_t));
    NANOCLR_HEADER();
    stack.SetResult_I4(ml_dp_set_peer_api_port((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int32_t)stack.ArgN(1).NumericByRef().s4));
    NANOCLR_NOCLEANUP_NOLABEL();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_set_service_port___STATIC__I4__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_set_service_port, int32_t(int32_t, int32_t));
    NANOCLR_HEADER();
    stack.SetResult_I4(ml_dp_set_service_port((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int32_t)stack.ArgN(1).NumericByRef().s4));
    NANOCLR_NOCLEANUP_NOLABEL();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_peer_set___STATIC__I4__I4__I4__SZARRAY_U1__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_peer_set, int32_t(int32_t, int32_t, uint8_t *, int32_t));
    NANOCLR_HEADER();
    uint8_t *key32 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 2, 3, -1, 1, 32 }, key32));
    stack.SetResult_I4(ml_dp_peer_set((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        key32,
        (int32_t)stack.ArgN(3).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_peer_remove___STATIC__I4__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_peer_remove, int32_t(int32_t, int32_t));
    NANOCLR_HEADER();
    stack.SetResult_I4(ml_dp_peer_remove((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int32_t)stack.ArgN(1).NumericByRef().s4));
    NANOCLR_NOCLEANUP_NOLABEL();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_peer_allowed___STATIC__I4__I4__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_peer_allowed, int32_t(int32_t, int32_t, uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *prefixesBy17 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 2, 3, 4, 17, 0 }, prefixesBy17));
    stack.SetResult_I4(ml_dp_peer_allowed((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        prefixesBy17,
        (int32_t)stack.ArgN(3).NumericByRef().s4,
        (int32_t)stack.ArgN(4).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_peer_path___STATIC__I4__I4__I4__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_peer_path, int32_t(int32_t, int32_t, int32_t, uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *endpoint18 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 3, 4, -1, 1, 18 }, endpoint18));
    stack.SetResult_I4(ml_dp_peer_path((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        (int32_t)stack.ArgN(2).NumericByRef().s4,
        endpoint18,
        (int32_t)stack.ArgN(4).NumericByRef().s4,
        (int32_t)stack.ArgN(5).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_peer_by_key___STATIC__I4__I4__SZARRAY_U1__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_peer_by_key, int32_t(int32_t, uint8_t *, int32_t));
    NANOCLR_HEADER();
    uint8_t *key32 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 1, 2, -1, 1, 32 }, key32));
    stack.SetResult_I4(ml_dp_peer_by_key((int32_t)stack.ArgN(0).NumericByRef().s4,
        key32,
        (int32_t)stack.ArgN(2).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_index_allocate___STATIC__I4__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_index_allocate, int32_t(int32_t, int32_t));
    NANOCLR_HEADER();
    stack.SetResult_I4(ml_dp_index_allocate((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int32_t)stack.ArgN(1).NumericByRef().s4));
    NANOCLR_NOCLEANUP_NOLABEL();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_index_release___STATIC__I4__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_index_release, int32_t(int32_t, int32_t));
    NANOCLR_HEADER();
    stack.SetResult_I4(ml_dp_index_release((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int32_t)stack.ArgN(1).NumericByRef().s4));
    NANOCLR_NOCLEANUP_NOLABEL();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_session_install___STATIC__I4__I4__I4__I4__I4__SZARRAY_U1__SZARRAY_U1__I4__I8(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_session_install, int32_t(int32_t, int32_t, int32_t, int32_t, uint8_t *, uint8_t *, int32_t, int64_t));
    NANOCLR_HEADER();
    uint8_t *sendKey32 = NULL;
    uint8_t *receiveKey32 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 4, -1, -1, 1, 32 }, sendKey32));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 5, -1, -1, 1, 32 }, receiveKey32));
    stack.SetResult_I4(ml_dp_session_install((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        (int32_t)stack.ArgN(2).NumericByRef().s4,
        (int32_t)stack.ArgN(3).NumericByRef().s4,
        sendKey32,
        receiveKey32,
        (int32_t)stack.ArgN(6).NumericByRef().s4,
        (int64_t)stack.ArgN(7).NumericByRef().s8));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_sessions_wipe___STATIC__I4__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_sessions_wipe, int32_t(int32_t, int32_t));
    NANOCLR_HEADER();
    stack.SetResult_I4(ml_dp_sessions_wipe((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int32_t)stack.ArgN(1).NumericByRef().s4));
    NANOCLR_NOCLEANUP_NOLABEL();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_staged_drop___STATIC__I4__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_staged_drop, int32_t(int32_t, int32_t));
    NANOCLR_HEADER();
    stack.SetResult_I4(ml_dp_staged_drop((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int32_t)stack.ArgN(1).NumericByRef().s4));
    NANOCLR_NOCLEANUP_NOLABEL();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_send_keepalive___STATIC__I4__I4__I4__I8(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_send_keepalive, int32_t(int32_t, int32_t, int64_t));
    NANOCLR_HEADER();
    stack.SetResult_I4(ml_dp_send_keepalive((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        (int64_t)stack.ArgN(2).NumericByRef().s8));
    NANOCLR_NOCLEANUP_NOLABEL();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_send_ip___STATIC__I4__I4__SZARRAY_U1__I4__I4__I8(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_send_ip, int32_t(int32_t, uint8_t *, int32_t, int32_t, int64_t));
    NANOCLR_HEADER();
    uint8_t *packet = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 1, 2, 3, 1, 0 }, packet));
    stack.SetResult_I4(ml_dp_send_ip((int32_t)stack.ArgN(0).NumericByRef().s4,
        packet,
        (int32_t)stack.ArgN(2).NumericByRef().s4,
        (int32_t)stack.ArgN(3).NumericByRef().s4,
        (int64_t)stack.ArgN(4).NumericByRef().s8));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_service_answer___STATIC__I4__I4__SZARRAY_U1__I4__I4__SZARRAY_U1__I4__I4__I8(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_service_answer, int32_t(int32_t, uint8_t *, int32_t, int32_t, uint8_t *, int32_t, int32_t, int64_t));
    NANOCLR_HEADER();
    uint8_t *query = NULL;
    uint8_t *payload = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 1, 2, 3, 1, 0 }, query));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 4, 5, 6, 1, 0 }, payload));
    stack.SetResult_I4(ml_dp_service_answer((int32_t)stack.ArgN(0).NumericByRef().s4,
        query,
        (int32_t)stack.ArgN(2).NumericByRef().s4,
        (int32_t)stack.ArgN(3).NumericByRef().s4,
        payload,
        (int32_t)stack.ArgN(5).NumericByRef().s4,
        (int32_t)stack.ArgN(6).NumericByRef().s4,
        (int64_t)stack.ArgN(7).NumericByRef().s8));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_waiting_send___STATIC__I4__I4__I8(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_waiting_send, int32_t(int32_t, int64_t));
    NANOCLR_HEADER();
    stack.SetResult_I4(ml_dp_waiting_send((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int64_t)stack.ArgN(1).NumericByRef().s8));
    NANOCLR_NOCLEANUP_NOLABEL();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_peer_send___STATIC__I4__I4__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_peer_send, int32_t(int32_t, int32_t, uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *datagram = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 2, 3, 4, 1, 0 }, datagram));
    stack.SetResult_I4(ml_dp_peer_send((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        datagram,
        (int32_t)stack.ArgN(3).NumericByRef().s4,
        (int32_t)stack.ArgN(4).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_udp_out___STATIC__I4__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_udp_out, int32_t(int32_t, uint8_t *, int32_t, uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *endpoint18 = NULL;
    uint8_t *datagram = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 1, 2, -1, 1, 18 }, endpoint18));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 3, 4, 5, 1, 0 }, datagram));
    stack.SetResult_I4(ml_dp_udp_out((int32_t)stack.ArgN(0).NumericByRef().s4,
        endpoint18,
        (int32_t)stack.ArgN(2).NumericByRef().s4,
        datagram,
        (int32_t)stack.ArgN(4).NumericByRef().s4,
        (int32_t)stack.ArgN(5).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_relay_out___STATIC__I4__I4__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_relay_out, int32_t(int32_t, int32_t, uint8_t *, int32_t, uint8_t *, int32_t, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *key32 = NULL;
    uint8_t *packet = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 2, 3, -1, 1, 32 }, key32));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 4, 5, 6, 1, 0 }, packet));
    stack.SetResult_I4(ml_dp_relay_out((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        key32,
        (int32_t)stack.ArgN(3).NumericByRef().s4,
        packet,
        (int32_t)stack.ArgN(5).NumericByRef().s4,
        (int32_t)stack.ArgN(6).NumericByRef().s4,
        (int32_t)stack.ArgN(7).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_udp_in___STATIC__I4__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__I4__I8(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_udp_in, int32_t(int32_t, uint8_t *, int32_t, uint8_t *, int32_t, int32_t, int64_t));
    NANOCLR_HEADER();
    uint8_t *endpoint18 = NULL;
    uint8_t *datagram = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 1, 2, -1, 1, 18 }, endpoint18));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 3, 4, 5, 1, 0 }, datagram));
    stack.SetResult_I4(ml_dp_udp_in((int32_t)stack.ArgN(0).NumericByRef().s4,
        endpoint18,
        (int32_t)stack.ArgN(2).NumericByRef().s4,
        datagram,
        (int32_t)stack.ArgN(4).NumericByRef().s4,
        (int32_t)stack.ArgN(5).NumericByRef().s4,
        (int64_t)stack.ArgN(6).NumericByRef().s8));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_poll_udp___STATIC__I4__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_poll_udp, int32_t(int32_t, uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *into = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 1, 2, 3, 1, 0 }, into));
    stack.SetResult_I4(ml_dp_poll_udp((int32_t)stack.ArgN(0).NumericByRef().s4,
        into,
        (int32_t)stack.ArgN(2).NumericByRef().s4,
        (int32_t)stack.ArgN(3).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_poll_event___STATIC__I4__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_poll_event, int32_t(int32_t, uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *into = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 1, 2, 3, 1, 0 }, into));
    stack.SetResult_I4(ml_dp_poll_event((int32_t)stack.ArgN(0).NumericByRef().s4,
        into,
        (int32_t)stack.ArgN(2).NumericByRef().s4,
        (int32_t)stack.ArgN(3).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_disco_known___STATIC__I4__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_disco_known, int32_t(int32_t, uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *key32 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 1, 2, -1, 1, 32 }, key32));
    stack.SetResult_I4(ml_dp_disco_known((int32_t)stack.ArgN(0).NumericByRef().s4,
        key32,
        (int32_t)stack.ArgN(2).NumericByRef().s4,
        (int32_t)stack.ArgN(3).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_stun_expect___STATIC__I4__I4__SZARRAY_U1__I4__I8(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_stun_expect, int32_t(int32_t, uint8_t *, int32_t, int64_t));
    NANOCLR_HEADER();
    uint8_t *txId12 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 1, 2, -1, 1, 12 }, txId12));
    stack.SetResult_I4(ml_dp_stun_expect((int32_t)stack.ArgN(0).NumericByRef().s4,
        txId12,
        (int32_t)stack.ArgN(2).NumericByRef().s4,
        (int64_t)stack.ArgN(3).NumericByRef().s8));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_stamps___STATIC__I4__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_stamps, int32_t(int32_t, uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *into = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 1, 2, 3, 1, 0 }, into));
    stack.SetResult_I4(ml_dp_stamps((int32_t)stack.ArgN(0).NumericByRef().s4,
        into,
        (int32_t)stack.ArgN(2).NumericByRef().s4,
        (int32_t)stack.ArgN(3).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_counters___STATIC__I4__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_counters, int32_t(int32_t, uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *into = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 1, 2, 3, 1, 0 }, into));
    stack.SetResult_I4(ml_dp_counters((int32_t)stack.ArgN(0).NumericByRef().s4,
        into,
        (int32_t)stack.ArgN(2).NumericByRef().s4,
        (int32_t)stack.ArgN(3).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_counter_name___STATIC__I4__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_counter_name, int32_t(int32_t, uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *into = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 1, 2, 3, 1, 0 }, into));
    stack.SetResult_I4(ml_dp_counter_name((int32_t)stack.ArgN(0).NumericByRef().s4,
        into,
        (int32_t)stack.ArgN(2).NumericByRef().s4,
        (int32_t)stack.ArgN(3).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_relay_open___STATIC__I4__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_relay_open, int32_t(int32_t, int32_t));
    NANOCLR_HEADER();
    stack.SetResult_I4(ml_dp_relay_open((int32_t)stack.ArgN(0).NumericByRef().s4, (int32_t)stack.ArgN(1).NumericByRef().s4));
    NANOCLR_NOCLEANUP_NOLABEL();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_relay_reset___STATIC__I4__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_relay_reset, int32_t(int32_t, int32_t));
    NANOCLR_HEADER();
    stack.SetResult_I4(ml_dp_relay_reset((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int32_t)stack.ArgN(1).NumericByRef().s4));
    NANOCLR_NOCLEANUP_NOLABEL();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_relay_close___STATIC__I4__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_relay_close, int32_t(int32_t, int32_t));
    NANOCLR_HEADER();
    stack.SetResult_I4(ml_dp_relay_close((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int32_t)stack.ArgN(1).NumericByRef().s4));
    NANOCLR_NOCLEANUP_NOLABEL();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_relay_in___STATIC__I4__I4__I4__SZARRAY_U1__I4__I4__I8(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_relay_in, int32_t(int32_t, int32_t, uint8_t *, int32_t, int32_t, int64_t));
    NANOCLR_HEADER();
    uint8_t *block = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 2, 3, 4, 1, 0 }, block));
    stack.SetResult_I4(ml_dp_relay_in((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        block,
        (int32_t)stack.ArgN(3).NumericByRef().s4,
        (int32_t)stack.ArgN(4).NumericByRef().s4,
        (int64_t)stack.ArgN(5).NumericByRef().s8));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_relay_drain___STATIC__I4__I4__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_relay_drain, int32_t(int32_t, int32_t, uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *into = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 2, 3, 4, 1, 0 }, into));
    stack.SetResult_I4(ml_dp_relay_drain((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        into,
        (int32_t)stack.ArgN(3).NumericByRef().s4,
        (int32_t)stack.ArgN(4).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_relay_take_packets___STATIC__I4__I4__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_relay_take_packets, int32_t(int32_t, int32_t, int32_t));
    NANOCLR_HEADER();
    stack.SetResult_I4(ml_dp_relay_take_packets((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        (int32_t)stack.ArgN(2).NumericByRef().s4));
    NANOCLR_NOCLEANUP_NOLABEL();
}

HRESULT Library_ml_MicroLink_Native_DataPlaneNative::ml_dp_relay_frame___STATIC__I4__I4__I4__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(ml_dp_relay_frame, int32_t(int32_t, int32_t, int32_t, uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *payload = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 3, 4, 5, 1, 0 }, payload));
    stack.SetResult_I4(ml_dp_relay_frame((int32_t)stack.ArgN(0).NumericByRef().s4,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        (int32_t)stack.ArgN(2).NumericByRef().s4,
        payload,
        (int32_t)stack.ArgN(4).NumericByRef().s4,
        (int32_t)stack.ArgN(5).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}
