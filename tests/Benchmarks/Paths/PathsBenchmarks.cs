using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using MicroLink.Drivers.Simulated;
using MicroLink.Tests.Interop.Network;

namespace MicroLink.Benchmarks.Paths;

/// <summary>
/// `./bench paths`: how soon a node is of use, how long traffic pauses when the network changes, what an idle node sends. The node as it is
/// shipped, in network namespaces around the lab; beside it, in the same lab and in turns, the tailscaled of the folder that TAILSCALED
/// names. The idle hour is in virtual time.
/// </summary>
public static class PathsBenchmarks
{
    private const int Runs = 5, Changes = 3;
    private const string Wan = "{ chain p { type nat hook postrouting priority 100; oifname \"wan\" masquerade; }; }";
    private const string NoUdp = "table ip f { chain f { type filter hook forward priority 0; meta l4proto udp drop; }; }";

    private static readonly string[] s_who = { "ours", "tailscaled" };
    private static readonly List<string> s_order = new List<string>();
    private static readonly Dictionary<string, List<long>[]> s_times = new Dictionary<string, List<long>[]>();
    private static int s_lastAddress = 100;

    public static void Run()
    {
        string whyNot = Environment.GetEnvironmentVariable("MICROLINK_BENCH_IDLE") == "1" ? "MICROLINK_BENCH_IDLE is set" : NetworkLab.WhyNot();
        if (whyNot != null) Console.WriteLine("paths: skipped, " + whyNot);
        else InNamespaces();
        foreach (int peers in new[] { 5, 300 }) IdleHour(peers);
    }

    private static void InNamespaces()
    {
        string programs = Environment.GetEnvironmentVariable("TAILSCALED");
        if (File.Exists(programs)) programs = Path.GetDirectoryName(programs);
        if (string.IsNullOrEmpty(programs)) Console.WriteLine("paths: no tailscaled beside ours: the variable TAILSCALED names none");
        using NetworkLab lab = new NetworkLab();
        List<Trio> trios = new List<Trio> { new Trio(lab, 0, (host) => PathsEnd.Ours(lab, host)) };
        if (!string.IsNullOrEmpty(programs)) trios.Add(new Trio(lab, 1, (host) => PathsEnd.Theirs(lab, host, programs)));
        lab.StartLab();
        foreach (Trio trio in trios)
        {
            trio.B.Start(true, true);
            trio.B.TunnelAddress();
        }
        for (int run = 0; run < Runs; run++)
        {
            foreach (Trio trio in trios)
            {
                foreach (bool fresh in new[] { true, false })
                {
                    Start(trio, trio.A, true, fresh);
                    Start(trio, trio.Relayed, false, fresh);
                }
            }
        }
        foreach (Trio trio in trios)
        {
            trio.A.Start(true, true);
            trio.Relayed.Start(true, true);
        }
        for (int run = 0; run < Changes; run++)
        {
            foreach (Trio trio in trios)
            {
                Try(trio, "pause when nothing passes between the two any more", () => PathDies(lab, trio.A, trio.B, true));
                Try(trio, "pause when nothing reaches the peer any more", () => PathDies(lab, trio.A, trio.B, false));
                Try(trio, "pause when the own address changes", () => AddressChanges(lab, trio.A, trio.B));
                Try(trio, "pause when the relays are away for " + NetworkLab.OutageMs + " ms, less that", () => RelaysRestart(lab, trio.Relayed, trio.B));
                if (trio.Who == 0) Try(trio, "pause at microlink rebind", () => Rebind(lab, trio.A, trio.B));
            }
            if (trios.Count == 1) continue;
            Try(trios[0], "pause of ours when nothing reaches a tailscaled any more", () => PathDies(lab, trios[0].A, trios[1].B, false));
        }
        Print();
    }

    /// <summary>Two open hosts and one without UDP, all of one kind.</summary>
    private sealed class Trio
    {
        public readonly int Who;
        public readonly PathsEnd A, B, Relayed;

        public Trio(NetworkLab lab, int who, Func<LabHost, PathsEnd> end)
        {
            Who = who;
            string letter = who == 0 ? "" : "t";
            A = end(Open(lab, letter + "a", 11 + 10 * who));
            B = end(Open(lab, letter + "b", 12 + 10 * who));
            lab.AddNat(letter + "n", 13 + 10 * who, "table ip n " + Wan + "\n" + NoUdp);
            Relayed = end(lab.AddBehind(letter + "n", letter + "relayed", 1 + who));
        }

        /// <summary>With a default route: tailscaled looks at its interface.</summary>
        private static LabHost Open(NetworkLab lab, string name, int last)
        {
            LabHost host = lab.AddOpen(name, last);
            lab.In(name, "ip route add default via " + NetworkLab.Server);
            return host;
        }
    }

    /// <summary>Process start to the first pong by the way that is possible, and to the first answer from inside the tunnel.</summary>
    private static void Start(Trio trio, PathsEnd host, bool direct, bool fresh)
    {
        host.Stop();
        Stopwatch watch = Stopwatch.StartNew();
        host.Start(false, fresh);
        Task<long> tunnel = Task.Factory.StartNew(() => Answered(host, "tsmp", trio.B, null, watch), TaskCreationOptions.LongRunning);
        long pong = Answered(host, "disco", trio.B, direct ? "direct" : "relay", watch);
        string kind = (direct ? "direct" : "relayed, without UDP") + (fresh ? ", fresh" : ", restart");
        Note(trio, "start to the first pong, " + kind, pong);
        Note(trio, "start to the first answer in the tunnel, " + kind, tunnel.Result);
        host.Stop();
    }

    private static long Answered(PathsEnd host, string kind, PathsEnd peer, string way, Stopwatch watch)
    {
        while (true)
        {
            string answer = host.Ping(kind, peer);
            if (answer != null && (way == null || answer == way)) return watch.ElapsedMilliseconds;
            if (watch.ElapsedMilliseconds > 30000) throw new TimeoutException(host.Name + ": no " + kind + " pong in 30 s; " + host.Log());
            Thread.Sleep(1);
        }
    }

    private static void MustBecomeDirect(PathsEnd a, PathsEnd b)
    {
        NetworkLab.Wait(() =>
        {
            a.Ping("tsmp", b);
            return a.Ping("disco", b) == "direct";
        }, a.Name + " reaches " + b.Name + " directly", 30000);
        Thread.Sleep(1500);
    }

    private static long PathDies(NetworkLab lab, PathsEnd a, PathsEnd b, bool bothWays)
    {
        MustBecomeDirect(a, b);
        using TunnelPings pings = new TunnelPings(lab, a, b);
        double since = TunnelPings.NowMs;
        if (bothWays) Cut(lab, a, "ip saddr " + b.WanAddress + " meta l4proto udp drop");
        Cut(lab, b, "ip saddr " + a.WanAddress + " meta l4proto udp drop");
        long gap = pings.LongestGapMs(since, 8000);
        if (bothWays) lab.Nft(a.Name, "delete table ip cut");
        lab.Nft(b.Name, "delete table ip cut");
        return gap;
    }

    private static void Cut(NetworkLab lab, PathsEnd end, string rule)
    {
        lab.Nft(end.Name, "table ip cut { chain i { type filter hook input priority 0; " + rule + "; }; }");
    }

    private static long AddressChanges(NetworkLab lab, PathsEnd a, PathsEnd b)
    {
        MustBecomeDirect(a, b);
        using TunnelPings pings = new TunnelPings(lab, a, b);
        double since = TunnelPings.NowMs;
        a.MoveTo("203.0.113." + ++s_lastAddress);
        return pings.LongestGapMs(since, 8000);
    }

    private static long Rebind(NetworkLab lab, PathsEnd a, PathsEnd b)
    {
        MustBecomeDirect(a, b);
        using TunnelPings pings = new TunnelPings(lab, a, b);
        double since = TunnelPings.NowMs;
        a.Rebind();
        return pings.LongestGapMs(since, 3000);
    }

    private static long RelaysRestart(NetworkLab lab, PathsEnd a, PathsEnd b)
    {
        using TunnelPings pings = new TunnelPings(lab, a, b);
        double since = TunnelPings.NowMs;
        lab.RestartRelays();
        return Math.Max(0, pings.LongestGapMs(since, 4000) - NetworkLab.OutageMs);
    }

    /// <summary>
    /// One hour without traffic, in virtual time; counted at one node: UDP datagrams it sends, and bytes of its streams both ways. Five peers
    /// are nodes, the others are known to control alone: who is idle hears nothing of either.
    /// </summary>
    private static void IdleHour(int peers)
    {
        const int Nodes = 5;
        using SimWorld world = new SimWorld(5, 1, peers - Nodes) { DiscoPerSecondMax = int.MaxValue };
        for (int i = 0; i <= Nodes; i++) world.AddNode("n" + i, world.Network.AddNat(SimNatKind.EndpointIndependent));
        foreach (SimNode node in world.Nodes) node.Boot();
        world.Until(() => world.Nodes.All(node => node.State == Node.NodeState.Connected), 120000, "all nodes are connected");
        world.Advance(600000);
        SimHost host = world.Nodes[0].Host;
        long datagrams = host.DatagramsSent, bytes = host.StreamBytes;
        world.Advance(3600000);
        Console.WriteLine($"paths: idle for an hour with {peers} peers: {host.DatagramsSent - datagrams} datagrams sent, "
            + $"{host.StreamBytes - bytes} bytes of control and relay (both ways)");
    }

    /// <summary>An event after which traffic does not come back in time has no figure, and says so.</summary>
    private static void Try(Trio trio, string what, Func<long> change)
    {
        try
        {
            Note(trio, what, change());
        }
        catch (TimeoutException e)
        {
            Console.WriteLine("paths: " + s_who[trio.Who] + ": " + what + ": no figure, " + e.Message);
        }
    }

    private static void Note(Trio trio, string what, long ms)
    {
        Console.Error.WriteLine("paths: " + s_who[trio.Who] + ": " + what + ": " + ms + " ms");
        if (!s_times.TryGetValue(what, out List<long>[] times))
        {
            s_times[what] = times = new[] { new List<long>(), new List<long>() };
            s_order.Add(what);
        }
        times[trio.Who].Add(ms);
    }

    private static void Print()
    {
        Console.WriteLine($"\npaths: median (least-most) in ms, {Runs} starts and {Changes} runs of each event, in turns in one lab\n");
        Console.WriteLine("| what | this node | tailscaled | ratio |");
        Console.WriteLine("|---|---|---|---|");
        foreach (string what in s_order)
        {
            List<long> ours = s_times[what][0], theirs = s_times[what][1];
            string ratio = theirs.Count == 0 || Median(theirs) == 0 ? "-" : ((double)Median(ours) / Median(theirs)).ToString("0.00", CultureInfo.InvariantCulture);
            Console.WriteLine($"| {what} | {Spread(ours)} | {Spread(theirs)} | {ratio} |");
        }
    }

    private static long Median(List<long> times) => times.OrderBy(time => time).ElementAt(times.Count / 2);

    private static string Spread(List<long> times) => times.Count == 0 ? "-" : $"{Median(times)} ({times.Min()}-{times.Max()})";
}
