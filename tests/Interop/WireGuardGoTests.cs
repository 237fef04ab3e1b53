using System;
using MicroLink.Native;
using MicroLink.WireGuard;
using Xunit;

namespace MicroLink.Tests.Interop
{
    /// <summary>Our handshake and transport against Debian's wireguard-go, in both roles, over IPv4 and IPv6, with a fixed peer.</summary>
    public sealed class WireGuardGoTests
    {
        private readonly byte[] _peerPrivate = WireGuardGoNode.NewPrivate(), _peerPublic = new byte[32];

        public WireGuardGoTests()
        {
            Cipher.X25519Base(_peerPrivate, 0, _peerPublic, 0);
        }

        [WireGuardGoTheory]
        [InlineData(false)]
        [InlineData(true)]
        public void We_initiate_and_it_answers(bool ipv6)
        {
            using WireGuardGoNetwork network = new WireGuardGoNetwork();
            byte[] endpoint = WireGuardGoNetwork.Endpoint(ipv6 ? network.PeerAddress6 : network.PeerAddress, WireGuardGoNetwork.PeerPort);
            using WireGuardGoNode node = new WireGuardGoNode(_peerPublic, endpoint);
            network.Configure(_peerPrivate, node.Public, null);
            string error = node.Ping(10000);
            Assert.True(error == null, error + "\n" + node.Describe());
            Assert.True(node.Session.Wait(10000));   // told after the ping has its answer
            Assert.NotEqual(0, network.LatestHandshake());
            Assert.Equal((1, 0, 1), (node.Counters.InitiationsSent, node.Counters.ResponsesSent, node.Counters.Sessions));
            for (int i = 0; i < 20; i++) Assert.Null(node.Ping(5000));
        }

        [WireGuardGoTheory]
        [InlineData(false)]
        [InlineData(true)]
        public void It_initiates_and_we_answer(bool ipv6)
        {
            using WireGuardGoNetwork network = new WireGuardGoNetwork();
            using WireGuardGoNode node = new WireGuardGoNode(_peerPublic, null);
            string endpoint = (ipv6 ? "[" + network.HostAddress6 + "]" : network.HostAddress) + ":" + node.Port;
            network.Configure(_peerPrivate, node.Public, endpoint);
            int code = network.TryInNamespace("ping -c 5 -i 0.2 -W 5 100.64.0.1", out string output);
            Assert.True(code == 0 && output.Contains(" 0% packet loss"), output + "\n" + node.Describe());
            Assert.Equal((0, 1, 1), (node.Counters.InitiationsSent, node.Counters.ResponsesSent, node.Counters.Sessions));
            Assert.NotEqual(0, network.LatestHandshake());

            // Inner IPv6, and packets as large as the tunnel takes: 1280 - 48 and 1280 - 28 bytes of content.
            Assert.True(network.TryInNamespace("ping -6 -c 3 -i 0.2 -W 5 -s 1232 fd7a:115c:a1e0::1", out output) == 0, output);
            Assert.True(network.TryInNamespace("ping -c 3 -i 0.2 -W 5 -s 1252 100.64.0.1", out output) == 0, output);
            // The other direction uses the session that it made.
            string error = node.Ping(5000);
            Assert.True(error == null, error + "\n" + node.Describe());
            Assert.Equal(0, node.Counters.InitiationsSent);
        }

        [WireGuardGoFact]
        public void Both_start_at_the_same_time()
        {
            using WireGuardGoNetwork network = new WireGuardGoNetwork();
            using WireGuardGoNode node = new WireGuardGoNode(_peerPublic, WireGuardGoNetwork.Endpoint(network.PeerAddress, WireGuardGoNetwork.PeerPort));
            network.Configure(_peerPrivate, node.Public, network.HostAddress + ":" + node.Port);
            string error = null, output = null;
            int code = -1;
            System.Threading.Thread other = new System.Threading.Thread(() =>
                code = network.TryInNamespace("ping -c 5 -i 0.2 -W 5 100.64.0.1", out output));
            other.Start();
            error = node.Ping(10000);
            other.Join();
            Assert.True(error == null, error + "\n" + node.Describe());
            Assert.True(code == 0, output + "\n" + node.Describe());
            Assert.Null(node.Ping(5000));
        }

        [WireGuardGoFact]
        public void After_it_was_restarted_it_initiates_anew_and_traffic_flows_both_ways()
        {
            using WireGuardGoNetwork network = new WireGuardGoNetwork();
            using WireGuardGoNode node = new WireGuardGoNode(_peerPublic, WireGuardGoNetwork.Endpoint(network.PeerAddress, WireGuardGoNetwork.PeerPort));
            network.Configure(_peerPrivate, node.Public, null);
            Assert.Null(node.Ping(10000));
            network.StopDaemon();
            network.StartDaemon();
            network.Configure(_peerPrivate, node.Public, network.HostAddress + ":" + node.Port);
            int code = network.TryInNamespace("ping -c 3 -i 0.2 -W 5 100.64.0.1", out string output);
            Assert.True(code == 0, output + "\n" + node.Describe());
            Assert.Null(node.Ping(5000));
            Assert.Equal(2, node.Counters.Sessions);
        }

        /// <summary>As a Mullvad exit node: several addresses, the first of them dead, and no path finder.</summary>
        [WireGuardGoFact]
        public void A_WireGuard_only_peer_is_reached_at_the_second_address_and_followed_to_the_third()
        {
            using WireGuardGoNetwork network = new WireGuardGoNetwork();
            byte[] dead = WireGuardGoNetwork.Endpoint(network.PeerAddress, 9), alive = WireGuardGoNetwork.Endpoint(network.PeerAddress6, WireGuardGoNetwork.PeerPort);
            using WireGuardGoNode node = WireGuardGoNode.WireGuardOnly(_peerPublic, [.. dead, .. alive]);
            network.Configure(_peerPrivate, node.Public, network.HostAddress + ":" + node.Port);
            string error = node.Ping(10000);
            Assert.True(error == null, error + "\n" + node.Describe());
            Assert.Equal((2, 1), (node.Counters.InitiationsSent, node.Counters.Sessions));
            string first = "10.213." + dead[14] + ".2:9", second = "[" + network.PeerAddress6 + "]:" + WireGuardGoNetwork.PeerPort;
            Assert.Equal(new[] { "none: WireGuard only, not tried yet", "none: WireGuard only, no answer to handshakes at " + first,
                "none: WireGuard only, no answer to handshakes at " + first + ", " + second, "direct: WireGuard only " + second }, node.Paths);

            // It moves to another port: its packets say so, and ours follow without a handshake.
            network.InNamespace("wg set " + network.Device + " listen-port 51999");
            Assert.Equal(0, network.TryInNamespace("ping -c 2 -i 0.2 -W 5 100.64.0.1", out string output));
            for (int i = 0; i < 5; i++) Assert.Null(node.Ping(5000));
            Assert.True(node.Counters.InitiationsSent == 2, output + "\n" + node.Describe());
        }

        [WireGuardGoFact]
        public void A_peer_with_another_key_gets_no_answer_and_is_counted()
        {
            using WireGuardGoNetwork network = new WireGuardGoNetwork();
            using WireGuardGoNode node = new WireGuardGoNode(_peerPublic, null);
            network.Configure(WireGuardGoNode.NewPrivate(), node.Public, network.HostAddress + ":" + node.Port);
            Assert.NotEqual(0, network.TryInNamespace("ping -c 1 -W 2 100.64.0.1", out _));
            Assert.Equal(0, network.LatestHandshake());
            Assert.True(node.Counters.Get(WireGuardError.UnknownPeer) > 0, node.Describe());
            Assert.Equal(0, node.Counters.Sessions);
        }
    }

    /// <summary>Skipped with the reason where wireguard-go or namespaces are missing.</summary>
    public sealed class WireGuardGoFactAttribute : FactAttribute
    {
        internal static readonly string WhyNot = WireGuardGoNetwork.WhyNot();

        public WireGuardGoFactAttribute() { Skip = WhyNot; }
    }

    /// <summary>As WireGuardGoFact, with inline data.</summary>
    public sealed class WireGuardGoTheoryAttribute : TheoryAttribute
    {
        public WireGuardGoTheoryAttribute() { Skip = WireGuardGoFactAttribute.WhyNot; }
    }
}
