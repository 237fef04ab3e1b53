using System.Linq;
using MicroLink.Drivers.Simulated;
using MicroLink.Paths;
using Xunit;
using static MicroLink.Tests.Simulation.ScenarioTests;

namespace MicroLink.Tests.Simulation
{
    /// <summary>
    /// Every pair of network kinds: direct where that is possible, by relay where it is not, and traffic in both. The world checks after
    /// each step that nobody claims a path that cannot be and that nobody calls too often.
    /// </summary>
    public sealed class NatTests
    {
        private const int Kinds = 8;

        [Theory]
        [InlineData(1, 2)]
        public void Every_pair_of_network_kinds_finds_the_best_way_there_is(long firstSeed, int seeds)
        {
            for (long seed = firstSeed; seed < firstSeed + seeds; seed++) AllPairs(seed);
        }

        [SoakFact]
        public void Every_pair_of_network_kinds_for_many_seeds()
        {
            SoakSeeds.Run(1000, 40, AllPairs);
        }

        [Theory]
        [InlineData(50)]
        [InlineData(51)]
        [InlineData(52)]
        public void A_node_that_roams_from_network_to_network_is_reached_again_within_seconds(long seed)
        {
            using SimWorld world = new SimWorld(seed);
            SimRandom random = new SimRandom(seed);
            SimNode a = world.AddNode("a", Network(world, 1)), b = world.AddNode("b", Network(world, 0));
            BootAll(world);
            MustPing(world, a, b);
            for (int i = 0; i < 8; i++)
            {
                SimNat nat = Network(world, random.Below(6));
                world.Note("scenario", "a roams to " + (nat == null ? "a public address" : nat.Kind.ToString()));
                world.Network.Roam(a.Host, nat);
                world.Advance(1500);
                MustPing(world, a, b, 2);
                MustPing(world, b, a, 2);
                if (SimNetwork.DirectPathPossible(a.Host, b.Host)) MustBecomeDirect(world, a, b);
                world.Advance(random.Below(20000));
            }
        }

        [Theory]
        [InlineData(70)]
        [InlineData(71)]
        public void A_node_in_another_network_has_new_sockets_within_50_ms(long seed)
        {
            using SimWorld world = new SimWorld(seed);
            SimNode a = world.AddNode("a", Network(world, 1)), b = world.AddNode("b", Network(world, 0));
            BootAll(world);
            MustPing(world, a, b);
            for (int i = 0; i < 5; i++)
            {
                long sinceMs = world.Time.Ms;
                world.Network.Roam(a.Host, Network(world, i));
                world.Until(() => a.Host.UdpOpenedAtMs > sinceMs, 50, "a has new sockets");
                world.Advance(3000);
                MustPing(world, a, b, 2);
            }
        }

        private static void AllPairs(long seed)
        {
            for (int first = 0; first < Kinds; first++)
            {
                for (int second = first; second < Kinds; second++) Pair(seed * 100 + first * Kinds + second, first, second);
            }
        }

        private static void Pair(long seed, int first, int second)
        {
            using SimWorld world = new SimWorld(seed);
            SimNode a = world.AddNode("a", Network(world, first)), b = world.AddNode("b", Network(world, second));
            BootAll(world);
            MustPing(world, a, b);
            MustPing(world, b, a);
            if (SimNetwork.DirectPathPossible(a.Host, b.Host))
            {
                MustBecomeDirect(world, a, b);
                MustBecomeDirect(world, b, a);
                return;
            }
            for (int i = 0; i < 10; i++)
            {
                MustPing(world, a, b);
                world.Advance(2000);
            }
            Assert.Equal(PathChanged.Relay, SimWorld.PathOf(a, b));
        }

        /// <summary>0 public, 1 to 4 the kinds of NAT, 5 two NATs in series, 6 a symmetric one behind a full cone, 7 no UDP.</summary>
        private static SimNat Network(SimWorld world, int kind)
        {
            switch (kind)
            {
                case 0: return null;
                case 1: return world.Network.AddNat(SimNatKind.EndpointIndependent);
                case 2: return world.Network.AddNat(SimNatKind.AddressRestricted);
                case 3: return world.Network.AddNat(SimNatKind.FullCone);
                case 4: return world.Network.AddNat(SimNatKind.Symmetric);
                case 5: return world.Network.AddNatBehind(world.Network.AddNat(SimNatKind.AddressRestricted), SimNatKind.EndpointIndependent);
                case 6: return world.Network.AddNatBehind(world.Network.AddNat(SimNatKind.FullCone), SimNatKind.Symmetric);
                default:
                    SimNat nat = world.Network.AddNat(SimNatKind.EndpointIndependent);
                    nat.BlocksUdp = true;
                    return nat;
            }
        }

        [Theory]
        [InlineData(true)]
        [InlineData(false)]
        public void Two_networks_behind_one_router_use_the_hairpin_where_there_is_one(bool hairpin)
        {
            using SimWorld world = new SimWorld(60);
            SimNat router = world.Network.AddNat(SimNatKind.EndpointIndependent);
            router.Hairpin = hairpin;
            SimNode a = world.AddNode("a", world.Network.AddNatBehind(router, SimNatKind.EndpointIndependent));
            SimNode b = world.AddNode("b", world.Network.AddNatBehind(router, SimNatKind.EndpointIndependent));
            BootAll(world);
            for (int i = 0; i < 15; i++)
            {
                MustPing(world, a, b);
                world.Advance(1000);
            }
            Assert.Equal(hairpin ? PathChanged.Direct : PathChanged.Relay, SimWorld.PathOf(a, b));
        }
    }
}
