using MicroLink.Bytes;
using MicroLink.NetMap;

namespace MicroLink.Control
{
    /// <summary>From nothing to an open connection: which attempt is used, which is kept in reserve, which is given up.</summary>
    public sealed partial class ControlClient
    {
        /// <summary>protocol.md 2.2: after a Noise connection less than two minutes ago port 80 is left out.</summary>
        private const int RecentMs = 120000;
        /// <summary>A connection that has not finished its handshake after this long is given up for one in reserve.</summary>
        private const int SlowHandshakeMs = 500;
        private const int NoAttempt = -1;

        private readonly DialRace _race = new DialRace();
        private ControlDialPlan _plan;
        private bool _onlyHttps;
        private int _current = NoAttempt;
        private int _reserve = NoAttempt;
        private long _currentSinceMs;
        private long _lastDialMs = -RecentMs;
        private int _closeAttempts;

        /// <summary>Ports, addresses and limits of the attempts that Dial events name.</summary>
        public DialRace Race { get { return _race; } }

        /// <summary>The attempt whose connection is in use, -1 = none: bytes are taken from and given to that one only.</summary>
        public int CurrentAttempt { get { return _current; } }

        /// <summary>The dialled connection is open.</summary>
        public int HandleOpened(int attempt, long nowMs)
        {
            bool wanted = (_state == DialKey || _state == DialSession || _state == Opening) && _race.HandleOpened(attempt);
            if (!wanted || (_current != NoAttempt && _reserve != NoAttempt)) return CloseAttempt(attempt);
            if (_current == NoAttempt) return Use(attempt, nowMs);
            _reserve = attempt;
            return HandleSlow(nowMs);
        }

        /// <summary>The dial failed, or a connection in reserve has closed; the text is one plain sentence.</summary>
        public int HandleDialFailed(int attempt, string text, long nowMs)
        {
            if (_state != DialKey && _state != DialSession && _state != Opening) return Output.None;
            if (attempt == _reserve) _reserve = NoAttempt;
            _race.HandleFailed(attempt, text, nowMs);
            if (_current == NoAttempt && !_race.HasMore) LostForGood(_race.Text, nowMs);
            return Output.Event;
        }

        private void Connect(long nowMs)
        {
            bool known = _serverKey != null;
            _current = NoAttempt;
            _reserve = NoAttempt;
            // The two-minute rule is for URLs whose HTTPS port the user has given: behind http:// nobody need answer on 443.
            bool httpsOnly = _onlyHttps || (_url.Tls && nowMs - _lastDialMs < RecentMs);
            if (known) _race.Begin(_url, _plan, httpsOnly, nowMs);
            else _race.BeginOne(_url, nowMs);
            if (known) _lastDialMs = nowMs;
            _race.HandleTimeout(nowMs);
            Enter(known ? DialSession : DialKey, nowMs + _race.LimitMs, "control does not answer the dial");
            if (_backoff.Failures == 0 && !_wasConnected) Show(ControlState.Connecting, "Connecting to " + _options.ControlUrl + ".", null);
        }

        private int Use(int attempt, long nowMs)
        {
            _current = attempt;
            _currentSinceMs = nowMs;
            if (_state == DialKey)
            {
                _keyFetch = new KeyFetch();
                _keyRequestDue = true;
                Enter(FetchKey, nowMs + ControlProtocol.KeyTimeoutMs, "control does not send its key");
                return Output.Transmit | Output.Event;
            }
            Enter(Opening, nowMs + ControlProtocol.ConnectTimeoutMs, "control does not finish the handshake");
            return _session.Start(_url.AuthorityFor(_race.IsTls(attempt), _race.Port(attempt)), _identity, _serverKey, nowMs)
                | Output.Event;
        }

        // What went wrong concerns only the connection in use: true when another one takes its place, now or when it opens.
        private bool TryAnother(string sentence, long nowMs)
        {
            if (_state != Opening || _current == NoAttempt || !_linkUp) return false;
            CloseAttempt(_current);
            _race.HandleFailed(_current, sentence, nowMs);
            _session.Stop();
            ForgetStreams();
            int reserve = _reserve;
            _current = NoAttempt;
            _reserve = NoAttempt;
            if (reserve != NoAttempt) Use(reserve, nowMs);
            else if (_race.HasMore) Enter(DialSession, nowMs + _race.LimitMs, "control does not answer the dial");
            else return false;
            return true;
        }

        private int HandleSlow(long nowMs)
        {
            if (_reserve != NoAttempt && _state == Opening && nowMs - _currentSinceMs >= SlowHandshakeMs)
                TryAnother("The control server did not finish the handshake in time.", nowMs);
            return Output.Event | Output.Transmit;
        }

        private long RaceDeadline()
        {
            if (_state != DialSession && _state != DialKey && _state != Opening) return Output.Never;
            long slow = _reserve != NoAttempt ? _currentSinceMs + SlowHandshakeMs : Output.Never;
            return slow < _race.Deadline ? slow : _race.Deadline;
        }

        // The connection is there: the others are not needed.
        private void EndRace()
        {
            for (int i = 0; i < DialRace.MaxAttempts; i++)
            {
                if (i != _current) _closeAttempts |= 1 << i;
            }
            _race.Stop();
            _reserve = NoAttempt;
        }

        private int CloseAttempt(int attempt)
        {
            if (attempt >= 0) _closeAttempts |= 1 << attempt;
            return Output.Event;
        }

        private int TakeClosedAttempt()
        {
            for (int i = 0; i < DialRace.MaxAttempts; i++)
            {
                if ((_closeAttempts & (1 << i)) == 0) continue;
                _closeAttempts &= ~(1 << i);
                return i;
            }
            return NoAttempt;
        }
    }
}
