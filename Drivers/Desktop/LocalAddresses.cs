using System;
using System.Runtime.InteropServices;

namespace MicroLink.Drivers.Desktop
{
    /// <summary>
    /// The addresses of this host's interfaces, by getifaddrs(3): one netlink exchange, well under a millisecond. .NET's NetworkInterface asks for
    /// routes, name servers, leases and speeds too, which took 3 ms of a start three times.
    /// </summary>
    internal static class LocalAddresses
    {
        private const uint FlagUp = 0x1, FlagRunning = 0x40;                    // IFF_*, net/if.h
        private const ushort FamilyInet = 2, FamilyInet6 = 10;                    // AF_*, sys/socket.h

        internal delegate void Visitor(string name, ReadOnlySpan<byte> address);

        /// <summary>Visits each address (4 or 16 bytes) of each interface that is up and has a carrier. Nothing when the kernel does not tell.</summary>
        internal static void Visit(Visitor visitor)
        {
            if (getifaddrs(out IntPtr first) != 0) return;
            try
            {
                for (IntPtr at = first; at != IntPtr.Zero;)
                {
                    Row row = Marshal.PtrToStructure<Row>(at);
                    at = row.Next;
                    bool up = (row.Flags & (FlagUp | FlagRunning)) == (FlagUp | FlagRunning);
                    if (up && row.Address != IntPtr.Zero) VisitRow(visitor, row);
                }
            }
            finally
            {
                freeifaddrs(first);
            }
        }

        // struct sockaddr_in: 0 family | 2 port | 4 address; struct sockaddr_in6: 0 family | 2 port | 4 flow | 8 address | 24 scope.
        private static unsafe void VisitRow(Visitor visitor, Row row)
        {
            byte* socketAddress = (byte*)row.Address;
            ushort family = *(ushort*)socketAddress;
            if (family != FamilyInet && family != FamilyInet6) return;
            string name = Marshal.PtrToStringUTF8(row.Name);
            visitor(name, family == FamilyInet ? new ReadOnlySpan<byte>(socketAddress + 4, 4) : new ReadOnlySpan<byte>(socketAddress + 8, 16));
        }

        /// <summary>struct ifaddrs.</summary>
        [StructLayout(LayoutKind.Sequential)]
        private struct Row
        {
            public IntPtr Next;
            public IntPtr Name;
            public uint Flags;
            public IntPtr Address, NetMask, Broadcast, Data;
        }

        [DllImport("libc")]
        private static extern int getifaddrs(out IntPtr first);

        [DllImport("libc")]
        private static extern void freeifaddrs(IntPtr first);
    }
}
