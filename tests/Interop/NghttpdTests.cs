using System;
using System.Linq;
using System.Text;
using Xunit;

namespace MicroLink.Tests.Interop
{
    /// <summary>The HTTP/2 client machine against nghttp2's server: its own HPACK encoder, windows, padding and trailers.</summary>
    public sealed class NghttpdTests
    {
        [NghttpdTheory]
        [InlineData(4096, 65535)]
        [InlineData(1024, 65535)]
        [InlineData(0, 16384)]
        public void Small_files_and_missing_ones_on_one_connection(int tableBytes, int window)
        {
            using NghttpdServer server = new NghttpdServer();
            server.Write("hello.txt", Encoding.ASCII.GetBytes("hello"));
            using NghttpdClient client = new NghttpdClient(server.Port, tableBytes, window);
            for (int i = 0; i < 20; i++)
            {
                int good = client.Get("/hello.txt"), missing = client.Get("/nothing");
                client.RunUntil(2 * i + 2);
                Assert.Equal(0, client.Http.Failure);
                Assert.Equal((200, 404), (client.Statuses[good], client.Statuses[missing]));
                Assert.Equal("hello", Encoding.ASCII.GetString(client.Body(good)));
            }
        }

        [NghttpdTheory]
        [InlineData(false, 65535)]
        [InlineData(true, 65535)]
        [InlineData(true, 1000)]
        public void A_large_body_comes_whole_through_small_windows(bool lazy, int window)
        {
            using NghttpdServer server = new NghttpdServer();
            byte[] content = Content(3000000);
            server.Write("large.bin", content);
            using NghttpdClient client = new NghttpdClient(server.Port, 4096, window) { Lazy = lazy };
            int stream = client.Get("/large.bin");
            client.RunUntil(1);
            Assert.Equal(0, client.Http.Failure);
            Assert.True(content.AsSpan().SequenceEqual(client.Body(stream)));
        }

        [NghttpdFact]
        public void Padded_frames_and_trailers_are_read()
        {
            using NghttpdServer server = new NghttpdServer("-b", "200", "--trailer", "grade: a");
            byte[] content = Content(200000);
            server.Write("file.bin", content);
            using NghttpdClient client = new NghttpdClient(server.Port);
            int stream = client.Get("/file.bin");
            client.RunUntil(1);
            Assert.Equal(0, client.Http.Failure);
            Assert.Equal(200, client.Statuses[stream]);
            Assert.True(content.AsSpan().SequenceEqual(client.Body(stream)));
        }

        [NghttpdTheory]
        [InlineData(0)]
        [InlineData(1)]
        [InlineData(60000)]
        [InlineData(400000)]
        public void An_upload_is_echoed_through_the_servers_windows(int count)
        {
            using NghttpdServer server = new NghttpdServer("--echo-upload", "-w", "14", "-W", "16");
            byte[] content = Content(count);
            using NghttpdClient client = new NghttpdClient(server.Port);
            int stream = client.Post("/echo", content);
            client.RunUntil(1);
            Assert.Equal(0, client.Http.Failure);
            if (count > 0) Assert.True(content.AsSpan().SequenceEqual(client.Body(stream)));
        }

        [NghttpdFact]
        public void Six_streams_at_a_time_share_the_connection()
        {
            using NghttpdServer server = new NghttpdServer("--echo-upload", "-b", "30");
            byte[][] contents = Enumerable.Range(0, 6).Select(i => Content(100000 + i)).ToArray();
            server.Write("a.bin", contents[0]);
            using NghttpdClient client = new NghttpdClient(server.Port);
            int[] streams = contents.Select((c, i) => i == 0 ? client.Get("/a.bin") : client.Post("/e" + i, c)).ToArray();
            Assert.Equal(-1, client.Get("/too-many"));
            client.RunUntil(6);
            Assert.Equal(0, client.Http.Failure);
            for (int i = 0; i < 6; i++) Assert.True(contents[i].AsSpan().SequenceEqual(client.Body(streams[i])), "stream " + streams[i]);
        }

        [NghttpdFact]
        public void A_cancelled_download_leaves_the_connection_usable()
        {
            using NghttpdServer server = new NghttpdServer();
            server.Write("large.bin", Content(2000000));
            server.Write("hello.txt", Encoding.ASCII.GetBytes("hello"));
            using NghttpdClient client = new NghttpdClient(server.Port);
            for (int i = 0; i < 10; i++)
            {
                int large = client.Get("/large.bin"), small = client.Get("/hello.txt");
                client.RunUntil(i + 1);
                client.Http.Cancel(large);
                Assert.Equal("hello", Encoding.ASCII.GetString(client.Body(small)));
                client.Ended.Remove(large);
            }
            Assert.Equal(0, client.Http.Failure);
        }

        [NghttpdFact]
        public void An_early_answer_to_an_upload_is_taken()
        {
            using NghttpdServer server = new NghttpdServer("--early-response", "-w", "14", "-W", "14");
            server.Write("x", Encoding.ASCII.GetBytes("early"));
            using NghttpdClient client = new NghttpdClient(server.Port);
            int stream = client.Post("/x", Content(300000));
            client.RunUntil(1);
            Assert.Equal(0, client.Http.Failure);
            Assert.Equal(200, client.Statuses[stream]);
        }

        private static byte[] Content(int count)
        {
            byte[] content = new byte[count];
            new Random(count).NextBytes(content);
            return content;
        }
    }

    /// <summary>Skipped with the reason where nghttpd is missing.</summary>
    public sealed class NghttpdFactAttribute : FactAttribute
    {
        public static readonly string WhyNot = NghttpdServer.WhyNot();
        public NghttpdFactAttribute() { Skip = WhyNot; }
    }

    public sealed class NghttpdTheoryAttribute : TheoryAttribute
    {
        public NghttpdTheoryAttribute() { Skip = NghttpdFactAttribute.WhyNot; }
    }
}
