using System;
using System.Diagnostics;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using MicroLink.Native;
using MicroLink.Tests.Interop.Command;

namespace MicroLink.Tests.Interop.KernelWireGuard
{
    /// <summary>
    /// A Linux kernel with its own WireGuard in QEMU, without hardware help, and a namespace for our node beside it.
    /// <code>
    ///   namespace mlkPID: our node, TUN ml0 100.64.0.1        guest: wg0 100.64.0.2
    ///   10.214.0.1  tap mlkt =====================  10.214.0.2 eth0        port 99: a shell
    /// </code>
    /// </summary>
    public sealed class KernelPeer : IDisposable
    {
        public const string OurAddress = "10.214.0.1", PeerAddress = "10.214.0.2", Us = "100.64.0.1", Peer = "100.64.0.2";
        public const int OurPort = 41000, PeerPort = 51820;
        private const int ShellPort = 99, PatienceMs = 120000;

        private readonly Process _guest;
        private readonly StringBuilder _console = new StringBuilder();

        public KernelPeer()
        {
            if (WhyNot() != null) return;
            Cipher.X25519Base(OurPrivate, 0, OurPublic, 0);
            Cipher.X25519Base(PeerPrivate, 0, PeerPublic, 0);
            Shell($"ip netns add {Space} && ip -n {Space} link set lo up && ip -n {Space} tuntap add dev mlkt mode tap"
                + $" && ip -n {Space} addr add {OurAddress}/24 dev mlkt && ip -n {Space} link set mlkt up");
            ProcessStartInfo start = new ProcessStartInfo("ip", new[]
            {
                "netns", "exec", Space, "qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-m", "256", "-nographic", "-no-reboot",
                "-kernel", Path.Combine(Folder, "vmlinuz"), "-initrd", Path.Combine(Folder, "initrd.gz"),
                "-append", $"console=ttyS0 quiet panic=1 outer={PeerAddress}/24",
                "-netdev", "tap,id=n,ifname=mlkt,script=no,downscript=no", "-device", "virtio-net-pci,netdev=n",
            })
            {
                RedirectStandardInput = true, RedirectStandardOutput = true,
            };
            _guest = Process.Start(start);
            _guest.OutputDataReceived += (_, line) => { lock (_console) _console.AppendLine(line.Data); };
            _guest.BeginOutputReadLine();
            _guest.StandardInput.Close();
            try
            {
                SetUp();
            }
            catch
            {
                Dispose();
                throw;
            }
        }

        private void SetUp()
        {
            Stopwatch watch = Stopwatch.StartNew();
            while (!Console().Contains("READY"))
            {
                if (_guest.HasExited || watch.ElapsedMilliseconds > PatienceMs) throw new InvalidOperationException("the guest did not start:\n" + Console());
                Thread.Sleep(50);
            }
            Guest($"echo {Convert.ToBase64String(PeerPrivate)} > /tmp/key; wg set wg0 private-key /tmp/key listen-port {PeerPort}"
                + $" peer {Convert.ToBase64String(OurPublic)} allowed-ips {Us}/32,fd7a:115c:a1e0::1/128;"
                + $" ip addr add {Peer}/32 dev wg0; ip link set wg0 up mtu 1280; ip route add {Us}/32 dev wg0;"
                + " nc -ll -p 7 -e cat >/dev/null 2>&1 </dev/null &");
        }

        public byte[] OurPrivate { get; } = WireGuardGoNode.NewPrivate();
        public byte[] OurPublic { get; } = new byte[32];
        public byte[] PeerPrivate { get; } = WireGuardGoNode.NewPrivate();
        public byte[] PeerPublic { get; } = new byte[32];
        public string Space { get; } = "mlk" + Environment.ProcessId;

        private static string Folder => Environment.GetEnvironmentVariable("MICROLINK_KERNEL") is { Length: > 0 } named
            ? named : Path.Combine(NodeProcess.Root(), "artifacts", "kernel-wg");

        /// <summary>Null, or why these tests cannot run here.</summary>
        public static string WhyNot()
        {
            if (Environment.UserName != "root") return "network namespaces need root";
            if (!WireGuardGoNetwork.IsInstalled("qemu-system-x86_64")) return "qemu-system-x86_64 is not installed (apt-get install qemu-system-x86)";
            if (!File.Exists(Path.Combine(Folder, "initrd.gz"))) return "there is no kernel at " + Folder + "; ./test interop --install makes it";
            return File.Exists("/dev/net/tun") ? null : "/dev/net/tun is missing";
        }

        public string Console()
        {
            lock (_console) return _console.ToString();
        }

        /// <summary>Runs a command line in the guest; returns what it prints.</summary>
        public string Guest(string command)
        {
            const string Mark = "-- this was all --";
            using Socket socket = NetSpace.Run(Space, Connect);
            using NetworkStream stream = new NetworkStream(socket);
            stream.Write(Encoding.ASCII.GetBytes("exec 2>&1; " + command + "\necho; echo '" + Mark + "'\n"));
            StringBuilder output = new StringBuilder();
            using StreamReader reader = new StreamReader(stream);
            for (string line = reader.ReadLine(); line != null && line != Mark; line = reader.ReadLine()) output.AppendLine(line);
            return output.ToString();
        }

        /// <summary>The guest says READY a moment before its shell listens.</summary>
        private static Socket Connect()
        {
            for (Stopwatch watch = Stopwatch.StartNew(); ; Thread.Sleep(50))
            {
                Socket made = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = PatienceMs };
                try
                {
                    made.Connect(IPAddress.Parse(PeerAddress), ShellPort);
                    return made;
                }
                catch (SocketException) when (watch.ElapsedMilliseconds < PatienceMs)
                {
                    made.Dispose();
                }
            }
        }

        public string Shell(string command)
        {
            ProcessStartInfo start = new ProcessStartInfo("/bin/sh", new[] { "-c", "PATH=$PATH:/usr/sbin:/sbin; { " + command + "; } 2>&1" }) { RedirectStandardOutput = true };
            using Process process = Process.Start(start);
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? output : throw new InvalidOperationException(command + ": " + output);
        }

        public void Dispose()
        {
            if (_guest == null) return;
            if (!_guest.HasExited) _guest.Kill();
            _guest.WaitForExit();
            _guest.Dispose();
            Shell("ip netns del " + Space);
        }
    }
}
