using MicroLink.Bytes;

namespace MicroLink.Control
{
    /// <summary>
    /// "http://host[:port]" or "https://host[:port]". GET /key goes to exactly that; Noise connections race over two ports (2.2):
    /// <code>
    ///   URL                                        plain HTTP   HTTPS
    ///   https://h                                  80           443
    ///   https://h:P                                80           P
    ///   http://h                                   80           443
    ///   http://h:P                                 P            443
    ///   http://h[:P], h private, loopback          80 or P      -
    ///     or "localhost"
    /// </code>
    /// </summary>
    public sealed class ControlUrl
    {
        private ControlUrl() { }

        public bool Tls { get; private set; }
        /// <summary>Name or address, without brackets.</summary>
        public string Host { get; private set; }
        public int Port { get; private set; }
        /// <summary>Host header and :authority: the port is named unless it is the scheme's own.</summary>
        public string Authority { get; private set; }
        /// <summary>Port for Noise inside plain HTTP.</summary>
        public int HttpPort { get; private set; }
        /// <summary>Port for Noise inside HTTPS, 0 = never tried.</summary>
        public int HttpsPort { get; private set; }

        /// <summary>Host header of a connection to that port.</summary>
        public string AuthorityFor(bool tls, int port)
        {
            return port == (tls ? 443 : 80) ? _name : _name + ":" + port.ToString();
        }

        private string _name;

        /// <summary>Null with one plain sentence in <paramref name="error"/> when the text is no such URL.</summary>
        public static ControlUrl Parse(string text, out string error)
        {
            error = null;
            ControlUrl url = new ControlUrl();
            string rest = null;
            if (HasScheme(text, "https://"))
            {
                url.Tls = true;
                rest = text.Substring(8);
            }
            else if (HasScheme(text, "http://")) rest = text.Substring(7);
            if (rest != null && rest.EndsWith("/")) rest = rest.Substring(0, rest.Length - 1);
            if (rest == null || rest.Length == 0 || !url.ParseAuthority(rest))
            {
                error = "The control URL must look like https://name or http://name:port, but it is \"" + text + "\".";
                return null;
            }
            return url;
        }

        // RFC 3986 3.1: a scheme's letters may be of either case.
        private static bool HasScheme(string text, string scheme)
        {
            return text != null && text.Length >= scheme.Length && text.Substring(0, scheme.Length).ToLower() == scheme;
        }

        private bool ParseAuthority(string rest)
        {
            int portAt = -1;
            if (rest[0] == '[')
            {
                int close = rest.IndexOf(']');
                if (close < 2) return false;
                Host = rest.Substring(1, close - 1);
                if (close + 1 < rest.Length)
                {
                    if (rest[close + 1] != ':') return false;
                    portAt = close + 2;
                }
            }
            else
            {
                int colon = rest.IndexOf(':');
                Host = colon < 0 ? rest : rest.Substring(0, colon);
                if (colon >= 0) portAt = colon + 1;
            }
            Port = Tls ? 443 : 80;
            if (portAt >= 0 && !ParsePort(rest.Substring(portAt))) return false;
            _name = rest[0] == '[' ? "[" + Host + "]" : Host;
            Authority = AuthorityFor(Tls, Port);
            HttpPort = Tls ? 80 : Port;
            HttpsPort = Tls ? Port : IsPrivate(Host) ? 0 : 443;
            return IsHost(Host, rest[0] == '[');
        }

        private static bool IsPrivate(string host)
        {
            byte[] address = new byte[NetEndpoint.AddressLength];
            if (!NetEndpoint.ParseAddress(host, address, 0)) return host.ToLower() == "localhost";
            return NetEndpoint.IsPrivate(address, 0) || NetEndpoint.IsLoopback(address, 0);
        }

        private bool ParsePort(string text)
        {
            if (text.Length == 0 || text.Length > 5) return false;
            int port = 0;
            for (int i = 0; i < text.Length; i++)
            {
                if (text[i] < '0' || text[i] > '9') return false;
                port = port * 10 + text[i] - '0';
            }
            Port = port;
            return port > 0 && port <= 65535;
        }

        // Only characters that can stand in a Host header: no path, no user, no white space, nothing that could end a line.
        private static bool IsHost(string host, bool brackets)
        {
            if (host.Length == 0 || host.Length > 253) return false;
            for (int i = 0; i < host.Length; i++)
            {
                char c = host[i];
                bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_'
                    || (brackets && c == ':');
                if (!good) return false;
            }
            return true;
        }
    }
}
