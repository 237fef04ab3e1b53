using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using MicroLink.Http2;
using Xunit;

namespace MicroLink.Tests.Interop;

/// <summary>Our HTTP/2 client against Kestrel with prior knowledge: long streams, uploads, several streams, resets, small windows.</summary>
public sealed class KestrelTests
{
    [Fact]
    public async Task Three_megabytes_come_through_both_windows_while_other_streams_are_served()
    {
        await using Server server = await Server.StartAsync(null);
        using Client client = new(server.Port);
        int big = client.Http.Request(new Http2Request { Method = "GET", Path = "/bytes?n=3000000", Authority = "localhost", Scheme = "http" });
        byte[] body = new byte[60000];
        for (int i = 0; i < body.Length; i++) body[i] = (byte)i;
        int echo = client.Http.Request(new Http2Request { Path = "/echo", Authority = "localhost", Scheme = "http", Body = body, BodyCount = body.Length });
        int missing = client.Http.Request(new Http2Request { Method = "GET", Path = "/nothing", Authority = "localhost", Scheme = "http" });
        client.RunUntilEnded(big, echo, missing);
        Assert.Equal((200, 3000000), (client.Status[big], client.Bytes[big].Count));
        Assert.Equal(body, client.Bytes[echo].ToArray());
        Assert.Equal(404, client.Status[missing]);
        for (int i = 0; i < 3000000; i += 9973) Assert.Equal((byte)(i * 31), client.Bytes[big][i]);
    }

    [Fact]
    public async Task A_server_with_small_frames_windows_and_tables_is_served_too()
    {
        await using Server server = await Server.StartAsync(limits =>
        {
            limits.InitialConnectionWindowSize = 65535;
            limits.InitialStreamWindowSize = 65535;
            limits.HeaderTableSize = 0;
            limits.MaxFrameSize = 16384;
            limits.MaxStreamsPerConnection = 2;
        });
        using Client client = new(server.Port);
        client.RunUntilOpen();
        for (int round = 0; round < 20; round++)
        {
            byte[] body = Encoding.ASCII.GetBytes(new string('x', 3000 * round));
            int a = client.Http.Request(new Http2Request { Path = "/echo", Authority = "localhost", Scheme = "http", Body = body, BodyCount = body.Length });
            int b = client.Http.Request(new Http2Request { Method = "GET", Path = "/bytes?n=100000", Authority = "localhost", Scheme = "http" });
            Assert.Equal(-1, client.Http.Request(new Http2Request { Method = "GET", Path = "/bytes?n=1", Authority = "localhost", Scheme = "http" }));
            client.RunUntilEnded(a, b);
            Assert.Equal((body.Length, 100000), (client.Bytes[a].Count, client.Bytes[b].Count));
        }
    }

    [Fact]
    public async Task A_cancelled_stream_and_an_aborted_one_leave_the_connection_alive()
    {
        await using Server server = await Server.StartAsync(null);
        using Client client = new(server.Port);
        int endless = client.Http.Request(new Http2Request { Method = "GET", Path = "/endless", Authority = "localhost", Scheme = "http" });
        client.RunUntil(() => client.Bytes.TryGetValue(endless, out List<byte> have) && have.Count > 100000);
        client.Http.Cancel(endless);
        int aborted = client.Http.Request(new Http2Request { Method = "GET", Path = "/abort", Authority = "localhost", Scheme = "http" });
        client.RunUntil(() => client.Reset.Contains(aborted));
        int last = client.Http.Request(new Http2Request { Method = "GET", Path = "/bytes?n=5", Authority = "localhost", Scheme = "http" });
        client.RunUntilEnded(last);
        Assert.Equal(5, client.Bytes[last].Count);
        Assert.Equal(0, client.Http.ActiveStreams);
    }

    private sealed class Server : IAsyncDisposable
    {
        private WebApplication _application;
        public int Port { get; private set; }

        public static async Task<Server> StartAsync(Action<Http2Limits> limits)
        {
            WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.ConfigureKestrel(options =>
            {
                limits?.Invoke(options.Limits.Http2);
                options.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
            });
            Server server = new() { _application = builder.Build() };
            server._application.Run(Serve);
            await server._application.StartAsync();
            foreach (string url in server._application.Urls) server.Port = new Uri(url).Port;
            return server;
        }

        private static async Task Serve(HttpContext context)
        {
            switch (context.Request.Path.Value)
            {
                case "/bytes":
                    byte[] bytes = new byte[int.Parse(context.Request.Query["n"])];
                    for (int i = 0; i < bytes.Length; i++) bytes[i] = (byte)(i * 31);
                    await context.Response.Body.WriteAsync(bytes);
                    break;
                case "/echo": await context.Request.Body.CopyToAsync(context.Response.Body); break;
                case "/endless":
                    while (!context.RequestAborted.IsCancellationRequested) await context.Response.Body.WriteAsync(new byte[5000]);
                    break;
                case "/abort": context.Abort(); break;
                default: context.Response.StatusCode = 404; break;
            }
        }

        public async ValueTask DisposeAsync() => await _application.DisposeAsync();
    }

    private sealed class Client : IDisposable
    {
        private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly byte[] _in = new byte[7001], _out = new byte[4096];
        private readonly HashSet<int> _ended = new();
        public readonly Http2Connection Http = new(1024, 65535);
        public readonly Dictionary<int, int> Status = new();
        public readonly Dictionary<int, List<byte>> Bytes = new();
        public readonly HashSet<int> Reset = new();

        public Client(int port)
        {
            _socket.Connect(IPAddress.Loopback, port);
            _socket.ReceiveTimeout = 20000;
        }

        public void RunUntilOpen() => RunUntil(() => Http.Open);

        public void RunUntilEnded(params int[] streams) => RunUntil(() => Array.TrueForAll(streams, _ended.Contains));

        public void RunUntil(Func<bool> done)
        {
            while (true)
            {
                for (int n = Http.PollTransmit(_out, 0, _out.Length); n > 0; n = Http.PollTransmit(_out, 0, _out.Length)) _socket.Send(_out, n, SocketFlags.None);
                if (done()) return;
                int count = _socket.Receive(_in);
                Assert.True(count > 0, "Kestrel closed the connection");
                // After an event there may be another one without a further byte: the end of the frame that raised it.
                bool any = true;
                for (int at = 0; at < count || any;)
                {
                    Http.Handle(_in, at, count - at, 0);
                    at += Http.Consumed;
                    any = Take();
                    Assert.True(Http.Failure == Http2Error.NoError, Http.FailureText);
                }
            }
        }

        private bool Take()
        {
            Http2Event happened = new();
            bool any = false;
            while (Http.PollEvent(happened))
            {
                any = true;
                if (happened.Kind == Http2Event.Response)
                {
                    Status[happened.Stream] = happened.Status;
                    Bytes[happened.Stream] = new List<byte>();
                }
                else if (happened.Kind == Http2Event.Data)
                {
                    Bytes[happened.Stream].AddRange(happened.Buffer[happened.Offset..(happened.Offset + happened.Count)]);
                    Http.Consume(happened.Stream, happened.Count);
                }
                else if (happened.Kind == Http2Event.End) _ended.Add(happened.Stream);
                else if (happened.Kind == Http2Event.Reset) Reset.Add(happened.Stream);
            }

            return any;
        }

        public void Dispose() => _socket.Dispose();
    }
}
