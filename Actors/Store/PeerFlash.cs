using System;
using MicroLink.Bytes;
using MicroLink.Native;

namespace MicroLink.Store
{
    // The peer store: sectors of 4096 bytes, written in turn, the oldest is emptied and erased first (so all wear alike). Little endian.
    //
    //   sector   0  4  "MLP2"
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
    /// the stored record say so). A power cut at any byte loses at most what was not programmed yet. RAM: 12 bytes a row, 9 a sector, one
    /// sector.
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
        private const int FirstRows = 64;
        private const byte Dirty = 0, Erased = 1, Written = 2;

        private static readonly byte[] s_magic = { 0x4D, 0x4C, 0x50, 0x32 };   // "MLP2"

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

        // The rows, sorted by id; places are addresses of records.
        private long[] _ids = new long[FirstRows];
        private int[] _places = new int[FirstRows];
        private int _liveBytes;

        public PeerFlash(IFlashBytes flash)
        {
            _flash = flash;
            _sectorCount = flash.SectorCount;
            if (_sectorCount < MinSectors) throw new ArgumentException("at least " + MinSectors.ToString() + " sectors");
            _states = new byte[_sectorCount];
            _sequences = new uint[_sectorCount];
            _wear = new uint[_sectorCount];
            Open();
        }

        public int Count { get; private set; }
        /// <summary>Rows that were not stored because the log was full or busy: they come from control at the next start.</summary>
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

        /// <summary>Writes the row unless it is stored with the same bytes. At most StoredPeer.BytesMax.</summary>
        public void Put(long id, byte[] row, int offset, int count, long nowMs)
        {
            PeerLog.Write(_record, 0, PeerLog.Put, id, row, offset, count);
            int at = Find(id);
            if (at >= 0 && IsSame(_places[at])) return;
            int freed = at >= 0 ? LengthAt(_places[at]) : 0;
            if (_liveBytes - freed + PeerLog.RecordHeader + count > Capacity)
            {
                NotStored++;
                return;
            }
            int place = Append(PeerLog.RecordHeader + count, false, nowMs);
            if (place < 0)
            {
                NotStored++;
                return;
            }
            _liveBytes += PeerLog.RecordHeader + count - freed;
            Index(id, place);
        }

        public void Remove(long id, long nowMs)
        {
            int at = Find(id);
            if (at < 0) return;
            PeerLog.Write(_record, 0, PeerLog.Remove, id, _record, 0, 0);
            // When there is no room the row stays, and comes back at the next start: the first full map takes it away again.
            if (Append(PeerLog.RecordHeader, false, nowMs) < 0) return;
            _liveBytes -= LengthAt(_places[at]);
            Unindex(at);
        }

        public void Clear(long nowMs)
        {
            PeerLog.Write(_record, 0, PeerLog.Clear, 0, _record, 0, 0);
            if (Count == 0 || Append(PeerLog.RecordHeader, false, nowMs) < 0) return;
            Count = 0;
            _liveBytes = 0;
        }

        /// <summary>Copies the row; returns its length, -1 when there is none.</summary>
        public int Get(long id, byte[] into, int offset)
        {
            int at = Find(id);
            if (at < 0) return -1;
            int count = LengthAt(_places[at]) - PeerLog.RecordHeader;
            ReadAt(_places[at] + PeerLog.RecordHeader, into, offset, count);
            return count;
        }

        /// <summary>The smallest id above that one; false after the last.</summary>
        public bool Next(long afterId, out long id)
        {
            id = 0;
            int at = afterId == long.MaxValue ? Count : Search(afterId + 1);
            if (at >= Count) return false;
            id = _ids[at];
            return true;
        }

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

        // ---- index ----------------------------------------------------------------------------------------------------------------------

        private int Find(long id)
        {
            int at = Search(id);
            return at < Count && _ids[at] == id ? at : -1;
        }

        private int Search(long id)
        {
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

        private void Index(long id, int place)
        {
            int at = Search(id);
            if (at == Count || _ids[at] != id)
            {
                if (Count == _ids.Length) Grow();
                Array.Copy(_ids, at, _ids, at + 1, Count - at);
                Array.Copy(_places, at, _places, at + 1, Count - at);
                _ids[at] = id;
                Count++;
            }
            _places[at] = place;
        }

        private void Unindex(int at)
        {
            Count--;
            Array.Copy(_ids, at + 1, _ids, at, Count - at);
            Array.Copy(_places, at + 1, _places, at, Count - at);
        }

        private void Grow()
        {
            long[] ids = new long[_ids.Length * 2];
            int[] places = new int[ids.Length];
            Array.Copy(_ids, ids, Count);
            Array.Copy(_places, places, Count);
            _ids = ids;
            _places = places;
        }
    }
}
