using System.Collections.Generic;
using System.Linq;
using MicroLink.Control;
using MicroLink.Drivers;
using MicroLink.NetMap;
using MicroLink.Peers;
using MicroLink.Runtime;
using MicroLink.Store;
using MicroLink.TestKit;
using Xunit;

namespace MicroLink.Tests.Unit.Store
{
    public sealed class StoreActorTests
    {
        private readonly TestSystem _system = new TestSystem();
        private readonly FakeSettings _settings = new FakeSettings();
        private readonly MemoryFlash _flash = new MemoryFlash(8);
        private readonly Probe _node, _control;
        private int _asked;
        private readonly ActorRef _store;
        private readonly PeerTable _table;

        public StoreActorTests()
        {
            _node = _system.NewProbe("node");
            _control = _system.NewProbe("control");
            PeerIndex index = new PeerIndex(1000);
            _table = new PeerTable(index, new PeerFlash(_flash, index), 8);
            _store = _system.Spawn("store", Props.From(() => new StoreActor(_settings, _flash, _table.Rows, null, _control.Ref, _node.Ref)).WithMailbox(64));
            _system.Advance(100);
            _settings.Commits = 0;
        }

        [Fact]
        public void Settings_of_a_burst_are_one_commit()
        {
            _store.Tell(new StoreSetting("a", new byte[] { 1 }));
            _store.Tell(new StoreSetting("b", new byte[] { 2 }));
            _system.RunToQuiet();
            Assert.Equal(0, _settings.Commits);
            _system.Advance(50);
            Assert.Equal(1, _settings.Commits);
            _store.Tell(new StoreSetting("a", new byte[] { 1 }));
            _system.Advance(1000);
            Assert.Equal(1, _settings.Commits);   // nothing changed
        }

        [Fact]
        public void A_change_during_a_commit_is_committed_afterwards()
        {
            _settings.Hold = true;
            _store.Tell(new StoreSetting("a", new byte[] { 1 }));
            _system.Advance(50);
            _store.Tell(new StoreSetting("a", new byte[] { 2 }));
            _system.Advance(1000);
            Assert.Equal(1, _settings.Commits);
            _settings.Release(_store);
            _system.Advance(50);
            Assert.Equal(2, _settings.Commits);
        }

        [Fact]
        public void A_failed_commit_is_told_once_and_retried_ever_more_slowly_without_end()
        {
            _settings.Error = "The disk is full.";
            _store.Tell(new StoreSetting("a", new byte[] { 1 }));
            _system.Advance(50);
            Assert.Equal("The disk is full.", ((StoreTrouble)_node.Expect(typeof(StoreTrouble))).Error);
            _system.Advance(3600000);
            Assert.InRange(_settings.Commits, 12, 20);   // 5, 10, 20 .. 300 s
            _node.ExpectNone();
            _settings.Error = null;
            _system.Advance(300000);
            Assert.Null(((StoreTrouble)_node.Expect(typeof(StoreTrouble))).Error);
        }

        [Fact]
        public void What_still_waits_is_committed_when_the_node_stops()
        {
            _store.Tell(new StoreSetting("a", new byte[] { 1 }));
            Change(PeerDelta.Upsert, StoredPeerTests.Row());
            _system.RunToQuiet();
            _system.Stop();
            _system.RunToQuiet();
            Assert.Equal(1, _settings.Commits);
            Assert.Equal(1, new PeerFlash(_flash).Count);
        }

        [Fact]
        public void After_an_erase_nothing_is_kept_any_more()
        {
            _store.Tell(new StoreSetting("a", new byte[] { 1 }));
            _store.Tell(EraseState.Instance);
            _store.Tell(new StoreSetting("b", new byte[] { 2 }));
            Change(PeerDelta.Upsert, StoredPeerTests.Row());
            _system.Advance(60000);
            Assert.Null(_settings.Get("a"));
            Assert.Null(_settings.Get("b"));
            Assert.All(_flash.Bytes, b => Assert.Equal(0xFF, b));
            Assert.Equal(0, _settings.Commits);
        }

        [Fact]
        public void The_node_hears_of_a_new_node_key_when_it_is_on_the_disk_and_not_before()
        {
            _settings.Hold = true;
            _store.Tell(new StoreSetting("a", new byte[] { 1 }));
            _system.Advance(50);
            _store.Tell(new NodeKeyRotated(new byte[] { 2 }, null, null));
            _system.Advance(1000);
            _settings.Release(_store);                   // the commit that began before the key came
            _system.RunToQuiet();
            Assert.Equal(0, _node.Count);
            _settings.Error = "The disk is full.";
            _system.Advance(50);
            _node.Expect(typeof(StoreTrouble));
            Assert.Equal(0, _node.Count);
            _settings.Error = null;
            _system.Advance(10000);
            _node.Expect(typeof(StoreTrouble));
            _node.Expect(typeof(NodeKeyStored));
            Assert.Equal(0, _node.Count);
        }

        [Fact]
        public void A_rotated_node_key_keeps_the_old_one()
        {
            _settings.Set(StateKeys.NodePrivate, new byte[] { 1 });
            byte[] key = { 2 };
            _store.Tell(new NodeKeyRotated(key, null, null));
            _system.Advance(1);
            key[0] = 0;                                  // the graph that made it wipes its own
            Assert.Equal(new byte[] { 1 }, _settings.Get(StateKeys.NodePrivateOld));
            Assert.Equal(new byte[] { 2 }, _settings.Get(StateKeys.NodePrivate));
            Assert.Equal(1, _settings.Commits);
        }

        [Fact]
        public void Keys_are_made_once_clamped_and_kept()
        {
            CountingEntropy entropy = new CountingEntropy();
            byte[] made = StoreActor.LoadOrCreateKey(_settings, entropy, StateKeys.MachinePrivate);
            Assert.Same(made, StoreActor.LoadOrCreateKey(_settings, entropy, StateKeys.MachinePrivate));
            _settings.Set(StateKeys.MachinePrivate, new byte[32]);
            Assert.NotEqual(new byte[32], StoreActor.LoadOrCreateKey(_settings, entropy, StateKeys.MachinePrivate));
            Assert.Equal(2, entropy.Fills);
            Assert.Equal(0, made[0] & 7);
            Assert.Equal(64, made[31] & 192);
        }

        [Fact]
        public void Peer_rows_are_put_patched_and_removed()
        {
            Change(PeerDelta.Upsert, StoredPeerTests.Row());
            Change(PeerDelta.Patch, new PeerRow { Id = 42, Fields = PeerRow.HasOnline | PeerRow.HasEndpoints,
                Online = PeerRow.IsOnline });
            Change(PeerDelta.Patch, new PeerRow { Id = 7, Fields = PeerRow.HasHomeRelay, HomeRelay = 1 });
            _system.RunToQuiet();
            Assert.Equal(0, _flash.Programs);
            _system.Advance(500);
            Assert.Equal(1, _flash.Programs);
            // Online, last seen and endpoints never cost a write.
            Change(PeerDelta.Patch, new PeerRow { Id = 42, Fields = PeerRow.HasOnline | PeerRow.HasLastSeen, Online = 1 });
            Change(PeerDelta.Upsert, StoredPeerTests.Row());
            _system.Advance(5000);
            Assert.Equal(1, _flash.Programs);
            Change(PeerDelta.Patch, new PeerRow { Id = 42, Fields = PeerRow.HasHomeRelay, HomeRelay = 901 });
            _system.Advance(500);
            Assert.Equal(901, Stored().Single().Row.HomeRelay);
            Change(PeerDelta.Removed, new PeerRow { Id = 42 });
            _system.Advance(500);
            Assert.Empty(Stored());
            Assert.Equal(3, _flash.Programs);
        }

        [Fact]
        public void This_node_and_the_relay_map_are_kept_and_told_before_the_peers()
        {
            PeerRow self = StoredPeerTests.Row();
            self.Id = 99;
            Change(PeerDelta.Upsert, StoredPeerTests.Row());
            _store.Tell(new SelfChanged(self));
            _store.Tell(new DerpMapChanged(Relays(1, 2, 900)));
            _store.Tell(new DerpMapChanged(Relays(2, 900)));
            PeerRow imposter = StoredPeerTests.Row();
            imposter.Id = StoredIds.Self;
            Change(PeerDelta.Upsert, imposter);
            _system.Advance(1000);
            List<StoredRow> rows = Stored();
            Assert.Equal(new[] { "region 900", "region 2", "self 99", "peer 42" }, rows.Select(r =>
                r.Region != null ? "region " + r.Region.Id : r.Id == StoredIds.Self ? "self " + r.Row.Id : "peer " + r.Row.Id));
            DerpNode node = rows[0].Region.Nodes[1];
            Assert.Equal("host900 cert 10.0.0.1 none -1 8443 True True True", node.HostName + " " + node.CertName + " " + node.IPv4 + " " + node.IPv6
                + " " + node.StunPort + " " + node.DerpPort + " " + node.StunOnly + " " + node.InsecureForTests + " " + node.CanPort80);
            Assert.Equal("r900 Region 900 750 True", rows[0].Region.Code + " " + rows[0].Region.Name + " " + rows[0].Region.ScorePermille + " " + rows[0].Region.NoMeasureNoHome);
            Assert.Equal((0, 0, null), (rows[0].Region.Nodes[0].StunPort, rows[0].Region.Nodes[0].DerpPort, rows[0].Region.Nodes[0].CertName));
        }

        [Fact]
        public void A_slow_flash_withholds_credit_and_gives_it_when_it_is_done()
        {
            Assert.Equal(StoreCredit.Window, Credit());
            _flash.Hold = true;
            int sent = 0;
            int credit = StoreCredit.Window;
            while (credit > 0 && _table.CanPut)
            {
                PeerRow row = StoredPeerTests.Row();
                row.Id = ++sent;
                credit--;
                Change(PeerDelta.Upsert, row);
                _system.RunToQuiet();
                credit += Credit();
                Assert.True(sent < 1000, "credit never ends");
            }
            // A sector at most: nothing else holds rows.
            Assert.InRange(sent, 4, PeerFlash.SectorBytes / 200);
            _system.Advance(60000);
            Assert.Equal(0, Credit());
            _flash.Release();
            _system.Advance(1000);
            Assert.Equal(StoreCredit.Window, credit + Credit());
            _system.Advance(1000);
            Assert.Equal(sent, Stored().Count);
        }

        [Fact]
        public void A_flash_that_cannot_be_written_is_said_once_and_tried_again()
        {
            _flash.Error = "The disk is full.";
            Change(PeerDelta.Upsert, StoredPeerTests.Row());
            _system.Advance(60000);
            Assert.Equal("The disk is full.", ((StoreTrouble)_node.Expect(typeof(StoreTrouble))).Error);
            _node.ExpectNone();
            Assert.InRange(_flash.Programs, 10, 13);
            _flash.Error = null;
            _system.Advance(6000);
            Assert.Null(((StoreTrouble)_node.Expect(typeof(StoreTrouble))).Error);
            Assert.Single(Stored());
        }

        [Fact]
        public void A_flash_that_cannot_be_opened_is_told_to_the_node()
        {
            _system.Spawn("store2", Props.From(() => new StoreActor(_settings, _flash, _table.Rows, "The peer list cannot be used.", _control.Ref, _node.Ref)));
            _system.RunToQuiet();
            Assert.Equal("The peer list cannot be used.", ((StoreTrouble)_node.Expect(typeof(StoreTrouble))).Error);
        }

        [Fact]
        public void Credit_comes_again_when_a_full_log_has_room()
        {
            _flash.Hold = true;
            int id = 0;
            while (_table.CanPut)
            {
                PeerRow row = StoredPeerTests.Row();
                row.Id = ++id;
                Change(PeerDelta.Upsert, row);
                _system.RunToQuiet();
                Credit();
                Assert.True(id < 100, "the log is never full");
            }
            // Coordination has its whole credit and waits for room.
            _flash.Release();
            _system.RunToQuiet();
            Assert.True(_table.CanPut);
            Assert.True(_control.Count > 0, "nobody tells coordination");
        }

        /// <summary>What coordination does with a change.</summary>
        private void Change(int kind, PeerRow row) => _store.Tell(PeerDelta.Note(_table, kind, row, _system.Time.Ms));

        private int Credit()
        {
            int rows = 0;
            while (_control.Count > 0) if (_control.Next() is StoreCredit credit) rows += credit.Rows;
            return rows;
        }

        private List<StoredRow> Stored()
        {
            Probe asker = _system.NewProbe("asker" + _asked++);
            List<StoredRow> rows = new List<StoredRow>();
            for (long after = StoredIds.BeforeAll; ; after = rows[^1].Id)
            {
                asker.Send(_store, new StoredRowQuery(after));
                _system.RunToQuiet();
                StoredRow row = (StoredRow)asker.Expect(typeof(StoredRow));
                if (row.End) return rows;
                rows.Add(row);
            }
        }

        private static DerpMap Relays(params int[] ids) => new DerpMap { Regions = ids.Select(id => new DerpRegion
        {
            Id = id, Code = "r" + id, Name = "Region " + id, ScorePermille = 750, NoMeasureNoHome = true,
            Nodes = new[]
            {
                new DerpNode { Name = "a", HostName = "host" },
                new DerpNode { Name = id + "b", HostName = "host" + id, CertName = "cert", IPv4 = "10.0.0.1", IPv6 = "none", StunPort = -1,
                    DerpPort = 8443, StunOnly = true, InsecureForTests = true, CanPort80 = true },
            },
        }).ToArray() };

        private sealed class CountingEntropy : IEntropy
        {
            public int Fills;

            public void Fill(byte[] buffer, int offset, int count)
            {
                Fills++;
                for (int i = 0; i < count; i++) buffer[offset + i] = 0xFF;
            }
        }
    }
}
