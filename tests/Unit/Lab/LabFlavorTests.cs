using System.Linq;
using System.Text.Json;
using MicroLink.Lab.Core;
using Xunit;

namespace MicroLink.Tests.Unit.Lab;

/// <summary>The habits in which control servers differ, as the lab imitates them (protocol.md 12).</summary>
public class LabFlavorTests
{
    [Theory]
    [InlineData("headscale", 0, "PacketFilters", "HomeDERP", 404, true)]
    [InlineData("tailscale", 1, "PacketFilter", "HomeDERP", 400, false)]
    [InlineData("ionscale", 1, "PacketFilter", "DERP", 404, true)]
    public void Answers_differ_as_the_servers_do(string name, int liteMessages, string filter, string home, int unknown, bool pollFactsCount)
    {
        LabBench bench = new();
        bench.Options.Flavor = LabFlavor.Find(name);
        bench.Make();
        LabNode one = bench.Join('a', "one");
        bench.Join('b', "two");
        bench.Poll('a', "one", ",\"Endpoints\":[\"192.0.2.1:41641\"]");
        Assert.Equal(pollFactsCount ? LabBench.DiscoKey('a') : LabNode.ZeroDisco, one.DiscoKey);
        Assert.Equal(pollFactsCount ? 1 : 0, one.Endpoints.Length);

        Answer lite = bench.Lite('a', "one", ",\"Endpoints\":[\"192.0.2.1:41641\"]");
        Assert.Equal(200, lite.Status);
        Assert.True(lite.Ended);
        Assert.Equal(liteMessages == 0, lite.Raw.Length == 0);
        if (liteMessages > 0) Assert.False(lite.Next().TryGetProperty("Peers", out _));
        Assert.Equal(LabBench.DiscoKey('a'), one.DiscoKey);

        JsonElement map = bench.Poll('b', "two").Next();
        Assert.True(map.TryGetProperty(filter, out JsonElement rules));
        Assert.Equal(filter == "PacketFilter" ? JsonValueKind.Array : JsonValueKind.Object, rules.ValueKind);
        Assert.True(map.GetProperty("Peers")[0].TryGetProperty(home, out _));
        Assert.Equal(unknown, bench.Poll('e').Status);
    }

    [Theory]
    [InlineData("headscale", "false", true)]
    [InlineData("ionscale", "true", true)]
    [InlineData("ionscale", "false", false)]
    public void Keep_alives_come_unasked_or_only_when_asked_for(string name, string asked, bool come)
    {
        LabBench bench = new();
        bench.Options.Flavor = LabFlavor.Find(name);
        bench.Make();
        bench.Join('a', "one");
        string request = LabBench.Map('a', "one", "\"Stream\":true").Replace("\"KeepAlive\":true", "\"KeepAlive\":" + asked);
        Answer poll = bench.Post("/machine/map", request, LabBench.MachineOf('a'));
        poll.Next();
        bench.Core.HandleTimeout(60000);
        Assert.Equal(come, poll.Next().ValueKind == JsonValueKind.Object);
    }

    [Fact]
    public void The_floor_of_the_capability_version_is_the_servers_own()
    {
        foreach ((string name, int version, int status) in new[] { ("headscale", 112, 400), ("headscale", 113, 200), ("ionscale", 67, 400), ("ionscale", 68, 200), ("tailscale", 60, 200) })
        {
            LabBench bench = new();
            bench.Options.Flavor = LabFlavor.Find(name);
            bench.Make();
            bench.Join('a', "one");
            string request = LabBench.Map('a', "one", "\"OmitPeers\":true").Replace("\"Version\":113", "\"Version\":" + version);
            Assert.Equal(status, bench.Post("/machine/map", request, LabBench.MachineOf('a')).Status);
        }
    }

    [Fact]
    public void Nodes_that_do_not_exist_stand_in_the_map()
    {
        LabBench bench = new();
        bench.Options.FakePeers = 3000;
        bench.Make();
        bench.Join('a', "one");
        JsonElement map = bench.Poll('a', "one").Next();
        JsonElement[] peers = map.GetProperty("Peers").EnumerateArray().ToArray();
        Assert.Equal(3000, peers.Length);
        Assert.Equal(3000, peers.Select(p => p.GetProperty("Addresses")[0].GetString()).Distinct().Count());
        Assert.InRange(peers[0].GetRawText().Length, 700, 1700);
    }

    [Fact]
    public void Every_flavor_is_found_by_its_name()
    {
        foreach (string name in new[] { "headscale", "tailscale", "ionscale" }) Assert.Equal(name, LabFlavor.Find(name).Name);
        Assert.Null(LabFlavor.Find("Headscale"));
    }
}
