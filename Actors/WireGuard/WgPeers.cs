using MicroLink.NetMap;
using MicroLink.Peers;

namespace MicroLink.WireGuard
{
    /// <summary>
    /// What the manager knows besides its slots: the table of all peers, what the user wants of them, and the clock. It is made outside of the
    /// manager and handed to it, so that a restarted manager still knows them.
    /// </summary>
    public sealed class WgPeers
    {
        public readonly PeerTable Table;

        public readonly WireGuardClock Clock = new WireGuardClock();

        /// <summary>What the user wants of the peers' routes.</summary>
        public readonly WgRoutes Routes;

        /// <summary>Whom the user wants to talk to.</summary>
        public readonly WgPolicy Policy;

        public WgPeers(PeerTable table) : this(table, new WgRoutes(), new WgPolicy()) { }

        public WgPeers(PeerTable table, WgRoutes routes, WgPolicy policy)
        {
            Table = table;
            Routes = routes;
            Policy = policy;
        }

        /// <summary>A copy of the row of a peer, or null.</summary>
        public PeerRow Find(long peerId) { return Table.Row(peerId); }

        /// <summary>The row with this node key, or null.</summary>
        public PeerRow FindByKey(byte[] key, int offset)
        {
            int position = Table.FindKey(key, offset);
            return position < 0 ? null : Table.RowAt(position);
        }
    }
}
