using MicroLink.Bytes;
using MicroLink.Control;
using MicroLink.NetMap;
using MicroLink.Node;
using Xunit;

namespace MicroLink.Tests.Unit.Node
{
    public sealed class PeerDirectoryTests
    {
        [Fact]
        public void Finds_by_short_name_full_name_and_address()
        {
            PeerDirectory peers = new PeerDirectory(8);
            peers.Apply(new PeerDelta(PeerDelta.Upsert, Row(7, "Greenhouse-3.example.ts.net.", "100.64.0.7")));

            Assert.Equal(7, peers.Lookup("greenhouse-3").Row.Id);
            Assert.Equal(7, peers.Lookup("GREENHOUSE-3.example.ts.net").Row.Id);
            Assert.Equal(7, peers.Lookup("greenhouse-3.example.ts.net.").Row.Id);
            Assert.Equal(7, peers.Lookup("100.64.0.7").Row.Id);
            Assert.Null(peers.Lookup("100.64.0.8"));
            Assert.Null(peers.Lookup("greenhouse"));
        }

        [Fact]
        public void Patch_changes_only_what_it_carries_and_ignores_unknown_ids()
        {
            PeerDirectory peers = new PeerDirectory(8);
            peers.Apply(new PeerDelta(PeerDelta.Upsert, Row(7, "a.x.", "100.64.0.7")));
            peers.Apply(new PeerDelta(PeerDelta.Patch, new PeerRow { Id = 7, Fields = PeerRow.HasOnline, Online = PeerRow.IsOnline }));
            peers.Apply(new PeerDelta(PeerDelta.Patch, new PeerRow { Id = 8, Fields = PeerRow.HasOnline, Online = PeerRow.IsOnline }));

            Assert.Equal(1, peers.Count);
            Assert.Equal(PeerRow.IsOnline, peers.Find(7).Row.Online);
            Assert.Equal("a.x.", peers.Find(7).Row.Name);
        }

        [Fact]
        public void Keeps_rows_of_its_own()
        {
            PeerDirectory peers = new PeerDirectory(8);
            PeerRow row = Row(7, "a.x.", "100.64.0.7");
            peers.Apply(new PeerDelta(PeerDelta.Upsert, row));
            row.HomeRelay = 99;
            Assert.Equal(0, peers.Find(7).Row.HomeRelay);
        }

        [Fact]
        public void Counts_what_it_cannot_list_and_forgets_what_is_removed()
        {
            PeerDirectory peers = new PeerDirectory(2);
            for (int id = 1; id <= 3; id++) peers.Apply(new PeerDelta(PeerDelta.Upsert, Row(id, "n" + id + ".x.", "100.64.0." + id)));
            Assert.Equal(2, peers.Count);
            Assert.Equal(1, peers.NotListed);

            peers.Apply(new PeerDelta(PeerDelta.Removed, new PeerRow { Id = 1 }));
            Assert.Null(peers.Find(1));
            Assert.Equal(1, peers.Count);
        }

        private static PeerRow Row(long id, string name, string address)
        {
            byte[] prefix = new byte[NetEndpoint.PrefixLength];
            Assert.True(NetEndpoint.ParsePrefix(address + "/32", prefix, 0));
            return new PeerRow { Id = id, Fields = PeerRow.All, Name = name, Addresses = prefix, AllowedIps = prefix, Key = new byte[32] };
        }
    }
}
