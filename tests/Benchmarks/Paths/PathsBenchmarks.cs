using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;
using MicroLink.Drivers.Simulated;
using MicroLink.Tests.Interop.Network;

namespace MicroLink.Benchmarks.Paths;

/// <summary>
/// `./bench paths`: how soon a node is of use, how long traffic pauses when the network changes, what an idle node sends. The node as it is
/// shipped, in network namespaces around the lab; the idle hour in virtual time. Beside it what a real tailscaled 1.96 reached in such a lab,
/// as it was recorded on a machine of this kind (its own runs are in docs/benchmarks.md).
/// </summary>
public static class PathsBenchmarks
{
    private const int Runs = 5, Changes = 3;
    private const string Wan = "{ chain p { type nat hook postrouting priority 100; oifname \"wan\" masquerade; }; }";
    private const string NoUdp = "table ip f { chain f { type filter hook forward priority 0; meta l4proto udp drop; }; }";

    public static void Run()
    {
        string whyNot = Environment.GetEnvironmentVariable("MICROLINK_BENCH_IDLE") == "1" ? "MICROLINK_BENCH_IDLE is set" : NetworkLab.WhyNot();
        if (whyNot != null) Console.WriteLine("paths: skipped, " + whyNot);
        else InNamespaces();
        foreach (int peers in new[] { 5, 300 }) IdleHour(peers);
    }

    private static void InNamespaces()
    {
        using NetworkLab lab = new NetworkLab();
        LabHost a = lab.AddOpen("a", 11), b = lab.AddOpen("b", 12);
        lab.AddNat("n", 21, "table ip n " + Wan + "\n" + NoUdp);
        LabHost relayed = lab.AddBehind("n", "relayed", 1);
        lab.StartLab();
        b.Start();
        b.MustConnect();
        Starts("start to first direct ping, fresh", a, b, true, true, "79 (74-87)");
        Starts("start to first direct ping, restart", a, b, true, false, "64 (62-77)");
        Starts("start to first relayed ping, fresh", relayed, b, false, true, "85 (81-99)");
        Starts("start to first relayed ping, restart", relayed, b, false, false, "68 (64-86)");
        a.Start();
        relayed.Start();
        a.MustBecomeDirect(b, 20000);
        relayed.MustPing(b);
        Gaps("direct path dies", "4550 (4350-5280)", () => PathDies(lab, a, b));
        Gaps("own address changes", "4350 (30-5630)", () => AddressChanges(lab, a, b));
        Gaps("microlink rebind", "not measured", () => Rebind(a, b));
        Gaps("relay away for 300 ms, less the 300 ms", "21 (0-30), outage of 30 ms", () => RelayRestarts(lab, relayed, b) - NetworkLab.OutageMs);
    }

    private static void Starts(string what, LabHost host, LabHost peer, bool direct, bool fresh, string tailscaled)
    {
        List<long> times = new List<long>();
        for (int run = 0; run < Runs; run++)
        {
            host.Stop();
            if (fresh) host.Forget();
            Stopwatch watch = Stopwatch.StartNew();
            host.Start();
            while (!(direct ? host.PingsDirectly(peer) : host.Ping(peer, 200) != null))
            {
                if (watch.ElapsedMilliseconds > 30000) throw new TimeoutException(what + ": nothing in 30 s; " + host.Log());
                Thread.Sleep(2);
            }
            times.Add(watch.ElapsedMilliseconds);
        }
        host.Stop();
        Print(what, times, tailscaled);
    }

    private static void Gaps(string what, string tailscaled, Func<long> change)
    {
        List<long> times = new List<long>();
        for (int run = 0; run < Changes; run++) times.Add(Math.Max(0, change()));
        Print("gap when: " + what, times, tailscaled);
    }

    private static long PathDies(NetworkLab lab, LabHost a, LabHost b)
    {
        a.MustBecomeDirect(b, 20000);
        Thread.Sleep(1500);
        using Traffic traffic = new Traffic(a, b);
        long since = traffic.NowMs;
        lab.Nft(b.Name, "table ip t { chain i { type filter hook input priority 0; udp dport 41641 drop; }; }");
        long gap = traffic.LongestGapMs(since, 8000);
        lab.Nft(b.Name, "delete table ip t");
        return gap;
    }

    private static int s_last = 100;

    private static long AddressChanges(NetworkLab lab, LabHost a, LabHost b)
    {
        a.MustBecomeDirect(b, 20000);
        Thread.Sleep(1500);
        using Traffic traffic = new Traffic(a, b);
        long since = traffic.NowMs;
        string now = "203.0.113." + ++s_last;
        lab.In(a.Name, "sh -c 'ip addr flush dev wan scope global; ip addr add " + now + "/24 dev wan'");
        return traffic.LongestGapMs(since, 8000);
    }

    private static long Rebind(LabHost a, LabHost b)
    {
        a.MustBecomeDirect(b, 20000);
        using Traffic traffic = new Traffic(a, b);
        long since = traffic.NowMs;
        a.Ask("rebind");
        return traffic.LongestGapMs(since, 3000);
    }

    private static long RelayRestarts(NetworkLab lab, LabHost a, LabHost b)
    {
        using Traffic traffic = new Traffic(a, b);
        long since = traffic.NowMs;
        lab.RestartRelays();
        return traffic.LongestGapMs(since, 4000);
    }

    /// <summary>One hour without traffic, in virtual time; counted at one node: UDP datagrams it sends, and bytes of its streams both ways.</summary>
    private static void IdleHour(int peers)
    {
        using SimWorld world = new SimWorld(5) { DiscoPerSecondMax = int.MaxValue };
        for (int i = 0; i <= peers; i++) world.AddNode("n" + i, world.Network.AddNat(SimNatKind.EndpointIndependent));
        foreach (SimNode node in world.Nodes) node.Boot();
        world.Until(() => world.Nodes.All(node => node.State == Node.NodeState.Connected), 120000, "all nodes are connected");
        world.Advance(600000);
        SimHost host = world.Nodes[0].Host;
        long datagrams = host.DatagramsSent, bytes = host.StreamBytes;
        world.Advance(3600000);
        Console.WriteLine($"paths: idle for an hour with {peers} peers: {host.DatagramsSent - datagrams} datagrams sent, "
            + $"{host.StreamBytes - bytes} bytes of control and relay (both ways)");
    }

    private static void Print(string what, List<long> times, string tailscaled)
    {
        times.Sort();
        Console.WriteLine($"paths: {what}: {times[times.Count / 2]} ({times[0]}-{times[^1]}) ms of {times.Count} runs; tailscaled, recorded: {tailscaled} ms");
    }
}
