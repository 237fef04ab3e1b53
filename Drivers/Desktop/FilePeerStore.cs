using System;
using System.Collections.Generic;
using System.IO;
using MicroLink.Store;

namespace MicroLink.Drivers.Desktop
{
    /// <summary>
    /// Peer rows in memory and in the log "peers.log" (format: Actors/Store/PeerLog.cs), which is compacted when most of it is old. The
    /// rows are a copy of what control sends, so a damaged log costs nothing but time: it is kept aside as "peers.damaged".
    /// </summary>
    public sealed class FilePeerStore : IPeerStore
    {
        private const int CompactAboveBytes = 64 * 1024;
        private const int CompactAboveRatio = 4;

        private readonly object _gate = new object();
        private readonly string _directory;
        private readonly StorageThread _thread;
        private readonly List<long> _ids = new List<long>();
        private readonly Dictionary<long, byte[]> _rows = new Dictionary<long, byte[]>();
        private readonly Dictionary<long, int> _indexes = new Dictionary<long, int>();
        private readonly MemoryStream _pending = new MemoryStream();
        private readonly byte[] _record = new byte[PeerLog.RecordBytesMax];
        private long _liveBytes;

        private bool _isOpen;
        // A write ended half way; used on the storage thread only.
        private bool _broken;

        public FilePeerStore(string directory, StorageThread thread)
        {
            _directory = directory;
            _thread = thread;
        }

        /// <summary>What was wrong with the log at start or at the last write, as one sentence; null when nothing is.</summary>
        public string Note { get; private set; }

        private string LogPath
        {
            get { return Path.Combine(_directory, "peers.log"); }
        }

        /// <summary>
        /// Reads the log; the first use does it too. False with one plain sentence when it cannot be read at all; then rows live in memory
        /// only and nothing is overwritten.
        /// </summary>
        public bool Open(out string error)
        {
            lock (_gate)
            {
                OpenOnce();
                error = _isOpen ? null : Note;
                return _isOpen;
            }
        }

        public int Count
        {
            get
            {
                lock (_gate)
                {
                    OpenOnce();
                    return _ids.Count;
                }
            }
        }

        public void Put(long peerId, byte[] row, int offset, int count)
        {
            if (count > StoredPeer.BytesMax) throw new ArgumentOutOfRangeException(nameof(count));
            lock (_gate)
            {
                OpenOnce();
                ReadOnlySpan<byte> bytes = row.AsSpan(offset, count);
                if (_rows.TryGetValue(peerId, out byte[] old) && bytes.SequenceEqual(old)) return;
                SetRow(peerId, bytes.ToArray());
                Append(PeerLog.Put, peerId, row, offset, count);
            }
        }

        public void Remove(long peerId)
        {
            lock (_gate)
            {
                OpenOnce();
                if (RemoveRow(peerId)) Append(PeerLog.Remove, peerId, null, 0, 0);
            }
        }

        public int Get(long peerId, byte[] into, int offset)
        {
            lock (_gate)
            {
                OpenOnce();
                if (!_rows.TryGetValue(peerId, out byte[] row)) return -1;
                row.CopyTo(into, offset);
                return row.Length;
            }
        }

        public int Read(int index, byte[] into, int offset, out long peerId)
        {
            lock (_gate)
            {
                OpenOnce();
                peerId = 0;
                if (index < 0 || index >= _ids.Count) return -1;
                peerId = _ids[index];
                byte[] row = _rows[peerId];
                row.CopyTo(into, offset);
                return row.Length;
            }
        }

        public void Clear()
        {
            lock (_gate)
            {
                OpenOnce();
                if (_ids.Count == 0) return;
                ClearRows();
                Append(PeerLog.Clear, 0, null, 0, 0);
            }
        }

        public void Flush()
        {
            lock (_gate)
            {
                if (_pending.Length == 0) return;
            }
            _thread.Post(AppendNow);
        }

        /// <summary>Blocks until everything is on the disk. For shutdown and tests; never called by an actor.</summary>
        public void Close()
        {
            Flush();
            _thread.Drain();
        }

        // ---- rows in memory; the caller holds the lock ----------------------------------------------------------------------------------

        private void SetRow(long peerId, byte[] row)
        {
            if (_rows.TryGetValue(peerId, out byte[] old)) _liveBytes -= PeerLog.RecordHeader + old.Length;
            else
            {
                _indexes[peerId] = _ids.Count;
                _ids.Add(peerId);
            }
            _rows[peerId] = row;
            _liveBytes += PeerLog.RecordHeader + row.Length;
        }

        private bool RemoveRow(long peerId)
        {
            if (!_rows.Remove(peerId, out byte[] row)) return false;
            _liveBytes -= PeerLog.RecordHeader + row.Length;
            int index = _indexes[peerId];
            _indexes.Remove(peerId);
            long last = _ids[_ids.Count - 1];
            _ids.RemoveAt(_ids.Count - 1);
            if (last == peerId) return true;
            _ids[index] = last;
            _indexes[last] = index;
            return true;
        }

        private void ClearRows()
        {
            _ids.Clear();
            _rows.Clear();
            _indexes.Clear();
            _liveBytes = 0;
        }

        private void Append(int kind, long peerId, byte[] row, int offset, int count)
        {
            int length = PeerLog.Write(_record, 0, kind, peerId, row, offset, count);
            _pending.Write(_record, 0, length);
        }

        // ---- the log --------------------------------------------------------------------------------------------------------------------

        private void OpenOnce()
        {
            if (_isOpen || Note != null) return;
            try
            {
                Note = StateFiles.PrepareDirectory(_directory);
                if (Note != null) return;
                byte[] bytes = StateFiles.ReadOrNull(LogPath);
                if (bytes == null) bytes = new byte[0];
                int end = Replay(bytes, out bool damaged);
                string aside = damaged ? KeepAside(bytes.Length - end) : null;
                if (damaged || end == 0) Replace(ImageOfRows());
                else if (end < bytes.Length) Truncate(end);
                Note = aside;
                _isOpen = true;
            }
            catch (Exception failure) when (failure is IOException || failure is UnauthorizedAccessException)
            {
                Note = "The peer list in " + _directory + " cannot be used (" + StateFiles.Reason(failure)
                    + "); nothing was changed. Check the permissions of the files.";
            }
        }

        /// <summary>Returns the offset behind the last good record.</summary>
        private int Replay(byte[] bytes, out bool damaged)
        {
            int at = PeerLog.CheckHead(bytes, bytes.Length);
            damaged = at == PeerLog.Damaged;
            if (at != PeerLog.HeadLength) return 0;
            while (true)
            {
                int length = PeerLog.Check(bytes, at, bytes.Length);
                damaged = length == PeerLog.Damaged;
                if (length <= 0) return at;
                long id = PeerLog.PeerIdOf(bytes, at);
                switch (PeerLog.KindOf(bytes, at))
                {
                    case PeerLog.Put: SetRow(id, bytes.AsSpan(at + PeerLog.RecordHeader, PeerLog.RowLengthOf(bytes, at)).ToArray()); break;
                    case PeerLog.Remove: RemoveRow(id); break;
                    default: ClearRows(); break;
                }
                at += length;
            }
        }

        private string KeepAside(int lostBytes)
        {
            string aside = Path.Combine(_directory, "peers.damaged");
            File.Move(LogPath, aside, true);
            return "The peer list was damaged (" + lostBytes + " bytes were unreadable) and is kept as " + aside
                + "; control sends the list again.";
        }

        private void Truncate(int end)
        {
            using FileStream log = StateFiles.OpenLog(LogPath);
            log.SetLength(end);
        }

        private void AppendNow()
        {
            // Taken here and not in Flush: a compaction that runs meanwhile has these records in its image already.
            byte[] pending;
            long live;
            lock (_gate)
            {
                pending = _pending.ToArray();
                _pending.SetLength(0);
                live = _liveBytes;
                if (!_isOpen) return;
            }
            if (pending.Length == 0) return;
            try
            {
                // After a write that ended half way everything is written anew: nothing may stand behind half a record.
                long length = _broken ? long.MaxValue : Append(pending);
                if (length > CompactAboveBytes && length > CompactAboveRatio * live) Compact();
            }
            catch (Exception failure) when (failure is IOException || failure is UnauthorizedAccessException)
            {
                _broken = true;
                Note = "The peer list could not be saved in " + _directory + " (" + StateFiles.Reason(failure)
                    + "); we keep running and try again at the next change.";
            }
        }

        /// <summary>The log is opened for each burst of records: no handle outlives this object. Returns the length of the file.</summary>
        private long Append(byte[] records)
        {
            using FileStream log = StateFiles.OpenLog(LogPath);
            log.Seek(0, SeekOrigin.End);
            log.Write(records, 0, records.Length);
            log.Flush(true);
            return log.Length;
        }

        private void Compact()
        {
            byte[] image;
            lock (_gate) image = ImageOfRows();
            Replace(image);
            _broken = false;
        }

        /// <summary>A whole log with the rows of now; the caller holds the lock. What waits to be appended is part of it.</summary>
        private byte[] ImageOfRows()
        {
            MemoryStream image = new MemoryStream();
            byte[] record = new byte[PeerLog.RecordBytesMax];
            PeerLog.WriteHead(record, 0);
            image.Write(record, 0, PeerLog.HeadLength);
            foreach (long id in _ids)
            {
                int length = PeerLog.Write(record, 0, PeerLog.Put, id, _rows[id], 0, _rows[id].Length);
                image.Write(record, 0, length);
            }
            _pending.SetLength(0);
            return image.ToArray();
        }

        /// <summary>Puts a new file in the log's place; a power loss leaves the one or the other.</summary>
        private void Replace(byte[] image)
        {
            string fresh = LogPath + ".new";
            StateFiles.Write(fresh, image);
            File.Move(fresh, LogPath, true);
            StateFiles.SyncDirectory(_directory);
        }
    }
}
