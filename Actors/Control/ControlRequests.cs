using MicroLink.Bytes;
using MicroLink.Json;

namespace MicroLink.Control
{
    /// <summary>What this host knows about itself now; empty until netcheck has run.</summary>
    public sealed class HostFacts
    {
        /// <summary>18 bytes each.</summary>
        public byte[] Endpoints = new byte[0];
        /// <summary>One type per endpoint (protocol.md 4.2).</summary>
        public byte[] EndpointTypes = new byte[0];
        /// <summary>Home relay region, 0 = none: then peers cannot reach us by relay (trap 21).</summary>
        public int PreferredRelay;
        /// <summary>0 unknown, 1 false, 2 true.</summary>
        public int MappingVaries, WorkingUdp, WorkingIPv6;

        /// <summary>Port of our peer API by IPv4 and by IPv6; 0 = none.</summary>
        public int PeerApi4, PeerApi6;

        public bool HasNetInfo { get { return PreferredRelay != 0 || MappingVaries != 0 || WorkingUdp != 0 || WorkingIPv6 != 0; } }

        public bool SameAs(HostFacts other)
        {
            return PeerApi4 == other.PeerApi4 && PeerApi6 == other.PeerApi6 && PreferredRelay == other.PreferredRelay && MappingVaries == other.MappingVaries && WorkingUdp == other.WorkingUdp
                && WorkingIPv6 == other.WorkingIPv6 && Same(Endpoints, other.Endpoints) && Same(EndpointTypes, other.EndpointTypes);
        }

        public HostFacts Copy()
        {
            return new HostFacts
            {
                Endpoints = Endpoints, EndpointTypes = EndpointTypes, PreferredRelay = PreferredRelay, MappingVaries = MappingVaries,
                WorkingUdp = WorkingUdp, WorkingIPv6 = WorkingIPv6, PeerApi4 = PeerApi4, PeerApi6 = PeerApi6,
            };
        }

        private static bool Same(byte[] a, byte[] b)
        {
            if (a.Length != b.Length) return false;
            for (int i = 0; i < a.Length; i++)
            {
                if (a[i] != b[i]) return false;
            }
            return true;
        }
    }

    /// <summary>
    /// Writes the two request bodies (protocol.md 3.1, 4.2, 4.3; examples 14.2, 14.3). Key fields are never the empty string: Go refuses
    /// that (trap 22). Endpoints and NetInfo are left out until they are known: an empty list would be a statement.
    /// </summary>
    public static class ControlRequests
    {
        private static readonly byte[] ZeroKey = new byte[KeyText.Length];

        /// <summary>RegisterRequest; returns its length or -1. <paramref name="followUp"/>: the AuthURL that is waited for, or null.
        /// <paramref name="logout"/>: expire the key now. <paramref name="withKey"/>: with the auth key, if there is one.</summary>
        public static int WriteRegister(byte[] into, ControlOptions options, NodeIdentity identity, string followUp, bool logout, bool withKey)
        {
            JsonWriter json = new JsonWriter(into);
            json.BeginObject();
            json.Field("Version", ControlProtocol.CapabilityVersion);
            json.KeyField("NodeKey", KeyText.NodePublic, identity.NodePublic);
            json.KeyField("OldNodeKey", KeyText.NodePublic, identity.OldNodePublic ?? ZeroKey);
            if (options.AuthKey != null && options.AuthKey.Length > 0 && withKey && !logout)
            {
                json.Name("Auth");
                json.BeginObject();
                json.Field("AuthKey", WithoutLockSuffix(options.AuthKey));
                json.EndObject();
            }
            if (logout) json.Field("Expiry", ControlProtocol.LogoutExpiry);
            if (followUp != null) json.Field("Followup", followUp);
            json.Name("Hostinfo");
            WriteHostinfo(json, options, null);
            json.Field("Ephemeral", options.Ephemeral);
            json.EndObject();
            return json.Count;
        }

        /// <summary>MapRequest; returns its length or -1. A poll (<paramref name="stream"/>) and a lite update carry the same facts:
        /// headscale applies both, testcontrol and SaaS ignore those of the poll (trap 14).</summary>
        public static int WriteMap(byte[] into, ControlOptions options, NodeIdentity identity, HostFacts facts, bool stream)
        {
            JsonWriter json = new JsonWriter(into);
            json.BeginObject();
            json.Field("Version", ControlProtocol.CapabilityVersion);
            json.Field("Compress", "");
            json.Field("KeepAlive", true);
            json.Field("Stream", stream);
            json.KeyField("NodeKey", KeyText.NodePublic, identity.NodePublic);
            json.KeyField("DiscoKey", KeyText.DiscoPublic, identity.DiscoPublic);
            json.Name("Hostinfo");
            WriteHostinfo(json, options, facts);
            if (facts.Endpoints.Length > 0) WriteEndpoints(json, facts);
            if (!stream) json.Field("OmitPeers", true);
            json.EndObject();
            return json.Count;
        }

        private static void WriteHostinfo(JsonWriter json, ControlOptions options, HostFacts facts)
        {
            json.BeginObject();
            json.Field("IPNVersion", ControlProtocol.Version);
            json.Field("OS", options.OperatingSystem);
            if (options.DeviceModel != null) json.Field("DeviceModel", options.DeviceModel);
            json.Field("Hostname", options.HostName);
            if (options.Tags != null && options.Tags.Length > 0)
            {
                json.Name("RequestTags");
                json.BeginArray();
                for (int i = 0; i < options.Tags.Length; i++) json.String(options.Tags[i]);
                json.EndArray();
            }
            if (options.RoutableIps != null && options.RoutableIps.Length > 0)
            {
                json.Name("RoutableIPs");
                json.BeginArray();
                for (int at = 0; at + NetEndpoint.PrefixLength <= options.RoutableIps.Length; at += NetEndpoint.PrefixLength)
                    json.String(NetEndpoint.FormatPrefix(options.RoutableIps, at));
                json.EndArray();
            }
            if (facts != null && facts.HasNetInfo) WriteNetInfo(json, facts);
            if (facts != null && (facts.PeerApi4 != 0 || facts.PeerApi6 != 0)) WriteServices(json, facts);
            if (options.Userspace) json.Field("Userspace", true);
            json.EndObject();
        }

        private static void WriteServices(JsonWriter json, HostFacts facts)
        {
            json.Name("Services");
            json.BeginArray();
            WriteService(json, "peerapi4", facts.PeerApi4);
            WriteService(json, "peerapi6", facts.PeerApi6);
            json.EndArray();
        }

        private static void WriteService(JsonWriter json, string protocol, int port)
        {
            if (port == 0) return;
            json.BeginObject();
            json.Field("Proto", protocol);
            json.Field("Port", port);
            json.EndObject();
        }

        private static void WriteNetInfo(JsonWriter json, HostFacts facts)
        {
            json.Name("NetInfo");
            json.BeginObject();
            WriteOptional(json, "MappingVariesByDestIP", facts.MappingVaries);
            WriteOptional(json, "WorkingIPv6", facts.WorkingIPv6);
            WriteOptional(json, "WorkingUDP", facts.WorkingUdp);
            if (facts.PreferredRelay != 0) json.Field("PreferredDERP", facts.PreferredRelay);
            json.EndObject();
        }

        // opt.Bool: absent = unset.
        private static void WriteOptional(JsonWriter json, string name, int value)
        {
            if (value != 0) json.Field(name, value == 2);
        }

        private static void WriteEndpoints(JsonWriter json, HostFacts facts)
        {
            json.Name("Endpoints");
            json.BeginArray();
            for (int at = 0; at + NetEndpoint.Length <= facts.Endpoints.Length; at += NetEndpoint.Length)
                json.String(NetEndpoint.Format(facts.Endpoints, at));
            json.EndArray();
            json.Name("EndpointTypes");
            json.BeginArray();
            for (int i = 0; i < facts.Endpoints.Length / NetEndpoint.Length; i++)
                json.Number(i < facts.EndpointTypes.Length ? facts.EndpointTypes[i] : 0);
            json.EndArray();
        }

        // A wrapped auth key carries "--TL..." for tailnet lock, which the server does not want to see (protocol.md 3.3).
        private static string WithoutLockSuffix(string key)
        {
            int at = key.IndexOf("--TL");
            return at < 0 ? key : key.Substring(0, at);
        }
    }
}
