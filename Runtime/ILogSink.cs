namespace MicroLink.Runtime
{
    /// <summary>Where log lines go: console, file, nanoFramework's ILogger. Called on the thread that logs, one line at a time.</summary>
    public interface ILogSink
    {
        void Write(long nowMs, int level, string source, string text);
    }
}
