using System;
using System.IO;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace MicroLink.Desktop
{
    /// <summary>
    /// Serves the running node's commands over a Unix socket. One request line per connection; the answer is lines that begin with "= ",
    /// then one line "." (done) or "! sentence" (refused, with the reason). After some requests the connection goes on as a stream.
    /// </summary>
    internal sealed class LocalServer : IDisposable
    {
        private const int MostClients = 16;
        private const int LongestRequest = 512;
        private const int OutOfFilesMs = 50;

        private readonly Func<string, LocalAnswer, string?> _serve;
        private readonly Socket _listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        private readonly SemaphoreSlim _places = new SemaphoreSlim(MostClients);
        private readonly StateDirectory _directory;
        private readonly string _path;
        private volatile bool _closed;

        private LocalServer(StateDirectory directory, string path, Func<string, LocalAnswer, string?> serve)
        {
            _serve = serve;
            _directory = directory;
            _path = path;
        }

        /// <summary>Null with one plain sentence when the host refuses, as with a full disk.</summary>
        /// <param name="serve">Writes the answer's lines; returns null or why the request is refused. Runs on a pool thread.</param>
        public static LocalServer? Open(StateDirectory directory, string path, Func<string, LocalAnswer, string?> serve, out string error)
        {
            LocalServer server = new LocalServer(directory, path, serve);
            error = "";
            try
            {
                server.Listen();
                return server;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or SocketException)
            {
                server.Dispose();
                error = "The node's local socket, for status and ping, cannot be made (" + e.Message.TrimEnd('.') + "); make room or check the permissions.";
                return null;
            }
        }

        private void Listen()
        {
            File.Delete(_path);   // left by a node that was killed; the lock file says that no other node runs here
            _listener.Bind(new UnixDomainSocketEndPoint(_path));
            File.SetUnixFileMode(_path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            _listener.Listen(MostClients);
            File.WriteAllText(_directory.PointerPath, _path + "\n");
            _ = Task.Run(AcceptLoop);
        }

        public void Dispose()
        {
            _closed = true;
            _listener.Dispose();
            File.Delete(_directory.PointerPath);
            File.Delete(_path);
        }

        private async Task AcceptLoop()
        {
            for (; ; )
            {
                await _places.WaitAsync();
                Socket client;
                try
                {
                    client = await _listener.AcceptAsync();
                }
                catch (SocketException) when (!_closed)
                {
                    _places.Release();
                    await Task.Delay(OutOfFilesMs);   // out of files, say, which the proxies' connections may use up
                    continue;
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException)
                {
                    return;   // Dispose closed the listener
                }
                // A thread of its own: a question may wait for seconds, and the pool has two threads on such a machine, which move the relay's bytes.
                _ = Task.Factory.StartNew(() => ServeClient(client), TaskCreationOptions.LongRunning);
            }
        }

        private void ServeClient(Socket client)
        {
            try
            {
                client.ReceiveTimeout = 5000;
                using NetworkStream stream = new NetworkStream(client, ownsSocket: false);
                string? request = ReadLine(stream);
                if (request == null) return;
                using LocalAnswer answer = new LocalAnswer();
                string? refusal = _serve(request, answer);
                StringBuilder text = new StringBuilder();
                foreach (string line in answer.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)) text.Append("= ").Append(line).Append('\n');
                text.Append(refusal == null ? "." : "! " + refusal.Replace('\n', ' ')).Append('\n');
                stream.Write(Encoding.UTF8.GetBytes(text.ToString()));
                if (refusal != null || answer.TakeOver == null) return;
                client.ReceiveTimeout = 0;
                answer.TakeOver(client);
            }
            catch (IOException)
            {
                // The client went away before its answer; nobody is left to tell.
            }
            finally
            {
                client.Dispose();
                _places.Release();
            }
        }

        private static string? ReadLine(Stream stream)
        {
            byte[] line = new byte[LongestRequest];
            int count = 0;
            while (count < line.Length)
            {
                int read = stream.Read(line, count, line.Length - count);
                if (read == 0) return null;
                count += read;
                int end = Array.IndexOf(line, (byte)'\n', 0, count);
                if (end >= 0) return Encoding.UTF8.GetString(line, 0, end);
            }
            return null;
        }
    }
}
