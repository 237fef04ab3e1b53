namespace MicroLink.Node
{
    /// <summary>
    /// Everything a user can set about a node. The settings store and the command line come on top of what the application sets.
    /// There are no silent clamps: <see cref="Check"/> names the first value that is out of range.
    /// </summary>
    public sealed class NodeOptions
    {
        /// <summary>"http://host[:port]" or "https://host[:port]" of the control server (Tailscale, Headscale, Ionscale, or the lab).</summary>
        public string ControlUrl = "https://controlplane.tailscale.com";

        /// <summary>Pre-auth key, or null for a login in the browser.</summary>
        public string AuthKey;

        /// <summary>The name this node asks for; control may add a number to it.</summary>
        public string HostName = "microlink";

        /// <summary>Preferred UDP port; another one is taken when it is in use. 0 = any.</summary>
        public int UdpPort = DefaultUdpPort;

        /// <summary>Never use direct paths: everything goes through relays.</summary>
        public bool ForceRelay;

        /// <summary>While only the relay works, ping the ports beside a peer's public one: finds some symmetric NATs, and looks like a port scan.</summary>
        public bool ProbePorts;

        /// <summary>Ask the gateway to lead a port of its own to ours, by PCP, NAT-PMP or UPnP.</summary>
        public bool PortMap;

        /// <summary>Honour InsecureForTests of a relay map. Without it such a region is skipped and status says so.</summary>
        public bool AllowInsecureRelay;

        /// <summary>Tags to ask for, "tag:name" each; null = none.</summary>
        public string[] AdvertiseTags;

        /// <summary>Ask for a node that control deletes when it has been away.</summary>
        public bool Ephemeral;
        /// <summary>Set by the host when it builds the graph anew after NodeKeyChanged: an expired key is replaced once and not for ever.</summary>
        public bool NodeKeyIsNew;

        /// <summary>Use the subnets that peers offer (subnet routers). Otherwise only their own addresses are reached, and only they reach
        /// us.</summary>
        public bool AcceptRoutes;

        /// <summary>Send everything that has no other way to this peer: its name, address or stable id; null = none.</summary>
        public string ExitNode;

        /// <summary>Subnets behind this node that it offers, 17 bytes each; null = none. They count once control has approved
        /// them.</summary>
        public byte[] AdvertiseRoutes;

        /// <summary>The only Noise key of the control server that is accepted, 32 bytes; null = the one that GET /key gives.</summary>
        public byte[] ControlKey;

        /// <summary>The key that GET /key gave at the first start stays the only one that is accepted.</summary>
        public bool PinControlKey;

        /// <summary>Names or addresses of SNTP servers, at most four: asked for the date while the host's clock is not set, and never otherwise.
        /// Empty = nobody is asked.</summary>
        public string[] TimeServers = { "time.cloudflare.com", "time.google.com", "time.apple.com" };

        /// <summary>Peers with a WireGuard session at the same time, 1..1024. 16 fits a device without PSRAM.</summary>
        public int ActivePeers = 16;

        /// <summary>Peers that are tracked, 28 bytes of RAM each, 1..1000000; further ones are ignored, and status says so. 1000 fit a device
        /// without PSRAM.</summary>
        public int MaxPeers = 10000;

        /// <summary>Peers whose endpoints are remembered while they are not active, 64 bytes each; a power of two up to 65536.</summary>
        public int EndpointLines = 64;

        /// <summary>The only peers to talk to: names or tunnel addresses; null = all of them.</summary>
        public string[] AllowPeers;

        /// <summary>Peers that get a session even when <see cref="ActivePeers"/> are active, and keep it; null = none.</summary>
        public string[] PriorityPeers;

        /// <summary>Bits of the replay window: 1024 on a device, 8192 on the desktop (RFC 6479).</summary>
        public int ReplayWindowBits = 1024;

        /// <summary>Relay connections at the same time, home included, 1..16.</summary>
        public int RelayConnections = 4;

        /// <summary>Bytes that a relay connection moves at once, 1536..65536: 4 KB on a device, 16 KB on the desktop.</summary>
        public int RelayBlockBytes = 4096;

        /// <summary>An IP stack of our own inside the tunnel, for sockets of this program; false = the platform has another (TUN).</summary>
        public bool Netstack = true;

        /// <summary>Sockets inside the tunnel, 1..4096; connections that wait to be accepted count.</summary>
        public int MaxSockets = 16;

        /// <summary>UDP and TCP port on the tunnel address that answers with what it gets, for tests; 0 = none.</summary>
        public int EchoPort;

        /// <summary>Packets that wait for a handshake, of all peers together.</summary>
        public int QueuePackets = 256;

        /// <summary>Room for events of the data plane that no actor has read yet, in native memory.</summary>
        public int EventBytes = 64 * 1024;

        /// <summary>Room for datagrams on their way to the UDP port, in native memory.</summary>
        public int UdpRingBytes = 256 * 1024;

        /// <summary>Events of the data plane that actors may hold at the same time, 2.2 KB of managed memory each.</summary>
        public int EventBuffers = 64;

        /// <summary>Options with the memory of a chip without PSRAM: 16 active peers, two relays, everything else small.</summary>
        public static NodeOptions ForDevice()
        {
            return new NodeOptions
            {
                RelayConnections = 2, MaxSockets = 8, QueuePackets = 8, EventBytes = 8 * 1024, UdpRingBytes = 12 * 1024, EventBuffers = 4,
                FilterBytes = 8 * 1024, Flows = 32, MaxPeers = 1000, EndpointLines = 32,
            };
        }

        /// <summary>How many routes one node can offer; the data plane keeps as many.</summary>
        public const int MaxAdvertisedRoutes = 64;

        /// <summary>Bytes for control's packet filter, rules and compiled, each: a filter that needs more lets nobody in, and status says so.
        /// 4096..16777216.</summary>
        public int FilterBytes = 16 * 1024;

        /// <summary>Outbound UDP flows whose answers pass the packet filter, 8..4096. tailscaled has 512.</summary>
        public int Flows = 64;

        /// <summary>The port WireGuard users know; protocol.md 6.9.</summary>
        public const int DefaultUdpPort = 41641;

        /// <summary>Null, or what is wrong and what the allowed range is, as one plain sentence.</summary>
        public string Check()
        {
            string unusable;
            if (Control.ControlUrl.Parse(ControlUrl, out unusable) == null) return unusable;
            if (HostName == null || HostName.Length == 0 || HostName.Length > 63)
                return "The host name must have 1 to 63 characters.";
            if (!IsHostName(HostName))
                return "The host name must be letters, digits and inner dashes, as sensor-7, but it is \"" + HostName + "\".";
            if (UdpPort < 0 || UdpPort > 65535) return "The UDP port must be 0 to 65535, but it is " + UdpPort.ToString() + ".";
            if (ActivePeers < 1 || ActivePeers > 1024) return "ActivePeers must be 1 to 1024, but it is " + ActivePeers.ToString() + ".";
            if (MaxPeers < 1 || MaxPeers > 1000000) return "MaxPeers must be 1 to 1000000, but it is " + MaxPeers.ToString() + ".";
            if (EndpointLines < 1 || EndpointLines > 65536 || (EndpointLines & (EndpointLines - 1)) != 0)
                return "EndpointLines must be a power of two up to 65536, but it is " + EndpointLines.ToString() + ".";
            if (PriorityPeers != null && PriorityPeers.Length > ActivePeers)
                return "There are " + PriorityPeers.Length.ToString() + " priority peers, but only " + ActivePeers.ToString() + " peers can be active.";
            if (RelayConnections < 1 || RelayConnections > 16)
                return "RelayConnections must be 1 to 16, but it is " + RelayConnections.ToString() + ".";
            if (RelayBlockBytes < 1536 || RelayBlockBytes > 65536)
                return "RelayBlockBytes must be 1536 to 65536, but it is " + RelayBlockBytes.ToString() + ".";
            if (MaxSockets < 1 || MaxSockets > 4096) return "MaxSockets must be 1 to 4096, but it is " + MaxSockets.ToString() + ".";
            if (QueuePackets < 4 || QueuePackets > 32768) return "QueuePackets must be 4 to 32768, but it is " + QueuePackets.ToString() + ".";
            if (EventBytes < 4096) return "EventBytes must be at least 4096, but it is " + EventBytes.ToString() + ".";
            if (UdpRingBytes < 4096) return "UdpRingBytes must be at least 4096, but it is " + UdpRingBytes.ToString() + ".";
            if (EventBuffers < 2) return "EventBuffers must be at least 2, but it is " + EventBuffers.ToString() + ".";
            if (EchoPort < 0 || EchoPort > 65535) return "The echo port must be 1 to 65535, but it is " + EchoPort.ToString() + ".";
            if (EchoPort != 0 && !Netstack) return "The echo port needs the node's own IP stack, which a TUN device takes the place of; leave one of them out.";
            if (FilterBytes < 4096 || FilterBytes > 1 << 24) return "FilterBytes must be 4096 to 16777216, but it is " + FilterBytes.ToString() + ".";
            if (Flows < 8 || Flows > 4096) return "Flows must be 8 to 4096, but it is " + Flows.ToString() + ".";
            if (TimeServers != null && TimeServers.Length > 4) return "At most 4 time servers can be given.";
            if (ControlKey != null && ControlKey.Length != 32) return "The control server's key must have 32 bytes.";
            return CheckTags() ?? CheckRoutes();
        }

        private string CheckRoutes()
        {
            if (ExitNode != null && ExitNode.Length == 0) return "The exit node must be a peer's name or tunnel address.";
            if (AdvertiseRoutes == null) return null;
            if (AdvertiseRoutes.Length > MaxAdvertisedRoutes * 17)
                return "At most " + MaxAdvertisedRoutes.ToString() + " routes can be advertised.";
            return null;
        }

        private string CheckTags()
        {
            if (AdvertiseTags == null) return null;
            for (int i = 0; i < AdvertiseTags.Length; i++)
            {
                // protocol.md 4.3: ^tag:[A-Za-z][A-Za-z0-9-]*$
                if (!IsTag(AdvertiseTags[i]))
                    return "\"" + AdvertiseTags[i] + "\" is not a tag; a tag looks like tag:sensor (letters, digits and dashes).";
            }
            return null;
        }

        private static bool IsTag(string tag)
        {
            if (tag == null || tag.Length < 5 || !StartsWith(tag, "tag:") || !IsLetter(tag[4])) return false;
            for (int i = 5; i < tag.Length; i++)
            {
                char c = tag[i];
                if (!IsLetter(c) && !(c >= '0' && c <= '9') && c != '-') return false;
            }
            return true;
        }

        /// <summary>Labels with dots between them. Headscale calls a node of another name "invalid-" and eight letters.</summary>
        private static bool IsHostName(string name)
        {
            for (int i = 0; i < name.Length; i++)
            {
                bool edge = i == 0 || i == name.Length - 1 || name[i - 1] == '.' || name[i + 1] == '.';
                if (!IsLetter(name[i]) && !(name[i] >= '0' && name[i] <= '9') && (edge || (name[i] != '-' && name[i] != '.'))) return false;
            }
            return true;
        }

        private static bool IsLetter(char c)
        {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        }

        private static bool StartsWith(string text, string prefix)
        {
            return text.Length >= prefix.Length && text.Substring(0, prefix.Length) == prefix;
        }
    }
}
