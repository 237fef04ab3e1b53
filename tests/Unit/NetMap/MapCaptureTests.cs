using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using MicroLink.Bytes;
using MicroLink.NetMap;
using Xunit;

namespace MicroLink.Tests.Unit.NetMap;

/// <summary>
/// Every map response that headscale and testcontrol sent (tests/Vectors/captures/map-response), read by the streaming machine and compared
/// with what System.Text.Json sees in the same bytes.
/// </summary>
public class MapCaptureTests
{
    private const string FirstMessage = "{\"Node\":{\"ID\":1000,\"Key\":\"nodekey:1111111111111111111111111111111111111111111111111111111111111111\"}}";

    public static IEnumerable<object[]> Captures() => Vectors.Files("captures/map-response", "*.json")
        .Where(f => !f.EndsWith(".pretty.json")).Select(f => new object[] { Path.GetFileName(f) });

    [Theory]
    [MemberData(nameof(Captures))]
    public void Every_captured_message_is_read_like_a_whole_document(string file)
    {
        byte[] json = Vectors.Bytes("captures/map-response/" + file);
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement map = document.RootElement;
        MapReplay replay = Known(map);
        replay.Bytes(MapReplay.Framed(json));
        Assert.Equal(0, replay.Stream.Failure);
        Assert.Equal(0, replay.Stream.RefusedPeers);
        Assert.Equal(0, replay.Stream.DroppedEntries);
        Assert.Equal(2, replay.Messages);

        foreach (string list in new[] { "Peers", "PeersChanged" })
        {
            if (!map.TryGetProperty(list, out JsonElement peers)) continue;
            foreach (JsonElement peer in peers.EnumerateArray()) Check(peer, replay.Peers[peer.GetProperty("ID").GetInt64()], list);
            if (list == "Peers") Assert.Equal(peers.EnumerateArray().Select(p => p.GetProperty("ID").GetInt64()).OrderBy(i => i), replay.Peers.Keys);
        }
        if (map.TryGetProperty("PeersRemoved", out JsonElement removed))
            foreach (JsonElement id in removed.EnumerateArray()) Assert.DoesNotContain(id.GetInt64(), replay.Peers.Keys);
        if (map.TryGetProperty("Node", out JsonElement node)) Check(node, replay.Self, "Node");
        if (map.TryGetProperty("DERPMap", out JsonElement derp)) CheckRelays(derp, replay.Relays);
        if (map.TryGetProperty("ControlTime", out JsonElement time))
            Assert.Equal(time.GetDateTimeOffset().ToUnixTimeMilliseconds(), replay.ControlTime);
        if (map.TryGetProperty("PeersChangedPatch", out JsonElement patches))
            foreach (JsonElement patch in patches.EnumerateArray()) CheckPatch(patch, replay.Peers[patch.GetProperty("NodeID").GetInt64()]);
        Assert.Equal(map.TryGetProperty("KeepAlive", out _) ? 1 : 0, replay.KeepAlives);
    }

    [Theory]
    [InlineData("headscale-first-full-1peer-1.103.json")]
    [InlineData("headscale-peer-deleted.json")]
    [InlineData("testcontrol-raw-patch-mixed.json")]
    [InlineData("testcontrol-full-derpmap-rich.json")]
    public void Split_at_every_byte_it_reads_the_same(string file)
    {
        byte[] json = Vectors.Bytes("captures/map-response/" + file);
        using JsonDocument document = JsonDocument.Parse(json);
        MapReplay whole = Known(document.RootElement).Bytes(MapReplay.Framed(json));
        MapReplay bytes = Known(document.RootElement).Bytes(MapReplay.Framed(json), 1);
        Assert.Equal(whole.Describe(), bytes.Describe());
        Assert.Equal(whole.Log, bytes.Log);
        byte[] framed = MapReplay.Framed(json);
        // Two pieces, at a sample of cuts (every byte of a 20 KB message twice over would take minutes).
        for (int cut = 1; cut < framed.Length; cut += framed.Length > 4000 ? 97 : 1)
        {
            MapReplay two = Known(document.RootElement).Bytes(framed[..cut]).Bytes(framed[cut..]);
            Assert.Equal(whole.Log, two.Log);
        }
    }

    [Fact]
    public void A_session_of_headscale_in_order()
    {
        MapReplay replay = new();
        foreach (string file in new[] { "headscale-first-full-2peers-tagged", "headscale-controltime-only", "headscale-keepalive", "headscale-patch-online-false",
            "headscale-policy-deny-all-tagged-router", "headscale-policy-allow-all-tagged-router" })
        {
            replay.Bytes(MapReplay.Framed(Vectors.Bytes("captures/map-response/" + file + ".json")));
            Assert.Equal(0, replay.Stream.Failure);
        }
        Assert.Equal(2, replay.Peers.Count);
        Assert.Contains("-1", replay.Log);
    }

    // The ids that the message refers to are known already, as they were to the real client.
    private static MapReplay Known(JsonElement map)
    {
        SortedSet<long> ids = new();
        void Add(string name, Func<JsonElement, IEnumerable<long>> select)
        {
            if (map.TryGetProperty(name, out JsonElement value)) ids.UnionWith(select(value));
        }
        Add("PeersRemoved", v => v.EnumerateArray().Select(i => i.GetInt64()));
        Add("PeersChangedPatch", v => v.EnumerateArray().Select(i => i.GetProperty("NodeID").GetInt64()));
        Add("OnlineChange", v => v.EnumerateObject().Select(p => long.Parse(p.Name)));
        Add("PeerSeenChange", v => v.EnumerateObject().Select(p => long.Parse(p.Name)));
        string peers = string.Join(",", ids.Select(i => $"{{\"ID\":{i},\"Key\":\"nodekey:{i.ToString("x").PadLeft(64, 'a')}\"}}"));
        return new MapReplay().Message(ids.Count == 0 ? FirstMessage : FirstMessage[..^1] + ",\"Peers\":[" + peers + "]}");
    }

    private static void Check(JsonElement node, PeerRow row, string where)
    {
        string what = where + " " + node.GetProperty("ID").GetInt64();
        Assert.Equal(Text(node, "Name"), row.Name);
        Assert.Equal(Text(node, "StableID"), row.StableId);
        Assert.Equal(Key(node, "Key"), Hex(row.Key));
        Assert.Equal(Key(node, "DiscoKey"), Hex(row.DiscoKey));
        Assert.Equal(Texts(node, "Addresses"), MapReplay.Prefixes(row.Addresses));
        Assert.Equal(node.TryGetProperty("AllowedIPs", out JsonElement allowed) && allowed.ValueKind != JsonValueKind.Null
            ? Texts(node, "AllowedIPs") : Texts(node, "Addresses"), MapReplay.Prefixes(row.AllowedIps));
        Assert.Equal(Texts(node, "Endpoints"), MapReplay.Endpoints(row.Endpoints));
        Assert.Equal(Number(node, "HomeDERP"), row.HomeRelay);
        Assert.Equal(Number(node, "Cap"), row.Capability);
        Assert.Equal(node.TryGetProperty("Online", out JsonElement online) ? online.GetBoolean() ? 2 : 1 : 0, row.Online);
        Assert.Equal(Flag(node, "MachineAuthorized"), row.MachineAuthorized);
        Assert.Equal(Flag(node, "IsJailed"), row.IsJailed);
        Assert.Equal(Text(node, "SelfNodeV4MasqAddrForThisPeer"), row.MasqueradeV4 == null ? null : NetEndpoint.FormatAddress(row.MasqueradeV4, 0));
        Assert.Equal(Text(node, "SelfNodeV6MasqAddrForThisPeer"), row.MasqueradeV6 == null ? null : NetEndpoint.FormatAddress(row.MasqueradeV6, 0));
        Assert.Equal(Flag(node, "UnsignedPeerAPIOnly"), row.UnsignedPeerApiOnly);
        Assert.Equal(Time(node, "KeyExpiry"), row.KeyExpiryMs);
        Assert.Equal(Time(node, "LastSeen"), row.LastSeenMs);
        Assert.True(!Flag(node, "Expired") || row.Expired, what);
        Assert.Equal(node.TryGetProperty("Tags", out JsonElement tags) ? tags.EnumerateArray().Select(t => t.GetString()).ToArray() : null, row.Tags);
        if (node.TryGetProperty("CapMap", out JsonElement caps) && caps.ValueKind == JsonValueKind.Object)
            foreach (JsonProperty cap in caps.EnumerateObject()) Assert.Contains(cap.Name, row.Capabilities);
    }

    private static void CheckPatch(JsonElement patch, PeerRow row)
    {
        if (patch.TryGetProperty("Key", out _)) Assert.Equal(Key(patch, "Key"), Hex(row.Key));
        if (patch.TryGetProperty("DiscoKey", out _)) Assert.Equal(Key(patch, "DiscoKey"), Hex(row.DiscoKey));
        if (patch.TryGetProperty("Endpoints", out _)) Assert.Equal(Texts(patch, "Endpoints"), MapReplay.Endpoints(row.Endpoints));
        if (patch.TryGetProperty("DERPRegion", out JsonElement region)) Assert.Equal(region.GetInt32(), row.HomeRelay);
        if (patch.TryGetProperty("Online", out JsonElement online)) Assert.Equal(online.GetBoolean() ? 2 : 1, row.Online);
        if (patch.TryGetProperty("KeyExpiry", out _)) Assert.Equal(Time(patch, "KeyExpiry"), row.KeyExpiryMs);
        if (patch.TryGetProperty("LastSeen", out _)) Assert.Equal(Time(patch, "LastSeen"), row.LastSeenMs);
        if (patch.TryGetProperty("Cap", out JsonElement cap)) Assert.Equal(cap.GetInt32(), row.Capability);
    }

    private static void CheckRelays(JsonElement derp, DerpMap relays)
    {
        foreach (JsonProperty entry in derp.GetProperty("Regions").EnumerateObject())
        {
            DerpRegion region = relays.Find(int.Parse(entry.Name));
            if (entry.Value.ValueKind == JsonValueKind.Null)
            {
                Assert.Null(region);
                continue;
            }
            Assert.Equal(Text(entry.Value, "RegionCode"), region.Code);
            JsonElement[] nodes = entry.Value.TryGetProperty("Nodes", out JsonElement list) && list.ValueKind == JsonValueKind.Array
                ? list.EnumerateArray().ToArray() : Array.Empty<JsonElement>();
            Assert.Equal(nodes.Length, region.Nodes.Length);
            for (int i = 0; i < nodes.Length; i++)
            {
                Assert.Equal(Text(nodes[i], "Name"), region.Nodes[i].Name);
                Assert.Equal(Text(nodes[i], "HostName"), region.Nodes[i].HostName);
                Assert.Equal(Text(nodes[i], "CertName"), region.Nodes[i].CertName);
                Assert.Equal(Text(nodes[i], "IPv6") ?? "", region.Nodes[i].IPv6);
                Assert.Equal(Number(nodes[i], "STUNPort"), region.Nodes[i].StunPort);
                Assert.Equal(Number(nodes[i], "DERPPort"), region.Nodes[i].DerpPort);
                Assert.Equal(Flag(nodes[i], "InsecureForTests"), region.Nodes[i].InsecureForTests);
                Assert.Equal(Flag(nodes[i], "STUNOnly"), region.Nodes[i].StunOnly);
            }
        }
    }

    private static string Text(JsonElement o, string name) => o.TryGetProperty(name, out JsonElement v) ? v.GetString() : null;
    private static int Number(JsonElement o, string name) => o.TryGetProperty(name, out JsonElement v) ? v.GetInt32() : 0;
    private static bool Flag(JsonElement o, string name) => o.TryGetProperty(name, out JsonElement v) && v.GetBoolean();
    private static string Hex(byte[] key) => key == null ? null : Convert.ToHexString(key).ToLowerInvariant();

    private static string Key(JsonElement o, string name)
    {
        string key = Text(o, name)?.Split(':')[1];
        return key == null || key.All(c => c == '0') ? null : key;
    }

    private static string Texts(JsonElement o, string name) => o.TryGetProperty(name, out JsonElement v) && v.ValueKind == JsonValueKind.Array
        ? string.Join(",", v.EnumerateArray().Select(t => t.GetString())) : "";

    private static long Time(JsonElement o, string name)
    {
        if (!o.TryGetProperty(name, out JsonElement v) || v.GetString().StartsWith("0001-")) return 0;
        return v.GetDateTimeOffset().ToUnixTimeMilliseconds();
    }
}
