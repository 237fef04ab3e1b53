using MicroLink.Bytes;
using MicroLink.NetMap;

namespace MicroLink.Derp
{
    /// <summary>
    /// In which order the addresses of a region are tried (protocol.md 4.8 and 5.1): its nodes as listed, without those that only do STUN;
    /// of each node IPv4 before IPv6. "" = resolve the host name, an address = use it, anything else ("none") = family disabled.
    /// </summary>
    public static class DerpTargets
    {
        /// <summary>The target of this attempt (0 = first; counts round and round). False when the region has no usable node.</summary>
        public static bool Pick(DerpRegion region, int attempt, out DerpNode node, out string address)
        {
            node = null;
            address = null;
            int total = Count(region);
            if (total == 0) return false;
            int wanted = attempt % total;
            for (int i = 0; i < region.Nodes.Length; i++)
            {
                int here = Count(region.Nodes[i]);
                if (wanted >= here) { wanted -= here; continue; }
                node = region.Nodes[i];
                address = Address(node, wanted);
                return true;
            }
            return false;
        }

        public static int Count(DerpRegion region)
        {
            int total = 0;
            for (int i = 0; i < region.Nodes.Length; i++) total += Count(region.Nodes[i]);
            return total;
        }

        /// <summary>Why a region may not be used, as one plain sentence, or null: it asks to skip certificate checks and the user did not allow that.</summary>
        public static string Refusal(DerpRegion region, bool allowInsecure)
        {
            for (int i = 0; i < region.Nodes.Length; i++)
            {
                if (!region.Nodes[i].StunOnly && (!region.Nodes[i].InsecureForTests || allowInsecure)) return null;
            }
            return Count(region) == 0
                ? "Relay region " + region.Id.ToString() + " has no relay server; it is skipped."
                : "Relay region " + region.Id.ToString() + " asks us not to check its certificate; it is skipped unless --allow-insecure-relay is given.";
        }

        /// <summary>Do two definitions of a region lead to the same servers in the same order?</summary>
        public static bool SameServers(DerpRegion a, DerpRegion b)
        {
            if (a.Id != b.Id || a.Nodes.Length != b.Nodes.Length) return false;
            for (int i = 0; i < a.Nodes.Length; i++)
            {
                DerpNode x = a.Nodes[i], y = b.Nodes[i];
                if (x.HostName != y.HostName || x.CertName != y.CertName || x.IPv4 != y.IPv4 || x.IPv6 != y.IPv6
                    || x.DerpPort != y.DerpPort || x.StunOnly != y.StunOnly || x.InsecureForTests != y.InsecureForTests) return false;
            }
            return true;
        }

        private static int Count(DerpNode node)
        {
            if (node.StunOnly) return 0;
            bool v4 = IsAddress(node.IPv4), v6 = IsAddress(node.IPv6);
            if (v4 || v6) return (v4 ? 1 : 0) + (v6 ? 1 : 0);
            // A name is resolved by the dialer, which tries all its addresses; with both families disabled nothing is left.
            return node.IPv4 == "" || node.IPv6 == "" || node.IPv4 == null || node.IPv6 == null ? 1 : 0;
        }

        /// <summary>Null = resolve the host name.</summary>
        private static string Address(DerpNode node, int index)
        {
            bool v4 = IsAddress(node.IPv4);
            if (v4 && index == 0) return node.IPv4;
            return IsAddress(node.IPv6) ? node.IPv6 : null;
        }

        private static bool IsAddress(string text)
        {
            return text != null && text.Length > 0 && text.Length < 46 && NetEndpoint.ParseAddress(text, new byte[NetEndpoint.AddressLength], 0);
        }
    }
}
