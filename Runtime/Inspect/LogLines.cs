namespace MicroLink.Runtime
{
    /// <summary>The lines of a <see cref="LogBook"/> as text.</summary>
    public static class LogLines
    {
        /// <summary>The last lines, oldest first: "12.345 info  relay: connected".</summary>
        public static string[] LastLines(this LogBook book)
        {
            lock (book.Gate)
            {
                int size = book.Texts.Length;
                int count = book.Written < size ? book.Written : size;
                string[] lines = new string[count];
                for (int i = 0; i < count; i++)
                {
                    int at = (book.Written - count + i) % size;
                    lines[i] = Format(book.Times[at], book.Levels[at], book.Sources[at], book.Texts[at]);
                }
                return lines;
            }
        }

        /// <summary>The form of a line; sinks use it too.</summary>
        public static string Format(long nowMs, int level, string source, string text)
        {
            string millis = (nowMs % 1000 + 1000).ToString().Substring(1);
            string name = LevelName(level);
            if (name.Length < 5) name += " ";
            return (nowMs / 1000).ToString() + "." + millis + " " + name + " " + source + ": " + text;
        }

        /// <summary>Five letters at most, for columns.</summary>
        public static string LevelName(int level)
        {
            switch (level)
            {
                case LogLevel.Debug: return "debug";
                case LogLevel.Info: return "info";
                case LogLevel.Warning: return "warn";
                case LogLevel.Error: return "error";
                default: return "off";
            }
        }
    }
}
