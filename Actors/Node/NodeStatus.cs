using MicroLink.Bytes;
using MicroLink.Clock;
using MicroLink.Json;
using MicroLink.Native;
using MicroLink.NetIo;
using MicroLink.NetMap;
using MicroLink.Paths;
using MicroLink.Peers;
using MicroLink.Sockets;

namespace MicroLink.Node
{
    /// <summary>
    /// What the node knows about itself, and the JSON of `microlink status --json`. Programs are built on the field names: they are
    /// added to, never renamed.
    /// </summary>
    internal sealed class NodeStatus
    {
        private const int BytesAtLeast = 2048;
        private const int BytesPerPeer = 640;
        /// <summary>Peers in one part of the report.</summary>
        private const int PeersPerPart = 64;
        private static readonly PeerEntry s_idle = new PeerEntry(0);
        /// <summary>Counters of the data plane that count lost packets begin with this.</summary>
        private const string DropPrefix = "drop: ";
        private const string InvalidMasquerade = "control says that it knows us by an address that cannot be one, so it gets no tunnel";

        private readonly PeerDirectory _peers;
        private readonly PacketPlane _plane;
        private readonly NetStack _stack;
        private readonly RelayTable _relayTable = new RelayTable(16);

        public string State = NodeState.NoLink;
        public string Reason = "starting";
        public string AuthUrl;
        public string LastFailure;
        public string StoreTrouble;
        public string UdpTrouble;
        public string NetworkTrouble;
        public string SocketsTrouble;
        public string FilterTrouble;
        public string ClockTrouble;
        public PeerRow Self;
        public DerpMap Relays;
        public int HomeRelay;
        public WallClockChanged Clock;
        public readonly ControlFacts Control = new ControlFacts();

        /// <param name="stack">The IP stack inside the tunnel; null = there is none.</param>
        public NodeStatus(PeerDirectory peers, PacketPlane plane, NetStack stack)
        {
            _peers = peers;
            _plane = plane;
            _stack = stack;
        }

        public void RelayIsUp(int region)
        {
            _relayTable.Set(region, true, "connected");
        }

        public void RelayIsDown(int region, string reason)
        {
            _relayTable.Set(region, false, reason);
        }

        /// <summary>A Health frame: empty text means healthy again (protocol.md 5.2).</summary>
        public void RelaySays(int region, string text)
        {
            _relayTable.Says(region, text);
        }

        /// <summary>The part behind the peer with that id, FromStart = the first: head, some peers, and with the last of them the rest.</summary>
        public StatusReport Report(long afterId, long nowMs)
        {
            int left = _peers.Table.Index.Rows - _peers.Table.Index.From(afterId + 1);
            int size = BytesAtLeast + (left < PeersPerPart ? left : PeersPerPart) * BytesPerPeer;
            for (; ; size *= 2)
            {
                byte[] bytes = new byte[size];
                JsonWriter json = new JsonWriter(bytes);
                json.BeginObject();
                if (afterId == StatusQuery.FromStart) WriteHead(json);
                json.Name("peers");
                json.BeginArray();
                int listAt = json.Count;
                long nextId = WritePeers(json, afterId, nowMs);
                if (nextId == StatusQuery.FromStart) WriteRest(json, nowMs);
                if (json.Failed) continue;
                if (afterId == StatusQuery.FromStart) return new StatusReport(bytes, json.Count, nextId);
                // A later part goes on inside the list, with the comma that its writer did not know of.
                int count = json.Count - listAt;
                bool more = count > 0 && bytes[listAt] == '{';
                byte[] part = new byte[count + (more ? 1 : 0)];
                if (more) part[0] = (byte)',';
                System.Array.Copy(bytes, listAt, part, part.Length - count, count);
                return new StatusReport(part, part.Length, nextId);
            }
        }

        public static string FirstAddress(PeerRow row)
        {
            return row.Addresses == null || row.Addresses.Length < NetEndpoint.PrefixLength ? "" : NetEndpoint.FormatAddress(row.Addresses, 0);
        }

        private void WriteHead(JsonWriter json)
        {
            json.Field("version", NodeVersion.Text);
            json.Field("state", State);
            json.Field("reason", Reason);
            if (AuthUrl != null) json.Field("authUrl", AuthUrl);
            if (Control.Tailnet != null) json.Field("tailnet", Control.Tailnet);
            if (Control.Version != null) json.Field("clientVersion", Control.Version);
            if (Control.Attributes.Bits != 0) json.Field("attributes", Control.Attributes.Text());
            json.Name("self");
            WriteSelf(json);
        }

        /// <summary>The id that the next part begins behind, FromStart = these were the last.</summary>
        private long WritePeers(JsonWriter json, long afterId, long nowMs)
        {
            PeerTable table = _peers.Table;
            int written = 0;
            for (int position = table.Index.From(afterId + 1); position < table.Index.Rows; position++)
            {
                PeerRow row = table.Index.IsAdmitted(position) ? table.RowAt(position) : null;
                if (row == null) continue;
                WritePeer(json, row, _peers.Find(row.Id) ?? s_idle, nowMs);
                if (++written == PeersPerPart) return row.Id;
            }
            return StatusQuery.FromStart;
        }

        private void WriteRest(JsonWriter json, long nowMs)
        {
            json.EndArray();
            json.Name("drops");
            WriteDrops(json);
            json.Name("relays");
            _relayTable.Write(json, Relays, HomeRelay, _plane.Tally, nowMs);
            json.Name("health");
            WriteHealth(json);
            json.EndObject();
        }

        private void WriteSelf(JsonWriter json)
        {
            if (Self == null)
            {
                json.Null();
                return;
            }
            json.BeginObject();
            json.Field("id", Self.Id);
            WriteName(json, Self);
            WriteAddresses(json, Self);
            json.KeyField("nodeKey", KeyText.NodePublic, Self.Key);
            json.Field("homeRelay", HomeRelay);
            WriteUser(json, Self);
            json.EndObject();
        }

        private void WritePeer(JsonWriter json, PeerRow row, PeerEntry peer, long nowMs)
        {
            byte[] stamps = _plane.Stamps;
            int slot = peer.Slot;
            json.BeginObject();
            json.Field("id", row.Id);
            WriteName(json, row);
            WriteAddresses(json, row);
            json.KeyField("nodeKey", KeyText.NodePublic, row.Key);
            json.Name("online");
            if (row.Online == PeerRow.Unknown) json.Null();
            else json.Bool(row.Online == PeerRow.IsOnline);
            bool direct = peer.PathMode == PathChanged.Direct || peer.PathMode == PathChanged.Both;
            json.Field("path", direct ? "direct" : peer.PathMode == PathChanged.Relay ? "relay" : "none");
            json.Name("endpoint");
            if (direct && peer.PathEndpoint != null) json.String(NetEndpoint.Format(peer.PathEndpoint, 0));
            else json.Null();
            json.Field("relay", peer.PathRegion != 0 ? peer.PathRegion : row.HomeRelay);
            json.Name("lastHandshakeSec");
            if (peer.HandshakeAtMs == 0) json.Null();
            else json.Number((nowMs - peer.HandshakeAtMs) / 1000);
            json.Field("rxBytes", slot < 0 ? 0 : PeerStamps.ReceivedBytes(stamps, slot));
            json.Field("txBytes", slot < 0 ? 0 : PeerStamps.SentBytes(stamps, slot));
            json.Field("pathReason", row.MasqueradeInvalid ? InvalidMasquerade : peer.PathReason);
            if (row.MasqueradeV4 != null || row.MasqueradeV6 != null) WriteKnownAs(json, row);
            WriteUser(json, row);
            json.Name("pathSinceSec");
            if (peer.PathSinceMs == 0) json.Null();
            else json.Number((nowMs - peer.PathSinceMs) / 1000);
            json.EndObject();
        }

        private static void WriteKnownAs(JsonWriter json, PeerRow row)
        {
            json.Name("knowsUsAs");
            json.BeginArray();
            if (row.MasqueradeV4 != null) json.String(NetEndpoint.FormatAddress(row.MasqueradeV4, 0));
            if (row.MasqueradeV6 != null) json.String(NetEndpoint.FormatAddress(row.MasqueradeV6, 0));
            json.EndArray();
        }

        private void WriteUser(JsonWriter json, PeerRow row)
        {
            string login = Control.LoginOf(row);
            if (login != null) json.Field("user", login);
        }

        private static void WriteName(JsonWriter json, PeerRow row)
        {
            json.Field("name", NodeText.FirstLabel(row.Name));
            json.Field("fqdn", NodeText.WithoutLastDot(row.Name));
        }

        private static void WriteAddresses(JsonWriter json, PeerRow row)
        {
            json.Name("addresses");
            json.BeginArray();
            int count = row.Addresses == null ? 0 : row.Addresses.Length / NetEndpoint.PrefixLength;
            for (int i = 0; i < count; i++) json.String(NetEndpoint.FormatAddress(row.Addresses, i * NetEndpoint.PrefixLength));
            json.EndArray();
        }

        private void WriteDrops(JsonWriter json)
        {
            byte[] counters = new byte[DataPlane.MaxCounters * 8];
            int count = DataPlane.Counters(_plane.Handle, counters, 0);
            json.BeginObject();
            for (int i = 0; i < count; i++)
            {
                long value = (long)ByteOrder.LoadU64LE(counters, i * 8);
                string name = DataPlane.CounterName(i);
                if (value == 0 || name == null || name.IndexOf(DropPrefix) != 0) continue;
                json.Field(name.Substring(DropPrefix.Length), value);
            }
            if (_stack != null && _stack.IsOpen) WriteStackDrops(json, counters);
            json.EndObject();
        }

        private void WriteStackDrops(JsonWriter json, byte[] counters)
        {
            int count = Net.Counters(_stack.Handle, counters);
            for (int i = 0; i < count; i++)
            {
                long value = (long)ByteOrder.LoadU64LE(counters, i * 8);
                string name = Net.CounterName(i);
                if (value == 0 || name == null || name.IndexOf(DropPrefix) != 0) continue;
                json.Field(name.Substring(DropPrefix.Length), value);
            }
        }

        private void WriteHealth(JsonWriter json)
        {
            json.BeginArray();
            if (LastFailure != null) json.String("An actor failed and was restarted: " + LastFailure);
            Control.WriteHealth(json);
            if (StoreTrouble != null) json.String(StoreTrouble);
            if (UdpTrouble != null) json.String(UdpTrouble);
            if (NetworkTrouble != null) json.String(NetworkTrouble);
            if (SocketsTrouble != null) json.String(SocketsTrouble);
            if (FilterTrouble != null) json.String(FilterTrouble);
            if (ClockTrouble != null) json.String(ClockTrouble);
            else if (Clock != null && !Clock.Trusted)
                json.String("The clock of this host is not set; until control says the time, certificates are judged by the date of time servers.");
            int missing = _peers.Table.NotStored;
            if (missing != 0) json.String("The peer store has no room for " + missing.ToString() + " peers; they are not reached until it has.");
            _relayTable.WriteTrouble(json, Relays);
            json.EndArray();
        }
    }
}
