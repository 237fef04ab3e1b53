using System;
using System.Collections.Generic;
using System.Net;

namespace MicroLink.Desktop
{
    /// <summary>What `microlink up` was asked to proxy: --socks5 and --forward.</summary>
    internal sealed class ProxyOptions
    {
        /// <summary>Null = no SOCKS server.</summary>
        public IPEndPoint? Socks { get; private set; }

        public List<Forward> Forwards { get; } = new List<Forward>();

        /// <summary>Port in the tunnel, port of this host.</summary>
        public List<(int Port, int Local)> Serves { get; } = new List<(int, int)>();

        public bool Any => Socks != null || Forwards.Count > 0 || Serves.Count > 0;

        /// <summary>Null, or what is wrong as one plain sentence.</summary>
        public string? Take(string? socks5, string[]? forwards, string[]? serves, bool netstack)
        {
            if (!netstack && (socks5 != null || forwards?.Length > 0 || serves?.Length > 0))
                return "--socks5, --forward and --serve are for nodes without --tun: with it, the host's programs use the tailnet directly.";
            if (socks5 != null)
            {
                Socks = ParseListen(socks5);
                if (Socks == null) return $"--socks5 takes ADDR:PORT or PORT, but it is \"{socks5}\".";
            }
            foreach (string text in forwards ?? Array.Empty<string>())
            {
                Forward? forward = Forward.Parse(text);
                if (forward == null) return $"--forward takes [udp:]LPORT:PEER:PORT, but it is \"{text}\".";
                Forwards.Add(forward);
            }
            foreach (string text in serves ?? Array.Empty<string>())
            {
                string[] parts = text.Split(':');
                int local = 0;
                bool good = parts.Length <= 2 && int.TryParse(parts[0], out int port) && int.TryParse(parts[^1], out local)
                    && port is > 0 and <= 65535 && local is > 0 and <= 65535;
                if (!good) return $"--serve takes PORT or PORT:LPORT, but it is \"{text}\".";
                Serves.Add((int.Parse(parts[0]), local));
            }
            return null;
        }

        /// <summary>"127.0.0.1:1080", "[::1]:1080", or a port alone, which means the loop-back: others of this host's network need not see the
        /// tailnet.</summary>
        private static IPEndPoint? ParseListen(string text)
        {
            if (int.TryParse(text, out int port)) return port is > 0 and <= 65535 ? new IPEndPoint(IPAddress.Loopback, port) : null;
            if (text.StartsWith("localhost:", StringComparison.Ordinal)) text = "127.0.0.1" + text.Substring(9);
            return text.Contains(':') && IPEndPoint.TryParse(text, out IPEndPoint? endpoint) && endpoint.Port != 0 ? endpoint : null;
        }
    }

    /// <summary>One --forward: a port of this host's loop-back that leads to a port of a peer.</summary>
    internal sealed record Forward(bool Udp, int LocalPort, string Peer, int Port)
    {
        /// <summary>"[udp:]LPORT:PEER:PORT"; an IPv6 address stands in brackets. Null when it is not that.</summary>
        public static Forward? Parse(string text)
        {
            bool udp = text.StartsWith("udp:", StringComparison.Ordinal);
            string rest = udp || text.StartsWith("tcp:", StringComparison.Ordinal) ? text.Substring(4) : text;
            int first = rest.IndexOf(':'), last = rest.LastIndexOf(':');
            if (first <= 0 || last <= first + 1) return null;
            string peer = rest.Substring(first + 1, last - first - 1).TrimStart('[').TrimEnd(']');
            if (!int.TryParse(rest.AsSpan(0, first), out int local) || !int.TryParse(rest.AsSpan(last + 1), out int port)) return null;
            if (local is < 1 or > 65535 || port is < 1 or > 65535 || peer.Length == 0 || peer.Contains(' ')) return null;
            return new Forward(udp, local, peer, port);
        }

        public override string ToString() => (Udp ? "udp:" : "") + LocalPort + ":" + Peer + ":" + Port;
    }
}
