using MicroLink.Runtime;

namespace MicroLink.Clock
{
    /// <summary>Wall clock and its trust (design section 8), from the clock actor to whoever needs dates.</summary>
    public sealed class WallClockChanged : Message
    {
        /// <summary>Add to the kernel's NowMs to get Unix milliseconds.</summary>
        public readonly long OffsetMs;
        public readonly bool Trusted;
        /// <summary>"host", "control", "store".</summary>
        public readonly string Source;
        public WallClockChanged(long offsetMs, bool trusted, string source) { OffsetMs = offsetMs; Trusted = trusted; Source = source; }
    }
}
