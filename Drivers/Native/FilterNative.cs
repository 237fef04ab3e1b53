#if NANOFRAMEWORK
using Import = System.Runtime.CompilerServices.MethodImplAttribute;
#else
using Import = System.Runtime.InteropServices.DllImportAttribute;
#endif

namespace MicroLink.Native
{
    /// <summary>The packet filter's and masquerading's functions of native/include/ml_dataplane.h; lengths are checked in <see cref="DataPlane"/>.</summary>
    internal static class FilterNative
    {
        private const
#if NANOFRAMEWORK
            System.Runtime.CompilerServices.MethodImplOptions Library = System.Runtime.CompilerServices.MethodImplOptions.InternalCall;
#else
            string Library = "microlink";
#endif

        [Import(Library)]
        internal static extern int ml_dp_filter_set(int handle, byte[] table, int offset, int count);

        [Import(Library)]
        internal static extern int ml_dp_set_local_routes(int handle, byte[] prefixesBy17, int offset, int count);

        [Import(Library)]
        internal static extern int ml_dp_peer_rights(int handle, int slot, int rights, int capabilities, byte[] addressesBy16, int offset,
            int count);

        [Import(Library)]
        internal static extern int ml_dp_peer_masquerade(int handle, int slot, byte[] addressesBy16, int offset, int count);

        [Import(Library)]
        internal static extern int ml_dp_known_as(int handle, byte[] peer16, int peerOffset, byte[] into, int offset, int capacity);
    }
}
