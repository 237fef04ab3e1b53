using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;

namespace MicroLink.Benchmarks.Tunnel;

/// <summary>One pair of peers, and what was measured between them.</summary>
internal sealed class TunnelCase
{
    private readonly TunnelEnd _a, _b;
    private readonly bool _backwards;
    private readonly List<double> _tcp = new List<double>(), _cpu = new List<double>(), _udp = new List<double>(), _loss = new List<double>();
    private readonly List<double>[] _ping = { new List<double>(), new List<double>(), new List<double>() };

    /// <param name="backwards">The second end sends.</param>
    private TunnelCase(string name, TunnelEnd a, TunnelEnd b, bool backwards = false)
    {
        Name = name;
        _a = a;
        _b = b;
        _backwards = backwards;
    }

    public string Name { get; }

    public static List<TunnelCase> All()
    {
        List<TunnelCase> cases = new List<TunnelCase>
        {
            new TunnelCase("MicroLink -> MicroLink", TunnelEnd.Node, TunnelEnd.Node),
            new TunnelCase("MicroLink -> MicroLink by the lab's relay", TunnelEnd.Relayed, TunnelEnd.Relayed),
            new TunnelCase("MicroLink netstack -> MicroLink", TunnelEnd.Netstack, TunnelEnd.Node),
            new TunnelCase("MicroLink -> MicroLink netstack", TunnelEnd.Netstack, TunnelEnd.Node, true),
        };
        string tailscaled = Environment.GetEnvironmentVariable("TAILSCALED"), newer = Environment.GetEnvironmentVariable("WIREGUARD_GO");
        if (!string.IsNullOrEmpty(tailscaled)) AddPeer(cases, "tailscaled", TunnelEnd.Tailscaled(tailscaled), TunnelEnd.Node);
        if (!string.IsNullOrEmpty(newer)) AddPeer(cases, "wireguard-go (newer)", TunnelEnd.WireGuardGo(newer), TunnelEnd.Fixed);
        if (File.Exists("/usr/bin/wireguard-go")) AddPeer(cases, "wireguard-go (Debian)", TunnelEnd.WireGuardGo("/usr/bin/wireguard-go"), TunnelEnd.Fixed);
        return cases;
    }

    private static void AddPeer(List<TunnelCase> cases, string name, TunnelEnd peer, TunnelEnd ours)
    {
        cases.Add(new TunnelCase($"{name} -> {name}", peer, peer));
        cases.Add(new TunnelCase($"MicroLink -> {name}", ours, peer));
        cases.Add(new TunnelCase($"{name} -> MicroLink", peer, ours));
    }

    public void Measure(TunnelWire wire, int seconds)
    {
        byte[] privateA = TunnelEnd.NewPrivate(), privateB = TunnelEnd.NewPrivate();
        if (_a.NeedsLab) wire.StartLab();
        Process a = _a.Start(wire, true, privateA, TunnelEnd.Public(privateB)), b = _b.Start(wire, false, privateB, TunnelEnd.Public(privateA));
        wire.Start(wire.SpaceB, "iperf3", "-s");
        TunnelWire.Until(Name, wire.SpaceA, $"iperf3 -c {_a.Reach} -n 1");
        bool kernels = _a.Reach == TunnelWire.InnerB;
        if (kernels) MeasurePing(wire);
        MeasureTcp(wire, a, b, seconds);
        if (kernels) MeasureUdp(wire, seconds);
    }

    public string Row()
    {
        string udp = "- | -", ping = "-";
        if (_udp.Count > 0)
        {
            double kpps = TunnelBenchmarks.Median(_udp) / 8 / 1200 * 1000;
            udp = $"{TunnelBenchmarks.Spread(_udp, "0")} ({kpps.ToString("0.0", CultureInfo.InvariantCulture)}) | {TunnelBenchmarks.Spread(_loss, "0")}";
            ping = string.Join("/", _ping.Select(values => TunnelBenchmarks.Median(values).ToString("0.00", CultureInfo.InvariantCulture)));
        }
        return $"| {Name} | {TunnelBenchmarks.Spread(_tcp, "0")} | {TunnelBenchmarks.Spread(_cpu, "0.0")} | {udp} | {ping} |";
    }

    private void MeasurePing(TunnelWire wire)
    {
        string output = TunnelWire.In(wire.SpaceA, $"ping -q -c 50 -i 0.05 {TunnelWire.InnerB}");
        string[] numbers = output.Substring(output.LastIndexOf('=') + 1).Trim().Split('/', ' ');
        for (int i = 0; i < 3; i++) _ping[i].Add(double.Parse(numbers[i], CultureInfo.InvariantCulture));
    }

    private void MeasureTcp(TunnelWire wire, Process a, Process b, int seconds)
    {
        double before = TunnelWire.CpuSeconds(a) + TunnelWire.CpuSeconds(b);
        using JsonDocument tcp = Iperf(wire, $"-t {seconds}{(_backwards ? " -R" : "")}");
        double used = TunnelWire.CpuSeconds(a) + TunnelWire.CpuSeconds(b) - before;
        JsonElement received = tcp.RootElement.GetProperty("end").GetProperty("sum_received");
        _tcp.Add(received.GetProperty("bits_per_second").GetDouble() / 1e6);
        _cpu.Add(used / (received.GetProperty("bytes").GetDouble() / 1e9));
    }

    private void MeasureUdp(TunnelWire wire, int seconds)
    {
        using JsonDocument udp = Iperf(wire, $"-u -l 1200 -b 0 -t {seconds}");
        JsonElement sum = udp.RootElement.GetProperty("end").GetProperty("sum");
        double lost = sum.GetProperty("lost_percent").GetDouble();
        _loss.Add(lost);
        _udp.Add(sum.GetProperty("bits_per_second").GetDouble() / 1e6 * (1 - lost / 100));
    }

    private JsonDocument Iperf(TunnelWire wire, string options)
    {
        return JsonDocument.Parse(TunnelWire.In(wire.SpaceA, $"iperf3 -c {_a.Reach} -J {options}"));
    }
}
