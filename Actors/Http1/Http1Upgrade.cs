namespace MicroLink.Http1
{
    /// <summary>
    /// The client side of an HTTP/1.1 upgrade: /ts2021 with "tailscale-control-protocol" (protocol.md 2.1), /derp with "DERP" (5.1).
    /// Write the request with <see cref="Http1Request.WriteUpgrade"/>; give every received byte to <see cref="Handle"/> until it says
    /// Upgraded; the bytes from <see cref="Consumed"/> on belong to the new protocol and must not be lost.
    /// </summary>
    public sealed class Http1Upgrade
    {
        public const int NeedMore = 0, Upgraded = 1, Refused = 2, Failed = -1;

        private readonly string _protocol;
        private readonly Http1Head _head;

        /// <summary><paramref name="protocol"/>: the value the 101 must carry in its Upgrade header, case aside.</summary>
        public Http1Upgrade(string protocol)
        {
            _protocol = protocol;
            _head = new Http1Head();
        }

        public int Consumed { get { return _head.Consumed; } }
        /// <summary>The status of the answer, 0 before there is one.</summary>
        public int Status { get { return _head.Status; } }
        /// <summary>A value of <see cref="Http1Failure"/>.</summary>
        public int Failure { get { return _head.Failure; } }
        public Http1Head Head { get { return _head; } }

        public void Reset()
        {
            _head.Reset();
        }

        /// <summary>Returns NeedMore, Upgraded, Refused (a complete answer that is not this upgrade) or Failed.</summary>
        public int Handle(byte[] buffer, int offset, int count)
        {
            int result = _head.Handle(buffer, offset, count);
            if (result == Http1Head.NeedMore) return NeedMore;
            if (result == Http1Head.Failed) return Failed;
            return _head.Status == 101 && _head.HeaderIs("upgrade", _protocol) ? Upgraded : Refused;
        }
    }
}
