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
        private readonly int[] _connects = new int[Capacity];
        private readonly int[] _failures = new int[Capacity];
        private readonly int[] _pongMs = new int[Capacity];
        private readonly long[] _upSinceMs = new long[Capacity];
        private readonly int[] _turns = new int[Capacity];
        private int _turn;

        public void Received(int region, int bytes) { _received[Take(region)] += bytes; }

        public void Sent(int region, int bytes) { _sent[Take(region)] += bytes; }

        public void Connected(int region, long nowMs)
        {
            int row = Take(region);
            _connects[row]++;
            _upSinceMs[row] = nowMs;
        }

        /// <summary>A connection broke, or could not be made.</summary>
        public void Failed(int region)
        {
            int row = Take(region);
            _failures[row]++;
            _upSinceMs[row] = 0;
        }

        public void Closed(int region) { _upSinceMs[Take(region)] = 0; }

        /// <summary>The relay answered a ping of ours.</summary>
        public void Pong(int region, int ms) { _pongMs[Take(region)] = ms; }

        public long ReceivedBytes(int region) { return _received[Take(region)]; }
        public long SentBytes(int region) { return _sent[Take(region)]; }
        public int Connects(int region) { return _connects[Take(region)]; }
        public int Failures(int region) { return _failures[Take(region)]; }
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
            _connects[oldest] = _failures[oldest] = 0;
            _pongMs[oldest] = NotMeasured;
            _turns[oldest] = ++_turn;
            return oldest;
        }
    }
}
