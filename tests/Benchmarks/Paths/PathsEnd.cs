using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Net.Sockets;
using System.Text;
using MicroLink.Tests.Interop.Network;

namespace MicroLink.Benchmarks.Paths;

/// <summary>A node on one host of the small internet: ours or a tailscaled, started, pinged and killed in the same way.</summary>
internal abstract class PathsEnd
{
    /// <summary>One try; the next one follows at once, as a user's program would try again.</summary>
    protected const int TryMs = 40;

    protected readonly NetworkLab Lab;
    protected readonly LabHost Host;
    private string _address;

    protected PathsEnd(NetworkLab lab, LabHost host)
    {
        Lab = lab;
        Host = host;
        WanAddress = host.Address;
    }

    public string Name => Host.Name;
    public string WanAddress { get; private set; }

    /// <summary>With a TUN device, or with the node's own stack alone.</summary>
    public void Start(bool tun, bool fresh)
    {
        if (fresh) _address = null;
        Begin(tun, fresh);
    }

    public abstract void Stop();

    /// <summary>"direct" or "relay" when the ping (kind disco or tsmp) was answered, else null.</summary>
    public abstract string Ping(string kind, PathsEnd peer);

    /// <summary>Its address in the tailnet; waits for it.</summary>
    public string TunnelAddress()
    {
        if (_address == null) NetworkLab.Wait(() => (_address = FindAddress()) != null, Name + " has an address in the tailnet");
        return _address;
    }

    public void MoveTo(string address)
    {
        Lab.In(Name, "sh -c 'ip addr add " + address + "/24 dev wan; ip addr del " + WanAddress + "/24 dev wan; ip addr add " + address
            + "/24 dev wan 2>/dev/null; ip route replace default via " + NetworkLab.Server + "'");
        WanAddress = address;
    }

    /// <summary>New sockets, for ours.</summary>
    public void Rebind() => Host.Ask("rebind");

    public abstract string Log();

    protected abstract void Begin(bool tun, bool fresh);

    protected abstract string FindAddress();

    public static PathsEnd Ours(NetworkLab lab, LabHost host) => new OurEnd(lab, host);

    /// <param name="programs">The folder of tailscaled and tailscale.</param>
    public static PathsEnd Theirs(NetworkLab lab, LabHost host, string programs) => new TailscaledEnd(lab, host, programs);

    private sealed class OurEnd : PathsEnd
    {
        public OurEnd(NetworkLab lab, LabHost host) : base(lab, host) { }

        protected override void Begin(bool tun, bool fresh)
        {
            if (fresh) Host.Forget();
            Host.Start(tun ? new[] { "--tun", "ml0" } : new string[0]);
        }

        public override void Stop() => Host.Stop();

        public override string Ping(string kind, PathsEnd peer)
        {
            string[] lines = Host.Ask("ping " + kind + " " + TryMs + " " + peer.Name, 1000);
            if (lines == null || lines.Length == 0) return null;
            return lines[0].Split('\t')[2] == "-" ? "relay" : "direct";
        }

        public override string Log() => Host.Log();

        protected override string FindAddress()
        {
            using System.Text.Json.JsonDocument status = Host.Status();
            if (status == null || status.RootElement.GetProperty("self").ValueKind != System.Text.Json.JsonValueKind.Object) return null;
            return status.RootElement.GetProperty("self").GetProperty("addresses")[0].GetString().Split('/')[0];
        }
    }

    private sealed class TailscaledEnd : PathsEnd
    {
        private readonly string _programs, _state, _socket;
        private Process _daemon;

        public TailscaledEnd(NetworkLab lab, LabHost host, string programs) : base(lab, host)
        {
            _programs = programs;
            _state = Path.Combine(lab.Folder, Name + ".ts");
            _socket = Path.Combine(lab.Folder, Name + ".sock");
        }

        protected override void Begin(bool tun, bool fresh)
        {
            if (fresh && Directory.Exists(_state)) Directory.Delete(_state, true);
            if (File.Exists(_socket)) File.Delete(_socket);
            ProcessStartInfo info = In(Path.Combine(_programs, "tailscaled"), "-statedir=" + _state, "-socket=" + _socket, "-port=41641",
                "-tun=" + (tun ? "ts0" : "userspace-networking"), "-no-logs-no-support");
            info.Environment["SSL_CERT_FILE"] = Lab.CaFile;
            info.Environment["TS_NO_LOGS_NO_SUPPORT"] = "true";
            _daemon = Lab.StartLogged(info, Name);
            if (!fresh) return;
            // The command waits for the daemon's socket by itself, but only for a moment.
            while (!File.Exists(_socket)) System.Threading.Thread.Sleep(1);
            Lab.StartLogged(In(Path.Combine(_programs, "tailscale"), "--socket=" + _socket, "up", "--login-server=" + Lab.ControlUrl(false),
                "--auth-key=tskey-auth-lab", "--hostname=" + Name, "--accept-dns=false", "--netfilter-mode=off", "--timeout=20s"), Name + "-up");
        }

        public override void Stop()
        {
            if (_daemon != null) NetworkLab.End(_daemon);
            _daemon = null;
        }

        /// <summary>By its local API, as the command does, without starting a program for each ping.</summary>
        public override string Ping(string kind, PathsEnd peer)
        {
            string answer = Post("/localapi/v0/ping?ip=" + peer.TunnelAddress() + "&type=" + (kind == "tsmp" ? "TSMP" : "disco"));
            if (answer == null || !answer.Contains("\"LatencySeconds\"") || Has(answer, "Err")) return null;
            return Has(answer, "Endpoint") ? "direct" : "relay";
        }

        private static bool Has(string json, string field)
        {
            return json.Contains("\"" + field + "\":\"") && !json.Contains("\"" + field + "\":\"\"");
        }

        public override string Log()
        {
            string log = File.ReadAllText(Path.Combine(Lab.Folder, Name + ".log"));
            return log.Substring(Math.Max(0, log.Length - 4000));
        }

        protected override string FindAddress()
        {
            ProcessStartInfo info = In(Path.Combine(_programs, "tailscale"), "--socket=" + _socket, "ip", "-4");
            info.RedirectStandardOutput = info.RedirectStandardError = true;
            using Process process = Process.Start(info);
            string output = process.StandardOutput.ReadToEnd().Trim();
            process.WaitForExit();
            return process.ExitCode == 0 && output.StartsWith("100.", StringComparison.Ordinal) ? output : null;
        }

        private ProcessStartInfo In(string program, params string[] arguments)
        {
            List<string> all = new List<string> { "netns", "exec", Lab.Ns(Name), program };
            all.AddRange(arguments);
            return new ProcessStartInfo("ip", all);
        }

        /// <summary>The answer, or null when there is none within <see cref="TryMs"/>.</summary>
        private string Post(string path)
        {
            if (!File.Exists(_socket)) return null;
            try
            {
                using Socket socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = TryMs };
                socket.Connect(new UnixDomainSocketEndPoint(_socket));
                socket.Send(Encoding.ASCII.GetBytes("POST " + path + " HTTP/1.1\r\nHost: local-tailscaled.sock\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"));
                using StreamReader reader = new StreamReader(new NetworkStream(socket));
                return reader.ReadToEnd();
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                return null;                                    // starting, or no answer in time
            }
        }
    }
}
