using System;
using MicroLink.Native;
using MicroLink.NetMap;

namespace MicroLink.NetIo
{
    /// <summary>What the packet filter must know of an active peer: whether it may open connections, and which of the capabilities that the
    /// filter names it has; and as whom it knows us.</summary>
    public static class FilterRights
    {
        private const int MaxOwn = 2;

        public static void Give(int handle, int slot, PeerRow row, string[] capabilities)
        {
            int held = 0, count = row.Addresses == null ? 0 : row.Addresses.Length / DataPlane.PrefixLength;
            if (count > MaxOwn) count = MaxOwn;
            for (int i = 0; i < capabilities.Length; i++)
                if (row.Capabilities != null && Array.IndexOf(row.Capabilities, capabilities[i]) >= 0) held |= 1 << i;
            byte[] own = new byte[count * DataPlane.AddressLength];
            for (int i = 0; i < count; i++)
                Array.Copy(row.Addresses, i * DataPlane.PrefixLength, own, i * DataPlane.AddressLength, DataPlane.AddressLength);
            DataPlane.PeerRights(handle, slot, row.IsJailed ? DataPlane.RightJailed : 0, held, own, count);
        }

        /// <summary>The addresses that the peer knows us by; they stand in the slot before anything is routed to it.</summary>
        public static void GiveMasquerade(int handle, int slot, PeerRow row)
        {
            byte[] addresses = new byte[2 * DataPlane.AddressLength];
            int count = 0;
            if (row.MasqueradeV4 != null) Array.Copy(row.MasqueradeV4, 0, addresses, DataPlane.AddressLength * count++, DataPlane.AddressLength);
            if (row.MasqueradeV6 != null) Array.Copy(row.MasqueradeV6, 0, addresses, DataPlane.AddressLength * count++, DataPlane.AddressLength);
            DataPlane.PeerMasquerade(handle, slot, addresses, count);
        }
    }
}
