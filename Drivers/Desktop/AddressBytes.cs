using System;
using System.Net;
using System.Net.Sockets;

namespace MicroLink.Drivers.Desktop
{
    /// <summary>Addresses in the project's form: 16 bytes, IPv4 as ::ffff:a.b.c.d.</summary>
    public static class AddressBytes
    {
        public const int Length = 16;

        /// <summary>Our own TUN device, whatever its addresses are: no peer reaches us there. Set by TunDevice, null = none.</summary>
        internal static volatile string TunnelName;

        public static byte[] Of(IPAddress[] addresses)
        {
            byte[] all = new byte[addresses.Length * Length];
            for (int i = 0; i < addresses.Length; i++) Write(addresses[i], all, i * Length);
            return all;
        }

        public static void Write(IPAddress address, byte[] into, int offset)
        {
            address.MapToIPv6().GetAddressBytes().CopyTo(into, offset);
        }

        public static IPAddress Read(byte[] from, int offset)
        {
            IPAddress address = new IPAddress(from.AsSpan(offset, Length));
            return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        }

        /// <summary>
        /// Addresses of the interfaces that are up, without loopback unless there is nothing else (protocol.md 6.8 row 7), without IPv6
        /// link-local (it needs a scope that a peer does not know) and without the tunnel's own 100.64.0.0/10 and fd7a:115c:a1e0::/48.
        /// </summary>
        /// <returns>How many were written; never more than fit.</returns>
        public static int WriteLocal(byte[] into, int offset)
        {
            int count = 0;
            count += WriteInterfaces(into, offset, false);
            if (count == 0) count += WriteInterfaces(into, offset, true);
            return count;
        }

        private static int WriteInterfaces(byte[] into, int offset, bool loopback)
        {
            int count = 0;
            LocalAddresses.Visit((name, bytes) =>
            {
                IPAddress address = new IPAddress(bytes);
                if (name == TunnelName || IPAddress.IsLoopback(address) != loopback || !IsUsable(address)) return;
                int at = offset + count * Length;
                if (at + Length > into.Length) return;
                Write(address, into, at);
                count++;
            });
            return count;
        }

        private static bool IsUsable(IPAddress address)
        {
            byte[] bytes = address.GetAddressBytes();
            if (address.AddressFamily == AddressFamily.InterNetwork) return !(bytes[0] == 100 && (bytes[1] & 0xC0) == 64);
            if (address.IsIPv6LinkLocal) return false;
            return !(bytes[0] == 0xFD && bytes[1] == 0x7A && bytes[2] == 0x11 && bytes[3] == 0x5C && bytes[4] == 0xA1 && bytes[5] == 0xE0);
        }
    }
}
