using MicroLink.NetMap;
using MicroLink.Peers;
using MicroLink.Runtime;

namespace MicroLink.Control
{
    /// <summary>To the node: state and, in one plain sentence, why.</summary>
    public sealed class ControlStateChanged : Message
    {
        public readonly int State;
        public readonly string Reason;
        /// <summary>The login page while NeedsLogin, else null.</summary>
        public readonly string AuthUrl;
        public ControlStateChanged(int state, string reason, string authUrl) { State = state; Reason = reason; AuthUrl = authUrl; }
    }

    /// <summary>The self node as control describes it now.</summary>
    public sealed class SelfChanged : Message
    {
        public readonly PeerRow Self;
        public SelfChanged(PeerRow self) { Self = self; }
    }

    /// <summary>
    /// One change of one peer, which the table of all peers shows already. Full lists arrive as upserts followed by removals of what was not
    /// listed. The row is for reading: all receivers get the same.
    /// </summary>
    public sealed class PeerDelta : Message
    {
        public const int Upsert = 0, Patch = 1, Removed = 2;
        public readonly int Kind;
        public readonly PeerRow Row;
        /// <summary>The disco key that the change took away, or null; and whether Row.DiscoKey is one that the peer did not have.</summary>
        public readonly byte[] OldDisco;
        public readonly bool DiscoIsNew;
        public PeerDelta(int kind, PeerRow row) { Kind = kind; Row = row; }
        public PeerDelta(int kind, PeerRow row, byte[] oldDisco, bool discoIsNew)
        {
            Kind = kind; Row = row; OldDisco = oldDisco; DiscoIsNew = discoIsNew;
        }

        /// <summary>Puts a change into the table of all peers; the message that tells it.</summary>
        public static PeerDelta Note(PeerTable table, int kind, PeerRow row, long nowMs)
        {
            if (kind == Upsert) table.Upsert(row, nowMs);
            else if (kind == Patch) table.Patch(row, nowMs);
            else table.Remove(row.Id, nowMs);
            return new PeerDelta(kind, row, table.OldDisco, table.DiscoIsNew);
        }
    }

    /// <summary>
    /// The peers that the first message of a stream named count from now on: only behind it is it known that tailnet lock is off.
    /// </summary>
    public sealed class PeersAdmitted : Message
    {
        public static readonly PeersAdmitted Instance = new PeersAdmitted();
    }

    public sealed class DerpMapChanged : Message
    {
        public readonly DerpMap Map;
        public DerpMapChanged(DerpMap map) { Map = map; }
    }

    /// <summary>DNSConfig of a map response, whole.</summary>
    public sealed class DnsConfigChanged : Message
    {
        public readonly DnsConfig Config;
        public DnsConfigChanged(DnsConfig config) { Config = config; }
    }

    /// <summary>ControlTime of a map response, Unix milliseconds.</summary>
    public sealed class ControlTimeSeen : Message
    {
        public readonly long UnixMs;
        public ControlTimeSeen(long unixMs) { UnixMs = unixMs; }
    }

    /// <summary>To coordination: what control should know about this host now. Sent whenever something in it changed.</summary>
    public sealed class HostUpdate : Message
    {
        /// <summary>18 bytes each, in the order of protocol.md 6.8.</summary>
        public readonly byte[] Endpoints;
        /// <summary>One type per endpoint: 1 local, 2 STUN, 3 portmapped, 4 STUN4LocalPort, 5 explicit.</summary>
        public readonly byte[] EndpointTypes;
        public readonly int PreferredRelay;
        /// <summary>Tri-states as in PeerRow.Online: 0 unknown, 1 false, 2 true.</summary>
        public readonly int MappingVaries, WorkingUdp, WorkingIPv6;
        public HostUpdate(byte[] endpoints, byte[] endpointTypes, int preferredRelay, int mappingVaries, int workingUdp, int workingIPv6)
        {
            Endpoints = endpoints; EndpointTypes = endpointTypes; PreferredRelay = preferredRelay;
            MappingVaries = mappingVaries; WorkingUdp = workingUdp; WorkingIPv6 = workingIPv6;
        }
    }

    /// <summary>To coordination: our peer API listens; Hostinfo.Services says so from now on (protocol.md 10.5).</summary>
    public sealed class PeerApiListening : Message
    {
        public readonly int Port;
        public readonly bool V4, V6;
        public PeerApiListening(int port, bool v4, bool v6) { Port = port; V4 = v4; V6 = v6; }
    }

    /// <summary>To coordination: (re)connect now, the network is there.</summary>
    public sealed class LinkUp : Message
    {
        public static readonly LinkUp Instance = new LinkUp();
    }

    /// <summary>To coordination: the network is gone.</summary>
    public sealed class LinkDown : Message
    {
        public static readonly LinkDown Instance = new LinkDown();
    }

    /// <summary>Asked of coordination by the node; answered with <see cref="LoggedOut"/>.</summary>
    public sealed class Logout : Message
    {
        public static readonly Logout Instance = new Logout();
    }

    public sealed class LoggedOut : Message
    {
        /// <summary>Null, or why control could not be told.</summary>
        public readonly string Error;
        public LoggedOut(string error) { Error = error; }
    }

    /// <summary>To the node: control said that the node key has expired, so there is a new one. Store it, then give it to WireGuard and the
    /// relays (protocol.md 3.2 step 5).</summary>
    public sealed class NodeKeyRotated : Message
    {
        public readonly byte[] NodePrivate;
        public readonly byte[] NodePublic;
        public readonly byte[] OldNodePublic;
        public NodeKeyRotated(byte[] nodePrivate, byte[] nodePublic, byte[] oldNodePublic)
        {
            NodePrivate = nodePrivate; NodePublic = nodePublic; OldNodePublic = oldNodePublic;
        }
    }

    /// <summary>To the node: the Noise public key of the control server, worth keeping (design section 8).</summary>
    public sealed class ServerKeySeen : Message
    {
        public readonly byte[] Key;
        public ServerKeySeen(byte[] key) { Key = key; }
    }
}
