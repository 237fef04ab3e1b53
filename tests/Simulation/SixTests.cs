using System.Linq;
using MicroLink.Bytes;
using MicroLink.Drivers.Simulated;
using MicroLink.Paths;
using Xunit;
using static MicroLink.Tests.Simulation.ScenarioTests;

namespace MicroLink.Tests.Simulation
{
    /// <summary>Nodes with IPv6 beside a NAT, with IPv6 only, and with either but not the same.</summary>
    public sealed class SixTests
    {
        [Theory]
        [InlineData(1, false)]
        [InlineData(2, true)]
        public void Symmetric_nats_do_not_matter_to_nodes_that_both_have_ipv6(long seed, bool firewalls)
        {
            using SimWorld world = new SimWorld(seed, 1, 0, true);
            SimNode a = world.AddNode("a", world.Network.AddNat(SimNatKind.Symmetric)), b = world.AddNode("b", world.Network.AddNat(SimNatKind.Symmetric));
            world.Network.AddSix(a.Host, firewalls);
            world.Network.AddSix(b.Host, firewalls);
            BootAll(world);
            MustPing(world, a, b);
            MustBecomeDirect(world, a, b);
            MustBecomeDirect(world, b, a);
            Assert.Equal("[" + SimEndpoint.SixText(b.Host.Six) + "]:41641", NetEndpoint.Format(a.Paths[b.Id].Endpoint, 0));
        }

        /// <summary>"Bonus: IPv6 +10" (protocol.md 6.7): at about the same latency it wins.</summary>
        [Fact]
        public void Ipv6_is_preferred_where_both_ways_are_as_long()
        {
            using SimWorld world = new SimWorld(3, 1, 0, true);
            SimNode a = world.AddNode("a", null), b = world.AddNode("b", null);
            world.Network.AddSix(a.Host, false);
            world.Network.AddSix(b.Host, false);
            BootAll(world);
            for (int second = 0; second < 70; second++)
            {
                MustPing(world, a, b);
                world.Advance(1000);
            }
            Assert.StartsWith("[2001:db8::", NetEndpoint.Format(a.Paths[b.Id].Endpoint, 0));
        }

        [Fact]
        public void A_node_without_ipv4_is_reached_directly_by_ipv6_and_by_relay_from_nodes_without_it()
        {
            using SimWorld world = new SimWorld(4, 1, 0, true);
            SimNode six = world.AddNode("six", null), both = world.AddNode("both", world.Network.AddNat(SimNatKind.EndpointIndependent));
            SimNode four = world.AddNode("four", null);
            six.Host.HasFour = false;
            world.Network.AddSix(six.Host, true);
            world.Network.AddSix(both.Host, true);
            BootAll(world);
            foreach (SimNode from in world.Nodes)
            {
                foreach (SimNode to in world.Nodes.Where(to => to != from)) MustPing(world, from, to);
            }
            MustBecomeDirect(world, six, both);
            MustBecomeDirect(world, both, six);
            MustBecomeDirect(world, four, both);
            for (int second = 0; second < 20; second++)
            {
                MustPing(world, four, six);
                world.Advance(1000);
            }
            Assert.Equal(PathChanged.Relay, SimWorld.PathOf(four, six));
        }
    }
}
