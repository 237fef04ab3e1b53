using System.Collections.Generic;
using System.Text.Json;

namespace MicroLink.Lab.Core
{
    /// <summary>
    /// One row of the control server: what a node registered and last reported. Keys are text: prefix and lower-case hex.
    /// </summary>
    public sealed class LabNode
    {
        public const string ZeroDisco = "discokey:0000000000000000000000000000000000000000000000000000000000000000";

        public long Id { get; internal set; }
        public string MachineKey { get; internal set; }
        public string NodeKey { get; internal set; }
        public string DiscoKey { get; internal set; } = ZeroDisco;
        /// <summary>First label of the MagicDNS name, unique in the tailnet.</summary>
        public string Name { get; internal set; }
        public string IPv4 { get; internal set; }
        public string IPv6 { get; internal set; }
        public string[] Endpoints { get; internal set; } = new string[0];
        /// <summary>Subnets that the node offers to route, as it wrote them.</summary>
        public string[] Routes { get; internal set; } = new string[0];
        /// <summary>Home DERP region, 0 = never reported.</summary>
        public int HomeDerp { get; internal set; }
        /// <summary>Capability version of the last request.</summary>
        public int Version { get; internal set; }
        public bool Ephemeral { get; internal set; }
        public string[] Tags { get; internal set; } = new string[0];
        public bool Online { get; internal set; }
        /// <summary>Milliseconds of the core's time; -1 = never.</summary>
        public long LastSeenMs { get; internal set; } = -1;
        public long CreatedMs { get; internal set; }
        /// <summary>Milliseconds of the core's time; -1 = the key never expires.</summary>
        public long KeyExpiryMs { get; internal set; } = -1;
        public bool MachineAuthorized { get; internal set; } = true;
        /// <summary>No DISCO and no relay; see WireGuardOnlyPeer.</summary>
        public bool IsWireGuardOnly { get; internal set; }

        /// <summary>The Hostinfo as it was sent, with the last known NetInfo put back when a request had none.</summary>
        internal JsonElement? Hostinfo;
        internal string NetInfo;
        internal MapPoll Poll;
        /// <summary>When to call the node offline, or to delete it when ephemeral; long.MaxValue = not waiting.</summary>
        internal long OfflineAtMs = long.MaxValue;
        internal long DeleteAtMs = long.MaxValue;

        public bool IsExpired(long nowMs) => KeyExpiryMs >= 0 && KeyExpiryMs <= nowMs;
    }

    /// <summary>What changed on a node since a map stream last heard of it.</summary>
    internal static class LabChange
    {
        /// <summary>Send the whole Node in PeersChanged.</summary>
        public const int Full = 1;
        public const int Endpoints = 2, Relay = 4, Disco = 8, Online = 16, Key = 32, Version = 64;
        public const int Removed = 128;
    }

    /// <summary>MagicDNS labels (protocol.md 9, golden values in 13).</summary>
    public static class LabNames
    {
        /// <summary>Makes a DNS label of a hostname: trims known suffixes, keeps 63 characters; "" when nothing is left.</summary>
        public static string Sanitize(string hostname)
        {
            string name = (hostname ?? "").ToLowerInvariant();
            foreach (string suffix in new[] { ".local", ".localdomain", ".lan" })
            {
                if (name.EndsWith(suffix, System.StringComparison.Ordinal)) name = name[..^suffix.Length];
            }
            if (name.Length > 63) name = name[..63];
            int first = 0, last = name.Length - 1;
            while (first <= last && !IsAlphanumeric(name[first])) first++;
            while (last >= first && !IsAlphanumeric(name[last])) last--;
            var label = new System.Text.StringBuilder();
            for (int i = first; i <= last; i++)
            {
                char c = name[i];
                if (c is ' ' or '.' or '@' or '_') label.Append('-');
                else if (IsAlphanumeric(c) || c == '-') label.Append(c);
            }
            return label.ToString();
        }

        /// <summary>The label, or the label with the first free number behind it.</summary>
        internal static string Unique(string label, ICollection<string> taken)
        {
            if (!taken.Contains(label)) return label;
            int n = 1;
            while (taken.Contains(label + "-" + n)) n++;
            return label + "-" + n;
        }

        private static bool IsAlphanumeric(char c) => c is (>= 'a' and <= 'z') or (>= '0' and <= '9');
    }
}
