using MicroLink.Native;

namespace MicroLink.PeerApi
{
    /// <summary>Which port the peer API listens on: the same at every start, so that peers' firewalls and notes stay true.</summary>
    public static class PeerApiPort
    {
        /// <summary>Ports to try before any will do.</summary>
        public const int Tries = 8;

        /// <summary>"0x8000 | (CRC32-IEEE(last 3 bytes of the IP) and 0xFFFF)" (protocol.md 10.5), then the ports behind it.</summary>
        /// <param name="address">16 bytes at the offset; of IPv4 the mapped form.</param>
        public static int Choose(byte[] address, int offset, int attempt)
        {
            int first = 0x8000 | (int)(Cipher.Crc32(address, offset + 13, 3) & 0xffff);
            return 0x8000 | (first + attempt & 0x7fff);
        }
    }
}
