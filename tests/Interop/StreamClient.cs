using System;
using System.Collections.Concurrent;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using MicroLink.Drivers;
using MicroLink.Drivers.Desktop;
using MicroLink.Runtime;

namespace MicroLink.Tests.Interop
{
    /// <summary>Uses a desktop dialer from a test: an actor system of its own whose one actor records what the driver tells.</summary>
    public sealed class StreamClient : IDisposable
    {
        private const int PatienceMs = 20000;

        private readonly ActorSystem _system = new ActorSystem(new DesktopClock(), 4);
        private readonly BlockingCollection<Message> _told = new BlockingCollection<Message>();
        private readonly TcpStreamDialer _dialer;
        private readonly ActorRef _owner;
        private readonly Thread _thread;

        public StreamClient(string caFile)
        {
            _dialer = new TcpStreamDialer(caFile);
            _owner = _system.Spawn("owner", Props.From(() => new Recorder(_told)));
            _thread = new Thread(() => _system.RunForever()) { IsBackground = true };
            _thread.Start();
        }

        public IByteStream Stream { get; private set; }

        public TcpStreamDialer Dialer => _dialer;

        public ActorRef Owner => _owner;

        /// <summary>Null when the stream opened.</summary>
        public StreamFailed Dial(StreamTarget target)
        {
            Close();
            int dial = _dialer.Dial(target, _owner);
            Message answer = Next();
            if (answer is StreamFailed failed)
            {
                if (failed.Dial != dial) throw new InvalidOperationException("answer for another dial");
                return failed;
            }
            Stream = ((StreamOpened)answer).Stream;
            return null;
        }

        /// <summary>Closes the stream, if any: `openssl s_server` serves one connection after the other.</summary>
        public void Close()
        {
            if (Stream != null) Stream.Close();
            Stream = null;
        }

        public Message Next()
        {
            if (!_told.TryTake(out Message message, PatienceMs)) throw new TimeoutException("the driver told nothing for 20 s");
            return message;
        }

        /// <summary>True when nothing was told so far.</summary>
        public bool HasToldNothing => _told.Count == 0;

        /// <summary>
        /// Writes everything, waiting for StreamWritable where the ring is full. Data that arrives meanwhile is an error here.
        /// </summary>
        public void Write(byte[] bytes)
        {
            int done = 0;
            while (true)
            {
                done += Stream.Write(bytes, done, bytes.Length - done);
                if (done == bytes.Length) return;
                if (!(Next() is StreamWritable)) throw new InvalidOperationException("expected StreamWritable");
            }
        }

        public byte[] ReadToEnd()
        {
            MemoryStream all = new MemoryStream();
            while (true)
            {
                Message message = Next();
                if (message is StreamClosed) return all.ToArray();
                if (!(message is PacketBuffer buffer)) continue;
                all.Write(buffer.Bytes, buffer.Offset, buffer.Count);
                buffer.Return();
            }
        }

        public void Dispose()
        {
            Close();
            _system.Stop();
            _thread.Join();
        }

        private sealed class Recorder : Actor
        {
            private readonly BlockingCollection<Message> _told;

            public Recorder(BlockingCollection<Message> told)
            {
                _told = told;
            }

            protected override void OnReceive(Message message) => _told.Add(message);
        }
    }

    /// <summary>A TCP server that reads what comes and answers each connection with fixed bytes, or with what it got.</summary>
    public sealed class PlainServer : IDisposable
    {
        private readonly TcpListener _listener;
        private readonly byte[] _answer;

        /// <param name="answer">Sent after the first bytes of each connection, which is then closed; null = echo until the client
        /// closes.</param>
        public PlainServer(string answer, IPAddress address = null)
        {
            _answer = answer == null ? null : Encoding.ASCII.GetBytes(answer);
            _listener = new TcpListener(address ?? IPAddress.Loopback, 0);
            _listener.Start();
            _ = AcceptAsync();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public void Dispose() => _listener.Stop();

        private async Task AcceptAsync()
        {
            try
            {
                while (true) _ = ServeAsync(await _listener.AcceptTcpClientAsync());
            }
            catch (Exception error) when (error is SocketException || error is ObjectDisposedException)
            {
                // Disposed: the end of the test.
            }
        }

        private async Task ServeAsync(TcpClient client)
        {
            using TcpClient own = client;
            NetworkStream stream = client.GetStream();
            byte[] buffer = new byte[65536];
            try
            {
                int count;
                while ((count = await stream.ReadAsync(buffer)) > 0)
                {
                    if (_answer == null) await stream.WriteAsync(buffer.AsMemory(0, count));
                    else
                    {
                        await stream.WriteAsync(_answer);
                        return;
                    }
                }
            }
            catch (IOException)
            {
                // The client has gone.
            }
        }
    }
}
