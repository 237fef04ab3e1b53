#if !NANOFRAMEWORK
using Import = System.Runtime.InteropServices.DllImportAttribute;

namespace MicroLink.Native
{
    /// <summary>The functions of native/include/ml_tun.h; Linux only, so the device's table does not have them.</summary>
    internal static class TunNative
    {
        private const string Library = "microlink";

        [Import(Library)]
        internal static extern int ml_tun_create(byte[] name, int offset, int count, int queues);

        [Import(Library)]
        internal static extern int ml_tun_start(int tun, int pump);

        [Import(Library)]
        internal static extern int ml_tun_stop(int tun);

        [Import(Library)]
        internal static extern int ml_tun_gone(int tun);

        [Import(Library)]
        internal static extern int ml_tun_close(int tun);

        [Import(Library)]
        internal static extern int ml_tun_address(int tun, byte[] prefix17, int offset, int add);

        [Import(Library)]
        internal static extern int ml_tun_route(int tun, byte[] prefix17, int offset, int add);

        [Import(Library)]
        internal static extern int ml_tun_counters(int tun, byte[] into, int offset, int capacity);
    }
}
#endif
