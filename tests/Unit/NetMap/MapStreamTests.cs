using System;
using System.Linq;
using System.Text;
using MicroLink.NetMap;
using Xunit;

namespace MicroLink.Tests.Unit.NetMap;

/// <summary>The merge rules of protocol.md 4.6 to 4.8, one by one.</summary>
public class MapStreamTests
{
    private const string Self = "\"Node\":{\"ID\":1,\"Key\":\"nodekey:1111111111111111111111111111111111111111111111111111111111111111\",\"MachineAuthorized\":true}";

    private static string Peer(int id, string more = "") => $"{{\"ID\":{id},\"Key\":\"nodekey:{id.ToString("x").PadLeft(64, '0')}\",\"Addresses\":[\"100.64.0.{id}/32\"]{more}}}";

    private static MapReplay Full(params int[] ids) =>
        new MapReplay().Message("{" + Self + ",\"Peers\":[" + string.Join(",", ids.Select(i => Peer(i))) + "]}");

    [Fact]
    public void A_full_list_upserts_then_removes_the_unlisted()
    {
        MapReplay replay = Full(2, 3, 4);
        replay.Log.Clear();
        replay.Message("{\"Peers\":[" + Peer(3) + "," + Peer(9) + "]}");
        Assert.Equal(new[] { "+3", "+9", "-2", "-4" }, replay.Log);
    }

    [Fact]
    public void An_empty_or_null_list_changes_nothing()
    {
        MapReplay replay = Full(2, 3);
        replay.Message("{\"Peers\":[]}").Message("{\"Peers\":null}").Message("{}");
        Assert.Equal(new long[] { 2, 3 }, replay.Peers.Keys);
        Assert.Equal(4, replay.Messages);
    }

    [Theory]
    [InlineData("", new long[0])]
    [InlineData(",\"Peers\":[]", new long[0])]
    [InlineData(",\"PeersChanged\":[PEER]", new long[] { 3 })]
    public void A_new_stream_begins_with_nobody(string lists, long[] left)
    {
        MapReplay replay = Full(2, 3);
        replay.Stream.Begin();
        replay.Message("{" + Self + lists.Replace("PEER", Peer(3)) + "}");
        Assert.Equal(left, replay.Peers.Keys);
        replay.Message("{\"PeersChanged\":[" + Peer(9) + "]}").Message("{}");
        Assert.Equal(left.Append(9), replay.Peers.Keys);
    }

    [Fact]
    public void A_full_list_cancels_the_deltas_of_its_message()
    {
        MapReplay replay = Full(2, 3);
        replay.Message("{\"Peers\":[" + Peer(2) + "],\"PeersChanged\":[" + Peer(7) + "],\"PeersRemoved\":[2],\"PeersChangedPatch\":[{\"NodeID\":2,\"Cap\":9}],\"OnlineChange\":{\"2\":true}}");
        Assert.Equal(new long[] { 2 }, replay.Peers.Keys);
        Assert.Equal(0, replay.Peers[2].Capability);
        Assert.Equal(PeerRow.Unknown, replay.Peers[2].Online);
    }

    [Fact]
    public void Removed_applies_before_changed_whatever_their_order_in_the_text()
    {
        MapReplay replay = Full(2, 3);
        replay.Message("{\"PeersChanged\":[" + Peer(2, ",\"Cap\":5") + "],\"PeersRemoved\":[2,3]}");
        Assert.Equal(new long[] { 2 }, replay.Peers.Keys);
        replay.Message("{\"PeersRemoved\":[2],\"PeersChanged\":[" + Peer(2, ",\"Cap\":6") + "]}");
        Assert.Equal(6, replay.Peers[2].Capability);
    }

    [Fact]
    public void Unknown_ids_in_deltas_are_ignored()
    {
        MapReplay replay = Full(2);
        replay.Log.Clear();
        replay.Message("{\"PeersRemoved\":[99],\"PeersChangedPatch\":[{\"NodeID\":98,\"Online\":true}],\"OnlineChange\":{\"97\":true},\"PeerSeenChange\":{\"96\":true,\"x\":true}}");
        Assert.Empty(replay.Log);
    }

    [Fact]
    public void Allowed_ips_null_means_addresses_and_an_empty_list_means_none()
    {
        MapReplay replay = new MapReplay().Message("{" + Self + ",\"Peers\":[" + Peer(2) + "," + Peer(3, ",\"AllowedIPs\":null") + ","
            + Peer(4, ",\"AllowedIPs\":[]") + "," + Peer(5, ",\"AllowedIPs\":[\"10.0.0.0/8\",\"fd00::/8\"]") + ","
            + Peer(6, ",\"AllowedIPs\":[\"10.0.0.0/8\"],\"UnsignedPeerAPIOnly\":true") + "]}");
        Assert.Equal("100.64.0.2/32", MapReplay.Prefixes(replay.Peers[2].AllowedIps));
        Assert.Equal("100.64.0.3/32", MapReplay.Prefixes(replay.Peers[3].AllowedIps));
        Assert.Equal("", MapReplay.Prefixes(replay.Peers[4].AllowedIps));
        Assert.Equal("10.0.0.0/8,fd00::/8", MapReplay.Prefixes(replay.Peers[5].AllowedIps));
        Assert.Equal("100.64.0.6/32", MapReplay.Prefixes(replay.Peers[6].AllowedIps));
    }

    [Theory]
    [InlineData(",\"DERP\":\"127.3.3.40:12\"", 12)]
    [InlineData(",\"DERP\":\"127.3.3.40:12\",\"HomeDERP\":3", 3)]
    [InlineData(",\"DERP\":\"127.3.3.40:\"", 0)]
    [InlineData(",\"DERP\":\"10.0.0.1:5\"", 0)]
    [InlineData(",\"DERP\":\"127.3.3.40:70000\"", 0)]
    [InlineData(",\"HomeDERP\":70000", 0)]
    [InlineData(",\"HomeDERP\":1.5", 0)]
    public void Home_relay_has_two_forms(string field, int region)
    {
        Assert.Equal(region, new MapReplay().Message("{" + Self + ",\"Peers\":[" + Peer(2, field) + "]}").Peers[2].HomeRelay);
    }

    [Fact]
    public void A_WireGuard_only_peer_has_endpoints_and_neither_disco_key_nor_relay()
    {
        PeerRow row = new MapReplay().Message("{" + Self + ",\"Peers\":["
            + Peer(2, ",\"IsWireGuardOnly\":true,\"Endpoints\":[\"1.2.3.4:5\"],\"HomeDERP\":4,\"DiscoKey\":\"discokey:" + new string('6', 64) + "\"") + "]}").Peers[2];
        Assert.True(row.IsWireGuardOnly);
        Assert.Equal(("1.2.3.4:5", 0), (MapReplay.Endpoints(row.Endpoints), row.HomeRelay));
        Assert.Null(row.DiscoKey);
    }

    [Fact]
    public void A_patch_changes_only_what_it_names()
    {
        MapReplay replay = new MapReplay().Message("{" + Self + ",\"Peers\":["
            + Peer(2, ",\"Endpoints\":[\"1.2.3.4:5\"],\"HomeDERP\":4,\"Online\":true,\"Cap\":100,\"CapMap\":{\"a\":null}") + "]}");
        replay.Message("{\"PeersChangedPatch\":[{\"NodeID\":2,\"DERPRegion\":0,\"Cap\":0,\"Endpoints\":null,\"Key\":null,\"Online\":false}]}");
        PeerRow row = replay.Peers[2];
        Assert.Equal(("1.2.3.4:5", 4, PeerRow.Offline, 100), (MapReplay.Endpoints(row.Endpoints), row.HomeRelay, row.Online, row.Capability));
        Assert.NotNull(row.Key);
        replay.Message("{\"PeersChangedPatch\":[{\"NodeID\":2,\"DERPRegion\":9,\"Endpoints\":[\"[2001::1]:7\"],\"CapMap\":{\"b\":[],\"c\":[1,{\"x\":[]}]}}]}");
        Assert.Equal(("[2001::1]:7", 9, PeerRow.Offline), (MapReplay.Endpoints(row.Endpoints), row.HomeRelay, row.Online));
        Assert.Equal(new[] { "b", "c" }, row.Capabilities);
    }

    /// <summary>PeerChange of protocol.md 4.6, field by field; a field that is absent, null or (relay, Cap) 0 changes nothing.</summary>
    [Theory]
    [InlineData("\"DERPRegion\":9", "home")]
    [InlineData("\"Cap\":131", "cap")]
    [InlineData("\"CapMap\":{\"x\":null}", "caps")]
    [InlineData("\"CapMap\":{}", "caps")]
    [InlineData("\"Endpoints\":[\"9.9.9.9:9\"]", "endpoints")]
    [InlineData("\"Key\":\"nodekey:4444444444444444444444444444444444444444444444444444444444444444\"", "key")]
    [InlineData("\"KeySignature\":\"AAAA\"", "signature")]
    [InlineData("\"DiscoKey\":\"discokey:5555555555555555555555555555555555555555555555555555555555555555\"", "disco")]
    [InlineData("\"Online\":false", "online")]
    [InlineData("\"LastSeen\":\"2026-11-25T20:00:00Z\"", "seen")]
    [InlineData("\"KeyExpiry\":\"2026-11-25T19:00:00Z\"", "expiry,expired")]
    [InlineData("\"DERPRegion\":0,\"Cap\":0", "")]
    [InlineData("\"CapMap\":null,\"Endpoints\":null,\"Key\":null,\"KeySignature\":null,\"DiscoKey\":null,\"Online\":null,\"LastSeen\":null,\"KeyExpiry\":null", "")]
    [InlineData("\"Name\":\"other.\",\"Addresses\":[],\"AllowedIPs\":[],\"Tags\":[\"tag:x\"],\"HomeDERP\":3,\"Expired\":true,\"IsJailed\":true,\"User\":7", "")]
    public void A_patch_field_changes_one_thing(string field, string changed)
    {
        MapReplay replay = new MapReplay().Message("{" + Self + ",\"ControlTime\":\"2026-11-25T20:00:00Z\",\"Peers\":[" + Peer(2, ",\"Name\":\"p.\",\"Endpoints\":[\"1.2.3.4:5\"],\"HomeDERP\":4,\"Online\":true,"
            + "\"Cap\":100,\"CapMap\":{\"a\":null},\"DiscoKey\":\"discokey:" + new string('6', 64) + "\",\"KeyExpiry\":\"2027-01-01T00:00:00Z\",\"LastSeen\":\"2026-11-01T00:00:00Z\"") + "]}");
        PeerRow before = replay.Peers[2].Clone();
        replay.Message("{\"PeersChangedPatch\":[{\"NodeID\":2," + field + "}]}");
        PeerRow after = replay.Peers[2];
        (string, bool)[] differences =
        {
            ("home", before.HomeRelay != after.HomeRelay), ("cap", before.Capability != after.Capability), ("caps", string.Join(",", before.Capabilities) != string.Join(",", after.Capabilities)),
            ("endpoints", MapReplay.Endpoints(before.Endpoints) != MapReplay.Endpoints(after.Endpoints)), ("key", !before.Key.SequenceEqual(after.Key)),
            ("signature", before.HasSignature != after.HasSignature), ("disco", !before.DiscoKey.SequenceEqual(after.DiscoKey)), ("online", before.Online != after.Online),
            ("seen", before.LastSeenMs != after.LastSeenMs), ("expiry", before.KeyExpiryMs != after.KeyExpiryMs), ("expired", before.Expired != after.Expired),
            ("other", (before.Name, before.IsJailed, before.UserId, before.Tags) != (after.Name, after.IsJailed, after.UserId, after.Tags)
                || MapReplay.Prefixes(before.AllowedIps) != MapReplay.Prefixes(after.AllowedIps) || MapReplay.Prefixes(before.Addresses) != MapReplay.Prefixes(after.Addresses)),
        };
        Assert.Equal(changed, string.Join(",", differences.Where(d => d.Item2).Select(d => d.Item1)));
    }

    /// <summary>What a small client does not use (4.6, 4.7), with names inside that mean something elsewhere.</summary>
    [Theory]
    [InlineData("\"MapSessionHandle\":\"h\",\"Seq\":7,\"CollectServices\":true,\"DefaultAutoUpdate\":true,\"DomainDataPlaneAuditLogID\":\"x\"")]
    [InlineData("\"Debug\":{\"DisableLogTail\":true,\"Exit\":1,\"Online\":true}")]
    [InlineData("\"SSHPolicy\":{\"rules\":[{\"Peers\":[" + "{\"ID\":9,\"Key\":\"k\"}" + "],\"Node\":{\"ID\":3}}]}")]
    [InlineData("\"PeersRemoved\":null,\"PeersChanged\":null,\"PeersChangedPatch\":null,\"OnlineChange\":null,\"PeerSeenChange\":null,\"Node\":null,\"DERPMap\":null,\"DNSConfig\":null,\"PacketFilter\":null,\"PacketFilters\":null,\"Health\":null,\"TKAInfo\":null,\"ControlDialPlan\":null,\"ClientVersion\":null,\"Debug\":null,\"SSHPolicy\":null")]
    [InlineData("\"Domain\":\"\",\"PopBrowserURL\":\"\",\"PingRequest\":{\"URL\":\"\"}")]
    public void What_a_small_client_does_not_use_changes_nothing(string fields)
    {
        MapReplay replay = Full(2, 3);
        replay.Log.Clear();
        replay.Message("{" + fields + "}");
        Assert.Empty(replay.Log);
        Assert.Equal(new long[] { 2, 3 }, replay.Peers.Keys);
        Assert.Equal((0, 2), (replay.Stream.Failure, replay.Messages));
    }

    [Fact]
    public void Objects_inside_a_peer_leak_nothing_into_its_row()
    {
        MapReplay replay = new MapReplay().Message("{" + Self + ",\"Peers\":[" + Peer(2, ",\"Hostinfo\":{\"Key\":\"nodekey:" + new string('9', 64) + "\",\"Online\":true,\"Endpoints\":[\"6.6.6.6:6\"],"
            + "\"NetInfo\":{\"PreferredDERP\":8,\"HomeDERP\":8}},\"ExitNodeDNSResolvers\":[{\"Addr\":\"1.1.1.1\"}],\"SelfNodeV4MasqAddrForThisPeer\":\"100.64.0.99\",\"PrimaryRoutes\":[\"10.0.0.0/8\"],"
            + "\"CapMap\":{\"a\":[{\"Cap\":7,\"IsJailed\":true}]},\"IsJailed\":false") + "]}");
        PeerRow row = replay.Peers[2];
        Assert.Equal((2, PeerRow.Unknown, 0, 0, false), (row.Key[31], row.Online, row.HomeRelay, row.Capability, row.IsJailed));
        Assert.Equal("", MapReplay.Endpoints(row.Endpoints));
        Assert.Equal("100.64.0.2/32", MapReplay.Prefixes(row.AllowedIps));
    }

    [Fact]
    public void Peer_seen_change_sets_and_clears_last_seen()
    {
        MapReplay replay = Full(2).Message("{\"ControlTime\":\"2026-11-25T20:00:00Z\"}");
        replay.NowMs += 5000;
        replay.Message("{\"PeerSeenChange\":{\"2\":true}}");
        Assert.Equal(DateTimeOffset.Parse("2026-11-25T20:00:05Z").ToUnixTimeMilliseconds(), replay.Peers[2].LastSeenMs);
        replay.Message("{\"PeerSeenChange\":{\"2\":false}}");
        Assert.Equal(0, replay.Peers[2].LastSeenMs);
    }

    [Fact]
    public void A_keep_alive_may_carry_a_ping_and_the_time_but_no_peers()
    {
        MapReplay replay = Full(2);
        replay.Log.Clear();
        replay.Message("{\"KeepAlive\":true,\"PingRequest\":{\"URL\":\"https://x/y\",\"Types\":\"c2n\",\"Payload\":\"AAAA\"},\"Peers\":[" + Peer(5) + "],\"ControlTime\":\"2026-11-25T20:00:00Z\"}");
        Assert.Equal(new[] { "ping https://x/y [c2n] False" }, replay.Log);
        Assert.Equal(1, replay.KeepAlives);
        Assert.True(replay.ControlTime > 0);
    }

    [Fact]
    public void Zero_time_never_expires_and_past_time_does()
    {
        MapReplay replay = new MapReplay().Message("{" + Self + ",\"Peers\":[" + Peer(2, ",\"KeyExpiry\":\"0001-01-01T00:00:00Z\"") + ","
            + Peer(3, ",\"KeyExpiry\":\"2026-11-25T19:59:59Z\"") + "," + Peer(4, ",\"KeyExpiry\":\"2026-11-25T20:00:10Z\"") + "],\"ControlTime\":\"2026-11-25T20:00:00Z\"}");
        Assert.Equal(new[] { false, true, false }, replay.Peers.Values.Select(p => p.Expired));
        Assert.Equal(replay.NowMs + 10000, replay.Stream.Deadline);
        replay.NowMs += 10000;
        replay.Stream.HandleTimeout(replay.NowMs);
        replay.Drain();
        Assert.True(replay.Peers[4].Expired);
        replay.Message("{\"PeersChangedPatch\":[{\"NodeID\":4,\"KeyExpiry\":\"2027-01-01T00:00:00Z\"}]}");
        Assert.False(replay.Peers[4].Expired);
    }

    [Fact]
    public void A_patch_with_a_past_expiry_says_so_itself()
    {
        MapReplay replay = new MapReplay().Message("{" + Self + ",\"Peers\":[" + Peer(4) + "],\"ControlTime\":\"2026-11-25T20:00:00Z\"}");
        byte[] bytes = MapReplay.Framed(Encoding.UTF8.GetBytes("{\"PeersChangedPatch\":[{\"NodeID\":4,\"KeyExpiry\":\"2026-11-25T19:00:00Z\"}]}"));
        replay.Stream.Handle(bytes, 0, bytes.Length, replay.NowMs);
        MapEvent e = new();
        Assert.True(replay.Stream.PollEvent(e));
        // One event: never for a moment a valid key.
        Assert.Equal((MapEvent.Patch, true), (e.Kind, e.Row.Expired));
    }

    [Fact]
    public void Our_own_key_expires_by_the_hosts_clock_whatever_the_server_thinks_the_time_is()
    {
        const string expiry = ",\"KeyExpiry\":\"2026-11-25T20:00:10Z\"", time = ",\"ControlTime\":\"2020-08-03T00:00:00Z\"";
        string node = Self.Insert(Self.Length - 1, expiry);
        MapReplay replay = new MapReplay().Message("{" + node + time + "}");
        Assert.False(replay.Self.Expired);
        long offset = DateTimeOffset.Parse("2026-11-25T20:00:00Z").ToUnixTimeMilliseconds() - replay.NowMs;
        replay.Stream.SetHostClock(offset + 20000, false, replay.NowMs);                    // not trusted
        Assert.False(replay.Message("{}").Self.Expired);
        replay.Stream.SetHostClock(offset, true, replay.NowMs);
        Assert.False(replay.Message("{}").Self.Expired);
        Assert.Equal(replay.NowMs + 10000, replay.Stream.Deadline);
        replay.Stream.HandleTimeout(replay.NowMs + 10000);
        replay.Drain();
        Assert.True(replay.Self.Expired);
        replay.Message("{" + node.Replace("2026", "2027") + "}");
        Assert.False(replay.Self.Expired);
    }

    [Fact]
    public void A_server_clock_of_2020_expires_nobody()
    {
        MapReplay replay = new MapReplay().Message("{" + Self + ",\"Peers\":[" + Peer(3, ",\"KeyExpiry\":\"2019-01-01T00:00:00Z\"") + "],\"ControlTime\":\"2020-08-03T00:00:00Z\"}");
        Assert.False(replay.Peers[3].Expired);
    }

    [Fact]
    public void Peers_without_a_key_or_id_and_peers_above_the_limit_are_refused_and_counted()
    {
        MapReplay replay = new MapReplay(2).Message("{" + Self + ",\"Peers\":[{\"ID\":2},{\"Key\":\"nodekey:" + new string('1', 64) + "\"},{\"ID\":3,\"Key\":\"nodekey:" + new string('0', 64)
            + "\"},{\"ID\":4,\"Key\":\"mkey:" + new string('1', 64) + "\"}," + Peer(5) + "," + Peer(6) + "," + Peer(7) + "]}");
        Assert.Equal(new long[] { 5, 6 }, replay.Peers.Keys);
        Assert.Equal((5, 1), (replay.Stream.RefusedPeers, replay.Stream.Overflowed));
    }

    /// <summary>testcontrol's AddFakeNode takes any 64 bits for an id.</summary>
    [Fact]
    public void A_peer_may_have_a_negative_id()
    {
        MapReplay replay = new MapReplay(9).Message("{" + Self + ",\"Peers\":[" + Peer(-7) + "," + Peer(5) + "]}");
        Assert.Equal(new long[] { -7, 5 }, replay.Peers.Keys);
        Assert.Equal(new long[] { 5 }, replay.Message("{\"PeersRemoved\":[-7]}").Peers.Keys);
    }

    [Fact]
    public void Relay_maps_merge()
    {
        MapReplay replay = new MapReplay().Message("{" + Self + ",\"DERPMap\":{\"HomeParams\":{\"RegionScore\":{\"1\":0.5,\"2\":2}},\"Regions\":{\"1\":{\"RegionID\":1,\"Nodes\":[{\"HostName\":\"a\"}]},\"2\":null,\"3\":{\"RegionID\":3,\"Nodes\":[]}}}}");
        Assert.Equal(new[] { 1, 3 }, replay.Relays.Regions.Select(r => r.Id));
        Assert.Equal(new[] { 500, 1000 }, replay.Relays.Regions.Select(r => r.ScorePermille));
        replay.Message("{\"DERPMap\":{\"HomeParams\":null,\"Regions\":null}}");
        Assert.Equal(new[] { 500, 1000 }, replay.Relays.Regions.Select(r => r.ScorePermille));
        replay.Message("{\"DERPMap\":{\"HomeParams\":{\"RegionScore\":{}}}}");
        Assert.Equal(new[] { 1000, 1000 }, replay.Relays.Regions.Select(r => r.ScorePermille));
        replay.Message("{\"DERPMap\":{\"Regions\":{\"7\":{\"RegionCode\":\"seven\",\"Nodes\":[{\"Name\":\"7a\",\"HostName\":\"h\",\"DERPPort\":8443,\"STUNPort\":-1,\"InsecureForTests\":true}]}}}}");
        DerpRegion region = Assert.Single(replay.Relays.Regions);
        Assert.Equal((7, 8443, -1, true), (region.Id, region.Nodes[0].DerpPort, region.Nodes[0].StunPort, region.Nodes[0].InsecureForTests));
        replay.Message("{\"DERPMap\":null}");
        Assert.Single(replay.Relays.Regions);
        replay.Message("{\"DERPMap\":{\"Regions\":{\"7\":{\"Nodes\":[{\"HostName\":\"h\",\"DERPPort\":-1}]}}}}");
        Assert.Equal(0, Assert.Single(replay.Relays.Regions).Nodes[0].DerpPort);
    }

    [Fact]
    public void Fields_of_a_wrong_kind_are_passed_over()
    {
        MapReplay replay = new MapReplay().Message("{" + Self + ",\"Peers\":[5,\"x\",[" + Peer(4) + "]," + Peer(2, ",\"Endpoints\":{\"a\":[1]},\"Tags\":7,\"CapMap\":[1,2],\"Hostinfo\":[{}],\"Online\":\"yes\",\"Cap\":\"9\"")
            + "],\"DERPMap\":[],\"PeersRemoved\":{\"2\":1},\"PeersChangedPatch\":\"no\",\"ControlTime\":5,\"PingRequest\":true,\"Debug\":null,\"TKAInfo\":null}");
        Assert.Equal(0, replay.Stream.Failure);
        Assert.Equal(new long[] { 2 }, replay.Peers.Keys);
        Assert.Equal(0, replay.Peers[2].Online);
    }

    [Fact]
    public void Bad_addresses_and_endpoints_are_dropped_and_counted()
    {
        MapReplay replay = new MapReplay().Message("{" + Self + ",\"Peers\":[" + Peer(2, ",\"Endpoints\":[\"1.2.3.4:5\",\"nonsense\",\"1.2.3.4:99999\"],\"AllowedIPs\":[\"10.0.0.0/99\",\"10.0.0.0/8\"]") + "]}");
        Assert.Equal("1.2.3.4:5", MapReplay.Endpoints(replay.Peers[2].Endpoints));
        Assert.Equal("10.0.0.0/8", MapReplay.Prefixes(replay.Peers[2].AllowedIps));
        Assert.Equal(3, replay.Stream.DroppedEntries);
    }

    [Fact]
    public void Long_lists_are_kept_up_to_their_limits()
    {
        string Many(int count, Func<int, string> entry) => string.Join(",", Enumerable.Range(0, count).Select(i => "\"" + entry(i) + "\""));
        MapReplay replay = new MapReplay().Message("{" + Self + ",\"Peers\":[" + Peer(2, ",\"AllowedIPs\":[" + Many(300, i => $"10.{i / 250}.{i % 250}.0/24")
            + "],\"Endpoints\":[" + Many(70, i => $"10.0.0.1:{i + 1}") + "],\"Tags\":[" + Many(130, i => "tag:t" + i) + "]") + "," + Peer(3) + "]}");
        PeerRow row = replay.Peers[2];
        Assert.Equal((256 * 17, 64 * 18, 128), (row.AllowedIps.Length, row.Endpoints.Length, row.Tags.Length));
        Assert.Equal("10.1.5.0/24", MapReplay.Prefixes(row.AllowedIps).Split(',')[255]);
        Assert.Equal("tag:t127", row.Tags[127]);
        Assert.Equal(44 + 6 + 2, replay.Stream.DroppedEntries);
        Assert.Equal("100.64.0.3/32", MapReplay.Prefixes(replay.Peers[3].AllowedIps));
    }

    [Fact]
    public void Debug_sleep_is_capped_at_five_minutes()
    {
        MapReplay replay = Full(2).Message("{\"Debug\":{\"SleepSeconds\":7.5}}").Message("{\"Debug\":{\"SleepSeconds\":99999}}");
        Assert.Contains("sleep 7500", replay.Log);
        Assert.Contains("sleep 300000", replay.Log);
    }

    [Theory]
    [InlineData("", 2)]
    [InlineData(",\"TKAInfo\":{\"Head\":\"x\"}", 0)]
    public void Peers_of_a_first_message_count_only_when_it_is_known_that_tailnet_lock_is_off(string lockInfo, int admitted)
    {
        byte[] text = System.Text.Encoding.UTF8.GetBytes("{" + Self + ",\"Peers\":[" + Peer(2) + "," + Peer(3) + "]" + lockInfo + "}");
        byte[] body = BitConverter.GetBytes(text.Length).Concat(text).ToArray();
        PeerIndex index = new(10);
        MapStream stream = new(1 << 20, index, 4096);
        stream.Begin();
        MapEvent fact = new();
        int upserts = 0, told = 0;
        for (int at = 0; at < body.Length; at += stream.Consumed)
        {
            stream.Handle(body, at, body.Length - at, 1000);
            while (stream.PollEvent(fact))
            {
                if (fact.Kind == MapEvent.Upsert)
                {
                    upserts++;
                    Assert.False(index.IsAdmitted(index.Find(fact.Row.Id)));
                }
                if (fact.Kind == MapEvent.Admitted) told++;
            }
        }
        Assert.Equal(admitted, Enumerable.Range(0, index.Rows).Count(index.IsAdmitted));
        Assert.Equal(admitted, index.Count);
        Assert.Equal(admitted == 0 ? 0 : 1, told);
    }

    [Fact]
    public void Tailnet_lock_removes_everybody_and_a_later_session_without_it_lets_them_in()
    {
        MapReplay replay = Full(2, 3).Message("{\"TKAInfo\":{\"Head\":\"x\"}}");
        Assert.Empty(replay.Peers);
        replay.Message("{\"PeersChanged\":[" + Peer(4) + "]}");
        Assert.Empty(replay.Peers);
        replay.Stream.Begin();
        replay.Message("{" + Self + "}");
        Assert.Equal("lock False", replay.Log[^1]);
        replay.Message("{\"PeersChanged\":[" + Peer(4) + "]}");
        Assert.Single(replay.Peers);
    }

    [Theory]
    [InlineData("{\"Peers\":[{]}", MapFailure.BadJson)]
    [InlineData("{", MapFailure.BadJson)]
    [InlineData("[]]", MapFailure.BadJson)]
    [InlineData("{\"ControlTime\":\"2026-11-25T20:00:00Z\"}", MapFailure.NoNode)]
    public void Broken_first_messages_fail(string json, int failure)
    {
        Assert.Equal(failure, new MapReplay().Message(json).Stream.Failure);
        Assert.Equal(failure, new MapReplay().Message(json, 1).Stream.Failure);
    }

    [Fact]
    public void Nesting_beyond_64_fails()
    {
        MapReplay replay = Full(2).Message("{\"Unknown\":" + new string('[', 70) + new string(']', 70) + "}");
        Assert.Equal(MapFailure.BadJson, replay.Stream.Failure);
    }

    [Fact]
    public void Lengths_of_zero_and_above_the_limit_fail_before_any_byte_is_read()
    {
        Assert.Equal(MapFailure.EmptyMessage, new MapReplay().Bytes(new byte[4]).Stream.Failure);
        Assert.Equal(MapFailure.MessageTooLong, new MapReplay(10, 1000).Bytes(new byte[] { 0xe9, 3, 0, 0 }).Stream.Failure);
        Assert.Equal(MapFailure.MessageTooLong, new MapReplay().Bytes(new byte[] { 255, 255, 255, 255 }).Stream.Failure);
    }

    [Fact]
    public void White_space_around_a_message_is_part_of_it()
    {
        Assert.Equal(1, new MapReplay().Message(" {" + Self + "}\n \n").Messages);
        Assert.Equal(1, new MapReplay().Message(" {" + Self + "}\n \n", 1).Messages);
    }

    [Fact]
    public void A_large_list_needs_no_memory_beyond_the_index()
    {
        byte[] list = MapReplay.Framed(Encoding.UTF8.GetBytes("{" + Self + ",\"Peers\":[" + string.Join(",", Enumerable.Range(1, 5000).Select(i => Peer(i % 200 + 200 * (i / 200) + 1,
            ",\"Hostinfo\":{\"Junk\":\"" + new string('x', 1000) + "\",\"More\":[1,2,{\"a\":null}]}").Replace("100.64.0." + (i % 200 + 200 * (i / 200) + 1), "100.64.1.1"))) + "]}"));
        MapStream stream = new(64 << 20, new PeerIndex(10000), 1 << 20);
        stream.Begin();
        MapEvent e = new();
        int peers = 0;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int at = 0; at < list.Length;)
        {
            stream.Handle(list, at, Math.Min(4077, list.Length - at), 0);
            at += stream.Consumed;
            while (stream.PollEvent(e)) if (e.Kind == MapEvent.Upsert) peers++;
        }
        long each = (GC.GetAllocatedBytesForCurrentThread() - before) / 5000;
        Assert.Equal(5000, peers);
        // A row with its arrays, handed out and forgotten; nothing of the 1 KB of Hostinfo.
        Assert.True(each < 900, each + " bytes a peer");
    }

    [Fact]
    public void Random_bytes_never_throw()
    {
        int seed = Environment.TickCount;
        Random random = new(seed);
        byte[] good = MapReplay.Framed(Vectors.Bytes("captures/map-response/testcontrol-raw-patch-mixed.json"));
        for (int round = 0; round < 3000; round++)
        {
            byte[] bytes = (byte[])good.Clone();
            for (int i = random.Next(1, 6); i > 0; i--) bytes[random.Next(4, bytes.Length)] = (byte)random.Next(256);
            Exception thrown = Record.Exception(() => Full(2, 3).Bytes(bytes, random.Next(1, 50)));
            Assert.True(thrown == null, $"seed {seed} round {round}: {thrown}");
        }
    }

    [Theory]
    [InlineData("2026-11-22T16:09:42.958188888Z", 1795363782958)]
    [InlineData("2026-11-22T18:09:42.9+02:00", 1795363782900)]
    [InlineData("1970-01-01T00:02:03Z", 123000)]
    [InlineData("0001-01-01T00:00:00Z", 0)]
    [InlineData("2024-02-29T23:59:60Z", 1709251200000)]
    public void Times_are_read(string text, long unixMs)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(text);
        Assert.True(TimeText.Parse(bytes, 0, bytes.Length, out long parsed));
        Assert.Equal(unixMs, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("2026-11-22")]
    [InlineData("2026-11-22T16:09:42")]
    [InlineData("2026-13-22T16:09:42Z")]
    [InlineData("2026-11-22T16:09:42.Z")]
    [InlineData("2026-11-22T16:09:42+2:00")]
    [InlineData("2026-11-22 16:09:42ZZ")]
    public void Other_texts_are_no_times(string text)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(text);
        Assert.False(TimeText.Parse(bytes, 0, bytes.Length, out _));
    }
}
