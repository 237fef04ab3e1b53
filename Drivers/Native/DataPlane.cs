using System;

namespace MicroLink.Native
{
    /// <summary>
    /// One native WireGuard data plane: sessions, allowed sources, demultiplexer, handshake gate, relay framers and the small responder
    /// (native/src/ml_dp_*.c). It does no input or output of its own: datagrams and relay bytes are handed in and polled out, time is a
    /// number of milliseconds. Any thread may call; each call holds the lock of its instance. Negative results are the error codes below.
    /// </summary>
    public static partial class DataPlane
    {
        public const int EndpointLength = 18, KeyLength = 32, PrefixLength = 17, AddressLength = 16, EventHeader = 64, StampLength = 64;
        /// <summary>The largest datagram that is handled (in either direction); larger ones are counted and dropped.</summary>
        public const int MaxDatagram = 1500;
        /// <summary>A buffer of this size takes any event record.</summary>
        public const int MaxEvent = EventHeader + 2048;
        public const int MaxCounters = 128;

        /// <summary>Error codes. BadHandle also means: the instance was destroyed meanwhile.</summary>
        public const int BadHandle = -1, BadArgument = -2, NoRoute = -3, NoPath = -4, NoSession = -5, Full = -6,
                         TooLong = -7, Malformed = -8, NotOpen = -9, Dropped = -10;

        /// <summary>Bits of PeerPath's mode. Follow: send to where authenticated packets come from (fixed peers without DISCO
        /// only).</summary>
        public const int PathUdp = 1, PathRelay = 2, PathFollow = 4;

        /// <summary>Bits of <see cref="Options"/>: hand inner packets that the responder does not answer to managed code; act as under
        /// load.</summary>
        public const int OptionInnerPackets = 1, OptionUnderLoad = 2, OptionWait = 4;

        /// <summary>Create with room for a filter of 16 KB and 64 flows.</summary>
        public static int Create(int maxPeers, int windowBits, int queuePackets, int eventBytes, int udpRingBytes)
        {
            return Create(maxPeers, windowBits, queuePackets, eventBytes, udpRingBytes, 16384, 64);
        }

        /// <summary>Creates an instance. All memory is taken here. Returns a handle &gt; 0, or an error code.</summary>
        /// <param name="windowBits">Size of the replay window, 1024 to 8192 and a power of two.</param>
        /// <param name="queuePackets">Packets in the pool that the staged queues and the relay rings share.</param>
        /// <param name="filterBytes">The largest compiled packet filter that is taken.</param>
        /// <param name="flows">Outbound UDP and SCTP flows whose answers pass the filter, 8 to 4096; the one used longest ago goes
        /// first.</param>
        public static int Create(int maxPeers, int windowBits, int queuePackets, int eventBytes, int udpRingBytes, int filterBytes,
                                 int flows)
        {
            return DataPlaneNative.ml_dp_create(maxPeers, windowBits, queuePackets, eventBytes, udpRingBytes, filterBytes, flows);
        }

        public static int Destroy(int handle) { return DataPlaneNative.ml_dp_destroy(handle); }

        /// <summary>32 random bytes from which receiver indices and cookie secrets are derived. To be called once before use.</summary>
        public static int Seed(int handle, byte[] random32)
        {
            Check(random32, 0, 32);
            return DataPlaneNative.ml_dp_seed(handle, random32, 0);
        }

        /// <summary>Our node public key: what mac1 of incoming handshakes is made with.</summary>
        public static int SetIdentity(int handle, byte[] nodePublic, int offset)
        {
            Check(nodePublic, offset, KeyLength);
            return DataPlaneNative.ml_dp_set_identity(handle, nodePublic, offset);
        }

        /// <summary>Our own tunnel addresses, 16 bytes each (IPv4 as v4-mapped), at most 8: what the responder answers for.</summary>
        public static int SetSelfAddresses(int handle, byte[] addresses, int count)
        {
            Check(addresses, 0, count * AddressLength);
            return DataPlaneNative.ml_dp_set_self_addresses(handle, addresses, 0, count);
        }

        public static int Options(int handle, int options) { return DataPlaneNative.ml_dp_options(handle, options); }

        /// <summary>The port of our peer API that TSMP pongs announce; 0 = none (protocol.md 10.4).</summary>
        public static int SetPeerApiPort(int handle, int port) { return DataPlaneNative.ml_dp_set_peer_api_port(handle, port); }

        /// <summary>Where this node listens for DNS over TCP, on its own addresses in the host's kernel (TUN mode); 0 = nowhere.</summary>
        public static int SetServicePort(int handle, int port) { return DataPlaneNative.ml_dp_set_service_port(handle, port); }

        /// <summary>Puts a peer into a slot. A slot that held another key is emptied first.</summary>
        public static int PeerSet(int handle, int slot, byte[] nodePublic, int offset)
        {
            Check(nodePublic, offset, KeyLength);
            return DataPlaneNative.ml_dp_peer_set(handle, slot, nodePublic, offset);
        }

        /// <summary>Empties a slot: keys wiped, indices released, staged packets dropped.</summary>
        public static int PeerRemove(int handle, int slot) { return DataPlaneNative.ml_dp_peer_remove(handle, slot); }

        /// <summary>Replaces the peer's allowed prefixes: 17 bytes each, address[16] and prefix length in IPv6 bits.</summary>
        public static int PeerAllowed(int handle, int slot, byte[] prefixes, int count)
        {
            Check(prefixes, 0, count * PrefixLength);
            return DataPlaneNative.ml_dp_peer_allowed(handle, slot, prefixes, 0, count);
        }

        /// <summary>How packets for the peer travel. <paramref name="endpoint"/> may be null when the mode has no UDP.</summary>
        public static int PeerPath(int handle, int slot, int mode, byte[] endpoint, int offset, int region)
        {
            if (endpoint == null) return DataPlaneNative.ml_dp_peer_path(handle, slot, mode & ~PathUdp, s_noEndpoint, 0, region);
            Check(endpoint, offset, EndpointLength);
            return DataPlaneNative.ml_dp_peer_path(handle, slot, mode, endpoint, offset, region);
        }

        /// <summary>The slot of a node key, or -1.</summary>
        public static int PeerByKey(int handle, byte[] key, int offset)
        {
            Check(key, offset, KeyLength);
            return DataPlaneNative.ml_dp_peer_by_key(handle, key, offset);
        }

        /// <summary>Reserves a random receiver index for a handshake of this slot. Never 0; 0 means that there is none left.</summary>
        public static int IndexAllocate(int handle, int slot) { return DataPlaneNative.ml_dp_index_allocate(handle, slot); }

        /// <summary>Gives back an index that no session was installed with. Indices of sessions live as long as the session.</summary>
        public static int IndexRelease(int handle, int index) { return DataPlaneNative.ml_dp_index_release(handle, index); }

        /// <summary>
        /// Installs the keys of a finished handshake (protocol.md 8.5). As initiator they are used at once: staged packets go out, or
        /// one keepalive. As responder they wait as "next" for the first authenticated packet, which raises the Confirmed event.
        /// </summary>
        public static int SessionInstall(int handle, int slot, int localIndex, int remoteIndex, byte[] sendKey, byte[] receiveKey,
                                         bool initiator, long nowMs)
        {
            Check(sendKey, 0, KeyLength);
            Check(receiveKey, 0, KeyLength);
            return DataPlaneNative.ml_dp_session_install(handle, slot, localIndex, remoteIndex, sendKey, receiveKey, initiator ? 1 : 0, nowMs);
        }

        /// <summary>Wipes all keys of the slot. Staged packets stay, and the next packet asks for a handshake again.</summary>
        public static int SessionsWipe(int handle, int slot) { return DataPlaneNative.ml_dp_sessions_wipe(handle, slot); }

        /// <summary>The handshake was given up: drops what is staged; the next packet asks for a handshake again.</summary>
        public static int StagedDrop(int handle, int slot) { return DataPlaneNative.ml_dp_staged_drop(handle, slot); }

        /// <summary>Sends an empty transport packet on the current session.</summary>
        public static int SendKeepalive(int handle, int slot, long nowMs) { return DataPlaneNative.ml_dp_send_keepalive(handle, slot, nowMs); }

        private static readonly byte[] s_noEndpoint = new byte[EndpointLength];

        private static void Check(byte[] array, int offset, int count)
        {
            if (array == null) throw new ArgumentNullException("array");
            if (offset < 0 || count < 0 || offset > array.Length - count) throw new ArgumentOutOfRangeException("count");
        }
    }
}
