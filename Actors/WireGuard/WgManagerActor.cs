using MicroLink.Bytes;
using MicroLink.Clock;
using MicroLink.Control;
using MicroLink.Derp;
using MicroLink.Drivers;
using MicroLink.NetIo;
using MicroLink.NetMap;
using MicroLink.Paths;
using MicroLink.Runtime;

namespace MicroLink.WireGuard
{
    /// <summary>
    /// The WireGuard side of every peer: who has a slot of the data plane, handshakes, rekeying, and the activity read once a second. Peers come
    /// from control (PeerDelta), packets never come here. The path finder and the node hear of slots and sessions.
    /// </summary>
    public sealed class WgManagerActor : Actor
    {
        /// <summary>Timer slots this actor needs (Props.WithTimers).</summary>
        public const int TimerSlots = 2;
        /// <summary>Control tells a new disco key later than the peer's first call by less than this; a wrong guess costs a handshake for silence.</summary>
        private const int FreshCallMs = 2000;
        private const int DeadlineTimer = 0, NoticeTimer = 1;
        private const int NoticeRetryMs = 50;
        /// <summary>Of a patch: what may make a peer eligible that was not.</summary>
        private const int PlacingFields = PeerRow.HasKey | PeerRow.HasExpired | PeerRow.HasKeyExpiry;
        /// <summary>An initiation without a path (relay not up yet) is offered again this often; nothing is computed for it.</summary>
        private const int UnsentRetryMs = 100;

        private readonly PacketPlane _plane;
        private readonly WgPeers _peers;
        private readonly NodeIdentity _identity;
        private readonly ActorRef[] _listeners;
        private readonly WireGuardCounters _counters;
        private readonly WgNotices _notices;
        private readonly WgSlots _slots;
        private readonly WgHandshakes _handshakes;

        /// <param name="peers">Made once, outside: it survives a restart of this actor.</param>
        /// <param name="identity">Our node key pair; read at start, replaced by NodeKeyRotated.</param>
        /// <param name="listeners">Get PeerActivated, PeerReleased, SessionEstablished: path finder and node.</param>
        public WgManagerActor(PacketPlane plane, IDhWorker worker, IEntropy entropy, NodeIdentity identity, WgPeers peers,
                              WireGuardCounters counters, ActorRef[] listeners)
        {
            _plane = plane;
            _peers = peers;
            _identity = identity;
            _listeners = listeners;
            _counters = counters;
            _notices = new WgNotices(listeners.Length, plane.MaxPeers);
            _slots = new WgSlots(plane, entropy, _notices, counters, peers.Routes, peers.Policy);
            _handshakes = new WgHandshakes(plane, worker, entropy, peers, _slots, _notices, counters);
            _slots.Handshakes = _handshakes;
        }

        protected override void OnStart()
        {
            _handshakes.Owner = Self;
            // After a restart the data plane still holds the slots of the one before us.
            for (int slot = 0; slot < _plane.MaxPeers; slot++)
            {
                PeerRow row = _plane.Row(slot);
                if (row == null) continue;
                _plane.Release(slot);
                _notices.Released(slot, row.Id);
            }
            SetIdentity(_identity.NodePrivate, _identity.NodePublic);
            PlaceAll();
            Settle();
        }

        protected override void OnStop()
        {
            _handshakes.Stop();
            for (int slot = 0; slot < _slots.Capacity; slot++)
            {
                if (_slots.At(slot) != null) _plane.SessionsWipe(slot);
            }
        }

        protected override void OnReceive(Message message)
        {
            switch (message)
            {
                case PacketBuffer buffer: OnNetEvent(buffer); break;
                case DhDone done: _handshakes.HandleJobDone(done.Job, NowMs); break;
                case ActivityTick _: OnActivity(); break;
                case PeerDelta delta: OnDelta(delta); break;
                case PeersAdmitted _: PlaceAll(); break;
                case WgTimer _: OnDeadline(); break;
                case PathChanged path: OnPath(path); break;
                case PeerDoubted doubted: OnDoubted(doubted); break;
                case RelayUp _: OnRelayUp(); break;
                case PeerWanted wanted: OnWanted(wanted); break;
                case WallClockChanged clock: _peers.Clock.Set(clock.OffsetMs, clock.Trusted, clock.StampFloorMs); break;
                case SelfChanged self: _plane.SetSelf(self.Self.Addresses); break;
                case NodeKeyRotated rotated: SetIdentity(rotated.NodePrivate, rotated.NodePublic); break;
                default: return;
            }
            Settle();
        }

        // ---- Packets' side ------------------------------------------------------------------------------------------------------------

        private void OnNetEvent(PacketBuffer buffer)
        {
            int kind = NetEvent.Kind(buffer.Bytes, buffer.Offset);
            if (kind == NetEvent.Handshake)
            {
                _handshakes.Enqueue(buffer);
                return;
            }
            WgSlot slot = _slots.At(NetEvent.Slot(buffer.Bytes, buffer.Offset));
            buffer.Return();
            if (slot == null) return;
            if (kind == NetEvent.NeedHandshake) Apply(slot, slot.Timers.HandleNeedHandshake(NowMs));
            if (kind == NetEvent.Confirmed)
            {
                // The peer uses the session that we answered with. Our own initiation, sent at the same time, is not needed any more.
                _handshakes.DropPending(slot);
                slot.WantsInitiation = false;
                slot.HadSession = true;
                Apply(slot, slot.Timers.HandleHandshakeCompleted(false, NowMs));
                _notices.SessionEstablished(slot.Index);
            }
        }

        private void OnActivity()
        {
            byte[] stamps = _plane.Stamps;
            for (int i = 0; i < _slots.Capacity; i++)
            {
                WgSlot slot = _slots.At(i);
                if (slot == null) continue;
                if (!_handshakes.IsEligible(slot.Row, NowMs))
                {
                    Log.Info(slot.Row.Name + ": its key has expired, so its tunnel is closed until it logs in again");
                    _slots.Release(slot.Index);
                    continue;
                }
                int flags = PeerStamps.Flags(stamps, i);
                Apply(slot, slot.Timers.HandleStamps(PeerStamps.DataSentMs(stamps, i), PeerStamps.DataReceivedMs(stamps, i),
                    PeerStamps.AuthenticatedMs(stamps, i), PeerStamps.SentMs(stamps, i), PeerStamps.KeyBornMs(stamps, i),
                    (flags & PeerStamps.WeAreInitiator) != 0, (flags & PeerStamps.RekeyDue) != 0, (flags & PeerStamps.StagedWaits) != 0, NowMs));
            }
        }

        private void OnDeadline()
        {
            for (int i = 0; i < _slots.Capacity; i++)
            {
                WgSlot slot = _slots.At(i);
                if (slot == null) continue;
                if (slot.Timers.Deadline <= NowMs) Apply(slot, slot.Timers.HandleTimeout(NowMs));
                _handshakes.SendUnsent(slot);
            }
            _handshakes.HandleTimeout(NowMs);
        }

        private void OnPath(PathChanged path)
        {
            WgSlot slot = _slots.Find(path.PeerId);
            if (slot == null) return;
            if (!slot.IsDirect && path.Mode == PathChanged.Direct) OnBack(slot);
            slot.IsDirect = path.Mode == PathChanged.Direct;
            if (path.Mode != PathChanged.None) _handshakes.SendUnsent(slot);
        }

        private void OnDoubted(PeerDoubted doubted)
        {
            WgSlot slot = _slots.At(doubted.Slot);
            if (slot == null) return;
            if (doubted.Why == PeerDoubted.Gone) slot.Timers.HandlePeerBack(NowMs);
            if (doubted.Why == PeerDoubted.Back) OnBack(slot);
            if (doubted.Why != PeerDoubted.Silent || PeerStamps.KeyBornMs(_plane.Stamps, slot.Index) == 0) return;
            if (PeerStamps.AuthenticatedMs(_plane.Stamps, slot.Index) > doubted.SinceMs) return;            // answered meanwhile
            Apply(slot, slot.Timers.HandleSilence(doubted.SinceMs, PeerStamps.DataSentMs(_plane.Stamps, slot.Index),
                PeerStamps.AuthenticatedMs(_plane.Stamps, slot.Index), NowMs));
        }

        /// <summary>An initiation sent while the peer was away is lost, and the next packets of an old session may be.</summary>
        private void OnBack(WgSlot slot)
        {
            slot.Timers.HandlePeerBack(NowMs);
            if (slot.Peer.IsPending) Apply(slot, slot.Timers.HandleAnswerLost(NowMs));
        }

        private void OnRelayUp()
        {
            for (int i = 0; i < _slots.Capacity; i++)
            {
                WgSlot slot = _slots.At(i);
                if (slot != null && slot.OnlyPath == null && slot.Peer.IsPending) Apply(slot, slot.Timers.HandleAnswerLost(NowMs));
            }
        }

        private void Apply(WgSlot slot, int wishes)
        {
            if ((wishes & WireGuardTimers.Initiate) != 0) slot.WantsInitiation = true;
            if ((wishes & WireGuardTimers.SendKeepalive) != 0) _plane.SendKeepalive(slot.Index, NowMs);
            if ((wishes & WireGuardTimers.GiveUp) != 0)
            {
                // protocol.md 8.6: "then drop the queue; next outbound packet restarts". Status calls the peer asleep.
                _counters.GivenUp++;
                _handshakes.DropPending(slot);
                _plane.StagedDrop(slot.Index);
                if (Log.IsEnabled(LogLevel.Debug)) Log.Debug(slot.Row.Name + " does not answer handshakes; the next packet tries again");
            }
            if ((wishes & WireGuardTimers.Wipe) != 0)
            {
                _handshakes.DropPending(slot);
                _plane.SessionsWipe(slot.Index);
            }
        }

        // ---- Control's side -----------------------------------------------------------------------------------------------------------

        private void OnDelta(PeerDelta delta)
        {
            if (delta.Kind == PeerDelta.Removed)
            {
                WgSlot gone = _slots.Find(delta.Row.Id);
                if (gone != null) _slots.Release(gone.Index);
                return;
            }
            PeerRow row = Merged(delta);
            // Not admitted yet, or a patch that gives nobody a slot.
            if (row == null) return;

            WgSlot slot = _slots.Find(row.Id);
            if (slot == null || !_handshakes.IsEligible(row, NowMs) || !slot.Peer.HasKey(row.Key, 0)
                || slot.Row.IsWireGuardOnly != row.IsWireGuardOnly)
            {
                if (slot != null) _slots.Release(slot.Index);
                Place(row);
                return;
            }
            // "On peer disco-key change (peer restarted): discard the session, handshake anew on next packet" (protocol.md 8.7).
            bool restarted = slot.Row.DiscoKey != null && (row.DiscoKey == null || !KeyText.Equal(slot.Row.DiscoKey, 0, row.DiscoKey, 0));
            if (slot.Row.Online == PeerRow.Offline && row.Online == PeerRow.IsOnline) slot.Timers.HandlePeerBack(NowMs);
            _slots.Update(slot, row, NowMs);
            if (!restarted) return;
            // A peer that starts calls us before control has told its new key (20 ms against 40, seen): that session is of its new life.
            if (NowMs - slot.Timers.ResponseSentMs > FreshCallMs) DropSessions(slot);
            else slot.Timers.HandlePeerBack(NowMs);
        }

        /// <summary>The row as it is now; null when nothing is to be done. An active peer's own row goes on where the store has none.</summary>
        private PeerRow Merged(PeerDelta delta)
        {
            WgSlot slot = _slots.Find(delta.Row.Id);
            if (delta.Kind == PeerDelta.Upsert)
                return slot != null || _peers.Table.IsAdmitted(delta.Row.Id) ? delta.Row : null;
            if (slot == null) return (delta.Row.Fields & PlacingFields) != 0 && MayPlace ? _peers.Find(delta.Row.Id) : null;
            PeerRow row = slot.Row.Clone();
            row.Apply(delta.Row);
            return row;
        }

        /// <summary>Priority peers may need the slot of another one: their rows are looked at however many slots are taken.</summary>
        private bool MayPlace { get { return _slots.HasFree || _peers.Policy.HasPriority; } }

        /// <summary>Gives the free slots away by rising id, and looks for the priority peers behind.</summary>
        private void PlaceAll()
        {
            PeerIndex index = _peers.Table.Index;
            for (int position = 0; position < index.Rows && MayPlace; position++)
            {
                if (!index.IsAdmitted(position) || _slots.Find(index.Id(position)) != null) continue;
                PeerRow row = _peers.Table.RowAt(position);
                if (row != null) Place(row);
            }
        }

        /// <summary>Gives a peer a slot while there are free ones; a later one gets it when it calls or is called, a priority peer
        /// from the least recently used.</summary>
        private void Place(PeerRow row)
        {
            if (!_handshakes.IsEligible(row, NowMs)) return;
            // Another node may have had this key until now (a device was logged in anew).
            WgSlot other = _slots.At(_plane.PeerByKey(row.Key, 0));
            if (other != null) _slots.Release(other.Index);
            _slots.Activate(row, _peers.Policy.IsPriority(row), NowMs);
        }

        private void OnWanted(PeerWanted wanted)
        {
            PeerRow row = _peers.Find(wanted.PeerId);
            if (row != null && _slots.Find(row.Id) == null && _handshakes.IsEligible(row, NowMs)) _slots.Activate(row, true, NowMs);
        }

        private void DropSessions(WgSlot slot)
        {
            _handshakes.Drop(slot);
            _plane.SessionsWipe(slot.Index);
            slot.HadSession = false;
            slot.Timers.HandleSessionsDropped();
        }

        private void SetIdentity(byte[] privateKey, byte[] publicKey)
        {
            _handshakes.SetIdentity(privateKey, publicKey);
            _plane.SetIdentity(publicKey);
            for (int i = 0; i < _slots.Capacity; i++)
            {
                WgSlot slot = _slots.At(i);
                if (slot == null) continue;
                DropSessions(slot);
                slot.Peer.ForgetOwnKey();
            }
        }

        // ---- After every input --------------------------------------------------------------------------------------------------------

        private void Settle()
        {
            _handshakes.Pump(NowMs);
            TellListeners();
            long deadline = _handshakes.Deadline;
            string reason = "Diffie-Hellman answer";
            for (int i = 0; i < _slots.Capacity; i++)
            {
                WgSlot slot = _slots.At(i);
                if (slot == null) continue;
                if (slot.Timers.Deadline < deadline)
                {
                    deadline = slot.Timers.Deadline;
                    reason = slot.Timers.DeadlineReason;
                }
                if (slot.Unsent != null && NowMs + UnsentRetryMs < deadline)
                {
                    deadline = NowMs + UnsentRetryMs;
                    reason = "handshake waits for a path";
                }
            }
            Timers.SetAt(DeadlineTimer, deadline, WgTimer.Deadline, reason);
        }

        private void TellListeners()
        {
            for (int listener = 0; listener < _listeners.Length; listener++)
            {
                for (; ; )
                {
                    Message notice = _notices.Next(listener, out int slot);
                    if (notice == null) break;
                    if (!Send(_listeners[listener], notice))
                    {
                        Timers.Set(NoticeTimer, NoticeRetryMs, WgTimer.Notices, "a listener was busy");
                        break;
                    }
                    _notices.Told(listener, slot);
                }
            }
        }
    }
}
