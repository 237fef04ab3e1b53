using MicroLink.Bytes;

namespace MicroLink.Paths
{
    /// <summary>
    /// Notices a dead direct path long before its trust runs out: the protocol alone would send into nothing for up to 6.5 s, and the user
    /// would count the seconds. Our choice, not the protocol's; it uses nothing but ordinary pings, so every peer understands it.
    /// <code>
    ///  data sent, nothing authenticated back for 400 ms --> ping --> pong: all is well, for half a second at least
    ///                                                         \-> none within max(3 x latency, 200 ms): relay in parallel, look around
    ///  authenticated data came by relay only         --> the same: the peer does not trust the path that we send by
    ///  no direct path, data sent, silence for 1 s    --> ping the last address and the relay once a second, for 20 s
    /// </code>
    /// A pong in spite of silence says that the peer is there and may have lost our session: WgManager hears of both.
    /// </summary>
    public sealed partial class PeerPath
    {
        // Our choice (design section 10: our traffic again within a second).
        public const int SilenceMs = 400;
        public const int ProbeMinMs = 200;
        /// <summary>A stream that gets no answers by its nature is not pinged more often than this.</summary>
        private const int ProbePauseMs = 500;
        /// <summary>How often the stamps are read while data goes directly, and while it may begin to at any moment.</summary>
        private const int FlowReadMs = 100, PauseReadMs = 250;
        /// <summary>So long after the last packet with content the flow counts as a flow.</summary>
        private const int FlowMs = 2000;

        private long _silentSinceMs, _pongMs, _probedMs, _stampsMs;
        private long _probeUntilMs = Output.Never, _probeAgainMs = Output.Never;
        private bool _probeDue, _probeCalls;
        private string _probeWhy;

        /// <summary>A peer that has gone silent is looked for this often and this long; heard of to the rest of the node once in 5 s.</summary>
        private const int SeekEveryMs = 900, SeekForMs = 20000, FoundPauseMs = 5000;
        private long _seekFromMs = Output.Never, _seekHeardMs, _seekMs, _foundMs = long.MinValue / 2, _silentNewsSinceMs;
        private bool _bestKnown, _seekDue, _seekRelayDue, _silentNews, _foundNews;

        /// <summary>The activity stamps of the peer, read a few times a second while packets go directly, else once a second.</summary>
        /// <param name="byRelay">The last authenticated packet came by relay.</param>
        public int HandleStamps(long dataSentMs, long authenticatedMs, bool byRelay, long nowMs)
        {
            long heardMs = authenticatedMs > _pongMs ? authenticatedMs : _pongMs;
            // "Receiving data does not extend trust, except when silent-disco" (6.6): then nothing else would.
            if (_silent && IsTrusted(nowMs) && authenticatedMs + TrustMs > _trustUntilMs) _trustUntilMs = authenticatedMs + TrustMs;
            long readMs = _stampsMs;
            _stampsMs = nowMs;
            if (!IsTrusted(nowMs))
            {
                _silentSinceMs = 0;
                return Seek(dataSentMs, authenticatedMs, nowMs);
            }
            _seekFromMs = Output.Never;
            if (byRelay && authenticatedMs > _pongMs && _probeUntilMs == Output.Never && nowMs - _probedMs >= HeartbeatMs)
                return Probe("the peer is heard by relay only and pings go unanswered", nowMs);
            if (dataSentMs <= heardMs)
            {
                _silentSinceMs = 0;
                return Output.None;
            }
            // Only the last packet has a stamp. The first one without an answer left after what was heard last and after the last look, when
            // all was well: count from the earlier end, a ping too many costs nothing.
            if (_silentSinceMs <= heardMs)
            {
                _silentSinceMs = readMs > heardMs && readMs < dataSentMs ? readMs : heardMs + 1;
                if (_silentSinceMs < dataSentMs - PauseReadMs) _silentSinceMs = dataSentMs - PauseReadMs;
            }
            bool silent = nowMs - _silentSinceMs >= SilenceMs;
            if (!silent || _probeUntilMs != Output.Never || nowMs - _probedMs < ProbePauseMs) return Output.None;
            return Probe("data goes unanswered and so do pings", nowMs);
        }

        /// <summary>
        /// A call of the peer has put our path in doubt. It may itself still trust a path that is dead: without a pong it has to hear of that.
        /// </summary>
        private void AwaitPong(long nowMs)
        {
            _probeUntilMs = nowMs + ProbeWaitMs;
            _probeAgainMs = Output.Never;
            _probeCalls = true;
        }

        private int ProbeWaitMs
        {
            get
            {
                int wait = 3 * _bestMicros / 1000;
                return wait < ProbeMinMs ? ProbeMinMs : wait;
            }
        }

        private int Probe(string why, long nowMs)
        {
            int wait = ProbeWaitMs;
            _probedMs = nowMs;
            _probeUntilMs = nowMs + wait;
            _probeAgainMs = nowMs + wait / 2;                   // one lost ping is no proof
            _probeDue = true;
            _probeWhy = why;
            WantRelay(nowMs);                                   // open, should the pong not come
            return Outputs(nowMs);
        }

        /// <summary>Milliseconds until the stamps should be read again; 0 = once a second is enough.</summary>
        public int ReadStampsInMs(long dataSentMs, long nowMs)
        {
            if (!IsTrusted(nowMs) || !IsActive(nowMs)) return 0;
            return nowMs - dataSentMs < FlowMs ? FlowReadMs : PauseReadMs;
        }

        /// <summary>
        /// The peer is away: asleep, restarting, on another network. What we send is lost, and so are handshakes, which WireGuard repeats every
        /// 5 s at most; pings may come more often and show when it is back.
        /// </summary>
        private int Seek(long dataSentMs, long authenticatedMs, long nowMs)
        {
            if (dataSentMs <= authenticatedMs)
            {
                _seekFromMs = Output.Never;
                return Output.None;
            }
            if (_seekFromMs == Output.Never || _seekHeardMs != authenticatedMs)
            {
                _seekFromMs = nowMs;
                _seekHeardMs = authenticatedMs;
                return Output.None;
            }
            if (nowMs - _seekFromMs > SeekForMs || nowMs - dataSentMs > FlowMs || nowMs - _seekMs < SeekEveryMs) return Output.None;
            _seekMs = nowMs;
            _seekDue = _bestKnown && !_forceRelay;
            _seekRelayDue = true;
            return Outputs(nowMs);
        }

        /// <summary>Something came from a peer that we look for.</summary>
        private void Found(long nowMs)
        {
            if (_seekFromMs == Output.Never || nowMs - _seekFromMs < SeekEveryMs || nowMs - _foundMs < FoundPauseMs) return;
            _foundMs = nowMs;
            _foundNews = true;
        }

        private void ResetSeek()
        {
            _seekFromMs = Output.Never;
            _bestKnown = _seekDue = _seekRelayDue = _silentNews = _foundNews = false;
        }

        private void ResetProbe()
        {
            _silentSinceMs = 0;
            _probeUntilMs = _probeAgainMs = Output.Never;
            _probeDue = _probeCalls = false;
        }

        private void ProbeTimeout(long nowMs)
        {
            if (nowMs >= _probeAgainMs)
            {
                _probeAgainMs = Output.Never;
                _probeDue = true;
            }
            if (nowMs < _probeUntilMs) return;
            bool calls = _probeCalls && _hasBest && IsActive(nowMs);
            ResetProbe();
            if (!IsTrusted(nowMs) && !calls) return;
            _trustUntilMs = nowMs - 1;
            if (!calls) Decide(_probeWhy, nowMs);
            _heartbeatDue = true;
            // The peer may still trust the path that is dead, and answers into nothing: it has to hear of it now, not at the next call.
            _callGapMs = UrgentCallMs;
            // STUN may need the very UDP that has just died: what is known of us has to do, however old.
            _callAnyway = true;
            Candidates.ForgetPings();
            StartRound(true, nowMs);
        }
    }
}
