namespace MicroLink.NetMap
{
    /// <summary>The field names of a map response that are read (protocol.md 4.6-4.9); every other name is skipped at C speed.</summary>
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

        public static readonly string[] Names =
        {
            "KeepAlive", "PingRequest", "PopBrowserURL", "Node", "DERPMap", "Peers", "PeersChanged", "PeersRemoved", "PeersChangedPatch",
            "PeerSeenChange", "OnlineChange", "ControlTime", "TKAInfo", "Debug", "ID", "StableID", "Name", "Key", "KeyExpiry",
            "KeySignature", "DiscoKey", "Addresses", "AllowedIPs", "Endpoints", "DERP", "HomeDERP", "Cap", "Tags", "LastSeen", "Online",
            "MachineAuthorized", "Capabilities", "CapMap", "UnsignedPeerAPIOnly", "Expired", "IsWireGuardOnly", "IsJailed", "NodeID",
            "DERPRegion", "HomeParams", "RegionScore", "Regions", "RegionID", "RegionCode", "RegionName", "NoMeasureNoHome", "Nodes",
            "HostName", "CertName", "IPv4", "IPv6", "STUNPort", "STUNOnly", "DERPPort", "InsecureForTests", "CanPort80", "URL",
            "URLIsNoise", "Types", "Disabled", "SleepSeconds", "Head",
        };
    }
}
