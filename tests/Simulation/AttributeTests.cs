using System;
using MicroLink.Drivers.Simulated;
using MicroLink.Node;
using MicroLink.Paths;
using Xunit;
using static MicroLink.Tests.Simulation.ScenarioTests;

namespace MicroLink.Tests.Simulation
{
    /// <summary>What the attributes of the self node change in whole nodes (protocol.md 4.13).</summary>
    public sealed class AttributeTests
    {
        private static readonly byte[] s_disco = { 0x54, 0x53, 0xF0, 0x9F, 0x92, 0xAC };

        [Fact]
        public void Under_only_tcp_443_no_datagram_leaves_and_the_relay_carries_everything()
        {
            using SimWorld world = Two(80, "only-tcp-443", out SimNode a, out SimNode b);
            world.Advance(30000);
            long before = a.Host.DatagramsSent + b.Host.DatagramsSent;
            for (int minute = 0; minute < 10; minute++)
            {
                MustPing(world, a, b);
                world.Advance(60000);
            }
            Assert.Equal(before, a.Host.DatagramsSent + b.Host.DatagramsSent);
            Assert.Equal(PathChanged.Relay, SimWorld.PathOf(a, b));
        }

        [Fact]
        public void Under_silent_disco_a_direct_path_is_kept_without_heartbeats()
        {
            int usual = DiscoInAMinute(null), silent = DiscoInAMinute("silent-disco");
            Assert.True(usual > 15 && silent * 3 < usual, usual + " DISCO packets in a minute, silent " + silent);
        }

        [Fact]
        public void Under_debug_always_stun_an_idle_node_asks_as_often_as_a_busy_one()
        {
            int usual = StunInAnHour(null), always = StunInAnHour("debug-always-stun");
            Assert.True(always > 5 * usual, "STUN requests in an idle hour: " + usual + ", always " + always);
        }

        [Fact]
        public void Under_randomize_client_port_the_well_known_port_is_left()
        {
            using SimWorld usual = Two(83, null, out SimNode a, out _);
            Assert.Equal(NodeOptions.DefaultUdpPort, a.Graph.Plane.LocalPort);
            using SimWorld world = Two(83, "randomize-client-port", out a, out SimNode b);
            world.Advance(2000);
            Assert.InRange(a.Graph.Plane.LocalPort, 49152, 65535);
            Assert.NotEqual(a.Graph.Plane.LocalPort, b.Graph.Plane.LocalPort);
            MustPing(world, a, b);
        }

        private static int DiscoInAMinute(string attribute)
        {
            using SimWorld world = Two(81, attribute, out SimNode a, out SimNode b);
            MustPing(world, a, b);
            world.Until(() => SimWorld.PathOf(a, b) == PathChanged.Direct, 60000, "the path is direct");
            int count = 0;
            SimTap tap = world.Network.Tap;
            world.Network.Tap = (from, to, datagram) =>
            {
                if (datagram.Length > 6 && datagram.AsSpan(0, 6).SequenceEqual(s_disco)) count++;
                tap(from, to, datagram);
            };
            for (int i = 0; i < 60; i++)
            {
                MustPing(world, a, b);
                world.Advance(1000);
            }
            return count;
        }

        private static int StunInAnHour(string attribute)
        {
            using SimWorld world = Two(82, attribute, out SimNode a, out _);
            world.Advance(120000);
            int count = 0;
            SimTap tap = world.Network.Tap;
            world.Network.Tap = (from, to, datagram) =>
            {
                if (from == a.Host && to.Port == SimLab.StunPort) count++;
                tap(from, to, datagram);
            };
            world.Advance(3600000);
            return count;
        }

        private static SimWorld Two(long seed, string attribute, out SimNode a, out SimNode b)
        {
            SimWorld world = new SimWorld(seed);
            if (attribute != null) world.Lab.Core.Options.NodeAttributes.Add(attribute);
            a = world.AddNode("a", world.Network.AddNat(SimNatKind.EndpointIndependent));
            b = world.AddNode("b", null);
            BootAll(world);
            return world;
        }
    }
}
