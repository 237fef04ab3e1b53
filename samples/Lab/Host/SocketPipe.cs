using System;
using System.Buffers;
using System.IO;
using System.IO.Pipelines;
using System.Threading;
using System.Threading.Tasks;
using MicroLink.Lab.Core;

namespace MicroLink.Lab
{
    /// <summary>The way back over one socket (or TLS stream): the core writes into a pipe, a task writes the pipe to the stream.</summary>
    internal sealed class SocketPipe : ILabPipe
    {
        private const int HighWater = 64 << 10, LowWater = 32 << 10;

        private readonly Pipe _pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0, minimumSegmentSize: 16 << 10, useSynchronizationContext: false));
        private readonly Stream _stream;
        private readonly Action<SocketPipe> _writable;
        private readonly Lock _gate = new Lock();
        private TaskCompletionSource _drained;
        private long _pending;
        private bool _closed;

        /// <param name="writable">Called without any lock when the pipe has drained after <see cref="CanSend"/> was false.</param>
        public SocketPipe(Stream stream, Action<SocketPipe> writable)
        {
            _stream = stream;
            _writable = writable;
        }

        public bool CanSend => Interlocked.Read(ref _pending) < HighWater;

        public void Send(ReadOnlySpan<byte> bytes)
        {
            lock (_gate)
            {
                if (_closed) return;
                Interlocked.Add(ref _pending, bytes.Length);
                _pipe.Writer.Write(bytes);
                // Without a pause threshold a flush completes at once.
                _ = _pipe.Writer.FlushAsync().IsCompleted;
            }
        }

        public void Close(string reason)
        {
            lock (_gate)
            {
                if (_closed) return;
                _closed = true;
                _pipe.Writer.Complete();
            }
        }

        /// <summary>Completes when <see cref="CanSend"/> is true or the pipe is closed.</summary>
        public Task WhenWritable()
        {
            lock (_gate)
            {
                if (_closed || CanSend) return Task.CompletedTask;
                _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                return _drained.Task;
            }
        }

        /// <summary>Writes until the pipe is closed and empty, or the stream breaks; then closes the stream.</summary>
        public async Task RunAsync()
        {
            try
            {
                while (true)
                {
                    ReadResult read = await _pipe.Reader.ReadAsync();
                    foreach (ReadOnlyMemory<byte> part in read.Buffer) await _stream.WriteAsync(part);
                    long sent = read.Buffer.Length;
                    _pipe.Reader.AdvanceTo(read.Buffer.End);
                    Drained(sent);
                    if (read.IsCompleted) break;
                }
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException or System.Net.Sockets.SocketException)
            {
                // The reading side sees the same end and reports it.
            }
            Close("the connection broke");
            _pipe.Reader.Complete();
            Drained(0);
            await _stream.DisposeAsync();
        }

        private void Drained(long sent)
        {
            long after = Interlocked.Add(ref _pending, -sent), before = after + sent;
            TaskCompletionSource waiting = null;
            lock (_gate)
            {
                if (after < HighWater || _closed)
                {
                    waiting = _drained;
                    _drained = null;
                }
            }
            waiting?.TrySetResult();
            if (before >= LowWater && after < LowWater) _writable(this);
        }
    }
}
