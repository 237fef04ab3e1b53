using System;
using System.Net;

namespace MicroLink.Drivers.Simulated
{
    /// <summary>
    /// An address and a port, as a value to compare; the wire form is 18 bytes: ::ffff:a.b.c.d, port big endian. The simulated IPv6 internet is
    /// 2001:db8::/96, and its addresses are told apart by their last 32 bits, too.
    /// </summary>
    public readonly record struct SimEndpoint(uint Address, int Port, bool IsSix = false)
    {
        public const int Length = 18;

        public static uint Parse(string address)
        {
            byte[] bytes = IPAddress.Parse(address).GetAddressBytes();
            return (uint)(bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3]);
        }

        private static readonly byte[] s_four = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF };
        private static readonly byte[] s_six = { 0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0 };

        /// <summary>False for addresses that the simulated network does not route.</summary>
        public static bool TryRead(ReadOnlySpan<byte> bytes, out SimEndpoint endpoint)
        {
            endpoint = default;
            bool isSix = bytes.Slice(0, 12).SequenceEqual(s_six);
            if (!isSix && !bytes.Slice(0, 12).SequenceEqual(s_four)) return false;
            uint address = (uint)(bytes[12] << 24 | bytes[13] << 16 | bytes[14] << 8 | bytes[15]);
            endpoint = new SimEndpoint(address, bytes[16] << 8 | bytes[17], isSix);
            return true;
        }

        public void Write(Span<byte> into)
        {
            WriteAddress(Address, into, IsSix);
            into[16] = (byte)(Port >> 8);
            into[17] = (byte)Port;
        }

        public static void WriteAddress(uint address, Span<byte> into, bool isSix = false)
        {
            (isSix ? s_six : s_four).CopyTo(into);
            for (int i = 0; i < 4; i++) into[12 + i] = (byte)(address >> (24 - 8 * i));
        }

        /// <summary>RFC 1918, as all addresses behind a simulated NAT are.</summary>
        public static bool IsPrivate(uint address)
        {
            return address >> 24 == 10 || address >> 20 == 0xAC1 || address >> 16 == 0xC0A8;
        }

        public static string AddressText(uint address)
        {
            return (address >> 24) + "." + (address >> 16 & 255) + "." + (address >> 8 & 255) + "." + (address & 255);
        }

        public static string SixText(uint address)
        {
            return "2001:db8::" + (address >> 16).ToString("x") + ":" + (address & 0xFFFF).ToString("x");
        }

        public override string ToString()
        {
            if (IsSix) return "[" + SixText(Address) + "]:" + Port;
            return AddressText(Address) + ":" + Port;
        }
    }
}
