using MicroLink.Derp;
using MicroLink.NetMap;
using Xunit;

namespace MicroLink.Tests.Unit.Derp;

/// <summary>Which addresses of a region are tried, in which order (protocol.md 4.8).</summary>
public sealed class DerpTargetsTests
{
    [Fact]
    public void Nodes_in_order_v4_before_v6_round_and_round()
    {
        DerpRegion region = Region(
            new DerpNode { HostName = "stun-only", StunOnly = true },
            new DerpNode { HostName = "a", IPv4 = "1.1.1.1", IPv6 = "2001::1" },
            new DerpNode { HostName = "b" },
            new DerpNode { HostName = "c", IPv4 = "none", IPv6 = "2001::3" },
            new DerpNode { HostName = "d", IPv4 = "none", IPv6 = "none" });
        Assert.Equal(4, DerpTargets.Count(region));
        string[] expected = ["a 1.1.1.1", "a 2001::1", "b ", "c 2001::3", "a 1.1.1.1"];
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(DerpTargets.Pick(region, i, out DerpNode node, out string address));
            Assert.Equal(expected[i], node.HostName + " " + address);
        }
    }

    [Fact]
    public void Insecure_regions_need_the_users_word()
    {
        DerpRegion region = Region(new DerpNode { HostName = "a", InsecureForTests = true });
        Assert.Contains("--allow-insecure-relay", DerpTargets.Refusal(region, false));
        Assert.Null(DerpTargets.Refusal(region, true));
        Assert.Contains("no relay server", DerpTargets.Refusal(Region(), false));
        Assert.False(DerpTargets.Pick(Region(), 0, out DerpNode _, out string _));
    }

    [Fact]
    public void Changed_servers_are_noticed()
    {
        Assert.True(DerpTargets.SameServers(Region(new DerpNode { HostName = "a" }), Region(new DerpNode { HostName = "a" })));
        Assert.False(DerpTargets.SameServers(Region(new DerpNode { HostName = "a" }), Region(new DerpNode { HostName = "a", DerpPort = 1 })));
    }

    private static DerpRegion Region(params DerpNode[] nodes) => new DerpRegion { Id = 900, Nodes = nodes };
}
