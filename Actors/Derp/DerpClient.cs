using System;
using MicroLink.Bytes;
using MicroLink.Drivers;
using MicroLink.Http1;
using MicroLink.Native;

namespace MicroLink.Derp
{
    /// <summary>
    /// The client side of one DERP connection (protocol.md 5.1 to 5.4), without its packets: those go between the byte stream and the
    /// native framer, which hands every other frame to <see cref="HandleFrame"/>.
    /// <code>
    ///  Idle --Start--> Upgrading --101--> AwaitServerKey --ServerKey--> Sharing --X25519--> AwaitServerInfo --ServerInfo--> Up
    ///                                                                      (ClientInfo, NotePreferred go out here)
    ///  any --bad answer, wrong frame, 120 s of silence--> Failed (FailureText says why)
    /// </code>
    /// </summary>
    public sealed class DerpClient
    {
        public const int Idle = 0, Upgrading = 1, AwaitServerKey = 2, Sharing = 3, AwaitServerInfo = 4, Up = 5, Failed = 6;

        // From the specification (5.1, 5.3, 5.4).
        public const int HelloMs = 10000;
        public const int ReadTimeoutMs = 120000;
        /// <summary>"Client may ping after a network change: 3-5 s timeout: reconnect" (5.4).</summary>
        public const int PongTimeoutMs = 3000;

        /// <summary>Our choice: a health text longer than this is cut.</summary>
        private const int MaxHealthText = 200;
        private const int MaxHostLength = 253;

        private readonly byte[] _nodePrivate, _nodePublic;
        private readonly IEntropy _entropy;
        private readonly Http1Upgrade _upgrade = new Http1Upgrade("DERP");
        private readonly byte[] _serverKey = new byte[DerpWire.KeyLength];
        private readonly byte[] _shared = new byte[DerpWire.KeyLength];

        private readonly byte[] _pong = new byte[DerpWire.PingLength];
        private readonly byte[] _ping = new byte[DerpWire.PingLength];
        private long _pingMs, _pongDeadline = Output.Never;
        private readonly byte[] _goneKey = new byte[DerpWire.KeyLength];
        private string _host;
        private bool _preferred;
        private bool _requestDue, _jobDue, _infoDue, _preferredDue, _pongDue, _pingDue;
        private bool _upgradedNews, _readyNews, _goneNews, _restartNews, _pongNews;
        private string _healthNews;
        private int _goneReason, _reconnectInMs, _tryForMs, _latencyMs;
        private readonly DerpServerInfo _info = new DerpServerInfo();
        private int _generation;
        private long _deadline = Output.Never;

        public DerpClient(byte[] nodePrivate, byte[] nodePublic, IEntropy entropy)
        {
            _nodePrivate = nodePrivate;
            _nodePublic = nodePublic;
            _entropy = entropy;
        }

        public int State { get; private set; }

        /// <summary>Why the connection must be closed, as one plain sentence; null while it is fine.</summary>
        public string FailureText { get; private set; }

        /// <summary>Bytes of the last HandleStream block that were HTTP; the rest is for the framer.</summary>
        public int Consumed { get { return _upgrade.Consumed; } }

        /// <summary>A stream is open. <paramref name="port"/> goes into the Host header unless it is 443 (5.1).</summary>
        public int HandleStart(string host, int port, bool preferred, long nowMs)
        {
            Reset();
            if (!IsHost(host)) return Fail("the relay map names a host that is no host name");
            string name = host.IndexOf(':') >= 0 && host[0] != '[' ? "[" + host + "]" : host;
            _host = port == 443 ? name : name + ":" + port.ToString();
            _preferred = preferred;
            _requestDue = true;
            State = Upgrading;
            _deadline = nowMs + HelloMs;
            return Output.Transmit | Output.Deadline;
        }

        /// <summary>Bytes while Upgrading. After the Upgraded event the actor gives the rest, and all later bytes, to the framer.</summary>
        public int HandleStream(byte[] buffer, int offset, int count, long nowMs)
        {
            if (State != Upgrading) return Output.None;
            switch (_upgrade.Handle(buffer, offset, count))
            {
                case Http1Upgrade.NeedMore:
                    return Output.None;
                case Http1Upgrade.Upgraded:
                    State = AwaitServerKey;
                    _upgradedNews = true;
                    _upgrade.Reset();
                    return Output.Event;
                case Http1Upgrade.Refused:
                    return Fail("the server is no relay: it answered HTTP " + _upgrade.Status.ToString() + " to the DERP upgrade");
                default:
                    return Fail("the server is no relay: " + Http1Failure.Text(_upgrade.Failure));
            }
        }

        /// <summary>Bytes arrived for the framer: the connection is alive ("read timeout: 120 s with no frame", 5.4).</summary>
        public int HandleTraffic(long nowMs)
        {
            if (State != Up) return Output.None;
            _deadline = nowMs + ReadTimeoutMs;
            return Output.Deadline;
        }

        /// <summary>One frame that is no packet. "Skip unknown types" (5.2).</summary>
        public int HandleFrame(int type, byte[] payload, int offset, int count, long nowMs)
        {
            if (State < AwaitServerKey || State == Failed) return Output.None;
            if (State == AwaitServerKey) return HandleServerKey(type, payload, offset, count);
            switch (type)
            {
                case DerpWire.ServerInfo: return HandleServerInfo(payload, offset, count, nowMs);
                case DerpWire.Ping: return HandlePing(payload, offset, count);
                case DerpWire.Pong: return HandlePong(payload, offset, count, nowMs);
                case DerpWire.PeerGone: return HandlePeerGone(payload, offset, count);
                case DerpWire.Health:
                    _healthNews = AsciiText.ToText(payload, offset, count < MaxHealthText ? count : MaxHealthText);
                    return Output.Event;
                case DerpWire.Restarting:
                    if (count < 8) return Output.None;
                    _reconnectInMs = Milliseconds(payload, offset);
                    _tryForMs = Milliseconds(payload, offset + 4);
                    _restartNews = true;
                    return Output.Event;
                default:
                    return Output.None;
            }
        }

        public int HandleJobDone(DhJob job, long nowMs)
        {
            if (State != Sharing || job.Generation != _generation) return Output.None;
            if (!job.Ok) return Fail("the relay's key is worthless (a point of low order)");
            Cipher.BoxDeriveNm(job.Result, 0, _shared, 0);
            Cipher.Wipe(job.Result, 0, DhJob.KeyLength);
            Cipher.Wipe(job.Private, 0, DhJob.KeyLength);
            State = AwaitServerInfo;
            _infoDue = true;
            _preferredDue = _preferred;
            return Output.Transmit;
        }

        /// <summary>This region became, or is no longer, our home: NotePreferred (5.3), for the server's statistics.</summary>
        public int HandlePreferred(bool preferred)
        {
            bool changed = preferred != _preferred;
            _preferred = preferred;
            if (!changed || (State != AwaitServerInfo && State != Up)) return Output.None;
            _preferredDue = true;
            return Output.Transmit;
        }

        /// <summary>Our network changed and the connection may be dead without knowing: a ping shows it within 3 s.</summary>
        public int HandleNetworkChanged(long nowMs)
        {
            if (State != Up) return Output.None;
            _entropy.Fill(_ping, 0, DerpWire.PingLength);
            _pingDue = true;
            _pingMs = nowMs;
            _pongDeadline = nowMs + PongTimeoutMs;
            return Output.Transmit | Output.Deadline;
        }

        public int HandleTimeout(long nowMs)
        {
            if (nowMs >= _pongDeadline) return Fail("the relay did not answer a ping within 3 s after our network changed");
            if (nowMs < _deadline) return Output.None;
            if (State == Up) return Fail("the relay was silent for 120 s");
            return Fail(State == Upgrading ? "the relay did not answer the DERP upgrade within 10 s" : "the relay did not finish its hello within 10 s");
        }

        public long Deadline { get { return _pongDeadline < _deadline ? _pongDeadline : _deadline; } }

        public string DeadlineReason { get { return _pongDeadline < _deadline ? "relay pong" : State == Up ? "relay read timeout" : "relay hello"; } }

        /// <summary>The upgrade request; its length, or 0 when there is nothing to send as plain bytes.</summary>
        public int PollTransmit(byte[] into, int offset)
        {
            if (!_requestDue) return 0;
            _requestDue = false;
            return Http1Request.WriteUpgrade(into, offset, "GET", "/derp", _host, "DERP", "");
        }

        /// <summary>The next control frame for the framer, in the order the server must see them.</summary>
        public bool PollFrame(DerpFrame into)
        {
            if (_infoDue)
            {
                _infoDue = false;
                into.Type = DerpWire.ClientInfo;
                into.Count = DerpWire.WriteClientInfo(into.Payload, 0, _nodePublic, _shared, _entropy);
                return true;
            }
            if (_preferredDue)
            {
                _preferredDue = false;
                into.Type = DerpWire.NotePreferred;
                into.Payload[0] = (byte)(_preferred ? 1 : 0);
                into.Count = 1;
                return true;
            }
            if (_pingDue)
            {
                _pingDue = false;
                into.Type = DerpWire.Ping;
                Array.Copy(_ping, 0, into.Payload, 0, DerpWire.PingLength);
                into.Count = DerpWire.PingLength;
                return true;
            }
            if (!_pongDue) return false;
            _pongDue = false;
            into.Type = DerpWire.Pong;
            Array.Copy(_pong, 0, into.Payload, 0, DerpWire.PingLength);
            into.Count = DerpWire.PingLength;
            return true;
        }

        public bool PollJob(DhJob into)
        {
            if (!_jobDue) return false;
            _jobDue = false;
            Array.Copy(_nodePrivate, 0, into.Private, 0, DhJob.KeyLength);
            Array.Copy(_serverKey, 0, into.Public, 0, DhJob.KeyLength);
            into.BasePoint = false;
            into.Generation = _generation;
            return true;
        }

        public bool PollEvent(DerpEvent into)
        {
            into.Kind = 0;
            if (_upgradedNews) { _upgradedNews = false; into.Kind = DerpEvent.Upgraded; }
            else if (_readyNews)
            {
                _readyNews = false;
                into.Kind = DerpEvent.Ready;
                into.BytesPerSecond = _info.BytesPerSecond;
                into.BurstBytes = _info.BurstBytes;
            }
            else if (_pongNews) { _pongNews = false; into.Kind = DerpEvent.Ponged; into.LatencyMs = _latencyMs; }
            else if (_healthNews != null) { into.Kind = DerpEvent.Health; into.Text = _healthNews; _healthNews = null; }
            else if (_goneNews)
            {
                _goneNews = false;
                into.Kind = DerpEvent.PeerGone;
                into.Reason = _goneReason;
                Array.Copy(_goneKey, 0, into.Key, 0, DerpWire.KeyLength);
            }
            else if (_restartNews)
            {
                _restartNews = false;
                into.Kind = DerpEvent.Restarting;
                into.ReconnectInMs = _reconnectInMs;
                into.TryForMs = _tryForMs;
            }
            return into.Kind != 0;
        }

        /// <summary>"Server first: ServerKey (payload at least 40)" (5.3). Anything else here is not a relay.</summary>
        private int HandleServerKey(int type, byte[] payload, int offset, int count)
        {
            int key = type == DerpWire.ServerKey ? DerpWire.ReadServerKey(payload, offset, count) : -1;
            if (key < 0) return Fail("the relay's first frame is not a server key");
            Array.Copy(payload, key, _serverKey, 0, DerpWire.KeyLength);
            State = Sharing;
            _generation++;
            _jobDue = true;
            return Output.Job;
        }

        private int HandleServerInfo(byte[] payload, int offset, int count, long nowMs)
        {
            if (State != AwaitServerInfo) return Output.None;
            int length = DerpWire.OpenInfo(payload, offset, count, _shared);
            if (length < 0) return Fail("the relay's server info does not fit its key");
            _info.Read(payload, offset + DerpWire.InfoOffset, length);
            State = Up;
            _readyNews = true;
            _deadline = nowMs + ReadTimeoutMs;
            return Output.Event | Output.Deadline;
        }

        /// <summary>"Reply to Ping with Pong promptly" (5.4). A burst of pings gets one pong: the last.</summary>
        private int HandlePing(byte[] payload, int offset, int count)
        {
            if (count < DerpWire.PingLength || State != Up) return Output.None;
            Array.Copy(payload, offset, _pong, 0, DerpWire.PingLength);
            _pongDue = true;
            return Output.Transmit;
        }

        private int HandlePong(byte[] payload, int offset, int count, long nowMs)
        {
            if (_pongDeadline == Output.Never || count < DerpWire.PingLength) return Output.None;
            for (int i = 0; i < DerpWire.PingLength; i++)
            {
                if (payload[offset + i] != _ping[i]) return Output.None;
            }
            _pongDeadline = Output.Never;
            _latencyMs = (int)(nowMs - _pingMs);
            _pongNews = true;
            return Output.Event | Output.Deadline;
        }

        private int HandlePeerGone(byte[] payload, int offset, int count)
        {
            if (count < DerpWire.KeyLength) return Output.None;
            Array.Copy(payload, offset, _goneKey, 0, DerpWire.KeyLength);
            _goneReason = count > DerpWire.KeyLength ? payload[offset + DerpWire.KeyLength] : DerpWire.GoneDisconnected;
            _goneNews = true;
            return Output.Event;
        }

        private int Fail(string text)
        {
            State = Failed;
            FailureText = text;
            _deadline = _pongDeadline = Output.Never;
            Cipher.Wipe(_shared, 0, DerpWire.KeyLength);
            return Output.Failed | Output.Deadline;
        }

        private void Reset()
        {
            State = Idle;
            FailureText = null;
            _upgrade.Reset();
            _generation++;
            _requestDue = _jobDue = _infoDue = _preferredDue = _pongDue = _pingDue = false;
            _upgradedNews = _readyNews = _goneNews = _restartNews = _pongNews = false;
            _healthNews = null;
            _deadline = _pongDeadline = Output.Never;
        }

        /// <summary>The name goes into a request line, so nothing else than a host name or an address may be in it.</summary>
        private static bool IsHost(string host)
        {
            if (host == null || host.Length == 0 || host.Length > MaxHostLength) return false;
            for (int i = 0; i < host.Length; i++)
            {
                char c = host[i];
                bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
                    || c == '.' || c == '-' || c == '_' || c == ':' || c == '[' || c == ']';
                if (!fine) return false;
            }
            return true;
        }

        /// <summary>A u32 of milliseconds, at most an hour: a server must not be able to send us away for 49 days.</summary>
        private static int Milliseconds(byte[] payload, int offset)
        {
            uint value = ByteOrder.LoadU32BE(payload, offset);
            return value > 3600000 ? 3600000 : (int)value;
        }
    }
}
