using System;
using System.IO;
using System.Threading;
using MicroLink.Runtime;
using MicroLink.Store;

namespace MicroLink.Drivers.Desktop
{
    /// <summary>Writes one whole file; the seam where tests cut a write short.</summary>
    public delegate void FileWriter(string path, byte[] bytes);

    /// <summary>
    /// Keys and settings in two files, "settings.a" and "settings.b" (format: Actors/Store/SettingsImage.cs). A commit rewrites the older
    /// one; until it is whole and on the disk, the newer one still holds the previous state.
    /// </summary>
    public sealed class FileKeyValueStore : IKeyValueStore
    {
        private static readonly string[] s_slotNames = { "settings.a", "settings.b" };

        private readonly object _gate = new object();
        private readonly string _directory;
        private readonly StorageThread _thread;
        private readonly FileWriter _write;
        private readonly SettingsTable _table = new SettingsTable();
        private uint _sequence;
        private int _newestSlot = -1;
        private bool _isOpen;

        public FileKeyValueStore(string directory, StorageThread thread) : this(directory, thread, StateFiles.Write)
        {
        }

        public FileKeyValueStore(string directory, StorageThread thread, FileWriter write)
        {
            _directory = directory;
            _thread = thread;
            _write = write;
        }

        public bool Open(out string error)
        {
            error = StateFiles.PrepareDirectory(_directory);
            if (error != null) return false;
            byte[][] slots = new byte[s_slotNames.Length][];
            try
            {
                for (int i = 0; i < slots.Length; i++) slots[i] = StateFiles.ReadOrNull(PathOf(i));
            }
            catch (Exception failure) when (failure is IOException || failure is UnauthorizedAccessException)
            {
                error = "The settings in " + _directory + " cannot be read (" + StateFiles.Reason(failure)
                    + "); nothing was changed. Check the permissions of the files.";
                return false;
            }
            int newest = SettingsSlots.Choose(slots[0], slots[1], out int verdict);
            if (verdict == SettingsSlots.Damaged)
            {
                error = "The settings in " + _directory + " are damaged; nothing was changed. Restore the directory from a backup, or "
                    + "remove it to start as a new node.";
                return false;
            }
            if (verdict == SettingsSlots.TooNew)
            {
                error = "The settings in " + _directory + " were written by a newer version; nothing was changed. Use that version, or "
                    + "another --state-dir.";
                return false;
            }
            lock (_gate)
            {
                _newestSlot = newest;
                _sequence = newest < 0 ? 0 : SettingsImage.Read(slots[newest], slots[newest].Length, _table);
                _isOpen = true;
            }
            return true;
        }

        public byte[] Get(string key)
        {
            lock (_gate) return _table.Get(key);
        }

        public void Set(string key, byte[] value)
        {
            lock (_gate) _table.Set(key, value);
        }

        public void Remove(string key)
        {
            lock (_gate) _table.Remove(key);
        }

        public void Commit(ActorRef owner)
        {
            _thread.Post(() =>
            {
                string error = WriteNow();
                if (owner != null) ReliableTell.Send(owner, new StoreCommitted(error));
            });
        }

        /// <summary>Commits on the calling thread: for start and shutdown, outside actors. Null, or one plain sentence.</summary>
        public string CommitNow()
        {
            string error = null;
            using ManualResetEventSlim done = new ManualResetEventSlim();
            _thread.Post(() =>
            {
                error = WriteNow();
                done.Set();
            });
            done.Wait();
            return error;
        }

        public void Erase()
        {
            lock (_gate)
            {
                _table.Clear();
                _newestSlot = -1;
                _sequence = 0;
            }
            _thread.Post(EraseFiles);
        }

        private string WriteNow()
        {
            byte[] image;
            int slot;
            uint sequence;
            lock (_gate)
            {
                if (!_isOpen) return "The settings were not opened, so they are not written.";
                slot = _newestSlot == 0 ? 1 : 0;
                sequence = _sequence + 1;
                image = new byte[SettingsImage.LengthOf(_table)];
                SettingsImage.Write(_table, sequence, image);
            }
            try
            {
                _write(PathOf(slot), image);
            }
            catch (Exception failure) when (failure is IOException || failure is UnauthorizedAccessException)
            {
                return "The settings could not be saved in " + _directory + " (" + StateFiles.Reason(failure)
                    + "); we keep running and try again at the next change.";
            }
            lock (_gate)
            {
                _newestSlot = slot;
                _sequence = sequence;
            }
            return null;
        }

        private void EraseFiles()
        {
            for (int i = 0; i < s_slotNames.Length; i++)
            {
                try
                {
                    if (!File.Exists(PathOf(i))) continue;
                    // Overwritten first: on flash and journals that is no guarantee, but it costs nothing.
                    StateFiles.Write(PathOf(i), new byte[new FileInfo(PathOf(i)).Length]);
                    File.Delete(PathOf(i));
                }
                catch (Exception failure) when (failure is IOException || failure is UnauthorizedAccessException)
                {
                    // The next start finds what is left and says so.
                }
            }
        }

        private string PathOf(int slot)
        {
            return Path.Combine(_directory, s_slotNames[slot]);
        }
    }
}
