using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace MicroLink.Benchmarks.Tunnel;

/// <summary>
/// `./bench tunnel`: two ends in two network namespaces on one wire, TUN mode, every pair of peers in one run and in turns, so that a busy
/// machine is busy for all of them. Needs root, iproute2, iperf3 and ping; Debian's wireguard-go, another one that WIREGUARD_GO names, and
/// tailscaled with tailscale in the folder that TAILSCALED names. Ours is the command with the lab; towards wireguard-go our WireGuard
/// layer with a fixed peer.
/// </summary>
internal static class TunnelBenchmarks
{
    private const int Rounds = 3;

    public static void Run()
    {
        string missing = TunnelWire.WhyNot();
        if (missing != null)
        {
            Console.WriteLine("\ntunnel: left out, because " + missing);
            return;
        }
        int seconds = int.Parse(Environment.GetEnvironmentVariable("TUNNEL_SECONDS") ?? "4", CultureInfo.InvariantCulture);
        List<TunnelCase> cases = TunnelCase.All();
        for (int round = 0; round < Rounds; round++)
        {
            foreach (TunnelCase pair in cases)
            {
                Console.Error.WriteLine($"tunnel: round {round + 1} of {Rounds}, {pair.Name}");
                try
                {
                    using TunnelWire wire = new TunnelWire();
                    pair.Measure(wire, seconds);
                }
                catch (InvalidOperationException e)
                {
                    Console.WriteLine($"tunnel: no figure for {pair.Name} in round {round + 1}: {e.Message}");
                }
            }
        }
        Print(cases, seconds);
    }

    private static void Print(List<TunnelCase> cases, int seconds)
    {
        Console.WriteLine($"\ntunnel: TUN mode unless it says netstack, both ends on this machine, MTU 1280, median (least-most) of {Rounds} runs of {seconds} s");
        Console.WriteLine("| pair | TCP Mbit/s | both daemons' CPU-s per GB | UDP 1200 B: received Mbit/s (kpps) | loss % | ping ms min/avg/max |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (TunnelCase pair in cases) Console.WriteLine(pair.Row());
    }

    internal static string Spread(List<double> values, string format)
    {
        if (values.Count == 0) return "-";
        double[] sorted = values.OrderBy(value => value).ToArray();
        string Text(double value) => value.ToString(format, CultureInfo.InvariantCulture);
        return $"{Text(sorted[sorted.Length / 2])} ({Text(sorted[0])}-{Text(sorted[^1])})";
    }

    internal static double Median(List<double> values)
    {
        return values.Count == 0 ? double.NaN : values.OrderBy(value => value).ElementAt(values.Count / 2);
    }
}
