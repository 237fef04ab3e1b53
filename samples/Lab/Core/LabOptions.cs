using System.Collections.Generic;

namespace MicroLink.Lab.Core
{
    /// <summary>What the lab serves and how strictly. Times are milliseconds. Read once, when the core is made.</summary>
    public sealed class LabOptions
    {
        /// <summary>
        /// The key that admits nodes; null or empty = a node without a key gets a login URL, see <see cref="OpenRegistration"/>.
        /// </summary>
        public string AuthKey = "tskey-auth-lab";

        /// <summary>Further keys: one-time, ephemeral or tagged ones.</summary>
        public readonly List<LabAuthKey> MoreAuthKeys = new List<LabAuthKey>();

        /// <summary>True: nodes without any key are admitted at once, without a login URL.</summary>
        public bool OpenRegistration;

        /// <summary>Send the EarlyNoise blob as headscale does; testcontrol and ionscale never do (protocol.md 2.5).</summary>
        public bool EarlyNoise = true;

        /// <summary>Whose habits the control server has.</summary>
        public LabFlavor Flavor = LabFlavor.Headscale;

        /// <summary>Nodes that do not exist but stand in every map.</summary>
        public int FakePeers;

        /// <summary>Every node is told to all others as one that speaks plain WireGuard: what is left is two nodes doing just that.</summary>
        public bool OnlyWireGuard;

        /// <summary>Nodes that speak plain WireGuard.</summary>
        public readonly List<WireGuardOnlyPeer> WireGuardOnly = new List<WireGuardOnlyPeer>();

        /// <summary>MagicDNS suffix without dots at the ends.</summary>
        public string Domain = "lab.ts.net";

        /// <summary>Where users reach the control server; used in login URLs only.</summary>
        public string PublicUrl = "http://127.0.0.1:8080";

        /// <summary>Unix time in ms at nowMs = 0; ControlTime is this plus nowMs.</summary>
        public long UnixMsAtZero = 1_767_225_600_000; // 2026-01-01T00:00:00Z

        public readonly List<LabRegion> Regions = new List<LabRegion>();

        /// <summary>Silence on a map stream after which {"KeepAlive":true} is sent. headscale: 50 s + [0,9) s.</summary>
        public int KeepAliveMs = 50_000;

        /// <summary>
        /// How long changes are collected before a delta is sent. headscale: about 800 ms; short here so that demos are quick.
        /// </summary>
        public int CollectMs = 20;

        /// <summary>A node counts as offline this long after its poll ended (headscale: up to 10 s).</summary>
        public int OfflineGraceMs = 10_000;

        /// <summary>An ephemeral node is deleted this long after its poll ended.</summary>
        public int EphemeralMs = 60_000;

        /// <summary>
        /// Peers do not learn each other's endpoints until LabControl.ReleaseEndpoints: only relayed paths are possible till then.
        /// </summary>
        public bool HoldEndpoints;

        /// <summary>Attributes that every node finds in its own CapMap: "only-tcp-443" and others (protocol.md 4.13).</summary>
        public readonly List<string> NodeAttributes = new List<string>();

        /// <summary>Nodes that one peer knows by another address, by their names (protocol.md 4.7); LabControl.Masquerade changes it while
        /// nodes run.</summary>
        public readonly List<LabMasquerade> Masquerades = new List<LabMasquerade>();

        /// <summary>Routes that nodes offer (Hostinfo.RoutableIPs) are not approved; otherwise all of them are, at once.</summary>
        public bool HoldRoutes;

        /// <summary>DERP keep-alive interval. derper: 60 s + [0,5) s.</summary>
        public int RelayKeepAliveMs = 60_000;

        /// <summary>Packets that wait for one slow relay client; the oldest is dropped first (derper: 32, disco apart).</summary>
        public int RelayQueue = 32;

        /// <summary>Relays admit only registered node keys, as headscale's verify_clients does.</summary>
        public bool VerifyRelayClients = true;
    }

    /// <summary>One admission key.</summary>
    public sealed class LabAuthKey
    {
        public string Key;
        public bool Ephemeral;
        /// <summary>False: good for one node only.</summary>
        public bool Reusable = true;
        /// <summary>Tags given to every node that uses the key; empty = owned by the lab's user.</summary>
        public string[] Tags = new string[0];
        /// <summary>Nodes admitted so far.</summary>
        public int Uses;
    }

    /// <summary>One DERP region with one node, as it appears in the DERPMap (protocol.md 4.8).</summary>
    public sealed class LabRegion
    {
        public int Id = 900;
        public string Code = "lab";
        public string Name = "Lab";
        /// <summary>Dialled, and SNI.</summary>
        public string HostName = "localhost";
        /// <summary>Null = verify against HostName.</summary>
        public string CertName;
        /// <summary>"" = resolve HostName, an address = use it, "none" = family off.</summary>
        public string IPv4 = "";
        public string IPv6 = "";
        public int DerpPort;
        /// <summary>0 = 3478, -1 = no STUN.</summary>
        public int StunPort;
        public bool InsecureForTests;
    }
}
