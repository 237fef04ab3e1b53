using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using MicroLink.Control;
using MicroLink.NetMap;
using MicroLink.Runtime;
using MicroLink.TestKit;
using MicroLink.Tests.Unit.Http2;
using Xunit;
using static MicroLink.Tests.Unit.Control.ControlMaps;

namespace MicroLink.Tests.Unit.Control;

public class CoordinationActorTests
{
    [Theory]
    [InlineData(true, 4096, 0)]
    [InlineData(false, 4096, 0)]
    [InlineData(true, 1, 0)]
    [InlineData(true, 37, 5)]
    public void From_link_up_to_a_full_map(bool earlyNoise, int piece, int writeLimit)
    {
        ControlBench bench = new() { Piece = piece, WriteLimit = writeLimit };
        bench.Control.EarlyNoise = earlyNoise;
        bench.Start();
        Assert.Equal(2, bench.Dials.Count);
        Assert.All(bench.Dials, d => Assert.Equal(("control.test", 8080, false), (d.Host, d.Port, d.Tls)));
        JsonElement register = Assert.Single(bench.Control.Registers);
        Assert.Equal(113, register.GetProperty("Version").GetInt32());
        Assert.Equal("tskey-auth-good", register.GetProperty("Auth").GetProperty("AuthKey").GetString());
        Assert.Equal("nodekey:" + new string('0', 64), register.GetProperty("OldNodeKey").GetString());
        JsonElement poll = Assert.Single(bench.Control.Polls), lite = Assert.Single(bench.Control.Lites);
        Assert.True(lite.GetProperty("OmitPeers").GetBoolean());
        Assert.Equal(poll.GetProperty("DiscoKey").GetString(), lite.GetProperty("DiscoKey").GetString());
        Assert.Equal(poll.GetProperty("Hostinfo").GetRawText(), lite.GetProperty("Hostinfo").GetRawText());

        bench.Control.Last.Push(Full(3, 4));
        bench.Run();
        Assert.Equal(new long[] { 3, 4 }, bench.Deltas().Select(d => d.Row.Id));
        Assert.Equal("one", ((DerpMapChanged)bench.Relays.Expect(typeof(DerpMapChanged))).Map.Find(1).Code);
        Assert.Equal(1795636800000, ((ControlTimeSeen)bench.Clock.Expect(typeof(ControlTimeSeen))).UnixMs);
        List<Message> told = ControlBench.All<Message>(bench.Node);
        Assert.Contains(told, m => m is ServerKeySeen);
        Assert.Contains(told, m => m is SelfChanged s && s.Self.Id == 7);
        Assert.Equal(ControlState.Connected, told.OfType<ControlStateChanged>().Last().State);
        Assert.Equal(8, bench.Pool.Free);
    }

    [Fact]
    public void Host_updates_become_lite_updates_and_ride_in_the_next_poll_too()
    {
        ControlBench bench = Connected();
        byte[] endpoint = new byte[18];
        MicroLink.Bytes.NetEndpoint.Parse("192.0.2.7:41641", endpoint, 0);
        HostUpdate update = new(endpoint, new byte[] { 2 }, 1, 1, 2, 1);
        bench.Actor.Tell(update);
        bench.Run();
        bench.Actor.Tell(update);
        bench.Run();
        Assert.Equal(2, bench.Control.Lites.Count);
        JsonElement lite = bench.Control.Lites[1];
        Assert.Equal("192.0.2.7:41641", lite.GetProperty("Endpoints")[0].GetString());
        Assert.Equal(2, lite.GetProperty("EndpointTypes")[0].GetInt32());
        JsonElement netInfo = lite.GetProperty("Hostinfo").GetProperty("NetInfo");
        Assert.Equal(1, netInfo.GetProperty("PreferredDERP").GetInt32());
        Assert.False(netInfo.GetProperty("MappingVariesByDestIP").GetBoolean());
        Assert.True(netInfo.GetProperty("WorkingUDP").GetBoolean());

        bench.Break();
        bench.Advance(1000);
        Assert.Single(bench.Control.Registers);
        Assert.Equal(2, bench.Control.Polls.Count);
        Assert.Equal("192.0.2.7:41641", bench.Control.Polls[1].GetProperty("Endpoints")[0].GetString());
    }

    [Theory]
    [InlineData("garbage\r\n\r\n", "something that is not HTTP")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "is this the address of a control server?")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n", "is this the address of a control server?")]
    [InlineData("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", "HTTP status 400")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"publicKey\":", "closed the connection before")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", "a body that is too long")]
    public void A_useless_key_answer_is_said_plainly(string answer, string words)
    {
        ControlBench bench = new();
        bench.Control.KeyAnswer = () => answer;
        bench.Start();
        Assert.Contains(words, bench.State().Reason);
        bench.Control.KeyAnswer = null;
        bench.Advance(5000);
        Assert.Single(bench.Control.Polls);
    }

    [Fact]
    public void A_chunked_key_answer_is_read()
    {
        ControlBench bench = new();
        string key = bench.Control.Key();
        bench.Control.KeyAnswer = () => $"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{key[..5]}\r\n{key.Length - 5:x}\r\n{key[5..]}\r\n0\r\n\r\n";
        bench.Start();
        Assert.Single(bench.Control.Polls);
    }

    [Fact]
    public void Closed_in_the_middle_of_the_handshake_is_not_called_a_refused_version()
    {
        ControlBench bench = new();
        bench.Control.CloseAfter101 = true;
        bench.Control.BytesBeforeClose = 6;
        bench.Start();
        Assert.Contains("in the middle of the Noise handshake", bench.State().Reason);
    }

    [Fact]
    public void Closed_after_101_means_that_the_version_is_refused()
    {
        ControlBench bench = new();
        bench.Control.CloseAfter101 = true;
        bench.Start();
        Assert.Contains("refuses capability version 113", bench.State().Reason);
        bench.Control.CloseAfter101 = false;
        bench.Advance(5000);
        Assert.Single(bench.Control.Polls);
    }

    [Fact]
    public void A_refused_connection_backs_off_for_ever()
    {
        ControlBench bench = new() { DialError = "The control server at control.test:8080 refused the connection." };
        bench.Start();
        bench.Advance(24L * 3600 * 1000);
        int dials = bench.Dials.Count;
        Assert.InRange(dials, 2500, 6500);
        ControlStateChanged state = bench.State();
        Assert.Equal(ControlState.Connecting, state.State);
        Assert.StartsWith("The control server at control.test:8080 refused the connection. Trying again in ", state.Reason);
        bench.DialError = null;
        bench.Advance(50000);
        Assert.Single(bench.Control.Polls);
    }

    [Fact]
    public void A_changed_server_key_is_fetched_again()
    {
        ControlBench bench = Connected();
        byte[] right = bench.Control.Public;
        bench.Control.KeyAnswer = () => TestConnection.Http200("{\"publicKey\":\"mkey:" + new string('1', 64) + "\"}");
        ControlBench fresh = new();
        bool once = false;
        fresh.Control.KeyAnswer = () =>
        {
            string answer = once ? fresh.Control.Key() : "{\"publicKey\":\"mkey:" + Convert.ToHexString(new byte[31]) + "09\"}";
            once = true;
            return TestConnection.Http200(answer);
        };
        fresh.Start();
        Assert.Contains("handshake", fresh.State().Reason);
        fresh.Advance(5000);
        Assert.Single(fresh.Control.Polls);
        Assert.NotNull(right);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_server_that_leaves_the_handshake_without_an_answer_is_asked_for_its_key_again(bool closes)
    {
        ControlBench bench = new();
        int keys = 0;
        bench.Control.KeyAnswer = () => { keys++; return TestConnection.Http200(bench.Control.Key()); };
        bench.Control.CloseAfter101 = closes;
        bench.Control.Silent = !closes;
        bench.Start();
        bench.Advance(14000);
        Assert.Empty(bench.Control.Polls);
        bench.Control.CloseAfter101 = bench.Control.Silent = false;
        bench.Advance(40000);
        Assert.Single(bench.Control.Polls);
        Assert.InRange(keys, 2, 30);
    }

    [Fact]
    public void The_upgrade_refused_names_the_status()
    {
        ControlBench bench = new();
        bench.Control.UpgradeAnswer = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n";
        bench.Start();
        Assert.Contains("HTTP status 500", bench.State().Reason);
    }

    [Fact]
    public void Silence_for_120_s_ends_the_poll_and_keep_alives_prevent_it()
    {
        ControlBench bench = Connected();
        for (int i = 0; i < 4; i++)
        {
            bench.Advance(60000);
            bench.Control.Last.Push("{\"KeepAlive\":true}");
            bench.Run();
        }
        Assert.Single(bench.Control.Polls);
        bench.Advance(119000);
        Assert.Single(bench.Control.Polls);
        bench.Advance(3000);
        Assert.Equal(2, bench.Control.Polls.Count);
        Assert.Contains("sent nothing for 120 s", bench.State().Reason);
    }

    [Fact]
    public void A_reconnect_tells_removals_of_peers_that_went_meanwhile()
    {
        ControlBench bench = Connected();
        bench.Control.Last.Push("{\"PeersChanged\":[" + Peer(9) + "]}");
        bench.Run();
        bench.Deltas();
        bench.Control.Last.EndPoll();
        bench.Advance(2000);
        bench.Control.Last.Push(Full(3));
        bench.Run();
        Assert.Equal(new[] { "0:3", "2:4", "2:9" }, bench.Deltas().Select(d => d.Kind + ":" + d.Row.Id));
    }

    [Fact]
    public void A_full_mailbox_stops_the_server_and_loses_nothing()
    {
        ControlBench bench = new();
        SlowPeers slow = null;
        ActorRef peers = bench.System.Spawn("slow", Props.From(() => slow = new SlowPeers()).WithMailbox(4));
        bench.Options.MaxPeers = 5000;
        bench.Start(peers);
        int[] ids = Enumerable.Range(1, 2000).ToArray();
        bench.Control.Last.Push(Full(ids));
        bench.Run();
        // The server still holds back most of the list: 65535 bytes of window and eight buffers are all that is under way.
        Assert.True(bench.Control.Last.WaitingFrames > 40, bench.Control.Last.WaitingFrames + " frames wait, " + slow.Ids.Count + " peers taken");
        Assert.True(slow.Ids.Count < 100, slow.Ids.Count + " peers were taken at once");
        bench.Advance(60000);
        Assert.Equal(ids.Select(i => (long)i), slow.Ids);
        Assert.Equal(ControlState.Connected, bench.State().State);
    }

    [Fact]
    public void Tailnet_lock_accepts_no_peer_and_says_so()
    {
        ControlBench bench = new();
        bench.Start();
        bench.Control.Last.Push(Full(3, 4)[..^1] + ",\"TKAInfo\":{\"Head\":\"abc\"}}");
        bench.Run();
        List<PeerDelta> deltas = bench.Deltas();
        Assert.Empty(deltas.Where(d => d.Kind == PeerDelta.Upsert).Select(d => d.Row.Id).Except(deltas.Where(d => d.Kind == PeerDelta.Removed).Select(d => d.Row.Id)));
        Assert.Contains("tailnet lock", bench.State().Reason);
        bench.Control.Last.Push("{\"PeersChanged\":[" + Peer(5) + "]}");
        bench.Run();
        Assert.Empty(bench.Deltas());
    }

    [Fact]
    public void A_page_that_control_wants_opened_is_told_once()
    {
        ControlBench bench = Connected();
        for (int i = 0; i < 3; i++) bench.Control.Last.Push("{\"PopBrowserURL\":\"https://c.example/" + (i == 2 ? "b" : "a") + "\",\"OnlineChange\":{\"3\":true}}");
        bench.Run();
        Assert.Equal(new[] { "https://c.example/a", "https://c.example/b" }, ControlBench.All<ControlStateChanged>(bench.Node).Select(s => s.AuthUrl).Where(u => u != null));
        Assert.Single(bench.Control.Polls);
    }

    [Fact]
    public void A_pause_that_control_asks_for_is_kept_and_no_longer_than_five_minutes()
    {
        ControlBench bench = Connected();
        bench.Control.Last.Push("{\"Debug\":{\"SleepSeconds\":90}}");
        bench.Run();
        bench.Advance(89000);
        Assert.Single(bench.Control.Polls);
        bench.Advance(2000);
        Assert.Equal(2, bench.Control.Polls.Count);
        bench.Control.Last.Push(Full(3));
        bench.Control.Last.Push("{\"Debug\":{\"SleepSeconds\":86400}}");
        bench.Run();
        bench.Advance(299000);
        Assert.Equal(2, bench.Control.Polls.Count);
        bench.Advance(2000);
        Assert.Equal(3, bench.Control.Polls.Count);
    }

    [Fact]
    public void A_ping_over_noise_is_answered_once()
    {
        ControlBench bench = Connected();
        for (int i = 0; i < 2; i++) bench.Control.Last.Push("{\"PingRequest\":{\"URL\":\"https://unused/machine/ping?id=5\",\"URLIsNoise\":true}}");
        bench.Run();
        Assert.Equal(new[] { "HEAD /machine/ping?id=5" }, bench.Control.Other);
    }

    [Theory]
    [InlineData("{\"Peers\":[", null, "not valid JSON")]
    [InlineData("{}", 0, "an empty map message")]
    [InlineData("{}", 0x7fffffff, "above the size limit")]
    [InlineData("nonsense", null, "not valid JSON")]
    public void A_broken_map_message_ends_the_poll_with_a_sentence(string json, int? length, string words)
    {
        ControlBench bench = Connected();
        bench.Control.Last.Push(json, length);
        bench.Run();
        Assert.Contains(words, bench.State().Reason);
        bench.Advance(5000);
        Assert.Equal(2, bench.Control.Polls.Count);
    }

    [Fact]
    public void A_first_message_without_the_node_is_an_error()
    {
        ControlBench bench = new();
        bench.Start();
        bench.Control.Last.Push("{\"ControlTime\":\"2026-11-25T20:00:00Z\"}");
        bench.Run();
        Assert.Contains("without this node", bench.State().Reason);
    }

    [Fact]
    public void Link_down_closes_and_link_up_connects_at_once()
    {
        ControlBench bench = Connected();
        bench.Actor.Tell(LinkDown.Instance);
        bench.Run();
        Assert.Equal("There is no network.", bench.State().Reason);
        bench.Advance(600000);
        Assert.Single(bench.Control.Polls);
        bench.Actor.Tell(LinkUp.Instance);
        bench.Run();
        Assert.Equal(2, bench.Control.Polls.Count);
    }

    [Fact]
    public void A_wrong_control_url_is_refused_with_a_sentence()
    {
        ControlBench bench = new();
        bench.Options.ControlUrl = "ftp://x";
        bench.Start();
        Assert.Equal("The control URL must look like https://name or http://name:port, but it is \"ftp://x\".", bench.State().Reason);
        Assert.Empty(bench.Dials);
    }

    [Fact]
    public void A_goaway_means_a_new_connection()
    {
        ControlBench bench = Connected();
        bench.Control.Last.PlainFrame(Http2Pair.Frame(7, 0, 0, new byte[8]));
        bench.Advance(1000);
        Assert.Equal(2, bench.Control.Polls.Count);
    }

    [Fact]
    public void A_server_that_ends_every_poll_at_once_is_not_hammered()
    {
        ControlBench bench = Connected();
        for (int i = 0; i < 600; i++)
        {
            if (bench.Control.Last.PollStream > 0) bench.Control.Last.EndPoll();
            bench.Advance(100);
            if (bench.Control.Last.PollStream > 0) bench.Control.Last.Push(Full(3, 4));
            bench.Run();
        }
        Assert.InRange(bench.Control.Polls.Count, 20, 130);
    }

    [Fact]
    public void An_actor_made_anew_connects_again_and_removes_who_left_meanwhile()
    {
        ControlBench bench = Connected();
        bench.Actor.Tell(new HostUpdate(new byte[0], new byte[0], 1, 0, 2, 0));
        bench.Run();
        bench.Actor.Tell(new Nonsense());
        bench.Advance(5000);
        Assert.Equal(2, bench.Control.Registers.Count);
        Assert.Equal(1, bench.Control.Polls[1].GetProperty("Hostinfo").GetProperty("NetInfo").GetProperty("PreferredDERP").GetInt32());
        bench.Deltas();
        bench.Control.Last.Push(Full(3));
        bench.Run();
        Assert.Equal(new[] { "0:3", "2:4" }, bench.Deltas().Select(d => d.Kind + ":" + d.Row.Id));
        Assert.Equal(8, bench.Pool.Free);
    }

    private sealed class Nonsense : Message { }

    [Fact]
    public void A_failed_lite_update_is_repeated()
    {
        ControlBench bench = new();
        bench.Control.OnLite = _ => new Answer(500, "oops");
        bench.Start();
        bench.Control.Last.Push(Full());
        bench.Run();
        Assert.Single(bench.Control.Lites);
        bench.Control.OnLite = _ => new Answer(200, "");
        bench.Advance(5100);
        Assert.Equal(2, bench.Control.Lites.Count);
    }

    /// <summary>Takes one message every 10 ms.</summary>
    private sealed class SlowPeers : Actor
    {
        public readonly List<long> Ids = new();

        protected override void OnReceive(Message message)
        {
            if (message is PeerDelta delta) Ids.Add(delta.Row.Id);
        }
    }
}
