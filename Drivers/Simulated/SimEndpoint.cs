using System;
using System.Net;

namespace MicroLink.Drivers.Simulated
{
    /// <summary>An IPv4 address and a port, as a value to compare; the wire form is 18 bytes: ::ffff:a.b.c.d, port big endian.</summary>
    public readonly record struct SimEndpoint(uint Address, int Port)
    {
        public const int Length = 18;

        public static uint Parse(string address)
        {
            byte[] bytes = IPAddress.Parse(address).GetAddressBytes();
            return (uint)(bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3]);
        }

        /// <summary>False for IPv6, which the simulated network does not route.</summary>
        public static bool TryRead(ReadOnlySpan<byte> bytes, out SimEndpoint endpoint)
        {
            endpoint = default;
            for (int i = 0; i < 12; i++)
            {
                if (bytes[i] != (i < 10 ? 0 : 0xFF)) return false;
            }
            uint address = (uint)(bytes[12] << 24 | bytes[13] << 16 | bytes[14] << 8 | bytes[15]);
            endpoint = new SimEndpoint(address, bytes[16] << 8 | bytes[17]);
            return true;
        }

        public void Write(Span<byte> into)
        {
            WriteAddress(Address, into);
            into[16] = (byte)(Port >> 8);
            into[17] = (byte)Port;
        }

        public static void WriteAddress(uint address, Span<byte> into)
        {
            into.Slice(0, 10).Clear();
            into[10] = into[11] = 0xFF;
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

        public override string ToString()
        {
            return AddressText(Address) + ":" + Port;
        }
    }
}
