namespace MicroLink.NetIo
{
    /// <summary>
    /// The pings that travel inside the tunnel (protocol.md 10.3, 10.4): ICMP echo with no data, identifier and sequence random, and
    /// TSMP 'p' with eight bytes. Addresses are 16 bytes, IPv4 as v4-mapped; both ends must be of one family.
    /// <code>
    /// v4: 45 00 len[2] 0000 0000 40 proto cksum[2] src[4] dst[4]      v6: 60000000 plen[2] next 40 src[16] dst[16]
    /// echo: type 8|128, code 0, checksum[2], id[2], seq[2]            TSMP (protocol 99): 'p' data[8]  ->  'o' data[8] port[2]
    /// </code>
    /// </summary>
    public static class InnerPing
    {
        /// <summary>The longest packet that <see cref="WriteIcmp"/> and <see cref="WriteTsmp"/> make.</summary>
        public const int MaxLength = 40 + 9;
        private const int ProtoIcmp = 1, ProtoIcmp6 = 58, ProtoTsmp = 99, HopLimit = 64;

        /// <summary>Writes an echo request that carries <paramref name="token"/> as identifier and sequence. Returns its length, or -1
        /// when the families differ.</summary>
        public static int WriteIcmp(byte[] into, int offset, byte[] src, int srcOffset, byte[] dst, int dstOffset, int token)
        {
            bool v4 = IsV4Mapped(dst, dstOffset);
            int body = WriteHeader(into, offset, src, srcOffset, dst, dstOffset, v4 ? ProtoIcmp : ProtoIcmp6, 8);
            if (body < 0) return -1;
            into[body] = (byte)(v4 ? 8 : 128);
            into[body + 1] = 0;
            into[body + 2] = 0;
            into[body + 3] = 0;
            StoreToken(into, body + 4, token);
            int sum = 0;
            if (!v4) sum = Sum(into, offset + 8, 32, 8 + ProtoIcmp6);          // RFC 4443 2.3: pseudo header
            int checksum = Fold(Sum(into, body, 8, sum));
            into[body + 2] = (byte)(checksum >> 8);
            into[body + 3] = (byte)checksum;
            return body + 8 - offset;
        }

        /// <summary>Writes a TSMP ping whose first four data bytes are <paramref name="token"/>. Returns its length, or -1 when the
        /// families differ.</summary>
        public static int WriteTsmp(byte[] into, int offset, byte[] src, int srcOffset, byte[] dst, int dstOffset, int token)
        {
            int body = WriteHeader(into, offset, src, srcOffset, dst, dstOffset, ProtoTsmp, 9);
            if (body < 0) return -1;
            into[body] = (byte)'p';
            StoreToken(into, body + 1, token);
            for (int i = 5; i < 9; i++) into[body + i] = 0;
            return body + 9 - offset;
        }

        /// <summary>Reads the token out of an echo reply or TSMP pong. False when the packet is neither.</summary>
        public static bool ReadReply(byte[] packet, int offset, int count, out int token, out bool tsmp)
        {
            token = 0;
            tsmp = false;
            if (count < 20) return false;
            bool v4 = packet[offset] >> 4 == 4;
            int header = v4 ? (packet[offset] & 15) * 4 : 40;
            if (header < 20 || count < header + 8) return false;
            int protocol = v4 ? packet[offset + 9] : packet[offset + 6];
            int body = offset + header;
            if (protocol == ProtoTsmp)
            {
                if (count < header + 9 || packet[body] != 'o') return false;
                tsmp = true;
                token = LoadToken(packet, body + 1);
                return true;
            }
            if (protocol != (v4 ? ProtoIcmp : ProtoIcmp6) || packet[body] != (v4 ? 0 : 129)) return false;
            token = LoadToken(packet, body + 4);
            return true;
        }

        /// <summary>The port of the peer API that a TSMP pong tells; 0 = the peer has none, or does not say.</summary>
        public static int PeerApiPort(byte[] packet, int offset, int count)
        {
            int header = packet[offset] >> 4 == 4 ? (packet[offset] & 15) * 4 : 40;
            return count < header + 11 ? 0 : packet[offset + header + 9] << 8 | packet[offset + header + 10];
        }

        public static bool IsV4Mapped(byte[] address, int offset)
        {
            for (int i = 0; i < 10; i++)
                if (address[offset + i] != 0) return false;
            return address[offset + 10] == 0xff && address[offset + 11] == 0xff;
        }

        private static int WriteHeader(byte[] into, int offset, byte[] src, int srcOffset, byte[] dst, int dstOffset,
                                       int protocol, int bodyLength)
        {
            bool v4 = IsV4Mapped(dst, dstOffset);
            if (IsV4Mapped(src, srcOffset) != v4) return -1;
            for (int i = 0; i < 40; i++) into[offset + i] = 0;
            if (!v4)
            {
                into[offset] = 0x60;
                into[offset + 5] = (byte)bodyLength;
                into[offset + 6] = (byte)protocol;
                into[offset + 7] = HopLimit;
                System.Array.Copy(src, srcOffset, into, offset + 8, 16);
                System.Array.Copy(dst, dstOffset, into, offset + 24, 16);
                return offset + 40;
            }
            into[offset] = 0x45;
            into[offset + 3] = (byte)(20 + bodyLength);
            into[offset + 8] = HopLimit;
            into[offset + 9] = (byte)protocol;
            System.Array.Copy(src, srcOffset + 12, into, offset + 12, 4);
            System.Array.Copy(dst, dstOffset + 12, into, offset + 16, 4);
            int checksum = Fold(Sum(into, offset, 20, 0));
            into[offset + 10] = (byte)(checksum >> 8);
            into[offset + 11] = (byte)checksum;
            return offset + 20;
        }

        // Sums big-endian 16-bit words; counts here are even and small, so the sum cannot overflow.
        private static int Sum(byte[] bytes, int offset, int count, int sum)
        {
            for (int i = 0; i < count; i += 2) sum += bytes[offset + i] << 8 | bytes[offset + i + 1];
            return sum;
        }

        private static int Fold(int sum)
        {
            while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
            return ~sum & 0xffff;
        }

        private static void StoreToken(byte[] into, int offset, int token)
        {
            into[offset] = (byte)(token >> 24);
            into[offset + 1] = (byte)(token >> 16);
            into[offset + 2] = (byte)(token >> 8);
            into[offset + 3] = (byte)token;
        }

        private static int LoadToken(byte[] from, int offset)
        {
            return from[offset] << 24 | from[offset + 1] << 16 | from[offset + 2] << 8 | from[offset + 3];
        }
    }
}
