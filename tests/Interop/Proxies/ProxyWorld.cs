using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Threading;
using MicroLink.Bytes;
using MicroLink.Native;
using MicroLink.PeerApi;
using MicroLink.Tests.Interop.Command;
using Xunit;

namespace MicroLink.Tests.Interop.Proxies
{
    /// <summary>
    /// The lab and two real nodes on the loop-back: "server" echoes and leads to a port of this host, "client" has the proxies.
    /// Made once for all tests.
    /// </summary>
    public sealed class ProxyWorld : IDisposable
    {
        private const int WaitMs = 60000;

        private readonly string _folder = Path.Combine(Path.GetTempPath(), "microlink-proxies-" + Guid.NewGuid().ToString("N"));
        private readonly List<Process> _processes = new();
        private readonly StringBuilder _log = new();

        public readonly int Socks = FreePort(), TcpEcho = FreePort(), UdpEcho = FreePort(), Iperf = FreePort(), IperfServer = FreePort();

        /// <summary>Null, or what is missing here.</summary>
        public static string WhyNot()
        {
            if (!File.Exists(NodeProcess.Program) || !File.Exists(Lab)) return NodeProcess.WhyNot;
            if (!Net.IsAvailable) return "the native library was built without lwIP (./test --install as root, or LWIP_DIR)";
            string missing = string.Join(" ", new[] { "curl", "socat", "iperf3" }.Where(tool => Find(tool) == null));
            return missing.Length == 0 ? null : $"not installed: {missing}; ./test interop --install installs it";
        }

        public ProxyWorld()
        {
            if (WhyNot() != null) return;
            Directory.CreateDirectory(_folder);
            string ca = Path.Combine(_folder, "ca.pem");
            int control = FreePort();
            Start(Lab, "lab", "--port", control.ToString(), "--auth-key", "k", "--ca-out", ca);
            Wait(() => File.Exists(ca) && _log.ToString().Contains("control at"), "the lab listens");
            Up("server", control, ca, "--echo", "7", "--serve", $"5201:{IperfServer}");
            Up("client", control, ca, "--socks5", $"127.0.0.1:{Socks}", "--forward", $"{TcpEcho}:server:7", "--forward", $"udp:{UdpEcho}:server:7",
                "--forward", $"{Iperf}:server:5201");
            Wait(() => NodeProcess.Run("ping", "server", "--icmp", "--state-dir", State("client")).ExitCode == 0, "the nodes reach each other");
        }

        public string State(string node) => Path.Combine(_folder, node);

        /// <summary>An address of the server node, text that has a colon for IPv6.</summary>
        public string Address(bool v6)
        {
            using JsonDocument status = JsonDocument.Parse(NodeProcess.Run("status", "--json", "--state-dir", State("server")).Output);
            return status.RootElement.GetProperty("self").GetProperty("addresses").EnumerateArray().Select(address => address.GetString())
                .First(address => address.Contains(':') == v6);
        }

        /// <summary>Where the server's peer API listens.</summary>
        public int PeerApi()
        {
            byte[] address = new byte[NetEndpoint.AddressLength];
            Assert.True(NetEndpoint.ParseAddress(Address(false), address, 0));
            return PeerApiPort.Choose(address, 0, 0);
        }

        /// <summary>Messages that actors of the client's netstack have handled so far.</summary>
        public long Handled(string actor)
        {
            using JsonDocument graph = JsonDocument.Parse(NodeProcess.Run("graph", "--json", "--state-dir", State("client")).Output);
            return graph.RootElement.GetProperty("actors").EnumerateArray().First(entry => entry.GetProperty("name").GetString() == actor)
                .GetProperty("processed").GetInt64();
        }

        /// <summary>Runs a tool; gives its exit code, what it printed, and its errors.</summary>
        public static (int Exit, string Output, string Errors) Run(string tool, byte[] input, params string[] arguments)
        {
            using Process process = Process.Start(new ProcessStartInfo(tool, arguments)
            {
                RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
            });
            StringBuilder errors = new();
            process.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
            process.BeginErrorReadLine();
            Thread writer = new(() =>
            {
                try
                {
                    process.StandardInput.BaseStream.Write(input);
                    process.StandardInput.Close();
                }
                catch (IOException)
                {
                    // The tool ended before it had read all; its exit code says why.
                }
            });
            writer.Start();
            using MemoryStream output = new();
            Timer deadline = new(_ => process.Kill(), null, WaitMs, Timeout.Infinite);
            process.StandardOutput.BaseStream.CopyTo(output);
            process.WaitForExit();
            deadline.Dispose();
            writer.Join();
            return (process.ExitCode, Encoding.Latin1.GetString(output.ToArray()), errors.ToString());
        }

        public void Dispose()
        {
            foreach (Process process in _processes)
            {
                process.Kill();
                process.WaitForExit();
                process.Dispose();
            }
            if (Directory.Exists(_folder)) Directory.Delete(_folder, true);
        }

        public Process Start(string program, params string[] arguments)
        {
            Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true });
            process.OutputDataReceived += (_, line) => Keep(line.Data);
            process.ErrorDataReceived += (_, line) => Keep(line.Data);
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            _processes.Add(process);
            return process;
        }

        public void Wait(Func<bool> condition, string what)
        {
            Stopwatch time = Stopwatch.StartNew();
            while (!condition())
            {
                if (time.ElapsedMilliseconds > WaitMs) throw new TimeoutException($"waited in vain until {what}; the programs printed:\n{_log}");
                Thread.Sleep(100);
            }
        }

        private static string Lab => Path.Combine(NodeProcess.Root(), "artifacts", "lab", "microlink-lab");

        private void Up(string name, int control, string ca, params string[] more)
        {
            Start(NodeProcess.Program, ["up", "--control-url", $"http://127.0.0.1:{control}", "--auth-key", "k", "--ca-file", ca, "--hostname", name,
                "--udp-port", "0", "--state-dir", State(name), .. more]);
        }

        private void Keep(string line)
        {
            lock (_log) _log.AppendLine(line);
        }

        private static string Find(string tool) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Select(folder => Path.Combine(folder, tool)).FirstOrDefault(File.Exists);

        private static int FreePort()
        {
            using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            return ((IPEndPoint)socket.LocalEndPoint).Port;
        }
    }

    public sealed class ProxyFactAttribute : FactAttribute
    {
        private static readonly string s_whyNot = ProxyWorld.WhyNot();
        public ProxyFactAttribute() { Skip = s_whyNot; }
    }
}
