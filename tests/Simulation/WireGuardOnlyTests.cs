using MicroLink.Drivers.Simulated;
using MicroLink.Node;
using MicroLink.Paths;
using Xunit;

namespace MicroLink.Tests.Simulation
{
    /// <summary>Whole nodes that control calls WireGuard-only to each other: no DISCO, no relay, only endpoints and plain WireGuard.</summary>
    public sealed class WireGuardOnlyTests
    {
        [Fact]
        public void They_reach_each_other_and_status_says_how()
        {
            using SimWorld world = Two(601, false);
            SimNode a = world.Nodes[0], b = world.Nodes[1];
            MustPing(world, a, b);
            MustPing(world, b, a);
            PathChanged path = a.Paths[b.Id];
            Assert.Equal(("direct: WireGuard only", PathChanged.Direct), (path.Reason, path.Mode));
            PingResult refused = world.Ping(a, b, PingPeer.Disco, 5000);
            Assert.Equal("The peer speaks plain WireGuard, which has no pings of this kind; try --icmp.", refused.Error);
            // Nothing else decides about the path later.
            world.Advance(120000);
            MustPing(world, a, b);
            Assert.Equal("direct: WireGuard only", a.Paths[b.Id].Reason);
        }

        [Fact]
        public void Who_is_behind_a_NAT_calls_and_is_answered_where_it_came_from()
        {
            using SimWorld world = Two(602, true);
            SimNode a = world.Nodes[0], b = world.Nodes[1];
            MustPing(world, b, a);
            MustPing(world, a, b);
            // The same over its sessions' end, and the next call.
            world.Advance(600000);
            MustPing(world, b, a);
            MustPing(world, a, b);
        }

        [Fact]
        public void A_peer_that_roams_is_followed_by_its_packets_and_one_that_was_away_is_called_again()
        {
            using SimWorld world = Two(603, false);
            SimNode a = world.Nodes[0], b = world.Nodes[1];
            MustPing(world, a, b);
            b.Host.IsOnline = false;
            for (int second = 0; second < 30; second++)
            {
                world.Ping(a, b, PingPeer.Icmp, 500);
                world.Advance(1000);
            }
            Assert.StartsWith("none: WireGuard only, no answer to handshakes at ", a.Paths[b.Id].Reason);
            b.Host.IsOnline = true;
            world.Advance(6000);
            MustPing(world, a, b);
            Assert.Equal("direct: WireGuard only", a.Paths[b.Id].Reason);
        }

        [Fact]
        public void It_is_reached_from_the_store_before_control_answers()
        {
            using SimWorld world = Two(604, false);
            SimNode a = world.Nodes[0], b = world.Nodes[1];
            MustPing(world, a, b);
            world.Advance(2000);
            a.PowerOff();
            world.Lab.Control.IsOnline = false;
            world.Advance(1000);
            a.Boot();
            MustPing(world, a, b);
            Assert.NotEqual(NodeState.Connected, a.State);
        }

        private static SimWorld Two(long seed, bool nat)
        {
            SimWorld world = new SimWorld(seed);
            world.Lab.Core.Options.OnlyWireGuard = true;
            SimNode a = world.AddNode("a", null), b = world.AddNode("b", nat ? world.Network.AddNat(SimNatKind.EndpointIndependent) : null);
            a.Boot();
            b.Boot();
            world.Until(() => a.State == NodeState.Connected && b.State == NodeState.Connected && a.Peers.Count > 0 && b.Peers.Count > 0, 60000,
                "both are connected");
            world.Advance(5000);                                // endpoints are told
            return world;
        }

        private static void MustPing(SimWorld world, SimNode from, SimNode to)
        {
            PingResult pong = world.Ping(from, to, PingPeer.Icmp, 20000);
            if (pong == null || pong.Error != null) throw world.Failure(from.Name + " cannot ping " + to.Name + ": " + pong?.Error);
            Assert.Null(world.Ping(from, to, PingPeer.Tsmp, 5000).Error);
        }
    }
}
