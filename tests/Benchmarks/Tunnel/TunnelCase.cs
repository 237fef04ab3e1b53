using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using MicroLink.Drivers.Desktop;
using MicroLink.Native;

namespace MicroLink.Benchmarks.Tunnel;

/// <summary>One pair of peers, and what was measured between them: always from the first to the second.</summary>
internal sealed class TunnelCase
{
    private const string Ours = "MicroLink";

    private readonly string _programA, _programB;
    private readonly List<double> _tcp = new List<double>(), _cpu = new List<double>(), _udp = new List<double>(), _loss = new List<double>();
    private readonly List<double>[] _ping = { new List<double>(), new List<double>(), new List<double>() };

    private TunnelCase(string name, string programA, string programB)
    {
        Name = name;
        _programA = programA;
        _programB = programB;
    }

    public string Name { get; }

    public static List<TunnelCase> All()
    {
        List<TunnelCase> cases = new List<TunnelCase> { new TunnelCase("MicroLink -> MicroLink", Ours, Ours) };
        foreach ((string name, string program) in Peers())
        {
            cases.Add(new TunnelCase($"{name} -> {name}", program, program));
            cases.Add(new TunnelCase($"MicroLink -> {name}", Ours, program));
            cases.Add(new TunnelCase($"{name} -> MicroLink", program, Ours));
        }
        return cases;
    }

    private static IEnumerable<(string, string)> Peers()
    {
        if (TunnelWire.TryIn("", "true", out _) >= 0 && File.Exists("/usr/bin/wireguard-go")) yield return ("wireguard-go (Debian)", "/usr/bin/wireguard-go");
        string newer = Environment.GetEnvironmentVariable("WIREGUARD_GO");
        if (!string.IsNullOrEmpty(newer)) yield return ("wireguard-go (WIREGUARD_GO)", newer);
    }

    public void Measure(TunnelWire wire, int seconds)
    {
        byte[] privateA = NewPrivate(), privateB = NewPrivate();
        Process a = StartEnd(wire, true, _programA, privateA, Public(privateB)), b = StartEnd(wire, false, _programB, privateB, Public(privateA));
        TunnelWire.Until(Name, wire.SpaceA, $"ping -c 1 -W 1 {TunnelWire.InnerB}");
        wire.Start(wire.SpaceB, "iperf3", "-s");
        TunnelWire.Until("iperf3", wire.SpaceA, $"iperf3 -c {TunnelWire.InnerB} -n 1");
        MeasurePing(wire);
        double before = TunnelWire.CpuSeconds(a) + TunnelWire.CpuSeconds(b);
        using (JsonDocument tcp = Iperf(wire, $"-t {seconds}"))
        {
            double used = TunnelWire.CpuSeconds(a) + TunnelWire.CpuSeconds(b) - before;
            JsonElement received = tcp.RootElement.GetProperty("end").GetProperty("sum_received");
            _tcp.Add(received.GetProperty("bits_per_second").GetDouble() / 1e6);
            _cpu.Add(used / (received.GetProperty("bytes").GetDouble() / 1e9));
        }
        using JsonDocument udp = Iperf(wire, $"-u -l 1200 -b 0 -t {seconds}");
        JsonElement sum = udp.RootElement.GetProperty("end").GetProperty("sum");
        double lost = sum.GetProperty("lost_percent").GetDouble();
        _loss.Add(lost);
        _udp.Add(sum.GetProperty("bits_per_second").GetDouble() / 1e6 * (1 - lost / 100));
    }

    public string Row()
    {
        double kpps = TunnelBenchmarks.Median(_udp) / 8 / 1200 * 1000;
        string ping = string.Join("/", _ping.Select(values => TunnelBenchmarks.Median(values).ToString("0.00", CultureInfo.InvariantCulture)));
        return $"| {Name} | {TunnelBenchmarks.Spread(_tcp, "0")} | {TunnelBenchmarks.Spread(_cpu, "0.0")} | {TunnelBenchmarks.Spread(_udp, "0")} "
            + $"({kpps.ToString("0.0", CultureInfo.InvariantCulture)}) | {TunnelBenchmarks.Spread(_loss, "0")} | {ping} |";
    }

    private void MeasurePing(TunnelWire wire)
    {
        string output = TunnelWire.In(wire.SpaceA, $"ping -q -c 50 -i 0.05 {TunnelWire.InnerB}");
        string[] numbers = output.Substring(output.LastIndexOf('=') + 1).Trim().Split('/', ' ');
        for (int i = 0; i < 3; i++) _ping[i].Add(double.Parse(numbers[i], CultureInfo.InvariantCulture));
    }

    private static JsonDocument Iperf(TunnelWire wire, string options)
    {
        return JsonDocument.Parse(TunnelWire.In(wire.SpaceA, $"iperf3 -c {TunnelWire.InnerB} -J {options}"));
    }

    private static Process StartEnd(TunnelWire wire, bool first, string program, byte[] ownPrivate, byte[] peerPublic)
    {
        string space = first ? wire.SpaceA : wire.SpaceB, device = first ? "mlba" : "mlbb";
        string outer = first ? TunnelWire.AddressB : TunnelWire.AddressA;
        string inner = first ? TunnelWire.InnerA : TunnelWire.InnerB, other = first ? TunnelWire.InnerB : TunnelWire.InnerA;
        if (program == Ours)
        {
            Process node = wire.Start(space, Environment.ProcessPath, FixedNode.Command, Convert.ToHexString(ownPrivate), Convert.ToHexString(peerPublic),
                outer, "51820", device, first ? "1" : "2");
            TunnelWire.Until("our node", space, $"ip addr show dev {device} to {inner}/32 | grep -q inet");
            return node;
        }
        Process process = wire.Start(space, program, "-f", device);
        TunnelWire.Until(program, space, $"wg show {device}");
        string key = Path.GetTempFileName();
        File.WriteAllText(key, Convert.ToBase64String(ownPrivate));
        TunnelWire.In(space, $"wg set {device} private-key {key} listen-port 51820 peer {Convert.ToBase64String(peerPublic)} "
            + $"allowed-ips {other}/32 endpoint {outer}:51820");
        File.Delete(key);
        TunnelWire.In(space, $"ip addr add {inner}/32 dev {device}");
        TunnelWire.In(space, $"ip link set {device} up mtu 1280");
        TunnelWire.In(space, $"ip route add {other}/32 dev {device}");
        return process;
    }

    private static byte[] NewPrivate() { return MicroLink.Store.StateKeys.NewPrivate(new SystemEntropy()); }

    private static byte[] Public(byte[] ownPrivate)
    {
        byte[] key = new byte[32];
        Cipher.X25519Base(ownPrivate, 0, key, 0);
        return key;
    }
}
