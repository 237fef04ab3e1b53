using System;

namespace MicroLink.Native
{
    /// <summary>
    /// The one implementation of each primitive (native/src), for device and desktop alike. Arrays with offsets; a range outside its array
    /// is a bug of the caller and throws ArgumentException; bad bytes from outside are a return code. Nothing here allocates.
    /// </summary>
    public static class Cipher
    {
        public const int KeyLength = 32;
        public const int TagLength = 16;
        public const int NonceLength = 12;
        public const int LongNonceLength = 24;
        public const int HashLength = 32;

        /// <summary>
        /// ChaCha20-Poly1305 (RFC 8439), in place: text[offset .. offset+count) becomes ciphertext, the 16-byte tag follows it. Returns
        /// count + 16. <paramref name="ad"/> may be null when adCount is 0.
        /// </summary>
        public static int ChaChaPolySeal(byte[] key, int keyOffset, byte[] nonce12, int nonceOffset, byte[] ad, int adOffset, int adCount,
            byte[] text, int offset, int count)
        {
            Check(key, keyOffset, KeyLength);
            Check(nonce12, nonceOffset, NonceLength);
            CheckOptional(ad, adOffset, adCount);
            CheckWithTag(text, offset, count);
            return CipherNative.mlm_chachapoly_seal(key, keyOffset, nonce12, nonceOffset, ad, adOffset, adCount, text, offset, count);
        }

        /// <summary>
        /// Opens in place; <paramref name="count"/> includes the tag. Returns count - 16, or -1 when the tag does not match (the text is
        /// then untouched) or count is below 16.
        /// </summary>
        public static int ChaChaPolyOpen(byte[] key, int keyOffset, byte[] nonce12, int nonceOffset, byte[] ad, int adOffset, int adCount,
            byte[] text, int offset, int count)
        {
            Check(key, keyOffset, KeyLength);
            Check(nonce12, nonceOffset, NonceLength);
            CheckOptional(ad, adOffset, adCount);
            Check(text, offset, count);
            return CipherNative.mlm_chachapoly_open(key, keyOffset, nonce12, nonceOffset, ad, adOffset, adCount, text, offset, count);
        }

        /// <summary>XChaCha20-Poly1305 (24-byte nonce; WireGuard's cookie reply), otherwise as ChaChaPolySeal.</summary>
        public static int XChaChaPolySeal(byte[] key, int keyOffset, byte[] nonce24, int nonceOffset, byte[] ad, int adOffset, int adCount,
            byte[] text, int offset, int count)
        {
            Check(key, keyOffset, KeyLength);
            Check(nonce24, nonceOffset, LongNonceLength);
            CheckOptional(ad, adOffset, adCount);
            CheckWithTag(text, offset, count);
            return CipherNative.mlm_xchachapoly_seal(key, keyOffset, nonce24, nonceOffset, ad, adOffset, adCount, text, offset, count);
        }

        /// <summary>As ChaChaPolyOpen with a 24-byte nonce.</summary>
        public static int XChaChaPolyOpen(byte[] key, int keyOffset, byte[] nonce24, int nonceOffset, byte[] ad, int adOffset, int adCount,
            byte[] text, int offset, int count)
        {
            Check(key, keyOffset, KeyLength);
            Check(nonce24, nonceOffset, LongNonceLength);
            CheckOptional(ad, adOffset, adCount);
            Check(text, offset, count);
            return CipherNative.mlm_xchachapoly_open(key, keyOffset, nonce24, nonceOffset, ad, adOffset, adCount, text, offset, count);
        }

        /// <summary>BLAKE2s (RFC 7693) of 1..32 bytes. A shorter result is another function, not a prefix. Returns the length.</summary>
        public static int Blake2s(byte[] input, int inputOffset, int inputCount, byte[] output, int outputOffset, int outputLength)
        {
            return Blake2sKeyed(null, 0, 0, input, inputOffset, inputCount, output, outputOffset, outputLength);
        }

        /// <summary>Keyed BLAKE2s, key of 0..32 bytes (0 = plain); WireGuard's mac1 and mac2 have a 16-byte result.</summary>
        public static int Blake2sKeyed(byte[] key, int keyOffset, int keyCount, byte[] input, int inputOffset, int inputCount,
            byte[] output, int outputOffset, int outputLength)
        {
            CheckOptional(key, keyOffset, keyCount);
            CheckOptional(input, inputOffset, inputCount);
            Check(output, outputOffset, outputLength);
            if (keyCount > 32 || outputLength < 1 || outputLength > HashLength) throw new ArgumentException("BLAKE2s length");
            return CipherNative.mlm_blake2s(key, keyOffset, keyCount, input, inputOffset, inputCount, output, outputOffset, outputLength);
        }

        /// <summary>HMAC-BLAKE2s-256, block 64 (Noise and WireGuard key derivation; not the keyed hash). Writes 32 bytes.</summary>
        public static int Hmac(byte[] key, int keyOffset, int keyCount, byte[] input, int inputOffset, int inputCount,
            byte[] output, int outputOffset)
        {
            CheckOptional(key, keyOffset, keyCount);
            CheckOptional(input, inputOffset, inputCount);
            Check(output, outputOffset, HashLength);
            return CipherNative.mlm_hmac(key, keyOffset, keyCount, input, inputOffset, inputCount, output, outputOffset);
        }

        /// <summary>
        /// KDFn = HKDF over HMAC-BLAKE2s with empty info: <paramref name="outputs"/> (1..3) blocks of 32 bytes, one after the other.
        /// The output may be the array of the chain key itself. Returns outputs * 32.
        /// </summary>
        public static int Kdf(int outputs, byte[] chainKey32, int chainKeyOffset, byte[] input, int inputOffset, int inputCount,
            byte[] output, int outputOffset)
        {
            if (outputs < 1 || outputs > 3) throw new ArgumentException("outputs");
            Check(chainKey32, chainKeyOffset, KeyLength);
            CheckOptional(input, inputOffset, inputCount);
            Check(output, outputOffset, outputs * HashLength);
            return CipherNative.mlm_kdf(outputs, chainKey32, chainKeyOffset, input, inputOffset, inputCount, output, outputOffset);
        }

        /// <summary>X25519 (RFC 7748): 0, or -1 when the result is all zero (the point has low order: drop the handshake).</summary>
        public static int X25519(byte[] scalar, int scalarOffset, byte[] point, int pointOffset, byte[] output, int outputOffset)
        {
            Check(scalar, scalarOffset, KeyLength);
            Check(point, pointOffset, KeyLength);
            Check(output, outputOffset, KeyLength);
            return CipherNative.mlm_x25519(scalar, scalarOffset, point, pointOffset, output, outputOffset);
        }

        /// <summary>The public key of a private one: X25519 with the base point 9.</summary>
        public static int X25519Base(byte[] scalar, int scalarOffset, byte[] output, int outputOffset)
        {
            Check(scalar, scalarOffset, KeyLength);
            Check(output, outputOffset, KeyLength);
            return CipherNative.mlm_x25519_base(scalar, scalarOffset, output, outputOffset);
        }

        /// <summary>
        /// NaCl box, first half: shared = HSalsa20(X25519(private, public), 0). Computed once per pair of keys and kept. 0, or -1 when the
        /// public key has low order. Holds a Diffie-Hellman: from machines it goes through DhJob plus BoxDeriveNm.
        /// </summary>
        public static int BoxBeforeNm(byte[] publicKey, int publicOffset, byte[] privateKey, int privateOffset,
            byte[] shared, int sharedOffset)
        {
            Check(publicKey, publicOffset, KeyLength);
            Check(privateKey, privateOffset, KeyLength);
            Check(shared, sharedOffset, KeyLength);
            return CipherNative.mlm_box_beforenm(publicKey, publicOffset, privateKey, privateOffset, shared, sharedOffset);
        }

        /// <summary>The cheap half of BoxBeforeNm: box key = HSalsa20(X25519 result, 0). In place allowed.</summary>
        public static void BoxDeriveNm(byte[] dhResult, int dhOffset, byte[] shared, int sharedOffset)
        {
            Check(dhResult, dhOffset, KeyLength);
            Check(shared, sharedOffset, KeyLength);
            CipherNative.mlm_box_derivenm(dhResult, dhOffset, shared, sharedOffset);
        }

        /// <summary>
        /// NaCl box with a cached key: the caller leaves 16 bytes free at offset and puts <paramref name="count"/> bytes of plaintext at
        /// offset + 16; afterwards text[offset ..] = tag[16] || ciphertext. Returns count + 16.
        /// </summary>
        public static int BoxSeal(byte[] shared, int sharedOffset, byte[] nonce24, int nonceOffset, byte[] text, int offset, int count)
        {
            Check(shared, sharedOffset, KeyLength);
            Check(nonce24, nonceOffset, LongNonceLength);
            CheckWithTag(text, offset, count);
            return CipherNative.mlm_box_seal(shared, sharedOffset, nonce24, nonceOffset, text, offset, count);
        }

        /// <summary>
        /// Opens tag[16] || ciphertext in place; count includes the tag; the plaintext stands at offset + 16. Returns count - 16, or -1 when
        /// the tag does not match (untouched) or count is below 16.
        /// </summary>
        public static int BoxOpen(byte[] shared, int sharedOffset, byte[] nonce24, int nonceOffset, byte[] box, int offset, int count)
        {
            Check(shared, sharedOffset, KeyLength);
            Check(nonce24, nonceOffset, LongNonceLength);
            Check(box, offset, count);
            return CipherNative.mlm_box_open(shared, sharedOffset, nonce24, nonceOffset, box, offset, count);
        }

        /// <summary>Constant-time comparison.</summary>
        public static bool Equal(byte[] a, int aOffset, byte[] b, int bOffset, int count)
        {
            Check(a, aOffset, count);
            Check(b, bOffset, count);
            return CipherNative.mlm_equal(a, aOffset, b, bOffset, count) != 0;
        }

        /// <summary>Zeros a secret in a way no compiler removes.</summary>
        public static void Wipe(byte[] bytes, int offset, int count)
        {
            Check(bytes, offset, count);
            CipherNative.mlm_wipe(bytes, offset, count);
        }

        /// <summary>CRC-32 (polynomial 0xEDB88320, as Ethernet and STUN's FINGERPRINT before its xor).</summary>
        public static uint Crc32(byte[] bytes, int offset, int count)
        {
            Check(bytes, offset, count);
            return CipherNative.mlm_crc32(bytes, offset, count);
        }

        private static void Check(byte[] bytes, int offset, int count)
        {
            if (bytes == null || offset < 0 || count < 0 || count > bytes.Length - offset) throw new ArgumentException("range");
        }

        private static void CheckOptional(byte[] bytes, int offset, int count)
        {
            if (bytes == null && count == 0 && offset == 0) return;
            Check(bytes, offset, count);
        }

        private static void CheckWithTag(byte[] text, int offset, int count)
        {
            if (count < 0 || count > int.MaxValue - TagLength) throw new ArgumentException("range");
            Check(text, offset, count + TagLength);
        }
    }
}
