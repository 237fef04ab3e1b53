#if NANOFRAMEWORK
using Import = System.Runtime.CompilerServices.MethodImplAttribute;
#else
using Import = System.Runtime.InteropServices.DllImportAttribute;
#endif

namespace MicroLink.Native
{
    /// <summary>The functions of native/include/ml_net.h, one declaration each; lengths are checked in <see cref="Net"/>.</summary>
    internal static class NetNative
    {
        private const
#if NANOFRAMEWORK
            System.Runtime.CompilerServices.MethodImplOptions Library = System.Runtime.CompilerServices.MethodImplOptions.InternalCall;
#else
            string Library = "microlink";
#endif

        [Import(Library)]
        internal static extern int ml_net_available();

        [Import(Library)]
        internal static extern int ml_net_create(int dataPlane, int maxSockets, byte[] random32, int offset, long nowMs);

        [Import(Library)]
        internal static extern int ml_net_destroy(int net);

        [Import(Library)]
        internal static extern int ml_net_addresses(int net, byte[] addressesBy16, int offset, int count);

        [Import(Library)]
        internal static extern int ml_net_tick(int net, long nowMs);

        [Import(Library)]
        internal static extern int ml_net_poll(int net, byte[] into, int offset, int capacity);

        [Import(Library)]
        internal static extern int ml_net_retry(int net, long nowMs);

        [Import(Library)]
        internal static extern int ml_net_wanted(int net, byte[] into16, int offset);

        [Import(Library)]
        internal static extern int ml_net_unreachable(int net, byte[] address16, int offset);

        [Import(Library)]
        internal static extern int ml_net_udp_open(int net, byte[] local18, int offset);

        [Import(Library)]
        internal static extern int ml_net_udp_send(int net, int socket, byte[] to18, int toOffset, byte[] bytes, int offset, int count,
            long nowMs);

        [Import(Library)]
        internal static extern int ml_net_udp_receive(int net, int socket, byte[] from18, int fromOffset, byte[] into, int offset,
            int capacity);

        [Import(Library)]
        internal static extern int ml_net_tcp_connect(int net, byte[] to18, int offset, long nowMs);

        [Import(Library)]
        internal static extern int ml_net_tcp_listen(int net, byte[] local18, int offset, int backlog);

        [Import(Library)]
        internal static extern int ml_net_tcp_accept(int net, int listener, byte[] from18, int fromOffset);

        [Import(Library)]
        internal static extern int ml_net_tcp_send(int net, int socket, byte[] bytes, int offset, int count, long nowMs);

        [Import(Library)]
        internal static extern int ml_net_tcp_receive(int net, int socket, byte[] into, int offset, int capacity, long nowMs);

        [Import(Library)]
        internal static extern int ml_net_tcp_shutdown(int net, int socket, long nowMs);

        [Import(Library)]
        internal static extern int ml_net_close(int net, int socket, int abort, long nowMs);

        [Import(Library)]
        internal static extern int ml_net_local(int net, int socket, byte[] into18, int offset);

        [Import(Library)]
        internal static extern int ml_net_echo(int net, int port);

        [Import(Library)]
        internal static extern int ml_net_counters(int net, byte[] into, int offset, int capacity);

        [Import(Library)]
        internal static extern int ml_net_counter_name(int counter, byte[] into, int offset, int capacity);
    }
}
