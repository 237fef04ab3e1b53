using System;
using System.Linq;

namespace MicroLink.Benchmarks;

/// <summary>Quick benchmarks: `./bench`, or `./bench kernel cipher json dataplane` for some of them.</summary>
public static class Program
{
    private static readonly (string Name, Action Run)[] All =
    {
        ("kernel", KernelBenchmarks.Run),
        ("cipher", CipherBenchmarks.Run),
        ("json", JsonBenchmarks.Run),
        ("dataplane", DataPlaneBenchmarks.Run)
    };

    public static int Main(string[] names)
    {
        string unknown = names.FirstOrDefault(name => All.All(group => group.Name != name));
        if (unknown != null)
        {
            Console.Error.WriteLine($"./bench knows no group '{unknown}'. Groups: {string.Join(" ", All.Select(group => group.Name))}.");
            return 1;
        }
        Console.WriteLine($"{Environment.ProcessorCount} processors, .NET {Environment.Version}, {DateTime.UtcNow:yyyy-MM-dd}; "
                          + "the median of 7 runs of 200 ms each");
        foreach ((string name, Action run) in All)
        {
            if (names.Length == 0 || names.Contains(name))
            {
                run();
            }
        }
        return 0;
    }
}
