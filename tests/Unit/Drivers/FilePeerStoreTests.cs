using System;
using System.IO;
using MicroLink.Drivers.Desktop;
using MicroLink.Store;
using Xunit;

namespace MicroLink.Tests.Unit.Drivers
{
    public sealed class FilePeerStoreTests : IDisposable
    {
        private readonly TempDirectory _directory = new TempDirectory();
        private readonly StorageThread _thread = new StorageThread();
        private readonly byte[] _row = new byte[StoredPeer.BytesMax];

        private string LogPath => _directory.File("peers.log");

        public void Dispose()
        {
            _thread.Dispose();
            _directory.Dispose();
        }

        [Fact]
        public void Rows_survive_a_restart()
        {
            FilePeerStore store = Opened();
            Put(store, 1, 10);
            Put(store, 2, 20);
            Put(store, 1, 11);
            store.Remove(2);
            Put(store, 3, 30);
            store.Close();
            Assert.Equal("1:11 3:30", Content(Opened()));
        }

        [Fact]
        public void An_unchanged_row_is_not_written()
        {
            FilePeerStore store = Opened();
            Put(store, 1, 10);
            store.Flush();
            _thread.Drain();
            long length = new FileInfo(LogPath).Length;
            Put(store, 1, 10);
            store.Remove(99);
            store.Close();
            Assert.Equal(length, new FileInfo(LogPath).Length);
        }

        /// <summary>A power loss while the log grows: every row whose record is whole is there, and the log goes on behind it.</summary>
        [Fact]
        public void A_log_cut_at_any_byte_keeps_what_was_whole()
        {
            FilePeerStore store = Opened();
            Put(store, 1, 10);
            Put(store, 2, 20);
            store.Remove(1);
            store.Close();
            byte[] log = File.ReadAllBytes(LogPath);
            string[] expected = { "", "1:10", "1:10 2:20", "2:20" };
            int record = PeerLog.RecordHeader + 5;
            int[] ends = { PeerLog.HeadLength, PeerLog.HeadLength + record, PeerLog.HeadLength + 2 * record, log.Length };
            for (int cut = 0; cut <= log.Length; cut++)
            {
                File.WriteAllBytes(LogPath, log.AsSpan(0, cut).ToArray());
                FilePeerStore after = Opened();
                int whole = 0;
                while (whole + 1 < ends.Length && ends[whole + 1] <= cut) whole++;
                Assert.Equal(expected[whole], Content(after));
                Assert.Null(after.Note);
                Put(after, 7, 70);
                after.Close();
                FilePeerStore again = Opened();
                Assert.Equal((expected[whole] + " 7:70").Trim(), Content(again));
                again.Close();
            }
        }

        [Fact]
        public void A_damaged_log_is_kept_aside_and_the_good_rows_go_on()
        {
            FilePeerStore store = Opened();
            Put(store, 1, 10);
            Put(store, 2, 20);
            Put(store, 3, 30);
            store.Close();
            byte[] log = File.ReadAllBytes(LogPath);
            log[PeerLog.HeadLength + PeerLog.RecordHeader + 5 + PeerLog.RecordHeader] ^= 1;   // in the second row
            File.WriteAllBytes(LogPath, log);

            FilePeerStore after = Opened();
            Assert.Equal("1:10", Content(after));
            Assert.Contains("peers.damaged", after.Note);
            Assert.Equal(log, File.ReadAllBytes(_directory.File("peers.damaged")));
            after.Close();
            Assert.Equal("1:10", Content(Opened()));
        }

        [Fact]
        public void The_log_does_not_grow_without_end()
        {
            FilePeerStore store = Opened();
            for (int i = 0; i < 20000; i++)
            {
                Put(store, i % 7, (byte)(i / 7));
                if (i % 100 == 0) store.Flush();
            }
            string content = Content(store);
            store.Close();
            Assert.InRange(new FileInfo(LogPath).Length, 1, 80 * 1024);
            Assert.Equal(content, Content(Opened()));
        }

        [Fact]
        public void Removal_in_the_middle_keeps_every_other_row_readable()
        {
            FilePeerStore store = Opened();
            for (byte i = 0; i < 10; i++) Put(store, i, i);
            store.Remove(3);
            store.Remove(9);
            store.Remove(0);
            Assert.Equal(7, store.Count);
            Assert.Equal(5, store.Get(8, _row, 0));
            Assert.Equal(-1, store.Get(3, _row, 0));
            store.Clear();
            Assert.Equal(-1, store.Read(0, _row, 0, out _));
            store.Close();
            Assert.Equal("", Content(Opened()));
        }

        private FilePeerStore Opened()
        {
            FilePeerStore store = new FilePeerStore(_directory.Path, _thread);
            Assert.True(store.Open(out string error), error);
            return store;
        }

        private static void Put(FilePeerStore store, long id, byte value)
        {
            store.Put(id, new byte[] { 0, value, 1, 2, 3, 4 }, 1, 5);
        }

        private string Content(FilePeerStore store)
        {
            System.Collections.Generic.SortedDictionary<long, byte> rows = new();
            for (int i = 0; store.Read(i, _row, 0, out long id) >= 0; i++) rows.Add(id, _row[0]);
            return string.Join(" ", System.Linq.Enumerable.Select(rows, pair => pair.Key + ":" + pair.Value));
        }
    }
}
