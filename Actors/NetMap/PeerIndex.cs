using System;

namespace MicroLink.NetMap
{
    /// <summary>
    /// Which peers control has told us about: packed columns sorted by node id, 13 bytes a peer. It is what turns a full list into
    /// removals of the unlisted, and what tells an unknown id from a known one (protocol.md 4.6).
    /// </summary>
    public sealed class PeerIndex
    {
        /// <summary>Bits of a mark; all are cleared when a message begins.</summary>
        public const int Listed = 1, Upserted = 2;
        /// <summary>A patch of this message has said it: what OnlineChange and PeerSeenChange say behind it does not count.</summary>
        public const int PatchedOnline = 8, PatchedSeen = 16;
        /// <summary>The peer's key has expired and this was told.</summary>
        public const int ToldExpired = 4;

        /// <summary>Memory of one known peer.</summary>
        public const int BytesPerPeer = 13;

        private const int FirstCapacity = 32;

        /// <summary>Map streams so far. Counted here because the index outlives whoever reads them.</summary>
        public int Streams;

        private readonly int _maxPeers;
        private long[] _ids = new long[FirstCapacity];
        private uint[] _expirySec = new uint[FirstCapacity];
        private byte[] _marks = new byte[FirstCapacity];

        /// <summary><paramref name="maxPeers"/>: further peers are refused (1000 without PSRAM, 10000 on the desktop).</summary>
        public PeerIndex(int maxPeers)
        {
            _maxPeers = maxPeers;
        }

        public int Count { get; private set; }

        public long Id(int position) { return _ids[position]; }

        /// <summary>Unix seconds of the key's expiry, 0 = never.</summary>
        public uint ExpirySec(int position) { return _expirySec[position]; }

        public int Mark(int position) { return _marks[position]; }

        /// <summary>Position of a peer, -1 when unknown.</summary>
        public int Find(long id)
        {
            int at = Search(id);
            return at < Count && _ids[at] == id ? at : -1;
        }

        /// <summary>Adds or finds a peer; -1 when the index is full.</summary>
        public int Add(long id)
        {
            int at = Search(id);
            if (at < Count && _ids[at] == id) return at;
            if (Count == _maxPeers) return -1;
            if (Count == _ids.Length) Grow();
            Array.Copy(_ids, at, _ids, at + 1, Count - at);
            Array.Copy(_expirySec, at, _expirySec, at + 1, Count - at);
            Array.Copy(_marks, at, _marks, at + 1, Count - at);
            _ids[at] = id;
            _expirySec[at] = 0;
            _marks[at] = 0;
            Count++;
            return at;
        }

        public void SetMark(int position, int bits) { _marks[position] |= (byte)bits; }

        public void SetExpiry(int position, long unixMs, bool told)
        {
            _expirySec[position] = unixMs <= 0 ? 0 : (uint)((unixMs + 999) / 1000);
            _marks[position] = (byte)(told ? _marks[position] | ToldExpired : _marks[position] & ~ToldExpired);
        }

        public void RemoveAt(int position)
        {
            int behind = Count - position - 1;
            Array.Copy(_ids, position + 1, _ids, position, behind);
            Array.Copy(_expirySec, position + 1, _expirySec, position, behind);
            Array.Copy(_marks, position + 1, _marks, position, behind);
            Count--;
        }

        /// <summary>Clears Listed and Upserted of every peer.</summary>
        public void ClearMarks()
        {
            for (int i = 0; i < Count; i++) _marks[i] &= ToldExpired;
        }

        private int Search(long id)
        {
            // Servers list peers by rising id: the end is tried first.
            if (Count == 0 || _ids[Count - 1] < id) return Count;
            int low = 0;
            int high = Count;
            while (low < high)
            {
                int middle = (low + high) >> 1;
                if (_ids[middle] < id) low = middle + 1;
                else high = middle;
            }
            return low;
        }

        private void Grow()
        {
            int capacity = _ids.Length * 2 < _maxPeers ? _ids.Length * 2 : _maxPeers;
            long[] ids = new long[capacity];
            uint[] expiry = new uint[capacity];
            byte[] marks = new byte[capacity];
            Array.Copy(_ids, ids, Count);
            Array.Copy(_expirySec, expiry, Count);
            Array.Copy(_marks, marks, Count);
            _ids = ids;
            _expirySec = expiry;
            _marks = marks;
        }
    }
}
