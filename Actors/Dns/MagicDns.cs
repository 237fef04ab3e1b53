using MicroLink.Bytes;
using MicroLink.NetMap;

namespace MicroLink.Dns
{
    /// <summary>
    /// The rules of MagicDNS (protocol.md section 9; net/dns/resolver/tsdns.go): who answers a question, and what. It holds the configuration and
    /// the node itself; peers are asked for by name or address, because they live in the node's directory.
    /// <code>
    ///  Begin(question) -> Answer | Forward | FindName / FindAddress --Continue(row or null)--> Answer | Forward | FindName (an ancestor)
    /// </code>
    /// </summary>
    public sealed class MagicDns
    {
        /// <summary>The name that the service addresses have, and the other way round.</summary>
        public const string ServiceName = "magicdns.localhost-tailscale-daemon";
        /// <summary>100.100.100.100 and fd7a:115c:a1e0::53, 16 bytes each.</summary>
        public static readonly byte[] ServiceAddresses =
        {
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 100, 100, 100, 100,
            0xfd, 0x7a, 0x11, 0x5c, 0xa1, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x53,
        };

        /// <summary>Node attribute: sub-names of the node resolve to it (protocol.md 4.13).</summary>
        private const string SubdomainResolve = "dns-subdomain-resolve";
        /// <summary>Self attribute: answer AAAA for nodes that have an IPv4 address too.</summary>
        private const string Aaaa = "magicdns-aaaa";
        /// <summary>Our choice: a name this many labels above the question is not looked for any more.</summary>
        private const int MaxAncestors = 4;

        private DnsConfig _config = DnsConfig.None;
        private PeerRow _self;
        private string _selfName = "";
        private int _ancestors;

        /// <summary>The MagicDNS suffix: the node's own name after its first label, "" before the first map.</summary>
        public string Suffix { get; private set; } = "";

        public DnsConfig Config { get { return _config; } }

        public void HandleConfig(DnsConfig config)
        {
            _config = config;
        }

        public void HandleSelf(PeerRow self)
        {
            _self = self;
            _selfName = DnsName.Normal(self.Name);
            Suffix = DnsName.Parent(_selfName);
        }

        /// <summary>The first step for a question that was read without an error.</summary>
        public void Begin(DnsQuestion question, DnsVerdict verdict)
        {
            verdict.Clear();
            _ancestors = 0;
            string name = question.NameText();
            if (question.Class != DnsWire.ClassIn && question.Class != DnsWire.Any) verdict.End(DnsWire.NotImp);
            else if (question.Type == DnsWire.Ptr) BeginReverse(name, verdict);
            else if (DnsName.IsBelow(name, "onion")) verdict.End(DnsWire.NxDomain);   // RFC 7686
            else if (name == ServiceName) AnswerFrom(ServiceAddresses, NetEndpoint.AddressLength, question.Type, verdict);
            else if (!AnswerRecords(name, question.Type, verdict)) BeginName(name, question, verdict);
        }

        /// <summary>The next step, once the node with the wanted name or address is known; null = there is none.</summary>
        public void Continue(DnsQuestion question, PeerRow found, DnsVerdict verdict)
        {
            if (verdict.Step == DnsVerdict.FindAddress) EndReverse(question, found, verdict);
            else if (found != null && verdict.IsAncestor && !Has(found, SubdomainResolve)) Missing(question.NameText(), verdict);
            else if (found != null) AnswerNode(found, question.Type, verdict);
            else FindAncestor(question, verdict);
        }

        /// <summary>Which addresses of a node its name stands for, 16 bytes each; IPv6 only where IPv4 would not do.</summary>
        public byte[] AddressesOf(PeerRow node)
        {
            byte[] prefixes = node.Addresses;
            if (prefixes == null) return new byte[0];
            bool v6 = !HasFamily(prefixes, true) || (_self != null && (Has(_self, Aaaa) || !HasFamily(_self.Addresses, true)));
            int count = 0;
            for (int at = 0; at < prefixes.Length; at += NetEndpoint.PrefixLength)
            {
                if (Counts(prefixes, at, v6)) count++;
            }
            byte[] addresses = new byte[count * NetEndpoint.AddressLength];
            int into = 0;
            for (int at = 0; at < prefixes.Length; at += NetEndpoint.PrefixLength)
            {
                if (!Counts(prefixes, at, v6)) continue;
                System.Array.Copy(prefixes, at, addresses, into, NetEndpoint.AddressLength);
                into += NetEndpoint.AddressLength;
            }
            return addresses;
        }

        /// <summary>The full names to try for what a person typed: a name with a dot is whole, another gets each search domain.</summary>
        public string[] Candidates(string typed)
        {
            string name = DnsName.Normal(typed);
            if (name.IndexOf('.') >= 0) return new[] { name };
            bool suffixListed = Suffix.Length == 0;
            for (int i = 0; i < _config.Domains.Length; i++) suffixListed |= _config.Domains[i] == Suffix;
            string[] names = new string[_config.Domains.Length + (suffixListed ? 0 : 1)];
            int used = 0;
            if (!suffixListed) names[used++] = name + "." + Suffix;
            for (int i = 0; i < _config.Domains.Length; i++) names[used++] = name + "." + _config.Domains[i];
            return names;
        }

        private void BeginName(string name, DnsQuestion question, DnsVerdict verdict)
        {
            if (name.Length == 0)
            {
                ForwardOrRefuse(name, verdict);
                return;
            }
            if (_self != null && name == _selfName)
            {
                AnswerNode(_self, question.Type, verdict);
                return;
            }
            verdict.Step = DnsVerdict.FindName;
            verdict.Name = name;
        }

        private void FindAncestor(DnsQuestion question, DnsVerdict verdict)
        {
            string zone = LocalZone(question.NameText());
            string parent = DnsName.Parent(verdict.Name);
            if (zone == null || parent == zone || !DnsName.IsBelow(parent, zone) || ++_ancestors > MaxAncestors)
            {
                Missing(question.NameText(), verdict);
                return;
            }
            verdict.IsAncestor = true;
            verdict.Name = parent;
            if (_self != null && parent == _selfName) Continue(question, _self, verdict);
        }

        /// <summary>No node has that name: denied when the zone is ours, else somebody else may know.</summary>
        private void Missing(string name, DnsVerdict verdict)
        {
            verdict.Zone = LocalZone(name);
            if (verdict.Zone != null) verdict.End(DnsWire.NxDomain);
            else ForwardOrRefuse(name, verdict);
        }

        private void BeginReverse(string name, DnsVerdict verdict)
        {
            if (!ReverseName.TryAddress(name, verdict.Address))
            {
                MissingReverse(name, verdict);
                return;
            }
            for (int at = 0; at < ServiceAddresses.Length; at += NetEndpoint.AddressLength)
            {
                if (!NetEndpoint.AddressEqual(ServiceAddresses, at, verdict.Address, 0)) continue;
                verdict.Pointer = ServiceName;
                return;
            }
            if (_self != null && HasAddress(_self.Addresses, verdict.Address)) verdict.Pointer = _selfName;
            else verdict.Step = DnsVerdict.FindAddress;
        }

        private void EndReverse(DnsQuestion question, PeerRow found, DnsVerdict verdict)
        {
            verdict.Step = DnsVerdict.Answer;
            if (found != null) verdict.Pointer = DnsName.Normal(found.Name);
            else MissingReverse(question.NameText(), verdict);
        }

        private void MissingReverse(string name, DnsVerdict verdict)
        {
            if (_config.Proxied && ReverseName.IsOurs(name, out verdict.Zone)) verdict.End(DnsWire.NxDomain);
            else ForwardOrRefuse(name, verdict);
        }

        /// <summary>Longest matching suffix of Routes, then the resolvers for everything, then SERVFAIL: a stub resolver asks its next server.</summary>
        private void ForwardOrRefuse(string name, DnsVerdict verdict)
        {
            DnsRoute best = null;
            for (int i = 0; i < _config.Routes.Length; i++)
            {
                DnsRoute route = _config.Routes[i];
                bool matches = route.Suffix.Length == 0 || DnsName.IsBelow(name, route.Suffix);
                if (matches && (best == null || route.Suffix.Length > best.Suffix.Length)) best = route;
            }
            byte[] resolvers = best != null ? best.Resolvers : _config.Resolvers.Length > 0 ? _config.Resolvers : _config.FallbackResolvers;
            if (resolvers.Length == 0)
            {
                verdict.End(best != null && !best.Unreachable ? DnsWire.NxDomain : DnsWire.ServFail);
                return;
            }
            verdict.Step = DnsVerdict.Forward;
            verdict.Resolvers = resolvers;
        }

        private bool AnswerRecords(string name, int type, DnsVerdict verdict)
        {
            bool known = false;
            for (int i = 0; i < _config.ExtraRecords.Length; i++)
            {
                DnsRecord record = _config.ExtraRecords[i];
                if (record.Name != name) continue;
                known = true;
                AnswerFrom(record.Address, NetEndpoint.AddressLength, type, verdict);
                if (verdict.HasAddress) break;
            }
            return known;
        }

        private void AnswerNode(PeerRow node, int type, DnsVerdict verdict)
        {
            AnswerFrom(AddressesOf(node), NetEndpoint.AddressLength, type, verdict);
        }

        /// <summary>The name exists: its address of that type, or an empty answer; some types are not implemented on purpose.</summary>
        private static void AnswerFrom(byte[] addresses, int stride, int type, DnsVerdict verdict)
        {
            verdict.End(DnsWire.NoError);
            if (type == DnsWire.Ns || type == DnsWire.Soa || type == DnsWire.Axfr || type == DnsWire.HInfo)
            {
                verdict.RCode = DnsWire.NotImp;
                return;
            }
            for (int at = 0; at + NetEndpoint.AddressLength <= addresses.Length; at += stride)
            {
                bool v4 = NetEndpoint.IsV4(addresses, at);
                if (type != DnsWire.Any && type != (v4 ? DnsWire.A : DnsWire.Aaaa)) continue;
                System.Array.Copy(addresses, at, verdict.Address, 0, NetEndpoint.AddressLength);
                verdict.HasAddress = true;
                return;
            }
        }

        /// <summary>The zone that we alone speak for and that holds the name, null = none.</summary>
        private string LocalZone(string name)
        {
            if (_config.Proxied && DnsName.IsBelow(name, Suffix)) return Suffix;
            for (int i = 0; i < _config.Routes.Length; i++)
            {
                DnsRoute route = _config.Routes[i];
                if (route.Resolvers.Length == 0 && !route.Unreachable && DnsName.IsBelow(name, route.Suffix)) return route.Suffix;
            }
            return null;
        }

        private static bool Counts(byte[] prefixes, int at, bool v6)
        {
            return prefixes[at + NetEndpoint.AddressLength] == 128 && (v6 || NetEndpoint.IsV4(prefixes, at));
        }

        private static bool HasFamily(byte[] prefixes, bool v4)
        {
            for (int at = 0; prefixes != null && at < prefixes.Length; at += NetEndpoint.PrefixLength)
            {
                if (NetEndpoint.IsV4(prefixes, at) == v4) return true;
            }
            return false;
        }

        private static bool HasAddress(byte[] prefixes, byte[] address)
        {
            for (int at = 0; prefixes != null && at < prefixes.Length; at += NetEndpoint.PrefixLength)
            {
                if (NetEndpoint.AddressEqual(prefixes, at, address, 0)) return true;
            }
            return false;
        }

        private static bool Has(PeerRow node, string capability)
        {
            for (int i = 0; node.Capabilities != null && i < node.Capabilities.Length; i++)
            {
                if (node.Capabilities[i] == capability) return true;
            }
            return false;
        }
    }
}
