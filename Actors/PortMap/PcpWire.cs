using MicroLink.Bytes;

namespace MicroLink.PortMap
{
    /// <summary>
    /// PCP (RFC 6887), NAT-PMP's successor on the same port. Only opcode MAP, for UDP. Big endian.
    /// <code>
    ///  request  | ver 2 | op 1 | 0 0 | lifetime s u32 | client address[16] |                                24 bytes, then MAP:
    ///  answer   | ver 2 | op 129 | 0 | result u8 | lifetime s u32 | epoch s u32 | 0[12] |                   24 bytes, then MAP:
    ///  MAP      | nonce[12] | protocol 17 | 0[3] | internal port u16 | external port u16 | external address[16] |  36 bytes
    /// </code>
    /// </summary>
    public static class PcpWire
    {
        public const int MapLength = 60, NonceLength = 12;
        public const int Version = 2;
        /// <summary>"UNSUPP_VERSION": what a gateway that knows only NAT-PMP or a newer PCP answers (section 9).</summary>
        public const int UnsupportedVersion = 1;

        private const int OpMap = 1, Answer = 128, Udp = 17;
        private const int HeaderLength = 24;

        /// <param name="client">Our address as the gateway sees it, 16 bytes: it must be the source of the datagram (section 8.1).</param>
        /// <param name="lifetimeSec">0 = take the mapping away.</param>
        public static int WriteMap(byte[] into, int offset, byte[] client, byte[] nonce, int internalPort, int suggestedPort, int lifetimeSec)
        {
            System.Array.Clear(into, offset, MapLength);
            into[offset] = Version;
            into[offset + 1] = OpMap;
            ByteOrder.StoreU32BE(into, offset + 4, (uint)lifetimeSec);
            System.Array.Copy(client, 0, into, offset + 8, 16);
            int at = offset + HeaderLength;
            System.Array.Copy(nonce, 0, into, at, NonceLength);
            into[at + 12] = Udp;
            ByteOrder.StoreU16BE(into, at + 16, (ushort)internalPort);
            ByteOrder.StoreU16BE(into, at + 18, (ushort)suggestedPort);
            // "Suggested external address: all zeros of the family, v4-mapped for IPv4" (section 11.1).
            into[at + 30] = into[at + 31] = 0xff;
            return MapLength;
        }

        /// <summary>Is this a PCP answer of any kind, and what is its result code? NAT-PMP gateways answer with version 0.</summary>
        public static bool ReadResult(byte[] packet, int offset, int count, out int result, out int lifetimeSec, out uint epochSec)
        {
            result = lifetimeSec = 0;
            epochSec = 0;
            if (count < HeaderLength || packet[offset] != Version || (packet[offset + 1] & Answer) == 0) return false;
            result = packet[offset + 3];
            lifetimeSec = NatPmpWire.Lifetime(ByteOrder.LoadU32BE(packet, offset + 4));
            epochSec = ByteOrder.LoadU32BE(packet, offset + 8);
            return true;
        }

        /// <summary>The MAP part of a good answer; "nonce, protocol and internal port must be those of the request" (section 11.4).</summary>
        public static bool ReadMap(byte[] packet, int offset, int count, byte[] nonce, int internalPort, byte[] endpoint)
        {
            if (count < MapLength || packet[offset + 1] != Answer + OpMap) return false;
            int at = offset + HeaderLength;
            for (int i = 0; i < NonceLength; i++)
            {
                if (packet[at + i] != nonce[i]) return false;
            }
            if (packet[at + 12] != Udp || ByteOrder.LoadU16BE(packet, at + 16) != internalPort) return false;
            NetEndpoint.Write(endpoint, 0, packet, at + 20, ByteOrder.LoadU16BE(packet, at + 18));
            return true;
        }
    }
}
