using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using MicroLink.Lab.Core;
using Xunit;

namespace MicroLink.Tests.Unit.Lab;

public class LabMapTests
{
    private readonly LabBench _bench = new LabBench().Make();

    public static TheoryData<string> CapturedRequests()
    {
        var files = new TheoryData<string>();
        foreach (string file in Vectors.Files("captures/map-request"))
        {
            if (!file.EndsWith(".pretty.json")) files.Add(Path.GetFileName(file));
        }
        return files;
    }

    [Theory]
    [MemberData(nameof(CapturedRequests))]
    public void RealRequestsAreUnderstood(string file)
    {
        string text = Vectors.Text("captures/map-request/" + file);
        using JsonDocument request = JsonDocument.Parse(text);
        string nodeKey = request.RootElement.GetProperty("NodeKey").GetString();
        _bench.Post("/machine/register", LabBench.Register(nodeKey, "real"));
        Answer answer = _bench.Post("/machine/map", text);
        Assert.Equal(200, answer.Status);
        LabNode node = _bench.Core.Control.FindByKey(nodeKey);
        Assert.Equal(request.RootElement.GetProperty("DiscoKey").GetString(), node.DiscoKey);
        Assert.Equal(request.RootElement.GetProperty("Hostinfo").GetProperty("Hostname").GetString(), node.Name);
        bool stream = request.RootElement.TryGetProperty("Stream", out _);
        Assert.Equal(!stream, answer.Ended);
        if (stream) Assert.Equal(0xFD2FB528, BitConverter.ToUInt32(answer.Raw, 4)); // they all ask for zstd
    }

    [Fact]
    public void TheFirstMessageIsComplete()
    {
        _bench.Join('a', "one");
        Answer poll = _bench.Poll('a', "one");
        JsonElement map = poll.Next();
        Assert.Equal(new[] { "Node", "DERPMap", "DNSConfig", "Domain", "CollectServices", "PacketFilters", "UserProfiles", "ControlTime",
            "Debug" },
            map.EnumerateObject().Select(m => m.Name)); // no Peers key without peers
        JsonElement self = map.GetProperty("Node");
        Assert.Equal("one.lab.ts.net.", self.GetProperty("Name").GetString());
        Assert.Equal("100.64.0.1/32", self.GetProperty("Addresses")[0].GetString());
        Assert.Equal("fd7a:115c:a1e0::1/128", self.GetProperty("AllowedIPs")[1].GetString());
        Assert.Equal(900, self.GetProperty("HomeDERP").GetInt32());
        Assert.Equal(900, map.GetProperty("DERPMap").GetProperty("Regions").GetProperty("900").GetProperty("RegionID").GetInt32());
        Assert.Equal("2026-01-01T00:00:00Z", map.GetProperty("ControlTime").GetString());
        Assert.False(poll.Ended);
    }

    [Fact]
    public void PeersHearOfEachOtherInCollectedDeltas()
    {
        _bench.Join('a', "one");
        Answer one = _bench.Poll('a', "one");
        one.Next();
        _bench.Join('b', "two", 1000);
        Answer two = _bench.Poll('b', "two", "", 1005);
        Assert.Equal("one.lab.ts.net.", two.Next().GetProperty("Peers")[0].GetProperty("Name").GetString());
        Assert.Equal(1020, _bench.Core.Deadline);
        Assert.Equal(JsonValueKind.Undefined, one.Next().ValueKind);
        _bench.Core.HandleTimeout(1020);
        JsonElement delta = one.Next();
        JsonElement peer = delta.GetProperty("PeersChanged")[0];
        Assert.Equal(("two.lab.ts.net.", true), (peer.GetProperty("Name").GetString(), peer.GetProperty("Online").GetBoolean()));

        _bench.Lite('b', "two", ",\"Endpoints\":[\"192.0.2.1:41641\"],\"EndpointTypes\":[2]", 2000);
        _bench.Core.HandleTimeout(2020);
        delta = one.Next();
        Assert.Equal("{\"NodeID\":2,\"Endpoints\":[\"192.0.2.1:41641\"]}", delta.GetProperty("PeersChangedPatch")[0].GetRawText());
        Assert.True(two.Next().TryGetProperty("Node", out _)); // its own new self node
    }

    [Fact]
    public void GoingOfflineAndComingBack()
    {
        _bench.Join('a', "one");
        _bench.Join('b', "two");
        Answer one = _bench.Poll('a', "one");
        Answer two = _bench.Poll('b', "two");
        one.Next();
        _bench.Core.HandleTimeout(20);
        one.Next();
        two.Exchange.Aborted(1000);
        _bench.Core.HandleTimeout(11_000);
        _bench.Core.HandleTimeout(11_020);
        JsonElement patch = one.Next().GetProperty("PeersChangedPatch")[0];
        Assert.False(patch.GetProperty("Online").GetBoolean());
        Assert.True(patch.TryGetProperty("LastSeen", out _));
        _bench.Poll('b', "two", "", 12_000);
        _bench.Core.HandleTimeout(12_020);
        Assert.Equal("{\"2\":true}", one.Next().GetProperty("OnlineChange").GetRawText());
    }

    [Fact]
    public void AnEphemeralNodeDisappears()
    {
        _bench.Join('a', "one");
        _bench.Join('b', "two", 0, ",\"Ephemeral\":true");
        Answer one = _bench.Poll('a', "one");
        Answer two = _bench.Poll('b', "two");
        one.Next();
        _bench.Core.HandleTimeout(20);
        one.Next();
        two.Exchange.Aborted(1000);
        _bench.Core.HandleTimeout(61_000);
        _bench.Core.HandleTimeout(61_020);
        JsonElement message;
        do message = one.Next();
        while (message.ValueKind != JsonValueKind.Undefined && !message.TryGetProperty("PeersRemoved", out _));
        Assert.Equal(2, message.GetProperty("PeersRemoved")[0].GetInt32());
        Assert.Equal(404, _bench.Poll('b', "two", "", 62_000).Status);
    }

    [Fact]
    public void SilenceIsBrokenEveryFiftySeconds()
    {
        _bench.Join('a', "one");
        Answer poll = _bench.Poll('a', "one");
        poll.Next();
        Assert.Equal(50_000, _bench.Core.Deadline);
        _bench.Core.HandleTimeout(50_000);
        Assert.Equal("{\"KeepAlive\":true}", poll.Next().GetRawText());
        Assert.Equal(100_000, _bench.Core.Deadline);
    }

    [Fact]
    public void ASecondPollEndsTheFirst()
    {
        _bench.Join('a', "one");
        Answer first = _bench.Poll('a', "one");
        Answer lite = _bench.Lite('a', "one");
        Assert.True(lite.Ended && !first.Ended);
        Answer second = _bench.Poll('a', "one", "", 10);
        Assert.True(first.Ended && !second.Ended);
        first.Exchange.Aborted(20); // late news of the old one changes nothing
        Assert.True(_bench.Core.Control.Nodes[0].Online);
    }

    [Fact]
    public void ARotatedKeyIsToldToPeers()
    {
        _bench.Join('a', "one");
        _bench.Join('b', "two");
        Answer one = _bench.Poll('a', "one");
        one.Next();
        _bench.Post("/machine/register", LabBench.Register(LabBench.NodeKey('c'), "two"), LabBench.MachineOf('b'), 100);
        _bench.Core.HandleTimeout(120);
        Assert.Equal(LabBench.NodeKey('c'), one.Next().GetProperty("PeersChanged")[0].GetProperty("Key").GetString());
    }

    [Fact]
    public void AStreamingRequestWithoutDiscoKeyZeroesIt()
    {
        _bench.Join('a', "one");
        _bench.Poll('a', "one");
        LabNode node = _bench.Core.Control.Nodes[0];
        Assert.Equal(LabBench.DiscoKey('a'), node.DiscoKey);
        string body = LabBench.Map('a', "one", "\"Stream\":true").Replace("\"DiscoKey\":\"" + LabBench.DiscoKey('a') + "\",", "");
        Answer again = _bench.Post("/machine/map", body, LabBench.MachineOf('a'), 10);
        Assert.Equal(LabNode.ZeroDisco, node.DiscoKey);
        Assert.False(again.Next().GetProperty("Node").TryGetProperty("DiscoKey", out _));
        Assert.Contains(_bench.Lines, line => line.Contains("without a DiscoKey"));
    }

    [Fact]
    public void NetInfoIsKeptWhenARequestHasNone()
    {
        _bench.Join('a', "one");
        _bench.Poll('a', "one");
        _bench.Post("/machine/map", LabBench.Map('a', "one", "\"OmitPeers\":true").Replace(",\"NetInfo\":{\"PreferredDERP\":900}", ""),
            LabBench.MachineOf('a'), 10);
        Assert.Equal(900, _bench.Core.Control.Nodes[0].HomeDerp);
    }

    [Fact]
    public void TheUselessThirdKindIsAnsweredEmpty()
    {
        _bench.Join('a', "one");
        Answer answer = _bench.Post("/machine/map", LabBench.Map('a', "one", "\"ReadOnly\":true"), LabBench.MachineOf('a'));
        Assert.Equal((200, true, 0), (answer.Status, answer.Ended, answer.Raw.Length));
    }

    [Fact]
    public void AClientThatDoesNotReadLosesItsStream()
    {
        _bench.Join('a', "one");
        Answer poll = _bench.Poll('a', "one");
        poll.Backlog = 5 << 20;
        _bench.Core.HandleTimeout(50_000);
        Assert.True(poll.Ended);
    }

    [Theory]
    [InlineData("{bad", 500, "internal server error\n", "not JSON")]
    [InlineData("{\"Version\":112}", 400, "unsupported client version:  (112)\n", "below 113")]
    [InlineData("{\"Version\":113,\"NodeKey\":\"nodekey:9999999999999999999999999999999999999999999999999999999999999999\",\"Hostinfo\":{}}", 404, "node not found\n", "not registered")]
    [InlineData("{\"Version\":113,\"DiscoKey\":\"\"}", 500, "internal server error\n", "DiscoKey")]
    [InlineData("{\"Version\":113,\"Endpoints\":[\"1.2.3.4\"]}", 500, "internal server error\n", "address:port")]
    [InlineData("{\"Version\":113,\"EndpointTypes\":[\"2\"]}", 500, "internal server error\n", "whole number")]
    [InlineData("{\"Version\":113,\"Hostinfo\":{\"hostname\":\"x\"}}", 500, "internal server error\n", "must be spelled \"Hostname\"")]
    [InlineData("{\"Version\":113,\"Hostinfo\":{\"NetInfo\":{\"PreferredDERP\":\"900\"}}}", 500, "internal server error\n",
        "Hostinfo.NetInfo.PreferredDERP")]
    public void BadBodiesAreRefusedWithTheReasonPrinted(string body, int status, string text, string reason)
    {
        Answer answer = _bench.Post("/machine/map", body);
        Assert.Equal((status, text), (answer.Status, answer.Text));
        Assert.Contains(reason, _bench.Core.Control.LastRefusal);
    }

    [Fact]
    public void AnotherMachineGets404AndAMissingHostinfo400()
    {
        _bench.Join('a', "one");
        Assert.Equal(404, _bench.Post("/machine/map", LabBench.Map('a', "one", "\"Stream\":true"), LabBench.OtherMachine).Status);
        Assert.Equal(400, _bench.Post("/machine/map", "{\"Version\":113,\"NodeKey\":\"" + LabBench.NodeKey('a') + "\"}",
            LabBench.MachineOf('a')).Status);
        Assert.Equal(400, _bench.Lite('a', "one", ",\"Endpoints\":[\"1.2.3.4:5\"],\"EndpointTypes\":[2,1]").Status);
    }

    [Theory]
    [InlineData("OBERON", "oberon")]
    [InlineData("Avery's iPhone 4(SE)", "averys-iphone-4se")]
    [InlineData("mon.ipn.dev", "mon-ipn-dev")]
    [InlineData("admin@example.com", "admin-example-com")]
    [InlineData(".bound.ary.", "bound-ary")]
    [InlineData("a-", "a")]
    [InlineData("-a", "a")]
    [InlineData("-a-", "a")]
    [InlineData("test.test.test.test.test.test.test.test.test.test.test.test.test.test.test.test.test.test.test.test.",
        "test-test-test-test-test-test-test-test-test-test-test-test-tes")]
    [InlineData("computer.local", "computer")]
    [InlineData("computer.localdomain", "computer")]
    [InlineData("computer.lan", "computer")]
    public void HostNamesBecomeLabels(string hostname, string label) => Assert.Equal(label, LabNames.Sanitize(hostname));

    [Fact]
    public void NamesAreUnique()
    {
        Assert.Equal(new[] { "n", "n-1", "n-2" },
            new[] { _bench.Join('a', "n").Name, _bench.Join('b', "N").Name, _bench.Join('c', "n.local").Name });
        Assert.Equal("node-4", _bench.Join('d', "").Name);
    }

    [Fact]
    public void StoredZstdFramesSayTheirSize()
    {
        byte[] content = Encoding.ASCII.GetBytes(new string('x', 300_000));
        byte[] frame = ZstdStored.Frame(content);
        Assert.Equal(300_000u, BitConverter.ToUInt32(frame, 5));
        int at = 9, total = 0, blocks = 0, header;
        do
        {
            header = frame[at] | frame[at + 1] << 8 | frame[at + 2] << 16;
            total += header >> 3;
            at += 3 + (header >> 3);
            blocks++;
        }
        while ((header & 1) == 0);
        Assert.Equal((300_000, 3, frame.Length), (total, blocks, at));
    }
}
