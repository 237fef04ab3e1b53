namespace MicroLink.Lab.Core
{
    /// <summary>
    /// Whose habits the control server has, where they differ in what a client must stand (protocol.md 12). Headscale's is the default and
    /// the most complete; the others change only what is listed here.
    /// </summary>
    public sealed class LabFlavor
    {
        /// <summary>Floor 113 everywhere, EarlyNoise, facts of streaming requests count, empty answers to lite updates.</summary>
        public static readonly LabFlavor Headscale = new LabFlavor("headscale") { EarlyNoise = true, MinVersion = 113, NoiseMinVersion = 113,
            StreamFactsCount = true, NamedFilters = true };

        /// <summary>As Tailscale's testcontrol: no EarlyNoise, facts of streaming requests do not count (capability 68), a lite update is
        /// answered with a map, PacketFilter without a name, 400 for an unknown node.</summary>
        public static readonly LabFlavor Tailscale = new LabFlavor("tailscale") { MinVersion = 1, LiteAnswersMap = true, UnknownNodeStatus = 400 };

        /// <summary>As ionscale: floor 68, no EarlyNoise, keep-alives only when asked for, a lite update is answered with a map; the home
        /// relay in the legacy form "127.3.3.40:N".</summary>
        public static readonly LabFlavor Ionscale = new LabFlavor("ionscale") { MinVersion = 68, StreamFactsCount = true, LiteAnswersMap = true,
            KeepAliveOnlyWhenAsked = true, LegacyHomeRelay = true };

        private static readonly LabFlavor[] All = { Headscale, Tailscale, Ionscale };

        private LabFlavor(string name) { Name = name; }

        public string Name { get; }
        public bool EarlyNoise { get; private init; }
        /// <summary>Lowest Version of register and map requests.</summary>
        public int MinVersion { get; private init; }
        /// <summary>Lowest version of the Noise handshake; below it: 101, then the end.</summary>
        public int NoiseMinVersion { get; private init; }
        /// <summary>DiscoKey, Hostinfo and Endpoints of a streaming request are taken over.</summary>
        public bool StreamFactsCount { get; private init; }
        public bool LiteAnswersMap { get; private init; }
        public bool KeepAliveOnlyWhenAsked { get; private init; }
        /// <summary>PacketFilters {"base":[..]} instead of PacketFilter [..].</summary>
        public bool NamedFilters { get; private init; }
        public bool LegacyHomeRelay { get; private init; }
        public int UnknownNodeStatus { get; private init; } = 404;

        /// <summary>Null when there is no flavor of that name.</summary>
        public static LabFlavor Find(string name)
        {
            foreach (LabFlavor flavor in All)
            {
                if (flavor.Name == name) return flavor;
            }
            return null;
        }
    }
}
