using MicroLink.Peers;

namespace MicroLink.Paths
{
    /// <summary>A microsecond clock for ping latencies; only differences are used.</summary>
    public delegate long MicrosClock();

    /// <summary>What the path finder needs to know about this node.</summary>
    public sealed class PathOptions
    {
        public byte[] NodePublic;
        /// <summary>Disco key pair, made at start (DiscoKeyRing.NewPair) and uploaded by coordination.</summary>
        public byte[] DiscoPrivate, DiscoPublic;
        /// <summary>Never choose a direct path, and tell peers no address of ours.</summary>
        public bool ForceRelay;
        /// <summary>Ping the ports beside a peer's public one while only the relay works (symmetric NATs that count upwards).</summary>
        public bool ProbePorts;
        /// <summary>Path machines at a time: one for each active peer and a few for pings of idle peers.</summary>
        public int MaxPaths = 24;
        /// <summary>All known peers.</summary>
        public PeerTable Peers;
        /// <summary>Null = latencies are whole milliseconds.</summary>
        public MicrosClock Micros;
    }
}
