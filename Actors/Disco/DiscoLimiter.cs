using MicroLink.Bytes;

namespace MicroLink.Disco
{
    /// <summary>
    /// How much one sender may make us do. DISCO packets: 50 a second, 100 at once (our choice; a peer that pings 24 addresses of ours and
    /// calls us maybe sends some 30). Opening one costs a Poly1305 and answering one a box, so a known peer that has gone mad must not cost us
    /// more than that. The key in a packet is readable and proves nothing, so a sender is a key and where it came from: a stranger who has seen
    /// the key does not use up the peer's share. A fixed table, one bucket for several senders when they meet.
    /// </summary>
    public sealed class DiscoLimiter
    {
        public const int PerSecond = 50, Burst = 100;
        private const int Rows = 64, SourceLength = 18;

        private readonly int _perSecond, _burst;
        private readonly int[] _millis = new int[Rows];         // thousandths of a packet that may still come
        private readonly long[] _filledMs = new long[Rows];

        public DiscoLimiter(int perSecond, int burst)
        {
            _perSecond = perSecond;
            _burst = burst;
            for (int row = 0; row < Rows; row++)
            {
                _millis[row] = _burst * 1000;
                _filledMs[row] = long.MinValue / 2;
            }
        }

        /// <summary>What was not done.</summary>
        public long Refused { get; private set; }

        /// <summary>May a packet of this disco key (32 bytes) be opened now? It came from the endpoint, or by relay from the node key, whose
        /// first 18 bytes are at <paramref name="source"/> of the same record.</summary>
        public bool Allow(byte[] record, int key, int source, long nowMs)
        {
            uint sum = ByteOrder.LoadU32LE(record, key);
            for (int i = 0; i < SourceLength; i++) sum = sum * 31 + record[source + i];
            return Take((int)(sum % Rows), nowMs);
        }

        /// <summary>May this peer have one more thing done?</summary>
        public bool Allow(long peer, long nowMs) { return Take((int)(peer & (Rows - 1)), nowMs); }

        private bool Take(int row, long nowMs)
        {
            long gained = (nowMs - _filledMs[row]) * _perSecond;
            _filledMs[row] = nowMs;
            _millis[row] = gained + _millis[row] > _burst * 1000 ? _burst * 1000 : _millis[row] + (int)gained;
            if (_millis[row] < 1000)
            {
                Refused++;
                return false;
            }
            _millis[row] -= 1000;
            return true;
        }
    }
}
