using System;
using System.Linq;
using MicroLink.Control;
using MicroLink.Derp;
using MicroLink.Native;
using MicroLink.NetIo;
using MicroLink.NetMap;
using MicroLink.Paths;
using MicroLink.Runtime;
using MicroLink.WireGuard;
using Xunit;

namespace MicroLink.Tests.Unit.WireGuard;

/// <summary>The manager under load: cookies, floods, slow and lost Diffie-Hellman, loss and doubling.</summary>
public sealed class WgManagerLoadTests : IDisposable
{
    private readonly WgWorld _world = new WgWorld();
    private readonly WgNode _a, _b;

    public WgManagerLoadTests()
    {
        _a = _world.Add("a");
        _b = _world.Add("b");
        _a.Knows(_b);
        _b.Knows(_a);
    }

    public void Dispose() => _world.Dispose();

    [Fact]
    public void Under_load_the_gate_asks_for_a_cookie_and_the_next_initiation_carries_it()
    {
        DataPlane.Options(_b.Plane.Handle, DataPlane.OptionUnderLoad);
        _a.Send(_b);
        Assert.Equal(new[] { "a>b 1", "b>a 3" }, _world.Handshakes);
        Assert.False(_a.HasSession(_b));
        _world.System.Advance(4999);                     // "does not retransmit at once: waits for the normal retry"
        Assert.Equal(2, _world.Handshakes.Count);
        _world.System.Advance(400);
        Assert.Equal(new[] { "a>b 1", "b>a 3", "a>b 1", "b>a 2" }, _world.Handshakes);
        Assert.True(_a.HasSession(_b) && _b.HasSession(_a));
    }

    [Fact]
    public void First_contact_and_retries_of_a_direct_path_go_by_the_home_relay_too_and_renewals_do_not()
    {
        PeerRow row = WgNode.Row(_b);
        row.HomeRelay = 5;
        _a.Tell(new PeerDelta(PeerDelta.Upsert, row));
        DataPlane.RelayOpen(_a.Plane.Handle, 5);
        DataPlane.RelayFrame(_a.Plane.Handle, 5, DerpWire.ClientInfo, new byte[1], 0, 0);
        Assert.Equal(5, RelayedBytes());
        _a.Tell(new PathChanged(row.Id, PathChanged.Direct, WgNode.Endpoint(2), 5, "test"));
        _world.Wire = (_, _, _) => 0;                    // the direct path answers pings and carries no handshake
        _a.Send(_b);
        // One SendPacket frame (protocol.md 5.4): header, 32 bytes of key, the initiation.
        Assert.Equal(5 + 32 + 148, RelayedBytes());
        _world.System.Advance(5400);
        Assert.Equal(5 + 32 + 148, RelayedBytes());
        _world.Wire = (_, _, _) => 1;
        _world.System.Advance(5400);
        Assert.True(_a.HasSession(_b));
        Assert.Equal(5 + 32 + 148, RelayedBytes());
        for (int second = 0; second < 125; second++)
        {
            _a.Send(_b);
            _world.System.Advance(1000);
        }
        Assert.Equal(2, _a.Counters.Sessions);
        Assert.Equal(0, RelayedBytes());
    }

    private int RelayedBytes()
    {
        byte[] frames = new byte[2000];
        return DataPlane.RelayDrain(_a.Plane.Handle, 5, frames, 0, frames.Length);
    }

    [Fact]
    public void An_answer_that_went_to_our_home_relay_before_it_was_up_is_asked_for_again_at_once()
    {
        _world.Wire = (_, _, datagram) => datagram[0] == 2 ? 0 : 1;
        _a.Send(_b);
        Assert.False(_a.HasSession(_b));
        _world.Wire = (_, _, _) => 1;
        _world.System.Advance(100);
        _a.Tell(new RelayUp(1));
        Assert.Single(_world.Handshakes, h => h.EndsWith('1'));                      // the relay may have carried that one only now
        _world.System.Advance(400);
        Assert.True(_a.HasSession(_b) && _b.HasSession(_a));
    }

    [Fact]
    public void With_a_slow_worker_handshakes_take_turns_and_all_complete()
    {
        WgNode hub = _world.Add("hub", 8);
        hub.Worker.DelayMs = 50;                         // an ESP32 needs 11-50 ms
        WgNode[] leaves = new WgNode[5];
        for (int i = 0; i < leaves.Length; i++)
        {
            leaves[i] = _world.Add("leaf" + i);
            leaves[i].Knows(hub);
            hub.Knows(leaves[i]);
        }
        foreach (WgNode leaf in leaves) leaf.Send(hub);
        _world.System.Advance(5 * 5 * 50 + 50);
        foreach (WgNode leaf in leaves) Assert.True(leaf.HasSession(hub) && hub.HasSession(leaf), leaf.Name);
        Assert.Null(hub.Pool.DescribeLeases());
    }

    [Fact]
    public void A_flood_fills_a_short_queue_drops_the_oldest_and_leaves_no_buffer_behind()
    {
        _b.Worker.DelayMs = 50;
        byte[] genuine = null;
        _world.Wire = (_, _, datagram) => { if (datagram[0] == 1) genuine = datagram; return 0; };
        _a.Send(_b);
        _world.Wire = (_, _, _) => 1;
        for (int i = 0; i < 30; i++)
        {
            _b.Receive(_a, genuine);
            _world.System.RunToQuiet();
        }
        Assert.Equal(30 - 1 - WgHandshakes.CallCapacity, _b.Counters.Get(WireGuardError.QueueFull));
        _world.System.Advance(8000);
        Assert.True(_a.HasSession(_b));
        Assert.Null(_b.Pool.DescribeLeases());
        Assert.Equal(0, _b.Counters.Get(WireGuardError.NoIndex));
    }

    /// <summary>The static key in an initiation is a claim until the static-static product has opened the stamp: who knows public keys, as every node
    /// of a tailnet does, could otherwise throw out all sessions of a node with fewer slots than peers.</summary>
    [Fact]
    public void A_forged_initiation_in_the_name_of_an_idle_peer_takes_nobodys_slot()
    {
        WgNode hub = _world.Add("hub", 2), idle = _world.Add("idle");
        foreach (WgNode node in new[] { _a, _b, idle }) hub.Knows(node);
        _a.Knows(hub);
        idle.Knows(hub);
        _world.System.Advance(1000);
        _a.Send(hub);
        Assert.True(hub.HasSession(_a) && hub.Plane.SlotOf(idle.Number) < 0);

        Party forger = new Party(Party.Key(200));
        forger.Machine.SetIdentity(forger.Private, idle.Public);
        for (int i = 0; i < 3; i++)
        {
            hub.Receive(_b, forger.Initiate(new WireGuardPeer(hub.Public, 0), 7, Party.Stamp(1 + i)));
            _world.System.Advance(1000);
        }
        Assert.Equal(3, hub.Counters.Get(WireGuardError.WrongTag));
        Assert.Equal(0, hub.Counters.Evictions);
        Assert.True(hub.HasSession(_a));

        idle.Send(hub);
        Assert.Equal(1, hub.Counters.Evictions);
        Assert.True(idle.HasSession(hub));
        Assert.True(hub.Plane.SlotOf(idle.Number) >= 0 && hub.HasSession(_a));
    }

    [Fact]
    public void A_recorded_initiation_of_a_peer_that_lost_its_slot_does_not_bring_it_back()
    {
        WgNode hub = _world.Add("hub", 2), third = _world.Add("third");
        WgNode[] leaves = { _a, _b, third };
        byte[] recorded = null;
        _world.Wire = (from, _, datagram) => { if (from == _a && datagram[0] == 1) recorded = datagram; return 1; };
        foreach (WgNode leaf in leaves)
        {
            hub.Knows(leaf);
            leaf.Knows(hub);
        }
        foreach (WgNode leaf in leaves)
        {
            leaf.Send(hub);
            _world.System.Advance(1000);
        }
        Assert.True(hub.HasSession(_b) && hub.HasSession(third) && hub.Plane.SlotOf(_a.Number) < 0);
        int evictions = hub.Counters.Evictions;
        for (int i = 0; i < 3; i++)
        {
            hub.Receive(_a, recorded);
            _world.System.Advance(1000);
        }
        Assert.Equal(3, hub.Counters.Get(WireGuardError.OldStamp));
        Assert.Equal(evictions, hub.Counters.Evictions);
        Assert.True(hub.HasSession(_b) && hub.HasSession(third));
        _world.System.Advance(200000);
        _a.Send(hub);
        Assert.True(_a.HasSession(hub) && hub.HasSession(_a));
    }

    [Fact]
    public void Refused_handshakes_do_not_use_up_the_receiver_indices()
    {
        byte[] genuine = null;
        _world.Wire = (_, _, datagram) => { if (datagram[0] == 1) genuine = datagram; return 1; };
        _a.Send(_b);
        for (int i = 0; i < 20; i++)
        {
            _b.Receive(_a, genuine);
            _world.System.RunToQuiet();
        }
        Assert.Equal(20, _b.Counters.Get(WireGuardError.OldStamp));
        Assert.Equal(0, _b.Counters.Get(WireGuardError.NoIndex));
    }

    [Fact]
    public void A_flood_of_handshakes_does_not_keep_ours_from_starting()
    {
        WgNode c = _world.Add("c");
        _b.Knows(c);
        c.Knows(_b);
        byte[] genuine = null;
        _world.Wire = (_, _, datagram) => { if (datagram[0] == 1) genuine = datagram; return 0; };
        _a.Send(_b);
        _world.Wire = (_, _, _) => 1;
        _b.Worker.DelayMs = 50;
        for (int i = 0; i < 100; i++)
        {
            if (i == 20) _b.Send(c);
            for (int n = 0; n < 3; n++) Call(genuine);
            _world.System.Advance(10);
        }
        Assert.True(_b.HasSession(c), string.Join(", ", _world.Handshakes));
        Assert.True(_b.Counters.Get(WireGuardError.QueueFull) > 100);

        // Past the native gate, which would ask such a flood for cookies.
        void Call(byte[] message)
        {
            PacketBuffer buffer = _b.Pool.Lease();
            Array.Clear(buffer.Bytes, 0, NetEvent.HeaderLength);
            buffer.Bytes[0] = NetEvent.Handshake;
            buffer.Bytes[2] = buffer.Bytes[3] = 0xff;
            buffer.Bytes[62] = (byte)message.Length;
            message.CopyTo(buffer.Bytes, NetEvent.PayloadOffset);
            if (!_b.Manager.TellUrgent(buffer)) buffer.Return();
        }
    }

    [Fact]
    public void A_lost_answer_of_the_worker_does_not_stop_handshakes()
    {
        _a.Worker.LoseNext = 1;
        _a.Send(_b);
        _world.System.Advance(4999);
        Assert.Empty(_world.Handshakes);
        _world.System.Advance(6000);
        Assert.Equal(1, _a.Counters.Get(WireGuardError.JobLost));
        Assert.True(_a.HasSession(_b));
    }

    [Fact]
    public void A_peer_removed_in_the_middle_of_its_handshake_leaves_nothing_behind()
    {
        _a.Worker.DelayMs = 50;
        _a.Send(_b);
        _world.System.Advance(60);
        _a.Tell(new PeerDelta(PeerDelta.Removed, new PeerRow { Id = 2 }));
        _world.System.Advance(10000);
        Assert.Empty(_world.Handshakes);
        _a.Knows(_b);
        _a.Send(_b);
        _world.System.Advance(1000);
        Assert.True(_a.HasSession(_b));
    }

    [Fact]
    public void Twenty_percent_loss_and_doubling_for_ten_minutes()
    {
        const int seed = 20261125;
        Random random = new Random(seed);
        _world.Wire = (_, _, _) => random.Next(5) == 0 ? 0 : random.Next(5) == 0 ? 2 : 1;
        int heard = 0;
        for (int second = 0; second < 600; second++)
        {
            _world.System.Advance(1000);
            (second % 3 == 0 ? _b : _a).Send(second % 3 == 0 ? _a : _b);
            if (_a.Received(_b) == _world.System.Time.Ms) heard++;
        }
        Assert.True(heard > 600 * 0.6, "heard " + heard + " of 600, seed " + seed);
        Assert.Null(_a.Pool.DescribeLeases());
        Assert.Null(_b.Pool.DescribeLeases());
        Assert.Equal(0, _world.System.Failures);
    }
}
