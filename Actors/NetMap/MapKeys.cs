namespace MicroLink.NetMap
{
    /// <summary>The field names of a map response that are read (protocol.md 4.6-4.9); every other name is skipped at C speed. The order
    /// matters: the parsers test for ranges.</summary>
    internal static class MapKeys
    {
        public const int KeepAlive = 0, PingRequest = 1, PopBrowserUrl = 2, Node = 3, DerpMap = 4, Peers = 5, PeersChanged = 6,
            PeersRemoved = 7, PeersChangedPatch = 8, PeerSeenChange = 9, OnlineChange = 10, ControlTime = 11, TkaInfo = 12, Debug = 13,
            Id = 14, StableId = 15, Name = 16, Key = 17, KeyExpiry = 18, KeySignature = 19, DiscoKey = 20, Addresses = 21, AllowedIps = 22,
            Endpoints = 23, Derp = 24, HomeDerp = 25, Cap = 26, Tags = 27, LastSeen = 28, Online = 29, MachineAuthorized = 30,
            Capabilities = 31, CapMap = 32, UnsignedPeerApiOnly = 33, Expired = 34, IsWireGuardOnly = 35, IsJailed = 36,
            NodeId = 37, DerpRegion = 38, HomeParams = 39, RegionScore = 40, Regions = 41, RegionId = 42, RegionCode = 43, RegionName = 44,
            NoMeasureNoHome = 45, Nodes = 46, HostName = 47, CertName = 48, IPv4 = 49, IPv6 = 50, StunPort = 51, StunOnly = 52,
            DerpPort = 53, InsecureForTests = 54, CanPort80 = 55, Url = 56, UrlIsNoise = 57, Types = 58, Disabled = 59, SleepSeconds = 60,
            Head = 61;

        /// <summary>PingRequest continued; Node.User.</summary>
        public const int Ip = 62, DialStartDelaySec = 63, DialTimeoutSec = 64, Payload = 65, User = 66;

        /// <summary>Sections of the top level (MapSection) and what is in them.</summary>
        public const int DnsConfig = 67, UserProfiles = 68, Health = 69, DisplayMessages = 70, ControlDialPlan = 71, ClientVersion = 72,
            Domain = 73,
            Resolvers = 74, FallbackResolvers = 75, Routes = 76, Domains = 77, Proxied = 78, Nameservers = 79, CertDomains = 80,
            ExtraRecords = 81, Addr = 82, Value = 83, Type = 84, LoginName = 85, DisplayName = 86, Title = 87, Text = 88, Candidates = 89,
            RunningLatest = 90, LatestVersion = 91, NotifyText = 92, UrgentSecurityUpdate = 93;

        /// <summary>The packet filter (FilterReader).</summary>
        public const int PacketFilter = 94, PacketFilters = 95, SrcIps = 96, SrcBits = 97, DstPorts = 98, IpProto = 99, Bits = 100,
            Ports = 101, First = 102, Last = 103;

        /// <summary>ControlDialPlan continued.</summary>
        public const int AceHost = 104;

        /// <summary>Node continued.</summary>
        public const int MasqueradeV4 = 105, MasqueradeV6 = 106;

        public static readonly string[] Names =
        {
            "KeepAlive", "PingRequest", "PopBrowserURL", "Node", "DERPMap", "Peers", "PeersChanged", "PeersRemoved", "PeersChangedPatch",
            "PeerSeenChange", "OnlineChange", "ControlTime", "TKAInfo", "Debug", "ID", "StableID", "Name", "Key", "KeyExpiry",
            "KeySignature", "DiscoKey", "Addresses", "AllowedIPs", "Endpoints", "DERP", "HomeDERP", "Cap", "Tags", "LastSeen", "Online",
            "MachineAuthorized", "Capabilities", "CapMap", "UnsignedPeerAPIOnly", "Expired", "IsWireGuardOnly", "IsJailed", "NodeID",
            "DERPRegion", "HomeParams", "RegionScore", "Regions", "RegionID", "RegionCode", "RegionName", "NoMeasureNoHome", "Nodes",
            "HostName", "CertName", "IPv4", "IPv6", "STUNPort", "STUNOnly", "DERPPort", "InsecureForTests", "CanPort80", "URL",
            "URLIsNoise", "Types", "Disabled", "SleepSeconds", "Head",
            "IP", "DialStartDelaySec", "DialTimeoutSec", "Payload", "User",
            "DNSConfig", "UserProfiles", "Health", "DisplayMessages", "ControlDialPlan", "ClientVersion", "Domain",
            "Resolvers", "FallbackResolvers", "Routes", "Domains", "Proxied", "Nameservers", "CertDomains",
            "ExtraRecords", "Addr", "Value", "Type", "LoginName", "DisplayName", "Title", "Text", "Candidates",
            "RunningLatest", "LatestVersion", "NotifyText", "UrgentSecurityUpdate",
            "PacketFilter", "PacketFilters", "SrcIPs", "SrcBits", "DstPorts", "IPProto", "Bits", "Ports", "First", "Last",
            "ACEHost",
            "SelfNodeV4MasqAddrForThisPeer", "SelfNodeV6MasqAddrForThisPeer",
        };
    }
}
