using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using MicroLink.Http2;

namespace MicroLink.Tests.Interop
{
    /// <summary>Debian's nghttpd without TLS on a free loopback port, serving one temporary directory.</summary>
    public sealed class NghttpdServer : IDisposable
    {
        private readonly Process _process;

        public readonly string Directory = Path.Combine(Path.GetTempPath(), "microlink-nghttpd-" + Guid.NewGuid().ToString("N"));
        public readonly int Port;

        public NghttpdServer(params string[] options)
        {
            System.IO.Directory.CreateDirectory(Directory);
            Port = FreePort();
            ProcessStartInfo start = new ProcessStartInfo("nghttpd") { RedirectStandardOutput = true, RedirectStandardError = true };
            foreach (string option in new[] { "--no-tls", "-a", "127.0.0.1", "-d", Directory }) start.ArgumentList.Add(option);
            foreach (string option in options) start.ArgumentList.Add(option);
            start.ArgumentList.Add(Port.ToString());
            _process = Process.Start(start);
            _process.BeginOutputReadLine();
            _process.BeginErrorReadLine();
            WaitUntilItListens();
        }

        public static string WhyNot()
        {
            try
            {
                using Process process = Process.Start(new ProcessStartInfo("nghttpd", "--version") { RedirectStandardOutput = true });
                process.WaitForExit();
                return process.ExitCode == 0 ? null : "nghttpd does not run";
            }
            catch (Exception)
            {
                return "nghttpd is not installed (apt install nghttp2-server)";
            }
        }

        public void Write(string name, byte[] content) => File.WriteAllBytes(Path.Combine(Directory, name), content);

        public void Dispose()
        {
            _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
            System.IO.Directory.Delete(Directory, true);
        }

        private void WaitUntilItListens()
        {
            for (int i = 0; i < 200; i++)
            {
                try
                {
                    using TcpClient probe = new TcpClient("127.0.0.1", Port);
                    return;
                }
                catch (SocketException)
                {
                    Thread.Sleep(25);
                }
            }
            throw new TimeoutException("nghttpd does not listen after 5 s");
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

    /// <summary>Our HTTP/2 client machine on a blocking socket.</summary>
    public sealed class NghttpdClient : IDisposable
    {
        private readonly TcpClient _tcp;
        private readonly byte[] _in = new byte[4096];
        private readonly byte[] _out = new byte[4077];
        private readonly Http2Event _event = new Http2Event();

        public readonly Http2Connection Http;
        public readonly Dictionary<int, int> Statuses = new Dictionary<int, int>();
        public readonly Dictionary<int, MemoryStream> Bodies = new Dictionary<int, MemoryStream>();
        public readonly HashSet<int> Ended = new HashSet<int>();
        public readonly Dictionary<int, int> Resets = new Dictionary<int, int>();
        /// <summary>Bytes of data that are given back late: the consumer that cannot keep up.</summary>
        public bool Lazy;
        private readonly Dictionary<int, int> _owed = new Dictionary<int, int>();

        public NghttpdClient(int port, int tableBytes = 4096, int window = 65535)
        {
            _tcp = new TcpClient("127.0.0.1", port) { ReceiveTimeout = 10000, NoDelay = true };
            Http = new Http2Connection(tableBytes, window);
        }

        public int Get(string path) => Http.Request(new Http2Request { Method = "GET", Path = path, Authority = "127.0.0.1", Scheme = "http" });

        public int Post(string path, byte[] body) =>
            Http.Request(new Http2Request { Path = path, Authority = "127.0.0.1", Scheme = "http", Body = body, BodyCount = body.Length });

        /// <summary>Moves bytes until so many streams have ended (or been reset).</summary>
        public void RunUntil(int ended)
        {
            while (Ended.Count + Resets.Count < ended && Http.Failure == 0)
            {
                Flush();
                int count = _tcp.GetStream().Read(_in, 0, _in.Length);
                if (count == 0) throw new IOException("nghttpd closed the connection");
                for (int at = 0; at < count && Http.Failure == 0;)
                {
                    Http.Handle(_in, at, count - at, 0);
                    at += Http.Consumed;
                    Drain();
                }
                Http.Handle(_in, 0, 0, 0);
                Drain();
                if (Lazy && _tcp.Available == 0) PayBack();
            }
            Flush();
        }

        public byte[] Body(int stream) => Bodies.TryGetValue(stream, out MemoryStream body) ? body.ToArray() : new byte[0];

        public void Dispose() => _tcp.Dispose();

        private void Flush()
        {
            for (int count; (count = Http.PollTransmit(_out, 0, _out.Length)) > 0;) _tcp.GetStream().Write(_out, 0, count);
        }

        private void PayBack()
        {
            foreach ((int stream, int count) in _owed) Http.Consume(stream, count);
            _owed.Clear();
        }

        private void Drain()
        {
            while (Http.PollEvent(_event))
            {
                switch (_event.Kind)
                {
                    case Http2Event.Response: Statuses[_event.Stream] = _event.Status; break;
                    case Http2Event.End: Ended.Add(_event.Stream); break;
                    case Http2Event.Reset: Resets[_event.Stream] = _event.Code; break;
                    case Http2Event.Data:
                        if (!Bodies.TryGetValue(_event.Stream, out MemoryStream body)) Bodies[_event.Stream] = body = new MemoryStream();
                        body.Write(_event.Buffer, _event.Offset, _event.Count);
                        if (!Lazy) Http.Consume(_event.Stream, _event.Count);
                        else _owed[_event.Stream] = (_owed.TryGetValue(_event.Stream, out int owed) ? owed : 0) + _event.Count;
                        break;
                }
            }
        }
    }
}
