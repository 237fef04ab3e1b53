using System;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using MicroLink.Drivers;
using MicroLink.Native;

namespace MicroLink.Lab.Core
{
    /// <summary>
    /// The server side of Noise_IK_25519_ChaChaPoly_BLAKE2s (protocol.md 2.3, 2.4), written apart from the node's own Noise code so
    /// that the two check each other. Hashes and X25519 come from the native library, the AEAD from .NET.
    /// <code>
    /// initiation  version u16 | 01 | 0060 | client ephemeral[32] | machine key[32]+tag[16] | tag[16]      101 bytes
    /// response    02 | 0030 | server ephemeral[32] | tag[16]                                               51 bytes
    /// record      04 | length u16 | ciphertext | tag[16]                          at most 4096 bytes, nonce big endian
    /// </code>
    /// </summary>
    public sealed class LabNoise
    {
        public const int InitiationLength = 101, ResponseLength = 51, MaxRecord = 4096, MaxPlain = 4077;

        private readonly byte[] _hash = new byte[32];
        private readonly byte[] _chain = new byte[32];
        private readonly byte[] _key = new byte[32];
        private ChaCha20Poly1305 _receive, _send;
        private ulong _received, _sent;

        /// <summary>Capability version of the initiation; valid after <see cref="Respond"/>, also when it refused.</summary>
        public int Version { get; private set; }

        /// <summary>The client's static key, 32 bytes.</summary>
        public byte[] MachineKey { get; } = new byte[32];

        /// <summary>Reads the initiation and writes the response. Returns null, or why the handshake failed.</summary>
        public string Respond(ReadOnlySpan<byte> initiation, byte[] serverPrivate, byte[] serverPublic, IEntropy entropy,
            Span<byte> response)
        {
            if (initiation.Length != InitiationLength) return "the initiation has " + initiation.Length + " bytes, not 101";
            Version = BinaryPrimitives.ReadUInt16BigEndian(initiation);
            if (initiation[2] != 1) return "message type " + initiation[2] + " where the initiation (1) must be";
            if (BinaryPrimitives.ReadUInt16BigEndian(initiation[3..]) != 96) return "the initiation's length field is not 96";
            byte[] remoteEphemeral = initiation.Slice(5, 32).ToArray();

            byte[] name = Encoding.ASCII.GetBytes("Noise_IK_25519_ChaChaPoly_BLAKE2s");
            Cipher.Blake2s(name, 0, name.Length, _hash, 0, 32);
            _hash.CopyTo(_chain, 0);
            MixHash(Encoding.ASCII.GetBytes("Tailscale Control Protocol v" + Version));
            MixHash(serverPublic);
            MixHash(remoteEphemeral);
            if (!MixDh(serverPrivate, remoteEphemeral)) return "es is a low-order point";
            if (!Open(initiation.Slice(37, 48), MachineKey))
                return "the machine key does not open: wrong server key, or the prologue's version differs from the header's";
            if (!MixDh(serverPrivate, MachineKey)) return "ss is a low-order point";
            if (!Open(initiation.Slice(85, 16), Span<byte>.Empty)) return "the initiation's tag is wrong";

            byte[] ephemeral = new byte[32], ephemeralPublic = new byte[32];
            entropy.Fill(ephemeral, 0, 32);
            PublicKey(ephemeral, ephemeralPublic);
            MixHash(ephemeralPublic);
            if (!MixDh(ephemeral, remoteEphemeral) || !MixDh(ephemeral, MachineKey)) return "ee or se is a low-order point";
            response[0] = 2;
            BinaryPrimitives.WriteUInt16BigEndian(response[1..], 48);
            ephemeralPublic.CopyTo(response[3..]);
            using (var aead = new ChaCha20Poly1305(_key)) aead.Encrypt(new byte[12], default, default, response.Slice(35, 16), _hash);
            MixHash(response.Slice(35, 16).ToArray());
            Split();
            return null;
        }

        /// <summary>
        /// Opens one record's ciphertext (without its 3-byte header) into <paramref name="plain"/>; false = the connection is dead.
        /// </summary>
        public bool OpenRecord(ReadOnlySpan<byte> body, Span<byte> plain)
        {
            if (body.Length < 16) return false;
            try
            {
                Span<byte> nonce = stackalloc byte[12];
                BinaryPrimitives.WriteUInt64BigEndian(nonce[4..], _received);
                _receive.Decrypt(nonce, body[..^16], body[^16..], plain[..(body.Length - 16)]);
                _received++;
                return true;
            }
            catch (CryptographicException)
            {
                return false;
            }
        }

        /// <summary>Seals at most <see cref="MaxPlain"/> bytes; returns the whole record.</summary>
        public byte[] SealRecord(ReadOnlySpan<byte> plain)
        {
            byte[] record = new byte[3 + plain.Length + 16];
            record[0] = 4;
            BinaryPrimitives.WriteUInt16BigEndian(record.AsSpan(1), (ushort)(plain.Length + 16));
            Span<byte> nonce = stackalloc byte[12];
            BinaryPrimitives.WriteUInt64BigEndian(nonce[4..], _sent++);
            _send.Encrypt(nonce, plain, record.AsSpan(3, plain.Length), record.AsSpan(3 + plain.Length, 16));
            return record;
        }

        internal static void PublicKey(byte[] privateKey, byte[] publicKey) => Cipher.X25519Base(privateKey, 0, publicKey, 0);

        private void MixHash(byte[] data)
        {
            byte[] both = new byte[32 + data.Length];
            _hash.CopyTo(both, 0);
            data.CopyTo(both, 32);
            Cipher.Blake2s(both, 0, both.Length, _hash, 0, 32);
        }

        private bool MixDh(byte[] privateKey, byte[] publicKey)
        {
            byte[] secret = new byte[32];
            if (Cipher.X25519(privateKey, 0, publicKey, 0, secret, 0) != 0) return false;
            byte[] output = new byte[64];
            Cipher.Kdf(2, _chain, 0, secret, 0, 32, output, 0);
            Array.Copy(output, 0, _chain, 0, 32);
            Array.Copy(output, 32, _key, 0, 32);
            return true;
        }

        private bool Open(ReadOnlySpan<byte> sealedText, Span<byte> plain)
        {
            try
            {
                using var aead = new ChaCha20Poly1305(_key);
                aead.Decrypt(new byte[12], sealedText[..^16], sealedText[^16..], plain, _hash);
            }
            catch (CryptographicException)
            {
                return false;
            }
            MixHash(sealedText.ToArray());
            return true;
        }

        private void Split()
        {
            byte[] output = new byte[64];
            Cipher.Kdf(2, _chain, 0, Array.Empty<byte>(), 0, 0, output, 0);
            _receive = new ChaCha20Poly1305(output.AsSpan(0, 32)); // client to server
            _send = new ChaCha20Poly1305(output.AsSpan(32, 32));
        }
    }
}
