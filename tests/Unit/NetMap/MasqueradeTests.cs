using System.Linq;
using MicroLink.Bytes;
using MicroLink.NetMap;
using Xunit;

namespace MicroLink.Tests.Unit.NetMap;

/// <summary>SelfNodeV4MasqAddrForThisPeer and SelfNodeV6MasqAddrForThisPeer (protocol.md 4.7).</summary>
public class MasqueradeTests
{
    private const string V4 = "\"SelfNodeV4MasqAddrForThisPeer\":", V6 = "\"SelfNodeV6MasqAddrForThisPeer\":";
    private const string Self = "\"Node\":{\"ID\":1,\"Key\":\"nodekey:1111111111111111111111111111111111111111111111111111111111111111\",\"MachineAuthorized\":true}";

    private static string Peer(int id, string more = "") =>
        $"{{\"ID\":{id},\"Key\":\"nodekey:{id.ToString("x").PadLeft(64, '0')}\",\"Addresses\":[\"100.64.0.{id}/32\"]{(more == "" ? "" : "," + more)}}}";

    private static MapReplay First(string more) => new MapReplay().Message("{" + Self + ",\"Peers\":[" + Peer(2, more) + "," + Peer(3) + "]}");

    private static string Text(byte[] address) => address == null ? "-" : NetEndpoint.FormatAddress(address, 0);

    private static string Of(PeerRow row) => Text(row.MasqueradeV4) + " " + Text(row.MasqueradeV6) + (row.MasqueradeInvalid ? " invalid" : "");

    [Theory]
    [InlineData("", "- -")]
    [InlineData(V4 + "\"100.64.1.1\"", "100.64.1.1 -")]
    [InlineData(V6 + "\"fd7a:115c:a1e0::1a\"", "- fd7a:115c:a1e0::1a")]
    [InlineData(V6 + "\"fd7a:115c:a1e0::1a\"," + V4 + "\"100.64.1.1\"", "100.64.1.1 fd7a:115c:a1e0::1a")]
    [InlineData(V4 + "null," + V6 + "null", "- -")]
    [InlineData(V4 + "\"\"," + V6 + "\"\"", "- -")]
    [InlineData(V4 + "\"10.1.2.3\"", "10.1.2.3 -")]
    public void Both_fields_are_read_and_absent_null_and_empty_are_none(string fields, string wanted)
    {
        MapReplay replay = First(fields);
        Assert.Equal(wanted, Of(replay.Peers[2]));
        Assert.Equal("- -", Of(replay.Peers[3]));
        Assert.Equal(0, replay.Stream.DroppedEntries);
    }

    /// <summary>The peer must not see our own address, and we have no other: it gets no tunnel (WgHandshakes.IsEligible).</summary>
    [Theory]
    [InlineData(V4 + "\"fd7a:115c:a1e0::1a\"", "- - invalid")]
    [InlineData(V6 + "\"100.64.1.1\"", "- - invalid")]
    [InlineData(V6 + "\"::ffff:100.64.1.1\"", "- - invalid")]
    [InlineData(V4 + "\"0.0.0.0\"", "- - invalid")]
    [InlineData(V4 + "\"127.0.0.1\"", "- - invalid")]
    [InlineData(V4 + "\"224.0.0.1\"", "- - invalid")]
    [InlineData(V4 + "\"255.255.255.255\"", "- - invalid")]
    [InlineData(V6 + "\"::\"", "- - invalid")]
    [InlineData(V6 + "\"::1\"", "- - invalid")]
    [InlineData(V6 + "\"ff02::1\"", "- - invalid")]
    [InlineData(V4 + "\"100.64.1\"", "- - invalid")]
    [InlineData(V4 + "\"100.64.1.1/32\"", "- - invalid")]
    [InlineData(V4 + "\"100.64.1.1\"," + V6 + "\"x\"", "100.64.1.1 - invalid")]
    public void What_cannot_be_an_address_of_ours_is_said_to_be_invalid(string fields, string wanted)
    {
        MapReplay replay = First(fields);
        Assert.Equal(wanted, Of(replay.Peers[2]));
        Assert.Equal(1, replay.Stream.DroppedEntries);
        Assert.Equal(new long[] { 2, 3 }, replay.Peers.Keys);
    }

    [Fact]
    public void A_full_node_without_it_ends_it_and_a_patch_does_not()
    {
        MapReplay replay = First(V4 + "\"100.64.1.1\"");
        replay.Message("{\"PeersChangedPatch\":[{\"NodeID\":2,\"Cap\":9," + V4 + "\"100.64.9.9\"}],\"OnlineChange\":{\"2\":true}}");
        Assert.Equal(("100.64.1.1 -", 9), (Of(replay.Peers[2]), replay.Peers[2].Capability));
        replay.Message("{\"PeersChanged\":[" + Peer(2, V6 + "\"fd7a:115c:a1e0::1a\"") + "]}");
        Assert.Equal("- fd7a:115c:a1e0::1a", Of(replay.Peers[2]));
        replay.Message("{\"PeersChanged\":[" + Peer(2) + "]}");
        Assert.Equal("- -", Of(replay.Peers[2]));
    }

    [Fact]
    public void A_copy_has_it_too()
    {
        PeerRow row = First(V4 + "\"100.64.1.1\"," + V6 + "\"::\"").Peers[2].Clone();
        Assert.Equal("100.64.1.1 - invalid", Of(row));
    }
}
