using System;
using MicroLink.Bytes;
using MicroLink.Native;
using MicroLink.NetMap;

namespace MicroLink.Store
{
    // The peer store: sectors of 4096 bytes, written in turn, the oldest is emptied and erased first (so all wear alike). Little endian.
    //
    //   sector   0  4  "MLP3"
    //            4  4  sequence number: the larger, the newer
    //            8  4  how often this sector has been erased
    //           12  4  CRC-32 of bytes 0 .. 12
    //           16  .  records (PeerLog.cs), none across the end; then 0xFF
    //
    //   oldest                                        newest (the tail, also in RAM)
    //   [emptying: live records -> tail] [full] [full] [tail: records ... | free]   [erased] [erased]
    //          | all copies programmed, 250 ms since the last erase
    //          +--> erased

    /// <summary>
    /// The slow fields of every known peer as a log in flash (design section 8). A row is written only when it changed (length and CRC of
    /// the stored record say so). A power cut at any byte loses at most what was not programmed yet. RAM: 9 bytes a
    /// sector, one sector, one record; where a row is stands in the index of all peers.
    /// </summary>
    public sealed partial class PeerFlash
    {
        public const int SectorBytes = 4096;
        public const int SectorHead = 16;
        /// <summary>Rows wait this long to be written together.</summary>
        public const int FlushAfterMs = 500;
        /// <summary>At most one erase in this time: one takes 30 to 45 ms, during which a chip may run no code from flash.</summary>
        public const int EraseEveryMs = 250;
        private const int RetryMs = 5000;
        /// <summary>Most rows are shorter: one read is enough.</summary>
        private const int UsualRow = 384;
        private const byte Dirty = 0, Erased = 1, Written = 2;

        private static readonly byte[] s_magic = { 0x4D, 0x4C, 0x50, 0x33 };   // "MLP3"

        private readonly IFlashBytes _flash;
        private readonly int _sectorCount;
        private readonly byte[] _states;
        private readonly uint[] _sequences;
        private readonly uint[] _wear;
        private readonly byte[] _tail = new byte[SectorBytes];
        private readonly byte[] _head = new byte[PeerLog.RecordHeader];
        private readonly byte[] _record = new byte[PeerLog.RecordBytesMax];
        private uint _sequence;
        private int _tailSector = -1;
        private int _tailUsed;
        private int _tailDone;

        private readonly RowPlaces _rows;
        private int _liveBytes;

        public PeerFlash(IFlashBytes flash) : this(flash, new PeerIndex(int.MaxValue)) { }

        /// <param name="peers">Gets the places of the peers' rows.</param>
        public PeerFlash(IFlashBytes flash, PeerIndex peers)
        {
            _flash = flash;
            _rows = new RowPlaces(peers);
            _sectorCount = flash.SectorCount;
            if (_sectorCount < MinSectors) throw new ArgumentException("at least " + MinSectors.ToString() + " sectors");
            _states = new byte[_sectorCount];
            _sequences = new uint[_sectorCount];
            _wear = new uint[_sectorCount];
            Open();
        }

        public int Count { get { return _rows.Count; } }
        /// <summary>Rows that were not stored because the log or the index was full or busy: control sends them again at the next start.</summary>
        public int NotStored { get; private set; }
        /// <summary>Records written since start; for tests and status.</summary>
        public int Writes { get; private set; }

        /// <summary>Erases of the sector that was erased most.</summary>
        public long MostWear
        {
            get
            {
                uint most = 0;
                for (int i = 0; i < _sectorCount; i++)
                {
                    if (_wear[i] > most) most = _wear[i];
                }
                return most;
            }
        }

        /// <summary>Writes the row unless it is stored with the same bytes. At most StoredPeer.BytesMax. False: there is no room.</summary>
        public bool Put(long id, byte[] row, int offset, int count, long nowMs)
        {
            PeerLog.Write(_record, 0, PeerLog.Put, id, row, offset, count);
            int old = _rows.Place(id);
            if (old != RowPlaces.Nowhere && IsSame(old)) return true;
            int freed = old != RowPlaces.Nowhere ? LengthAt(old) : 0;
            int place = -1;
            if (_liveBytes - freed + PeerLog.RecordHeader + count <= Capacity && _rows.CanSet(id)) place = Append(PeerLog.RecordHeader + count, false, nowMs);
            if (place < 0)
            {
                NotStored++;
                return false;
            }
            _liveBytes += PeerLog.RecordHeader + count - freed;
            _rows.Set(id, place);
            return true;
        }

        public void Remove(long id, long nowMs)
        {
            int place = _rows.Place(id);
            if (place == RowPlaces.Nowhere) return;
            PeerLog.Write(_record, 0, PeerLog.Remove, id, _record, 0, 0);
            // When there is no room the row stays, and comes back at the next start: the first full map takes it away again.
            if (Append(PeerLog.RecordHeader, false, nowMs) < 0) return;
            _liveBytes -= LengthAt(place);
            _rows.Remove(id);
        }

        public void Clear(long nowMs)
        {
            PeerLog.Write(_record, 0, PeerLog.Clear, 0, _record, 0, 0);
            if (Count == 0 || Append(PeerLog.RecordHeader, false, nowMs) < 0) return;
            _rows.Clear();
            _liveBytes = 0;
        }

        /// <summary>Copies the row; returns its length, -1 when there is none.</summary>
        public int Get(long id, byte[] into, int offset)
        {
            int place = _rows.Place(id);
            if (place == RowPlaces.Nowhere) return -1;
            int count = LengthAt(place) - PeerLog.RecordHeader;
            ReadAt(place + PeerLog.RecordHeader, into, offset, count);
            return count;
        }

        /// <summary>
        /// The record at a place of the index (the row begins at PeerLog.RecordHeader), as far as <paramref name="most"/> bytes of the row.
        /// Returns the row's whole length.
        /// </summary>
        public int ReadRecord(int place, byte[] into, int most)
        {
            int left = SectorBytes - place % SectorBytes;
            int count = PeerLog.RecordHeader + (most < UsualRow ? most : UsualRow);
            if (count > left) count = left;
            ReadAt(place, into, 0, count);
            int length = PeerLog.RowLengthOf(into, 0);
            int end = PeerLog.RecordHeader + (most < length ? most : length);
            if (end > count) ReadAt(place + count, into, count, end - count);
            return length;
        }

        /// <summary>The smallest id above that one; false after the last.</summary>
        public bool Next(long afterId, out long id) { return _rows.Next(afterId, out id); }

        /// <summary>A row of any size can be taken now.</summary>
        public bool CanPut
        {
            get { return HasRoom(PeerLog.RecordBytesMax) || CanOpenTail(false); }
        }

        private bool IsSame(int place)
        {
            ReadAt(place, _head, 0, PeerLog.RecordHeader);
            for (int i = 0; i < PeerLog.RecordHeader; i++)
            {
                if (_head[i] != _record[i]) return false;
            }
            return true;
        }

        private int LengthAt(int place)
        {
            ReadAt(place, _head, 0, PeerLog.RecordHeader);
            return PeerLog.RecordHeader + PeerLog.RowLengthOf(_head, 0);
        }

        // The tail is read in RAM: what is there may not be programmed yet.
        private void ReadAt(int address, byte[] into, int offset, int count)
        {
            if (address / SectorBytes == _tailSector) Array.Copy(_tail, address % SectorBytes, into, offset, count);
            else _flash.Read(address, into, offset, count);
        }
    }
}
