using System;
using MicroLink.Bytes;

namespace MicroLink.Filter
{
    /// <summary>
    /// The address forms of a filter rule (wgengine/filter/tailcfg.go parseIPSet): an address, "*", a CIDR whose host bits are zero, an
    /// inclusive range "a-b". A range here is first[16] last[16] of one family, IPv4 v4-mapped.
    /// </summary>
    internal static class FilterRange
    {
        public const int Length = 32;
        public const int Bad = 0, One = 1, Any = 2;

        /// <summary>One: <paramref name="into"/> holds the range. Any: both families, all addresses.</summary>
        public static int Parse(byte[] text, int offset, int count, byte[] into)
        {
            if (count == 1 && text[offset] == '*') return Any;
            if (AsciiText.IndexOf(text, offset, count, '/') >= 0) return ParseCidr(text, offset, count, into) ? One : Bad;
            int dash = AsciiText.IndexOf(text, offset, count, '-');
            int first = dash < 0 ? count : dash - offset;
            if (!ParseOne(text, offset, first, into, 0)) return Bad;
            if (dash < 0)
            {
                Array.Copy(into, 0, into, 16, 16);
                return One;
            }
            if (!ParseOne(text, dash + 1, offset + count - dash - 1, into, 16)) return Bad;
            bool same = NetEndpoint.IsV4(into, 0) == NetEndpoint.IsV4(into, 16);
            return same && Compare(into, 0, into, 16, 16) <= 0 ? One : Bad;
        }

        public static void All(bool v4, byte[] into)
        {
            for (int i = 0; i < 16; i++)
            {
                into[i] = (byte)(v4 && i >= 10 && i < 12 ? 0xff : 0);
                into[16 + i] = (byte)(v4 && i < 10 ? 0 : 0xff);
            }
        }

        /// <summary>The range of a 17-byte prefix.</summary>
        public static void OfPrefix(byte[] prefix, int at, byte[] into)
        {
            int bits = prefix[at + NetEndpoint.AddressLength];
            for (int i = 0; i < 16; i++)
            {
                int mask = bits >= 8 * (i + 1) ? 0xff : bits <= 8 * i ? 0 : 0xff00 >> (bits - 8 * i) & 0xff;
                into[i] = (byte)(prefix[at + i] & mask);
                into[16 + i] = (byte)(prefix[at + i] & mask | ~mask & 0xff);
            }
        }

        public static int Compare(byte[] a, int aAt, byte[] b, int bAt, int count)
        {
            for (int i = 0; i < count; i++)
            {
                int difference = a[aAt + i] - b[bAt + i];
                if (difference != 0) return difference;
            }
            return 0;
        }

        // An IPv6 text of a v4-mapped address is neither family's: it matches no packet in tailscaled, and would match IPv4 here.
        private static bool ParseOne(byte[] text, int offset, int count, byte[] into, int at)
        {
            bool v6 = AsciiText.IndexOf(text, offset, count, ':') >= 0;
            return NetEndpoint.ParseAddress(text, offset, count, into, at) && NetEndpoint.IsV4(into, at) != v6;
        }

        private static bool ParseCidr(byte[] text, int offset, int count, byte[] into)
        {
            byte[] prefix = new byte[NetEndpoint.PrefixLength];
            bool v6 = AsciiText.IndexOf(text, offset, count, ':') >= 0;
            if (!NetEndpoint.ParsePrefix(text, offset, count, prefix, 0) || NetEndpoint.IsV4(prefix, 0) == v6) return false;
            OfPrefix(prefix, 0, into);
            return Compare(into, 0, prefix, 0, 16) == 0;
        }
    }
}
