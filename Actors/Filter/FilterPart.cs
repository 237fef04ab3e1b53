namespace MicroLink.Filter
{
    /// <summary>
    /// One named packet filter as control sent it, in the packed form of <see cref="FilterTable"/>. Immutable once handed out.
    /// </summary>
    public sealed class FilterPart
    {
        /// <summary>The singular field PacketFilter sets this name.</summary>
        public const string Base = "base";
        /// <summary>With null it clears all names.</summary>
        public const string Every = "*";

        /// <summary>Which map stream it came by; a new stream begins with no filters (protocol.md 4.6).</summary>
        public int Stream;
        public string Name;
        /// <summary>By PacketFilter: PacketFilters of the same message come after it, in whatever order the text has them.</summary>
        public bool Singular;
        /// <summary>The value was null: the name goes.</summary>
        public bool Deleted;

        /// <summary>For each rule a set and a rule (layout: FilterTable), the rule's set number 0.</summary>
        public byte[] Rules = new byte[0];
        public int RuleCount;
        /// <summary>The node capabilities that "cap:" sources name; bit i of a set is the i-th.</summary>
        public string[] Capabilities = new string[0];

        /// <summary>It needs more room than there is, or more than 32 capabilities: nothing may come in.</summary>
        public bool TooLarge;
        /// <summary>It has SrcBits or Bits, a form of before 2021: the whole filter is refused, as in tailscaled.</summary>
        public bool Legacy;
        /// <summary>Entries that could not be read; they allow nothing.</summary>
        public int Skipped;
    }
}
