using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;

namespace MicroLink.Benchmarks.Tunnel;

/// <summary>The way that packets take.</summary>
internal enum TunnelRelay { None, Lab, Derper }

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

    /// <summary>Null, or Tailscale's relay: the variable DERPER.</summary>
    public static string Derper => Environment.GetEnvironmentVariable("DERPER") is { Length: > 0 } named ? named : null;

    /// <summary>Null, or where tailscaled and tailscale are: the variable TAILSCALED names the folder or the program in it.</summary>
    public static string TailscaleFolder => Environment.GetEnvironmentVariable("TAILSCALED") is { Length: > 0 } named
        ? File.Exists(named) ? Path.GetDirectoryName(named) : named : null;

    /// <summary>Control and relay, in the first namespace. A relay that packets go through belongs to the daemons whose time is measured.</summary>
    public void StartLab(TunnelRelay relay, List<Process> daemons)
    {
        List<string> options = new List<string> { "lab", "--port", "8080", "--listen", AddressA, "--ca-out", CaFile };
        if (relay == TunnelRelay.Derper)
        {
            daemons.Add(Start(SpaceA, Derper, "-c", Path.Combine(Folder, "derper.key"), "-a", AddressA + ":3341", "-http-port", "-1", "-certmode", "manual",
                "-certdir", Folder, "-hostname", AddressA, "-stun", "-stun-port", "3478"));
            options.AddRange(["--relay", AddressA + ":3341"]);
            Until("derper", SpaceB, $"curl -s -k -o /dev/null -m 1 https://{AddressA}:3341/");
        }
        Process lab = Start(SpaceA, Environment.GetEnvironmentVariable("MICROLINK_LAB"), options.ToArray());
        if (relay == TunnelRelay.Lab) daemons.Add(lab);
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
    public Process Start(string space, string program, params string[] arguments) => Start(space, program, null, arguments);

    /// <param name="flag">A variable that is set to true, or null.</param>
    public Process Start(string space, string program, string flag, string[] arguments)
    {
        ProcessStartInfo info = new ProcessStartInfo("ip", new[] { "netns", "exec", space, program }.Concat(arguments))
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        info.Environment["LOG_LEVEL"] = "error";
        info.Environment["SSL_CERT_FILE"] = CaFile;                     // where tailscaled looks for the relay's root
        if (flag != null) info.Environment[flag] = "true";
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

    public static double CpuSeconds(List<Process> processes) => processes.Sum(CpuSeconds);

    /// <summary>User and system time of the program and its threads, in seconds.</summary>
    private static double CpuSeconds(Process process)
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
            if (!process.WaitForExit(1000)) process.Kill();
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
