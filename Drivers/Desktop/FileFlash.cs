using System;
using System.IO;
using MicroLink.Runtime;
using MicroLink.Store;

namespace MicroLink.Drivers.Desktop
{
    /// <summary>
    /// The peer store's flash as a file, "peers.flash". Sectors behind its end count as erased, so it grows with what is stored. Reading
    /// comes from the page cache; writing runs on the storage thread. Only an erase is synced, before and after: the copies of the rows that
    /// it takes away must be on the disk first. A sync for each 4 KB took 25 ms here and slowed the first map of 3000 peers to 6 s; what a
    /// power cut costs instead are rows that control sends again, and the CRCs tell.
    /// </summary>
    public sealed class FileFlash : IFlash, IDisposable
    {
        /// <summary>8 MB: three quarters of it hold 20000 rows of the usual 300 bytes.</summary>
        public const int DesktopSectors = 2048;

        private readonly string _directory;
        private readonly StorageThread _thread;
        private readonly byte[] _erased = new byte[PeerFlash.SectorBytes];
        private FileStream _file;

        public FileFlash(string directory, StorageThread thread) : this(directory, thread, DesktopSectors) { }

        public FileFlash(string directory, StorageThread thread, int sectors)
        {
            _directory = directory;
            _thread = thread;
            SectorCount = sectors;
            Array.Fill(_erased, (byte)0xFF);
        }

        public int SectorCount { get; }

        public int ErasedFrom
        {
            get
            {
                long length = _file == null ? 0 : RandomAccess.GetLength(_file.SafeFileHandle);
                return (int)Math.Min(length, (long)SectorCount * PeerFlash.SectorBytes);
            }
        }

        private string FlashPath
        {
            get { return Path.Combine(_directory, "peers.flash"); }
        }

        public bool Open(out string error)
        {
            error = null;
            if (_file != null) return true;
            try
            {
                error = StateFiles.PrepareDirectory(_directory);
                if (error != null) return false;
                _file = new FileStream(FlashPath, new FileStreamOptions
                {
                    Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.Read, BufferSize = 0,
                    UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                });
                // The form of earlier versions; control sends its content again.
                File.Delete(Path.Combine(_directory, "peers.log"));
                return true;
            }
            catch (Exception failure) when (failure is IOException || failure is UnauthorizedAccessException)
            {
                error = "The peer list in " + _directory + " cannot be used (" + StateFiles.Reason(failure)
                    + "); it is kept in memory only. Check the permissions of the files.";
                return false;
            }
        }

        public void Read(int address, byte[] into, int offset, int count)
        {
            int have = 0;
            while (_file != null && have < count)
            {
                int read = RandomAccess.Read(_file.SafeFileHandle, into.AsSpan(offset + have, count - have), address + have);
                if (read == 0) break;
                have += read;
            }
            into.AsSpan(offset + have, count - have).Fill(0xFF);
        }

        public void Program(int address, byte[] from, int offset, int count, ActorRef owner)
        {
            byte[] copy = from.AsSpan(offset, count).ToArray();
            Post(owner, () => Write(address, copy));
        }

        public void Erase(int sector, ActorRef owner)
        {
            Post(owner, () =>
            {
                _file.Flush(true);
                Write(sector * PeerFlash.SectorBytes, _erased);
                _file.Flush(true);
            });
        }

        /// <summary>Closes the file once everything posted has been written. For shutdown and tests; never called by an actor.</summary>
        public void Dispose()
        {
            _thread.Drain();
            if (_file != null) _file.Flush(true);
            if (_file != null) _file.Dispose();
            _file = null;
        }

        private void Write(int address, byte[] bytes)
        {
            // A gap behind the end of the file would read as zeros and not as erased.
            for (long end = RandomAccess.GetLength(_file.SafeFileHandle); end < address; end += PeerFlash.SectorBytes)
                RandomAccess.Write(_file.SafeFileHandle, _erased.AsSpan(0, (int)Math.Min(_erased.Length, address - end)), end);
            RandomAccess.Write(_file.SafeFileHandle, bytes, address);
        }

        private void Post(ActorRef owner, Action write)
        {
            _thread.Post(() =>
            {
                string error = null;
                try
                {
                    write();
                }
                catch (Exception failure) when (failure is IOException || failure is UnauthorizedAccessException
                    || failure is ObjectDisposedException)
                {
                    error = "The peer list could not be saved in " + _directory + " (" + StateFiles.Reason(failure)
                        + "); we keep running and try again.";
                }
                if (owner != null) ReliableTell.Send(owner, new FlashDone(error));
            });
        }
    }
}
