using MicroLink.Bytes;

namespace MicroLink.Paths
{
    /// <summary>
    /// Notices a dead direct path long before its trust runs out: the protocol alone would send into nothing for up to 6.5 s, and the user
    /// would count the seconds. Our choice, not the protocol's; it uses nothing but ordinary pings, so every peer understands it.
    /// <code>
    ///  data sent, nothing authenticated back for 400 ms --> ping --> pong: all is well, for a second at least
    ///                                                         \-> none within max(3 x latency, 200 ms): relay in parallel, look around
    /// </code>
    /// </summary>
    public sealed partial class PeerPath
    {
        // Our choice (design section 10: our traffic again within a second).
        public const int SilenceMs = 400;
        public const int ProbeMinMs = 200;
        /// <summary>A stream that gets no answers by its nature is not pinged more often than this.</summary>
        private const int ProbePauseMs = 1000;

        private long _silentSinceMs, _pongMs, _probedMs;
        private long _probeUntilMs = Output.Never, _probeAgainMs = Output.Never;
        private bool _probeDue;

        /// <summary>The activity stamps of the peer, read a few times a second while packets go directly.</summary>
        public int HandleStamps(long dataSentMs, long authenticatedMs, long nowMs)
        {
            long heardMs = authenticatedMs > _pongMs ? authenticatedMs : _pongMs;
            // "Receiving data does not extend trust, except when silent-disco" (6.6): then nothing else would.
            if (_silent && IsTrusted(nowMs) && authenticatedMs + TrustMs > _trustUntilMs) _trustUntilMs = authenticatedMs + TrustMs;
            if (dataSentMs <= heardMs || !IsTrusted(nowMs))
            {
                _silentSinceMs = 0;
                return Output.None;
            }
            if (_silentSinceMs <= heardMs) _silentSinceMs = dataSentMs;
            bool silent = nowMs - _silentSinceMs >= SilenceMs;
            if (!silent || _probeUntilMs != Output.Never || nowMs - _probedMs < ProbePauseMs) return Output.None;
            int wait = 3 * _bestMicros / 1000;
            if (wait < ProbeMinMs) wait = ProbeMinMs;
            _probedMs = nowMs;
            _probeUntilMs = nowMs + wait;
            _probeAgainMs = nowMs + wait / 2;                   // one lost ping is no proof
            _probeDue = true;
            return Outputs(nowMs);
        }

        /// <summary>Are the stamps worth reading more often than once a second?</summary>
        public bool WatchesStamps(long dataSentMs, long nowMs)
        {
            return IsTrusted(nowMs) && nowMs - dataSentMs < 2 * ProbePauseMs;
        }

        private void ResetProbe()
        {
            _silentSinceMs = 0;
            _probeUntilMs = _probeAgainMs = Output.Never;
            _probeDue = false;
        }

        private void ProbeTimeout(long nowMs)
        {
            if (nowMs >= _probeAgainMs)
            {
                _probeAgainMs = Output.Never;
                _probeDue = true;
            }
            if (nowMs < _probeUntilMs) return;
            ResetProbe();
            if (!IsTrusted(nowMs)) return;
            _trustUntilMs = nowMs - 1;
            Decide("data goes unanswered and so do pings", nowMs);
            _heartbeatDue = true;
            // The peer may still trust the path that is dead, and answers into nothing: it has to hear of it now, not at the next call.
            _callGapMs = UrgentCallMs;
            Candidates.ForgetPings();
            StartRound(true, nowMs);
        }
    }
}
