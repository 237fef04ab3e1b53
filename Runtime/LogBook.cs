namespace MicroLink.Runtime
{
    /// <summary>All logs of a system: levels by source, the sink, and a ring of the last lines for status pages. Thread-safe.</summary>
    public sealed class LogBook
    {
        internal readonly object Gate = new object();
        private readonly IClock _clock;
        // The ring, in columns; lines are put together when somebody looks (Inspect/LogLines.cs).
        internal readonly long[] Times;
        internal readonly int[] Levels;
        internal readonly string[] Sources, Texts;
        internal int Written;
        private Log[] _logs = new Log[16];
        private int _count;
        private int _level = LogLevel.Info;

        /// <summary>Null: lines only go to the ring.</summary>
        public ILogSink Sink;

        internal LogBook(IClock clock, int lines)
        {
            _clock = clock;
            Times = new long[lines];
            Levels = new int[lines];
            Sources = new string[lines];
            Texts = new string[lines];
        }

        /// <summary>A log for a source that is no actor, such as a driver. The same source gives the same log.</summary>
        public Log For(string source)
        {
            lock (Gate)
            {
                Log log = Find(source);
                if (log != null) return log;
                if (_count == _logs.Length)
                {
                    Log[] larger = new Log[_count * 2];
                    System.Array.Copy(_logs, larger, _count);
                    _logs = larger;
                }
                log = new Log(this, source, _level);
                _logs[_count++] = log;
                return log;
            }
        }

        /// <summary>Sets the level of one source, of all when <paramref name="source"/> is null. False: no such source.</summary>
        public bool SetLevel(string source, int level)
        {
            lock (Gate)
            {
                if (source != null)
                {
                    Log log = Find(source);
                    if (log != null) log.Level = level;
                    return log != null;
                }
                _level = level;
                for (int i = 0; i < _count; i++) _logs[i].Level = level;
                return true;
            }
        }

        internal void Write(int level, string source, string text)
        {
            long nowMs = _clock.NowMs;
            lock (Gate)
            {
                int at = Written % Texts.Length;
                Times[at] = nowMs;
                Levels[at] = level;
                Sources[at] = source;
                Texts[at] = text;
                if (++Written == 2 * Texts.Length) Written = Texts.Length;
                if (Sink != null) Sink.Write(nowMs, level, source, text);
            }
        }

        private Log Find(string source)
        {
            for (int i = 0; i < _count; i++)
            {
                if (_logs[i].Source == source) return _logs[i];
            }
            return null;
        }
    }
}
