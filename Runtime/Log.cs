namespace MicroLink.Runtime
{
    /// <summary>
    /// The log of one source (an actor or a driver). Ask IsEnabled before building a text. Never log secrets, and nothing above Debug about
    /// bytes of a peer that has not been authenticated.
    /// </summary>
    public sealed class Log
    {
        private readonly LogBook _book;
        public readonly string Source;

        /// <summary>Lines below this level are not written. May be set at any time.</summary>
        public int Level;

        internal Log(LogBook book, string source, int level)
        {
            _book = book;
            Source = source;
            Level = level;
        }

        public bool IsEnabled(int level) { return level >= Level; }

        public void Debug(string text) { Write(LogLevel.Debug, text); }

        public void Info(string text) { Write(LogLevel.Info, text); }

        public void Warning(string text) { Write(LogLevel.Warning, text); }

        public void Error(string text) { Write(LogLevel.Error, text); }

        public void Write(int level, string text)
        {
            if (level >= Level) _book.Write(level, Source, text);
        }
    }
}
