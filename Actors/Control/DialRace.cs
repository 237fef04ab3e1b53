using MicroLink.Bytes;
using MicroLink.NetMap;

namespace MicroLink.Control
{
    /// <summary>
    /// Which connections to open to reach control, and when (protocol.md 2.2). Pure: it knows attempts by number and time as a number.
    /// <code>
    ///   candidates of the dial plan, each:   plain HTTP at its delay, HTTPS 500 ms later or as soon as plain HTTP has failed
    ///   all of them failed, or no plan:      the same with the name of the URL
    /// </code>
    /// HTTP or HTTPS is left out where its port is 0. The first connection is used; a second one that opens meanwhile is kept in reserve.
    /// </summary>
    public sealed class DialRace
    {
        public const int HttpsAfterMs = 500;
        /// <summary>Two for each candidate and two for the name.</summary>
        public const int MaxAttempts = 2 * ControlDialPlan.MaxCandidates + 2;

        private const int Unused = 0, Planned = 1, Due = 2, Dialling = 3, Open = 4, Failed = 5;
        private const int DialTimeoutMs = 10000;

        private readonly int[] _states = new int[MaxAttempts];
        private readonly long[] _startAtMs = new long[MaxAttempts];
        private readonly int[] _timeoutsMs = new int[MaxAttempts];
        private readonly string[] _addresses = new string[MaxAttempts];
        private readonly bool[] _tls = new bool[MaxAttempts];
        private ControlUrl _url;
        private int _httpPort;
        private int _httpsPort;
        private int _count;
        private int _nameFrom;
        private string _text;
        private bool _textIsOwn;

        /// <summary>Why it failed: the sentence of the URL's own scheme where there is one.</summary>
        public string Text { get { return _text; } }

        /// <summary>When the next attempt is to start, Output.Never when none waits for its time.</summary>
        public long Deadline
        {
            get
            {
                long next = Output.Never;
                for (int i = 0; i < _count; i++)
                {
                    if (_states[i] == Planned && _startAtMs[i] < next) next = _startAtMs[i];
                }
                return next;
            }
        }

        /// <summary>Some attempt is planned or under way.</summary>
        public bool HasMore
        {
            get
            {
                for (int i = 0; i < _count; i++)
                {
                    if (_states[i] >= Planned && _states[i] <= Open) return true;
                }
                return false;
            }
        }

        /// <summary>Longest time that the whole race may take: with a plan its slowest candidate and 5 s, 10 to 60 s.</summary>
        public int LimitMs { get; private set; }

        /// <summary>Exactly the URL: one attempt (for GET /key).</summary>
        public void BeginOne(ControlUrl url, long nowMs)
        {
            Clear(url, url.Tls ? 0 : url.Port, url.Tls ? url.Port : 0);
            AddTarget(null, nowMs, DialTimeoutMs);
            LimitMs = DialTimeoutMs + 5000;
        }

        /// <summary>The whole race. <paramref name="httpsOnly"/>: leave plain HTTP out where HTTPS is possible. Plan may be null.</summary>
        public void Begin(ControlUrl url, ControlDialPlan plan, bool httpsOnly, long nowMs)
        {
            Clear(url, httpsOnly && url.HttpsPort != 0 ? 0 : url.HttpPort, url.HttpsPort);
            int slowest = DialTimeoutMs;
            for (int i = 0; plan != null && i < plan.Count; i++)
            {
                int timeoutMs = plan.TimeoutsMs[i] > 0 ? plan.TimeoutsMs[i] : DialTimeoutMs;
                if (plan.DelaysMs[i] + timeoutMs > slowest) slowest = plan.DelaysMs[i] + timeoutMs;
                AddTarget(plan.Addresses[i], nowMs + plan.DelaysMs[i], timeoutMs);
            }
            _nameFrom = _count;
            AddTarget(null, _count == 0 ? nowMs : Output.Never, DialTimeoutMs);
            LimitMs = slowest + 5000 > 60000 ? 60000 : slowest + 5000;
        }

        /// <summary>Nothing is wanted any more.</summary>
        public void Stop()
        {
            _count = 0;
        }

        /// <summary>Attempts whose time has come become due.</summary>
        public void HandleTimeout(long nowMs)
        {
            for (int i = 0; i < _count; i++)
            {
                if (_states[i] == Planned && _startAtMs[i] <= nowMs) _states[i] = Due;
            }
        }

        public bool HasDue
        {
            get
            {
                for (int i = 0; i < _count; i++)
                {
                    if (_states[i] == Due) return true;
                }
                return false;
            }
        }

        /// <summary>The next attempt to dial now, or -1.</summary>
        public int PollDue()
        {
            for (int i = 0; i < _count; i++)
            {
                if (_states[i] != Due) continue;
                _states[i] = Dialling;
                return i;
            }
            return -1;
        }

        public bool IsTls(int attempt) { return _tls[attempt]; }

        /// <summary>The address to connect to, null = look the URL's host up.</summary>
        public string Address(int attempt) { return _addresses[attempt]; }

        public int Port(int attempt) { return _tls[attempt] ? _httpsPort : _httpPort; }

        public int TimeoutMs(int attempt) { return _timeoutsMs[attempt]; }

        /// <summary>True when the opened connection is wanted.</summary>
        public bool HandleOpened(int attempt)
        {
            if (attempt < 0 || attempt >= _count || _states[attempt] != Dialling) return false;
            _states[attempt] = Open;
            return true;
        }

        /// <summary>The dial, or what was done on the connection, has failed: what was to come behind it starts now.</summary>
        public void HandleFailed(int attempt, string text, long nowMs)
        {
            if (attempt < 0 || attempt >= _count || _states[attempt] == Failed) return;
            _states[attempt] = Failed;
            bool own = _tls[attempt] == _url.Tls;
            if (_text == null || (own && !_textIsOwn)) _text = text;
            _textIsOwn |= own;
            int next = attempt + 1;
            if (!_tls[attempt] && next < _count && _states[next] == Planned && _tls[next] && _startAtMs[next] != Output.Never)
                _states[next] = Due;
            for (int i = 0; i < _nameFrom; i++)
            {
                if (_states[i] != Failed) return;
            }
            StartName(nowMs);
        }

        private void StartName(long nowMs)
        {
            for (int i = _nameFrom, started = 0; i < _count; i++, started++)
            {
                if (_states[i] == Planned && _startAtMs[i] == Output.Never) _startAtMs[i] = nowMs + started * HttpsAfterMs;
            }
            HandleTimeout(nowMs);
        }

        private void Clear(ControlUrl url, int httpPort, int httpsPort)
        {
            _url = url;
            _httpPort = httpPort;
            _httpsPort = httpsPort;
            _count = 0;
            _nameFrom = 0;
            _text = null;
            _textIsOwn = false;
        }

        private void AddTarget(string address, long atMs, int timeoutMs)
        {
            if (_httpPort != 0)
            {
                Add(address, atMs, timeoutMs, false);
                if (atMs != Output.Never) atMs += HttpsAfterMs;
            }
            if (_httpsPort != 0) Add(address, atMs, timeoutMs, true);
        }

        private void Add(string address, long atMs, int timeoutMs, bool tls)
        {
            _states[_count] = Planned;
            _startAtMs[_count] = atMs;
            _timeoutsMs[_count] = timeoutMs;
            _addresses[_count] = address;
            _tls[_count++] = tls;
        }
    }
}
