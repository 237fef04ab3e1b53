using MicroLink.Bytes;
using MicroLink.Control;
using MicroLink.Drivers;
using MicroLink.NetMap;
using MicroLink.Runtime;

namespace MicroLink.Store
{
    /// <summary>
    /// What survives a reboot: settings and keys, and the slow fields of every peer, of this node and of the relay map. The drivers write
    /// on the storage thread. Changes are gathered so that a burst is one write. Rows of peers are put into the table by coordination; here
    /// the flash is driven, and credit given for more, as fast as the flash is.
    /// </summary>
    public sealed class StoreActor : Actor
    {
        private const int CommitTimer = 0, FlashTimer = 1, CreditTimer = 2;
        private const int CommitAfterMs = 50;
        /// <summary>Just long enough for the clock actor's floor to be in the same commit.</summary>
        private const int FirstCommitAfterMs = 2;
        private const int RetryMinMs = 5000, RetryMaxMs = 300000;
        private const int BusyMs = 20;

        private readonly IKeyValueStore _settings;
        private readonly IFlash _flash;
        private readonly ActorRef _control;
        private readonly ActorRef _node;
        private readonly PeerFlash _peers;
        private readonly string _flashTrouble;
        private readonly FlashOp _op = new FlashOp();
        private int _owed;
        private bool _wasFull;
        // What waits until the flash has room: this node, and the regions of the map from one on.
        private PeerRow _self;
        private DerpMap _map;
        private int _mapAt;
        private readonly byte[] _row = new byte[StoredPeer.BytesMax];
        private bool _committing;
        private bool _changedMeanwhile;
        /// <summary>A new node key is not on the disk yet, or the node has not been told so; the second: it is in the commit under way.</summary>
        private bool _keyUnsaved, _keyCommitting;
        private int _retryMs = RetryMinMs;
        private string _trouble;
        private bool _erased;

        /// <param name="settings">Opened successfully.</param>
        /// <param name="flash">Opened successfully; what <paramref name="rows"/> reads.</param>
        /// <param name="rows">Made outside, so that a restart of this actor forgets nothing and everybody reads the same.</param>
        /// <param name="flashTrouble">For the node: why the flash is not the one that it should be; null = nothing.</param>
        /// <param name="control">Gets StoreCredit; null = nobody.</param>
        /// <param name="node">Gets StoreTrouble; null = nobody.</param>
        public StoreActor(IKeyValueStore settings, IFlash flash, PeerFlash rows, string flashTrouble, ActorRef control, ActorRef node)
        {
            _settings = settings;
            _control = control;
            _node = node;
            _flash = flash;
            _peers = rows;
            _flashTrouble = flashTrouble;
        }

        /// <summary>
        /// For whoever composes the graph: the private key under that name, made and set (not yet committed) when there is none or it is zero, which
        /// everybody knows. 32 bytes.
        /// </summary>
        public static byte[] LoadOrCreateKey(IKeyValueStore settings, IEntropy entropy, string name)
        {
            byte[] key = settings.Get(name);
            if (key != null && key.Length == StateKeys.KeyLength && !KeyText.IsZero(key, 0)) return key;
            key = StateKeys.NewPrivate(entropy);
            settings.Set(name, key);
            return key;
        }

        protected override void OnStart()
        {
            // Keys that were made while the graph was composed must be on the disk before control knows them.
            CommitSoon(FirstCommitAfterMs);
            // Whatever an actor before this one owed: it is forgotten with its rows.
            _owed = StoreCredit.Window;
            if (_flashTrouble != null && _node != null) Send(_node, new StoreTrouble(_flashTrouble));
            Drain();
        }

        /// <summary>What waits for its timer is handed to the storage thread, which outlives the actors.</summary>
        protected override void OnStop()
        {
            if (_erased) return;
            PutHeld();
            if (_changedMeanwhile || Timers.IsSet(CommitTimer)) _settings.Commit(null);
            while (_peers.PollRest(_op)) _flash.Program(_op.Address, _op.Bytes, _op.Offset, _op.Count, null);
        }

        protected override void OnReceive(Message message)
        {
            if (_erased) return;   // what other actors still want to keep would be a rest of the erased state
            switch (message)
            {
                case PeerDelta _:
                    if (_owed < StoreCredit.Window) _owed++;
                    break;
                case SelfChanged self: _self = self.Self; break;
                case DerpMapChanged map: OnRelays(map.Map); break;
                case FlashDone done: OnFlashDone(done.Error); break;
                case StoreSetting setting: OnSetting(setting); break;
                case StoreCommitted committed: OnCommitted(committed.Error); break;
                case NodeKeyRotated rotated: OnKeyRotated(rotated); break;
                case ServerKeySeen seen: OnSetting(new StoreSetting(StateKeys.ControlKey, seen.Key)); break;
                case StoredRowQuery query: OnQuery(query.AfterId); break;
                case EraseState _: OnErase(); break;
                case StoreTimer timer:
                    if (timer == StoreTimer.Commit) Commit();
                    break;
            }
            if (!_erased) Drain();
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
            // A copy: the graph that made the key wipes its own when it closes, and the table keeps what it is given.
            byte[] key = new byte[rotated.NodePrivate.Length];
            System.Array.Copy(rotated.NodePrivate, 0, key, 0, key.Length);
            _settings.Set(StateKeys.NodePrivate, key);
            _keyUnsaved = true;
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
            _keyCommitting = _keyUnsaved;
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
                if (_keyCommitting && _node != null && Send(_node, NodeKeyStored.Instance)) _keyUnsaved = false;
                _changedMeanwhile |= _keyUnsaved;
                if (_changedMeanwhile) CommitSoon(CommitAfterMs);
                return;
            }
            Timers.Set(CommitTimer, _retryMs, StoreTimer.Commit, "saving failed, trying again");
            _retryMs = _retryMs * 2 > RetryMaxMs ? RetryMaxMs : _retryMs * 2;
        }

        private void OnErase()
        {
            _settings.Erase();
            for (int sector = NextReset(); sector >= 0; sector = NextReset()) _flash.Erase(sector, null);
            _erased = true;
        }

        private int NextReset() { return _peers.PollReset(); }

        // ---- rows -----------------------------------------------------------------------------------------------------------------------

        // One input, then everything that follows from it: the flash, credit, the timer.
        private void Drain()
        {
            PutHeld();
            StartOp();
            Timers.SetAt(FlashTimer, _peers.Deadline, StoreTimer.Flash, _peers.DeadlineReason);
            if (_control == null) return;
            if (!_peers.CanPut)
            {
                _wasFull = true;
                return;
            }
            // Coordination may be waiting for room and not for credit.
            if (_owed == 0 && !_wasFull) return;
            if (Send(_control, new StoreCredit(_owed)))
            {
                _owed = 0;
                _wasFull = false;
            }
            else Timers.Set(CreditTimer, BusyMs, StoreTimer.Credit, "coordination was busy");
        }

        private bool StartOp()
        {
            if (!_peers.PollOp(_op, NowMs)) return false;
            if (_op.Kind == FlashOp.Program) _flash.Program(_op.Address, _op.Bytes, _op.Offset, _op.Count, Self);
            else _flash.Erase(_op.Sector, Self);
            return true;
        }

        private void OnFlashDone(string error)
        {
            bool news = error != _peers.Trouble;
            _peers.HandleOpDone(error, NowMs);
            if (news && _node != null) Send(_node, new StoreTrouble(error));
        }

        private void Put(long id, int length)
        {
            if (length > 0) _peers.Put(id, _row, 0, length, NowMs);
            else _peers.Remove(id, NowMs);
        }

        private void OnRelays(DerpMap map)
        {
            long id;
            for (long after = StoredIds.BeforeAll; _peers.Next(after, out id) && StoredIds.IsRegion(id); after = id)
            {
                if (map.Find((int)(StoredIds.OfRegion(0) - id)) == null) _peers.Remove(id, NowMs);
            }
            _map = map;
            _mapAt = 0;
        }

        private void PutHeld()
        {
            if (_self != null && _peers.CanPut)
            {
                Put(StoredIds.Self, StoredPeer.Encode(_self, _row));
                _self = null;
            }
            for (; _map != null && _mapAt < _map.Regions.Length && _peers.CanPut; _mapAt++)
                Put(StoredIds.OfRegion(_map.Regions[_mapAt].Id), StoredRegion.Encode(_map.Regions[_mapAt], _row));
            if (_map != null && _mapAt == _map.Regions.Length) _map = null;
        }

        private void OnQuery(long afterId)
        {
            long id = 0;
            int length = _peers.Next(afterId, out id) ? _peers.Get(id, _row, 0) : -1;
            if (length < 0) Reply(new StoredRow(0, null, null, true));
            else if (StoredIds.IsRegion(id)) Reply(new StoredRow(id, null, StoredRegion.Decode(_row, 0, length), false));
            else Reply(new StoredRow(id, StoredPeer.Decode(_row, 0, length), null, false));
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
