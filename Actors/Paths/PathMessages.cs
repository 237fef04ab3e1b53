using MicroLink.Bytes;
using MicroLink.Drivers;
using MicroLink.Runtime;

namespace MicroLink.Paths
{
    /// <summary>How packets for a peer travel now; told to the node for status and to WgManager.</summary>
    public sealed class PathChanged : Message
    {
        public const int None = PathMode.None, Relay = PathMode.Relay, Direct = PathMode.Direct, Both = PathMode.Both;
        public readonly long PeerId;
        public readonly int Mode;
        /// <summary>18 bytes when Direct or Both, else null.</summary>
        public readonly byte[] Endpoint;
        public readonly int Region;
        /// <summary>Why, for status: "relay: no pong since 8 s".</summary>
        public readonly string Reason;
        /// <summary>Kernel time since when the reason holds; 0 = since now.</summary>
        public long SinceMs;
        public PathChanged(long peerId, int mode, byte[] endpoint, int region, string reason)
        {
            PeerId = peerId; Mode = mode; Endpoint = endpoint; Region = region; Reason = reason;
        }
    }

    /// <summary>Asked of the path finder (disco) or the net io actor (icmp, tsmp); answered with <see cref="PingResult"/>.</summary>
    public sealed class PingPeer : Message
    {
        public const int Disco = 0, Icmp = 1, Tsmp = 2;
        public readonly long PeerId;
        public readonly int Kind;
        public readonly int TimeoutMs;
        /// <summary>Inside the tunnel: the address of the peer that is asked, 16 bytes; null = its first one.</summary>
        public byte[] Address;
        public PingPeer(long peerId, int kind, int timeoutMs) { PeerId = peerId; Kind = kind; TimeoutMs = timeoutMs; }
    }

    public sealed class PingResult : Message
    {
        public readonly long PeerId;
        /// <summary>Null when answered, else one plain sentence.</summary>
        public readonly string Error;
        public readonly int LatencyMicros;
        /// <summary>18 bytes when the pong came directly, else null.</summary>
        public readonly byte[] Endpoint;
        public readonly int Region;
        /// <summary>Of a TSMP ping: the port of the peer's API, 0 = none.</summary>
        public int PeerApiPort;
        public PingResult(long peerId, string error, int latencyMicros, byte[] endpoint, int region)
        {
            PeerId = peerId; Error = error; LatencyMicros = latencyMicros; Endpoint = endpoint; Region = region;
        }
    }

    /// <summary>Our endpoints and network facts, from NetCheck to the path finder.</summary>
    public sealed class OwnEndpoints : Message
    {
        public readonly byte[] Endpoints;
        public readonly long AtMs;
        public OwnEndpoints(byte[] endpoints, long atMs) { Endpoints = endpoints; AtMs = atMs; }
    }

    /// <summary>To NetCheck: run STUN again now.</summary>
    public sealed class ReStun : Message
    {
        public readonly string Reason;
        public ReStun(string reason) { Reason = reason; }
    }

    /// <summary>To NetCheck: is any peer in use? Then our own mapping is looked at every 20 to 26 s (protocol.md 6.8).</summary>
    public sealed class PathsActive : Message
    {
        public readonly bool Active;
        public PathsActive(bool active) { Active = active; }
    }

    /// <summary>
    /// From NetIo: our own network is another one now and the UDP sockets have been replaced. Every direct path has to be proven again, and
    /// connections over an address that is gone are dead.
    /// </summary>
    public sealed class NetworkChanged : Message
    {
        private const int AddressLength = 16;

        /// <summary>One plain sentence without its full stop.</summary>
        public readonly string Reason;
        /// <summary>The addresses that we have now, 16 bytes each.</summary>
        public readonly byte[] Addresses;
        public NetworkChanged(string reason, byte[] addresses) { Reason = reason; Addresses = addresses; }

        /// <summary>Did the change take away the address that the connection hangs on? Loopback never goes.</summary>
        public bool Took(IByteStream stream)
        {
            byte[] local = stream.LocalAddress;
            if (local == null || IsLoopback(local)) return false;
            for (int at = 0; at + AddressLength <= Addresses.Length; at += AddressLength)
            {
                int same = 0;
                while (same < AddressLength && Addresses[at + same] == local[same]) same++;
                if (same == AddressLength) return false;
            }
            return true;
        }

        private static bool IsLoopback(byte[] address)
        {
            byte[] endpoint = new byte[NetEndpoint.Length];
            System.Array.Copy(address, endpoint, AddressLength);
            return NetEndpoint.IsLoopback(endpoint, 0);
        }
    }
}
