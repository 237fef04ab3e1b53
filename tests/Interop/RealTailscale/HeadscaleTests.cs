using System;
using System.IO;
using Xunit;

namespace MicroLink.Tests.Interop.RealTailscale
{
    /// <summary>
    /// Our node and a tailscaled in a tailnet of Headscale (tried with 0.28). One theory, so that a machine without it shows one skipped line.
    /// </summary>
    [Collection("real tailscale")]
    public sealed class HeadscaleTests
    {
        private const string Everything = "{\"acls\":[{\"action\":\"accept\",\"src\":[\"*\"],\"dst\":[\"*:*\"]}]}";

        [HeadscaleTheory]
        [InlineData(nameof(Everything_reaches_both_ways))]
        [InlineData(nameof(A_login_by_page_a_new_name_and_an_expired_key))]
        [InlineData(nameof(A_key_for_one_use_serves_a_restart_and_then_asks_for_a_login))]
        [InlineData(nameof(A_deleted_node_comes_back_with_its_reusable_key))]
        [InlineData(nameof(The_policy_is_enforced_as_it_changes))]
        [InlineData(nameof(Subnets_and_an_exit_node))]
        [InlineData(nameof(Ours_is_the_exit_node))]
        [InlineData(nameof(Https_of_a_private_ca_and_its_own_relay_over_a_restart))]
        [InlineData(nameof(An_ephemeral_node_is_gone_with_its_logout))]
        public void With_headscale(string scenario)
        {
            using RealTailnet net = new RealTailnet();
            switch (scenario)
            {
                case nameof(Everything_reaches_both_ways): Everything_reaches_both_ways(net); break;
                case nameof(A_login_by_page_a_new_name_and_an_expired_key): A_login_by_page_a_new_name_and_an_expired_key(net); break;
                case nameof(A_key_for_one_use_serves_a_restart_and_then_asks_for_a_login):
                    A_key_for_one_use_serves_a_restart_and_then_asks_for_a_login(net);
                    break;
                case nameof(A_deleted_node_comes_back_with_its_reusable_key): A_deleted_node_comes_back_with_its_reusable_key(net); break;
                case nameof(The_policy_is_enforced_as_it_changes): The_policy_is_enforced_as_it_changes(net); break;
                case nameof(Subnets_and_an_exit_node): Subnets_and_an_exit_node(net); break;
                case nameof(Ours_is_the_exit_node): Ours_is_the_exit_node(net); break;
                case nameof(Https_of_a_private_ca_and_its_own_relay_over_a_restart): Https_of_a_private_ca_and_its_own_relay_over_a_restart(net); break;
                case nameof(An_ephemeral_node_is_gone_with_its_logout): An_ephemeral_node_is_gone_with_its_logout(net); break;
                default: throw new ArgumentException(scenario);
            }
        }

        private static void Everything_reaches_both_ways(RealTailnet net)
        {
            Join(net);
            foreach (string kind in new[] { "--disco", "--icmp", "--tsmp" }) Assert.StartsWith("pong from theirs (100.64.0.", net.PingTheirs(kind));
            Assert.Contains("via 10.214.", net.PingTheirs("--until-direct"));
            foreach (string kind in new[] { "--tsmp", "--icmp" }) Assert.Contains("pong from ours", net.PingOurs(kind));
            net.Until("theirs is not direct", () => net.PingOurs().Contains(":41641"));
            net.Until("ours has no peerAPI", () => net.Tailscale("ping", "--c", "1", "--peerapi", "ours").Output.Contains("hit peerapi of 100.64.0."));
            Assert.True(net.EchoByTcp(net.OurAddress(0), 500000));
            Assert.True(net.EchoByTcp(net.OurAddress(1), 500000));
            Assert.True(net.EchoByUdp(net.OurAddress(0)) || net.EchoByUdp(net.OurAddress(0)));
            Assert.Contains("somebody", net.Tailscale("whois", net.OurAddress(0)).Output);
        }

        private static void A_login_by_page_a_new_name_and_an_expired_key(RealTailnet net)
        {
            net.StartHeadscale();
            net.StartOurs();
            string first = Login(net, null);
            string id = net.NodeId("ours").ToString();
            net.Headscale("nodes", "rename", "--identifier", id, "renamed");
            net.Until("ours does not hear of its name", () => net.Microlink("status").Output.Contains("renamed"));
            net.Headscale("nodes", "expire", "--identifier", id);
            Login(net, first);
            Assert.Equal(id, net.NodeId("renamed").ToString());
        }

        private static void A_key_for_one_use_serves_a_restart_and_then_asks_for_a_login(RealTailnet net)
        {
            net.StartHeadscale();
            string key = net.AuthKey();
            net.StartOurs("--auth-key", key);
            net.UntilConnected();
            net.Stop("ours");
            net.StartOurs("--auth-key", key);
            net.UntilConnected();
            net.Headscale("nodes", "expire", "--identifier", net.NodeId("ours").ToString());
            Login(net, null);
        }

        /// <summary>Headscale says nothing to a node that it deletes, also not to tailscaled; the node's next news is answered with 404.</summary>
        private static void A_deleted_node_comes_back_with_its_reusable_key(RealTailnet net)
        {
            Join(net);
            net.PingTheirs("--icmp");
            long id = net.NodeId("ours");
            net.Headscale("nodes", "delete", "--identifier", id.ToString(), "--force");
            Assert.Equal(0, net.In(RealTailnet.Ours, "ip", "addr", "add", "10.213.7.7/24", "dev", "eth0").ExitCode);
            net.Until("ours is not back", () => net.NodeId("ours") > 0 && net.NodeId("ours") != id);
            net.PingTheirs("--icmp");
            net.PingOurs("--icmp");
        }

        private static void The_policy_is_enforced_as_it_changes(RealTailnet net)
        {
            Join(net);
            net.PingTheirs("--icmp");
            string ours = net.OurAddress(0);
            net.Until("no echo by UDP", () => net.EchoByUdp(ours));
            string theirs = net.Tailscale("ip", "-4").Output.Trim();
            net.SetPolicy("{\"acls\":[{\"action\":\"accept\",\"proto\":\"tcp\",\"src\":[\"" + theirs + "\"],\"dst\":[\"" + ours + ":7\"]}]}");
            net.Until("UDP is still answered", () => !net.EchoByUdp(ours));
            Assert.True(net.EchoByTcp(ours, 10000));
            Assert.Contains("packet filter", net.Microlink("status").Output);
            net.SetPolicy("{\"acls\":[]}");
            net.Until("theirs is still shown", () => !net.Microlink("status").Output.Contains("theirs"));
            net.SetPolicy(Everything);
            net.PingTheirs("--icmp");
            net.Until("no echo by UDP after all", () => net.EchoByUdp(ours));
        }

        private static void Subnets_and_an_exit_node(RealTailnet net)
        {
            foreach (string space in new[] { RealTailnet.Ours, RealTailnet.Theirs }) net.In(space, "sysctl", "-qw", "net.ipv4.ip_forward=1");
            net.In(RealTailnet.Ours, "ip", "addr", "add", "10.77.0.1/24", "dev", "lo");
            net.In(RealTailnet.Theirs, "ip", "addr", "add", "10.78.0.1/24", "dev", "lo");
            net.In(RealTailnet.Control, "ip", "addr", "add", "198.51.100.9/32", "dev", "lo");
            net.In(RealTailnet.Theirs, "ip", "route", "replace", "default", "via", net.ControlAddress);
            net.StartHeadscale();
            string key = net.AuthKey("--reusable");
            net.StartTheirs("tailscale0");
            net.JoinTheirs("--authkey", key, "--accept-routes", "--advertise-routes", "10.78.0.0/24", "--advertise-exit-node");
            net.StartOurs("--auth-key", key, "--tun", "ml0", "--accept-routes", "--advertise-routes", "10.77.0.0/24");
            net.UntilConnected();
            net.Headscale("nodes", "approve-routes", "--identifier", net.NodeId("ours").ToString(), "--routes", "10.77.0.0/24");
            net.Headscale("nodes", "approve-routes", "--identifier", net.NodeId("theirs").ToString(), "--routes", "10.78.0.0/24,0.0.0.0/0,::/0");
            net.Until("their subnet is not reached", () => net.Pings(RealTailnet.Ours, "10.78.0.1"));
            net.Until("our subnet is not reached", () => net.Pings(RealTailnet.Theirs, "10.77.0.1"));
            Assert.False(net.Pings(RealTailnet.Ours, "198.51.100.9"));
            net.Stop("ours");
            net.StartOurs("--auth-key", key, "--tun", "ml0", "--exit-node", "theirs");
            net.Until("the exit node is not used", () => net.Pings(RealTailnet.Ours, "198.51.100.9"));
            net.UntilConnected();
        }

        private static void Ours_is_the_exit_node(RealTailnet net)
        {
            net.In(RealTailnet.Ours, "sysctl", "-qw", "net.ipv4.ip_forward=1");
            net.In(RealTailnet.Control, "ip", "addr", "add", "198.51.100.9/32", "dev", "lo");
            net.In(RealTailnet.Ours, "ip", "route", "replace", "default", "via", net.ControlAddress);
            net.Masquerade(RealTailnet.Ours);
            net.StartHeadscale();
            string key = net.AuthKey("--reusable");
            net.StartTheirs("tailscale0");
            net.JoinTheirs("--authkey", key);
            net.StartOurs("--auth-key", key, "--tun", "ml0", "--advertise-routes", "0.0.0.0/0,::/0");
            net.UntilConnected();
            net.Headscale("nodes", "approve-routes", "--identifier", net.NodeId("ours").ToString(), "--routes", "0.0.0.0/0,::/0");
            Assert.False(net.Pings(RealTailnet.Theirs, "198.51.100.9"));
            net.Until("theirs does not take us", () => net.Tailscale("set", "--exit-node", "ours").ExitCode == 0);
            net.Until("nothing comes through us", () => net.Pings(RealTailnet.Theirs, "198.51.100.9"));
        }

        private static void Https_of_a_private_ca_and_its_own_relay_over_a_restart(RealTailnet net)
        {
            net.StartHeadscale(https: true);
            string key = net.AuthKey("--reusable");
            net.StartOurs("--auth-key", key);
            net.Until("ours trusts anybody", () => net.State().Reason.Contains("not signed by an authority that this host trusts"));
            net.Stop("ours");
            net.StartTheirs();
            net.JoinTheirs("--authkey", key);
            net.StartOurs("--auth-key", key, "--force-relay", "--ca-file", Path.Combine(net.Folder, "ca.pem"));
            Assert.Contains("via DERP(own)", net.PingTheirs("--icmp"));
            net.Stop("headscale");
            net.StartHeadscale(https: true);
            Assert.Contains("via DERP(own)", net.PingTheirs("--icmp"));
            Assert.Contains("via TSMP", net.PingOurs("--tsmp"));
            net.UntilConnected();
        }

        private static void An_ephemeral_node_is_gone_with_its_logout(RealTailnet net)
        {
            net.StartHeadscale();
            net.StartOurs("--auth-key", net.AuthKey("--ephemeral"));
            net.UntilConnected();
            Assert.NotEqual(0, net.NodeId("ours"));
            Assert.Equal(0, net.Microlink("logout").ExitCode);
            net.Until("the node is still listed", () => net.NodeId("ours") == 0);
        }

        private static void Join(RealTailnet net)
        {
            net.StartHeadscale();
            net.SetPolicy(Everything);
            string key = net.AuthKey("--reusable");
            net.StartTheirs("tailscale0");
            net.JoinTheirs("--authkey", key);
            net.StartOurs("--auth-key", key, "--echo", RealTailnet.EchoPort.ToString());
            net.UntilConnected();
        }

        /// <summary>By the page that status names, which must be another one than <paramref name="before"/>; its key.</summary>
        private static string Login(RealTailnet net, string before)
        {
            string key = null;
            net.Until("there is no login page", () => (key = net.LoginKey()) != null && key != before);
            net.Headscale("nodes", "register", "--user", "somebody", "--key", key);
            net.UntilConnected();
            return key;
        }
    }

    /// <summary>Skipped with the reason where Headscale or Tailscale's programs are not named.</summary>
    public sealed class HeadscaleTheoryAttribute : TheoryAttribute
    {
        public HeadscaleTheoryAttribute()
        {
            Skip = RealTailnet.WhyNot("HEADSCALE");
        }
    }
}
