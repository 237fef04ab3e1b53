using System;
using System.Linq;
using System.Text;
using MicroLink.Http1;
using Xunit;

namespace MicroLink.Tests.Unit.Http1;

public class Http1Tests
{
    private const string Switching = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: tailscale-control-protocol\r\nConnection: upgrade\r\n\r\n";

    [Fact]
    public void The_bytes_behind_the_101_are_left_at_any_cut()
    {
        byte[] stream = Encoding.ASCII.GetBytes(Switching + "NOISE");
        for (int cut = 0; cut <= stream.Length; cut++)
        {
            Http1Upgrade upgrade = new("tailscale-control-protocol");
            int taken = 0;
            int result = upgrade.Handle(stream, 0, cut);
            taken += upgrade.Consumed;
            if (result == Http1Upgrade.NeedMore)
            {
                result = upgrade.Handle(stream, cut, stream.Length - cut);
                taken += upgrade.Consumed;
            }
            Assert.Equal(Http1Upgrade.Upgraded, result);
            Assert.Equal(Switching.Length, taken);
        }
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200)]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", 101)]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\n\r\n", 101)]
    [InlineData("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 426 Upgrade Required\r\n\r\n", 426)]
    public void Anything_but_this_upgrade_is_refused(string answer, int status)
    {
        Http1Upgrade upgrade = new("DERP");
        Assert.Equal(Http1Upgrade.Refused, Feed(upgrade, answer));
        Assert.Equal(status, upgrade.Status);
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH\r\n\r\n", Http1Failure.NotHttp)]
    [InlineData("HTTP/2 200\r\n\r\n", Http1Failure.NotHttp)]
    [InlineData("HTTP/1.1 2x0 OK\r\n\r\n", Http1Failure.NotHttp)]
    [InlineData("\r\nHTTP/1.1 200 OK\r\n\r\n", Http1Failure.NotHttp)]
    [InlineData("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", Http1Failure.BadHeader)]
    [InlineData("HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n", Http1Failure.BadHeader)]
    [InlineData("HTTP/1.1 200 OK\r\nA b: c\r\n\r\n", Http1Failure.BadHeader)]
    [InlineData("HTTP/1.1 200 OK\r\nA: \u0001\r\n\r\n", Http1Failure.BadHeader)]
    public void Broken_heads_have_a_code(string answer, int failure)
    {
        Http1Upgrade upgrade = new("DERP");
        Assert.Equal(Http1Upgrade.Failed, Feed(upgrade, answer));
        Assert.Equal(failure, upgrade.Failure);
    }

    [Fact]
    public void A_head_above_the_limit_is_refused()
    {
        Http1Head head = new(200);
        byte[] bytes = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nA: " + new string('x', 300) + "\r\n\r\n");
        Assert.Equal(Http1Head.Failed, head.Handle(bytes, 0, bytes.Length));
        Assert.Equal(Http1Failure.HeadTooLong, head.Failure);
    }

    [Fact]
    public void Header_names_are_compared_without_case_and_values_trimmed()
    {
        Http1Head head = new();
        byte[] bytes = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\nX-One:  a b \t\nRETRY-after:7\n\n");
        Assert.Equal(Http1Head.Complete, head.Handle(bytes, 0, bytes.Length));
        Assert.Equal("a b", head.Header("x-one"));
        Assert.Equal("7", head.Header("Retry-After"));
        Assert.Null(head.Header("one"));
        Assert.Equal(-1, head.ContentLength());
    }

    [Theory]
    [InlineData("Content-Length: 5\r\n\r\nhello", "hello", false)]
    [InlineData("Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "hello", false)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "hello", false)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n2;x=y\r\nhe\r\n3 \r\nllo\r\n000\r\nTrailer: z\r\n\r\n", "hello", false)]
    [InlineData("\r\nhello", "hello", true)]
    [InlineData("Content-Length: 0\r\n\r\n", "", false)]
    public void Bodies_of_all_three_forms_at_any_piece(string rest, string body, bool closes)
    {
        byte[] bytes = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\n" + rest);
        for (int piece = 1; piece <= bytes.Length; piece++)
        {
            (int result, string text) = Read(bytes, piece, 1000, closes);
            Assert.Equal(Http1Body.Complete, result);
            Assert.Equal(body, text);
        }
    }

    [Theory]
    [InlineData("Content-Length: 5\r\n\r\nhell", Http1Failure.Truncated)]
    [InlineData("Content-Length: -5\r\n\r\n", Http1Failure.BadLength)]
    [InlineData("Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", Http1Failure.BadLength)]
    [InlineData("Content-Length: 99999999999\r\n\r\n", Http1Failure.BadLength)]
    [InlineData("Content-Length: 1001\r\n\r\n", Http1Failure.BodyTooLong)]
    [InlineData("Transfer-Encoding: gzip, chunked\r\n\r\n", Http1Failure.BadLength)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nzz\r\n", Http1Failure.BadChunk)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n\r\n", Http1Failure.BadChunk)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", Http1Failure.BadChunk)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\n", Http1Failure.BodyTooLong)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n3e9\r\n", Http1Failure.BodyTooLong)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", Http1Failure.Truncated)]
    public void Broken_bodies_have_a_code(string rest, int failure)
    {
        byte[] bytes = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\n" + rest);
        foreach (int piece in new[] { 1, 1000 })
        {
            Http1Body body = null;
            Assert.Equal(Http1Body.Failed, Read(bytes, piece, 1000, true, b => body = b).Result);
            Assert.Equal(failure, body.Failure);
        }
    }

    [Fact]
    public void A_body_without_a_length_is_limited_too()
    {
        byte[] bytes = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\n\r\n" + new string('x', 2000));
        Assert.Equal(Http1Body.Failed, Read(bytes, 100, 1000, true).Result);
    }

    [Fact]
    public void Requests_are_written_as_the_protocol_wants_them()
    {
        byte[] into = new byte[400];
        int count = Http1Request.WriteUpgrade(into, 0, "POST", "/ts2021", "h:80", "tailscale-control-protocol", "X-Tailscale-Handshake: AA==\r\nContent-Length: 0\r\n");
        Assert.Equal("POST /ts2021 HTTP/1.1\r\nHost: h:80\r\nUpgrade: tailscale-control-protocol\r\nConnection: upgrade\r\nX-Tailscale-Handshake: AA==\r\nContent-Length: 0\r\n\r\n",
            Encoding.ASCII.GetString(into, 0, count));
        Assert.Equal(-1, Http1Request.Write(new byte[10], 0, "GET", "/key?v=113", "h", ""));
    }

    [Fact]
    public void Random_bytes_never_throw()
    {
        int seed = Environment.TickCount;
        Random random = new(seed);
        byte[] good = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
        for (int round = 0; round < 5000; round++)
        {
            byte[] bytes = (byte[])good.Clone();
            for (int i = 0; i < 3; i++) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            Exception thrown = Record.Exception(() => Read(bytes, random.Next(1, 20), 1000, true));
            Assert.True(thrown == null, $"seed {seed} round {round}: {thrown}");
        }
    }

    private static int Feed(Http1Upgrade upgrade, string text)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(text);
        for (int at = 0; at < bytes.Length; at++)
        {
            int result = upgrade.Handle(bytes, at, 1);
            if (result != Http1Upgrade.NeedMore) return result;
        }
        return Http1Upgrade.NeedMore;
    }

    private static (int Result, string Text) Read(byte[] bytes, int piece, int limit, bool closes, Action<Http1Body> see = null)
    {
        Http1Head head = new();
        Http1Body body = new(limit);
        see?.Invoke(body);
        StringBuilder text = new();
        bool inBody = false;
        for (int at = 0; at < bytes.Length;)
        {
            int end = Math.Min(bytes.Length, at + piece);
            while (at < end || inBody)
            {
                if (!inBody)
                {
                    int result = head.Handle(bytes, at, end - at);
                    at += head.Consumed;
                    if (result == Http1Head.Failed) return (Http1Body.Failed, "");
                    if (result == Http1Head.NeedMore) break;
                    body.Start(head, false);
                    inBody = true;
                }
                int found = body.Handle(bytes, at, end - at);
                at += body.Consumed;
                if (found == Http1Body.NeedMore) break;
                if (found != Http1Body.Data) return (found, text.ToString());
                text.Append(Encoding.ASCII.GetString(bytes, body.DataOffset, body.DataCount));
            }
        }
        return (closes ? body.HandleClosed() : Http1Body.NeedMore, text.ToString());
    }
}
