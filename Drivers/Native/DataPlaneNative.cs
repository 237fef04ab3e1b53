#if NANOFRAMEWORK
using Import = System.Runtime.CompilerServices.MethodImplAttribute;
#else
using Import = System.Runtime.InteropServices.DllImportAttribute;
#endif

namespace MicroLink.Native
{
    /// <summary>The functions of native/include/ml_dataplane.h, one declaration each; lengths are checked in <see
    /// cref="DataPlane"/>.</summary>
    internal static class DataPlaneNative
    {
        private const
#if NANOFRAMEWORK
            System.Runtime.CompilerServices.MethodImplOptions Library = System.Runtime.CompilerServices.MethodImplOptions.InternalCall;
#else
            string Library = "microlink";
#endif

        [Import(Library)]
        internal static extern int ml_dp_create(int maxPeers, int windowBits, int queuePackets, int eventBytes, int udpRingBytes,
            int filterBytes, int flows);

        [Import(Library)]
        internal static extern int ml_dp_destroy(int handle);

        [Import(Library)]
        internal static extern int ml_dp_seed(int handle, byte[] random32, int offset);

        [Import(Library)]
        internal static extern int ml_dp_set_identity(int handle, byte[] key32, int offset);

        [Import(Library)]
        internal static extern int ml_dp_set_self_addresses(int handle, byte[] addressesBy16, int offset, int count);

        [Import(Library)]
        internal static extern int ml_dp_options(int handle, int options);

        [Import(Library)]
        internal static extern int ml_dp_set_peer_api_port(int handle, int port);

        [Import(Library)]
        internal static extern int ml_dp_set_service_port(int handle, int port);

        [Import(Library)]
        internal static extern int ml_dp_peer_set(int handle, int slot, byte[] key32, int offset);

        [Import(Library)]
        internal static extern int ml_dp_peer_remove(int handle, int slot);

        [Import(Library)]
        internal static extern int ml_dp_peer_allowed(int handle, int slot, byte[] prefixesBy17, int offset, int count);

        [Import(Library)]
        internal static extern int ml_dp_peer_path(int handle, int slot, int mode, byte[] endpoint18, int offset, int region);

        [Import(Library)]
        internal static extern int ml_dp_peer_by_key(int handle, byte[] key32, int offset);

        [Import(Library)]
        internal static extern int ml_dp_index_allocate(int handle, int slot);

        [Import(Library)]
        internal static extern int ml_dp_index_release(int handle, int index);

        [Import(Library)]
        internal static extern int ml_dp_session_install(int handle, int slot, int localIndex, int remoteIndex,
            byte[] sendKey32, byte[] receiveKey32, int initiator, long nowMs);

        [Import(Library)]
        internal static extern int ml_dp_sessions_wipe(int handle, int slot);

        [Import(Library)]
        internal static extern int ml_dp_staged_drop(int handle, int slot);

        [Import(Library)]
        internal static extern int ml_dp_send_keepalive(int handle, int slot, long nowMs);

        [Import(Library)]
        internal static extern int ml_dp_send_ip(int handle, byte[] packet, int offset, int count, long nowMs);

        [Import(Library)]
        internal static extern int ml_dp_service_answer(int handle, byte[] query, int queryOffset, int queryCount, byte[] payload, int offset,
            int count, long nowMs);

        [Import(Library)]
        internal static extern int ml_dp_waiting_send(int handle, long nowMs);

        [Import(Library)]
        internal static extern int ml_dp_peer_send(int handle, int slot, byte[] datagram, int offset, int count);

        [Import(Library)]
        internal static extern int ml_dp_udp_out(int handle, byte[] endpoint18, int endpointOffset, byte[] datagram, int offset, int count);

        [Import(Library)]
        internal static extern int ml_dp_relay_out(int handle, int region, byte[] key32, int keyOffset, byte[] packet,
            int offset, int count, int urgent);

        [Import(Library)]
        internal static extern int ml_dp_udp_in(int handle, byte[] endpoint18, int endpointOffset, byte[] datagram,
            int offset, int count, long nowMs);

        [Import(Library)]
        internal static extern int ml_dp_poll_udp(int handle, byte[] into, int offset, int capacity);

        [Import(Library)]
        internal static extern int ml_dp_poll_event(int handle, byte[] into, int offset, int capacity);

        [Import(Library)]
        internal static extern int ml_dp_disco_known(int handle, byte[] key32, int offset, int add);

        [Import(Library)]
        internal static extern int ml_dp_stun_expect(int handle, byte[] txId12, int offset, long nowMs);

        [Import(Library)]
        internal static extern int ml_dp_stamps(int handle, byte[] into, int offset, int capacity);

        [Import(Library)]
        internal static extern int ml_dp_counters(int handle, byte[] into, int offset, int capacity);

        [Import(Library)]
        internal static extern int ml_dp_counter_name(int counter, byte[] into, int offset, int capacity);

        [Import(Library)]
        internal static extern int ml_dp_relay_open(int handle, int region);

        [Import(Library)]
        internal static extern int ml_dp_relay_reset(int handle, int region);

        [Import(Library)]
        internal static extern int ml_dp_relay_close(int handle, int region);

        [Import(Library)]
        internal static extern int ml_dp_relay_in(int handle, int region, byte[] block, int offset, int count, long nowMs);

        [Import(Library)]
        internal static extern int ml_dp_relay_drain(int handle, int region, byte[] into, int offset, int capacity);

        [Import(Library)]
        internal static extern int ml_dp_relay_take_packets(int handle, int region, int which);

        [Import(Library)]
        internal static extern int ml_dp_relay_frame(int handle, int region, int type, byte[] payload, int offset, int count);
    }
}
