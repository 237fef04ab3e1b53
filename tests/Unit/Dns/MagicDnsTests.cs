using System.Collections.Generic;
using System.Linq;
using MicroLink.Bytes;
using MicroLink.Dns;
using MicroLink.NetMap;
using Xunit;

namespace MicroLink.Tests.Unit.Dns
{
    /// <summary>The rules of protocol.md section 9, each as a question and what comes of it.</summary>
    public sealed class MagicDnsTests
    {
        private readonly MagicDns _rules = new MagicDns();
        private readonly List<PeerRow> _peers = new List<PeerRow>
        {
            DnsText.Node(2, "db.example.ts.net.", new[] { "100.64.0.2", "fd7a:115c:a1e0::2" }),
            DnsText.Node(3, "six.example.ts.net.", new[] { "fd7a:115c:a1e0::3" }),
            DnsText.Node(4, "web.example.ts.net.", new[] { "100.64.0.4" }, "dns-subdomain-resolve"),
            DnsText.Node(5, "guest.other.ts.net.", new[] { "100.64.0.5" }),
        };

        public MagicDnsTests()
        {
            _rules.HandleSelf(Self());
            _rules.HandleConfig(new DnsConfig { Proxied = true, Domains = new[] { "example.ts.net" } });
        }

        [Theory]
        [InlineData("db.example.ts.net", DnsWire.A, "100.64.0.2")]
        [InlineData("DB.Example.ts.NET", DnsWire.A, "100.64.0.2")]
        [InlineData("me.example.ts.net", DnsWire.A, "100.64.0.1")]
        [InlineData("db.example.ts.net", DnsWire.Aaaa, "empty")]          // it has an IPv4 address
        [InlineData("six.example.ts.net", DnsWire.Aaaa, "fd7a:115c:a1e0::3")]
        [InlineData("six.example.ts.net", DnsWire.A, "empty")]
        [InlineData("six.example.ts.net", DnsWire.Any, "fd7a:115c:a1e0::3")]
        [InlineData("guest.other.ts.net", DnsWire.A, "100.64.0.5")]       // shared in: the name is not below our suffix
        [InlineData("db.example.ts.net", DnsWire.Ns, "notimp")]
        [InlineData("db.example.ts.net", DnsWire.Soa, "notimp")]
        [InlineData("db.example.ts.net", DnsWire.HInfo, "notimp")]
        [InlineData("db.example.ts.net", DnsWire.Axfr, "notimp")]
        [InlineData("db.example.ts.net", 9824, "empty")]
        [InlineData("nobody.example.ts.net", DnsWire.A, "nxdomain in example.ts.net")]
        [InlineData("example.ts.net", DnsWire.A, "nxdomain in example.ts.net")]
        [InlineData("a.web.example.ts.net", DnsWire.A, "100.64.0.4")]
        [InlineData("a.b.c.web.example.ts.net", DnsWire.A, "100.64.0.4")]
        [InlineData("a.db.example.ts.net", DnsWire.A, "nxdomain in example.ts.net")]
        [InlineData("a.me.example.ts.net", DnsWire.A, "nxdomain in example.ts.net")]
        [InlineData("xexample.ts.net", DnsWire.A, "servfail")]
        [InlineData("example.com", DnsWire.A, "servfail")]
        [InlineData("abc.onion", DnsWire.A, "nxdomain")]
        [InlineData("magicdns.localhost-tailscale-daemon", DnsWire.A, "100.100.100.100")]
        [InlineData("2.0.64.100.in-addr.arpa", DnsWire.Ptr, "db.example.ts.net")]
        [InlineData("1.0.64.100.in-addr.arpa", DnsWire.Ptr, "me.example.ts.net")]
        [InlineData("9.0.64.100.in-addr.arpa", DnsWire.Ptr, "nxdomain in 64.100.in-addr.arpa")]
        [InlineData("100.100.100.100.in-addr.arpa", DnsWire.Ptr, "magicdns.localhost-tailscale-daemon")]
        [InlineData("3.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.e.1.a.c.5.1.1.a.7.d.f.ip6.arpa", DnsWire.Ptr, "six.example.ts.net")]
        [InlineData("8.8.8.8.in-addr.arpa", DnsWire.Ptr, "servfail")]
        public void Rules(string name, int type, string expected)
        {
            Assert.Equal(expected, Resolve(name, type));
        }

        [Fact]
        public void Aaaa_for_everybody_when_we_have_no_IPv4_or_the_attribute_says_so()
        {
            _rules.HandleSelf(DnsText.Node(1, "me.example.ts.net.", new[] { "100.64.0.1" }, "magicdns-aaaa"));
            Assert.Equal("fd7a:115c:a1e0::2", Resolve("db.example.ts.net", DnsWire.Aaaa));
            _rules.HandleSelf(DnsText.Node(1, "me.example.ts.net.", new[] { "fd7a:115c:a1e0::1" }));
            Assert.Equal("fd7a:115c:a1e0::2", Resolve("db.example.ts.net", DnsWire.Aaaa));
        }

        [Fact]
        public void Extra_records_come_first()
        {
            _rules.HandleConfig(new DnsConfig
            {
                Proxied = true,
                ExtraRecords = new[] { new DnsRecord("grafana.corp", DnsText.Address("100.64.0.9")), new DnsRecord("db.example.ts.net",
                    DnsText.Address("100.64.0.8")), new DnsRecord("grafana.corp", DnsText.Address("fd7a::9")) },
            });
            Assert.Equal("100.64.0.9", Resolve("grafana.corp", DnsWire.A));
            Assert.Equal("fd7a::9", Resolve("grafana.corp", DnsWire.Aaaa));
            Assert.Equal("empty", Resolve("grafana.corp", 16));
            Assert.Equal("100.64.0.8", Resolve("db.example.ts.net", DnsWire.A));
        }

        [Fact]
        public void Without_MagicDNS_names_of_nodes_still_resolve_and_nothing_is_denied()
        {
            _rules.HandleConfig(new DnsConfig());
            Assert.Equal("100.64.0.2", Resolve("db.example.ts.net", DnsWire.A));
            Assert.Equal("servfail", Resolve("nobody.example.ts.net", DnsWire.A));
            Assert.Equal("servfail", Resolve("9.0.64.100.in-addr.arpa", DnsWire.Ptr));
        }

        [Fact]
        public void Split_DNS_takes_the_longest_suffix()
        {
            _rules.HandleConfig(new DnsConfig
            {
                Proxied = true, Resolvers = DnsText.Endpoints("9.9.9.9:53"),
                Routes = new[]
                {
                    new DnsRoute("corp", DnsText.Endpoints("10.0.0.1:53"), false), new DnsRoute("lab.corp", DnsText.Endpoints("10.0.0.2:5353"), false),
                    new DnsRoute("local.corp", new byte[0], false), new DnsRoute("doh.corp", new byte[0], true),
                },
            });
            Assert.Equal("forward to 10.0.0.1:53", Resolve("x.corp", DnsWire.A));
            Assert.Equal("forward to 10.0.0.1:53", Resolve("corp", DnsWire.A));
            Assert.Equal("forward to 10.0.0.2:5353", Resolve("x.lab.corp", 16));
            Assert.Equal("nxdomain in local.corp", Resolve("x.local.corp", DnsWire.A));
            Assert.Equal("servfail", Resolve("x.doh.corp", DnsWire.A));
            Assert.Equal("forward to 9.9.9.9:53", Resolve("example.com", DnsWire.A));
            Assert.Equal("forward to 9.9.9.9:53", Resolve("8.8.8.8.in-addr.arpa", DnsWire.Ptr));
            Assert.Equal("nxdomain in example.ts.net", Resolve("nobody.example.ts.net", DnsWire.A));
        }

        [Fact]
        public void Fallback_resolvers_serve_only_when_there_is_no_other()
        {
            _rules.HandleConfig(new DnsConfig { FallbackResolvers = DnsText.Endpoints("1.1.1.1:53") });
            Assert.Equal("forward to 1.1.1.1:53", Resolve("example.com", DnsWire.A));
        }

        [Fact]
        public void Typed_names_get_the_search_domains()
        {
            Assert.Equal(new[] { "db.example.ts.net" }, _rules.Candidates("DB"));
            Assert.Equal(new[] { "db.other.net" }, _rules.Candidates("db.other.net."));
            _rules.HandleConfig(new DnsConfig { Proxied = true, Domains = new[] { "corp", "lab" } });
            Assert.Equal(new[] { "db.example.ts.net", "db.corp", "db.lab" }, _rules.Candidates("db"));
        }

        [Fact]
        public void Other_classes_are_not_implemented()
        {
            DnsQuestion question = DnsText.Question("db.example.ts.net", DnsWire.A);
            question.Class = 3;
            DnsVerdict verdict = new DnsVerdict();
            _rules.Begin(question, verdict);
            Assert.Equal((DnsVerdict.Answer, DnsWire.NotImp), (verdict.Step, verdict.RCode));
        }

        private static PeerRow Self() => DnsText.Node(1, "me.example.ts.net.", new[] { "100.64.0.1", "fd7a:115c:a1e0::1" });

        private string Resolve(string name, int type)
        {
            DnsQuestion question = DnsText.Question(name, type);
            DnsVerdict verdict = new DnsVerdict();
            _rules.Begin(question, verdict);
            for (int steps = 0; verdict.Step == DnsVerdict.FindName || verdict.Step == DnsVerdict.FindAddress; steps++)
            {
                Assert.True(steps < 10, "no end");
                bool byName = verdict.Step == DnsVerdict.FindName;
                _rules.Continue(question, _peers.FirstOrDefault(peer => byName ? DnsName.Normal(peer.Name) == verdict.Name
                    : Enumerable.Range(0, peer.Addresses.Length / 17).Any(i => NetEndpoint.AddressEqual(peer.Addresses, 17 * i, verdict.Address, 0))), verdict);
            }
            if (verdict.Step == DnsVerdict.Forward) return "forward to " + NetEndpoint.Format(verdict.Resolvers, 0);
            if (verdict.RCode == DnsWire.NotImp) return "notimp";
            if (verdict.RCode == DnsWire.ServFail) return "servfail";
            if (verdict.RCode == DnsWire.NxDomain) return "nxdomain" + (verdict.Zone == null ? "" : " in " + verdict.Zone);
            return verdict.HasAddress ? NetEndpoint.FormatAddress(verdict.Address, 0) : verdict.Pointer ?? "empty";
        }
    }
}
