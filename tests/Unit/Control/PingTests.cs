using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using MicroLink.Control;
using MicroLink.Drivers;
using MicroLink.Node;
using MicroLink.Paths;
using MicroLink.Runtime;
using MicroLink.TestKit;
using Xunit;

namespace MicroLink.Tests.Unit.Control;

/// <summary>What control asks of a node (protocol.md 4.9): c2n, pings, HEAD requests.</summary>
public class PingTests : IStreamDialer
{
    private readonly TestSystem _system = new();
    private readonly Probe _control, _node, _paths, _netIo;
    private readonly ActorRef _actor;
    private readonly List<StreamTarget> _dials = new();
    private readonly Pipe _pipe = new();

    public PingTests()
    {
        _control = _system.NewProbe("control");
        _node = _system.NewProbe("node");
        _paths = _system.NewProbe("paths");
        _netIo = _system.NewProbe("netio");
        _actor = _system.Spawn("pings", Props.From(() => new ControlPingActor(_control.Ref, _node.Ref, _paths.Ref, _netIo.Ref, this)));
        _system.RunToQuiet();
    }

    [Theory]
    [InlineData("GET /echo HTTP/1.1\r\nHost: c2n\r\n\r\n", "HTTP/1.1 200 OK", "")]
    [InlineData("POST /echo?x=1 HTTP/1.1\r\nContent-length:  5 \r\n\r\nhello", "HTTP/1.1 200 OK", "hello")]
    [InlineData("POST /echo HTTP/1.0\nContent-Length: 5\n\nhello and more", "HTTP/1.1 200 OK", "hello")]
    [InlineData("GET /netfilter-kind HTTP/1.1\r\n\r\n", "HTTP/1.1 400 Bad Request", "unknown c2n path\n")]
    [InlineData("POST /echo HTTP/1.1\r\nContent-Length: 50\r\n\r\nhello", "HTTP/1.1 400 Bad Request", "malformed request\n")]
    [InlineData("POST /echo HTTP/1.1\r\nContent-Length: -5\r\n\r\nhello", "HTTP/1.1 400 Bad Request", "malformed request\n")]
    [InlineData("GET /echo HTTP/1.1\r\nHost", "HTTP/1.1 400 Bad Request", "malformed request\n")]
    [InlineData("GET", "HTTP/1.1 400 Bad Request", "malformed request\n")]
    [InlineData("", "HTTP/1.1 400 Bad Request", "malformed request\n")]
    public void C2n_answers(string request, string status, string body)
    {
        string answer = Encoding.ASCII.GetString(C2n.Answer(Encoding.ASCII.GetBytes(request)));
        Assert.StartsWith(status + "\r\n", answer);
        Assert.Equal(body, answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
    }

    [Theory]
    [InlineData("testcontrol-pingrequest-c2n-echo", "answer-s1")]
    [InlineData("testcontrol-pingrequest-c2n-netfilter-kind", null)]
    [InlineData("testcontrol-pingrequest-c2n-echo-post", null)]
    public void Captured_c2n_requests_are_answered_as_tailscaled_does(string request, string answer)
    {
        JsonElement ping = JsonDocument.Parse(File.ReadAllBytes(Vectors.Path("captures/map-response/" + request + ".json"))).RootElement.GetProperty("PingRequest");
        byte[] given = C2n.Answer(ping.GetProperty("Payload").GetBytesFromBase64());
        if (answer != null) Assert.Equal(File.ReadAllBytes(Vectors.Path("captures/c2n/" + answer + ".txt")), given);
        else Assert.StartsWith("HTTP/1.1 ", Encoding.ASCII.GetString(given));
    }

    [Fact]
    public void Hostile_c2n_requests_get_an_answer_whatever_they_are()
    {
        Random random = new(7);
        byte[] good = Encoding.ASCII.GetBytes("POST /echo HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello");
        Assert.NotNull(C2n.Answer(null));
        for (int i = 0; i < 20000; i++)
        {
            byte[] bad = good[..random.Next(good.Length + 1)];
            for (int n = random.Next(4); n > 0 && bad.Length > 0; n--) bad[random.Next(bad.Length)] = (byte)random.Next(256);
            Assert.StartsWith("HTTP/1.1 ", Encoding.ASCII.GetString(C2n.Answer(bad)));
        }
    }

    [Fact]
    public void C2n_goes_back_over_Noise()
    {
        Tell(new ControlPing("https://unused/c2n/abc?x=1", false, "c2n", "", Encoding.ASCII.GetBytes("GET /echo HTTP/1.1\r\n\r\n")));
        PostToControl post = (PostToControl)_control.Expect(typeof(PostToControl));
        Assert.Equal("/c2n/abc?x=1", post.Path);
        Assert.StartsWith("HTTP/1.1 200 OK", Encoding.ASCII.GetString(post.Body));
    }

    [Fact]
    public void Pings_go_through_the_graph_one_after_the_other()
    {
        Tell(new ControlPing("https://h/ping-cb", true, "disco,TSMP,ICMP,peerapi,odd", "100.64.0.2", null));
        Found();
        Answer(_paths, PingPeer.Disco, new PingResult(2, null, 1234, new byte[18], 0));
        Found();
        Answer(_netIo, PingPeer.Tsmp, new PingResult(2, null, 5000000, null, 7));
        _node.Expect(typeof(RelayNameQuery));
        _node.Reply(new RelayName("fra"));
        _system.RunToQuiet();
        Found();
        Answer(_netIo, PingPeer.Icmp, new PingResult(2, "no answer", 0, null, 0));
        string[] answers = ControlBench.All<PostToControl>(_control).Select(p => p.Path + " " + Encoding.UTF8.GetString(p.Body)).ToArray();
        Assert.Equal(5, answers.Length);
        Assert.StartsWith("/ping-cb {\"Type\":\"disco\",\"IP\":\"100.64.0.2\",\"NodeIP\":\"100.64.0.2\",\"NodeName\":\"b\",\"LatencySeconds\":0.001234,\"Endpoint\":", answers[0]);
        Assert.Contains("\"LatencySeconds\":5.000000,\"DERPRegionID\":7,\"DERPRegionCode\":\"fra\"", answers[1]);
        Assert.Contains("\"Err\":\"no answer\"", answers[2]);
        Assert.Contains("\"Type\":\"peerapi\"", answers[3]);
        Assert.Contains("\"Err\":", answers[4]);
    }

    [Fact]
    public void An_unknown_peer_and_silence_are_answered_with_an_error()
    {
        Tell(new ControlPing("https://h/p", true, "disco", "100.64.0.9", null));
        _node.Expect(typeof(FindPeer));
        _node.Reply(new PeerFound(0, null, null, "There is no such peer."));
        _system.RunToQuiet();
        Assert.Contains("no matching peer", Encoding.UTF8.GetString(((PostToControl)_control.Expect(typeof(PostToControl))).Body));
        Tell(new ControlPing("https://h/p", true, "disco", "100.64.0.9", null));
        _system.Advance(3500);
        Assert.Contains("not answered in time", Encoding.UTF8.GetString(((PostToControl)_control.Expect(typeof(PostToControl))).Body));
    }

    [Fact]
    public void A_plain_ping_is_a_HEAD_on_a_connection_of_its_own()
    {
        Tell(new ControlPing("http://127.0.0.1:8080/machine/ping-response?id=1", false, "", "", null));
        Assert.Equal(("127.0.0.1", 8080, false), (_dials[0].Host, _dials[0].Port, _dials[0].Tls));
        Tell(new StreamOpened(1, _pipe));
        Assert.StartsWith("HEAD /machine/ping-response?id=1 HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n", _pipe.Text);
        BufferPool pool = new(1, 512);
        PacketBuffer buffer = pool.Lease();
        buffer.Count = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\n\r\n", 0, 19, buffer.Bytes, 0);
        buffer.Tag = _pipe;
        Tell(buffer);
        Assert.True(_pipe.Closed);
        Assert.Equal(1, pool.Free);
    }

    [Fact]
    public void A_ping_answer_that_finds_nobody_ends_after_15_s_and_the_next_one_is_served()
    {
        Tell(new ControlPing("http://h/a", false, "", "", null));
        Tell(new ControlPing("http://h/b", false, "", "", null));
        Assert.Single(_dials);
        _system.Advance(15001);
        Assert.Equal(2, _dials.Count);
        for (int i = 0; i < 20; i++) Tell(new ControlPing("http://h/c" + i, false, "", "", null));
        _system.Advance(15001L * 30);
        Assert.Equal(2 + ControlPingActor.MaxWaiting, _dials.Count);
    }

    [Theory]
    [InlineData("ftp://x/")]
    [InlineData("http://x/a b")]
    [InlineData("http://x y/")]
    [InlineData("http://x/\r\nInjected: 1")]
    public void A_bad_url_is_not_followed(string url)
    {
        Tell(new ControlPing(url, false, "", "", null));
        Assert.Empty(_dials);
    }

    private void Found()
    {
        _node.Expect(typeof(FindPeer));
        _node.Reply(new PeerFound(2, "b", "100.64.0.2", null));
        _system.RunToQuiet();
    }

    private void Answer(Probe probe, int kind, PingResult result)
    {
        Assert.Equal(kind, ((PingPeer)probe.Expect(typeof(PingPeer))).Kind);
        probe.Reply(result);
        _system.RunToQuiet();
    }

    private void Tell(Message message)
    {
        _actor.Tell(message);
        _system.RunToQuiet();
    }

    int IStreamDialer.Dial(StreamTarget target, ActorRef owner)
    {
        _dials.Add(target);
        return _dials.Count;
    }

    void IStreamDialer.Cancel(int dial) { }

    private sealed class Pipe : IByteStream
    {
        public string Text = "";
        public bool Closed;
        public string RemoteText => "pipe";
        public byte[] LocalAddress => null;
        public int Write(byte[] buffer, int offset, int count)
        {
            Text += Encoding.ASCII.GetString(buffer, offset, count);
            return count;
        }

        public void Close() => Closed = true;
    }
}
