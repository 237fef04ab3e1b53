using System;
using System.Collections.Generic;
using System.IO;
using System.Net.Sockets;
using System.Text;

namespace MicroLink.Desktop
{
    /// <summary>Asks a running node over its Unix socket; see <see cref="LocalServer"/> for the form of request and answer.</summary>
    internal sealed class LocalClient
    {
        private readonly StateDirectory _directory;

        public LocalClient(StateDirectory directory)
        {
            _directory = directory;
        }

        public string NotRunning => $"No microlink is running on {_directory.Path}; start it with \"microlink up\" or name another directory with --state-dir.";

        /// <summary>True when a node answered. <paramref name="refusal"/> is null, or the node's reason for refusing.</summary>
        public bool TryAsk(string request, int timeoutMs, out string[] lines, out string? refusal)
        {
            lines = [];
            refusal = null;
            string? path = _directory.ReadPointer();
            if (path == null) return false;
            using Socket socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                socket.Connect(new UnixDomainSocketEndPoint(path));
            }
            catch (SocketException)
            {
                return false;   // a pointer left by a node that was killed
            }
            socket.ReceiveTimeout = timeoutMs;
            try
            {
                using NetworkStream stream = new NetworkStream(socket, ownsSocket: false);
                stream.Write(Encoding.UTF8.GetBytes(request + "\n"));
                refusal = ReadAnswer(stream, out lines);
            }
            catch (IOException)
            {
                refusal = $"The node did not answer within {timeoutMs} ms.";
            }
            return true;
        }

        /// <summary>The connection after a request that hands it over, or null and why (null: no node is running).</summary>
        public Socket? Open(string request, int timeoutMs, out string? refusal)
        {
            refusal = null;
            string? path = _directory.ReadPointer();
            if (path == null) return null;
            Socket socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                socket.Connect(new UnixDomainSocketEndPoint(path));
                socket.ReceiveTimeout = timeoutMs;
                socket.Send(Encoding.UTF8.GetBytes(request + "\n"));
                refusal = ReadVerdict(socket);
                socket.ReceiveTimeout = 0;
                if (refusal == null) return socket;
            }
            catch (SocketException e)
            {
                refusal = e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock ? $"The node did not answer within {timeoutMs} ms." : null;
            }
            socket.Dispose();
            return null;
        }

        /// <summary>Reads one line byte by byte: what follows belongs to the stream.</summary>
        private static string? ReadVerdict(Socket socket)
        {
            byte[] line = new byte[1024];
            int count = 0;
            while (count < line.Length && socket.Receive(line, count, 1, SocketFlags.None) == 1 && line[count] != (byte)'\n') count++;
            string text = Encoding.UTF8.GetString(line, 0, count);
            if (text == ".") return null;
            return text.StartsWith("! ", StringComparison.Ordinal) ? text.Substring(2) : "The node closed the connection before its answer was complete.";
        }

        private static string? ReadAnswer(Stream stream, out string[] lines)
        {
            List<string> received = new List<string>();
            using StreamReader reader = new StreamReader(stream, Encoding.UTF8);
            string? refusal = "The node closed the connection before its answer was complete.";
            for (string? line = reader.ReadLine(); line != null; line = reader.ReadLine())
            {
                if (line == ".") { refusal = null; break; }
                if (line.StartsWith("! ", StringComparison.Ordinal)) { refusal = line.Substring(2); break; }
                if (line.StartsWith("= ", StringComparison.Ordinal)) received.Add(line.Substring(2));
            }
            lines = received.ToArray();
            return refusal;
        }
    }
}
