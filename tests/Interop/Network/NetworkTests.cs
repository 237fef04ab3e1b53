using System;
using System.Diagnostics;
using System.Linq;
using Xunit;

namespace MicroLink.Tests.Interop.Network
{
    /// <summary>
    /// Real nodes in real networks: which pairs must find a direct path and which must stay on the relay, within what time, and how long
    /// traffic may pause when the network changes under it. Time limits are several times what is measured, so that a busy machine passes;
    /// `./bench paths` measures.
    /// </summary>
    public sealed class NetworkTests : IClassFixture<NetworkWorld>
    {
        /// <summary>PauseMs: 0.8 s on a quiet machine; the protocol alone would take 6.5 s (protocol.md 6.5).</summary>
        private const int DirectMs = 10000, PauseMs = 2500;
        private const int RelayPauseMs = 4000, AddressPauseMs = 4000;
        private readonly NetworkWorld _world;

        public NetworkTests(NetworkWorld world)
        {
            _world = world;
        }

        /// <summary>A stream that nothing happens to.</summary>
        private Traffic Calm() => new Traffic(_world.V6a, _world.V6b);

        [NetworkFact]
        public void Open_hosts_are_direct_and_the_lan_address_is_used()
        {
            Assert.Equal("203.0.113.12:41641", _world.Open1.MustBecomeDirect(_world.Open2, DirectMs));
            Assert.Equal("203.0.113.11:41641", _world.Open2.MustBecomeDirect(_world.Open1, DirectMs));
        }

        [NetworkFact]
        public void Two_port_preserving_nats_are_pierced()
        {
            Assert.Equal("203.0.113.22:41641", _world.Kept1.MustBecomeDirect(_world.Kept2, DirectMs));
        }

        [NetworkFact]
        public void Two_symmetric_nats_stay_on_the_relay_and_know_why()
        {
            _world.Symmetric1.MustStayRelayed(_world.Symmetric2, 4000);
            Assert.StartsWith("relay: ", _world.Symmetric1.Reason(_world.Symmetric2));
            string[] netcheck = _world.Symmetric1.Ask("netcheck", 8000);
            Assert.Contains("mapping varies by destination: yes", netcheck);
        }

        [NetworkFact]
        public void A_symmetric_nat_reaches_an_open_host_and_a_full_cone_directly()
        {
            _world.Symmetric1.MustBecomeDirect(_world.Open1, DirectMs);
            _world.Open1.MustBecomeDirect(_world.Symmetric1, DirectMs);
            Assert.Equal("203.0.113.25:50001", _world.Symmetric1.MustBecomeDirect(_world.Cone, DirectMs));
        }

        [NetworkFact]
        public void A_symmetric_and_a_port_preserving_nat_stay_on_the_relay()
        {
            _world.Symmetric2.MustStayRelayed(_world.Kept2, 2000);
        }

        [NetworkFact]
        public void A_host_behind_two_nats_is_reached_directly()
        {
            _world.Double.MustBecomeDirect(_world.Kept1, DirectMs);
            _world.Kept1.MustBecomeDirect(_world.Double, DirectMs);
        }

        [NetworkFact]
        public void Without_udp_everything_goes_by_relay()
        {
            _world.NoUdpHost.MustStayRelayed(_world.Open1, 3000);
            _world.Open1.MustPing(_world.NoUdpHost);
            Assert.Contains("UDP: no", _world.NoUdpHost.Ask("netcheck", 8000));
        }

        [NetworkFact]
        public void With_ipv6_only_hosts_are_direct()
        {
            Assert.Equal("[2001:db8::32]:41641", _world.V6a.MustBecomeDirect(_world.V6b, DirectMs));
        }

        [NetworkFact]
        public void Behind_one_router_the_hairpin_is_used()
        {
            Assert.Equal("203.0.113.29:50010", _world.Hairpin1.MustBecomeDirect(_world.Hairpin2, DirectMs));
        }

        [PortMapFact]
        public void A_port_that_the_gateway_maps_makes_a_symmetric_nat_reachable_from_another_one()
        {
            NetworkLab.Wait(() => string.Join('\n', _world.MappedHost.Ask("netcheck", 8000) ?? new string[0]).Contains("(portmapped)"),
                "the gateway has mapped a port: " + _world.MappedHost.Log());
            Assert.StartsWith("5.1.1.47:", _world.Symmetric1.MustBecomeDirect(_world.MappedHost, DirectMs));
            Assert.Contains(_world.MappedHost.Ask("netcheck", 8000), line => line.StartsWith("port mapping: mapped by PCP", StringComparison.Ordinal));
        }

        [NetworkFact]
        public void With_30_percent_loss_the_path_is_direct_and_pings_arrive_as_often_as_the_loss_allows()
        {
            _world.Lossy1.MustBecomeDirect(_world.Lossy2, 30000);
            int answered = Enumerable.Range(0, 40).Count(_ => _world.Lossy1.Ping(_world.Lossy2, 300) != null);
            Assert.InRange(answered, 10, 40);                    // 0.7 * 0.7 of 40 = 20
        }

        [NetworkFact]
        public void A_slow_line_of_10_Mbit_is_direct_and_answers()
        {
            _world.Slow1.MustBecomeDirect(_world.Slow2, DirectMs);
            Assert.True(_world.Slow1.Ping(_world.Slow2) < 100);
        }

        [NetworkFact]
        public void Delay_and_reordering_do_not_matter()
        {
            _world.Late1.MustBecomeDirect(_world.Late2, DirectMs);
            double? latency = _world.Late1.Ping(_world.Late2);
            Assert.InRange(latency ?? 0, 40, 400);               // 20 to 35 ms each way
            using Traffic calm = Calm();
            using Traffic traffic = new Traffic(_world.Late1, _world.Late2);
            traffic.MustGoOn(traffic.NowMs, 1500, 1000, calm);
        }

        [NetworkFact]
        public void When_the_direct_path_dies_traffic_goes_on_by_relay_and_comes_back()
        {
            LabHost a = _world.Slow1, b = _world.Slow2;
            a.MustBecomeDirect(b, DirectMs);
            using Traffic calm = Calm();
            using Traffic traffic = new Traffic(a, b);
            long since = traffic.NowMs;
            _world.Lab.Nft(b.Name, "table ip t { chain i { type filter hook input priority 0; ip saddr " + a.Address + " udp dport 41641 drop; }; }");
            traffic.MustGoOn(since, PauseMs, PauseMs - 500, calm);
            Assert.NotEqual("direct", a.Path(b).Way == "direct" && a.Reason(b).StartsWith("direct: ") ? "direct" : "");
            since = traffic.NowMs;
            _world.Lab.Nft(b.Name, "delete table ip t");
            NetworkLab.Wait(() => a.Reason(b).StartsWith("direct: "), "direct again: " + a.Reason(b));
            traffic.MustGoOn(since, 0, PauseMs - 500, calm);
        }

        [NetworkFact]
        public void When_our_address_changes_traffic_goes_on()
        {
            LabHost a = _world.Moving, b = _world.Open2;
            a.MustBecomeDirect(b, DirectMs);
            using Traffic calm = Calm();
            using Traffic traffic = new Traffic(a, b);
            long since = traffic.NowMs;
            _world.Lab.In(a.Name, "sh -c 'ip addr add 203.0.113.146/24 dev wan; ip addr del " + a.Address + "/24 dev wan; ip addr add 203.0.113.146/24 dev wan || true'");
            traffic.MustGoOn(since, AddressPauseMs, AddressPauseMs - 500, calm);
            NetworkLab.Wait(() => b.Path(a).Endpoint == "203.0.113.146:41641" || b.Path(a).Way != "direct", "b uses the new address");
            a.MustBecomeDirect(b, DirectMs);
        }

        [NetworkFact]
        public void When_the_relay_restarts_relayed_traffic_goes_on()
        {
            using Traffic calm = Calm();
            using Traffic traffic = new Traffic(_world.NoUdpHost, _world.Open2);
            long since = traffic.NowMs;
            _world.Lab.RestartRelays();
            // The outage of 300 ms and 0.1 s; where a busy machine misses the second of quick tries, the back-off begins at its first steps.
            traffic.MustGoOn(since, RelayPauseMs, RelayPauseMs - 500, calm);
        }

        [NetworkFact]
        public void Rebind_replaces_the_sockets_and_traffic_does_not_notice()
        {
            LabHost a = _world.Open1, b = _world.Open2;
            a.MustBecomeDirect(b, DirectMs);
            using Traffic calm = Calm();
            using Traffic traffic = new Traffic(a, b);
            long since = traffic.NowMs;
            Stopwatch watch = Stopwatch.StartNew();
            string[] answer = a.Ask("rebind");
            Assert.InRange(watch.ElapsedMilliseconds, 0, 1000);
            Assert.Contains("New UDP sockets on port 41641", answer[0]);
            traffic.MustGoOn(since, 2000, 1500, calm);
            a.MustBecomeDirect(b, DirectMs);
        }
    }
}
