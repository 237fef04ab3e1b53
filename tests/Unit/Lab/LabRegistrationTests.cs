using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using Xunit;

namespace MicroLink.Tests.Unit.Lab;

public class LabRegistrationTests
{
    private readonly LabBench _bench = new LabBench().Make();

    public static TheoryData<string> CapturedRequests()
    {
        var files = new TheoryData<string>();
        foreach (string file in Vectors.Files("captures/register", "*-request.json")) files.Add(Path.GetFileName(file));
        return files;
    }

    /// <summary>What real tailscaled sends is never refused for its form.</summary>
    [Theory]
    [MemberData(nameof(CapturedRequests))]
    public void RealRequestsAreUnderstood(string file)
    {
        Answer answer = _bench.Post("/machine/register", Vectors.Text("captures/register/" + file));
        Assert.Equal(200, answer.Status);
        Assert.Equal("application/json; charset=utf-8", answer.ContentType);
        JsonElement body = answer.Json;
        Assert.Equal(new[] { "User", "Login", "NodeKeyExpired", "MachineAuthorized", "AuthURL", "NodeKeySignature", "Error" },
            body.EnumerateObject().Select(m => m.Name));
        if (file.Contains("-followup-"))
        {
            Assert.NotEqual("", body.GetProperty("AuthURL").GetString()); // unknown login: a new URL
            return;
        }
        bool hasKey = Vectors.Text("captures/register/" + file).Contains("\"Auth\":");
        Assert.Equal(hasKey ? "invalid pre auth key" : "", body.GetProperty("Error").GetString());
    }

    [Fact]
    public void AWrongKeyIsAnErrorInsideHttp200()
    {
        Answer answer = _bench.Post("/machine/register", LabBench.Register(LabBench.NodeKey('a'), "n", "", "tskey-auth-wrong"));
        Assert.Equal(200, answer.Status);
        Assert.Equal(Vectors.Text("captures/register/headscale-badkey-1.96.5-response.json"), answer.Text);
        Assert.Contains("auth key is unknown", _bench.Core.Control.LastRefusal);
    }

    [Fact]
    public void ANodeIsAdmittedAndKeepsItsRow()
    {
        Answer answer = _bench.Post("/machine/register", LabBench.Register(LabBench.NodeKey('a'), "OBERON"));
        Assert.True(answer.Json.GetProperty("MachineAuthorized").GetBoolean());
        var node = _bench.Core.Control.FindByKey(LabBench.NodeKey('a'));
        Assert.Equal(("oberon", "100.64.0.1", "fd7a:115c:a1e0::1"), (node.Name, node.IPv4, node.IPv6));

        // A restart: no Auth, the same key. A new node key of the same machine keeps the address.
        answer = _bench.Post("/machine/register", LabBench.Register(LabBench.NodeKey('a'), "oberon", "", null));
        Assert.True(answer.Json.GetProperty("MachineAuthorized").GetBoolean());
        _bench.Post("/machine/register", LabBench.Register(LabBench.NodeKey('b'), "oberon"));
        Assert.Single(_bench.Core.Control.Nodes);
        Assert.Equal(LabBench.NodeKey('b'), node.NodeKey);
    }

    [Fact]
    public void AnotherMachineMayNotUseANodeKey()
    {
        _bench.Join('a', "one");
        Answer answer = _bench.Post("/machine/register", LabBench.Register(LabBench.NodeKey('a'), "one"), LabBench.OtherMachine);
        Assert.Equal("node exists with a different machine key", answer.Json.GetProperty("Error").GetString());
    }

    [Fact]
    public void WithoutAKeyThereIsALoginUrlAndTheFollowupWaits()
    {
        Answer first = _bench.Post("/machine/register", LabBench.Register(LabBench.NodeKey('a'), "one", "", null));
        string url = first.Json.GetProperty("AuthURL").GetString();
        Assert.StartsWith("http://127.0.0.1:8080/register/hskey-authreq-", url);
        Answer held = _bench.Post("/machine/register",
            LabBench.Register(LabBench.NodeKey('a'), "one", ",\"Followup\":\"" + url + "\"", null));
        Assert.Equal(0, held.Status);
        Assert.Equal(200, _bench.Core.Control.HandlePlain("GET", new Uri(url).AbsolutePath, 5).Status);
        Assert.True(held.Json.GetProperty("MachineAuthorized").GetBoolean());
        Assert.Equal(404, _bench.Core.Control.HandlePlain("GET", new Uri(url).AbsolutePath, 6).Status);
    }

    [Fact]
    public void AFollowupOfAnotherKeyGetsANewUrl()
    {
        string url = _bench.Post("/machine/register",
            LabBench.Register(LabBench.NodeKey('a'), "one", "", null)).Json.GetProperty("AuthURL").GetString();
        Answer other = _bench.Post("/machine/register",
            LabBench.Register(LabBench.NodeKey('b'), "one", ",\"Followup\":\"" + url + "\"", null));
        Assert.NotEqual(url, other.Json.GetProperty("AuthURL").GetString());
    }

    [Fact]
    public void LogoutExpiresTheKey()
    {
        var node = _bench.Join('a', "one");
        Answer answer = _bench.Post("/machine/register",
            LabBench.Register(LabBench.NodeKey('a'), "one", ",\"Expiry\":\"1970-01-01T00:02:03Z\""), LabBench.MachineOf('a'), 10);
        Assert.True(answer.Json.GetProperty("NodeKeyExpired").GetBoolean());
        Assert.True(node.IsExpired(10));
        answer = _bench.Post("/machine/register", LabBench.Register(LabBench.NodeKey('a'), "one", "", null), LabBench.MachineOf('a'), 20);
        Assert.Equal(Vectors.Text("captures/register/headscale-expired-1.103-response.json"), answer.Text);
        _bench.Post("/machine/register", LabBench.Register(LabBench.NodeKey('b'), "one"), LabBench.MachineOf('a'), 30);
        Assert.False(node.IsExpired(30));
    }

    [Fact]
    public void AnEphemeralNodeIsDeletedAtLogout()
    {
        _bench.Join('a', "one", 0, ",\"Ephemeral\":true");
        Answer answer = _bench.Post("/machine/register",
            LabBench.Register(LabBench.NodeKey('a'), "one", ",\"Expiry\":\"1970-01-01T00:02:03Z\""), LabBench.MachineOf('a'), 10);
        Assert.Equal(Vectors.Text("captures/register/headscale-ephemeral-logout-1.103-response.json"), answer.Text);
        Assert.Empty(_bench.Core.Control.Nodes);
    }

    [Fact]
    public void TagsMakeATaggedDeviceAndBadOnesAreRefused()
    {
        string Body(string tag) => LabBench.Register(LabBench.NodeKey('a'), "one").Replace("\"OS\":\"linux\"", "\"RequestTags\":[\"" + tag
            + "\"]");
        Assert.Equal("requested tags [tag:7] are invalid or not permitted",
            _bench.Post("/machine/register", Body("tag:7")).Json.GetProperty("Error").GetString());
        Assert.Equal("tagged-devices", _bench.Post("/machine/register",
            Body("tag:web")).Json.GetProperty("Login").GetProperty("LoginName").GetString());
    }

    [Fact]
    public void AOneTimeKeyWorksOnce()
    {
        _bench.Options.MoreAuthKeys.Add(new MicroLink.Lab.Core.LabAuthKey { Key = "tskey-auth-once", Reusable = false });
        Assert.Equal("", _bench.Post("/machine/register", LabBench.Register(LabBench.NodeKey('a'), "a", "", "tskey-auth-once"),
            LabBench.MachineOf('a')).Json.GetProperty("Error").GetString());
        Assert.Equal("invalid pre auth key", _bench.Post("/machine/register", LabBench.Register(LabBench.NodeKey('b'), "b", "",
            "tskey-auth-once"), LabBench.MachineOf('b')).Json.GetProperty("Error").GetString());
    }

    [Theory]
    [InlineData("{not json", "unsupported client version:  (0)", "not JSON")]
    [InlineData("[]", "unsupported client version:  (0)", "must be an object")]
    [InlineData("{}", "unsupported client version:  (0)", "Version 0 is below 113")]
    [InlineData("{\"Version\":50}", "unsupported client version:  (50)", "Version 50 is below 113")]
    [InlineData("{\"Version\":\"113\"}", "unsupported client version:  (0)", "must be a whole number")]
    [InlineData("{\"version\":113}", "unsupported client version:  (0)", "must be spelled \"Version\"")]
    [InlineData("{\"Version\":113,\"Version\":114}", "unsupported client version:  (0)", "not JSON")]
    [InlineData("{\"Version\":113}", "NodeKey is missing", "NodeKey is missing")]
    [InlineData("{\"Version\":113,\"NodeKey\":\"\"}", "unsupported client version:  (113)", "must be absent or \"nodekey:\"")]
    [InlineData("{\"Version\":113,\"NodeKey\":\"nodekey:12\"}", "unsupported client version:  (113)", "64 hex digits")]
    public void BadBodiesAreRefusedWithTheReasonPrinted(string body, string answerStarts, string reason)
    {
        Answer answer = _bench.Post("/machine/register", body);
        Assert.Equal(400, answer.Status);
        Assert.StartsWith(answerStarts, answer.Text);
        Assert.Contains(reason, _bench.Core.Control.LastRefusal);
        Assert.Contains(_bench.Lines, line => line.Contains(reason));
    }

    [Theory]
    [InlineData(",\"OldNodeKey\":\"\"", "OldNodeKey")]
    [InlineData(",\"NLKey\":\"\"", "NLKey")]
    [InlineData(",\"Expiry\":\"\"", "RFC 3339")]
    [InlineData(",\"Ephemeral\":1", "true or false")]
    [InlineData(",\"Followup\":null,\"Auth\":[]", "Auth\" must be an object")]
    [InlineData(",\"Hostname\":5,\"auth\":{}", "must be spelled \"Auth\"")]
    public void WrongTypesAreRefused(string more, string reason)
    {
        Answer answer = _bench.Post("/machine/register", LabBench.Register(LabBench.NodeKey('a'), "n", more, null));
        Assert.Equal(400, answer.Status);
        Assert.Contains(reason, _bench.Core.Control.LastRefusal);
    }

    [Fact]
    public void TheZeroKeyAndAMissingHostinfoAreRefused()
    {
        Assert.Equal(400, _bench.Post("/machine/register", LabBench.Register(LabBench.NodeKey('0'), "n")).Status);
        Assert.Contains("zero key", _bench.Core.Control.LastRefusal);
        Assert.Equal(400, _bench.Post("/machine/register", "{\"Version\":113,\"NodeKey\":\"" + LabBench.NodeKey('a') + "\"}").Status);
        Assert.Contains("Hostinfo is missing", _bench.Core.Control.LastRefusal);
    }

    [Fact]
    public void OtherPathsAnswerAsHeadscaleDoes()
    {
        Assert.Equal((501, "Not implemented yet\n"), Of(_bench.Post("/machine/set-dns", "{}")));
        Assert.Equal((404, "404 page not found\n"), Of(_bench.Post("/machine/nosuch", "", LabBench.Machine, 0, "GET")));
        Assert.Equal(405, _bench.Post("/machine/register", "", LabBench.Machine, 0, "GET").Status);
        Assert.Equal(413, _bench.Post("/machine/register", new string(' ', (1 << 20) + 1)).Status);
    }

    [Fact]
    public void KeyAnswersAsCaptured()
    {
        using JsonDocument captured = JsonDocument.Parse(Vectors.Text("captures/control-key/headscale-key.json"));
        foreach (JsonElement exchange in captured.RootElement.EnumerateArray())
        {
            string target = exchange.GetProperty("request").GetString()[4..];
            var reply = _bench.Core.Control.HandlePlain("GET", target, 0);
            string body = System.Text.Encoding.UTF8.GetString(reply.Body);
            Assert.StartsWith(reply.Status.ToString(), exchange.GetProperty("status").GetString());
            string expected = exchange.GetProperty("body").GetString();
            int key = expected.IndexOf("\"publicKey\"");
            if (key < 0) Assert.Equal(expected, body);
            else Assert.Equal(expected[..key], body[..key]);
            Assert.Equal(exchange.GetProperty("content_type").GetString(), reply.ContentType);
        }
    }

    private static (int, string) Of(Answer answer) => (answer.Status, answer.Text);
}
