using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using MicroLink.Bytes;
using MicroLink.Dns;
using MicroLink.Drivers.Desktop;
using MicroLink.Native;
using MicroLink.Node;
using MicroLink.Runtime;
using MicroLink.Sockets;

namespace MicroLink.Desktop
{
    /// <summary>
    /// The proxies of one node: ports of this host that lead into the tailnet. Managed code opens a connection, then hands both ends to the
    /// native bridge, which moves the bytes.
    /// </summary>
    internal sealed class TunnelProxies : IDisposable
    {
        /// <summary>How long a connection into the tunnel may take to open.</summary>
        private const int ConnectMs = 10000;
        private const int AnswerMs = 3000;
        /// <summary>More names at once than the resolver has places for wait for one.</summary>
        private const int BusyTries = 40, BusyMs = 50;
        /// <summary>Connections that are being opened at once; more wait in the kernel's accept queue.</summary>
        private const int MostOpening = 128;

        private readonly NodeGraph _graph;
        private readonly ProxyOptions _options;
        private readonly SemaphoreSlim _places = new SemaphoreSlim(MostOpening);
        private readonly List<AcceptPort> _ports = new List<AcceptPort>();
        private readonly List<Socket> _datagrams = new List<Socket>();
        private readonly List<Thread> _threads = new List<Thread>();
        private int _bridge;
        private volatile bool _stopping;

        public TunnelProxies(NodeGraph graph, UdpPacketPort port, ProxyOptions options)
        {
            _graph = graph;
            _options = options;
            if (!graph.Stack.IsOpen) return;
            _bridge = Bridge.Start(graph.Stack.Handle);
            if (_bridge > 0) port.Opened = pump => Bridge.UsePump(_bridge, pump);
        }

        /// <summary>The user has asked for proxies: without them the node is of no use.</summary>
        public bool Required => _options.Any;

        /// <summary>Opens the ports of this host. Null, or why not, as one plain sentence.</summary>
        public string? Start()
        {
            if (!_options.Any) return null;
            if (_graph.Stack.Trouble != null) return _graph.Stack.Trouble;
            if (_bridge <= 0) return $"The proxies could not be started (error {-_bridge}); there is not enough memory or too many files are open.";
            if (_options.Socks != null)
            {
                string? refused = Listen(_options.Socks, client => new SocksSession(this, client).Run(), "--socks5");
                if (refused != null) return refused;
            }
            foreach (Forward forward in _options.Forwards)
            {
                IPEndPoint local = new IPEndPoint(IPAddress.Loopback, forward.LocalPort);
                string? refused = forward.Udp ? ForwardUdp(local, forward) : Listen(local, client => ForwardTcp(client, forward), "--forward");
                if (refused != null) return refused;
            }
            foreach ((int port, int localPort) in _options.Serves)
            {
                int result = Bridge.Serve(_bridge, port, localPort);
                if (result < 0) return $"--serve {port}: {Net.Describe(result)}.";
            }
            return null;
        }

        /// <summary>`microlink nc`: the client's connection becomes the stream. Null, or why not.</summary>
        public string? Open(bool udp, string peer, int port, LocalAnswer answer)
        {
            if (_graph.Stack.Trouble != null) return _graph.Stack.Trouble;
            if (_bridge <= 0) return "The proxies of this node could not be started.";
            if (udp)
            {
                byte[]? to = Resolve(peer, port, out string? unknown);
                if (to == null) return unknown;
                answer.TakeOver = client => Bridge.JoinRecords(_bridge, Descriptor(client), to);
                return null;
            }
            int socket = Connect(peer, port, out _, out string? error);
            if (socket <= 0) return error;
            answer.TakeOver = client => Bridge.Join(_bridge, Descriptor(client), socket);
            return null;
        }

        public void Dispose()
        {
            _stopping = true;
            foreach (AcceptPort port in _ports) port.Dispose();
            foreach (Socket datagrams in _datagrams) datagrams.Dispose();
            foreach (Thread thread in _threads) thread.Join();
            if (_bridge > 0) Bridge.Stop(_bridge);
            _bridge = 0;
        }

        // ---- for the sessions ---------------------------------------------------------------------------------------------------------

        /// <summary>Opens a connection inside the tunnel that native code takes over. Returns the socket, or 0 with a code of Native.Net.</summary>
        internal int Connect(string host, int port, out int code, out string? error)
        {
            code = Net.Unreachable;
            byte[]? to = Resolve(host, port, out error);
            if (to == null) return 0;
            Message? answer = _graph.Ask(_graph.Tcp, new TcpConnect(to, ConnectMs), ConnectMs + AnswerMs);
            if (answer is TcpConnected open && _graph.Ask(_graph.Tcp, new TcpDetach(open.Tcp), AnswerMs) is TcpDetached detached) return detached.Handle;
            code = answer is MicroLink.Sockets.SocketError refused ? refused.Code : Net.TimedOut;
            error = $"{host} port {port}: {(answer is MicroLink.Sockets.SocketError because ? because.Text : "the node did not answer in time")}.";
            return 0;
        }

        /// <summary>The bridge has a copy of the client's socket, and the tunnel's end.</summary>
        internal void Join(Socket client, int socket) => Bridge.Join(_bridge, Descriptor(client), socket);

        /// <summary>The bridge has copies of both; only this address may send datagrams.</summary>
        internal bool JoinDatagrams(Socket datagrams, Socket control, IPAddress client)
        {
            byte[] from = new byte[DataPlane.EndpointLength];
            client.MapToIPv6().GetAddressBytes().CopyTo(from, 0);
            return Bridge.JoinSocks(_bridge, Descriptor(datagrams), Descriptor(control), from) == 0;
        }

        // ---- ports of this host -------------------------------------------------------------------------------------------------------

        private string? Listen(IPEndPoint local, Action<Socket> serve, string option)
        {
            try
            {
                _ports.Add(new AcceptPort(local, "microlink" + option, _places, serve));
                return null;
            }
            catch (SocketException e)
            {
                return $"{option}: the port {local} cannot be used ({e.Message}); choose another.";
            }
        }

        private void ForwardTcp(Socket client, Forward forward)
        {
            int socket = Connect(forward.Peer, forward.Port, out _, out string? error);
            if (socket > 0)
            {
                Join(client, socket);
                return;
            }
            Console.Error.WriteLine($"--forward {forward}: {error}");
            client.Close(0);   // a reset: the caller sees that there is no connection
        }

        /// <summary>The peer's address is looked up when the first datagram has come, and until it is known.</summary>
        private string? ForwardUdp(IPEndPoint local, Forward forward)
        {
            Socket socket = new Socket(local.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            try
            {
                socket.Bind(local);
            }
            catch (SocketException e)
            {
                socket.Dispose();
                return $"--forward {forward}: the port {local} cannot be used ({e.Message}); choose another.";
            }
            _datagrams.Add(socket);
            Thread thread = new Thread(() => JoinWhenKnown(socket, forward)) { IsBackground = true, Name = "microlink--forward" };
            _threads.Add(thread);
            thread.Start();
            return null;
        }

        private void JoinWhenKnown(Socket socket, Forward forward)
        {
            string? told = null;
            try
            {
                while (!_stopping)
                {
                    if (!socket.Poll(500000, SelectMode.SelectRead)) continue;
                    byte[]? to = Resolve(forward.Peer, forward.Port, out string? unknown);
                    if (to != null)
                    {
                        Bridge.JoinUdp(_bridge, Descriptor(socket), to);
                        socket.Dispose();
                        return;
                    }
                    if (unknown != told) Console.Error.WriteLine($"--forward {forward}: {unknown}");
                    told = unknown;
                    Thread.Sleep(500);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // Dispose closed the socket
            }
        }

        /// <summary>A name that the node's resolver knows, or any address; 18 bytes, or null and why.</summary>
        private byte[]? Resolve(string host, int port, out string? error)
        {
            byte[] endpoint = new byte[DataPlane.EndpointLength];
            error = _graph.Blocking.Find(host, endpoint, 0);
            for (int i = 0; i < BusyTries && error == DnsActor.TooManyNames; i++)
            {
                Thread.Sleep(BusyMs);
                error = _graph.Blocking.Find(host, endpoint, 0);
            }
            if (error != null) return null;
            NetEndpoint.SetPort(endpoint, 0, port);
            return endpoint;
        }

        /// <summary>The bridge takes a copy. Such sockets have only been used by blocking calls, so that the runtime does not watch them.</summary>
        private static int Descriptor(Socket socket) => (int)socket.SafeHandle.DangerousGetHandle();
    }
}
