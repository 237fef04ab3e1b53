using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;

namespace MicroLink.Benchmarks.Tunnel;

/// <summary>
/// `./bench tunnel`: two ends in two network namespaces on one wire, every pair of peers in one run and in turns, so that a busy machine is
/// busy for all of them. Needs root, iproute2, iperf3, ping, wg and curl; Debian's wireguard-go, another one that WIREGUARD_GO names, tailscaled
/// (TAILSCALED) and derper (DERPER). Ours is the command with the lab; towards wireguard-go our WireGuard layer with a fixed peer.
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
        int seconds = Setting("TUNNEL_SECONDS", 4), minutes = Setting("TUNNEL_MINUTES", 8), done = 0;
        List<TunnelCase> cases = TunnelCase.All();
        Stopwatch watch = Stopwatch.StartNew();
        bool stopped = false;
        for (int round = 0; round < Rounds && !stopped; round++)
        {
            foreach (TunnelCase pair in cases)
            {
                stopped = round > 0 && watch.Elapsed.TotalMinutes >= minutes;
                if (stopped) break;
                Console.Error.WriteLine($"tunnel: {watch.Elapsed:m\\:ss}, {++done} of {Rounds * cases.Count}: {pair.Name}");
                try
                {
                    using TunnelWire wire = new TunnelWire();
                    pair.Measure(wire, seconds);
                }
                catch (Exception e) when (e is InvalidOperationException or KeyNotFoundException or System.Text.Json.JsonException or FormatException)
                {
                    Console.WriteLine($"tunnel: no figure for {pair.Name} in round {round + 1}: {e.Message}");
                }
            }
        }
        if (stopped) Console.WriteLine($"tunnel: stopped after {minutes} minutes (TUNNEL_MINUTES), {done} of {Rounds * cases.Count} pairs and rounds were run");
        Print(cases, seconds);
    }

    private static int Setting(string name, int usual)
    {
        return int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out int set) ? set : usual;
    }

    private static void Print(List<TunnelCase> cases, int seconds)
    {
        Console.WriteLine($"\ntunnel: TUN mode unless it says netstack or userspace (SOCKS5), both ends and the relay on this machine, MTU 1280, median (least-most)"
            + $" of up to {Rounds} runs of {seconds} s; load now {File.ReadAllText("/proc/loadavg").Split(' ')[0]}");
        Console.WriteLine("| pair | TCP Mbit/s | CPU-s per GB of the daemons and the relay | UDP 1200 B flood: received Mbit/s | paced UDP, lost % at "
            + string.Join(" / ", TunnelRow.PacedMbits) + " Mbit/s | ping ms min/avg/max |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (TunnelRow row in cases.SelectMany(pair => pair.Rows)) Console.WriteLine(row.Text());
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
