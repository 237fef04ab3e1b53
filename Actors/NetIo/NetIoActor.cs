// Hot: packet events pass here; bytes are moved whole.
using System;
using MicroLink.Bytes;
using MicroLink.Control;
using MicroLink.Derp;
using MicroLink.Drivers;
using MicroLink.Native;
using MicroLink.NetMap;
using MicroLink.Paths;
using MicroLink.Runtime;
using MicroLink.WireGuard;

namespace MicroLink.NetIo
{
    /// <summary>
    /// Owns the data plane and its UDP port. Packets do not come here, only what the native side leaves for managed code: it is moved into
    /// buffers and handed to whom it concerns. Once a second it reads the activity stamps. It also answers the pings that travel inside
    /// the tunnel (PingPeer of kind Icmp and Tsmp).
    /// </summary>
    public sealed class NetIoActor : Actor
    {
        /// <summary>Timer slots this actor needs (Props.WithTimers).</summary>
        public const int TimerSlots = 6;
        /// <summary>The most buffers the actor fills before other actors get their turn.</summary>
        private const int EventsPerTurn = 32;
        private const int ActivityTimer = 0, DrainTimer = 1, PingTimer = 2, OpenTimer = 3, KickTimer = 4, SocketsTimer = 5;
        private const int ActivityMs = 1000, NoBufferMs = 5, KickRetryMs = 5, OpenRetryMs = 1000, OpenRetryMaxMs = 30000;
        private const int Regions = 16;
        /// <summary>protocol.md 6.9, and RFC 6335 section 6.</summary>
        private const int WellKnownPort = 41641, FirstDynamicPort = 49152;

        private readonly PacketPlane _plane;
        private readonly BufferPool _pool;
        private readonly int _preferredPort;
        private readonly IEntropy _entropy;
        private readonly ActorRef _wg, _paths, _netCheck, _relays, _node, _sockets, _dns;
        private readonly MicrosClock _micros;
        private readonly ActorRef _portMap;

        private int _pongPort;             // of the pong that is being answered
        private readonly RelayKickRegion[] _kicks = new RelayKickRegion[Regions];   // made once a region, not once a kick
        private readonly bool[] _kickDue = new bool[Regions];
        private readonly InnerPingTable _pings = new InnerPingTable();
        private readonly PingPeer[] _questions = new PingPeer[InnerPingTable.Capacity];
        private readonly ActorRef[] _askers = new ActorRef[InnerPingTable.Capacity];
        private readonly int[] _tickets = new int[InnerPingTable.Capacity];
        private readonly byte[] _packet = new byte[InnerPing.MaxLength];
        private readonly byte[] _random = new byte[4];
        private readonly byte[] _local = new byte[32 * DataPlane.AddressLength];
        private int _openRetryMs = OpenRetryMs;

        /// <param name="pool">Buffers of at least DataPlane.MaxEvent bytes.</param>
        /// <param name="preferredPort">0 = any.</param>
        /// <param name="micros">What latencies are measured with; null = the kernel's milliseconds.</param>
        /// <param name="portMap">Hears of the port and of other networks; null = ports are not mapped.</param>
        /// <param name="sockets">Told when sockets inside the tunnel have news; null = nobody.</param>
        /// <param name="dns">Answers the queries of this host to the tailnet's own address; null = nobody does.</param>
        public NetIoActor(PacketPlane plane, BufferPool pool, int preferredPort, IEntropy entropy, ActorRef wg, ActorRef paths,
                          ActorRef netCheck, ActorRef relays, ActorRef node, MicrosClock micros = null, ActorRef sockets = null,
                          ActorRef portMap = null, ActorRef dns = null)
        {
            if (pool.BufferSize < DataPlane.MaxEvent)
                throw new ArgumentException("buffers of the NetIo pool are smaller than an event record");
            _plane = plane; _pool = pool; _preferredPort = preferredPort; _entropy = entropy;
            _wg = wg; _paths = paths; _netCheck = netCheck; _relays = relays; _node = node;
            _micros = micros;
            _portMap = portMap;
            _sockets = sockets;
            _dns = dns;
        }

        protected override void OnStart()
        {
            Timers.Set(ActivityTimer, ActivityMs, NetIoTimer.Activity, "activity stamps");
            OpenPort();
        }

        protected override void OnStop()
        {
            for (int i = 0; i < InnerPingTable.Capacity; i++)
                if (_pings.IsUsed(i)) Answer(i, "the ping was cut off because the node stopped or restarted its packet engine", 0, null, 0);
            _plane.ClosePort();
        }

        protected override void OnReceive(Message message)
        {
            switch (message)
            {
                case NetIoReady _: Drain(); break;
                case NetIoTimer timer: OnTimer(timer); break;
                case PingPeer ping: OnPing(ping); break;
                case PeerActivated activated:
                    _plane.Remember(activated.Slot, activated.Row);
                    _plane.WaitingSend(NowMs);
                    break;
                case ServiceReply reply: _plane.ServiceAnswer((byte[])reply.Tag, reply.Bytes, reply.Count, NowMs); break;
                case SelfChanged changed: _plane.SetSelf(changed.Self.Addresses); break;
                case RebindUdp rebind: Rebind(rebind.Reason, 0); break;
                case AttributesChanged attributes: OnAttributes(attributes.Attributes); break;
                case LocalNetworkChanged changed: Rebind(changed.Reason, 0); break;
            }
        }

        private void OnTimer(NetIoTimer timer)
        {
            if (timer == NetIoTimer.Drain) Drain();
            else if (timer == NetIoTimer.Pings) RunPings();
            else if (timer == NetIoTimer.Open) OpenPort();
            else if (timer == NetIoTimer.Kicks) RepeatKicks();
            else if (timer == NetIoTimer.Sockets) TellSockets();
            else
            {
                Timers.Set(ActivityTimer, ActivityMs, NetIoTimer.Activity, "activity stamps");
                _plane.ReadStamps();
                Send(_wg, ActivityTick.Instance);
                Send(_paths, ActivityTick.Instance);
            }
        }

        // ---- the port -----------------------------------------------------------------------------------------------------------------

        private void OpenPort()
        {
            int port = _plane.OpenPort(_plane.LocalPort != 0 ? _plane.LocalPort : _preferredPort, Self);
            ReportPort(port);
            if (port != 0)
            {
                _openRetryMs = OpenRetryMs;
                Drain();
                return;
            }
            Timers.Set(OpenTimer, _openRetryMs, NetIoTimer.Open, "udp port could not be opened");
            _openRetryMs = _openRetryMs * 2 > OpenRetryMaxMs ? OpenRetryMaxMs : _openRetryMs * 2;
        }

        /// <summary>Control's randomize-client-port (protocol.md 4.13): any port but the one everybody knows, unless the user named another.</summary>
        private void OnAttributes(NodeAttributes attributes)
        {
            if (!attributes.Has(NodeAttributes.RandomizeClientPort) || _plane.LocalPort != WellKnownPort) return;
            _entropy.Fill(_random, 0, 2);
            Rebind("control wants another UDP port", FirstDynamicPort + (_random[0] << 8 | _random[1]) % (65536 - FirstDynamicPort));
        }

        /// <summary>
        /// New sockets, old sessions. Everybody hears of it in the same turn: the path finder proves its paths again, the relays and control
        /// look at the address their connections hang on, NetCheck asks how the world sees us now.
        /// </summary>
        private void Rebind(string reason, int wantedPort)
        {
            int port = _plane.RebindPort(wantedPort);
            Log.Info("new UDP sockets, port " + port.ToString() + ": " + reason);
            int count = _plane.Port.LocalAddresses(_local, 0);
            byte[] addresses = new byte[count * DataPlane.AddressLength];
            Array.Copy(_local, 0, addresses, 0, addresses.Length);
            NetworkChanged changed = new NetworkChanged(reason, addresses);
            Send(_netCheck, changed);
            Send(_paths, changed);
            Send(_relays, changed);
            Send(_node, changed);
            if (_portMap != null) Send(_portMap, changed);
            ReportPort(port);
            if (Ticket != 0) Reply(new UdpPortChanged(port, port != 0 ? null : _plane.Port.Error));
            if (port == 0) Timers.Set(OpenTimer, _openRetryMs, NetIoTimer.Open, "udp port could not be opened");
        }

        private void ReportPort(int port)
        {
            UdpPortChanged changed = new UdpPortChanged(port, port != 0 ? null : _plane.Port.Error);
            Send(_netCheck, changed);
            Send(_node, changed);
            if (_portMap != null) Send(_portMap, changed);
        }

        // ---- events of the data plane -------------------------------------------------------------------------------------------------

        private void Drain()
        {
            for (int i = 0; i < EventsPerTurn; i++)
            {
                PacketBuffer buffer = _pool.Lease();
                if (buffer == null)
                {
                    Timers.Set(DrainTimer, NoBufferMs, NetIoTimer.Drain, "no free buffer for an event");
                    return;
                }
                buffer.Count = _plane.PollEvent(buffer.Bytes, 0);
                if (buffer.Count <= 0)
                {
                    buffer.Return();
                    return;
                }
                buffer.Kind = BufferKind.NetEvent;
                Route(buffer);
            }
            Timers.Set(DrainTimer, 0, NetIoTimer.Drain, "more events");
        }

        private void Route(PacketBuffer buffer)
        {
            switch (NetEvent.Kind(buffer.Bytes, 0))
            {
                case NetEvent.NeedHandshake:
                    Send(_paths, new PeerTraffic(NetEvent.Slot(buffer.Bytes, 0)));
                    goto case NetEvent.Handshake;
                case NetEvent.Handshake:
                case NetEvent.Confirmed:
                    if (!SendUrgent(_wg, buffer) && !Send(_wg, buffer)) buffer.Return();
                    return;
                case NetEvent.Disco:
                case NetEvent.TsmpDiscoKey:
                    if (!Send(_paths, buffer)) buffer.Return();
                    return;
                case NetEvent.Stun:
                    if (!Send(_netCheck, buffer)) buffer.Return();
                    return;
                case NetEvent.RelayFrame:
                    if (!Send(_relays, buffer)) buffer.Return();
                    return;
                case NetEvent.RelayReady:
                    Kick(NetEvent.Region(buffer.Bytes, 0));
                    buffer.Return();
                    return;
                case NetEvent.Sockets:
                    buffer.Return();
                    TellSockets();
                    return;
                case NetEvent.Service:
                    if (_dns != null) Send(_dns, Query(buffer.Bytes));          // refused: the program asks again
                    buffer.Return();
                    return;
                case NetEvent.Wanted:
                    Send(_node, new AddressWanted(Payload(buffer.Bytes)));      // refused: told again within a second
                    buffer.Return();
                    return;
                case NetEvent.InnerReply:
                    OnReply(buffer);
                    buffer.Return();
                    return;
                default:
                    buffer.Return();
                    return;
            }
        }

        /// <summary>What stands behind IP and UDP header, which the data plane has checked; the whole packet is the mark.</summary>
        private static ServiceQuery Query(byte[] record)
        {
            byte[] packet = Payload(record);
            int at = (packet[0] >> 4 == 4 ? (packet[0] & 15) * 4 : 40) + 8;
            byte[] query = new byte[packet.Length - at];
            Array.Copy(packet, at, query, 0, query.Length);
            return new ServiceQuery(query, query.Length, packet);
        }

        private static byte[] Payload(byte[] record)
        {
            byte[] payload = new byte[NetEvent.PayloadLength(record, 0)];
            Array.Copy(record, NetEvent.PayloadOffset, payload, 0, payload.Length);
            return payload;
        }

        /// <summary>The stack says so once until it is polled.</summary>
        private void TellSockets()
        {
            if (_sockets != null && !Send(_sockets, SocketsReady.Instance))
                Timers.Set(SocketsTimer, KickRetryMs, NetIoTimer.Sockets, "sockets are busy");
        }

        /// <summary>The framer says "ready" once per filling, so a kick that the pool's mailbox refused is repeated.</summary>
        private void Kick(int region)
        {
            int entry = 0;
            while (entry < Regions && _kicks[entry] != null && _kicks[entry].Region != region) entry++;
            if (entry == Regions) entry = region % Regions;
            if (_kicks[entry] == null || _kicks[entry].Region != region) _kicks[entry] = new RelayKickRegion(region);
            if (Send(_relays, _kicks[entry])) return;
            _kickDue[entry] = true;
            Timers.Set(KickTimer, KickRetryMs, NetIoTimer.Kicks, "relay pool is busy");
        }

        private void RepeatKicks()
        {
            for (int i = 0; i < Regions; i++)
            {
                if (!_kickDue[i]) continue;
                if (Send(_relays, _kicks[i])) _kickDue[i] = false;
                else Timers.Set(KickTimer, KickRetryMs, NetIoTimer.Kicks, "relay pool is busy");
            }
        }

        // ---- pings inside the tunnel --------------------------------------------------------------------------------------------------

        private void OnPing(PingPeer ping)
        {
            _entropy.Fill(_random, 0, 4);
            int token = _random[0] << 24 | _random[1] << 16 | _random[2] << 8;
            int entry = _pings.Add(token, NowMs, ping.TimeoutMs);
            if (entry < 0)
            {
                Reply(new PingResult(ping.PeerId, "too many pings are under way, try again in a few seconds", 0, null, 0));
                return;
            }
            _questions[entry] = ping;
            _askers[entry] = Sender;
            _tickets[entry] = Ticket;
            RunPings();
        }

        private void RunPings()
        {
            for (int i = 0; i < InnerPingTable.Capacity; i++)
            {
                if (!_pings.IsUsed(i)) continue;
                if (_pings.IsOver(i, NowMs)) Answer(i, "no answer within " + _questions[i].TimeoutMs.ToString() + " ms", 0, null, 0);
                else if (_pings.IsDue(i, NowMs)) SendPing(i);
            }
            Timers.SetAt(PingTimer, _pings.Deadline, NetIoTimer.Pings, "ping inside the tunnel");
        }

        private void SendPing(int entry)
        {
            PingPeer ping = _questions[entry];
            PeerRow row = _plane.Row(_plane.SlotOf(ping.PeerId));
            if (row == null) Send(_wg, new PeerWanted(ping.PeerId));           // it may get a slot by the next attempt
            int length = row == null ? -1 : WritePing(row, ping, _pings.Token(entry));
            long sentMicros = NowMicros();
            _pings.Sent(entry, length > 0 && _plane.SendIp(_packet, 0, length, NowMs) >= 0, NowMs, sentMicros);
        }

        private long NowMicros() { return _micros == null ? NowMs * 1000 : _micros(); }

        /// <summary>To the address that was asked for, or the first one of the peer of whose family we have one too. -1 = none.</summary>
        private int WritePing(PeerRow row, PingPeer ping, int token)
        {
            if (row.Addresses == null) return -1;
            for (int at = 0; at + DataPlane.PrefixLength <= row.Addresses.Length; at += DataPlane.PrefixLength)
            {
                int self = _plane.SelfAddress(InnerPing.IsV4Mapped(row.Addresses, at));
                if (self < 0 || (ping.Address != null && !NetEndpoint.AddressEqual(row.Addresses, at, ping.Address, 0))) continue;
                return ping.Kind == PingPeer.Tsmp ? InnerPing.WriteTsmp(_packet, 0, _plane.SelfAddresses, self, row.Addresses, at, token)
                                                  : InnerPing.WriteIcmp(_packet, 0, _plane.SelfAddresses, self, row.Addresses, at, token);
            }
            return -1;
        }

        private void OnReply(PacketBuffer buffer)
        {
            byte[] record = buffer.Bytes;
            int count = NetEvent.PayloadLength(record, 0);
            if (!InnerPing.ReadReply(record, NetEvent.PayloadOffset, count, out int token, out bool tsmp)) return;
            int entry = _pings.Match(token, out long sentMicros);
            if (entry < 0 || tsmp != (_questions[entry].Kind == PingPeer.Tsmp)) return;
            if (_plane.SlotOf(_questions[entry].PeerId) != NetEvent.Slot(record, 0)) return;
            byte[] endpoint = null;
            if (!NetEvent.CameByRelay(record, 0))
            {
                endpoint = new byte[DataPlane.EndpointLength];
                Array.Copy(record, NetEvent.EndpointOffset, endpoint, 0, DataPlane.EndpointLength);
            }
            _pongPort = tsmp ? InnerPing.PeerApiPort(record, NetEvent.PayloadOffset, count) : 0;
            Answer(entry, null, (int)(NowMicros() - sentMicros), endpoint, NetEvent.Region(record, 0));
            _pongPort = 0;
            Timers.SetAt(PingTimer, _pings.Deadline, NetIoTimer.Pings, "ping inside the tunnel");
        }

        private void Answer(int entry, string error, int latencyMicros, byte[] endpoint, int region)
        {
            PingPeer question = _questions[entry];
            _pings.Remove(entry);
            _questions[entry] = null;
            PingResult result = new PingResult(question.PeerId, error, latencyMicros, endpoint, region);
            result.PeerApiPort = _pongPort;
            if (_askers[entry] != null) ReplyTo(_askers[entry], _tickets[entry], result);
            _askers[entry] = null;
        }
    }
}
