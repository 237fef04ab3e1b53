using System;
using System.Text;
using MicroLink.Native;

namespace MicroLink.WireGuard
{
    /// <summary>Chaining key, hash and AEAD key of the handshake being worked on (protocol.md 8.3), and the macs of 8.4.</summary>
    internal sealed class WireGuardNoise
    {
        private const int MaxMixed = 48;

        internal readonly byte[] ChainKey = new byte[WireGuardWire.HashLength];
        internal readonly byte[] Hash = new byte[WireGuardWire.HashLength];

        private readonly byte[] _startChainKey = new byte[WireGuardWire.HashLength];
        private readonly byte[] _startHash = new byte[WireGuardWire.HashLength];
        private readonly byte[] _derived = new byte[3 * WireGuardWire.HashLength];
        private readonly byte[] _key = new byte[WireGuardWire.KeyLength];
        private readonly byte[] _mix = new byte[WireGuardWire.HashLength + MaxMixed];
        private readonly byte[] _labelMac1, _labelCookie;
        // Every handshake key seals one message, so its counter is always zero.
        private readonly byte[] _zeroNonce = new byte[Cipher.NonceLength];

        internal WireGuardNoise()
        {
            byte[] construction = Encoding.UTF8.GetBytes(WireGuardWire.Construction);
            byte[] identifier = Encoding.UTF8.GetBytes(WireGuardWire.Identifier);
            _labelMac1 = Encoding.UTF8.GetBytes(WireGuardWire.LabelMac1);
            _labelCookie = Encoding.UTF8.GetBytes(WireGuardWire.LabelCookie);
            Cipher.Blake2s(construction, 0, construction.Length, _startChainKey, 0, WireGuardWire.HashLength);
            Array.Copy(_startChainKey, 0, Hash, 0, WireGuardWire.HashLength);
            MixHash(identifier, 0, identifier.Length);
            Array.Copy(Hash, 0, _startHash, 0, WireGuardWire.HashLength);
        }

        /// <summary>C = C0; H = HASH(H0 || static key of the responder).</summary>
        internal void Start(byte[] responderPublic, int offset)
        {
            Array.Copy(_startChainKey, 0, ChainKey, 0, WireGuardWire.HashLength);
            Array.Copy(_startHash, 0, Hash, 0, WireGuardWire.HashLength);
            MixHash(responderPublic, offset, WireGuardWire.KeyLength);
        }

        /// <summary>H = HASH(H || data), at most 48 bytes.</summary>
        internal void MixHash(byte[] data, int offset, int count)
        {
            Array.Copy(Hash, 0, _mix, 0, WireGuardWire.HashLength);
            Array.Copy(data, offset, _mix, WireGuardWire.HashLength, count);
            Cipher.Blake2s(_mix, 0, WireGuardWire.HashLength + count, Hash, 0, WireGuardWire.HashLength);
        }

        /// <summary>C = KDF1(C, input).</summary>
        internal void MixChain(byte[] input, int offset)
        {
            Cipher.Kdf(1, ChainKey, 0, input, offset, WireGuardWire.KeyLength, ChainKey, 0);
        }

        /// <summary>(C, k) = KDF2(C, input).</summary>
        internal void MixKey(byte[] input, int offset)
        {
            Cipher.Kdf(2, ChainKey, 0, input, offset, WireGuardWire.KeyLength, _derived, 0);
            Array.Copy(_derived, 0, ChainKey, 0, WireGuardWire.HashLength);
            Array.Copy(_derived, 32, _key, 0, WireGuardWire.KeyLength);
        }

        /// <summary>(C, t, k) = KDF3(C, psk); H = HASH(H || t).</summary>
        internal void MixPresharedKey(byte[] key, int offset)
        {
            Cipher.Kdf(3, ChainKey, 0, key, offset, WireGuardWire.KeyLength, _derived, 0);
            Array.Copy(_derived, 0, ChainKey, 0, WireGuardWire.HashLength);
            Array.Copy(_derived, 64, _key, 0, WireGuardWire.KeyLength);
            MixHash(_derived, 32, WireGuardWire.HashLength);
        }

        /// <summary>Seals in place (tag behind it), mixes the result into H.</summary>
        internal void Seal(byte[] text, int offset, int count)
        {
            Cipher.ChaChaPolySeal(_key, 0, _zeroNonce, 0, Hash, 0, WireGuardWire.HashLength, text, offset, count);
            MixHash(text, offset, count + WireGuardWire.TagLength);
        }

        /// <summary>Opens count bytes (tag included) into another array; false when the tag is wrong, and then nothing was mixed.</summary>
        internal bool Open(byte[] text, int offset, int count, byte[] into)
        {
            Array.Copy(text, offset, into, 0, count);
            if (Cipher.ChaChaPolyOpen(_key, 0, _zeroNonce, 0, Hash, 0, WireGuardWire.HashLength, into, 0, count) < 0) return false;
            MixHash(text, offset, count);
            return true;
        }

        /// <summary>(T1, T2) = KDF2(C, ""): the initiator sends with T1 and receives with T2.</summary>
        internal void Split(byte[] first, byte[] second)
        {
            Cipher.Kdf(2, ChainKey, 0, null, 0, 0, _derived, 0);
            Array.Copy(_derived, 0, first, 0, WireGuardWire.KeyLength);
            Array.Copy(_derived, 32, second, 0, WireGuardWire.KeyLength);
        }

        /// <summary>mac1 = MAC(HASH("mac1----" || receiver's static key), all before mac1), 16 bytes.</summary>
        internal void Mac1(byte[] receiverPublic, int keyOffset, byte[] message, int offset, int count, byte[] into, int intoOffset)
        {
            LabelledKey(_labelMac1, receiverPublic, keyOffset);
            Cipher.Blake2sKeyed(_derived, 0, WireGuardWire.HashLength, message, offset, count, into, intoOffset, WireGuardWire.MacLength);
        }

        /// <summary>mac2 = MAC(cookie, all before mac2, so mac1 included).</summary>
        internal void Mac2(byte[] cookie, int cookieOffset, byte[] message, int offset, int count, byte[] into, int intoOffset)
        {
            Cipher.Blake2sKeyed(cookie, cookieOffset, WireGuardWire.CookieLength, message, offset, count, into, intoOffset, WireGuardWire.MacLength);
        }

        /// <summary>Opens the cookie of a reply in place: 32 bytes become 16. ad = mac1 of the message that was refused.</summary>
        internal bool OpenCookie(byte[] senderPublic, int keyOffset, byte[] nonce, int nonceOffset, byte[] mac1, int macOffset, byte[] box)
        {
            LabelledKey(_labelCookie, senderPublic, keyOffset);
            return Cipher.XChaChaPolyOpen(_derived, 0, nonce, nonceOffset, mac1, macOffset, WireGuardWire.MacLength,
                box, 0, WireGuardWire.CookieLength + WireGuardWire.TagLength) >= 0;
        }

        internal void Wipe()
        {
            Cipher.Wipe(ChainKey, 0, ChainKey.Length);
            Cipher.Wipe(Hash, 0, Hash.Length);
            Cipher.Wipe(_derived, 0, _derived.Length);
            Cipher.Wipe(_key, 0, _key.Length);
        }

        private void LabelledKey(byte[] label, byte[] publicKey, int keyOffset)
        {
            Array.Copy(label, 0, _mix, 0, label.Length);
            Array.Copy(publicKey, keyOffset, _mix, label.Length, WireGuardWire.KeyLength);
            Cipher.Blake2s(_mix, 0, label.Length + WireGuardWire.KeyLength, _derived, 0, WireGuardWire.HashLength);
        }
    }
}
