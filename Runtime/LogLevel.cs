namespace MicroLink.Runtime
{
    public static class LogLevel
    {
        public const int Debug = 0, Info = 1, Warning = 2, Error = 3, Off = 4;

        /// <summary>Five letters at most, for columns.</summary>
        public static string Name(int level)
        {
            switch (level)
            {
                case Debug: return "debug";
                case Info: return "info";
                case Warning: return "warn";
                case Error: return "error";
                default: return "off";
            }
        }
    }
}
