using System.Text;
using MicroLink.Bytes;
using MicroLink.Node;
using MicroLink.Paths;
using nanoFramework.TestFramework;

namespace MicroLink.Tests.Device
{
    /// <summary>Whole node graphs: every actor of the product, with drivers in memory.</summary>
    [TestClass]
    public class NodeTests
    {
        private const int IdlePeers = 16;

        [TestMethod]
        public static void A_node_without_control_keeps_trying_and_says_why()
        {
            NodeWorld world = new NodeWorld(1);
            world.System.Advance(120000);
            WorldNode node = world.Nodes[0];
            Assert.IsTrue(node.Reason.IndexOf("this test has no network") >= 0, node.State + ": " + node.Reason);
            string why;
            Assert.IsTrue(world.System.NextDeadline(out why) < world.System.Time.Ms + 120000, "nothing is planned");
            Assert.AreEqual(0, world.System.Failures);
            world.Close();
        }

        /// <summary>Disco, handshake, session, ping inside the tunnel: all of it, twice.</summary>
        [TestMethod]
        public static void Two_nodes_ping_each_other_through_WireGuard()
        {
            NodeWorld world = new NodeWorld(2);
            world.Introduce(0, 1);
            for (int kind = PingPeer.Icmp; kind <= PingPeer.Tsmp; kind++)
            {
                PingResult result = world.Nodes[0].Graph.Ask(world.Nodes[0].Graph.NetIo, new PingPeer(2, kind, 10000), 11000) as PingResult;
                Assert.IsNotNull(result, "no answer");
                Assert.AreEqual(null, result.Error);
                Assert.AreEqual("192.0.2.2:41641", NetEndpoint.Format(result.Endpoint, 0));
            }
            Assert.AreEqual(0, world.System.Failures);
            Assert.IsTrue(Status(world.Nodes[0]).IndexOf("node-2") >= 0);
            world.Close();
        }

        [TestMethod]
        public static void Heap_of_an_idle_graph_with_16_peers()
        {
            Heap.Settle();
            long before = Heap.Used();
            NodeWorld world = Idle();
            Heap.Report("idle graph with 16 peers", Heap.Used() - before);
            Assert.IsTrue(Status(world.Nodes[0]).IndexOf("node-17") >= 0);
            Assert.AreEqual(0, world.System.Failures);
            world.Close();
        }

        /// <summary>One node that knows 16 peers and has had nothing to do for a minute.</summary>
        internal static NodeWorld Idle()
        {
            NodeWorld world = new NodeWorld(1);
            byte[] key = new byte[32];
            for (int n = 2; n < 2 + IdlePeers; n++)
            {
                key[0] = (byte)n;
                world.Nodes[0].Meet(NodeWorld.RowOf(n, (byte[])key.Clone(), (byte[])key.Clone()));
                world.System.RunToQuiet();
            }
            world.System.Advance(60000);
            return world;
        }

        private static string Status(WorldNode node)
        {
            StatusReport report = node.Graph.Ask(node.Graph.Node, StatusQuery.Instance, 1000) as StatusReport;
            Assert.IsNotNull(report, "no status");
            return Encoding.UTF8.GetString(report.Json, 0, report.Count);
        }
    }
}
