using MicroLink.Drivers.Simulated;
using MicroLink.Paths;
using MicroLink.Runtime;
using Xunit;
using Xunit.Abstractions;
using static MicroLink.Tests.Simulation.ScenarioTests;

namespace MicroLink.Tests.Simulation
{
    /// <summary>
    /// A direct path dies under traffic, in one direction or in both, at once or after minutes, between near and far relays: how long does a
    /// stream of pings hear nothing? In virtual time, so the bound of design section 10 may be asserted.
    /// </summary>
    public sealed class PauseTests
    {
        private const int EveryMs = 50, TimeoutMs = 600, PauseMaxMs = 1000;
        private readonly ITestOutputHelper _output;

        public PauseTests(ITestOutputHelper output)
        {
            _output = output;
        }

        [Theory]
        [InlineData(100, 40)]
        public void Traffic_over_a_direct_path_that_dies_goes_on_within_a_second(long firstSeed, int seeds)
        {
            Die(firstSeed, seeds);
        }

        [SoakFact]
        public void Traffic_over_a_direct_path_that_dies_goes_on_within_a_second_for_many_seeds()
        {
            SoakSeeds.Run(10000, 2000, seed => Die(seed));
        }

        private void Die(long firstSeed, int seeds)
        {
            long worstMs = 0, sumMs = 0;
            for (long seed = firstSeed; seed < firstSeed + seeds; seed++)
            {
                long pauseMs = Die(seed);
                sumMs += pauseMs;
                if (pauseMs > worstMs) worstMs = pauseMs;
            }
            _output.WriteLine("pauses: " + sumMs / seeds + " ms on average, " + worstMs + " ms at most");
        }

        private static long Die(long seed)
        {
            SimRandom random = new SimRandom(seed);
            using SimWorld world = new SimWorld(seed, 1 + random.Below(2));
            SimNode a = world.AddNode("a", Network(world, random)), b = world.AddNode("b", Network(world, random));
            if (random.Below(2) == 0 && world.Lab.Relays.Length > 1) KeepHomesApart(world, a, b);
            foreach (SimNode node in world.Nodes)
            {
                node.Host.LatencyMs = 1 + random.Below(10);
                node.DhDelayMs = random.Below(2) * 30;
            }
            BootAll(world);
            MustPing(world, a, b);
            MustBecomeDirect(world, a, b);
            MustBecomeDirect(world, b, a);
            Before(world, random, a, b);

            int death = random.Below(4);
            world.Note("scenario", Deaths[death]);
            world.Network.Block = Block(death, a, b);
            long pauseMs = LongestPause(world, a, b, 8000);
            if (pauseMs > PauseMaxMs) throw world.Failure("a heard nothing of b for " + pauseMs + " ms after " + Deaths[death]);

            world.Note("scenario", "the path is back");
            world.Network.Block = null;
            long backMs = LongestPause(world, a, b, 15000);
            if (backMs > 2 * EveryMs + 500) throw world.Failure("a heard nothing of b for " + backMs + " ms after the path was back");
            MustBecomeDirect(world, a, b);
            return pauseMs;
        }

        private static readonly string[] Deaths =
        {
            "nothing passes from a to b", "nothing passes from b to a", "nothing passes between a and b", "no UDP reaches b any more",
        };

        private static SimBlock Block(int death, SimNode a, SimNode b)
        {
            return (from, destination) =>
            {
                bool toB = Is(destination, b.Host), toA = Is(destination, a.Host);
                switch (death)
                {
                    case 0: return from == a.Host && toB;
                    case 1: return from == b.Host && toA;
                    case 2: return (from == a.Host && toB) || (from == b.Host && toA);
                    default: return toB;
                }
            };
        }

        private static bool Is(SimEndpoint destination, SimHost host)
        {
            return destination.Address == (host.Nat == null ? host.Address : host.Nat.Outermost.PublicAddress) || destination.Address == host.Address;
        }

        /// <summary>What came before: traffic for a while from either side, silence for up to two minutes, or both.</summary>
        private static void Before(SimWorld world, SimRandom random, SimNode a, SimNode b)
        {
            int streamMs = random.Below(3) * random.Below(40000);
            for (long untilMs = world.Time.Ms + streamMs; world.Time.Ms < untilMs; world.Advance(200))
            {
                if (random.Below(2) == 0) MustPing(world, a, b);
                else MustPing(world, b, a);
            }
            if (random.Below(2) == 0) world.Advance(random.Below(120000));
            LongestPause(world, a, b, 1000 + random.Below(8000));
        }

        /// <summary>A stream of pings for so long; the longest time without an answer, and that since the last one.</summary>
        private static long LongestPause(SimWorld world, SimNode from, SimNode to, int forMs)
        {
            from.Probe.Clear();
            long endMs = world.Time.Ms + forMs, lastMs = world.Time.Ms, nextMs = world.Time.Ms, worstMs = 0;
            while (world.Time.Ms < endMs)
            {
                if (world.Time.Ms >= nextMs)
                {
                    from.Probe.Send(from.Graph.NetIo, new PingPeer(to.Id, PingPeer.Icmp, TimeoutMs));
                    nextMs += EveryMs;
                }
                world.Advance(5);
                while (from.Probe.Count > 0)
                {
                    Message answer = from.Probe.Next();
                    if (!(answer is PingResult result) || result.Error != null) continue;
                    if (world.Time.Ms - lastMs > worstMs) worstMs = world.Time.Ms - lastMs;
                    lastMs = world.Time.Ms;
                }
            }
            return world.Time.Ms - lastMs > worstMs ? world.Time.Ms - lastMs : worstMs;
        }

        private static void KeepHomesApart(SimWorld world, SimNode a, SimNode b)
        {
            SimHost farFromA = world.Lab.Relays[1], farFromB = world.Lab.Relays[0];
            world.Network.Distance = (x, y) => IsPair(x, y, a.Host, farFromA) || IsPair(x, y, b.Host, farFromB) ? 30 : 0;
        }

        private static bool IsPair(SimHost x, SimHost y, SimHost a, SimHost b)
        {
            return (x == a && y == b) || (x == b && y == a);
        }

        private static SimNat Network(SimWorld world, SimRandom random)
        {
            switch (random.Below(4))
            {
                case 0: return null;
                case 1: return world.Network.AddNat(SimNatKind.EndpointIndependent);
                case 2: return world.Network.AddNat(SimNatKind.AddressRestricted);
                default: return world.Network.AddNat(SimNatKind.FullCone);
            }
        }
    }
}
