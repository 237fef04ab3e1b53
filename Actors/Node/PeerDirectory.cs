using MicroLink.Bytes;
using MicroLink.NetMap;
using MicroLink.Peers;
using MicroLink.WireGuard;

namespace MicroLink.Node
{
    /// <summary>
    /// Finds peers for status and for names: rows come from the table of all peers; what only an active peer has (its path, its last
    /// handshake) is kept here for a fixed number of them. One writer (the node actor).
    /// </summary>
    public sealed class PeerDirectory
    {
        private readonly PeerEntry[] _entries;
        private readonly WgRoutes _routes;
        private int _turn;

        /// <param name="entries">More than peers can be active: the others are those that were active last.</param>
        /// <param name="routes">Which routes of a peer count.</param>
        public PeerDirectory(PeerTable table, WgRoutes routes, int entries)
        {
            Table = table;
            _routes = routes;
            _entries = new PeerEntry[entries];
        }

        public readonly PeerTable Table;

        public int Count { get { return Table.Count; } }

        /// <summary>What is known of a peer that is or was active; null = nothing.</summary>
        public PeerEntry Find(long id)
        {
            for (int i = 0; i < _entries.Length; i++)
                if (_entries[i] != null && _entries[i].Id == id) return _entries[i];
            return null;
        }

        /// <summary>The same, made when there is none: the peer without a slot that was active longest ago makes room.</summary>
        public PeerEntry Get(long id)
        {
            PeerEntry entry = Find(id);
            if (entry == null)
            {
                int place = 0;
                for (int i = 0; i < _entries.Length && _entries[place] != null; i++)
                {
                    if (_entries[i] == null || (_entries[i].Slot < 0 && (_entries[place].Slot >= 0 || _entries[i].Used < _entries[place].Used))) place = i;
                }
                entry = new PeerEntry(id);
                _entries[place] = entry;
            }
            entry.Used = ++_turn;
            return entry;
        }

        /// <summary>The peer with this short name, full name (with or without the last dot) or address; null when there is none.</summary>
        public PeerRow Lookup(string nameOrAddress)
        {
            byte[] address = new byte[NetEndpoint.AddressLength];
            if (NetEndpoint.ParseAddress(nameOrAddress, address, 0)) return FindByAddress(address);
            string wanted = NodeText.WithoutLastDot(nameOrAddress).ToLower();
            return FindByFullName(wanted) ?? RowAt(Table.FindName(wanted, true));
        }

        /// <summary>The peer with exactly this name, lower case without the last dot; null when there is none.</summary>
        public PeerRow FindByFullName(string fullName)
        {
            return RowAt(Table.FindName(fullName, false));
        }

        /// <summary>The peer with this address, 16 bytes; null when there is none.</summary>
        public PeerRow FindByAddress(byte[] address)
        {
            return RowAt(Table.FindAddress(address));
        }

        /// <summary>The peer behind which the address is: of the subnet routers and the exit node that the user takes, the longest prefix.</summary>
        public PeerRow FindByRoute(byte[] address)
        {
            PeerRow best = null;
            int bestBits = -1;
            for (int at = Table.NextRouter(0); at >= 0; at = Table.NextRouter(at + 1))
            {
                PeerRow row = RowAt(at);
                byte[] allowed = row == null ? new byte[0] : _routes.Allowed(row);
                for (int i = 0; i + NetEndpoint.PrefixLength <= allowed.Length; i += NetEndpoint.PrefixLength)
                {
                    int bits = allowed[i + NetEndpoint.AddressLength];
                    if (bits <= bestBits || !NetEndpoint.PrefixContains(allowed, i, address, 0)) continue;
                    best = row;
                    bestBits = bits;
                }
            }
            return best;
        }

        private PeerRow RowAt(int position)
        {
            return position < 0 ? null : Table.RowAt(position);
        }
    }
}
