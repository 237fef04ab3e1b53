#if NANOFRAMEWORK
using Import = System.Runtime.CompilerServices.MethodImplAttribute;
#else
using Import = System.Runtime.InteropServices.DllImportAttribute;
#endif

namespace MicroLink.Native
{
    /// <summary>The functions of native/include/ml_pump.h.</summary>
    internal static class PumpNative
    {
        private const
#if NANOFRAMEWORK
            System.Runtime.CompilerServices.MethodImplOptions Library = System.Runtime.CompilerServices.MethodImplOptions.InternalCall;
#else
            string Library = "microlink";
#endif

        [Import(Library)]
        internal static extern int ml_pump_open(int dataPlane, int port);

        [Import(Library)]
        internal static extern int ml_pump_port(int pump);

        [Import(Library)]
        internal static extern int ml_pump_wait(int pump, int timeoutMs);

        [Import(Library)]
        internal static extern int ml_pump_flush(int pump);

        [Import(Library)]
        internal static extern int ml_pump_rebind(int pump, int port);

        [Import(Library)]
        internal static extern int ml_pump_close(int pump);

        [Import(Library)]
        internal static extern long ml_pump_now_ms();
    }
}
