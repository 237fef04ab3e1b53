using System;
using System.Text;

namespace MicroLink.Native
{
    /// <summary>
    /// The IP stack inside the tunnel (native/port/lwip): one a node, joined to its data plane, with UDP and TCP sockets that never block.
    /// Handles are numbers; any thread may call; negative results are the error codes below or of <see cref="DataPlane"/>. What a call sends
    /// waits in the data plane's UDP ring: the port must be flushed afterwards. Endpoints are 18 bytes, address[16] (IPv4 as v4-mapped) and
    /// port big endian; as a local address all zero means any of ours.
    /// </summary>
    public static class Net
    {
        public const int RecordLength = 8;
        /// <summary>The largest UDP payload; beyond 1232 bytes (IPv6) or 1252 (IPv4) it travels in fragments.</summary>
        public const int MaxDatagram = 16384;
        public const int MaxCounters = 64;

        /// <summary>NoStack: the library was built without lwIP. Again: nothing now, a ready record will tell.</summary>
        public const int NoStack = -20, Again = -21, NotConnected = -22, Refused = -23, Reset = -24, TimedOut = -25, Unreachable = -26,
                         InUse = -27, NoAddress = -28;

        /// <summary>Bits of a ready record.</summary>
        public const int Readable = 1, Writable = 2, Connected = 4, Closed = 8, Failed = 16, Acceptable = 32;

        /// <summary>Whether this library or firmware holds an IP stack.</summary>
        public static bool IsAvailable { get { return NetNative.ml_net_available() == 1; } }

        /// <summary>A stack for the plane, MTU 1280. Returns a handle &gt; 0 or an error code.</summary>
        /// <param name="maxSockets">1 to 4096; connections that wait to be accepted count.</param>
        /// <param name="random32">The seed of sequence and port numbers.</param>
        public static int Create(int dataPlane, int maxSockets, byte[] random32, long nowMs)
        {
            Check(random32, 0, 32);
            return NetNative.ml_net_create(dataPlane, maxSockets, random32, 0, nowMs);
        }

        public static int Destroy(int net) { return NetNative.ml_net_destroy(net); }

        /// <summary>Our tunnel addresses, 16 bytes each: the first IPv4 and up to four IPv6 are taken.</summary>
        public static int Addresses(int net, byte[] addresses, int count)
        {
            Check(addresses, 0, count * 16);
            return NetNative.ml_net_addresses(net, addresses, 0, count);
        }

        /// <summary>Runs what is due. Returns the milliseconds until the next call, at most 1000.</summary>
        public static int Tick(int net, long nowMs) { return NetNative.ml_net_tick(net, nowMs); }

        /// <summary>Writes ready records of 8 bytes: socket i32, bits u16, error i16, little endian. Returns how many.</summary>
        public static int Poll(int net, byte[] into)
        {
            Check(into, 0, 0);
            return NetNative.ml_net_poll(net, into, 0, into.Length);
        }

        /// <summary>A peer got a tunnel: what waits for one is tried again. Returns how many packets wait still.</summary>
        public static int Retry(int net, long nowMs) { return NetNative.ml_net_retry(net, nowMs); }

        /// <summary>An address that packets wait for and that no peer in the plane has: 1, or 0 = none. Each is told once.</summary>
        public static int Wanted(int net, byte[] into16)
        {
            Check(into16, 0, 16);
            return NetNative.ml_net_wanted(net, into16, 0);
        }

        /// <summary>There is nobody with this address: connections to it fail with Unreachable, packets for it are dropped.</summary>
        public static int NobodyHas(int net, byte[] address, int offset)
        {
            Check(address, offset, 16);
            return NetNative.ml_net_unreachable(net, address, offset);
        }

        /// <summary>A UDP socket at our end <paramref name="local"/>, port 0 = any. Returns it, or InUse, NoAddress, Full.</summary>
        public static int UdpOpen(int net, byte[] local, int offset)
        {
            Check(local, offset, DataPlane.EndpointLength);
            return NetNative.ml_net_udp_open(net, local, offset);
        }

        public static int UdpSend(int net, int socket, byte[] to, int toOffset, byte[] bytes, int offset, int count, long nowMs)
        {
            Check(to, toOffset, DataPlane.EndpointLength);
            Check(bytes, offset, count);
            return NetNative.ml_net_udp_send(net, socket, to, toOffset, bytes, offset, count, nowMs);
        }

        /// <summary>One datagram, cut at <paramref name="capacity"/>, and where it came from. Returns its length, or Again.</summary>
        public static int UdpReceive(int net, int socket, byte[] from, int fromOffset, byte[] into, int offset, int capacity)
        {
            Check(from, fromOffset, DataPlane.EndpointLength);
            Check(into, offset, capacity);
            return NetNative.ml_net_udp_receive(net, socket, from, fromOffset, into, offset, capacity);
        }

        /// <summary>Begins a connection; Connected or Failed follows. Returns the socket.</summary>
        public static int TcpConnect(int net, byte[] to, int offset, long nowMs)
        {
            Check(to, offset, DataPlane.EndpointLength);
            return NetNative.ml_net_tcp_connect(net, to, offset, nowMs);
        }

        /// <summary>Up to <paramref name="backlog"/> (1 to 256) connections wait to be accepted. Returns the listener.</summary>
        public static int TcpListen(int net, byte[] local, int offset, int backlog)
        {
            Check(local, offset, DataPlane.EndpointLength);
            return NetNative.ml_net_tcp_listen(net, local, offset, backlog);
        }

        /// <summary>The next connection's socket and where it comes from, or Again.</summary>
        public static int TcpAccept(int net, int listener, byte[] from, int fromOffset)
        {
            Check(from, fromOffset, DataPlane.EndpointLength);
            return NetNative.ml_net_tcp_accept(net, listener, from, fromOffset);
        }

        /// <summary>How many bytes were taken; fewer than count: the buffer is full, Writable follows.</summary>
        public static int TcpSend(int net, int socket, byte[] bytes, int offset, int count, long nowMs)
        {
            Check(bytes, offset, count);
            return NetNative.ml_net_tcp_send(net, socket, bytes, offset, count, nowMs);
        }

        /// <summary>How many bytes were read; 0 = the peer has finished; Again = none now; Reset, TimedOut = the connection broke.</summary>
        public static int TcpReceive(int net, int socket, byte[] into, int offset, int capacity, long nowMs)
        {
            Check(into, offset, capacity);
            return NetNative.ml_net_tcp_receive(net, socket, into, offset, capacity, nowMs);
        }

        /// <summary>No more from us; what was taken is still delivered.</summary>
        public static int TcpShutdown(int net, int socket, long nowMs) { return NetNative.ml_net_tcp_shutdown(net, socket, nowMs); }

        /// <summary>The socket is gone; what was taken is still delivered, unless abort or unread bytes make it a reset.</summary>
        public static int Close(int net, int socket, bool abort, long nowMs)
        {
            return NetNative.ml_net_close(net, socket, abort ? 1 : 0, nowMs);
        }

        /// <summary>Our end of a socket; of one bound to any address the port alone.</summary>
        public static int Local(int net, int socket, byte[] into, int offset)
        {
            Check(into, offset, DataPlane.EndpointLength);
            return NetNative.ml_net_local(net, socket, into, offset);
        }

        /// <summary>Whatever comes to this UDP and TCP port goes back, for tests.</summary>
        public static int Echo(int net, int port) { return NetNative.ml_net_echo(net, port); }

        /// <summary>Writes all counters, u64 little endian each. Returns how many.</summary>
        public static int Counters(int net, byte[] into)
        {
            Check(into, 0, 0);
            return NetNative.ml_net_counters(net, into, 0, into.Length);
        }

        /// <summary>The name of a counter, null behind the last one. Names that begin with "drop: " count lost packets.</summary>
        public static string CounterName(int counter)
        {
            byte[] text = new byte[64];
            int length = NetNative.ml_net_counter_name(counter, text, 0, text.Length);
            return length <= 0 ? null : Encoding.UTF8.GetString(text, 0, length);
        }

        /// <summary>One plain sentence for an error code.</summary>
        public static string Describe(int error)
        {
            switch (error)
            {
                case NoStack: return "this build has no IP stack inside the tunnel";
                case NotConnected: return "the connection is not open";
                case Refused: return "the peer refused the connection: nothing listens on that port";
                case Reset: return "the peer reset the connection";
                case TimedOut: return "the peer did not answer in time";
                case Unreachable: return "no peer of this tailnet has that address";
                case InUse: return "the port is in use";
                case NoAddress: return "this node has no tunnel address of that kind yet";
                case DataPlane.Full: return "all sockets of this node are in use";
                case DataPlane.TooLong: return "the datagram is too long";
                default: return "error " + error.ToString() + " of the IP stack";
            }
        }

        private static void Check(byte[] array, int offset, int count)
        {
            if (array == null) throw new ArgumentNullException("array");
            if (offset < 0 || count < 0 || offset > array.Length - count) throw new ArgumentOutOfRangeException("count");
        }
    }
}
