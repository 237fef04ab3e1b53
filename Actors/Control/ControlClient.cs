using System;
using MicroLink.Bytes;
using MicroLink.Drivers;
using MicroLink.Http2;
using MicroLink.NetMap;

namespace MicroLink.Control
{
    /// <summary>
    /// The control client as one machine: key, connection, registration, map (protocol.md 14.1, steps 2 to 9). It retries for ever,
    /// slower and slower (3.5), and every failure is one plain sentence.
    /// <code>
    ///            link up                opened             key                 opened           keys computed
    ///   Idle ---------------> DialKey --------> FetchKey ------> DialSession --------> Opening ---------------+
    ///    ^                       ^                                    ^                                      |
    ///    | link down             | key unknown or stale               | key known                            v
    ///    +------- any            +---------- Waiting (back-off) ------+                     Registering | Rotating | LoggingOut
    ///                                             ^                                                 |
    ///                                             +-------- any failure, one sentence -------- Mapping
    /// </code>
    /// One HTTP/2 connection carries the poll, the lite updates and ping answers.
    /// </summary>
    public sealed partial class ControlClient
    {
        private const int Idle = 0, Waiting = 1, DialKey = 2, FetchKey = 3, DialSession = 4, Opening = 5, Registering = 6, Rotating = 7,
            Mapping = 8, LoggingOut = 9;

        /// <summary>HPACK dynamic table that the server may use: control's answers have four or five small fields.</summary>
        private const int HeaderTableBytes = 1024;
        private const int MaxBackoffMs = 30000;
        private readonly ControlOptions _options;
        private readonly NodeIdentity _identity;
        private readonly IEntropy _entropy;
        private readonly ControlUrl _url;
        private readonly Backoff _backoff;
        private KeyFetch _keyFetch;
        private readonly ControlSession _session;
        private readonly MapStream _map;
        private int _state;
        private long _deadline = Output.Never;
        private string _deadlineReason = "";
        private byte[] _serverKey;
        private bool _keyRequestDue;
        private bool _keyDoubtful;
        private bool _linkUp;
        private bool _wasConnected;

        // What PollEvent has to give, in this order.
        private bool _closeDue;
        private bool _rotatedDue;
        private bool _serverKeyDue;
        private bool _stateDue;
        private bool _loggedOutDue;
        private string _logoutError;
        private int _shownState = ControlState.Idle;
        private string _shownText = "";
        private string _shownUrl;

        public ControlClient(ControlOptions options, NodeIdentity identity, IEntropy entropy)
            : this(options, identity, entropy, new PeerIndex(options.MaxPeers)) { }

        /// <summary><paramref name="index"/>: the peers that were told already, when an actor is made anew after a failure.</summary>
        public ControlClient(ControlOptions options, NodeIdentity identity, IEntropy entropy, PeerIndex index)
        {
            _options = options;
            _identity = identity;
            _entropy = entropy;
            _url = ControlUrl.Parse(options.ControlUrl, out string error);
            ConfigurationError = error;
            _backoff = new Backoff(entropy, MaxBackoffMs);
            _rotatedNow = options.NodeKeyIsNew;
            _rotations = options.NodeKeyIsNew ? 1 : 0;
            _session = new ControlSession(entropy, HeaderTableBytes, options.ReceiveWindow);
            _map = new MapStream(options.MaxMapMessage, index, options.MaxFilterBytes);
        }

        /// <summary>Null, or what is wrong with the options; then nothing is ever dialled.</summary>
        public string ConfigurationError { get; }
        public ControlUrl Url { get { return _url; } }
        public NodeIdentity Identity { get { return _identity; } }
        /// <summary>How many bytes the last Handle took.</summary>
        public int Consumed { get; private set; }
        /// <summary>Overlook certificate dates: the clock is not trusted, but the server's key is known (design section 8).</summary>
        public bool TolerateDates { get { return !_options.ClockTrusted && _options.KnownServerKey != null; } }
        /// <summary>Peers known and refused, for status.</summary>
        public MapStream Map { get { return _map; } }

        public long Deadline
        {
            get
            {
                long deadline = _deadline < _map.Deadline ? _deadline : _map.Deadline;
                long race = RaceDeadline();
                if (race < deadline) deadline = race;
                return deadline < _updateRetryAt ? deadline : _updateRetryAt;
            }
        }

        public string DeadlineReason
        {
            get
            {
                if (Deadline == _deadline) return _deadlineReason;
                if (Deadline == RaceDeadline()) return "another way to reach control";
                return Deadline == _map.Deadline ? _map.DeadlineReason : "tell control about this host again";
            }
        }

        /// <summary>The network is there: connect now, whatever the back-off says.</summary>
        public int HandleLinkUp(long nowMs)
        {
            _linkUp = true;
            if (ConfigurationError != null)
            {
                Show(ControlState.Refused, ConfigurationError, null);
                return Output.Event;
            }
            if (_state == Idle || _state == Waiting)
            {
                _backoff.Reset();
                Connect(nowMs);
            }
            return Output.Event;
        }

        /// <summary>The network is gone.</summary>
        public int HandleLinkDown(long nowMs)
        {
            _linkUp = false;
            if (_logout) FinishLogout("The network went away before control was told.");
            CloseConnection();
            Enter(Idle, Output.Never, "");
            Show(ControlState.Connecting, "There is no network.", null);
            return Output.Event;
        }

        /// <summary>The connection has closed from the other side.</summary>
        public int HandleClosed(long nowMs)
        {
            if (_state == FetchKey)
            {
                if (_keyFetch.HandleClosed() == KeyFetch.Done) OnServerKey(nowMs);
                else Lost("The control server " + _keyFetch.FailureText + ".", 0, nowMs);
            }
            else if (_state >= Opening)
            {
                _keyDoubtful |= _state == Opening;
                Lost(_session.ClosedText(), 0, nowMs);
            }
            return Output.Event;
        }

        /// <summary>
        /// Takes received bytes, as many as can be used now: none while a key is computed or an event waits. Returns Output bits; call
        /// again with the rest, left in its place, after the events have been taken.
        /// </summary>
        public int Handle(byte[] buffer, int offset, int count, long nowMs)
        {
            Consumed = 0;
            if (_state == FetchKey)
            {
                Consumed = count;
                int result = _keyFetch.Handle(buffer, offset, count);
                if (result == KeyFetch.Done) OnServerKey(nowMs);
                else if (result == KeyFetch.Failed) Lost("The control server " + Sentence(_keyFetch.FailureText), 0, nowMs);
                return EventBit();
            }
            while (_state >= Opening)
            {
                if (HandleMapData(nowMs)) return Output.Event | Output.Transmit;
                int output = _session.Handle(buffer, offset + Consumed, count - Consumed, nowMs);
                Consumed += _session.Consumed;
                bool any = false;
                while (_dataLeft == 0 && _state >= Opening && _session.PollEvent(_http))
                {
                    any = true;
                    OnHttp(_http, nowMs);
                }
                if (_state < Opening) break;
                if (_session.Failure != null && !any)
                {
                    _keyDoubtful |= _session.KeyMayBeOld;
                    Lost(_session.Failure, 0, nowMs);
                    break;
                }
                if (!any && _dataLeft == 0) return output & ~Output.Event | EventBit();
            }
            // The connection is given up: what else was received on it is of no use.
            Consumed = count;
            return EventBit();
        }

        /// <summary>Writes the next bytes for the connection (at least 4096 free at the offset); 0 = nothing.</summary>
        public int PollTransmit(byte[] buffer, int offset)
        {
            if (_keyRequestDue)
            {
                _keyRequestDue = false;
                return _keyFetch.Begin(buffer, offset, _url);
            }
            return _state >= Opening ? _session.PollTransmit(buffer, offset) : 0;
        }

        public bool PollJob(DhJob into)
        {
            return PollRotationJob(into) || _session.PollJob(into);
        }

        public int HandleJobDone(DhJob job, long nowMs)
        {
            if (job.Step == RotationStep) return HandleRotationDone(job, nowMs);
            if (_state != Opening) return Output.None;
            int output = _session.HandleJobDone(job, nowMs);
            if (_session.Failure != null)
            {
                _keyDoubtful |= _session.KeyMayBeOld;
                Lost(_session.Failure, 0, nowMs);
                return Output.Event;
            }
            if (_session.IsOpen)
            {
                EndRace();
                _keyDoubtful = false;
                OnSessionOpen(nowMs);
            }
            return output | Output.Transmit;
        }

        public int HandleTimeout(long nowMs)
        {
            if (nowMs >= _updateRetryAt)
            {
                _updateRetryAt = Output.Never;
                SendUpdate();
            }
            if (nowMs >= RaceDeadline())
            {
                _race.HandleTimeout(nowMs);
                HandleSlow(nowMs);
            }
            if (nowMs >= _map.Deadline) _map.HandleTimeout(nowMs);
            if (nowMs < _deadline) return Output.Event | Output.Transmit;
            _deadline = Output.Never;
            OnDeadline(nowMs);
            return Output.Event | Output.Transmit;
        }

        /// <summary>The next thing to do or to tell; false when there is none.</summary>
        public bool PollEvent(ControlEvent into)
        {
            into.Attempt = NoAttempt;
            into.Kind = NextEvent(into);
            switch (into.Kind)
            {
                case ControlEvent.ServerKey:
                    into.Key = _serverKey;
                    break;
                case ControlEvent.State:
                    into.StateNow = _shownState;
                    into.Text = _shownText;
                    into.Url = _shownUrl;
                    break;
                case ControlEvent.LoggedOut:
                    into.Text = _logoutError;
                    break;
                case ControlEvent.None:
                    return PollMapFact(into);
            }
            return true;
        }

        private int NextEvent(ControlEvent into)
        {
            if (Take(ref _closeDue)) return ControlEvent.Close;
            if (_closeAttempts != 0)
            {
                into.Attempt = TakeClosedAttempt();
                return ControlEvent.Close;
            }
            if (Take(ref _rotatedDue)) return ControlEvent.NodeKeyRotated;
            if (_serverKey != null && Take(ref _serverKeyDue)) return ControlEvent.ServerKey;
            if (_race.HasDue)
            {
                into.Attempt = _race.PollDue();
                return ControlEvent.Dial;
            }
            if (Take(ref _stateDue)) return ControlEvent.State;
            return Take(ref _loggedOutDue) ? ControlEvent.LoggedOut : ControlEvent.None;
        }

        private static bool Take(ref bool due)
        {
            bool was = due;
            due = false;
            return was;
        }

        private int EventBit()
        {
            bool due = _closeDue || _closeAttempts != 0 || _race.HasDue || _rotatedDue || _serverKeyDue || _stateDue || _loggedOutDue;
            return due ? Output.Event : 0;
        }

        private void Enter(int state, long deadline, string reason)
        {
            _state = state;
            _deadline = deadline;
            _deadlineReason = reason;
        }

        private void Show(int state, string text, string url)
        {
            // Parts of the sentence may come from a server, even before it has proved who it is.
            text = OneLine(text);
            url = url == null ? null : OneLine(url);
            if (state == _shownState && text == _shownText && url == _shownUrl) return;
            _shownState = state;
            _shownText = text;
            _shownUrl = url;
            _stateDue = true;
        }

        private void OnServerKey(long nowMs)
        {
            if (TolerateDates && !KeyText.Equal(_keyFetch.PublicKey, 0, _options.KnownServerKey, 0))
            {
                Lost("The control server has a new key, and without a trusted clock its certificate cannot be checked.", 0, nowMs);
                return;
            }
            if (IsForeign(_keyFetch.PublicKey))
            {
                Lost(ControlState.Refused, "The control server's key is " + KeyText.Format(KeyText.MachinePublic, _keyFetch.PublicKey)
                    + " and not the one that is pinned; it is not trusted.", RefusedFloorMs, nowMs);
                return;
            }
            if (_serverKey == null) _serverKey = new byte[KeyText.Length];
            Array.Copy(_keyFetch.PublicKey, _serverKey, KeyText.Length);
            _keyFetch = null;
            _serverKeyDue = true;
            CloseConnection();
            Connect(nowMs);
        }

        // The policy of ControlOptions.PinServerKey.
        private bool IsForeign(byte[] key)
        {
            return _options.PinServerKey && _options.KnownServerKey != null && !KeyText.Equal(key, 0, _options.KnownServerKey, 0);
        }

        private void OnDeadline(long nowMs)
        {
            switch (_state)
            {
                case Waiting: Connect(nowMs); break;
                case DialKey:
                case DialSession: LostForGood("The control server did not answer in time.", nowMs); break;
                case FetchKey: Lost("The control server did not send its key within 10 s.", 0, nowMs); break;
                case Opening:
                    // A server that came back with a new key may just be silent (testcontrol is).
                    _keyDoubtful = true;
                    Lost("The control server did not finish the handshake within 15 s.", 0, nowMs);
                    break;
                case Registering when _followUp != null: Lost(LoginText(_followUp), 0, nowMs); break;
                case Registering:
                case Rotating: Lost("The control server did not answer the registration within 30 s.", 0, nowMs); break;
                case Mapping: OnWatchdog(nowMs); break;
                case LoggingOut: Lost("Control did not confirm the logout within 10 s.", 0, nowMs); break;
            }
        }

        // One failure: the connection goes, the next attempt is planned, and the user is told both.
        private void Lost(string sentence, int floorMs, long nowMs)
        {
            int state = _wasConnected ? ControlState.Reconnecting : ControlState.Connecting;
            Lost(_followUp != null ? ControlState.NeedsLogin : state, sentence, floorMs, nowMs);
        }

        // Nothing is left to try.
        private void LostForGood(string sentence, long nowMs)
        {
            _current = NoAttempt;
            Lost(sentence, 0, nowMs);
        }

        private void Lost(int state, string sentence, int floorMs, long nowMs)
        {
            if (TryAnother(sentence, nowMs)) return;
            if (_state == Opening && _race.Text != null) sentence = _race.Text;
            if (_keyDoubtful) _serverKey = null;
            _keyDoubtful = false;
            CloseConnection();
            if (_logout)
            {
                FinishLogout(sentence);
                Enter(Idle, Output.Never, "");
                return;
            }
            if (!_linkUp)
            {
                Enter(Idle, Output.Never, "");
                return;
            }
            int delayMs = _backoff.Next(floorMs);
            WaitFor(state, sentence, delayMs, nowMs);
        }

        private void WaitFor(int state, string sentence, int delayMs, long nowMs)
        {
            Enter(Waiting, nowMs + delayMs, "next attempt to reach control");
            string next = delayMs < 1000 ? " Trying again." : " Trying again in " + ((delayMs + 500) / 1000).ToString() + " s.";
            Show(state, sentence + next, _followUp);
        }

        private void CloseConnection()
        {
            _keyRequestDue = false;
            _race.Stop();
            _current = NoAttempt;
            _reserve = NoAttempt;
            _closeAttempts = 0;
            if (_state != Idle && _state != Waiting) _closeDue = true;
            _session.Stop();
            ForgetStreams();
        }

        // No control characters on somebody's terminal.
        private static string OneLine(string text)
        {
            char[] line = null;
            for (int i = 0; i < text.Length; i++)
            {
                if (text[i] >= 32 && text[i] != 127) continue;
                if (line == null) line = text.ToCharArray();
                line[i] = ' ';
            }
            return line == null ? text : new string(line);
        }

        private static string Sentence(string text)
        {
            return text[text.Length - 1] == '?' ? text : text + ".";
        }
    }
}
