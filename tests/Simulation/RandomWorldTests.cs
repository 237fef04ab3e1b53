using System;
using System.Linq;
using MicroLink.Drivers.Simulated;
using MicroLink.Node;
using Xunit;
using static MicroLink.Tests.Simulation.ScenarioTests;

namespace MicroLink.Tests.Simulation
{
    /// <summary>
    /// Worlds that nobody thought of: kinds of NATs, regions, latencies, loss and twenty misfortunes by the seed. After each of them every
    /// node must find back to control, and any node must reach any other. `./test --soak` tries many more seeds, starting from the date.
    /// </summary>
    public sealed class RandomWorldTests
    {
        private const int Steps = 20;

        [Theory]
        [InlineData(1000, 8)]
        [InlineData(2000, 8)]
        public void Nodes_find_back_to_each_other_whatever_happens(long firstSeed, int worlds)
        {
            for (long seed = firstSeed; seed < firstSeed + worlds; seed++) Live(seed);
        }

        [SoakFact]
        public void Nodes_find_back_to_each_other_in_many_more_worlds()
        {
            long firstSeed = DateTimeOffset.UtcNow.ToUnixTimeSeconds() / 86400 * 100000;
            SoakSeeds.Run(firstSeed, 600, Live);
        }

        [Theory]
        [InlineData(25)]
        public void Many_nodes_are_up_and_reach_each_other(int count)
        {
            Crowd(count);
        }

        [SoakFact]
        public void Two_hundred_nodes_are_up_and_reach_each_other()
        {
            Crowd(200);
        }

        /// <summary>The same worlds with IPv6: hosts that have both, with a firewall or without, and hosts without IPv4.</summary>
        [Theory]
        [InlineData(3000, 8)]
        public void Nodes_find_back_to_each_other_with_ipv6(long firstSeed, int worlds)
        {
            for (long seed = firstSeed; seed < firstSeed + worlds; seed++) Live(seed, true);
        }

        [SoakFact]
        public void Nodes_find_back_to_each_other_with_ipv6_in_many_more_worlds()
        {
            long firstSeed = DateTimeOffset.UtcNow.ToUnixTimeSeconds() / 86400 * 100000;
            SoakSeeds.Run(firstSeed, 300, seed => Live(seed, true));
        }

        private static void Live(long seed) => Live(seed, false);

        private static void Live(long seed, bool six)
        {
            SimRandom random = new SimRandom(seed);
            using SimWorld world = new SimWorld(seed, 1 + random.Below(2), 0, six);
            int count = 2 + random.Below(3);
            for (int i = 0; i < count; i++) world.AddNode("n" + i, AnyNat(world, random));
            world.Network.LossPermille = random.Below(3) * 100;
            world.Network.JitterMs = random.Below(50);
            world.Network.DuplicatePermille = random.Below(3) * 50;
            foreach (SimNode node in world.Nodes)
            {
                if (six && random.Below(3) > 0) GiveSix(world, random, node.Host);
                node.Host.LatencyMs = 1 + random.Below(100);
                node.DhDelayMs = random.Below(2) * 30;
            }
            BootAll(world);
            for (int step = 0; step < Steps; step++)
            {
                SimNode a = world.Nodes[random.Below(count)], b = world.Nodes[random.Below(count)];
                Misfortune(world, random, a);
                world.Until(() => world.Nodes.All(node => node.State == NodeState.Connected), 200000, "all nodes are connected");
                if (a != b) MustPing(world, a, b, 30);
            }
        }

        private static void GiveSix(SimWorld world, SimRandom random, SimHost host)
        {
            host.HasFour = random.Below(4) > 0;
            world.Network.AddSix(host, random.Below(2) == 0);
        }

        private static void Misfortune(SimWorld world, SimRandom random, SimNode node)
        {
            switch (random.Below(10))
            {
                case 0:
                    world.Note("scenario", node.Name + " loses power");
                    node.PowerOff();
                    world.Advance(random.Below(5000));
                    node.Boot();
                    break;
                case 1:
                    world.Note("scenario", node.Name + " has no network");
                    Away(world, node.Host, random.Below(20000));
                    break;
                case 2:
                    world.Note("scenario", "the NAT of " + node.Name + " reboots");
                    if (node.Host.Nat != null) node.Host.Nat.Reboot();
                    break;
                case 3:
                    world.Note("scenario", "control is away");
                    Away(world, world.Lab.Control, random.Below(30000));
                    break;
                case 4:
                    world.Note("scenario", "a relay is away");
                    Away(world, world.Lab.Relays[random.Below(world.Lab.Relays.Length)], random.Below(30000));
                    break;
                case 6:
                    world.Note("scenario", node.Name + " roams");
                    world.Network.Roam(node.Host, AnyNat(world, random));
                    break;
                case 5:
                    world.Note("scenario", "silence");
                    world.Advance(random.Below(200000));
                    break;
            }
        }

        private static void Away(SimWorld world, SimHost host, int ms)
        {
            host.IsOnline = false;
            world.Advance(ms);
            host.IsOnline = true;
        }

        private static void Crowd(int count)
        {
            // Everybody pings everybody once at the start: count - 1 peers with up to 3 endpoints each.
            using SimWorld world = new SimWorld(77) { DiscoPerSecondMax = 20 * count };
            SimRandom random = new SimRandom(77);
            for (int i = 0; i < count; i++) world.AddNode("n" + i, AnyNat(world, random));
            BootAll(world);
            for (int i = 1; i < count; i++) MustPing(world, world.Nodes[i], world.Nodes[random.Below(i)], 10);
            world.Advance(60000);
            for (int i = 1; i < count; i++) MustPing(world, world.Nodes[random.Below(i)], world.Nodes[i], 10);
        }

        private static SimNat AnyNat(SimWorld world, SimRandom random)
        {
            switch (random.Below(6))
            {
                case 0: return null;
                case 1: return world.Network.AddNat(SimNatKind.EndpointIndependent);
                case 2: return world.Network.AddNat(SimNatKind.AddressRestricted);
                case 3: return world.Network.AddNat(SimNatKind.FullCone);
                case 4: return world.Network.AddNatBehind(world.Network.AddNat(SimNatKind.EndpointIndependent), SimNatKind.AddressRestricted);
                default: return world.Network.AddNat(SimNatKind.Symmetric);
            }
        }
    }

    /// <summary>The seeds of a long form: its own, or those of MICROLINK_SEEDS="FIRST COUNT".</summary>
    internal static class SoakSeeds
    {
        public static void Run(long first, int count, Action<long> live)
        {
            string[] wanted = (Environment.GetEnvironmentVariable("MICROLINK_SEEDS") ?? "").Split(' ');
            if (wanted.Length == 2)
            {
                first = long.Parse(wanted[0]);
                count = int.Parse(wanted[1]);
            }
            for (long seed = first; seed < first + count; seed++) live(seed);
        }
    }

    /// <summary>Runs with `./test --soak` only.</summary>
    public sealed class SoakFactAttribute : FactAttribute
    {
        public SoakFactAttribute()
        {
            if (Environment.GetEnvironmentVariable("MICROLINK_SOAK") != "1") Skip = "long: runs with ./test --soak";
        }
    }
}
