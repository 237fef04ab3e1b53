namespace MicroLink.WireGuard
{
    /// <summary>Wall time as far as WireGuard needs it: stamps of initiations and the expiry of peers' keys.</summary>
    public sealed class WireGuardClock
    {
        private readonly Tai64n _stamps = new Tai64n();
        private long _offsetMs;
        private bool _trusted;

        /// <summary>A wall clock has been named. Before that nothing is initiated: a stamp of 1970 is refused by all who remember us.</summary>
        public bool IsKnown { get; private set; }

        /// <summary>Unix time = offset + nowMs; every stamp will be above the floor (Unix ms, 0 = none).</summary>
        public void Set(long offsetMs, bool trusted, long floorMs)
        {
            IsKnown = true;
            _offsetMs = offsetMs;
            _trusted = trusted;
            _stamps.SetFloor(floorMs);
        }

        public void NextStamp(long nowMs, byte[] into, int offset)
        {
            _stamps.Next(nowMs + _offsetMs, into, offset);
        }

        /// <summary>Whether this Unix time has passed; never while the clock is not trusted. 0 = never.</summary>
        public bool HasPassed(long unixMs, long nowMs)
        {
            return unixMs != 0 && _trusted && nowMs + _offsetMs >= unixMs;
        }
    }
}
