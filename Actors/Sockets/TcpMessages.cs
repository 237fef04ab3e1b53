using MicroLink.Runtime;

namespace MicroLink.Sockets
{
    /// <summary>
    /// A TCP connection inside the tunnel. Bytes travel as leased buffers of <see cref="TcpSocketActor.Pool"/>: Kind is SocketBuffer.Stream,
    /// Tag the socket.
    /// </summary>
    public sealed class TcpSocket
    {
        /// <summary>Buffers that wait for room in the stack; one more is refused.</summary>
        internal const int MostQueued = 4;

        internal int Handle;
        internal bool Connected, Finishing;
        internal readonly ReadWaiter Reader = new ReadWaiter();
        internal readonly PacketBuffer[] Queue = new PacketBuffer[MostQueued];
        internal readonly ActorRef[] Senders = new ActorRef[MostQueued];
        internal readonly int[] Tickets = new int[MostQueued];
        internal int Queued;
        internal PacketBuffer Held;

        internal TcpSocket(int handle, byte[] remote)
        {
            Handle = handle;
            Remote = remote;
        }

        /// <summary>The other end, 18 bytes: address[16], port big endian.</summary>
        public readonly byte[] Remote;
        public bool IsOpen { get { return Handle != 0; } }
    }

    public sealed class TcpListener
    {
        internal int Handle;
        internal readonly ReadWaiter Reader = new ReadWaiter();
        internal TcpSocket Held;
        internal TcpListener(int handle, int port) { Handle = handle; Port = port; }

        public readonly int Port;
        public bool IsOpen { get { return Handle != 0; } }
    }

    /// <summary>Asked of the TCP actor; answered with <see cref="TcpConnected"/> or SocketError.</summary>
    public sealed class TcpConnect : Message
    {
        public readonly byte[] To;
        public readonly int TimeoutMs;
        /// <param name="to">18 bytes: address[16], port big endian.</param>
        /// <param name="timeoutMs">0 = as long as the stack tries, about two minutes.</param>
        public TcpConnect(byte[] to, int timeoutMs) { To = to; TimeoutMs = timeoutMs; }
    }

    /// <summary>The answer to TcpConnect and TcpAccept: this connection is open.</summary>
    public sealed class TcpConnected : Message
    {
        public readonly TcpSocket Tcp;
        public TcpConnected(TcpSocket socket) { Tcp = socket; }
    }

    /// <summary>Asked of the TCP actor; answered with <see cref="TcpListening"/> or SocketError. Port 0 = any.</summary>
    public sealed class TcpListen : Message
    {
        public readonly int Port, Backlog;
        /// <param name="backlog">Connections that wait to be accepted, 1 to 256.</param>
        public TcpListen(int port, int backlog) { Port = port; Backlog = backlog; }
    }

    public sealed class TcpListening : Message
    {
        public readonly TcpListener Listener;
        public TcpListening(TcpListener listener) { Listener = listener; }
    }

    /// <summary>Asked of the TCP actor; answered with the next connection (TcpConnected) or SocketError.</summary>
    public sealed class TcpAccept : Message
    {
        public readonly TcpListener Listener;
        public readonly int TimeoutMs;
        public TcpAccept(TcpListener listener, int timeoutMs) { Listener = listener; TimeoutMs = timeoutMs; }
    }

    /// <summary>Asked of the TCP actor; answered with a buffer of bytes, TcpEnded, or SocketError.</summary>
    public sealed class TcpRead : Message
    {
        public readonly TcpSocket Tcp;
        public readonly int TimeoutMs;
        /// <param name="timeoutMs">0 = for ever.</param>
        public TcpRead(TcpSocket socket, int timeoutMs) { Tcp = socket; TimeoutMs = timeoutMs; }
    }

    /// <summary>The answer to TcpRead behind the last byte: the peer sends no more.</summary>
    public sealed class TcpEnded : Message
    {
        public static readonly TcpEnded Instance = new TcpEnded();
    }

    /// <summary>To the TCP actor: we send no more; what was told before still goes. Reading goes on.</summary>
    public sealed class TcpFinish : Message
    {
        public readonly TcpSocket Tcp;
        public TcpFinish(TcpSocket socket) { Tcp = socket; }
    }

    /// <summary>To the TCP actor: this connection is not used any more. With Abort it is reset, else what was told before still goes.</summary>
    public sealed class TcpClose : Message
    {
        public readonly TcpSocket Tcp;
        public readonly bool Abort;
        public TcpClose(TcpSocket socket, bool abort) { Tcp = socket; Abort = abort; }
    }

    public sealed class TcpStopListening : Message
    {
        public readonly TcpListener Listener;
        public TcpStopListening(TcpListener listener) { Listener = listener; }
    }

    /// <summary>
    /// Asked of the TCP actor: it forgets the connection, which belongs to native code from now on (a proxy); answered with
    /// <see cref="TcpDetached"/> or SocketError. Nothing may have been read from it.
    /// </summary>
    public sealed class TcpDetach : Message
    {
        public readonly TcpSocket Tcp;
        public TcpDetach(TcpSocket socket) { Tcp = socket; }
    }

    public sealed class TcpDetached : Message
    {
        /// <summary>The native stack and the socket in it.</summary>
        public readonly int Net, Handle;
        public TcpDetached(int net, int handle) { Net = net; Handle = handle; }
    }
}
