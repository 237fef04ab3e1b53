using System;
using System.IO;
using System.Security.Cryptography;
using System.Text;

namespace MicroLink.Desktop
{
    /// <summary>
    /// The state directory of one node: keys, peers, a lock against a second node, and a pointer to the node's Unix socket.
    /// The socket itself lives in a 0700 runtime directory under a hashed name, because a Unix socket path may have at most
    /// 107 bytes on Linux (103 on macOS) and a state directory may be longer.
    /// </summary>
    internal sealed class StateDirectory : IDisposable
    {
        private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        private const int LongestSocketPath = 100;
        /// <summary>EWOULDBLOCK, by which the runtime says that another process has the lock.</summary>
        private const int LockedOnLinux = 11, LockedOnMac = 35;

        private FileStream? _lock;

        public StateDirectory(string? path)
        {
            Path = System.IO.Path.GetFullPath(string.IsNullOrEmpty(path) ? DefaultPath() : path);
        }

        public string Path { get; }

        public string PointerPath => System.IO.Path.Combine(Path, "socket");

        /// <summary>Creates the directory and takes its lock. Returns null, or why it cannot be used, as one plain sentence.</summary>
        public string? Open()
        {
            try
            {
                if (!Directory.Exists(Path)) Directory.CreateDirectory(Path, OwnerOnly);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return $"The state directory {Path} cannot be created ({e.Message}); choose another with --state-dir.";
            }
            try
            {
                _lock = new FileStream(System.IO.Path.Combine(Path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                return null;
            }
            catch (UnauthorizedAccessException e)
            {
                return $"The state directory {Path} cannot be written ({e.Message}); nothing was changed. Choose another with --state-dir.";
            }
            catch (IOException e) when (e.HResult is not (LockedOnLinux or LockedOnMac))
            {
                return $"The state directory {Path} cannot be written ({e.Message}); nothing was changed. Choose another with --state-dir.";
            }
            catch (IOException)
            {
                return $"Another microlink is already running on the state directory {Path}; stop it or choose another with --state-dir.";
            }
        }

        /// <summary>Where this node's socket belongs; creates the runtime directory. Null, and why, when it cannot be there.</summary>
        public string? MakeSocketPath(out string error)
        {
            string name = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Path))).Substring(0, 24).ToLowerInvariant() + ".sock";
            string? runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
            string directory = string.IsNullOrEmpty(runtime) ? "" : System.IO.Path.Combine(runtime, "microlink");
            if (directory.Length == 0 || directory.Length + 1 + name.Length > LongestSocketPath || !Directory.Exists(runtime))
                directory = "/tmp/microlink-" + PrivateDirectory.geteuid().ToString();
            error = $"The directory {directory} is not ours alone, and the node's socket belongs there; remove it or set XDG_RUNTIME_DIR.";
            try
            {
                return PrivateDirectory.Make(directory) ? System.IO.Path.Combine(directory, name) : null;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                error = $"The directory {directory} for the node's socket cannot be made ({e.Message}); set XDG_RUNTIME_DIR.";
                return null;
            }
        }

        /// <summary>The socket of a running node, or null when none has left a pointer.</summary>
        public string? ReadPointer()
        {
            try
            {
                return File.Exists(PointerPath) ? File.ReadAllText(PointerPath).Trim() : null;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return null;   // unreadable by us: for this user there is no running node
            }
        }

        public void Dispose()
        {
            _lock?.Dispose();
            _lock = null;
        }

        private static string DefaultPath()
        {
            string? state = Environment.GetEnvironmentVariable("XDG_STATE_HOME");
            return string.IsNullOrEmpty(state) ? "/var/lib/microlink" : System.IO.Path.Combine(state, "microlink");
        }
    }
}
