namespace MicroLink.Dns
{
    /// <summary>What <see cref="MagicDns"/> says about a question so far; one object, filled again at each step.</summary>
    public sealed class DnsVerdict
    {
        /// <summary>Write the answer: RCode, then Address or Pointer when there is one, else the negative record of Zone when there is one.</summary>
        public const int Answer = 0;
        /// <summary>Say which node has the full name Name, then Continue.</summary>
        public const int FindName = 1;
        /// <summary>Say which node has Address, then Continue.</summary>
        public const int FindAddress = 2;
        /// <summary>Not ours: ask Resolvers, in order.</summary>
        public const int Forward = 3;

        public int Step;
        public int RCode;
        /// <summary>Normal form (<see cref="DnsName.Normal"/>).</summary>
        public string Name;
        public readonly byte[] Address = new byte[16];
        public bool HasAddress;
        /// <summary>Target of a PTR record, null = none.</summary>
        public string Pointer;
        /// <summary>The zone of ours that a negative answer speaks for, null = none.</summary>
        public string Zone;
        /// <summary>18 bytes each.</summary>
        public byte[] Resolvers;

        /// <summary>Name is an ancestor of what was asked: only a node that answers for its sub-names counts.</summary>
        internal bool IsAncestor;

        internal void Clear()
        {
            Step = Answer;
            RCode = DnsWire.NoError;
            Name = null;
            HasAddress = false;
            Pointer = null;
            Zone = null;
            Resolvers = null;
            IsAncestor = false;
        }

        /// <summary>Nothing more to ask: the answer is this code, so far without a record.</summary>
        public void End(int rcode)
        {
            Step = Answer;
            RCode = rcode;
        }
    }
}
