using System;

namespace MicroLink.NetMap
{
    // One peer, 28 bytes in seven columns that are sorted by node id:
    //
    //   id       8   node id
    //   expiry   4   Unix seconds of the key's expiry, 0 = never
    //   place    4   address of the row in the peer store, -1 = not stored
    //   key      4   first 24 bits of the node key    | marks
    //   disco    4   first 24 bits of the disco key   | facts
    //   address  4   v4 suffix 11 | v6 suffix 11 | hash of the name 10
    //
    // A prefix only says where to look: whoever finds one reads the row and compares the whole (Actors/Peers/PeerTable.cs).

    /// <summary>
    /// All that is kept in RAM of a peer that is not active. It turns a full list into removals of the unlisted and tells an unknown id from
    /// a known one (protocol.md 4.6); it holds where the peer store has the row; and it finds a row by key, address or name without reading
    /// more than a few. MapStream writes what control says, the peer store its places; positions move when a peer comes or goes, ids do not.
    /// </summary>
    public sealed class PeerIndex
    {
        /// <summary>Bits of a mark. These five are about the message that is being read and about what was told.</summary>
        public const int Listed = 1, Upserted = 2;
        /// <summary>The peer's key has expired and this was told.</summary>
        public const int ToldExpired = 4;
        /// <summary>A patch of this message has said it: what OnlineChange and PeerSeenChange say behind it does not count.</summary>
        public const int PatchedOnline = 8, PatchedSeen = 16;
        /// <summary>Control, or an earlier start, has told of this peer. Without it the entry is only a row that waits to leave the store.</summary>
        public const int Known = 32;
        /// <summary>Sessions and answers are allowed: not while the first message of a stream may still say that tailnet lock is on.</summary>
        public const int Admitted = 64;

        /// <summary>Bits of a fact. The first two are PeerRow.Online.</summary>
        public const int OnlineMask = 3;
        /// <summary>AllowedIPs hold more than the peer's own addresses: a subnet router or an exit node.</summary>
        public const int HasRoutes = 4;
        /// <summary>More than one address of a family: the suffixes say nothing about the others.</summary>
        public const int HasMoreAddresses = 8;
        public const int HasDisco = 16;
        /// <summary>Its endpoints are in its row.</summary>
        public const int WireGuardOnly = 32;

        /// <summary>Memory of one peer.</summary>
        public const int BytesPerPeer = 28;

        /// <summary>Place of a row that is not stored.</summary>
        public const int Nowhere = -1;

        private const int FirstCapacity = 32;
        private const int PrefixMask = unchecked((int)0xffffff00), LowMask = 255;

        /// <summary>Map streams so far. Counted here because the index outlives whoever reads them.</summary>
        public int Streams;

        private readonly int _maxPeers;
        private long[] _ids = new long[FirstCapacity];
        private uint[] _expirySec = new uint[FirstCapacity];
        private int[] _places = new int[FirstCapacity];
        private int[] _keys = new int[FirstCapacity];
        private int[] _discos = new int[FirstCapacity];
        private int[] _addresses = new int[FirstCapacity];

        /// <summary><paramref name="maxPeers"/>: further peers are refused (1000 without PSRAM, 10000 on the desktop).</summary>
        public PeerIndex(int maxPeers)
        {
            _maxPeers = maxPeers;
        }

        /// <summary>Known peers.</summary>
        public int Count { get; private set; }

        /// <summary>Entries: known peers, and rows that are still in the store. Positions are below it.</summary>
        public int Rows { get; private set; }

        /// <summary>Bytes of all columns as they are now, free room included.</summary>
        public int Bytes { get { return _ids.Length * BytesPerPeer; } }

        public long Id(int position) { return _ids[position]; }

        /// <summary>Unix seconds of the key's expiry, 0 = never.</summary>
        public uint ExpirySec(int position) { return _expirySec[position]; }

        public int Mark(int position) { return _keys[position] & LowMask; }

        public int Facts(int position) { return _discos[position] & LowMask; }

        public int Place(int position) { return _places[position]; }

        public bool IsKnown(int position) { return (_keys[position] & Known) != 0; }

        public bool IsAdmitted(int position) { return (_keys[position] & (Known | Admitted)) == (Known | Admitted); }

        /// <summary>Position of a known peer, -1 when unknown.</summary>
        public int Find(long id)
        {
            int at = FindRow(id);
            return at >= 0 && IsKnown(at) ? at : -1;
        }

        /// <summary>Position of an entry, known or only stored; -1 = none.</summary>
        public int FindRow(long id)
        {
            int at = Search(id);
            return at < Rows && _ids[at] == id ? at : -1;
        }

        /// <summary>Position of the first entry whose id is not below this one; Rows = none.</summary>
        public int From(long id) { return Search(id); }

        /// <summary>Makes a peer known, or finds it; -1 when the index is full.</summary>
        public int Add(long id)
        {
            int at = AddRow(id);
            if (at < 0 || IsKnown(at)) return at;
            _keys[at] = Known;
            _discos[at] = 0;
            _addresses[at] = 0;
            _expirySec[at] = 0;
            Count++;
            return at;
        }

        /// <summary>Adds or finds an entry for a row of the store; -1 when the index is full.</summary>
        public int AddRow(long id)
        {
            int at = Search(id);
            if (at < Rows && _ids[at] == id) return at;
            if (Rows == _maxPeers) return -1;
            if (Rows == _ids.Length) Grow();
            Move(at, at + 1, Rows - at);
            _ids[at] = id;
            _expirySec[at] = 0;
            _places[at] = Nowhere;
            _keys[at] = 0;
            _discos[at] = 0;
            _addresses[at] = 0;
            Rows++;
            return at;
        }

        public void SetMark(int position, int bits) { _keys[position] |= bits; }

        public void SetFacts(int position, int facts) { _discos[position] = (_discos[position] & PrefixMask) | facts; }

        public void SetExpiry(int position, long unixMs, bool told)
        {
            _expirySec[position] = unixMs <= 0 ? 0 : (uint)((unixMs + 999) / 1000);
            if (told) _keys[position] |= ToldExpired;
            else _keys[position] &= ~ToldExpired;
        }

        /// <summary>Where the store has the row; Nowhere when it is gone. An entry that nobody knows and that is not stored goes.</summary>
        public void SetPlace(int position, int place)
        {
            _places[position] = place;
            if (place == Nowhere && !IsKnown(position)) Delete(position);
        }

        /// <summary>The peer is not known any more; the entry stays as long as its row is stored.</summary>
        public void RemoveAt(int position)
        {
            Count--;
            _keys[position] = 0;
            _discos[position] = 0;
            _addresses[position] = 0;
            if (_places[position] == Nowhere) Delete(position);
        }

        /// <summary>The store begins anew: no row has a place any more.</summary>
        public void ForgetPlaces()
        {
            for (int i = Rows - 1; i >= 0; i--) SetPlace(i, Nowhere);
        }

        /// <summary>Clears what is about one message of every peer.</summary>
        public void ClearMarks()
        {
            for (int i = 0; i < Rows; i++) _keys[i] &= PrefixMask | ToldExpired | Known | Admitted;
        }

        /// <summary>Admits every known peer.</summary>
        public void AdmitAll()
        {
            for (int i = 0; i < Rows; i++) if (IsKnown(i)) _keys[i] |= Admitted;
        }

        // ---- prefixes -----------------------------------------------------------------------------------------------------------------

        /// <summary>Prefixes are the first 24 bits, from <see cref="PrefixOf"/>; 0 in the low byte.</summary>
        public void SetKey(int position, int prefix) { _keys[position] = (_keys[position] & LowMask) | prefix; }

        public void SetDisco(int position, int prefix) { _discos[position] = (_discos[position] & LowMask) | prefix; }

        public void SetAddress(int position, int packed) { _addresses[position] = packed; }

        public static int PrefixOf(byte[] key, int offset)
        {
            return (key[offset] << 24) | (key[offset + 1] << 16) | (key[offset + 2] << 8);
        }

        /// <summary>The next admitted peer from a position on whose node key begins so, or -1.</summary>
        public int NextKey(int prefix, int position)
        {
            for (; position < Rows; position++)
                if ((_keys[position] & PrefixMask) == prefix && IsAdmitted(position)) return position;
            return -1;
        }

        /// <summary>The same for disco keys. Several peers may have one (protocol.md 6.4).</summary>
        public int NextDisco(int prefix, int position)
        {
            for (; position < Rows; position++)
                if ((_discos[position] & PrefixMask) == prefix && (_discos[position] & HasDisco) != 0 && IsAdmitted(position)) return position;
            return -1;
        }

        /// <summary>The next admitted peer whose address column equals <paramref name="packed"/> under the mask, or that has one of these
        /// facts; -1 = none.</summary>
        public int NextAddress(int packed, int mask, int facts, int position)
        {
            for (; position < Rows; position++)
                if (((_addresses[position] & mask) == packed || (_discos[position] & facts) != 0) && IsAdmitted(position)) return position;
            return -1;
        }

        /// <summary>The next admitted peer with one of these facts, or -1.</summary>
        public int NextFact(int facts, int position)
        {
            for (; position < Rows; position++)
                if ((_discos[position] & facts) != 0 && IsAdmitted(position)) return position;
            return -1;
        }

        // ---- columns ------------------------------------------------------------------------------------------------------------------

        private int Search(long id)
        {
            // Servers list peers by rising id: the end is tried first.
            if (Rows == 0 || _ids[Rows - 1] < id) return Rows;
            int low = 0;
            int high = Rows;
            while (low < high)
            {
                int middle = (low + high) >> 1;
                if (_ids[middle] < id) low = middle + 1;
                else high = middle;
            }
            return low;
        }

        private void Delete(int position)
        {
            Move(position + 1, position, Rows - position - 1);
            Rows--;
        }

        private void Move(int from, int to, int count)
        {
            Array.Copy(_ids, from, _ids, to, count);
            Array.Copy(_expirySec, from, _expirySec, to, count);
            Array.Copy(_places, from, _places, to, count);
            Array.Copy(_keys, from, _keys, to, count);
            Array.Copy(_discos, from, _discos, to, count);
            Array.Copy(_addresses, from, _addresses, to, count);
        }

        private void Grow()
        {
            int capacity = _ids.Length > _maxPeers / 2 ? _maxPeers : _ids.Length * 2;
            long[] ids = new long[capacity];
            uint[] expiry = new uint[capacity];
            Array.Copy(_ids, ids, Rows);
            Array.Copy(_expirySec, expiry, Rows);
            _ids = ids;
            _expirySec = expiry;
            _places = Larger(_places, capacity);
            _keys = Larger(_keys, capacity);
            _discos = Larger(_discos, capacity);
            _addresses = Larger(_addresses, capacity);
        }

        private int[] Larger(int[] column, int capacity)
        {
            int[] larger = new int[capacity];
            Array.Copy(column, larger, Rows);
            return larger;
        }
    }
}
