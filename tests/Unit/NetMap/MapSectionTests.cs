using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using MicroLink.Bytes;
using MicroLink.NetMap;
using Xunit;

namespace MicroLink.Tests.Unit.NetMap;

/// <summary>The parts of a map response that are not peers: DNS, users, health, dial plan, version, attributes.</summary>
public class MapSectionTests
{
    private const string Key = "nodekey:1111111111111111111111111111111111111111111111111111111111111111";
    private const string Self = "\"Node\":{\"ID\":1,\"Key\":\"" + Key + "\"}";

    [Fact]
    public void The_rich_DNSConfig_of_testcontrol_is_read_at_every_cut()
    {
        byte[] json = File.ReadAllBytes(Vectors.Path("captures/map-response/testcontrol-full-dnsconfig-rich.json"));
        JsonElement dns = JsonDocument.Parse(json).RootElement.GetProperty("DNSConfig");
        foreach (int piece in new[] { int.MaxValue, 1, 7 })
        {
            DnsConfig config = new MapReplay().Bytes(MapReplay.Framed(json), piece).Dns;
            Assert.Equal(dns.GetProperty("Domains").EnumerateArray().Select(d => d.GetString()), config.Domains);
            Assert.Equal(dns.GetProperty("CertDomains").EnumerateArray().Select(d => d.GetString()), config.CertDomains);
            Assert.True(config.Proxied);
            Assert.Equal("198.51.100.53:53", MapReplay.Endpoints(config.Resolvers));
            // One of the fallback or route resolvers is DoH: it cannot be asked, and is counted.
            Assert.True(config.SkippedResolvers >= 1);
            Assert.Equal(dns.GetProperty("Routes").EnumerateObject().Select(r => r.Name), config.Routes.Select(r => r.Suffix));
        }
    }

    [Theory]
    [InlineData("\"Resolvers\":[{\"Addr\":\"1.1.1.1\"},{\"Addr\":\"[::1]:5353\"},{\"Addr\":\"2001:db8::1\"}]", "1.1.1.1:53,[::1]:5353,[2001:db8::1]:53")]
    [InlineData("\"Nameservers\":[\"9.9.9.9\"]", "9.9.9.9:53")]
    [InlineData("\"Nameservers\":[\"9.9.9.9\"],\"Resolvers\":[{\"Addr\":\"1.1.1.1\"}]", "1.1.1.1:53")]
    [InlineData("\"Nameservers\":[\"9.9.9.9\"],\"Resolvers\":[{\"Addr\":\"https://doh\"}]", "")]
    [InlineData("\"Resolvers\":{\"Addr\":\"1.1.1.1\"}", "")]
    [InlineData("\"Resolvers\":[[{\"Addr\":\"1.1.1.1\"}],\"2.2.2.2\",{\"Addr\":{\"Addr\":\"3.3.3.3\"}},{\"BootstrapResolution\":[\"4.4.4.4\"],\"Addr\":\"5.5.5.5\"}]", "5.5.5.5:53")]
    public void Resolvers(string field, string expected)
    {
        Assert.Equal(expected, MapReplay.Endpoints(Dns("{" + field + "}").Resolvers));
    }

    [Fact]
    public void Routes_keep_null_empty_and_unreachable_apart_from_real_ones()
    {
        DnsConfig config = Dns("{\"Routes\":{\"Corp.Example.\":[{\"Addr\":\"10.0.0.1\"},{\"Addr\":\"10.0.0.2:5300\"}],\"a\":null,\"b\":[],\"c\":[{\"Addr\":\"https://doh\"}]}}");
        Assert.Equal("corp.example=10.0.0.1:53,10.0.0.2:5300/False a=/False b=/False c=/True",
            string.Join(" ", config.Routes.Select(r => r.Suffix + "=" + MapReplay.Endpoints(r.Resolvers) + "/" + r.Unreachable)));
    }

    [Fact]
    public void ExtraRecords_of_addresses_are_kept()
    {
        DnsConfig config = Dns("{\"ExtraRecords\":[{\"Name\":\"A.x\",\"Value\":\"10.0.0.1\"},{\"Name\":\"b\",\"Type\":\"AAAA\",\"Value\":\"2001:db8::2\"},"
            + "{\"Name\":\"c\",\"Type\":\"TXT\",\"Value\":\"10.0.0.3\"},{\"Name\":\"d\",\"Type\":\"A\",\"Value\":\"no\"},{\"Type\":\"A\",\"Value\":\"10.0.0.4\"}]}");
        Assert.Equal("a.x=10.0.0.1 b=2001:db8::2", string.Join(" ", config.ExtraRecords.Select(r => r.Name + "=" + NetEndpoint.FormatAddress(r.Address, 0))));
        Assert.Equal(3, config.Skipped);
    }

    [Fact]
    public void DNSConfig_is_bounded()
    {
        string many = string.Join(",", Enumerable.Range(0, 500).Select(i => "\"d" + i + "\""));
        string resolvers = string.Join(",", Enumerable.Range(1, 20).Select(i => "{\"Addr\":\"10.0.0." + i + "\"}"));
        string routes = string.Join(",", Enumerable.Range(0, 300).Select(i => "\"r" + i + "\":[" + resolvers + "]"));
        string records = string.Join(",", Enumerable.Range(0, 500).Select(i => "{\"Name\":\"n" + i + "\",\"Value\":\"10.1.1.1\"}"));
        DnsConfig config = Dns("{\"Domains\":[" + many + "],\"Resolvers\":[" + resolvers + "],\"Routes\":{" + routes + "},\"ExtraRecords\":[" + records + "]}");
        Assert.Equal((DnsConfig.MaxDomains, DnsConfig.MaxResolvers * 18, DnsConfig.MaxRoutes, DnsConfig.MaxRecords),
            (config.Domains.Length, config.Resolvers.Length, config.Routes.Length, config.ExtraRecords.Length));
        Assert.True(config.Skipped > 1000);
    }

    [Fact]
    public void DNSConfig_null_is_no_news_and_an_empty_object_replaces_everything()
    {
        MapReplay replay = new();
        replay.Message("{" + Self + ",\"DNSConfig\":{\"Proxied\":true,\"Domains\":[\"x\"]}}");
        DnsConfig first = replay.Dns;
        replay.Message("{\"DNSConfig\":null}");
        Assert.Same(first, replay.Dns);
        replay.Message("{\"DNSConfig\":{}}");
        Assert.False(replay.Dns.Proxied);
        Assert.Empty(replay.Dns.Domains);
    }

    [Fact]
    public void Users_are_upserted()
    {
        MapReplay replay = new();
        replay.Message("{" + Self + ",\"UserProfiles\":[{\"ID\":7,\"LoginName\":\"a@x\",\"DisplayName\":\"A\",\"ProfilePicURL\":\"http://p\",\"Groups\":[\"g\"]},{\"LoginName\":\"nobody\"},[1],5]}");
        replay.Message("{\"UserProfiles\":[{\"ID\":7,\"LoginName\":\"b@x\"},{\"ID\":8,\"LoginName\":\"c@x\"}]}");
        Assert.Equal(new[] { "7 a@x A", "7 b@x ", "8 c@x " }, replay.Log.Where(l => l.StartsWith("user ")).Select(l => l[5..]));
    }

    [Fact]
    public void Health_is_a_list_and_DisplayMessages_a_patch()
    {
        MapReplay replay = new();
        replay.Message("{" + Self + ",\"Health\":[\"one\",\"two\"]}");
        Assert.Equal(new[] { "one", "two" }, replay.Health);
        replay.Message("{\"DisplayMessages\":{\"m1\":{\"Title\":\"T\",\"Text\":\"Body\",\"Severity\":\"high\",\"PrimaryAction\":{\"URL\":\"u\",\"Label\":\"l\"}},\"m2\":{\"Text\":\"Only\"}}}");
        Assert.Equal(new[] { "one", "two", "T: Body", "Only" }, replay.Health);
        replay.Message("{\"Health\":null,\"DisplayMessages\":{\"m1\":null,\"m9\":null}}");
        Assert.Equal(new[] { "one", "two", "Only" }, replay.Health);
        replay.Message("{\"Health\":[]}");
        Assert.Equal(new[] { "Only" }, replay.Health);
        replay.Message("{\"DisplayMessages\":{\"*\":null,\"m3\":{\"Title\":\"New\"}}}");
        Assert.Equal(new[] { "New" }, replay.Health);
        // State lives for one stream: a new one that says nothing finds nothing wrong.
        replay.Stream.Begin();
        replay.Message("{" + Self + "}");
        Assert.Empty(replay.Health);
    }

    [Fact]
    public void The_dial_plan_of_the_capture_and_bounds()
    {
        MapReplay replay = new();
        byte[] json = File.ReadAllBytes(Vectors.Path("captures/map-response/testcontrol-raw-dialplan-clientversion-debug.json"));
        replay.Message("{" + Self + "}").Bytes(MapReplay.Framed(json), 1);
        Assert.Equal("10.97.0.1/0/10000", Describe(replay.Plan).Split(' ')[0]);
        Assert.Contains("version Control says that Tailscale 1.104.0 is the latest version (new).", replay.Log);
        Assert.Contains("sleep 100", replay.Log);
        Assert.Contains("domain other.example", replay.Log);
        replay.Message("{\"ControlDialPlan\":{\"Candidates\":[{\"IP\":\"10.0.0.2\",\"DialStartDelaySec\":1.5},{\"IP\":\"10.0.0.1\",\"DialStartDelaySec\":0.25,\"DialTimeoutSec\":3},{\"ACEHost\":\"h\"},{\"IP\":\"10.0.0.3\",\"ACEHost\":\"proxy.example\"},{\"ACEHost\":\"\",\"IP\":\"10.0.0.4\",\"DialStartDelaySec\":2},{\"IP\":\"bad\"},7]}}");
        Assert.Equal("10.0.0.1/250/3000 10.0.0.2/1500/0 10.0.0.4/2000/0", Describe(replay.Plan));
        replay.Message("{\"ControlDialPlan\":{\"Candidates\":[" + string.Join(",", Enumerable.Repeat("{\"IP\":\"10.0.0.2\"}", 50)) + "]}}");
        Assert.Equal(ControlDialPlan.MaxCandidates, replay.Plan.Count);
        replay.Message("{\"KeepAlive\":true,\"ControlDialPlan\":{}}");
        Assert.Equal(0, replay.Plan.Count);
    }

    [Fact]
    public void Attributes_are_told_when_the_set_changes()
    {
        MapReplay replay = new();
        string node = "{\"Node\":{\"ID\":1,\"Key\":\"" + Key + "\",\"CapMap\":{";
        replay.Message(node + "\"only-tcp-443\":null,\"https\":null,\"silent-disco\":[]}}}");
        Assert.Equal("only-tcp-443, silent-disco", replay.Attributes.Text());
        replay.Message(node + "\"silent-disco\":[],\"only-tcp-443\":null,\"other\":[{\"a\":[1]}]}}}");
        Assert.Single(replay.Log, l => l.StartsWith("attributes"));
        replay.Message(node + "\"randomize-client-port\":null}}}");
        Assert.True(replay.Attributes.Has(NodeAttributes.RandomizeClientPort));
        Assert.False(replay.Attributes.Has(NodeAttributes.OnlyTcp443));
        replay.Message("{\"Node\":{\"ID\":1,\"Key\":\"" + Key + "\",\"Capabilities\":[\"magicdns-aaaa\"]}}");
        Assert.Equal("magicdns-aaaa", replay.Attributes.Text());
    }

    [Fact]
    public void A_ping_request_comes_with_its_address_and_payload()
    {
        MapReplay replay = new();
        byte[] payload = Encoding.ASCII.GetBytes("GET /echo HTTP/1.1\r\nHost: c2n\r\n\r\n");
        replay.Message("{" + Self + ",\"PingRequest\":{\"URL\":\"https://x/p\",\"Types\":\"c2n\",\"IP\":\"100.64.0.2\",\"Payload\":\"" + System.Convert.ToBase64String(payload) + "\"}}");
        Assert.Equal("100.64.0.2", replay.Ping.Address);
        Assert.Equal(payload, replay.Ping.Payload);
        replay.Message("{\"PingRequest\":{\"URL\":\"https://x/q\",\"Payload\":\"%%%\"}}");
        Assert.Null(replay.Ping.Payload);
        Assert.Equal("", replay.Ping.Address);
    }

    [Fact]
    public void Sections_of_a_wrong_kind_are_skipped()
    {
        MapReplay replay = new();
        replay.Message("{" + Self + ",\"DNSConfig\":[1],\"UserProfiles\":{\"ID\":1},\"Health\":{\"a\":1},\"DisplayMessages\":[{}],\"ControlDialPlan\":\"x\",\"ClientVersion\":7,\"Domain\":[\"d\"]}");
        Assert.Equal(0, replay.Stream.Failure);
        Assert.Null(replay.Dns);
        Assert.Null(replay.Plan);
        Assert.Equal(1, replay.Messages);
    }

    private static DnsConfig Dns(string json)
    {
        DnsConfig whole = new MapReplay().Message("{" + Self + ",\"DNSConfig\":" + json + "}").Dns;
        DnsConfig cut = new MapReplay().Message("{" + Self + ",\"DNSConfig\":" + json + "}", 1).Dns;
        Assert.Equal(whole.Routes.Length + whole.Skipped * 1000, cut.Routes.Length + cut.Skipped * 1000);
        return whole;
    }

    private static string Describe(ControlDialPlan plan)
    {
        return string.Join(" ", Enumerable.Range(0, plan.Count).Select(i => plan.Addresses[i] + "/" + plan.DelaysMs[i] + "/" + plan.TimeoutsMs[i]));
    }
}
