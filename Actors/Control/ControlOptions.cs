namespace MicroLink.Control
{
    /// <summary>How this node presents itself to control. Set before the actor starts, then read only.</summary>
    public sealed class ControlOptions
    {
        /// <summary>"http://host[:port]" or "https://host[:port]" (ControlUrl).</summary>
        public string ControlUrl;
        /// <summary>Pre-auth key; null = interactive login.</summary>
        public string AuthKey;
        public string HostName = "microlink";
        /// <summary>Hostinfo.RequestTags, "tag:name" each; null = none.</summary>
        public string[] Tags;
        /// <summary>Hostinfo.RoutableIPs: prefixes of 17 bytes that this node offers to route; null = none.</summary>
        public byte[] RoutableIps;
        /// <summary>Ask for a node that control forgets when it has been away.</summary>
        public bool Ephemeral;
        /// <summary>The node key has just been made in place of an expired one: a server that calls it expired too gets no third one.</summary>
        public bool NodeKeyIsNew;
        /// <summary>Hostinfo.OS. Control servers know a fixed set of words; "linux" is the one every server takes.</summary>
        public string OperatingSystem = "linux";
        /// <summary>Hostinfo.DeviceModel; null = left out.</summary>
        public string DeviceModel;
        /// <summary>Hostinfo.Userspace: this node has its own IP stack.</summary>
        public bool Userspace = true;
        /// <summary>The server's Noise public key as known from an earlier start, or null. With it, certificates outside their validity
        /// dates are tolerated while <see cref="ClockTrusted"/> is false (design section 8).</summary>
        public byte[] KnownServerKey;
        /// <summary>KnownServerKey is the only one that is accepted (once there is one: the first contact may set it).</summary>
        public bool PinServerKey;
        /// <summary>The wall clock can be believed.</summary>
        public bool ClockTrusted = true;
        /// <summary>HTTP/2 window of one stream in bytes: how much may be under way before the peers table has taken it.</summary>
        public int ReceiveWindow = 65535;
        /// <summary>Peers that are tracked: 1000 without PSRAM, 10000 with it or on the desktop.</summary>
        public int MaxPeers = 10000;
        /// <summary>Longest map message that is read; a longer one ends the connection (protocol.md 4.4). It is never stored.</summary>
        public int MaxMapMessage = 64 * 1024 * 1024;
        /// <summary>Packed packet filter rules that are kept; of a longer filter nothing is, and nobody may connect.</summary>
        public int MaxFilterBytes = 16 * 1024;
    }

    /// <summary>The keys of this node, 32 bytes each. The actor replaces the node key when control says that it has expired.</summary>
    public sealed class NodeIdentity
    {
        public byte[] MachinePrivate;
        public byte[] MachinePublic;
        public byte[] NodePrivate;
        public byte[] NodePublic;
        /// <summary>Public key of the previous node key, or null.</summary>
        public byte[] OldNodePublic;
        /// <summary>Made new at every start, never stored (protocol.md 1).</summary>
        public byte[] DiscoPublic;
    }
}
