using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using MicroLink.NetMap;

namespace MicroLink.Benchmarks;

/// <summary>
/// `./bench control`: the first map of 10 to 10 000 peers and patches after it, first through the map's machine alone, then in whole
/// processes: the `microlink` node against the lab with as many nodes that do not exist.
/// </summary>
public static class ControlBenchmarks
{
    private static readonly int[] Sizes = { 10, 300, 3000, 10000 };

    /// <summary>tailscaled 1.96.5 in userspace mode on a machine like this one (recorded 2026-11-22): ms until running, MB resident, CPU seconds until then.</summary>
    private static readonly Dictionary<int, (int Ms, double Megabytes, double Cpu)> Tailscaled = new()
    {
        [300] = (317, 30.1, 0.06), [3000] = (444, 71.2, 0.28), [10000] = (792, 152.3, 0.75),
    };

    public static void Run()
    {
        Console.WriteLine("control: one first map through the machine (JSON scanner, merge rules, peer index), pieces of 4077 bytes");
        foreach (int peers in Sizes) Machine(peers);
        Console.WriteLine("control: whole processes, the node against the lab over loopback; from process start to \"connected\"");
        string root = Root();
        string lab = Path.Combine(root, "artifacts", "lab", "microlink-lab"), node = Path.Combine(root, "artifacts", "node", "microlink-node");
        if (!File.Exists(lab) || !File.Exists(node))
        {
            Console.WriteLine("  skipped: run ./microlink demo --once first, which builds both programs");
            return;
        }

        foreach (int peers in Sizes) Processes(lab, node, peers);
    }

    private static void Machine(int peers)
    {
        byte[] message = Framed(First(peers));
        byte[] patches = Framed("{\"PeersChangedPatch\":[" + string.Join(",", Enumerable.Range(0, 50).Select(i =>
            "{\"NodeID\":" + (1 + i * 7 % peers) + ",\"DERPRegion\":" + (1 + i % 9) + ",\"Endpoints\":[\"192.0.2.1:41641\",\"10.0.0.1:41641\"],\"Online\":true}")) + "]}");
        PeerIndex index = null;
        MapStream stream = null;
        long allocated = 0;
        double best = double.MaxValue;
        for (int run = 0; run < 5; run++)
        {
            index = new PeerIndex(10000);
            stream = new MapStream(64 << 20, index, 16384);
            stream.Begin();
            long before = GC.GetAllocatedBytesForCurrentThread(), begin = Stopwatch.GetTimestamp();
            Feed(stream, message);
            best = Math.Min(best, Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {peers,6} peers {message.Length / 1e6,6:N2} MB of JSON {best,8:N1} ms {message.Length / best / 1e3,6:N0} MB/s "
            + $"{allocated / (double)peers,6:N0} B allocated for each peer (its row, handed over), {PeerIndex.BytesPerPeer} B kept"));
        Measure.Rate($"  patches, {peers} peers", 50, () => Feed(stream, patches));
    }

    private static void Feed(MapStream stream, byte[] bytes)
    {
        MapEvent happened = new();
        for (int at = 0; at < bytes.Length;)
        {
            int end = Math.Min(bytes.Length, at + 4077);
            while (at < end)
            {
                stream.Handle(bytes, at, end - at, 1000);
                at += stream.Consumed;
                while (stream.PollEvent(happened)) { }
            }
        }
    }

    private static byte[] Framed(string json) => BitConverter.GetBytes(json.Length).Concat(Encoding.ASCII.GetBytes(json)).ToArray();

    // About 720 bytes a peer, as the recorded maps of 10 000 peers have.
    private static string First(int peers) => "{\"Node\":{\"ID\":99999,\"Key\":\"nodekey:" + new string('9', 64) + "\"},\"Peers\":["
        + string.Join(",", Enumerable.Range(1, peers).Select(Peer)) + "],\"ControlTime\":\"2026-11-25T20:00:00Z\"}";

    private static string Peer(int id) => $"{{\"ID\":{id},\"StableID\":\"n{id}\",\"Name\":\"node-{id}.tail1234.ts.net.\",\"User\":1,\"Key\":\"nodekey:{id:x64}\",\"Machine\":\"mkey:{id:x64}\","
        + $"\"DiscoKey\":\"discokey:{id:x64}\",\"Addresses\":[\"100.64.{id >> 8}.{id & 255}/32\",\"fd7a:115c:a1e0::{id:x}/128\"],\"AllowedIPs\":[\"100.64.{id >> 8}.{id & 255}/32\",\"fd7a:115c:a1e0::{id:x}/128\"],"
        + $"\"Endpoints\":[\"192.0.2.{id & 255}:41641\",\"10.0.0.{id & 255}:41641\"],\"HomeDERP\":1,\"Hostinfo\":{{\"OS\":\"linux\",\"Hostname\":\"node-{id}\",\"Services\":[{{\"Proto\":\"peerapi4\",\"Port\":42813}}]}},"
        + "\"Created\":\"2026-01-01T00:00:00Z\",\"Cap\":131,\"Online\":true,\"MachineAuthorized\":true}";

    // ---- processes ------------------------------------------------------------------------------------------------------------------

    private static void Processes(string lab, string node, int peers)
    {
        string folder = Directory.CreateTempSubdirectory("microlink-bench-").FullName;
        using Process server = Start(lab, "lab", "--port", "0", "--fake-peers", peers.ToString(CultureInfo.InvariantCulture));
        try
        {
            string url = WaitFor(server, "control at ", 30000).Split("control at ")[1].Split(',')[0];
            string join = WaitFor(server, "--ca-file ", 30000);
            List<double> fresh = new(), again = new();
            double resident = 0, cpu = 0;
            for (int run = 0; run < 3; run++)
            {
                string state = Path.Combine(folder, "state" + run);
                fresh.Add(OneNode(node, url, join.Split("--ca-file ")[1].Trim(), state, ref resident, ref cpu));
                again.Add(OneNode(node, url, join.Split("--ca-file ")[1].Trim(), state, ref resident, ref cpu));
            }

            string beside = Tailscaled.TryGetValue(peers, out (int Ms, double Megabytes, double Cpu) other)
                ? $"   (tailscaled, recorded: {other.Ms} ms, {other.Cpu} s CPU, {other.Megabytes:N0} MB)" : "";
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {peers,6} peers connected after {Median(fresh),5:N0} ms, with its state {Median(again),5:N0} ms, at most {cpu:N2} s of CPU by then, {resident,5:N1} MB resident{beside}"));
        }
        finally
        {
            server.Kill();
            server.WaitForExit();
            Directory.Delete(folder, true);
        }
    }

    private static double OneNode(string program, string url, string ca, string state, ref double resident, ref double cpu)
    {
        long begin = Stopwatch.GetTimestamp();
        using Process node = Start(program, "up", "--control-url", url, "--auth-key", "tskey-auth-lab", "--hostname", "bench", "--udp-port", "0", "--ca-file", ca, "--state-dir", state);
        try
        {
            WaitFor(node, "connected", 60000);
            double ms = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
            cpu = Math.Max(cpu, node.TotalProcessorTime.TotalSeconds);
            Thread.Sleep(2000);   // rows are written, paths are looked for
            string peak = File.ReadLines($"/proc/{node.Id}/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            resident = Math.Max(resident, double.Parse(peak.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024);
            return ms;
        }
        finally
        {
            node.Kill();
            node.WaitForExit();
        }
    }

    private static Process Start(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        Process process = Process.Start(start);
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        return process;
    }

    private static string WaitFor(Process process, string text, int timeoutMs)
    {
        using Timer kill = new(_ => process.Kill(), null, timeoutMs, Timeout.Infinite);
        for (string line = process.StandardOutput.ReadLine(); line != null; line = process.StandardOutput.ReadLine())
        {
            if (line.Contains(text, StringComparison.Ordinal)) return line;
        }

        throw new InvalidOperationException($"{process.StartInfo.FileName} ended, or did not say \"{text}\" in {timeoutMs} ms");
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static string Root()
    {
        DirectoryInfo folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "MicroLink.Actors.sln"))) folder = folder.Parent;
        return folder.FullName;
    }
}
