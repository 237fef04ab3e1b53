using System;
using MicroLink.Runtime;

namespace MicroLink.Tests.Device
{
    /// <summary>Milliseconds since the machine started; also the stopwatch of the benchmarks.</summary>
    internal sealed class TickClock : IClock
    {
        public long NowMs { get { return Environment.TickCount64; } }
    }
}
