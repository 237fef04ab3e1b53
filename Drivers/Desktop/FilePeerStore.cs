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

        // Used on the storage thread only, once open.
        private FileStream _log;
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

        /// <summary>Reads the log. False with one plain sentence when it cannot be read at all; then nothing is overwritten.</summary>
        public bool Open(out string error)
        {
            error = StateFiles.PrepareDirectory(_directory);
            if (error != null) return false;
            try
            {
                byte[] bytes = StateFiles.ReadOrNull(LogPath);
                if (bytes == null) bytes = new byte[0];
                int end = Replay(bytes, out bool damaged);
                if (damaged) KeepAside(bytes.Length - end);
                _log = StateFiles.OpenLog(LogPath);
                if (damaged || end == 0) Compact();
                else _log.SetLength(end);
                _log.Seek(0, SeekOrigin.End);
                return true;
            }
            catch (Exception failure) when (failure is IOException || failure is UnauthorizedAccessException)
            {
                error = "The peer list in " + _directory + " cannot be used (" + StateFiles.Reason(failure) + "); nothing was changed. Check the permissions of the files.";
                return false;
            }
        }

        public int Count
        {
            get { lock (_gate) return _ids.Count; }
        }

        public void Put(long peerId, byte[] row, int offset, int count)
        {
            if (count > StoredPeer.BytesMax) throw new ArgumentOutOfRangeException(nameof(count));
            lock (_gate)
            {
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
                if (RemoveRow(peerId)) Append(PeerLog.Remove, peerId, null, 0, 0);
            }
        }

        public int Get(long peerId, byte[] into, int offset)
        {
            lock (_gate)
            {
                if (!_rows.TryGetValue(peerId, out byte[] row)) return -1;
                row.CopyTo(into, offset);
                return row.Length;
            }
        }

        public int Read(int index, byte[] into, int offset, out long peerId)
        {
            lock (_gate)
            {
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

        /// <summary>Closes the log after what is queued. For shutdown and tests.</summary>
        public void Close()
        {
            Flush();
            _thread.Drain();
            if (_log != null) _log.Dispose();
            _log = null;
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

        private void KeepAside(int lostBytes)
        {
            string aside = Path.Combine(_directory, "peers.damaged");
            File.Move(LogPath, aside, true);
            Note = "The peer list was damaged (" + lostBytes + " bytes were unreadable) and is kept as " + aside + "; control sends the list again.";
        }

        private void AppendNow()
        {
            if (_log == null) return;
            // Taken here and not in Flush: a compaction that runs meanwhile has these records in its image already.
            byte[] pending;
            long live;
            lock (_gate)
            {
                pending = _pending.ToArray();
                _pending.SetLength(0);
                live = _liveBytes;
            }
            if (pending.Length == 0) return;
            try
            {
                if (_broken)
                {
                    Compact();   // an earlier write failed half way: write everything anew instead of appending behind half a record
                    return;
                }
                _log.Write(pending, 0, pending.Length);
                _log.Flush(true);
                if (_log.Length > CompactAboveBytes && _log.Length > CompactAboveRatio * live) Compact();
            }
            catch (Exception failure) when (failure is IOException || failure is UnauthorizedAccessException)
            {
                _broken = true;
                Note = "The peer list could not be saved in " + _directory + " (" + StateFiles.Reason(failure) + "); we keep running and try again at the next change.";
            }
        }

        /// <summary>Writes the rows of now to a new file and puts it in the log's place; a power loss leaves the one or the other.</summary>
        private void Compact()
        {
            MemoryStream image = new MemoryStream();
            byte[] record = new byte[PeerLog.RecordBytesMax];
            PeerLog.WriteHead(record, 0);
            image.Write(record, 0, PeerLog.HeadLength);
            lock (_gate)
            {
                foreach (long id in _ids)
                {
                    int length = PeerLog.Write(record, 0, PeerLog.Put, id, _rows[id], 0, _rows[id].Length);
                    image.Write(record, 0, length);
                }
                _pending.SetLength(0);   // its records are part of what was just written
            }
            string fresh = LogPath + ".new";
            StateFiles.Write(fresh, image.ToArray());
            File.Move(fresh, LogPath, true);
            StateFiles.SyncDirectory(_directory);
            _log.Dispose();
            _log = StateFiles.OpenLog(LogPath);
            _log.Seek(0, SeekOrigin.End);
            _broken = false;
        }
    }
}
