namespace MicroLink.NetMap
{
    /// <summary>One thing a map response says, in the order of the stream; filled by MapStream.PollEvent.</summary>
    public sealed class MapEvent
    {
        public const int None = 0;
        /// <summary>Row is new or replaces what was known of its Id. Flag: it comes from the store, not from control.</summary>
        public const int Upsert = 1;
        /// <summary>Row.Fields say what changed of Row.Id.</summary>
        public const int Patch = 2;
        /// <summary>Row.Id is gone; nothing else of Row holds.</summary>
        public const int Removed = 3;
        /// <summary>Row is the node itself.</summary>
        public const int Self = 4;
        /// <summary>Map is the merged relay map.</summary>
        public const int Relays = 5;
        /// <summary>Value is the server's clock, Unix milliseconds.</summary>
        public const int ControlTime = 6;
        /// <summary>Text is the URL to answer, Types the kinds asked for ("" = HEAD the URL), Flag: over Noise. Address: whom to ping;
        /// Payload: the raw HTTP request of "c2n", or null.</summary>
        public const int Ping = 7;
        /// <summary>Text is a page that the user should open.</summary>
        public const int OpenUrl = 8;
        /// <summary>Tailnet lock is on (Flag) or off: while it is on, no peer is let in, for nothing here can check signatures.</summary>
        public const int TailnetLock = 9;
        /// <summary>The server asks for a pause of Value milliseconds (at most 5 minutes).</summary>
        public const int Sleep = 10;
        /// <summary>A complete message was read. Flag: it was only a keep-alive.</summary>
        public const int MessageEnd = 11;
        /// <summary>Config replaces the DNS configuration as a whole.</summary>
        public const int DnsSettings = 12;
        /// <summary>User is new or replaces the one of its Id; profiles are never removed.</summary>
        public const int Profile = 13;
        /// <summary>Texts is everything that control finds wrong with this node; empty = nothing.</summary>
        public const int Health = 14;
        /// <summary>Plan is for the next connection to control.</summary>
        public const int DialPlan = 15;
        /// <summary>Text says that there is a newer version, or is null.</summary>
        public const int ClientVersion = 16;
        /// <summary>Text is the name of the tailnet.</summary>
        public const int Domain = 17;
        /// <summary>Attributes: the self node's attributes that change behaviour have changed.</summary>
        public const int AttributeSet = 18;
        /// <summary>Filter is one named packet filter; it holds from the FilterCommit on.</summary>
        public const int FilterPart = 19;
        /// <summary>The message's packet filters are complete. Value is the stream's number, Unsigned the AllowedIPs of all peers with
        /// UnsignedPeerAPIOnly (null = more than are kept). Also raised when only those changed.</summary>
        public const int FilterCommit = 20;
        /// <summary>The first message of a stream is complete and tailnet lock is off: its peers count from now on (PeerIndex.Admitted).</summary>
        public const int Admitted = 21;

        public int Kind;
        public PeerRow Row;
        public DerpMap Map;
        public long Value;
        public bool Flag;
        public string Text;
        public string Types;
        public string Address;
        public byte[] Payload;
        public DnsConfig Config;
        public UserProfile User;
        public string[] Texts;
        public ControlDialPlan Plan;
        public NodeAttributes Attributes;
        public Filter.FilterPart Filter;
        public byte[] Unsigned;

        public void Clear()
        {
            Kind = None;
            Row = null;
            Map = null;
            Value = 0;
            Flag = false;
            Text = null;
            Types = null;
            Address = null;
            Payload = null;
            Config = null;
            User = null;
            Texts = null;
            Plan = null;
            Attributes = null;
            Filter = null;
            Unsigned = null;
        }

        /// <summary>Everything, by reference.</summary>
        public void CopyTo(MapEvent into)
        {
            into.Kind = Kind;
            into.Row = Row;
            into.Map = Map;
            into.Value = Value;
            into.Flag = Flag;
            into.Text = Text;
            into.Types = Types;
            into.Address = Address;
            into.Payload = Payload;
            into.Config = Config;
            into.User = User;
            into.Texts = Texts;
            into.Plan = Plan;
            into.Attributes = Attributes;
            into.Filter = Filter;
            into.Unsigned = Unsigned;
        }
    }
}
