using System;
using System.Buffers;
using System.Collections.Generic;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using MicroLink.Lab.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MicroLink.Lab
{
    /// <summary>
    /// Kestrel's HTTP/2 server, whose connections are Noise sessions instead of sockets: each session is handed to it as a pair of pipes.
    /// Requests end in LabControl, with the machine key of the session.
    /// </summary>
    internal sealed class NoiseKestrel
    {
        private readonly LabServer _server;
        private readonly WebApplication _app;
        private readonly Channel<ConnectionContext> _connections = Channel.CreateUnbounded<ConnectionContext>();

        public NoiseKestrel(LabServer server)
        {
            _server = server;
            WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(Array.Empty<string>());
            builder.Logging.ClearProviders();
            builder.Services.AddSingleton<IConnectionListenerFactory>(new NoiseListenerFactory(_connections.Reader));
            builder.WebHost.ConfigureKestrel(options =>
            {
                options.AddServerHeader = false;
                // Clients say ":scheme https" inside Noise (protocol.md 2.6), and to Kestrel this is a connection without TLS.
                options.AllowAlternateSchemes = true;
                options.Limits.MaxRequestBodySize = LabControl.MaxBody + 1;
                // Streams live for hours with little traffic.
                options.Limits.MinResponseDataRate = null;
                options.Limits.MinRequestBodyDataRate = null;
                // Not InfiniteTimeSpan: Kestrel's HTTP/2 timer overflows with it and closes after a second.
                options.Limits.KeepAliveTimeout = TimeSpan.FromDays(365);
                options.Listen(NoiseEndPoint.Instance, listen => listen.Protocols = HttpProtocols.Http2);
            });
            _app = builder.Build();
            _app.Run(Answer);
        }

        public Task StartAsync() => _app.StartAsync();

        public async Task StopAsync()
        {
            using var limit = new CancellationTokenSource(500);
            await _app.StopAsync(limit.Token);
            await _app.DisposeAsync();
        }

        /// <summary>Hands a session to Kestrel. Called inside the core's lock.</summary>
        public ILabInner Open(LabSession session, SocketPipe pipe)
        {
            var connection = new NoiseConnection(_server, session, pipe);
            _connections.Writer.TryWrite(connection);
            return connection;
        }

        private async Task Answer(HttpContext context)
        {
            LabSession session = context.Features.Get<LabSession>();
            byte[] body;
            try
            {
                using var copy = new System.IO.MemoryStream();
                await context.Request.Body.CopyToAsync(copy, context.RequestAborted);
                body = copy.ToArray();
            }
            catch (Exception e) when (e is System.IO.IOException or OperationCanceledException)
            {
                context.Response.StatusCode = 413;
                return;
            }
            var request = new LabRequest
            {
                Method = context.Request.Method,
                Path = context.Request.Path + context.Request.QueryString.Value,
                Body = body,
                MachineKey = session.MachineKey,
                Remote = session.Remote,
            };
            var response = new KestrelResponse();
            LabExchange exchange = null;
            _server.Locked(core => exchange = core.Control.Handle(request, response, _server.NowMs));
            try
            {
                await response.SendAsync(context);
            }
            catch (OperationCanceledException)
            {
                _server.Locked(core => exchange.Aborted(_server.NowMs));
            }
        }
    }

    /// <summary>What the core answers, queued until the request's task has written it.</summary>
    internal sealed class KestrelResponse : ILabResponse
    {
        private readonly Channel<byte[]> _chunks = Channel.CreateUnbounded<byte[]>(new UnboundedChannelOptions { SingleReader = true });
        private readonly TaskCompletionSource<(int Status, string Type, int Length)> _start =
            new TaskCompletionSource<(int, string, int)>(TaskCreationOptions.RunContinuationsAsynchronously);
        private long _backlog;

        public long Backlog => Interlocked.Read(ref _backlog);

        public void Start(int status, string contentType, int contentLength) => _start.TrySetResult((status, contentType, contentLength));

        public void Write(ReadOnlySpan<byte> bytes)
        {
            Interlocked.Add(ref _backlog, bytes.Length);
            _chunks.Writer.TryWrite(bytes.ToArray());
        }

        public void End() => _chunks.Writer.TryComplete();

        public async Task SendAsync(HttpContext context)
        {
            CancellationToken aborted = context.RequestAborted;
            (int status, string type, int length) = await _start.Task.WaitAsync(aborted);
            context.Response.StatusCode = status;
            if (type != null) context.Response.ContentType = type;
            if (length >= 0) context.Response.ContentLength = length;
            await context.Response.StartAsync(aborted);
            await foreach (byte[] chunk in _chunks.Reader.ReadAllAsync(aborted))
            {
                await context.Response.Body.WriteAsync(chunk, aborted);
                await context.Response.Body.FlushAsync(aborted);
                Interlocked.Add(ref _backlog, -chunk.Length);
            }
        }
    }

    /// <summary>One Noise session as a Kestrel connection.</summary>
    internal sealed class NoiseConnection : ConnectionContext, ILabInner
    {
        private static int s_count;

        private readonly LabServer _server;
        private readonly LabSession _session;
        private readonly SocketPipe _pipe;
        private readonly Pipe _in = new Pipe(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
        private readonly Pipe _out = new Pipe(new PipeOptions(useSynchronizationContext: false));
        private readonly CancellationTokenSource _closed = new CancellationTokenSource();
        private bool _inputEnded;

        public NoiseConnection(LabServer server, LabSession session, SocketPipe pipe)
        {
            _server = server;
            _session = session;
            _pipe = pipe;
            Features.Set(session);
            Transport = new DuplexPipe(_in.Reader, _out.Writer);
            LocalEndPoint = NoiseEndPoint.Instance;
            _ = SendLoop();
        }

        public override string ConnectionId { get; set; } = "noise-" + Interlocked.Increment(ref s_count);
        public override IFeatureCollection Features { get; } = new FeatureCollection();
        public override IDictionary<object, object> Items { get; set; } = new Dictionary<object, object>();
        public override IDuplexPipe Transport { get; set; }
        public override CancellationToken ConnectionClosed { get => _closed.Token; set { } }

        /// <summary>Plaintext of one record; inside the core's lock. HTTP/2 flow control bounds what can pile up here.</summary>
        public void Receive(ReadOnlySpan<byte> plain, long nowMs)
        {
            if (_inputEnded) return;
            _in.Writer.Write(plain);
            _ = _in.Writer.FlushAsync().IsCompleted;
        }

        public void PeerClosed(long nowMs)
        {
            EndInput();
            ThreadPool.QueueUserWorkItem(_ => _closed.Cancel());
        }

        public override void Abort(ConnectionAbortedException abortReason) => Close(abortReason?.Message ?? "the connection was lost");

        public override ValueTask DisposeAsync()
        {
            Close("HTTP/2 is done");
            return default;
        }

        /// <summary>Kestrel waits for the end of its input before it lets go of a connection.</summary>
        private void Close(string reason)
        {
            _server.Locked(core =>
            {
                EndInput();
                _session.Close(reason);
            });
        }

        private void EndInput()
        {
            if (_inputEnded) return;
            _inputEnded = true;
            _in.Writer.Complete();
        }

        private async Task SendLoop()
        {
            while (true)
            {
                ReadResult read = await _out.Reader.ReadAsync();
                foreach (ReadOnlyMemory<byte> part in read.Buffer)
                {
                    _server.Locked(core => _session.Send(part.Span));
                    await _pipe.WhenWritable();
                }
                _out.Reader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted) break;
            }
            _out.Reader.Complete();
        }

        private sealed class DuplexPipe : IDuplexPipe
        {
            public DuplexPipe(PipeReader input, PipeWriter output)
            {
                Input = input;
                Output = output;
            }

            public PipeReader Input { get; }
            public PipeWriter Output { get; }
        }
    }

    /// <summary>The only "address" this Kestrel listens on.</summary>
    internal sealed class NoiseEndPoint : EndPoint
    {
        public static readonly NoiseEndPoint Instance = new NoiseEndPoint();

        public override AddressFamily AddressFamily => AddressFamily.Unspecified;

        public override string ToString() => "noise";
    }

    /// <summary>Gives Kestrel the sessions as they are agreed.</summary>
    internal sealed class NoiseListenerFactory : IConnectionListenerFactory, IConnectionListenerFactorySelector
    {
        private readonly ChannelReader<ConnectionContext> _connections;

        public NoiseListenerFactory(ChannelReader<ConnectionContext> connections)
        {
            _connections = connections;
        }

        public bool CanBind(EndPoint endpoint) => endpoint is NoiseEndPoint;

        public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
        {
            return new ValueTask<IConnectionListener>(new Listener(_connections));
        }

        private sealed class Listener : IConnectionListener
        {
            private readonly ChannelReader<ConnectionContext> _connections;
            private readonly CancellationTokenSource _stop = new CancellationTokenSource();

            public Listener(ChannelReader<ConnectionContext> connections)
            {
                _connections = connections;
            }

            public EndPoint EndPoint => NoiseEndPoint.Instance;

            public async ValueTask<ConnectionContext> AcceptAsync(CancellationToken cancellationToken = default)
            {
                try
                {
                    return await _connections.ReadAsync(_stop.Token);
                }
                catch (OperationCanceledException)
                {
                    return null;
                }
            }

            public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
            {
                _stop.Cancel();
                return default;
            }

            public ValueTask DisposeAsync()
            {
                _stop.Cancel();
                return default;
            }
        }
    }
}
