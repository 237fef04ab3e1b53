using MicroLink.Bytes;

namespace MicroLink.PortMap
{
    /// <summary>
    /// NAT-PMP (RFC 6886), spoken with the gateway's UDP port 5351. Big endian.
    /// <code>
    ///  0     1      2          4                 8                10               12
    ///  | ver 0 | op 0 |                                                                             address request
    ///  | ver 0 | op 128 | result u16 | epoch s u32 | public address[4]                              12 bytes
    ///  | ver 0 | op 1 UDP | 0 0 | internal port u16 | suggested port u16 | lifetime s u32           mapping request
    ///  | ver 0 | op 129 | result u16 | epoch s u32 | internal u16 | external u16 | lifetime s u32   16 bytes
    /// </code>
    /// </summary>
    public static class NatPmpWire
    {
        public const int GatewayPort = 5351;
        public const int AddressRequestLength = 2, MapRequestLength = 12;
        public const int Version = 0;

        private const int OpAddress = 0, OpMapUdp = 1, Answer = 128;
        private const int AddressAnswerLength = 12, MapAnswerLength = 16;

        public static int WriteAddressRequest(byte[] into, int offset)
        {
            into[offset] = Version;
            into[offset + 1] = OpAddress;
            return AddressRequestLength;
        }

        /// <summary>A lifetime of 0 takes the mapping away (section 3.4).</summary>
        public static int WriteMapRequest(byte[] into, int offset, int internalPort, int suggestedPort, int lifetimeSec)
        {
            into[offset] = Version;
            into[offset + 1] = OpMapUdp;
            into[offset + 2] = into[offset + 3] = 0;
            ByteOrder.StoreU16BE(into, offset + 4, (ushort)internalPort);
            ByteOrder.StoreU16BE(into, offset + 6, (ushort)suggestedPort);
            ByteOrder.StoreU32BE(into, offset + 8, (uint)lifetimeSec);
            return MapRequestLength;
        }

        /// <summary>An answer to an address request: the gateway's address goes into address[16], v4-mapped.</summary>
        public static bool ReadAddress(byte[] packet, int offset, int count, byte[] address, out int result, out uint epochSec)
        {
            result = 0;
            epochSec = 0;
            if (count < 8 || packet[offset] != Version || packet[offset + 1] != Answer + OpAddress) return false;
            result = ByteOrder.LoadU16BE(packet, offset + 2);
            epochSec = ByteOrder.LoadU32BE(packet, offset + 4);
            if (result != 0) return true;
            if (count < AddressAnswerLength) return false;
            WriteV4(address, packet, offset + 8);
            return true;
        }

        /// <summary>An answer to a mapping request.</summary>
        public static bool ReadMapping(byte[] packet, int offset, int count, out int result, out uint epochSec, out int internalPort,
                                       out int externalPort, out int lifetimeSec)
        {
            result = internalPort = externalPort = lifetimeSec = 0;
            epochSec = 0;
            if (count < 8 || packet[offset] != Version || packet[offset + 1] != Answer + OpMapUdp) return false;
            result = ByteOrder.LoadU16BE(packet, offset + 2);
            epochSec = ByteOrder.LoadU32BE(packet, offset + 4);
            if (result != 0) return true;
            if (count < MapAnswerLength) return false;
            internalPort = ByteOrder.LoadU16BE(packet, offset + 8);
            externalPort = ByteOrder.LoadU16BE(packet, offset + 10);
            lifetimeSec = Lifetime(ByteOrder.LoadU32BE(packet, offset + 12));
            return true;
        }

        /// <summary>At most a day: a gateway must not be able to keep us from asking again.</summary>
        internal static int Lifetime(uint seconds)
        {
            return seconds > 86400 ? 86400 : (int)seconds;
        }

        private static void WriteV4(byte[] address, byte[] from, int at)
        {
            System.Array.Clear(address, 0, 10);
            address[10] = address[11] = 0xff;
            System.Array.Copy(from, at, address, 12, 4);
        }
    }
}
