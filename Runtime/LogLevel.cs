namespace MicroLink.Runtime
{
    public static class LogLevel
    {
        public const int Debug = 0, Info = 1, Warning = 2, Error = 3, Off = 4;
    }
}
