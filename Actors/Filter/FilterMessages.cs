using MicroLink.Runtime;

namespace MicroLink.Filter
{
    /// <summary>To the filter: one named filter of a map message. Nothing changes before the commit.</summary>
    public sealed class PacketFilterPart : Message
    {
        public readonly FilterPart Part;
        public PacketFilterPart(FilterPart part) { Part = part; }
    }

    /// <summary>To the filter: the map message is complete.</summary>
    public sealed class PacketFilterCommit : Message
    {
        public readonly int Stream;
        /// <summary>AllowedIPs of all peers with UnsignedPeerAPIOnly, 17 bytes each; null = too many.</summary>
        public readonly byte[] Unsigned;
        public PacketFilterCommit(int stream, byte[] unsigned) { Stream = stream; Unsigned = unsigned; }
    }

    /// <summary>To the node: the packet filter that is in force.</summary>
    public sealed class PacketFilterChanged : Message
    {
        public readonly int Rules;
        /// <summary>Null, or one sentence for status.</summary>
        public readonly string Trouble;
        public PacketFilterChanged(int rules, string trouble) { Rules = rules; Trouble = trouble; }
    }
}
