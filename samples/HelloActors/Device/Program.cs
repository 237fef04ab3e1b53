using System;
using MicroLink.Runtime;

namespace MicroLink.Samples.HelloActors
{
    /// <summary>On a board: two actors, the log on the debug port, for ever.</summary>
    public static class Program
    {
        public static void Main()
        {
            ActorSystem system = new ActorSystem(new BoardClock(), 4, 16);
            system.Logs.Sink = new ConsoleSink();
            HelloGraph.Compose(system, "board").Start();
            system.RunForever();
        }

        private sealed class BoardClock : IClock
        {
            public long NowMs { get { return Environment.TickCount64; } }
        }

        private sealed class ConsoleSink : ILogSink
        {
            public void Write(long nowMs, int level, string source, string text)
            {
                Console.WriteLine(source + ": " + text);
            }
        }
    }
}
