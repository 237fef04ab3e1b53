using MicroLink.Runtime;

namespace MicroLink.Sockets
{
    /// <summary>
    /// A UDP socket inside the tunnel. Datagrams travel as leased buffers of <see cref="UdpSocketActor.Pool"/>: Kind is
    /// SocketBuffer.Datagram, Tag the socket, content the other end (18 bytes: address[16], port big endian) and the payload.
    /// </summary>
    public sealed class UdpSocket
    {
        internal int Handle;
        internal readonly ReadWaiter Reader = new ReadWaiter();
        internal PacketBuffer Held;
        internal UdpSocket(int handle, int port) { Handle = handle; Port = port; }

        public readonly int Port;
        public bool IsOpen { get { return Handle != 0; } }
    }

    /// <summary>What a leased buffer of the socket actors holds (PacketBuffer.Kind).</summary>
    public static class SocketBuffer
    {
        public const int Datagram = 16, Stream = 17;
        /// <summary>Bytes before the payload of a datagram.</summary>
        public const int DatagramHeader = 18;
    }

    /// <summary>Asked of the UDP actor; answered with <see cref="UdpBound"/> or SocketError. Port 0 = any.</summary>
    public sealed class UdpBind : Message
    {
        public readonly int Port;
        public UdpBind(int port) { Port = port; }
    }

    public sealed class UdpBound : Message
    {
        public readonly UdpSocket Udp;
        public UdpBound(UdpSocket socket) { Udp = socket; }
    }

    /// <summary>Asked of the UDP actor; answered with the next datagram, or SocketError (TimedOut, or InUse: somebody reads already).</summary>
    public sealed class UdpRead : Message
    {
        public readonly UdpSocket Udp;
        public readonly int TimeoutMs;
        /// <param name="timeoutMs">0 = for ever.</param>
        public UdpRead(UdpSocket socket, int timeoutMs) { Udp = socket; TimeoutMs = timeoutMs; }
    }

    public sealed class UdpClose : Message
    {
        public readonly UdpSocket Udp;
        public UdpClose(UdpSocket socket) { Udp = socket; }
    }
}
