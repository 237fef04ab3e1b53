using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace MicroLink.Benchmarks.Tunnel;

/// <summary>What was measured of one pair in one direction; one value of each kind a round.</summary>
internal sealed class TunnelRow
{
    /// <summary>Offered load of the paced UDP runs, Mbit/s.</summary>
    public static readonly int[] PacedMbits = { 200, 400 };

    public readonly List<double> Tcp = new List<double>(), Cpu = new List<double>(), Flood = new List<double>(), FloodLoss = new List<double>();
    public readonly List<double>[] Paced = { new List<double>(), new List<double>() };
    public readonly List<double>[] Ping = { new List<double>(), new List<double>(), new List<double>() };

    public TunnelRow(string name) { Name = name; }

    public string Name { get; }

    public string Text()
    {
        string flood = "-", paced = "-", ping = "-";
        if (Flood.Count > 0)
        {
            string kpps = Number(TunnelBenchmarks.Median(Flood) / 8 / 1200 * 1000, "0.0");
            flood = $"{TunnelBenchmarks.Spread(Flood, "0")}, {kpps} kpps, {Number(TunnelBenchmarks.Median(FloodLoss), "0")} % lost";
            paced = string.Join(" / ", Paced.Select(values => Number(TunnelBenchmarks.Median(values), "0.00")));
        }
        if (Ping[0].Count > 0) ping = string.Join("/", Ping.Select(values => Number(TunnelBenchmarks.Median(values), "0.00")));
        return $"| {Name} | {TunnelBenchmarks.Spread(Tcp, "0")} | {TunnelBenchmarks.Spread(Cpu, "0.0")} | {flood} | {paced} | {ping} |";
    }

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
