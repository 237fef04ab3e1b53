using MicroLink.Bytes;
using MicroLink.NetMap;
using MicroLink.Store;

namespace MicroLink.Peers
{
    /// <summary>
    /// Every peer of the tailnet: 28 bytes each in the index, the row in the peer store. Coordination writes what control says, before it tells
    /// anybody; all others look up by id, key, disco key, address or name, and get a row of their own. Reading is immediate (flash is
    /// memory mapped, a file is in the page cache); writing to the flash is the store actor's. All actors of a node run on one
    /// thread, so the object is shared without a lock, like the packet plane (docs/adr/0007).
    /// <code>
    ///   address 100.64.3.7 -> index: v4 suffix 0x307 -> positions 17, 903 -> their rows: 903 has it -> row
    /// </code>
    /// </summary>
    public sealed class PeerTable
    {
        private readonly byte[] _record = new byte[PeerLog.RecordBytesMax];
        private readonly byte[] _head = new byte[PeerLog.RecordHeader + StoredPeer.NamesAt];
        private readonly byte[] _row = new byte[StoredPeer.BytesMax];
        private readonly EndpointCache _endpoints;

        /// <param name="index">The one that <paramref name="rows"/> keeps its places in, and the map stream its marks.</param>
        /// <param name="endpointLines">For <see cref="EndpointCache"/>.</param>
        public PeerTable(PeerIndex index, PeerFlash rows, int endpointLines)
        {
            Index = index;
            Rows = rows;
            _endpoints = new EndpointCache(endpointLines);
        }

        public readonly PeerIndex Index;

        public readonly PeerFlash Rows;

        public int Count { get { return Index.Count; } }

        /// <summary>Bytes of everything that is kept of peers here.</summary>
        public int Bytes { get { return Index.Bytes + _endpoints.Bytes + _record.Length + _head.Length + _row.Length; } }

        /// <summary>Known peers whose row did not fit into the store: they cannot be reached unless they are active.</summary>
        public int NotStored
        {
            get
            {
                int missing = 0;
                for (int i = 0; i < Index.Rows; i++)
                    if (Index.Place(i) == PeerIndex.Nowhere) missing++;
                return missing;
            }
        }

        /// <summary>A row can be written now; otherwise the flash has to take what it has first.</summary>
        public bool CanPut { get { return Rows.CanPut; } }

        /// <summary>The disco key that the last change took away from its peer, or null; and whether it gave a new one.</summary>
        public byte[] OldDisco { get; private set; }

        public bool DiscoIsNew { get; private set; }

        // ---- changes ------------------------------------------------------------------------------------------------------------------

        /// <summary>The row as a whole, new or instead of the one there is.</summary>
        public void Upsert(PeerRow row, long nowMs)
        {
            int position = Index.Find(row.Id);
            if (position < 0)
            {
                position = Index.Add(row.Id);
                if (position < 0) return;
                Index.SetMark(position, PeerIndex.Admitted);
                Index.SetExpiry(position, row.KeyExpiryMs, row.Expired);
            }
            CompareDisco(position, row.DiscoKey);
            _endpoints.Set(row.Id, row.IsWireGuardOnly ? null : row.Endpoints);
            SetFacts(position, row);
            Put(row, nowMs);
        }

        /// <summary>The fields that the patch carries; of an unknown peer nothing.</summary>
        public void Patch(PeerRow patch, long nowMs)
        {
            OldDisco = null;
            DiscoIsNew = false;
            int position = Index.Find(patch.Id);
            if (position < 0) return;
            bool plain = (Index.Facts(position) & PeerIndex.WireGuardOnly) != 0;
            int slow = StoredPeer.SlowFields | (plain ? PeerRow.HasEndpoints : 0);
            if ((patch.Fields & PeerRow.HasEndpoints) != 0 && !plain) _endpoints.Set(patch.Id, patch.Endpoints);
            if ((patch.Fields & PeerRow.HasOnline) != 0)
                Index.SetFacts(position, (Index.Facts(position) & ~PeerIndex.OnlineMask) | patch.Online);
            if ((patch.Fields & slow) == 0) return;
            if ((patch.Fields & PeerRow.HasDiscoKey) != 0 && !plain) CompareDisco(position, patch.DiscoKey);
            PeerRow row = RowAt(position);
            if (row == null) return;                            // not stored: the next full list brings it
            row.Apply(patch);
            SetFacts(position, row);
            Put(row, nowMs);
        }

        /// <summary>
        /// The peer itself has told a new disco key inside its tunnel (TSMP 'a'), before control. False when the store has no room now,
        /// and nothing has changed.
        /// </summary>
        public bool SetDisco(long id, byte[] key, long nowMs)
        {
            if (!CanPut || Index.Find(id) < 0) return false;
            Patch(new PeerRow { Id = id, Fields = PeerRow.HasDiscoKey, DiscoKey = key }, nowMs);
            return true;
        }

        /// <summary>The map stream has taken the peer from the index already.</summary>
        public void Remove(long id, long nowMs)
        {
            int position = Index.FindRow(id);
            CompareDisco(position, null);
            _endpoints.Set(id, null);
            if (position >= 0 && Index.IsKnown(position)) Index.RemoveAt(position);
            if (StoredIds.IsPeer(id)) Rows.Remove(id, nowMs);
        }

        // ---- look-ups: positions hold until the next change, -1 = nobody --------------------------------------------------------------

        /// <summary>A copy of the row with all that is known of the peer now; null = unknown, not admitted or not stored.</summary>
        public PeerRow Row(long id)
        {
            int position = Index.Find(id);
            return position < 0 || !Index.IsAdmitted(position) ? null : RowAt(position);
        }

        public bool IsAdmitted(long id)
        {
            int position = Index.Find(id);
            return position >= 0 && Index.IsAdmitted(position);
        }

        public PeerRow RowAt(int position)
        {
            int place = Index.Place(position);
            if (place == PeerIndex.Nowhere) return null;
            int length = Rows.ReadRecord(place, _record, StoredPeer.BytesMax);
            PeerRow row = StoredPeer.Decode(_record, PeerLog.RecordHeader, length);
            if (row == null) return null;
            row.Online = Index.Facts(position) & PeerIndex.OnlineMask;
            row.Expired = (Index.Mark(position) & PeerIndex.ToldExpired) != 0;
            if (!row.IsWireGuardOnly) row.Endpoints = _endpoints.Get(row.Id);
            return row;
        }

        public int FindKey(byte[] key, int offset)
        {
            int prefix = PeerIndex.PrefixOf(key, offset);
            for (int at = Index.NextKey(prefix, 0); at >= 0; at = Index.NextKey(prefix, at + 1))
                if (ReadHead(at) && KeyText.Equal(_head, PeerLog.RecordHeader + StoredPeer.KeyAt, key, offset)) return at;
            return -1;
        }

        /// <summary>The first from a position on. Several peers may have one disco key (protocol.md 6.4).</summary>
        public int FindDisco(byte[] key, int offset, int position)
        {
            int prefix = PeerIndex.PrefixOf(key, offset);
            for (int at = Index.NextDisco(prefix, position); at >= 0; at = Index.NextDisco(prefix, at + 1))
                if (ReadHead(at) && KeyText.Equal(_head, PeerLog.RecordHeader + StoredPeer.DiscoAt, key, offset)) return at;
            return -1;
        }

        /// <summary>Who has exactly this address of 16 bytes.</summary>
        public int FindAddress(byte[] address)
        {
            bool v4 = NetEndpoint.IsV4(address, 0);
            int mask = v4 ? PeerHash.V4Mask : PeerHash.V6Mask;
            int packed = PeerHash.OfAddress(address, 0);
            for (int at = Next(packed, mask, 0); at >= 0; at = Next(packed, mask, at + 1))
            {
                int place = Index.Place(at);
                if (place == PeerIndex.Nowhere) continue;
                int length = Rows.ReadRecord(place, _record, StoredPeer.BytesMax);
                if (StoredPeer.HasAddress(_record, PeerLog.RecordHeader, length, address)) return at;
            }
            return -1;
        }

        /// <summary>Who has this name, in lower case without the last dot: a full one, or (when <paramref name="isShort"/>) the first label.</summary>
        public int FindName(string name, bool isShort)
        {
            int hash = PeerHash.OfName(name);
            for (int at = Index.NextAddress(hash, PeerHash.NameMask, 0, 0); at >= 0; at = Index.NextAddress(hash, PeerHash.NameMask, 0, at + 1))
            {
                PeerRow row = RowAt(at);
                if (row == null || row.Name == null) continue;
                string own = row.Name.ToLower();
                if (own.Length > 0 && own[own.Length - 1] == '.') own = own.Substring(0, own.Length - 1);
                int dot = own.IndexOf('.');
                if (isShort && dot > 0) own = own.Substring(0, dot);
                if (own == name) return at;
            }
            return -1;
        }

        /// <summary>The next subnet router or exit node from a position on.</summary>
        public int NextRouter(int position)
        {
            return Index.NextFact(PeerIndex.HasRoutes, position);
        }

        /// <summary>The disco key of the peer at a position, 32 bytes; null = none.</summary>
        public byte[] DiscoAt(int position)
        {
            if ((Index.Facts(position) & PeerIndex.HasDisco) == 0 || !ReadHead(position)) return null;
            byte[] key = new byte[KeyText.Length];
            System.Array.Copy(_head, PeerLog.RecordHeader + StoredPeer.DiscoAt, key, 0, key.Length);
            return key;
        }

        private int Next(int packed, int mask, int position)
        {
            return Index.NextAddress(packed, mask, PeerIndex.HasMoreAddresses, position);
        }

        private bool ReadHead(int position)
        {
            int place = Index.Place(position);
            return place != PeerIndex.Nowhere && Rows.ReadRecord(place, _head, StoredPeer.NamesAt) >= StoredPeer.NamesAt;
        }

        // ---- what a change writes -----------------------------------------------------------------------------------------------------

        private void CompareDisco(int position, byte[] key)
        {
            OldDisco = null;
            if (key != null && KeyText.IsZero(key, 0)) key = null;
            DiscoIsNew = key != null;
            // A peer that was just taken from the index has lost its facts: its row says whether it had a key.
            bool had = position >= 0 && (!Index.IsKnown(position) || (Index.Facts(position) & PeerIndex.HasDisco) != 0) && ReadHead(position);
            int at = PeerLog.RecordHeader + StoredPeer.DiscoAt;
            if (!had || KeyText.IsZero(_head, at)) return;
            if (key != null && KeyText.Equal(_head, at, key, 0)) DiscoIsNew = false;
            else
            {
                OldDisco = new byte[KeyText.Length];
                System.Array.Copy(_head, at, OldDisco, 0, KeyText.Length);
            }
        }

        private void SetFacts(int position, PeerRow row)
        {
            bool disco = row.DiscoKey != null && !KeyText.IsZero(row.DiscoKey, 0);
            Index.SetKey(position, row.Key == null ? 0 : PeerIndex.PrefixOf(row.Key, 0));
            Index.SetDisco(position, disco ? PeerIndex.PrefixOf(row.DiscoKey, 0) : 0);
            Index.SetAddress(position, PeerHash.OfRow(row, out bool more));
            Index.SetFacts(position, (row.Online & PeerIndex.OnlineMask) | (disco ? PeerIndex.HasDisco : 0)
                | (more ? PeerIndex.HasMoreAddresses : 0) | (PeerHash.HasRoutes(row) ? PeerIndex.HasRoutes : 0)
                | (row.IsWireGuardOnly ? PeerIndex.WireGuardOnly : 0));
        }

        private void Put(PeerRow row, long nowMs)
        {
            if (!StoredIds.IsPeer(row.Id)) return;              // one of the few ids that rows of our own have
            int length = StoredPeer.Encode(row, _row);
            if (length < 0 || !Rows.Put(row.Id, _row, 0, length, nowMs)) Rows.Remove(row.Id, nowMs);   // an old row would lie
        }
    }
}
