using MicroLink.Bytes;
using MicroLink.Drivers.Simulated;
using MicroLink.Lab.Core;
using MicroLink.Node;
using MicroLink.Paths;
using Xunit;

namespace MicroLink.Tests.Simulation
{
    /// <summary>Whole nodes that one peer knows by another address (protocol.md 4.7), while control changes its mind.</summary>
    public sealed class MasqueradeTests
    {
        private const string A4 = "100.99.1.1", A6 = "fd7a:115c:a1e0::1a", B4 = "100.99.2.1", B6 = "fd7a:115c:a1e0::1b";

        [Theory]
        [InlineData(0, false)]
        [InlineData(1, false)]
        [InlineData(2, false)]
        [InlineData(3, false)]
        [InlineData(1, true)]
        [InlineData(3, true)]
        public void Pings_reach_the_address_that_each_sees_and_answers_come_from_there(int families, bool both)
        {
            using SimWorld world = Two(501 + families);
            SimNode a = world.Nodes[0], b = world.Nodes[1];
            Ping(world, a, b);
            world.Lab.Core.Control.Masquerade(world.Time.Ms, Pairs(families, both));
            world.Advance(1000);
            Assert.Equal((families & 1) != 0, Sees(b, a, A4));
            Assert.Equal((families & 2) != 0, Sees(b, a, A6));
            Assert.Equal(both && (families & 1) != 0, Sees(a, b, B4));
            Ping(world, a, b);
            world.Lab.Core.Control.Masquerade(world.Time.Ms);
            world.Advance(1000);
            Assert.False(Sees(b, a, A4) || Sees(b, a, A6) || Sees(a, b, B4));
            Ping(world, a, b);
        }

        [Fact]
        public void It_is_known_from_the_store_before_control_answers()
        {
            using SimWorld world = Two(510);
            SimNode a = world.Nodes[0], b = world.Nodes[1];
            world.Lab.Core.Control.Masquerade(world.Time.Ms, Pairs(3, true));
            world.Advance(1000);
            Ping(world, a, b);
            world.Advance(2000);
            a.PowerOff();
            world.Lab.Control.IsOnline = false;
            world.Advance(1000);
            a.Boot();
            Ping(world, a, b);
            Assert.NotEqual(NodeState.Connected, a.State);
        }

        private static SimWorld Two(long seed)
        {
            SimWorld world = new SimWorld(seed);
            SimNode a = world.AddNode("a", null), b = world.AddNode("b", world.Network.AddNat(SimNatKind.EndpointIndependent));
            a.Boot();
            b.Boot();
            world.Until(() => a.State == NodeState.Connected && b.State == NodeState.Connected && a.Peers.Count > 0, 60000, "both are connected");
            return world;
        }

        private static LabMasquerade[] Pairs(int families, bool both)
        {
            System.Collections.Generic.List<LabMasquerade> all = new();
            for (int v4 = 0; v4 < 2; v4++)
            {
                if ((families & (v4 == 1 ? 1 : 2)) == 0) continue;
                all.Add(new LabMasquerade("a", "b", v4 == 1 ? A4 : A6));
                if (both) all.Add(new LabMasquerade("b", "a", v4 == 1 ? B4 : B6));
            }
            return all.ToArray();
        }

        private static bool Sees(SimNode node, SimNode peer, string address)
        {
            byte[] addresses = node.Graph.Peers.Row(peer.Id).Addresses;
            for (int at = 0; at < addresses.Length; at += NetEndpoint.PrefixLength)
                if (NetEndpoint.FormatAddress(addresses, at) == address) return true;
            return false;
        }

        /// <summary>Every address that each sees of the other, by ICMP and TSMP. A source that a peer does not know would be dropped there.</summary>
        private static void Ping(SimWorld world, SimNode a, SimNode b)
        {
            foreach ((SimNode from, SimNode to) in new[] { (a, b), (b, a) })
            {
                byte[] addresses = from.Graph.Peers.Row(to.Id).Addresses;
                Assert.Equal(2 * NetEndpoint.PrefixLength, addresses.Length);
                for (int at = 0; at < addresses.Length; at += NetEndpoint.PrefixLength)
                    foreach (int kind in new[] { PingPeer.Icmp, PingPeer.Tsmp })
                    {
                        PingResult pong = world.Ping(from, to, kind, 20000, addresses[at..(at + NetEndpoint.AddressLength)]);
                        Assert.True(pong != null && pong.Error == null, from.Name + " to " + NetEndpoint.FormatAddress(addresses, at) + ": " + pong?.Error);
                    }
            }
        }
    }
}
