using MicroLink.NetMap;

namespace MicroLink.Derp
{
    /// <summary>What the relay connections need to know about this node.</summary>
    public sealed class DerpOptions
    {
        /// <summary>Node key pair, 32 bytes each: our identity at every relay.</summary>
        public byte[] NodePrivate, NodePublic;
        /// <summary>The user's --allow-insecure-relay: honour InsecureForTests of a relay map.</summary>
        public bool AllowInsecure;
        /// <summary>"Non-home connections: closed after 60 s without a write" (protocol.md 5.6).</summary>
        public int IdleMs = 60000;

        /// <summary>The last relay map and home region. They live here and not in the pool, so that its restart does not forget them.</summary>
        public DerpMap Map;
        public int Home;
        /// <summary>The last home that was connected: the one that peers know.</summary>
        public int ToldHome;
    }
}
