using MicroLink.NetMap;
using MicroLink.Runtime;

namespace MicroLink.Dns
{
    /// <summary>Asked of the resolver by anybody: the addresses of a name of the tailnet, or of one that control has resolvers for. Answered with <see cref="NameFound"/>.</summary>
    public sealed class LookupName : Message
    {
        public readonly string Name;
        public LookupName(string name) { Name = name; }
    }

    public sealed class NameFound : Message
    {
        /// <summary>The full name that was found, without the last dot; null when there is an Error.</summary>
        public readonly string Name;
        /// <summary>16 bytes each, IPv4 first.</summary>
        public readonly byte[] Addresses;
        /// <summary>Null, or one plain sentence.</summary>
        public readonly string Error;
        /// <summary>With an Error: too much was under way, the same question may succeed in a moment.</summary>
        public readonly bool Busy;
        public NameFound(string name, byte[] addresses, string error) : this(name, addresses, error, false) { }
        public NameFound(string name, byte[] addresses, string error, bool busy) { Name = name; Addresses = addresses; Error = error; Busy = busy; }
    }

    /// <summary>Asked of the node: who has exactly this full name (normal form) or, when that is null, this address. Answered with
    /// <see cref="NodeFound"/>.</summary>
    public sealed class FindNode : Message
    {
        public readonly string FullName;
        public readonly byte[] Address;
        public FindNode(string fullName, byte[] address) { FullName = fullName; Address = address; }
    }

    public sealed class NodeFound : Message
    {
        /// <summary>A row for reading only; null = nobody.</summary>
        public readonly PeerRow Row;
        public NodeFound(PeerRow row) { Row = row; }
    }

    /// <summary>Asked of the resolver: its counters, answered with <see cref="DnsStatus"/>.</summary>
    public sealed class DnsStatusQuery : Message
    {
        public static readonly DnsStatusQuery Instance = new DnsStatusQuery();
    }

    public sealed class DnsStatus : Message
    {
        public string Suffix;
        public int Answered, Forwarded, Failed, Malformed, Busy, Strays;
        /// <summary>Resolvers of control that we cannot ask (DoH).</summary>
        public int SkippedResolvers;
    }
}
