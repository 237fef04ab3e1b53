using System;

namespace MicroLink.Native
{
    /// <summary>
    /// Proxies of a hosted platform (native/port/linux/ml_bridge*.c): one native thread that moves bytes between sockets of the host and
    /// sockets inside the tunnel. Bridges are handles &gt; 0; errors are negative errno values.
    /// </summary>
    public static class Bridge
    {
        /// <summary>Indices of <see cref="Counters"/>: joins open and made, bytes to and from the tunnel, datagrams to, from, dropped.</summary>
        public const int Open = 0, Made = 1, BytesOut = 2, BytesIn = 3, DatagramsOut = 4, DatagramsIn = 5, Dropped = 6, CounterCount = 7;

        /// <summary>Starts the thread for a stack (Net.Create).</summary>
        public static int Start(int net) { return BridgeNative.ml_bridge_open(net); }

        /// <summary>The pump that sends what the stack has to say; 0 = none now.</summary>
        public static int UsePump(int bridge, int pump) { return BridgeNative.ml_bridge_pump(bridge, pump); }

        /// <summary>Joins a connected stream socket of the host, of which the bridge has a copy, and a connected TCP socket in the tunnel, which
        /// belongs to the bridge from here on, also when the call fails.</summary>
        public static int Join(int bridge, int fd, int socket) { return BridgeNative.ml_bridge_join(bridge, fd, socket); }

        /// <summary>Joins a bound UDP socket of the host and one place in the tunnel; each sender gets a tunnel socket of its own.</summary>
        public static int JoinUdp(int bridge, int fd, byte[] to18)
        {
            Check(to18);
            return BridgeNative.ml_bridge_udp(bridge, fd, to18, 0);
        }

        /// <summary>Joins a stream of records (length u16 big endian, payload) and one place in the tunnel, by UDP there.</summary>
        public static int JoinRecords(int bridge, int fd, byte[] to18)
        {
            Check(to18);
            return BridgeNative.ml_bridge_records(bridge, fd, to18, 0);
        }

        /// <summary>Joins a bound UDP socket of the host, whose datagrams have SOCKS5 headers, and all of the tunnel, for as long as the connection
        /// <paramref name="control"/> is open. Only the client's address may send.</summary>
        public static int JoinSocks(int bridge, int fd, int control, byte[] client18)
        {
            Check(client18);
            return BridgeNative.ml_bridge_socks(bridge, fd, control, client18, 0);
        }

        /// <summary>Peers' TCP connections to a port of ours in the tunnel lead to a port of this host's loop-back. An error code of Net
        /// otherwise.</summary>
        public static int Serve(int bridge, int port, int localPort) { return BridgeNative.ml_bridge_serve(bridge, port, localPort); }

        /// <summary>Stops the thread and closes all that it holds; before its stack is destroyed.</summary>
        public static int Stop(int bridge) { return BridgeNative.ml_bridge_close(bridge); }

        /// <summary>Writes <see cref="CounterCount"/> numbers, u64 little endian.</summary>
        public static int Counters(int bridge, byte[] into) { return BridgeNative.ml_bridge_counters(bridge, into, 0, into.Length); }

        private static void Check(byte[] endpoint)
        {
            if (endpoint == null || endpoint.Length < DataPlane.EndpointLength) throw new ArgumentException("an endpoint has 18 bytes");
        }
    }
}
