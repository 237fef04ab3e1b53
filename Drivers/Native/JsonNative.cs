#if NANOFRAMEWORK
using Import = System.Runtime.CompilerServices.MethodImplAttribute;
#else
using Import = System.Runtime.InteropServices.DllImportAttribute;
#endif

namespace MicroLink.Native
{
    /// <summary>The functions of native/src/ml_face_json.c, same names.</summary>
    internal static class JsonNative
    {
        private const
#if NANOFRAMEWORK
            System.Runtime.CompilerServices.MethodImplOptions Library = System.Runtime.CompilerServices.MethodImplOptions.InternalCall;
#else
            string Library = "microlink";
#endif

        [Import(Library)]
        internal static extern int mlm_json_size(byte[] keys, int keysCount, int valueCapacity);

        [Import(Library)]
        internal static extern int mlm_json_init(byte[] state, int size, byte[] keys, int keysCount, int valueCapacity);

        [Import(Library)]
        internal static extern void mlm_json_reset(byte[] state);

        [Import(Library)]
        internal static extern void mlm_json_finish(byte[] state);

        [Import(Library)]
        internal static extern void mlm_json_skip(byte[] state);

        [Import(Library)]
        internal static extern int mlm_json_read(byte[] state, byte[] bytes, int offset, int count, byte[] value, byte[] record32);
    }
}
