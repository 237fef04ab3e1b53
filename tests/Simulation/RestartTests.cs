using MicroLink.Drivers.Simulated;
using MicroLink.Node;
using MicroLink.Paths;
using MicroLink.Runtime;
using Xunit;
using Xunit.Abstractions;
using static MicroLink.Tests.Simulation.ScenarioTests;

namespace MicroLink.Tests.Simulation
{
    /// <summary>
    /// A peer loses what it knew: its sessions only (`tailscale down` and `up` within seconds), or everything (its process or its machine was
    /// restarted), at any moment, with control's news of it or without. How long until it answers again, counted from the moment it could?
    /// </summary>
    public sealed class RestartTests
    {
        private const int EveryMs = 200, TimeoutMs = 600;
        private readonly ITestOutputHelper _output;

        public RestartTests(ITestOutputHelper output)
        {
            _output = output;
        }

        [Theory]
        [InlineData(200, 200)]
        public void A_peer_that_forgot_its_sessions_answers_again_within_three_seconds(long firstSeed, int seeds)
        {
            long worstMs = 0, sumMs = 0;
            for (long seed = firstSeed; seed < firstSeed + seeds; seed++) Note(Forget(seed), ref worstMs, ref sumMs);
            _output.WriteLine("sessions forgotten: " + sumMs / seeds + " ms on average, " + worstMs + " ms at most");
        }

        [Theory]
        [InlineData(300, 200, true, 3000)]
        [InlineData(300, 200, false, 6000)]
        public void A_peer_that_was_restarted_answers_soon_after_it_is_connected(long firstSeed, int seeds, bool news, int boundMs)
        {
            long worstMs = 0, sumMs = 0;
            for (long seed = firstSeed; seed < firstSeed + seeds; seed++) Note(Restart(seed, news, boundMs), ref worstMs, ref sumMs);
            _output.WriteLine("restarted: " + sumMs / seeds + " ms on average, " + worstMs + " ms at most");
        }

        private static void Note(long ms, ref long worstMs, ref long sumMs)
        {
            sumMs += ms;
            if (ms > worstMs) worstMs = ms;
        }

        private static long Forget(long seed)
        {
            SimRandom random = new SimRandom(seed);
            using SimWorld world = Start(seed, random, 1 + random.Below(2), out SimNode a, out SimNode b);
            world.Note("scenario", "b forgets its sessions");
            int awayMs = random.Below(4) * 1000;
            b.Host.IsOnline = awayMs == 0;
            if (random.Below(2) == 0) world.Advance(awayMs);
            else FirstAnswer(world, a, b, awayMs);
            b.Host.IsOnline = true;
            b.ForgetSessions();
            if (random.Below(2) == 0) world.Advance(random.Below(60000));
            return Bounded(world, FirstAnswer(world, a, b, 20000), 3000);
        }

        /// <summary>Without news there is one relay: nobody but control could say that b has moved to another.</summary>
        private static long Restart(long seed, bool news, int boundMs)
        {
            SimRandom random = new SimRandom(seed);
            using SimWorld world = Start(seed, random, news ? 1 + random.Below(2) : 1, out SimNode a, out SimNode b);
            if (!news) a.StallControl();
            world.Note("scenario", "b is restarted");
            b.PowerOff();
            int awayMs = random.Below(20000);
            if (random.Below(2) == 0) world.Advance(awayMs);
            else FirstAnswer(world, a, b, awayMs);
            b.Boot();
            while (b.State != NodeState.Connected) FirstAnswer(world, a, b, 50);
            return Bounded(world, FirstAnswer(world, a, b, 30000), boundMs);
        }

        private static long Bounded(SimWorld world, long ms, int boundMs)
        {
            if (ms > boundMs) throw world.Failure("b answered only after " + ms + " ms");
            return ms;
        }

        private static SimWorld Start(long seed, SimRandom random, int regions, out SimNode a, out SimNode b)
        {
            SimWorld world = new SimWorld(seed, regions);
            a = world.AddNode("a", Network(world, random));
            b = world.AddNode("b", Network(world, random));
            foreach (SimNode node in world.Nodes)
            {
                node.Host.LatencyMs = 1 + random.Below(20);
                node.DhDelayMs = random.Below(2) * 30;
            }
            BootAll(world);
            MustPing(world, a, b);
            for (long untilMs = world.Time.Ms + random.Below(3) * random.Below(20000); world.Time.Ms < untilMs; world.Advance(200))
                MustPing(world, a, b);
            // "At most one initiation per 5 s" (protocol.md 8.6): a peer that restarts within them has to wait for the rest.
            world.Advance(random.Below(2) == 0 ? 6000 : 6000 + random.Below(60000));
            return world;
        }

        /// <summary>A stream of pings until the first answer; the time that it took, or the limit.</summary>
        private static long FirstAnswer(SimWorld world, SimNode from, SimNode to, int atMostMs)
        {
            from.Probe.Clear();
            long startMs = world.Time.Ms, nextMs = startMs;
            while (world.Time.Ms - startMs < atMostMs)
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
                    if (answer is PingResult result && result.Error == null) return world.Time.Ms - startMs;
                }
            }
            return atMostMs;
        }

        private static SimNat Network(SimWorld world, SimRandom random)
        {
            switch (random.Below(4))
            {
                case 0: return null;
                case 1: return world.Network.AddNat(SimNatKind.EndpointIndependent);
                case 2: return world.Network.AddNat(SimNatKind.AddressRestricted);
                default: return world.Network.AddNat(SimNatKind.Symmetric);
            }
        }
    }
}
