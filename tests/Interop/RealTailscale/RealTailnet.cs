using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Text.Json;
using System.Threading;

namespace MicroLink.Tests.Interop.RealTailscale
{
    /// <summary>
    /// Tailscale's own programs and ours, each in a network namespace, on one bridge. The programs come from the environment (docs/testing.md).
    /// Headscale may stand in testcontrol's place (RealTailnet.Headscale.cs).
    /// <code>
    ///   mlrtPID-N-c: TESTCONTROL :9911, DERPER :3341 (+ STUN :3478)     10.214.x.1 --+
    ///   mlrtPID-N-t: TAILSCALED (userspace networking or TUN)           10.214.x.2 --+-- bridge in mlrtPID-N-s
    ///   mlrtPID-N-o: ours                                               10.214.x.3 --+
    /// </code>
    /// </summary>
    internal sealed partial class RealTailnet : IDisposable
    {
        public const string Control = "c", Theirs = "t", Ours = "o";
        public const int PatienceMs = 30000, EchoPort = 7;
        private static readonly string[] Programs = { "TAILSCALED", "TAILSCALE", "DERPER" };
        private static readonly string[] Spaces = { Control, Theirs, Ours };
        private static int s_count;

        private readonly string _prefix = "mlrt" + Environment.ProcessId % 100000 + "-" + Interlocked.Increment(ref s_count) + "-";
        private readonly string _net = "10.214." + ((Environment.ProcessId * 7 + s_count) % 250 + 1) + ".";
        private readonly Dictionary<string, Process> _processes = new Dictionary<string, Process>();
        private string _scheme = "http";

        public RealTailnet()
        {
            Directory.CreateDirectory(Folder);
            Must("ip", "netns", "add", _prefix + "s");
            Must("ip", "-n", _prefix + "s", "link", "add", "br0", "type", "bridge");
            Must("ip", "-n", _prefix + "s", "link", "set", "br0", "up");
            for (int i = 0; i < Spaces.Length; i++) Connect(_prefix + Spaces[i], "p" + Spaces[i], _net + (i + 1));
            WriteRelayMap(Region(900, "test", 3341, 3478));
            StartRelay();
        }

        public string Folder { get; } = Path.Combine(Path.GetTempPath(), "microlink-real-" + Guid.NewGuid().ToString("N"));

        public string ControlAddress => _net + "1";

        private string ControlUrl => _scheme + "://" + ControlAddress + ":9911";

        /// <summary>Null, or why these tests cannot run here. <paramref name="control"/>: the variable that names the control server.</summary>
        public static string WhyNot(string control = "TESTCONTROL")
        {
            foreach (string program in new[] { control, Programs[0], Programs[1], Programs[2] })
            {
                string path = Environment.GetEnvironmentVariable(program);
                if (string.IsNullOrEmpty(path)) return "needs programs that Debian does not have: the variable " + program + " names none (docs/testing.md)";
                if (!File.Exists(path)) return program + " names " + path + ", which does not exist";
            }
            if (!File.Exists(Command.NodeProcess.Program)) return Command.NodeProcess.WhyNot;
            if (Environment.UserName != "root") return "network namespaces need root";
            return WireGuardGoNetwork.IsInstalled("ip") ? null : "ip is not installed (apt-get install iproute2)";
        }

        // ---- Servers ------------------------------------------------------------------------------------------------------------------

        /// <summary>The relay keeps its key in the folder, so that it comes back as the same one. Its certificate is self-signed.</summary>
        public void StartRelay(params string[] options) => StartRelay("derper", 3341, 3478, options);

        /// <summary>It asks whether a client may connect where nobody answers, and takes that for no.</summary>
        public void StartRelayThatRefuses() => StartRelay("-verify-client-url", "http://127.0.0.1:1/", "-verify-client-url-fail-open=false");

        /// <summary>Before control is started: another region, on the same host.</summary>
        public void AddSecondRegion()
        {
            StartRelay("derper2", 3342, 3479);
            WriteRelayMap(Region(900, "test", 3341, 3478) + "," + Region(901, "second", 3342, 3479));
        }

        private void StartRelay(string name, int port, int stunPort, params string[] options)
        {
            Start(name, Control, Named("DERPER"), ["-c", Path.Combine(Folder, name + ".key"), "-a", ":" + port, "-http-port", "-1",
                "-certmode", "manual", "-certdir", Folder, "-hostname", ControlAddress, "-stun", "-stun-port", stunPort.ToString(), .. options]);
        }

        private string Region(int id, string code, int port, int stunPort)
        {
            return $$"""
                "{{id}}":{"RegionID":{{id}},"RegionCode":"{{code}}","RegionName":"{{code}}","Nodes":[{"Name":"{{id}}a","RegionID":{{id}},
                "HostName":"{{ControlAddress}}","IPv4":"{{ControlAddress}}","IPv6":"none","STUNPort":{{stunPort}},"DERPPort":{{port}},"InsecureForTests":true}]}
                """;
        }

        private void WriteRelayMap(string regions) => File.WriteAllText(Path.Combine(Folder, "derp.json"), "{\"Regions\":{" + regions + "}}");

        public void StartControl(params string[] options)
        {
            Start("control", Control, Named("TESTCONTROL"), ["-addr", ControlAddress + ":9911", "-url", ControlUrl,
                "-derp", Path.Combine(Folder, "derp.json"), .. options]);
            UntilControlListens();
        }

        private void UntilControlListens()
        {
            Until("control does not listen", () => Run("ip", "netns", "exec", _prefix + Control, "sh", "-c",
                "grep -q ':26B7 00000000:0000 0A\\|:26B7 00000000000000000000000000000000:0000 0A' /proc/net/tcp /proc/net/tcp6").ExitCode == 0);
        }

        // ---- Nodes --------------------------------------------------------------------------------------------------------------------

        public void StartTheirs(string tun = "userspace-networking")
        {
            Start("tailscaled", Theirs, Named("TAILSCALED"), "-statedir=" + Folder, "-state=" + Path.Combine(Folder, "theirs.state"),
                "-socket=" + Path.Combine(Folder, "theirs.sock"), "-tun=" + tun, "-port=41641", "-no-logs-no-support");
        }

        /// <summary>Their first start: joins as "theirs".</summary>
        public void JoinTheirs(params string[] options)
        {
            Until("tailscaled does not join", () => Tailscale(["up", "--login-server", ControlUrl, "--hostname", "theirs", "--timeout", "10s",
                .. options]).ExitCode == 0);
        }

        public void StartOurs(params string[] options)
        {
            Start("ours", Ours, Command.NodeProcess.Program, ["up", "--control-url", ControlUrl, "--hostname", "ours",
                "--state-dir", Path.Combine(Folder, "ours"), "--allow-insecure-relay", .. options]);
        }

        public (int ExitCode, string Output) Microlink(string command, params string[] options)
        {
            return Run(Command.NodeProcess.Program, [command, "--state-dir", Path.Combine(Folder, "ours"), .. options]);
        }

        public (int ExitCode, string Output) Tailscale(params string[] options)
        {
            return Run(Named("TAILSCALE"), ["--socket=" + Path.Combine(Folder, "theirs.sock"), .. options]);
        }

        /// <summary>Our ping, repeated until it is answered; the answer's line.</summary>
        public string PingTheirs(params string[] options)
        {
            return UntilAnswered("ours does not reach theirs", () => Microlink("ping", ["theirs", "--timeout-ms", "2000", .. options]));
        }

        public string PingOurs(params string[] options)
        {
            return UntilAnswered("theirs does not reach ours", () => Tailscale(["ping", "--c", "1", "--timeout", "2s", "--until-direct=false", .. options, "ours"]));
        }

        public (string State, string Reason) State()
        {
            using JsonDocument status = JsonDocument.Parse(Microlink("status", "--json").Output);
            return (status.RootElement.GetProperty("state").GetString(), status.RootElement.GetProperty("reason").GetString());
        }

        public void UntilConnected() => Until("ours does not join", () => State().State == "connected");

        /// <summary>Of our own row of `status`: 0 = IPv4, 1 = IPv6.</summary>
        public string OurAddress(int index)
        {
            using JsonDocument status = JsonDocument.Parse(Microlink("status", "--json").Output);
            return status.RootElement.GetProperty("self").GetProperty("addresses")[index].GetString();
        }

        // ---- Processes ----------------------------------------------------------------------------------------------------------------

        /// <summary>SIGTERM, and SIGKILL when that is not enough.</summary>
        public void Stop(string name)
        {
            if (!_processes.Remove(name, out Process process)) return;
            Run("kill", process.Id.ToString());
            if (!process.WaitForExit(10000)) process.Kill();
            process.WaitForExit();
            process.Dispose();
        }

        public void Until(string failure, Func<bool> done)
        {
            Stopwatch watch = Stopwatch.StartNew();
            while (!done())
            {
                if (watch.ElapsedMilliseconds > PatienceMs) throw new TimeoutException(failure + " within " + PatienceMs + " ms\n" + Logs());
                Thread.Sleep(50);
            }
        }

        public void Dispose()
        {
            foreach (string name in new List<string>(_processes.Keys)) Stop(name);
            foreach (string space in Spaces) Run("ip", "netns", "del", _prefix + space);
            foreach (string router in _routers) Run("ip", "netns", "del", _prefix + router);
            Run("ip", "netns", "del", _prefix + "s");
            Directory.Delete(Folder, true);
        }

        private string UntilAnswered(string failure, Func<(int ExitCode, string Output)> ping)
        {
            string output = "";
            Until(failure, () =>
            {
                (int exitCode, output) = ping();
                return exitCode == 0 && output.Contains("pong from");
            });
            return output;
        }

        private void Connect(string space, string port, string address)
        {
            Must("ip", "netns", "add", space);
            Must("ip", "-n", space, "link", "add", "eth0", "type", "veth", "peer", "name", port, "netns", _prefix + "s");
            Must("ip", "-n", space, "link", "set", "lo", "up");
            Must("ip", "-n", space, "addr", "add", address + "/24", "dev", "eth0");
            Must("ip", "-n", space, "link", "set", "eth0", "up");
            Must("ip", "-n", space, "route", "add", "default", "via", _net + "254");
            Must("ip", "-n", _prefix + "s", "link", "set", port, "master", "br0", "up");
        }

        private void Start(string name, string space, string program, params string[] arguments)
        {
            ProcessStartInfo info = new ProcessStartInfo("ip", ["netns", "exec", _prefix + space, program, .. arguments])
            {
                RedirectStandardOutput = true, RedirectStandardError = true,
            };
            info.Environment["TS_NO_LOGS_NO_SUPPORT"] = "true";
            info.Environment["TS_DEBUG_FIREWALL_MODE"] = "nftables";
            if (_scheme == "https" && space == Theirs) info.Environment["SSL_CERT_FILE"] = CaFile;
            Process process = Process.Start(info);
            string log = Path.Combine(Folder, name + ".log");
            DataReceivedEventHandler keep = (_, line) =>
            {
                lock (_processes) { if (Directory.Exists(Folder)) File.AppendAllText(log, line.Data + "\n"); }
            };
            process.OutputDataReceived += keep;
            process.ErrorDataReceived += keep;
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            _processes.Add(name, process);
        }

        private string Logs()
        {
            string text = "";
            foreach (string log in Directory.GetFiles(Folder, "*.log"))
            {
                string[] lines;
                lock (_processes) lines = File.ReadAllLines(log);
                text += "---- " + Path.GetFileName(log) + "\n" + string.Join('\n', lines[Math.Max(0, lines.Length - 15)..]) + "\n";
            }
            return text;
        }

        private static string Named(string variable) => Environment.GetEnvironmentVariable(variable);

        private static void Must(string program, params string[] arguments)
        {
            (int exitCode, string output) = Run(program, arguments);
            if (exitCode != 0) throw new InvalidOperationException(program + " " + string.Join(' ', arguments) + ": exit code " + exitCode + ": " + output);
        }

        private static (int ExitCode, string Output) Run(string program, params string[] arguments)
        {
            ProcessStartInfo info = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
            using Process process = Process.Start(info);
            string errors = "";
            process.ErrorDataReceived += (_, line) => errors += line.Data + "\n";
            process.BeginErrorReadLine();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output + errors);
        }
    }
}
