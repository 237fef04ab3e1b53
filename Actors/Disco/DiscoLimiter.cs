using MicroLink.Bytes;

namespace MicroLink.Disco
{
    /// <summary>
    /// How many DISCO packets one sender may have opened: 50 a second, 100 at once (our choice; a peer that pings 24 addresses of ours and
    /// calls us maybe sends some 30). Opening one costs a Poly1305 and answering one a box, so a known peer that has gone mad must not cost us
    /// more than that. A fixed table, one bucket for several senders when their keys meet.
    /// </summary>
    public sealed class DiscoLimiter
    {
        public const int PerSecond = 50, Burst = 100;
        private const int Rows = 64;

        private readonly int[] _millis = new int[Rows];         // thousandths of a packet that may still come
        private readonly long[] _filledMs = new long[Rows];

        public DiscoLimiter()
        {
            for (int row = 0; row < Rows; row++)
            {
                _millis[row] = Burst * 1000;
                _filledMs[row] = long.MinValue / 2;
            }
        }

        /// <summary>Packets that were not opened.</summary>
        public long Refused { get; private set; }

        /// <summary>May a packet of this disco key (32 bytes) be opened now?</summary>
        public bool Allow(byte[] key, int offset, long nowMs)
        {
            int row = (int)(ByteOrder.LoadU32LE(key, offset) % Rows);
            long gained = (nowMs - _filledMs[row]) * PerSecond;
            _filledMs[row] = nowMs;
            _millis[row] = gained + _millis[row] > Burst * 1000 ? Burst * 1000 : _millis[row] + (int)gained;
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
