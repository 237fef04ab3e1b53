using MicroLink.Bytes;

namespace MicroLink.WireGuard
{
    /// <summary>
    /// When one peer wants a handshake, a keepalive or its keys wiped (protocol.md 8.6). Facts in, wishes out. Packets are counted by native
    /// code, so the facts about them are stamps that are read once a second; what depends on them may come up to a second late.
    /// <code>
    ///   no valid key and a packet waits           -> initiate                    (NeedHandshake)
    ///   initiation not answered for 5 s + jitter  -> initiate again, 20 in all, then give up until the next packet
    ///   the first one ever to this peer           -> again after 1.5 s + jitter, unless it asked for a cookie
    ///   the home relay came up meanwhile          -> initiate again 334 ms later
    ///   data sent, key of ours older than 120 s   -> initiate
    ///   data came, key of ours older than 165 s   -> initiate, once a key
    ///   data sent, nothing came for 15 s + jitter -> initiate
    ///   the path or the peer was away, data sent   -> initiate when the next look at the stamps finds no answer
    ///   a peer that answered is silent for 1 s    -> initiate, once until it sends data again
    ///   data came, nothing sent for 10 s          -> keepalive
    ///   540 s after the last session              -> wipe
    /// </code>
    /// </summary>
    public sealed class WireGuardTimers
    {
        /// <summary>Bits that the Handle doors return, beside Output.Deadline.</summary>
        public const int Initiate = 256, SendKeepalive = 512, Wipe = 1024, GiveUp = 2048;

        /// <summary>A time long ago that can still be subtracted from.</summary>
        private const long LongAgo = long.MinValue / 2;

        /// <summary>
        /// Our choice: the first retry to a peer that we never had a session with. Control tells others of a newcomer later than it tells him of
        /// them (Headscale: 0.8 to 1.3 s, seen), and who does not know us yet drops our call. The 5 s would be the user's first impression.
        /// </summary>
        private const int NewcomerRetryMs = 1500;
        /// <summary>
        /// The same where our relay came up since the call: both it and the newcomer's word are a few milliseconds old at a first start. On a way
        /// of more than 100 ms the second call costs one round more; 333 ms cost every first contact by relay that long.
        /// </summary>
        private const int NewcomerAgainMs = 100;

        /// <summary>
        /// Our choice: a peer that used to answer and does not for so long, to a request after a pause (so long without a packet from it) or to
        /// repeated data, may have lost our session without a word. What follows a packet of the peer closely is its answer or acknowledgement
        /// and asks for nothing. A peer that only listens is called once, and again after it has sent data, at most every 10 s.
        /// </summary>
        private const int SilentMs = 1000, RepeatMs = 300, SilentPauseMs = 10000;

        private uint _random;
        private bool _met;

        // Our initiations.
        private bool _underWay;
        private int _attempts;
        private long _retryAtMs = Output.Never;
        /// <summary>Last initiation or response sent: the next initiation is at least 5 s later.</summary>
        private long _lastHandshakeMs = LongAgo;
        /// <summary>An initiation is wanted but the 5 s are not over.</summary>
        private bool _waits;

        // What the stamps told.
        private long _dataSentMs, _dataReceivedMs, _authenticatedMs, _sentMs;
        private long _unansweredSinceMs = Output.Never;
        private int _unansweredJitterMs;
        /// <summary>Sessions older than this may be gone at the other end; Never = no doubt.</summary>
        private long _doubtMs = Output.Never;
        /// <summary>The peer sent data since we last called it for its silence.</summary>
        private bool _mayDoubt;
        private long _silentCallMs = LongAgo;
        private long _oweSinceMs = Output.Never;
        private long _oweFirstMs;
        private long _wipeAtMs = Output.Never;

        public WireGuardTimers(uint seed)
        {
            _random = seed | 1;
        }

        /// <summary>An initiation of ours is being retried.</summary>
        public bool IsHandshaking { get { return _underWay; } }

        /// <summary>Initiations sent since the last handshake completed or was given up.</summary>
        public int Attempts { get { return _attempts; } }

        public long Deadline { get; private set; } = Output.Never;

        public string DeadlineReason { get; private set; }

        /// <summary>A packet waits and there is no valid key; also what the manager calls when the user wants a tunnel now.</summary>
        public int HandleNeedHandshake(long nowMs)
        {
            int wishes = Want(nowMs);
            return Finish(wishes);
        }

        /// <summary>Our initiation went out.</summary>
        public int HandleInitiationSent(long nowMs)
        {
            _attempts++;
            _underWay = true;
            _waits = false;
            _lastHandshakeMs = nowMs;
            _retryAtMs = nowMs + (_met || _attempts > 1 ? WireGuardWire.RekeyTimeoutMs : NewcomerRetryMs) + Jitter();
            return Finish(Output.None);
        }

        /// <summary>It did not leave yet, or the peer had it and asked for a cookie: neither is a reason to repeat it before the 5 s.</summary>
        public int HandleNotLost()
        {
            if (_underWay && _attempts == 1) _retryAtMs = _lastHandshakeMs + WireGuardWire.RekeyTimeoutMs + Jitter();
            return Finish(Output.None);
        }

        /// <summary>
        /// Our home relay has just come up: an answer sent there before is lost for good, and the 5 s rule has nothing to wait for. Seen with
        /// tailscaled, which answers a new peer by relay while it does not yet trust the direct path that the initiation came by. Not at once:
        /// the initiation may have waited for this very relay, and wireguard-go takes two within 50 ms of each other for a flood (also seen).
        /// </summary>
        public int HandleAnswerLost(long nowMs)
        {
            if (!_underWay) return Output.None;
            long again = nowMs + (_met ? WireGuardWire.RekeyJitterMs : NewcomerAgainMs);
            if (again < _retryAtMs) _retryAtMs = again;
            return Finish(Fire(nowMs));
        }

        /// <summary>
        /// The peer has come back: its direct path is proven anew, or control calls it online again. It may have lost our session meanwhile
        /// (`tailscale down` and `up` forget it and keep the disco key: seen), and would drop what we send for 15 s. Answers end the doubt.
        /// </summary>
        public void HandlePeerBack(long nowMs)
        {
            _doubtMs = nowMs;
        }

        /// <summary>Data since <paramref name="sinceMs"/> goes unanswered; the last packet from the peer came at the other time.</summary>
        public int HandleSilence(long sinceMs, long dataSentMs, long authenticatedMs, long nowMs)
        {
            return Finish(Silence(sinceMs, dataSentMs, authenticatedMs, nowMs));
        }

        /// <summary>When we last answered an initiation of the peer.</summary>
        public long ResponseSentMs { get; private set; } = LongAgo;

        /// <summary>We answered the peer's initiation: keys exist, and no initiation of ours for 5 s.</summary>
        public int HandleResponseSent(long nowMs)
        {
            ResponseSentMs = nowMs;
            _lastHandshakeMs = nowMs;
            _wipeAtMs = nowMs + WireGuardWire.WipeAfterMs;
            return Finish(Output.None);
        }

        /// <summary>
        /// A session is confirmed: the response to our initiation came, or the first packet on the session that we answered. Our own pending
        /// initiation, if any, is not retried.
        /// </summary>
        public int HandleHandshakeCompleted(bool initiator, long nowMs)
        {
            _met = true;
            _underWay = false;
            _waits = false;
            _attempts = 0;
            _retryAtMs = Output.Never;
            _unansweredSinceMs = Output.Never;
            if (initiator) _wipeAtMs = nowMs + WireGuardWire.WipeAfterMs;
            return Finish(Output.None);
        }

        /// <summary>The native stamps of this peer (PeerStamps): times of the last packets, birth of the current key (0 = none), flags.</summary>
        /// <param name="ourKey">We were the initiator of the current session: only then do we renew it.</param>
        /// <param name="rekeyDue">The current key has sent 2^60 packets.</param>
        public int HandleStamps(long dataSentMs, long dataReceivedMs, long authenticatedMs, long sentMs, long keyBornMs,
                                bool ourKey, bool rekeyDue, bool packetWaits, long nowMs)
        {
            bool sentNew = dataSentMs != _dataSentMs, receivedNew = dataReceivedMs != _dataReceivedMs;
            int wishes = Output.None;
            HandleAnswers(dataSentMs, authenticatedMs);
            HandleDebts(dataReceivedMs, sentMs);
            if (receivedNew && dataReceivedMs != 0) _mayDoubt = true;
            _dataSentMs = dataSentMs;
            _dataReceivedMs = dataReceivedMs;

            bool noValidKey = keyBornMs == 0 || nowMs - keyBornMs >= WireGuardWire.RejectAfterMs;
            if (packetWaits && noValidKey && !_underWay) wishes |= Want(nowMs);
            if (authenticatedMs > _doubtMs || keyBornMs > _doubtMs) _doubtMs = Output.Never;
            if (_doubtMs != Output.Never && keyBornMs != 0 && dataSentMs > _doubtMs && !_underWay)
            {
                _doubtMs = Output.Never;
                wishes |= Want(nowMs);
            }
            if (keyBornMs != 0 && _unansweredSinceMs != Output.Never && nowMs - _unansweredSinceMs >= SilentMs)
                wishes |= Silence(_unansweredSinceMs, dataSentMs, authenticatedMs, nowMs);
            if (ourKey && keyBornMs != 0 && !_underWay)
            {
                // "After sending data: if initiator and key age > 120 s (or counter > 2^60)": after a give-up only for new data.
                bool old = dataSentMs - keyBornMs > WireGuardWire.RekeyAfterMs || rekeyDue;
                if (old && sentNew) wishes |= Want(nowMs);
                // "After receiving data: if initiator and key age > 165 s (180-10-5), once": our retries last longer than the 15 s in which
                // such a key still receives, so it happens once.
                const int lateMs = WireGuardWire.RejectAfterMs - WireGuardWire.KeepaliveMs - WireGuardWire.RekeyTimeoutMs;
                if (receivedNew && dataReceivedMs - keyBornMs > lateMs) wishes |= Want(nowMs);
            }
            return Finish(wishes | Fire(nowMs));
        }

        public int HandleTimeout(long nowMs)
        {
            return Finish(Fire(nowMs));
        }

        /// <summary>
        /// The sessions were wiped from outside (the peer restarted, or our key changed): as if there never had been any. The 5 s rule starts
        /// anew too; it keeps an end from being flooded, and that end is a new one.
        /// </summary>
        public int HandleSessionsDropped()
        {
            _lastHandshakeMs = LongAgo;
            _met = false;
            _underWay = false;
            _waits = false;
            _attempts = 0;
            _retryAtMs = Output.Never;
            _unansweredSinceMs = Output.Never;
            _oweSinceMs = Output.Never;
            _wipeAtMs = Output.Never;
            _mayDoubt = false;
            return Finish(Output.None);
        }

        // ---- Rules --------------------------------------------------------------------------------------------------------------------

        /// <summary>"Data sent but nothing authenticated received for 15 s + jitter": counted from the first such data.</summary>
        private void HandleAnswers(long dataSentMs, long authenticatedMs)
        {
            bool answered = authenticatedMs != _authenticatedMs;
            _authenticatedMs = authenticatedMs;
            if (answered) _unansweredSinceMs = Output.Never;
            if (dataSentMs > authenticatedMs && dataSentMs != _dataSentMs && _unansweredSinceMs == Output.Never)
            {
                _unansweredSinceMs = dataSentMs;
                _unansweredJitterMs = Jitter();
            }
        }

        /// <summary>"Data received and nothing sent for 10 s ⇒ keepalive; if more data arrived meanwhile re-arm."</summary>
        private void HandleDebts(long dataReceivedMs, long sentMs)
        {
            bool sent = sentMs != _sentMs;
            _sentMs = sentMs;
            if (sent) _oweSinceMs = Output.Never;
            if (dataReceivedMs > sentMs && dataReceivedMs != _dataReceivedMs && _oweSinceMs == Output.Never)
            {
                _oweSinceMs = dataReceivedMs;
                _oweFirstMs = dataReceivedMs;
            }
        }

        private int Silence(long sinceMs, long dataSentMs, long authenticatedMs, long nowMs)
        {
            bool asks = sinceMs - authenticatedMs >= SilentMs || dataSentMs - sinceMs >= RepeatMs;
            if (!asks || !_mayDoubt || _underWay || nowMs - _silentCallMs < SilentPauseMs) return Output.None;
            _mayDoubt = false;
            _silentCallMs = nowMs;
            return Want(nowMs);
        }

        /// <summary>"At most one initiation per 5 s (also counts a response just sent)."</summary>
        private int Want(long nowMs)
        {
            if (_underWay) return Output.None;
            if (nowMs - _lastHandshakeMs >= WireGuardWire.RekeyTimeoutMs)
            {
                _waits = false;
                return Initiate;
            }
            _waits = true;
            return Output.None;
        }

        private int Fire(long nowMs)
        {
            int wishes = Output.None;
            if (_underWay && nowMs >= _retryAtMs) wishes |= Retry(nowMs);
            if (_waits && nowMs - _lastHandshakeMs >= WireGuardWire.RekeyTimeoutMs) wishes |= Want(nowMs);
            if (nowMs >= UnansweredAtMs())
            {
                _unansweredSinceMs = Output.Never;
                wishes |= Want(nowMs);
            }
            if (_oweSinceMs != Output.Never && nowMs - _oweSinceMs >= WireGuardWire.KeepaliveMs)
            {
                wishes |= SendKeepalive;
                bool more = _dataReceivedMs != _oweFirstMs;
                _oweSinceMs = more ? nowMs : Output.Never;
                _oweFirstMs = _dataReceivedMs;
                // The keepalive itself is the next change of sentMs; it must not cancel the second one.
                if (more) _sentMs = nowMs;
            }
            if (nowMs >= _wipeAtMs)
            {
                _wipeAtMs = Output.Never;
                wishes |= Wipe;
            }
            return wishes;
        }

        private int Retry(long nowMs)
        {
            // protocol.md 8.6: 20 initiations in all, about 100 s; then the next outbound packet starts anew.
            if (_attempts > WireGuardWire.MaxAttempts + 1)
            {
                _underWay = false;
                _attempts = 0;
                _retryAtMs = Output.Never;
                return GiveUp;
            }
            _retryAtMs = nowMs + WireGuardWire.RekeyTimeoutMs + Jitter();
            return Initiate;
        }

        private long UnansweredAtMs()
        {
            if (_unansweredSinceMs == Output.Never) return Output.Never;
            return _unansweredSinceMs + WireGuardWire.KeepaliveMs + WireGuardWire.RekeyTimeoutMs + _unansweredJitterMs;
        }

        private int Finish(int wishes)
        {
            long before = Deadline;
            Deadline = Output.Never;
            DeadlineReason = null;
            if (_underWay) Earliest(_retryAtMs, "handshake retry");
            if (_waits) Earliest(_lastHandshakeMs + WireGuardWire.RekeyTimeoutMs, "handshake, 5 s after the last");
            Earliest(UnansweredAtMs(), "handshake: 15 s without an answer");
            if (_oweSinceMs != Output.Never) Earliest(_oweSinceMs + WireGuardWire.KeepaliveMs, "keepalive");
            Earliest(_wipeAtMs, "keys wiped");
            return Deadline == before ? wishes : wishes | Output.Deadline;
        }

        private void Earliest(long atMs, string reason)
        {
            if (atMs >= Deadline) return;
            Deadline = atMs;
            DeadlineReason = reason;
        }

        /// <summary>[0, 334) ms, so that two ends that started together come apart.</summary>
        private int Jitter()
        {
            _random ^= _random << 13;
            _random ^= _random >> 17;
            _random ^= _random << 5;
            return (int)(_random % WireGuardWire.RekeyJitterMs);
        }
    }
}
