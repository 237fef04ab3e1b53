using System;
using System.Diagnostics;
using MicroLink.Runtime;

namespace MicroLink.Drivers.Desktop
{
    /// <summary>
    /// Monotonic milliseconds from CLOCK_MONOTONIC: the same base as the native pump's clock (native/port/linux), so that activity
    /// stamps written by native code compare with the kernel's NowMs. (Environment.TickCount64 counts suspended time and would not.)
    /// </summary>
    public sealed class DesktopClock : IClock
    {
        public long NowMs
        {
            // Stopwatch counts nanoseconds of CLOCK_MONOTONIC on Linux; dividing the ticks first keeps the value exact.
            get { return Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1000); }
        }

        /// <summary>The same clock in microseconds: NodeDrivers.Micros.</summary>
        public static long NowMicros()
        {
            return Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1000000);
        }
    }

    /// <summary>The wall clock of this host.</summary>
    public sealed class SystemWallClock : IWallClock
    {
        public long UnixMs
        {
            get { return DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(); }
        }
    }
}
