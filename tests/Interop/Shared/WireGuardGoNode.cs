using System;
using System.Threading;
using MicroLink.Clock;
using MicroLink.Control;
using MicroLink.Drivers;
using MicroLink.Drivers.Desktop;
using MicroLink.Native;
using MicroLink.NetIo;
using MicroLink.NetMap;
using MicroLink.Paths;
using MicroLink.Peers;
using MicroLink.Runtime;
using MicroLink.Store;
using MicroLink.WireGuard;

namespace MicroLink.Tests.Interop
{
    /// <summary>
    /// Our WireGuard layer with one fixed peer and no control server: NetIo, WgManager, the data plane and a real UDP port; if wanted with a
    /// TUN device, in a network namespace. We are 100.64.0.1 and fd7a:115c:a1e0::1, the peer ends in 2 (or as <c>number</c> says).
    /// </summary>
    internal sealed class WireGuardGoNode : IDisposable
    {
        private const int PatienceMs = 15000;

        private readonly ActorSystem _system = new ActorSystem(new DesktopClock(), 8);
        private readonly Thread _dispatcher;
        private readonly ActorRef _netIo, _manager;
        private readonly PacketPlane _plane;
        private readonly BufferPool _pool = new BufferPool(32, DataPlane.MaxEvent);
        private readonly TunDevice _tun;
        private readonly int _peerId;
        private readonly System.Collections.Concurrent.ConcurrentQueue<string> _said = new System.Collections.Concurrent.ConcurrentQueue<string>();

        public readonly byte[] Private, Public = new byte[32];
        public readonly WireGuardCounters Counters = new WireGuardCounters();
        public readonly ManualResetEventSlim Session = new ManualResetEventSlim();

        /// <param name="endpoint">Where the peer is; null = follow where its packets come from.</param>
        public WireGuardGoNode(byte[] peerPublic, byte[] endpoint) : this(NewPrivate(), peerPublic, endpoint, 0, null, null, 1) { }

        /// <summary>A peer that control calls WireGuard-only, at these endpoints, 18 bytes each: no path finder has a part in it.</summary>
        public static WireGuardGoNode WireGuardOnly(byte[] peerPublic, byte[] endpoints)
        {
            return new WireGuardGoNode(NewPrivate(), peerPublic, null, 0, null, null, 1, endpoints);
        }

        /// <param name="port">UDP port, 0 = any.</param>
        /// <param name="space">Network namespace of the UDP port and of the TUN device, or null.</param>
        /// <param name="tun">Name of the TUN device; null = none: the data plane answers pings.</param>
        /// <param name="number">1 or 2: which of the two we are.</param>
        public WireGuardGoNode(byte[] ownPrivate, byte[] peerPublic, byte[] endpoint, int port, string space, string tun, int number,
            byte[] onlyEndpoints = null)
        {
            Private = ownPrivate;
            _peerId = 3 - number;
            if (tun != null)
            {
                string refusal = null;
                _tun = NetSpace.Run(space, () => TunDevice.Open(tun, out refusal));
                if (_tun == null) throw new InvalidOperationException(refusal);
            }
            SystemEntropy entropy = new SystemEntropy();
            Cipher.X25519Base(Private, 0, Public, 0);
            int handle = DataPlane.Create(4, 8192, 64, 65536, 1 << 20);
            byte[] seed = new byte[32];
            entropy.Fill(seed, 0, 32);
            DataPlane.Seed(handle, seed);
            DataPlane.FilterOff(handle);
            _plane = new PacketPlane(handle, 4, new UdpPacketPort(_tun));
            NodeIdentity identity = new NodeIdentity { NodePrivate = Private, NodePublic = Public };
            ActorRef paths = _system.Declare("paths", null), nobody = _system.Declare("nobody", null);
            _manager = _system.Declare("wg", null);
            _netIo = _system.Declare("netio", null);
            PeerIndex index = new PeerIndex(8);
            PeerTable table = new PeerTable(index, new PeerFlash(new RamFlash(16), index), 8);
            WgPeers peers = new WgPeers(table);
            ManualResetEventSlim open = new ManualResetEventSlim();
            _system.Bind(paths, Props.From(() => new FixedPath(onlyEndpoints != null ? null : _plane, endpoint, Session, _said)));
            _system.Bind(nobody, Props.From(() => new PortListener(this, open)));
            _system.Bind(_manager, Props.From(() => new WgManagerActor(_plane, new DesktopDhWorker(), entropy, identity, peers, Counters,
                new[] { paths })).WithMailbox(128).WithUrgent(32).WithTimers(WgManagerActor.TimerSlots));
            _system.Bind(_netIo, Props.From(() => new NetIoActor(_plane, _pool, port, entropy, _manager, nobody, nobody, nobody, nobody, null))
                .WithMailbox(64).WithTimers(NetIoActor.TimerSlots));
            long offset = new SystemWallClock().UnixMs - new DesktopClock().NowMs;
            _manager.Tell(new WallClockChanged(offset, true, "host", 0));
            ActorRef router = _system.Declare("router", null);
            _system.Bind(router, Props.From(() => _tun == null ? new Ignore() : new TunActor(_tun, peers.Routes, Console.Error.WriteLine)));
            foreach (ActorRef receiver in new[] { _manager, router })
            {
                receiver.Tell(new SelfChanged(Row(number, Public)));
                PeerRow peer = Row(3 - number, peerPublic);
                peer.IsWireGuardOnly = onlyEndpoints != null;
                peer.Endpoints = onlyEndpoints;
                receiver.Tell(PeerDelta.Note(table, PeerDelta.Upsert, peer, 0));
            }
            _system.Start();
            _dispatcher = new Thread(() =>
            {
                NetSpace.Enter(space);
                _system.RunForever();
            }) { IsBackground = true };
            _dispatcher.Start();
            if (!open.Wait(PatienceMs) || Port == 0) throw new InvalidOperationException("no UDP port");
        }

        public int Port { get; private set; }

        /// <summary>What status was told of the way to a WireGuard-only peer, first to last.</summary>
        public string[] Paths => _said.ToArray();

        /// <summary>ICMP echo through the tunnel; null = answered, else why not.</summary>
        public string Ping(int timeoutMs)
        {
            PingResult result = (PingResult)_system.AskAndWait(_netIo, new PingPeer(_peerId, PingPeer.Icmp, timeoutMs), timeoutMs + 5000);
            return result == null ? "NetIo did not answer" : result.Error;
        }

        /// <summary>A counter of the data plane by its name.</summary>
        public long Dropped(string name)
        {
            byte[] all = new byte[DataPlane.MaxCounters * 8];
            int count = DataPlane.Counters(_plane.Handle, all, 0);
            for (int i = 0; i < count; i++)
                if (DataPlane.CounterName(i) == name) return BitConverter.ToInt64(all, i * 8);
            throw new ArgumentException("no counter is called " + name);
        }

        /// <summary>What went wrong so far, for the message of a failing test.</summary>
        public string Describe()
        {
            string text = new ActorGraph(_system).Print(PrintFormat.Text) + string.Join("\n", _system.Logs.LastLines());
            for (int code = -1; code > -WireGuardError.Count; code--)
            {
                if (Counters.Get(code) != 0) text += "\n" + WireGuardError.Name(code) + " " + Counters.Get(code);
            }
            return text;
        }

        public static byte[] NewPrivate()
        {
            return MicroLink.Store.StateKeys.NewPrivate(new SystemEntropy());
        }

        public void Dispose()
        {
            _system.Stop();
            if (!_dispatcher.Join(PatienceMs)) throw new InvalidOperationException("the dispatcher did not stop");
            _tun?.Dispose();
            DataPlane.Destroy(_plane.Handle);
            if (_pool.DescribeLeases() != null) throw new InvalidOperationException(_pool.DescribeLeases());
        }

        /// <summary>100.64.0.N and fd7a:115c:a1e0::N.</summary>
        private static PeerRow Row(int number, byte[] key)
        {
            byte[] prefixes = new byte[34];
            prefixes[10] = prefixes[11] = 0xff;
            new byte[] { 100, 64, 0, (byte)number, 128 }.CopyTo(prefixes, 12);
            new byte[] { 0xfd, 0x7a, 0x11, 0x5c, 0xa1, 0xe0 }.CopyTo(prefixes, 17);
            prefixes[32] = (byte)number;
            prefixes[33] = 128;
            return new PeerRow { Id = number, Fields = PeerRow.All, Name = "peer" + number + ".", Key = key, Addresses = prefixes, AllowedIps = prefixes };
        }

        /// <summary>Stands in for the actor that nobody needs.</summary>
        private sealed class Ignore : Actor
        {
            protected override void OnReceive(Message message) { }
        }

        /// <summary>Stands in for the path finder.</summary>
        private sealed class FixedPath : Actor
        {
            private readonly PacketPlane _plane;
            private readonly byte[] _endpoint;
            private readonly ManualResetEventSlim _session;
            private readonly System.Collections.Concurrent.ConcurrentQueue<string> _said;

            /// <param name="plane">Null: the path is WgManager's.</param>
            public FixedPath(PacketPlane plane, byte[] endpoint, ManualResetEventSlim session, System.Collections.Concurrent.ConcurrentQueue<string> said)
            {
                _said = said;
                _plane = plane;
                _endpoint = endpoint;
                _session = session;
            }

            protected override void OnReceive(Message message)
            {
                if (message is PathChanged changed)
                    _said.Enqueue(changed.Reason + (changed.Endpoint == null ? "" : " " + MicroLink.Bytes.NetEndpoint.Format(changed.Endpoint, 0)));
                if (message is PeerActivated activated && _plane != null)
                {
                    if (_endpoint != null) _plane.PeerPath(activated.Slot, DataPlane.PathUdp, _endpoint, 0, 0);
                    else _plane.PeerPath(activated.Slot, DataPlane.PathFollow, null, 0, 0);
                }
                if (message is SessionEstablished) _session.Set();
            }
        }

        /// <summary>Stands in for everybody else; hears of the port.</summary>
        private sealed class PortListener : Actor
        {
            private readonly WireGuardGoNode _node;
            private readonly ManualResetEventSlim _open;

            public PortListener(WireGuardGoNode node, ManualResetEventSlim open)
            {
                _node = node;
                _open = open;
            }

            protected override void OnReceive(Message message)
            {
                if (message is not UdpPortChanged changed) return;
                _node.Port = changed.Port;
                _open.Set();
            }
        }
    }
}
