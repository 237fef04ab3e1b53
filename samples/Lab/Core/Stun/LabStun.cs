using System;
using System.Buffers.Binary;
using System.Text;

namespace MicroLink.Lab.Core
{
    /// <summary>
    /// A STUN server as suspicious as derper (protocol.md 7.1, traps 32): it ignores every request whose first attribute is not
    /// SOFTWARE "tailnode", whose last is not FINGERPRINT, or whose CRC is wrong.
    /// <code>
    /// request   00 01 | length | 21 12 A4 42 | txid[12] | 80 22 00 08 "tailnode" | 80 28 00 04 crc32 ^ 5354554E
    /// response  01 01 | length | 21 12 A4 42 | txid[12] | 00 20 length 00 family  port ^ 2112  address ^ (cookie || txid)
    /// </code>
    /// </summary>
    public sealed class LabStun
    {
        public const int MaxResponse = 44;

        private const uint Cookie = 0x2112A442;
        private const uint FingerprintXor = 0x5354554E;

        public long Answered { get; private set; }
        public long Ignored { get; private set; }
        /// <summary>Why the latest ignored datagram was ignored.</summary>
        public string LastReason { get; private set; } = "";

        /// <summary>
        /// Answers one datagram. <paramref name="endpoint18"/> is the source: address[16] (IPv4 as v4-mapped) and port big endian.
        /// Writes into <paramref name="response"/> (at least <see cref="MaxResponse"/> bytes) and returns the length, 0 = no answer.
        /// </summary>
        public int Answer(ReadOnlySpan<byte> datagram, ReadOnlySpan<byte> endpoint18, Span<byte> response)
        {
            string reason = Refuse(datagram);
            if (reason != null)
            {
                Ignored++;
                LastReason = reason;
                return 0;
            }
            Answered++;
            bool v4 = IsMapped(endpoint18);
            int addressLength = v4 ? 4 : 16;
            BinaryPrimitives.WriteUInt16BigEndian(response, 0x0101);
            BinaryPrimitives.WriteUInt16BigEndian(response[2..], (ushort)(8 + addressLength));
            datagram.Slice(4, 16).CopyTo(response[4..]);
            BinaryPrimitives.WriteUInt16BigEndian(response[20..], 0x0020);
            BinaryPrimitives.WriteUInt16BigEndian(response[22..], (ushort)(4 + addressLength));
            response[24] = 0;
            response[25] = (byte)(v4 ? 1 : 2);
            response[26] = (byte)(endpoint18[16] ^ 0x21);
            response[27] = (byte)(endpoint18[17] ^ 0x12);
            for (int i = 0; i < addressLength; i++)
            {
                response[28 + i] = (byte)(endpoint18[16 - addressLength + i] ^ datagram[4 + i]);
            }
            return 28 + addressLength;
        }

        private static string Refuse(ReadOnlySpan<byte> d)
        {
            if (d.Length < 20) return "shorter than a STUN header";
            if (BinaryPrimitives.ReadUInt32BigEndian(d[4..]) != Cookie) return "wrong magic cookie";
            if (d[0] != 0 || d[1] != 1) return "not a binding request";
            int length = BinaryPrimitives.ReadUInt16BigEndian(d[2..]);
            if (length != d.Length - 20) return "length field does not match the datagram";
            int at = 20;
            bool software = false;
            while (at + 4 <= d.Length)
            {
                int type = BinaryPrimitives.ReadUInt16BigEndian(d[at..]);
                int size = BinaryPrimitives.ReadUInt16BigEndian(d[(at + 2)..]);
                if (at + 4 + size > d.Length) return "attribute runs past the end";
                ReadOnlySpan<byte> value = d.Slice(at + 4, size);
                if (at == 20)
                {
                    software = type == 0x8022 && value.SequenceEqual(Encoding.ASCII.GetBytes("tailnode"));
                    if (!software) return "first attribute is not SOFTWARE \"tailnode\"";
                }
                if (type == 0x8028)
                {
                    if (size != 4 || at + 8 != d.Length) return "FINGERPRINT is not the last attribute";
                    uint expected = LabCrc32.Compute(d[..at]) ^ FingerprintXor;
                    return BinaryPrimitives.ReadUInt32BigEndian(value) == expected ? null : "wrong FINGERPRINT";
                }
                at += 4 + (size + 3) / 4 * 4;
            }
            return software ? "no FINGERPRINT" : "no SOFTWARE";
        }

        private static bool IsMapped(ReadOnlySpan<byte> endpoint18)
        {
            return endpoint18[..10].IndexOfAnyExcept((byte)0) < 0 && endpoint18[10] == 0xff && endpoint18[11] == 0xff;
        }
    }

    /// <summary>CRC-32 (IEEE). The server has its own so that an error in ours does not cancel out.</summary>
    internal static class LabCrc32
    {
        public static uint Compute(ReadOnlySpan<byte> bytes)
        {
            uint crc = 0xffffffff;
            foreach (byte b in bytes)
            {
                crc ^= b;
                for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xEDB88320 & (uint)-(int)(crc & 1));
            }
            return ~crc;
        }
    }
}
