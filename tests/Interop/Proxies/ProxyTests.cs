using System;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using MicroLink.Tests.Interop.Command;
using Xunit;

namespace MicroLink.Tests.Interop.Proxies
{
    /// <summary>Programs of the distribution through the proxies of a real node: curl, socat, iperf3, and our own nc.</summary>
    public sealed class ProxyTests : IClassFixture<ProxyWorld>
    {
        private readonly ProxyWorld _world;
        private static readonly byte[] s_nothing = [];

        public ProxyTests(ProxyWorld world)
        {
            _world = world;
        }

        private (int Exit, string Output, string Errors) Curl(params string[] arguments)
        {
            return ProxyWorld.Run("curl", s_nothing, ["-sS", "-g", "--max-time", "20", "--socks5-hostname", $"127.0.0.1:{_world.Socks}", .. arguments]);
        }

        /// <summary>What `tailscale ping --peerapi` asks, by IPv4 and IPv6.</summary>
        [ProxyFact]
        public void Curl_reads_the_peer_api_through_socks()
        {
            int port = _world.PeerApi();
            Assert.StartsWith("HTTP/1.1 200 OK", Curl("-I", $"http://{_world.Address(false)}:{port}/").Output);
            Assert.StartsWith("HTTP/1.1 200 OK", Curl("-I", $"http://[{_world.Address(true)}]:{port}/").Output);
            Assert.Equal("404", Curl("-o", "/dev/null", "-w", "%{http_code}", $"http://{_world.Address(false)}:{port}/v0/put/x").Output);
            Assert.Equal("403", Curl("-o", "/dev/null", "-w", "%{http_code}", "-H", "Origin: http://a", $"http://{_world.Address(false)}:{port}/").Output);
        }

        /// <summary>By the node's short name; what cannot be had is told by SOCKS' own codes.</summary>
        [ProxyFact]
        public void Socks_names_are_the_tailnets()
        {
            Assert.StartsWith("HTTP/1.1 200 OK", Curl("-I", "-H", "Host: peer", $"http://server:{_world.PeerApi()}/").Output);
            (int exit, _, string errors) = Curl("http://nobody/");
            Assert.Equal(97, exit);
            Assert.Contains("(4)", errors);                                  // host unreachable
            Assert.Contains("(5)", Curl("http://server:9/").Errors);          // connection refused
        }

        [ProxyFact]
        public void Socat_gets_its_bytes_back()
        {
            byte[] bytes = new byte[5_000_000];
            new Random(3).NextBytes(bytes);
            (int exit, string output, string errors) = ProxyWorld.Run("socat", bytes, "-t20", "-", $"TCP:127.0.0.1:{_world.TcpEcho}");
            Assert.True(exit == 0, errors);
            Assert.True(output == Encoding.Latin1.GetString(bytes), "the echo differs");
            (_, output, _) = ProxyWorld.Run("socat", Encoding.ASCII.GetBytes("datagram"), "-t3", "-", $"UDP:127.0.0.1:{_world.UdpEcho}");
            Assert.Equal("datagram", output);
        }

        [ProxyFact]
        public void Nc_is_a_pipe_to_a_peer()
        {
            string state = _world.State("client");
            (int exit, string output, string errors) = ProxyWorld.Run(NodeProcess.Program, Encoding.ASCII.GetBytes("through the tunnel"),
                "nc", "server", "7", "--state-dir", state);
            Assert.True(exit == 0, errors);
            Assert.Equal("through the tunnel", output);
            (exit, _, errors) = ProxyWorld.Run(NodeProcess.Program, s_nothing, "nc", "server", "9", "--state-dir", state);
            Assert.Equal(1, exit);
            Assert.Contains("the peer refused the connection", errors);
            (exit, _, errors) = ProxyWorld.Run(NodeProcess.Program, s_nothing, "nc", "nobody", "9", "--state-dir", state);
            Assert.Equal(1, exit);
            Assert.Contains("There is no peer \"nobody\"", errors);
        }

        [ProxyFact]
        public void Nc_sends_datagrams()
        {
            using Process nc = Process.Start(new ProcessStartInfo(NodeProcess.Program, ["nc", "-u", "server", "7", "--state-dir", _world.State("client")])
            {
                RedirectStandardInput = true, RedirectStandardOutput = true,
            });
            nc.StandardInput.Write("ping");
            nc.StandardInput.Flush();
            char[] answer = new char[4];
            Assert.Equal(4, nc.StandardOutput.ReadBlock(answer, 0, 4));
            Assert.Equal("ping", new string(answer));
            nc.Kill();
            nc.WaitForExit();
        }

        /// <summary>
        /// Bulk both ways. Of the packets (some hundred thousand) none comes into managed code: the actors handle a few timers, no more.
        /// </summary>
        [ProxyFact]
        public void Iperf3_runs_through_forward_and_serve_without_managed_code()
        {
            _world.Start("iperf3", "-s", "-B", "127.0.0.1", "-p", _world.IperfServer.ToString());
            long before = _world.Handled("sockets") + _world.Handled("tcp") + _world.Handled("netio");
            Stopwatch time = Stopwatch.StartNew();
            double bytes = 0;
            foreach (string direction in new[] { "", "-R" })
            {
                (int exit, string output, string errors) = ProxyWorld.Run("iperf3", s_nothing,
                    ["-c", "127.0.0.1", "-p", _world.Iperf.ToString(), "-t", "2", "-J", .. direction.Length == 0 ? Array.Empty<string>() : new[] { direction }]);
                Assert.True(exit == 0, output + errors);
                using JsonDocument result = JsonDocument.Parse(output);
                double received = result.RootElement.GetProperty("end").GetProperty("sum_received").GetProperty("bytes").GetDouble();
                Assert.True(received > 1_000_000, output);
                bytes += received;
            }
            long packets = (long)bytes / 1240;
            long handled = _world.Handled("sockets") + _world.Handled("tcp") + _world.Handled("netio") - before;
            // Timers of the stack every 100 ms at most, stamps every second, a few messages a connection.
            Assert.True(handled < 200 + time.ElapsedMilliseconds / 20, $"{handled} messages for {packets} packets");
        }

        /// <summary>RFC 1928, UDP ASSOCIATE: datagrams with a header, for as long as the connection lasts that asked for it.</summary>
        [ProxyFact]
        public void Socks_carries_datagrams()
        {
            byte[] answer = new byte[64], request = [0, 0, 0, 1, .. IPAddress.Parse(_world.Address(false)).GetAddressBytes(), 0, 7, .. "datagram"u8];
            using Socket control = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 20000 };
            control.Connect(IPAddress.Loopback, _world.Socks);
            control.Send([5, 1, 0]);
            Assert.Equal(2, control.Receive(answer, 2, SocketFlags.None));
            control.Send([5, 3, 0, 1, 0, 0, 0, 0, 0, 0]);
            Assert.Equal(10, control.Receive(answer));
            Assert.Equal(new byte[] { 5, 0, 0, 1, 127, 0, 0, 1 }, answer[..8]);
            IPEndPoint relay = new IPEndPoint(IPAddress.Loopback, answer[8] << 8 | answer[9]);
            using Socket socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 2000 };
            int count = 0;
            for (int i = 0; i < 10 && count == 0; i++)
            {
                socket.SendTo(request, relay);
                if (socket.Poll(2_000_000, SelectMode.SelectRead)) count = socket.Receive(answer);
            }
            Assert.Equal(request, answer[..count]);
            control.Close();
            // The port goes with the connection: at some time soon it can be bound again.
            _world.Wait(() =>
            {
                using Socket again = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
                try
                {
                    again.Bind(relay);
                    return true;
                }
                catch (SocketException)
                {
                    return false;
                }
            }, "the association ends");
        }

        [ProxyFact]
        public void Ping_peerapi_is_answered()
        {
            (int exit, string output, string errors) = NodeProcess.Run("ping", "server", "--peerapi", "--state-dir", _world.State("client"));
            Assert.True(exit == 0, output + errors);
            Assert.Contains($"hit peerapi of server ({_world.Address(false)}) at http://{_world.Address(false)}:{_world.PeerApi()} in ", output);
            (exit, output, _) = NodeProcess.Run("ping", "nobody", "--peerapi", "--state-dir", _world.State("client"));
            Assert.Equal(1, exit);
            Assert.Contains("nobody", output);
        }

        [ProxyFact]
        public void A_port_in_use_is_told_in_one_sentence()
        {
            (int exit, _, string errors) = NodeProcess.Run("up", "--control-url", "http://127.0.0.1:1", "--udp-port", "0", "--state-dir", _world.State("third"),
                "--socks5", $"127.0.0.1:{_world.Socks}");
            Assert.Equal(1, exit);
            Assert.Contains($"--socks5: the port 127.0.0.1:{_world.Socks} cannot be used", errors);
        }
    }

    /// <summary>What the options of the proxies take, without a node.</summary>
    public sealed class ProxyOptionTests
    {
        [NodeTheory]
        [InlineData("--socks5 takes ADDR:PORT or PORT", "--socks5", "here")]
        [InlineData("--forward takes [udp:]LPORT:PEER:PORT", "--forward", "80:server")]
        [InlineData("--serve takes PORT or PORT:LPORT", "--serve", "0")]
        [InlineData("--socks5, --forward and --serve are for nodes without --tun", "--tun", "ml9", "--socks5", "1080")]
        public void Wrong_options_are_refused_with_one_sentence(string sentence, params string[] options)
        {
            (int exit, _, string errors) = NodeProcess.Run(["up", "--control-url", "http://127.0.0.1:1", "--state-dir", "/nonexistent", .. options]);
            Assert.Equal(1, exit);
            Assert.Contains(sentence, errors);
            Assert.Single(errors.Trim().Split('\n'));
        }
    }
}
