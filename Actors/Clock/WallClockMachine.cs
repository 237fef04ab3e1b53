using MicroLink.Bytes;

namespace MicroLink.Clock
{
    /// <summary>
    /// Which wall clock to believe (design section 8). Three sources, best first: the host's clock, control's ControlTime, the floor that
    /// the store kept. Dates (certificates, key expiry) follow the believed source; handshake time stamps (TAI64N) in addition never fall
    /// below the stored floor, because a peer drops every initiation whose stamp is not greater than the last one (protocol.md 8.3).
    /// </summary>
    /// <remarks>
    /// The floor is written ahead: it lies up to <see cref="ReserveMs"/> above every stamp given out, so that it needs to be written only
    /// when the stamps come within <see cref="RenewMs"/> of it, and a power loss between two writes costs nothing.
    /// </remarks>
    public sealed class WallClockMachine
    {
        /// <summary>2026-01-01T00:00:00Z. No clock that is right shows less: older than this source code.</summary>
        public const long EarliestMs = 1767225600000L;
        /// <summary>2100-01-01T00:00:00Z.</summary>
        public const long LatestMs = 4102444800000L;
        public const int ReserveMs = 30 * 60000;
        public const int RenewMs = 10 * 60000;
        /// <summary>How far a right clock may be set back.</summary>
        public const int BackMs = 10 * 60000;
        /// <summary>How often the host's clock is compared with what was told last.</summary>
        public const int CheckMs = 30000;
        /// <summary>A smaller difference to what was told last is not news.</summary>
        public const int NewsMs = 1000;

        /// <summary>Sources, worst first.</summary>
        public const int SourceStore = 0, SourceControl = 1, SourceHost = 2;

        private long _floorMs;
        private long _seenMs;
        private long _offsetMs;
        private int _source;
        private bool _told;
        private bool _changed;
        private bool _floorDue;
        private long _deadline = Output.Never;

        // What control said last, as an offset; control counts only while the host has no believable clock.
        private long _controlOffsetMs;
        private bool _controlKnown;

        /// <summary>Add to NowMs to get Unix milliseconds.</summary>
        public long OffsetMs { get { return _offsetMs; } }

        /// <summary>False while neither the host nor control has said the time.</summary>
        public bool Trusted { get { return _source != SourceStore; } }

        public int Source { get { return _source; } }

        /// <summary>
        /// While not trusted: what time servers say, for the dates of certificates only, because nobody vouches for it. Add to NowMs to get
        /// Unix milliseconds; 0 = not known. Stamps, floors and key expiry never see it.
        /// </summary>
        public long DateOffsetMs { get; private set; }

        /// <summary>Every handshake time stamp must be above this; 0 = no floor. It is the stored value as of the last start.</summary>
        public long StampFloorMs { get; private set; }

        /// <summary>To be persisted, both numbers together, when <see cref="TakeFloor"/> is true.</summary>
        public long FloorMs { get { return _floorMs; } }

        /// <summary>The latest trusted wall time that is persisted: the proof that a clock showing less is wrong. 0 = none yet.</summary>
        public long SeenMs { get { return _seenMs; } }

        /// <summary>Control time minus our time, ms; 0 while unknown. For health: more than a minute is worth a sentence.</summary>
        public long ControlSkewMs { get { return _controlKnown ? _controlOffsetMs - _offsetMs : 0; } }

        public long Deadline { get { return _deadline; } }

        public string DeadlineReason { get { return "host clock check due"; } }

        /// <summary>First input, with the two persisted numbers (0 = nothing stored; values out of range count as 0).</summary>
        public int HandleStart(long storedFloorMs, long storedSeenMs, long hostUnixMs, long nowMs)
        {
            StampFloorMs = InRange(storedFloorMs) ? storedFloorMs : 0;
            _floorMs = StampFloorMs;
            _seenMs = InRange(storedSeenMs) ? storedSeenMs : 0;
            if (!IsPlausible(hostUnixMs)) Believe(SourceStore, (_seenMs != 0 ? _seenMs : EarliestMs) - nowMs);
            return HandleHostClock(hostUnixMs, nowMs);
        }

        /// <summary>
        /// The host's clock was read; 0 when there is none. To be called at the deadline, and whenever it may have been set. A host clock
        /// that stops being plausible is not followed: the last believed one runs on.
        /// </summary>
        public int HandleHostClock(long hostUnixMs, long nowMs)
        {
            _deadline = nowMs + CheckMs;
            if (IsPlausible(hostUnixMs)) Believe(SourceHost, hostUnixMs - nowMs);
            return RenewFloor(nowMs) | Output.Deadline;
        }

        /// <summary>
        /// ControlTime of a map response. Values outside 2026..2100 or before a time already seen are ignored: Tailscale's testcontrol
        /// always says August 2020 (protocol.md 12.3), and a server must not be able to wear out our stamps with the year 9999.
        /// </summary>
        public int HandleControlTime(long unixMs, long nowMs)
        {
            if (!IsPlausible(unixMs)) return Output.None;
            _controlOffsetMs = unixMs - nowMs;
            _controlKnown = true;
            if (_source == SourceHost) return Output.None;
            Believe(SourceControl, _controlOffsetMs);
            return RenewFloor(nowMs);
        }

        /// <summary>The time servers' word, of use only while there is no better one. False: a time that cannot be.</summary>
        public bool HandleTimeServers(long offsetMs, long nowMs)
        {
            if (!IsPlausible(nowMs + offsetMs)) return false;
            if (Trusted) return true;
            DateOffsetMs = offsetMs;
            _changed = true;
            return true;
        }

        /// <summary>True once after each change of OffsetMs, DateOffsetMs, Trusted or Source that is worth telling.</summary>
        public bool TakeChange()
        {
            bool changed = _changed;
            _changed = false;
            return changed;
        }

        /// <summary>True once each time FloorMs must be persisted.</summary>
        public bool TakeFloor()
        {
            bool due = _floorDue;
            _floorDue = false;
            return due;
        }

        /// <summary>Within the known limits, and not more than BackMs (a correction by NTP) before a time that was already seen.</summary>
        private bool IsPlausible(long unixMs)
        {
            return InRange(unixMs) && unixMs >= _seenMs - BackMs;
        }

        internal static bool InRange(long unixMs)
        {
            return unixMs >= EarliestMs && unixMs < LatestMs;
        }

        private void Believe(int source, long offsetMs)
        {
            long change = offsetMs - _offsetMs;
            if (_told && source == _source && change < NewsMs && change > -NewsMs) return;
            _told = true;
            _changed = true;
            _source = source;
            _offsetMs = offsetMs;
            if (Trusted) DateOffsetMs = 0;
        }

        private int RenewFloor(long nowMs)
        {
            long wallMs = nowMs + _offsetMs;
            long stampMs = wallMs < StampFloorMs ? StampFloorMs : wallMs;
            if (stampMs + RenewMs > _floorMs)
            {
                _floorMs = stampMs + ReserveMs;
                if (Trusted && wallMs > _seenMs) _seenMs = wallMs;
                _floorDue = true;
            }
            return _changed || _floorDue ? Output.Event : Output.None;
        }
    }
}
