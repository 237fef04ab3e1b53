using System;

namespace MicroLink.Bytes
{
    /// <summary>
    /// Addresses and endpoints as packed bytes, so that a table of them is one array:
    /// <code>
    ///  0                             16     18
    ///  | address[16], IPv6 bytes;     | port |    endpoint, port big endian
    ///  | IPv4 = ::ffff:a.b.c.d        |
    ///  | address[16]                  | bits |    prefix (17 bytes), length in IPv6 bits: 10.0.0.0/8 has 104
    /// </code>
    /// Text is Go's netip form: "1.2.3.4:567", "[2001::1]:789", strict (no leading zeros, no zone). Parsers return false, never throw.
    /// </summary>
    public static class NetEndpoint
    {
        public const int AddressLength = 16;
        public const int PrefixLength = 17;
        public const int Length = 18;

        public static void WriteV4(byte[] into, int at, int a, int b, int c, int d, int port)
        {
            Array.Clear(into, at, 10);
            into[at + 10] = 0xff;
            into[at + 11] = 0xff;
            into[at + 12] = (byte)a;
            into[at + 13] = (byte)b;
            into[at + 14] = (byte)c;
            into[at + 15] = (byte)d;
            ByteOrder.StoreU16BE(into, at + AddressLength, port);
        }

        /// <summary>From the 4 bytes of an IPv4 address.</summary>
        public static void WriteV4(byte[] into, int at, byte[] address, int addressAt, int port)
        {
            WriteV4(into, at, address[addressAt], address[addressAt + 1], address[addressAt + 2], address[addressAt + 3], port);
        }

        /// <summary>From 16 address bytes.</summary>
        public static void Write(byte[] into, int at, byte[] address, int addressAt, int port)
        {
            Array.Copy(address, addressAt, into, at, AddressLength);
            ByteOrder.StoreU16BE(into, at + AddressLength, port);
        }

        public static int Port(byte[] endpoint, int at)
        {
            return ByteOrder.LoadU16BE(endpoint, at + AddressLength);
        }

        public static void SetPort(byte[] endpoint, int at, int port)
        {
            ByteOrder.StoreU16BE(endpoint, at + AddressLength, port);
        }

        public static bool Equal(byte[] a, int aAt, byte[] b, int bAt)
        {
            return SameBytes(a, aAt, b, bAt, Length);
        }

        public static bool AddressEqual(byte[] a, int aAt, byte[] b, int bAt)
        {
            return SameBytes(a, aAt, b, bAt, AddressLength);
        }

        /// <summary>"1.2.3.4:567" or "[2001::1]:789".</summary>
        public static string Format(byte[] endpoint, int at)
        {
            string address = AddressText.Format(endpoint, at);
            return (IsV4(endpoint, at) ? address : "[" + address + "]") + ":" + Port(endpoint, at).ToString();
        }

        public static string FormatAddress(byte[] address, int at)
        {
            return AddressText.Format(address, at);
        }

        /// <summary>"10.0.0.0/8" of 17 bytes.</summary>
        public static string FormatPrefix(byte[] prefix, int at)
        {
            int bits = prefix[at + AddressLength];
            if (IsV4(prefix, at) && bits >= 96) bits -= 96;
            return AddressText.Format(prefix, at) + "/" + bits.ToString();
        }

        /// <summary>Address and port, 18 bytes.</summary>
        public static bool Parse(string text, byte[] into, int at)
        {
            byte[] ascii = AsciiText.ToBytes(text);
            return Parse(ascii, 0, ascii.Length, into, at);
        }

        public static bool Parse(byte[] text, int offset, int count, byte[] into, int at)
        {
            int end = offset + count;
            int colon = end - 1;
            while (colon >= offset && text[colon] != ':') colon--;
            if (colon <= offset || !ParseSmall(text, colon + 1, end - colon - 1, 65535, out int port)) return false;
            bool brackets = text[offset] == '[';
            if (brackets)
            {
                if (text[colon - 1] != ']' || !AddressText.ParseV6(text, offset + 1, colon - offset - 2, into, at)) return false;
            }
            else if (!AddressText.ParseV4(text, offset, colon - offset, into, at))
            {
                return false;
            }
            SetPort(into, at, port);
            return true;
        }

        /// <summary>An address alone, 16 bytes.</summary>
        public static bool ParseAddress(string text, byte[] into, int at)
        {
            byte[] ascii = AsciiText.ToBytes(text);
            return ParseAddress(ascii, 0, ascii.Length, into, at);
        }

        public static bool ParseAddress(byte[] text, int offset, int count, byte[] into, int at)
        {
            if (AsciiText.IndexOf(text, offset, count, ':') >= 0) return AddressText.ParseV6(text, offset, count, into, at);
            return AddressText.ParseV4(text, offset, count, into, at);
        }

        /// <summary>"address/bits" into 17 bytes; the bits behind the length are kept as written.</summary>
        public static bool ParsePrefix(string text, byte[] into, int at)
        {
            byte[] ascii = AsciiText.ToBytes(text);
            return ParsePrefix(ascii, 0, ascii.Length, into, at);
        }

        public static bool ParsePrefix(byte[] text, int offset, int count, byte[] into, int at)
        {
            int slash = AsciiText.IndexOf(text, offset, count, '/');
            if (slash < 0) return false;
            bool v6 = AsciiText.IndexOf(text, offset, slash - offset, ':') >= 0;
            if (!ParseSmall(text, slash + 1, offset + count - slash - 1, v6 ? 128 : 32, out int bits)) return false;
            if (!ParseAddress(text, offset, slash - offset, into, at)) return false;
            into[at + AddressLength] = (byte)(v6 ? bits : bits + 96);
            return true;
        }

        /// <summary>A copy of the 17-byte prefix without the bits behind its length.</summary>
        public static byte[] MaskPrefix(byte[] prefix, int at)
        {
            byte[] masked = new byte[PrefixLength];
            int bits = prefix[at + AddressLength];
            for (int i = 0; i < AddressLength; i++)
            {
                int here = bits - i * 8;
                int mask = here >= 8 ? 0xff : here <= 0 ? 0 : 0xff00 >> here & 0xff;
                masked[i] = (byte)(prefix[at + i] & mask);
            }
            masked[AddressLength] = (byte)bits;
            return masked;
        }

        /// <summary>True when the address lies within the 17-byte prefix.</summary>
        public static bool PrefixContains(byte[] prefix, int prefixAt, byte[] address, int at)
        {
            int bits = prefix[prefixAt + AddressLength];
            int whole = bits / 8;
            if (bits > 128 || !SameBytes(prefix, prefixAt, address, at, whole)) return false;
            int mask = 0xff00 >> (bits & 7) & 0xff;
            return mask == 0 || ((prefix[prefixAt + whole] ^ address[at + whole]) & mask) == 0;
        }

        public static bool IsV4(byte[] address, int at)
        {
            for (int i = 0; i < 10; i++)
            {
                if (address[at + i] != 0) return false;
            }
            return address[at + 10] == 0xff && address[at + 11] == 0xff;
        }

        /// <summary>0.0.0.0 or ::.</summary>
        public static bool IsUnspecified(byte[] address, int at)
        {
            int any = 0;
            for (int i = IsV4(address, at) ? 12 : 0; i < AddressLength; i++) any |= address[at + i];
            return any == 0;
        }

        /// <summary>127.0.0.0/8 or ::1.</summary>
        public static bool IsLoopback(byte[] address, int at)
        {
            if (IsV4(address, at)) return address[at + 12] == 127;
            for (int i = 0; i < 15; i++)
            {
                if (address[at + i] != 0) return false;
            }
            return address[at + 15] == 1;
        }

        /// <summary>RFC 1918 (10/8, 172.16/12, 192.168/16) or RFC 4193 (fc00::/7).</summary>
        public static bool IsPrivate(byte[] address, int at)
        {
            if (!IsV4(address, at)) return (address[at] & 0xfe) == 0xfc;
            int a = address[at + 12], b = address[at + 13];
            return a == 10 || (a == 172 && (b & 0xf0) == 16) || (a == 192 && b == 168);
        }

        /// <summary>169.254.0.0/16 or fe80::/10.</summary>
        public static bool IsLinkLocal(byte[] address, int at)
        {
            if (IsV4(address, at)) return address[at + 12] == 169 && address[at + 13] == 254;
            return address[at] == 0xfe && (address[at + 1] & 0xc0) == 0x80;
        }

        /// <summary>224.0.0.0/4 or ff00::/8.</summary>
        public static bool IsMulticast(byte[] address, int at)
        {
            return IsV4(address, at) ? (address[at + 12] & 0xf0) == 0xe0 : address[at] == 0xff;
        }

        /// <summary>An address inside a tailnet: 100.64.0.0/10 or fd7a:115c:a1e0::/48 (protocol.md 10.1).</summary>
        public static bool IsTailnet(byte[] address, int at)
        {
            if (IsV4(address, at)) return address[at + 12] == 100 && (address[at + 13] & 0xc0) == 64;
            return address[at] == 0xfd && address[at + 1] == 0x7a && address[at + 2] == 0x11 && address[at + 3] == 0x5c
                && address[at + 4] == 0xa1 && address[at + 5] == 0xe0;
        }

        private static bool SameBytes(byte[] a, int aAt, byte[] b, int bAt, int count)
        {
            for (int i = 0; i < count; i++)
            {
                if (a[aAt + i] != b[bAt + i]) return false;
            }
            return true;
        }

        private static bool ParseSmall(byte[] text, int offset, int count, int most, out int value)
        {
            value = 0;
            if (count > 5 || !AsciiText.TryParseNumber(text, offset, count, out long number)) return false;
            if (number > most || (count > 1 && text[offset] == '0')) return false;
            value = (int)number;
            return true;
        }
    }
}
