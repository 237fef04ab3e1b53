using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading;

namespace MicroLink.Benchmarks.Tunnel;

/// <summary>One pair of peers, which is started once a round and measured in one direction or both.</summary>
internal sealed class TunnelCase
{
    private readonly TunnelEnd _a, _b;
    private readonly TunnelRelay _relay;
    private readonly bool _udp;
    private readonly TunnelRow _there, _back;

    /// <param name="back">Name of the row in which the second end sends, or null.</param>
    /// <param name="udp">Measures UDP, too; seconds that only pairs of one kind get.</param>
    private TunnelCase(string name, TunnelEnd a, TunnelEnd b, string back = null, TunnelRelay relay = TunnelRelay.None, bool udp = false)
    {
        _there = new TunnelRow(name);
        _back = back == null ? null : new TunnelRow(back);
        _a = a;
        _b = b;
        _relay = relay;
        _udp = udp;
    }

    public string Name => _there.Name + (_back == null ? "" : " and back");

    public IEnumerable<TunnelRow> Rows => _back == null ? new[] { _there } : new[] { _there, _back };

    public static List<TunnelCase> All()
    {
        string tailscaled = TunnelWire.TailscaleFolder, derper = TunnelWire.Derper;
        List<TunnelCase> cases = new List<TunnelCase>
        {
            new TunnelCase("MicroLink -> MicroLink", TunnelEnd.Node, TunnelEnd.Node, udp: true),
            new TunnelCase("MicroLink netstack -> MicroLink", TunnelEnd.Netstack, TunnelEnd.Node, "MicroLink -> MicroLink netstack"),
            new TunnelCase("MicroLink netstack -> MicroLink netstack", TunnelEnd.Netstack, TunnelEnd.Netstack),
            new TunnelCase("MicroLink -> MicroLink by the lab's relay", TunnelEnd.RelayedNode, TunnelEnd.RelayedNode, relay: TunnelRelay.Lab),
        };
        if (derper != null) cases.Add(new TunnelCase("MicroLink -> MicroLink by derper", TunnelEnd.RelayedNode, TunnelEnd.RelayedNode, relay: TunnelRelay.Derper));
        if (tailscaled != null) AddTailscaled(cases, TunnelEnd.Tailscaled(tailscaled, false, false), TunnelEnd.Tailscaled(tailscaled, true, false),
            TunnelEnd.Tailscaled(tailscaled, false, true), derper != null);
        string newer = Environment.GetEnvironmentVariable("WIREGUARD_GO");
        if (!string.IsNullOrEmpty(newer)) AddWireGuardGo(cases, "wireguard-go (newer)", TunnelEnd.WireGuardGo(newer));
        if (File.Exists("/usr/bin/wireguard-go")) AddWireGuardGo(cases, "wireguard-go (Debian)", TunnelEnd.WireGuardGo("/usr/bin/wireguard-go"));
        return cases;
    }

    private static void AddTailscaled(List<TunnelCase> cases, TunnelEnd tun, TunnelEnd userspace, TunnelEnd relayed, bool derper)
    {
        cases.Add(new TunnelCase("tailscaled -> tailscaled", tun, tun, udp: true));
        cases.Add(new TunnelCase("MicroLink -> tailscaled", TunnelEnd.Node, tun, "tailscaled -> MicroLink"));
        cases.Add(new TunnelCase("tailscaled userspace -> tailscaled", userspace, tun, "tailscaled -> tailscaled userspace"));
        cases.Add(new TunnelCase("tailscaled userspace -> tailscaled userspace", userspace, userspace));
        cases.Add(new TunnelCase("tailscaled -> tailscaled by the lab's relay", relayed, relayed, relay: TunnelRelay.Lab));
        if (derper) cases.Add(new TunnelCase("tailscaled -> tailscaled by derper", relayed, relayed, relay: TunnelRelay.Derper));
    }

    private static void AddWireGuardGo(List<TunnelCase> cases, string name, TunnelEnd peer)
    {
        cases.Add(new TunnelCase($"{name} -> {name}", peer, peer, udp: true));
        cases.Add(new TunnelCase($"MicroLink -> {name}", TunnelEnd.Fixed, peer, $"{name} -> MicroLink"));
    }

    public void Measure(TunnelWire wire, int seconds)
    {
        byte[] privateA = TunnelEnd.NewPrivate(), privateB = TunnelEnd.NewPrivate();
        List<Process> daemons = new List<Process>();
        if (_a.NeedsLab) wire.StartLab(_relay, daemons);
        daemons.Add(_a.Start(wire, true, privateA, TunnelEnd.Public(privateB)));
        daemons.Add(_b.Start(wire, false, privateB, TunnelEnd.Public(privateA)));
        if (_a.Proxied) MeasureStreams(wire, daemons, seconds);
        else MeasureKernels(wire, daemons, seconds);
    }

    /// <summary>Programs on both sides use the kernels' stacks.</summary>
    private void MeasureKernels(TunnelWire wire, List<Process> daemons, int seconds)
    {
        wire.Start(wire.SpaceB, "iperf3", "-s");
        TunnelWire.Until(Name, wire.SpaceA, $"iperf3 -c {TunnelWire.InnerB} -n 1");
        string output = TunnelWire.In(wire.SpaceA, $"ping -q -c 30 -i 0.05 {TunnelWire.InnerB}");
        string[] numbers = output.Substring(output.LastIndexOf('=') + 1).Trim().Split('/', ' ');
        for (int i = 0; i < 3; i++) _there.Ping[i].Add(double.Parse(numbers[i], CultureInfo.InvariantCulture));
        foreach (TunnelRow row in Rows) MeasureTcp(wire, daemons, seconds, row);
        if (!_udp) return;
        for (int i = 0; i < TunnelRow.PacedMbits.Length; i++) _there.Paced[i].Add(Udp(wire, $"-b {TunnelRow.PacedMbits[i]}M").Lost);
        (double mbits, double lost) = Udp(wire, "-b 0");
        _there.Flood.Add(mbits);
        _there.FloodLoss.Add(lost);
    }

    private void MeasureTcp(TunnelWire wire, List<Process> daemons, int seconds, TunnelRow row)
    {
        double before = TunnelWire.CpuSeconds(daemons);
        using JsonDocument tcp = Iperf(wire, $"-t {seconds}{(row == _back ? " -R" : "")}");
        double used = TunnelWire.CpuSeconds(daemons) - before;
        JsonElement received = tcp.RootElement.GetProperty("end").GetProperty("sum_received");
        row.Tcp.Add(received.GetProperty("bits_per_second").GetDouble() / 1e6);
        row.Cpu.Add(used / (received.GetProperty("bytes").GetDouble() / 1e9));
    }

    private static (double Mbits, double Lost) Udp(TunnelWire wire, string rate)
    {
        using JsonDocument udp = Iperf(wire, $"-u -l 1200 -t 2 {rate}");
        JsonElement sum = udp.RootElement.GetProperty("end").GetProperty("sum");
        double lost = sum.GetProperty("lost_percent").GetDouble();
        return (sum.GetProperty("bits_per_second").GetDouble() / 1e6 * (1 - lost / 100), lost);
    }

    private static JsonDocument Iperf(TunnelWire wire, string options)
    {
        for (int attempt = 0; ; attempt++)
        {
            // The flood may take its own control connection with it: then once more.
            TunnelWire.TryIn(wire.SpaceA, $"iperf3 -c {TunnelWire.InnerB} -J {options}", out string output);
            JsonDocument result = JsonDocument.Parse(output);
            if (!result.RootElement.TryGetProperty("error", out JsonElement error)) return result;
            if (attempt > 0) throw new InvalidOperationException($"iperf3 {options}: {error.GetString()}");
            Thread.Sleep(2000);
        }
    }

    /// <summary>The first end has no device: streams go through its SOCKS5 proxy.</summary>
    private void MeasureStreams(TunnelWire wire, List<Process> daemons, int seconds)
    {
        wire.Start(wire.SpaceB, Environment.ProcessPath, StreamMeter.ServerCommand);
        TunnelWire.Until(Name, wire.SpaceA, $"{Environment.ProcessPath} {StreamMeter.ClientCommand} {TunnelWire.InnerB} down 0");
        foreach (TunnelRow row in Rows)
        {
            double before = TunnelWire.CpuSeconds(daemons);
            string[] numbers = TunnelWire.In(wire.SpaceA,
                $"{Environment.ProcessPath} {StreamMeter.ClientCommand} {TunnelWire.InnerB} {(row == _back ? "down" : "up")} {seconds}").Trim().Split(' ');
            double used = TunnelWire.CpuSeconds(daemons) - before, bytes = double.Parse(numbers[0], CultureInfo.InvariantCulture);
            row.Tcp.Add(bytes * 8 / 1e6 / double.Parse(numbers[1], CultureInfo.InvariantCulture));
            row.Cpu.Add(used / (bytes / 1e9));
        }
    }
}
