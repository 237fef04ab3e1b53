using System;
using MicroLink.Bytes;
using MicroLink.Native;

namespace MicroLink.Store
{
    /// <summary>The sectors: reading them at start, filling the tail, emptying the oldest, and what to do with the flash next.</summary>
    public sealed partial class PeerFlash
    {
        /// <summary>The tail, the one that is emptied, two erased ones, and something to hold rows.</summary>
        public const int MinSectors = 6;
        private const int ReservedSectors = 4;
        /// <summary>Value of the place in the sector that is emptied: nothing is left to copy.</summary>
        private const int Emptied = SectorBytes + 1;
        /// <summary>CRC-32 of 4096 bytes 0xFF.</summary>
        private const uint ErasedCrc = 0xF154670A;

        private int _erased;
        private int _newest = -1;
        private int _emptying = -1;
        private int _emptyAt;
        private int _copySector;
        private int _copyEnd;
        private int _opKind;
        private int _opCount;
        private int _opSector;
        private long _flushAtMs = Output.Never;
        private bool _flushNow;
        private long _eraseAtMs;
        private long _retryAtMs = Output.Never;

        /// <summary>Null, or why the flash cannot be written; it is tried again.</summary>
        public string Trouble { get; private set; }

        /// <summary>Bytes of records that may be live: three quarters, so that emptying the oldest sector always gains room.</summary>
        public int Capacity { get { return (_sectorCount - ReservedSectors) * (SectorBytes - SectorHead) / 4 * 3; } }

        public long Deadline
        {
            get
            {
                if (_opKind != FlashOp.None) return Output.Never;
                if (_retryAtMs != Output.Never) return _retryAtMs;
                long erase = WantsErase() ? _eraseAtMs : Output.Never;
                return _flushAtMs < erase ? _flushAtMs : erase;
            }
        }

        public string DeadlineReason { get { return _flushAtMs <= _eraseAtMs ? "peer rows are written" : "a sector is erased"; } }

        /// <summary>The next thing to do with the flash; false while one is under way or none is due. One at a time.</summary>
        public bool PollOp(FlashOp into, long nowMs)
        {
            into.Kind = FlashOp.None;
            if (_opKind != FlashOp.None || (_retryAtMs != Output.Never && nowMs < _retryAtMs)) return false;
            _retryAtMs = Output.Never;
            EmptyOldest(nowMs);
            if (_tailUsed > _tailDone && (_flushNow || nowMs >= _flushAtMs || !HasRoom(PeerLog.RecordBytesMax)))
            {
                Program(into);
                return true;
            }
            if (!WantsErase() || nowMs < _eraseAtMs) return false;
            for (int i = 0; i < _sectorCount && into.Kind != FlashOp.Erase; i++)
            {
                if (_states[i] == Dirty) into.Kind = FlashOp.Erase;
                into.Sector = i;
            }
            _opKind = into.Kind;
            _opSector = into.Sector;
            return true;
        }

        /// <summary>The operation is done, or has failed with one plain sentence.</summary>
        public void HandleOpDone(string error, long nowMs)
        {
            int kind = _opKind;
            _opKind = FlashOp.None;
            Trouble = error;
            if (error != null)
            {
                _retryAtMs = nowMs + RetryMs;
                return;
            }
            if (kind == FlashOp.Program)
            {
                _tailDone += _opCount;
                if (_tailDone == _tailUsed) _flushAtMs = Output.Never;
                _flushNow = _flushNow && _tailDone < _tailUsed;
            }
            else if (kind == FlashOp.Erase)
            {
                _states[_opSector] = Erased;
                _wear[_opSector]++;
                _erased++;
                _eraseAtMs = nowMs + EraseEveryMs;
            }
        }

        /// <summary>At the end: what is not programmed yet, whatever is under way; false when there is nothing.</summary>
        public bool PollRest(FlashOp into)
        {
            if (_tailUsed == _tailDone) return false;
            Program(into);
            if (_opKind == FlashOp.Program) _tailDone = _tailUsed;
            return true;
        }

        /// <summary>Factory reset: the sectors that are not erased, one after the other; -1 = none. Nothing else may follow.</summary>
        public int PollReset()
        {
            _rows.Clear();
            for (int i = 0; i < _sectorCount; i++)
            {
                if (_states[i] == Erased) continue;
                _states[i] = Erased;
                return i;
            }
            return -1;
        }

        private void Program(FlashOp into)
        {
            into.Kind = FlashOp.Program;
            into.Address = _tailSector * SectorBytes + _tailDone;
            into.Bytes = _tail;
            into.Offset = _tailDone;
            into.Count = _tailUsed - _tailDone;
            _opKind = FlashOp.Program;
            _opCount = into.Count;
        }

        // ---- the tail -------------------------------------------------------------------------------------------------------------------

        private bool HasRoom(int count) { return _tailSector >= 0 && _tailUsed + count <= SectorBytes; }

        // Rows leave the last erased sector to the emptying of the oldest.
        private bool CanOpenTail(bool emptying)
        {
            return _tailUsed == _tailDone && _opKind != FlashOp.Program && _erased > (emptying ? 0 : 1);
        }

        // Appends what stands in _record; returns its address, -1 when there is no room now.
        private int Append(int count, bool emptying, long nowMs)
        {
            if (!HasRoom(count))
            {
                if (!CanOpenTail(emptying)) return -1;
                OpenTail();
            }
            int place = _tailSector * SectorBytes + _tailUsed;
            Array.Copy(_record, 0, _tail, _tailUsed, count);
            _tailUsed += count;
            Writes++;
            if (_flushAtMs == Output.Never) _flushAtMs = nowMs + FlushAfterMs;
            return place;
        }

        private void OpenTail()
        {
            // The next erased sector behind the present one: all take their turn.
            int next = (_newest + 1) % _sectorCount;
            while (_states[next] != Erased) next = (next + 1) % _sectorCount;
            _states[next] = Written;
            _erased--;
            _sequences[next] = ++_sequence;
            _newest = next;
            _tailSector = next;
            _tailDone = 0;
            _tailUsed = SectorHead;
            Array.Copy(s_magic, 0, _tail, 0, 4);
            ByteOrder.StoreU32LE(_tail, 4, _sequence);
            ByteOrder.StoreU32LE(_tail, 8, _wear[next]);
            ByteOrder.StoreU32LE(_tail, 12, Cipher.Crc32(_tail, 0, 12));
        }

        // ---- emptying -------------------------------------------------------------------------------------------------------------------

        private bool WantsErase()
        {
            for (int i = 0; i < _sectorCount; i++)
            {
                if (_states[i] == Dirty) return true;
            }
            return false;
        }

        // An eighth is kept erased, so that a burst of changes does not wait for erases.
        private void EmptyOldest(long nowMs)
        {
            int wanted = _sectorCount / 8 < 2 ? 2 : _sectorCount / 8;
            if (_emptying < 0)
            {
                if (_erased >= wanted || WantsErase()) return;
                _emptying = Oldest();
                _emptyAt = SectorHead;
                if (_emptying < 0) return;
            }
            while (_emptyAt < SectorBytes)
            {
                int length = RecordAt(_emptying * SectorBytes + _emptyAt);
                if (length <= 0) break;
                int place = _emptying * SectorBytes + _emptyAt;
                long id = PeerLog.PeerIdOf(_record, 0);
                if (PeerLog.KindOf(_record, 0) == PeerLog.Put && _rows.Place(id) == place)
                {
                    int copy = Append(length, true, nowMs);
                    _flushNow = true;
                    if (copy < 0) return;   // goes on when the tail has been programmed
                    _rows.Set(id, copy);
                }
                _emptyAt += length;
            }
            if (_emptyAt != Emptied)
            {
                _emptyAt = Emptied;
                _copySector = _tailSector;
                _copyEnd = _tailUsed;
            }
            // The copies must be in the flash before their originals go.
            if (_tailSector == _copySector && _tailDone < _copyEnd) _flushNow = true;
            else
            {
                _states[_emptying] = Dirty;
                _emptying = -1;
            }
        }

        private int Oldest()
        {
            int oldest = -1;
            for (int i = 0; i < _sectorCount; i++)
            {
                if (_states[i] == Written && i != _tailSector && (oldest < 0 || _sequences[i] < _sequences[oldest])) oldest = i;
            }
            return oldest;
        }

        // Reads one record into _record; its length, or 0 or less when none is there.
        private int RecordAt(int address)
        {
            int left = SectorBytes - address % SectorBytes;
            int count = left < _record.Length ? left : _record.Length;
            ReadAt(address, _record, 0, count);
            return PeerLog.Check(_record, 0, count);
        }

        // ---- at start -------------------------------------------------------------------------------------------------------------------

        private void Open()
        {
            int used = (_flash.ErasedFrom + SectorBytes - 1) / SectorBytes;
            for (int i = 0; i < used; i++) ReadHead(i);
            for (int i = used; i < _sectorCount; i++) _states[i] = Erased;
            _erased += _sectorCount - used;
            // An erased sector has lost its count; as all take turns, it differs from the others by one at most.
            uint most = (uint)MostWear;
            for (int i = 0; i < _sectorCount; i++)
            {
                if (_states[i] != Written) _wear[i] = most;
            }
            // By rising sequence number: later records win.
            for (int next = NextSector(0); next >= 0; next = NextSector(_sequences[next])) Replay(next);
        }

        private void ReadHead(int sector)
        {
            byte[] bytes = _tail;
            _flash.Read(sector * SectorBytes, bytes, 0, SectorHead);
            bool magic = bytes[0] == s_magic[0] && bytes[1] == s_magic[1] && bytes[2] == s_magic[2] && bytes[3] == s_magic[3];
            if (magic && Cipher.Crc32(bytes, 0, 12) == ByteOrder.LoadU32LE(bytes, 12))
            {
                _states[sector] = Written;
                _sequences[sector] = ByteOrder.LoadU32LE(bytes, 4);
                _wear[sector] = ByteOrder.LoadU32LE(bytes, 8);
                if (_sequences[sector] > _sequence) _sequence = _sequences[sector];
            }
            else if (IsErased(sector))
            {
                _states[sector] = Erased;
                _erased++;
            }
        }

        private int NextSector(uint above)
        {
            int next = -1;
            for (int i = 0; i < _sectorCount; i++)
            {
                if (_states[i] == Written && _sequences[i] > above && (next < 0 || _sequences[i] < _sequences[next])) next = i;
            }
            return next;
        }

        private void Replay(int sector)
        {
            int at = SectorHead;
            while (at < SectorBytes)
            {
                int length = RecordAt(sector * SectorBytes + at);
                if (length <= 0) break;
                long id = PeerLog.PeerIdOf(_record, 0);
                int kind = PeerLog.KindOf(_record, 0);
                int known = _rows.Place(id);
                if (known != RowPlaces.Nowhere && kind != PeerLog.Clear) _liveBytes -= LengthAt(known);
                if (kind == PeerLog.Clear)
                {
                    _rows.Clear();
                    _liveBytes = 0;
                }
                else if (kind == PeerLog.Remove) _rows.Remove(id);
                else if (_rows.CanSet(id))
                {
                    _rows.Set(id, sector * SectorBytes + at);
                    _liveBytes += length;
                }
                at += length;
            }
            // The newest goes on as the tail, unless a write was cut there: then nothing may stand behind the damage.
            if (_sequences[sector] != _sequence) return;
            _newest = sector;
            _flash.Read(sector * SectorBytes, _tail, 0, SectorBytes);
            if (!IsErased(_tail, at)) return;
            _tailSector = sector;
            _tailUsed = at;
            _tailDone = at;
        }

        // By its CRC, in C: this runs for every sector at start.
        private bool IsErased(int sector)
        {
            _flash.Read(sector * SectorBytes, _tail, 0, SectorBytes);
            return Cipher.Crc32(_tail, 0, SectorBytes) == ErasedCrc;
        }

        private static bool IsErased(byte[] bytes, int from)
        {
            for (int i = from; i < SectorBytes; i++)
            {
                if (bytes[i] != 0xFF) return false;
            }
            return true;
        }
    }
}
