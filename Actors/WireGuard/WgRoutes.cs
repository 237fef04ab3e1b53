using System;
using MicroLink.Bytes;
using MicroLink.NetMap;

namespace MicroLink.WireGuard
{
    /// <summary>
    /// Which of a peer's AllowedIPs count here (protocol.md 11): always its own addresses, single ones, whatever else control calls so; the subnets behind it only when the user accepts
    /// routes; 0.0.0.0/0 and ::/0 only of the one peer that the user chose as exit node. What is left out is neither sent to that peer nor
    /// taken from it.
    /// </summary>
    public sealed class WgRoutes
    {
        private const int PrefixLength = NetEndpoint.PrefixLength;
        private const int V4Bits = 96, HostBits = 128;

        private static readonly byte[] s_mapped = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0 };

        private readonly WgChoice _exit;

        /// <summary>Nothing but addresses.</summary>
        public WgRoutes() : this(false, null) { }

        /// <param name="acceptRoutes">Use the subnets that peers offer.</param>
        /// <param name="exitNode">Name (short or full), tunnel address or stable id of a peer; null = none.</param>
        public WgRoutes(bool acceptRoutes, string exitNode)
        {
            AcceptRoutes = acceptRoutes;
            ExitNode = exitNode;
            if (exitNode != null) _exit = new WgChoice(exitNode);
        }

        public readonly bool AcceptRoutes;

        /// <summary>As the user wrote it, or null.</summary>
        public readonly string ExitNode;

        /// <summary>This is the peer that the user chose as exit node.</summary>
        public bool IsExitNode(PeerRow row)
        {
            return _exit != null && _exit.Matches(row);
        }

        /// <summary>The peer offers to be an exit node: both default routes, and control has approved them.</summary>
        public static bool OffersExit(PeerRow row)
        {
            byte[] allowed = row.AllowedIps;
            bool v4 = false, v6 = false;
            for (int at = 0; allowed != null && at + PrefixLength <= allowed.Length; at += PrefixLength)
            {
                if (!IsDefault(allowed, at)) continue;
                if (allowed[at + PrefixLength - 1] == V4Bits) v4 = true;
                else v6 = true;
            }
            return v4 && v6;
        }

        /// <summary>0.0.0.0/0 or ::/0.</summary>
        public static bool IsDefault(byte[] prefixes, int at)
        {
            int bits = prefixes[at + PrefixLength - 1];
            return bits == 0 || (bits == V4Bits && NetEndpoint.IsV4(prefixes, at));
        }

        /// <summary>The prefixes, 17 bytes each, that are routed to this peer.</summary>
        public byte[] Allowed(PeerRow row)
        {
            byte[] allowed = row.AllowedIps, own = row.Addresses;
            if (allowed == null) allowed = own;
            if (allowed == null || own == null) return new byte[0];
            bool exit = IsExitNode(row) && OffersExit(row);
            byte[] kept = new byte[allowed.Length];
            int length = 0;
            for (int at = 0; at + PrefixLength <= allowed.Length; at += PrefixLength)
            {
                if (CoversV4(allowed, at)) continue;
                if (!(IsHost(allowed, at) && Contains(own, allowed, at)) && !(IsDefault(allowed, at) ? exit : AcceptRoutes)) continue;
                Array.Copy(allowed, at, kept, length, PrefixLength);
                length += PrefixLength;
            }
            byte[] result = new byte[length];
            Array.Copy(kept, result, length);
            return result;
        }

        /// <summary>The addresses without the networks around them, for the device: a network of control's choice would be a route.</summary>
        public static byte[] AsHosts(byte[] addresses)
        {
            byte[] hosts = new byte[addresses.Length];
            Array.Copy(addresses, hosts, hosts.Length);
            for (int at = 0; at + PrefixLength <= hosts.Length; at += PrefixLength) hosts[at + PrefixLength - 1] = HostBits;
            return hosts;
        }

        // An IPv6 subnet as wide as ::/1 has all of IPv4 in it, which is kept as ::ffff:0:0/96; nobody was asked for that.
        private static bool CoversV4(byte[] prefixes, int at)
        {
            int bits = prefixes[at + PrefixLength - 1];
            return bits > 0 && bits < V4Bits && NetEndpoint.PrefixContains(prefixes, at, s_mapped, 0);
        }

        private static bool IsHost(byte[] prefixes, int at) { return prefixes[at + PrefixLength - 1] == HostBits; }

        /// <summary>One of the prefixes is exactly this one.</summary>
        public static bool Contains(byte[] prefixes, byte[] wanted, int wantedAt)
        {
            for (int at = 0; prefixes != null && at + PrefixLength <= prefixes.Length; at += PrefixLength)
            {
                int i = 0;
                while (i < PrefixLength && prefixes[at + i] == wanted[wantedAt + i]) i++;
                if (i == PrefixLength) return true;
            }
            return false;
        }
    }
}
