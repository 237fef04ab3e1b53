namespace MicroLink.NetMap
{
    /// <summary>
    /// The attributes of the self node's CapMap that change what a client does (protocol.md 4.13), as a set. Unknown names are ignored.
    /// Immutable.
    /// </summary>
    public sealed class NodeAttributes
    {
        /// <summary>No UDP at all, relays on port 443 only.</summary>
        public const int OnlyTcp443 = 1;
        /// <summary>No DISCO heartbeats.</summary>
        public const int SilentDisco = 2;
        /// <summary>STUN goes on while idle.</summary>
        public const int AlwaysStun = 4;
        /// <summary>The UDP port is any, not 41641.</summary>
        public const int RandomizeClientPort = 8;
        public const int DisableUpnp = 16;
        /// <summary>Informational: the server will not send deltas.</summary>
        public const int DisableDeltaUpdates = 32;
        public const int ProbeUdpLifetime = 64;
        public const int PeerMtu = 128;
        public const int DisableRelayClient = 256;
        public const int DisableRelayServer = 512;
        /// <summary>MagicDNS answers AAAA.</summary>
        public const int MagicDnsAaaa = 1024;
        public const int DnsSubdomainResolve = 2048;
        public const int DisableCaptivePortalDetection = 4096;
        public const int CacheNetworkMaps = 8192;

        private static readonly string[] s_names =
        {
            "only-tcp-443", "silent-disco", "debug-always-stun", "randomize-client-port", "debug-disable-upnp", "disable-delta-updates",
            "probe-udp-lifetime", "peer-mtu-enable", "disable-relay-client", "disable-relay-server", "magicdns-aaaa",
            "dns-subdomain-resolve", "disable-captive-portal-detection", "cache-network-maps",
        };

        public static readonly NodeAttributes None = new NodeAttributes(0);

        public NodeAttributes(int bits) { Bits = bits; }

        public int Bits { get; }

        public bool Has(int attribute) { return (Bits & attribute) != 0; }

        /// <summary>The set in a list of capability names (PeerRow.Capabilities); null = none.</summary>
        public static NodeAttributes Of(string[] capabilities)
        {
            int bits = 0;
            for (int i = 0; capabilities != null && i < capabilities.Length; i++)
            {
                for (int n = 0; n < s_names.Length; n++)
                {
                    if (capabilities[i] == s_names[n]) bits |= 1 << n;
                }
            }
            return new NodeAttributes(bits);
        }

        /// <summary>The names, for logs and status; "" when there are none.</summary>
        public string Text()
        {
            string text = "";
            for (int n = 0; n < s_names.Length; n++)
            {
                if ((Bits & (1 << n)) != 0) text += (text.Length > 0 ? ", " : "") + s_names[n];
            }
            return text;
        }
    }
}
