using System;
using MicroLink.Derp;
using MicroLink.Drivers;
using MicroLink.Native;
using MicroLink.NetIo;
using MicroLink.NetMap;
using MicroLink.Paths;
using MicroLink.Runtime;
using MicroLink.TestKit;
using MicroLink.WireGuard;
using Xunit;

namespace MicroLink.Tests.Unit;

/// <summary>What the NetIo actor hands to whom, with its neighbours replaced by probes, under virtual time.</summary>
public sealed class NetIoActorTests : IDisposable
{
    private readonly TestSystem _system = new();
    private readonly PlaneNode _us = new(1, 2), _peer = new(2, 1);
    private readonly Probe _wg, _paths, _netCheck, _relays, _node, _asker;
    private readonly BufferPool _pool = new(4, DataPlane.MaxEvent);
    private readonly ActorRef _netIo;
    private readonly byte[] _packet = new byte[InnerPing.MaxLength];

    public NetIoActorTests()
    {
        _wg = _system.NewProbe("wg");
        _paths = _system.NewProbe("paths");
        _netCheck = _system.NewProbe("netcheck");
        _relays = _system.NewProbe("relays");
        _node = _system.NewProbe("node");
        _asker = _system.NewProbe("asker");
        _netIo = _system.Spawn("netio", Props.From(() => new NetIoActor(_us.Plane, _pool, 41641, new CountingEntropy(), _wg.Ref, _paths.Ref,
            _netCheck.Ref, _relays.Ref, _node.Ref, null)).WithMailbox(64).WithUrgent(8).WithTimers(NetIoActor.TimerSlots));
        _system.RunToQuiet();
    }

    public void Dispose()
    {
        _us.Dispose();
        _peer.Dispose();
    }

    private sealed class CountingEntropy : IEntropy
    {
        private byte _next = 1;
        public void Fill(byte[] buffer, int offset, int count)
        {
            for (int i = 0; i < count; i++) buffer[offset + i] = _next++;
        }
    }

    private void Ready()
    {
        _netIo.Tell(NetIoReady.Instance);
        _system.RunToQuiet();
    }

    private static void ExpectEvent(Probe probe, int kind)
    {
        PacketBuffer buffer = (PacketBuffer)probe.Expect(typeof(PacketBuffer));
        Assert.Equal(BufferKind.NetEvent, buffer.Kind);
        Assert.Equal(kind, NetEvent.Kind(buffer.Bytes, buffer.Offset));
        Assert.Equal(NetEvent.HeaderLength + NetEvent.PayloadLength(buffer.Bytes, buffer.Offset), buffer.Count);
        buffer.Return();
    }

    [Fact]
    public void Port_is_opened_and_reported()
    {
        Assert.Equal(41641, ((UdpPortChanged)_netCheck.Expect(typeof(UdpPortChanged))).Port);
        Assert.Null(((UdpPortChanged)_node.Expect(typeof(UdpPortChanged))).Error);
        Assert.Equal(41641, _us.Plane.LocalPort);
    }

    [Fact]
    public void Activity_ticks_every_second()
    {
        _us.Plane.SendIp(_packet, 0, InnerPing.WriteIcmp(_packet, 0, PlaneNode.Address(1), 0, PlaneNode.Address(2), 0, 1), 0);
        _system.Advance(999);
        _paths.ExpectNone();
        _system.Advance(1);
        _paths.Expect(typeof(ActivityTick));
        Assert.NotNull(_wg.Find(typeof(ActivityTick)));
        Assert.Equal(1, PeerStamps.Staged(_us.Plane.Stamps, 0));
        _system.Advance(3000);
        Assert.Equal(3, _paths.Count);
    }

    [Fact]
    public void Events_go_to_whom_they_concern()
    {
        _us.Plane.SendIp(_packet, 0, InnerPing.WriteIcmp(_packet, 0, PlaneNode.Address(1), 0, PlaneNode.Address(2), 0, 1), 0);
        Ready();
        ExpectEvent(_wg, NetEvent.NeedHandshake);
        Assert.Equal(0, ((PeerTraffic)_paths.Expect(typeof(PeerTraffic))).Slot);

        _peer.Join(_us, 0);
        _peer.CarryTo(_us, 0);
        Ready();
        ExpectEvent(_wg, NetEvent.Confirmed);

        byte[] disco = new byte[78];
        Convert.FromHexString("5453f09f92ac").CopyTo(disco, 0);
        disco[6] = 9;
        byte[] key = new byte[32];
        key[0] = 9;
        _us.Plane.DiscoKnown(key, true);
        DataPlane.UdpIn(_us.Handle, PlaneNode.Endpoint(3), 0, disco, 0, disco.Length, 0);
        Ready();
        ExpectEvent(_paths, NetEvent.Disco);

        byte[] stun = Convert.FromHexString("010100002112a442000102030405060708090a0b");
        _us.Plane.StunExpect(stun, 8, 0);
        DataPlane.UdpIn(_us.Handle, PlaneNode.Endpoint(3), 0, stun, 0, stun.Length, 0);
        Ready();
        Assert.NotNull(_netCheck.Expect(typeof(UdpPortChanged)));
        ExpectEvent(_netCheck, NetEvent.Stun);

        _us.Plane.RelayOpen(7);
        _us.Plane.RelayIn(7, Convert.FromHexString("1400000003424144"), 0, 8, 0);
        Ready();
        ExpectEvent(_relays, NetEvent.RelayFrame);
        _us.Plane.RelayFrame(7, 2, new byte[32], 0, 32);
        Ready();
        Assert.Equal(7, ((RelayKickRegion)_relays.Expect(typeof(RelayKickRegion))).Region);
        Assert.Equal(_pool.Count, _pool.Free);
    }

    /// <summary>More events than buffers: nothing is lost, the actor comes back for them.</summary>
    [Fact]
    public void A_small_pool_delays_events_and_loses_none()
    {
        _us.Plane.RelayOpen(7);
        byte[] health = Convert.FromHexString("1400000003424144");
        for (int i = 0; i < 100; i++) _us.Plane.RelayIn(7, health, 0, 8, 0);
        Ready();
        int seen = 0;
        while (seen < 100)
        {
            while (_relays.Count > 0)
            {
                ExpectEvent(_relays, NetEvent.RelayFrame);
                seen++;
            }
            _system.Advance(5);
            Assert.True(_system.Time.Ms < 1000, "only " + seen + " events came");
        }
        Assert.Equal(_pool.Count, _pool.Free);
    }

    private void Activate()
    {
        PeerRow row = new() { Id = 42, Key = PlaneNode.Filled(32, 2), Addresses = PlaneNode.Prefix(2), AllowedIps = PlaneNode.Prefix(2) };
        _netIo.Tell(new PeerActivated(0, row));
    }

    private void Ask(int kind, int timeoutMs)
    {
        _system.Spawn("question" + kind + timeoutMs, Props.From(() => new Asking(_netIo, _asker.Ref, new PingPeer(42, kind, timeoutMs))).WithAsks(1));
        _system.RunToQuiet();
    }

    private sealed class Asking : Actor
    {
        private readonly ActorRef _target, _teller;
        private readonly Message _question;
        public Asking(ActorRef target, ActorRef teller, Message question) { _target = target; _teller = teller; _question = question; }
        protected override void OnStart() => Ask(_target, _question, 60000);
        protected override void OnReceive(Message message) => Send(_teller, message);
    }

    [Theory]
    [InlineData(PingPeer.Icmp)]
    [InlineData(PingPeer.Tsmp)]
    public void Pings_inside_the_tunnel_are_answered_with_their_time(int kind)
    {
        Activate();
        _us.Join(_peer, 0);
        Ask(kind, 5000);
        _system.Advance(17);
        _us.CarryTo(_peer, _system.Time.Ms);
        _peer.CarryTo(_us, _system.Time.Ms);
        Ready();
        PingResult result = (PingResult)_asker.Expect(typeof(PingResult));
        Assert.Null(result.Error);
        Assert.Equal(42, result.PeerId);
        Assert.Equal(17000, result.LatencyMicros);
        Assert.Equal(PlaneNode.Endpoint(2), result.Endpoint);
        _system.Advance(10000);
        _asker.ExpectNone();
    }

    /// <summary>A peer with two addresses is asked at the one that is named; one that it has no more is not asked.</summary>
    [Theory]
    [InlineData(2, true)]
    [InlineData(3, true)]
    [InlineData(4, false)]
    public void A_ping_goes_to_the_address_that_is_named(int asked, bool sent)
    {
        byte[] both = [.. PlaneNode.Prefix(2), .. PlaneNode.Prefix(3)];
        PeerRow row = new() { Id = 42, Key = PlaneNode.Filled(32, 2), Addresses = both, AllowedIps = both };
        _us.Plane.PeerAllowed(0, both);
        _netIo.Tell(new PeerActivated(0, row));
        _us.Plane.Remember(0, row);
        _us.Join(_peer, 0);
        while (DataPlane.PollUdp(_us.Handle, new byte[2048], 0) > 0) { }
        PingPeer ping = new(42, PingPeer.Icmp, 5000) { Address = PlaneNode.Address(asked) };
        _system.Spawn("question", Props.From(() => new Asking(_netIo, _asker.Ref, ping)).WithAsks(1));
        _system.RunToQuiet();
        byte[] taken = new byte[2048];
        Assert.Equal(sent, DataPlane.PollUdp(_us.Handle, taken, 0) > 0);
        if (asked != 2) return;
        // The peer of these tests answers for its first address.
        _system.Advance(1000);
        _us.CarryTo(_peer, _system.Time.Ms);
        _peer.CarryTo(_us, _system.Time.Ms);
        Ready();
        Assert.Null(((PingResult)_asker.Expect(typeof(PingResult))).Error);
    }

    [Fact]
    public void A_ping_is_repeated_and_timed_from_the_attempt_that_was_answered()
    {
        Activate();
        _us.Join(_peer, 0);
        Ask(PingPeer.Icmp, 5000);
        byte[] lost = new byte[2048];
        while (DataPlane.PollUdp(_us.Handle, lost, 0) > 0) { }
        _system.Advance(1030);
        Assert.Equal(1, _us.CarryTo(_peer, _system.Time.Ms));
        _peer.CarryTo(_us, _system.Time.Ms);
        Ready();
        Assert.Equal(30000, ((PingResult)_asker.Expect(typeof(PingResult))).LatencyMicros);
    }

    [Fact]
    public void A_ping_without_answer_ends_with_a_sentence()
    {
        Ask(PingPeer.Icmp, 3000);                                // 42 is not active
        _system.Advance(2999);
        _asker.ExpectNone();
        _system.Advance(1);
        Assert.Equal("no answer within 3000 ms", ((PingResult)_asker.Expect(typeof(PingResult))).Error);
    }
}
