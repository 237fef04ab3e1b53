using System;
using MicroLink.Bytes;
using MicroLink.Control;
using MicroLink.Derp;
using MicroLink.TestKit;
using MicroLink.Tests.Unit.Disco;
using MicroLink.Drivers;
using MicroLink.NetIo;
using MicroLink.Disco;
using MicroLink.NetMap;
using MicroLink.Paths;
using MicroLink.Runtime;
using MicroLink.Stun;
using Xunit;

namespace MicroLink.Tests.Unit.Paths;

/// <summary>Path finder, network check and relay actors together, over real native data planes, the lab's relay and STUN server.</summary>
public sealed class PathActorsTests
{
    [Fact]
    public void From_the_relay_map_to_home_endpoints_and_an_open_relay()
    {
        using PathLab lab = new PathLab(1);
        PathLab.HalfNode a = lab.Add("a", "10.0.0.1:41641", 1);
        GiveMap(lab);
        lab.Advance(100);

        HostUpdate host = (HostUpdate)a.Control.Find(typeof(HostUpdate));
        Assert.Equal(PathLab.Region, host.PreferredRelay);
        Assert.Equal("10.0.0.1:41641", NetEndpoint.Format(host.Endpoints, 0));
        Assert.Equal(OwnEndpointList.Stun, host.EndpointTypes[0]);
        Assert.Equal(2, host.WorkingUdp);
        RelayUp up = (RelayUp)a.Node.Find(typeof(RelayUp));
        Assert.Equal(PathLab.Region, up.Region);
        Assert.Single(lab.Core.Relay(PathLab.Region).Clients);
        Assert.Single(a.Dials);
        Assert.True(a.Dials[0].Tls);
        Assert.Equal("relay.test", a.Dials[0].ServerName);
        Assert.False(a.Dials[0].Insecure);
        AllReturned(a);
    }

    [Fact]
    public void Two_active_peers_go_from_relay_to_direct()
    {
        using PathLab lab = Pair(out PathLab.HalfNode a, out PathLab.HalfNode b);
        a.Activate(b, 0);
        b.Activate(a, 1);
        lab.Advance(1);
        Assert.Equal(PathChanged.Relay, a.LastPath(b).Mode);
        lab.Advance(20);
        PathChanged direct = a.LastPath(b);
        Assert.Equal(PathChanged.Direct, direct.Mode);
        Assert.Equal("10.0.0.2:41641", NetEndpoint.Format(direct.Endpoint, 0));
        Assert.Equal(PathChanged.Direct, b.LastPath(a).Mode);
        AllReturned(a);
        AllReturned(b);
    }

    [Fact]
    public void Closed_nats_are_opened_by_call_me_maybe_over_the_relay()
    {
        using PathLab lab = Pair(out PathLab.HalfNode a, out PathLab.HalfNode b);
        // b's NAT lets a in only after b has sent to a; b sends nothing until a's call-me-maybe comes by relay.
        bool open = false;
        lab.Passes = (from, to) =>
        {
            if (from == "b") open = true;
            return from != "a" || to != "b" || open;
        };
        a.Activate(b, 0);
        b.Activate(a, 0);
        a.Endpoints = [];
        lab.Advance(6000);
        Assert.Equal(PathChanged.Direct, a.LastPath(b).Mode);
        Assert.True(open);
    }

    [Fact]
    public void Pings_of_idle_peers_are_answered_and_the_first_pong_wins()
    {
        using PathLab lab = Pair(out PathLab.HalfNode a, out PathLab.HalfNode b);
        PingResult direct = a.Ping(b, 2000, 100);
        Assert.Null(direct.Error);
        Assert.Equal("10.0.0.2:41641", NetEndpoint.Format(direct.Endpoint, 0));
        Assert.Equal(2000, direct.LatencyMicros);

        lab.Passes = (_, _) => false;
        PingResult relayed = a.Ping(b, 2000, 100);
        Assert.Null(relayed.Error);
        Assert.Null(relayed.Endpoint);
        Assert.Equal(PathLab.Region, relayed.Region);
        Assert.True(relayed.LatencyMicros >= 4000);

        b.Links[0].Cut("gone");
        lab.RelayRefused = true;
        lab.Advance(100);
        PingResult none = a.Ping(b, 2000, 2100);
        Assert.Equal("The peer did not answer within 2000 ms.", none.Error);
    }

    [Fact]
    public void Unknown_peers_get_no_answer_and_unknown_pings_no_pong()
    {
        using PathLab lab = new PathLab(5);
        PathLab.HalfNode a = lab.Add("a", "10.0.0.1:41641", 1), b = lab.Add("b", "10.0.0.2:41641", 2);
        GiveMap(lab);
        lab.Advance(100);
        b.Endpoints = (byte[])b.Address.Clone();
        a.Hear(PeerDelta.Upsert, b.Row());
        Assert.Equal("There is no such peer.", b.Ping(a, 500, 10).Error);
        Assert.NotNull(a.Ping(b, 500, 600).Error);              // b does not know a: drops before crypto
        Assert.Equal(0, b.Pongs);
    }

    [Fact]
    public void Force_relay_never_shows_or_takes_a_direct_way()
    {
        using PathLab lab = new PathLab(6);
        PathLab.HalfNode a = lab.Add("a", "10.0.0.1:41641", 1, (paths, _, check) => paths.ForceRelay = check.ForceRelay = true);
        PathLab.HalfNode b = lab.Add("b", "10.0.0.2:41641", 2);
        a.Endpoints = (byte[])a.Address.Clone();                // even if control told b where a is
        b.Endpoints = (byte[])b.Address.Clone();
        GiveMap(lab);
        lab.Advance(100);
        lab.Introduce();
        a.Activate(b, 0);
        b.Activate(a, 0);
        lab.Advance(60000);
        Assert.Equal(PathChanged.Relay, a.LastPath(b).Mode);
        Assert.Equal(PathChanged.Relay, b.LastPath(a).Mode);
        Assert.Equal(0, a.Pings + a.Pongs);
        Assert.Empty(((HostUpdate)a.Control.Find(typeof(HostUpdate))).Endpoints);
        PingResult ping = a.Ping(b, 1000, 200);
        Assert.True(ping.Error == null && ping.Endpoint == null && ping.Region == PathLab.Region);
    }

    [Fact]
    public void A_restarted_peer_with_a_new_disco_key_is_found_again()
    {
        using PathLab lab = new PathLab(7);
        PathLab.HalfNode a = lab.Add("a", "10.0.0.1:41641", 1), b = lab.Add("b", "10.0.0.2:41641", 2), again = lab.Add("b2", "10.0.0.2:5555", 7);
        b.Endpoints = b.Address;
        GiveMap(lab);
        lab.Advance(100);
        a.Hear(PeerDelta.Upsert, b.Row());
        b.Hear(PeerDelta.Upsert, a.Row());
        a.Activate(b, 0);
        lab.Advance(50);
        Assert.Equal(PathChanged.Direct, a.LastPath(b).Mode);
        PeerRow row = again.Row();
        row.Id = b.Id;
        row.Endpoints = again.Address;
        again.Hear(PeerDelta.Upsert, a.Row());
        a.Hear(PeerDelta.Patch, row);
        lab.Advance(50);
        PathChanged path = a.LastPath(b);
        Assert.Equal(PathChanged.Direct, path.Mode);
        Assert.Equal("10.0.0.2:5555", NetEndpoint.Format(path.Endpoint, 0));
    }

    [Fact]
    public void A_peer_that_tells_ever_new_disco_keys_is_heard_once_a_second()
    {
        using PathLab lab = Pair(out PathLab.HalfNode a, out PathLab.HalfNode b);
        a.Activate(b, 0);
        lab.Advance(100);
        int taken = 0;
        for (int i = 0; i < 500; i++) taken += TellsDiscoKey(lab, a, i) ? 1 : 0;
        Assert.InRange(taken, 1, 6);
        lab.Advance(2000);
        Assert.True(TellsDiscoKey(lab, a, 500));
        AllReturned(a);
    }

    [Fact]
    public void Blocked_udp_still_gets_a_home_and_a_relay()
    {
        using PathLab lab = new PathLab(8) { Passes = (_, _) => false };
        PathLab.HalfNode a = lab.Add("a", "10.0.0.1:41641", 1);
        GiveMap(lab);
        lab.Advance(4000);
        HostUpdate last = null;
        for (HostUpdate host = (HostUpdate)a.Control.Find(typeof(HostUpdate)); host != null; host = (HostUpdate)a.Control.Find(typeof(HostUpdate))) last = host;
        Assert.Equal(PathLab.Region, last.PreferredRelay);
        Assert.Equal(1, last.WorkingUdp);
        Assert.Equal(OwnEndpointList.Local, last.EndpointTypes[0]);
        Assert.NotNull(a.Node.Find(typeof(RelayUp)));
    }

    [Fact]
    public void Insecure_regions_are_skipped_and_said_so_unless_allowed()
    {
        using PathLab lab = new PathLab(9);
        PathLab.HalfNode a = lab.Add("a", "10.0.0.1:41641", 1);
        PathLab.HalfNode b = lab.Add("b", "10.0.0.2:41641", 2, (_, derp, check) => derp.AllowInsecure = check.AllowInsecure = true);
        foreach (PathLab.HalfNode node in lab.Nodes)
        {
            node.NetCheck.Tell(new DerpMapChanged(lab.Map(insecure: true)));
            node.Relays.Tell(new DerpMapChanged(lab.Map(insecure: true)));
        }
        lab.Advance(100);
        Assert.Empty(a.Dials);
        Assert.True(b.Dials[0].Insecure);
        Assert.NotNull(b.Node.Find(typeof(RelayUp)));
        a.Relays.Tell(new RelayWanted(PathLab.Region));
        lab.Advance(10);
        Assert.Contains("--allow-insecure-relay", ((RelayDown)a.Node.Find(typeof(RelayDown))).Reason);
        Assert.Empty(a.Dials);
    }

    [Theory]
    [InlineData("a-paths")]
    [InlineData("a-netcheck")]
    [InlineData("a-relays")]
    [InlineData("a-relay")]
    [InlineData("a-tx")]
    public void An_actor_that_fails_is_back_within_a_second_and_nothing_is_forgotten(string name)
    {
        using PathLab lab = Pair(out PathLab.HalfNode a, out PathLab.HalfNode b);
        a.Activate(b, 0);
        lab.Advance(100);
        int failures = lab.System.Failures;
        lab.Crash(name);
        lab.Advance(10);
        Assert.Equal(failures + 1, lab.System.Failures);
        lab.Advance(3000);
        // The peer's next call by relay and our next ping both work, by the way that the actor takes part in.
        bool direct = name is "a-paths" or "a-netcheck";
        lab.Passes = (_, to) => direct || to == "stun";
        PingResult ping = a.Ping(b, 2000, 2000);
        Assert.True(ping.Error == null, name + ": " + ping.Error);
        Assert.Equal(direct, ping.Endpoint != null);
        PingResult back = b.Ping(a, 2000, 2000);
        Assert.True(back.Error == null, name + ": " + back.Error);
        Assert.Null(a.Events.DescribeLeases());
    }

    /// <summary>TSMP 'a' in the tunnel of slot 0. Was it believed?</summary>
    private static bool TellsDiscoKey(PathLab lab, PathLab.HalfNode node, int seed)
    {
        byte[] key = DiscoKeyRing.NewPair(new SeedEntropy(1000 + seed))[32..];
        PacketBuffer told = node.Events.Lease();
        Array.Clear(told.Bytes, told.Offset, NetEvent.HeaderLength);
        told.Kind = BufferKind.NetEvent;
        told.Bytes[told.Offset] = NetEvent.TsmpDiscoKey;
        told.Bytes[told.Offset + NetEvent.HeaderLength - 2] = 32;
        Array.Copy(key, 0, told.Bytes, told.Offset + NetEvent.PayloadOffset, 32);
        told.Count = NetEvent.HeaderLength + 32;
        Assert.True(node.Paths.Tell(told));
        lab.Advance(1);
        node.Known.Write();
        return node.Known.Table.FindDisco(key, 0, 0) >= 0;
    }

    private static PathLab Pair(out PathLab.HalfNode a, out PathLab.HalfNode b)
    {
        PathLab lab = new PathLab(3);
        a = lab.Add("a", "10.0.0.1:41641", 1);
        b = lab.Add("b", "10.0.0.2:41641", 2);
        a.Endpoints = (byte[])a.Address.Clone();
        b.Endpoints = (byte[])b.Address.Clone();
        GiveMap(lab);
        lab.Advance(100);
        lab.Introduce();
        lab.Advance(10);
        return lab;
    }

    private static void GiveMap(PathLab lab)
    {
        foreach (PathLab.HalfNode node in lab.Nodes)
        {
            node.NetCheck.Tell(new DerpMapChanged(lab.Map()));
            node.Relays.Tell(new DerpMapChanged(lab.Map()));
        }
    }

    private static void AllReturned(PathLab.HalfNode node)
    {
        Assert.Null(node.Events.DescribeLeases());
        Assert.Null(node.Blocks.DescribeLeases());
    }
}
