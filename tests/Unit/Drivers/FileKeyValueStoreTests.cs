using System;
using System.IO;
using System.Text;
using MicroLink.Drivers.Desktop;
using Xunit;

namespace MicroLink.Tests.Unit.Drivers
{
    public sealed class FileKeyValueStoreTests : IDisposable
    {
        private readonly TempDirectory _directory = new TempDirectory();
        private readonly StorageThread _thread = new StorageThread();

        public void Dispose()
        {
            _thread.Dispose();
            _directory.Dispose();
        }

        [Fact]
        [System.Runtime.Versioning.SupportedOSPlatform("linux")]
        public void What_was_committed_is_there_after_a_restart_and_only_for_the_owner()
        {
            FileKeyValueStore store = Opened();
            store.Set("machine.private", new byte[] { 1, 2, 3 });
            Assert.Null(store.CommitNow());
            Assert.Equal(new byte[] { 1, 2, 3 }, Opened().Get("machine.private"));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_directory.File("settings.a")));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_directory.Path));
        }

        [Fact]
        public void Commits_alternate_between_the_two_files()
        {
            FileKeyValueStore store = Opened();
            for (byte i = 1; i <= 5; i++)
            {
                store.Set("n", new[] { i });
                Assert.Null(store.CommitNow());
            }
            Assert.Equal(5, Opened().Get("n")[0]);
            File.Delete(_directory.File("settings.a"));   // the newest: commits 1, 3 and 5
            Assert.Equal(4, Opened().Get("n")[0]);
        }

        /// <summary>
        /// The power may go after any byte of any write: the state is then the one before or the one after, never another.
        /// </summary>
        [Fact]
        public void A_write_cut_at_any_byte_leaves_the_old_or_the_new_state()
        {
            int length = ImageLength();
            for (int commit = 1; commit <= 3; commit++)
            {
                for (int cut = 0; cut <= length; cut++)
                {
                    using TempDirectory directory = new TempDirectory();
                    FileKeyValueStore store = new FileKeyValueStore(directory.Path, _thread, CutAt(commit, cut));
                    Assert.True(store.Open(out _));
                    for (byte i = 1; i <= commit; i++)
                    {
                        store.Set("n", new[] { i });
                        store.CommitNow();
                    }
                    FileKeyValueStore after = new FileKeyValueStore(directory.Path, _thread);
                    Assert.True(after.Open(out string error), "commit " + commit + " cut at " + cut + ": " + error);
                    int found = after.Get("n") == null ? 0 : after.Get("n")[0];
                    Assert.Equal(cut < length ? commit - 1 : commit, found);

                    after.Set("n", new byte[] { 99 });   // and life goes on
                    Assert.Null(after.CommitNow());
                    FileKeyValueStore again = new FileKeyValueStore(directory.Path, _thread);
                    Assert.True(again.Open(out _));
                    Assert.Equal(99, again.Get("n")[0]);
                }
            }
        }

        [Fact]
        public void A_failed_write_is_one_sentence_and_the_next_one_works()
        {
            bool fail = true;
            FileKeyValueStore store = new FileKeyValueStore(_directory.Path, _thread, (path, bytes) =>
            {
                if (fail) throw new IOException("No space left on device");
                StateFiles.Write(path, bytes);
            });
            Assert.True(store.Open(out _));
            store.Set("n", new byte[] { 1 });
            string error = store.CommitNow();
            Assert.Contains("could not be saved", error);
            Assert.Contains("No space left on device", error);
            fail = false;
            Assert.Null(store.CommitNow());
            Assert.Equal(1, Opened().Get("n")[0]);
        }

        [Fact]
        public void Damaged_files_are_an_error_and_stay_as_they_are()
        {
            FileKeyValueStore store = Opened();
            store.Set("n", new byte[] { 1 });
            store.CommitNow();
            byte[] bytes = File.ReadAllBytes(_directory.File("settings.a"));
            bytes[20] ^= 1;
            File.WriteAllBytes(_directory.File("settings.a"), bytes);

            FileKeyValueStore damaged = new FileKeyValueStore(_directory.Path, _thread);
            Assert.False(damaged.Open(out string error));
            Assert.Contains("are damaged; nothing was changed", error);
            Assert.NotNull(damaged.CommitNow());
            Assert.Equal(bytes, File.ReadAllBytes(_directory.File("settings.a")));
            Assert.False(File.Exists(_directory.File("settings.b")));
        }

        [Fact]
        public void Foreign_files_are_an_error()
        {
            Directory.CreateDirectory(_directory.Path);
            File.WriteAllBytes(_directory.File("settings.b"), Encoding.ASCII.GetBytes("[interface]\n"));
            Assert.False(new FileKeyValueStore(_directory.Path, _thread).Open(out string error));
            Assert.Contains("nothing was changed", error);
        }

        [Fact]
        public void A_state_directory_that_is_a_file_is_an_error()
        {
            Directory.CreateDirectory(_directory.Path);
            File.WriteAllText(_directory.File("occupied"), "x");
            Assert.False(new FileKeyValueStore(_directory.File("occupied"), _thread).Open(out string error));
            Assert.Contains("cannot be used", error);
            Assert.Equal("x", File.ReadAllText(_directory.File("occupied")));
        }

        [Fact]
        public void A_slot_that_cannot_be_read_is_an_error_even_when_the_other_is_fine()
        {
            FileKeyValueStore store = Opened();
            store.Set("n", new byte[] { 1 });
            store.CommitNow();
            Directory.CreateDirectory(_directory.File("settings.b"));   // unreadable for root too
            Assert.False(new FileKeyValueStore(_directory.Path, _thread).Open(out string error));
            Assert.Contains("cannot be read", error);
        }

        [Fact]
        public void Erase_leaves_nothing()
        {
            FileKeyValueStore store = Opened();
            store.Set("machine.private", new byte[] { 1 });
            store.CommitNow();
            store.CommitNow();
            store.Erase();
            _thread.Drain();
            Assert.Empty(Directory.GetFiles(_directory.Path));
            Assert.Null(store.Get("machine.private"));
            Assert.Null(Opened().Get("machine.private"));
        }

        private FileKeyValueStore Opened()
        {
            FileKeyValueStore store = new FileKeyValueStore(_directory.Path, _thread);
            Assert.True(store.Open(out string error), error);
            return store;
        }

        private static int ImageLength() => 16 + 1 + 1 + 2 + 1 + 4;   // one entry: name "n", one byte

        /// <summary>Does what StateFiles.Write does, but write number <paramref name="number"/> ends after so many bytes.</summary>
        private static FileWriter CutAt(int number, int cut)
        {
            int writes = 0;
            return (path, bytes) =>
            {
                if (++writes != number)
                {
                    StateFiles.Write(path, bytes);
                    return;
                }
                StateFiles.Write(path, bytes.AsSpan(0, Math.Min(cut, bytes.Length)).ToArray());
                if (cut < bytes.Length) throw new IOException("power loss");
            };
        }
    }
}
