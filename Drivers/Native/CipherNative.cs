#if NANOFRAMEWORK
using Import = System.Runtime.CompilerServices.MethodImplAttribute;
#else
using Import = System.Runtime.InteropServices.DllImportAttribute;
#endif

namespace MicroLink.Native
{
    /// <summary>The functions of native/src/ml_face_cipher.c, same names. Lengths are checked by <see cref="Cipher"/> before.</summary>
    internal static class CipherNative
    {
        private const
#if NANOFRAMEWORK
            System.Runtime.CompilerServices.MethodImplOptions Library = System.Runtime.CompilerServices.MethodImplOptions.InternalCall;
#else
            string Library = "microlink";
#endif

        [Import(Library)]
        internal static extern int mlm_chachapoly_seal(byte[] key32, int keyOffset, byte[] nonce12, int nonceOffset, byte[] ad, int adOffset,
            int adCount, byte[] textPlus16, int offset, int count);

        [Import(Library)]
        internal static extern int mlm_chachapoly_open(byte[] key32, int keyOffset, byte[] nonce12, int nonceOffset, byte[] ad, int adOffset,
            int adCount, byte[] text, int offset, int count);

        [Import(Library)]
        internal static extern int mlm_xchachapoly_seal(byte[] key32, int keyOffset, byte[] nonce24, int nonceOffset, byte[] ad, int adOffset,
            int adCount, byte[] textPlus16, int offset, int count);

        [Import(Library)]
        internal static extern int mlm_xchachapoly_open(byte[] key32, int keyOffset, byte[] nonce24, int nonceOffset, byte[] ad, int adOffset,
            int adCount, byte[] text, int offset, int count);

        [Import(Library)]
        internal static extern int mlm_blake2s(byte[] key, int keyOffset, int keyCount, byte[] input, int inputOffset, int inputCount,
            byte[] output, int outputOffset, int outputLength);

        [Import(Library)]
        internal static extern int mlm_hmac(byte[] key, int keyOffset, int keyCount, byte[] input, int inputOffset, int inputCount,
            byte[] output32, int outputOffset);

        [Import(Library)]
        internal static extern int mlm_kdf(int outputs, byte[] chainKey32, int chainKeyOffset, byte[] input, int inputOffset, int inputCount,
            byte[] output32, int outputOffset);

        [Import(Library)]
        internal static extern int mlm_x25519(byte[] scalar32, int scalarOffset, byte[] point32, int pointOffset,
            byte[] output32, int outputOffset);

        [Import(Library)]
        internal static extern int mlm_x25519_base(byte[] scalar32, int scalarOffset, byte[] output32, int outputOffset);

        [Import(Library)]
        internal static extern int mlm_box_beforenm(byte[] publicKey32, int publicOffset, byte[] privateKey32, int privateOffset,
            byte[] shared32, int sharedOffset);

        [Import(Library)]
        internal static extern void mlm_box_derivenm(byte[] dhResult32, int dhOffset, byte[] shared32, int sharedOffset);

        [Import(Library)]
        internal static extern int mlm_box_seal(byte[] shared32, int sharedOffset, byte[] nonce24, int nonceOffset,
            byte[] textPlus16, int offset, int count);

        [Import(Library)]
        internal static extern int mlm_box_open(byte[] shared32, int sharedOffset, byte[] nonce24, int nonceOffset,
            byte[] box, int offset, int count);

        [Import(Library)]
        internal static extern int mlm_equal(byte[] a, int aOffset, byte[] b, int bOffset, int count);

        [Import(Library)]
        internal static extern void mlm_wipe(byte[] bytes, int offset, int count);

        [Import(Library)]
        internal static extern uint mlm_crc32(byte[] bytes, int offset, int count);
    }
}
