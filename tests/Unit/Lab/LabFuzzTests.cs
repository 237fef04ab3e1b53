using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using MicroLink.Lab.Core;
using Xunit;

namespace MicroLink.Tests.Unit.Lab;

/// <summary>Whatever arrives, the lab answers or closes; it never throws. Seeds are in the theory, so a failure names its own.</summary>
public class LabFuzzTests
{
    public static TheoryData<int> Seeds() => new(Enumerable.Range(1, 20));

    [Theory]
    [MemberData(nameof(Seeds))]
    public void MutatedRequestsAreAnswered(int seed)
    {
        var random = new Random(seed);
        LabBench bench = new LabBench().Make();
        string[] bodies =
        {
            Vectors.Text("captures/register/headscale-success-tagged-1.96.5-request.json"),
            LabBench.Register(LabBench.NodeKey('a'), "one", ",\"Ephemeral\":true"),
            Vectors.Text("captures/map-request/testcontrol-1.96.5-05.json"),
            LabBench.Map('a', "one", "\"Stream\":true,\"Endpoints\":[\"1.2.3.4:5\"],\"EndpointTypes\":[2]"),
        };
        for (int i = 0; i < 400; i++)
        {
            byte[] body = Encoding.UTF8.GetBytes(bodies[random.Next(bodies.Length)]);
            Mutate(random, body);
            string path = random.Next(2) == 0 ? "/machine/register" : "/machine/map";
            var request = new LabRequest { Method = "POST", Path = path, Body = body, MachineKey = LabBench.Machine };
            var answer = new Answer();
            bench.Core.Control.Handle(request, answer, i);
            Assert.True(answer.Status is 200 or 400 or 404 or 500 || body.AsSpan().IndexOf("Followup"u8) >= 0, "status " + answer.Status);
            bench.Core.HandleTimeout(i);
        }
    }

    [Theory]
    [InlineData("{\"Version\":113,\"Hostinfo\":{\"Hostname\":\"\\ud800\"}}")]
    [InlineData("{\"Version\":113,\"\\udc00\":1}")]
    [InlineData("{\"Version\":113,\"Unknown\":[\"\\udc00\"]}")]
    public void HalfSurrogatesAreRefused(string body)
    {
        LabBench bench = new LabBench().Make();
        Assert.Equal(400, bench.Post("/machine/register", body).Status);
        Assert.Equal(500, bench.Post("/machine/map", body).Status);
        Assert.Contains("not valid Unicode", bench.Core.Control.LastRefusal);
    }

    [Fact]
    public void NumbersThatDoNotFitAreHarmless()
    {
        LabBench bench = new LabBench().Make();
        string body = LabBench.Register(LabBench.NodeKey('a'), "n").Replace("113", "9223372036854775807");
        Assert.Equal(200, bench.Post("/machine/register", body).Status);
        Assert.Equal(int.MaxValue, bench.Core.Control.Nodes[0].Version);
        Assert.Equal(400, bench.Post("/machine/register", body.Replace("9223372036854775807", "1e400")).Status);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void RandomBytesAreSurvived(int seed)
    {
        var random = new Random(seed);
        LabBench bench = new LabBench().Make();
        string[] starts = { "", "GET /derp HTTP/1.1\r\nHost: x\r\nUpgrade: DERP\r\nConnection: Upgrade\r\n\r\n", "GET /key?v=", "POST /ts2021 HTTP/1.1\r\n" };
        for (int i = 0; i < 40; i++)
        {
            var pipe = new PipeProbe();
            LabStream stream = i % 2 == 0 ? bench.Core.AcceptRelay(900, pipe, "test", i) : bench.Core.AcceptControl(pipe, "test", i);
            stream.Receive(Encoding.ASCII.GetBytes(starts[random.Next(starts.Length)]), i);
            for (int n = random.Next(6); n >= 0; n--)
            {
                byte[] bytes = new byte[random.Next(300)];
                random.NextBytes(bytes);
                if (bytes.Length > 5 && random.Next(2) == 0) new byte[] { 2, 0, 0, 0, (byte)random.Next(200) }.CopyTo(bytes, 0);
                stream.Receive(bytes, i);
            }
            stream.PeerClosed(i);
        }
        bench.Core.HandleTimeout(100_000);
        Assert.Equal(long.MaxValue, bench.Core.Deadline); // nothing of them is left
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void RandomFramesInsideNoiseAreSurvived(int seed)
    {
        var random = new Random(seed);
        LabBench bench = new LabBench().Make();
        for (int i = 0; i < 20; i++)
        {
            var client = new LabClient(bench, (byte)(1 + i));
            for (int n = 0; n < 30 && client.Closed == null; n++) client.SendPlain(Frame(random), i);
            client.Disconnect(i);
        }
        Assert.Equal(long.MaxValue, bench.Core.Deadline);
    }

    private static byte[] Frame(Random random)
    {
        byte[] payload = new byte[random.Next(60)];
        random.NextBytes(payload);
        int type = random.Next(11), stream = random.Next(3) == 0 ? 0 : 1 + 2 * random.Next(4);
        if (type == 1 && random.Next(2) == 0) payload = new byte[] { 0x83, 0x84, 0x87, 0x04, 1, (byte)'/' };
        if (type is 4 or 6 or 8 && random.Next(2) == 0) Array.Resize(ref payload, type == 4 ? 6 : type == 6 ? 8 : 4);
        var frame = new List<byte> { 0, 0, (byte)payload.Length, (byte)type, (byte)(random.Next(4) == 0 ? random.Next(256) : 4), 0, 0, 0, (byte)stream };
        frame.AddRange(payload);
        return frame.ToArray();
    }

    private static void Mutate(Random random, byte[] body)
    {
        for (int n = random.Next(4); n > 0; n--)
        {
            int at = random.Next(body.Length);
            int how = random.Next(4);
            if (how == 0) body[at] = (byte)random.Next(256);
            else if (how == 1) body[at] = (byte)"{}[]\",:0n\\"[random.Next(10)];
            else if (how == 2) body.AsSpan(at).Fill((byte)' ');
            else if (at + 8 < body.Length) body.AsSpan(random.Next(body.Length - 8), 8).CopyTo(body.AsSpan(at));
        }
    }
}
