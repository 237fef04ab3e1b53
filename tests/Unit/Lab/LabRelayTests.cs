using System;
using System.Linq;
using System.Text;
using System.Text.Json;
using MicroLink.Lab.Core;
using MicroLink.Native;
using Xunit;

namespace MicroLink.Tests.Unit.Lab;

public class LabRelayTests
{
    private static readonly byte[] ServerPrivate = Convert.FromHexString("6066666666666666666666666666666666666666666666666666666666666666");
    private static readonly byte[] Nonce = Enumerable.Range(0, 24).Select(i => (byte)i).ToArray();
    private const string Upgrade = "GET /derp HTTP/1.1\r\nHost: localhost\r\nUpgrade: DERP\r\nConnection: Upgrade\r\n\r\n";

    private readonly LabBench _bench = new(new byte[32], ServerPrivate);

    public LabRelayTests()
    {
        _bench.Options.VerifyRelayClients = false;
        _bench.Make();
    }

    /// <summary>protocol.md 13.2: the golden ClientInfo is accepted and answered by the golden ServerInfo.</summary>
    [Fact]
    public void GoldenHello()
    {
        (LabStream stream, PipeProbe pipe) = Open();
        Assert.EndsWith("010000002844455250f09f9491219e4d800da968d2a5fcb009c784f4746c7138edb9ee4844b739e830b05cf424", Hex(pipe.Take()));
        _bench.Scripted.Enqueue(Nonce);
        Receive(stream, "020000006838ab664bd86f77d7e66bdd9ae0792913a94fd8b33a1260027e4b46c1f4884c67000102030405060708090a0b0c0d0e0f1011121314151617"
            + "c16a9d3b92244d0bb44ee3e79c99a9bb0b340c767f153a98fd98fc3beeaba0992a12bd4bb57c57c30d86fd56874f7f09");
        Assert.Equal("0300000035000102030405060708090a0b0c0d0e0f1011121314151617c6be9419464d53587615f3cb0cd2a29a0b340c767f153a98fd98fc3bbf", Hex(pipe.Take()));
        Receive(stream, "070000000101");
        Receive(stream, "12000000080102030405060708");
        Assert.Equal("13000000080102030405060708", Hex(pipe.Take()));
        Assert.Null(pipe.Closed);
    }

    /// <summary>A and B as Go clients spoke to derper (captures/derp), byte for byte, mesh aside.</summary>
    [Fact]
    public void CapturedSession()
    {
        using JsonDocument captured = JsonDocument.Parse(Vectors.Text("captures/derp/derp-session.json"));
        JsonElement keys = captured.RootElement.GetProperty("keys"), streams = captured.RootElement.GetProperty("streams_hex");
        var bench = new LabBench(new byte[32], Convert.FromHexString(keys.GetProperty("S").GetProperty("private").GetString()));
        bench.Options.VerifyRelayClients = false;
        bench.Make();
        PipeProbe a = new(), b = new();
        LabStream streamA = bench.Core.AcceptRelay(900, a, "A", 0), streamB = bench.Core.AcceptRelay(900, b, "B", 0);
        byte[] fromA = Convert.FromHexString(streams.GetProperty("A c2s").GetString()),
            fromB = Convert.FromHexString(streams.GetProperty("B c2s").GetString());
        int helloA = IndexAfterFrame(fromA, 2), helloB = IndexAfterFrame(fromB, 2);
        streamA.Receive(fromA.AsSpan(0, helloA), 0);
        foreach (byte one in fromB[..helloB]) streamB.Receive(new[] { one }, 0); // in single bytes
        Assert.StartsWith("HTTP/1.1 101 ", Encoding.ASCII.GetString(a.Take()));
        Assert.StartsWith("0100000028", Hex(b.Take())); // fast start: no HTTP response
        streamA.Receive(fromA.AsSpan(helloA), 0);
        streamB.Receive(fromB.AsSpan(helloB), 0);
        string keyA = keys.GetProperty("A").GetProperty("public").GetString(),
            keyB = keys.GetProperty("B").GetProperty("public").GetString(),
            keyC = keys.GetProperty("C").GetProperty("public").GetString();
        Assert.Equal("0500000027" + keyA + "68656c6c6f2042" + "0500000020" + keyA, Hex(b.Take()));
        // The disco packet to the absent C is answered, the plain one is not; then the pong; then B's two packets.
        Assert.Equal("0800000021" + keyC + "01" + "13000000080102030405060708" + "0500000027" + keyB + "68656c6c6f2041" + "0500000028"
            + keyB + "776869636820413f", Hex(a.Take()));
        bench.Core.HandleTimeout(60_000);
        Assert.Equal("0600000000", Hex(b.Take()));
        a.Take();
        streamB.PeerClosed(60_000);
        Assert.Equal("0800000021" + keyB + "00", Hex(a.Take()));
    }

    [Fact]
    public void TheLatestSenderOfAKeyReceives()
    {
        byte[] privateA = Key(1), privateB = Key(2);
        (LabStream first, PipeProbe firstPipe) = Connect(privateA);
        (LabStream second, PipeProbe secondPipe) = Connect(privateA);
        (LabStream other, _) = Connect(privateB);
        Send(other, Public(privateA), "01");
        Assert.Equal(38, secondPipe.Take().Length);
        Receive(first, "12000000080102030405060708");
        firstPipe.Take();
        Send(other, Public(privateA), "02");
        Assert.Equal((38, 0), (firstPipe.Take().Length, secondPipe.Take().Length));
        first.PeerClosed(5);
        Send(other, Public(privateA), "03");
        Assert.Equal(38, secondPipe.Take().Length);
        Assert.Single(_bench.Core.Relay(900).Clients, k => k == "nodekey:" + Hex(Public(privateA)));
    }

    [Fact]
    public void ASlowClientLosesTheOldest()
    {
        byte[] slowKey = Key(1);
        (LabStream slow, PipeProbe slowPipe) = Connect(slowKey);
        (LabStream other, _) = Connect(Key(2));
        slowPipe.CanSend = false;
        for (int i = 0; i < 40; i++) Send(other, Public(slowKey), i.ToString("x2"));
        Assert.Empty(slowPipe.Take());
        slowPipe.CanSend = true;
        slow.Writable(0);
        byte[] got = slowPipe.Take();
        Assert.Equal((32 * 38, 8), (got.Length, got[37]));
        Assert.Equal(8, _bench.Core.Relay(900).DroppedOldest);
    }

    [Fact]
    public void NotHereIsRateLimited()
    {
        (LabStream stream, PipeProbe pipe) = Connect(Key(1));
        string disco = "5453f09f92ac" + new string('0', 112);
        for (int i = 0; i < 5; i++) Send(stream, Key(9), disco);
        Assert.Equal(3 * 38, pipe.Take().Length);
        stream.Receive(Convert.FromHexString("040000005e" + Hex(Key(9)) + disco), 1000);
        Assert.Equal(38, pipe.Take().Length);
        Send(stream, Key(9), "00");
        Assert.Empty(pipe.Take());
    }

    [Theory]
    [InlineData("{\"Version\":2}", "must be spelled \"version\"")]
    [InlineData("{\"version\":2,\"canAckPings\":true}", "must be spelled \"CanAckPings\"")]
    [InlineData("{\"version\":\"2\"}", "whole number")]
    [InlineData("{\"version\":1}", "version must be 2")]
    [InlineData("{}", "version must be 2")]
    [InlineData("version", "not JSON")]
    [InlineData("{\"version\":2,\"meshKey\":\"abab\"}", "no mesh")]
    public void ClientInfoIsCheckedStrictly(string json, string reason)
    {
        (LabStream stream, PipeProbe pipe) = Open();
        pipe.Take();
        stream.Receive(Hello(Key(1), json), 0);
        Assert.Contains(reason, pipe.Closed);
        Assert.Empty(pipe.Take()); // a plain close, no frame
        Assert.Contains(_bench.Lines, line => line.Contains(reason));
    }

    [Theory]
    [InlineData("0400000021", "before ClientInfo")]
    [InlineData("0200040001", "ClientInfo of 262145 bytes")]
    [InlineData("02000000100000000000000000000000000000000000", "too short")]
    public void ABadStartIsClosed(string bytes, string reason)
    {
        (LabStream stream, PipeProbe pipe) = Open();
        Receive(stream, bytes);
        Assert.Contains(reason, pipe.Closed);
    }

    [Theory]
    [InlineData("040000001f", "SendPacket of 31 bytes")]
    [InlineData("0400010021", "SendPacket of 65569 bytes")]
    [InlineData("0700000000", "NotePreferred of 0 bytes")]
    [InlineData("0700000002", "NotePreferred of 2 bytes")]
    [InlineData("12000003e9", "Ping of 1001 bytes")]
    [InlineData("1000000000", "mesh key")]
    [InlineData("7f00100001", "a frame of 1048577 bytes")]
    public void BadFramesCloseTheConnection(string bytes, string reason)
    {
        (LabStream stream, PipeProbe pipe) = Connect(Key(1));
        Receive(stream, bytes);
        Assert.Contains(reason, pipe.Closed);
    }

    [Fact]
    public void UnknownFramesAreSkipped()
    {
        (LabStream stream, PipeProbe pipe) = Connect(Key(1));
        Receive(stream, "7f00000003010203" + "12000000080102030405060708");
        Assert.Equal("13000000080102030405060708", Hex(pipe.Take()));
    }

    [Fact]
    public void ATamperedBoxIsClosed()
    {
        (LabStream stream, PipeProbe pipe) = Open();
        byte[] hello = Hello(Key(1), "{\"version\":2}");
        hello[^1] ^= 1;
        stream.Receive(hello, 0);
        Assert.Contains("box does not open", pipe.Closed);
    }

    [Fact]
    public void OnlyRegisteredNodesAreAdmitted()
    {
        _bench.Options.VerifyRelayClients = true;
        (LabStream stream, PipeProbe pipe) = Open();
        stream.Receive(Hello(Key(1), "{\"version\":2}"), 0);
        Assert.Contains("not registered", pipe.Closed);
        _bench.Post("/machine/register", LabBench.Register("nodekey:" + Hex(Public(Key(1))), "n"));
        (stream, pipe) = Open();
        stream.Receive(Hello(Key(1), "{\"version\":2}"), 0);
        Assert.Null(pipe.Closed);
    }

    [Fact]
    public void AClientThatSaysNothingIsClosedAfterTenSeconds()
    {
        (_, PipeProbe pipe) = Open();
        Assert.Equal(10_000, _bench.Core.Deadline);
        _bench.Core.HandleTimeout(10_000);
        Assert.Contains("no hello", pipe.Closed);
    }

    [Theory]
    [InlineData("GET /derp HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 426 ")]
    [InlineData("GET /derp/latency-check HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\n")]
    [InlineData("POST /derp/probe HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 405 ")]
    [InlineData("GET /generate_204 HTTP/1.1\r\nHost: x\r\nX-Tailscale-Challenge: a.b\r\n\r\n",
        "HTTP/1.1 204 No Content\r\nX-Tailscale-Response: response a.b\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404 ")]
    [InlineData("GET /derp HTTP/1.0\r\nHost: x\r\n\r\n", "HTTP/1.1 400 ")]
    public void HttpAnswers(string request, string response)
    {
        var pipe = new PipeProbe();
        _bench.Core.AcceptRelay(900, pipe, "test", 0).Receive(Encoding.ASCII.GetBytes(request), 0);
        Assert.StartsWith(response, Encoding.ASCII.GetString(pipe.Take()));
    }

    private (LabStream, PipeProbe) Open()
    {
        var pipe = new PipeProbe();
        LabStream stream = _bench.Core.AcceptRelay(900, pipe, "test", 0);
        stream.Receive(Encoding.ASCII.GetBytes(Upgrade), 0);
        return (stream, pipe);
    }

    private (LabStream, PipeProbe) Connect(byte[] privateKey)
    {
        (LabStream stream, PipeProbe pipe) = Open();
        stream.Receive(Hello(privateKey, "{\"version\":2,\"CanAckPings\":true}"), 0);
        Assert.Null(pipe.Closed);
        pipe.Take();
        return (stream, pipe);
    }

    private byte[] Hello(byte[] privateKey, string json)
    {
        byte[] box = new byte[16 + json.Length], shared = new byte[32];
        Encoding.ASCII.GetBytes(json).CopyTo(box, 16);
        Cipher.BoxBeforeNm(_bench.Core.Relay(900).Public, 0, privateKey, 0, shared, 0);
        Cipher.BoxSeal(shared, 0, Nonce, 0, box, 0, json.Length);
        int length = 32 + 24 + box.Length;
        return new byte[] { 2, 0, 0, (byte)(length >> 8), (byte)length }.Concat(Public(privateKey)).Concat(Nonce).Concat(box).ToArray();
    }

    private static void Send(LabStream stream, byte[] destination, string payload)
    {
        int length = 32 + payload.Length / 2;
        Receive(stream, "04" + length.ToString("x8") + Hex(destination) + payload);
    }

    private static int IndexAfterFrame(byte[] bytes, int type)
    {
        int at = Encoding.ASCII.GetString(bytes).IndexOf("\r\n\r\n") + 4;
        Assert.Equal(type, bytes[at]);
        return at + 5 + (bytes[at + 3] << 8 | bytes[at + 4]);
    }

    private static byte[] Key(byte n) => Enumerable.Repeat(n, 32).ToArray();

    private static byte[] Public(byte[] privateKey)
    {
        byte[] publicKey = new byte[32];
        Cipher.X25519Base(privateKey, 0, publicKey, 0);
        return publicKey;
    }

    private static void Receive(LabStream stream, string hex) => stream.Receive(Convert.FromHexString(hex), 0);

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
