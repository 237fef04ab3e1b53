using System;
using System.Linq;
using MicroLink.Bytes;
using MicroLink.Control;
using MicroLink.Native;
using MicroLink.NetIo;
using MicroLink.NetMap;
using MicroLink.Runtime;
using MicroLink.WireGuard;
using Xunit;

namespace MicroLink.Tests.Unit.WireGuard;

public class WgManagerTests : IDisposable
{
    private readonly WgWorld _world = new WgWorld();
    private readonly WgNode _a, _b;

    public WgManagerTests()
    {
        _a = _world.Add("a");
        _b = _world.Add("b");
        _a.Knows(_b);
        _b.Knows(_a);
    }

    public void Dispose() => _world.Dispose();

    [Fact]
    public void A_packet_makes_the_session_it_needs()
    {
        PeerActivated activated = (PeerActivated)_a.Told.Expect(typeof(PeerActivated));
        Assert.Equal((0, 2L), (activated.Slot, activated.Row.Id));
        Assert.Equal(0, _a.Send(_b));
        Assert.Equal(new[] { "a>b 1", "b>a 2" }, _world.Handshakes);
        Assert.True(_a.HasSession(_b));
        Assert.True(_b.HasSession(_a));
        Assert.Equal(_world.System.Time.Ms, _b.Received(_a));
        Assert.Equal(_world.System.Time.Ms, _a.Received(_b));                    // the TSMP pong
        Assert.Equal(2, ((SessionEstablished)_a.Told.Expect(typeof(SessionEstablished))).PeerId);
        _b.Told.Expect(typeof(PeerActivated));
        Assert.Equal(1, ((SessionEstablished)_b.Told.Expect(typeof(SessionEstablished))).PeerId);
        Assert.Equal((1, 0, 1), (_a.Counters.InitiationsSent, _a.Counters.ResponsesSent, _a.Counters.Sessions));
        Assert.Null(_a.Pool.DescribeLeases());
        Assert.Null(_b.Pool.DescribeLeases());
    }

    [Fact]
    public void Duplicates_by_two_paths_are_normal()
    {
        _world.Wire = (_, _, _) => 2;
        _a.Send(_b);
        Assert.True(_a.HasSession(_b) && _b.HasSession(_a));
        Assert.Equal(1, _b.Counters.Sessions);
        Assert.Equal(1, _b.Counters.Get(WireGuardError.OldStamp));
        _world.System.Advance(3000);
        _world.Handshakes.Clear();
        _b.Send(_a);
        Assert.Empty(_world.Handshakes);
    }

    [Fact]
    public void A_response_goes_back_the_way_the_initiation_came_although_the_path_is_a_dead_relay()
    {
        _b.Plane.PeerPath(_b.Plane.SlotOf(1), DataPlane.PathRelay, WgNode.Endpoint(1), 0, 5);
        _a.Send(_b);
        Assert.True(_a.HasSession(_b) && _b.HasSession(_a));
    }

    [Fact]
    public void Both_initiate_at_once_and_both_can_talk()
    {
        _a.Send(_b, false);
        _b.Send(_a, false);
        _world.System.RunToQuiet();
        Assert.Equal(2, _world.Handshakes.Count(h => h.EndsWith('1')));
        Assert.True(_a.HasSession(_b) && _b.HasSession(_a));
        for (int i = 0; i < 3; i++)
        {
            _world.System.Advance(1000);
            long now = _world.System.Time.Ms;
            _a.Send(_b);
            Assert.Equal(now, _b.Received(_a));
            Assert.Equal(now, _a.Received(_b));
        }
        _world.Handshakes.Clear();
        _world.System.Advance(60000);
        Assert.Empty(_world.Handshakes);
    }

    [Fact]
    public void Lost_handshakes_are_retried_and_the_waiting_packet_arrives()
    {
        int lost = 0;
        _world.Wire = (_, _, datagram) => datagram[0] < 4 && lost++ < 3 ? 0 : 1;
        _a.Send(_b);
        _world.System.Advance(5400);
        Assert.False(_a.HasSession(_b));
        _world.System.Advance(16000);
        Assert.True(_a.HasSession(_b));
        Assert.NotEqual(0, _b.Received(_a));
    }

    [Fact]
    public void An_unreachable_peer_is_given_up_and_the_next_packet_wakes_it()
    {
        _world.Wire = (_, _, _) => 0;
        _a.Send(_b);
        _world.System.Advance(120000);
        Assert.Equal(20, _a.Counters.InitiationsSent);
        Assert.Equal(1, _a.Counters.GivenUp);
        Assert.Equal(0, PeerStamps.Staged(Stamps(_a), 0));
        _world.System.Advance(600000);
        Assert.Equal(20, _a.Counters.InitiationsSent);

        _world.Wire = (_, _, _) => 1;
        _a.Send(_b);
        Assert.True(_a.HasSession(_b));
    }

    [Fact]
    public void Traffic_over_ten_minutes_is_rekeyed_without_a_gap()
    {
        _a.Send(_b);
        for (int second = 0; second < 600; second++)
        {
            _world.System.Advance(1000);
            long now = _world.System.Time.Ms;
            _a.Send(_b);
            Assert.Equal(now, _b.Received(_a));
            Assert.Equal(now, _a.Received(_b));
        }
        Assert.Equal(5, _a.Counters.Sessions);           // 0, then every 120-122 s
        Assert.Equal(5, _a.Counters.InitiationsSent);
        Assert.Equal(0, _b.Counters.InitiationsSent);
    }

    [Fact]
    public void Idle_sessions_end_after_540_seconds_and_nothing_is_sent_meanwhile()
    {
        _a.Send(_b);
        int crossed = 0;
        _world.Wire = (_, _, _) => { crossed++; return 1; };
        _world.System.Advance(100000);
        Assert.InRange(crossed, 0, 2);                    // the passive keepalives after the last data
        _world.System.Advance(450000);
        Assert.False(_a.HasSession(_b));
        Assert.False(_b.HasSession(_a));
    }

    [Fact]
    public void A_changed_disco_key_drops_the_session_and_the_next_packet_makes_a_new_one()
    {
        PeerRow row = WgNode.Row(_b);
        row.DiscoKey = Party.Key(1);
        _a.Tell(new PeerDelta(PeerDelta.Upsert, row));
        _a.Send(_b);
        Assert.True(_a.HasSession(_b));
        _a.Told.Clear();

        PeerRow patch = new PeerRow { Id = 2, Fields = PeerRow.HasDiscoKey, DiscoKey = Party.Key(2) };
        _a.Tell(new PeerDelta(PeerDelta.Patch, patch));
        Assert.False(_a.HasSession(_b));
        _a.Told.ExpectNone();
        _world.System.Advance(1000);
        _a.Send(_b);
        Assert.True(_a.HasSession(_b));
        Assert.Equal(_world.System.Time.Ms, _b.Received(_a));
    }

    [Fact]
    public void A_session_that_the_restarted_peer_made_before_control_told_its_disco_key_stays()
    {
        PeerRow row = WgNode.Row(_b);
        row.DiscoKey = Party.Key(1);
        _a.Tell(new PeerDelta(PeerDelta.Upsert, row));
        _b.Send(_a);
        Assert.True(_a.HasSession(_b));
        _world.System.Advance(100);
        _a.Tell(new PeerDelta(PeerDelta.Patch, new PeerRow { Id = 2, Fields = PeerRow.HasDiscoKey, DiscoKey = Party.Key(2) }));
        Assert.True(_a.HasSession(_b));
        _world.System.Advance(5000);
        _a.Tell(new PeerDelta(PeerDelta.Patch, new PeerRow { Id = 2, Fields = PeerRow.HasDiscoKey, DiscoKey = Party.Key(3) }));
        Assert.False(_a.HasSession(_b));
    }

    [Fact]
    public void A_changed_node_key_takes_the_slot_back_and_gives_a_new_one()
    {
        _a.Send(_b);
        _a.Told.Clear();
        _a.Tell(new PeerDelta(PeerDelta.Patch, new PeerRow { Id = 2, Fields = PeerRow.HasKey, Key = Party.Key(0x66) }));
        Assert.False(_a.HasSession(_b));
        _a.Told.Expect(typeof(PeerReleased));
        Assert.Equal(Party.Key(0x66), ((PeerActivated)_a.Told.Expect(typeof(PeerActivated))).Row.Key);
        Assert.True(_a.Plane.PeerByKey(_b.Public, 0) < 0);
    }

    [Fact]
    public void Removed_and_expired_peers_lose_their_tunnel()
    {
        _a.Send(_b);
        _a.Told.Clear();
        _a.Tell(new PeerDelta(PeerDelta.Removed, new PeerRow { Id = 2 }));
        Assert.Equal(2, ((PeerReleased)_a.Told.Expect(typeof(PeerReleased))).PeerId);
        Assert.True(_a.Send(_b) < 0);

        PeerRow row = WgNode.Row(_a);
        row.KeyExpiryMs = 1790000000000 + 60000;
        _b.Tell(new PeerDelta(PeerDelta.Upsert, row));
        Assert.True(_b.HasSession(_a));
        _world.System.Advance(70000);
        Assert.True(_b.Plane.SlotOf(1) < 0);
        row = WgNode.Row(_a);
        row.KeyExpiryMs = 1790000000000 + 600000;        // it logged in again
        _b.Tell(new PeerDelta(PeerDelta.Upsert, row));
        Assert.True(_b.Plane.SlotOf(1) >= 0);
    }

    [Fact]
    public void Peers_that_may_not_have_a_tunnel_get_none()
    {
        foreach (Action<PeerRow> flaw in new Action<PeerRow>[]
        {
            row => row.Expired = true, row => row.UnsignedPeerApiOnly = true,
            row => row.Key = null, row => row.Key = new byte[32], row => row.MasqueradeInvalid = true,
        })
        {
            PeerRow row = WgNode.Row(_b);
            flaw(row);
            _a.Tell(new PeerDelta(PeerDelta.Upsert, row));
            Assert.True(_a.Plane.SlotOf(2) < 0);
            _a.Knows(_b);
            Assert.True(_a.Plane.SlotOf(2) >= 0);
        }
    }

    /// <summary>Upsert, newer row, and the row of another peer in the slot: the data plane knows what each row says.</summary>
    [Fact]
    public void The_address_that_a_peer_knows_us_by_is_in_its_slot()
    {
        string KnownAs()
        {
            byte[] into = new byte[128], peer = WgNode.Prefix(2)[..16];
            int count = DataPlane.KnownAs(_a.Plane.Handle, peer, into);
            return string.Join(" ", Enumerable.Range(0, count).Select(i => NetEndpoint.FormatAddress(into, 16 * i)));
        }

        _a.Knows(_b);
        string own = KnownAs();
        PeerRow row = WgNode.Row(_b);
        row.MasqueradeV4 = new byte[16];
        NetEndpoint.ParseAddress("100.64.1.1", row.MasqueradeV4, 0);
        _a.Tell(new PeerDelta(PeerDelta.Upsert, row));
        Assert.Equal("100.64.1.1", KnownAs());
        _a.Tell(new PeerDelta(PeerDelta.Patch, new PeerRow { Id = row.Id, Fields = PeerRow.HasOnline, Online = PeerRow.IsOnline }));
        Assert.Equal("100.64.1.1", KnownAs());
        _a.Tell(new PeerDelta(PeerDelta.Removed, row));
        Assert.Equal(own, KnownAs());
        _a.Tell(new PeerDelta(PeerDelta.Upsert, row));
        Assert.Equal("100.64.1.1", KnownAs());
        _a.Knows(_b);
        Assert.Equal(own, KnownAs());
    }

    [Fact]
    public void An_initiation_of_a_stranger_is_counted_and_answered_by_nobody()
    {
        WgNode stranger = _world.Add("stranger");
        stranger.Knows(_a);
        stranger.Send(_a);
        Assert.Equal(new[] { "stranger>a 1" }, _world.Handshakes);
        Assert.Equal(1, _a.Counters.Get(WireGuardError.UnknownPeer));
        Assert.Null(_a.Pool.DescribeLeases());
        // The machine is free again.
        _a.Send(_b);
        Assert.True(_a.HasSession(_b));
    }

    [Fact]
    public void A_slot_given_away_while_its_handshake_is_under_way_gets_no_session_of_the_peer_before()
    {
        WgNode hub = _world.Add("hub", 1), c = _world.Add("c"), d = _world.Add("d");
        hub.Knows(c);
        hub.Knows(d);
        c.Knows(hub);
        d.Knows(hub);
        hub.Worker.DelayMs = 20;
        c.Send(hub);                                     // the hub is computing its answer to c
        hub.Tell(new PeerWanted(d.Number));
        Assert.True(hub.Plane.SlotOf(d.Number) >= 0);
        _world.System.Advance(500);
        Assert.False(hub.HasSession(d));
        Assert.Null(hub.Pool.DescribeLeases());
        d.Send(hub);
        _world.System.Advance(500);
        Assert.True(hub.HasSession(d));
        Assert.True(d.HasSession(hub));
    }

    [Fact]
    public void More_peers_than_slots_take_turns_by_least_recent_use()
    {
        WgNode hub = _world.Add("hub", 2);
        WgNode[] leaves = { _world.Add("c"), _world.Add("d"), _world.Add("e") };
        foreach (WgNode leaf in leaves)
        {
            hub.Knows(leaf);
            leaf.Knows(hub);
        }
        Assert.True(hub.Plane.SlotOf(leaves[2].Number) < 0);
        leaves[0].Send(hub);
        _world.System.Advance(2000);
        leaves[1].Send(hub);
        _world.System.Advance(2000);

        // By inbound handshake: the peer without a slot takes that of the least recently used. Its path is not known yet, so the answer
        // goes back the way the initiation came.
        hub.NoPaths = true;
        leaves[2].Send(hub);
        Assert.True(leaves[2].HasSession(hub));
        Assert.True(hub.Plane.SlotOf(leaves[0].Number) < 0);
        Assert.True(hub.Plane.SlotOf(leaves[1].Number) >= 0);
        Assert.Equal(1, hub.Counters.Evictions);

        // By request.
        hub.NoPaths = false;
        _world.System.Advance(2000);
        hub.Tell(new PeerWanted(leaves[0].Number));
        Assert.True(hub.Plane.SlotOf(leaves[0].Number) >= 0);
        hub.Send(leaves[0]);
        Assert.True(hub.HasSession(leaves[0]));
    }

    [Fact]
    public void A_handshake_wanted_before_there_is_a_path_leaves_when_there_is_one()
    {
        WgNode c = _world.Add("c");
        c.NoPaths = true;
        c.Knows(_a);
        _a.Knows(c);
        c.Send(_a);
        _world.System.Advance(2000);
        Assert.Empty(_world.Handshakes);
        Assert.Equal(1, c.Counters.InitiationsSent);
        c.NoPaths = false;
        c.SetPaths();
        _world.System.Advance(100);
        Assert.True(c.HasSession(_a));
        Assert.Equal(1, c.Counters.InitiationsSent);
    }

    [Fact]
    public void A_new_node_key_of_ours_ends_all_sessions_and_works()
    {
        _a.Send(_b);
        byte[] privateKey = Party.Key(0x33), publicKey = new byte[32];
        Cipher.X25519Base(privateKey, 0, publicKey, 0);
        _a.Tell(new NodeKeyRotated(privateKey, publicKey, _a.Public));
        Assert.False(_a.HasSession(_b));
        _b.Tell(new PeerDelta(PeerDelta.Patch, new PeerRow { Id = 1, Fields = PeerRow.HasKey, Key = publicKey }));
        _world.System.Advance(1000);
        _a.Send(_b);
        Assert.True(_a.HasSession(_b) && _b.HasSession(_a));
    }

    [Fact]
    public void A_restarted_manager_still_knows_its_peers()
    {
        _a.Send(_b);
        _a.Told.Clear();
        _a.Manager.Tell(new PeerDelta(PeerDelta.Upsert, null));                  // a bug elsewhere
        _world.System.Advance(1000);
        Assert.Equal(1, _world.System.Failures);
        _a.Told.Expect(typeof(PeerReleased));
        _a.Told.Expect(typeof(PeerActivated));
        _a.SetPaths();
        _a.Send(_b);
        Assert.True(_a.HasSession(_b));
    }

    [Fact]
    public void Without_a_clock_nothing_is_initiated_but_handshakes_are_answered()
    {
        WgNode c = _world.Add("c", 4, false);
        c.Knows(_a);
        _a.Knows(c);
        c.Send(_a);
        _world.System.Advance(3000);
        Assert.Empty(_world.Handshakes);
        _a.Send(c);
        Assert.True(_a.HasSession(c));
    }

    [Fact]
    public void Only_own_addresses_of_a_peer_are_routed_to_it()
    {
        byte[] own = WgNode.Prefix(9), everything = new byte[17];
        PeerRow row = new PeerRow { Addresses = own, AllowedIps = own.Concat(everything).ToArray() };
        WgRoutes routes = new WgRoutes();
        Assert.Equal(own, routes.Allowed(row));
        row.AllowedIps = null;
        Assert.Equal(own, routes.Allowed(row));
        row.AllowedIps = new byte[0];
        Assert.Empty(routes.Allowed(row));
    }

    [Fact]
    public void A_busy_listener_is_told_later_and_in_order()
    {
        WgNotices notices = new WgNotices(1, 2);
        PeerRow one = new PeerRow { Id = 1 }, two = new PeerRow { Id = 2 }, three = new PeerRow { Id = 3 };
        notices.Activated(0, one);
        notices.SessionEstablished(0);
        Assert.IsType<PeerActivated>(Next(notices));
        notices.Released(0, 1);                          // its session was never told
        notices.Activated(0, two);
        notices.Released(0, 2);                          // and this one never at all
        notices.Activated(0, three);
        Assert.Equal(1, Assert.IsType<PeerReleased>(Next(notices)).PeerId);
        Assert.Equal(3, Assert.IsType<PeerActivated>(Next(notices)).Row.Id);
        Assert.Null(notices.Next(0, out _));
    }

    private static Message Next(WgNotices notices)
    {
        Message message = notices.Next(0, out int slot);
        notices.Told(0, slot);
        return message;
    }

    private static byte[] Stamps(WgNode node)
    {
        node.Plane.ReadStamps();
        return node.Plane.Stamps;
    }
}
