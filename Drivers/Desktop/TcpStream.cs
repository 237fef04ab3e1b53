using System;
using System.IO;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using MicroLink.Runtime;

namespace MicroLink.Drivers.Desktop
{
    /// <summary>
    /// One open TCP or TLS connection. The reader is one asynchronous loop that leases at most eight buffers of 16 KB (a TLS record) and waits for one to
    /// come back before it reads on. The writer runs only while the output ring holds bytes. Both end with the connection.
    /// </summary>
    public sealed class TcpStream : IByteStream
    {
        private const int BufferBytes = 16 * 1024;
        private const int RingBytes = 128 * 1024;
        private const int LeaseYields = 4;

        private readonly object _gate = new object();
        private readonly Socket _socket;
        private readonly Stream _stream;
        private readonly ActorRef _owner;
        private readonly string _remoteText;
        private readonly byte[] _localAddress;
        private readonly BufferPool _pool = new BufferPool(StreamLimits.Buffers, BufferBytes);
        private readonly OutputRing _ring = new OutputRing(RingBytes);
        private readonly CancellationTokenSource _closing = new CancellationTokenSource();
        private bool _writing;
        private bool _wasFull;
        private bool _closed;
        private string _brokenReason;

        internal TcpStream(Socket socket, Stream stream, ActorRef owner, string remoteText)
        {
            _socket = socket;
            _stream = stream;
            _owner = owner;
            _remoteText = remoteText;
            _localAddress = socket.LocalEndPoint is IPEndPoint local ? AddressBytes.Of(new[] { local.Address }) : null;
        }

        public string RemoteText
        {
            get { return _remoteText; }
        }

        public byte[] LocalAddress
        {
            get { return _localAddress; }
        }

        /// <summary>True for a verified (or, when asked for, unverified) TLS connection.</summary>
        public bool IsTls
        {
            get { return _stream is SslStream; }
        }

        public int Write(byte[] buffer, int offset, int count)
        {
            lock (_gate)
            {
                if (_closed || _brokenReason != null) return count;   // StreamClosed is on its way; nobody waits for room
                int taken = _ring.Put(buffer, offset, count);
                if (taken < count) _wasFull = true;
                if (!_writing && _ring.Count > 0)
                {
                    _writing = true;
                    _ = Task.Run(WriteLoopAsync);
                }
                return taken;
            }
        }

        public void Close()
        {
            lock (_gate)
            {
                if (_closed) return;
                _closed = true;
            }
            _closing.Cancel();
            _socket.Dispose();   // a pending read or write ends with an exception that the loops expect
        }

        /// <summary>Ends a stream that nobody was told about.</summary>
        internal void Abandon()
        {
            Close();
            _stream.Dispose();
        }

        /// <summary>Starts to read; called once, after the owner's mailbox has taken StreamOpened.</summary>
        internal void StartReading()
        {
            _ = Task.Run(ReadLoopAsync);
        }

        private async Task ReadLoopAsync()
        {
            await ReadAndTellAsync().ConfigureAwait(false);
            _socket.Dispose();
            try
            {
                await _stream.DisposeAsync().ConfigureAwait(false);   // SslStream holds native memory
            }
            catch (Exception error) when (IsConnectionError(error))
            {
                // It wanted to say goodbye on a socket that is closed.
            }
        }

        private async Task ReadAndTellAsync()
        {
            string reason;
            try
            {
                reason = await ReadUntilEndAsync().ConfigureAwait(false);
            }
            catch (Exception error) when (IsConnectionError(error))
            {
                reason = EndReason(error);
            }
            lock (_gate)
            {
                if (_closed) return;
                if (_brokenReason == null) _brokenReason = reason;
            }
            await ReliableTell.SendAsync(_owner, new StreamClosed(this, _brokenReason), _closing.Token).ConfigureAwait(false);
        }

        private async Task<string> ReadUntilEndAsync()
        {
            while (true)
            {
                PacketBuffer buffer = await LeaseAsync().ConfigureAwait(false);
                if (buffer == null) return "closed here";
                int count;
                try
                {
                    count = await _stream.ReadAsync(buffer.Bytes.AsMemory(0, BufferBytes), _closing.Token).ConfigureAwait(false);
                }
                catch
                {
                    buffer.Return();
                    throw;
                }
                if (count <= 0)
                {
                    buffer.Return();
                    return "the other side closed the connection";
                }
                buffer.Kind = BufferKind.StreamData;
                buffer.Tag = this;
                buffer.Offset = 0;
                buffer.Count = count;
                if (!await ReliableTell.SendAsync(_owner, buffer, _closing.Token).ConfigureAwait(false))
                {
                    buffer.Return();
                    return "closed here";
                }
            }
        }

        /// <summary>
        /// Leases the next buffer; while the owner holds all eight, the connection is not read: that is the flow control. An owner that
        /// keeps up returns one within microseconds, so a few turns of the thread pool come before the first millisecond of waiting.
        /// </summary>
        private async Task<PacketBuffer> LeaseAsync()
        {
            for (int round = 0; !_closing.IsCancellationRequested; round++)
            {
                PacketBuffer buffer = _pool.Free > 0 ? _pool.Lease() : null;
                if (buffer != null) return buffer;
                if (round < LeaseYields) await Task.Yield();
                else await Task.Delay(1, CancellationToken.None).ConfigureAwait(false);
            }
            return null;
        }

        private async Task WriteLoopAsync()
        {
            try
            {
                while (true)
                {
                    ReadOnlyMemory<byte> piece;
                    lock (_gate)
                    {
                        if (_ring.Count == 0 || _closed)
                        {
                            _writing = false;
                            return;
                        }
                        piece = _ring.Peek();
                    }
                    await _stream.WriteAsync(piece, _closing.Token).ConfigureAwait(false);
                    await DropAsync(piece.Length).ConfigureAwait(false);
                }
            }
            catch (Exception error) when (IsConnectionError(error))
            {
                lock (_gate)
                {
                    _writing = false;
                    if (_closed) return;
                    if (_brokenReason == null) _brokenReason = EndReason(error);
                }
                _socket.Dispose();   // wakes the reader, which tells the owner
            }
        }

        private async Task DropAsync(int count)
        {
            bool announce;
            lock (_gate)
            {
                _ring.Drop(count);
                announce = _wasFull;
                _wasFull = false;
            }
            if (announce) await ReliableTell.SendAsync(_owner, new StreamWritable(this), _closing.Token).ConfigureAwait(false);
        }

        private static bool IsConnectionError(Exception error)
        {
            return error is IOException || error is SocketException || error is ObjectDisposedException
                || error is OperationCanceledException || error is InvalidOperationException;
        }

        private static string EndReason(Exception error)
        {
            SocketException socket = error as SocketException ?? error.InnerException as SocketException;
            if (socket != null) return DialText.OfBroken(socket.SocketErrorCode);
            return error is IOException ? "the connection broke: " + error.Message : "the connection was closed";
        }
    }
}
