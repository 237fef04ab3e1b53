using MicroLink.Runtime;

namespace MicroLink.NetIo
{
    /// <summary>To NetCheck and the node: the UDP port was opened, replaced, or could not be opened.</summary>
    public sealed class UdpPortChanged : Message
    {
        /// <summary>0 = there is none; Error says why.</summary>
        public readonly int Port;
        public readonly string Error;
        public UdpPortChanged(int port, string error) { Port = port; Error = error; }
    }

    /// <summary>To NetIo: replace the sockets, for this reason (a plain sentence without its full stop). When asked, answered with
    /// <see cref="UdpPortChanged"/>.</summary>
    public sealed class RebindUdp : Message
    {
        public readonly string Reason;
        public RebindUdp(string reason) { Reason = reason; }
    }

    /// <summary>From NetIo to Sockets, and from Sockets to the socket actors: some socket has news.</summary>
    public sealed class SocketsReady : Message
    {
        public static readonly SocketsReady Instance = new SocketsReady();
    }

    /// <summary>Timers of the NetIo actor.</summary>
    internal sealed class NetIoTimer : Message
    {
        public static readonly NetIoTimer Activity = new NetIoTimer(), Drain = new NetIoTimer(),
                                          Pings = new NetIoTimer(), Open = new NetIoTimer(), Kicks = new NetIoTimer(),
                                          Sockets = new NetIoTimer();
    }
}
