namespace MicroLink.NetIo
{
    /// <summary>
    /// The pings inside the tunnel that wait for an answer, at most <see cref="Capacity"/>. A ping is repeated every second until it is
    /// answered or its time is over; the token's low byte is the number of the attempt, so that an answer is timed from its own question.
    /// </summary>
    public sealed class InnerPingTable
    {
        public const int Capacity = 16;
        private const int RepeatMs = 1000, NotSentRepeatMs = 200, AttemptsTimed = 8;

        private readonly int[] _tokens = new int[Capacity];         // 0 = free; the low byte is 0
        private readonly int[] _attempts = new int[Capacity];
        private readonly long[] _nextMs = new long[Capacity];
        private readonly long[] _endMs = new long[Capacity];
        private readonly long[] _sentMicros = new long[Capacity * AttemptsTimed];

        /// <summary>Takes an entry, or returns -1 when all are taken. The first attempt is due at once.</summary>
        public int Add(int random, long nowMs, int timeoutMs)
        {
            for (int i = 0; i < Capacity; i++)
            {
                if (_tokens[i] != 0) continue;
                _tokens[i] = random & ~0xff;
                if (_tokens[i] == 0) _tokens[i] = 0x100;
                _attempts[i] = 0;
                _nextMs[i] = nowMs;
                _endMs[i] = nowMs + timeoutMs;
                return i;
            }
            return -1;
        }

        public bool IsUsed(int entry) { return _tokens[entry] != 0; }

        public bool IsOver(int entry, long nowMs) { return nowMs >= _endMs[entry]; }

        public bool IsDue(int entry, long nowMs) { return nowMs >= _nextMs[entry]; }

        /// <summary>The token of the attempt that is to be sent now.</summary>
        public int Token(int entry) { return _tokens[entry] | _attempts[entry] % AttemptsTimed; }

        public void Sent(int entry, bool sent, long nowMs, long nowMicros)
        {
            _nextMs[entry] = nowMs + (sent ? RepeatMs : NotSentRepeatMs);
            if (!sent) return;
            _sentMicros[entry * AttemptsTimed + _attempts[entry] % AttemptsTimed] = nowMicros;
            _attempts[entry]++;
        }

        /// <summary>The entry that an answer belongs to and when its question was sent; -1 = none.</summary>
        public int Match(int token, out long sentMicros)
        {
            sentMicros = 0;
            int attempt = token & 0xff;
            for (int i = 0; i < Capacity; i++)
            {
                if (_tokens[i] == 0 || _tokens[i] != (token & ~0xff) || attempt >= AttemptsTimed || attempt >= _attempts[i]) continue;
                sentMicros = _sentMicros[i * AttemptsTimed + attempt];
                return i;
            }
            return -1;
        }

        public void Remove(int entry) { _tokens[entry] = 0; }

        /// <summary>When something is due: an attempt or the end of a ping. Never (long.MaxValue) when the table is empty.</summary>
        public long Deadline
        {
            get
            {
                long next = long.MaxValue;
                for (int i = 0; i < Capacity; i++)
                {
                    if (_tokens[i] == 0) continue;
                    if (_nextMs[i] < next) next = _nextMs[i];
                    if (_endMs[i] < next) next = _endMs[i];
                }
                return next;
            }
        }
    }
}
