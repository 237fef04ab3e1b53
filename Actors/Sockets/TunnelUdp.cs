using MicroLink.Native;
using MicroLink.Runtime;

namespace MicroLink.Sockets
{
    /// <summary>
    /// UDP inside the tunnel for programs without actors: calls block their thread. Not to be called from an actor. Errors are a
    /// <see cref="TunnelSocketException"/>.
    /// </summary>
    public sealed class TunnelUdp
    {
        private readonly TunnelCalls _calls;
        private readonly BufferPool _pool;

        /// <param name="pool">The pool of the UDP actor.</param>
        public TunnelUdp(ActorSystem system, ActorRef udp, BufferPool pool, INameLookup names)
        {
            _calls = new TunnelCalls(system, udp, names);
            _pool = pool;
        }

        /// <summary>A socket on this port of our tunnel addresses; 0 = any.</summary>
        public TunnelUdpSocket Bind(int port)
        {
            UdpBound bound = (UdpBound)_calls.Ask(new UdpBind(port), 5000);
            return new TunnelUdpSocket(_calls, _pool, bound.Udp);
        }
    }

    /// <summary>A bound UDP socket. One thread may send while another receives.</summary>
    public sealed class TunnelUdpSocket
    {
        private const int SendMs = 5000;
        private readonly TunnelCalls _calls;
        private readonly BufferPool _pool;
        private readonly UdpSocket _socket;

        internal TunnelUdpSocket(TunnelCalls calls, BufferPool pool, UdpSocket socket)
        {
            _calls = calls;
            _pool = pool;
            _socket = socket;
        }

        public int Port { get { return _socket.Port; } }

        /// <summary>Sends one datagram to a peer, by name or address. The first one waits for the tunnel, it is not dropped.</summary>
        public void SendTo(string peer, int port, byte[] bytes, int offset, int count) { SendTo(_calls.Find(peer, port), bytes, offset, count); }

        /// <param name="to">18 bytes, such as <see cref="Receive"/> has given.</param>
        public void SendTo(byte[] to, byte[] bytes, int offset, int count)
        {
            if (count > _pool.BufferSize - SocketBuffer.DatagramHeader)
                throw new TunnelSocketException(DataPlane.TooLong, Net.Describe(DataPlane.TooLong));
            PacketBuffer buffer = TunnelTcpStream.Lease(_pool, SendMs);
            System.Array.Copy(to, 0, buffer.Bytes, 0, SocketBuffer.DatagramHeader);
            System.Array.Copy(bytes, offset, buffer.Bytes, SocketBuffer.DatagramHeader, count);
            buffer.Kind = SocketBuffer.Datagram;
            buffer.Tag = _socket;
            buffer.Count = SocketBuffer.DatagramHeader + count;
            _calls.Ask(buffer, SendMs);
        }

        /// <summary>The next datagram, cut at <paramref name="into"/>'s end; -1 = none came in time. <paramref name="from"/> gets 18 bytes: whose it
        /// is.</summary>
        /// <param name="timeoutMs">0 = for ever.</param>
        public int Receive(byte[] into, byte[] from, int timeoutMs)
        {
            PacketBuffer buffer;
            try
            {
                buffer = (PacketBuffer)_calls.Ask(new UdpRead(_socket, timeoutMs), timeoutMs);
            }
            catch (TunnelSocketException e) when (e.Code == Net.TimedOut)
            {
                return -1;
            }
            int count = buffer.Count - SocketBuffer.DatagramHeader;
            if (count > into.Length) count = into.Length;
            System.Array.Copy(buffer.Bytes, buffer.Offset, from, 0, SocketBuffer.DatagramHeader);
            System.Array.Copy(buffer.Bytes, buffer.Offset + SocketBuffer.DatagramHeader, into, 0, count);
            buffer.Return();
            return count;
        }

        public void Close() { _calls.Tell(new UdpClose(_socket)); }
    }
}
