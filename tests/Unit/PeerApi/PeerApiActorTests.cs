using MicroLink.Control;
using MicroLink.Native;
using MicroLink.NetIo;
using MicroLink.NetMap;
using MicroLink.PeerApi;
using MicroLink.Runtime;
using MicroLink.Sockets;
using MicroLink.TestKit;
using Xunit;

namespace MicroLink.Tests.Unit;

/// <summary>The peer API's places over a TCP actor that the test plays.</summary>
public sealed class PeerApiActorTests
{
    [Fact]
    public void A_peer_that_dribbles_its_request_loses_its_place_after_ten_seconds()
    {
        TestSystem system = new();
        PlaneNode node = new(1, 2);
        node.Plane.SetSelf(PlaneNode.Prefix(1));
        Probe tcp = system.NewProbe("tcp"), control = system.NewProbe("control");
        BufferPool pool = new(4, 2048);
        ActorRef api = system.Graph.Declare("api", null);
        system.Graph.Bind(api, Props.From(() => new PeerApiActor(node.Plane, tcp.Ref, control.Ref, pool)).WithAsks(PeerApiActor.Asks)
            .WithTimers(PeerApiActor.TimerSlots));
        system.Start();
        api.Tell(new SelfChanged(new PeerRow { Addresses = PlaneNode.Prefix(1) }));
        system.RunToQuiet();
        tcp.Expect(typeof(TcpListen));
        tcp.Reply(new TcpListening(new TcpListener(1, 8080)));
        system.RunToQuiet();
        tcp.Expect(typeof(TcpAccept));
        TcpSocket slow = new(2, new byte[DataPlane.EndpointLength]);
        tcp.Reply(new TcpConnected(slow));
        system.RunToQuiet();
        int seconds = 0;
        TcpClose closed = null;
        for (; seconds < 60 && closed == null; seconds++)
        {
            for (Message message = tcp.Next(); message != null && closed == null; message = tcp.Next())
            {
                closed = message as TcpClose;
                if (message is not TcpRead) continue;
                PacketBuffer one = pool.Lease();
                one.Kind = SocketBuffer.Stream;
                one.Bytes[one.Offset] = (byte)'G';
                one.Count = 1;
                system.Advance(1000);
                tcp.Reply(one);
            }
            system.RunToQuiet();
        }
        Assert.Same(slow, closed?.Tcp);
        Assert.InRange(seconds, 9, 12);
        Assert.Null(pool.DescribeLeases());
        DataPlane.Destroy(node.Plane.Handle);
    }
}
