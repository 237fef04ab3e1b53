using System;
using MicroLink.NetMap;
using MicroLink.WireGuard;
using Xunit;

namespace MicroLink.Tests.Unit.WireGuard;

/// <summary>Allowlist and priority peers: the choice itself, and what the manager makes of it.</summary>
public sealed class WgPolicyTests : IDisposable
{
    private readonly WgWorld _world = new WgWorld();

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData("db", true)]
    [InlineData("DB", true)]
    [InlineData("db.example.ts.net", true)]
    [InlineData("db.example.ts.net.", true)]
    [InlineData("100.64.0.2", true)]
    [InlineData("fd7a:115c:a1e0::2", true)]
    [InlineData("nStable2", true)]
    [InlineData("nstable2", false)]
    [InlineData("d", false)]
    [InlineData("db.example", false)]
    [InlineData("100.64.0.3", false)]
    public void A_peer_is_chosen_by_name_address_or_stable_id(string text, bool matches)
    {
        PeerRow row = MicroLink.Tests.Unit.Dns.DnsText.Node(2, "db.example.ts.net.", new[] { "100.64.0.2", "fd7a:115c:a1e0::2" });
        row.StableId = "nStable2";
        Assert.Equal(matches, new WgChoice(text).Matches(row));
    }

    [Fact]
    public void A_peer_that_is_not_on_the_allowlist_has_no_tunnel_in_either_direction()
    {
        WgNode a = _world.Add("a", policy: new WgPolicy(new[] { "b" }, null)), b = _world.Add("b"), c = _world.Add("c");
        foreach (WgNode other in new[] { b, c })
        {
            a.Knows(other);
            other.Knows(a);
        }
        Assert.Equal(-1, a.Plane.SlotOf(c.Number));
        Assert.True(a.Plane.SlotOf(b.Number) >= 0);
        a.Send(b);
        _world.System.Advance(100);
        Assert.Contains("b>a 2", _world.Handshakes);

        c.Send(a);
        _world.System.Advance(20000);
        Assert.Contains("c>a 1", _world.Handshakes);
        Assert.DoesNotContain("a>c 2", _world.Handshakes);
        Assert.True(a.Counters.Get(WireGuardError.UnknownPeer) > 0);
        a.Tell(new PeerWanted(c.Number));
        Assert.Equal(-1, a.Plane.SlotOf(c.Number));
    }

    [Fact]
    public void A_priority_peer_takes_a_slot_and_keeps_it()
    {
        WgNode a = _world.Add("a", slots: 2, policy: new WgPolicy(null, new[] { "d" }));
        WgNode b = _world.Add("b"), c = _world.Add("c"), d = _world.Add("d"), e = _world.Add("e");
        a.Knows(b);
        a.Knows(c);
        a.Knows(d);
        Assert.True(a.Plane.SlotOf(d.Number) >= 0);
        foreach (WgNode other in new[] { b, c, e, b, c })
        {
            a.Knows(other);
            _world.System.Advance(1000);
            a.Tell(new PeerWanted(other.Number));
            Assert.True(a.Plane.SlotOf(other.Number) >= 0);
            Assert.True(a.Plane.SlotOf(d.Number) >= 0);
        }
    }

    [Fact]
    public void With_every_slot_given_to_priority_peers_the_others_wait()
    {
        WgNode a = _world.Add("a", slots: 1, policy: new WgPolicy(null, new[] { "b" }));
        WgNode b = _world.Add("b"), c = _world.Add("c");
        a.Knows(b);
        a.Knows(c);
        a.Tell(new PeerWanted(c.Number));
        Assert.True(a.Plane.SlotOf(b.Number) >= 0);
        Assert.Equal(-1, a.Plane.SlotOf(c.Number));
    }
}
