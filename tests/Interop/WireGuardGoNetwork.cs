using System;
using System.Diagnostics;
using System.IO;
using System.Net;
using System.Threading;

namespace MicroLink.Tests.Interop
{
    /// <summary>
    /// Debian's wireguard-go in a network namespace of its own. Our node runs in this process, outside of it.
    /// <code>
    ///   this process                         namespace mlwgPID-N
    ///   UDP port --- mlhPID-N ===veth=== mlpPID-N --- wireguard-go --- mlwPID-N (TUN, 100.64.0.2, fd7a:115c:a1e0::2)
    ///   10.213.x.1, fd13::x:1               10.213.x.2, fd13::x:2
    /// </code>
    /// With a space of our own, our side of the wire is in a second namespace: for nodes that make a TUN device.
    /// </summary>
    internal sealed class WireGuardGoNetwork : IDisposable
    {
        public const int PeerPort = 51820;
        private const int PatienceMs = 15000;
        private static int s_count;

        private readonly string _suffix = Environment.ProcessId % 100000 + "-" + Interlocked.Increment(ref s_count);
        private readonly int _octet = (Environment.ProcessId * 7 + s_count) % 250 + 1;
        private readonly string _keyFile = Path.GetTempFileName();
        private readonly string _namespace;
        private readonly string _tun;
        private Process _daemon;

        public WireGuardGoNetwork() : this(false) { }

        public WireGuardGoNetwork(bool ownSpace)
        {
            _namespace = "mlwg" + _suffix;
            _tun = "mlw" + _suffix;
            string host = "mlh" + _suffix, peer = "mlp" + _suffix;
            Must("ip", "netns add " + _namespace);
            string here = "";
            if (ownSpace)
            {
                Space = "mlno" + _suffix;
                Must("ip", "netns add " + Space);
                Must("ip", "-n " + Space + " link set lo up");
                here = "-n " + Space + " ";
            }
            Must("ip", here + "link add " + host + " type veth peer name " + peer + " netns " + _namespace);
            Must("ip", here + "addr add " + HostAddress + "/30 dev " + host);
            Must("ip", here + "addr add " + HostAddress6 + "/126 dev " + host + " nodad");
            Must("ip", here + "link set " + host + " up");
            Must("ip", "-n " + _namespace + " link set lo up");
            Must("ip", "-n " + _namespace + " addr add " + PeerAddress + "/30 dev " + peer);
            Must("ip", "-n " + _namespace + " addr add " + PeerAddress6 + "/126 dev " + peer + " nodad");
            Must("ip", "-n " + _namespace + " link set " + peer + " up");
            StartDaemon();
        }

        /// <summary>Our namespace, or null: that of the test.</summary>
        public string Space { get; }

        public string PeerSpace => _namespace;
        /// <summary>wireguard-go's device.</summary>
        public string Device => _tun;
        public string HostAddress => "10.213." + _octet + ".1";
        public string PeerAddress => "10.213." + _octet + ".2";
        public string HostAddress6 => "fd13::" + _octet.ToString("x") + ":1";
        public string PeerAddress6 => "fd13::" + _octet.ToString("x") + ":2";

        /// <summary>Null, or why these tests cannot run here.</summary>
        public static string WhyNot()
        {
            if (Environment.UserName != "root") return "network namespaces need root";
            foreach (string tool in new[] { "wireguard-go", "wg", "ip", "ping" })
            {
                if (!IsInstalled(tool)) return tool + " is not installed (apt-get install wireguard-go wireguard-tools iproute2 iputils-ping)";
            }
            if (!File.Exists("/dev/net/tun")) return "/dev/net/tun is missing";
            return Run("ip", "netns add mlwgprobe" + Environment.ProcessId, out string output) == 0
                && Run("ip", "netns del mlwgprobe" + Environment.ProcessId, out output) == 0 ? null : "network namespaces are not permitted here: " + output.Trim();
        }

        public void StartDaemon()
        {
            // -f keeps it in the foreground, so that its process is ours to end; ip netns exec becomes it.
            ProcessStartInfo info = new ProcessStartInfo("ip", "netns exec " + _namespace + " wireguard-go -f " + _tun);
            info.Environment["LOG_LEVEL"] = "error";
            info.RedirectStandardOutput = info.RedirectStandardError = true;
            _daemon = Process.Start(info);
            _daemon.OutputDataReceived += (_, _) => { };
            _daemon.ErrorDataReceived += (_, _) => { };
            _daemon.BeginOutputReadLine();
            _daemon.BeginErrorReadLine();
            Stopwatch watch = Stopwatch.StartNew();
            while (Run("wg", "show " + _tun, out string output) != 0)
            {
                if (watch.ElapsedMilliseconds > PatienceMs || _daemon.HasExited) throw new InvalidOperationException("wireguard-go did not start: " + output);
                Thread.Sleep(20);
            }
        }

        public void StopDaemon()
        {
            if (_daemon == null) return;
            if (!_daemon.HasExited) _daemon.Kill();
            _daemon.WaitForExit();
            _daemon.Dispose();
            _daemon = null;
        }

        /// <summary>Keys and routes; <paramref name="endpoint"/> (of our node) may be null when wireguard-go only answers.</summary>
        public void Configure(byte[] privateKey, byte[] ourPublic, string endpoint)
        {
            File.WriteAllText(_keyFile, Convert.ToBase64String(privateKey));
            InNamespace("wg set " + _tun + " private-key " + _keyFile + " listen-port " + PeerPort + " peer " + Convert.ToBase64String(ourPublic)
                + " allowed-ips 100.64.0.1/32,fd7a:115c:a1e0::1/128" + (endpoint == null ? "" : " endpoint " + endpoint));
            Must("ip", "-n " + _namespace + " addr add 100.64.0.2/32 dev " + _tun);
            Must("ip", "-n " + _namespace + " addr add fd7a:115c:a1e0::2/128 dev " + _tun + " nodad");
            Must("ip", "-n " + _namespace + " link set " + _tun + " up mtu 1280");
            Must("ip", "-n " + _namespace + " route add 100.64.0.1/32 dev " + _tun);
            Must("ip", "-n " + _namespace + " route add fd7a:115c:a1e0::1/128 dev " + _tun);
        }

        /// <summary>Runs in the namespace; throws with the output when it fails.</summary>
        public string InNamespace(string command)
        {
            return Must("ip", "netns exec " + _namespace + " " + command);
        }

        public int TryInNamespace(string command, out string output)
        {
            return Run("ip", "netns exec " + _namespace + " " + command, out output);
        }

        /// <summary>Seconds since 1970 of wireguard-go's last handshake, 0 = none.</summary>
        public long LatestHandshake()
        {
            return long.Parse(InNamespace("wg show " + _tun + " latest-handshakes").Trim().Split('\t')[1]);
        }

        public static byte[] Endpoint(string address, int port)
        {
            byte[] endpoint = new byte[18];
            IPAddress.Parse(address).MapToIPv6().GetAddressBytes().CopyTo(endpoint, 0);
            endpoint[16] = (byte)(port >> 8);
            endpoint[17] = (byte)port;
            return endpoint;
        }

        public void Dispose()
        {
            StopDaemon();
            if (Space == null) Run("ip", "link del mlh" + _suffix, out _);
            else Run("ip", "netns del " + Space, out _);
            Run("ip", "netns del " + _namespace, out _);
            File.Delete(_keyFile);
        }

        /// <summary>Runs in our namespace; throws with the output when it fails.</summary>
        public string InOurSpace(string command)
        {
            return Must("ip", "netns exec " + Space + " " + command);
        }

        internal static bool IsInstalled(string tool)
        {
            foreach (string folder in (Environment.GetEnvironmentVariable("PATH") + ":/usr/sbin:/sbin").Split(':'))
            {
                if (File.Exists(Path.Combine(folder, tool))) return true;
            }
            return false;
        }

        private static string Must(string program, string arguments)
        {
            int code = Run(program, arguments, out string output);
            if (code != 0) throw new InvalidOperationException(program + " " + arguments + ": exit code " + code + ": " + output);
            return output;
        }

        private static int Run(string program, string arguments, out string output)
        {
            using Process process = Process.Start(new ProcessStartInfo("/bin/sh", "-c \"PATH=$PATH:/usr/sbin:/sbin exec " + program + " " + arguments + " 2>&1\"")
            {
                RedirectStandardOutput = true,
            });
            output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode;
        }
    }
}
