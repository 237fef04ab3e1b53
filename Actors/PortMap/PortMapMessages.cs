using MicroLink.Runtime;

namespace MicroLink.PortMap
{
    /// <summary>From the port mapper to NetCheck: the gateway leads this outside port to ours; null = it does not any more.</summary>
    public sealed class PortMapped : Message
    {
        /// <summary>18 bytes, or null.</summary>
        public readonly byte[] Endpoint;
        /// <summary>A value of PortMapProtocol.</summary>
        public readonly int Protocol;
        /// <summary>"mapped by PCP", or why there is no mapping.</summary>
        public readonly string Reason;
        public PortMapped(byte[] endpoint, int protocol, string reason) { Endpoint = endpoint; Protocol = protocol; Reason = reason; }
    }
}
