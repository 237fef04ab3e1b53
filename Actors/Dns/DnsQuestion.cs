namespace MicroLink.Dns
{
    /// <summary>One question, reused for each query. Filled by <see cref="DnsWire.ReadQuery"/>.</summary>
    public sealed class DnsQuestion
    {
        public int Id;
        public int Bits;
        public int Type;
        public int Class;
        /// <summary>Bytes of the question on the wire, behind the header: name, type and class. 0 = unreadable.</summary>
        public int WireLength;

        /// <summary>Dotted, lower case, without the last dot; "" = the root.</summary>
        public readonly byte[] Name = new byte[DnsName.MaxTextLength];
        public int NameLength;

        public void Clear()
        {
            Id = 0;
            Bits = 0;
            Type = 0;
            Class = 0;
            WireLength = 0;
            NameLength = 0;
        }

        public string NameText()
        {
            return MicroLink.Bytes.AsciiText.ToText(Name, 0, NameLength);
        }
    }
}
