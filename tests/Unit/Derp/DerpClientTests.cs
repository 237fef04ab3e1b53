using System;
using System.Text;
using System.Text.Json;
using MicroLink.Bytes;
using MicroLink.Derp;
using MicroLink.Drivers.Desktop;
using MicroLink.Tests.Unit.Disco;
using Xunit;

namespace MicroLink.Tests.Unit.Derp;

/// <summary>The DERP hello against the golden values of protocol.md 13 and a captured session of the real server (captures/derp).</summary>
public sealed class DerpClientTests
{
    private const string NodePrivate = "5055555555555555555555555555555555555555555555555555555555555555";
    private const string NodePublic = "38ab664bd86f77d7e66bdd9ae0792913a94fd8b33a1260027e4b46c1f4884c67";
    private const string ServerKeyFrame = "010000002844455250f09f9491219e4d800da968d2a5fcb009c784f4746c7138edb9ee4844b739e830b05cf424";
    private const string ClientInfoFrame = "020000006838ab664bd86f77d7e66bdd9ae0792913a94fd8b33a1260027e4b46c1f4884c67000102030405060708090a0b0c0d0e0f1011121314151617c16a9d3b92244d0bb44ee3e79c99a9bb0b340c767f153a98fd98fc3beeaba0992a12bd4bb57c57c30d86fd56874f7f09";
    private const string ServerInfoFrame = "0300000035000102030405060708090a0b0c0d0e0f1011121314151617c6be9419464d53587615f3cb0cd2a29a0b340c767f153a98fd98fc3bbf";
    private const string Nonce = "000102030405060708090a0b0c0d0e0f1011121314151617";
    private const string Answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: DERP\r\nConnection: Upgrade\r\nDerp-Version: 2\r\n\r\n";

    [Fact]
    public void The_hello_is_the_golden_one()
    {
        DerpClient client = New(NodePrivate, NodePublic);
        client.HandleStart("derp.test", 443, true, 1000);
        byte[] buffer = new byte[512];
        Assert.Equal("GET /derp HTTP/1.1\r\nHost: derp.test\r\nUpgrade: DERP\r\nConnection: upgrade\r\n\r\n",
            Encoding.ASCII.GetString(buffer, 0, client.PollTransmit(buffer, 0)));
        Assert.Equal(11000, client.Deadline);

        // The server's first frame may come in the same segment as the 101 (trap 5): only the HTTP part is consumed.
        byte[] block = Concat(Encoding.ASCII.GetBytes(Answer), Hex.Parse(ServerKeyFrame));
        client.HandleStream(block, 0, block.Length, 1010);
        Assert.Equal(Answer.Length, client.Consumed);
        Assert.Equal(DerpEvent.Upgraded, Event(client).Kind);

        Frame(client, ServerKeyFrame, 1020);
        Solve(client, 1030);
        Assert.Equal(ClientInfoFrame, NextFrame(client));
        Assert.Equal("070000000101", NextFrame(client));
        Assert.Null(NextFrame(client));

        Frame(client, ServerInfoFrame, 1040);
        Assert.Equal(DerpEvent.Ready, Event(client).Kind);
        Assert.Equal(DerpClient.Up, client.State);
        Assert.Equal(1040 + 120000, client.Deadline);
    }

    [Theory]
    [InlineData("{\"version\":2,\"TokenBucketBytesPerSecond\":1000000,\"TokenBucketBytesBurst\":70000}", 1000000, 70000)]
    [InlineData("{\"version\":2,\"Nested\":{\"TokenBucketBytesPerSecond\":5},\"TokenBucketBytesPerSecond\":99999999999}", int.MaxValue, 0)]
    [InlineData("{\"TokenBucketBytesPerSecond\":-1}", 0, 0)]
    [InlineData("{\"TokenBucketBytesPerSecond\":\"7\"}", 0, 0)]
    [InlineData("not json", 0, 0)]
    [InlineData("", 0, 0)]
    public void The_token_bucket_of_server_info_is_read(string json, int perSecond, int burst)
    {
        DerpServerInfo info = new DerpServerInfo();
        info.Read(Encoding.ASCII.GetBytes(json), 0, json.Length);
        Assert.Equal(perSecond, info.BytesPerSecond);
        Assert.Equal(burst, info.BurstBytes);
    }

    [Fact]
    public void A_captured_session_of_the_real_server_is_accepted()
    {
        using JsonDocument file = JsonDocument.Parse(Vectors.Text("captures/derp/derp-session.json"));
        JsonElement root = file.RootElement;
        JsonElement keys = root.GetProperty("keys").GetProperty("A");
        DerpClient client = New(keys.GetProperty("private").GetString(), keys.GetProperty("public").GetString());
        client.HandleStart("derp.test", 443, true, 0);
        int frames = 0, gone = 0;
        foreach (JsonElement one in root.GetProperty("frames").EnumerateArray())
        {
            if (!one.TryGetProperty("conn", out JsonElement conn) || conn.GetString() != "A") continue;
            if (one.GetProperty("dir").GetString() != "s2c") continue;
            if (one.TryGetProperty("http", out JsonElement http))
            {
                byte[] text = Encoding.ASCII.GetBytes(http.GetString());
                client.HandleStream(text, 0, text.Length, 1);
                Assert.Equal(DerpEvent.Upgraded, Event(client).Kind);
                continue;
            }
            string hex = one.GetProperty("frame").GetString();
            if (hex.StartsWith("05", StringComparison.Ordinal)) continue;           // packets are the native framer's
            Frame(client, hex, 10 + frames++);
            if (client.State == DerpClient.Sharing) Solve(client, 5);
            for (DerpEvent news = Event(client); news != null; news = Event(client))
                if (news.Kind == DerpEvent.PeerGone) gone++;
            Assert.Null(client.FailureText);
        }
        Assert.Equal(DerpClient.Up, client.State);
        Assert.Equal(2, gone);
        Assert.True(frames >= 6);
    }

    [Fact]
    public void Our_client_info_opens_for_the_server_of_the_capture()
    {
        using JsonDocument file = JsonDocument.Parse(Vectors.Text("captures/derp/derp-session.json"));
        foreach (JsonElement one in file.RootElement.GetProperty("frames").EnumerateArray())
        {
            if (!one.TryGetProperty("type", out JsonElement type) || type.GetString() is not ("ClientInfo" or "ServerInfo")) continue;
            JsonElement keys = file.RootElement.GetProperty("keys");
            string conn = one.GetProperty("conn").GetString();
            string name = conn == "A2" ? "A" : conn == "mesh" ? "M" : conn;
            byte[] shared = Shared(keys.GetProperty(name).GetProperty("private").GetString(), keys.GetProperty("S").GetProperty("public").GetString());
            byte[] frame = Hex.Parse(one.GetProperty("frame").GetString());
            int at = DerpWire.HeaderLength + (type.GetString() == "ClientInfo" ? DerpWire.KeyLength : 0);
            int json = DerpWire.OpenInfo(frame, at, frame.Length - at, shared);
            Assert.Equal(one.GetProperty("decoded").GetProperty("json").GetString(), Encoding.ASCII.GetString(frame, at + 40, json));
        }
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "the server is no relay: it answered HTTP 200 to the DERP upgrade")]
    [InlineData("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n", "the server is no relay: it answered HTTP 426 to the DERP upgrade")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", "the server is no relay: it answered HTTP 101 to the DERP upgrade")]
    public void A_server_that_is_no_relay_is_named_so(string answer, string expected)
    {
        DerpClient client = New(NodePrivate, NodePublic);
        client.HandleStart("derp.test", 8443, false, 0);
        byte[] request = new byte[512];
        Assert.Contains("Host: derp.test:8443\r\n", Encoding.ASCII.GetString(request, 0, client.PollTransmit(request, 0)));
        byte[] bytes = Encoding.ASCII.GetBytes(answer);
        Assert.NotEqual(0, client.HandleStream(bytes, 0, bytes.Length, 0) & Output.Failed);
        Assert.Equal(expected, client.FailureText);
    }

    [Fact]
    public void Garbage_fails_with_a_sentence()
    {
        DerpClient client = Upgraded();
        Assert.NotEqual(0, Frame(client, "0600000000", 0) & Output.Failed);
        Assert.Equal("the relay's first frame is not a server key", client.FailureText);

        client = Upgraded();
        Frame(client, ServerKeyFrame, 0);
        Solve(client, 0);
        string broken = ServerInfoFrame[..^2] + "00";
        Assert.NotEqual(0, Frame(client, broken, 0) & Output.Failed);

        client = Upgraded();
        string zeroKey = ServerKeyFrame[..26] + new string('0', 64);
        Frame(client, zeroKey, 0);
        DhJob job = new DhJob();
        Assert.True(client.PollJob(job));
        DesktopDhWorker.Compute(job);
        Assert.NotEqual(0, client.HandleJobDone(job, 0) & Output.Failed);
        Assert.Contains("worthless", client.FailureText);

        client = New(NodePrivate, NodePublic);
        Assert.NotEqual(0, client.HandleStart("derp.test\r\nX: y", 443, false, 0) & Output.Failed);
    }

    [Fact]
    public void Silence_is_noticed_and_traffic_keeps_the_connection()
    {
        DerpClient client = New(NodePrivate, NodePublic);
        client.HandleStart("derp.test", 443, false, 0);
        Assert.Equal(Output.None, client.HandleTimeout(9999));
        Assert.NotEqual(0, client.HandleTimeout(10000) & Output.Failed);

        client = ReadyClient();
        client.HandleTraffic(100000);
        Assert.Equal(Output.None, client.HandleTimeout(219999));
        Assert.NotEqual(0, client.HandleTimeout(220000) & Output.Failed);
        Assert.Equal("the relay was silent for 120 s", client.FailureText);
    }

    [Fact]
    public void Pings_health_restart_and_unknown_frames()
    {
        DerpClient client = ReadyClient();
        Frame(client, "12000000080102030405060708", 0);
        Assert.Equal("13000000080102030405060708", NextFrame(client));
        Frame(client, "1400000003424144", 0);
        DerpEvent news = Event(client);
        Assert.True(news.Kind == DerpEvent.Health && news.Text == "BAD");
        Frame(client, "1400000000", 0);
        Assert.Equal("", Event(client).Text);
        Frame(client, "15000000080000000100000002", 0);
        news = Event(client);
        Assert.True(news.Kind == DerpEvent.Restarting && news.ReconnectInMs == 1 && news.TryForMs == 2);
        Assert.Equal(Output.None, Frame(client, "990000000401020304", 0));
        Assert.Equal(Output.None, Frame(client, "1500000004ffffffff", 0));
        Frame(client, "0800000020" + NodePublic, 0);
        news = Event(client);
        Assert.True(news.Kind == DerpEvent.PeerGone && news.Reason == DerpWire.GoneDisconnected);
        client.HandlePreferred(true);
        Assert.Equal("070000000101", NextFrame(client));
        client.HandlePreferred(false);
        Assert.Equal("070000000100", NextFrame(client));
    }

    [Fact]
    public void Server_side_helpers_write_the_golden_frames()
    {
        byte[] buffer = new byte[128];
        int at = DerpWire.WriteHeader(buffer, 0, DerpWire.ServerKey, DerpWire.ServerKeyLength);
        at += DerpWire.WriteServerKey(buffer, at, Hex.Parse(ServerKeyFrame[26..]));
        Assert.Equal(ServerKeyFrame, Hex.ToText(buffer, 0, at));
        byte[] shared = Hex.Parse("b6ef1ad8e5f6be50ef861f19399ec05ec370ff39763d6ef2847a52495aad9bb4");
        at = DerpWire.WriteHeader(buffer, 0, DerpWire.ServerInfo, DerpWire.ServerInfoLength);
        at += DerpWire.WriteServerInfo(buffer, at, shared, new SeedEntropy(1, Hex.Parse(Nonce)));
        Assert.Equal(ServerInfoFrame, Hex.ToText(buffer, 0, at));
    }

    [Fact]
    public void No_frame_and_no_stream_ever_throws()
    {
        Random random = new Random(11);
        for (int round = 0; round < 5000; round++)
        {
            DerpClient client = round % 2 == 0 ? Upgraded() : New(NodePrivate, NodePublic);
            client.HandleStart("x", 1, false, 0);
            for (int i = 0; i < 5; i++)
            {
                byte[] bytes = new byte[random.Next(80)];
                random.NextBytes(bytes);
                if (client.State == DerpClient.Upgrading && random.Next(2) == 0) bytes = Encoding.ASCII.GetBytes(Answer[..random.Next(Answer.Length + 1)]);
                client.HandleStream(bytes, 0, bytes.Length, 0);
                client.HandleFrame(random.Next(0x18), bytes, 0, bytes.Length, 0);
            }
        }
    }

    private static DerpClient New(string ownPrivate, string ownPublic)
    {
        return new DerpClient(Hex.Parse(ownPrivate), Hex.Parse(ownPublic), new SeedEntropy(1, Hex.Parse(Nonce)));
    }

    private static DerpClient Upgraded()
    {
        DerpClient client = New(NodePrivate, NodePublic);
        client.HandleStart("derp.test", 443, false, 0);
        byte[] bytes = Encoding.ASCII.GetBytes(Answer);
        client.HandleStream(bytes, 0, bytes.Length, 0);
        Event(client);
        return client;
    }

    private static DerpClient ReadyClient()
    {
        DerpClient client = Upgraded();
        Frame(client, ServerKeyFrame, 0);
        Solve(client, 0);
        NextFrame(client);
        Frame(client, ServerInfoFrame, 0);
        Event(client);
        return client;
    }

    private static int Frame(DerpClient client, string hex, long nowMs)
    {
        byte[] frame = Hex.Parse(hex);
        return client.HandleFrame(frame[0], frame, DerpWire.HeaderLength, frame.Length - DerpWire.HeaderLength, nowMs);
    }

    private static void Solve(DerpClient client, long nowMs)
    {
        DhJob job = new DhJob();
        Assert.True(client.PollJob(job));
        DesktopDhWorker.Compute(job);
        client.HandleJobDone(job, nowMs);
    }

    private static string NextFrame(DerpClient client)
    {
        DerpFrame frame = new DerpFrame();
        if (!client.PollFrame(frame)) return null;
        byte[] bytes = new byte[DerpWire.HeaderLength + frame.Count];
        DerpWire.WriteHeader(bytes, 0, frame.Type, frame.Count);
        Array.Copy(frame.Payload, 0, bytes, DerpWire.HeaderLength, frame.Count);
        return Hex.ToText(bytes);
    }

    private static DerpEvent Event(DerpClient client)
    {
        DerpEvent news = new DerpEvent();
        return client.PollEvent(news) ? news : null;
    }

    private static byte[] Shared(string ownPrivate, string serverPublic)
    {
        byte[] shared = new byte[32];
        Assert.Equal(0, MicroLink.Native.Cipher.BoxBeforeNm(Hex.Parse(serverPublic), 0, Hex.Parse(ownPrivate), 0, shared, 0));
        return shared;
    }

    private static byte[] Concat(byte[] a, byte[] b)
    {
        byte[] all = new byte[a.Length + b.Length];
        a.CopyTo(all, 0);
        b.CopyTo(all, a.Length);
        return all;
    }
}
