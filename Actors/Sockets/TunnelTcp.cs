using System.Threading;
using MicroLink.Native;
using MicroLink.Runtime;

namespace MicroLink.Sockets
{
    /// <summary>
    /// TCP inside the tunnel for programs without actors: calls block their thread. Not to be called from an actor. Errors are a
    /// <see cref="TunnelSocketException"/>.
    /// </summary>
    public sealed class TunnelTcp
    {
        private readonly TunnelCalls _calls;
        private readonly BufferPool _pool;

        /// <param name="pool">The pool of the TCP actor.</param>
        public TunnelTcp(ActorSystem system, ActorRef tcp, BufferPool pool, INameLookup names)
        {
            _calls = new TunnelCalls(system, tcp, names);
            _pool = pool;
        }

        /// <summary>Connects to a peer, by name or address.</summary>
        public TunnelTcpStream Connect(string peer, int port, int timeoutMs)
        {
            TcpConnected connected = (TcpConnected)_calls.Ask(new TcpConnect(_calls.Find(peer, port), timeoutMs), timeoutMs);
            return new TunnelTcpStream(_calls, _pool, connected.Tcp);
        }

        /// <summary>Listens on this port of our tunnel addresses; 0 = any.</summary>
        public TunnelTcpListener Listen(int port, int backlog)
        {
            TcpListening listening = (TcpListening)_calls.Ask(new TcpListen(port, backlog), 5000);
            return new TunnelTcpListener(_calls, _pool, listening.Listener);
        }
    }

    public sealed class TunnelTcpListener
    {
        private readonly TunnelCalls _calls;
        private readonly BufferPool _pool;
        private readonly TcpListener _listener;

        internal TunnelTcpListener(TunnelCalls calls, BufferPool pool, TcpListener listener)
        {
            _calls = calls;
            _pool = pool;
            _listener = listener;
        }

        public int Port { get { return _listener.Port; } }

        /// <summary>The next connection, or null when none came in time.</summary>
        /// <param name="timeoutMs">0 = for ever.</param>
        public TunnelTcpStream Accept(int timeoutMs)
        {
            try
            {
                TcpConnected connected = (TcpConnected)_calls.Ask(new TcpAccept(_listener, timeoutMs), timeoutMs);
                return new TunnelTcpStream(_calls, _pool, connected.Tcp);
            }
            catch (TunnelSocketException e) when (e.Code == Net.TimedOut)
            {
                return null;
            }
        }

        public void Close() { _calls.Tell(new TcpStopListening(_listener)); }
    }

    /// <summary>An open connection. One thread may send while another receives.</summary>
    public sealed class TunnelTcpStream
    {
        private readonly TunnelCalls _calls;
        private readonly BufferPool _pool;
        private readonly TcpSocket _socket;
        private PacketBuffer _left;

        internal TunnelTcpStream(TunnelCalls calls, BufferPool pool, TcpSocket socket)
        {
            _calls = calls;
            _pool = pool;
            _socket = socket;
        }

        /// <summary>The other end, 18 bytes.</summary>
        public byte[] Remote { get { return _socket.Remote; } }

        /// <summary>Sends all of it; returns when the stack has taken it. TimedOut: the peer takes nothing, and part may have gone.</summary>
        public void Send(byte[] bytes, int offset, int count, int timeoutMs)
        {
            while (count > 0)
            {
                PacketBuffer buffer = Lease(_pool, timeoutMs);
                int part = count > buffer.Bytes.Length ? buffer.Bytes.Length : count;
                System.Array.Copy(bytes, offset, buffer.Bytes, 0, part);
                buffer.Kind = SocketBuffer.Stream;
                buffer.Tag = _socket;
                buffer.Count = part;
                _calls.Ask(buffer, timeoutMs);
                offset += part;
                count -= part;
            }
        }

        /// <summary>Some bytes; 0 = the peer has finished; -1 = none came in time.</summary>
        /// <param name="timeoutMs">0 = for ever.</param>
        public int Receive(byte[] into, int offset, int count, int timeoutMs)
        {
            if (_left == null)
            {
                try
                {
                    _left = _calls.Ask(new TcpRead(_socket, timeoutMs), timeoutMs) as PacketBuffer;
                }
                catch (TunnelSocketException e) when (e.Code == Net.TimedOut)
                {
                    return -1;
                }
                if (_left == null) return 0;   // TcpEnded
            }
            int part = _left.Count < count ? _left.Count : count;
            System.Array.Copy(_left.Bytes, _left.Offset, into, offset, part);
            _left.Offset += part;
            _left.Count -= part;
            if (_left.Count > 0) return part;
            _left.Return();
            _left = null;
            return part;
        }

        /// <summary>No more from us; receiving goes on.</summary>
        public void Finish() { _calls.Tell(new TcpFinish(_socket)); }

        /// <summary>What was sent is still delivered; with abort the connection is reset.</summary>
        public void Close(bool abort)
        {
            if (_left != null) _left.Return();
            _left = null;
            _calls.Tell(new TcpClose(_socket, abort));
        }

        /// <summary>Waits for a buffer: other senders and readers give theirs back soon.</summary>
        internal static PacketBuffer Lease(BufferPool pool, int timeoutMs)
        {
            for (int waited = 0; ; waited++)
            {
                PacketBuffer buffer = pool.Lease();
                if (buffer != null) return buffer;
                if (timeoutMs > 0 && waited >= timeoutMs) throw new TunnelSocketException(DataPlane.Full, "all socket buffers of this node are in use");
                Thread.Sleep(1);
            }
        }
    }
}
