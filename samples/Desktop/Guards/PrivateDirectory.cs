using System;
using System.IO;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace MicroLink.Desktop
{
    /// <summary>
    /// A directory that only we can use. In /tmp anybody may have made one of that name before us: it counts only when it is no link and belongs
    /// to us, which in a sticky directory nobody else can change any more.
    /// </summary>
    [UnsupportedOSPlatform("windows")]
    internal static class PrivateDirectory
    {
        private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        private const int CurrentDirectory = -100, NoFollow = 0x100, BasicStats = 0x7ff;
        private const int StatLength = 256, UidAt = 20, ModeAt = 28, TypeAndRights = 0xffff, PrivateDirectoryMode = 0x41c0;   // S_IFDIR | 0700

        /// <summary>Makes it when it is not there.</summary>
        public static bool Make(string path)
        {
            if (!Directory.Exists(path)) Directory.CreateDirectory(path, OwnerOnly);
            return IsOf(geteuid(), path);
        }

        public static bool IsOf(uint user, string path)
        {
            if (!OperatingSystem.IsLinux()) return new DirectoryInfo(path).LinkTarget == null && File.GetUnixFileMode(path) == OwnerOnly;
            byte[] stat = new byte[StatLength];
            if (statx(CurrentDirectory, path, NoFollow, BasicStats, stat) != 0) return false;
            return BitConverter.ToUInt32(stat, UidAt) == user && (BitConverter.ToUInt16(stat, ModeAt) & TypeAndRights) == PrivateDirectoryMode;
        }

        [DllImport("libc")]
        public static extern uint geteuid();

        [DllImport("libc")]
        private static extern int statx(int directory, string path, int flags, uint mask, byte[] stat);
    }
}
