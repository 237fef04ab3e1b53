using MicroLink.Control;
using MicroLink.Drivers;
using MicroLink.NetMap;
using MicroLink.Runtime;

namespace MicroLink.Store
{
    /// <summary>
    /// What survives a reboot: settings and keys, and the slow fields of every peer. It works on the drivers' memory; they write on the
    /// storage thread. Changes are gathered so that a burst is one write.
    /// </summary>
    public sealed class StoreActor : Actor
    {
        private const int CommitTimer = 0, FlushTimer = 1, QueryTimer = 2;
        private const int CommitAfterMs = 50;
        /// <summary>Just long enough for the clock actor's floor to be in the same commit.</summary>
        private const int FirstCommitAfterMs = 2;
        private const int FlushAfterMs = 500;
        private const int RetryMinMs = 5000, RetryMaxMs = 300000;
        private const int BusyMs = 20;
        private const int NotQuerying = -1;

        private readonly IKeyValueStore _settings;
        private readonly IPeerStore _peers;
        private readonly ActorRef _node;
        private readonly byte[] _row = new byte[StoredPeer.BytesMax];
        private bool _committing;
        private bool _changedMeanwhile;
        private int _retryMs = RetryMinMs;
        private string _trouble;
        private bool _erased;
        private ActorRef _asker;
        private int _queryIndex = NotQuerying;
        private int _queryTold;

        /// <param name="settings">Opened successfully.</param>
        /// <param name="node">Gets StoreTrouble; null = nobody.</param>
        public StoreActor(IKeyValueStore settings, IPeerStore peers, ActorRef node)
        {
            _settings = settings;
            _peers = peers;
            _node = node;
        }

        /// <summary>
        /// For whoever composes the graph: the private key under that name, made and set (not yet committed) when there is none. 32 bytes.
        /// </summary>
        public static byte[] LoadOrCreateKey(IKeyValueStore settings, IEntropy entropy, string name)
        {
            byte[] key = settings.Get(name);
            if (key != null && key.Length == StateKeys.KeyLength) return key;
            key = StateKeys.NewPrivate(entropy);
            settings.Set(name, key);
            return key;
        }

        protected override void OnStart()
        {
            // Keys that were made while the graph was composed must be on the disk before control knows them.
            CommitSoon(FirstCommitAfterMs);
        }

        /// <summary>What waits for its timer is handed to the storage thread, which outlives the actors.</summary>
        protected override void OnStop()
        {
            if (_erased) return;
            if (_changedMeanwhile || Timers.IsSet(CommitTimer)) _settings.Commit(null);
            _peers.Flush();
        }

        protected override void OnReceive(Message message)
        {
            if (_erased) return;   // what other actors still want to keep would be a rest of the erased state
            switch (message)
            {
                case PeerDelta delta: OnPeerDelta(delta); break;
                case StoreSetting setting: OnSetting(setting); break;
                case StoreCommitted committed: OnCommitted(committed.Error); break;
                case NodeKeyRotated rotated: OnKeyRotated(rotated); break;
                case ServerKeySeen seen: OnSetting(new StoreSetting(StateKeys.ControlKey, seen.Key)); break;
                case StoredPeersQuery _: OnQuery(); break;
                case EraseState _: OnErase(); break;
                case StoreTimer timer: OnTimer(timer); break;
            }
        }

        private void OnTimer(StoreTimer timer)
        {
            if (timer == StoreTimer.Commit) Commit();
            else if (timer == StoreTimer.FlushPeers) _peers.Flush();
            else TellPeers();
        }

        // ---- settings -------------------------------------------------------------------------------------------------------------------

        private void OnSetting(StoreSetting setting)
        {
            byte[] old = _settings.Get(setting.Key);
            if (AreEqual(old, setting.Value)) return;
            if (setting.Value == null) _settings.Remove(setting.Key);
            else _settings.Set(setting.Key, setting.Value);
            CommitSoon(CommitAfterMs);
        }

        private void OnKeyRotated(NodeKeyRotated rotated)
        {
            byte[] old = _settings.Get(StateKeys.NodePrivate);
            if (old != null) _settings.Set(StateKeys.NodePrivateOld, old);
            _settings.Set(StateKeys.NodePrivate, rotated.NodePrivate);
            CommitSoon(0);
        }

        private void CommitSoon(int delayMs)
        {
            if (_committing) _changedMeanwhile = true;
            else if (!Timers.IsSet(CommitTimer)) Timers.Set(CommitTimer, delayMs, StoreTimer.Commit, "settings changed");
        }

        private void Commit()
        {
            _committing = true;
            _changedMeanwhile = false;
            _settings.Commit(Self);
        }

        private void OnCommitted(string error)
        {
            _committing = false;
            if (error != _trouble)
            {
                _trouble = error;
                if (error != null) Log.Warning(error);
                if (_node != null) Send(_node, new StoreTrouble(error));
            }
            if (error == null)
            {
                _retryMs = RetryMinMs;
                if (_changedMeanwhile) CommitSoon(CommitAfterMs);
                return;
            }
            Timers.Set(CommitTimer, _retryMs, StoreTimer.Commit, "saving failed, trying again");
            _retryMs = _retryMs * 2 > RetryMaxMs ? RetryMaxMs : _retryMs * 2;
        }

        private void OnErase()
        {
            _settings.Erase();
            _peers.Clear();
            _peers.Flush();
            _erased = true;
        }

        // ---- peers ----------------------------------------------------------------------------------------------------------------------

        private void OnPeerDelta(PeerDelta delta)
        {
            switch (delta.Kind)
            {
                case PeerDelta.Upsert: PutPeer(delta.Row); break;
                case PeerDelta.Patch: PatchPeer(delta.Row); break;
                case PeerDelta.Removed: _peers.Remove(delta.Row.Id); break;
            }
            if (!Timers.IsSet(FlushTimer)) Timers.Set(FlushTimer, FlushAfterMs, StoreTimer.FlushPeers, "peer rows changed");
        }

        private void PatchPeer(PeerRow patch)
        {
            if ((patch.Fields & StoredPeer.SlowFields) == 0) return;
            int length = _peers.Get(patch.Id, _row, 0);
            PeerRow row = length < 0 ? null : StoredPeer.Decode(_row, 0, length);
            if (row == null) return;   // never seen as a whole: the next full list brings it
            StoredPeer.Apply(patch, row);
            PutPeer(row);
        }

        private void PutPeer(PeerRow row)
        {
            int length = StoredPeer.Encode(row, _row);
            if (length > 0) _peers.Put(row.Id, _row, 0, length);
            else _peers.Remove(row.Id);
        }

        private void OnQuery()
        {
            _asker = Sender;
            if (_asker == null) return;
            _queryIndex = 0;
            _queryTold = 0;
            TellPeers();
        }

        /// <summary>Tells rows until the asker's mailbox is full, then goes on a little later.</summary>
        private void TellPeers()
        {
            while (_queryIndex != NotQuerying)
            {
                long id;
                int length = _peers.Read(_queryIndex, _row, 0, out id);
                PeerRow row = length < 0 ? null : StoredPeer.Decode(_row, 0, length);
                bool isEnd = length < 0;
                if (isEnd || row != null)
                {
                    Message next = isEnd ? (Message)new StoredPeersEnd(_queryTold) : new StoredPeerRow(row);
                    if (!Send(_asker, next))
                    {
                        Timers.Set(QueryTimer, BusyMs, StoreTimer.NextPeer, "asker was busy");
                        return;
                    }
                    _queryTold++;
                }
                _queryIndex = isEnd ? NotQuerying : _queryIndex + 1;
            }
        }

        private static bool AreEqual(byte[] a, byte[] b)
        {
            if (a == null || b == null) return a == b;
            if (a.Length != b.Length) return false;
            for (int i = 0; i < a.Length; i++)
            {
                if (a[i] != b[i]) return false;
            }
            return true;
        }
    }
}
