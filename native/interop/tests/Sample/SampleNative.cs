#if NANOFRAMEWORK
using Import = System.Runtime.CompilerServices.MethodImplAttribute;

[assembly: System.Reflection.AssemblyNativeVersion("100.1.2.3")]
#else
using Import = System.Runtime.InteropServices.DllImportAttribute;
#endif

namespace Sample.Native
{
    /// <summary>One extern of every form that the generator knows; test_interop.cpp calls them through the generated table.</summary>
    internal static class SampleNative
    {
        private const
#if NANOFRAMEWORK
            System.Runtime.CompilerServices.MethodImplOptions Library = System.Runtime.CompilerServices.MethodImplOptions.InternalCall;
#else
            string Library = "sample";
#endif

        [Import(Library)]
        internal static extern void sample_nothing();

        [Import(Library)]
        internal static extern long sample_numbers(sbyte a, byte b, short c, ushort d, int e, uint f, long g, ulong h);

        [Import(Library)]
        internal static extern ulong sample_large();

        [Import(Library)]
        internal static extern int sample_text(string text);

        [Import(Library)]
        internal static extern int sample_references(ref int sum, ref long product);

        [Import(Library)]
        internal static extern int sample_fixed(byte[] key32, int keyOffset);

        [Import(Library)]
        internal static extern int sample_counted(byte[] data, int offset, int count);

        [Import(Library)]
        internal static extern int sample_tagged(byte[] textPlus16, int offset, int count);

        [Import(Library)]
        internal static extern int sample_rows(byte[] rowsBy17, int offset, int count);

        [Import(Library)]
        internal static extern int sample_whole(byte[] state);

        [Import(Library)]
        internal static extern int sample_wait(int handle, int timeoutMs);

        internal static int NotExtern() { return 1; }
    }
}
