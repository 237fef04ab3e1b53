using System;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using MicroLink.Drivers;
using MicroLink.Drivers.Desktop;
using MicroLink.Runtime;
using Xunit;

namespace MicroLink.Tests.Interop
{
    /// <summary>The desktop's TCP streams, resolver and UDP port on real loopback sockets.</summary>
    public sealed class TcpDriverTests
    {
        [Fact]
        public void An_echo_of_a_megabyte_comes_back_whole_while_the_owner_holds_its_buffers()
        {
            using PlainServer server = new PlainServer(null);
            using StreamClient client = new StreamClient(null);
            Assert.Null(client.Dial(Target(server.Port)));
            byte[] sent = new byte[1 << 20];
            new Random(5).NextBytes(sent);
            byte[] got = new byte[sent.Length];
            int written = client.Stream.Write(sent, 0, sent.Length), read = 0;
            Assert.InRange(written, 1, sent.Length - 1);   // the ring is bounded
            while (read < got.Length)
            {
                switch (client.Next())
                {
                    case StreamWritable _: written += client.Stream.Write(sent, written, sent.Length - written); break;
                    case PacketBuffer buffer:
                        Assert.Same(client.Stream, buffer.Tag);
                        Assert.Equal(BufferKind.StreamData, buffer.Kind);
                        Array.Copy(buffer.Bytes, buffer.Offset, got, read, buffer.Count);
                        read += buffer.Count;
                        buffer.Return();
                        break;
                    default: Assert.Fail("closed early"); break;
                }
            }
            Assert.True(sent.AsSpan().SequenceEqual(got));
            Assert.Equal("127.0.0.1:" + server.Port, client.Stream.RemoteText);
        }

        [Fact]
        public void At_most_as_many_buffers_as_agreed_are_out_at_a_time()
        {
            using PlainServer server = new PlainServer(new string('x', 400_000));
            using StreamClient client = new StreamClient(null);
            Assert.Null(client.Dial(Target(server.Port)));
            client.Write(new byte[1]);
            PacketBuffer[] held = new PacketBuffer[StreamLimits.Buffers];
            int total = 0;
            for (int i = 0; i < held.Length; i++)
            {
                held[i] = (PacketBuffer)client.Next();
                total += held[i].Count;
            }
            Thread.Sleep(50);   // real sockets: time for one more buffer to come wrongly
            Assert.True(client.HasToldNothing);
            foreach (PacketBuffer buffer in held) buffer.Return();
            Assert.Equal(400_000, total + client.ReadToEnd().Length);
        }

        [Fact]
        public void A_closed_port_is_refused_with_a_sentence()
        {
            using StreamClient client = new StreamClient(null);
            int port = FreePort();
            StreamFailed failed = client.Dial(Target(port));
            Assert.Equal(StreamFailure.Refused, failed.Failure);
            Assert.Equal("Nothing answers at 127.0.0.1:" + port + " (connection refused); check the address and that the server runs.",
                failed.Text);
        }

        [Fact]
        public void A_name_that_does_not_exist_is_said_so()
        {
            using StreamClient client = new StreamClient(null);
            StreamFailed failed = client.Dial(new StreamTarget { Host = "no-such-host.invalid", Port = 1, TimeoutMs = 8000 });
            Assert.Contains(failed.Failure, new[] { StreamFailure.NameNotFound, StreamFailure.Timeout });
            Assert.Contains("no-such-host.invalid", failed.Text);
        }

        [Fact]
        public void A_server_that_never_answers_tls_times_out()
        {
            TcpListener silent = new TcpListener(IPAddress.Loopback, 0);
            silent.Start();
            using StreamClient client = new StreamClient(null);
            StreamTarget target = Target(((IPEndPoint)silent.LocalEndpoint).Port);
            target.Tls = true;
            target.ServerName = "x";
            target.TimeoutMs = 300;
            StreamFailed failed = client.Dial(target);
            silent.Stop();
            Assert.Equal(StreamFailure.Timeout, failed.Failure);
        }

        [Fact]
        public void A_cancelled_dial_answers_nothing()
        {
            TcpListener silent = new TcpListener(IPAddress.Loopback, 0);
            silent.Start();
            using StreamClient client = new StreamClient(null);
            StreamTarget target = Target(((IPEndPoint)silent.LocalEndpoint).Port);
            target.Tls = true;
            target.ServerName = "x";
            int dial = client.Dialer.Dial(target, client.Owner);
            client.Dialer.Cancel(dial);
            client.Dialer.Cancel(dial + 1000);
            using PlainServer server = new PlainServer("x");
            Assert.Null(client.Dial(Target(server.Port)));   // would be answered second
            silent.Stop();
        }

        [Fact]
        public void Localhost_with_a_listener_on_one_family_only_is_reached()
        {
            using PlainServer server = new PlainServer("hello");
            using StreamClient client = new StreamClient(null);
            Assert.Null(client.Dial(new StreamTarget { Host = "localhost", Port = server.Port }));
        }

        [Fact]
        public void Close_is_final_for_the_owner_and_for_the_other_side()
        {
            using PlainServer server = new PlainServer(null);
            using StreamClient client = new StreamClient(null);
            Assert.Null(client.Dial(Target(server.Port)));
            client.Stream.Close();
            client.Stream.Close();
            Assert.Equal(3, client.Stream.Write(new byte[3], 0, 3));
            Thread.Sleep(50);   // real sockets: time for a message to come wrongly
            Assert.True(client.HasToldNothing);
        }

        [Fact]
        public void The_resolver_answers_names_literals_and_failures()
        {
            using StreamClient client = new StreamClient(null);
            DesktopResolver resolver = new DesktopResolver();
            resolver.Resolve("192.0.2.7", client.Owner, 1);
            Resolved literal = (Resolved)client.Next();
            Assert.Equal(1, literal.Tag);
            Assert.Equal("00000000000000000000FFFFC0000207", Convert.ToHexString(literal.Addresses));
            resolver.Resolve("localhost", client.Owner, 2);
            Resolved local = (Resolved)client.Next();
            Assert.Null(local.Error);
            Assert.True(local.Addresses.Length >= 16);
            resolver.Resolve("no-such-host.invalid", client.Owner, 3);
            Resolved none = (Resolved)client.Next();
            Assert.Empty(none.Addresses);
            Assert.Contains("no-such-host.invalid", none.Error);
        }

        private static StreamTarget Target(int port)
        {
            return new StreamTarget { Host = "127.0.0.1", Port = port };
        }

        private static int FreePort()
        {
            TcpListener listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            int port = ((IPEndPoint)listener.LocalEndpoint).Port;
            listener.Stop();
            return port;
        }
    }
}
