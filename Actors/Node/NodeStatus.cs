using MicroLink.Bytes;
using MicroLink.Clock;
using MicroLink.Json;
using MicroLink.Native;
using MicroLink.NetIo;
using MicroLink.NetMap;
using MicroLink.Paths;
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
        /// <summary>Counters of the data plane that count lost packets begin with this.</summary>
        private const string DropPrefix = "drop: ";

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

        public StatusReport Report(long nowMs)
        {
            int size = BytesAtLeast + _peers.Count * BytesPerPeer;
            for (; ; size *= 2)
            {
                byte[] bytes = new byte[size];
                JsonWriter json = new JsonWriter(bytes);
                Write(json, nowMs);
                if (!json.Failed) return new StatusReport(bytes, json.Count);
            }
        }

        public static string FirstAddress(PeerRow row)
        {
            return row.Addresses == null || row.Addresses.Length < NetEndpoint.PrefixLength ? "" : NetEndpoint.FormatAddress(row.Addresses, 0);
        }

        private void Write(JsonWriter json, long nowMs)
        {
            json.BeginObject();
            json.Field("version", NodeVersion.Text);
            json.Field("state", State);
            json.Field("reason", Reason);
            if (AuthUrl != null) json.Field("authUrl", AuthUrl);
            if (Control.Tailnet != null) json.Field("tailnet", Control.Tailnet);
            if (Control.Version != null) json.Field("clientVersion", Control.Version);
            if (Control.Attributes.Bits != 0) json.Field("attributes", Control.Attributes.Text());
            json.Name("self");
            WriteSelf(json);
            json.Name("peers");
            json.BeginArray();
            for (int i = 0; i < _peers.Count; i++) WritePeer(json, _peers[i], nowMs);
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

        private void WritePeer(JsonWriter json, PeerEntry peer, long nowMs)
        {
            PeerRow row = peer.Row;
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
            json.Field("pathReason", peer.PathReason);
            WriteUser(json, row);
            json.Name("pathSinceSec");
            if (peer.PathSinceMs == 0) json.Null();
            else json.Number((nowMs - peer.PathSinceMs) / 1000);
            json.EndObject();
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
            if (_peers.NotListed != 0) json.String(_peers.NotListed.ToString() + " peers are not listed: this node lists at most " + _peers.Capacity.ToString() + ".");
            _relayTable.WriteTrouble(json, Relays);
            json.EndArray();
        }
    }
}
