using MicroLink.Paths;

namespace MicroLink.Node
{
    /// <summary>What the node's status says about one peer that is or was active, beside its row.</summary>
    public sealed class PeerEntry
    {
        public readonly long Id;
        /// <summary>Slot of the data plane, -1 = not active.</summary>
        public int Slot = -1;
        /// <summary>A value of PathChanged: None, Relay, Direct, Both.</summary>
        public int PathMode = PathChanged.None;
        public byte[] PathEndpoint;
        public int PathRegion;
        public string PathReason = "no traffic yet";
        /// <summary>Kernel time since when the reason holds.</summary>
        public long PathSinceMs;
        /// <summary>Kernel time of the last completed handshake, 0 = never.</summary>
        public long HandshakeAtMs;

        /// <summary>For whom to forget first: larger is later.</summary>
        internal int Used;

        public PeerEntry(long id)
        {
            Id = id;
        }
    }
}
