using System.Linq;
using MicroLink.Bytes;
using MicroLink.Control;
using MicroLink.NetMap;
using MicroLink.Node;
using MicroLink.Tests.Unit.Peers;
using MicroLink.WireGuard;
using Xunit;

namespace MicroLink.Tests.Unit.Node
{
    public sealed class PeerDirectoryTests
    {
        private readonly TestPeers _known = new TestPeers();

        [Fact]
        public void Finds_by_short_name_full_name_and_address()
        {
            PeerDirectory peers = Directory();
            _known.Note(PeerDelta.Upsert, Row(7, "Greenhouse-3.example.ts.net.", "100.64.0.7/32", "fd7a:115c:a1e0::7/128"));

            Assert.Equal(7, peers.Lookup("greenhouse-3").Id);
            Assert.Equal(7, peers.Lookup("GREENHOUSE-3.example.ts.net").Id);
            Assert.Equal(7, peers.Lookup("greenhouse-3.example.ts.net.").Id);
            Assert.Equal(7, peers.Lookup("100.64.0.7").Id);
            Assert.Equal(7, peers.Lookup("fd7a:115c:a1e0::7").Id);
            Assert.Null(peers.Lookup("100.64.0.8"));
            Assert.Null(peers.Lookup("greenhouse"));
            Assert.Null(peers.FindByFullName("greenhouse-3"));
        }

        [Fact]
        public void Patch_changes_only_what_it_carries_and_ignores_unknown_ids()
        {
            PeerDirectory peers = Directory();
            _known.Note(PeerDelta.Upsert, Row(7, "a.x.", "100.64.0.7/32"));
            _known.Note(PeerDelta.Patch, new PeerRow { Id = 7, Fields = PeerRow.HasOnline, Online = PeerRow.IsOnline });
            _known.Note(PeerDelta.Patch, new PeerRow { Id = 8, Fields = PeerRow.HasOnline, Online = PeerRow.IsOnline });

            Assert.Equal(1, peers.Count);
            Assert.Equal(PeerRow.IsOnline, peers.Lookup("a").Online);
            Assert.Equal("a.x.", peers.Lookup("a").Name);
        }

        [Fact]
        public void An_address_behind_a_router_is_found_by_the_longest_prefix_that_the_user_takes()
        {
            PeerDirectory peers = Directory(new WgRoutes(true, "exit"));
            _known.Note(PeerDelta.Upsert, Router(1, "plain.x.", "100.64.0.1/32"));
            _known.Note(PeerDelta.Upsert, Router(2, "wide.x.", "100.64.0.2/32", "10.0.0.0/8"));
            _known.Note(PeerDelta.Upsert, Router(3, "near.x.", "100.64.0.3/32", "10.7.0.0/16"));
            _known.Note(PeerDelta.Upsert, Router(4, "exit.x.", "100.64.0.4/32", "0.0.0.0/0", "::/0"));
            _known.Note(PeerDelta.Upsert, Router(5, "other.x.", "100.64.0.5/32", "0.0.0.0/0", "::/0"));
            Assert.Equal(3, peers.FindByRoute(Address("10.7.1.1")).Id);
            Assert.Equal(2, peers.FindByRoute(Address("10.8.1.1")).Id);
            Assert.Equal(4, peers.FindByRoute(Address("192.0.2.1")).Id);
            Assert.Equal(4, peers.FindByRoute(Address("2001:db8::1")).Id);
            Assert.Null(Directory().FindByRoute(Address("10.7.1.1")));
        }

        [Fact]
        public void Entries_of_active_peers_stay_and_the_oldest_of_the_others_makes_room()
        {
            PeerDirectory peers = Directory();
            for (int id = 1; id <= 4; id++) peers.Get(id).Slot = id == 2 ? -1 : id;
            peers.Get(5).HandshakeAtMs = 55;
            Assert.Null(peers.Find(2));
            Assert.Equal(new[] { 1, 3, 4 }, new[] { 1L, 3L, 4L }.Select(id => peers.Find(id).Slot));
            Assert.Equal(55, peers.Get(5).HandshakeAtMs);
        }

        [Fact]
        public void What_is_removed_is_not_found_any_more()
        {
            PeerDirectory peers = Directory();
            for (int id = 1; id <= 3; id++) _known.Note(PeerDelta.Upsert, Row(id, "n" + id + ".x.", "100.64.0." + id + "/32"));
            _known.Note(PeerDelta.Removed, new PeerRow { Id = 1 });
            Assert.Null(peers.Lookup("n1"));
            Assert.Null(peers.Lookup("100.64.0.1"));
            Assert.Equal(2, peers.Count);
        }

        private PeerDirectory Directory(WgRoutes routes = null) => new PeerDirectory(_known.Table, routes ?? new WgRoutes(), 4);

        private static byte[] Address(string text)
        {
            byte[] address = new byte[NetEndpoint.AddressLength];
            Assert.True(NetEndpoint.ParseAddress(text, address, 0));
            return address;
        }

        private static PeerRow Row(long id, string name, params string[] addresses)
        {
            byte[] prefixes = new byte[NetEndpoint.PrefixLength * addresses.Length];
            for (int i = 0; i < addresses.Length; i++) Assert.True(NetEndpoint.ParsePrefix(addresses[i], prefixes, i * NetEndpoint.PrefixLength));
            return new PeerRow { Id = id, Fields = PeerRow.All, Name = name, Addresses = prefixes, AllowedIps = prefixes, Key = new byte[32] };
        }

        /// <summary>The first prefix is its address, the others are routes.</summary>
        private static PeerRow Router(long id, string name, params string[] prefixes)
        {
            PeerRow row = Row(id, name, prefixes);
            row.Addresses = row.AllowedIps[..NetEndpoint.PrefixLength];
            return row;
        }
    }
}
