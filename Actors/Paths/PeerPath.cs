using System;
using MicroLink.Bytes;
using MicroLink.Disco;
using MicroLink.Drivers;

namespace MicroLink.Paths
{
    /// <summary>
    /// Finds and keeps the best way to one active peer (protocol.md 6.4 to 6.7). It knows addresses, relay regions and time; it has no key
    /// and no socket. Facts go in through Handle..., DISCO messages and news come out through Poll...
    /// <code>
    ///              ping answered                      no pong for 6.5 s
    ///   Relay  -------------------->  Direct  -------------------------->  Both (UDP and relay)
    ///     ^                             ^                                     |    |
    ///     |                             +------------- pong ------------------+    |
    ///     +------------------------------- a ping to that address timed out -------+
    /// </code>
    /// This file is the peer's story: what arrives, and what follows from it. PeerPathRounds.cs holds the pings and the
    /// clock, PeerPathSilence.cs the quick look at a path that has gone quiet, PeerPathRules.cs what others decide.
    /// </summary>
    public sealed partial class PeerPath
    {
        private const string NothingYet = "no direct address has answered yet";

        public readonly CandidateTable Candidates = new CandidateTable();
        public readonly DiscoPings Pings;

        private readonly IEntropy _entropy;
        private bool _forceRelay;
        private readonly bool _probePorts;

        private readonly byte[] _best = new byte[NetEndpoint.Length];
        private bool _hasBest;
        private int _bestMicros;
        private long _trustUntilMs;

        private int _homeRegion, _heardRegion;
        private bool _homeOpen, _heardOpen;

        private int _mode = PathMode.None;
        private readonly byte[] _modeEndpoint = new byte[NetEndpoint.Length];
        private int _modeRegion;
        private string _reason = "not tried yet";
        private bool _modeNews;

        private bool _answered;
        private readonly byte[] _answerEndpoint = new byte[NetEndpoint.Length];
        private int _answerRegion, _answerMicros;

        /// <param name="probePorts">Also ping the ports beside the peer's public one while there is no direct path.</param>
        public PeerPath(IEntropy entropy, bool forceRelay, bool probePorts = false)
        {
            Pings = new DiscoPings(probePorts ? MaxPings + 2 * SprayReach : MaxPings);
            _probePorts = probePorts;
            _entropy = entropy;
            _forceRelay = forceRelay;
        }

        /// <summary>Starts afresh for a peer; home region 0 = unknown.</summary>
        public int HandleStart(byte[] endpoints, int homeRegion, long nowMs)
        {
            Candidates.Replace(CandidateTable.FromControl | CandidateTable.FromCallMeMaybe | CandidateTable.Learned, endpoints, 0, 0);
            Pings.Clear();
            ResetRounds();
            ResetProbe();
            ResetSeek();
            ResetSize();
            _hasBest = false;
            _homeRegion = homeRegion;
            _heardRegion = 0;
            _homeOpen = _heardOpen = false;
            _mode = PathMode.None;
            _answered = false;
            Candidates.Replace(CandidateTable.FromControl, endpoints, 0, endpoints == null ? 0 : endpoints.Length / NetEndpoint.Length);
            Decide(NothingYet, nowMs);
            return Outputs(nowMs);
        }

        /// <summary>Control told new endpoints or a new home relay.</summary>
        public int HandleRow(byte[] endpoints, int homeRegion, long nowMs)
        {
            Candidates.Replace(CandidateTable.FromControl, endpoints, 0, endpoints == null ? 0 : endpoints.Length / NetEndpoint.Length);
            string why = _homeRegion == 0 || homeRegion == 0 ? NothingYet : "the peer moved to another relay";
            if (homeRegion != _homeRegion)
            {
                _homeRegion = homeRegion;
                _homeOpen = false;
            }
            Decide(why, nowMs);
            if (IsActive(nowMs) && !IsTrusted(nowMs)) StartRound(true, nowMs);
            return Outputs(nowMs);
        }

        /// <summary>
        /// The peer has got a slot of the data plane: tell the way once more, for it. A slot is no traffic, so nothing is pinged: a node with
        /// many peers stays quiet until somebody talks.
        /// </summary>
        public int HandleActivated()
        {
            _modeNews = true;
            return Output.Event;
        }

        /// <summary>A relay connection opened or closed.</summary>
        public int HandleRelay(int region, bool open, long nowMs)
        {
            if (region == _homeRegion) _homeOpen = open;
            if (region == _heardRegion) _heardOpen = open;
            Decide("the relay connection changed", nowMs);
            return Outputs(nowMs);
        }

        /// <summary>The peer was heard through this relay: a way back that is open for certain (protocol.md 5.6, reverse route).</summary>
        public int HandleHeard(int region, long nowMs)
        {
            _heardRegion = region;
            _heardOpen = true;
            if (region == _homeRegion) _homeOpen = true;
            Found(nowMs);
            Decide("heard from the peer through this relay", nowMs);
            return Outputs(nowMs);
        }

        /// <summary>The peer is not behind this relay any more: "forget the reply via this connection route" (5.4).</summary>
        public int HandleGone(int region, long nowMs)
        {
            if (region == _heardRegion) _heardOpen = false;
            Decide("the peer left the relay it was heard through", nowMs);
            return Outputs(nowMs);
        }

        /// <summary>
        /// WireGuard packets were sent to the peer at this time. "If not (trusted direct): start discovery pings now. Any send also arms
        /// the heartbeat" (6.6).
        /// </summary>
        public int HandleSent(long sentMs, long nowMs)
        {
            if (sentMs <= _lastSentMs) return Output.None;
            _lastSentMs = sentMs;
            if (!IsActive(nowMs)) return Output.None;
            if (_heartbeatMs == Output.Never) _heartbeatMs = nowMs + HeartbeatMs;
            if (!IsTrusted(nowMs)) StartRound(true, nowMs);
            return Outputs(nowMs);
        }

        /// <summary>A ping came by UDP from this address. The actor answers it; here the address becomes a candidate (6.4).</summary>
        public int HandlePing(byte[] source, int at, long nowMs)
        {
            if (_forceRelay) return Output.None;
            Found(nowMs);
            int row = Candidates.Add(CandidateTable.Learned, source, at, nowMs);
            // Our choice: ping back at once instead of at the next heartbeat. The 5 s minimum per address keeps two nodes that do this
            // from feeding each other.
            if (row >= 0 && IsActive(nowMs) && !IsTrusted(nowMs)) PingRow(row, nowMs);
            return Outputs(nowMs);
        }

        /// <summary>
        /// The pong for a ping of ours. The address that the ping was sent to is proven, with this latency; nothing else is (6.4).
        /// </summary>
        public int HandlePong(int pingRow, int latencyMicros, long nowMs)
        {
            int region = Pings.Region(pingRow);
            int purpose = Pings.Purpose(pingRow);
            bool asked = purpose == PurposeUser;
            byte[] destinations = Pings.Destinations;
            int at = Pings.DestinationAt(pingRow);
            Pings.Remove(pingRow);

            if (asked && !_answered)
            {
                _answered = true;
                _answerMicros = latencyMicros;
                _answerRegion = region;
                if (region == 0) Array.Copy(destinations, at, _answerEndpoint, 0, NetEndpoint.Length);
            }
            Found(nowMs);
            if (region != 0 || _forceRelay) return Outputs(nowMs);

            if (!MayCarry(destinations, at, purpose, nowMs)) return Outputs(nowMs);

            // "Replace bestAddr if betterAddr(candidate, best) or best untrusted. If bestAddr == candidate: update latency" (6.7).
            bool same = _hasBest && NetEndpoint.Equal(_best, 0, destinations, at);
            if (!same && _hasBest && IsTrusted(nowMs)
                && !BetterEndpoint.IsBetter(destinations, at, latencyMicros, _best, 0, _bestMicros)) return Outputs(nowMs);
            Array.Copy(destinations, at, _best, 0, NetEndpoint.Length);
            _hasBest = _bestKnown = true;
            _bestMicros = latencyMicros;
            _trustUntilMs = nowMs + TrustMs;
            _pongMs = nowMs;
            if (purpose == PurposeProbe && _silentSinceMs != 0)
            {
                _silentNews = true;
                _silentNewsSinceMs = _silentSinceMs;
            }
            ResetProbe();
            Decide(purpose == PurposeSize && (_mode & PathMode.Direct) == 0 ? "it answered a full ping" : "it answered a ping", nowMs);
            WantSize(nowMs);
            return Outputs(nowMs);
        }

        /// <summary>
        /// A call-me-maybe: the peer has just pinged us, so its NAT is open for our pings. "Replace the previous CMM endpoint set, zero all
        /// lastPing, run a discovery round without sending CallMeMaybe back" (6.7) - answering would let two nodes feed each other for ever.
        /// </summary>
        public int HandleCallMeMaybe(byte[] endpoints, int offset, int count, long nowMs)
        {
            if (_forceRelay) return Output.None;
            Candidates.Replace(CandidateTable.FromCallMeMaybe, endpoints, offset, count);
            Candidates.ForgetPings();
            if (IsTrusted(nowMs))
            {
                // Who calls does not trust its own direct path: what we send there may be lost although we hear the peer by relay. Our
                // choice: both ways until a pong comes.
                _trustUntilMs = nowMs - 1;
                Decide("the peer looks for a direct path", nowMs);
                _heartbeatDue = true;
                AwaitPong(nowMs);
            }
            StartRound(false, nowMs);
            return Outputs(nowMs);
        }

        /// <summary>Our own network changed: "clear bestAddr of all peers and all endpoint states" (6.6).</summary>
        public int HandleNetworkChanged(long nowMs)
        {
            _hasBest = false;
            ResetProbe();
            ResetSeek();
            ResetSize();
            Pings.Clear();
            Candidates.ForgetPings();
            _ownEndpointsMs = long.MinValue / 2;                // what peers know of us is wrong: call as soon as STUN has answered
            _callGapMs = UrgentCallMs;
            Decide("our own network changed", nowMs);
            if (IsActive(nowMs)) StartRound(true, nowMs);
            return Outputs(nowMs);
        }

        public int Mode { get { return _mode; } }
        public string Reason { get { return _reason; } }
        public int BestMicros { get { return _bestMicros; } }

        /// <summary>The next piece of news, false when there is none.</summary>
        public bool PollEvent(PathEvent into)
        {
            if (_modeNews)
            {
                _modeNews = false;
                into.Kind = PathEvent.ModeChanged;
                into.Mode = _mode;
                into.Region = _modeRegion;
                into.Reason = _reason;
                into.LatencyMicros = _bestMicros;
                Array.Copy(_modeEndpoint, 0, into.Endpoint, 0, NetEndpoint.Length);
                return true;
            }
            if (_answered && _answerMicros >= 0)
            {
                into.Kind = PathEvent.PingAnswered;
                into.Region = _answerRegion;
                into.LatencyMicros = _answerMicros;
                Array.Copy(_answerEndpoint, 0, into.Endpoint, 0, NetEndpoint.Length);
                _answerMicros = -1;
                return true;
            }
            return PollNeeds(into);
        }

        /// <summary>Best known region: "(1) open connection to the home region, (2) open reverse route, (3) home region" (5.6).</summary>
        private int Region
        {
            get
            {
                if (_homeRegion != 0 && (_homeOpen || !_heardOpen)) return _homeRegion;
                return _heardRegion;
            }
        }

        private bool IsTrusted(long nowMs)
        {
            return _hasBest && nowMs <= _trustUntilMs;
        }

        /// <summary>
        /// "bestAddr set and trusted: UDP only. bestAddr set but untrusted: both. No bestAddr: relay only" (6.6). Notes news when the
        /// answer differs from the last one.
        /// </summary>
        private void Decide(string why, long nowMs)
        {
            int region = Region;
            int mode;
            if (IsTrusted(nowMs)) mode = PathMode.Direct;
            else if (_hasBest) mode = region == 0 ? PathMode.Direct : PathMode.Both;
            else mode = region == 0 ? PathMode.None : PathMode.Relay;

            bool endpointSame = !_hasBest || NetEndpoint.Equal(_modeEndpoint, 0, _best, 0);
            if (mode == _mode && endpointSame && region == _modeRegion) return;
            bool visible = mode != _mode || !endpointSame || mode != PathMode.Direct;
            _mode = mode;
            _modeRegion = region;
            if (_hasBest) Array.Copy(_best, 0, _modeEndpoint, 0, NetEndpoint.Length);
            if (visible) _reason = Describe(mode, why);
            _modeNews = true;
        }

        private string Describe(int mode, string why)
        {
            switch (mode)
            {
                case PathMode.Direct: return "direct: " + why;
                case PathMode.Both: return "direct and relay: " + why;
                case PathMode.Relay: return "relay: " + why;
                default: return "none: the peer has no home relay and " + why;
            }
        }
    }
}
