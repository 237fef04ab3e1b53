using System;
using System.IO;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MicroLink.Drivers.Desktop
{
    /// <summary>Files that hold keys: directory 0700, files 0600, and bytes that are on the disk when a write returns.</summary>
    public static class StateFiles
    {
        private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

        /// <summary>Makes the directory with mode 0700 when it is missing. Null, or one plain sentence.</summary>
        public static string PrepareDirectory(string directory)
        {
            try
            {
                if (!Directory.Exists(directory)) Directory.CreateDirectory(directory, OwnerOnly | UnixFileMode.UserExecute);
                foreach (string _ in Directory.EnumerateFileSystemEntries(directory)) break;   // can we list it?
                return null;
            }
            catch (Exception error) when (error is IOException || error is UnauthorizedAccessException)
            {
                return "The state directory " + directory + " cannot be used (" + Reason(error)
                    + "); nothing was changed. Check its owner and permissions, or choose another with --state-dir.";
            }
        }

        /// <summary>Null when there is no such file.</summary>
        /// <exception cref="IOException">or UnauthorizedAccessException: it is there and cannot be read.</exception>
        public static byte[] ReadOrNull(string path)
        {
            try
            {
                return File.ReadAllBytes(path);
            }
            catch (FileNotFoundException)
            {
                return null;
            }
        }

        /// <summary>Empties the file, writes the bytes and waits until they are on the disk.</summary>
        public static void Write(string path, byte[] bytes)
        {
            bool isNew = !File.Exists(path);
            FileStreamOptions options = new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.Write,
                Share = FileShare.Read,
                UnixCreateMode = OwnerOnly,
                BufferSize = 0,
            };
            using FileStream file = new FileStream(path, options);
            file.SetLength(0);
            file.Write(bytes, 0, bytes.Length);
            file.Flush(true);
            if (isNew) SyncDirectory(Path.GetDirectoryName(path));
        }

        /// <summary>Opens a log for appending, 0600.</summary>
        public static FileStream OpenLog(string path)
        {
            return new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.Read,
                UnixCreateMode = OwnerOnly,
                BufferSize = 0,
            });
        }

        /// <summary>A file that was just created or renamed survives a power loss only when its directory is on the disk too.</summary>
        public static void SyncDirectory(string directory)
        {
            int descriptor = Open(directory, OpenReadOnly);
            if (descriptor < 0) return;   // a file system that cannot open directories; the data itself is synced
            using SafeFileHandle handle = new SafeFileHandle(descriptor, true);
            FileSync(descriptor);
        }

        public static string Reason(Exception error)
        {
            return error.Message.TrimEnd('.');
        }

        private const int OpenReadOnly = 0;

        [DllImport("libc", EntryPoint = "open", SetLastError = true)]
        private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

        [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
        private static extern int FileSync(int descriptor);
    }
}
