using MicroLink.Bytes;

namespace MicroLink.Dns
{
    /// <summary>
    /// Names of reverse look-ups (RFC 1035 section 3.5, RFC 3596 section 2.5) and the zones of them that belong to a tailnet:
    /// <code>
    ///  1.2.64.100.in-addr.arpa                   = 100.64.2.1       ours: 64.100.in-addr.arpa to 127.100.in-addr.arpa
    ///  32 nibbles, lowest first, .ip6.arpa                          ours: 0.e.1.a.c.5.1.1.a.7.d.f.ip6.arpa
    /// </code>
    /// </summary>
    public static class ReverseName
    {
        private const string V4Zone = ".in-addr.arpa", V6Zone = ".ip6.arpa";
        private const string OurV6Zone = "0.e.1.a.c.5.1.1.a.7.d.f.ip6.arpa";

        /// <summary>The address that a whole reverse name (normal form) stands for, 16 bytes; false when it is none.</summary>
        public static bool TryAddress(string name, byte[] address)
        {
            if (EndsWith(name, V4Zone)) return TryV4(name.Substring(0, name.Length - V4Zone.Length), address);
            if (EndsWith(name, V6Zone)) return TryV6(name.Substring(0, name.Length - V6Zone.Length), address);
            return false;
        }

        /// <summary>Whether the name lies in a zone that MagicDNS answers for; then <paramref name="zone"/> is that zone, else null.</summary>
        public static bool IsOurs(string name, out string zone)
        {
            zone = null;
            if (DnsName.IsBelow(name, OurV6Zone))
            {
                zone = OurV6Zone;
                return true;
            }
            if (!EndsWith(name, ".100" + V4Zone)) return false;
            string host = name.Substring(0, name.Length - (".100" + V4Zone).Length);
            string octet = host.Substring(host.LastIndexOf('.') + 1);
            int value = Octet(octet);
            if (value < 64 || value > 127) return false;
            zone = octet + ".100" + V4Zone;
            return true;
        }

        private static bool TryV4(string host, byte[] address)
        {
            int at = 15, start = 0;
            for (int i = 0; i <= host.Length; i++)
            {
                if (i < host.Length && host[i] != '.') continue;
                int value = at < 12 ? -1 : Octet(host.Substring(start, i - start));
                if (value < 0) return false;
                address[at--] = (byte)value;
                start = i + 1;
            }
            if (at != 11) return false;
            for (int i = 0; i < 12; i++) address[i] = i < 10 ? (byte)0 : (byte)0xff;
            return true;
        }

        private static bool TryV6(string host, byte[] address)
        {
            if (host.Length != 63) return false;
            for (int i = 0; i < 32; i++)
            {
                int digit = Hex.Digit(host[2 * i]);
                if (digit < 0 || (i < 31 && host[2 * i + 1] != '.')) return false;
                int at = 15 - i / 2;
                address[at] = (byte)((i & 1) == 0 ? digit : address[at] | (digit << 4));
            }
            return true;
        }

        /// <summary>0 to 255 without leading zeros, -1 otherwise.</summary>
        private static int Octet(string text)
        {
            if (text.Length < 1 || text.Length > 3 || (text.Length > 1 && text[0] == '0')) return -1;
            int value = 0;
            for (int i = 0; i < text.Length; i++)
            {
                if (text[i] < '0' || text[i] > '9') return -1;
                value = value * 10 + text[i] - '0';
            }
            return value < 256 ? value : -1;
        }

        private static bool EndsWith(string name, string zone)
        {
            return name.Length > zone.Length && name.Substring(name.Length - zone.Length) == zone;
        }
    }
}
