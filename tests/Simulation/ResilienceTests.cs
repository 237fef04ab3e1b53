using MicroLink.Drivers.Simulated;
using MicroLink.Node;
using Xunit;
using static MicroLink.Tests.Simulation.ScenarioTests;

namespace MicroLink.Tests.Simulation
{
    /// <summary>What becomes of whole nodes and their tunnels when something happens to the control connection.</summary>
    public sealed class ResilienceTests
    {
        /// <summary>protocol.md 4.5: 120 s, two keep-alive periods, without a byte.</summary>
        [Fact]
        public void A_map_stream_that_died_silently_is_noticed_within_two_keep_alive_periods()
        {
            using SimWorld world = Two(70, out SimNode a, out SimNode b);
            MustPing(world, a, b);
            world.Advance(200000);
            Assert.Equal(NodeState.Connected, a.State);
            world.Lab.Control.StallConnections();
            long begin = world.Time.Ms;
            world.Until(() => a.State != NodeState.Connected, 121000, "a has noticed");
            Assert.True(world.Time.Ms - begin > 55000, "noticed after " + (world.Time.Ms - begin) + " ms: a keep-alive may take a minute");
            Assert.Contains("sent nothing for 120 s", a.Reason);
            MustPing(world, a, b);
            world.Until(() => a.State == NodeState.Connected && b.State == NodeState.Connected, 130000, "both poll again");
            MustPing(world, b, a);
        }

        [Fact]
        public void A_control_server_that_comes_back_with_another_key_is_believed_unless_its_key_is_pinned()
        {
            using SimWorld world = new SimWorld(71);
            SimNode a = world.AddNode("a", world.Network.AddNat(SimNatKind.EndpointIndependent)), b = world.AddNode("b", null);
            b.Options.PinControlKey = true;
            BootAll(world);
            b.PowerOff();           // the key of the first start is the one that is pinned
            b.Boot();
            world.Until(() => b.State == NodeState.Connected, 30000, "b is connected");
            MustPing(world, a, b);
            world.Lab.Core.Control.ReplaceNoiseKey(world.Time.Ms);
            world.Until(() => a.State != NodeState.Connected, 5000, "a has lost its poll");
            world.Until(() => a.State == NodeState.Connected, 60000, "a took the new key");
            world.Until(() => b.State == NodeState.Error, 60000, "b refuses the new key");
            Assert.Contains("not the one that is pinned", b.Reason);
            world.Advance(3600000);
            Assert.Equal(NodeState.Error, b.State);
            MustPing(world, b, a, 5);
        }

        [Fact]
        public void Jumps_of_the_hosts_clock_change_nothing()
        {
            using SimWorld world = Two(72, out SimNode a, out SimNode b);
            long right = a.Wall.OffsetMs.Value;
            foreach (long jumpMs in new[] { 3600000L, -300000, 40 * 86400000L, -86400000, -right, 0 })
            {
                a.Wall.OffsetMs = right + jumpMs;
                world.Advance(90000);
                Assert.Equal(NodeState.Connected, a.State);
                MustPing(world, a, b, 5);
                // A handshake with the stamps of the new time: the peer must still take them.
                world.Advance(300000);
                MustPing(world, a, b, 5);
                MustPing(world, b, a, 5);
            }
        }

        [Fact]
        public void On_another_network_control_is_called_at_once()
        {
            using SimWorld world = Two(73, out SimNode a, out SimNode b);
            MustPing(world, a, b);
            int dials = a.Dialer.Dials;
            world.Network.Roam(a.Host, world.Network.AddNat(SimNatKind.Symmetric));
            world.Until(() => a.Dialer.Dials > dials && a.State == NodeState.Connected, 3000, "a is connected from its new address");
            world.Advance(1000);
            Assert.Equal(NodeState.Connected, a.State);
            MustPing(world, b, a, 5);
        }

        /// <summary>protocol.md 3.5: n squared times 10 ms, half to one and a half of it, at most 30 s, for ever.</summary>
        [Fact]
        public void Control_that_is_away_is_called_ever_more_slowly_and_for_ever()
        {
            using SimWorld world = Two(74, out SimNode a, out SimNode b);
            world.Lab.Control.IsOnline = false;
            world.Advance(60000);
            int first = a.Dialer.Dials;
            world.Advance(4 * 3600000);
            int later = a.Dialer.Dials - first;
            // A dial takes 10 s to fail here, a pause 15 to 45 s; relays are connected and dial nothing.
            if (later < 4 * 60 || later > 4 * 3600 / 12) throw world.Failure(later + " dials in four hours");
            world.Lab.Control.IsOnline = true;
            world.Until(() => a.State == NodeState.Connected, 46000, "a is connected again");
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
