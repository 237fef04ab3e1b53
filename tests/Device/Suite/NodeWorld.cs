using System;
using MicroLink.Bytes;
using MicroLink.Control;
using MicroLink.Drivers;
using MicroLink.Filter;
using MicroLink.Native;
using MicroLink.NetMap;
using MicroLink.Node;
using MicroLink.Runtime;
using MicroLink.Store;
using MicroLink.TestKit;

namespace MicroLink.Tests.Device
{
    /// <summary>
    /// Whole nodes in one actor system under virtual time, joined by a cable: what one node's data plane sends, the others' get at once.
    /// Control cannot be reached; the test says in its place who the peers are.
    /// </summary>
    internal sealed class NodeWorld
    {
        private const long UnixMsAtZero = 1790000000000;

        internal readonly TestSystem System = new TestSystem(new VirtualClock(), 48);
        internal readonly WorldNode[] Nodes;

        internal NodeWorld(int nodes)
        {
            Nodes = new WorldNode[nodes];
            for (int i = 0; i < nodes; i++) Nodes[i] = new WorldNode(this, i);
            System.Start();
            System.RunToQuiet();
            for (int i = 0; i < nodes; i++) Nodes[i].Be(RowOf(i + 1, Nodes[i].NodePublic, Nodes[i].DiscoPublic));
            System.RunToQuiet();
        }

        /// <summary>Each node hears of the other, as from control.</summary>
        internal void Introduce(int a, int b)
        {
            Nodes[a].Meet(RowOf(b + 1, Nodes[b].NodePublic, Nodes[b].DiscoPublic));
            Nodes[b].Meet(RowOf(a + 1, Nodes[a].NodePublic, Nodes[a].DiscoPublic));
            System.RunToQuiet();
        }

        /// <summary>A peer as control describes it: node n has 100.64.0.n and the UDP endpoint 192.0.2.n:41641.</summary>
        internal static PeerRow RowOf(int n, byte[] key, byte[] disco)
        {
            byte[] addresses = new byte[NetEndpoint.PrefixLength], endpoints = new byte[NetEndpoint.Length];
            NetEndpoint.ParsePrefix("100.64.0." + n.ToString() + "/32", addresses, 0);
            NetEndpoint.WriteV4(endpoints, 0, 192, 0, 2, n, NodeOptions.DefaultUdpPort);
            return new PeerRow
            {
                Id = n, Fields = PeerRow.All, StableId = "n" + n.ToString(), Name = "node-" + n.ToString() + ".test.", Key = key, DiscoKey = disco,
                Addresses = addresses, AllowedIps = addresses, Endpoints = endpoints, Online = PeerRow.IsOnline, MachineAuthorized = true,
                Capability = 113,
            };
        }

        internal void Deliver(int from, byte[] endpoint, byte[] datagram, int offset, int count)
        {
            // 192.0.2.n, as RowOf gave it out; anything else is lost on the way.
            int n = endpoint[12] == 192 ? endpoint[15] - 1 : -1;
            if (n >= 0 && n < Nodes.Length && n != from) Nodes[n].Port.Receive(from, datagram, offset, count);
        }

        internal long UnixMs { get { return UnixMsAtZero + System.Time.Ms; } }

        internal void Close()
        {
            for (int i = 0; i < Nodes.Length; i++) Nodes[i].Graph.Close();
        }
    }

    /// <summary>One node with the simplest drivers there can be.</summary>
    internal sealed class WorldNode : INodeListener, IWallClock, IDhWorker, IStreamDialer, IResolver
    {
        private readonly NodeWorld _world;
        private int _dials;

        internal readonly NodeGraph Graph;
        internal readonly CablePort Port;
        internal readonly byte[] NodePublic = new byte[32];
        internal readonly byte[] DiscoPublic;
        internal string State, Reason;

        internal WorldNode(NodeWorld world, int index)
        {
            _world = world;
            Port = new CablePort(world, index);
            MemoryStore store = new MemoryStore();
            CountingEntropy entropy = new CountingEntropy((uint)index + 1);
            NodeOptions options = NodeOptions.ForDevice();
            options.ControlUrl = "http://control.test";
            options.HostName = "node-" + (index + 1).ToString();
            options.RelayConnections = 1;
            NodeDrivers drivers = new NodeDrivers
            {
                Clock = world.System.Time, WallClock = this, Entropy = entropy, DhWorker = this, Dialer = this, Resolver = this, PacketPort = Port,
                KeyValueStore = store,
            };
            Graph = new NodeGraph(world.System, "n" + (index + 1).ToString() + "/", options, drivers, this);
            Graph.Compose();
            Cipher.X25519Base(store.Get(StateKeys.NodePrivate), 0, NodePublic, 0);
            DiscoPublic = Graph.DiscoPublic;
        }

        internal void Be(PeerRow self)
        {
            Graph.Node.Tell(new SelfChanged(self));
            Graph.NetIo.Tell(new SelfChanged(self));
            Graph.WireGuard.Tell(new SelfChanged(self));
            if (Graph.Sockets != null) Graph.Sockets.Tell(new SelfChanged(self));   // where there is an IP stack, it answers the pings
            AllowAll();
        }

        /// <summary>The filter that a tailnet begins with: everybody may do everything.</summary>
        private void AllowAll()
        {
            byte[] all = { (byte)'*' };
            RuleBuilder rules = new RuleBuilder(1024);
            rules.Begin();
            rules.BeginRule();
            rules.Source(all, 0, 1);
            rules.BeginTarget();
            rules.TargetAddress(all, 0, 1);
            rules.FirstPort(0);
            rules.LastPort(65535);
            rules.EndTarget();
            rules.EndRule();
            FilterPart part = rules.Finish();
            part.Stream = 1;
            part.Name = FilterPart.Base;
            part.Singular = true;
            Graph.Filter.Tell(new PacketFilterPart(part));
            Graph.Filter.Tell(new PacketFilterCommit(1, new byte[0]));
        }

        internal void Meet(PeerRow peer)
        {
            PeerDelta delta = PeerDelta.Note(Graph.Peers, PeerDelta.Upsert, peer, _world.System.Time.Ms);
            Graph.Store.Tell(delta);
            Graph.WireGuard.Tell(delta);
            Graph.Paths.Tell(delta);
        }

        public long UnixMs { get { return _world.UnixMs; } }

        public void Submit(DhJob job, ActorRef owner)
        {
            Jobs.Compute(job);
            owner.Tell(new DhDone(job));
        }

        public int Dial(StreamTarget target, ActorRef owner)
        {
            int dial = ++_dials;
            owner.Tell(new StreamFailed(dial, StreamFailure.Refused, target.Host + " cannot be reached: this test has no network."));
            return dial;
        }

        public void Cancel(int dial)
        {
        }

        public void Resolve(string host, ActorRef owner, int tag)
        {
            owner.Tell(new Resolved(tag, new byte[0], host + " has no address: this test has no network."));
        }

        public void StateChanged(string state, string reason, string authUrl)
        {
            State = state;
            Reason = reason;
        }

        public void NodeKeyChanged()
        {
        }
    }
}
