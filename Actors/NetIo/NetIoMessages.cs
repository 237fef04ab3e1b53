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

    /// <summary>
    /// A DNS query of this host to 100.100.100.100 or fd7a:115c:a1e0::53 port 53, without the headers before it. Answered to the sender with
    /// <see cref="ServiceReply"/>; one that may not be answered gets none.
    /// </summary>
    public sealed class ServiceQuery : Message
    {
        public readonly byte[] Bytes;
        public readonly int Count;
        /// <summary>The sender's own mark, given back in the reply.</summary>
        public readonly object Tag;
        public ServiceQuery(byte[] bytes, int count, object tag) { Bytes = bytes; Count = count; Tag = tag; }
    }

    public sealed class ServiceReply : Message
    {
        public readonly byte[] Bytes;
        public readonly int Count;
        public readonly object Tag;
        /// <summary>Not null: the answer is cut (TC), and these resolvers (18 bytes each) would give all of it over TCP.</summary>
        public readonly byte[] Resolvers;
        public ServiceReply(byte[] bytes, int count, object tag) : this(bytes, count, tag, null) { }
        public ServiceReply(byte[] bytes, int count, object tag, byte[] resolvers) { Bytes = bytes; Count = count; Tag = tag; Resolvers = resolvers; }
    }

    /// <summary>To the node: packets wait for the peer that has this address (16 bytes). It makes WgManager give the peer a slot; when nobody
    /// has it, a sender in Sockets hears of that.</summary>
    public sealed class AddressWanted : Message
    {
        public readonly byte[] Address;
        public AddressWanted(byte[] address) { Address = address; }
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
