using MicroLink.Bytes;
using MicroLink.Native;

namespace MicroLink.Stun
{
    /// <summary>
    /// STUN binding messages as Tailscale uses them (protocol.md 7.1 and 7.2). Both directions are here: the node writes requests and
    /// reads responses, the lab's server does the opposite.
    /// <code>
    /// request, always 40 bytes              response to an IPv4 (32 bytes) or IPv6 (44 bytes) client
    ///  0 00 01        binding request        0 01 01        binding success
    ///  2 00 14        20 attribute bytes     2 00 0c|00 18  attribute bytes
    ///  4 21 12 a4 42  magic cookie           4 21 12 a4 42
    ///  8 TxID[12]     random                 8 TxID[12]     echoed
    /// 20 80 22 00 08  SOFTWARE, first       20 00 20 00 08|00 14   XOR-MAPPED-ADDRESS
    /// 24 "tailnode"                         24 00 01|02     family
    /// 32 80 28 00 04  FINGERPRINT, last     26 port ^ 2112
    /// 36 CRC-32(0..31) ^ 5354554e           28 address[4|16] ^ (cookie || TxID)
    /// </code>
    /// derper ignores any request without exactly these two attributes in these places: it protects itself from being an amplifier.
    /// </summary>
    public static class StunWire
    {
        public const int TxIdLength = 12;
        public const int HeaderLength = 20;
        public const int RequestLength = 40;
        public const int MaxResponseLength = 44;
        /// <summary>Address[16] (IPv4 as v4-mapped) and port, big endian: the form of every endpoint in this project.</summary>
        public const int EndpointLength = 18;
        public const int DefaultPort = 3478;

        public const int Ok = 0, NotStun = -1, WrongType = -2, Malformed = -3, NoAddress = -4,
                         NoSoftware = -5, NoFingerprint = -6, WrongFingerprint = -7, NoRoom = -8;

        private const uint MagicCookie = 0x2112A442;
        private const uint FingerprintXor = 0x5354554E;
        private const int TypeRequest = 0x0001, TypeSuccess = 0x0101;
        private const int AttributeMappedAddress = 0x0001, AttributeXorMappedAddress = 0x0020, AttributeXorMappedAddressOld = 0x8020,
                          AttributeSoftware = 0x8022, AttributeFingerprint = 0x8028;
        private const int FamilyV4 = 1, FamilyV6 = 2;
        private static readonly byte[] Software = { (byte)'t', (byte)'a', (byte)'i', (byte)'l', (byte)'n', (byte)'o', (byte)'d', (byte)'e' };

        /// <summary>Writes a request. Returns its 40 bytes, or <see cref="NoRoom"/>.</summary>
        public static int WriteRequest(byte[] into, int offset, byte[] txId, int txIdOffset)
        {
            if (into.Length - offset < RequestLength) return NoRoom;
            ByteOrder.StoreU16BE(into, offset, TypeRequest);
            ByteOrder.StoreU16BE(into, offset + 2, RequestLength - HeaderLength);
            ByteOrder.StoreU32BE(into, offset + 4, MagicCookie);
            System.Array.Copy(txId, txIdOffset, into, offset + 8, TxIdLength);
            ByteOrder.StoreU16BE(into, offset + 20, AttributeSoftware);
            ByteOrder.StoreU16BE(into, offset + 22, Software.Length);
            System.Array.Copy(Software, 0, into, offset + 24, Software.Length);
            ByteOrder.StoreU16BE(into, offset + 32, AttributeFingerprint);
            ByteOrder.StoreU16BE(into, offset + 34, 4);
            ByteOrder.StoreU32BE(into, offset + 36, Cipher.Crc32(into, offset, 32) ^ FingerprintXor);
            return RequestLength;
        }

        /// <summary>
        /// Server side, strict as derper is: SOFTWARE "tailnode" must be the first attribute and a right FINGERPRINT the last.
        /// Returns <see cref="Ok"/> (the TxID is at offset + 8) or why the request gets no answer.
        /// </summary>
        public static int CheckRequest(byte[] buffer, int offset, int count)
        {
            int code = CheckHeader(buffer, offset, count, TypeRequest);
            if (code != Ok) return code;
            int end = offset + HeaderLength + ByteOrder.LoadU16BE(buffer, offset + 2);
            if (end != offset + count) return Malformed;

            bool software = false, fingerprint = false;
            for (int at = offset + HeaderLength, index = 0; at < end; index++)
            {
                if (fingerprint || end - at < 4) return Malformed;
                int type = ByteOrder.LoadU16BE(buffer, at);
                int length = ByteOrder.LoadU16BE(buffer, at + 2);
                if (Padded(length) > end - at - 4) return Malformed;
                if (type == AttributeSoftware)
                {
                    if (index != 0 || !IsTailnode(buffer, at + 4, length)) return NoSoftware;
                    software = true;
                }
                if (type == AttributeFingerprint)
                {
                    if (length != 4) return WrongFingerprint;
                    uint expected = Cipher.Crc32(buffer, offset, at - offset) ^ FingerprintXor;
                    if (ByteOrder.LoadU32BE(buffer, at + 4) != expected) return WrongFingerprint;
                    fingerprint = true;
                }
                at += 4 + Padded(length);
            }
            if (!software) return NoSoftware;
            return fingerprint ? Ok : NoFingerprint;
        }

        /// <summary>Writes the answer to a request seen from <paramref name="endpoint"/>. Returns 32 or 44 bytes, or <see cref="NoRoom"/>.</summary>
        public static int WriteResponse(byte[] into, int offset, byte[] txId, int txIdOffset, byte[] endpoint, int endpointOffset)
        {
            if (into.Length - offset < MaxResponseLength) return NoRoom;
            bool v4 = NetEndpoint.IsV4(endpoint, endpointOffset);
            int addressLength = v4 ? 4 : 16;
            ByteOrder.StoreU16BE(into, offset, TypeSuccess);
            ByteOrder.StoreU16BE(into, offset + 2, 8 + addressLength);
            ByteOrder.StoreU32BE(into, offset + 4, MagicCookie);
            System.Array.Copy(txId, txIdOffset, into, offset + 8, TxIdLength);
            ByteOrder.StoreU16BE(into, offset + 20, AttributeXorMappedAddress);
            ByteOrder.StoreU16BE(into, offset + 22, 4 + addressLength);
            ByteOrder.StoreU16BE(into, offset + 24, v4 ? FamilyV4 : FamilyV6);
            ByteOrder.StoreU16BE(into, offset + 26, ByteOrder.LoadU16BE(endpoint, endpointOffset + 16) ^ (int)(MagicCookie >> 16));
            int from = endpointOffset + (v4 ? 12 : 0);
            // The mask, cookie || TxID, already stands in the header from byte 4 on.
            for (int i = 0; i < addressLength; i++) into[offset + 28 + i] = (byte)(endpoint[from + i] ^ into[offset + 4 + i]);
            return 28 + addressLength;
        }

        /// <summary>
        /// Reads a success response (the TxID is at offset + 8). Writes the 18-byte endpoint the server saw and returns <see cref="Ok"/>,
        /// else a negative code with nothing written.
        /// </summary>
        public static int ReadResponse(byte[] buffer, int offset, int count, byte[] endpoint, int endpointOffset)
        {
            int code = CheckHeader(buffer, offset, count, TypeSuccess);
            if (code != Ok) return code;
            int end = offset + HeaderLength + ByteOrder.LoadU16BE(buffer, offset + 2);      // what follows is ignored (7.2)
            int plainAt = -1, plainLength = 0;
            for (int at = offset + HeaderLength; at < end;)
            {
                if (end - at < 4) return Malformed;
                int type = ByteOrder.LoadU16BE(buffer, at);
                int length = ByteOrder.LoadU16BE(buffer, at + 2);
                at += 4;
                if (Padded(length) > end - at) return Malformed;
                if (type == AttributeXorMappedAddress || type == AttributeXorMappedAddressOld)
                {
                    return ReadAddress(buffer, at, length, offset, endpoint, endpointOffset);
                }
                // "Fallback MAPPED-ADDRESS 0x0001 only if no XOR attribute" (7.2).
                if (type == AttributeMappedAddress && plainAt < 0) { plainAt = at; plainLength = length; }
                at += Padded(length);
            }
            return plainAt < 0 ? NoAddress : ReadAddress(buffer, plainAt, plainLength, -1, endpoint, endpointOffset);
        }

        /// <summary>At least 20 bytes, the top two bits zero and the cookie in place: the test "is it STUN" of protocol.md 13.1.</summary>
        public static bool IsStun(byte[] buffer, int offset, int count)
        {
            return count >= HeaderLength && (buffer[offset] & 0xC0) == 0 && ByteOrder.LoadU32BE(buffer, offset + 4) == MagicCookie;
        }

        private static int CheckHeader(byte[] buffer, int offset, int count, int type)
        {
            if (!IsStun(buffer, offset, count)) return NotStun;
            if (ByteOrder.LoadU16BE(buffer, offset) != type) return WrongType;
            return ByteOrder.LoadU16BE(buffer, offset + 2) > count - HeaderLength ? Malformed : Ok;
        }

        /// <summary>Attribute value: 0, family, port, address; XORed when <paramref name="message"/> is the start of the message and not -1.</summary>
        private static int ReadAddress(byte[] buffer, int at, int length, int message, byte[] endpoint, int endpointOffset)
        {
            if (length < 8) return Malformed;
            int family = buffer[at + 1];
            int addressLength = family == FamilyV4 ? 4 : family == FamilyV6 ? 16 : 0;
            if (addressLength == 0 || length < 4 + addressLength) return Malformed;

            int port = ByteOrder.LoadU16BE(buffer, at + 2);
            int to = endpointOffset;
            if (family == FamilyV4)
            {
                System.Array.Clear(endpoint, to, 10);
                endpoint[to + 10] = 0xFF;
                endpoint[to + 11] = 0xFF;
                to += 12;
            }
            for (int i = 0; i < addressLength; i++)
            {
                int mask = message < 0 ? 0 : buffer[message + 4 + i];
                endpoint[to + i] = (byte)(buffer[at + 4 + i] ^ mask);
            }
            ByteOrder.StoreU16BE(endpoint, endpointOffset + 16, message < 0 ? port : port ^ (int)(MagicCookie >> 16));
            return Ok;
        }

        private static bool IsTailnode(byte[] buffer, int at, int length)
        {
            if (length != Software.Length) return false;
            for (int i = 0; i < length; i++)
            {
                if (buffer[at + i] != Software[i]) return false;
            }
            return true;
        }

        /// <summary>"value padded to 4" (7.2).</summary>
        private static int Padded(int length)
        {
            return (length + 3) & ~3;
        }
    }
}
