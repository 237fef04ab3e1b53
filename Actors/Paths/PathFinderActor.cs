using MicroLink.Bytes;
using MicroLink.Control;
using MicroLink.Derp;
using MicroLink.Disco;
using MicroLink.Drivers;
using MicroLink.NetIo;
using MicroLink.NetMap;
using MicroLink.Peers;
using MicroLink.Runtime;
using MicroLink.WireGuard;

namespace MicroLink.Paths
{
    /// <summary>
    /// Relay or direct, and why: runs one path machine for each active peer, answers the pings of every known peer, and tells the data plane
    /// where packets go. The machines decide (PeerPath); DiscoPort seals and opens; this actor only carries. Its other part,
    /// PathFinderActor.Disco.cs, holds what arrives in DISCO packets and the user's pings.
    /// </summary>
    public sealed partial class PathFinderActor : Actor
    {
        private const int PathTimer = 0, StampTimer = 1;
        private const int PeersPerPace = 32, SlowestPace = 6;
        /// <summary>Rows of the book for peers that only ask something.</summary>
        private const int SpareRows = 8;

        private readonly ActorRef _node, _wg, _netCheck, _relays;
        private readonly PacketPlane _plane;
        private readonly IDhWorker _worker;
        private readonly PathOptions _options;
        private readonly PeerBook _book;
        private readonly PathSlots _paths;
        private readonly PathAsks _asks = new PathAsks();
        private readonly DiscoPort _disco;
        private readonly PathTransmit _transmit = new PathTransmit();
        private readonly PathEvent _event = new PathEvent();
        private readonly byte[] _relaySource = new byte[NetEndpoint.Length];
        private readonly int[] _openRegions = new int[16];
        private byte[] _ownEndpoints = new byte[0];
        private long _ownEndpointsMs = long.MinValue / 2;
        private bool _anyActive, _noUdp, _watching;
        private int _pace = 1;
        private readonly DiscoLimiter _limiter = new DiscoLimiter(DiscoLimiter.PerSecond, DiscoLimiter.Burst);
        /// <summary>A peer restarts now and then; each key that it tells costs a path, a Diffie-Hellman and a row of the flash.</summary>
        private readonly DiscoLimiter _newKeys = new DiscoLimiter(1, 4);

        /// <param name="wg">Hears of new paths, so that a handshake that waited for one goes at once; null = nobody.</param>
        public PathFinderActor(ActorRef node, ActorRef wg, ActorRef netCheck, ActorRef relays, PacketPlane plane, IDhWorker worker,
                               IEntropy entropy, PathOptions options)
        {
            _node = node;
            _wg = wg;
            _netCheck = netCheck;
            _relays = relays;
            _plane = plane;
            _worker = worker;
            _options = options;
            _book = new PeerBook(options.Peers, options.MaxPaths + SpareRows);
            _paths = new PathSlots(options.MaxPaths, entropy, options.ForceRelay, options.ProbePorts);
            _disco = new DiscoPort(plane, entropy, options);
        }

        /// <summary>After a restart: the peers are still in the table and in the data plane, endpoints and relays are told again when
        /// asked.</summary>
        protected override void OnStart()
        {
            if (_book.Table.Count == 0) return;
            KnowAll(true);
            Send(_netCheck, new ReStun("the path finder was restarted"));
            for (int slot = 0; slot < _plane.MaxPeers; slot++)
            {
                if (_plane.Row(slot) != null) OnActivated(new PeerActivated(slot, _plane.Row(slot)));
            }
            SetTimer();
        }

        protected override void OnStop()
        {
            _disco.ReturnHeld();
            KnowAll(false);
        }

        protected override void OnReceive(Message message)
        {
            switch (message)
            {
                case PacketBuffer buffer:
                    OnNetEvent(buffer);
                    break;
                case ActivityTick _: OnActivity(); break;
                case StampTimerDue _: OnStampTimer(); break;
                case PathTimerDue _: OnTimer(); break;
                case PeerDelta delta: OnDelta(delta); break;
                case PeerActivated activated: OnActivated(activated); break;
                case PeerReleased released: OnReleased(released); break;
                case PeerTraffic traffic: OnTraffic(traffic.Slot); break;
                case SessionEstablished session: OnTraffic(session.Slot); break;
                case OwnEndpoints own: OnOwnEndpoints(own); break;
                case RelayUp up:
                    OnRelay(up.Region, true);
                    Send(_wg, up);
                    break;
                case RelayDown down: OnRelay(down.Region, false); break;
                case RelayPeerGone gone: OnPeerGone(gone); break;
                case PingPeer ping: OnPing(ping); break;
                case DhDone done: OnShared(done.Job); break;
                case NetworkChanged _: OnNetworkChanged(); break;
                case AttributesChanged changed: OnAttributes(changed.Attributes); break;
            }
            SetTimer();
        }

        // ---- peers --------------------------------------------------------------------------------------------------------------------

        /// <summary>The table has the change already: the gate of the data plane follows, and the peers that we deal with now.</summary>
        private void OnDelta(PeerDelta delta)
        {
            if (delta.OldDisco != null) _plane.DiscoKnown(delta.OldDisco, false);
            if (delta.DiscoIsNew) _plane.DiscoKnown(delta.Row.DiscoKey, true);
            int index = _paths.Find(delta.Row.Id);
            if (delta.Kind == PeerDelta.Removed || index < 0 || delta.Row.IsWireGuardOnly)
            {
                _book.Forget(delta.Row.Id);
                if (index >= 0) _paths.Free(index);
                return;
            }
            int row = _book.Find(delta.Row.Id);
            if (row >= 0) UpdateRow(index, row, delta);
        }

        private void UpdateRow(int index, int row, PeerDelta delta)
        {
            PeerRow from = delta.Row;
            bool all = delta.Kind == PeerDelta.Upsert;
            _book.Update(row, from, all);
            // The book may have read the row just now, with the new key in it.
            bool restarted = (all || (from.Fields & PeerRow.HasDiscoKey) != 0)
                && (delta.OldDisco != null || delta.DiscoIsNew || !_book.IsDisco(row, from.DiscoKey));
            if (restarted)
            {
                _book.SetDisco(row, from.DiscoKey);
                Restart(index, row, false);                     // a new disco key: the peer was restarted, nothing is proven any more
                PingAgain(from.Id);
                return;
            }
            int outputs = _paths.Path(index).HandleRow(_book.Endpoints(row), _book.Home(row), NowMs);
            if (IsOpen(_book.Home(row))) outputs |= _paths.Path(index).HandleRelay(_book.Home(row), true, NowMs);
            Drain(index, outputs);
            PingAgain(from.Id);
        }

        /// <summary>Opens or closes the gate of the data plane for the disco key of every peer.</summary>
        private void KnowAll(bool known)
        {
            PeerTable table = _book.Table;
            for (int position = 0; position < table.Index.Rows; position++)
            {
                byte[] key = table.DiscoAt(position);
                if (key != null) _plane.DiscoKnown(key, known);
            }
        }

        private void OnActivated(PeerActivated activated)
        {
            if (activated.Row.IsWireGuardOnly) return;          // WgManager's: it takes no part in DISCO
            int row = _book.Find(activated.Row.Id);
            if (row < 0) row = _book.Put(activated.Row);        // the store had no room for it
            int index = PathOf(row);
            if (index < 0)
            {
                // More active peers than machines: this one gets the relay and nothing better.
                _plane.PeerPath(activated.Slot, ToPlane(PathMode.Relay), null, 0, _book.Home(row));
                return;
            }
            _paths.SetSlot(index, activated.Slot);
            Drain(index, _paths.Path(index).HandleActivated());
        }

        private void OnReleased(PeerReleased released)
        {
            int index = _paths.FindSlot(released.Slot);
            if (index >= 0) _paths.Free(index);
        }

        /// <summary>The machine of a peer, started when it is new; -1 when there is none to be had.</summary>
        private int PathOf(int row)
        {
            int index = _paths.Find(_book.Id(row));
            if (index < 0)
            {
                index = _paths.Take(_book.Id(row), NowMs);
                if (index >= 0)
                {
                    _paths.Path(index).HandlePace(_pace);
                    Restart(index, row, true);
                }
            }
            if (index >= 0) _paths.Touch(index, NowMs);
            return index;
        }

        /// <param name="isNew">The machine was another peer's before, or nobody's: what it sent is no traffic of this peer.</param>
        private void Restart(int index, int row, bool isNew)
        {
            PeerPath path = _paths.Path(index);
            bool active = !isNew && path.IsActive(NowMs);
            int home = _book.Home(row);
            path.HandleStart(_book.Endpoints(row), home, NowMs);
            path.HandleOwnEndpoints(_ownEndpointsMs, NowMs);
            int outputs = path.HandleRelay(home, IsOpen(home), NowMs);
            if (_paths.Slot(index) != PathSlots.NoSlot) outputs |= path.HandleActivated();
            if (active) outputs |= path.HandleSent(NowMs, NowMs);
            Drain(index, outputs);
        }

        // ---- facts --------------------------------------------------------------------------------------------------------------------

        /// <summary>Control's word: no UDP at all, or no heartbeats (protocol.md 4.13). The user's own --force-relay stays.</summary>
        private void OnAttributes(NodeAttributes attributes)
        {
            _noUdp = attributes.Has(NodeAttributes.OnlyTcp443);
            bool silent = attributes.Has(NodeAttributes.SilentDisco);
            _paths.SetRules(ForceRelay, silent);
            for (int i = 0; i < _paths.Capacity; i++)
            {
                if (_paths.IsUsed(i)) Drain(i, _paths.Path(i).HandleRules(ForceRelay, silent, NowMs));
            }
        }

        private bool ForceRelay { get { return _options.ForceRelay || _noUdp; } }

        /// <summary>Every 32 active peers make rounds one step slower, up to six times: 300 peers ping as often as 50 would.</summary>
        private void SetPace(int active)
        {
            int pace = 1 + active / PeersPerPace;
            if (pace > SlowestPace) pace = SlowestPace;
            if (pace == _pace) return;
            _pace = pace;
            for (int i = 0; i < _paths.Capacity; i++)
            {
                if (_paths.Path(i) != null) _paths.Path(i).HandlePace(pace);
            }
        }

        private void OnActivity()
        {
            bool any = false;
            int active = 0;
            for (int i = 0; i < _paths.Capacity; i++)
            {
                if (!_paths.IsUsed(i) || _paths.Slot(i) == PathSlots.NoSlot) continue;
                int outputs = _paths.Path(i).HandleSent(PeerStamps.SentMs(_plane.Stamps, _paths.Slot(i)), NowMs);
                if (outputs != Output.None) Drain(i, outputs);
                if (!_paths.Path(i).IsActive(NowMs)) continue;
                any = true;
                active++;
            }
            SetPace(active);
            WatchStamps();
            if (any == _anyActive) return;
            _anyActive = any;
            Send(_netCheck, new PathsActive(any));
        }

        private void OnStampTimer()
        {
            _plane.ReadStamps();
            WatchStamps();
        }

        /// <summary>Looks for direct paths that have gone silent, and goes on looking while there is traffic on one or may be soon.</summary>
        private void WatchStamps()
        {
            int soonestMs = 0;
            for (int i = 0; i < _paths.Capacity; i++)
            {
                if (!_paths.IsUsed(i) || _paths.Slot(i) == PathSlots.NoSlot) continue;
                PeerPath path = _paths.Path(i);
                long sentMs = PeerStamps.DataSentMs(_plane.Stamps, _paths.Slot(i));
                Drain(i, path.HandleStamps(sentMs, PeerStamps.AuthenticatedMs(_plane.Stamps, _paths.Slot(i)),
                    (PeerStamps.Flags(_plane.Stamps, _paths.Slot(i)) & PeerStamps.CameByRelay) != 0, NowMs));
                int inMs = path.ReadStampsInMs(sentMs, NowMs);
                if (inMs != 0 && (soonestMs == 0 || inMs < soonestMs)) soonestMs = inMs;
            }
            _watching = soonestMs != 0;
            if (_watching) Timers.Set(StampTimer, soonestMs, StampTimerDue.Instance, "silence on a direct path");
            else Timers.Stop(StampTimer);
        }

        private void OnTraffic(int slot)
        {
            int index = _paths.FindSlot(slot);
            if (index >= 0) Drain(index, _paths.Path(index).HandleSent(NowMs, NowMs));
        }

        private void OnOwnEndpoints(OwnEndpoints own)
        {
            _ownEndpoints = own.Endpoints;
            _ownEndpointsMs = own.AtMs;
            for (int i = 0; i < _paths.Capacity; i++)
            {
                if (_paths.IsUsed(i)) Drain(i, _paths.Path(i).HandleOwnEndpoints(own.AtMs, NowMs));
            }
        }

        private void OnNetworkChanged()
        {
            _ownEndpointsMs = long.MinValue / 2;
            for (int i = 0; i < _paths.Capacity; i++)
            {
                if (_paths.IsUsed(i)) Drain(i, _paths.Path(i).HandleNetworkChanged(NowMs));
            }
        }

        private void OnRelay(int region, bool open)
        {
            for (int i = 0; i < _openRegions.Length; i++)
            {
                if (_openRegions[i] == region) _openRegions[i] = 0;
            }
            for (int i = 0; open && i < _openRegions.Length; i++)
            {
                if (_openRegions[i] != 0) continue;
                _openRegions[i] = region;
                break;
            }
            for (int i = 0; i < _paths.Capacity; i++)
            {
                if (!_paths.IsUsed(i)) continue;
                Drain(i, _paths.Path(i).HandleRelay(region, open, NowMs));
                if (open) PingAgain(_paths.Peer(i));
            }
        }

        private bool IsOpen(int region)
        {
            for (int i = 0; i < _openRegions.Length; i++)
            {
                if (region != 0 && _openRegions[i] == region) return true;
            }
            return false;
        }

        private void OnPeerGone(RelayPeerGone gone)
        {
            int row = _book.FindKey(gone.Key, 0);
            int index = row < 0 ? -1 : _paths.Find(_book.Id(row));
            if (index < 0) return;
            Drain(index, _paths.Path(index).HandleGone(gone.Region, NowMs));
            Doubt(index, PeerDoubted.Gone, 0);
        }

        // ---- out ----------------------------------------------------------------------------------------------------------------------

        private void OnShared(DhJob job)
        {
            if (!_disco.HandleJobDone(job)) return;
            for (PacketBuffer held = _disco.TakeHeld(job.Public); held != null; held = _disco.TakeHeld(job.Public))
            {
                if (!OnDisco(held)) held.Return();
            }
            for (int i = 0; i < _paths.Capacity; i++)
            {
                if (_paths.IsUsed(i)) Drain(i, Output.Transmit);
            }
        }

        private void SubmitJobs()
        {
            for (DhJob job = _disco.NextJob(NowMs); job != null; job = _disco.NextJob(NowMs)) _worker.Submit(job, Self);
        }

        /// <summary>One input, then everything that follows from it. The timer is set once, at the end of the message.</summary>
        private void Drain(int index, int outputs)
        {
            if (outputs == Output.None) return;
            PeerPath path = _paths.Path(index);
            while (path.PollEvent(_event)) OnEvent(index);
            int row = _book.Find(_paths.Peer(index));
            if (row < 0 || !_book.HasDisco(row)) return;
            if (!_disco.HasShared(_book.DiscoKeys, _book.KeyAt(row), NowMs))
            {
                SubmitJobs();                                   // what is due waits in the machine
                return;
            }
            while (path.PollTransmit(_transmit, NowMs)) _disco.Send(_book, row, path, _transmit, _ownEndpoints, NowMs);
        }

        private void OnEvent(int index)
        {
            switch (_event.Kind)
            {
                case PathEvent.ModeChanged: OnModeChanged(index); break;
                case PathEvent.PingAnswered: AnswerPings(_paths.Peer(index)); break;
                case PathEvent.EndpointsStale: Send(_netCheck, new ReStun("refresh for a call-me-maybe")); break;
                case PathEvent.DataUnanswered:
                    _plane.ReadStamps();
                    Doubt(index, PeerDoubted.Silent, _event.SinceMs);
                    break;
                case PathEvent.Found: Doubt(index, PeerDoubted.Back, 0); break;
                case PathEvent.RelayNeeded: Send(_relays, new RelayWanted(_event.Region)); break;
            }
        }

        private void Doubt(int index, int why, long sinceMs)
        {
            int slot = _paths.Slot(index);
            if (_wg != null && slot != PathSlots.NoSlot) Send(_wg, new PeerDoubted(slot, why, sinceMs));
        }

        private void OnModeChanged(int index)
        {
            int slot = _paths.Slot(index);
            if (slot == PathSlots.NoSlot) return;
            byte[] endpoint = null;
            if ((_event.Mode & PathMode.Direct) != 0)
            {
                endpoint = new byte[NetEndpoint.Length];
                System.Array.Copy(_event.Endpoint, 0, endpoint, 0, NetEndpoint.Length);
            }
            _plane.PeerPath(slot, ToPlane(_event.Mode), endpoint, 0, _event.Region);
            if (_event.Mode == PathMode.Direct && !_watching)
            {
                _watching = true;
                Timers.Set(StampTimer, 0, StampTimerDue.Instance, "silence on a direct path");
            }
            PathChanged changed = new PathChanged(_paths.Peer(index), _event.Mode, endpoint, _event.Region, _event.Reason);
            Send(_node, changed);
            if (_wg != null) Send(_wg, changed);
            if (Log.IsEnabled(LogLevel.Debug)) Log.Debug("peer " + _paths.Peer(index).ToString() + ": " + _event.Reason);
        }

        private static int ToPlane(int mode)
        {
            return ((mode & PathMode.Direct) != 0 ? Native.DataPlane.PathUdp : 0) | ((mode & PathMode.Relay) != 0 ? Native.DataPlane.PathRelay : 0);
        }

        private void SetTimer()
        {
            long next = _asks.Deadline;
            string reason = "ping of the user";
            for (int i = 0; i < _paths.Capacity; i++)
            {
                if (!_paths.IsUsed(i) || _paths.Path(i).Deadline >= next) continue;
                next = _paths.Path(i).Deadline;
                reason = _paths.Path(i).DeadlineReason;
            }
            Timers.SetAt(PathTimer, next, PathTimerDue.Instance, reason);
        }

        private sealed class StampTimerDue : Message
        {
            internal static readonly StampTimerDue Instance = new StampTimerDue();
        }

        private sealed class PathTimerDue : Message
        {
            internal static readonly PathTimerDue Instance = new PathTimerDue();
        }
    }
}
