using System;
using MicroLink.Native;

namespace MicroLink.Noise
{
    /// <summary>The hash, chaining key and cipher key of one Noise handshake (protocol.md 2.3): mix, seal, open, split.</summary>
    internal sealed class NoiseSymmetric
    {
        private const int MaxMixed = 64;

        /// <summary>h: 32 bytes.</summary>
        public readonly byte[] Hash = new byte[NoiseWire.KeyLength];

        private readonly byte[] _chainKey = new byte[NoiseWire.KeyLength];
        private readonly byte[] _key = new byte[NoiseWire.KeyLength];
        private readonly byte[] _pair = new byte[2 * NoiseWire.KeyLength];
        private readonly byte[] _mix = new byte[NoiseWire.KeyLength + MaxMixed];
        // Every handshake key is used once, so its nonce is always zero.
        private readonly byte[] _zeroNonce = new byte[12];

        /// <summary>h = ck = BLAKE2s(protocol name), then the prologue with the version in decimal.</summary>
        public void Start(int version)
        {
            byte[] name = Ascii(NoiseWire.ProtocolName);
            Cipher.Blake2s(name, 0, name.Length, Hash, 0, NoiseWire.KeyLength);
            Array.Copy(Hash, 0, _chainKey, 0, NoiseWire.KeyLength);
            byte[] prologue = Ascii(NoiseWire.ProloguePrefix + version.ToString());
            MixHash(prologue, 0, prologue.Length);
        }

        /// <summary>h = BLAKE2s(h || data), data at most 64 bytes.</summary>
        public void MixHash(byte[] data, int offset, int count)
        {
            Array.Copy(Hash, 0, _mix, 0, NoiseWire.KeyLength);
            Array.Copy(data, offset, _mix, NoiseWire.KeyLength, count);
            Cipher.Blake2s(_mix, 0, NoiseWire.KeyLength + count, Hash, 0, NoiseWire.KeyLength);
        }

        /// <summary>(ck, k) = HKDF(ck, dh result of 32 bytes).</summary>
        public void MixKey(byte[] shared)
        {
            Cipher.Kdf(2, _chainKey, 0, shared, 0, NoiseWire.KeyLength, _pair, 0);
            Array.Copy(_pair, 0, _chainKey, 0, NoiseWire.KeyLength);
            Array.Copy(_pair, NoiseWire.KeyLength, _key, 0, NoiseWire.KeyLength);
        }

        /// <summary>Encrypts in place and mixes the ciphertext into the hash; writes count + 16 bytes.</summary>
        public void Seal(byte[] text, int offset, int count)
        {
            Cipher.ChaChaPolySeal(_key, 0, _zeroNonce, 0, Hash, 0, NoiseWire.KeyLength, text, offset, count);
            MixHash(text, offset, count + NoiseWire.TagLength);
        }

        /// <summary>Decrypts count bytes (tag included) into <paramref name="into"/>; false when the tag is wrong.</summary>
        public bool Open(byte[] text, int offset, int count, byte[] into)
        {
            Array.Copy(text, offset, into, 0, count);
            if (Cipher.ChaChaPolyOpen(_key, 0, _zeroNonce, 0, Hash, 0, NoiseWire.KeyLength, into, 0, count) < 0) return false;
            MixHash(text, offset, count);
            return true;
        }

        /// <summary>HKDF(ck, empty): the initiator sends with the first key, the other with the second. Wipes all but the hash.</summary>
        public void Split(byte[] first, byte[] second)
        {
            Cipher.Kdf(2, _chainKey, 0, _zeroNonce, 0, 0, _pair, 0);
            Array.Copy(_pair, 0, first, 0, NoiseWire.KeyLength);
            Array.Copy(_pair, NoiseWire.KeyLength, second, 0, NoiseWire.KeyLength);
            Wipe();
        }

        public void Wipe()
        {
            Cipher.Wipe(_chainKey, 0, _chainKey.Length);
            Cipher.Wipe(_key, 0, _key.Length);
            Cipher.Wipe(_pair, 0, _pair.Length);
        }

        private static byte[] Ascii(string text)
        {
            byte[] bytes = new byte[text.Length];
            for (int i = 0; i < bytes.Length; i++) bytes[i] = (byte)text[i];
            return bytes;
        }
    }
}
