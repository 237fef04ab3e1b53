using MicroLink.Bytes;
using MicroLink.Http2;

namespace MicroLink.Control
{
    /// <summary>The requests on the connection: register, poll, lite update, ping; and what their answers mean.</summary>
    public sealed partial class ControlClient
    {
        private const int UpdateRetryMs = 5000, MaxErrorText = 200, MaxSides = 3;

        private readonly Http2Event _http = new Http2Event();
        private readonly byte[] _errorText = new byte[MaxErrorText];
        private int _errorCount;
        private int _pollStream;
        private int _updateStream;
        /// <summary>Answers to pings: their responses are read and forgotten.</summary>
        private readonly int[] _sides = new int[MaxSides];
        private int _pollStatus;
        private long _mapStartMs;
        private int _updateStatus;

        private HostFacts _facts = new HostFacts();
        private bool _updateDue;
        private long _updateRetryAt = Output.Never;

        /// <summary>Answers to pings that could not be sent, for status.</summary>
        public int DroppedAnswers { get; private set; }

        /// <summary>What this host knows about itself has changed; control is told at once when a map is open.</summary>
        public int HandleHostFacts(HostFacts facts, long nowMs)
        {
            if (facts.SameAs(_facts)) return Output.None;
            _facts = facts;
            _updateDue = true;
            SendUpdate();
            return Output.Transmit;
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

        private void StartMap(long nowMs)
        {
            byte[] body = new byte[ControlProtocol.MaxRequestBody];
            int count = ControlRequests.WriteMap(body, _options, _identity, _facts, true);
            _pollStream = Post(ControlProtocol.MapPath, body, count);
            if (_pollStream < 0)
            {
                Lost(NoRequestText(count), count < 0 ? RefusedFloorMs : 0, nowMs);
                return;
            }
            _fullMapSeen = false;
            _mapStartMs = nowMs;
            _pollStatus = 0;
            _errorCount = 0;
            _map.Begin();
            Enter(Mapping, nowMs + ControlProtocol.MapWatchdogMs, "control sends no map message");
            // SaaS and testcontrol ignore the facts of the poll, so they go out a second time as a lite update (protocol.md 4.1).
            _updateDue = true;
            SendUpdate();
        }

        private static string NoRequestText(int bodyCount)
        {
            return bodyCount < 0 ? "A request to control does not fit into 4096 bytes; host name, tags and auth key are too long."
                : "The control server takes no more requests on this connection.";
        }

        private void SendUpdate()
        {
            if (!_updateDue || _state != Mapping || _updateStream > 0 || _updateRetryAt != Output.Never) return;
            byte[] body = new byte[ControlProtocol.MaxRequestBody];
            int stream = Post(ControlProtocol.MapPath, body, ControlRequests.WriteMap(body, _options, _identity, _facts, false));
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
                // Nothing more can be asked on this connection, and the poll will not live long.
                case Http2Event.GoAway: Lost("The control server is closing the connection.", 0, nowMs); break;
            }
        }

        private void OnResponse(Http2Event happened)
        {
            if (happened.Stream == _registerStream)
            {
                _retryAfter = happened.RetryAfter;
                _answerDate = happened.Date;
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
                for (int i = 0; i < happened.Count && _errorCount < MaxErrorText; i++)
                    _errorText[_errorCount++] = happened.Buffer[happened.Offset + i];
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
            else EndSide(stream);
        }

        private void OnPollEnd(long nowMs)
        {
            if (_pollStatus == 404) ForgetRegistration(nowMs);
            else if (_pollStatus == 200)
                Lost("The control server ended the map stream.", nowMs - _mapStartMs < ControlProtocol.ShortPollMs ? 1000 : 0, nowMs);
            else
            {
                while (_errorCount > 0 && _errorText[_errorCount - 1] <= 32) _errorCount--;
                string text = AsciiText.ToText(_errorText, 0, _errorCount);
                // testcontrol says 400 where others say 404 (protocol.md 4.2).
                if (_pollStatus == 400 && text.IndexOf("node not found") >= 0)
                {
                    ForgetRegistration(nowMs);
                    return;
                }
                if (text.Length > 0) text = ": " + text;
                Lost("The control server refused the map with HTTP status " + _pollStatus.ToString() + text + ".", 0, nowMs);
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
            else EndSide(stream);
        }

        private void Side(Http2Request request)
        {
            int free = 0;
            while (free < MaxSides && _sides[free] > 0) free++;
            int stream = free == MaxSides ? -1 : _session.Http.Request(request);
            if (stream > 0) _sides[free] = stream;
            else DroppedAnswers++;
        }

        private void EndSide(int stream)
        {
            for (int i = 0; i < MaxSides; i++)
            {
                if (_sides[i] == stream) _sides[i] = 0;
            }
        }

        private void RetryUpdate(long nowMs)
        {
            _updateDue = true;
            _updateRetryAt = nowMs + UpdateRetryMs;
        }

        private void CancelStreams()
        {
            if (_registerStream > 0) _session.Http.Cancel(_registerStream);
            if (_pollStream > 0) _session.Http.Cancel(_pollStream);
            if (_updateStream > 0) _session.Http.Cancel(_updateStream);
            for (int i = 0; i < MaxSides; i++)
            {
                if (_sides[i] > 0) _session.Http.Cancel(_sides[i]);
            }
            ForgetStreams();
        }

        private void ForgetStreams()
        {
            _registerStream = 0;
            _pollStream = 0;
            _updateStream = 0;
            for (int i = 0; i < MaxSides; i++) _sides[i] = 0;
            _dataLeft = 0;
            _updateRetryAt = Output.Never;
            _rotationJobDue = false;
            // The data that the map stream was reading belongs to a connection that is gone.
            _map.Begin();
        }
    }
}
