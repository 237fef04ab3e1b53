using MicroLink.Bytes;
using MicroLink.Clock;
using MicroLink.Control;
using MicroLink.Derp;
using MicroLink.Dns;
using MicroLink.Disco;
using MicroLink.Drivers;
using MicroLink.Filter;
using MicroLink.Native;
using MicroLink.NetIo;
using MicroLink.NetMap;
using MicroLink.Paths;
using MicroLink.PeerApi;
using MicroLink.Peers;
using MicroLink.PortMap;
using MicroLink.Runtime;
using MicroLink.Sockets;
using MicroLink.Store;
using MicroLink.Stun;
using MicroLink.WireGuard;

namespace MicroLink.Node
{
    /// <summary>
    /// The default graph of a node, composed of the drivers it is given (design section 5):
    /// <code>
    ///  clock  store  control --deltas--> node wg paths store
    ///                   |  relay map, packet filter --> filter --table--> data plane
    ///  netcheck --home--> relays --> relay-N, relay-tx-N
    ///     netio (data plane) --handshakes--> wg --sessions--> data plane
    ///                        --disco-------> paths --path----> data plane
    /// </code>
    /// Declared first, bound second: the graph is full of cycles. Apps add, replace or intercept actors between Compose and Start.
    /// </summary>
    public sealed class NodeGraph
    {
        /// <summary>The peer store of a node that has no flash takes a sector when it needs one; so many rows fit into one.</summary>
        private const int RowsPerSector = 9, MinSectors = 16;
        /// <summary>Peers that were active and are not any more: status still knows their last handshake.</summary>
        private const int RecentPeers = 16;
        private const int SmallSockets = 64;

        private readonly NodeOptions _options;
        private readonly NodeDrivers _drivers;
        private readonly INodeListener _listener;
        private readonly string _prefix;
        private NodeKeys _keys;
        private PacketPlane _plane;
        private ActorRef _prober, _portMap;
        private NetStack _stack;
        private ActorRef _peerApi;
        private DatedDialer _dialer;
        private IFlash _flash;
        private string _flashTrouble;
        private PeerTable _peers;
        private WgRoutes _routes;

        /// <param name="prefix">Before every actor's name, "" for the only node of a process, "a/" in simulations.</param>
        /// <param name="listener">Told of changes of state; null = nobody.</param>
        public NodeGraph(ActorSystem system, string prefix, NodeOptions options, NodeDrivers drivers, INodeListener listener)
        {
            Graph = new ActorGraph(system);
            _prefix = prefix;
            _options = options;
            _drivers = drivers;
            _listener = listener;
        }

        public readonly ActorGraph Graph;

        public ActorRef Node { get; private set; }
        public ActorRef Clock { get; private set; }
        public ActorRef Store { get; private set; }
        public ActorRef Control { get; private set; }
        public ActorRef Filter { get; private set; }
        public ActorRef NetCheck { get; private set; }
        public ActorRef Relays { get; private set; }
        public ActorRef WireGuard { get; private set; }
        public ActorRef Paths { get; private set; }
        public ActorRef NetIo { get; private set; }
        public ActorRef Pings { get; private set; }
        /// <summary>Names of the tailnet (Actors/Dns): asked with LookupName.</summary>
        public ActorRef Names { get; private set; }
        public ActorRef Sockets { get; private set; }
        /// <summary>UDP and TCP inside the tunnel, for actors (Actors/Sockets); null in TUN mode.</summary>
        public ActorRef Udp { get; private set; }
        public ActorRef Tcp { get; private set; }
        /// <summary>The actor of NodeDrivers.Router, or null.</summary>
        public ActorRef Router { get; private set; }

        /// <summary>Every peer of the tailnet.</summary>
        public PeerTable Peers { get { return _peers; } }

        /// <summary>The data plane of this node, for statistics and tests.</summary>
        public PacketPlane Plane { get { return _plane; } }

        /// <summary>Blocking sockets inside the tunnel for other threads; null in TUN mode.</summary>
        public TunnelNode Blocking { get; private set; }

        /// <summary>The IP stack inside the tunnel; null in TUN mode.</summary>
        public NetStack Stack { get { return _stack; } }

        /// <summary>Our disco public key of this start, 32 bytes; after Compose.</summary>
        public byte[] DiscoPublic { get { return _keys.Identity.DiscoPublic; } }

        /// <summary>How many actors a node with these options has at most (with port mapping and a router); the system must have room for
        /// them.</summary>
        public static int ActorCount(NodeOptions options)
        {
            return 15 + (options.Netstack ? 4 : 1) + 2 * options.RelayConnections;
        }

        /// <summary>Loads or makes the keys, creates the data plane, declares and binds every actor. Nothing runs before Start.</summary>
        public void Compose()
        {
            _keys = NodeKeys.Load(_drivers.KeyValueStore, _drivers.Entropy);
            _plane = CreatePlane();
            _routes = new WgRoutes(_options.AcceptRoutes, _options.ExitNode);
            _peers = OpenPeers();
            Node = Declare("node", null);
            Store = Declare("store", Node);
            Clock = Declare("clock", Node);
            Control = Declare("control", Node);
            Filter = Declare("filter", Node);
            NetCheck = Declare("netcheck", Node);
            _prober = Declare("httpprobe", NetCheck);
            if (MapsPorts) _portMap = Declare("portmap", NetCheck);
            Relays = Declare("relays", Node);
            WireGuard = Declare("wg", Node);
            Paths = Declare("paths", Node);
            NetIo = Declare("netio", Node);
            Pings = Declare("pings", Node);
            Names = Declare("dns", Node);
            if (_options.Netstack)
            {
                _stack = new NetStack(_plane, _options.MaxSockets);
                Sockets = Declare("sockets", Node);
                Udp = Declare("udp", Sockets);
                Tcp = Declare("tcp", Sockets);
                _peerApi = Declare("peerapi", Sockets);
            }
            else if (_drivers.HostServices != null) _peerApi = Declare("peerapi", Node);
            if (_drivers.Router != null) Router = Declare("router", Node);
            BindHost();
            BindControl();
            BindRelays();
            BindPackets();
            if (_options.Netstack) BindSockets();
            else if (_peerApi != null) Graph.Bind(_peerApi, _drivers.HostServices(_plane, Control, Names));
            if (Router != null) Graph.Bind(Router, _drivers.Router);
        }

        /// <summary>Starts all actors; somebody must then run the system.</summary>
        public void Start()
        {
            Graph.Start();
            if (_drivers.NetworkWatch != null) _drivers.NetworkWatch.Start(NetIo);
        }

        /// <summary>After the system has stopped: closes the UDP port and frees the data plane.</summary>
        public void Close()
        {
            if (_drivers.NetworkWatch != null) _drivers.NetworkWatch.Stop();
            if (_drivers.GatewayPort != null) _drivers.GatewayPort.Close();
            _drivers.PacketPort.Close();
            if (_drivers.Datagrams != null) _drivers.Datagrams.Close();
            if (_drivers.TimePort != null) _drivers.TimePort.Close();
            if (_stack != null) _stack.Close();
            DataPlane.Destroy(_plane.Handle);
            _keys.Wipe();
        }

        /// <summary>A question from outside the actors; null = no answer in time.</summary>
        public Message Ask(ActorRef target, Message question, int timeoutMs)
        {
            return Graph.System.AskAndWait(target, question, timeoutMs);
        }

        /// <summary>What `microlink netcheck` prints: lines of text. Null = no answer in time.</summary>
        public string Netcheck(int timeoutMs)
        {
            NetCheckReport report = Ask(NetCheck, NetCheckQuery.Instance, timeoutMs) as NetCheckReport;
            return report == null ? null : NetcheckText.Format(report);
        }

        /// <summary>What `microlink rebind` does: new UDP sockets, every path proven again. Null = no answer in time.</summary>
        public UdpPortChanged Rebind(int timeoutMs)
        {
            return Ask(NetIo, new RebindUdp("the user asked for it"), timeoutMs) as UdpPortChanged;
        }

        /// <summary>After a logout: the node key is useless, the next start makes another one.</summary>
        public void ForgetNodeKey()
        {
            Store.Tell(new StoreSetting(StateKeys.NodePrivate, null));
            Store.Tell(new StoreSetting(StateKeys.NodePrivateOld, null));
        }

        /// <summary>
        /// The table of all peers over what an earlier start has kept. Another control server's peers and packet filter say nothing about this
        /// tailnet: they are forgotten before anybody sees them.
        /// </summary>
        private PeerTable OpenPeers()
        {
            _flash = _drivers.PeerFlash;
            if (_flash == null || !_flash.Open(out _flashTrouble))
            {
                _flash = new RamFlash(MinSectors + _options.MaxPeers / RowsPerSector);
                _flash.Open(out string _);
            }
            PeerIndex index = new PeerIndex(_options.MaxPeers);
            PeerFlash rows = new PeerFlash(_flash, index);
            IKeyValueStore settings = _drivers.KeyValueStore;
            byte[] known = settings.Get(StateKeys.ControlUrl);
            if (known == null || !AsciiText.Equal(known, 0, known.Length, _options.ControlUrl))
            {
                rows.Clear(_drivers.Clock.NowMs);
                settings.Remove(StateKeys.PacketFilter);
                settings.Set(StateKeys.ControlUrl, AsciiText.ToBytes(_options.ControlUrl));
            }
            return new PeerTable(index, rows, _options.EndpointLines);
        }

        private bool MapsPorts { get { return _options.PortMap && !_options.ForceRelay && _drivers.Gateway != null; } }

        private ActorRef Declare(string name, ActorRef parent)
        {
            return Graph.Declare(_prefix + name, parent);
        }

        private PacketPlane CreatePlane()
        {
            int handle = DataPlane.Create(_options.ActivePeers, _options.ReplayWindowBits, _options.QueuePackets, _options.EventBytes,
                _options.UdpRingBytes, _options.FilterBytes, _options.Flows);
            if (handle <= 0) throw new System.InvalidOperationException("no memory for the data plane, code " + handle.ToString());
            byte[] seed = new byte[32];
            _drivers.Entropy.Fill(seed, 0, seed.Length);
            DataPlane.Seed(handle, seed);
            // The IP stack keeps what waits for a peer without a slot; a TUN device cannot.
            if (!_options.Netstack) DataPlane.Options(handle, DataPlane.OptionWait);
            byte[] routes = _options.AdvertiseRoutes;
            if (routes != null) DataPlane.SetLocalRoutes(handle, routes, routes.Length / DataPlane.PrefixLength);
            PacketPlane plane = new PacketPlane(handle, _options.ActivePeers, _drivers.PacketPort);
            plane.SetIdentity(_keys.Identity.NodePublic);
            return plane;
        }

        private void BindHost()
        {
            PeerDirectory peers = new PeerDirectory(_peers, _routes, _options.ActivePeers + RecentPeers);
            _dialer = new DatedDialer(_drivers.Dialer, _drivers.Clock);
            Graph.Bind(Node, Props.From(() => new NodeActor(Control, Store, WireGuard, _plane, _stack, peers, _dialer, _listener)).WithMailbox(64));
            Graph.Bind(Store, Props.From(() => new StoreActor(_drivers.KeyValueStore, _flash, _peers.Rows, _flashTrouble, Control, Node)).WithMailbox(64));
            ActorRef[] clockListeners = { Node, Control, WireGuard };
            TimeServers servers = new TimeServers
            {
                Names = _options.TimeServers ?? new string[0], Resolver = _drivers.Resolver, Port = _drivers.TimePort, Entropy = _drivers.Entropy, Node = Node,
            };
            Graph.Bind(Clock, Props.From(() => new ClockActor(_drivers.WallClock, _drivers.KeyValueStore, Store, clockListeners, servers)));
        }

        private void BindControl()
        {
            ControlOptions control = new ControlOptions
            {
                ControlUrl = _options.ControlUrl, AuthKey = _options.AuthKey, HostName = _options.HostName, Tags = _options.AdvertiseTags,
                Ephemeral = _options.Ephemeral, NodeKeyIsNew = _options.NodeKeyIsNew, KnownServerKey = _options.ControlKey ?? _drivers.KeyValueStore.Get(StateKeys.ControlKey),
                PinServerKey = _options.PinControlKey || _options.ControlKey != null,
                ClockTrusted = _drivers.WallClock.UnixMs != 0, RoutableIps = _options.AdvertiseRoutes, Userspace = _options.Netstack,
                MaxFilterBytes = _options.FilterBytes, MaxPeers = _options.MaxPeers,
            };
            ControlRoutes routes = new ControlRoutes
            {
                Node = Node, Clock = Clock, Self = With(Router, With(_peerApi, With(Sockets, new[] { Node, NetIo, WireGuard, Pings, Names }))),
                Attributes = With(_portMap, new[] { Node, Paths, NetCheck, NetIo }),
                Pings = new[] { Pings }, NameService = new[] { Names },
                Peers = With(Router, new[] { WireGuard, Paths }), Store = Store, Table = _peers, Admission = new[] { WireGuard },
                Filter = new[] { Filter },
                Relays = new[] { Node, NetCheck, Relays },
            };
            Graph.Bind(Control, Props.From(() => new CoordinationActor(control, _keys.Identity, routes, _dialer, _drivers.DhWorker,
                _drivers.Entropy)).WithMailbox(32));
            FilterSet filters = new FilterSet(_options.FilterBytes);
            byte[] storedFilter = _drivers.KeyValueStore.Get(StateKeys.PacketFilter);
            Graph.Bind(Filter, Props.From(() => new FilterActor(filters, _plane, Node, Store,
                storedFilter)).WithMailbox(16));
            MagicDns rules = new MagicDns();
            Graph.Bind(Names, Props.From(() => new DnsActor(Node, rules, _drivers.Datagrams, _drivers.Entropy)).WithMailbox(32)
                .WithAsks(DnsActor.MaxPending));
            Graph.Bind(Pings, Props.From(() => new ControlPingActor(Control, Node, Paths, NetIo, _dialer)));
            NetCheckOptions netCheck = new NetCheckOptions
            {
                ForceRelay = _options.ForceRelay, AllowInsecure = _options.AllowInsecureRelay, FixedPort = _options.UdpPort != 0,
                MeasureByHttps = true,
            };
            Graph.Bind(NetCheck, Props.From(() => new NetCheckActor(Paths, Control, Relays, _plane, _drivers.PacketPort, _drivers.Resolver,
                _drivers.Entropy, netCheck, Node, _prober)).WithMailbox(32));
            Graph.Bind(_prober, Props.From(() => new HttpProbeActor(NetCheck, _drivers.Dialer, _options.AllowInsecureRelay)).WithMailbox(32));
            if (_portMap != null) Graph.Bind(_portMap, Props.From(() => new PortMapActor(NetCheck, _plane, _drivers.Gateway, _drivers.GatewayPort,
                _drivers.Dialer, _drivers.Entropy)).WithMailbox(32));
        }

        private void BindRelays()
        {
            DerpOptions derp = new DerpOptions
            {
                NodePrivate = _keys.Identity.NodePrivate, NodePublic = _keys.Identity.NodePublic, AllowInsecure = _options.AllowInsecureRelay,
            };
            int count = _options.RelayConnections;
            ActorRef[] relays = new ActorRef[count];
            ActorRef[] writers = new ActorRef[count];
            for (int i = 0; i < count; i++)
            {
                int slot = i;
                relays[i] = Declare("relay-" + i.ToString(), Relays);
                writers[i] = Declare("relay-tx-" + i.ToString(), Relays);
                Graph.Bind(relays[i], Props.From(() => new DerpRelayActor(slot, Relays, writers[slot], _dialer, _plane, _drivers.DhWorker,
                    _drivers.Entropy, derp)).WithMailbox(32));
                Graph.Bind(writers[i], Props.From(() => new DerpTxActor(relays[slot], _plane, _options.RelayBlockBytes)));
            }
            Graph.Bind(Relays, Props.From(() => new RelaysActor(Node, Paths, NetCheck, relays, writers, derp)).WithMailbox(64));
        }

        private void BindPackets()
        {
            PathOptions paths = new PathOptions
            {
                NodePublic = _keys.Identity.NodePublic, DiscoPrivate = _keys.DiscoPrivate, DiscoPublic = _keys.Identity.DiscoPublic,
                ForceRelay = _options.ForceRelay, ProbePorts = _options.ProbePorts, MaxPaths = _options.ActivePeers + 8, Micros = _drivers.Micros,
                Peers = _peers,
            };
            Graph.Bind(Paths, Props.From(() => new PathFinderActor(Node, WireGuard, NetCheck, Relays, _plane, _drivers.DhWorker, _drivers.Entropy, paths))
                .WithMailbox(128));
            WgPeers peers = new WgPeers(_peers, _routes, new WgPolicy(_options.AllowPeers, _options.PriorityPeers));
            WireGuardCounters counters = new WireGuardCounters();
            ActorRef[] listeners = With(Sockets, new[] { Paths, NetIo, Node });
            Graph.Bind(WireGuard, Props.From(() => new WgManagerActor(_plane, _drivers.DhWorker, _drivers.Entropy, _keys.Identity, peers, counters,
                listeners)).WithMailbox(128).WithUrgent(32).WithTimers(WgManagerActor.TimerSlots));
            BufferPool events = new BufferPool(_options.EventBuffers, DataPlane.MaxEvent);
            Graph.Bind(NetIo, Props.From(() => new NetIoActor(_plane, events, _options.UdpPort, _drivers.Entropy, WireGuard, Paths, NetCheck, Relays, Node,
                _drivers.Micros, Sockets, _portMap, Names)).WithTimers(NetIoActor.TimerSlots));
        }

        private void BindSockets()
        {
            // A device has room for a few segments, a desktop for whole socket buffers.
            bool small = _options.MaxSockets <= SmallSockets;
            byte[] seed = new byte[32];
            _drivers.Entropy.Fill(seed, 0, seed.Length);
            _stack.Open(seed, _drivers.Clock.NowMs);
            BufferPool buffers = new BufferPool(small ? 8 : 64, SocketBuffer.DatagramHeader + (small ? 1280 : Net.MaxDatagram));
            Graph.Bind(Sockets, Props.From(() => new SocketsActor(_stack, Node, Udp, Tcp, _options.EchoPort)).WithMailbox(32)
                .WithTimers(SocketsActor.TimerSlots));
            Graph.Bind(Udp, Props.From(() => new UdpSocketActor(_stack, buffers)).WithMailbox(64).WithTimers(UdpSocketActor.TimerSlots));
            Graph.Bind(Tcp, Props.From(() => new TcpSocketActor(_stack, buffers)).WithMailbox(64).WithTimers(TcpSocketActor.TimerSlots));
            Blocking = new TunnelNode(this, buffers);
            Graph.Bind(_peerApi, Props.From(() => new PeerApiActor(_plane, Tcp, Control, buffers)).WithMailbox(16).WithAsks(PeerApiActor.Asks)
                .WithTimers(PeerApiActor.TimerSlots));
        }

        /// <summary>The others, and the first when there is one.</summary>
        private static ActorRef[] With(ActorRef optional, ActorRef[] others)
        {
            if (optional == null) return others;
            ActorRef[] all = new ActorRef[others.Length + 1];
            System.Array.Copy(others, all, others.Length);
            all[others.Length] = optional;
            return all;
        }
    }
}
