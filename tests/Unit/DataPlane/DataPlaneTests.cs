using System;
using System.Collections.Generic;
using MicroLink.Native;
using MicroLink.NetIo;
using Xunit;

namespace MicroLink.Tests.Unit;

/// <summary>The data plane through its managed face; its rules have their tests in native/tests/test_dp_*.c.</summary>
public sealed class DataPlaneTests
{
    private readonly byte[] _packet = new byte[InnerPing.MaxLength];

    private int Icmp(int from, int to, int token) => InnerPing.WriteIcmp(_packet, 0, PlaneNode.Address(from), 0, PlaneNode.Address(to), 0, token);

    [Fact]
    public void Two_planes_ping_each_other_by_udp()
    {
        using PlaneNode a = new(1, 2), b = new(2, 1);
        a.Join(b, 1000);
        Assert.Equal(1, a.CarryTo(b, 1001));
        Assert.Equal(1, b.Events(NetEvent.Confirmed));
        Assert.Equal(0, a.Plane.SendIp(_packet, 0, Icmp(1, 2, 0x01020304), 1002));
        Assert.Equal(0, b.Plane.SendIp(_packet, 0, InnerPing.WriteTsmp(_packet, 0, PlaneNode.Address(2), 0, PlaneNode.Address(1), 0, 77), 1002));
        a.CarryTo(b, 1003);
        b.CarryTo(a, 1004);
        a.CarryTo(b, 1005);
        Assert.Equal(1, a.Events(NetEvent.InnerReply));
        Assert.Equal(0, NetEvent.Slot(a.Record, 0));
        Assert.False(NetEvent.CameByRelay(a.Record, 0));
        Assert.True(InnerPing.ReadReply(a.Record, NetEvent.PayloadOffset, NetEvent.PayloadLength(a.Record, 0), out int token, out bool tsmp));
        Assert.Equal(0x01020304, token);
        Assert.False(tsmp);
        Assert.Equal(1, b.Events(NetEvent.InnerReply));
        Assert.True(InnerPing.ReadReply(b.Record, NetEvent.PayloadOffset, NetEvent.PayloadLength(b.Record, 0), out token, out tsmp));
        Assert.Equal(77, token);
        Assert.True(tsmp);
        Assert.Equal(1, b.Counter("icmp echoes answered"));
    }

    [Fact]
    public void Two_planes_ping_each_other_by_relay_bytes()
    {
        using PlaneNode a = new(1, 2), b = new(2, 1);
        a.UseRelay();
        b.UseRelay();
        a.Join(b, 1000);
        Assert.Equal(1, a.RelayTo(b, 1001));
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(0, a.Plane.SendIp(_packet, 0, Icmp(1, 2, i + 1), 1002));
            Assert.Equal(1, a.RelayTo(b, 1003, 7 + i));
            Assert.Equal(1, b.RelayTo(a, 1004, 40 - i));
            Assert.Equal(1, a.Events(NetEvent.InnerReply));
            Assert.True(NetEvent.CameByRelay(a.Record, 0));
            Assert.Equal(PlaneNode.Region, NetEvent.Region(a.Record, 0));
        }
    }

    [Fact]
    public void Stamps_tell_what_happened()
    {
        using PlaneNode a = new(1, 2), b = new(2, 1);
        Assert.Equal(0, a.Plane.SendIp(_packet, 0, Icmp(1, 2, 1), 500));
        a.Plane.ReadStamps();
        Assert.Equal(PeerStamps.StagedWaits, PeerStamps.Flags(a.Plane.Stamps, 0));
        Assert.Equal(1, PeerStamps.Staged(a.Plane.Stamps, 0));
        Assert.Equal(1, a.Events(NetEvent.NeedHandshake));
        a.Join(b, 1000);
        a.CarryTo(b, 1001);
        b.CarryTo(a, 1002);
        a.Plane.ReadStamps();
        Assert.Equal(PeerStamps.HasCurrent | PeerStamps.WeAreInitiator, PeerStamps.Flags(a.Plane.Stamps, 0));
        Assert.Equal(1000, PeerStamps.DataSentMs(a.Plane.Stamps, 0));
        Assert.Equal(1000, PeerStamps.SentMs(a.Plane.Stamps, 0));
        Assert.Equal(1000, PeerStamps.KeyBornMs(a.Plane.Stamps, 0));
        Assert.Equal(1002, PeerStamps.DataReceivedMs(a.Plane.Stamps, 0));
        Assert.Equal(1002, PeerStamps.AuthenticatedMs(a.Plane.Stamps, 0));
        Assert.Equal(64, PeerStamps.ReceivedBytes(a.Plane.Stamps, 0));
        Assert.Equal(64, PeerStamps.SentBytes(a.Plane.Stamps, 0));
        Assert.Equal(0, PeerStamps.Flags(a.Plane.Stamps, 1));
    }

    /// <summary>The packet rule's price on the managed side: none.</summary>
    [Fact]
    public void Forwarding_ten_thousand_packets_allocates_nothing()
    {
        using PlaneNode a = new(1, 2), b = new(2, 1);
        a.Join(b, 1000);
        a.CarryTo(b, 1001);
        int length = Icmp(1, 2, 9);
        Forward(a, b, length, 100);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Forward(a, b, length, 10000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(10100, b.Counter("icmp echoes answered"));
    }

    private void Forward(PlaneNode a, PlaneNode b, int length, int count)
    {
        for (int i = 0; i < count; i++)
        {
            a.Plane.SendIp(_packet, 0, length, 2000);
            a.CarryTo(b, 2000);
            b.CarryTo(a, 2000);
            while (a.Plane.PollEvent(a.Record, 0) > 0) { }
        }
    }

    [Fact]
    public void Counter_names_are_unique_and_end()
    {
        HashSet<string> names = new();
        int count = 0;
        while (DataPlane.CounterName(count) is string name)
        {
            Assert.True(names.Add(name), name);
            count++;
        }
        Assert.InRange(count, 40, DataPlane.MaxCounters);
        Assert.Null(DataPlane.CounterName(-1));
    }

    [Fact]
    public void Handles_that_are_gone_are_refused()
    {
        int handle = DataPlane.Create(4, 1024, 8, 4096, 4096);
        Assert.True(handle > 0);
        Assert.Equal(0, DataPlane.Destroy(handle));
        Assert.Equal(DataPlane.BadHandle, DataPlane.Destroy(handle));
        Assert.Equal(DataPlane.BadHandle, DataPlane.PollUdp(handle, new byte[100], 0));
        int next = DataPlane.Create(4, 1024, 8, 4096, 4096);
        Assert.NotEqual(handle, next);                       // the place may be the same, the generation is not
        Assert.Equal(DataPlane.BadHandle, DataPlane.Options(handle, 0));
        DataPlane.Destroy(next);
    }

    [Theory]
    [InlineData(0, 1024, 8, 4096, 4096)]
    [InlineData(4, 1000, 8, 4096, 4096)]
    [InlineData(4, 16384, 8, 4096, 4096)]
    [InlineData(4, 1024, 1, 4096, 4096)]
    [InlineData(4, 1024, 8, 100, 4096)]
    [InlineData(4, 1024, 8, 4096, -1)]
    public void Senseless_sizes_are_refused(int peers, int window, int queue, int events, int udp)
    {
        Assert.Equal(DataPlane.BadArgument, DataPlane.Create(peers, window, queue, events, udp));
    }

    [Fact]
    public void Lengths_are_checked_before_native_code_sees_them()
    {
        using PlaneNode a = new(1, 2);
        Assert.Throws<ArgumentOutOfRangeException>(() => DataPlane.SendIp(a.Handle, new byte[10], 5, 6, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => DataPlane.UdpIn(a.Handle, new byte[17], 0, new byte[10], 0, 10, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => DataPlane.PollUdp(a.Handle, new byte[10], 11));
        Assert.Throws<ArgumentOutOfRangeException>(() => DataPlane.PeerAllowed(a.Handle, 0, new byte[17], 2));
        Assert.Throws<ArgumentNullException>(() => DataPlane.Seed(a.Handle, null));
        Assert.Equal(DataPlane.TooLong, DataPlane.Stamps(a.Handle, new byte[100], 0));
    }
}
