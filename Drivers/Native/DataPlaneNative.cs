using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MicroLink.Native
{
    /// <summary>The functions of native/include/ml_dataplane.h, one declaration each; lengths are checked in <see
    /// cref="DataPlane"/>.</summary>
    internal static class DataPlaneNative
    {
        private const string Library = "microlink";

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_dp_create")]
#endif
        internal static extern int Create(int maxPeers, int windowBits, int queuePackets, int eventBytes, int udpRingBytes);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_dp_destroy")]
#endif
        internal static extern int Destroy(int handle);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_dp_seed")]
#endif
        internal static extern int Seed(int handle, byte[] random, int offset);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_dp_set_identity")]
#endif
        internal static extern int SetIdentity(int handle, byte[] key, int offset);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_dp_set_self_addresses")]
#endif
        internal static extern int SetSelfAddresses(int handle, byte[] addresses, int offset, int count);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_dp_options")]
#endif
        internal static extern int Options(int handle, int options);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_dp_set_peer_api_port")]
#endif
        internal static extern int SetPeerApiPort(int handle, int port);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_dp_peer_set")]
#endif
        internal static extern int PeerSet(int handle, int slot, byte[] key, int offset);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_dp_peer_remove")]
#endif
        internal static extern int PeerRemove(int handle, int slot);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_dp_peer_allowed")]
#endif
        internal static extern int PeerAllowed(int handle, int slot, byte[] prefixes, int offset, int count);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_dp_peer_path")]
#endif
        internal static extern int PeerPath(int handle, int slot, int mode, byte[] endpoint, int offset, int region);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_dp_peer_by_key")]
#endif
        internal static extern int PeerByKey(int handle, byte[] key, int offset);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_dp_index_allocate")]
#endif
        internal static extern int IndexAllocate(int handle, int slot);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_dp_index_release")]
#endif
        internal static extern int IndexRelease(int handle, int index);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_dp_session_install")]
#endif
        internal static extern int SessionInstall(int handle, int slot, int localIndex, int remoteIndex,
            byte[] sendKey, byte[] receiveKey, int initiator, long nowMs);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_dp_sessions_wipe")]
#endif
        internal static extern int SessionsWipe(int handle, int slot);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_dp_staged_drop")]
#endif
        internal static extern int StagedDrop(int handle, int slot);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_dp_send_keepalive")]
#endif
        internal static extern int SendKeepalive(int handle, int slot, long nowMs);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_dp_send_ip")]
#endif
        internal static extern int SendIp(int handle, byte[] packet, int offset, int count, long nowMs);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_dp_peer_send")]
#endif
        internal static extern int PeerSend(int handle, int slot, byte[] datagram, int offset, int count);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_dp_udp_out")]
#endif
        internal static extern int UdpOut(int handle, byte[] endpoint, int endpointOffset, byte[] datagram, int offset, int count);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_dp_relay_out")]
#endif
        internal static extern int RelayOut(int handle, int region, byte[] key, int keyOffset, byte[] packet,
            int offset, int count, int urgent);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_dp_udp_in")]
#endif
        internal static extern int UdpIn(int handle, byte[] endpoint, int endpointOffset, byte[] datagram,
            int offset, int count, long nowMs);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_dp_poll_udp")]
#endif
        internal static extern int PollUdp(int handle, byte[] into, int offset, int capacity);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_dp_poll_event")]
#endif
        internal static extern int PollEvent(int handle, byte[] into, int offset, int capacity);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_dp_disco_known")]
#endif
        internal static extern int DiscoKnown(int handle, byte[] key, int offset, int add);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_dp_stun_expect")]
#endif
        internal static extern int StunExpect(int handle, byte[] txId, int offset, long nowMs);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_dp_stamps")]
#endif
        internal static extern int Stamps(int handle, byte[] into, int offset, int capacity);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_dp_counters")]
#endif
        internal static extern int Counters(int handle, byte[] into, int offset, int capacity);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_dp_counter_name")]
#endif
        internal static extern int CounterName(int counter, byte[] into, int offset, int capacity);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_dp_relay_open")]
#endif
        internal static extern int RelayOpen(int handle, int region);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_dp_relay_reset")]
#endif
        internal static extern int RelayReset(int handle, int region);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_dp_relay_close")]
#endif
        internal static extern int RelayClose(int handle, int region);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_dp_relay_in")]
#endif
        internal static extern int RelayIn(int handle, int region, byte[] block, int offset, int count, long nowMs);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_dp_relay_drain")]
#endif
        internal static extern int RelayDrain(int handle, int region, byte[] into, int offset, int capacity);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_dp_relay_frame")]
#endif
        internal static extern int RelayFrame(int handle, int region, int type, byte[] payload, int offset, int count);
    }
}
