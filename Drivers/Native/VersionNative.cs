#if NANOFRAMEWORK
using Import = System.Runtime.CompilerServices.MethodImplAttribute;
#else
using Import = System.Runtime.InteropServices.DllImportAttribute;
#endif

#if NANOFRAMEWORK
// The same number as NativeVersion.Expected, behind the 100 that nanoFramework begins with; stands in the firmware's table too.
[assembly: System.Reflection.AssemblyNativeVersion("100.0.1.2")]
#endif

namespace MicroLink.Native
{
    internal static class VersionNative
    {
        private const
#if NANOFRAMEWORK
            System.Runtime.CompilerServices.MethodImplOptions Library = System.Runtime.CompilerServices.MethodImplOptions.InternalCall;
#else
            string Library = "microlink";
#endif

        [Import(Library)]
        internal static extern int mlm_version();
    }
}
