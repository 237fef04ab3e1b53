using System;
using System.Diagnostics;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace MicroLink.Tests.Interop.Network
{
    /// <summary>
    /// The command in TUN mode, whole nodes with control and relay: what programs of the host reach, what a user who accepts no routes does not
    /// reach, and that nothing is left behind.
    /// </summary>
    public sealed class TunTests : IClassFixture<TunWorld>
    {
        private const int DirectMs = 10000;
        private readonly TunWorld _world;

        public TunTests(TunWorld world)
        {
            _world = world;
        }

        private bool Pings(LabHost from, string address) => _world.Lab.Try(from.Name, "ping -c 1 -W 2 " + address);

        [NetworkFact]
        public void Programs_talk_over_both_families_and_all_pings_are_answered()
        {
            _world.Alice.MustBecomeDirect(_world.Bob, DirectMs);
            foreach (bool v6 in new[] { false, true })
            {
                TunnelTraffic.Tcp(_world.Lab.Ns("alice"), _world.Lab.Ns("bob"), _world.Address(_world.Bob, v6), 20_000_000);
                TunnelTraffic.Tcp(_world.Lab.Ns("bob"), _world.Lab.Ns("alice"), _world.Address(_world.Alice, v6), 20_000_000);
            }
            foreach (string kind in new[] { "disco", "icmp", "tsmp" })
                Assert.NotEmpty(_world.Alice.Ask("ping " + kind + " 3000 bob") ?? Array.Empty<string>());
        }

        /// <summary>Design section 6, the packet rule: forwarding allocates nothing that the garbage collector would have to find again.</summary>
        [NetworkFact]
        public void No_managed_byte_is_allocated_for_a_packet()
        {
            _world.Alice.MustBecomeDirect(_world.Bob, DirectMs);
            const long Bytes = 100_000_000, Packets = Bytes / 1228;
            TunnelTraffic.Tcp(_world.Lab.Ns("alice"), _world.Lab.Ns("bob"), _world.Address(_world.Bob, false), Bytes / 20);
            long[] before = { Allocated(_world.Alice), Allocated(_world.Bob) };
            TunnelTraffic.Tcp(_world.Lab.Ns("alice"), _world.Lab.Ns("bob"), _world.Address(_world.Bob, false), Bytes);
            long[] used = { Allocated(_world.Alice) - before[0], Allocated(_world.Bob) - before[1] };
            // What is left is the two questions of this test and a few timers' worth of other actors.
            foreach (long bytes in used) Assert.True(bytes * 10_000 / Packets < 20_000, $"{bytes} bytes for {Packets} packets");
        }

        private static long Allocated(LabHost host) => long.Parse(host.Ask("allocated")[0]);

        /// <summary>The peer API of a node whose stack is the kernel's: found by its peers' ping, refused to browsers and to the local network.</summary>
        [NetworkToolsFact]
        public async Task The_peer_API_answers_peers_and_nobody_else()
        {
            string[] answer = null;
            NetworkLab.Wait(() => (answer = _world.Alice.Ask("ping peerapi 3000 bob")) != null && answer.Length > 0, "bob's peer API answers");
            string url = answer[0].Split('\t')[5] + "/";
            Assert.StartsWith("http://" + _world.Address(_world.Bob, false) + ":", url);
            await Until("HEAD", "curl -s -I -m 5 " + url, "HTTP/1.1 200 OK");
            await Until("by IPv6", $"curl -s -g -I -m 5 http://[{_world.Address(_world.Bob, true)}]:{url.Split(':')[2]}", "HTTP/1.1 200 OK");
            await Until("a browser", "curl -s -m 5 -H 'Origin: http://a' " + url, "Forbidden");
            await Until("a link", "curl -s -m 5 -H 'Referer: http://a' " + url, "Forbidden");
            // A neighbour that knows bob's tunnel address and sends there over the local network.
            _world.Lab.In("lan", $"ip route replace {_world.Address(_world.Bob, false)}/32 via 10.77.0.1");
            Assert.False(_world.Lab.Try("lan", "curl -s -I -m 2 " + url));
        }

        [NetworkFact]
        public void Bytes_by_relay_are_the_same()
        {
            TunnelTraffic.Tcp(_world.Lab.Ns("frank"), _world.Lab.Ns("alice"), _world.Address(_world.Alice, false), 1_000_000);
            TunnelTraffic.Tcp(_world.Lab.Ns("alice"), _world.Lab.Ns("frank"), _world.Address(_world.Frank, true), 1_000_000);
            Assert.Equal("relay", _world.Frank.Path(_world.Alice).Way);
        }

        [NetworkFact]
        public void A_subnet_is_reached_by_who_accepts_routes_and_by_nobody_else()
        {
            Assert.Contains("This host does not forward packets", _world.Bob.Log());
            _world.Lab.In("bob", "sysctl -qw net.ipv4.ip_forward=1");
            NetworkLab.Wait(() => Pings(_world.Carol, TunWorld.LanAddress), "carol reaches the subnet");
            TunnelTraffic.Tcp(_world.Lab.Ns("carol"), _world.Lab.Ns("lan"), TunWorld.LanAddress, 5_000_000);
            Assert.False(Pings(_world.Alice, TunWorld.LanAddress));
            Assert.False(Pings(_world.Carol, TunWorld.WorldAddress));
        }

        [NetworkFact]
        public void Everything_goes_through_the_chosen_exit_node_but_control_relay_and_the_local_network()
        {
            _world.Lab.In("bob", "sysctl -qw net.ipv4.ip_forward=1");
            NetworkLab.Wait(() => Pings(_world.Dave, TunWorld.WorldAddress), "dave reaches the rest of the world; its log: " + _world.Dave.Log());
            Assert.False(Pings(_world.Alice, TunWorld.WorldAddress));
            Assert.True(Pings(_world.Dave, NetworkLab.Server));
            Assert.Contains("The exit node bob is used", _world.Dave.Log());
            _world.Lab.RestartRelays();
            _world.Dave.MustPing(_world.Alice);
            Assert.Equal("connected", _world.Dave.Field("state"));
        }

        /// <summary>As with a Mullvad exit node: plain WireGuard, an address that nobody answers at, and another address of ours in its eyes.</summary>
        [NetworkWireGuardGoFact]
        public void Everything_goes_through_a_WireGuard_only_exit_node_whose_first_address_is_dead()
        {
            string key;
            using (JsonDocument status = _world.Gina.Status()) key = status.RootElement.GetProperty("self").GetProperty("nodeKey").GetString();
            string gina = Convert.ToBase64String(Convert.FromHexString(key.Split(':')[1]));
            string file = System.IO.Path.Combine(_world.Lab.Folder, "mull.key");
            System.IO.File.WriteAllText(file, Convert.ToBase64String(_world.MullPrivate));
            Assert.False(Pings(_world.Gina, TunWorld.MullWorld));
            Assert.StartsWith("none: WireGuard only, no answer to handshakes at " + TunWorld.NobodyThere, Reason());

            _world.Lab.StartHelper("netns exec " + _world.Lab.Ns("mull") + " wireguard-go -f wgm");
            NetworkLab.Wait(() => _world.Lab.Try("mull", "wg show wgm"), "wireguard-go runs");
            _world.Lab.Read("mull", $@"wg set wgm private-key {file} listen-port 51820 peer {gina} allowed-ips {TunWorld.MullKnowsUsAs}/32
ip addr add {TunWorld.MullWorld}/32 dev lo
ip link set lo up
ip link set wgm up mtu 1280
ip route add {TunWorld.MullKnowsUsAs}/32 dev wgm");
            NetworkLab.Wait(() => Pings(_world.Gina, TunWorld.MullWorld), "gina reaches the rest of the world; its log: " + _world.Gina.Log());
            TunnelTraffic.Tcp(_world.Lab.Ns("gina"), _world.Lab.Ns("mull"), TunWorld.MullWorld, 5_000_000);
            Assert.Equal("direct: WireGuard only", Reason());
            string[] refusal = _world.Gina.Ask("ping disco 1000 mull");
            Assert.True(refusal == null || refusal.Length == 0);
            Assert.False(Pings(_world.Alice, TunWorld.MullWorld));
            Assert.True(Pings(_world.Gina, NetworkLab.Server));
            _world.Gina.MustPing(_world.Alice);
            Assert.Equal("connected", _world.Gina.Field("state"));

            string Reason()
            {
                using JsonDocument status = _world.Gina.Status();
                foreach (JsonElement row in status.RootElement.GetProperty("peers").EnumerateArray())
                    if (row.GetProperty("name").GetString() == "mull") return row.GetProperty("pathReason").GetString();
                return "unknown peer";
            }
        }

        [NetworkFact]
        public void A_removed_device_comes_back_and_a_terminated_node_leaves_nothing_behind()
        {
            LabHost eve = _world.Lab.AddOpen("eve", 16);
            eve.Start("--tun", TunWorld.Device, "--exit-node", "nobody");
            eve.MustConnect();
            Assert.Contains("5253", _world.Lab.Read("eve", "ip rule"));
            Assert.Contains("default dev ml0", _world.Lab.Read("eve", "ip route show table 5253"));
            _world.Lab.In("eve", "ip link del " + TunWorld.Device);
            NetworkLab.Wait(() => Pings(eve, _world.Address(_world.Alice, false)), "eve has made its device again; its log: " + eve.Log());
            Assert.Contains("was made again", eve.Log());
            Assert.Equal(0, eve.Terminate());
            Assert.DoesNotContain(TunWorld.Device, _world.Lab.Read("eve", "ip link; ip route show table all; ip -6 route show table all"));
            Assert.DoesNotContain("525", _world.Lab.Read("eve", "ip rule; ip -6 rule"));
        }

        [NetworkToolsFact]
        public async Task Iperf3_curl_socat_and_dig()
        {
            string bob = _world.Address(_world.Bob, false), bob6 = _world.Address(_world.Bob, true), ns = _world.Lab.Ns("bob");
            _world.Alice.MustBecomeDirect(_world.Bob, DirectMs);
            using Process iperf = Serve(ns, "iperf3 -s");
            using Socket web = ServeWeb(ns, IPAddress.Parse(bob6));
            using Process echo = Serve(ns, "socat UDP4-LISTEN:7000,fork EXEC:cat");
            using Process dns = Serve(ns, "dnsmasq -k -p 5353 --no-resolv --no-hosts --address=/host.example/192.0.2.7 --bind-interfaces --user=root "
                + "--listen-address=" + bob + " --pid-file=");
            try
            {
                await Until("iperf3", $"iperf3 -c {bob} -t 1 -J", "\"bits_per_second\"");
                await Until("iperf3 by UDP", $"iperf3 -u -b 20M -l 1200 -c {bob} -t 1 -J", "\"lost_percent\"");
                await Until("curl", $"curl -s -m 5 http://[{bob6}]:8000/", "through the tunnel");
                await Until("socat", $"sh -c 'echo hello | socat -t 2 - UDP4:{bob}:7000'", "hello");
                await Until("dig", $"dig +short +time=2 +tries=1 -p 5353 @{bob} host.example", "192.0.2.7");
                await Until("dig by TCP", $"dig +tcp +short +time=2 +tries=1 -p 5353 @{bob} host.example", "192.0.2.7");
            }
            finally
            {
                // With their children, which hold our pipes: no waiting for the end of the output.
                foreach (Process process in new[] { iperf, echo, dns }) process.Kill(true);
            }
        }

        [NetworkToolsFact]
        public async Task Names_of_the_tailnet_are_asked_for_at_100_100_100_100()
        {
            string bob = _world.Address(_world.Bob, false), bob6 = _world.Address(_world.Bob, true);
            const string Name = "bob.lab.ts.net";
            const string Dig = "dig +time=2 +tries=1 ";
            await Until("the name", Dig + "+short @100.100.100.100 " + Name, bob);
            await Until("over IPv6, in another case", Dig + "+short @fd7a:115c:a1e0::53 " + Name.ToUpperInvariant(), bob);
            await Until("the address", Dig + $"+short @100.100.100.100 -x {bob}", Name + ".");
            await Until("the IPv6 address", Dig + $"+short @100.100.100.100 -x {bob6}", Name + ".");
            await Until("nobody's name", Dig + "@100.100.100.100 nobody." + Name.Substring(Name.IndexOf('.') + 1), "NXDOMAIN");
            await Until("somebody else's name", Dig + "@100.100.100.100 example.org", "SERVFAIL");
            await Until("the name by TCP", Dig + "+tcp +short @100.100.100.100 " + Name, bob);
            await Until("the name by TCP over IPv6", Dig + "+tcp +short @fd7a:115c:a1e0::53 " + Name, bob);
            await Until("two questions on one connection", Dig + $"+tcp +keepopen +short @100.100.100.100 {Name} @100.100.100.100 -x {bob}", Name + ".");
        }

        private static Process Serve(string ns, string command)
        {
            ProcessStartInfo start = new ProcessStartInfo("ip", new[] { "netns", "exec", ns, "sh", "-c", "exec " + command })
            {
                RedirectStandardOutput = true, RedirectStandardError = true,
            };
            Process process = Process.Start(start);
            process.OutputDataReceived += (_, _) => { };
            process.ErrorDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            return process;
        }

        /// <summary>One page on port 8000, until the socket is closed.</summary>
        private static Socket ServeWeb(string ns, IPAddress address)
        {
            Socket listener = NetSpace.Run(ns, () =>
            {
                Socket socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(address, 8000));
                socket.Listen(4);
                return socket;
            });
            new Thread(() =>
            {
                byte[] request = new byte[4096];
                try
                {
                    while (true)
                    {
                        using Socket client = listener.Accept();
                        client.ReceiveTimeout = 5000;
                        client.Receive(request);                        // a request of curl is one segment
                        client.Send(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 18\r\nConnection: close\r\n\r\nthrough the tunnel"));
                    }
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException)
                {
                    // The test is over.
                }
            }) { IsBackground = true }.Start();
            return listener;
        }

        /// <summary>The server needs a moment to listen: the program is run until it says what it should.</summary>
        private async Task Until(string what, string command, string wanted)
        {
            string output = "";
            for (int i = 0; i < 20; i++)
            {
                output = _world.Lab.Read("alice", command + " || true");
                if (output.Contains(wanted)) return;
                await Task.Delay(200);
            }
            Assert.Fail(what + ": " + string.Join("\n", output.Split('\n').Take(20)));
        }
    }

    /// <summary>As NetworkFact, where also wireguard-go is.</summary>
    public sealed class NetworkWireGuardGoFactAttribute : FactAttribute
    {
        public NetworkWireGuardGoFactAttribute() { Skip = NetworkLab.WhyNot() ?? WireGuardGoFactAttribute.WhyNot; }
    }

    /// <summary>As NetworkFact, where also the programs are that users try a tunnel with.</summary>
    public sealed class NetworkToolsFactAttribute : FactAttribute
    {
        public NetworkToolsFactAttribute()
        {
            string[] missing = new[] { "iperf3", "curl", "socat", "dig", "dnsmasq" }.Where(tool => !WireGuardGoNetwork.IsInstalled(tool)).ToArray();
            Skip = missing.Length == 0 ? NetworkLab.WhyNot()
                : string.Join(", ", missing) + " not installed (apt-get install iperf3 curl socat bind9-dnsutils dnsmasq-base)";
        }
    }
}
