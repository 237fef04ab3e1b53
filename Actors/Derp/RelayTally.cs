namespace MicroLink.Derp
{
    /// <summary>
    /// What went through each relay region since the start: packed columns, counted where the bytes pass. A region beyond
    /// <see cref="Capacity"/> takes the row of the one that was silent longest.
    /// </summary>
    public sealed class RelayTally
    {
        public const int Capacity = 32;
        public const int NotMeasured = -1;

        private readonly int[] _regions = new int[Capacity];
        private readonly long[] _received = new long[Capacity];
        private readonly long[] _sent = new long[Capacity];
        private readonly long[] _packetsIn = new long[Capacity];
        private readonly long[] _packetsOut = new long[Capacity];
        private readonly long[] _packetsDropped = new long[Capacity];
        private readonly int[] _connects = new int[Capacity];
        private readonly int[] _failures = new int[Capacity];
        private readonly string[] _lastErrors = new string[Capacity];
        private readonly int[] _pongMs = new int[Capacity];
        private readonly long[] _upSinceMs = new long[Capacity];
        private readonly int[] _turns = new int[Capacity];
        private int _turn;

        public void Received(int region, int bytes) { _received[Take(region)] += bytes; }

        public void Sent(int region, int bytes) { _sent[Take(region)] += bytes; }

        /// <summary>Packets of peers, not control frames; a negative count is an error of the framer and counts nothing.</summary>
        public void ReceivedPackets(int region, int packets) { if (packets > 0) _packetsIn[Take(region)] += packets; }

        public void SentPackets(int region, int packets, int dropped)
        {
            if (packets > 0) _packetsOut[Take(region)] += packets;
            if (dropped > 0) _packetsDropped[Take(region)] += dropped;
        }

        public void Connected(int region, long nowMs)
        {
            int row = Take(region);
            _connects[row]++;
            _upSinceMs[row] = nowMs;
        }

        /// <summary>A connection broke, or could not be made, for this reason.</summary>
        public void Failed(int region, string reason)
        {
            int row = Take(region);
            _lastErrors[row] = reason;
            _failures[row]++;
            _upSinceMs[row] = 0;
        }

        public void Closed(int region) { _upSinceMs[Take(region)] = 0; }

        /// <summary>The relay answered a ping of ours.</summary>
        public void Pong(int region, int ms) { _pongMs[Take(region)] = ms; }

        public long ReceivedBytes(int region) { return _received[Take(region)]; }
        public long SentBytes(int region) { return _sent[Take(region)]; }
        public long PacketsIn(int region) { return _packetsIn[Take(region)]; }
        public long PacketsOut(int region) { return _packetsOut[Take(region)]; }
        /// <summary>By our own full queue to that relay, oldest first.</summary>
        public long PacketsDropped(int region) { return _packetsDropped[Take(region)]; }
        public int Connects(int region) { return _connects[Take(region)]; }
        public int Failures(int region) { return _failures[Take(region)]; }
        /// <summary>Why the last failure; stays when the connection is up again. Null = there was none.</summary>
        public string LastError(int region) { return _lastErrors[Take(region)]; }
        /// <summary>Of the last ping, or NotMeasured.</summary>
        public int PongMs(int region) { return _pongMs[Take(region)]; }
        /// <summary>0 = not connected.</summary>
        public long UpSinceMs(int region) { return _upSinceMs[Take(region)]; }

        private int Take(int region)
        {
            int oldest = 0;
            for (int row = 0; row < Capacity; row++)
            {
                if (_regions[row] == region)
                {
                    _turns[row] = ++_turn;
                    return row;
                }
                if (_turns[row] - _turns[oldest] < 0) oldest = row;
            }
            _regions[oldest] = region;
            _received[oldest] = _sent[oldest] = _upSinceMs[oldest] = 0;
            _packetsIn[oldest] = _packetsOut[oldest] = _packetsDropped[oldest] = 0;
            _connects[oldest] = _failures[oldest] = 0;
            _lastErrors[oldest] = null;
            _pongMs[oldest] = NotMeasured;
            _turns[oldest] = ++_turn;
            return oldest;
        }
    }
}
