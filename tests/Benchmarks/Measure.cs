using System;
using System.Diagnostics;

namespace MicroLink.Benchmarks;

/// <summary>One line a measurement: name, rate, time of one operation, bytes it allocates.</summary>
public static class Measure
{
    private const int Runs = 7;
    private const double RunSeconds = 0.2;

    /// <param name="perCall">Operations that one call does.</param>
    /// <param name="bytesPerOperation">When not 0, the rate is also given in MB/s.</param>
    public static void Rate(string name, int perCall, Action call, int bytesPerOperation = 0)
    {
        int calls = Calibrate(call);
        double[] seconds = new double[Runs];
        long allocated = 0;
        for (int i = 0; i < Runs; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            seconds[i] = Time(call, calls);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Array.Sort(seconds);
        double operations = (double)calls * perCall;
        double rate = operations / seconds[Runs / 2];
        string megabytes = bytesPerOperation == 0 ? "" : $"  {rate * bytesPerOperation / 1e6,9:N0} MB/s";
        Console.WriteLine($"{name,-44} {rate,14:N0} /s  {1e9 / rate,12:N1} ns  {allocated / operations,8:N2} B{megabytes}");
    }

    // So many calls that one run takes about RunSeconds; the JIT has then also seen the code often enough.
    private static int Calibrate(Action call)
    {
        for (int calls = 1; ; calls *= 2)
        {
            double seconds = Time(call, calls);
            if (seconds > RunSeconds / 2)
            {
                return Math.Max(1, (int)(calls * RunSeconds / seconds));
            }
        }
    }

    private static double Time(Action call, int calls)
    {
        long begin = Stopwatch.GetTimestamp();
        for (int i = 0; i < calls; i++)
        {
            call();
        }
        return Stopwatch.GetElapsedTime(begin).TotalSeconds;
    }
}
