using System.Collections.Generic;
using System.Linq;
using MicroLink.Bytes;
using MicroLink.Disco;
using MicroLink.Paths;
using MicroLink.Tests.Unit.Disco;
using Xunit;

namespace MicroLink.Tests.Unit.Paths;

/// <summary>The path machine alone and two of them against each other (protocol.md 6.4 to 6.7), in virtual time.</summary>
public sealed class PeerPathTests
{
    [Fact]
    public void Starts_by_relay_and_goes_direct_with_the_first_pong()
    {
        PathPair pair = new PathPair(1, openA: true, openB: true);
        Assert.Equal(PathMode.Relay, pair.A.Path.Mode);
        pair.A.Drain(pair.A.Path.HandleSent(pair.NowMs, pair.NowMs));
        pair.Advance(2 * PathPair.DirectMs);
        Assert.Equal(PathMode.Direct, pair.A.Path.Mode);
        Assert.Equal("direct: it answered a ping", pair.A.Path.Reason);
        Assert.Equal(8000, pair.A.Path.BestMicros);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void Call_me_maybe_opens_closed_nats(bool openA, bool openB)
    {
        PathPair pair = new PathPair(2, openA, openB);
        pair.Talk(5);
        Assert.Equal(PathMode.Direct, pair.A.Path.Mode);
        Assert.Equal(PathMode.Direct, pair.B.Path.Mode);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Two_nodes_never_feed_each_other_call_me_maybe(int seed)
    {
        // The worst case: both are active, nothing direct ever works, and each call-me-maybe resets the other's ping times.
        PathPair pair = new PathPair(seed, openA: false, openB: false) { UdpBlocked = true };
        pair.Talk(300);
        int perMinute = 60000 / PeerPath.CallMeMaybeMs;
        Assert.InRange(pair.A.Calls, 1, 5 * perMinute + 1);
        Assert.InRange(pair.B.Calls, 1, 5 * perMinute + 1);
        Assert.True(pair.A.ShortestCallGapMs >= PeerPath.CallMeMaybeMs && pair.B.ShortestCallGapMs >= PeerPath.CallMeMaybeMs,
            $"seed {seed}: {pair.A.ShortestCallGapMs} and {pair.B.ShortestCallGapMs} ms between calls");
        // One address each: at most a ping for each own round, for each call received, and for each heartbeat.
        Assert.InRange(pair.A.Pings, 1, 300);
        Assert.InRange(pair.B.Pings, 1, 300);
        // And when nobody sends any more, silence.
        pair.Advance(PeerPath.ActiveMs + 5000);
        int pings = pair.A.Pings + pair.B.Pings, calls = pair.A.Calls + pair.B.Calls;
        pair.Advance(600000);
        Assert.Equal(pings, pair.A.Pings + pair.B.Pings);
        Assert.Equal(calls, pair.A.Calls + pair.B.Calls);
    }

    [Fact]
    public void A_call_me_maybe_is_never_answered_with_one()
    {
        PeerPath path = new PeerPath(new SeedEntropy(5), false);
        path.HandleStart(null, 900, 0);
        path.HandleRelay(900, true, 0);
        path.HandleOwnEndpoints(0, 0);
        path.HandleCallMeMaybe(DiscoWireTests.Endpoints("9.9.9.9:9 8.8.8.8:8"), 0, 2, 0);
        PathTransmit transmit = new PathTransmit();
        int pings = 0;
        while (path.PollTransmit(transmit, 0))
        {
            Assert.Equal(PathTransmit.Ping, transmit.Kind);
            pings++;
        }
        Assert.Equal(2, pings);
    }

    [Fact]
    public void Without_an_address_to_ping_no_call_me_maybe_is_sent()
    {
        PeerPath path = new PeerPath(new SeedEntropy(5), false);
        path.HandleStart(null, 900, 0);
        path.HandleRelay(900, true, 0);
        path.HandleOwnEndpoints(0, 0);
        path.HandleSent(1, 1);
        Assert.False(path.PollTransmit(new PathTransmit(), 1));
    }

    [Fact]
    public void A_call_waits_for_fresh_endpoints_and_for_the_relay()
    {
        PeerPath path = new PeerPath(new SeedEntropy(5), false);
        path.HandleStart(DiscoWireTests.Endpoints("9.9.9.9:9"), 900, 100000);
        path.HandleOwnEndpoints(100000 - PeerPath.EndpointsFreshMs - 1, 100000);
        path.HandleSent(100000, 100000);
        PathEvent news = new PathEvent();
        bool stale = false, relay = false;
        while (path.PollEvent(news))
        {
            stale |= news.Kind == PathEvent.EndpointsStale;
            relay |= news.Kind == PathEvent.RelayNeeded && news.Region == 900;
        }
        Assert.True(stale && relay);
        PathTransmit transmit = new PathTransmit();
        Assert.True(path.PollTransmit(transmit, 100000));
        Assert.Equal(PathTransmit.Ping, transmit.Kind);
        Assert.False(path.PollTransmit(transmit, 100000));
        path.HandleRelay(900, true, 100010);
        Assert.False(path.PollTransmit(transmit, 100010));
        path.HandleOwnEndpoints(100020, 100020);
        Assert.True(path.PollTransmit(transmit, 100020));
        Assert.Equal(PathTransmit.CallMeMaybe, transmit.Kind);
        Assert.Equal(900, transmit.Region);
    }

    [Fact]
    public void Trust_ends_after_6_5_seconds_then_both_then_relay()
    {
        PathPair pair = new PathPair(6, true, true);
        pair.Talk(2);
        Assert.Equal(PathMode.Direct, pair.A.Path.Mode);
        pair.UdpBlocked = true;
        pair.Talk(4);
        Assert.Equal(PathMode.Direct, pair.A.Path.Mode);
        pair.Talk(1);
        Assert.Equal(PathMode.Both, pair.A.Path.Mode);
        Assert.Equal("direct and relay: no pong for 6.5 s", pair.A.Path.Reason);
        pair.Talk(2);
        Assert.Equal(PathMode.Relay, pair.A.Path.Mode);
        Assert.Equal("relay: the direct address stopped answering", pair.A.Path.Reason);
        pair.UdpBlocked = false;
        pair.Talk(8);
        Assert.Equal(PathMode.Direct, pair.A.Path.Mode);
    }

    [Fact]
    public void A_direct_path_that_dies_under_traffic_costs_less_than_a_second()
    {
        for (int offset = 0; offset < 3000; offset += 130)
        {
            PathPair pair = new PathPair(14, true, true);
            pair.Stream(2000 + offset);
            Assert.Equal(PathMode.Direct, pair.A.Path.Mode);
            pair.UdpBlocked = true;
            int outage = pair.Stream(3000);
            Assert.True(outage <= 1000, $"{outage} ms without traffic when the path died after {2000 + offset} ms");
            pair.UdpBlocked = false;
            pair.Stream(8000);
            Assert.Equal(PathMode.Direct, pair.A.Path.Mode);
        }
    }

    [Fact]
    public void A_stream_without_answers_is_pinged_twice_a_second_and_stays_direct()
    {
        PathPair pair = new PathPair(15, true, true);
        pair.Stream(1000);
        int before = pair.A.Pings;
        for (int i = 0; i < 40; i++)
        {
            pair.A.SentMs = pair.NowMs;
            pair.A.ReadStamps();
            pair.Advance(250);
        }
        Assert.Equal(PathMode.Direct, pair.A.Path.Mode);
        Assert.InRange(pair.A.Pings - before, 15, 25);          // 10 s: three heartbeats, and a probe every half second
    }

    [Fact]
    public void Heartbeats_go_every_three_seconds_and_stop_45_seconds_after_the_last_packet()
    {
        PathPair pair = new PathPair(7, true, true);
        pair.A.Drain(pair.A.Path.HandleSent(pair.NowMs, pair.NowMs));
        pair.Advance(100);
        int before = pair.A.Pings;
        pair.Advance(30000);
        Assert.Equal(before + 11, pair.A.Pings);                            // and a full one
        Assert.Equal(1, pair.A.FullPings);
        pair.Advance(20000);
        int after = pair.A.Pings;
        pair.Advance(3600000);
        Assert.Equal(after, pair.A.Pings);
        Assert.Equal(Output.Never, pair.A.Path.Deadline);
        Assert.Equal(PathMode.Both, pair.A.Path.Mode);
    }

    [Fact]
    public void Port_probing_tries_sixteen_neighbours_and_only_while_the_relay_is_all_there_is()
    {
        PeerPath path = new PeerPath(new SeedEntropy(8), false, true);
        path.HandleStart(DiscoWireTests.Endpoints("9.9.9.9:5000"), 900, 0);
        path.HandleSent(1, 1);
        List<string> pinged = new List<string>();
        PathTransmit transmit = new PathTransmit();
        int row = -1;
        while (path.PollTransmit(transmit, 1))
        {
            pinged.Add(NetEndpoint.Format(transmit.Endpoint, 0));
            if (pinged[^1] == "9.9.9.9:5003") row = transmit.PingRow;
        }
        Assert.Equal(17, pinged.Count);
        Assert.Equal(17, pinged.Distinct().Count());
        Assert.Contains("9.9.9.9:5008", pinged);
        Assert.Contains("9.9.9.9:4992", pinged);
        path.HandlePong(row, 5000, 6);
        Assert.Equal("9.9.9.9:5003", NetEndpoint.Format(Last(path).Endpoint, 0));
        path.HandleSent(6000, 6000);
        path.HandleTimeout(6000);
        int more = 0;
        while (path.PollTransmit(transmit, 6000)) more++;
        Assert.InRange(more, 0, 3);                                         // the known address, the best one, a full one
        // Not asked for: the known address only.
        PeerPath plain = new PeerPath(new SeedEntropy(8), false);
        plain.HandleStart(DiscoWireTests.Endpoints("9.9.9.9:5000"), 900, 0);
        plain.HandleSent(1, 1);
        Assert.True(plain.PollTransmit(transmit, 1));
        Assert.False(plain.PollTransmit(transmit, 1));
    }

    [Fact]
    public void After_a_change_of_our_network_the_peer_is_called_a_second_after_the_last_call_at_the_latest()
    {
        PathPair pair = new PathPair(33, true, true);
        pair.Talk(1);
        int before = pair.A.Calls;
        pair.A.Drain(pair.A.Path.HandleNetworkChanged(pair.NowMs));
        pair.A.Drain(pair.A.Path.HandleOwnEndpoints(long.MaxValue / 4, pair.NowMs));
        pair.Advance(1000);
        Assert.Equal(before + 1, pair.A.Calls);
        Assert.Equal(PathMode.Direct, pair.A.Path.Mode);
    }

    [Fact]
    public void Rounds_slow_down_in_large_tailnets()
    {
        int[] pings = new int[2];
        for (int i = 0; i < 2; i++)
        {
            PathPair pair = new PathPair(34, true, true) { UdpBlocked = true };
            foreach (PathPair.Side side in new[] { pair.A, pair.B }) side.Path.HandlePace(i == 0 ? 1 : 4);
            pair.Talk(60);
            pings[i] = pair.A.Pings;
        }
        Assert.InRange(pings[1], 3, pings[0] / 2 + 1);
    }

    [Fact]
    public void Silent_disco_sends_no_heartbeats_and_data_keeps_the_trust()
    {
        PathPair pair = new PathPair(31, true, true);
        pair.Talk(3);
        Assert.Equal(PathMode.Direct, pair.A.Path.Mode);
        pair.A.Path.HandleRules(false, true, pair.NowMs);
        pair.B.Path.HandleRules(false, true, pair.NowMs);
        int before = pair.A.Pings;
        pair.Stream(20000);
        Assert.Equal(before, pair.A.Pings);
        Assert.Equal(PathMode.Direct, pair.A.Path.Mode);
    }

    /// <summary>Its answers come by relay, so it is not silent: what says that our own path is dead is that they come by relay.</summary>
    [Fact]
    public void A_peer_that_is_heard_by_relay_only_has_lost_our_direct_path_too()
    {
        PathPair pair = new PathPair(35, true, true);
        pair.Talk(3);
        PeerPath path = pair.A.Path;
        pair.Advance(100);
        path.HandleStamps(pair.NowMs - 50, pair.NowMs, false, pair.NowMs);
        Assert.Equal(PathMode.Direct, path.Mode);
        pair.UdpBlocked = true;
        pair.Advance(100);
        pair.A.Drain(path.HandleStamps(pair.NowMs - 50, pair.NowMs, true, pair.NowMs));
        pair.Advance(PeerPath.ProbeMinMs + 1);
        Assert.Equal(PathMode.Both, path.Mode);
        Assert.Equal("direct and relay: the peer is heard by relay only and pings go unanswered", path.Reason);
    }

    [Fact]
    public void A_silent_peer_is_looked_for_every_second_for_20_seconds_and_told_of_when_it_is_back()
    {
        PathPair pair = new PathPair(36, true, true);
        pair.Talk(3);
        pair.UdpBlocked = true;
        pair.Advance(6600);
        pair.A.RelaySilent = true;
        pair.Advance(1000);
        int before = pair.A.RelayPings;
        long heardMs = pair.NowMs;
        for (int i = 0; i < 30; i++)
        {
            pair.A.SentMs = pair.NowMs;
            pair.A.Drain(pair.A.Path.HandleStamps(pair.NowMs, heardMs - 1, true, pair.NowMs));
            pair.Advance(1000);
            if (i == 10) Assert.Equal(0, pair.A.Found);
            if (i == 12) pair.A.RelaySilent = false;
        }
        Assert.InRange(pair.A.RelayPings - before, 18, 21);
        Assert.InRange(pair.A.Found, 1, 4);                                 // no more often than every 5 s
    }

    [Fact]
    public void A_pong_in_spite_of_silence_says_that_data_goes_unanswered()
    {
        PathPair pair = new PathPair(37, true, true);
        pair.Talk(3);
        long sinceMs = pair.NowMs;
        for (int i = 0; i < 10; i++)
        {
            pair.A.Drain(pair.A.Path.HandleStamps(pair.NowMs, sinceMs - 1, false, pair.NowMs));
            pair.Advance(100);
        }
        Assert.Equal(PathMode.Direct, pair.A.Path.Mode);
        Assert.InRange(pair.A.Unanswered, 1, 2);
    }

    [Fact]
    public void A_path_that_drops_full_packets_is_left_for_the_relay_and_tried_again_every_minute()
    {
        PathPair pair = new PathPair(38, true, true) { DropsFull = true };
        pair.Talk(2);
        Assert.Equal(PathMode.Direct, pair.A.Path.Mode);                    // the first packets do not wait for the test
        pair.Talk(3);
        Assert.Equal(PathMode.Relay, pair.A.Path.Mode);
        Assert.Equal("relay: " + PeerPath.DropsFull, pair.A.Path.Reason);
        int full = pair.A.FullPings, calls = pair.A.Calls;
        Assert.InRange(full, 10, 12);
        pair.Talk(50);
        Assert.Equal(full, pair.A.FullPings);
        Assert.Equal(calls, pair.A.Calls);                                  // a call would not make it larger
        pair.DropsFull = false;
        pair.Talk(15);
        Assert.Equal(PathMode.Direct, pair.A.Path.Mode);
        Assert.Contains(pair.A.Reasons, reason => reason == "direct: it answered a full ping");
    }

    [Fact]
    public void A_path_that_passes_full_packets_is_asked_once_a_minute_of_traffic_and_not_when_idle()
    {
        PathPair pair = new PathPair(39, true, true);
        pair.Talk(50);
        Assert.Equal(1, pair.A.FullPings);
        pair.Talk(30);
        Assert.Equal(2, pair.A.FullPings);
        pair.Advance(600000);
        Assert.InRange(pair.A.FullPings, 2, 3);                             // the last 45 s count as traffic
    }

    [Fact]
    public void When_control_forbids_udp_the_relay_takes_over_and_nothing_is_pinged()
    {
        PathPair pair = new PathPair(32, true, true);
        pair.Talk(3);
        pair.A.Drain(pair.A.Path.HandleRules(true, false, pair.NowMs));
        Assert.Equal(PathMode.Relay, pair.A.Path.Mode);
        Assert.Contains("no UDP", pair.A.Path.Reason);
        int before = pair.A.Pings;
        pair.Talk(20);
        Assert.Equal(before, pair.A.Pings);
        pair.A.Drain(pair.A.Path.HandleRules(false, false, pair.NowMs));
        pair.Talk(3);
        Assert.Equal(PathMode.Direct, pair.A.Path.Mode);
    }

    [Fact]
    public void A_pong_counts_for_the_address_that_was_pinged_only()
    {
        PeerPath path = new PeerPath(new SeedEntropy(8), false);
        path.HandleStart(DiscoWireTests.Endpoints("9.9.9.9:9"), 900, 0);
        path.HandleSent(1, 1);
        PathTransmit transmit = new PathTransmit();
        Assert.True(path.PollTransmit(transmit, 1));
        // A ping from elsewhere adds a candidate, but does not become the path.
        path.HandlePing(DiscoWireTests.Endpoints("6.6.6.6:6"), 0, 2);
        Assert.Equal(PathMode.Relay, path.Mode);
        path.HandlePong(transmit.PingRow, 5000, 6);
        PathEvent news = Last(path);
        Assert.Equal("9.9.9.9:9", NetEndpoint.Format(news.Endpoint, 0));
    }

    [Fact]
    public void A_better_address_takes_over_and_a_worse_one_does_not()
    {
        PeerPath path = new PeerPath(new SeedEntropy(9), false);
        path.HandleStart(DiscoWireTests.Endpoints("9.9.9.9:9 192.168.1.2:2 7.7.7.7:7"), 900, 0);
        path.HandleSent(1, 1);
        PathTransmit transmit = new PathTransmit();
        int[] rows = new int[3];
        for (int i = 0; i < 3; i++) { Assert.True(path.PollTransmit(transmit, 1)); rows[i] = transmit.PingRow; }
        path.HandlePong(rows[0], 20000, 21);
        Assert.Equal("9.9.9.9:9", NetEndpoint.Format(Last(path).Endpoint, 0));
        path.HandlePong(rows[1], 20000, 22);
        Assert.Equal("192.168.1.2:2", NetEndpoint.Format(Last(path).Endpoint, 0));
        path.HandlePong(rows[2], 20000, 23);
        Assert.Null(Last(path));
    }

    [Fact]
    public void Force_relay_pings_nobody_and_never_goes_direct()
    {
        PathPair pair = new PathPair(10, true, true, forceA: true);
        pair.Talk(60);
        Assert.Equal(0, pair.A.Pings);
        Assert.Equal(0, pair.A.Calls);
        Assert.Equal(PathMode.Relay, pair.A.Path.Mode);
    }

    [Fact]
    public void The_users_ping_goes_by_relay_and_to_every_address_and_the_first_pong_wins()
    {
        PathPair pair = new PathPair(11, true, true);
        pair.A.Drain(pair.A.Path.HandleUserPing(pair.NowMs));
        Assert.Equal(1, pair.A.RelayPings);
        Assert.Equal(1, pair.A.Pings);
        pair.Advance(2 * PathPair.DirectMs);
        Assert.Equal(0, pair.A.Answer.Region);
        Assert.Equal(8000, pair.A.Answer.LatencyMicros);

        pair.A.Answer = null;
        pair.UdpBlocked = true;
        pair.A.Drain(pair.A.Path.HandleUserPing(pair.NowMs));
        pair.Advance(1000);
        Assert.Equal(PathPair.Region, pair.A.Answer.Region);
        Assert.Equal(40000, pair.A.Answer.LatencyMicros);
    }

    [Fact]
    public void An_unknown_home_uses_the_way_the_peer_was_heard()
    {
        PeerPath path = new PeerPath(new SeedEntropy(12), false);
        path.HandleStart(null, 0, 0);
        Assert.Equal(PathMode.None, path.Mode);
        path.HandleHeard(5, 10);
        Assert.Equal(PathMode.Relay, path.Mode);
        Assert.Equal(5, Last(path).Region);
        // The home region becomes known: it is used once it is open, or when nothing else is.
        path.HandleRow(null, 7, 20);
        Assert.Null(Last(path));
        path.HandleRelay(7, true, 30);
        Assert.Equal(7, Last(path).Region);
    }

    [Fact]
    public void A_new_network_proves_everything_again()
    {
        PathPair pair = new PathPair(13, true, true);
        pair.Talk(2);
        Assert.Equal(PathMode.Direct, pair.A.Path.Mode);
        pair.A.Drain(pair.A.Path.HandleNetworkChanged(pair.NowMs));
        Assert.Equal(PathMode.Relay, pair.A.Path.Mode);
        pair.Advance(100);
        Assert.Equal(PathMode.Direct, pair.A.Path.Mode);
    }

    [Fact]
    public void Candidates_are_limited_and_the_oldest_learned_one_makes_room()
    {
        CandidateTable table = new CandidateTable();
        byte[] endpoint = DiscoWireTests.Endpoints("9.9.9.9:1");
        for (int port = 1; port <= 100; port++)
        {
            NetEndpoint.SetPort(endpoint, 0, port);
            Assert.True(table.Add(CandidateTable.Learned, endpoint, 0, port) >= 0);
        }
        Assert.Equal(CandidateTable.MaxRows, table.Count);
        NetEndpoint.SetPort(endpoint, 0, 1);
        Assert.Equal(-1, table.Find(endpoint, 0));
        table.Expire(100 + 45000);
        Assert.Equal(0, table.Count);
        Assert.Equal(-1, table.Add(CandidateTable.Learned, DiscoWireTests.Endpoints("100.64.0.1:1"), 0, 0));
        Assert.Equal(-1, table.Add(CandidateTable.Learned, DiscoWireTests.Endpoints("[fe80::1]:1"), 0, 0));
        Assert.Equal(-1, table.Add(CandidateTable.Learned, DiscoWireTests.Endpoints("1.1.1.1:0"), 0, 0));
    }

    private static PathEvent Last(PeerPath path)
    {
        PathEvent last = null, news = new PathEvent();
        while (path.PollEvent(news))
        {
            if (news.Kind != PathEvent.ModeChanged) continue;
            last = news;
            news = new PathEvent();
        }
        return last;
    }
}
