#if NANOFRAMEWORK
using Import = System.Runtime.CompilerServices.MethodImplAttribute;
#else
using Import = System.Runtime.InteropServices.DllImportAttribute;
#endif

namespace MicroLink.Native
{
    /// <summary>The functions of native/include/ml_bridge.h.</summary>
    internal static class BridgeNative
    {
        private const
#if NANOFRAMEWORK
            System.Runtime.CompilerServices.MethodImplOptions Library = System.Runtime.CompilerServices.MethodImplOptions.InternalCall;
#else
            string Library = "microlink";
#endif

        [Import(Library)]
        internal static extern int ml_bridge_open(int net);

        [Import(Library)]
        internal static extern int ml_bridge_pump(int bridge, int pump);

        [Import(Library)]
        internal static extern int ml_bridge_join(int bridge, int fd, int socket);

        [Import(Library)]
        internal static extern int ml_bridge_udp(int bridge, int fd, byte[] to18, int offset);

        [Import(Library)]
        internal static extern int ml_bridge_records(int bridge, int fd, byte[] to18, int offset);

        [Import(Library)]
        internal static extern int ml_bridge_socks(int bridge, int fd, int control, byte[] client18, int offset);

        [Import(Library)]
        internal static extern int ml_bridge_serve(int bridge, int port, int localPort);

        [Import(Library)]
        internal static extern int ml_bridge_close(int bridge);

        [Import(Library)]
        internal static extern int ml_bridge_counters(int bridge, byte[] into, int offset, int capacity);
    }
}
