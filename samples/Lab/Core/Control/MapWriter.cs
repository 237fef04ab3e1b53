using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;

namespace MicroLink.Lab.Core
{
    /// <summary>MapResponse JSON (protocol.md 4.6 to 4.11), with the fields and their order as headscale sends them.</summary>
    internal sealed class MapWriter
    {
        private readonly LabControl _control;

        public MapWriter(LabControl control)
        {
            _control = control;
        }

        private LabOptions Options => _control.Core.Options;

        /// <summary>The first message of a stream: everything.</summary>
        public byte[] Full(LabNode self, long nowMs, bool withPeers)
        {
            return Object(json =>
            {
                json.WritePropertyName("Node");
                Node(json, self, self, nowMs);
                DerpMap(json);
                List<LabNode> peers = _control.NodeTable.FindAll(n => n != self);
                // Without peers there is no Peers key at all (captures: headscale-first-full-0peers).
                if (withPeers && peers.Count > 0)
                {
                    json.WriteStartArray("Peers");
                    foreach (LabNode peer in peers) Node(json, peer, self, nowMs);
                    json.WriteEndArray();
                }
                DnsConfig(json);
                json.WriteString("Domain", Options.Domain);
                json.WriteBoolean("CollectServices", false);
                PacketFilters(json);
                UserProfiles(json);
                json.WriteString("ControlTime", _control.TimeText(nowMs));
                json.WriteStartObject("Debug");
                json.WriteBoolean("DisableLogTail", true);
                json.WriteEndObject();
            });
        }

        /// <summary>What a stream has missed; null = nothing after all.</summary>
        public byte[] Delta(MapPoll poll, long nowMs)
        {
            var removed = new List<long>();
            var changed = new List<LabNode>();
            var patches = new List<KeyValuePair<LabNode, int>>();
            var online = new List<LabNode>();
            foreach (KeyValuePair<long, int> entry in poll.Pending)
            {
                LabNode node = _control.FindById(entry.Key);
                int change = Options.HoldEndpoints ? entry.Value & ~LabChange.Endpoints : entry.Value;
                if (change == 0) continue;
                if (node == null) removed.Add(entry.Key);
                else if ((change & LabChange.Full) != 0) changed.Add(node);
                else if (change == LabChange.Online && node.Online) online.Add(node);
                else patches.Add(new KeyValuePair<LabNode, int>(node, change));
            }
            if (removed.Count + changed.Count + patches.Count + online.Count == 0 && !poll.SelfPending) return null;
            return Object(json =>
            {
                if (poll.SelfPending)
                {
                    json.WritePropertyName("Node");
                    Node(json, poll.Node, poll.Node, nowMs);
                }
                if (changed.Count > 0)
                {
                    json.WriteStartArray("PeersChanged");
                    foreach (LabNode node in changed) Node(json, node, poll.Node, nowMs);
                    json.WriteEndArray();
                }
                if (removed.Count > 0)
                {
                    json.WriteStartArray("PeersRemoved");
                    foreach (long id in removed) json.WriteNumberValue(id);
                    json.WriteEndArray();
                }
                if (patches.Count > 0)
                {
                    json.WriteStartArray("PeersChangedPatch");
                    foreach (KeyValuePair<LabNode, int> patch in patches) Patch(json, patch.Key, patch.Value);
                    json.WriteEndArray();
                }
                if (online.Count > 0)
                {
                    json.WriteStartObject("OnlineChange");
                    foreach (LabNode node in online) json.WriteBoolean(node.Id.ToString(), true);
                    json.WriteEndObject();
                }
                if (changed.Count > 0) UserProfiles(json);
                json.WriteString("ControlTime", _control.TimeText(nowMs));
            });
        }

        public byte[] DerpMapOnly(long nowMs)
        {
            return Object(json =>
            {
                DerpMap(json);
                json.WriteString("ControlTime", _control.TimeText(nowMs));
            });
        }

        /// <param name="reader">Whose map it is.</param>
        private void Node(Utf8JsonWriter json, LabNode node, LabNode reader, long nowMs)
        {
            bool self = node == reader;
            bool plain = node.IsWireGuardOnly || (!self && Options.OnlyWireGuard);
            json.WriteStartObject();
            json.WriteNumber("ID", node.Id);
            json.WriteString("StableID", node.Id.ToString());
            json.WriteString("Name", node.Name + "." + Options.Domain + ".");
            json.WriteNumber("User", node.Tags.Length > 0 ? 2147455555 : 1);
            json.WriteString("Key", node.NodeKey);
            if (node.KeyExpiryMs >= 0) json.WriteString("KeyExpiry", _control.TimeText(node.KeyExpiryMs));
            json.WriteString("Machine", node.MachineKey);
            if (node.DiscoKey != LabNode.ZeroDisco && !plain) json.WriteString("DiscoKey", node.DiscoKey);
            foreach (string name in new[] { "Addresses", "AllowedIPs" })
            {
                json.WriteStartArray(name);
                json.WriteStringValue((KnownAs(node, reader, true) ?? node.IPv4) + "/32");
                json.WriteStringValue((KnownAs(node, reader, false) ?? node.IPv6) + "/128");
                if (name == "AllowedIPs" && !Options.HoldRoutes)
                    foreach (string route in node.Routes) json.WriteStringValue(route);
                json.WriteEndArray();
            }
            if (KnownAs(reader, node, true) is string v4) json.WriteString("SelfNodeV4MasqAddrForThisPeer", v4);
            if (KnownAs(reader, node, false) is string v6) json.WriteString("SelfNodeV6MasqAddrForThisPeer", v6);
            if (node.Routes.Length > 0 && !Options.HoldRoutes) Strings(json, "PrimaryRoutes", node.Routes);
            if (node.Endpoints.Length > 0 && (self || !Options.HoldEndpoints)) Strings(json, "Endpoints", node.Endpoints);
            if (node.HomeDerp != 0 && _control.Flavor.LegacyHomeRelay && !plain) json.WriteString("DERP", "127.3.3.40:" + node.HomeDerp);
            else if (node.HomeDerp != 0 && !plain) json.WriteNumber("HomeDERP", node.HomeDerp);
            Hostinfo(json, node);
            json.WriteString("Created", _control.TimeText(node.CreatedMs));
            json.WriteNumber("Cap", node.Version);
            if (node.Tags.Length > 0) Strings(json, "Tags", node.Tags);
            if (!node.Online && node.LastSeenMs >= 0) json.WriteString("LastSeen", _control.TimeText(node.LastSeenMs));
            json.WriteBoolean("Online", node.Online);
            if (node.IsExpired(nowMs)) json.WriteBoolean("Expired", true);
            else if (node.MachineAuthorized) json.WriteBoolean("MachineAuthorized", true);
            if (plain) json.WriteBoolean("IsWireGuardOnly", true);
            if (self)
            {
                json.WriteStartObject("CapMap");
                json.WriteStartArray("default-auto-update");
                json.WriteBooleanValue(false);
                json.WriteEndArray();
                json.WriteStartArray("https://tailscale.com/cap/is-admin");
                json.WriteEndArray();
                foreach (string attribute in Options.NodeAttributes) json.WriteNull(attribute);
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }

        /// <summary>The other address of the node in the map of this peer, or null.</summary>
        private string KnownAs(LabNode node, LabNode peer, bool v4)
        {
            return Options.Masquerades.Find(m => m.Node == node.Name && m.Peer == peer.Name && m.IsV4 == v4)?.Address;
        }

        private static void Hostinfo(Utf8JsonWriter json, LabNode node)
        {
            if (node.Hostinfo == null) return;
            json.WriteStartObject("Hostinfo");
            foreach (JsonProperty member in node.Hostinfo.Value.EnumerateObject())
            {
                if (member.Name != "NetInfo") member.WriteTo(json);
            }
            if (node.NetInfo != null)
            {
                json.WritePropertyName("NetInfo");
                json.WriteRawValue(node.NetInfo);
            }
            json.WriteEndObject();
        }

        private void Patch(Utf8JsonWriter json, LabNode node, int change)
        {
            json.WriteStartObject();
            json.WriteNumber("NodeID", node.Id);
            if ((change & LabChange.Relay) != 0) json.WriteNumber("DERPRegion", node.HomeDerp);
            if ((change & LabChange.Version) != 0) json.WriteNumber("Cap", node.Version);
            if ((change & LabChange.Endpoints) != 0) Strings(json, "Endpoints", node.Endpoints);
            if ((change & LabChange.Key) != 0) json.WriteString("Key", node.NodeKey);
            if ((change & LabChange.Disco) != 0) json.WriteString("DiscoKey", node.DiscoKey);
            if ((change & LabChange.Online) != 0)
            {
                json.WriteBoolean("Online", node.Online);
                if (!node.Online) json.WriteString("LastSeen", _control.TimeText(node.LastSeenMs));
            }
            json.WriteEndObject();
        }

        private void DerpMap(Utf8JsonWriter json)
        {
            json.WriteStartObject("DERPMap");
            json.WriteStartObject("Regions");
            foreach (LabRegion region in Options.Regions)
            {
                json.WriteStartObject(region.Id.ToString());
                json.WriteNumber("RegionID", region.Id);
                json.WriteString("RegionCode", region.Code);
                json.WriteString("RegionName", region.Name);
                json.WriteStartArray("Nodes");
                json.WriteStartObject();
                json.WriteString("Name", region.Id + "a");
                json.WriteNumber("RegionID", region.Id);
                json.WriteString("HostName", region.HostName);
                if (region.CertName != null) json.WriteString("CertName", region.CertName);
                if (region.IPv4.Length > 0) json.WriteString("IPv4", region.IPv4);
                if (region.IPv6.Length > 0) json.WriteString("IPv6", region.IPv6);
                if (region.StunPort != 0) json.WriteNumber("STUNPort", region.StunPort);
                if (region.DerpPort != 0) json.WriteNumber("DERPPort", region.DerpPort);
                if (region.InsecureForTests) json.WriteBoolean("InsecureForTests", true);
                json.WriteEndObject();
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
            json.WriteEndObject();
        }

        private void DnsConfig(Utf8JsonWriter json)
        {
            json.WriteStartObject("DNSConfig");
            json.WriteStartObject("Routes");
            for (int i = 64; i < 128; i++)
            {
                json.WriteStartArray(i + ".100.in-addr.arpa");
                json.WriteEndArray();
            }
            json.WriteStartArray("0.e.1.a.c.5.1.1.a.7.d.f.ip6.arpa");
            json.WriteEndArray();
            json.WriteEndObject();
            Strings(json, "Domains", new[] { Options.Domain });
            json.WriteBoolean("Proxied", true);
            json.WriteEndObject();
        }

        private void PacketFilters(Utf8JsonWriter json)
        {
            if (_control.Flavor.NamedFilters) json.WriteStartObject("PacketFilters");
            json.WriteStartArray(_control.Flavor.NamedFilters ? "base" : "PacketFilter");
            json.WriteStartObject();
            Strings(json, "SrcIPs", new[] { "100.64.0.0-100.115.91.255", "100.115.94.0-100.127.255.255", "fd7a:115c:a1e0::/48" });
            json.WriteStartArray("DstPorts");
            json.WriteStartObject();
            json.WriteString("IP", "*");
            json.WriteStartObject("Ports");
            json.WriteNumber("First", 0);
            json.WriteNumber("Last", 65535);
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
            if (_control.Flavor.NamedFilters) json.WriteEndObject();
        }

        private void UserProfiles(Utf8JsonWriter json)
        {
            json.WriteStartArray("UserProfiles");
            Profile(json, 1, "lab", "lab");
            if (_control.NodeTable.Exists(n => n.Tags.Length > 0)) Profile(json, 2147455555, "tagged-devices", "Tagged Devices");
            json.WriteEndArray();
        }

        private static void Profile(Utf8JsonWriter json, long id, string login, string display)
        {
            json.WriteStartObject();
            json.WriteNumber("ID", id);
            json.WriteString("LoginName", login);
            json.WriteString("DisplayName", display);
            json.WriteEndObject();
        }

        private static void Strings(Utf8JsonWriter json, string name, string[] values)
        {
            json.WriteStartArray(name);
            foreach (string value in values) json.WriteStringValue(value);
            json.WriteEndArray();
        }

        private static byte[] Object(Action<Utf8JsonWriter> members)
        {
            var stream = new MemoryStream();
            using (var json = new Utf8JsonWriter(stream))
            {
                json.WriteStartObject();
                members(json);
                json.WriteEndObject();
            }
            return stream.ToArray();
        }
    }
}
