using MicroLink.Bytes;

namespace MicroLink.Paths
{
    /// <summary>How packets for a peer travel. Both = Relay | Direct, the bits of DataPlane.PeerPath the other way round.</summary>
    public static class PathMode
    {
        public const int None = 0, Relay = 1, Direct = 2, Both = 3;
    }

    /// <summary>One DISCO message that a path machine wants sent; the actor seals it. Reusable.</summary>
    public sealed class PathTransmit
    {
        public const int Ping = 1, CallMeMaybe = 2;
        public int Kind;
        /// <summary>Where to, when Region is 0.</summary>
        public readonly byte[] Endpoint = new byte[NetEndpoint.Length];
        /// <summary>Through this relay, when not 0.</summary>
        public int Region;
        /// <summary>Of a ping by UDP: padded to the length of the tunnel's largest datagram.</summary>
        public bool IsFull;
        /// <summary>Of a ping: its row in PeerPath.Pings.</summary>
        public int PingRow;
    }

    /// <summary>Something that a path machine tells its actor. Reusable.</summary>
    public sealed class PathEvent
    {
        /// <summary>The way of packets changed: see Mode, Endpoint, Region, Reason.</summary>
        public const int ModeChanged = 1;
        /// <summary>A pong for the user's ping came: see Endpoint or Region, LatencyMicros.</summary>
        public const int PingAnswered = 2;
        /// <summary>Our own endpoints are too old for a call-me-maybe: run STUN.</summary>
        public const int EndpointsStale = 3;
        /// <summary>Something has to go through this relay and it is not open: see Region.</summary>
        public const int RelayNeeded = 4;

        /// <summary>The path answers pings, but data sent since SinceMs has no answer: the peer may have lost our session.</summary>
        public const int DataUnanswered = 5;
        /// <summary>A peer that was silent has been heard again.</summary>
        public const int Found = 6;

        public int Kind;
        public int Mode;
        public readonly byte[] Endpoint = new byte[NetEndpoint.Length];
        public int Region;
        public int LatencyMicros;
        public long SinceMs;
        public string Reason;
    }
}
