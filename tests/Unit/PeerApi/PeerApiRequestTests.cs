using System;
using System.Text;
using MicroLink.PeerApi;
using Xunit;

namespace MicroLink.Tests.Unit;

/// <summary>What the peer API answers, from bytes to bytes (protocol.md 10.5).</summary>
public sealed class PeerApiRequestTests
{
    private const int Port = 58436;
    private static readonly byte[] Ours = Convert.FromHexString("00000000000000000000ffff64400001" + "fd7a115ca1e000000000000000000001");

    private static int Ask(string request) => Ask(Encoding.ASCII.GetBytes(request), int.MaxValue, out _);

    private static int Ask(byte[] request, int piece, out string answer)
    {
        PeerApiRequest api = new(Ours, 2, Port);
        bool done = false;
        for (int at = 0; at < request.Length && !done; at += piece)
            done = api.Feed(request, at, Math.Min(piece, request.Length - at));
        byte[] into = new byte[1024];
        answer = done ? Encoding.ASCII.GetString(into, 0, api.WriteAnswer(into, 0)) : "";
        return api.Status;
    }

    /// <summary>"Go first-choice peerAPI port 58436 for 100.64.0.1, 59395 for 100.101.102.103" (protocol.md 13.2).</summary>
    [Theory]
    [InlineData("00000000000000000000ffff64400001", 58436)]
    [InlineData("00000000000000000000ffff64656667", 59395)]
    public void Port_is_the_one_that_Go_would_choose(string address, int port)
    {
        Assert.Equal(port, PeerApiPort.Choose(Convert.FromHexString(address), 0, 0));
        Assert.Equal(port + 1, PeerApiPort.Choose(Convert.FromHexString(address), 0, 1));
    }

    /// <summary>What `tailscale ping --peerapi` sends, cut anywhere.</summary>
    [Fact]
    public void Ping_is_answered_with_200_at_every_cut()
    {
        byte[] request = Encoding.ASCII.GetBytes($"HEAD / HTTP/1.1\r\nHost: 100.64.0.1:{Port}\r\nUser-Agent: Go-http-client/1.1\r\n\r\n");
        for (int piece = 1; piece <= request.Length; piece++)
        {
            Assert.Equal(200, Ask(request, piece, out string answer));
            Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer);
            Assert.EndsWith("\r\n\r\n", answer);   // HEAD: no body
        }
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: [fd7a:115c:a1e0::1]:58436\r\n\r\n", 200)]
    [InlineData("GET / HTTP/1.0\r\nHost: peer\r\n\r\n", 200)]
    [InlineData("GET /v0/put/x HTTP/1.1\r\nHost: peer\r\n\r\n", 404)]
    [InlineData("PUT / HTTP/1.1\r\nHost: peer\r\n\r\n", 405)]
    [InlineData("GET / HTTP/1.1\r\nHost: peer\r\nOrigin: http://evil\r\n\r\n", 403)]
    [InlineData("GET / HTTP/1.1\r\nhOsT: peer\r\nREFERER: http://evil\r\n\r\n", 403)]
    [InlineData("GET / HTTP/1.1\r\nHost: evil.example:58436\r\n\r\n", 403)]
    [InlineData("GET / HTTP/1.1\r\nHost: 100.64.0.1:80\r\n\r\n", 403)]
    [InlineData("GET / HTTP/1.1\r\nHost: 100.64.0.9:58436\r\n\r\n", 403)]
    [InlineData("GET / HTTP/1.1\r\n\r\n", 403)]
    [InlineData("GET / HTTP/1.1\r\nHost: peer\r\nHost: peer\r\n\r\n", 403)]
    [InlineData("GET /\r\nHost: peer\r\n\r\n", 400)]
    [InlineData("\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost peer\r\n\r\n", 400)]
    public void Others_get_what_they_deserve(string request, int status)
    {
        Assert.Equal(status, Ask(request));
    }

    [Fact]
    public void Endless_heads_are_cut_off()
    {
        Assert.Equal(431, Ask("GET / HTTP/1.1\r\nX: " + new string('a', 4000)));
        Assert.Equal(0, Ask("GET / HTTP/1.1\r\nX: " + new string('a', 1000)));
    }

    [Fact]
    public void Junk_never_throws()
    {
        Random random = new(11);
        for (int i = 0; i < 5000; i++)
        {
            byte[] junk = new byte[random.Next(300)];
            random.NextBytes(junk);
            string ends = "GET / HTTP/1.1\r\n\r\n:";
            for (int at = 0; at < junk.Length; at++)
                if (random.Next(3) == 0) junk[at] = (byte)ends[random.Next(ends.Length)];
            Ask(junk, random.Next(1, 50), out _);
        }
    }
}
