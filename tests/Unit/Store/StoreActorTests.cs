using MicroLink.Control;
using MicroLink.Drivers;
using MicroLink.NetMap;
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
        private readonly FakePeers _peers = new FakePeers();
        private readonly Probe _node;
        private readonly ActorRef _store;

        public StoreActorTests()
        {
            _node = _system.NewProbe("node");
            _store = _system.Spawn("store", Props.From(() => new StoreActor(_settings, _peers, _node.Ref)));
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
            _store.Tell(new PeerDelta(PeerDelta.Upsert, StoredPeerTests.Row()));
            _system.RunToQuiet();
            _system.Stop();
            _system.RunToQuiet();
            Assert.Equal(1, _settings.Commits);
            Assert.Equal(1, _peers.Flushes);
        }

        [Fact]
        public void After_an_erase_nothing_is_kept_any_more()
        {
            _store.Tell(new StoreSetting("a", new byte[] { 1 }));
            _store.Tell(EraseState.Instance);
            _store.Tell(new StoreSetting("b", new byte[] { 2 }));
            _store.Tell(new PeerDelta(PeerDelta.Upsert, StoredPeerTests.Row()));
            _system.Advance(60000);
            Assert.Null(_settings.Get("a"));
            Assert.Null(_settings.Get("b"));
            Assert.Equal(0, _peers.Count);
            Assert.Equal(0, _settings.Commits);
        }

        [Fact]
        public void A_rotated_node_key_keeps_the_old_one()
        {
            _settings.Set(StateKeys.NodePrivate, new byte[] { 1 });
            _store.Tell(new NodeKeyRotated(new byte[] { 2 }, null, null));
            _system.Advance(1);
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
            Assert.Equal(1, entropy.Fills);
            Assert.Equal(0, made[0] & 7);
            Assert.Equal(64, made[31] & 192);
        }

        [Fact]
        public void Peer_rows_are_put_patched_and_removed()
        {
            _store.Tell(new PeerDelta(PeerDelta.Upsert, StoredPeerTests.Row()));
            _store.Tell(new PeerDelta(PeerDelta.Patch, new PeerRow { Id = 42, Fields = PeerRow.HasOnline | PeerRow.HasEndpoints,
                Online = PeerRow.IsOnline }));
            _store.Tell(new PeerDelta(PeerDelta.Patch, new PeerRow { Id = 7, Fields = PeerRow.HasHomeRelay, HomeRelay = 1 }));
            _system.RunToQuiet();
            Assert.Equal(1, _peers.Puts);
            Assert.Equal(0, _peers.Flushes);
            _store.Tell(new PeerDelta(PeerDelta.Patch, new PeerRow { Id = 42, Fields = PeerRow.HasHomeRelay, HomeRelay = 901 }));
            _system.Advance(500);
            Assert.Equal(2, _peers.Puts);
            Assert.Equal(1, _peers.Flushes);
            Assert.Equal(901, _peers.Row(42).HomeRelay);
            _store.Tell(new PeerDelta(PeerDelta.Removed, new PeerRow { Id = 42 }));
            _system.RunToQuiet();
            Assert.Equal(0, _peers.Count);
        }

        [Fact]
        public void Stored_peers_are_told_completely_however_small_the_asker_s_mailbox_is()
        {
            for (int i = 0; i < 100; i++)
            {
                PeerRow row = StoredPeerTests.Row();
                row.Id = i;
                _store.Tell(new PeerDelta(PeerDelta.Upsert, row));
                _system.RunToQuiet();
            }
            Probe asker = _system.NewProbe("asker");
            asker.Send(_store, StoredPeersQuery.Instance);
            _system.Advance(10000);
            for (int i = 0; i < 100; i++) Assert.Equal(i, ((StoredPeerRow)asker.Expect(typeof(StoredPeerRow))).Row.Id);
            Assert.Equal(100, ((StoredPeersEnd)asker.Expect(typeof(StoredPeersEnd))).Count);
            asker.ExpectNone();
        }

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
