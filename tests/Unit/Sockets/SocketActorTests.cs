using System;
using System.Text;
using MicroLink.Native;
using MicroLink.NetIo;
using MicroLink.Runtime;
using MicroLink.Sockets;
using MicroLink.TestKit;
using MicroLink.WireGuard;
using Xunit;

namespace MicroLink.Tests.Unit;

/// <summary>The socket actors with the real stack: what is asked is answered, nothing is lost in silence, buffers come back.</summary>
[Collection(NetstackCollection.Name)]
public sealed class SocketActorTests : IDisposable
{
    private readonly SocketWorld _world = Net.IsAvailable ? new SocketWorld() : null;
    private readonly Probe _a, _b;

    public SocketActorTests()
    {
        if (_world == null) return;
        _a = _world.System.NewProbe("app a");
        _b = _world.System.NewProbe("app b");
        _world.Run();
    }

    public void Dispose()
    {
        if (_world == null) return;
        Assert.Equal(_world.One.Pool.Count, _world.One.Pool.Free);
        Assert.Equal(_world.Two.Pool.Count, _world.Two.Pool.Free);
        _world.Dispose();
    }

    private static byte[] At(int node, int port) => [.. PlaneNode.Address(node), (byte)(port >> 8), (byte)port];

    private T Ask<T>(Probe app, ActorRef actor, Message question) where T : Message
    {
        app.Send(actor, question);
        _world.Run();
        return (T)app.Expect(typeof(T));
    }

    private PacketBuffer Bytes(SocketNode node, object socket, string text, byte[] to = null)
    {
        PacketBuffer buffer = node.Pool.Lease();
        to?.CopyTo(buffer.Bytes, 0);
        int at = to == null ? 0 : to.Length;
        buffer.Count = at + Encoding.ASCII.GetBytes(text, buffer.Bytes.AsSpan(at));
        buffer.Kind = to == null ? SocketBuffer.Stream : SocketBuffer.Datagram;
        buffer.Tag = socket;
        return buffer;
    }

    private static string Take(PacketBuffer buffer, int skip = 0)
    {
        string text = Encoding.ASCII.GetString(buffer.Bytes, buffer.Offset + skip, buffer.Count - skip);
        buffer.Return();
        return text;
    }

    [NetstackFact]
    public void Datagrams_go_to_who_reads()
    {
        UdpSocket one = Ask<UdpBound>(_a, _world.One.Udp, new UdpBind(0)).Udp, two = Ask<UdpBound>(_b, _world.Two.Udp, new UdpBind(9000)).Udp;
        Assert.Equal(9000, two.Port);
        Assert.InRange(one.Port, 49152, 65535);
        Assert.Equal(Net.InUse, Ask<SocketError>(_b, _world.Two.Udp, new UdpBind(9000)).Code);

        _b.Send(_world.Two.Udp, new UdpRead(two, 0));
        _a.Send(_world.One.Udp, Bytes(_world.One, one, "hello", At(2, 9000)));
        _world.Run();
        PacketBuffer got = (PacketBuffer)_b.Expect(typeof(PacketBuffer));
        Assert.Same(two, got.Tag);
        Assert.Equal(At(1, one.Port), got.Bytes[..18]);
        Assert.Equal("hello", Take(got, SocketBuffer.DatagramHeader));

        // Nobody reads: it waits in the socket.
        _a.Send(_world.One.Udp, Bytes(_world.One, one, "later", At(2, 9000)));
        _world.Run();
        _b.ExpectNone();
        Assert.Equal("later", Take(Ask<PacketBuffer>(_b, _world.Two.Udp, new UdpRead(two, 0)), SocketBuffer.DatagramHeader));
    }

    [NetstackFact]
    public void A_read_ends_in_time_and_with_the_socket()
    {
        UdpSocket one = Ask<UdpBound>(_a, _world.One.Udp, new UdpBind(0)).Udp;
        _a.Send(_world.One.Udp, new UdpRead(one, 500));
        _world.Pass(490);
        _a.ExpectNone();
        Assert.Equal(Net.InUse, Ask<SocketError>(_b, _world.One.Udp, new UdpRead(one, 0)).Code);
        _world.Pass(20);
        Assert.Equal(Net.TimedOut, ((SocketError)_a.Expect(typeof(SocketError))).Code);
        _a.Send(_world.One.Udp, new UdpRead(one, 0));
        _a.Send(_world.One.Udp, new UdpClose(one));
        _world.Run();
        Assert.Equal(Net.NotConnected, ((SocketError)_a.Expect(typeof(SocketError))).Code);
        Assert.False(one.IsOpen);
        Assert.Equal(Net.NotConnected, Ask<SocketError>(_a, _world.One.Udp, Bytes(_world.One, one, "x", At(2, 1))).Code);
    }

    private (TcpSocket Client, TcpSocket Server) Connect(int port)
    {
        TcpListener listener = Ask<TcpListening>(_b, _world.Two.Tcp, new TcpListen(port, 4)).Listener;
        _b.Send(_world.Two.Tcp, new TcpAccept(listener, 0));
        _world.Run();
        TcpSocket client = Ask<TcpConnected>(_a, _world.One.Tcp, new TcpConnect(At(2, port), 5000)).Tcp;
        TcpSocket server = ((TcpConnected)_b.Expect(typeof(TcpConnected))).Tcp;
        Assert.Equal(PlaneNode.Address(1), server.Remote[..16]);
        return (client, server);
    }

    [NetstackFact]
    public void A_connection_lives_and_ends()
    {
        (TcpSocket client, TcpSocket server) = Connect(8080);
        _a.Send(_world.One.Tcp, Bytes(_world.One, client, "question"));
        _world.Run();
        _a.Expect(typeof(SocketDone));
        Assert.Equal("question", Take(Ask<PacketBuffer>(_b, _world.Two.Tcp, new TcpRead(server, 0))));
        _a.Send(_world.One.Tcp, new TcpFinish(client));
        _world.Run();
        Ask<TcpEnded>(_b, _world.Two.Tcp, new TcpRead(server, 0));
        _b.Send(_world.Two.Tcp, Bytes(_world.Two, server, "answer"));
        _b.Send(_world.Two.Tcp, new TcpClose(server, false));
        _world.Run();
        Assert.Equal("answer", Take(Ask<PacketBuffer>(_a, _world.One.Tcp, new TcpRead(client, 0))));
        Ask<TcpEnded>(_a, _world.One.Tcp, new TcpRead(client, 0));
        _a.Send(_world.One.Tcp, new TcpClose(client, false));
        _world.Run();
        Assert.False(client.IsOpen);
    }

    [NetstackFact]
    public void Refused_reset_and_unanswered_are_told_apart()
    {
        Assert.Equal(Net.Refused, Ask<SocketError>(_a, _world.One.Tcp, new TcpConnect(At(2, 1), 5000)).Code);
        (TcpSocket client, TcpSocket server) = Connect(8081);
        _b.Send(_world.Two.Tcp, new TcpClose(server, true));
        _world.Run();
        Assert.Equal(Net.Reset, Ask<SocketError>(_a, _world.One.Tcp, new TcpRead(client, 0)).Code);
        _a.Send(_world.One.Tcp, new TcpClose(client, true));

        // Nobody has the address: the node is asked, and says so.
        _a.Send(_world.One.Tcp, new TcpConnect(At(77, 1), 5000));
        _world.Run();
        AddressWanted wanted = (AddressWanted)_world.One.Node.Expect(typeof(AddressWanted));
        Assert.Equal(PlaneNode.Address(77), wanted.Address);
        _a.ExpectNone();
        _world.One.Sockets.Tell(new NobodyHas(wanted.Address));
        _world.Run();
        Assert.Equal(Net.Unreachable, ((SocketError)_a.Expect(typeof(SocketError))).Code);

        // Or says nothing: the time that was given ends it.
        _a.Send(_world.One.Tcp, new TcpConnect(At(78, 1), 5000));
        _world.Pass(4980);
        _a.ExpectNone();
        _world.Pass(40);
        Assert.Equal(Net.TimedOut, ((SocketError)_a.Expect(typeof(SocketError))).Code);
        _world.One.Node.Clear();
    }

    /// <summary>The first packet to a peer without a tunnel is not lost: it goes when there is one.</summary>
    [NetstackFact]
    public void First_packet_waits_for_the_tunnel()
    {
        UdpSocket one = Ask<UdpBound>(_a, _world.One.Udp, new UdpBind(0)).Udp, two = Ask<UdpBound>(_b, _world.Two.Udp, new UdpBind(9001)).Udp;
        _world.One.Packets.Plane.PeerAllowed(0, []);
        _a.Send(_world.One.Udp, Bytes(_world.One, one, "early", At(2, 9001)));
        _world.Run();
        _world.One.Node.Expect(typeof(AddressWanted));
        _b.Send(_world.Two.Udp, new UdpRead(two, 0));
        _world.Run();
        _b.ExpectNone();
        _world.One.Packets.Plane.PeerAllowed(0, PlaneNode.Prefix(2));
        _world.One.Sockets.Tell(new PeerActivated(0, new MicroLink.NetMap.PeerRow { Id = 2 }));
        _world.Run();
        Assert.Equal("early", Take((PacketBuffer)_b.Expect(typeof(PacketBuffer)), SocketBuffer.DatagramHeader));
    }

    /// <summary>A peer that does not read: buffers wait at the sender, one more is refused, and all arrive when it reads.</summary>
    [NetstackFact]
    public void Back_pressure_reaches_the_sender()
    {
        (TcpSocket client, TcpSocket server) = Connect(8082);
        string block = new('x', 4096);
        int taken = 0, waiting = 0;
        while (waiting < 4)
        {
            _a.Send(_world.One.Tcp, Bytes(_world.One, client, block));
            _world.Run();
            if (_a.Find(typeof(SocketDone)) != null) taken++;
            else waiting++;
            _a.Clear();
            Assert.InRange(taken, 0, 4096);
        }
        Assert.Equal(DataPlane.Full, Ask<SocketError>(_a, _world.One.Tcp, Bytes(_world.One, client, block)).Code);
        long got = 0, wanted = (taken + waiting) * 4096L;
        for (int i = 0; got < wanted && i < 5000; i++)
        {
            _b.Send(_world.Two.Tcp, new TcpRead(server, 0));
            _world.Run();
            // An opened window lets out 128 KB at once, and the ring of this world holds 64: TCP sends the rest again after its own time.
            for (int waited = 0; _b.Count == 0 && waited < 10_000; waited += 100) _world.Pass(100);
            while (_b.Count > 0) got += Take((PacketBuffer)_b.Next()).Length;
        }
        Assert.Equal(wanted, got);
        _a.Send(_world.One.Tcp, new TcpClose(client, true));
        _b.Send(_world.Two.Tcp, new TcpClose(server, true));
        _world.Run();
    }

    [NetstackFact]
    public void Echo_port_answers()
    {
        UdpSocket one = Ask<UdpBound>(_a, _world.One.Udp, new UdpBind(0)).Udp;
        _a.Send(_world.One.Udp, Bytes(_world.One, one, "marco", At(2, 7)));
        Assert.Equal("marco", Take(Ask<PacketBuffer>(_a, _world.One.Udp, new UdpRead(one, 0)), SocketBuffer.DatagramHeader));
    }
}

/// <summary>A test that needs lwIP in the native library.</summary>
public sealed class NetstackFactAttribute : FactAttribute
{
    public NetstackFactAttribute() { Skip = NetstackCollection.Missing; }
}
