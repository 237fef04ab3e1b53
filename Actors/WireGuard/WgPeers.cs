using System;
using MicroLink.Bytes;
using MicroLink.NetMap;

namespace MicroLink.WireGuard
{
    /// <summary>
    /// Every peer of the tailnet, in order of node id, and the clock. It is made outside of the manager and handed to it, so that a restarted
    /// manager still knows them.
    /// </summary>
    public sealed class WgPeers
    {
        public readonly WireGuardClock Clock = new WireGuardClock();

        /// <summary>What the user wants of the peers' routes.</summary>
        public readonly WgRoutes Routes;

        private PeerRow[] _rows = new PeerRow[16];
        private int _count;

        /// <summary>Whom the user wants to talk to.</summary>
        public readonly WgPolicy Policy;

        public WgPeers() : this(new WgRoutes(), new WgPolicy()) { }

        public WgPeers(WgRoutes routes, WgPolicy policy)
        {
            Routes = routes;
            Policy = policy;
        }

        public int Count { get { return _count; } }

        public PeerRow At(int index) { return _rows[index]; }

        /// <summary>The row of a peer, or null.</summary>
        public PeerRow Find(long peerId)
        {
            int at = Search(peerId);
            return at < _count && _rows[at].Id == peerId ? _rows[at] : null;
        }

        /// <summary>The row with this node key, or null. Only for handshakes of peers without a slot, so a walk is good enough.</summary>
        public PeerRow FindByKey(byte[] key, int offset)
        {
            for (int i = 0; i < _count; i++)
            {
                byte[] own = _rows[i].Key;
                if (own != null && KeyText.Equal(own, 0, key, offset)) return _rows[i];
            }
            return null;
        }

        public void Put(PeerRow row)
        {
            int at = Search(row.Id);
            if (at < _count && _rows[at].Id == row.Id)
            {
                _rows[at] = row;
                return;
            }
            if (_count == _rows.Length)
            {
                PeerRow[] larger = new PeerRow[_count * 2];
                Array.Copy(_rows, larger, _count);
                _rows = larger;
            }
            Array.Copy(_rows, at, _rows, at + 1, _count - at);
            _rows[at] = row;
            _count++;
        }

        public void Remove(long peerId)
        {
            int at = Search(peerId);
            if (at == _count || _rows[at].Id != peerId) return;
            _count--;
            Array.Copy(_rows, at + 1, _rows, at, _count - at);
            _rows[_count] = null;
        }

        /// <summary>Index of the first row whose id is not below this one.</summary>
        private int Search(long peerId)
        {
            int low = 0, high = _count;
            while (low < high)
            {
                int middle = (low + high) / 2;
                if (_rows[middle].Id < peerId) low = middle + 1;
                else high = middle;
            }
            return low;
        }
    }
}
