using System;
using System.Linq;
using MicroLink.Drivers.Simulated;
using MicroLink.Node;
using MicroLink.Paths;
using Xunit;
using Xunit.Abstractions;

namespace MicroLink.Tests.Simulation
{
    /// <summary>
    /// Whole nodes from boot to direct path in virtual time. After every step of every scenario SimWorld checks: no DISCO storm, no direct
    /// path where the NATs forbid one. A failure prints its seed; run it again with that seed.
    /// </summary>
    public sealed class ScenarioTests
    {
        private readonly ITestOutputHelper _output;

        public ScenarioTests(ITestOutputHelper output)
        {
            _output = output;
        }

        [Theory]
        [InlineData(1)]
        [InlineData(2)]
        [InlineData(3)]
        public void Three_nodes_come_from_boot_to_direct_paths(long seed)
        {
            using SimWorld world = new SimWorld(seed);
            SimNode a = world.AddNode("a", world.Network.AddNat(SimNatKind.EndpointIndependent));
            SimNode b = world.AddNode("b", world.Network.AddNat(SimNatKind.EndpointIndependent));
            SimNode c = world.AddNode("c", null);
            BootAll(world);
            foreach ((SimNode from, SimNode to) in Pairs(a, b, c)) MustPing(world, from, to);
            foreach ((SimNode from, SimNode to) in Pairs(a, b, c)) MustBecomeDirect(world, from, to);
            Print(world);
        }

        [Fact]
        public void A_symmetric_pair_stays_on_the_relay_and_keeps_working()
        {
            using SimWorld world = new SimWorld(4);
            SimNode a = world.AddNode("a", world.Network.AddNat(SimNatKind.Symmetric));
            SimNode b = world.AddNode("b", world.Network.AddNat(SimNatKind.Symmetric));
            BootAll(world);
            for (int minute = 0; minute < 10; minute++)
            {
                MustPing(world, a, b);
                MustPing(world, b, a);
                world.Advance(60000);
            }
            Assert.Equal(PathChanged.Relay, SimWorld.PathOf(a, b));
            Derp.RelayTally tally = a.Graph.Plane.Tally;
            Assert.True(tally.PacketsIn(SimLab.FirstRegion) >= 20 && tally.PacketsOut(SimLab.FirstRegion) >= 20);   // 20 pings and their answers
            Assert.True(tally.ReceivedBytes(SimLab.FirstRegion) > 32 * tally.PacketsIn(SimLab.FirstRegion));
            Print(world);
        }

        [Fact]
        public void Two_nodes_behind_one_symmetric_nat_use_their_local_addresses()
        {
            using SimWorld world = new SimWorld(5);
            SimNat nat = world.Network.AddNat(SimNatKind.Symmetric);
            SimNode a = world.AddNode("a", nat), b = world.AddNode("b", nat);
            BootAll(world);
            MustPing(world, a, b);
            MustBecomeDirect(world, a, b);
            PathChanged path = a.Paths[b.Id];
            Assert.Equal(SimEndpoint.AddressText(b.Host.Address), Bytes.NetEndpoint.Format(path.Endpoint, 0).Split(':')[0]);
        }

        [Theory]
        [InlineData(6)]
        [InlineData(7)]
        public void Twenty_percent_loss_slows_everything_and_stops_nothing(long seed)
        {
            using SimWorld world = new SimWorld(seed);
            SimNode a = world.AddNode("a", world.Network.AddNat(SimNatKind.EndpointIndependent));
            SimNode b = world.AddNode("b", world.Network.AddNat(SimNatKind.EndpointIndependent));
            SimNode c = world.AddNode("c", null);
            world.Network.LossPermille = 200;
            world.Network.JitterMs = 20;
            BootAll(world);
            foreach ((SimNode from, SimNode to) in Pairs(a, b, c)) MustPing(world, from, to, 10);
            foreach ((SimNode from, SimNode to) in Pairs(a, b, c)) MustBecomeDirect(world, from, to);
            int answered = 0;
            for (int i = 0; i < 50; i++)
            {
                PingResult pong = world.Ping(a, b, PingPeer.Icmp, 1000);
                if (pong != null && pong.Error == null) answered++;
            }
            if (answered < 20) throw world.Failure("only " + answered + " of 50 pings were answered at 20 % loss");   // 64 % on average
        }

        [Fact]
        public void The_same_seed_gives_the_same_world()
        {
            Assert.Equal(Story(9), Story(9));
            Assert.NotEqual(Story(9), Story(10));
        }

        private static string Story(long seed)
        {
            using SimWorld world = new SimWorld(seed);
            world.AddNode("a", world.Network.AddNat(SimNatKind.EndpointIndependent));
            world.AddNode("b", world.Network.AddNat(SimNatKind.Symmetric));
            world.Network.LossPermille = 50;
            BootAll(world);
            world.Advance(20000);
            return string.Join("\n", world.Notes);
        }

        internal static void BootAll(SimWorld world)
        {
            foreach (SimNode node in world.Nodes) node.Boot();
            world.Until(() => world.Nodes.All(node => node.State == NodeState.Connected), 30000, "all nodes are connected");
        }

        internal static void MustPing(SimWorld world, SimNode from, SimNode to, int tries = 3)
        {
            string last = "nobody answered";
            for (int i = 0; i < tries; i++)
            {
                PingResult pong = world.Ping(from, to, PingPeer.Icmp, 5000);
                if (pong != null && pong.Error == null) return;
                if (pong != null) last = pong.Error;
            }
            throw world.Failure(from.Name + " cannot ping " + to.Name + ": " + last);
        }

        internal static void MustBecomeDirect(SimWorld world, SimNode from, SimNode to)
        {
            for (int i = 0; i < 30; i++)
            {
                if (SimWorld.PathOf(from, to) == PathChanged.Direct) return;
                world.Ping(from, to, PingPeer.Icmp, 1000);   // traffic is what makes a node look for a direct path
                world.Advance(1000);
            }
            throw world.Failure(from.Name + " found no direct path to " + to.Name + " within 30 s of traffic");
        }

        private static (SimNode, SimNode)[] Pairs(params SimNode[] nodes)
        {
            return nodes.SelectMany(from => nodes.Where(to => to != from).Select(to => (from, to))).ToArray();
        }

        private void Print(SimWorld world)
        {
            _output.WriteLine("seed " + world.Seed + ", " + world.Time.Ms + " ms, " + world.Network.Sent + " datagrams");
            foreach (string note in world.Notes) _output.WriteLine(note);
        }
    }
}
