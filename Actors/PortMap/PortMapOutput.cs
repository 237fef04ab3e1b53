using MicroLink.Bytes;

namespace MicroLink.PortMap
{
    /// <summary>What the mapper wants done by its actor, and what it found. Reusable.</summary>
    public sealed class PortMapEvent
    {
        /// <summary>The mapping is this Endpoint now, made with Protocol.</summary>
        public const int Mapped = 1;
        /// <summary>There is no mapping any more, or the search found none: Reason says why.</summary>
        public const int Unmapped = 2;

        public int Kind;
        public readonly byte[] Endpoint = new byte[NetEndpoint.Length];
        /// <summary>A value of PortMapProtocol.</summary>
        public int Protocol;
        public string Reason;
    }

    /// <summary>How a mapping was made.</summary>
    public static class PortMapProtocol
    {
        public const int None = 0, Pcp = 1, NatPmp = 2, Upnp = 3;

        public static string Text(int protocol)
        {
            switch (protocol)
            {
                case Pcp: return "PCP";
                case NatPmp: return "NAT-PMP";
                case Upnp: return "UPnP";
                default: return "none";
            }
        }
    }

    /// <summary>One HTTP exchange with the gateway: connect, send, read to the end. Reusable.</summary>
    public sealed class PortMapRequest
    {
        public string Host;
        public int Port;
        /// <summary>Head and body, ASCII.</summary>
        public string Text;
    }
}
