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
        /// <summary>
        /// Unix ms. Every TAI64N stamp of a handshake must be above it, whatever OffsetMs says (protocol.md 8.3); 0 = no floor.
        /// </summary>
        public readonly long StampFloorMs;

        public WallClockChanged(long offsetMs, bool trusted, string source) : this(offsetMs, trusted, source, 0)
        {
        }

        public WallClockChanged(long offsetMs, bool trusted, string source, long stampFloorMs)
        {
            OffsetMs = offsetMs;
            Trusted = trusted;
            Source = source;
            StampFloorMs = stampFloorMs;
        }
    }

    /// <summary>The clock actor's own timer: compare with the host's clock.</summary>
    public sealed class ClockCheck : Message
    {
        public static readonly ClockCheck Instance = new ClockCheck();
        private ClockCheck() { }
    }
}
