namespace MicroLink.Native
{
    /// <summary>What may come in, and as what: the packet filter, the rights of peers, the addresses that they know us by.</summary>
    public static partial class DataPlane
    {
        /// <summary>The peer may answer us but not open connections.</summary>
        public const int RightJailed = 1;

        /// <summary>
        /// The compiled packet filter (Actors/Filter/FilterTable.cs); none, and an empty one, lets only answers in. Full when it is longer
        /// than Create made room for, Malformed when it is damaged: then nothing comes in either.
        /// </summary>
        public static int FilterSet(int handle, byte[] table, int count)
        {
            Check(table, 0, count);
            return FilterNative.ml_dp_filter_set(handle, table, 0, count);
        }

        /// <summary>No packet filter: all that a peer sends from its own addresses comes in. For plain WireGuard peers, without a control
        /// server.</summary>
        public static int FilterOff(int handle)
        {
            byte[] table = new byte[16];
            table[0] = (byte)'M';
            table[1] = (byte)'F';
            table[2] = 1;
            table[3] = 1;
            table[8] = 16;
            table[12] = 16;
            return FilterNative.ml_dp_filter_set(handle, table, 0, table.Length);
        }

        /// <summary>Routes that this node advertises, 17 bytes each, at most 64 (else Full): packets for them are let in like those for our
        /// own addresses.</summary>
        public static int SetLocalRoutes(int handle, byte[] prefixes, int count)
        {
            Check(prefixes, 0, count * PrefixLength);
            return FilterNative.ml_dp_set_local_routes(handle, prefixes, 0, count);
        }

        /// <summary>What the peer in the slot may: RightJailed or 0, and bits of the filter's capabilities, which hold for packets from its
        /// own addresses (16 bytes each, at most 2).</summary>
        public static int PeerRights(int handle, int slot, int rights, int capabilities, byte[] addresses, int count)
        {
            Check(addresses, 0, count * AddressLength);
            return FilterNative.ml_dp_peer_rights(handle, slot, rights, capabilities, addresses, 0, count);
        }

        /// <summary>The addresses that the peer in the slot knows us by instead of our own, 16 bytes each: at most one IPv4 (v4-mapped) and one
        /// IPv6; 0 ends it. They are exchanged in every packet, behind the filter on the way out and before it on the way in.</summary>
        public static int PeerMasquerade(int handle, int slot, byte[] addresses, int count)
        {
            Check(addresses, 0, count * AddressLength);
            return FilterNative.ml_dp_peer_masquerade(handle, slot, addresses, 0, count);
        }

        /// <summary>By which addresses, 16 bytes each, does whoever has the peer's address know us: our own, or what control made of them
        /// for that peer. Returns how many.</summary>
        /// <param name="peer">16 bytes, IPv4 as v4-mapped.</param>
        public static int KnownAs(int handle, byte[] peer, byte[] into)
        {
            Check(peer, 0, AddressLength);
            return FilterNative.ml_dp_known_as(handle, peer, 0, into, 0, into.Length);
        }
    }
}
