using MicroLink.Bytes;

namespace MicroLink.Dns
{
    /// <summary>
    /// DNS messages as far as a small resolver needs them (RFC 1035 section 4; one question, answers of one name).
    /// <code>
    ///  0    2      4         6         8         10        12
    ///  | id | bits | QDCOUNT | ANCOUNT | NSCOUNT | ARCOUNT | question: name | type u16 | class u16 |  records ...
    ///
    ///  bits  QR 8000 | opcode 7800 | AA 0400 | TC 0200 | RD 0100 | RA 0080 | RCODE 000f
    ///  name  length byte (1..63) and that many bytes, repeated, then 0; C0 0C in an answer = the question's name
    ///  record  name | type | class | TTL u32 | length u16 | data
    /// </code>
    /// Everything is big endian. A query is read by <see cref="ReadQuery"/>, which checks every length; an answer is written behind the
    /// copied question by the Write... functions, which return -1 when there is no room.
    /// </summary>
    public static class DnsWire
    {
        // From the specification.
        public const int HeaderLength = 12;
        public const int A = 1, Ns = 2, Soa = 6, Ptr = 12, HInfo = 13, Aaaa = 28, Axfr = 252, Any = 255;
        public const int ClassIn = 1;
        public const int NoError = 0, FormErr = 1, ServFail = 2, NxDomain = 3, NotImp = 4, Refused = 5;
        /// <summary>Largest answer over UDP without EDNS (RFC 1035 section 2.3.4); ours always fit.</summary>
        public const int MaxUdpLength = 512;

        // Of the official client (net/dns/resolver/tsdns.go, protocol.md section 9).
        public const int PositiveTtlSec = 5, NegativeTtlSec = 10;

        /// <summary>TC, "this message was truncated", in the third byte.</summary>
        public const int TruncatedByte2 = 0x02;

        private const int BitResponse = 0x8000, BitAuthoritative = 0x0400, BitRecursionDesired = 0x0100, BitRecursionAvailable = 0x0080;

        /// <summary>
        /// Reads a query. Returns NoError, or what to answer instead (FormErr, NotImp), or -1 when nothing may be answered: too short, or itself
        /// an answer. With FormErr and NotImp only Id and the bits of <paramref name="into"/> hold.
        /// </summary>
        public static int ReadQuery(byte[] packet, int offset, int count, DnsQuestion into)
        {
            into.Clear();
            if (count < HeaderLength) return -1;
            into.Id = ByteOrder.LoadU16BE(packet, offset);
            into.Bits = ByteOrder.LoadU16BE(packet, offset + 2);
            if ((into.Bits & BitResponse) != 0) return -1;
            if ((into.Bits & 0x7800) != 0) return NotImp;
            if (ByteOrder.LoadU16BE(packet, offset + 4) != 1) return FormErr;
            int end = offset + count;
            int at = DnsName.Read(packet, offset + HeaderLength, end, into);
            if (at < 0 || end - at < 4) return FormErr;
            into.Type = ByteOrder.LoadU16BE(packet, at);
            into.Class = ByteOrder.LoadU16BE(packet, at + 2);
            into.WireLength = at + 4 - offset - HeaderLength;
            return NoError;
        }

        /// <summary>Writes a question of ours, recursion wanted, at <paramref name="into"/>[0]. Returns its length, or -1: the name is none.</summary>
        public static int WriteQuery(byte[] into, string name, int type)
        {
            int length = DnsName.WireLength(name);
            if (length < 0 || into.Length < HeaderLength + length + 4) return -1;
            for (int i = 0; i < HeaderLength; i++) into[i] = 0;
            ByteOrder.StoreU16BE(into, 2, BitRecursionDesired);
            into[5] = 1;
            int at = DnsName.Write(into, HeaderLength, name);
            ByteOrder.StoreU16BE(into, at, type);
            ByteOrder.StoreU16BE(into, at + 2, ClassIn);
            return at + 4;
        }

        /// <summary>
        /// Begins an answer at <paramref name="into"/>[0]: header and the question as it was asked (its letters' case is kept, some resolvers
        /// compare it). Returns the position behind it.
        /// </summary>
        public static int WriteHead(byte[] into, DnsQuestion question, byte[] query, int queryOffset, int rcode)
        {
            int bits = BitResponse | BitRecursionAvailable | (question.Bits & BitRecursionDesired) | rcode;
            if (rcode == NoError || rcode == NxDomain) bits |= BitAuthoritative;
            ByteOrder.StoreU16BE(into, 0, question.Id);
            ByteOrder.StoreU16BE(into, 2, bits);
            ByteOrder.StoreU16BE(into, 4, question.WireLength > 0 ? 1 : 0);
            for (int at = 6; at < HeaderLength; at++) into[at] = 0;
            System.Array.Copy(query, queryOffset + HeaderLength, into, HeaderLength, question.WireLength);
            return HeaderLength + question.WireLength;
        }

        /// <summary>Appends an A or AAAA record for the question's name. The address has 16 bytes, IPv4 as v4-mapped.</summary>
        public static int WriteAddress(byte[] into, int at, byte[] address, int addressAt)
        {
            bool v4 = NetEndpoint.IsV4(address, addressAt);
            int length = v4 ? 4 : 16;
            at = WriteRecordHead(into, at, v4 ? A : Aaaa, PositiveTtlSec, length);
            if (at < 0) return -1;
            System.Array.Copy(address, v4 ? addressAt + 12 : addressAt, into, at, length);
            CountOne(into, 6);
            return at + length;
        }

        /// <summary>Appends a PTR record: the question's name points to <paramref name="name"/>, dotted, without the last dot.</summary>
        public static int WritePointer(byte[] into, int at, string name)
        {
            int length = DnsName.WireLength(name);
            if (length < 0) return -1;
            at = WriteRecordHead(into, at, Ptr, PositiveTtlSec, length);
            if (at < 0) return -1;
            CountOne(into, 6);
            return DnsName.Write(into, at, name);
        }

        /// <summary>
        /// Appends the SOA of <paramref name="zone"/> as authority, which lets a cache keep a negative answer for ten seconds (RFC 2308 section 3).
        /// </summary>
        public static int WriteNegative(byte[] into, int at, string zone)
        {
            int zoneLength = DnsName.WireLength(zone);
            if (zoneLength < 0 || into.Length - at < 3 * zoneLength + 10 + 20) return -1;
            at = DnsName.Write(into, at, zone);
            at = WriteTail(into, at, Soa, NegativeTtlSec, 2 * zoneLength + 20);
            at = DnsName.Write(into, at, zone);   // MNAME: ourselves, in this zone
            at = DnsName.Write(into, at, zone);   // RNAME: nobody reads mail for it
            ByteOrder.StoreU32BE(into, at, 1);
            for (int i = 1; i <= 4; i++) ByteOrder.StoreU32BE(into, at + 4 * i, NegativeTtlSec);   // refresh, retry, expire, minimum
            CountOne(into, 8);
            return at + 20;
        }

        private static int WriteRecordHead(byte[] into, int at, int type, int ttlSec, int dataLength)
        {
            if (at < 0 || into.Length - at < 12 + dataLength) return -1;
            into[at] = 0xC0;
            into[at + 1] = HeaderLength;
            return WriteTail(into, at + 2, type, ttlSec, dataLength);
        }

        private static int WriteTail(byte[] into, int at, int type, int ttlSec, int dataLength)
        {
            ByteOrder.StoreU16BE(into, at, type);
            ByteOrder.StoreU16BE(into, at + 2, ClassIn);
            ByteOrder.StoreU32BE(into, at + 4, (uint)ttlSec);
            ByteOrder.StoreU16BE(into, at + 8, dataLength);
            return at + 10;
        }

        private static void CountOne(byte[] into, int at)
        {
            ByteOrder.StoreU16BE(into, at, ByteOrder.LoadU16BE(into, at) + 1);
        }
    }
}
