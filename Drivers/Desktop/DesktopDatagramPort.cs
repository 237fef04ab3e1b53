using System;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using MicroLink.Bytes;
using MicroLink.Runtime;

namespace MicroLink.Drivers.Desktop
{
    /// <summary>
    /// A UDP socket of the host for both families, opened with the first datagram. Sends never block; a full socket loses them. The port may be
    /// another one from time to time, for protocols without a secret but the port and a short number (RFC 5452, section 9.2: a resolver whose
    /// port was found by a scan would be told lies); the one before listens on until the next change.
    /// </summary>
    public sealed class DesktopDatagramPort : IDatagramPort
    {
        private const int MaxDatagram = 1500;

        private static readonly bool s_six = Socket.OSSupportsIPv6;
        private static readonly IPAddress s_any = s_six ? IPAddress.IPv6Any : IPAddress.Any;

        private readonly object _gate = new object();
        private readonly int _lifeMs;
        private Socket _socket, _before;
        private long _openedMs;
        private ActorRef _owner;
        private bool _closed;

        /// <param name="lifeMs">How long one port is sent from; 0 = for ever.</param>
        public DesktopDatagramPort(int lifeMs = 0)
        {
            _lifeMs = lifeMs;
        }

        public string Error { get; private set; }

        public void Attach(ActorRef owner)
        {
            _owner = owner;
        }

        public bool Send(byte[] packet, int count, byte[] endpoint)
        {
            Socket socket = Opened();
            if (socket == null) return false;
            try
            {
                // Without IPv6 in the kernel the socket is one of IPv4, which takes no mapped addresses.
                IPAddress address = s_six ? new IPAddress(endpoint.AsSpan(0, AddressBytes.Length)) : AddressBytes.Read(endpoint, 0);
                socket.SendTo(packet, 0, count, SocketFlags.None, new IPEndPoint(address, NetEndpoint.Port(endpoint, 0)));
                return true;
            }
            catch (Exception error) when (error is SocketException || error is ObjectDisposedException || error is ArgumentException)
            {
                Error = "A datagram to " + NetEndpoint.Format(endpoint, 0) + " could not be sent: " + error.Message;
                return false;
            }
        }

        public void Close()
        {
            lock (_gate)
            {
                _closed = true;
                if (_socket != null) _socket.Dispose();
                if (_before != null) _before.Dispose();
                _socket = _before = null;
            }
        }

        private Socket Opened()
        {
            lock (_gate)
            {
                if (_socket != null && _lifeMs > 0 && Environment.TickCount64 - _openedMs >= _lifeMs) Retire();
                if (_socket != null || _closed) return _socket;
                _openedMs = Environment.TickCount64;
                try
                {
                    AddressFamily family = s_six ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
                    _socket = new Socket(family, SocketType.Dgram, ProtocolType.Udp) { Blocking = false };
                    if (s_six) _socket.DualMode = true;
                    _socket.Bind(new IPEndPoint(s_any, 0));
                }
                catch (SocketException error)
                {
                    Error = "No UDP port could be opened on this host: " + error.Message;
                    if (_socket != null) _socket.Dispose();
                    return _socket = null;
                }
                Socket socket = _socket;
                _ = ReceiveAsync(socket);
                return socket;
            }
        }

        private void Retire()
        {
            if (_before != null) _before.Dispose();
            _before = _socket;
            _socket = null;
        }

        private async Task ReceiveAsync(Socket socket)
        {
            byte[] buffer = new byte[MaxDatagram];
            EndPoint anyone = new IPEndPoint(s_any, 0);
            while (true)
            {
                try
                {
                    SocketReceiveFromResult got = await socket.ReceiveFromAsync(buffer, SocketFlags.None, anyone).ConfigureAwait(false);
                    byte[] from = new byte[NetEndpoint.Length];
                    IPEndPoint source = (IPEndPoint)got.RemoteEndPoint;
                    AddressBytes.Write(source.Address, from, 0);
                    NetEndpoint.SetPort(from, 0, source.Port);
                    _owner.Tell(new DatagramReceived(buffer.AsSpan(0, got.ReceivedBytes).ToArray(), from));
                }
                catch (ObjectDisposedException)
                {
                    return;
                }
                catch (SocketException) when (!_closed)
                {
                    // An ICMP error of an earlier datagram: the resolver is not there; its silence is noticed by who asked.
                }
                catch (SocketException)
                {
                    return;
                }
            }
        }
    }
}
