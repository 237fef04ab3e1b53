using System;
using System.Collections.Generic;
using MicroLink.Bytes;
using MicroLink.Clock;
using MicroLink.Control;
using MicroLink.Drivers;
using MicroLink.Drivers.Desktop;
using MicroLink.Native;
using MicroLink.NetIo;
using MicroLink.NetMap;
using MicroLink.Runtime;
using MicroLink.TestKit;
using MicroLink.Tests.Unit.Peers;
using MicroLink.WireGuard;

namespace MicroLink.Tests.Unit.WireGuard;

/// <summary>
/// Two or more nodes with the real data plane, NetIo and WgManager, joined by a wire in memory, under virtual time.
/// <code>  SendIp -> data plane -> wire (drop, duplicate, record) -> data plane -> NetIo -> WgManager  </code>
/// </summary>
internal sealed class WgWorld : IDisposable
{
    public readonly TestSystem System = new TestSystem(new VirtualClock { Ms = 1000000 }, 64);
    public readonly List<WgNode> Nodes = new List<WgNode>();
    /// <summary>Handshake messages that crossed, "a>b 1".</summary>
    public readonly List<string> Handshakes = new List<string>();
    /// <summary>Decides what becomes of a datagram: how many copies arrive.</summary>
    public Func<WgNode, WgNode, byte[], int> Wire = (_, _, _) => 1;

    public WgNode Add(string name, int slots = 4, bool clock = true, WgPolicy policy = null)
    {
        WgNode node = new WgNode(this, name, Nodes.Count + 1, slots, clock, policy);
        Nodes.Add(node);
        return node;
    }

    public void Carry(WgNode from, byte[] to, byte[] datagram)
    {
        WgNode target = Nodes.Find(n => n.Number == to[15]);
        if (target == null) return;
        if (datagram[0] < 4) Handshakes.Add(from.Name + ">" + target.Name + " " + datagram[0]);
        for (int copies = Wire(from, target, datagram); copies > 0; copies--) target.Receive(from, datagram);
    }

    public void Dispose()
    {
        foreach (WgNode node in Nodes) DataPlane.Destroy(node.Plane.Handle);
    }
}

internal sealed class WgNode : IPacketPort
{
    private readonly WgWorld _world;
    private readonly byte[] _out = new byte[2000];
    private ActorRef _owner;
    private readonly byte[] _private;

    public readonly string Name;
    public readonly int Number;
    public readonly byte[] Public = new byte[32];
    public readonly PacketPlane Plane;
    public readonly ActorRef Manager, NetIo;
    public readonly Probe Told;
    public readonly BufferPool Pool = new BufferPool(32, DataPlane.MaxEvent);
    public readonly WireGuardCounters Counters = new WireGuardCounters();
    public readonly TestPeers Known = new TestPeers();
    public readonly WgPeers Peers;
    public readonly SlowDhWorker Worker;
    public readonly NodeIdentity Identity = new NodeIdentity();
    public bool NoPaths;

    public WgNode(WgWorld world, string name, int number, int slots, bool clock, WgPolicy policy)
    {
        _world = world;
        Peers = new WgPeers(Known.Table, new WgRoutes(), policy ?? new WgPolicy());
        Name = name;
        Number = number;
        _private = Party.Key((byte)(16 * number));
        Cipher.X25519Base(_private, 0, Public, 0);
        Identity.NodePrivate = _private;
        Identity.NodePublic = Public;
        int handle = DataPlane.Create(slots, 1024, 32, 65536, 65536);
        byte[] seed = new byte[32];
        seed[0] = (byte)number;
        DataPlane.Seed(handle, seed);
        DataPlane.FilterOff(handle);
        Plane = new PacketPlane(handle, slots, this);
        Told = world.System.NewProbe(name + ".told");
        ActorRef nobody = world.System.Spawn(name + ".nobody", new Probe(name + ".nobody").Props);
        Manager = world.System.Declare(name + ".wg", null);
        NetIo = world.System.Declare(name + ".netio", null);
        Seeded entropy = new Seeded(number);
        Worker = new SlowDhWorker(world.System, name);
        world.System.Bind(Manager, Props.From(() => new WgManagerActor(Plane, Worker, entropy, Identity, Peers, Counters,
            new[] { Told.Ref })).WithMailbox(64).WithUrgent(16).WithTimers(WgManagerActor.TimerSlots));
        world.System.Bind(NetIo, Props.From(() => new NetIoActor(Plane, Pool, 0, entropy, Manager, nobody, nobody, nobody, nobody, null))
            .WithMailbox(64).WithUrgent(16).WithTimers(NetIoActor.TimerSlots));
        Manager.Cell.ScheduleStart(world.System.Time.Ms);
        NetIo.Cell.ScheduleStart(world.System.Time.Ms);
        world.System.RunToQuiet();
        if (clock) Manager.Tell(new WallClockChanged(1790000000000 - world.System.Time.Ms, true, "host", 0));
        Manager.Tell(new SelfChanged(Row(this)));
        world.System.RunToQuiet();
    }

    /// <summary>The row of a node as control describes it.</summary>
    public static PeerRow Row(WgNode node)
    {
        byte[] addresses = Prefix(node.Number);
        return new PeerRow { Id = node.Number, Fields = PeerRow.All, Name = node.Name + ".", Key = node.Public, Addresses = addresses, AllowedIps = addresses };
    }

    public void Knows(WgNode other)
    {
        Tell(new PeerDelta(PeerDelta.Upsert, Row(other)));
    }

    public void Tell(Message message)
    {
        if (message is PeerDelta delta) message = Known.Note(delta);
        if (!Manager.Tell(message)) throw new InvalidOperationException("the manager's mailbox is full");
        _world.System.RunToQuiet();
        SetPaths();
        _world.System.RunToQuiet();
    }

    /// <summary>What the path finder would do: every active peer is reached directly.</summary>
    public void SetPaths()
    {
        if (NoPaths) return;
        for (int slot = 0; slot < Plane.MaxPeers; slot++)
        {
            PeerRow row = Plane.Row(slot);
            if (row != null) Plane.PeerPath(slot, DataPlane.PathUdp, Endpoint((int)row.Id), 0, 0);
        }
    }

    /// <summary>Sends a ping packet with this many bytes of content to another node's tunnel address.</summary>
    public int Send(WgNode to, bool run = true)
    {
        byte[] packet = new byte[64];
        byte[] from = Prefix(Number), target = Prefix(to.Number);
        int length = InnerPing.WriteTsmp(packet, 0, from, 0, target, 0, 77);
        int result = Plane.SendIp(packet, 0, length, _world.System.Time.Ms);
        if (run) _world.System.RunToQuiet();
        return result;
    }

    public bool HasSession(WgNode with)
    {
        Plane.ReadStamps();
        int slot = Plane.SlotOf(with.Number);
        return slot >= 0 && (PeerStamps.Flags(Plane.Stamps, slot) & PeerStamps.HasCurrent) != 0;
    }

    public long Received(WgNode from)
    {
        Plane.ReadStamps();
        return PeerStamps.DataReceivedMs(Plane.Stamps, Plane.SlotOf(from.Number));
    }

    public void Receive(WgNode from, byte[] datagram)
    {
        DataPlane.UdpIn(Plane.Handle, Endpoint(from.Number), 0, datagram, 0, datagram.Length, _world.System.Time.Ms);
        Flush();
        _owner.TellUrgent(NetIoReady.Instance);
    }

    public static byte[] Endpoint(int number)
    {
        byte[] endpoint = new byte[18];
        endpoint[10] = endpoint[11] = 0xff;
        endpoint[12] = 10;
        endpoint[15] = (byte)number;
        ByteOrder.StoreU16BE(endpoint, 16, 41641);
        return endpoint;
    }

    public static byte[] Prefix(int number)
    {
        byte[] prefix = new byte[17];
        prefix[10] = prefix[11] = 0xff;
        prefix[12] = 100;
        prefix[13] = 64;
        prefix[15] = (byte)number;
        prefix[16] = 128;
        return prefix;
    }

    // ---- IPacketPort

    public string Error => null;
    public int Open(int dataPlane, int preferredPort, ActorRef owner) { _owner = owner; return 41641; }
    public int Rebind(int preferredPort) => 41641;
    public int LocalAddresses(byte[] into, int offset) => 0;
    public void Close() { }

    public void Flush()
    {
        int length;
        while ((length = DataPlane.PollUdp(Plane.Handle, _out, 0)) > 0)
        {
            _world.Carry(this, _out.AsSpan(0, 18).ToArray(), _out.AsSpan(18, length - 18).ToArray());
        }
        _owner?.TellUrgent(NetIoReady.Instance);
    }
}

/// <summary>Computes Diffie-Hellman jobs as a device does: after DelayMs each, or never.</summary>
internal sealed class SlowDhWorker : IDhWorker
{
    private readonly ScriptedDelay _delay;
    public int DelayMs, LoseNext, Done;

    public SlowDhWorker(TestSystem system, string name)
    {
        _delay = new ScriptedDelay();
        ActorRef actor = system.Spawn(name + ".dh", Props.From(() => _delay).WithTimers(1).WithMailbox(64));
        _delay.Ref = actor;
    }

    public void Submit(DhJob job, ActorRef owner)
    {
        if (LoseNext > 0)
        {
            LoseNext--;
            return;
        }
        DesktopDhWorker.Compute(job);
        Done++;
        if (DelayMs == 0) owner.Tell(new DhDone(job));
        else _delay.Ref.Tell(new Later(new DhDone(job), owner, DelayMs));
    }

    private sealed class Later : Message
    {
        public readonly DhDone Done;
        public readonly ActorRef Owner;
        public readonly int Ms;
        public Later(DhDone done, ActorRef owner, int ms) { Done = done; Owner = owner; Ms = ms; }
    }

    /// <summary>One job is out at a time, so one timer is enough.</summary>
    private sealed class ScriptedDelay : Actor
    {
        public ActorRef Ref;
        private Later _later;

        protected override void OnReceive(Message message)
        {
            if (message is Later later)
            {
                _later = later;
                Timers.Set(0, later.Ms, MicroLink.Runtime.AskTimeout.Instance, "dh");
            }
            else Send(_later.Owner, _later.Done);
        }
    }
}
