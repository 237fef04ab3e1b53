namespace MicroLink.Runtime
{
    /// <summary>
    /// Counts the failures of one actor within a sliding window (Erlang's intensity and period). Once the limit was passed it stays passed
    /// until the actor has run for a whole window, so that a broken actor is not tried quickly again each time the window moves on.
    /// </summary>
    internal sealed class RestartWindow
    {
        private readonly int _limit;
        private readonly int _windowMs;
        private readonly long[] _times;
        private int _count;
        private bool _passed;

        internal RestartWindow(int limit, int windowMs)
        {
            _limit = limit;
            _windowMs = windowMs;
            _times = new long[limit + 1];
        }

        /// <summary>Notes a failure; returns its number in the window, at most limit + 1 (= the limit is passed).</summary>
        internal int Record(long startedMs, long nowMs)
        {
            if (_passed && nowMs - startedMs >= _windowMs)
            {
                _passed = false;
                _count = 0;
            }
            if (_passed) return _limit + 1;

            int kept = 0;
            for (int i = 0; i < _count; i++)
            {
                if (nowMs - _times[i] < _windowMs) _times[kept++] = _times[i];
            }
            _times[kept++] = nowMs;
            _count = kept;
            _passed = kept > _limit;
            return kept;
        }
    }
}
