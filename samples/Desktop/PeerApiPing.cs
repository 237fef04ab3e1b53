using System;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MicroLink.Bytes;
using MicroLink.Node;
using MicroLink.Sockets;

namespace MicroLink.Desktop
{
    /// <summary>`microlink ping --peerapi`: `HEAD /` of the peer's HTTP service, whose port its TSMP pong has told (protocol.md 10.4, 10.5).</summary>
    internal static class PeerApiPing
    {
        private const int MostHead = 1024;

        /// <summary>Null and one line of the answer, or why not.</summary>
        public static string? Run(NodeGraph graph, PeerFound peer, int port, int timeoutMs, LocalAnswer answer)
        {
            if (port == 0) return $"{peer.Name} answers, but offers no peer API.";
            byte[] endpoint = new byte[NetEndpoint.Length];
            if (!NetEndpoint.ParseAddress(peer.Address, endpoint, 0)) return $"{peer.Name} has no address.";
            NetEndpoint.SetPort(endpoint, 0, port);
            string host = NetEndpoint.Format(endpoint, 0);
            byte[] request = Encoding.ASCII.GetBytes($"HEAD / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
            Stopwatch watch = Stopwatch.StartNew();
            string status;
            try
            {
                status = graph.Blocking == null ? ByHost(peer.Address, port, request, timeoutMs) : ByTunnel(graph, peer.Address, port, request, timeoutMs);
            }
            catch (Exception e) when (e is TunnelSocketException or SocketException)
            {
                return $"The peer API of {peer.Name} at {host} was not reached: {e.Message}";
            }
            if (!status.StartsWith("HTTP/1.1 200", StringComparison.Ordinal)) return $"The peer API of {peer.Name} at {host} answered \"{status.Split('\r')[0]}\".";
            answer.WriteLine($"{NodeHost.Field(peer.Name)}\t{peer.Address}\t-\t-\t{watch.ElapsedTicks * 1000000 / Stopwatch.Frequency}\thttp://{host}");
            return null;
        }

        private static string ByTunnel(NodeGraph graph, string address, int port, byte[] request, int timeoutMs)
        {
            TunnelTcpStream stream = graph.Blocking.Tcp.Connect(address, port, timeoutMs);
            try
            {
                stream.Send(request, 0, request.Length, timeoutMs);
                return Read((block, at) => stream.Receive(block, at, block.Length - at, timeoutMs));
            }
            finally
            {
                stream.Close(false);
            }
        }

        private static string ByHost(string address, int port, byte[] request, int timeoutMs)
        {
            IPAddress parsed = IPAddress.Parse(address);
            using Socket socket = new Socket(parsed.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = timeoutMs, SendTimeout = timeoutMs };
            socket.Connect(parsed, port);
            socket.Send(request);
            return Read((block, at) => socket.Receive(block, at, block.Length - at, SocketFlags.None));
        }

        private static string Read(Func<byte[], int, int> receive)
        {
            byte[] block = new byte[MostHead];
            int filled = 0, count;
            do
            {
                count = receive(block, filled);
                if (count > 0) filled += count;
            }
            while (count > 0 && filled < block.Length && Array.IndexOf(block, (byte)'\n', 0, filled) < 0);
            return Encoding.ASCII.GetString(block, 0, filled);
        }
    }
}
