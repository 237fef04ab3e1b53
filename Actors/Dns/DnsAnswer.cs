using MicroLink.Bytes;

namespace MicroLink.Dns
{
    /// <summary>
    /// What a resolver answered, as far as a look-up needs it: the addresses of the asked kind, wherever in the answer section they stand (behind
    /// aliases, that is). Layout: <see cref="DnsWire"/>.
    /// </summary>
    public static class DnsAnswer
    {
        /// <summary>A look-up takes no more than this.</summary>
        public const int MaxAddresses = 4;
        private const int MostRecords = 64;

        /// <summary>Writes addresses of 16 bytes. Returns how many, 0 also for a denial; -1: the packet is not a whole answer.</summary>
        /// <param name="type"><see cref="DnsWire.A"/> or <see cref="DnsWire.Aaaa"/>.</param>
        /// <param name="into">Room for <see cref="MaxAddresses"/> from the offset.</param>
        public static int ReadAddresses(byte[] packet, int count, int type, byte[] into, int offset)
        {
            if (count < DnsWire.HeaderLength) return -1;
            if ((packet[3] & 15) != 0) return 0;
            int at = DnsWire.HeaderLength, found = 0, records = ByteOrder.LoadU16BE(packet, 6);
            for (int i = ByteOrder.LoadU16BE(packet, 4); i > 0; i--)
            {
                at = SkipName(packet, at, count);
                if (at < 0 || count - at < 4) return -1;
                at += 4;
            }
            for (int i = 0; i < records && i < MostRecords && found < MaxAddresses; i++)
            {
                at = SkipName(packet, at, count);
                if (at < 0 || count - at < 10) return -1;
                int kind = ByteOrder.LoadU16BE(packet, at), length = ByteOrder.LoadU16BE(packet, at + 8);
                bool internet = ByteOrder.LoadU16BE(packet, at + 2) == DnsWire.ClassIn;
                at += 10;
                if (count - at < length) return -1;
                if (internet && kind == type && length == (type == DnsWire.A ? 4 : 16)) Take(packet, at, length, into, offset + 16 * found++);
                at += length;
            }
            return found;
        }

        private static void Take(byte[] packet, int at, int length, byte[] into, int offset)
        {
            for (int i = 0; i < 16; i++) into[offset + i] = 0;
            if (length == 4) into[offset + 10] = into[offset + 11] = 0xff;
            System.Array.Copy(packet, at, into, offset + 16 - length, length);
        }

        /// <summary>A name is labels, then 0 or a pointer of two bytes, which nobody has to follow here.</summary>
        private static int SkipName(byte[] packet, int at, int count)
        {
            while (at < count)
            {
                int length = packet[at];
                if (length == 0) return at + 1;
                if ((length & 0xc0) == 0xc0) return at + 2 <= count ? at + 2 : -1;
                if ((length & 0xc0) != 0) return -1;
                at += 1 + length;
            }
            return -1;
        }
    }
}
