using MicroLink.Derp;
using MicroLink.NetMap;

namespace MicroLink.Stun
{
    /// <summary>
    /// Chooses the home relay from measured latencies, without jumping about (protocol.md 7.3). Everything that is sent to us by relay goes
    /// there, and peers learn of a change only through control, so a change must be worth it.
    /// </summary>
    public sealed class HomeChoice
    {
        // From the specification: "old - best < 10 ms, or best > 2/3 old: keep the old one"; "lowest best-of-last-5-min latency".
        private const int WorthMs = 10;
        private const int HistoryMs = 300000;
        /// <summary>
        /// Our choice: a home whose relay stays closed for this long gives way to the next best region, even if its STUN server answers, and
        /// is passed over for a minute, then two, then four, at most an hour. With no region left the round begins anew: it never ends.
        /// </summary>
        private const int HomeDownMs = 10000, AvoidMs = 60000, AvoidMaxMs = 3600000;
        public const int NotMeasured = -1;

        private readonly bool _allowInsecure;
        private DerpRegion[] _regions = new DerpRegion[0];
        private int[] _latencyMs = new int[0];
        /// <summary>Best latency in the current and in the previous half of the history.</summary>
        private int[] _best = new int[0], _bestBefore = new int[0];
        private long _halfStartMs;
        private bool[] _relayUp = new bool[0];
        private long _homeDownSinceMs = -1;
        private long[] _avoidUntilMs = new long[0];
        private int[] _avoidMs = new int[0];

        public HomeChoice(bool allowInsecure)
        {
            _allowInsecure = allowInsecure;
        }

        /// <summary>0 = none yet.</summary>
        public int Home { get; private set; }

        /// <summary>What control and peers may be told: a home becomes known once its relay is connected. 0 = none yet.</summary>
        public int Advertised { get; private set; }

        public int Count { get { return _regions.Length; } }
        public DerpRegion Region(int index) { return _regions[index]; }
        /// <summary>Of the last report, or NotMeasured.</summary>
        public int LatencyMs(int index) { return _latencyMs[index]; }

        /// <summary>A new map: measurements of regions that are still there are kept.</summary>
        public void SetMap(DerpMap map)
        {
            int count = map.Regions.Length;
            int[] latency = new int[count], best = new int[count], before = new int[count];
            bool[] up = new bool[count];
            long[] avoidUntil = new long[count];
            int[] avoid = new int[count];
            for (int i = 0; i < count; i++)
            {
                int old = IndexOf(map.Regions[i].Id);
                latency[i] = old < 0 ? NotMeasured : _latencyMs[old];
                best[i] = old < 0 ? NotMeasured : _best[old];
                before[i] = old < 0 ? NotMeasured : _bestBefore[old];
                up[i] = old >= 0 && _relayUp[old];
                avoidUntil[i] = old < 0 ? 0 : _avoidUntilMs[old];
                avoid[i] = old < 0 ? 0 : _avoidMs[old];
            }
            _regions = map.Regions;
            _latencyMs = latency;
            _best = best;
            _bestBefore = before;
            _relayUp = up;
            _avoidUntilMs = avoidUntil;
            _avoidMs = avoid;
            // With one region to choose there is nothing to measure: home is known at once.
            int only = OnlyUsable();
            if (only >= 0) Home = _regions[only].Id;
            else if (IndexOf(Home) < 0 || !IsUsable(IndexOf(Home))) Home = 0;
            Advertise();
        }

        public int IndexOf(int regionId)
        {
            for (int i = 0; i < _regions.Length; i++)
            {
                if (_regions[i].Id == regionId) return i;
            }
            return -1;
        }

        /// <summary>A report begins: forget the latencies of the last one (of these regions).</summary>
        public void Begin(long nowMs)
        {
            for (int i = 0; i < _latencyMs.Length; i++) _latencyMs[i] = NotMeasured;
            if (nowMs - _halfStartMs < HistoryMs / 2) return;
            _halfStartMs = nowMs;
            for (int i = 0; i < _best.Length; i++)
            {
                _bestBefore[i] = _best[i];
                _best[i] = NotMeasured;
            }
        }

        public void Measured(int index, int latencyMs)
        {
            _latencyMs[index] = Smaller(_latencyMs[index], latencyMs);
            _best[index] = Smaller(_best[index], latencyMs);
        }

        /// <summary>The relay connection of a region opened or closed.</summary>
        public void Relay(int region, bool up, long nowMs)
        {
            int index = IndexOf(region);
            if (index >= 0)
            {
                _relayUp[index] = up;
                if (up) _avoidUntilMs[index] = _avoidMs[index] = 0;
            }
            if (region == Home) _homeDownSinceMs = up ? -1 : _homeDownSinceMs < 0 ? nowMs : _homeDownSinceMs;
            Advertise();
        }

        /// <summary>Decides after a report. True when home changed.</summary>
        public bool Choose(long nowMs)
        {
            int old = Home;
            int current = IndexOf(Home);
            bool stuck = current >= 0 && !_relayUp[current] && _homeDownSinceMs >= 0 && nowMs - _homeDownSinceMs >= HomeDownMs;
            if (stuck) Avoid(current, nowMs);
            int best = -1;
            for (int i = 0; i < _regions.Length; i++)
            {
                bool possible = _latencyMs[i] != NotMeasured && IsUsable(i) && _avoidUntilMs[i] <= nowMs;
                if (possible && (best < 0 || Score(i) < Score(best))) best = i;
            }
            if (best < 0) ChooseBlind(current, stuck, nowMs);
            else if (current < 0 || stuck || !IsUsable(current) || !Keep(current, best)) Home = _regions[best].Id;
            if (Home != old) _homeDownSinceMs = nowMs;
            Advertise();
            return Home != old;
        }

        private void Avoid(int index, long nowMs)
        {
            int ms = _avoidMs[index] == 0 ? AvoidMs : 2 * _avoidMs[index];
            _avoidMs[index] = ms > AvoidMaxMs ? AvoidMaxMs : ms;
            _avoidUntilMs[index] = nowMs + _avoidMs[index];
            for (int i = 0; i < _regions.Length; i++)
            {
                if (IsUsable(i) && _avoidUntilMs[i] <= nowMs) return;
            }
            for (int i = 0; i < _regions.Length; i++)
            {
                if (i != index || OnlyUsable() >= 0) _avoidUntilMs[i] = 0;
            }
        }

        private void Advertise()
        {
            int home = IndexOf(Home);
            if (home >= 0 && _relayUp[home]) Advertised = Home;
            else if (IndexOf(Advertised) < 0) Advertised = 0;
        }

        /// <summary>"Keep the previous home if still reachable and either old - best is below 10 ms or best is above 2/3 old" (7.3).</summary>
        private bool Keep(int current, int best)
        {
            if (current == best) return true;
            bool reachable = _latencyMs[current] != NotMeasured || _relayUp[current];
            if (!reachable) return false;
            int old = History(current) == NotMeasured ? int.MaxValue : Score(current);
            if (old == int.MaxValue) return true;
            return old - Score(best) < WorthMs || Score(best) > old * 2 / 3;
        }

        /// <summary>
        /// "Nothing at all: keep or pick an arbitrary stable region" (7.3): UDP is blocked here, and the relay must work all the same. The
        /// lowest id first; a home that cannot be reached by TCP either gives way to the next.
        /// </summary>
        private void ChooseBlind(int current, bool stuck, long nowMs)
        {
            if (current >= 0 && IsUsable(current) && !stuck) return;
            int next = Lowest(stuck ? Home : 0, nowMs);
            if (next < 0) next = Lowest(0, nowMs);
            if (next < 0) next = current;
            Home = next < 0 ? 0 : _regions[next].Id;
        }

        /// <summary>The usable region, not passed over, with the lowest id above this one, or -1.</summary>
        private int Lowest(int above, long nowMs)
        {
            int lowest = -1;
            for (int i = 0; i < _regions.Length; i++)
            {
                bool possible = _regions[i].Id > above && IsUsable(i) && _avoidUntilMs[i] <= nowMs;
                if (possible && (lowest < 0 || _regions[i].Id < _regions[lowest].Id)) lowest = i;
            }
            return lowest;
        }

        private int OnlyUsable()
        {
            int only = -1;
            for (int i = 0; i < _regions.Length; i++)
            {
                if (!IsUsable(i)) continue;
                if (only >= 0) return -1;
                only = i;
            }
            return only;
        }

        private bool IsUsable(int index)
        {
            return !_regions[index].NoMeasureNoHome && DerpTargets.Refusal(_regions[index], _allowInsecure) == null;
        }

        private int Score(int index)
        {
            return (int)((long)History(index) * _regions[index].ScorePermille / 1000);
        }

        private int History(int index)
        {
            return Smaller(_best[index], _bestBefore[index]);
        }

        private static int Smaller(int a, int b)
        {
            if (a == NotMeasured) return b;
            return b == NotMeasured || a < b ? a : b;
        }
    }
}
