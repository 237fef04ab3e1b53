using System;
using MicroLink.Bytes;
using MicroLink.Disco;

namespace MicroLink.Paths
{
    /// <summary>The pings of a path: discovery rounds, heartbeats, the user's ping, and the one deadline (protocol.md 6.5 to 6.7).</summary>
    public sealed partial class PeerPath
    {
        // From the specification (protocol.md 6.5).
        public const int HeartbeatMs = 3000;
        public const int TrustMs = 6500;
        public const int DiscoveryPingMs = 5000;
        public const int ActiveMs = 45000;
        public const int UpgradeMs = 60000;
        public const int GoodEnoughMicros = 5000;
        public const int EndpointsFreshMs = 27000;

        /// <summary>
        /// Our choice: at most one call-me-maybe to a peer in this time. Ours zeroes the peer's ping times and its next round may call us
        /// back, so without a minimum two active nodes behind closed NATs would exchange one with each heartbeat for ever.
        /// </summary>
        public const int CallMeMaybeMs = 5000;

        /// <summary>
        /// Our choice: the first one after a direct path died under traffic, or after our network changed, may come earlier; so two in 5 s.
        /// It takes 600 ms to see a path die, so such a call hardly ever waits.
        /// </summary>
        public const int UrgentCallMs = 500;

        /// <summary>Our choice: how often a relay is asked for while it is closed, and while it is open (the pool's idle limit is 60 s).</summary>
        private const int RelayRetryMs = 1000, RelayKeepMs = 15000;

        /// <summary>Pings without an answer at a time: one round of all candidates, and the user's ping.</summary>
        private const int MaxPings = 32;
        private const int PurposeDiscovery = 1, PurposeHeartbeat = 2, PurposeUser = 3, PurposeProbe = 4, PurposeSeek = 5, PurposeSize = 6,
            PurposeSmall = 7;

        private long _lastSentMs, _lastRoundMs, _lastCallMs, _callBeforeMs, _relayAskedMs;
        private long _ownEndpointsMs = long.MinValue / 2;
        private long _heartbeatMs;
        private int _callGapMs = CallMeMaybeMs;
        private long _callLaterMs = Output.Never;
        private bool _heartbeatDue, _callDue, _callAnyway, _staleNews, _relayNews;
        private bool _userDirectDue, _userRelayDue;

        /// <summary>Our own endpoint list was renewed at this time; a call-me-maybe that waited for it may go.</summary>
        public int HandleOwnEndpoints(long atMs, long nowMs)
        {
            _ownEndpointsMs = atMs;
            return Outputs(nowMs);
        }

        /// <summary>The user pings: by relay and to every address, the best one included; the first pong is told as PingAnswered.</summary>
        public int HandleUserPing(long nowMs)
        {
            _answered = false;
            _answerMicros = 0;
            _userRelayDue = true;
            if (!_forceRelay)
            {
                _userDirectDue = true;
                _heartbeatDue = _hasBest && Candidates.Find(_best, 0) < 0;
                bool any = false;
                for (int row = 0; row < CandidateTable.MaxRows; row++)
                {
                    if (!Candidates.IsUsed(row)) continue;
                    Candidates.MarkDue(row, nowMs);
                    any = true;
                }
                // The first ping of an idle peer also opens its NAT for the next one; "if zero endpoints were pinged no CallMeMaybe" (6.7).
                if (any) AskForCall(nowMs);
            }
            return Outputs(nowMs);
        }

        public int HandleTimeout(long nowMs)
        {
            ExpirePings(nowMs);
            ProbeTimeout(nowMs);
            SizeTimeout(nowMs);
            Candidates.Expire(nowMs);
            if (_hasBest && nowMs > _trustUntilMs) Decide("no pong for 6.5 s", nowMs);
            if (nowMs >= _callLaterMs) Call(nowMs);
            if (nowMs >= _heartbeatMs) Heartbeat(nowMs);
            return Outputs(nowMs);
        }

        /// <summary>When HandleTimeout has something to do; Output.Never = only when something arrives.</summary>
        public long Deadline
        {
            get
            {
                long next = Pings.Deadline;
                if (_heartbeatMs < next) next = _heartbeatMs;
                if (_sizeAtMs < next) next = _sizeAtMs;
                if (_probeUntilMs < next) next = _probeUntilMs;
                if (_callLaterMs < next) next = _callLaterMs;
                if (_probeAgainMs < next) next = _probeAgainMs;
                if (_mode == PathMode.Direct && _hasBest && Region != 0 && _trustUntilMs + 1 < next) next = _trustUntilMs + 1;
                return next;
            }
        }

        public string DeadlineReason
        {
            get
            {
                long next = Deadline;
                if (next == Output.Never) return "nothing to do";
                if (next == _heartbeatMs) return "disco heartbeat";
                if (next == _probeUntilMs || next == _probeAgainMs) return "pong for a silent path";
                if (next == _sizeAtMs) return "full ping";
                if (next == _callLaterMs) return "call-me-maybe after a change";
                return next == _trustUntilMs + 1 ? "end of trust in the direct path" : "disco ping without an answer";
            }
        }

        /// <summary>The next DISCO message to send, false when there is none.</summary>
        public bool PollTransmit(PathTransmit into, long nowMs)
        {
            if (_heartbeatDue)
            {
                _heartbeatDue = false;
                if (_hasBest) return PingTo(into, _best, 0, _userDirectDue ? PurposeUser : PurposeHeartbeat, nowMs);
            }
            if (_probeDue)
            {
                _probeDue = false;
                if (_hasBest) return PingTo(into, _best, 0, PurposeProbe, nowMs);
            }
            if (_seekDue)
            {
                _seekDue = false;
                return PingTo(into, _best, 0, PurposeSeek, nowMs);
            }
            if (_sizeDue || _sizePairDue)
            {
                int purpose = _sizeDue ? PurposeSize : PurposeSmall;
                if (_sizeDue) _sizeDue = false;
                else _sizePairDue = false;
                return PingTo(into, _sizeOf, 0, purpose, nowMs);
            }
            int row = Candidates.TakeDue();
            if (row >= 0)
            {
                int purpose = _userDirectDue ? PurposeUser : Discovery(Candidates.Endpoints, Candidates.At(row), nowMs);
                return PingTo(into, Candidates.Endpoints, Candidates.At(row), purpose, nowMs);
            }
            _userDirectDue = false;
            if (PollSpray(into, nowMs)) return true;

            int region = Region;
            bool open = IsOpen;
            if ((_userRelayDue || _seekRelayDue) && open)
            {
                int purpose = _userRelayDue ? PurposeUser : PurposeSeek;
                _userRelayDue = _seekRelayDue = false;
                into.Kind = PathTransmit.Ping;
                into.Region = region;
                into.IsFull = false;
                into.PingRow = Pings.Add(_best, 0, region, purpose, _entropy, nowMs);
                return true;
            }
            if (_callDue && open && (nowMs - _ownEndpointsMs <= EndpointsFreshMs || (_callAnyway && _ownEndpointsMs > long.MinValue / 2)))
            {
                _callDue = _callAnyway = false;
                _callBeforeMs = _lastCallMs;
                _lastCallMs = nowMs;
                _callGapMs = CallMeMaybeMs;
                into.Kind = PathTransmit.CallMeMaybe;
                into.Region = region;
                return true;
            }
            return false;
        }

        private bool PollNeeds(PathEvent into)
        {
            if (_silentNews || _foundNews)
            {
                into.Kind = _silentNews ? PathEvent.DataUnanswered : PathEvent.Found;
                into.SinceMs = _silentNewsSinceMs;
                if (_silentNews) _silentNews = false;
                else _foundNews = false;
                return true;
            }
            if (_staleNews)
            {
                _staleNews = false;
                into.Kind = PathEvent.EndpointsStale;
                return true;
            }
            if (_relayNews)
            {
                _relayNews = false;
                into.Kind = PathEvent.RelayNeeded;
                into.Region = Region;
                return into.Region != 0;
            }
            return false;
        }

        private void ResetRounds()
        {
            _lastSentMs = _lastRoundMs = _lastCallMs = _callBeforeMs = _relayAskedMs = long.MinValue / 2;
            _heartbeatMs = Output.Never;
            _callGapMs = CallMeMaybeMs;
            _callLaterMs = Output.Never;
            _heartbeatDue = _callDue = _callAnyway = _staleNews = _relayNews = _userDirectDue = _userRelayDue = false;
            while (Candidates.TakeDue() >= 0) { }
        }

        /// <summary>Packets were sent to the peer in the last 45 s.</summary>
        public bool IsActive(long nowMs)
        {
            return nowMs - _lastSentMs <= ActiveMs;
        }

        /// <summary>
        /// "For every endpoint of the peer not pinged in the last 5 s: send Ping. If at least one was sent and the round is active and the
        /// peer has a DERP home: send CallMeMaybe over DERP" (6.7).
        /// </summary>
        private void StartRound(bool active, long nowMs)
        {
            if (_forceRelay) return;
            _lastRoundMs = nowMs;
            bool any = false;
            for (int row = 0; row < CandidateTable.MaxRows; row++)
            {
                if (Candidates.IsUsed(row) && PingRow(row, nowMs)) any = true;
            }
            StartSpray(nowMs);
            if (any && active) AskForCall(nowMs);
        }

        /// <summary>
        /// "If our endpoints are older than 27 s: first run STUN and send when done" (6.7). The relay may have to be opened first as well;
        /// the mark waits for both.
        /// </summary>
        private void AskForCall(long nowMs)
        {
            long fromMs = _lastCallMs + _callGapMs;
            if (_callGapMs == UrgentCallMs && _callBeforeMs + CallMeMaybeMs > fromMs) fromMs = _callBeforeMs + CallMeMaybeMs;
            // The peer is there, and its pings reach us: a call would change nothing about the size of what passes.
            if (_droppedFull && _callGapMs != UrgentCallMs) return;
            if (nowMs < fromMs)
            {
                // The next round asks again, but an urgent one may have no next round: our pings may be answered from now on.
                if (_callGapMs == UrgentCallMs) _callLaterMs = fromMs;
                return;
            }
            Call(nowMs);
        }

        private void Call(long nowMs)
        {
            _callDue = true;
            _callLaterMs = Output.Never;
            if (nowMs - _ownEndpointsMs > EndpointsFreshMs) _staleNews = true;
        }

        private bool PingRow(int row, long nowMs)
        {
            long pinged = Candidates.PingedMs(row);
            if (pinged != long.MinValue && nowMs - pinged < DiscoveryPingMs * _pace) return false;
            Candidates.MarkDue(row, nowMs);
            return true;
        }

        private bool PingTo(PathTransmit into, byte[] endpoint, int at, int purpose, long nowMs)
        {
            into.Kind = PathTransmit.Ping;
            into.Region = 0;
            into.IsFull = purpose == PurposeSize;
            Array.Copy(endpoint, at, into.Endpoint, 0, NetEndpoint.Length);
            into.PingRow = Pings.Add(endpoint, at, 0, purpose, _entropy, nowMs);
            return true;
        }

        /// <summary>"Heartbeat: every 3 s while lastSend is at most 45 s ago: ping bestAddr; full ping if wanted" (6.6).</summary>
        private void Heartbeat(long nowMs)
        {
            if (!IsActive(nowMs))
            {
                // "Stops after 45 s idle; bestAddr then simply becomes untrusted."
                _heartbeatMs = Output.Never;
                return;
            }
            _heartbeatMs = nowMs + HeartbeatMs;
            if (_forceRelay) return;
            if (_hasBest && !_silent) _heartbeatDue = true;
            if (IsTrusted(nowMs)) WantSize(nowMs);
            bool upgrade = !_silent && _bestMicros > GoodEnoughMicros && nowMs - _lastRoundMs >= UpgradeMs * _pace;
            if (!IsTrusted(nowMs) || upgrade) StartRound(true, nowMs);
        }

        /// <summary>"Ping timeout (5 s): if it was to bestAddr and trust has passed: clear bestAddr" (6.6).</summary>
        private void ExpirePings(long nowMs)
        {
            for (int row = Pings.FindExpired(nowMs); row >= 0; row = Pings.FindExpired(nowMs))
            {
                bool toBest = Pings.Region(row) == 0 && _hasBest
                    && NetEndpoint.Equal(Pings.Destinations, Pings.DestinationAt(row), _best, 0);
                Pings.Remove(row);
                if (!toBest || nowMs <= _trustUntilMs) continue;
                _hasBest = false;
                Decide("the direct address stopped answering", nowMs);
            }
        }

        private int Outputs(long nowMs)
        {
            // The relay pool closes what is idle, so a region in use is asked for again and again, slowly.
            bool uses = _callDue || _userRelayDue || ((_mode & PathMode.Relay) != 0 && IsActive(nowMs));
            if (uses) WantRelay(nowMs);
            // Transmit is always worth a poll: what is due is found there, not here.
            return Output.Transmit | Output.Deadline | (_modeNews || _staleNews || _relayNews || _answered || _silentNews || _foundNews ? Output.Event : Output.None);
        }

        private void WantRelay(long nowMs)
        {
            if (Region == 0 || nowMs - _relayAskedMs < (IsOpen ? RelayKeepMs : RelayRetryMs)) return;
            _relayAskedMs = nowMs;
            _relayNews = true;
        }

        private bool IsOpen
        {
            get
            {
                int region = Region;
                return region != 0 && (region == _homeRegion ? _homeOpen : _heardOpen);
            }
        }
    }
}
