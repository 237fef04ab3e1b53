using System.Collections.Generic;

namespace MicroLink.Drivers.Simulated
{
    /// <summary>Accepts a stream at a port of a host. The service answers through the connection.</summary>
    public delegate ISimService SimAccept(SimConnection connection);

    /// <summary>The server side of one simulated stream.</summary>
    public interface ISimService
    {
        void Receive(byte[] bytes);

        /// <summary>The other side closed, or the network broke the connection.</summary>
        void Closed();

        /// <summary>The connection holds less than its limit of unsent bytes again.</summary>
        void Writable();
    }

    /// <summary>A machine in the simulated network: an address, UDP ports, services for streams.</summary>
    public sealed class SimHost
    {
        private readonly SimNetwork _network;
        private readonly Dictionary<int, SimUdpHandler> _ports = new();
        private readonly Dictionary<int, SimAccept> _services = new();
        private readonly List<SimConnection> _connections = new();
        private bool _isOnline = true;
        private int _nextPort = 49152;

        internal SimHost(SimNetwork network, string name, uint address, SimNat nat)
        {
            _network = network;
            Name = name;
            Address = address;
            Nat = nat;
        }

        public SimNetwork Network => _network;
        public string Name { get; }
        /// <summary>Changes when the host roams (SimNetwork.Roam); its old datagrams are lost.</summary>
        public uint Address { get; private set; }
        /// <summary>Its IPv6 address, 0 = it has none. Public and without a NAT; see <see cref="SixFirewall"/>.</summary>
        public uint Six { get; set; }
        /// <summary>Its router lets in over IPv6 only what was written to within two minutes, as home routers do.</summary>
        public bool SixFirewall { get; set; }
        /// <summary>False = no IPv4: datagrams over it are lost. Streams to servers find their way (NAT64, servers with both).</summary>
        public bool HasFour { get; set; } = true;
        /// <summary>Null = the address is public.</summary>
        public SimNat Nat { get; private set; }
        /// <summary>Told of other addresses; null = nobody watches.</summary>
        public SimNetworkWatch Watch { get; set; }

        /// <summary>From the host to the middle of the internet, one way.</summary>
        public int LatencyMs { get; set; } = 5;
        /// <summary>Of 1000 datagrams of this host, each way.</summary>
        public int LossPermille { get; set; }
        /// <summary>Longer datagrams of this host are lost each way, and nobody is told (a tunnel on its way to the internet); 0 = none are.</summary>
        public int LargestDatagram { get; set; }
        public long DatagramsSent { get; private set; }
        /// <summary>Bytes of all its streams, both ways.</summary>
        public long StreamBytes { get; internal set; }

        /// <summary>Setting it to false breaks every stream of the host and loses every datagram.</summary>
        public bool IsOnline
        {
            get => _isOnline;
            set
            {
                _isOnline = value;
                if (value) return;
                foreach (SimConnection connection in _connections.ToArray()) connection.Break("the network is gone");
            }
        }

        /// <summary>When its last UDP socket was opened.</summary>
        public long UdpOpenedAtMs { get; private set; }

        /// <summary>When the host roamed last.</summary>
        public long RoamedAtMs { get; private set; } = long.MinValue / 2;

        internal void MoveTo(uint address, SimNat nat)
        {
            RoamedAtMs = _network.Time.Ms;
            Address = address;
            Nat = nat;
            foreach (SimConnection connection in _connections.ToArray()) connection.Strand();
            Watch?.Notice();
        }

        /// <summary>All its streams fall silent in both directions, and nobody is told: a NAT forgot them, a cable was pulled.</summary>
        public void StallConnections()
        {
            foreach (SimConnection connection in _connections.ToArray()) connection.Strand();
        }

        /// <summary>Opens a UDP port: the wanted one when it is free and not 0, else any.</summary>
        public int OpenUdp(int wanted, SimUdpHandler handler)
        {
            UdpOpenedAtMs = _network.Time.Ms;
            int port = wanted != 0 && !_ports.ContainsKey(wanted) ? wanted : 0;
            while (port == 0 || _ports.ContainsKey(port)) port = _nextPort++;
            _ports.Add(port, handler);
            return port;
        }

        public void CloseUdp(int port)
        {
            _ports.Remove(port);
        }

        public void SendUdp(int sourcePort, SimEndpoint destination, byte[] datagram)
        {
            DatagramsSent++;
            _network.Send(this, sourcePort, destination, datagram);
        }

        /// <summary>Serves streams at a port; null ends the service (connections stay).</summary>
        public void Serve(int port, SimAccept accept)
        {
            if (accept == null) _services.Remove(port);
            else _services[port] = accept;
        }

        /// <summary>The validity of the host's certificate, Unix ms; 0 and 0 = it has one that is always valid.</summary>
        public long CertificateFromMs { get; set; }
        public long CertificateUntilMs { get; set; }

        internal SimAccept ServiceAt(int port) => _services.GetValueOrDefault(port);

        private const int SixIdleMs = 120000;
        private readonly Dictionary<SimEndpoint, long> _sixWritten = new();

        internal void WroteSix(SimEndpoint to) => _sixWritten[to] = _network.Time.Ms;

        internal bool LetsInSix(SimEndpoint from)
        {
            return !SixFirewall || (_sixWritten.TryGetValue(from, out long atMs) && _network.Time.Ms - atMs <= SixIdleMs);
        }

        internal bool TryHandle(int port, SimEndpoint source, byte[] datagram)
        {
            if (!_ports.TryGetValue(port, out SimUdpHandler handler)) return false;
            handler(source, datagram);
            return true;
        }

        internal SimConnection[] Connections() => _connections.ToArray();

        internal void Joined(SimConnection connection) => _connections.Add(connection);

        internal void Left(SimConnection connection) => _connections.Remove(connection);
    }
}
