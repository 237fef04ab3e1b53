using System;
using MicroLink.Control;
using MicroLink.Drivers;
using MicroLink.Native;
using MicroLink.NetIo;
using MicroLink.NetMap;
using MicroLink.Runtime;
using MicroLink.Sockets;
using MicroLink.TestKit;
using Xunit;

namespace MicroLink.Tests.Unit;

/// <summary>lwIP is one stack a process with one clock: tests that use it run one after the other.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class NetstackCollection
{
    public const string Name = "netstack";
    /// <summary>Why these tests cannot run here, or null.</summary>
    public static string Missing => Net.IsAvailable ? null : "the native library was built without lwIP (./test --install as root, or LWIP_DIR)";
}

/// <summary>Two nodes' socket actors over the real IP stack and data planes, joined in memory, under virtual time.</summary>
internal sealed class SocketWorld : IDisposable
{
    public readonly TestSystem System = new();
    public readonly SocketNode One, Two;

    public SocketWorld()
    {
        One = new SocketNode(System, 1, 2);
        Two = new SocketNode(System, 2, 1);
        System.Graph.Start();
        One.Begin(1);
        Two.Begin(2);
        One.Packets.Join(Two.Packets, System.Time.Ms);
        Run();
    }

    /// <summary>Actors and packets until nothing moves.</summary>
    public void Run()
    {
        int moved;
        do
        {
            System.RunToQuiet();
            moved = One.Packets.CarryTo(Two.Packets, System.Time.Ms) + Two.Packets.CarryTo(One.Packets, System.Time.Ms);
            moved += One.Announce() + Two.Announce();
        }
        while (moved > 0);
        System.RunToQuiet();
    }

    /// <summary>From now on packets move by themselves: for callers that wait for an answer.</summary>
    public void MoveByItself()
    {
        bool busy = false;
        One.Packets.Flushed = Two.Packets.Flushed = () =>
        {
            if (busy) return;
            busy = true;
            while (One.Packets.CarryTo(Two.Packets, System.Time.Ms) + Two.Packets.CarryTo(One.Packets, System.Time.Ms) + One.Announce() + Two.Announce() > 0) { }
            busy = false;
        };
    }

    public void Pass(int ms)
    {
        for (int i = 0; i < ms; i += 10)
        {
            System.Advance(10);
            Run();
        }
    }

    public void Dispose()
    {
        One.Dispose();
        Two.Dispose();
    }
}

internal sealed class SocketNode : IDisposable
{
    public readonly PlaneNode Packets;
    public readonly NetStack Stack;
    public readonly BufferPool Pool = new(8, 4096);
    public readonly ActorRef Sockets, Udp, Tcp;
    public readonly Probe Node;

    public SocketNode(TestSystem system, int number, int other)
    {
        Packets = new PlaneNode(number, other);
        Stack = new NetStack(Packets.Plane, 32);
        Assert.True(Stack.Open(PlaneNode.Filled(32, number), system.Time.Ms), Stack.Trouble);
        Node = system.NewProbe("node" + number);
        ActorGraph graph = system.Graph;
        Sockets = graph.Declare("sockets" + number, null);
        Udp = graph.Declare("udp" + number, null);
        Tcp = graph.Declare("tcp" + number, null);
        graph.Bind(Sockets, Props.From(() => new SocketsActor(Stack, Node.Ref, Udp, Tcp, 7)).WithTimers(SocketsActor.TimerSlots));
        graph.Bind(Udp, Props.From(() => new UdpSocketActor(Stack, Pool)).WithTimers(UdpSocketActor.TimerSlots));
        graph.Bind(Tcp, Props.From(() => new TcpSocketActor(Stack, Pool)).WithTimers(TcpSocketActor.TimerSlots));
    }

    public void Begin(int number)
    {
        Sockets.Tell(new SelfChanged(new PeerRow { Addresses = PlaneNode.Prefix(number) }));
    }

    /// <summary>In NetIo's place: the plane's events. Returns how many.</summary>
    public int Announce()
    {
        int count = 0;
        while (Packets.Plane.PollEvent(Packets.Record, 0) > 0)
        {
            if (NetEvent.Kind(Packets.Record, 0) != NetEvent.Sockets) continue;
            Sockets.Tell(SocketsReady.Instance);
            count++;
        }
        return count;
    }

    public void Dispose()
    {
        Stack.Close();
        Packets.Dispose();
    }
}
