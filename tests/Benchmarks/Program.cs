using System;
using System.Linq;
using MicroLink.Benchmarks.Paths;
using MicroLink.Benchmarks.Tunnel;

namespace MicroLink.Benchmarks;

/// <summary>Quick benchmarks: `./bench`, or `./bench kernel cipher json dataplane` for some of them.</summary>
public static class Program
{
    private static readonly (string Name, Action Run)[] All =
    {
        ("kernel", KernelBenchmarks.Run),
        ("cipher", CipherBenchmarks.Run),
        ("json", JsonBenchmarks.Run),
        ("dataplane", DataPlaneBenchmarks.Run),
        ("control", ControlBenchmarks.Run)
    };

    /// <summary>Only when they are named: minutes, and root.</summary>
    private static readonly (string Name, Action Run)[] OnRequest = { ("tunnel", TunnelBenchmarks.Run), ("paths", PathsBenchmarks.Run) };

    public static int Main(string[] names)
    {
        if (names.Length > 0 && names[0] == FixedNode.Command) return FixedNode.Run(names[1..]);
        if (names.Length > 0 && names[0] == StreamMeter.ServerCommand) return StreamMeter.Serve();
        if (names.Length > 0 && names[0] == StreamMeter.ClientCommand) return StreamMeter.Run(names[1..]);
        string unknown = names.FirstOrDefault(name => All.Concat(OnRequest).All(group => group.Name != name));
        if (unknown != null)
        {
            Console.Error.WriteLine($"./bench knows no group '{unknown}'. Groups: {string.Join(" ", All.Concat(OnRequest).Select(group => group.Name))}.");
            return 1;
        }
        Console.WriteLine($"{Environment.ProcessorCount} processors, .NET {Environment.Version}, {DateTime.UtcNow:yyyy-MM-dd}; "
                          + "the median of 7 runs of 200 ms each");
        foreach ((string name, Action run) in All.Concat(OnRequest))
        {
            if ((names.Length == 0 && All.Any(group => group.Name == name)) || names.Contains(name))
            {
                run();
            }
        }
        return 0;
    }
}
