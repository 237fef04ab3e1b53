using System;
using System.Diagnostics;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using MicroLink.Control;
using MicroLink.Drivers.Desktop;
using MicroLink.Native;
using MicroLink.NetIo;
using MicroLink.Node;
using MicroLink.Paths;
using MicroLink.Runtime;
using MicroLink.WireGuard;

namespace MicroLink.Desktop
{
    /// <summary>
    /// One node in this process: drivers, graph, local socket. The calling thread runs the actors until a signal; a changed node key
    /// (rotation, logout) rebuilds the graph with the new one.
    /// </summary>
    internal sealed class NodeHost : INodeListener
    {
        private readonly NodeOptions _options;
        private readonly StateDirectory _directory;
        private readonly string? _caFile;
        private readonly TunDevice? _tun;
        private readonly ILogSink? _log;
        /// <summary>A request may come while the graph is being built; seen: 200 ms on a busy machine.</summary>
        private const int StartPatienceMs = 3000;
        private const int DnsPortMs = 10000;
        private readonly ManualResetEventSlim _ready = new ManualResetEventSlim();
        private readonly object _gate = new object();
        private NodeGraph? _graph;
        private FileFlash? _peers;
        private bool _stopping;
        private string? _shownUrl;
        private readonly ProxyOptions _proxyOptions;
        private TunnelProxies? _proxies;

        public NodeHost(NodeOptions options, StateDirectory directory, string? caFile, TunDevice? tun, ProxyOptions proxies, bool verbose)
        {
            _proxyOptions = proxies;
            _tun = tun;
            _options = options;
            _directory = directory;
            _caFile = caFile;
            _log = verbose ? new ConsoleLog() : null;
        }

        /// <summary>Returns the exit code.</summary>
        public int Run()
        {
            string? broken = NativeVersion.Check();
            if (broken != null) return UpCommand.Fail(broken);
            using StorageThread storage = new StorageThread();
            FileKeyValueStore settings = new FileKeyValueStore(_directory.Path, storage);
            if (!settings.Open(out string error)) return UpCommand.Fail(error);
            // A shell starts `microlink up &` with SIGINT ignored, and the runtime leaves it so: it must end us all the same.
            signal(InterruptSignal, DefaultAction);
            using FileFlash peers = new FileFlash(_directory.Path, storage);
            _peers = peers;
            using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
            using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
            // The terminal was closed: what we set up on the host (routes, rules) must not stay behind.
            using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal);
            string? forwarding = _options.AdvertiseRoutes == null ? null : TunDevice.WhyNotForwarding(_options.AdvertiseRoutes);
            if (forwarding != null) Console.WriteLine(forwarding);
            string? socket = _directory.MakeSocketPath(out error);
            if (socket == null) return UpCommand.Fail(error);
            using LocalServer? server = LocalServer.Open(_directory, socket, Serve, out error);
            if (server == null) return UpCommand.Fail(error);
            bool failed = false;
            do
            {
                NodeGraph graph = Build(settings, storage);
                lock (_gate)
                {
                    if (_stopping) break;
                    _graph = graph;
                    _ready.Set();
                }
                graph.Start();
                string? refused = _proxies?.Start();
                if (refused != null) Console.Error.WriteLine(refused);
                if (refused == null || !_proxies!.Required) graph.Graph.System.RunForever();
                else _stopping = failed = true;
                lock (_gate)
                {
                    _graph = null;
                    _ready.Reset();
                }
                _proxies?.Dispose();
                graph.Close();
            }
            while (!_stopping);
            Show(NodeState.Stopped, "");
            return failed ? 1 : 0;
        }

        void INodeListener.StateChanged(string state, string reason, string? authUrl)
        {
            Show(state, reason);
            if (authUrl == null || authUrl == _shownUrl) return;
            _shownUrl = authUrl;
            LoginCode.Show(authUrl);
        }

        void INodeListener.NodeKeyChanged()
        {
            Console.WriteLine("The node key was replaced; starting again with the new one.");
            _options.NodeKeyIsNew = true;
            lock (_gate) _graph?.Graph.System.Stop();
        }

        private NodeGraph Build(FileKeyValueStore settings, StorageThread storage)
        {
            UdpPacketPort port = new UdpPacketPort(_tun);
            NodeDrivers drivers = new NodeDrivers
            {
                Clock = new DesktopClock(),
                WallClock = new SystemWallClock(),
                Entropy = new SystemEntropy(),
                DhWorker = new DesktopDhWorker(),
                Dialer = new TcpStreamDialer(_caFile, _tun == null ? 0 : Tun.Mark),
                Resolver = new DesktopResolver(),
                Datagrams = new DesktopDatagramPort(DnsPortMs),
                TimePort = new DesktopDatagramPort(),
                PacketPort = port,
                NetworkWatch = new DesktopNetworkWatch(),
                Gateway = new DesktopGateway(),
                GatewayPort = new DesktopDatagramPort(),
                KeyValueStore = settings,
                PeerFlash = _peers,
                Micros = () => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1000000),
            };
            if (_tun != null)
            {
                WgRoutes routes = new WgRoutes(_options.AcceptRoutes, _options.ExitNode);
                drivers.Router = Props.From(() => new TunActor(_tun, routes, Console.WriteLine)).WithMailbox(64);
                drivers.HostServices = (plane, control, names) =>
                    Props.From(() => new HostServicesActor(plane, control, names, _tun.Name)).WithMailbox(64);
            }
            ActorSystem system = new ActorSystem(drivers.Clock, NodeGraph.ActorCount(_options));
            system.Logs.Sink = _log;
            system.OnRootFailed = (actor, reason) => Console.Error.WriteLine($"The actor {actor.Path} failed ({reason.Message}); it is restarted.");
            NodeGraph graph = new NodeGraph(system, "", _options, drivers, this);
            graph.Compose();
            _proxies = graph.Stack == null ? null : new TunnelProxies(graph, port, _proxyOptions);
            return graph;
        }

        private void OnSignal(PosixSignalContext signal)
        {
            signal.Cancel = true;   // we end by ourselves, with exit code 0
            lock (_gate)
            {
                _stopping = true;
                _graph?.Graph.System.Stop();
            }
        }

        private static void Show(string state, string reason)
        {
            Console.WriteLine(reason.Length == 0 ? state : state + ": " + reason);
        }

        /// <summary>One request of the local socket; runs on a pool thread.</summary>
        private string? Serve(string request, LocalAnswer answer)
        {
            NodeGraph? graph;
            _ready.Wait(StartPatienceMs);
            lock (_gate) graph = _graph;
            if (graph == null) return "The node is starting or stopping; try again in a moment.";
            string[] words = request.Split(' ');
            switch (words[0])
            {
                case "status": return ServeStatus(graph, answer);
                case "ping": return words.Length == 4 ? ServePing(graph, words[1], words[2], words[3], answer) : "A ping request has a kind, a timeout and a peer.";
                case "graph": return ServeGraph(graph, words.Length > 1 ? words[1] : "text", answer);
                case "nc": return words.Length == 4 ? ServeNc(words[1] == "udp", words[2], words[3], answer) : "An nc request has a kind, a peer and a port.";
                case "allocated":
                    // For the tests of the packet rule: managed bytes that this process has ever allocated.
                    answer.WriteLine(GC.GetTotalAllocatedBytes(true).ToString());
                    return null;
                case "netcheck": return ServeNetcheck(graph, answer);
                case "rebind": return ServeRebind(graph, answer);
                case "logout": return ServeLogout(graph, answer);
                default: return $"This node does not know the request \"{words[0]}\"; the command and the node may be of different versions.";
            }
        }

        private string? ServeStatus(NodeGraph graph, LocalAnswer answer)
        {
            for (StatusQuery query = StatusQuery.Instance; ; )
            {
                if (graph.Ask(graph.Node, query, 3000) is not StatusReport report) return "The node is busy and did not answer in time.";
                answer.Write(Encoding.UTF8.GetString(report.Json, 0, report.Count));
                if (report.NextId == StatusQuery.FromStart) break;
                query = new StatusQuery(report.NextId);
            }
            answer.WriteLine();
            return null;
        }

        private static string? ServePing(NodeGraph graph, string kindName, string timeoutText, string peer, LocalAnswer answer)
        {
            if (!int.TryParse(timeoutText, out int timeoutMs) || timeoutMs < 1) return "The timeout must be a number of milliseconds.";
            int kind = kindName == "icmp" ? PingPeer.Icmp : kindName is "tsmp" or "peerapi" ? PingPeer.Tsmp : PingPeer.Disco;
            if (graph.Ask(graph.Node, new FindPeer(peer), 3000) is not PeerFound found) return "The node is busy and did not answer in time.";
            if (found.PeerId == 0) return found.Error;
            ActorRef target = kind == PingPeer.Disco ? graph.Paths : graph.NetIo;
            PingPeer ping = new PingPeer(found.PeerId, kind, timeoutMs) { Address = found.Asked };
            if (graph.Ask(target, ping, timeoutMs + 1000) is not PingResult result)
                return $"{found.Name} did not answer within {timeoutMs} ms.";
            if (result.Error != null) return result.Error;
            if (kindName == "peerapi") return PeerApiPing.Run(graph, found, result.PeerApiPort, timeoutMs, answer);
            string endpoint = result.Endpoint == null ? "-" : Bytes.NetEndpoint.Format(result.Endpoint, 0);
            string code = result.Endpoint != null ? "-" : (graph.Ask(graph.Node, new RelayNameQuery(result.Region), 3000) as RelayName)?.Code ?? result.Region.ToString();
            answer.WriteLine($"{Field(found.Name)}\t{found.Address}\t{endpoint}\t{code}\t{result.LatencyMicros}");
            return null;
        }

        /// <summary>A name that control gave cannot end the line or begin the next field.</summary>
        internal static string Field(string name) => TerminalText.Line(name).Replace('\t', ' ');

        /// <summary>The rest of the connection is the byte stream, or the stream of records, of the client.</summary>
        private string? ServeNc(bool udp, string peer, string portText, LocalAnswer answer)
        {
            if (_proxies == null) return "This node runs in TUN mode: use the host's own nc.";
            if (!int.TryParse(portText, out int port) || port < 1 || port > 65535) return "The port must be 1 to 65535.";
            return _proxies.Open(udp, peer, port, answer);
        }

        private static string? ServeGraph(NodeGraph graph, string form, LocalAnswer answer)
        {
            int format = form == "json" ? PrintFormat.Json : form == "mermaid" ? PrintFormat.Mermaid : PrintFormat.Text;
            answer.Write(graph.Graph.Print(format));
            return null;
        }

        private static string? ServeNetcheck(NodeGraph graph, LocalAnswer answer)
        {
            string report = graph.Netcheck(6000);
            if (report == null) return "The node is busy and did not answer in time.";
            answer.Write(report);
            return null;
        }

        private static string? ServeRebind(NodeGraph graph, LocalAnswer answer)
        {
            if (graph.Rebind(3000) is not UdpPortChanged rebound) return "The node is busy and did not answer in time.";
            if (rebound.Error != null) return rebound.Error;
            answer.WriteLine($"New UDP sockets on port {rebound.Port}; every direct path is being proven again.");
            return null;
        }

        private static string? ServeLogout(NodeGraph graph, LocalAnswer answer)
        {
            if (graph.Ask(graph.Control, Logout.Instance, 12000) is not LoggedOut done)
                return "Control did not confirm the logout in time; the node key is kept. Try again when control can be reached.";
            if (done.Error != null) return done.Error;
            graph.ForgetNodeKey();
            answer.WriteLine("Logged out; the node key is forgotten.");
            return null;
        }

        private const int InterruptSignal = 2;
        private static readonly IntPtr DefaultAction = IntPtr.Zero;

        [DllImport("libc")]
        private static extern IntPtr signal(int number, IntPtr action);

        private sealed class ConsoleLog : ILogSink
        {
            public void Write(long nowMs, int level, string source, string text)
            {
                Console.Error.WriteLine(LogLines.Format(nowMs, level, source, text));
            }
        }
    }
}
