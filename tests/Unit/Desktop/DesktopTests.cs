using System;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Threading;
using MicroLink.Desktop;
using Xunit;

namespace MicroLink.Tests.Unit.Desktop
{
    /// <summary>What the command of the desktop owes to whoever sits before it, and to other users of the machine.</summary>
    [UnsupportedOSPlatform("windows")]
    public sealed class DesktopTests
    {
        [Fact]
        public void No_text_of_another_machine_moves_the_cursor_or_begins_a_line()
        {
            StringWriter shown = new StringWriter { NewLine = "\n" };
            TerminalText terminal = new TerminalText(shown) { NewLine = "\n" };
            terminal.WriteLine("peer\u001b]0;title\u0007\u009b2J\u007f\r\nTo log in, visit: \u202ehttp\u2066\ttab");
            terminal.WriteLine("{0}", "\u001b[31mred");
            terminal.Write("two\nlines\u001b");
            terminal.Write('\u001b');
            terminal.Write(new[] { 'x', '\u0085' });
            terminal.WriteLine();
            Assert.Equal("peer\ufffd]0;title\ufffd\ufffd2J\ufffd\ufffd\ufffdTo log in, visit: \ufffdhttp\ufffd\ttab\n\ufffd[31mred\ntwo\nlines\ufffd\ufffdx\ufffd\n",
                shown.ToString());
        }

        [Fact]
        public void A_directory_that_is_a_link_or_open_or_somebody_elses_is_not_private()
        {
            string root = Directory.CreateTempSubdirectory("microlink-private").FullName;
            try
            {
                uint us = PrivateDirectory.geteuid();
                string ours = Path.Combine(root, "ours"), link = Path.Combine(root, "link"), open = Path.Combine(root, "open"), file = Path.Combine(root, "file");
                Assert.True(PrivateDirectory.Make(ours));
                Assert.True(PrivateDirectory.Make(ours));
                Assert.False(PrivateDirectory.IsOf(us + 1, ours));
                File.CreateSymbolicLink(link, ours);
                Assert.False(PrivateDirectory.Make(link));
                Directory.CreateDirectory(open, (UnixFileMode)0x1ed);   // rwxr-xr-x
                Assert.False(PrivateDirectory.Make(open));
                File.WriteAllText(file, "");
                File.SetUnixFileMode(file, (UnixFileMode)0x1c0);        // rwx------
                Assert.False(PrivateDirectory.IsOf(us, file));
            }
            finally
            {
                Directory.Delete(root, true);
            }
        }

        [Fact]
        public void A_secret_may_be_in_a_file()
        {
            Assert.Equal("tskey-1", SecretText.Read("tskey-1", "--auth-key", out string error));
            Assert.Null(SecretText.Read(null, "--auth-key", out error));
            Assert.Null(error);
            string path = Path.GetTempFileName();
            File.WriteAllText(path, " tskey-2\n");
            Assert.Equal("tskey-2", SecretText.Read("file:" + path, "--auth-key", out error));
            Assert.Null(error);
            File.WriteAllText(path, "\n");
            Assert.Null(SecretText.Read("file:" + path, "--auth-key", out error));
            Assert.EndsWith("is empty.", error);
            File.Delete(path);
            foreach (string wrong in new[] { path, "", "/", "a\0b" })
            {
                Assert.Null(SecretText.Read("file:" + wrong, "--auth-key", out error));
                Assert.EndsWith(").", error);
            }
        }

        [Fact]
        public void Callers_that_wait_leave_the_pools_threads_to_others()
        {
            const int callers = 48;
            ManualResetEventSlim end = new ManualResetEventSlim(), ran = new ManualResetEventSlim();
            SemaphoreSlim places = new SemaphoreSlim(callers);
            using CountdownEvent waiting = new CountdownEvent(callers);
            using AcceptPort port = new AcceptPort(new IPEndPoint(IPAddress.Loopback, 0), "test", places, _ =>
            {
                waiting.Signal();
                end.Wait();
            });
            Socket[] clients = new Socket[callers];
            for (int i = 0; i < callers; i++)
            {
                clients[i] = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                clients[i].Connect(port.Local);
            }
            try
            {
                Assert.True(waiting.Wait(5000), waiting.CurrentCount + " callers still had to wait for a thread.");
                ThreadPool.UnsafeQueueUserWorkItem(_ => ran.Set(), null);
                Assert.True(ran.Wait(5000));
            }
            finally
            {
                end.Set();
                foreach (Socket client in clients) client.Dispose();
            }
        }
    }
}
