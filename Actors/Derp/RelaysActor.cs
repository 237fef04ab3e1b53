using MicroLink.Control;
using MicroLink.Drivers;
using MicroLink.NetIo;
using MicroLink.NetMap;
using MicroLink.Paths;
using MicroLink.Runtime;

namespace MicroLink.Derp
{
    /// <summary>
    /// Gives relay regions to a fixed number of connections: home always has one, others get one when somebody wants them and lose it after
    /// 60 s without being wanted again. With no slot free the region that was wanted longest ago goes; home never does.
    /// </summary>
    public sealed class RelaysActor : Actor
    {
        /// <summary>"Closed after 60 s without a write, checked every 15 s" (protocol.md 5.6).</summary>
        private const int IdleCheckMs = 15000;
        private const int KickRetryMs = 10;
        private const int IdleTimer = 0, KickTimer = 1;

        private readonly ActorRef _node, _paths, _netCheck;
        private readonly ActorRef[] _relays, _txs;
        private readonly DerpOptions _options;
        private readonly DerpRegion[] _regions;
        private readonly bool[] _up, _kickDue;
        private readonly long[] _wantedMs;
        private readonly int[] _missed = new int[4];
        private int _nextMissed;

        /// <param name="relays">The DerpRelayActors, numbered 0..n-1 as their slot.</param>
        /// <param name="txs">Their writers, same order.</param>
        public RelaysActor(ActorRef node, ActorRef paths, ActorRef netCheck, ActorRef[] relays, ActorRef[] txs, DerpOptions options)
        {
            _node = node;
            _paths = paths;
            _netCheck = netCheck;
            _relays = relays;
            _txs = txs;
            _options = options;
            _regions = new DerpRegion[relays.Length];
            _up = new bool[relays.Length];
            _kickDue = new bool[relays.Length];
            _wantedMs = new long[relays.Length];
        }

        protected override void OnStart()
        {
            Timers.Set(IdleTimer, IdleCheckMs, PoolTimer.Idle, "relay idle check");
            // After a restart connections may serve regions that this pool knows nothing of: begin with none, then home.
            for (int slot = 0; slot < _relays.Length && _options.Map != null; slot++) Send(_relays[slot], new RelayAssign(null, false));
            OpenHome();
        }

        protected override void OnReceive(Message message)
        {
            switch (message)
            {
                case RelayKickRegion kick: OnKick(kick.Region); break;
                case PacketBuffer buffer: OnFrame(buffer); break;
                case RelayWanted wanted: OnWanted(wanted.Region); break;
                case RelayState state: OnState(state); break;
                case RelayHome home: OnHome(home.Region); break;
                case DerpMapChanged changed: OnMap(changed.Map); break;
                case NetworkChanged changed: OnNetworkChanged(changed); break;
                case RelayPeerGone gone: Send(_paths, gone); break;
                case RelayHealth health: Send(_node, health); break;
                case PoolTimer timer: OnTimer(timer); break;
            }
        }

        private void OnKick(int region)
        {
            int slot = Slot(region);
            if (slot < 0) return;
            // The framer says "ready" once per filling: a kick that finds no room in the mailbox must be repeated.
            if (Send(_txs[slot], RelayKick.Instance)) return;
            _kickDue[slot] = true;
            Timers.Set(KickTimer, KickRetryMs, PoolTimer.Kick, "relay writer is busy");
        }

        private void OnFrame(PacketBuffer buffer)
        {
            int slot = buffer.Kind == BufferKind.NetEvent ? Slot(NetEvent.Region(buffer.Bytes, buffer.Offset)) : -1;
            if (slot < 0 || !Send(_relays[slot], buffer)) buffer.Return();
        }

        private void OnWanted(int region)
        {
            int slot = Slot(region);
            if (slot < 0)
            {
                DerpRegion found = _options.Map == null ? null : _options.Map.Find(region);
                if (found == null)
                {
                    // Peers may be told before the relay map: then it is opened with the map, and not when somebody asks again in a second.
                    _missed[_nextMissed++ % _missed.Length] = region;
                    return;
                }
                slot = FreeSlot();
                if (slot < 0) return;
                Assign(slot, found);
            }
            _wantedMs[slot] = NowMs;
            if (_up[slot]) Send(_paths, new RelayUp(region));
        }

        private void OnHome(int region)
        {
            if (region == _options.Home) return;
            int old = Slot(_options.Home);
            _options.Home = region;
            Send(_node, new RelayHome(region));
            if (old >= 0)
            {
                // The old home stays open for its idle time: peers still send there until they hear of the new one.
                _wantedMs[old] = NowMs;
                Send(_relays[old], new RelayAssign(_regions[old], false));
            }
            OpenHome();
        }

        private void OpenHome()
        {
            DerpRegion found = _options.Map == null || _options.Home == 0 ? null : _options.Map.Find(_options.Home);
            if (found == null) return;
            int slot = Slot(_options.Home);
            if (slot < 0) slot = FreeSlot();
            if (slot < 0) return;
            Assign(slot, _regions[slot] != null && _regions[slot].Id == _options.Home ? _regions[slot] : found);
        }

        /// <summary>"A region definition change: close connections to it" (4.8).</summary>
        private void OnMap(DerpMap map)
        {
            for (int slot = 0; slot < _regions.Length; slot++)
            {
                if (_regions[slot] == null) continue;
                DerpRegion now = map.Find(_regions[slot].Id);
                if (now == null || !DerpTargets.SameServers(now, _regions[slot])) Assign(slot, now);
            }
            _options.Map = map;
            OpenHome();
            for (int i = 0; i < _missed.Length; i++)
            {
                int region = _missed[i];
                _missed[i] = 0;
                if (map.Find(region) != null) OnWanted(region);
            }
        }

        private void OnState(RelayState state)
        {
            int slot = state.Slot;
            if (state.Region == 0)
            {
                // The connection actor is new or was restarted: tell it what it is for.
                MarkDown(slot, "its connection was restarted");
                if (_regions[slot] != null) Send(_relays[slot], new RelayAssign(_regions[slot], _regions[slot].Id == _options.Home));
                return;
            }
            if (_regions[slot] == null || _regions[slot].Id != state.Region) return;
            if (state.State == RelayState.Up)
            {
                _up[slot] = true;
                if (state.Region == _options.Home) _options.ToldHome = state.Region;
                Log.Info("relay " + state.Region.ToString() + ": " + state.Reason);
                Tell(new RelayUp(state.Region));
            }
            if (state.State == RelayState.Down)
            {
                _up[slot] = false;
                Tell(new RelayDown(state.Region, state.Reason));
            }
        }

        private void OnNetworkChanged(NetworkChanged changed)
        {
            for (int slot = 0; slot < _relays.Length; slot++)
            {
                if (_regions[slot] != null) Send(_relays[slot], changed);
            }
        }

        private void OnTimer(PoolTimer timer)
        {
            if (timer == PoolTimer.Kick)
            {
                for (int slot = 0; slot < _kickDue.Length; slot++)
                {
                    if (!_kickDue[slot]) continue;
                    _kickDue[slot] = false;
                    if (_regions[slot] != null) OnKick(_regions[slot].Id);
                }
                return;
            }
            Timers.Set(IdleTimer, IdleCheckMs, PoolTimer.Idle, "relay idle check");
            for (int slot = 0; slot < _regions.Length; slot++)
            {
                bool idle = _regions[slot] != null && !IsKept(slot) && NowMs - _wantedMs[slot] > _options.IdleMs;
                if (idle) Assign(slot, null);
            }
        }

        private void Assign(int slot, DerpRegion region)
        {
            if (region != _regions[slot]) MarkDown(slot, "the connection is not needed any more");
            _regions[slot] = region;
            _wantedMs[slot] = NowMs;
            Send(_relays[slot], new RelayAssign(region, region != null && region.Id == _options.Home));
        }

        private void MarkDown(int slot, string reason)
        {
            bool was = _up[slot];
            _up[slot] = false;
            if (was && _regions[slot] != null) Tell(new RelayDown(_regions[slot].Id, reason));
        }

        private void Tell(Message message)
        {
            Send(_node, message);
            Send(_paths, message);
            Send(_netCheck, message);
        }

        private int Slot(int region)
        {
            for (int slot = 0; slot < _regions.Length; slot++)
            {
                if (_regions[slot] != null && _regions[slot].Id == region) return slot;
            }
            return -1;
        }

        /// <summary>
        /// Home, and while a new home is not connected yet also the one before: peers are told of a home only once it is connected, and
        /// until then they send to the old one.
        /// </summary>
        private bool IsKept(int slot)
        {
            int region = _regions[slot].Id;
            if (region == _options.Home) return true;
            int home = Slot(_options.Home);
            return region == _options.ToldHome && (home < 0 || !_up[home]);
        }

        /// <summary>An empty slot, else the one wanted longest ago; the old home only when nothing else is left, home never: -1.</summary>
        private int FreeSlot()
        {
            int oldest = -1, old = -1;
            for (int slot = 0; slot < _regions.Length; slot++)
            {
                if (_regions[slot] == null) return slot;
                if (_regions[slot].Id == _options.Home) continue;
                if (IsKept(slot)) { old = slot; continue; }
                if (oldest < 0 || _wantedMs[slot] < _wantedMs[oldest]) oldest = slot;
            }
            return oldest < 0 ? old : oldest;
        }

        private sealed class PoolTimer : Message
        {
            internal static readonly PoolTimer Idle = new PoolTimer(), Kick = new PoolTimer();
        }
    }
}
