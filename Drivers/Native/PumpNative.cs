using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MicroLink.Native
{
    /// <summary>The functions of native/include/ml_pump.h.</summary>
    internal static class PumpNative
    {
        private const string Library = "microlink";

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_pump_open")]
#endif
        internal static extern int Open(int dataPlane, int port);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_pump_port")]
#endif
        internal static extern int Port(int pump);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_pump_wait")]
#endif
        internal static extern int Wait(int pump, int timeoutMs);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_pump_flush")]
#endif
        internal static extern int Flush(int pump);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_pump_rebind")]
#endif
        internal static extern int Rebind(int pump, int port);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_pump_close")]
#endif
        internal static extern int Close(int pump);

#if NANOFRAMEWORK
        [MethodImpl(MethodImplOptions.InternalCall)]
#else
        [DllImport(Library, EntryPoint = "ml_pump_now_ms")]
#endif
        internal static extern long NowMs();
    }
}
