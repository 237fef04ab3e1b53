using System;
using System.Linq;
using System.Text;
using MicroLink.Lab.Core;
using Xunit;

namespace MicroLink.Tests.Unit.Lab;

public class LabControlStreamTests
{
    /// <summary>protocol.md 13.2: the golden initiation gets the golden response, and the first records open and seal as listed.</summary>
    [Fact]
    public void GoldenNoise()
    {
        byte[] serverPrivate = Convert.FromHexString("2022222222222222222222222222222222222222222222222222222222222262");
        byte[] serverPublic = Convert.FromHexString("0faa684ed28867b97f4a6a2dee5df8ce974e76b7018e3f22a1c4cf2678570f20");
        var entropy = new ScriptedEntropy(Convert.FromHexString("4044444444444444444444444444444444444444444444444444444444444444"));
        byte[] initiation = Convert.FromHexString("00910100607b0d47d93427f8311160781c7c733fd89f88970aef490d8aa0ee19a4cb8a1b1461d2949213e755bc180b5d5dbbd8c50a2a1beb69f8940d24cab4606a34cd5d41eebe5d833461d4b6b4658416ef6fdc3a92f6a14fa59d716285af13dddfd36d8f");
        byte[] response = new byte[LabNoise.ResponseLength];
        var noise = new LabNoise();
        Assert.Null(noise.Respond(initiation, serverPrivate, serverPublic, entropy, response));
        Assert.Equal("020030ff2ee45601ec1b67310c7790404585ae697331eee1c1f8cf2419731c1fff3e6bab841131869e7156986c93b16af8a123",
            Convert.ToHexStringLower(response));
        Assert.Equal(145, noise.Version);
        Assert.Equal("7b4e909bbe7ffe44c465a220037d608ee35897d31ef972f07f74892cb0f73f13", Convert.ToHexStringLower(noise.MachineKey));
        byte[] plain = new byte[5];
        Assert.True(noise.OpenRecord(Convert.FromHexString("8dbec8f77738728dd69aca7e58427c2321d84a26dd"), plain));
        Assert.Equal("hello", Encoding.ASCII.GetString(plain));
        Assert.True(noise.OpenRecord(Convert.FromHexString("853ef0a1ac5262a8d877069b1424e751ed97c812fc"), plain));
        Assert.Equal("world", Encoding.ASCII.GetString(plain));
        Assert.False(noise.OpenRecord(Convert.FromHexString("853ef0a1ac5262a8d877069b1424e751ed97c812fc"), plain));

        initiation[1] = 0x90; // header version differs from the prologue's
        Assert.Contains("does not open", new LabNoise().Respond(initiation, serverPrivate, serverPublic, entropy, response));
    }

    [Theory]
    [InlineData(true, int.MaxValue)]
    [InlineData(false, int.MaxValue)]
    [InlineData(true, 1)]
    [InlineData(false, 7)]
    public void ANodeRegistersAndPollsThroughNoiseAndHttp2(bool earlyNoise, int portion)
    {
        var bench = new LabBench();
        bench.Options.EarlyNoise = earlyNoise;
        bench.Make();
        var one = new LabClient(bench, 1) { Portion = portion };
        Assert.StartsWith("HTTP/1.1 101 Switching Protocols\r\nUpgrade: tailscale-control-protocol\r\n", one.Head);
        int register = one.Post("/machine/register", LabBench.Register(LabBench.NodeKey('a'), "one"));
        Assert.Equal(200, one.Status[register]);
        Assert.Contains("\"MachineAuthorized\":true", one.Body(register));
        Assert.Contains(register, one.Ended);
        Assert.Equal(earlyNoise, one.SawEarlyNoise);
        Assert.Equal(one.MachineKey, bench.Core.Control.Nodes[0].MachineKey);

        int poll = one.Post("/machine/map", LabBench.Map('a', "one", "\"Stream\":true"));
        Assert.Contains("\"Domain\":\"lab.ts.net\"", one.Body(poll));
        Assert.DoesNotContain(poll, one.Ended);
        int lite = one.Post("/machine/map", LabBench.Map('a', "one", "\"OmitPeers\":true"));
        Assert.Equal((200, ""), (one.Status[lite], one.Body(lite)));
        Assert.Contains(lite, one.Ended);

        var two = new LabClient(bench, 2) { Portion = portion };
        two.Post("/machine/register", LabBench.Register(LabBench.NodeKey('b'), "two"), 100);
        bench.Core.HandleTimeout(120);
        one.Exchange(120);
        Assert.Contains("two.lab.ts.net.", one.Body(poll));
        one.Http.Cancel(poll);
        one.Exchange(200);
        Assert.Contains(bench.Lines, line => line.Contains("cancelled"));
        Assert.Null(one.Closed);
    }

    [Fact]
    public void ALargeMapWaitsForTheWindow()
    {
        var bench = new LabBench().Make();
        for (int i = 0; i < 300; i++) bench.Post("/machine/register", LabBench.Register("nodekey:" + i.ToString("x64"), "peer-" + i),
            "mkey:" + i.ToString("x64"));
        // Node key 0 is the zero key: refused.
        Assert.Equal(299, bench.Core.Control.Nodes.Count);
        var one = new LabClient(bench, 1);
        one.Post("/machine/register", LabBench.Register(LabBench.NodeKey('a'), "one"));
        int poll = one.Post("/machine/map", LabBench.Map('a', "one", "\"Stream\":true"));
        byte[] body = one.Raw(poll);
        Assert.True(body.Length > 100_000);
        Assert.Equal(body.Length - 4, BitConverter.ToInt32(body));
    }

    [Fact]
    public void EveryEndOfAConnectionEndsThePoll()
    {
        var bench = new LabBench().Make();
        var one = new LabClient(bench, 1);
        one.Post("/machine/register", LabBench.Register(LabBench.NodeKey('a'), "one"));
        one.Post("/machine/map", LabBench.Map('a', "one", "\"Stream\":true"));
        one.Disconnect(5);
        Assert.Equal(10_005, bench.Core.Deadline);
        var again = new LabClient(bench, 1, 6);
        int poll = again.Post("/machine/map", LabBench.Map('a', "one", "\"Stream\":true"), 6);
        bench.Core.Control.EndPolls(7);
        again.Exchange(7);
        Assert.Contains(poll, again.Ended);
    }

    [Fact]
    public void RefusalsComeThroughHttp2()
    {
        var bench = new LabBench().Make();
        var one = new LabClient(bench, 1);
        Assert.Equal(404, one.Status[one.Post("/machine/nosuch", "{}")]);
        Assert.Equal(501, one.Status[one.Post("/machine/set-dns", "{}")]);
        int bad = one.Post("/machine/register", "{not json");
        Assert.Equal((400, "unsupported client version:  (0)\n"), (one.Status[bad], one.Body(bad)));
        int big = one.Post("/machine/map", new string(' ', (1 << 20) + 5));
        Assert.Equal(413, one.Status[big]);
        Assert.Null(one.Closed);
    }

    [Fact]
    public void ALowVersionGets101AndTheEnd()
    {
        var bench = new LabBench().Make();
        var old = new LabClient(bench, 1, 0, 112);
        Assert.StartsWith("HTTP/1.1 101", old.Head);
        Assert.Contains("version too low", old.Closed);
        Assert.Contains(bench.Lines, line => line.Contains("112 is below 113"));
    }

    [Theory]
    [InlineData("POST /ts2021 HTTP/1.1\r\nHost: x\r\n\r\n", 500, "without an Upgrade header")]
    [InlineData("POST /ts2021 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n", 400, "unknown Upgrade")]
    [InlineData("POST /ts2021 HTTP/1.1\r\nHost: x\r\nUpgrade: tailscale-control-protocol\r\n\r\n", 400, "without Connection: upgrade")]
    [InlineData("GET /ts2021 HTTP/1.1\r\nHost: x\r\nUpgrade: tailscale-control-protocol\r\nConnection: upgrade\r\n\r\n", 405,
        "must be a POST")]
    [InlineData("POST /ts2021 HTTP/1.1\r\nHost: x\r\nUpgrade: Tailscale-Control-Protocol\r\nConnection: upgrade\r\n\r\n", 400,
        "X-Tailscale-Handshake")]
    [InlineData("POST /ts2021 HTTP/1.1\r\nHost: x\r\nUpgrade: tailscale-control-protocol\r\nConnection: upgrade\r\nX-Tailscale-Handshake: !!\r\n\r\n", 400, "not base64")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "only HTTP/1.1")]
    [InlineData("GET /key?v=113 HTTP/1.1\r\n\r\n", 400, "Host header is missing")]
    [InlineData("GET /key?v=113\r\n\r\n", 400, "request line is broken")]
    [InlineData("GET /key?v=113 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n", 400, "body is not expected")]
    public void BrokenHttpIsRefused(string request, int status, string reason)
    {
        var bench = new LabBench().Make();
        var pipe = new PipeProbe();
        bench.Core.AcceptControl(pipe, "test", 0).Receive(Encoding.ASCII.GetBytes(request), 0);
        Assert.StartsWith("HTTP/1.1 " + status + " ", Encoding.ASCII.GetString(pipe.Take()));
        Assert.Contains(reason, pipe.Closed);
        Assert.Contains(bench.Lines, line => line.Contains(reason));
    }

    [Fact]
    public void AGarbledInitiationGetsANoiseErrorMessage()
    {
        var bench = new LabBench().Make();
        var pipe = new PipeProbe();
        bench.Core.AcceptControl(pipe, "test", 0).Receive(Encoding.ASCII.GetBytes(
            "POST /ts2021 HTTP/1.1\r\nHost: x\r\nUpgrade: tailscale-control-protocol\r\nConnection: upgrade\r\nX-Tailscale-Handshake: "
            + Convert.ToBase64String(new byte[] { 0, 113, 1, 0, 96 }.Concat(Enumerable.Repeat((byte)9, 96)).ToArray()) + "\r\n\r\n"), 0);
        byte[] answer = pipe.Take();
        int head = Encoding.Latin1.GetString(answer).IndexOf("\r\n\r\n") + 4;
        Assert.Equal(3, answer[head]);
        Assert.Contains("machine key does not open", Encoding.ASCII.GetString(answer, head + 3, answer.Length - head - 3));
        Assert.NotNull(pipe.Closed);
    }

    [Theory]
    [InlineData(0, 5)] // wrong type
    [InlineData(1, 0x20)] // longer than 4096
    [InlineData(20, 1)] // tampered
    public void ABadRecordEndsTheConnection(int at, byte xor)
    {
        var bench = new LabBench().Make();
        var one = new LabClient(bench, 1);
        byte[] record = new byte[3 + 40];
        record[0] = 4;
        record[2] = 40;
        record[at] ^= xor;
        one.Deliver(record, 0);
        one.Exchange(0);
        Assert.NotNull(one.Closed);
    }

    [Fact]
    public void KeyRequestsShareAConnection()
    {
        var bench = new LabBench().Make();
        var pipe = new PipeProbe();
        LabStream stream = bench.Core.AcceptControl(pipe, "test", 0);
        stream.Receive(Encoding.ASCII.GetBytes("GET /key?v=113 HTTP/1.1\r\nHost: x\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), 0);
        string text = Encoding.ASCII.GetString(pipe.Take());
        Assert.Contains("\"publicKey\":\"mkey:" + Convert.ToHexStringLower(bench.Core.Control.NoisePublic) + "\"", text);
        Assert.Contains("{\"status\":\"pass\"}", text);
        Assert.NotNull(pipe.Closed);
    }
}
