using System;
using MicroLink.Control;
using MicroLink.Derp;
using MicroLink.Drivers;
using MicroLink.NetMap;
using MicroLink.Paths;
using MicroLink.Runtime;
using MicroLink.Tests.Unit.Paths;
using Xunit;

namespace MicroLink.Tests.Unit.Derp;

/// <summary>The relay pool, connection and writer actors over a real framer and the lab's relay server, in virtual time.</summary>
public sealed class RelayActorsTests
{
    [Fact]
    public void A_lost_connection_is_made_again_and_told()
    {
        using PathLab lab = Lab(out PathLab.HalfNode a);
        Assert.NotNull(a.Node.Find(typeof(RelayUp)));
        a.Links[0].Cut("cable");
        lab.Advance(5);
        RelayDown down = (RelayDown)a.Node.Find(typeof(RelayDown));
        Assert.Equal("the relay closed the connection", down.Reason);
        lab.Advance(100);
        Assert.NotNull(a.Node.Find(typeof(RelayUp)));
        Assert.Equal(2, lab.RelayAccepts);
        Assert.Null(a.Blocks.DescribeLeases());
    }

    [Fact]
    public void A_relay_that_was_away_for_half_a_second_is_back_within_a_tenth()
    {
        for (int seed = 0; seed < 5; seed++)
        {
            using PathLab lab = Lab(out PathLab.HalfNode a);
            lab.RelayRefused = true;
            a.Links[0].Cut("restart");
            lab.Advance(400 + 20 * seed);
            a.Node.Clear();
            lab.RelayRefused = false;
            lab.Advance(100);
            Assert.NotNull(a.Node.Find(typeof(RelayUp)));
        }
    }

    [Fact]
    public void After_a_network_change_a_connection_whose_address_is_gone_is_made_anew_and_others_are_pinged()
    {
        using PathLab lab = Lab(out PathLab.HalfNode a);
        byte[] ours = new byte[16], other = new byte[16];
        ours[15] = 7;
        other[15] = 8;
        a.Links[0].LocalAddress = ours;
        a.Relays.Tell(new NetworkChanged("test", ours));
        lab.Advance(200);
        Assert.Equal(1, lab.RelayAccepts);
        Assert.True(a.Plane.Tally.PongMs(PathLab.Region) >= 0);
        a.Relays.Tell(new NetworkChanged("test", other));
        lab.Advance(200);
        Assert.Equal(2, lab.RelayAccepts);
        Assert.Equal(2, a.Plane.Tally.Connects(PathLab.Region));
        Assert.True(a.Plane.Tally.ReceivedBytes(PathLab.Region) > 0 && a.Plane.Tally.SentBytes(PathLab.Region) > 0);
    }

    [Fact]
    public void A_connection_that_is_dead_after_a_network_change_is_noticed_within_three_seconds()
    {
        using PathLab lab = Lab(out PathLab.HalfNode a);
        a.Links[0].Mute = true;
        a.Relays.Tell(new NetworkChanged("test", new byte[0]));
        lab.Advance(2900);
        Assert.Equal(1, lab.RelayAccepts);
        lab.Advance(300);
        Assert.Equal(2, lab.RelayAccepts);
        Assert.Contains("did not answer a ping", ((RelayDown)a.Node.Find(typeof(RelayDown))).Reason);
    }

    [Fact]
    public void Retries_slow_down_to_five_seconds_and_never_end()
    {
        using PathLab lab = Lab(out PathLab.HalfNode a);
        lab.RelayRefused = true;
        a.Links[0].Cut("cable");
        lab.Advance(60000);
        int first = a.Dials.Count;
        lab.Advance(600000);
        // At the slowest pace, 5 s x [0.5, 1.5): 600 s hold 80 to 240 attempts.
        Assert.InRange(a.Dials.Count - first, 80, 240);
        lab.RelayRefused = false;
        a.Node.Clear();
        lab.Advance(8000);
        Assert.NotNull(a.Node.Find(typeof(RelayUp)));
    }

    [Fact]
    public void A_server_that_closes_after_101_is_reported_in_words()
    {
        using PathLab lab = new PathLab(4);
        lab.Core.Options.VerifyRelayClients = true;             // nobody is registered: the relay closes after our ClientInfo
        PathLab.HalfNode a = lab.Add("a", "10.0.0.1:41641", 1);
        a.NetCheck.Tell(new DerpMapChanged(lab.Map()));
        a.Relays.Tell(new DerpMapChanged(lab.Map()));
        lab.Advance(300);
        Assert.Equal("the relay closed the connection during the hello; it may not know our node key yet",
            ((RelayDown)a.Node.Find(typeof(RelayDown))).Reason);
        lab.Core.Options.VerifyRelayClients = false;
        lab.Advance(8000);
        Assert.NotNull(a.Node.Find(typeof(RelayUp)));
    }

    [Fact]
    public void A_stream_that_takes_few_bytes_at_a_time_loses_none()
    {
        using PathLab lab = new PathLab(5);
        PathLab.HalfNode a = lab.Add("a", "10.0.0.1:41641", 1);
        a.StreamCapacity = 7;
        a.NetCheck.Tell(new DerpMapChanged(lab.Map()));
        a.Relays.Tell(new DerpMapChanged(lab.Map()));
        lab.Advance(500);
        Assert.NotNull(a.Node.Find(typeof(RelayUp)));
        Assert.True(a.Links[0].Partial > 20);

        byte[] packet = new byte[100];
        packet[0] = 4;
        for (int i = 0; i < 10; i++) a.Plane.RelayOut(PathLab.Region, new byte[32], 0, packet, 0, packet.Length, false);
        lab.Advance(2000);
        Assert.Equal(10, lab.Core.Relay(PathLab.Region).NotHere);
    }

    [Fact]
    public void A_silent_server_is_left_after_120_seconds()
    {
        using PathLab lab = new PathLab(6);
        lab.Core.Options.RelayKeepAliveMs = 10000000;
        PathLab.HalfNode a = lab.Add("a", "10.0.0.1:41641", 1);
        a.NetCheck.Tell(new DerpMapChanged(lab.Map()));
        a.Relays.Tell(new DerpMapChanged(lab.Map()));
        lab.Advance(100);
        Assert.NotNull(a.Node.Find(typeof(RelayUp)));
        lab.Advance(119000);
        Assert.Null(a.Node.Find(typeof(RelayDown)));
        lab.Advance(2000);
        Assert.Equal("the relay was silent for 120 s", ((RelayDown)a.Node.Find(typeof(RelayDown))).Reason);
        lab.Advance(1000);
        Assert.Equal(2, lab.RelayAccepts);
    }

    [Fact]
    public void Keep_alives_hold_the_connection_for_hours()
    {
        using PathLab lab = Lab(out PathLab.HalfNode a);
        lab.Advance(3600000);
        Assert.Equal(1, lab.RelayAccepts);
    }

    [Fact]
    public void The_region_leaves_the_map_and_comes_back()
    {
        using PathLab lab = Lab(out PathLab.HalfNode a);
        a.Relays.Tell(new DerpMapChanged(new DerpMap()));
        lab.Advance(50);
        Assert.True(a.Links[0].Closed);
        Assert.NotNull(a.Node.Find(typeof(RelayDown)));
        a.Relays.Tell(new DerpMapChanged(lab.Map()));
        lab.Advance(100);
        Assert.Equal(2, lab.RelayAccepts);
        Assert.NotNull(a.Node.Find(typeof(RelayUp)));
        // The same map again changes nothing; another port is another server.
        a.Relays.Tell(new DerpMapChanged(lab.Map()));
        lab.Advance(100);
        Assert.Equal(2, lab.RelayAccepts);
        DerpMap moved = lab.Map();
        moved.Regions[0].Nodes[0].DerpPort = 8443;
        a.Relays.Tell(new DerpMapChanged(moved));
        lab.Advance(100);
        Assert.Equal(3, lab.RelayAccepts);
        Assert.Equal(8443, a.Dials[2].Port);
    }

    private static PathLab Lab(out PathLab.HalfNode a)
    {
        PathLab lab = new PathLab(3);
        a = lab.Add("a", "10.0.0.1:41641", 1);
        a.NetCheck.Tell(new DerpMapChanged(lab.Map()));
        a.Relays.Tell(new DerpMapChanged(lab.Map()));
        lab.Advance(100);
        return lab;
    }
}
