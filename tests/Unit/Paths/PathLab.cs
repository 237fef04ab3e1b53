using System;
using System.Collections.Generic;
using System.Linq;
using MicroLink.Bytes;
using MicroLink.Control;
using MicroLink.Derp;
using MicroLink.Disco;
using MicroLink.Drivers;
using MicroLink.Drivers.Desktop;
using MicroLink.Lab.Core;
using MicroLink.Native;
using MicroLink.NetIo;
using MicroLink.NetMap;
using MicroLink.Paths;
using MicroLink.Runtime;
using MicroLink.Stun;
using MicroLink.TestKit;
using MicroLink.Tests.Unit.Disco;
using MicroLink.Tests.Unit.Peers;
using MicroLink.WireGuard;

namespace MicroLink.Tests.Unit.Paths;

/// <summary>
/// Half nodes (netio, paths, netcheck, relays; no control and no WireGuard) around the lab's relay and STUN servers, in virtual time. What
/// they send arrives after one millisecond.
/// </summary>
internal sealed class PathLab : IDisposable
{
    public const int Region = 900;
    public readonly TestSystem System = new TestSystem(new VirtualClock(), 128);
    public readonly LabCore Core;
    public readonly List<HalfNode> Nodes = new();
    /// <summary>False: a datagram from the first to the second is lost.</summary>
    public Func<string, string, bool> Passes = (_, _) => true;
    public bool RelayRefused;
    public int RelayAccepts, StunRequests;
    public byte[] StunAddress = DiscoWireTests.Endpoints("10.9.9.9:3478");
    private readonly PriorityQueue<Action, (long, int)> _flying = new();
    private int _order;
    private bool _started;

    public PathLab(int seed)
    {
        LabOptions options = new LabOptions { VerifyRelayClients = false };
        options.Regions.Add(new LabRegion { Id = Region });
        if (options.Regions.Count(r => r.Id == Region) > 1) options.Regions.RemoveAt(0);
        Core = new LabCore(options, new SeedEntropy(seed));
    }

    public DerpMap Map(bool insecure = false) => new DerpMap
    {
        Regions = [new DerpRegion { Id = Region, Code = "lab", Nodes = [new DerpNode { Name = "900a", HostName = "relay.test", IPv4 = "10.9.9.9", IPv6 = "none", InsecureForTests = insecure }] }],
    };

    public HalfNode Add(string name, string address, int seed, Action<PathOptions, DerpOptions, NetCheckOptions> configure = null)
    {
        HalfNode node = new HalfNode(this, name, address, seed, configure);
        Nodes.Add(node);
        return node;
    }

    public void Fly(Action action) => _flying.Enqueue(action, (System.Time.Ms + 1, _order++));

    public void Advance(int ms)
    {
        long end = System.Time.Ms + ms;
        if (!_started) System.Start();
        _started = true;
        System.RunToQuiet();
        for (; ; )
        {
            long next = Math.Min(System.NextWakeMs(), Core.Deadline);
            if (_flying.TryPeek(out _, out (long At, int) first)) next = Math.Min(next, first.At);
            if (next > end) break;
            if (next > System.Time.Ms) System.Time.Ms = next;
            while (_flying.TryPeek(out Action action, out (long At, int) due) && due.At <= System.Time.Ms) { _flying.Dequeue(); action(); }
            Core.HandleTimeout(System.Time.Ms);
            System.RunToQuiet();
        }
        System.Time.Ms = end;
    }

    /// <summary>Tells every node about every other, as control would.</summary>
    public void Introduce()
    {
        foreach (HalfNode a in Nodes)
            foreach (HalfNode b in Nodes)
                if (a != b) a.Hear(PeerDelta.Upsert, b.Row());
    }

    /// <summary>Sends an actor a message that it must fail at: the bug of somebody else.</summary>
    public void Crash(string name)
    {
        Message message;
        switch (name.Split('-')[1])
        {
            case "paths": message = new PeerDelta(PeerDelta.Upsert, null); break;
            case "tx": message = new RelayAttach(null, 1, null, 5); break;
            case "relay":
                PacketBuffer empty = new BufferPool(1, 1).Lease();
                empty.Kind = BufferKind.NetEvent;
                message = empty;
                break;
            default: message = new DerpMapChanged(null); break;
        }
        Xunit.Assert.True(System.Find(name).Tell(message));
    }

    public void Dispose()
    {
        foreach (HalfNode node in Nodes) DataPlane.Destroy(node.Plane.Handle);
    }

    internal sealed class HalfNode : IPacketPort, IStreamDialer, IResolver
    {
        public readonly string Name;
        public readonly long Id;
        public readonly PacketPlane Plane;
        public readonly TestPeers Known = new();
        public readonly ActorRef Paths, NetCheck, Relays, NetIo, RelaySlot;
        public readonly Probe Node, Control, Wg;
        public readonly byte[] NodePublic = new byte[32], NodePrivate = new byte[32], DiscoPublic = new byte[32];
        public readonly byte[] Address;
        public readonly BufferPool Events = new BufferPool(64, DataPlane.MaxEvent), Blocks = new BufferPool(16, 2048);
        public readonly List<StreamTarget> Dials = new();
        public readonly List<LabLink> Links = new();
        public int Pings, Pongs, Other, StreamCapacity = 4096;
        /// <summary>What WireGuard would have been told; for rows of this node in others' maps.</summary>
        public byte[] Endpoints = [];
        private readonly PathLab _lab;
        private ActorRef _owner;
        private readonly byte[] _out = new byte[2048];
        private int _dials;

        public HalfNode(PathLab lab, string name, string address, int seed, Action<PathOptions, DerpOptions, NetCheckOptions> configure)
        {
            _lab = lab;
            Name = name;
            Id = seed;
            Address = DiscoWireTests.Endpoints(address);
            SeedEntropy entropy = new SeedEntropy(seed);
            byte[] disco = DiscoKeyRing.NewPair(entropy), node = DiscoKeyRing.NewPair(entropy);
            Array.Copy(node, 0, NodePrivate, 0, 32);
            Array.Copy(node, 32, NodePublic, 0, 32);
            Array.Copy(disco, 32, DiscoPublic, 0, 32);
            int handle = DataPlane.Create(4, 1024, 64, 32768, 65536);
            DataPlane.Seed(handle, new byte[32]);
            DataPlane.FilterOff(handle);
            Plane = new PacketPlane(handle, 4, this);
            Plane.SetIdentity(NodePublic);

            PathOptions paths = new PathOptions { NodePublic = NodePublic, DiscoPrivate = disco[..32], DiscoPublic = DiscoPublic, MaxPaths = 6, Peers = Known.Table };
            DerpOptions derp = new DerpOptions { NodePrivate = NodePrivate, NodePublic = NodePublic };
            NetCheckOptions check = new NetCheckOptions();
            configure?.Invoke(paths, derp, check);

            ActorGraph graph = lab.System.Graph;
            Node = lab.System.NewProbe(name + "-node");
            Control = lab.System.NewProbe(name + "-control");
            Wg = lab.System.NewProbe(name + "-wg");
            Paths = graph.Declare(name + "-paths", null);
            NetCheck = graph.Declare(name + "-netcheck", null);
            Relays = graph.Declare(name + "-relays", null);
            NetIo = graph.Declare(name + "-netio", null);
            RelaySlot = graph.Declare(name + "-relay", null);
            ActorRef tx = graph.Declare(name + "-tx", null);
            DesktopDhWorker worker = new DesktopDhWorker();
            graph.Bind(Paths, Props.From(() => new PathFinderActor(Node.Ref, Wg.Ref, NetCheck, Relays, Plane, worker, entropy, paths)).WithMailbox(64));
            graph.Bind(NetCheck, Props.From(() => new NetCheckActor(Paths, Control.Ref, Relays, Plane, this, this, entropy, check)).WithMailbox(32));
            graph.Bind(Relays, Props.From(() => new RelaysActor(Node.Ref, Paths, NetCheck, [RelaySlot], [tx], derp)).WithMailbox(64));
            graph.Bind(RelaySlot, Props.From(() => new DerpRelayActor(0, Relays, tx, this, Plane, worker, entropy, derp)).WithMailbox(32));
            graph.Bind(tx, Props.From(() => new DerpTxActor(RelaySlot, Plane, DerpTxActor.DeviceBlockBytes)));
            graph.Bind(NetIo, Props.From(() => new NetIoActor(Plane, Events, 41641, entropy, Wg.Ref, Paths, NetCheck, Relays, Node.Ref, null))
                .WithTimers(NetIoActor.TimerSlots));
        }

        /// <summary>As from control: into the table of all peers, then to the path finder.</summary>
        public void Hear(int kind, PeerRow row) => Paths.Tell(Known.Note(kind, row));

        public PeerRow Row() => new PeerRow
        {
            Id = Id, Fields = PeerRow.All, Name = Name + ".lab.", Key = NodePublic, DiscoKey = DiscoPublic, Endpoints = Endpoints, HomeRelay = Region,
            Addresses = Prefix(Id), AllowedIps = Prefix(Id),
        };

        public void Activate(HalfNode peer, int slot)
        {
            PeerRow row = peer.Row();
            Plane.Activate(slot, row, row.AllowedIps);
            PeerActivated activated = new PeerActivated(slot, row);
            NetIo.Tell(activated);
            Paths.Tell(activated);
            Paths.Tell(new PeerTraffic(slot));
            Paths.Tell(new PeerTraffic(slot));
        }

        /// <summary>The last PathChanged about this peer that the node was told, or null.</summary>
        public PathChanged LastPath(HalfNode peer)
        {
            PathChanged last = null;
            for (Message message = Node.Next(); message != null; message = Node.Next())
                if (message is PathChanged changed && changed.PeerId == peer.Id) last = changed;
            return last;
        }

        public PingResult Ping(HalfNode peer, int timeoutMs, int runMs)
        {
            Probe asker = _lab.System.NewProbe("asker" + _lab.System.Time.Ms + Name + _lab._order++);
            asker.Send(Paths, new PingPeer(peer.Id, PingPeer.Disco, timeoutMs));
            _lab.Advance(runMs);
            return (PingResult)asker.Find(typeof(PingResult));
        }

        // IPacketPort
        public string Error => null;

        public int Open(int dataPlane, int preferredPort, ActorRef owner)
        {
            _owner = owner;
            return NetEndpoint.Port(Address, 0);
        }

        public void Flush()
        {
            int length;
            while ((length = DataPlane.PollUdp(Plane.Handle, _out, 0)) > 0)
            {
                byte[] to = _out[..18], datagram = _out[18..length];
                Count(datagram);
                if (NetEndpoint.Equal(to, 0, _lab.StunAddress, 0)) { _lab.Fly(() => AnswerStun(datagram)); continue; }
                HalfNode other = _lab.Nodes.FirstOrDefault(n => NetEndpoint.Equal(n.Address, 0, to, 0));
                if (other == null || !_lab.Passes(Name, other.Name)) continue;
                _lab.Fly(() => other.Deliver(Address, datagram));
            }
            _owner?.Tell(NetIoReady.Instance);
        }

        public int Rebind(int preferredPort) => NetEndpoint.Port(Address, 0);

        public int LocalAddresses(byte[] into, int offset)
        {
            Array.Copy(Address, 0, into, offset, 16);
            return 1;
        }

        public void Close() { }

        // IStreamDialer
        public int Dial(StreamTarget target, ActorRef owner)
        {
            Dials.Add(target);
            int dial = ++_dials;
            _lab.Fly(() =>
            {
                if (_lab.RelayRefused) { owner.Tell(new StreamFailed(dial, StreamFailure.Refused, "relay.test refuses connections")); return; }
                LabLink link = new LabLink(_lab, this, owner);
                Links.Add(link);
                _lab.RelayAccepts++;
                owner.Tell(new StreamOpened(dial, link));
            });
            return dial;
        }

        public void Cancel(int dial) { }

        // IResolver
        public void Resolve(string host, ActorRef owner, int tag) => _lab.Fly(() => owner.Tell(new Resolved(tag, [], "no such name")));

        private void Deliver(byte[] from, byte[] datagram)
        {
            DataPlane.UdpIn(Plane.Handle, from, 0, datagram, 0, datagram.Length, _lab.System.Time.Ms);
            Flush();
        }

        private void AnswerStun(byte[] request)
        {
            byte[] response = new byte[LabStun.MaxResponse];
            _lab.StunRequests++;
            if (!_lab.Passes(Name, "stun")) return;
            int count = _lab.Core.Stun.Answer(request, Address, response);
            if (count > 0) _lab.Fly(() => Deliver(_lab.StunAddress, response[..count]));
        }

        private void Count(byte[] datagram)
        {
            if (datagram.Length == 124) Pings++;
            else if (datagram.Length == 110) Pongs++;
            else Other++;
        }

        private static byte[] Prefix(long id)
        {
            byte[] prefix = new byte[17];
            NetEndpoint.ParsePrefix("100.64.0." + id + "/32", prefix, 0);
            return prefix;
        }
    }

    /// <summary>One relay connection: the client's byte stream and the server's pipe in one.</summary>
    internal sealed class LabLink : IByteStream, ILabPipe
    {
        public bool Closed;
        public int Writes, Partial;
        private readonly PathLab _lab;
        private readonly HalfNode _node;
        private readonly ActorRef _owner;
        private readonly LabStream _server;

        public LabLink(PathLab lab, HalfNode node, ActorRef owner)
        {
            _lab = lab;
            _node = node;
            _owner = owner;
            _server = lab.Core.AcceptRelay(Region, this, node.Name, lab.System.Time.Ms);
        }

        public string RemoteText => "10.9.9.9:443";
        public byte[] LocalAddress { get; set; }
        /// <summary>What we write is lost: the connection is dead and does not know it.</summary>
        public bool Mute;

        public int Write(byte[] buffer, int offset, int count)
        {
            Writes++;
            int taken = Math.Min(count, _node.StreamCapacity);
            byte[] bytes = buffer.AsSpan(offset, taken).ToArray();
            _lab.Fly(() => { if (!Closed && !Mute) _server.Receive(bytes, _lab.System.Time.Ms); });
            if (taken == count) return taken;
            Partial++;
            _lab.Fly(() => _owner.Tell(new StreamWritable(this)));
            return taken;
        }

        public void Close()
        {
            if (Closed) return;
            Closed = true;
            _lab.Fly(() => _server.PeerClosed(_lab.System.Time.Ms));
        }

        public bool CanSend => true;

        public void Send(ReadOnlySpan<byte> bytes)
        {
            byte[] copy = bytes.ToArray();
            _lab.Fly(() =>
            {
                if (Closed) return;
                for (int at = 0; at < copy.Length; at += 2048)
                {
                    PacketBuffer block = _node.Blocks.Lease() ?? throw new InvalidOperationException("no block");
                    block.Count = Math.Min(2048, copy.Length - at);
                    Array.Copy(copy, at, block.Bytes, 0, block.Count);
                    block.Kind = BufferKind.StreamData;
                    block.Tag = this;
                    if (!_owner.Tell(block)) block.Return();
                }
            });
        }

        void ILabPipe.Close(string reason) => Cut(reason);

        /// <summary>The connection breaks.</summary>
        public void Cut(string reason)
        {
            _lab.Fly(() =>
            {
                if (Closed) return;
                Closed = true;
                _owner.Tell(new StreamClosed(this, reason));
            });
        }
    }
}
