using System.Collections.Generic;
using System.Linq;
using MicroLink.Bytes;
using MicroLink.NetMap;
using MicroLink.WireGuard;
using Xunit;

namespace MicroLink.Tests.Unit.WireGuard;

/// <summary>What of a peer's AllowedIPs counts: protocol.md 11, protocol-traps.md 39.</summary>
public sealed class WgRoutesTests
{
    private const string Own = "100.64.0.9/32", Own6 = "fd7a:115c:a1e0::9/128", Subnet = "10.1.0.0/16", All = "0.0.0.0/0", All6 = "::/0";

    private static byte[] Prefixes(params string[] texts)
    {
        byte[] prefixes = new byte[texts.Length * NetEndpoint.PrefixLength];
        for (int i = 0; i < texts.Length; i++) Assert.True(NetEndpoint.ParsePrefix(texts[i], prefixes, i * NetEndpoint.PrefixLength));
        return prefixes;
    }

    private static PeerRow Row(params string[] allowed)
    {
        return new PeerRow { Id = 9, StableId = "n9", Name = "Router.tail.example.", Addresses = Prefixes(Own, Own6), AllowedIps = Prefixes(allowed) };
    }

    private static string Allowed(WgRoutes routes, PeerRow row)
    {
        return Texts(routes.Allowed(row));
    }

    private static string Texts(byte[] prefixes)
    {
        List<string> texts = new List<string>();
        for (int at = 0; at < prefixes.Length; at += NetEndpoint.PrefixLength) texts.Add(NetEndpoint.FormatPrefix(prefixes, at));
        return string.Join(" ", texts);
    }

    [Fact]
    public void Without_a_wish_only_addresses_count()
    {
        Assert.Equal($"{Own} {Own6}", Allowed(new WgRoutes(), Row(Own, Own6, Subnet, All, All6)));
    }

    [Fact]
    public void Accepted_routes_are_subnets_but_never_everything()
    {
        Assert.Equal($"{Own} {Own6} {Subnet}", Allowed(new WgRoutes(true, null), Row(Own, Own6, Subnet, All, All6)));
    }

    [Theory]
    [InlineData("router")]
    [InlineData("ROUTER.tail.example")]
    [InlineData("router.tail.example.")]
    [InlineData("n9")]
    [InlineData("100.64.0.9")]
    [InlineData("fd7a:115c:a1e0::9")]
    public void The_chosen_exit_node_gets_everything(string name)
    {
        WgRoutes routes = new WgRoutes(false, name);
        Assert.True(routes.IsExitNode(Row(Own)));
        Assert.Equal($"{Own} {All} {All6}", Allowed(routes, Row(Own, Subnet, All, All6)));
    }

    [Theory]
    [InlineData("route")]
    [InlineData("router2")]
    [InlineData("tail.example")]
    [InlineData("100.64.0.8")]
    [InlineData("9")]
    public void Another_peer_does_not(string name)
    {
        WgRoutes routes = new WgRoutes(false, name);
        Assert.False(routes.IsExitNode(Row(Own)));
        Assert.Equal(Own, Allowed(routes, Row(Own, All, All6)));
    }

    [Theory]
    [InlineData(All)]
    [InlineData(All6)]
    public void Half_an_exit_node_is_none(string half)
    {
        Assert.False(WgRoutes.OffersExit(Row(Own, half)));
        Assert.Equal(Own, Allowed(new WgRoutes(true, "router"), Row(Own, half)));
    }

    [Fact]
    public void An_address_that_control_does_not_allow_is_not_routed()
    {
        Assert.Equal(Own6, Allowed(new WgRoutes(true, null), Row(Own6)));
        PeerRow silent = Row();
        silent.AllowedIps = null;
        Assert.Equal($"{Own} {Own6}", Allowed(new WgRoutes(), silent));
        silent.Addresses = null;
        Assert.Empty(new WgRoutes().Allowed(silent));
    }

    /// <summary>Control says both lists: calling a subnet, or everything, a peer's address must not be a way round what the user accepts.</summary>
    [Theory]
    [InlineData(Subnet)]
    [InlineData("fd00::/64")]
    [InlineData(All)]
    [InlineData(All6)]
    [InlineData("0.0.0.0/1")]
    public void Only_a_single_address_is_a_peers_own(string wide)
    {
        PeerRow row = Row(Own, wide);
        row.Addresses = Prefixes(Own, wide);
        Assert.Equal(Own, Allowed(new WgRoutes(), row));
        row.AllowedIps = null;
        Assert.Equal(Own, Allowed(new WgRoutes(), row));
        Assert.Equal($"{Own} {wide.Split('/')[0]}/{(wide.Contains(':') ? 128 : 32)}", Texts(WgRoutes.AsHosts(row.Addresses)));
    }

    [Theory]
    [InlineData("::/1")]
    [InlineData("::/64")]
    [InlineData("::/80")]
    public void A_wide_subnet_of_IPv6_does_not_bring_IPv4_along(string wide)
    {
        Assert.Equal($"{Own} 2000::/3 ::/96 {Subnet}", Allowed(new WgRoutes(true, null), Row(Own, wide, "2000::/3", "::/96", Subnet)));
    }

    [Fact]
    public void A_prefix_is_cut_at_its_length()
    {
        Assert.Equal(Prefixes("10.0.0.0/9"), NetEndpoint.MaskPrefix(Prefixes("10.127.255.255/9"), 0));
        Assert.Equal(Prefixes("::/0"), NetEndpoint.MaskPrefix(Prefixes("ff::1/0"), 0));
        Assert.Equal(Prefixes("fd00::8000/113"), NetEndpoint.MaskPrefix(Prefixes("fd00::ffff/113"), 0));
        Assert.True(Prefixes(Own).SequenceEqual(NetEndpoint.MaskPrefix(Prefixes(Own), 0)));
    }
}
