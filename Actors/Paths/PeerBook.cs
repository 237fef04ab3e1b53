using System;
using MicroLink.Bytes;
using MicroLink.NetMap;

namespace MicroLink.Paths
{
    /// <summary>
    /// What path finding has to know about every peer of the tailnet, active or not: node id, node key, disco key, endpoints, home relay.
    /// Packed columns (90 bytes a peer and its endpoints); row numbers move when a peer is removed, ids do not.
    /// </summary>
    public sealed class PeerBook
    {
        private const int KeyLength = 32;

        private long[] _ids = new long[8];
        private byte[] _keys = new byte[8 * KeyLength];
        private byte[] _discoKeys = new byte[8 * KeyLength];
        /// <summary>First four bytes of the disco key, so that a search touches one column.</summary>
        private int[] _discoPrefixes = new int[8];
        private int[] _homes = new int[8];
        private byte[][] _endpoints = new byte[8][];
        private int _count;

        public int Count { get { return _count; } }

        public int Find(long id)
        {
            for (int row = 0; row < _count; row++)
            {
                if (_ids[row] == id) return row;
            }
            return -1;
        }

        /// <summary>The first row from <paramref name="start"/> on with this disco key, or -1. Several nodes may share one (protocol.md 6.4).</summary>
        public int FindDisco(byte[] key, int offset, int start)
        {
            int prefix = (int)ByteOrder.LoadU32LE(key, offset);
            for (int row = start; row < _count; row++)
            {
                if (_discoPrefixes[row] == prefix && HasDisco(row) && KeyText.Equal(_discoKeys, row * KeyLength, key, offset)) return row;
            }
            return -1;
        }

        public int FindKey(byte[] nodeKey, int offset)
        {
            for (int row = 0; row < _count; row++)
            {
                if (KeyText.Equal(_keys, row * KeyLength, nodeKey, offset)) return row;
            }
            return -1;
        }

        public int Add(long id)
        {
            if (_count == _ids.Length) Grow();
            int row = _count++;
            _ids[row] = id;
            _homes[row] = 0;
            _endpoints[row] = null;
            _discoPrefixes[row] = 0;
            Array.Clear(_keys, row * KeyLength, KeyLength);
            Array.Clear(_discoKeys, row * KeyLength, KeyLength);
            return row;
        }

        /// <summary>The last row takes the place of the removed one.</summary>
        public void Remove(int row)
        {
            int last = --_count;
            if (row != last)
            {
                _ids[row] = _ids[last];
                _homes[row] = _homes[last];
                _endpoints[row] = _endpoints[last];
                _discoPrefixes[row] = _discoPrefixes[last];
                Array.Copy(_keys, last * KeyLength, _keys, row * KeyLength, KeyLength);
                Array.Copy(_discoKeys, last * KeyLength, _discoKeys, row * KeyLength, KeyLength);
            }
            _endpoints[last] = null;
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
            _discoPrefixes[row] = (int)ByteOrder.LoadU32LE(_discoKeys, row * KeyLength);
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

        private void Grow()
        {
            int room = _ids.Length * 2;
            long[] ids = new long[room];
            byte[] keys = new byte[room * KeyLength], discoKeys = new byte[room * KeyLength];
            int[] prefixes = new int[room], homes = new int[room];
            byte[][] endpoints = new byte[room][];
            Array.Copy(_ids, ids, _count);
            Array.Copy(_keys, keys, _count * KeyLength);
            Array.Copy(_discoKeys, discoKeys, _count * KeyLength);
            Array.Copy(_discoPrefixes, prefixes, _count);
            Array.Copy(_homes, homes, _count);
            Array.Copy(_endpoints, endpoints, _count);
            _ids = ids;
            _keys = keys;
            _discoKeys = discoKeys;
            _discoPrefixes = prefixes;
            _homes = homes;
            _endpoints = endpoints;
        }
    }
}
