using MicroLink.Bytes;
using MicroLink.Control;
using MicroLink.Dns;
using MicroLink.Drivers.Simulated;
using MicroLink.NetMap;
using MicroLink.Node;
using MicroLink.Runtime;
using MicroLink.WireGuard;
using Xunit;
using static MicroLink.Tests.Simulation.ScenarioTests;

namespace MicroLink.Tests.Simulation
{
    /// <summary>A tailnet of 1200 peers and a node with 16 slots: sessions are made when somebody wants them, from either side.</summary>
    public sealed class ManyPeersTests
    {
        private const int Fakes = 1200;

        [Fact]
        public void Sessions_are_made_on_demand_from_both_sides_and_the_least_recently_used_goes()
        {
            using SimWorld world = Two(301, out SimNode a, out SimNode b);
            Assert.Equal(Fakes + 1, a.Graph.Peers.Count);
            Assert.Equal(0, a.Graph.Peers.NotStored);
            Evict(world, a, b);
            MustPing(world, a, b);
            Assert.True(a.Graph.Plane.SlotOf(b.Id) >= 0);
            for (int round = 0; round < 3; round++)
            {
                Evict(world, a, b);
                // b still has a session; WireGuard calls anew after 15 s without an answer. The inbound handshake then finds b by its key.
                MustPing(world, b, a, 6);
                Assert.True(a.Graph.Plane.SlotOf(b.Id) >= 0);
                Evict(world, a, b);
                MustPing(world, a, b);
            }
        }

        [Fact]
        public void A_node_key_that_changed_while_the_peer_had_no_slot_is_the_one_that_counts()
        {
            using SimWorld world = Two(302, out SimNode a, out SimNode b);
            MustPing(world, a, b);
            Evict(world, a, b);
            byte[] before = a.Graph.Peers.Row(b.Id).Key;
            world.Lab.Core.Control.Expire(world.Lab.Core.Control.FindByName("b"), world.Time.Ms);
            world.Until(() => !KeyText.Equal(a.Graph.Peers.Row(b.Id).Key, 0, before, 0), 120000, "a knows the new key");
            world.Until(() => b.State == NodeState.Connected, 120000, "b is connected with its new key");
            Assert.Equal(-1, a.Graph.Peers.FindKey(before, 0));
            Evict(world, a, b);
            MustPing(world, a, b, 20);
            Evict(world, a, b);
            MustPing(world, b, a, 20);
        }

        [Fact]
        public void A_peer_that_was_removed_while_it_had_no_slot_is_nobody()
        {
            using SimWorld world = Two(303, out SimNode a, out SimNode b);
            MustPing(world, a, b);
            Evict(world, a, b);
            long id = b.Id;
            byte[] key = a.Graph.Peers.Row(id).Key;
            b.PowerOff();
            world.Lab.Core.Control.Remove(world.Lab.Core.Control.FindByName("b"), world.Time.Ms);
            world.Until(() => a.Graph.Peers.Row(id) == null, 10000, "a knows that b is gone");
            Assert.Equal(-1, a.Graph.Peers.FindKey(key, 0));
            a.Graph.WireGuard.Tell(new PeerWanted(id));
            world.Advance(2000);
            Assert.True(a.Graph.Plane.SlotOf(id) < 0);
            Assert.Equal(Fakes, a.Graph.Peers.Count);
        }

        [Fact]
        public void After_a_restart_without_control_every_peer_is_known_from_the_store()
        {
            using SimWorld world = Two(304, out SimNode a, out SimNode b);
            MustPing(world, a, b);
            world.Advance(2000);
            a.PowerOff();
            world.Lab.Control.IsOnline = false;
            a.Boot();
            world.Until(() => a.Graph.Peers.Count == Fakes + 1, 10000, "the peers are back");
            MustPing(world, a, b, 20);
            Assert.Equal(b.Id, Find(world, a, "b").PeerId);
            Assert.Equal(700, Find(world, a, "fake-700").PeerId);
        }

        [Fact]
        public void Names_addresses_and_status_reach_every_peer()
        {
            using SimWorld world = Two(305, out SimNode a, out SimNode _);
            foreach (long id in new long[] { 1, 600, Fakes })
            {
                PeerRow row = a.Graph.Peers.Row(id);
                Assert.Equal(id, Find(world, a, "fake-" + id).PeerId);
                Assert.Equal(id, Find(world, a, NetEndpoint.FormatAddress(row.Addresses, 0)).PeerId);
                Assert.Equal(id, Find(world, a, NetEndpoint.FormatAddress(row.Addresses, NetEndpoint.PrefixLength)).PeerId);
            }
            Assert.Equal(0, Find(world, a, "fake-" + (Fakes + 1)).PeerId);
            string text = "";
            int parts = 0;
            for (StatusQuery query = StatusQuery.Instance; query != null; parts++)
            {
                StatusReport part = (StatusReport)Ask(world, a, query);
                Assert.InRange(part.Count, 1, 64 * 1024);
                text += System.Text.Encoding.UTF8.GetString(part.Json, 0, part.Count);
                query = part.NextId == StatusQuery.FromStart ? null : new StatusQuery(part.NextId);
            }
            Assert.Equal(1 + Fakes / 64, parts);
            using System.Text.Json.JsonDocument status = System.Text.Json.JsonDocument.Parse(text);
            Assert.Equal(Fakes + 1, status.RootElement.GetProperty("peers").GetArrayLength());
            Assert.Equal("connected", status.RootElement.GetProperty("state").GetString());
            Assert.Equal(0, status.RootElement.GetProperty("health").GetArrayLength());
        }

        private static SimWorld Two(long seed, out SimNode a, out SimNode b)
        {
            SimWorld world = new SimWorld(seed, 1, Fakes);
            a = world.AddNode("a", world.Network.AddNat(SimNatKind.EndpointIndependent));
            b = world.AddNode("b", null);
            a.Options.ActivePeers = 16;
            b.Options.ActivePeers = 16;
            BootAll(world);
            SimNode first = a, second = b;
            world.Until(() => first.Graph.Peers.Count == Fakes + 1 && second.Graph.Peers.Count == Fakes + 1, 60000, "everybody is known");
            return world;
        }

        /// <summary>Sixteen others are wanted, a while after b was used.</summary>
        private static void Evict(SimWorld world, SimNode a, SimNode b)
        {
            for (int i = 0; i < 2 && a.Graph.Plane.SlotOf(b.Id) >= 0; i++)
            {
                world.Advance(2000);
                for (int wanted = 0; wanted < 16; wanted++) a.Graph.WireGuard.Tell(new PeerWanted(1 + (i * 16 + wanted) * 30));
                world.Advance(100);
            }
            if (a.Graph.Plane.SlotOf(b.Id) >= 0) throw world.Failure("b keeps its slot");
        }

        private static PeerFound Find(SimWorld world, SimNode node, string name) => (PeerFound)Ask(world, node, new FindPeer(name));

        private static Message Ask(SimWorld world, SimNode node, Message question)
        {
            node.Probe.Clear();
            node.Probe.Send(node.Graph.Node, question);
            world.Advance(10);
            return node.Probe.Next();
        }
    }
}
