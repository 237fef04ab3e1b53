using MicroLink.Bytes;
using MicroLink.NetMap;

namespace MicroLink.Peers
{
    /// <summary>
    /// The address column of the index: 11 bits of the IPv4 address, 11 of the IPv6 address, 10 of the name. Of 10 000 peers five have the
    /// same IPv4 bits and ten the same name bits: so many rows are read for a look-up, and none at all for most that nobody has.
    /// </summary>
    internal static class PeerHash
    {
        public const int V4Mask = unchecked((int)0xffe00000), V6Mask = 0x1ffc00, NameMask = 0x3ff;

        private const int V4Shift = 21, V6Shift = 10, Prefix = NetEndpoint.PrefixLength, Address = NetEndpoint.AddressLength;

        /// <summary>The bits of one address in its place of the column.</summary>
        public static int OfAddress(byte[] address, int at)
        {
            int low = (address[at + 13] << 16) | (address[at + 14] << 8) | address[at + 15];
            // IPv4 addresses are dealt out at random or by rising number: the last bits differ. IPv6 ones may differ in higher bits only.
            if (NetEndpoint.IsV4(address, at)) return (low & 0x7ff) << V4Shift;
            int high = (address[at + 10] << 16) | (address[at + 11] << 8) | address[at + 12];
            return ((low ^ (low >> 11) ^ high) & 0x7ff) << V6Shift;
        }

        /// <summary>Of the first label of a name in lower case.</summary>
        public static int OfName(string name)
        {
            int hash = 0;
            for (int i = 0; i < name.Length && name[i] != '.'; i++) hash = hash * 31 + name[i];
            return (hash ^ (hash >> 10) ^ (hash >> 20)) & NameMask;
        }

        /// <summary>The column of a row; <paramref name="more"/>: it has a second address of a family.</summary>
        public static int OfRow(PeerRow row, out bool more)
        {
            int packed = row.Name == null ? 0 : OfName(row.Name.ToLower());
            int v4 = 0, v6 = 0;
            byte[] addresses = row.Addresses;
            for (int at = 0; addresses != null && at + Prefix <= addresses.Length; at += Prefix)
            {
                bool isV4 = NetEndpoint.IsV4(addresses, at);
                if ((isV4 ? v4++ : v6++) == 0) packed |= OfAddress(addresses, at);
            }
            more = v4 > 1 || v6 > 1;
            return packed;
        }

        /// <summary>AllowedIPs hold a prefix that is not one of the addresses.</summary>
        public static bool HasRoutes(PeerRow row)
        {
            byte[] allowed = row.AllowedIps, own = row.Addresses;
            if (allowed == own) return false;
            for (int at = 0; allowed != null && at + Prefix <= allowed.Length; at += Prefix)
                if (allowed[at + Address] != 128 || !Has(own, allowed, at)) return true;
            return false;
        }

        private static bool Has(byte[] own, byte[] address, int at)
        {
            for (int i = 0; own != null && i + Prefix <= own.Length; i += Prefix)
                if (NetEndpoint.AddressEqual(own, i, address, at)) return true;
            return false;
        }
    }
}
