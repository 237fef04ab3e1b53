using System;
using MicroLink.Drivers;
using MicroLink.Native;
using MicroLink.NetIo;
using MicroLink.Runtime;

namespace MicroLink.Tests.Unit;

/// <summary>One plane of a pair: node N has address 100.64.0.N, key 32 x N and listens at 10.0.0.N:41641. Slot 0 is its peer.</summary>
internal sealed class PlaneNode : IPacketPort, IDisposable
{
    public const int Region = 5;

    public readonly int Handle;
    public readonly int Number;
    public readonly PacketPlane Plane;
    public readonly byte[] Record = new byte[DataPlane.MaxEvent];
    public int Flushes;
    private readonly byte[] _datagram = new byte[2048];
    private readonly byte[] _blocks = new byte[1 << 16];

    public PlaneNode(int number, int other)
    {
        Number = number;
        Handle = DataPlane.Create(4, 1024, 64, 1 << 16, 1 << 16);
        Assert(Handle > 0);
        Plane = new PacketPlane(Handle, 4, this);
        Assert(DataPlane.Seed(Handle, Filled(32, number)) == 0);
        Assert(DataPlane.FilterOff(Handle) == 0);
        Assert(Plane.SetIdentity(Filled(32, number)) == 0);
        Assert(Plane.SetSelf(Prefix(number)) == 0);
        Assert(Plane.PeerSet(0, Filled(32, other), 0) == 0);
        Assert(Plane.PeerAllowed(0, Prefix(other)) == 0);
        Assert(Plane.PeerPath(0, DataPlane.PathUdp, Endpoint(other), 0, 0) == 0);
    }

    public string Error => null;
    public int Open(int dataPlane, int preferredPort, ActorRef owner) => 41641;
    /// <summary>In a pump's place: carries what was sent.</summary>
    public Action Flushed;
    public void Flush()
    {
        Flushes++;
        Flushed?.Invoke();
    }
    public int Rebind(int preferredPort) => 41641;
    public int LocalAddresses(byte[] into, int offset) => 0;
    public void Close() { }
    public void Dispose() => DataPlane.Destroy(Handle);

    public static byte[] Filled(int count, int value)
    {
        byte[] bytes = new byte[count];
        Array.Fill(bytes, (byte)value);
        return bytes;
    }

    public static byte[] Address(int node) => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 100, 64, 0, (byte)node];

    public static byte[] Prefix(int node) => [.. Address(node), 128];

    public static byte[] Endpoint(int node) => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, (byte)node, 0xa2, 0xa9];

    /// <summary>Installs matching sessions; this node is the initiator.</summary>
    public void Join(PlaneNode responder, long nowMs)
    {
        int ours = Plane.IndexAllocate(0), theirs = responder.Plane.IndexAllocate(0);
        Assert(responder.Plane.SessionInstall(0, theirs, ours, Filled(32, 101), Filled(32, 102), false, nowMs) == 0);
        Assert(Plane.SessionInstall(0, ours, theirs, Filled(32, 102), Filled(32, 101), true, nowMs) == 0);
    }

    /// <summary>Carries all waiting datagrams to the other node. Returns how many.</summary>
    public int CarryTo(PlaneNode other, long nowMs)
    {
        int count = 0, length;
        byte[] from = _endpoint ??= Endpoint(Number);
        while ((length = DataPlane.PollUdp(Handle, _datagram, 0)) > 0)
        {
            DataPlane.UdpIn(other.Handle, from, 0, _datagram, 18, length - 18, nowMs);
            count++;
        }
        return count;
    }

    private byte[] _endpoint;

    public void UseRelay()
    {
        Assert(Plane.PeerPath(0, DataPlane.PathRelay, null, 0, Region) == 0);
        Assert(Plane.RelayOpen(Region) == 0);
        Assert(Plane.RelayFrame(Region, 2, new byte[40], 0, 40) == 0);
    }

    /// <summary>Does what a relay does with the frames this node sends. Returns how many packets went over.</summary>
    public int RelayTo(PlaneNode other, long nowMs, int piece = 333)
    {
        int total = 0, length, count = 0;
        while ((length = Plane.RelayDrain(Region, _blocks, total, piece)) > 0) total += length;
        for (int at = 0; at < total; at += 5 + (_blocks[at + 3] << 8 | _blocks[at + 4]))
        {
            if (_blocks[at] != 4) continue;
            _blocks[at] = 5;
            Array.Fill(_blocks, (byte)Number, at + 5, 32);
            count++;
            for (int sent = 0, frame = 5 + (_blocks[at + 3] << 8 | _blocks[at + 4]); sent < frame; sent += piece)
                Assert(other.Plane.RelayIn(Region, _blocks, at + sent, Math.Min(piece, frame - sent), nowMs) == 0);
        }
        return count;
    }

    /// <summary>Reads all events into Record; the last one of this kind stays there. Returns how many there were.</summary>
    public int Events(int kind)
    {
        int count = 0;
        byte[] record = new byte[DataPlane.MaxEvent];
        while (Plane.PollEvent(record, 0) > 0)
        {
            if (NetEvent.Kind(record, 0) != kind) continue;
            count++;
            record.CopyTo(Record, 0);
        }
        return count;
    }

    public long Counter(string name)
    {
        byte[] all = new byte[DataPlane.MaxCounters * 8];
        int count = DataPlane.Counters(Handle, all, 0);
        for (int i = 0; i < count; i++)
            if (DataPlane.CounterName(i) == name) return BitConverter.ToInt64(all, i * 8);
        throw new ArgumentException("no counter named " + name);
    }

    private static void Assert(bool condition)
    {
        if (!condition) throw new InvalidOperationException("the data plane refused");
    }
}
