using System.Text;
using MicroLink.Bytes;

namespace MicroLink.PeerApi
{
    /// <summary>
    /// One request to the peer API (protocol.md 10.5), fed as it comes; at most <see cref="MaxHead"/> bytes of it are kept, a body is not read.
    /// <code>
    ///  HEAD / HTTP/1.1                 -> 200: this node is here (tailscale ping --peerapi)
    ///  Host: 100.64.0.1:58436          "peer", or an address that the caller knows us by, with the port; else 403
    ///  Origin, Referer                 from a browser: 403
    ///  any other path                  -> 404 (Taildrop, DNS over HTTPS: not offered)
    /// </code>
    /// </summary>
    public sealed class PeerApiRequest
    {
        public const int MaxHead = 2048;
        /// <summary>As many addresses as the data plane keeps of ours.</summary>
        public const int MaxAddresses = 8;
        private const string Page = "<html><body><h1>Hello</h1>This is a MicroLink node.</body></html>\n";

        private readonly byte[] _head = new byte[MaxHead];
        private readonly byte[] _knownAs;
        private readonly int _knownCount;
        private readonly int _port;
        private int _count;

        /// <param name="knownAs">Our tunnel addresses as the caller knows them, 16 bytes each (DataPlane.KnownAs).</param>
        public PeerApiRequest(byte[] knownAs, int knownCount, int port)
        {
            _knownAs = knownAs;
            _knownCount = knownCount;
            _port = port;
        }

        /// <summary>0 while the head is not complete; then the HTTP status to answer with.</summary>
        public int Status { get; private set; }

        public bool IsHead { get; private set; }

        /// <summary>Takes bytes. Returns true once <see cref="Status"/> is known; what follows is not looked at.</summary>
        public bool Feed(byte[] bytes, int offset, int count)
        {
            for (int i = 0; i < count && Status == 0; i++)
            {
                if (_count == MaxHead)
                {
                    Status = 431;
                    break;
                }
                _head[_count++] = bytes[offset + i];
                if (IsHeadComplete()) Status = Judge();
            }
            return Status != 0;
        }

        /// <summary>Writes the whole answer. Returns its length.</summary>
        public int WriteAnswer(byte[] into, int offset)
        {
            string body = Status == 200 ? Page : Reason(Status) + "\n";
            string type = Status == 200 ? "text/html; charset=utf-8" : "text/plain; charset=utf-8";
            string text = "HTTP/1.1 " + Status.ToString() + " " + Reason(Status) + "\r\nContent-Type: " + type + "\r\nContent-Length: "
                + body.Length.ToString() + "\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n"
                + (Status == 405 ? "Allow: GET, HEAD\r\n" : "") + "\r\n" + (IsHead ? "" : body);
            byte[] ascii = Encoding.UTF8.GetBytes(text);
            System.Array.Copy(ascii, 0, into, offset, ascii.Length);
            return ascii.Length;
        }

        private bool IsHeadComplete()
        {
            return _count >= 4 && _head[_count - 1] == '\n' && _head[_count - 2] == '\r' && _head[_count - 3] == '\n' && _head[_count - 4] == '\r';
        }

        private int Judge()
        {
            int line = LineEnd(0);
            int methodEnd = Find(0, line, (byte)' ');
            int pathEnd = methodEnd < 0 ? -1 : Find(methodEnd + 1, line, (byte)' ');
            if (methodEnd < 1 || pathEnd < 0 || !StartsWith(pathEnd + 1, line, "HTTP/1.")) return 400;
            IsHead = methodEnd == 4 && StartsWith(0, line, "HEAD");
            bool isGet = methodEnd == 3 && StartsWith(0, line, "GET");
            int hosts = 0;
            for (int at = line + 2; at < _count - 2; at = LineEnd(at) + 2)
            {
                int end = LineEnd(at);
                int colon = Find(at, end, (byte)':');
                if (colon <= at) return 400;
                if (IsName(at, colon, "origin") || IsName(at, colon, "referer")) return 403;
                if (!IsName(at, colon, "host")) continue;
                hosts++;
                if (!IsOurHost(colon + 1, end)) return 403;
            }
            if (hosts != 1) return 403;
            // Clients also send the absolute form "http://host:port/", which only a proxy would need.
            bool isRoot = pathEnd == methodEnd + 2 && _head[methodEnd + 1] == '/';
            if (!isRoot) return 404;
            return IsHead || isGet ? 200 : 405;
        }

        /// <summary>The answer to who asks for another name may not be ours to give: a browser could be tricked into asking (DNS rebinding).</summary>
        private bool IsOurHost(int from, int end)
        {
            while (from < end && _head[from] == ' ') from++;
            while (end > from && _head[end - 1] == ' ') end--;
            if (end - from == 4 && StartsWith(from, end, "peer")) return true;
            byte[] endpoint = new byte[NetEndpoint.Length];
            if (!NetEndpoint.Parse(_head, from, end - from, endpoint, 0) || NetEndpoint.Port(endpoint, 0) != _port) return false;
            for (int i = 0; i < _knownCount; i++)
                if (NetEndpoint.AddressEqual(endpoint, 0, _knownAs, i * NetEndpoint.AddressLength)) return true;
            return false;
        }

        private int LineEnd(int from)
        {
            int at = from;
            while (at + 1 < _count && !(_head[at] == '\r' && _head[at + 1] == '\n')) at++;
            return at;
        }

        private int Find(int from, int end, byte wanted)
        {
            for (int i = from; i < end; i++)
                if (_head[i] == wanted) return i;
            return -1;
        }

        private bool StartsWith(int from, int end, string text)
        {
            if (end - from < text.Length) return false;
            for (int i = 0; i < text.Length; i++)
                if (_head[from + i] != text[i]) return false;
            return true;
        }

        /// <summary>A header's name, in any case.</summary>
        private bool IsName(int from, int end, string lower)
        {
            if (end - from != lower.Length) return false;
            for (int i = 0; i < lower.Length; i++)
                if ((_head[from + i] | 0x20) != lower[i]) return false;
            return true;
        }

        private static string Reason(int status)
        {
            switch (status)
            {
                case 200: return "OK";
                case 403: return "Forbidden";
                case 404: return "Not Found";
                case 405: return "Method Not Allowed";
                case 431: return "Request Header Fields Too Large";
                default: return "Bad Request";
            }
        }
    }
}
