using System;
using MicroLink.Bytes;
using MicroLink.NetMap;
using MicroLink.Peers;

namespace MicroLink.Paths
{
    /// <summary>
    /// What path finding has to know of the peers that it deals with now: node id, node key, disco key, endpoints, home relay. A fixed number
    /// of rows, read from the table of all peers when they are asked for; the row that was asked for longest ago makes room. A row number
    /// holds while one message is handled.
    /// </summary>
    public sealed class PeerBook
    {
        private const int KeyLength = 32;

        private readonly PeerTable _table;
        private readonly long[] _ids;
        private readonly byte[] _keys;
        private readonly byte[] _discoKeys;
        private readonly int[] _homes;
        private readonly byte[][] _endpoints;
        private readonly int[] _used;
        private int _turn;

        /// <param name="rows">More than there are path machines: those of other peers come and go.</param>
        public PeerBook(PeerTable table, int rows)
        {
            _table = table;
            _ids = new long[rows];
            _keys = new byte[rows * KeyLength];
            _discoKeys = new byte[rows * KeyLength];
            _homes = new int[rows];
            _endpoints = new byte[rows][];
            _used = new int[rows];
        }

        public PeerTable Table { get { return _table; } }

        /// <summary>The row of a peer; -1 = there is no such peer.</summary>
        public int Find(long id)
        {
            int row = Have(id);
            if (row >= 0) return row;
            PeerRow known = _table.Row(id);
            return known == null ? -1 : Put(known);
        }

        /// <summary>The first row behind <paramref name="start"/> - 1 with this disco key (0 = of all), or -1. Several nodes may share one
        /// (protocol.md 6.4).</summary>
        public int FindDisco(byte[] key, int offset, int start)
        {
            int position = start == 0 ? 0 : _table.Index.From(_ids[start - 1] + 1);
            return RowOf(_table.FindDisco(key, offset, position));
        }

        public int FindKey(byte[] nodeKey, int offset)
        {
            return RowOf(_table.FindKey(nodeKey, offset));
        }

        /// <summary>Takes a whole row over, new or instead of the one there is.</summary>
        public int Put(PeerRow from)
        {
            int row = Have(from.Id);
            if (row < 0) row = Oldest();
            _ids[row] = from.Id;
            Array.Clear(_keys, row * KeyLength, KeyLength);
            Update(row, from, true);
            SetDisco(row, from.DiscoKey);
            Touch(row);
            return row;
        }

        public void Forget(long id)
        {
            int row = Have(id);
            if (row < 0) return;
            _ids[row] = 0;
            _used[row] = 0;
            _endpoints[row] = null;
        }

        /// <summary>Takes over what the row of a delta carries, except the disco key: see <see cref="SetDisco"/>.</summary>
        public void Update(int row, PeerRow from, bool all)
        {
            if (from.Key != null && (all || (from.Fields & PeerRow.HasKey) != 0)) Array.Copy(from.Key, 0, _keys, row * KeyLength, KeyLength);
            if (all || (from.Fields & PeerRow.HasEndpoints) != 0) _endpoints[row] = from.Endpoints;
            if (all || (from.Fields & PeerRow.HasHomeRelay) != 0) _homes[row] = from.HomeRelay;
        }

        /// <summary>Null or 32 zero bytes = none.</summary>
        public void SetDisco(int row, byte[] key)
        {
            if (key == null) Array.Clear(_discoKeys, row * KeyLength, KeyLength);
            else Array.Copy(key, 0, _discoKeys, row * KeyLength, KeyLength);
        }

        public bool HasDisco(int row) { return !KeyText.IsZero(_discoKeys, row * KeyLength); }

        /// <summary>Does the row carry this disco key (null = none)?</summary>
        public bool IsDisco(int row, byte[] key)
        {
            if (key == null || KeyText.IsZero(key, 0)) return !HasDisco(row);
            return KeyText.Equal(_discoKeys, row * KeyLength, key, 0);
        }

        public long Id(int row) { return _ids[row]; }
        public byte[] Keys { get { return _keys; } }
        public byte[] DiscoKeys { get { return _discoKeys; } }
        public int KeyAt(int row) { return row * KeyLength; }
        public int Home(int row) { return _homes[row]; }
        /// <summary>18 bytes each; null = none.</summary>
        public byte[] Endpoints(int row) { return _endpoints[row]; }

        /// <summary>The row of a peer if it is here already, else -1.</summary>
        public int Have(long id)
        {
            for (int row = 0; row < _ids.Length; row++)
            {
                if (_ids[row] != id || id == 0) continue;
                Touch(row);
                return row;
            }
            return -1;
        }

        private int RowOf(int position)
        {
            return position < 0 ? -1 : Find(_table.Index.Id(position));
        }

        private void Touch(int row)
        {
            _used[row] = ++_turn;
        }

        private int Oldest()
        {
            int oldest = 0;
            for (int row = 1; row < _ids.Length; row++)
            {
                if (_used[row] - _used[oldest] < 0) oldest = row;
            }
            return oldest;
        }
    }
}
