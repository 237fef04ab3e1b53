using System;
using System.Text.Json;
using System.Threading.Tasks;
using Xunit;

namespace MicroLink.Tests.Interop.RealTailscale
{
    /// <summary>
    /// Our node against Tailscale's own programs: tailscaled as the peer, derper as relay and STUN server, testcontrol as control. One theory,
    /// so that a machine without them shows one skipped line.
    /// </summary>
    [Collection("real tailscale")]
    public sealed class RealTailscaleTests
    {
        private const int TransferBytes = 150000000;

        [RealTailscaleTheory]
        [InlineData(nameof(All_kinds_of_ping_are_answered_both_ways_and_the_path_becomes_direct))]
        [InlineData(nameof(By_relay_alone_and_over_its_restart))]
        [InlineData(nameof(Each_side_restarts_with_a_new_disco_key))]
        [InlineData(nameof(Control_restarts_without_its_memory))]
        [InlineData(nameof(A_wrong_auth_key_is_refused_with_one_sentence))]
        [InlineData(nameof(Tun_devices_on_both_sides))]
        [InlineData(nameof(The_region_dies_and_another_takes_over))]
        [InlineData(nameof(Behind_address_translation))]
        [InlineData(nameof(Both_behind_routers_of_their_own))]
        [InlineData(nameof(A_relay_that_refuses_us_is_named_and_tried_again))]
        [InlineData(nameof(A_transfer_survives_every_change_of_its_way))]
        public void With_real_tailscale(string scenario)
        {
            using RealTailnet net = new RealTailnet();
            switch (scenario)
            {
                case nameof(All_kinds_of_ping_are_answered_both_ways_and_the_path_becomes_direct):
                    All_kinds_of_ping_are_answered_both_ways_and_the_path_becomes_direct(net);
                    break;
                case nameof(By_relay_alone_and_over_its_restart): By_relay_alone_and_over_its_restart(net); break;
                case nameof(Each_side_restarts_with_a_new_disco_key): Each_side_restarts_with_a_new_disco_key(net); break;
                case nameof(Control_restarts_without_its_memory): Control_restarts_without_its_memory(net); break;
                case nameof(A_wrong_auth_key_is_refused_with_one_sentence): A_wrong_auth_key_is_refused_with_one_sentence(net); break;
                case nameof(Tun_devices_on_both_sides): Tun_devices_on_both_sides(net); break;
                case nameof(The_region_dies_and_another_takes_over): The_region_dies_and_another_takes_over(net); break;
                case nameof(Behind_address_translation): Behind_address_translation(net); break;
                case nameof(Both_behind_routers_of_their_own): Both_behind_routers_of_their_own(net); break;
                case nameof(A_relay_that_refuses_us_is_named_and_tried_again): A_relay_that_refuses_us_is_named_and_tried_again(net); break;
                case nameof(A_transfer_survives_every_change_of_its_way): A_transfer_survives_every_change_of_its_way(net); break;
                default: throw new ArgumentException(scenario);
            }
        }

        private static void All_kinds_of_ping_are_answered_both_ways_and_the_path_becomes_direct(RealTailnet net)
        {
            Join(net);
            foreach (string kind in new[] { "--disco", "--icmp", "--tsmp" }) Assert.StartsWith("pong from theirs (100.64.0.", net.PingTheirs(kind));
            Assert.Contains("via 10.214.", net.PingTheirs("--until-direct"));
            Assert.Contains("via TSMP", net.PingOurs("--tsmp"));
            Assert.Contains("via ICMP", net.PingOurs("--icmp"));
            net.Until("theirs is not direct", () => net.PingOurs().Contains(":41641"));
            using JsonDocument status = JsonDocument.Parse(net.Microlink("status", "--json").Output);
            JsonElement peer = status.RootElement.GetProperty("peers")[0];
            Assert.Equal(("theirs", "direct"), (peer.GetProperty("name").GetString(), peer.GetProperty("path").GetString()));
            Assert.True(peer.GetProperty("rxBytes").GetInt64() > 0);
        }

        private static void By_relay_alone_and_over_its_restart(RealTailnet net)
        {
            Join(net, "--force-relay");
            Assert.Contains("via DERP(test)", net.PingTheirs("--icmp"));
            Assert.Contains("via DERP(test)", net.PingOurs());
            Assert.Contains("via TSMP", net.PingOurs("--tsmp"));
            net.Stop("derper");
            net.StartRelay();
            Assert.Contains("via DERP(test)", net.PingTheirs("--icmp"));
            Assert.Contains("via TSMP", net.PingOurs("--tsmp"));
        }

        private static void Each_side_restarts_with_a_new_disco_key(RealTailnet net)
        {
            Join(net);
            net.PingTheirs("--icmp");
            net.Stop("ours");
            net.StartOurs();
            net.PingOurs("--tsmp");
            net.PingTheirs("--icmp");
            net.Stop("tailscaled");
            net.StartTheirs();
            net.PingTheirs("--icmp");
            net.PingOurs("--tsmp");
        }

        /// <summary>testcontrol keeps nothing: new server key, unknown node. tailscaled of 2026 does not come back from that; we register anew.</summary>
        private static void Control_restarts_without_its_memory(RealTailnet net)
        {
            net.StartControl();
            net.StartOurs();
            net.UntilConnected();
            net.Stop("control");
            net.Until("ours does not notice", () => net.State().State != "connected");
            net.StartControl();
            net.Until("ours does not come back", () => net.State().State == "connected");
        }

        private static void A_wrong_auth_key_is_refused_with_one_sentence(RealTailnet net)
        {
            net.StartControl("-auth-key", "tskey-auth-right");
            net.StartOurs("--auth-key", "tskey-auth-wrong");
            net.Until("ours does not say it", () => net.State().Reason.Contains("invalid authkey. Check the auth key."));
            Assert.Equal("error", net.State().State);
            net.Stop("ours");
            net.StartOurs("--auth-key", "tskey-auth-right");
            net.UntilConnected();
        }

        private static void Tun_devices_on_both_sides(RealTailnet net)
        {
            net.StartControl();
            net.StartTheirs("tailscale0");
            net.JoinTheirs();
            net.StartOurs("--tun", "ml0");
            net.PingTheirs("--icmp");
            string theirs = net.Tailscale("ip", "-4").Output.Trim();
            for (int address = 0; address < 2; address++)
            {
                Assert.True(net.Pings(RealTailnet.Theirs, net.OurAddress(address)));
                Assert.True(net.Pings(RealTailnet.Ours, address == 0 ? theirs : net.Tailscale("ip", "-6").Output.Trim()));
            }
            Assert.Contains("via TSMP", net.PingOurs("--tsmp"));
        }

        private static void The_region_dies_and_another_takes_over(RealTailnet net)
        {
            net.AddSecondRegion();
            Join(net, "--force-relay");
            string way = net.PingTheirs("--icmp");
            bool first = way.Contains("via DERP(test)");
            Assert.True(first || way.Contains("via DERP(second)"), way);
            net.Stop(first ? "derper" : "derper2");
            string other = first ? "via DERP(second)" : "via DERP(test)";
            net.Until("ours has not moved", () => net.PingTheirs("--icmp").Contains(other));
            Assert.Contains("via TSMP", net.PingOurs("--tsmp"));
            net.Until("theirs does not follow", () => net.PingOurs().Contains(other));
        }

        /// <summary>Ours behind a NAT of its own, theirs in the open: direct, as a port-preserving and as a symmetric one; then UDP is blocked.</summary>
        private static void Behind_address_translation(RealTailnet net)
        {
            net.PutBehindNat(RealTailnet.Ours, "masquerade");
            Join(net);
            Assert.Contains("via " + net.ControlAddress[..^1] + "2:41641", net.PingTheirs("--until-direct"));
            net.PutBehindNat(RealTailnet.Ours, "masquerade fully-random");
            net.Stop("ours");
            net.StartOurs();
            Assert.Contains("via " + net.ControlAddress[..^1] + "2:41641", net.PingTheirs("--until-direct"));
            net.BlockUdp();
            net.Until("ours does not go by relay", () => net.PingTheirs("--icmp").Contains("via DERP(test)"));
            Assert.Contains("via TSMP", net.PingOurs("--tsmp"));
        }

        /// <summary>Two home routers that keep ports: direct. With new ports for each destination on our side: by relay, as it must be.</summary>
        private static void Both_behind_routers_of_their_own(RealTailnet net)
        {
            net.PutBehindNat(RealTailnet.Ours, "masquerade");
            net.PutBehindNat(RealTailnet.Theirs, "masquerade");
            Join(net);
            Assert.Contains("via " + net.ControlAddress[..^1] + "2:41641", net.PingTheirs("--until-direct"));
            net.Until("theirs is not direct", () => net.PingOurs().Contains(net.ControlAddress[..^1] + "3:41641"));
            net.Stop("ours");
            net.PutBehindNat(RealTailnet.Ours, "masquerade fully-random");
            net.StartOurs("--udp-port", "41642");
            Assert.Contains("via TSMP", net.PingOurs("--tsmp"));
            net.Until("ours does not go by relay", () => net.PingTheirs("--icmp").Contains("via DERP(test)"));
        }

        private static void A_relay_that_refuses_us_is_named_and_tried_again(RealTailnet net)
        {
            net.Stop("derper");
            net.StartRelayThatRefuses();
            net.StartControl();
            net.StartTheirs();
            net.JoinTheirs();
            net.StartOurs("--force-relay");
            net.Until("status does not say it", () => net.Microlink("status").Output.Contains("it may not know our node key yet"));
            net.Stop("derper");
            net.StartRelay();
            Assert.Contains("via DERP(test)", net.PingTheirs("--icmp"));
            Assert.DoesNotContain("health:", net.Microlink("status").Output);
        }

        /// <summary>UDP goes and comes back under TCP, three times and more: no byte is lost or changed.</summary>
        private static void A_transfer_survives_every_change_of_its_way(RealTailnet net)
        {
            net.StartControl();
            net.StartTheirs("tailscale0");
            net.JoinTheirs();
            net.StartOurs("--echo", RealTailnet.EchoPort.ToString());
            net.PingTheirs("--until-direct");
            string ours = net.OurAddress(0);
            Task<bool> transfer = Task.Run(() => net.EchoByTcp(ours, TransferBytes));
            int changes = 0;
            for (; !transfer.IsCompleted; changes++)
            {
                net.BlockAllUdp(changes % 2 == 0);
                transfer.Wait(1500);
            }
            Assert.True(transfer.Result);
            Assert.True(changes >= 3, "the transfer was over after " + changes + " changes");
        }

        private static void Join(RealTailnet net, params string[] options)
        {
            net.StartControl();
            net.StartTheirs();
            net.JoinTheirs();
            net.StartOurs(options);
        }
    }

    /// <summary>Skipped with the reason where Tailscale's programs are not named.</summary>
    public sealed class RealTailscaleTheoryAttribute : TheoryAttribute
    {
        public RealTailscaleTheoryAttribute()
        {
            Skip = RealTailnet.WhyNot();
        }
    }
}
