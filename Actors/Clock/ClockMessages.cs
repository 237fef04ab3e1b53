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
        /// <summary>
        /// Not Trusted: add to NowMs to get the date by which certificates are judged, from time servers; 0 = not known. Not to be used for
        /// anything else.
        /// </summary>
        public readonly long DateOffsetMs;

        /// <summary>Certificates can be judged in full.</summary>
        public bool HasDate { get { return Trusted || DateOffsetMs != 0; } }

        public WallClockChanged(long offsetMs, bool trusted, string source) : this(offsetMs, trusted, source, 0)
        {
        }

        public WallClockChanged(long offsetMs, bool trusted, string source, long stampFloorMs, long dateOffsetMs = 0)
        {
            DateOffsetMs = dateOffsetMs;
            OffsetMs = offsetMs;
            Trusted = trusted;
            Source = source;
            StampFloorMs = stampFloorMs;
        }
    }

    /// <summary>To the node: why certificates cannot be judged by their dates, one plain sentence; null = they can be.</summary>
    public sealed class ClockTrouble : Message
    {
        public readonly string Text;
        public ClockTrouble(string text) { Text = text; }
    }

    /// <summary>The clock actor's own timer: compare with the host's clock.</summary>
    public sealed class ClockCheck : Message
    {
        public static readonly ClockCheck Instance = new ClockCheck();
        private ClockCheck() { }
    }
}
