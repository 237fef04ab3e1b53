using MicroLink.Bytes;
using MicroLink.Http1;

namespace MicroLink.Stun
{
    /// <summary>
    /// One question to a relay server by HTTP, after TCP (and TLS) is open (protocol.md 5.7): how long does an answer take, or: does somebody
    /// sit in the middle? Only the request is timed, not the connection.
    /// <code>
    ///  GET /derp/latency-check    any answer counts as one            GET /generate_204, X-Tailscale-Challenge: ts_HOST
    ///                                                                 -> 204, X-Tailscale-Response: response ts_HOST, else a login page
    /// </code>
    /// </summary>
    public sealed class HttpProbe
    {
        public const int Waits = 0, Answered = 1, Failed = 2;

        private readonly Http1Head _head = new Http1Head();
        private string _host, _challenge;
        private bool _portal, _requestDue;
        private long _askedMs;

        public int State { get; private set; }
        public int LatencyMs { get; private set; }
        /// <summary>Of a portal question: what answered is not the relay server.</summary>
        public bool IsPortal { get; private set; }

        /// <summary>The stream is open. <paramref name="portal"/>: ask for /generate_204 instead.</summary>
        public void Start(string host, int port, bool portal)
        {
            _challenge = "ts_" + (host.Length > 60 ? host.Substring(0, 60) : host);
            _host = port == 443 || port == 80 ? host : host + ":" + port.ToString();
            _portal = portal;
            _requestDue = true;
            _head.Reset();
            State = Waits;
            IsPortal = false;
        }

        public int PollTransmit(byte[] into, int offset, long nowMs)
        {
            if (!_requestDue) return 0;
            _requestDue = false;
            _askedMs = nowMs;
            return Http1Request.Write(into, offset, "GET", _portal ? "/generate_204" : "/derp/latency-check", _host,
                _portal ? "X-Tailscale-Challenge: " + _challenge + "\r\n" : "");
        }

        /// <summary>Bytes of the answer; true when the question is over.</summary>
        public bool Handle(byte[] buffer, int offset, int count, long nowMs)
        {
            if (State != Waits) return true;
            int result = _head.Handle(buffer, offset, count);
            if (result == Http1Head.NeedMore) return false;
            LatencyMs = (int)(nowMs - _askedMs);
            bool http = result == Http1Head.Complete;
            // "Response header X-Tailscale-Response: response <challenge>" (5.7): a page that says 204 to everything is found out too.
            if (_portal) IsPortal = !http || _head.Status != 204 || !_head.HeaderIs("x-tailscale-response", "response " + _challenge);
            State = http && (_portal || _head.Status == 200) ? Answered : Failed;
            _head.Reset();
            return true;
        }
    }
}
