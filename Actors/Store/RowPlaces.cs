using System;
using MicroLink.NetMap;

namespace MicroLink.Store
{
    /// <summary>
    /// Where each row of the peer store is. The places of peers are a column of the index of all peers, so that the store costs 4 bytes a peer;
    /// the few other rows (this node, relay regions) have a small table of their own, sorted by id.
    /// </summary>
    internal sealed class RowPlaces
    {
        public const int Nowhere = PeerIndex.Nowhere;

        private readonly PeerIndex _peers;
        private long[] _ids = new long[8];
        private int[] _places = new int[8];
        private int _others;

        public RowPlaces(PeerIndex peers)
        {
            _peers = peers;
            _peers.ForgetPlaces();
        }

        /// <summary>Rows that have a place.</summary>
        public int Count { get; private set; }

        /// <summary>Address of the row's record, Nowhere = it is not stored.</summary>
        public int Place(long id)
        {
            int at = StoredIds.IsPeer(id) ? _peers.FindRow(id) : Search(id);
            if (StoredIds.IsPeer(id)) return at < 0 ? Nowhere : _peers.Place(at);
            return at < _others && _ids[at] == id ? _places[at] : Nowhere;
        }

        /// <summary>There is room for one more row with this id.</summary>
        public bool CanSet(long id) { return !StoredIds.IsPeer(id) || _peers.AddRow(id) >= 0; }

        public void Set(long id, int place)
        {
            if (Place(id) == Nowhere) Count++;
            if (StoredIds.IsPeer(id))
            {
                int position = _peers.AddRow(id);
                if (position >= 0) _peers.SetPlace(position, place);
                else Count--;
                return;
            }
            int at = Search(id);
            if (at == _others || _ids[at] != id)
            {
                if (_others == _ids.Length) Grow();
                Array.Copy(_ids, at, _ids, at + 1, _others - at);
                Array.Copy(_places, at, _places, at + 1, _others - at);
                _ids[at] = id;
                _others++;
            }
            _places[at] = place;
        }

        public void Remove(long id)
        {
            if (Place(id) == Nowhere) return;
            Count--;
            if (StoredIds.IsPeer(id))
            {
                _peers.SetPlace(_peers.FindRow(id), Nowhere);
                return;
            }
            int at = Search(id);
            _others--;
            Array.Copy(_ids, at + 1, _ids, at, _others - at);
            Array.Copy(_places, at + 1, _places, at, _others - at);
        }

        public void Clear()
        {
            Count = 0;
            _others = 0;
            _peers.ForgetPlaces();
        }

        /// <summary>The smallest id with a place above that one; false after the last.</summary>
        public bool Next(long afterId, out long id)
        {
            id = 0;
            if (afterId == long.MaxValue) return false;
            int at = Search(afterId + 1);
            if (at < _others)
            {
                id = _ids[at];
                return true;
            }
            for (int row = _peers.From(afterId + 1); row < _peers.Rows; row++)
            {
                if (_peers.Place(row) == Nowhere) continue;
                id = _peers.Id(row);
                return true;
            }
            return false;
        }

        private int Search(long id)
        {
            int at = 0;
            while (at < _others && _ids[at] < id) at++;
            return at;
        }

        private void Grow()
        {
            long[] ids = new long[_ids.Length * 2];
            int[] places = new int[ids.Length];
            Array.Copy(_ids, ids, _others);
            Array.Copy(_places, places, _others);
            _ids = ids;
            _places = places;
        }
    }
}
