namespace MicroLink.NetMap
{
    /// <summary>
    /// DNSConfig of a map response (protocol.md 4.11), complete: an object on the wire replaces the former one entirely. Immutable once
    /// published. Names are lower case and without the last dot; resolvers are endpoints of 18 bytes (address[16], port), only those with
    /// an address: a DoH URL is no endpoint and counts in <see cref="SkippedResolvers"/>.
    /// </summary>
    public sealed class DnsConfig
    {
        /// <summary>Bounds of what is kept; the rest is dropped and counted in <see cref="Skipped"/>.</summary>
        public const int MaxDomains = 32, MaxRoutes = 64, MaxRecords = 128, MaxResolvers = 8;

        public static readonly DnsConfig None = new DnsConfig();

        /// <summary>MagicDNS is on: we answer for the tailnet's suffix and for its reverse zones.</summary>
        public bool Proxied;
        /// <summary>Search list; the first is normally the MagicDNS suffix.</summary>
        public string[] Domains = new string[0];
        public DnsRoute[] Routes = new DnsRoute[0];
        /// <summary>Override of the host's resolvers, 18 bytes each.</summary>
        public byte[] Resolvers = new byte[0];
        /// <summary>Used only when a default is needed and Resolvers is empty.</summary>
        public byte[] FallbackResolvers = new byte[0];
        public DnsRecord[] ExtraRecords = new DnsRecord[0];
        /// <summary>Names for which control would help to get certificates; informational.</summary>
        public string[] CertDomains = new string[0];
        /// <summary>Resolvers without an address (DoH): we cannot ask them.</summary>
        public int SkippedResolvers;
        /// <summary>Domains, routes, records and resolvers beyond the bounds, and malformed ones.</summary>
        public int Skipped;
    }

    /// <summary>Queries under Suffix go to Resolvers; without any, they are answered locally (Routes value [] or null).</summary>
    public sealed class DnsRoute
    {
        public readonly string Suffix;
        /// <summary>18 bytes each, empty = answer locally.</summary>
        public readonly byte[] Resolvers;
        /// <summary>The list held only resolvers that we cannot ask (DoH): refuse, never answer locally.</summary>
        public readonly bool Unreachable;
        public DnsRoute(string suffix, byte[] resolvers, bool unreachable) { Suffix = suffix; Resolvers = resolvers; Unreachable = unreachable; }
    }

    /// <summary>ExtraRecords entry of type "", A or AAAA.</summary>
    public sealed class DnsRecord
    {
        public readonly string Name;
        /// <summary>16 bytes, IPv4 as v4-mapped.</summary>
        public readonly byte[] Address;
        public DnsRecord(string name, byte[] address) { Name = name; Address = address; }
    }
}
