using MicroLink.Bytes;

namespace MicroLink.Clock
{
    /// <summary>
    /// One packet of SNTP version 4 (RFC 4330 section 4; the header of RFC 5905), 48 bytes, all numbers big endian:
    /// <code>
    ///   0  leap u2 | version u3 | mode u3     3 = client, 4 = server; leap 3 = the server's own clock is not set
    ///   1  stratum u8                         0 = kiss of death, 1..15 = a clock
    ///   4  root delay, 8 root dispersion      16.16 seconds
    ///  24  originate                          what the request had as its transmit time stamp: our nonce
    ///  32  receive, 40 transmit               seconds since 1900 u32 | fraction u32
    /// </code>
    /// </summary>
    public static class SntpWire
    {
        public const int Length = 48, NonceLength = 8, Port = 123;

        /// <summary>What a packet is: the answer, somebody's refusal to be asked again, or nothing of ours.</summary>
        public const int Foreign = 0, Answer = 1, Refusal = 2, Unusable = 3;

        private const int OriginateAt = 24, ReceiveAt = 32, TransmitAt = 40;
        private const int Client = 4 << 3 | 3, Server = 4, ModeMask = 7, NotSet = 3, LastStratum = 15;
        /// <summary>1900 to 1970, and how long a 32-bit second counter lasts.</summary>
        private const long EpochSec = 2208988800L, EraSec = 1L << 32;
        /// <summary>Root delay and dispersion above this (16.16 seconds: 16 s) say that the server knows the time only roughly.</summary>
        private const uint MaxRoot = 16u << 16;

        /// <summary>A request. Its transmit time stamp may be anything (RFC 4330 section 5): here it is random, so that nobody can answer who has
        /// not seen it, and nothing in it tells who asks.</summary>
        public static void WriteRequest(byte[] into, byte[] nonce, int nonceAt)
        {
            System.Array.Clear(into, 0, Length);
            into[0] = Client;
            System.Array.Copy(nonce, nonceAt, into, TransmitAt, NonceLength);
        }

        /// <summary>The checks of RFC 4330 section 5. For Answer the two times are Unix milliseconds.</summary>
        public static int Read(byte[] packet, int count, byte[] nonce, int nonceAt, out long receivedMs, out long sentMs)
        {
            receivedMs = 0;
            sentMs = 0;
            if (count < Length || (packet[0] & ModeMask) != Server) return Foreign;
            for (int i = 0; i < NonceLength; i++)
            {
                if (packet[OriginateAt + i] != nonce[nonceAt + i]) return Foreign;
            }
            if (packet[1] == 0) return Refusal;
            int version = packet[0] >> 3 & 7;
            bool good = packet[0] >> 6 != NotSet && version >= 1 && version <= 4 && packet[1] <= LastStratum
                && ByteOrder.LoadU32BE(packet, 4) < MaxRoot && ByteOrder.LoadU32BE(packet, 8) < MaxRoot;
            receivedMs = TimeMs(packet, ReceiveAt);
            sentMs = TimeMs(packet, TransmitAt);
            return good && ByteOrder.LoadU32BE(packet, TransmitAt) != 0 && sentMs >= receivedMs ? Answer : Unusable;
        }

        // RFC 4330 section 3: with the top bit the seconds count from 1900, without it from 7 February 2036.
        private static long TimeMs(byte[] packet, int at)
        {
            long seconds = ByteOrder.LoadU32BE(packet, at);
            if (seconds < EraSec / 2) seconds += EraSec;
            long thousandths = (long)ByteOrder.LoadU32BE(packet, at + 4) * 1000 >> 32;
            return (seconds - EpochSec) * 1000 + thousandths;
        }
    }
}
