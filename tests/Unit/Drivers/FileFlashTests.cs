using System;
using System.IO;
using MicroLink.Drivers.Desktop;
using MicroLink.Store;
using Xunit;

namespace MicroLink.Tests.Unit.Drivers
{
    /// <summary>The peer store's file: what is behind its end is erased, and nobody reads it to find that out.</summary>
    public sealed class FileFlashTests : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("microlink-flash-").FullName;

        public void Dispose() => Directory.Delete(_folder, true);

        [Fact]
        public void Erased_is_what_is_behind_the_end_of_the_file()
        {
            using StorageThread thread = new StorageThread();
            using (FileFlash flash = new FileFlash(_folder, thread))
            {
                Assert.True(flash.Open(out string error), error);
                Assert.Equal(0, flash.ErasedFrom);
                flash.Program(3 * PeerFlash.SectorBytes + 100, new byte[] { 1, 2, 3 }, 0, 3, null);
                thread.Drain();
                Assert.Equal(3 * PeerFlash.SectorBytes + 103, flash.ErasedFrom);
                byte[] bytes = new byte[PeerFlash.SectorBytes];
                foreach (int sector in new[] { 0, 2, 4, FileFlash.DesktopSectors - 1 })
                {
                    flash.Read(sector * PeerFlash.SectorBytes, bytes, 0, bytes.Length);
                    Assert.All(bytes, value => Assert.Equal(0xFF, value));
                }
            }
            using FileFlash again = new FileFlash(_folder, thread);
            Assert.Equal(0, again.ErasedFrom);                       // not open: it reads as erased
            Assert.True(again.Open(out _));
            Assert.Equal(3 * PeerFlash.SectorBytes + 103, again.ErasedFrom);
        }
    }
}
