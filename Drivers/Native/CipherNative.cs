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
        internal static extern int mlm_chachapoly_seal(byte[] key, int keyOffset, byte[] nonce, int nonceOffset, byte[] ad, int adOffset,
            int adCount, byte[] text, int offset, int count);

        [Import(Library)]
        internal static extern int mlm_chachapoly_open(byte[] key, int keyOffset, byte[] nonce, int nonceOffset, byte[] ad, int adOffset,
            int adCount, byte[] text, int offset, int count);

        [Import(Library)]
        internal static extern int mlm_xchachapoly_seal(byte[] key, int keyOffset, byte[] nonce, int nonceOffset, byte[] ad, int adOffset,
            int adCount, byte[] text, int offset, int count);

        [Import(Library)]
        internal static extern int mlm_xchachapoly_open(byte[] key, int keyOffset, byte[] nonce, int nonceOffset, byte[] ad, int adOffset,
            int adCount, byte[] text, int offset, int count);

        [Import(Library)]
        internal static extern int mlm_blake2s(byte[] key, int keyOffset, int keyCount, byte[] input, int inputOffset, int inputCount,
            byte[] output, int outputOffset, int outputLength);

        [Import(Library)]
        internal static extern int mlm_hmac(byte[] key, int keyOffset, int keyCount, byte[] input, int inputOffset, int inputCount,
            byte[] output, int outputOffset);

        [Import(Library)]
        internal static extern int mlm_kdf(int outputs, byte[] chainKey, int chainKeyOffset, byte[] input, int inputOffset, int inputCount,
            byte[] output, int outputOffset);

        [Import(Library)]
        internal static extern int mlm_x25519(byte[] scalar, int scalarOffset, byte[] point, int pointOffset,
            byte[] output, int outputOffset);

        [Import(Library)]
        internal static extern int mlm_x25519_base(byte[] scalar, int scalarOffset, byte[] output, int outputOffset);

        [Import(Library)]
        internal static extern int mlm_box_beforenm(byte[] publicKey, int publicOffset, byte[] privateKey, int privateOffset,
            byte[] shared, int sharedOffset);

        [Import(Library)]
        internal static extern void mlm_box_derivenm(byte[] dhResult, int dhOffset, byte[] shared, int sharedOffset);

        [Import(Library)]
        internal static extern int mlm_box_seal(byte[] shared, int sharedOffset, byte[] nonce, int nonceOffset,
            byte[] text, int offset, int count);

        [Import(Library)]
        internal static extern int mlm_box_open(byte[] shared, int sharedOffset, byte[] nonce, int nonceOffset,
            byte[] box, int offset, int count);

        [Import(Library)]
        internal static extern int mlm_equal(byte[] a, int aOffset, byte[] b, int bOffset, int count);

        [Import(Library)]
        internal static extern void mlm_wipe(byte[] bytes, int offset, int count);

        [Import(Library)]
        internal static extern uint mlm_crc32(byte[] bytes, int offset, int count);
    }
}
