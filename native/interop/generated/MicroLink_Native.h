// Written by native/interop/Generator from the externs of MicroLink.Native; change those and run native/interop/generate.
#ifndef ML_INTEROP_MICROLINK_NATIVE_H
#define ML_INTEROP_MICROLINK_NATIVE_H

#include "ml_interop.h"

struct Library_ml_MicroLink_Native_BridgeNative
{
    NANOCLR_NATIVE_DECLARE(ml_bridge_open___STATIC__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_bridge_pump___STATIC__I4__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_bridge_join___STATIC__I4__I4__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_bridge_udp___STATIC__I4__I4__I4__SZARRAY_U1__I4);
    NANOCLR_NATIVE_DECLARE(ml_bridge_records___STATIC__I4__I4__I4__SZARRAY_U1__I4);
    NANOCLR_NATIVE_DECLARE(ml_bridge_socks___STATIC__I4__I4__I4__I4__SZARRAY_U1__I4);
    NANOCLR_NATIVE_DECLARE(ml_bridge_serve___STATIC__I4__I4__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_bridge_close___STATIC__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_bridge_counters___STATIC__I4__I4__SZARRAY_U1__I4__I4);
};

struct Library_ml_MicroLink_Native_CipherNative
{
    NANOCLR_NATIVE_DECLARE(mlm_chachapoly_seal___STATIC__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__I4__SZARRAY_U1__I4__I4);
    NANOCLR_NATIVE_DECLARE(mlm_chachapoly_open___STATIC__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__I4__SZARRAY_U1__I4__I4);
    NANOCLR_NATIVE_DECLARE(mlm_xchachapoly_seal___STATIC__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__I4__SZARRAY_U1__I4__I4);
    NANOCLR_NATIVE_DECLARE(mlm_xchachapoly_open___STATIC__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__I4__SZARRAY_U1__I4__I4);
    NANOCLR_NATIVE_DECLARE(mlm_blake2s___STATIC__I4__SZARRAY_U1__I4__I4__SZARRAY_U1__I4__I4__SZARRAY_U1__I4__I4);
    NANOCLR_NATIVE_DECLARE(mlm_hmac___STATIC__I4__SZARRAY_U1__I4__I4__SZARRAY_U1__I4__I4__SZARRAY_U1__I4);
    NANOCLR_NATIVE_DECLARE(mlm_kdf___STATIC__I4__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__I4__SZARRAY_U1__I4);
    NANOCLR_NATIVE_DECLARE(mlm_x25519___STATIC__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__SZARRAY_U1__I4);
    NANOCLR_NATIVE_DECLARE(mlm_x25519_base___STATIC__I4__SZARRAY_U1__I4__SZARRAY_U1__I4);
    NANOCLR_NATIVE_DECLARE(mlm_box_beforenm___STATIC__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__SZARRAY_U1__I4);
    NANOCLR_NATIVE_DECLARE(mlm_box_derivenm___STATIC__VOID__SZARRAY_U1__I4__SZARRAY_U1__I4);
    NANOCLR_NATIVE_DECLARE(mlm_box_seal___STATIC__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__I4);
    NANOCLR_NATIVE_DECLARE(mlm_box_open___STATIC__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__I4);
    NANOCLR_NATIVE_DECLARE(mlm_equal___STATIC__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__I4);
    NANOCLR_NATIVE_DECLARE(mlm_wipe___STATIC__VOID__SZARRAY_U1__I4__I4);
    NANOCLR_NATIVE_DECLARE(mlm_crc32___STATIC__U4__SZARRAY_U1__I4__I4);
};

struct Library_ml_MicroLink_Native_DataPlaneNative
{
    NANOCLR_NATIVE_DECLARE(ml_dp_create___STATIC__I4__I4__I4__I4__I4__I4__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_dp_destroy___STATIC__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_dp_seed___STATIC__I4__I4__SZARRAY_U1__I4);
    NANOCLR_NATIVE_DECLARE(ml_dp_set_identity___STATIC__I4__I4__SZARRAY_U1__I4);
    NANOCLR_NATIVE_DECLARE(ml_dp_set_self_addresses___STATIC__I4__I4__SZARRAY_U1__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_dp_options___STATIC__I4__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_dp_set_peer_api_port___STATIC__I4__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_dp_set_service_port___STATIC__I4__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_dp_peer_set___STATIC__I4__I4__I4__SZARRAY_U1__I4);
    NANOCLR_NATIVE_DECLARE(ml_dp_peer_remove___STATIC__I4__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_dp_peer_allowed___STATIC__I4__I4__I4__SZARRAY_U1__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_dp_peer_path___STATIC__I4__I4__I4__I4__SZARRAY_U1__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_dp_peer_by_key___STATIC__I4__I4__SZARRAY_U1__I4);
    NANOCLR_NATIVE_DECLARE(ml_dp_index_allocate___STATIC__I4__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_dp_index_release___STATIC__I4__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_dp_session_install___STATIC__I4__I4__I4__I4__I4__SZARRAY_U1__SZARRAY_U1__I4__I8);
    NANOCLR_NATIVE_DECLARE(ml_dp_sessions_wipe___STATIC__I4__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_dp_staged_drop___STATIC__I4__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_dp_send_keepalive___STATIC__I4__I4__I4__I8);
    NANOCLR_NATIVE_DECLARE(ml_dp_send_ip___STATIC__I4__I4__SZARRAY_U1__I4__I4__I8);
    NANOCLR_NATIVE_DECLARE(ml_dp_service_answer___STATIC__I4__I4__SZARRAY_U1__I4__I4__SZARRAY_U1__I4__I4__I8);
    NANOCLR_NATIVE_DECLARE(ml_dp_waiting_send___STATIC__I4__I4__I8);
    NANOCLR_NATIVE_DECLARE(ml_dp_peer_send___STATIC__I4__I4__I4__SZARRAY_U1__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_dp_udp_out___STATIC__I4__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_dp_relay_out___STATIC__I4__I4__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_dp_udp_in___STATIC__I4__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__I4__I8);
    NANOCLR_NATIVE_DECLARE(ml_dp_poll_udp___STATIC__I4__I4__SZARRAY_U1__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_dp_poll_event___STATIC__I4__I4__SZARRAY_U1__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_dp_disco_known___STATIC__I4__I4__SZARRAY_U1__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_dp_stun_expect___STATIC__I4__I4__SZARRAY_U1__I4__I8);
    NANOCLR_NATIVE_DECLARE(ml_dp_stamps___STATIC__I4__I4__SZARRAY_U1__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_dp_counters___STATIC__I4__I4__SZARRAY_U1__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_dp_counter_name___STATIC__I4__I4__SZARRAY_U1__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_dp_relay_open___STATIC__I4__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_dp_relay_reset___STATIC__I4__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_dp_relay_close___STATIC__I4__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_dp_relay_in___STATIC__I4__I4__I4__SZARRAY_U1__I4__I4__I8);
    NANOCLR_NATIVE_DECLARE(ml_dp_relay_drain___STATIC__I4__I4__I4__SZARRAY_U1__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_dp_relay_take_packets___STATIC__I4__I4__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_dp_relay_frame___STATIC__I4__I4__I4__I4__SZARRAY_U1__I4__I4);
};

struct Library_ml_MicroLink_Native_FilterNative
{
    NANOCLR_NATIVE_DECLARE(ml_dp_filter_set___STATIC__I4__I4__SZARRAY_U1__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_dp_set_local_routes___STATIC__I4__I4__SZARRAY_U1__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_dp_peer_rights___STATIC__I4__I4__I4__I4__I4__SZARRAY_U1__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_dp_peer_masquerade___STATIC__I4__I4__I4__SZARRAY_U1__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_dp_known_as___STATIC__I4__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__I4);
};

struct Library_ml_MicroLink_Native_JsonNative
{
    NANOCLR_NATIVE_DECLARE(mlm_json_size___STATIC__I4__SZARRAY_U1__I4__I4);
    NANOCLR_NATIVE_DECLARE(mlm_json_init___STATIC__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__I4);
    NANOCLR_NATIVE_DECLARE(mlm_json_reset___STATIC__VOID__SZARRAY_U1);
    NANOCLR_NATIVE_DECLARE(mlm_json_finish___STATIC__VOID__SZARRAY_U1);
    NANOCLR_NATIVE_DECLARE(mlm_json_skip___STATIC__VOID__SZARRAY_U1);
    NANOCLR_NATIVE_DECLARE(mlm_json_read___STATIC__I4__SZARRAY_U1__SZARRAY_U1__I4__I4__SZARRAY_U1__SZARRAY_U1);
};

struct Library_ml_MicroLink_Native_NetNative
{
    NANOCLR_NATIVE_DECLARE(ml_net_available___STATIC__I4);
    NANOCLR_NATIVE_DECLARE(ml_net_create___STATIC__I4__I4__I4__SZARRAY_U1__I4__I8);
    NANOCLR_NATIVE_DECLARE(ml_net_destroy___STATIC__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_net_addresses___STATIC__I4__I4__SZARRAY_U1__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_net_tick___STATIC__I4__I4__I8);
    NANOCLR_NATIVE_DECLARE(ml_net_poll___STATIC__I4__I4__SZARRAY_U1__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_net_retry___STATIC__I4__I4__I8);
    NANOCLR_NATIVE_DECLARE(ml_net_wanted___STATIC__I4__I4__SZARRAY_U1__I4);
    NANOCLR_NATIVE_DECLARE(ml_net_unreachable___STATIC__I4__I4__SZARRAY_U1__I4);
    NANOCLR_NATIVE_DECLARE(ml_net_udp_open___STATIC__I4__I4__SZARRAY_U1__I4);
    NANOCLR_NATIVE_DECLARE(ml_net_udp_send___STATIC__I4__I4__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__I4__I8);
    NANOCLR_NATIVE_DECLARE(ml_net_udp_receive___STATIC__I4__I4__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_net_tcp_connect___STATIC__I4__I4__SZARRAY_U1__I4__I8);
    NANOCLR_NATIVE_DECLARE(ml_net_tcp_listen___STATIC__I4__I4__SZARRAY_U1__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_net_tcp_accept___STATIC__I4__I4__I4__SZARRAY_U1__I4);
    NANOCLR_NATIVE_DECLARE(ml_net_tcp_send___STATIC__I4__I4__I4__SZARRAY_U1__I4__I4__I8);
    NANOCLR_NATIVE_DECLARE(ml_net_tcp_receive___STATIC__I4__I4__I4__SZARRAY_U1__I4__I4__I8);
    NANOCLR_NATIVE_DECLARE(ml_net_tcp_shutdown___STATIC__I4__I4__I4__I8);
    NANOCLR_NATIVE_DECLARE(ml_net_close___STATIC__I4__I4__I4__I4__I8);
    NANOCLR_NATIVE_DECLARE(ml_net_local___STATIC__I4__I4__I4__SZARRAY_U1__I4);
    NANOCLR_NATIVE_DECLARE(ml_net_echo___STATIC__I4__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_net_counters___STATIC__I4__I4__SZARRAY_U1__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_net_counter_name___STATIC__I4__I4__SZARRAY_U1__I4__I4);
};

struct Library_ml_MicroLink_Native_PumpNative
{
    NANOCLR_NATIVE_DECLARE(ml_pump_open___STATIC__I4__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_pump_port___STATIC__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_pump_wait___STATIC__I4__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_pump_flush___STATIC__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_pump_rebind___STATIC__I4__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_pump_close___STATIC__I4__I4);
    NANOCLR_NATIVE_DECLARE(ml_pump_now_ms___STATIC__I8);
};

struct Library_ml_MicroLink_Native_VersionNative
{
    NANOCLR_NATIVE_DECLARE(mlm_version___STATIC__I4);
};

extern const CLR_RT_NativeAssemblyData g_CLR_AssemblyNative_MicroLink_Native;

#endif
