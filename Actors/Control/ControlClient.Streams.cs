using System.Text;
using MicroLink.Bytes;
using MicroLink.Http2;
using MicroLink.NetMap;

namespace MicroLink.Control
{
    /// <summary>The requests on the connection: register, poll, lite update, ping; and what their answers mean.</summary>
    public sealed partial class ControlClient
    {
        /// <summary>Step of the job that makes a new node key.</summary>
        private const int RotationStep = 100;
        private const int RefusedFloorMs = 2000, UpdateRetryMs = 5000, MaxErrorText = 200;

        private readonly Http2Event _http = new Http2Event();
        private readonly RegisterAnswer _answer = new RegisterAnswer();
        private readonly byte[] _pollBody = new byte[ControlProtocol.MaxRequestBody];
        private readonly byte[] _updateBody = new byte[ControlProtocol.MaxRequestBody];
        private readonly byte[] _errorText = new byte[MaxErrorText];
        private readonly byte[] _newPrivate = new byte[KeyText.Length];
        private int _errorCount;
        private int _registerStream;
        private int _pollStream;
        private int _updateStream;
        private int _pingStream;
        private int _pollStatus;
        private int _updateStatus;
        private bool _registered;
        private bool _rotateFirst;
        private bool _rotatedNow;
        private bool _rotationJobDue;
        private int _rotationGeneration;
        private string _followUp;
        private bool _logout;

        private HostFacts _facts = new HostFacts();
        private bool _updateDue;
        private long _updateRetryAt = Output.Never;
        private bool _authorized;
        private bool _fullMapSeen;
        private string _lastPing;
        private string _retryAfter;
        private bool _selfExpired;
        private int _sleepMs;
        private bool _lockChanged;
        private bool _messageEnded;

        // Map data inside the Noise record's buffer, not yet read by the map stream.
        private byte[] _data;
        private int _dataAt;
        private int _dataLeft;

        /// <summary>What this host knows about itself has changed; control is told at once when a map is open.</summary>
        public int HandleHostFacts(HostFacts facts, long nowMs)
        {
            if (facts.SameAs(_facts)) return Output.None;
            _facts = facts;
            _updateDue = true;
            SendUpdate();
            return Output.Transmit;
        }

        /// <summary>Tell control that this node leaves (protocol.md 3.5); LoggedOut follows in any case.</summary>
        public int HandleLogout(long nowMs)
        {
            _logout = true;
            if (!_linkUp || ConfigurationError != null)
            {
                FinishLogout("There is no connection to control, so it still lists this node until its key expires.");
                return Output.Event;
            }
            if (_session.IsOpen && _state >= Opening)
            {
                CancelStreams();
                SendRegister(nowMs);
            }
            else if (_state == Idle || _state == Waiting) Connect(nowMs);
            return Output.Event | Output.Transmit;
        }

        private void FinishLogout(string error)
        {
            _logout = false;
            _registered = false;
            _followUp = null;
            _logoutError = error;
            _loggedOutDue = true;
            Show(ControlState.Idle, "Logged out.", null);
        }

        private void OnSessionOpen(long nowMs)
        {
            if (_logout || !(_rotateFirst || _registered)) SendRegister(nowMs);
            else if (_rotateFirst) BeginRotation(nowMs);
            else StartMap(nowMs);
        }

        private int Post(string path, byte[] body, int count)
        {
            return count < 0 ? -1 : _session.Http.Request(new Http2Request
            {
                Path = path, Authority = _url.Authority, Body = body, BodyCount = count,
                Fields = new[] { "content-type", "application/json", "ts-lb", KeyText.Format(KeyText.NodePublic, _identity.NodePublic) },
            });
        }

        private void SendRegister(long nowMs)
        {
            int count = ControlRequests.WriteRegister(_updateBody, _options, _identity, _logout ? null : _followUp, _logout);
            _registerStream = Post(ControlProtocol.RegisterPath, _updateBody, count);
            if (_registerStream < 0)
            {
                Lost(count < 0 ? "The registration does not fit into 4096 bytes; host name, tags and auth key are too long."
                    : "The control server takes no more requests on this connection.", count < 0 ? RefusedFloorMs : 0, nowMs);
                return;
            }
            if (_logout) Enter(LoggingOut, nowMs + ControlProtocol.LogoutTimeoutMs, "control does not confirm the logout");
            // The answer to a Followup comes when the user has logged in: hours are possible (protocol.md 3.4).
            else if (_followUp != null) Enter(Registering, Output.Never, "waiting for the login");
            else Enter(Registering, nowMs + ControlProtocol.RegisterTimeoutMs, "control does not answer the registration");
        }

        private void OnRegisterAnswer(int outcome, long nowMs)
        {
            if (_logout)
            {
                bool told = outcome >= RegisterAnswer.KeyExpired;
                FinishLogout(told ? null : "Control did not accept the logout: " + Describe());
                CloseConnection();
                Enter(Idle, Output.Never, "");
                return;
            }
            switch (outcome)
            {
                case RegisterAnswer.SlowDown:
                    Pause("The control server asks to slow down.", RetryAfterMs(), nowMs);
                    break;
                case RegisterAnswer.HttpError:
                case RegisterAnswer.Malformed:
                    Lost("The control server did not accept the registration: " + Describe(), RefusedFloorMs, nowMs);
                    break;
                case RegisterAnswer.Refused:
                    Lost(ControlState.Refused, "The control server refused this node: " + _answer.Text + ". Check the auth key.", RefusedFloorMs, nowMs);
                    break;
                case RegisterAnswer.TailnetLock:
                    Lost(ControlState.Refused, "The tailnet uses tailnet lock and wants this node's key signed again, which is not supported.",
                        RefusedFloorMs, nowMs);
                    break;
                case RegisterAnswer.KeyExpired:
                    _followUp = null;
                    if (_rotatedNow) Lost(ControlState.Refused, "The control server says that a new node key has expired already.", RefusedFloorMs, nowMs);
                    else BeginRotation(nowMs);
                    break;
                case RegisterAnswer.NeedsLogin:
                    OnLoginUrl(_answer.LoginUrl, nowMs);
                    break;
                default:
                    _registered = true;
                    _rotatedNow = false;
                    _followUp = null;
                    _authorized = _answer.Authorized;
                    StartMap(nowMs);
                    break;
            }
        }

        private string Describe()
        {
            if (_answer.Outcome == RegisterAnswer.Malformed) return "its answer is not valid JSON.";
            return "HTTP status " + _answer.Status.ToString() + (_answer.Text.Length > 0 ? ", " + _answer.Text : "") + ".";
        }

        private void OnLoginUrl(string url, long nowMs)
        {
            // The same page again means: not done yet. A pause, so that a server that does not hold the request is not hammered.
            if (url == _followUp)
            {
                Lost(ControlState.NeedsLogin, LoginText(url), RefusedFloorMs, nowMs);
                return;
            }
            _followUp = url;
            _backoff.Reset();
            Show(ControlState.NeedsLogin, LoginText(url), url);
            SendRegister(nowMs);
        }

        private static string LoginText(string url)
        {
            return "This node must be logged in: open " + url + " in a browser.";
        }

        private void Pause(string sentence, int delayMs, long nowMs)
        {
            CloseConnection();
            WaitFor(_wasConnected ? ControlState.Reconnecting : ControlState.Connecting, sentence, delayMs, nowMs);
        }

        // Retry-After in seconds; missing, a date, 0 or above an hour: 5 to 10 s by chance (protocol.md 3.2).
        private int RetryAfterMs()
        {
            int seconds = 0;
            string text = _retryAfter;
            for (int i = 0; text != null && i < text.Length; i++)
            {
                if (text[i] < '0' || text[i] > '9' || seconds > 3600)
                {
                    seconds = 0;
                    break;
                }
                seconds = seconds * 10 + text[i] - '0';
            }
            if (seconds > 0 && seconds <= 3600) return seconds * 1000;
            byte[] random = new byte[2];
            _entropy.Fill(random, 0, 2);
            return 5000 + ((random[0] << 8) | random[1]) % 5000;
        }

        private void BeginRotation(long nowMs)
        {
            _entropy.Fill(_newPrivate, 0, _newPrivate.Length);
            KeyText.Clamp(_newPrivate, 0);
            _rotationGeneration++;
            _rotationJobDue = true;
            Enter(Rotating, nowMs + ControlProtocol.RegisterTimeoutMs, "a new node key is computed");
        }

        private bool PollRotationJob(DhJob into)
        {
            if (!_rotationJobDue) return false;
            _rotationJobDue = false;
            into.Step = RotationStep;
            into.Generation = _rotationGeneration;
            into.BasePoint = true;
            into.Ok = false;
            System.Array.Copy(_newPrivate, into.Private, KeyText.Length);
            return true;
        }

        private int HandleRotationDone(DhJob job, long nowMs)
        {
            if (_state != Rotating || job.Generation != _rotationGeneration || !job.Ok) return Output.None;
            _identity.OldNodePublic = _identity.NodePublic;
            _identity.NodePublic = new byte[KeyText.Length];
            _identity.NodePrivate = new byte[KeyText.Length];
            System.Array.Copy(job.Result, _identity.NodePublic, KeyText.Length);
            System.Array.Copy(_newPrivate, _identity.NodePrivate, KeyText.Length);
            Native.Cipher.Wipe(_newPrivate, 0, _newPrivate.Length);
            Native.Cipher.Wipe(job.Private, 0, DhJob.KeyLength);
            _rotateFirst = false;
            _rotatedNow = true;
            _registered = false;
            _rotatedDue = true;
            SendRegister(nowMs);
            return Output.Event | Output.Transmit;
        }

        private void StartMap(long nowMs)
        {
            int count = ControlRequests.WriteMap(_pollBody, _options, _identity, _facts, true);
            _pollStream = Post(ControlProtocol.MapPath, _pollBody, count);
            if (_pollStream < 0)
            {
                Lost("The control server takes no more requests on this connection.", 0, nowMs);
                return;
            }
            _fullMapSeen = false;
            _pollStatus = 0;
            _errorCount = 0;
            _map.Begin();
            Enter(Mapping, nowMs + ControlProtocol.MapWatchdogMs, "control sends no map message");
            // SaaS and testcontrol ignore the facts of the poll, so they go out a second time as a lite update (protocol.md 4.1).
            _updateDue = true;
            SendUpdate();
        }

        private void SendUpdate()
        {
            if (!_updateDue || _state != Mapping || _updateStream > 0 || _updateRetryAt != Output.Never) return;
            int count = ControlRequests.WriteMap(_updateBody, _options, _identity, _facts, false);
            int stream = Post(ControlProtocol.MapPath, _updateBody, count);
            if (stream < 0) return;
            _updateStream = stream;
            _updateStatus = 0;
            _updateDue = false;
        }

        private void OnHttp(Http2Event happened, long nowMs)
        {
            switch (happened.Kind)
            {
                case Http2Event.Response: OnResponse(happened); break;
                case Http2Event.Data: OnData(happened); break;
                case Http2Event.End: OnEnd(happened.Stream, nowMs); break;
                case Http2Event.Reset: OnReset(happened.Stream, happened.Code, nowMs); break;
            }
        }

        private void OnResponse(Http2Event happened)
        {
            if (happened.Stream == _registerStream)
            {
                _retryAfter = happened.RetryAfter;
                _answer.Begin(happened.Status);
            }
            else if (happened.Stream == _pollStream) _pollStatus = happened.Status;
            else if (happened.Stream == _updateStream) _updateStatus = happened.Status;
        }

        private void OnData(Http2Event happened)
        {
            if (happened.Stream == _pollStream && _pollStatus == 200)
            {
                // Given back only when the map stream has read it: a full consumer stops the server.
                _data = happened.Buffer;
                _dataAt = happened.Offset;
                _dataLeft = happened.Count;
                return;
            }
            if (happened.Stream == _registerStream) _answer.Handle(happened.Buffer, happened.Offset, happened.Count);
            else if (happened.Stream == _pollStream)
            {
                for (int i = 0; i < happened.Count && _errorCount < MaxErrorText; i++) _errorText[_errorCount++] = happened.Buffer[happened.Offset + i];
            }
            _session.Http.Consume(happened.Stream, happened.Count);
        }

        private void OnEnd(int stream, long nowMs)
        {
            if (stream == _registerStream)
            {
                _registerStream = 0;
                OnRegisterAnswer(_answer.Finish(), nowMs);
            }
            else if (stream == _pollStream) OnPollEnd(nowMs);
            else if (stream == _updateStream)
            {
                _updateStream = 0;
                if (_updateStatus == 404) ForgetRegistration(nowMs);
                else if (_updateStatus != 200) RetryUpdate(nowMs);
                else SendUpdate();
            }
            else if (stream == _pingStream) _pingStream = 0;
        }

        private void OnPollEnd(long nowMs)
        {
            if (_pollStatus == 404) ForgetRegistration(nowMs);
            else if (_pollStatus == 200) Lost("The control server ended the map stream.", 0, nowMs);
            else
            {
                while (_errorCount > 0 && _errorText[_errorCount - 1] <= 32) _errorCount--;
                string text = AsciiText.ToText(_errorText, 0, _errorCount);
                Lost("The control server refused the map with HTTP status " + _pollStatus.ToString() + (text.Length > 0 ? ": " + text : "") + ".",
                    0, nowMs);
            }
        }

        // 404 "node not found": deleted by the admin, or the machine key does not match (protocol.md 4.2).
        private void ForgetRegistration(long nowMs)
        {
            _registered = false;
            Lost("The control server does not know this node any more; it will be registered again.", 0, nowMs);
        }

        private void OnReset(int stream, int code, long nowMs)
        {
            if (stream == _registerStream || stream == _pollStream)
                Lost("The control server broke off the request (" + Http2Error.Text(code) + ").", 0, nowMs);
            else if (stream == _updateStream)
            {
                _updateStream = 0;
                RetryUpdate(nowMs);
            }
            else if (stream == _pingStream) _pingStream = 0;
        }

        private void RetryUpdate(long nowMs)
        {
            _updateDue = true;
            _updateRetryAt = nowMs + UpdateRetryMs;
        }

        // True while the map stream has an event that nobody has taken.
        private bool HandleMapData(long nowMs)
        {
            int output = _map.Handle(_data, _dataAt, _dataLeft, nowMs);
            int read = _map.Consumed;
            _dataAt += read;
            _dataLeft -= read;
            if (read > 0) _session.Http.Consume(_pollStream, read);
            if ((output & Output.Event) != 0) return true;
            if (_map.Failure == MapFailure.None || _state != Mapping) return false;
            _dataLeft = 0;
            Lost("Control sent " + MapFailure.Text(_map.Failure) + ".", RefusedFloorMs, nowMs);
            return false;
        }

        private bool PollMapFact(ControlEvent into)
        {
            while (_map.PollEvent(into.Map))
            {
                if (!OnMapEvent(into.Map)) continue;
                into.Kind = ControlEvent.MapFact;
                return true;
            }
            if (EventBit() == 0) return false;
            return PollEvent(into);
        }

        // True when the event is for the actors; the others concern the connection.
        private bool OnMapEvent(MapEvent fact)
        {
            switch (fact.Kind)
            {
                case MapEvent.Self:
                    _authorized = fact.Row.MachineAuthorized;
                    _selfExpired = fact.Row.Expired;
                    if (_fullMapSeen) ShowMapState();
                    return true;
                case MapEvent.Ping:
                    AnswerPing(fact);
                    return false;
                case MapEvent.OpenUrl:
                    Show(_shownState, "Control asks to open " + fact.Text, fact.Text);
                    return false;
                case MapEvent.TailnetLock:
                    OnTailnetLock(fact.Flag);
                    return false;
                case MapEvent.Sleep:
                    _sleepMs = (int)fact.Value;
                    return false;
                case MapEvent.MessageEnd:
                    OnMessageEnd(fact.Flag);
                    return false;
                default:
                    return true;
            }
        }

        private void OnMessageEnd(bool keepAlive)
        {
            _messageEnded = true;
            if (keepAlive) return;
            if (!_fullMapSeen)
            {
                _fullMapSeen = true;
                _wasConnected = true;
                // Back-off starts again from a full map (protocol.md 4.5).
                _backoff.Reset();
            }
            ShowMapState();
        }

        private void ShowMapState()
        {
            if (_state != Mapping) return;
            if (!_authorized) Show(ControlState.NeedsApproval, "This node is registered but waits for the approval of an administrator.", null);
            else if (_map.Locked)
                Show(ControlState.Connected, "Connected, but the tailnet uses tailnet lock, which is not supported: no peer is accepted.", null);
            else if (_map.Overflowed > 0)
                Show(ControlState.Connected, "Connected, but the tailnet has more peers than this node can track; the others are ignored.", null);
            else Show(ControlState.Connected, "Connected to " + _options.ControlUrl + ".", null);
        }

        private void OnTailnetLock(bool on)
        {
            // Off again: the peers that were refused must be read anew.
            _lockChanged = !on;
            if (_fullMapSeen) ShowMapState();
        }

        /// <summary>After the events of a message were taken: what they mean for the connection. The actor calls it once they are all
        /// delivered.</summary>
        public int HandleEventsTaken(long nowMs)
        {
            if (_state != Mapping) return Output.None;
            if (_messageEnded)
            {
                _messageEnded = false;
                _deadline = nowMs + ControlProtocol.MapWatchdogMs;
            }
            if (_sleepMs > 0)
            {
                int pause = _sleepMs;
                _sleepMs = 0;
                Pause("The control server asked for a pause.", pause, nowMs);
                return Output.Event;
            }
            if (_lockChanged)
            {
                _lockChanged = false;
                Lost("Tailnet lock was switched off; the map is read again.", 0, nowMs);
                return Output.Event;
            }
            if (!_selfExpired || !_fullMapSeen) return Output.None;
            _selfExpired = false;
            _registered = false;
            _rotateFirst = true;
            Lost("This node's key has expired; a new one will be registered.", 0, nowMs);
            return Output.Event;
        }

        // HEAD over Noise (protocol.md 4.9). Plain HTTP pings and c2n are a later issue: see README.
        private void AnswerPing(MapEvent ping)
        {
            if (!ping.Flag || ping.Types.Length > 0 || ping.Text == _lastPing || _pingStream > 0 || _state != Mapping) return;
            _lastPing = ping.Text;
            int scheme = ping.Text.IndexOf("://");
            int slash = ping.Text.IndexOf('/', scheme < 0 ? 0 : scheme + 3);
            if (slash < 0 || ping.Text.Length - slash > 512) return;
            int stream = _session.Http.Request(new Http2Request { Method = "HEAD", Path = ping.Text.Substring(slash), Authority = _url.Authority });
            if (stream > 0) _pingStream = stream;
        }

        private void OnWatchdog(long nowMs)
        {
            // Our own slow consumer is no reason to drop the server.
            if (_dataLeft > 0) _deadline = nowMs + 10000;
            else Lost("The control server sent nothing for 120 s.", 0, nowMs);
        }

        private void CancelStreams()
        {
            if (_registerStream > 0) _session.Http.Cancel(_registerStream);
            if (_pollStream > 0) _session.Http.Cancel(_pollStream);
            if (_updateStream > 0) _session.Http.Cancel(_updateStream);
            if (_pingStream > 0) _session.Http.Cancel(_pingStream);
            ForgetStreams();
        }

        private void ForgetStreams()
        {
            _registerStream = 0;
            _pollStream = 0;
            _updateStream = 0;
            _pingStream = 0;
            _dataLeft = 0;
            _updateRetryAt = Output.Never;
            _rotationJobDue = false;
            _messageEnded = false;
            // The data that the map stream was reading belongs to a connection that is gone.
            _map.Begin();
        }
    }
}
