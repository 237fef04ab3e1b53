using System.Collections.Generic;

namespace MicroLink.Lab.Core
{
    /// <summary>Names and types of the control requests (protocol.md 3.1, 4.2, 4.3), as <see cref="StrictJson"/> wants them.</summary>
    internal static class RequestShapes
    {
        private static readonly Dictionary<string, object> NetInfo = Table(
            "MappingVariesByDestIP bool", "WorkingIPv6 bool", "OSHasIPv6 bool", "WorkingUDP bool", "WorkingICMPv4 bool", "HavePortMap bool",
            "UPnP bool", "PMP bool", "PCP bool", "PreferredDERP int", "LinkType string", "DERPLatency object", "FirewallMode string");

        private static readonly Dictionary<string, object> Hostinfo = With(Table(
            "IPNVersion string", "FrontendLogID string", "BackendLogID string", "OS string", "OSVersion string", "Container bool",
            "Env string", "Distro string", "DistroVersion string", "DistroCodeName string", "App string", "Desktop bool", "Package string",
            "DeviceModel string", "PushDeviceToken string", "Hostname string", "ShieldsUp bool", "ShareeNode bool", "NoLogsNoSupport bool",
            "WireIngress bool", "IngressEnabled bool", "AllowsUpdate bool", "Machine string", "GoArch string", "GoArchVar string",
            "GoVersion string", "RoutableIPs prefixes", "RequestTags strings", "WoLMACs strings", "Services array", "sshHostKeys strings",
            "Cloud string", "Userspace bool", "UserspaceRouter bool", "AppConnector bool", "ServicesHash string", "ExitNodeID string",
            "Location object", "TPM object", "StateEncrypted bool", "PeerRelay bool"), "NetInfo", NetInfo);

        public static readonly Dictionary<string, object> Register = With(With(Table(
            "Version int", "NodeKey nodekey", "OldNodeKey nodekey", "NLKey nlpub", "Expiry time", "Followup string", "Ephemeral bool",
            "NodeKeySignature base64", "SignatureType any", "Timestamp time", "DeviceCert base64", "Signature base64", "Tailnet string"),
            "Hostinfo", Hostinfo), "Auth", Table("AuthKey string", "Oauth2Token any", "Provider string", "LoginName string"));

        public static readonly Dictionary<string, object> Map = With(Table(
            "Version int", "Compress string", "KeepAlive bool", "NodeKey nodekey", "DiscoKey discokey", "Stream bool", "OmitPeers bool",
            "ReadOnly bool", "Endpoints endpoints", "EndpointTypes ints", "MapSessionHandle string", "MapSessionSeq int", "TKAHead string",
            "DebugFlags strings", "ConnectionHandleForTest string"), "Hostinfo", Hostinfo);

        /// <summary>DERP ClientInfo: mixed case on purpose (protocol.md 5.3, trap 30).</summary>
        public static readonly Dictionary<string, object> ClientInfo = Table(
            "version int", "CanAckPings bool", "meshKey string", "IsProber bool", "AppName string");

        private static Dictionary<string, object> Table(params string[] members)
        {
            var table = new Dictionary<string, object>();
            foreach (string member in members)
            {
                int space = member.IndexOf(' ');
                table.Add(member[..space], member[(space + 1)..]);
            }
            return table;
        }

        private static Dictionary<string, object> With(Dictionary<string, object> table, string name, Dictionary<string, object> nested)
        {
            table.Add(name, nested);
            return table;
        }
    }
}
