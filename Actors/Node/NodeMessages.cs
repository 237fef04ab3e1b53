using MicroLink.Runtime;

namespace MicroLink.Node
{
    /// <summary>
    /// Asked of the node; answered with <see cref="StatusReport"/>. With many peers the report comes in parts: the next one is asked for with
    /// the id that the part before ended at.
    /// </summary>
    public sealed class StatusQuery : Message
    {
        /// <summary>Below every id.</summary>
        public const long FromStart = long.MinValue;

        /// <summary>The first part.</summary>
        public static readonly StatusQuery Instance = new StatusQuery(FromStart);

        public readonly long AfterId;
        public StatusQuery(long afterId) { AfterId = afterId; }
    }

    /// <summary>The JSON of `microlink status --json`, UTF-8, or a part of it; all parts together are one text.</summary>
    public sealed class StatusReport : Message
    {
        public readonly byte[] Json;
        public readonly int Count;
        /// <summary>Ask on with this id; FromStart = this was the last part.</summary>
        public readonly long NextId;
        public StatusReport(byte[] json, int count, long nextId) { Json = json; Count = count; NextId = nextId; }
    }

    /// <summary>Asked of the node: which peer is meant by a name, an FQDN or an address? Answered with <see cref="PeerFound"/>.</summary>
    public sealed class FindPeer : Message
    {
        public readonly string NameOrAddress;
        public FindPeer(string nameOrAddress) { NameOrAddress = nameOrAddress; }
    }

    public sealed class PeerFound : Message
    {
        /// <summary>0 = no such peer; then <see cref="Error"/> is one plain sentence.</summary>
        public readonly long PeerId;
        public readonly string Name;
        /// <summary>The address asked for, or the peer's first one, as text.</summary>
        public readonly string Address;
        /// <summary>The address asked for, 16 bytes; null = a name was asked for.</summary>
        public byte[] Asked;
        public readonly string Error;
        public PeerFound(long peerId, string name, string address, string error) { PeerId = peerId; Name = name; Address = address; Error = error; }
    }

    /// <summary>Asked of the node: the code of a relay region, for "via DERP(code)". Answered with <see cref="RelayName"/>.</summary>
    public sealed class RelayNameQuery : Message
    {
        public readonly int Region;
        public RelayNameQuery(int region) { Region = region; }
    }

    public sealed class RelayName : Message
    {
        public readonly string Code;
        public RelayName(string code) { Code = code; }
    }
}
