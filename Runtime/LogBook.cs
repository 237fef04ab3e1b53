namespace MicroLink.Runtime
{
    /// <summary>All logs of a system: levels by source, the sink, and a ring of the last lines for status pages. Thread-safe.</summary>
    public sealed class LogBook
    {
        private readonly object _gate = new object();
        private readonly IClock _clock;
        private readonly string[] _lines;
        private int _written;
        private Log[] _logs = new Log[16];
        private int _count;
        private int _level = LogLevel.Info;

        /// <summary>Null: lines only go to the ring.</summary>
        public ILogSink Sink;

        internal LogBook(IClock clock, int lines)
        {
            _clock = clock;
            _lines = new string[lines];
        }

        /// <summary>A log for a source that is no actor, such as a driver. The same source gives the same log.</summary>
        public Log For(string source)
        {
            lock (_gate)
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
            lock (_gate)
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

        /// <summary>The last lines, oldest first: "12.345 info  relay: connected".</summary>
        public string[] LastLines()
        {
            lock (_gate)
            {
                int count = _written < _lines.Length ? _written : _lines.Length;
                string[] lines = new string[count];
                for (int i = 0; i < count; i++) lines[i] = _lines[(_written - count + i) % _lines.Length];
                return lines;
            }
        }

        /// <summary>The form of a line in the ring; sinks use it too.</summary>
        public static string Format(long nowMs, int level, string source, string text)
        {
            string millis = (nowMs % 1000 + 1000).ToString().Substring(1);
            string name = LogLevel.Name(level);
            if (name.Length < 5) name += " ";
            return (nowMs / 1000).ToString() + "." + millis + " " + name + " " + source + ": " + text;
        }

        internal void Write(int level, string source, string text)
        {
            long nowMs = _clock.NowMs;
            lock (_gate)
            {
                _lines[_written % _lines.Length] = Format(nowMs, level, source, text);
                if (++_written == 2 * _lines.Length) _written = _lines.Length;
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
