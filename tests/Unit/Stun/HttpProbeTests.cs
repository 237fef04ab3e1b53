using System.Text;
using MicroLink.Stun;
using Xunit;

namespace MicroLink.Tests.Unit.Stun;

/// <summary>One HTTP question to a relay: how long, and is somebody in between (protocol.md 5.7)?</summary>
public sealed class HttpProbeTests
{
    private readonly HttpProbe _probe = new HttpProbe();
    private readonly byte[] _out = new byte[512];

    [Fact]
    public void The_latency_check_is_timed_from_its_request()
    {
        _probe.Start("derp.test", 3340, false);
        int count = _probe.PollTransmit(_out, 0, 1000);
        Assert.StartsWith("GET /derp/latency-check HTTP/1.1\r\nHost: derp.test:3340\r\n", Encoding.ASCII.GetString(_out, 0, count));
        byte[] answer = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: 0\r\n\r\n");
        for (int i = 0; i < answer.Length - 1; i++) Assert.False(_probe.Handle(answer, i, 1, 1040));
        Assert.True(_probe.Handle(answer, answer.Length - 1, 1, 1050));
        Assert.Equal((HttpProbe.Answered, 50), (_probe.State, _probe.LatencyMs));
    }

    [Theory]
    [InlineData("HTTP/1.1 204 No Content\r\nX-Tailscale-Response: response ts_derp.test\r\n\r\n", false)]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n", true)]
    [InlineData("HTTP/1.1 204 No Content\r\nX-Tailscale-Response: response ts_other\r\n\r\n", true)]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: http://login.hotel/\r\n\r\n", true)]
    [InlineData("<html>please log in</html>\r\n\r\n", true)]
    public void A_login_page_is_found_out(string answer, bool portal)
    {
        _probe.Start("derp.test", 80, true);
        int count = _probe.PollTransmit(_out, 0, 0);
        string request = Encoding.ASCII.GetString(_out, 0, count);
        Assert.StartsWith("GET /generate_204 HTTP/1.1\r\nHost: derp.test\r\n", request);
        Assert.Contains("\r\nX-Tailscale-Challenge: ts_derp.test\r\n", request);
        byte[] bytes = Encoding.ASCII.GetBytes(answer);
        Assert.True(_probe.Handle(bytes, 0, bytes.Length, 5));
        Assert.Equal(portal, _probe.IsPortal);
    }
}
