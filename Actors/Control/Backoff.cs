using MicroLink.Drivers;

namespace MicroLink.Control
{
    /// <summary>
    /// Growing delays that never end (protocol.md 3.5): the n-th failure in a row waits min(n^2 * 10 ms, max) x random [0.5, 1.5).
    /// </summary>
    public sealed class Backoff
    {
        private const int StepMs = 10;

        private readonly IEntropy _entropy;
        private readonly int _maxMs;
        private readonly byte[] _random = new byte[2];

        public Backoff(IEntropy entropy, int maxMs)
        {
            _entropy = entropy;
            _maxMs = maxMs;
        }

        /// <summary>Failures in a row.</summary>
        public int Failures { get; private set; }

        public void Reset()
        {
            Failures = 0;
        }

        /// <summary>One more failure: how long to wait, at least <paramref name="floorMs"/> before the random factor.</summary>
        public int Next(int floorMs)
        {
            if (Failures < 10000) Failures++;
            int delay = Failures * Failures * StepMs;
            if (delay < floorMs) delay = floorMs;
            if (delay > _maxMs) delay = _maxMs;
            _entropy.Fill(_random, 0, 2);
            int factor = 512 + (((_random[0] << 8) | _random[1]) & 1023);
            return (int)((long)delay * factor / 1024);
        }
    }
}
