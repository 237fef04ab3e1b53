using System;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MicroLink.Native;

namespace MicroLink.Desktop
{
    /// <summary>
    /// One client of --socks5 (RFC 1928): no authentication, CONNECT and UDP ASSOCIATE. Names are the tailnet's and are looked up by the node.
    /// <code>
    ///  greeting  05 n methods[n]                     -> 05 00 (none needed) | 05 FF (no method of ours)
    ///  request   05 cmd 00 atyp address port[2]      -> 05 reply 00 01 0.0.0.0 0
    ///  atyp      01 IPv4[4]   03 length name   04 IPv6[16]
    /// </code>
    /// </summary>
    internal sealed class SocksSession
    {
        private const byte Version = 5, NoAuthentication = 0, NoMethod = 0xff, Connect = 1, Associate = 3;
        private const byte Succeeded = 0, Failure = 1, HostUnreachable = 4, Refused = 5, TimedOut = 6, CommandNotSupported = 7, TypeNotSupported = 8;
        private const int HandshakeMs = 10000;

        private readonly TunnelProxies _proxies;
        private readonly Socket _client;
        private readonly byte[] _bytes = new byte[512];

        public SocksSession(TunnelProxies proxies, Socket client)
        {
            _proxies = proxies;
            _client = client;
        }

        public void Run()
        {
            _client.ReceiveTimeout = HandshakeMs;
            _client.SendTimeout = HandshakeMs;
            if (!Greet()) return;
            string? host = ReadRequest(out int port, out byte command);
            if (host == null) return;
            if (command == Associate)
            {
                Datagrams();
                return;
            }
            int socket = _proxies.Connect(host, port, out int code, out _);
            if (socket <= 0)
            {
                Answer(ReplyOf(code));
                return;
            }
            try
            {
                Answer(Succeeded);
            }
            finally
            {
                // Also when the client is gone by now: the bridge finds that out and closes the tunnel's end.
                _proxies.Join(_client, socket);
            }
        }

        /// <summary>A port beside the one that the client found us at; native code serves it for as long as this connection is open.</summary>
        private void Datagrams()
        {
            IPEndPoint here = (IPEndPoint)_client.LocalEndPoint!, there = (IPEndPoint)_client.RemoteEndPoint!;
            using Socket socket = new Socket(here.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(here.Address, 0));
            if (!_proxies.JoinDatagrams(socket, _client, there.Address))
            {
                Answer(Failure);
                return;
            }
            byte[] address = here.Address.GetAddressBytes();
            int port = ((IPEndPoint)socket.LocalEndPoint!).Port;
            _client.Send([Version, Succeeded, 0, (byte)(address.Length == 4 ? 1 : 4), .. address, (byte)(port >> 8), (byte)port]);
        }

        private bool Greet()
        {
            if (!Read(0, 2) || _bytes[0] != Version) return false;   // not SOCKS 5: there is no answer it would understand
            int methods = _bytes[1];
            if (!Read(2, methods)) return false;
            bool offered = Array.IndexOf(_bytes, NoAuthentication, 2, methods) >= 0;
            _client.Send(new[] { Version, offered ? NoAuthentication : NoMethod });
            return offered;
        }

        /// <summary>Null when it was refused, or the client has gone.</summary>
        private string? ReadRequest(out int port, out byte command)
        {
            port = command = 0;
            if (!Read(0, 4) || _bytes[0] != Version) return null;
            command = _bytes[1];
            byte type = _bytes[3];
            string? host = null;
            if (type == 1 && Read(0, 4)) host = new IPAddress(_bytes.AsSpan(0, 4)).ToString();
            else if (type == 4 && Read(0, 16)) host = new IPAddress(_bytes.AsSpan(0, 16)).ToString();
            else if (type == 3 && Read(0, 1) && Read(1, _bytes[0])) host = Encoding.ASCII.GetString(_bytes, 1, _bytes[0]);
            else if (type is not (1 or 3 or 4)) Answer(TypeNotSupported);
            if (host == null || !Read(0, 2)) return null;
            port = _bytes[0] << 8 | _bytes[1];
            if (command == Associate || (command == Connect && host.Length > 0 && port != 0)) return host;
            Answer(command == Connect ? Failure : CommandNotSupported);
            return null;
        }

        private static byte ReplyOf(int code)
        {
            switch (code)
            {
                case Net.Refused: return Refused;
                case Net.Unreachable: return HostUnreachable;
                case Net.TimedOut: return TimedOut;
                default: return Failure;
            }
        }

        private void Answer(byte reply) => _client.Send(new byte[] { Version, reply, 0, 1, 0, 0, 0, 0, 0, 0 });

        private bool Read(int offset, int count)
        {
            while (count > 0)
            {
                int read = _client.Receive(_bytes, offset, count, SocketFlags.None);
                if (read == 0) return false;
                offset += read;
                count -= read;
            }
            return true;
        }
    }
}
