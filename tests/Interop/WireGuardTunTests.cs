using System;
using System.Net;
using System.Threading;
using MicroLink.Native;
using MicroLink.WireGuard;
using Xunit;

namespace MicroLink.Tests.Interop
{
    /// <summary>
    /// Our node with a TUN device against Debian's wireguard-go: what the host's programs see, on a good wire and on a bad one. Bytes go both
    /// ways and are compared.
    /// </summary>
    public sealed class WireGuardTunTests
    {
        private const string Us = "100.64.0.1", Peer = "100.64.0.2", Us6 = "fd7a:115c:a1e0::1", Peer6 = "fd7a:115c:a1e0::2", Device = "mltun";
        private const long BulkBytes = 200_000_000, BadWireBytes = 2_000_000;

        private readonly byte[] _private = WireGuardGoNode.NewPrivate(), _peerPrivate = WireGuardGoNode.NewPrivate(), _peerPublic = new byte[32];

        public WireGuardTunTests()
        {
            Cipher.X25519Base(_peerPrivate, 0, _peerPublic, 0);
        }

        private WireGuardGoNode Node(WireGuardGoNetwork network, int relayPort)
        {
            byte[] endpoint = relayPort == 0 ? WireGuardGoNetwork.Endpoint(network.PeerAddress, WireGuardGoNetwork.PeerPort)
                : WireGuardGoNetwork.Endpoint(network.HostAddress, relayPort);
            WireGuardGoNode node = new WireGuardGoNode(_private, _peerPublic, endpoint, 0, network.Space, Device, 1);
            network.Configure(_peerPrivate, node.Public, relayPort == 0 ? network.HostAddress + ":" + node.Port : null);
            return node;
        }

        private static UdpRelay Relay(WireGuardGoNetwork network, int seed)
        {
            return new UdpRelay(network.Space, network.HostAddress, new IPEndPoint(IPAddress.Parse(network.PeerAddress), WireGuardGoNetwork.PeerPort), seed);
        }

        [WireGuardGoFact]
        public void Two_hundred_megabytes_both_ways_over_both_families()
        {
            using WireGuardGoNetwork network = new WireGuardGoNetwork(true);
            using WireGuardGoNode node = Node(network, 0);
            TunnelTraffic.Tcp(network.Space, network.PeerSpace, Peer, BulkBytes / 2);
            TunnelTraffic.Tcp(network.PeerSpace, network.Space, Us, BulkBytes / 2);
            TunnelTraffic.Tcp(network.Space, network.PeerSpace, Peer6, BulkBytes / 2);
            TunnelTraffic.Tcp(network.PeerSpace, network.Space, Us6, BulkBytes / 2);
            Assert.Equal(1, node.Counters.Sessions);
        }

        [WireGuardGoFact]
        public void The_kernels_largest_pings_and_no_larger_pass()
        {
            using WireGuardGoNetwork network = new WireGuardGoNetwork(true);
            using WireGuardGoNode node = Node(network, 0);
            network.InOurSpace("ping -c 3 -i 0.2 -W 5 -M do -s 1252 " + Peer);
            network.InNamespace("ping -c 3 -i 0.2 -W 5 -M do -s 1252 " + Us);
            network.InOurSpace("ping -c 3 -i 0.2 -W 5 -s 1232 " + Peer6);
            network.InOurSpace("ping -c 3 -i 0.2 -W 5 -s 4000 " + Peer);                  /* in fragments */
            Assert.NotEqual(0, network.TryInNamespace("ping -c 1 -W 1 -M do -s 1253 " + Us, out _));
        }

        [WireGuardGoFact]
        public void A_fifth_of_all_datagrams_lost()
        {
            using WireGuardGoNetwork network = new WireGuardGoNetwork(true);
            using UdpRelay relay = Relay(network, 20);
            using WireGuardGoNode node = Node(network, relay.NearPort);
            relay.LostPercent = 20;
            TunnelTraffic.Tcp(network.Space, network.PeerSpace, Peer, BadWireBytes / 8);
            TunnelTraffic.Tcp(network.PeerSpace, network.Space, Us, BadWireBytes / 8);
            Assert.True(relay.Lost > 50, relay.Lost + " lost");
        }

        [WireGuardGoFact]
        public void Reordered_and_repeated_datagrams()
        {
            using WireGuardGoNetwork network = new WireGuardGoNetwork(true);
            using UdpRelay relay = Relay(network, 30);
            using WireGuardGoNode node = Node(network, relay.NearPort);
            relay.DelayedPercent = 10;
            relay.RepeatedPercent = 10;
            TunnelTraffic.Tcp(network.Space, network.PeerSpace, Peer, BadWireBytes);
            TunnelTraffic.Tcp(network.PeerSpace, network.Space, Us, BadWireBytes);
            Assert.True(relay.Delayed > 100 && relay.Repeated > 100, relay.Delayed + " delayed, " + relay.Repeated + " repeated");
            Assert.True(node.Dropped("drop: replayed") > 50, node.Describe());
            Assert.Equal(1, node.Counters.Sessions);
        }

        [WireGuardGoFact]
        public void A_replayed_capture_changes_nothing()
        {
            using WireGuardGoNetwork network = new WireGuardGoNetwork(true);
            using UdpRelay relay = Relay(network, 40);
            using WireGuardGoNode node = Node(network, relay.NearPort);
            TunnelTraffic.Tcp(network.Space, network.PeerSpace, Peer, 300_000);
            TunnelTraffic.Tcp(network.PeerSpace, network.Space, Us, 300_000);
            int sessions = node.Counters.Sessions;
            long before = node.Dropped("drop: replayed");
            int replayed = relay.ReplayAll();
            network.InOurSpace("ping -c 3 -i 0.2 -W 5 " + Peer);
            network.InNamespace("ping -c 3 -i 0.2 -W 5 " + Us);
            Assert.True(replayed > 400 && node.Dropped("drop: replayed") - before > 100, node.Describe());
            Assert.Equal(sessions, node.Counters.Sessions);
            Assert.Equal(1, sessions);
        }

        [WireGuardGoFact]
        public void We_move_and_it_follows()
        {
            using WireGuardGoNetwork network = new WireGuardGoNetwork(true);
            using UdpRelay relay = Relay(network, 50);
            using WireGuardGoNode node = Node(network, relay.NearPort);
            for (int i = 0; i < 4; i++)
            {
                network.InOurSpace("ping -c 2 -i 0.2 -W 5 " + Peer);
                network.InNamespace("ping -c 2 -i 0.2 -W 5 " + Us);
                relay.Move();
            }
            Assert.Equal(1, node.Counters.Sessions);
        }

        [WireGuardGoFact]
        public void It_moves_and_we_follow()
        {
            using WireGuardGoNetwork network = new WireGuardGoNetwork(true);
            using WireGuardGoNode node = new WireGuardGoNode(_private, _peerPublic, null, 0, network.Space, Device, 1);
            network.Configure(_peerPrivate, node.Public, network.HostAddress + ":" + node.Port);
            network.InNamespace("ping -c 2 -i 0.2 -W 5 " + Us);
            network.InNamespace("wg set " + network.Device + " listen-port 51999");
            network.InNamespace("ping -c 2 -i 0.2 -W 5 " + Us);
            network.InOurSpace("ping -c 2 -i 0.2 -W 5 " + Peer);
            Assert.Equal(1, node.Counters.Sessions);
        }

        [SoakFact]
        public void Keys_change_after_120_seconds_under_traffic()
        {
            using WireGuardGoNetwork network = new WireGuardGoNetwork(true);
            using WireGuardGoNode node = Node(network, 0);
            string output = network.InOurSpace("ping -q -i 0.2 -c 700 -W 5 " + Peer);
            Assert.Contains(" 0% packet loss", output);
            Assert.True(node.Counters.Sessions >= 2, node.Describe());
            Thread.Sleep(100);
            network.InNamespace("ping -c 2 -i 0.2 -W 5 " + Us);
        }
    }

    /// <summary>As WireGuardGoFact, in ./test --soak only: minutes of real time.</summary>
    public sealed class SoakFactAttribute : FactAttribute
    {
        public SoakFactAttribute()
        {
            Skip = Environment.GetEnvironmentVariable("MICROLINK_SOAK") != "1" ? "takes minutes; ./test interop --soak runs it" : WireGuardGoFactAttribute.WhyNot;
        }
    }
}
