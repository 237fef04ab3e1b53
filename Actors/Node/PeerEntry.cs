using MicroLink.NetMap;
using MicroLink.Paths;

namespace MicroLink.Node
{
    /// <summary>What the node's status says about one peer.</summary>
    public sealed class PeerEntry
    {
        public PeerRow Row;
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

        public PeerEntry(PeerRow row)
        {
            Row = row;
        }

        /// <summary>"greenhouse-3" of "greenhouse-3.example.ts.net."</summary>
        public string ShortName()
        {
            return NodeText.FirstLabel(Row.Name);
        }
    }
}
