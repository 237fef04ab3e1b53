using System;
using System.Text;
using MicroLink.Native;
using MicroLink.Sockets;
using Xunit;

namespace MicroLink.Tests.Unit;

/// <summary>The blocking sockets, as a program without actors uses them; time moves while they wait.</summary>
[Collection(NetstackCollection.Name)]
public sealed class TunnelSocketTests : IDisposable
{
    private readonly SocketWorld _world = Net.IsAvailable ? new SocketWorld() : null;
    private readonly byte[] _bytes = new byte[10000], _from = new byte[18];

    public TunnelSocketTests() => _world?.MoveByItself();

    public void Dispose() => _world?.Dispose();

    private sealed class Names : INameLookup
    {
        public string Find(string nameOrAddress, byte[] into, int offset)
        {
            if (nameOrAddress != "two") return "There is no peer \"" + nameOrAddress + "\".";
            PlaneNode.Address(2).CopyTo(into, offset);
            return null;
        }
    }

    private TunnelTcp Tcp(SocketNode node) => new(_world.System, node.Tcp, node.Pool, new Names());
    private TunnelUdp Udp(SocketNode node) => new(_world.System, node.Udp, node.Pool, new Names());
    private string Text(int count) => Encoding.ASCII.GetString(_bytes, 0, count);

    [NetstackFact]
    public void Datagrams_by_name_and_back()
    {
        TunnelUdpSocket two = Udp(_world.Two).Bind(9000), one = Udp(_world.One).Bind(0);
        one.SendTo("two", 9000, Encoding.ASCII.GetBytes("marco"), 0, 5);
        Assert.Equal("marco", Text(two.Receive(_bytes, _from, 1000)));
        two.SendTo(_from, Encoding.ASCII.GetBytes("polo"), 0, 4);
        Assert.Equal("polo", Text(one.Receive(_bytes, _from, 1000)));
        long before = _world.System.Time.Ms;
        Assert.Equal(-1, one.Receive(_bytes, _from, 500));
        Assert.InRange(_world.System.Time.Ms - before, 500, 600);
        Assert.Equal(Net.Unreachable, Assert.Throws<TunnelSocketException>(() => one.SendTo("nobody", 1, _bytes, 0, 1)).Code);
        one.Close();
        two.Close();
    }

    [NetstackFact]
    public void Connect_accept_send_receive_close()
    {
        TunnelTcpListener listener = Tcp(_world.Two).Listen(8080, 4);
        Assert.Null(listener.Accept(100));
        TunnelTcpStream client = Tcp(_world.One).Connect("two", 8080, 5000), server = listener.Accept(1000);
        Assert.Equal(PlaneNode.Address(1), server.Remote[..16]);
        byte[] sent = new byte[30000];
        new Random(5).NextBytes(sent);
        client.Send(sent, 0, sent.Length, 5000);
        client.Finish();
        byte[] got = new byte[sent.Length];
        int count = 0;
        int n;
        while (count < got.Length && (n = server.Receive(got, count, Math.Min(777, got.Length - count), 1000)) > 0) count += n;
        Assert.Equal(0, server.Receive(_bytes, 0, 10, 1000));
        Assert.Equal(sent, got);
        Assert.Equal(-1, client.Receive(_bytes, 0, 10, 200));
        server.Close(true);
        Assert.Equal(Net.Reset, Assert.Throws<TunnelSocketException>(() => client.Receive(_bytes, 0, 10, 1000)).Code);
        client.Close(true);
        Assert.Equal(Net.Refused, Assert.Throws<TunnelSocketException>(() => Tcp(_world.One).Connect("two", 1, 5000)).Code);
        listener.Close();
    }
}
