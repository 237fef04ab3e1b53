using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;

namespace MicroLink.Benchmarks.Tunnel;

/// <summary>
/// Two network namespaces joined by a veth pair, and the programs that were started in them.
/// <code>
///   mlbaPID  10.213.99.1 ===veth=== 10.213.99.2  mlbbPID        tunnel: 100.64.0.1 and 100.64.0.2
/// </code>
/// </summary>
internal sealed class TunnelWire : IDisposable
{
    public const string AddressA = "10.213.99.1", AddressB = "10.213.99.2", InnerA = "100.64.0.1", InnerB = "100.64.0.2";
    private const int PatienceMs = 20000;

    private readonly List<Process> _processes = new List<Process>();

    public TunnelWire()
    {
        string suffix = (Environment.ProcessId % 100000).ToString();
        SpaceA = "mlba" + suffix;
        SpaceB = "mlbb" + suffix;
        Must($"ip netns add {SpaceA} && ip netns add {SpaceB} && ip link add ve{SpaceA} netns {SpaceA} type veth peer name ve{SpaceB} netns {SpaceB}"
            + $" && ip -n {SpaceA} addr add {AddressA}/24 dev ve{SpaceA} && ip -n {SpaceB} addr add {AddressB}/24 dev ve{SpaceB}"
            + $" && ip -n {SpaceA} link set ve{SpaceA} up && ip -n {SpaceB} link set ve{SpaceB} up"
            + $" && ip -n {SpaceA} link set lo up && ip -n {SpaceB} link set lo up");
    }

    public const string ControlUrl = "http://" + AddressA + ":8080";

    public string SpaceA { get; }
    public string SpaceB { get; }
    public string Space(bool first) => first ? SpaceA : SpaceB;

    /// <summary>For keys, states and certificates; goes with the wire.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("microlink-bench-").FullName;
    public string CaFile => Path.Combine(Folder, "ca.pem");
    public string NodeProgram => Environment.GetEnvironmentVariable("MICROLINK_NODE");

    /// <summary>Control and relay, in the first namespace.</summary>
    public void StartLab()
    {
        Start(SpaceA, Environment.GetEnvironmentVariable("MICROLINK_LAB"), "lab", "--port", "8080", "--listen", AddressA, "--ca-out", CaFile);
        Until("the lab", SpaceB, $"test -e {CaFile} && curl -s -o /dev/null -m 1 {ControlUrl}/key");
    }

    /// <summary>Null, or what is missing here.</summary>
    public static string WhyNot()
    {
        if (Environment.UserName != "root") return "network namespaces need root";
        foreach (string tool in new[] { "ip", "iperf3", "ping", "wg", "curl" })
            if (Try("command -v " + tool, out _) != 0) return tool + " is not installed (apt-get install iproute2 iperf3 iputils-ping wireguard-tools curl)";
        foreach (string name in new[] { "MICROLINK_NODE", "MICROLINK_LAB" })
            if (!File.Exists(Environment.GetEnvironmentVariable(name))) return name + " must name the built program, as ./bench does";
        return File.Exists("/dev/net/tun") ? null : "/dev/net/tun is missing";
    }

    /// <summary>Starts a program that stays until the wire is taken down.</summary>
    public Process Start(string space, string program, params string[] arguments)
    {
        ProcessStartInfo info = new ProcessStartInfo("ip", new[] { "netns", "exec", space, program }.Concat(arguments))
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        info.Environment["LOG_LEVEL"] = "error";
        info.Environment["SSL_CERT_FILE"] = CaFile;                     // where tailscaled looks for the relay's root
        Process process = Process.Start(info);
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _processes.Add(process);
        return process;
    }

    public static string In(string space, string command) { return Must($"ip netns exec {space} {command}"); }

    public static int TryIn(string space, string command, out string output) { return Try($"ip netns exec {space} {command}", out output); }

    /// <summary>Until the command succeeds, or 20 s.</summary>
    public static void Until(string what, string space, string command)
    {
        Stopwatch watch = Stopwatch.StartNew();
        string output;
        while (TryIn(space, command, out output) != 0)
        {
            if (watch.ElapsedMilliseconds > PatienceMs) throw new InvalidOperationException($"{what} did not come up: {output}");
            Thread.Sleep(50);
        }
    }

    /// <summary>User and system time of the program and its threads, in seconds.</summary>
    public static double CpuSeconds(Process process)
    {
        string stat = File.ReadAllText($"/proc/{process.Id}/stat");
        string[] fields = stat.Substring(stat.LastIndexOf(')') + 2).Split(' ');
        return (long.Parse(fields[11]) + long.Parse(fields[12])) / 100.0;
    }

    public void Dispose()
    {
        foreach (Process process in _processes)
        {
            if (!process.HasExited) Try("kill " + process.Id, out _);
            if (!process.WaitForExit(5000)) process.Kill();
            process.WaitForExit(5000);
            process.Dispose();
        }
        Directory.Delete(Folder, true);
        Try($"ip netns del {SpaceA}", out _);
        Try($"ip netns del {SpaceB}", out _);
    }

    public static string Must(string command)
    {
        int code = Try(command, out string output);
        return code == 0 ? output : throw new InvalidOperationException($"{command}: exit code {code}: {output}");
    }

    private static int Try(string command, out string output)
    {
        ProcessStartInfo info = new ProcessStartInfo("/bin/sh", new[] { "-c", "PATH=$PATH:/usr/sbin:/sbin; { " + command + "; } 2>&1" }) { RedirectStandardOutput = true };
        using Process process = Process.Start(info);
        output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode;
    }
}
