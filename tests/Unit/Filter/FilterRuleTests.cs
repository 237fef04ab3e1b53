using System;
using System.Linq;
using System.Net;
using System.Text.Json;
using MicroLink.Filter;
using Xunit;

namespace MicroLink.Tests.Unit.Filter;

/// <summary>How control's form becomes a table: merging by name (protocol.md 4.6), forms of addresses, limits, refusals.</summary>
public sealed class FilterRuleTests
{
    private static readonly IPAddress Us = IPAddress.Parse("100.64.0.2"), Them = IPAddress.Parse("100.64.0.1");

    private static string Rule(string port, string source = "*", string more = "") =>
        "{\"SrcIPs\":[\"" + source + "\"],\"DstPorts\":[{\"IP\":\"*\",\"Ports\":{\"First\":" + port + ",\"Last\":" + port + "}}]" + more + "}";

    // The ports of 1 to 9 that are open.
    private static string Open(CompiledFilter filter, int protocol = 6)
    {
        using FilterPair pair = new();
        Assert.True(pair.Use(filter));
        return string.Concat(Enumerable.Range(1, 9).Where(port => pair.Passes(protocol, Them, Us, port)));
    }

    [Theory]
    [InlineData("\"PacketFilter\":null", "", 0)]
    [InlineData("\"PacketFilter\":[]", "", 0)]
    [InlineData("\"PacketFilter\":[R1]", "1", 1)]
    [InlineData("\"PacketFilters\":{\"base\":[R1],\"more\":[R2,R3]}", "123", 3)]
    [InlineData("\"PacketFilters\":{\"base\":[R1],\"more\":null}", "1", 1)]
    [InlineData("\"PacketFilter\":[R1],\"PacketFilters\":{\"base\":[R2]}", "2", 1)]
    [InlineData("\"PacketFilters\":{\"base\":[R2]},\"PacketFilter\":[R1]", "2", 1)]
    [InlineData("\"PacketFilter\":[R1],\"PacketFilters\":{\"more\":[R2]}", "12", 2)]
    [InlineData("\"PacketFilter\":[R1],\"PacketFilters\":{\"*\":null,\"more\":[R2]}", "2", 1)]
    [InlineData("\"PacketFilters\":{\"more\":[R2],\"*\":null},\"PacketFilter\":[R1]", "2", 1)]
    [InlineData("\"PacketFilters\":{\"*\":[R1],\"more\":[R2]}", "2", 1)]
    [InlineData("\"PacketFilters\":{}", "", 0)]
    [InlineData("\"PacketFilters\":{\"base\":[null,5,[R1],\"x\",R2]}", "2", 1)]
    public void A_first_message(string fields, string open, int rules)
    {
        foreach (int piece in new[] { int.MaxValue, 1, 7 })
        {
            FilterReplay replay = new FilterReplay().First(Fill(fields), piece);
            Assert.Equal(1, replay.Commits);
            Assert.Null(replay.Filter.Trouble);
            Assert.Equal(rules, replay.Filter.Rules);
            Assert.Equal(open, Open(replay.Filter));
        }
    }

    [Theory]
    [InlineData("\"Domain\":\"x\"", "12", false)]
    [InlineData("\"PacketFilter\":null", "12", false)]
    [InlineData("\"PacketFilter\":[]", "2", true)]
    [InlineData("\"PacketFilter\":[R3]", "23", true)]
    [InlineData("\"PacketFilters\":null", "12", false)]
    [InlineData("\"PacketFilters\":{\"more\":null}", "1", true)]
    [InlineData("\"PacketFilters\":{\"more\":[]}", "1", true)]
    [InlineData("\"PacketFilters\":{\"third\":[R3]}", "123", true)]
    [InlineData("\"PacketFilters\":{\"*\":null}", "", true)]
    [InlineData("\"PacketFilters\":{\"base\":[R4],\"*\":null}", "4", true)]
    [InlineData("\"KeepAlive\":true,\"PacketFilter\":[]", "12", false)]
    public void A_later_message(string fields, string open, bool commits)
    {
        FilterReplay replay = new FilterReplay().First(Fill("\"PacketFilters\":{\"base\":[R1],\"more\":[R2]}"));
        replay.Message("{" + Fill(fields) + "}");
        Assert.Equal(commits ? 2 : 1, replay.Commits);
        Assert.Equal(open, Open(replay.Filter));
        replay.Message("{" + Fill("\"PacketFilters\":{\"ninth\":[R9]}") + "}");
        Assert.Equal(open + "9", Open(replay.Filter));
    }

    [Fact]
    public void A_new_stream_begins_without_filters()
    {
        FilterReplay replay = new FilterReplay().First(Fill("\"PacketFilters\":{\"base\":[R1],\"more\":[R2]}"));
        replay.NewStream();
        Assert.Equal("12", Open(replay.Filter));                      // what was in force stays until the first message is complete
        replay.First(Fill("\"PacketFilter\":[R3]"));
        Assert.Equal("3", Open(replay.Filter));
        replay.NewStream();
        replay.First("\"Domain\":\"x\"");
        Assert.Equal("", Open(replay.Filter));
        Assert.Equal(3, replay.Commits);
    }

    [Theory]
    [InlineData("100.64.0.1", true)]
    [InlineData("100.64.0.0/30", true)]
    [InlineData("100.64.0.1/30", false)]                              // host bits
    [InlineData("100.64.0.0-100.64.0.1", true)]
    [InlineData("100.64.0.2-100.64.0.1", false)]
    [InlineData("100.64.0.2-100.64.0.3", false)]
    [InlineData("100.64.0.0-fd7a::1", false)]
    [InlineData("0.0.0.0/0", true)]
    [InlineData("::/0", false)]
    [InlineData("::ffff:100.64.0.1", false)]
    [InlineData("::ffff:100.64.0.0/120", false)]
    [InlineData("::ffff:100.64.0.0-::ffff:100.64.0.9", false)]
    [InlineData("100.64.0.1-", false)]
    [InlineData("100.64.0.0-100.64.0.1-100.64.0.2", false)]
    [InlineData("", false)]
    [InlineData("**", false)]
    [InlineData("100.64.0.01", false)]
    [InlineData("100.64.0.0/33", false)]
    [InlineData("host.example", false)]
    [InlineData("cap:", false)]
    public void Forms_of_a_source(string source, bool open)
    {
        FilterReplay replay = new FilterReplay().First("\"PacketFilter\":[" + Rule("7", source) + "]");
        Assert.Equal(open ? "7" : "", Open(replay.Filter));
    }

    [Fact]
    public void What_cannot_be_read_is_said_and_the_rest_holds()
    {
        FilterReplay replay = new FilterReplay().First("\"PacketFilter\":[" + Rule("1", "nonsense\",\"100.64.0.1") + "]");
        Assert.Equal("1", Open(replay.Filter));
        Assert.StartsWith("1 entries of control's packet filter cannot be read", replay.Filter.Trouble);
    }

    [Theory]
    [InlineData("", "6 17 1")]
    [InlineData(",\"IPProto\":[]", "6 17 1")]
    [InlineData(",\"IPProto\":null", "6 17 1")]
    [InlineData(",\"IPProto\":[6]", "6 1")]
    [InlineData(",\"IPProto\":[17,132]", "17 132 1")]
    [InlineData(",\"IPProto\":[47]", "47 1")]
    [InlineData(",\"IPProto\":[256,-1]", "1")]
    [InlineData(",\"IPProto\":[6,300]", "6 1")]
    public void Protocols(string field, string open)
    {
        string rule = "{\"SrcIPs\":[\"*\"],\"DstPorts\":[{\"IP\":\"*\",\"Ports\":{\"First\":0,\"Last\":65535}}]" + field + "}";
        FilterReplay replay = new FilterReplay().First("\"PacketFilter\":[" + rule + "]");
        using FilterPair pair = new();
        Assert.True(pair.Use(replay.Filter));
        Assert.Equal(open, string.Join(" ", new[] { 6, 17, 132, 47, 1 }.Where(p => pair.Passes(p, Them, Us, 80))));
    }

    [Fact]
    public void Rules_that_open_nothing_are_not_kept()
    {
        FilterReplay replay = new FilterReplay().First("\"PacketFilter\":[{\"SrcIPs\":[\"*\"],\"CapGrant\":[{\"Dsts\":[\"0.0.0.0/0\"],\"Caps\":[\"x\"]}]},"
            + "{\"SrcIPs\":[],\"DstPorts\":[{\"IP\":\"*\",\"Ports\":{\"First\":0,\"Last\":65535}}]},{},{\"SrcIPs\":[\"*\"],\"DstPorts\":[]},"
            + "{\"SrcIPs\":[\"*\"],\"DstPorts\":[{\"IP\":\"*\",\"Ports\":{\"First\":9,\"Last\":8}}]},"
            + "{\"SrcIPs\":[\"*\"],\"DstPorts\":[{\"IP\":\"*\",\"Ports\":{\"First\":1,\"Last\":65536}}]}]");
        Assert.Equal(0, replay.Filter.Rules);
        Assert.Equal("", Open(replay.Filter));
    }

    [Theory]
    [InlineData(",\"SrcBits\":[32]", "old form")]
    [InlineData(",\"SrcBits\":[]", null)]
    [InlineData(",\"SrcBits\":null", null)]
    public void The_old_form_refuses_everything(string field, string trouble)
    {
        FilterReplay replay = new FilterReplay().First("\"PacketFilters\":{\"a\":[" + Rule("1") + "],\"b\":[" + Rule("2", "*", field) + "]}");
        Assert.Equal(trouble == null ? "12" : "", Open(replay.Filter));
        if (trouble == null) Assert.Null(replay.Filter.Trouble);
        else Assert.Contains(trouble, replay.Filter.Trouble);
        replay.Message("{\"PacketFilters\":{\"b\":null}}");
        Assert.Equal("1", Open(replay.Filter));
    }

    [Fact]
    public void The_old_form_of_targets_too()
    {
        string rule = "{\"SrcIPs\":[\"*\"],\"DstPorts\":[{\"IP\":\"*\",\"Bits\":32,\"Ports\":{\"First\":1,\"Last\":1}}]}";
        Assert.Contains("old form", new FilterReplay().First("\"PacketFilter\":[" + rule + "]").Filter.Trouble);
        Assert.Equal("1", Open(new FilterReplay().First("\"PacketFilter\":[" + rule.Replace("32", "null") + "]").Filter));
    }

    [Fact]
    public void A_filter_beyond_the_limit_lets_nobody_in_and_says_so()
    {
        string[] sources = Enumerable.Range(0, 1000).Select(i => $"10.{i / 100}.{i % 100 * 2}.1").ToArray();
        string rule = Rule("1", string.Join("\",\"", sources.Append("100.64.0.1")));
        Assert.Equal("1", Open(new FilterReplay(16384).First("\"PacketFilter\":[" + rule + "]").Filter));
        FilterReplay replay = new FilterReplay(4096).First("\"PacketFilter\":[" + rule + "]");
        Assert.Contains("larger than this node's limit of 4096 bytes", replay.Filter.Trouble);
        Assert.Equal("", Open(replay.Filter));
        // Names that are small each and large together.
        string three = string.Join(",", Enumerable.Range(0, 60).Select(i => $"\"n{i:00}\":[{Rule("2", $"10.0.0.{i}")},{Rule("3", $"10.0.1.{i}")}]"));
        Assert.Contains("limit", new FilterReplay(4096).First("\"PacketFilters\":{" + three + "}").Filter.Trouble);
        string many = string.Join(",", Enumerable.Range(0, 65).Select(i => $"\"n{i:00}\":[{Rule("2")}]"));
        Assert.Contains("limit", new FilterReplay().First("\"PacketFilters\":{" + many + "}").Filter.Trouble);
    }

    [Fact]
    public void Equal_sources_stand_in_the_table_once_and_ranges_are_joined()
    {
        string sources = string.Join("\",\"", Enumerable.Range(0, 200).Select(i => $"100.64.1.{i}"));
        CompiledFilter one = new FilterReplay().First("\"PacketFilter\":[" + Rule("1", sources) + "]").Filter;
        CompiledFilter ten = new FilterReplay().First("\"PacketFilter\":[" + string.Join(",", Enumerable.Range(1, 10).Select(i => Rule(i.ToString(), sources))) + "]").Filter;
        Assert.True(one.Table.Length < 150, one.Table.Length + " bytes for 200 neighbours");
        Assert.Equal(10, ten.Rules);
        Assert.Equal(1, ten.Table[4]);
    }

    [Theory]
    [InlineData("100.64.0.9", "", "100.64.0.9/32", true)]
    [InlineData("100.64.0.0-100.64.0.8", "", "100.64.0.9/32", false)]
    [InlineData("100.64.0.10-100.64.0.20", "", "100.64.0.9/32", false)]
    [InlineData("100.64.0.0/16", "", "100.64.0.9/32", true)]
    [InlineData("*", "", "100.64.0.9/32", true)]
    [InlineData("fd7a:115c:a1e0::/48", "", "fd7a:115c:a1e0::9/128", true)]
    [InlineData("fd7a:115c:a1e1::/48", "", "fd7a:115c:a1e0::9/128", false)]
    public void A_filter_that_admits_unsigned_peers_is_refused_whole(string source, string _, string address, bool refused)
    {
        string peer = "{\"ID\":5,\"Key\":\"nodekey:0200000000000000000000000000000000000000000000000000000000000000\",\"UnsignedPeerAPIOnly\":true,"
            + "\"Addresses\":[\"" + address + "\"],\"AllowedIPs\":[\"0.0.0.0/0\"]}";
        FilterReplay replay = new FilterReplay().First("\"Peers\":[" + peer + "],\"PacketFilter\":[" + Rule("1", source) + "," + Rule("2", "100.64.0.1") + "]");
        Assert.Equal(refused, replay.Filter.Trouble != null);
        Assert.Equal(refused ? "" : "2", Open(replay.Filter).Replace("1", ""));
        // The peer goes: the same filter is good again, without control sending it anew.
        replay.Message("{\"PeersRemoved\":[5]}");
        Assert.Equal(2, replay.Commits);
        Assert.Null(replay.Filter.Trouble);
        replay.Message("{\"PeersChanged\":[" + peer + "]}");
        Assert.Equal(refused, replay.Filter.Trouble != null);
        replay.Message("{\"PeersChanged\":[" + peer.Replace("true", "false") + "]}");
        Assert.Null(replay.Filter.Trouble);
        Assert.Equal(4, replay.Commits);
    }

    [Fact]
    public void Capabilities_are_numbered_over_all_names()
    {
        FilterReplay replay = new FilterReplay().First("\"PacketFilters\":{\"a\":[" + Rule("1", "cap:one") + "," + Rule("2", "cap:two") + "],\"b\":["
            + Rule("3", "cap:two") + "," + Rule("4", "cap:three\",\"100.64.0.9") + "]}");
        Assert.Equal(["one", "two", "three"], replay.Filter.Capabilities.OrderBy(c => c.Length).ThenBy(c => c));
        using FilterPair pair = new();
        foreach ((string name, string open) in new[] { ("one", "1"), ("two", "23"), ("three", "4"), ("four", "") })
        {
            pair.Receiver.Plane.Remember(0, new() { Addresses = PlaneNode.Prefix(1), Capabilities = [name] });
            Assert.True(pair.Use(replay.Filter));
            Assert.Equal(open, string.Concat(Enumerable.Range(1, 9).Where(port => pair.Passes(6, Them, Us, port))));
        }
        pair.Receiver.Plane.Remember(0, new() { Addresses = PlaneNode.Prefix(1), Capabilities = ["one"], IsJailed = true });
        Assert.False(pair.Passes(6, Them, Us, 1));
        Assert.True(new FilterReplay().First("\"PacketFilter\":[" + Rule("1", string.Join("\",\"", Enumerable.Range(0, 33).Select(i => "cap:" + i))) + "]").Filter.Table.Length == 0);
    }

    [Fact]
    public void Random_rules_say_what_the_model_says()
    {
        for (int seed = 0; seed < 30; seed++)
        {
            Random random = new(seed);
            string json = "[" + string.Join(",", Enumerable.Range(0, 1 + random.Next(6)).Select(_ => RandomRule(random))) + "]";
            FilterReplay replay = new FilterReplay().First("\"PacketFilter\":" + json, 1 + random.Next(300));
            NaiveFilter naive = new(JsonDocument.Parse(json).RootElement);
            using FilterPair pair = new();
            Assert.True(pair.Use(replay.Filter));
            for (int i = 0; i < 100; i++)
            {
                int protocol = new[] { 6, 17, 132, 47 }[random.Next(4)], port = random.Next(8);
                IPAddress source = IPAddress.Parse("10.0.0." + random.Next(40)), destination = IPAddress.Parse("10.0.0." + random.Next(40));
                Assert.True(naive.Allows(protocol, source, destination, port) == pair.Passes(protocol, source, destination, port),
                    $"seed {seed}: {protocol} {source} > {destination}:{port} of {json}");
            }
        }
    }

    private static string RandomRule(Random random)
    {
        string Ip() => "10.0.0." + random.Next(40);
        string Set() => random.Next(6) switch
        {
            0 => "*", 1 => $"10.0.0.{random.Next(10) * 4}/30", 2 => $"10.0.0.{random.Next(20)}-10.0.0.{20 + random.Next(20)}", 3 => "fd00::/8", _ => Ip(),
        };
        string Target()
        {
            int first = random.Next(8), last = random.Next(3) == 0 ? 65535 : first + random.Next(3);
            if (last == 65535) first = 0;
            return $"{{\"IP\":\"{Set()}\",\"Ports\":{{\"First\":{first},\"Last\":{last}}}}}";
        }
        string List(int most, Func<string> item) => string.Join(",", Enumerable.Range(0, random.Next(most)).Select(_ => item()));
        string protocols = random.Next(2) == 0 ? "" : ",\"IPProto\":[" + string.Join(",", new[] { 6, 17, 132, 47 }.Where(_ => random.Next(2) == 0)) + "]";
        return $"{{\"SrcIPs\":[{List(5, () => "\"" + Set() + "\"")}],\"DstPorts\":[{List(4, Target)}]{protocols}}}";
    }

    private static string Fill(string fields)
    {
        for (int i = 1; i < 10; i++) fields = fields.Replace("R" + i, Rule(i.ToString()));
        return fields;
    }
}
