using System.Linq;
using MicroLink.Control;
using MicroLink.Drivers.Simulated;
using MicroLink.Lab.Core;
using MicroLink.Node;
using MicroLink.Paths;
using MicroLink.Store;
using Xunit;
using static MicroLink.Tests.Simulation.ScenarioTests;

namespace MicroLink.Tests.Simulation
{
    /// <summary>What the control server does to whole nodes: refusals, logins, expiry, removal, restarts, moved relays.</summary>
    public sealed class ControlTests
    {
        [Fact]
        public void A_wrong_auth_key_is_said_in_one_sentence_and_tried_again_ever_more_slowly()
        {
            using SimWorld world = new SimWorld(51);
            SimNode a = world.AddNode("a", null);
            a.Options.AuthKey = "tskey-auth-wrong";
            a.Boot();
            world.Until(() => a.State == NodeState.Error, 30000, "the refusal is shown");
            Assert.Contains("invalid pre auth key", a.Reason);
            int dials = a.Dialer.Dials;
            world.Advance(3600000);
            int more = a.Dialer.Dials - dials;
            if (more < 5 || more > 400) throw world.Failure(more + " dials in an hour after a refusal");
            Assert.Empty(world.Lab.Core.Control.Nodes);

            world.Lab.Core.Options.MoreAuthKeys.Add(new LabAuthKey { Key = "tskey-auth-wrong" });   // the user fixes it on the server
            world.Until(() => a.State == NodeState.Connected, 600000, "a is admitted");
        }

        [Fact]
        public void Without_a_key_the_login_page_is_shown_and_approval_connects()
        {
            using SimWorld world = new SimWorld(52);
            SimNode a = world.AddNode("a", null);
            a.Options.AuthKey = null;
            a.Boot();
            world.Until(() => a.State == NodeState.NeedsLogin && a.AuthUrl != null, 30000, "the login page is shown");
            world.Advance(300000);   // people take their time
            string url = a.AuthUrl;
            Assert.True(world.Lab.Core.Control.Approve(url.Substring(url.LastIndexOf('/') + 1), world.Time.Ms));
            world.Until(() => a.State == NodeState.Connected, 60000, "a is connected after the login");
        }

        [Fact]
        public void An_expired_node_key_is_replaced_and_peers_find_the_node_again()
        {
            using SimWorld world = Two(53, out SimNode a, out SimNode b);
            MustPing(world, a, b);
            byte[] machine = b.Settings.Get(StateKeys.MachinePrivate);
            byte[] before = b.Settings.Get(StateKeys.NodePrivate);
            world.Lab.Core.Control.Expire(world.Lab.Core.Control.FindByName("b"), world.Time.Ms);
            world.Until(() => !b.Settings.Get(StateKeys.NodePrivate).SequenceEqual(before), 120000, "b has a new node key");
            world.Until(() => b.State == NodeState.Connected, 120000, "b is connected with its new key");
            Assert.Equal(machine, b.Settings.Get(StateKeys.MachinePrivate));
            MustPing(world, a, b, 20);
            MustPing(world, b, a, 20);
        }

        [Fact]
        public void After_a_restart_known_peers_are_reached_before_control_answers()
        {
            using SimWorld world = Two(56, out SimNode a, out SimNode b);
            MustPing(world, a, b);
            world.Advance(2000);
            int programs = a.Peers.Programs;
            a.PowerOff();
            world.Lab.Control.IsOnline = false;
            a.Boot();
            world.Advance(3000);
            MustPing(world, a, b, 20);
            MustPing(world, b, a, 20);
            Assert.NotEqual(NodeState.Connected, a.State);
            world.Lab.Control.IsOnline = true;
            world.Until(() => a.State == NodeState.Connected, 120000, "control is reached again");
            MustPing(world, a, b, 5);
            world.Advance(2000);
            // What came from the store is not written again, and control said nothing new but our home relay.
            if (a.Peers.Programs - programs > 3) throw world.Failure((a.Peers.Programs - programs) + " writes after a restart");
        }

        [Fact]
        public void Peers_and_filter_of_another_control_server_are_forgotten()
        {
            using SimWorld world = Two(58, out SimNode a, out SimNode b);
            MustPing(world, a, b);
            world.Advance(2000);
            Assert.Equal(1, a.Peers.Count);
            a.PowerOff();
            a.Options.ControlUrl = "http://elsewhere.lab";
            a.Boot();
            Assert.Equal(0, a.Graph.Peers.Count);
            Assert.Null(a.Settings.Get(StateKeys.PacketFilter));
            world.Advance(5000);
            Assert.Equal(0, a.Peers.Count);
            PingResult pong = world.Ping(b, a, PingPeer.Icmp, 3000);
            Assert.True(pong == null || pong.Error != null, "a tailnet that was left still comes in");
        }

        [Fact]
        public void Tunnels_live_while_control_is_away_for_hours()
        {
            using SimWorld world = Two(57, out SimNode a, out SimNode b);
            MustPing(world, a, b);
            world.Lab.Control.IsOnline = false;
            for (int hour = 0; hour < 3; hour++)
            {
                world.Advance(3600000);
                MustPing(world, a, b, 20);
            }
            Assert.Equal(NodeState.Reconnecting, a.State);
            world.Lab.Control.IsOnline = true;
            world.Until(() => a.State == NodeState.Connected && b.State == NodeState.Connected, 120000, "control is reached again");
        }

        [Fact]
        public void A_removed_node_is_gone_for_its_peers()
        {
            using SimWorld world = Two(54, out SimNode a, out SimNode b);
            MustPing(world, a, b);
            long id = b.Id;
            b.PowerOff();
            world.Lab.Core.Control.Remove(world.Lab.Core.Control.FindByName("b"), world.Time.Ms);
            world.Advance(5000);
            a.Probe.Clear();
            a.Probe.Send(a.Graph.NetIo, new Paths.PingPeer(id, Paths.PingPeer.Icmp, 2000));
            world.Advance(3000);
            Assert.NotNull(((Paths.PingResult)a.Probe.Next()).Error);
            Assert.Equal(0, a.Peers.Count);
        }

        [Fact]
        public void A_restarted_control_server_is_found_again_and_nothing_is_lost()
        {
            using SimWorld world = Two(55, out SimNode a, out SimNode b);
            for (int round = 0; round < 10; round++)
            {
                world.Lab.Core.Control.EndPolls(world.Time.Ms);
                world.Advance(100);
                MustPing(world, a, b, 5);
                world.Until(() => a.State == NodeState.Connected && b.State == NodeState.Connected, 120000, "both poll again");
            }
            Assert.Equal(2, world.Lab.Core.Control.Nodes.Count);
        }

        [Theory]
        [InlineData("headscale", true)]
        [InlineData("headscale", false)]
        [InlineData("tailscale", false)]
        [InlineData("ionscale", false)]
        public void Nodes_find_each_other_whatever_the_habits_of_the_control_server(string flavor, bool earlyNoise)
        {
            using SimWorld world = new SimWorld(59);
            world.Lab.Core.Options.Flavor = LabFlavor.Find(flavor);
            world.Lab.Core.Options.EarlyNoise = earlyNoise;
            SimNode a = world.AddNode("a", null), b = world.AddNode("b", world.Network.AddNat(SimNatKind.EndpointIndependent));
            BootAll(world);
            MustPing(world, a, b);
            // Deleted by the admin: 404 or 400, and it registers again.
            world.Lab.Core.Control.Remove(world.Lab.Core.Control.FindByName("a"), world.Time.Ms);
            world.Until(() => a.Id != 0 && a.State == NodeState.Connected, 120000, "a is registered again");
            MustPing(world, b, a, 20);
        }

        [Fact]
        public void Logout_removes_the_node_and_a_new_start_needs_a_new_login()
        {
            using SimWorld world = Two(57, out SimNode a, out SimNode b);
            MustPing(world, a, b);
            a.Probe.Clear();
            a.Probe.Send(a.Graph.Control, Logout.Instance);
            world.Until(() => a.Probe.Count > 0, 15000, "the logout is confirmed");
            Assert.Null(((LoggedOut)a.Probe.Next()).Error);
            a.Graph.ForgetNodeKey();
            world.Advance(1000);
            Assert.Null(a.Settings.Get(StateKeys.NodePrivate));
            Assert.NotNull(a.Settings.Get(StateKeys.MachinePrivate));
            a.PowerOff();
            a.Boot();
            world.Until(() => a.State == NodeState.Connected, 60000, "a is back with its auth key");
            MustPing(world, a, b, 20);
        }

        [Fact]
        public void A_full_disk_is_no_reason_to_stop()
        {
            using SimWorld world = new SimWorld(58);
            SimNode a = world.AddNode("a", null), b = world.AddNode("b", null);
            a.Settings.FailWith = "The settings could not be saved (No space left on device).";
            BootAll(world);
            MustPing(world, a, b);
            world.Advance(600000);
            Assert.Equal(NodeState.Connected, a.State);
            Assert.Equal(0, a.System.Failures);
            a.Settings.FailWith = null;
            world.Advance(600000);
            Assert.True(a.Settings.Commits > 0);
            Assert.Equal(0, a.System.Failures);
        }

        [Fact]
        public void No_actor_ever_fails_in_an_ordinary_life()
        {
            using SimWorld world = new SimWorld(59, 2);
            for (int i = 0; i < 4; i++) world.AddNode("n" + i, i == 0 ? null : world.Network.AddNat(i % 2 == 0 ? SimNatKind.Symmetric
                : SimNatKind.EndpointIndependent));
            BootAll(world);
            foreach (SimNode from in world.Nodes)
                foreach (SimNode to in world.Nodes.Where(node => node != from)) MustPing(world, from, to);
            world.Advance(3600000);
            foreach (SimNode node in world.Nodes) Assert.Equal(0, node.System.Failures);
        }

        /// <summary>Design section 8: a device at 1970 behind an HTTPS-only control server must come up, and no certificate is tolerated.</summary>
        [Fact]
        public void A_first_boot_at_1970_behind_https_gets_the_date_from_time_servers()
        {
            using SimWorld world = HttpsOnly(60, out SimNode a);
            world.Lab.AddTimeServer("ntp1.lab", 300);
            world.Lab.AddTimeServer("ntp2.lab", -900);
            world.Lab.AddTimeServer("ntp3.lab", -5 * 365 * 86400000L);
            a.Boot();
            world.Until(() => a.State == NodeState.Connected, 30000, "a is connected");
            // From now on the clock is control's, and nobody else is asked.
            int sent = a.TimePort.Sent;
            Assert.InRange(sent, 2, 3);
            world.Advance(6 * 3600000);
            Assert.Equal(sent, a.TimePort.Sent);
            Assert.Equal(NodeState.Connected, a.State);
            SimNode b = world.AddNode("b", null);
            b.Options.ControlUrl = a.Options.ControlUrl;
            b.Boot();
            world.Until(() => b.State == NodeState.Connected, 30000, "b is connected");
            MustPing(world, a, b, 5);
        }

        [Fact]
        public void Without_the_date_the_certificate_keeps_a_first_boot_out_until_a_time_server_appears()
        {
            using SimWorld world = HttpsOnly(61, out SimNode a);
            a.Boot();
            world.Advance(1800000);
            Assert.NotEqual(NodeState.Connected, a.State);
            Assert.Contains("certificate", a.Reason);
            Assert.Empty(world.Lab.Core.Control.Nodes);
            world.Lab.AddTimeServer("ntp2.lab", 0);
            world.Until(() => a.State == NodeState.Connected, 60000, "a is connected");
        }

        /// <summary>A liar can keep a node out, but neither use up its time stamps nor make it accept a certificate of another name.</summary>
        [Fact]
        public void A_time_server_that_lies_changes_no_stamps()
        {
            using SimWorld world = HttpsOnly(62, out SimNode a);
            world.Lab.AddTimeServer("ntp1.lab", 20 * 365 * 86400000L);
            a.Boot();
            world.Advance(600000);
            Assert.NotEqual(NodeState.Connected, a.State);
            Assert.InRange(Clock.ClockFloor.FloorMs(a.Settings.Get(StateKeys.ClockFloor)), 1, world.Lab.Core.Options.UnixMsAtZero);
        }

        private static SimWorld HttpsOnly(long seed, out SimNode node)
        {
            const long November = 1793491200000, February = 1801440000000;       // of 2026 and 2027
            SimWorld world = new SimWorld(seed);
            world.Lab.Core.Options.UnixMsAtZero = November + 20 * 86400000L;
            world.Lab.Control.Serve(SimLab.ControlPort, null);
            world.Lab.ServeControl(443);
            world.Lab.Control.CertificateFromMs = November;
            world.Lab.Control.CertificateUntilMs = February;
            node = world.AddNode("a", null);
            node.Options.ControlUrl = "https://" + SimLab.ControlName;
            node.Options.TimeServers = new[] { "ntp1.lab", "ntp2.lab", "ntp3.lab" };
            node.Wall.OffsetMs = -world.Time.Ms;
            return world;
        }

        private static SimWorld Two(long seed, out SimNode a, out SimNode b)
        {
            SimWorld world = new SimWorld(seed);
            a = world.AddNode("a", world.Network.AddNat(SimNatKind.EndpointIndependent));
            b = world.AddNode("b", null);
            BootAll(world);
            return world;
        }
    }
}
