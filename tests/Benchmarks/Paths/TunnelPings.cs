using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Threading;
using MicroLink.Tests.Interop.Network;

namespace MicroLink.Benchmarks.Paths;

/// <summary>The host's own ping through the tunnel, one every 20 ms, and when it was answered: how long was nothing heard?</summary>
internal sealed class TunnelPings : IDisposable
{
    private readonly Process _ping;
    private readonly List<double> _answeredMs = new List<double>();

    public TunnelPings(NetworkLab lab, PathsEnd from, PathsEnd to)
    {
        ProcessStartInfo info = new ProcessStartInfo("ip", new[] { "netns", "exec", lab.Ns(from.Name), "ping", "-n", "-D", "-i", "0.02", to.TunnelAddress() })
        {
            RedirectStandardOutput = true,
        };
        _ping = Process.Start(info);
        _ping.OutputDataReceived += (_, line) => Read(line.Data);
        _ping.BeginOutputReadLine();
        NetworkLab.Wait(() => Count > 10, "the pings from " + from.Name + " to " + to.Name + " are answered");
    }

    public static double NowMs => (DateTime.UtcNow - DateTime.UnixEpoch).TotalMilliseconds;

    private int Count
    {
        get { lock (_answeredMs) return _answeredMs.Count; }
    }

    /// <summary>Waits so long, then says the longest time without an answer since then, in milliseconds.</summary>
    public long LongestGapMs(double sinceMs, int waitMs)
    {
        Thread.Sleep(waitMs);
        double worst = 0, last = sinceMs;
        lock (_answeredMs)
        {
            foreach (double at in _answeredMs)
            {
                if (at <= sinceMs) continue;
                worst = Math.Max(worst, at - last);
                last = at;
            }
        }
        return (long)Math.Max(worst, NowMs - last);
    }

    public void Dispose() => NetworkLab.End(_ping);

    /// <summary>"[1764543210.123456] 64 bytes from 100.64.0.2: icmp_seq=5 ttl=64 time=0.310 ms"</summary>
    private void Read(string line)
    {
        int end = line == null || !line.StartsWith('[') || !line.Contains("bytes from", StringComparison.Ordinal) ? -1 : line.IndexOf(']');
        if (end < 0) return;
        double seconds = double.Parse(line.AsSpan(1, end - 1), CultureInfo.InvariantCulture);
        lock (_answeredMs) _answeredMs.Add(seconds * 1000);
    }
}
