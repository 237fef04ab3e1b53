using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Text;
using System.Threading;
using MicroLink.Tests.Interop.Command;

namespace MicroLink.Tests.Interop.Network
{
    /// <summary>
    /// A small internet of network namespaces with the lab's servers in its middle. Every namespace is named mlnPID-N-NAME.
    /// <code>
    ///   net: bridge br0 203.0.113.1, 2001:db8::1, microlink-lab        203.0.113.0/24 is the internet, on-link for everybody in it
    ///     |            |               |
    ///   host a       nat n1          nat n2 (wan 203.0.113.x, NAT by nftables)
    ///   .11            |               |
    ///                host b          nat n3 --- host c      10.N.0.0/24 behind each NAT, the NAT is .1
    /// </code>
    /// </summary>
    internal sealed class NetworkLab : IDisposable
    {
        public const string Server = "203.0.113.1", Server6 = "2001:db8::1";
        /// <summary>How long the relays are away when they restart.</summary>
        public const int OutageMs = 300;
        private const int PatienceMs = 20000;

        private static int s_count;

        private readonly string _prefix = "mln" + Environment.ProcessId + "-" + Interlocked.Increment(ref s_count) + "-";
        private readonly List<string> _namespaces = new List<string>();
        private readonly List<LabHost> _hosts = new List<LabHost>();
        private readonly List<Process> _helpers = new List<Process>();
        private readonly string _folder = Directory.CreateTempSubdirectory("microlink-network-").FullName;
        private Process _lab;
        private int _links;

        public NetworkLab()
        {
            AddNamespace("net");
            Must($@"ip -n {Ns("net")} link add br0 type bridge forward_delay 0
ip -n {Ns("net")} addr add {Server}/24 dev br0
ip -n {Ns("net")} addr add 5.1.1.1/24 dev br0
ip -n {Ns("net")} -6 addr add {Server6}/64 dev br0 nodad
ip -n {Ns("net")} link set br0 up");
        }

        public string Folder => _folder;
        public IReadOnlyList<LabHost> Hosts => _hosts;
        public string CaFile => Path.Combine(_folder, "ca.pem");
        public string ControlUrl(bool v6) => v6 ? "http://[" + Server6 + "]:8080" : "http://" + Server + ":8080";

        /// <summary>Null, or why none of these tests can run here.</summary>
        public static string WhyNot()
        {
            if (Environment.UserName != "root") return "network namespaces need root";
            foreach (string tool in new[] { "ip", "nft", "tc" })
            {
                if (!IsInstalled(tool)) return tool + " is not installed (apt-get install iproute2 nftables)";
            }
            if (!File.Exists(NodeProcess.Program)) return NodeProcess.WhyNot;
            if (!File.Exists(LabProgram)) return "the lab is not built at " + LabProgram + "; ./test interop builds it";
            string probe = "mlnprobe" + Environment.ProcessId;
            bool works = Run("ip netns add " + probe + " && ip netns exec " + probe + " nft add table ip probe; status=$?; ip netns del " + probe
                + "; exit $status", out string output) == 0;
            return works ? null : "network namespaces with nftables are not permitted here: " + output.Trim();
        }

        /// <summary>A host on the internet itself.</summary>
        public LabHost AddOpen(string name, int last, bool v4 = true, bool v6 = false)
        {
            AddNamespace(name);
            Attach(name, "wan", v4 ? "203.0.113." + last : null, v6 ? "2001:db8::" + last : null);
            return Host(name, v4 ? "203.0.113." + last : "2001:db8::" + last, !v4);
        }

        /// <summary>A router on the internet; rules are nftables statements with WAN for its own address.</summary>
        public void AddNat(string name, int last, string rules) => AddNatAt(name, "203.0.113." + last, rules);

        /// <summary>miniupnpd refuses addresses that are reserved for documentation, so 5.1.1.0/24 is on-link in this internet too.</summary>
        public void AddNatAt(string name, string wan, string rules)
        {
            AddNamespace(name);
            Attach(name, "wan", wan, null);
            MakeNat(name, wan, rules);
        }

        /// <summary>A router behind another one.</summary>
        public void AddNatBehind(string name, string outer, int net, string rules)
        {
            AddNamespace(name);
            Join(name, "wan", outer, net);
            MakeNat(name, "10." + net + ".0.2", rules);
        }

        public LabHost AddBehind(string nat, string name, int net)
        {
            AddNamespace(name);
            Join(name, "eth0", nat, net);
            return Host(name, "10." + net + ".0.2", false);
        }

        /// <summary>A host on the internet whose frames both ways are held back by our own bridge: delayMs, and up to jitterMs more.</summary>
        public LabHost AddDelayed(string name, int last, int delayMs, int jitterMs)
        {
            string middle = name + "m";
            AddNamespace(name);
            AddNamespace(middle);
            Must($@"ip -n {Ns(name)} link add wan type veth peer name in netns {Ns(middle)}
ip -n {Ns(name)} addr add 203.0.113.{last}/24 dev wan
ip -n {Ns(name)} link set wan up
ip -n {Ns(middle)} link set in up");
            Attach(middle, "out", null, null);
            string program = DelayBridge.Build(_folder);
            StartHelper($"netns exec {Ns(middle)} {program} in out {delayMs} {jitterMs}");
            return Host(name, "203.0.113." + last, false);
        }

        /// <summary>A host on the internet without a node of ours.</summary>
        public void AddBare(string name, int last)
        {
            AddNamespace(name);
            Attach(name, "wan", "203.0.113." + last, null);
        }

        public void StartLab(params string[] more)
        {
            ProcessStartInfo start = new ProcessStartInfo("ip",
            [
                "netns", "exec", Ns("net"), LabProgram, "lab", "--port", "8080", "--regions", "2", "--listen", Server, "--listen", Server6,
                "--ca-out", CaFile, "--outage-ms", OutageMs.ToString(), .. more,
            ]);
            _lab = StartLogged(start, "lab");
            Wait(() => File.Exists(CaFile) && Ready(), "the lab listens");
        }

        /// <summary>The relays are away for a moment (SIGUSR1). `ip netns exec` has become the lab, so its process is the lab's.</summary>
        public void RestartRelays() => Must("kill -USR1 " + _lab.Id);

        public string Ns(string name) => _prefix + name;

        public void In(string name, string command) => Must("ip netns exec " + Ns(name) + " " + command);

        /// <summary>What a command prints, its errors too; name null = here.</summary>
        public string Read(string name, string command)
        {
            int code = Run(name == null ? command : "ip netns exec " + Ns(name) + " sh <<'END'\n" + command + "\nEND", out string output);
            return code == 0 ? output : throw new InvalidOperationException(command + ": exit code " + code + ": " + output);
        }

        public bool Try(string name, string command) => Run("ip netns exec " + Ns(name) + " " + command, out _) == 0;

        /// <summary>A network behind a host: 10.net.0.1 on the host, and a namespace with 10.net.0.2 in it.</summary>
        public void AddLan(string host, string name, int net)
        {
            AddNamespace(name);
            Join(name, "eth0", host, net);
        }

        /// <summary>Traffic control of an interface: rate limits.</summary>
        public void Tc(string name, string arguments) => Must("tc -n " + Ns(name) + " " + arguments);

        /// <summary>Loads nftables statements in a namespace.</summary>
        public void Nft(string name, string rules)
        {
            Must("ip netns exec " + Ns(name) + " nft -f - <<'END'\n" + rules + "\nEND");
        }

        public static void Wait(Func<bool> condition, string what, int patienceMs = PatienceMs)
        {
            Stopwatch watch = Stopwatch.StartNew();
            while (!condition())
            {
                if (watch.ElapsedMilliseconds > patienceMs) throw new TimeoutException("not within " + patienceMs + " ms: " + what);
                Thread.Sleep(20);
            }
        }

        public Process StartLogged(ProcessStartInfo start, string name)
        {
            start.RedirectStandardOutput = start.RedirectStandardError = true;
            Process process = Process.Start(start);
            TextWriter log = TextWriter.Synchronized(new StreamWriter(Path.Combine(_folder, name + ".log")) { AutoFlush = true });
            process.OutputDataReceived += (_, line) => log.WriteLine(line.Data);
            process.ErrorDataReceived += (_, line) => log.WriteLine(line.Data);
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            return process;
        }

        public void Dispose()
        {
            foreach (LabHost host in _hosts) host.Stop();
            foreach (Process helper in _helpers) End(helper);
            if (_lab != null) End(_lab);
            StringBuilder script = new StringBuilder();
            foreach (string name in _namespaces) script.Append("ip netns del ").Append(name).Append(" || true\n");
            Must(script.ToString());
            Directory.Delete(_folder, true);
        }

        internal static void End(Process process)
        {
            try
            {
                if (!process.HasExited) process.Kill();
                process.WaitForExit();
            }
            finally
            {
                process.Dispose();
            }
        }

        private static string LabProgram => Environment.GetEnvironmentVariable("MICROLINK_LAB") is { Length: > 0 } named
            ? named : Path.Combine(NodeProcess.Root(), "artifacts", "lab", "microlink-lab");

        private bool Ready()
        {
            string log = Path.Combine(_folder, "lab.log");
            if (_lab.HasExited) throw new InvalidOperationException("the lab ended: " + File.ReadAllText(log));
            using FileStream stream = new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using StreamReader reader = new StreamReader(stream);
            return reader.ReadToEnd().Contains("To join");
        }

        private LabHost Host(string name, string address, bool v6)
        {
            LabHost host = new LabHost(this, name, address, v6);
            _hosts.Add(host);
            return host;
        }

        private void AddNamespace(string name)
        {
            _namespaces.Add(Ns(name));
            Must($"ip netns add {Ns(name)}\nip -n {Ns(name)} link set lo up");
        }

        /// <summary>Connects an interface of a namespace to the internet's bridge.</summary>
        private void Attach(string name, string card, string v4, string v6)
        {
            string port = "p" + ++_links;
            Must($@"ip -n {Ns(name)} link add {card} type veth peer name {port} netns {Ns("net")}
ip -n {Ns("net")} link set {port} master br0 up
{(v4 == null ? "" : $"ip -n {Ns(name)} addr add {v4}/24 dev {card}")}
{(v6 == null ? "" : $"ip -n {Ns(name)} -6 addr add {v6}/64 dev {card} nodad")}
ip -n {Ns(name)} link set {card} up
{(v4 == null ? "" : $"ip -n {Ns(name)} route replace {(v4.StartsWith("5.", StringComparison.Ordinal) ? "203.0.113.0" : "5.1.1.0")}/24 dev {card}")}");
        }

        /// <summary>Connects a namespace to the inside of a router: 10.net.0.2 behind 10.net.0.1.</summary>
        private void Join(string name, string card, string nat, int net)
        {
            string inside = "lan" + net;
            Must($@"ip -n {Ns(name)} link add {card} type veth peer name {inside} netns {Ns(nat)}
ip -n {Ns(nat)} addr add 10.{net}.0.1/24 dev {inside}
ip -n {Ns(nat)} link set {inside} up
ip -n {Ns(name)} addr add 10.{net}.0.2/24 dev {card}
ip -n {Ns(name)} link set {card} up
ip -n {Ns(name)} route add default via 10.{net}.0.1");
        }

        /// <summary>
        /// As routers do, it drops what nobody inside asked for. Without that a peer's early packet would get a conntrack entry of its own and
        /// our packet to that peer another outside port.
        /// </summary>
        private void MakeNat(string name, string wan, string rules)
        {
            Must($"ip netns exec {Ns(name)} sysctl -qw net.ipv4.ip_forward=1");
            Nft(name, "table ip guard { chain i { type filter hook input priority 0; iifname \"wan\" ct state new drop; }; }");
            Nft(name, rules.Replace("WAN", wan));
        }

        public void StartHelper(string arguments)
        {
            _helpers.Add(StartLogged(new ProcessStartInfo("ip", arguments), "helper" + _helpers.Count));
        }

        private static bool IsInstalled(string tool)
        {
            foreach (string folder in (Environment.GetEnvironmentVariable("PATH") + ":/usr/sbin:/sbin").Split(':'))
            {
                if (File.Exists(Path.Combine(folder, tool))) return true;
            }
            return false;
        }

        private static void Must(string script)
        {
            int code = Run("set -e\n" + script, out string output);
            if (code != 0) throw new InvalidOperationException("exit code " + code + ": " + output + "\nof:\n" + script);
        }

        private static int Run(string script, out string output)
        {
            ProcessStartInfo start = new ProcessStartInfo("/bin/sh", "-s") { RedirectStandardInput = true, RedirectStandardOutput = true };
            using Process process = Process.Start(start);
            process.StandardInput.Write("exec 2>&1\nPATH=$PATH:/usr/sbin:/sbin\n" + script + "\n");
            process.StandardInput.Close();
            output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode;
        }
    }
}
