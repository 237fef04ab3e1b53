using MicroLink.Derp;
using MicroLink.Json;
using MicroLink.NetMap;

namespace MicroLink.Node
{
    /// <summary>The relay connections as status shows them: region, up or not, why.</summary>
    internal sealed class RelayTable
    {
        private readonly int[] _regions;
        private readonly bool[] _up;
        private readonly string[] _reasons;
        private readonly string[] _health;
        private int _count;

        public RelayTable(int capacity)
        {
            _regions = new int[capacity];
            _up = new bool[capacity];
            _reasons = new string[capacity];
            _health = new string[capacity];
        }

        /// <summary>When the table is full the first entry that is not up makes room; the pool never has more open than we can list.</summary>
        public void Set(int region, bool up, string reason)
        {
            int at = Row(region);
            _up[at] = up;
            _reasons[at] = reason;
            if (!up) _health[at] = null;
        }

        /// <summary>A Health frame: empty text means healthy again (protocol.md 5.4).</summary>
        public void Says(int region, string text)
        {
            _health[Row(region)] = text == null || text.Length == 0 ? null : text;
        }

        private int Row(int region)
        {
            int at = 0;
            while (at < _count && _regions[at] != region) at++;
            if (at < _count) return at;
            if (at == _regions.Length)
            {
                at = 0;
                while (at < _count - 1 && _up[at]) at++;
            }
            else
            {
                _count++;
            }
            _regions[at] = region;
            _up[at] = false;
            _reasons[at] = "not connected";
            _health[at] = null;
            return at;
        }

        public void Write(JsonWriter json, DerpMap map, int home, RelayTally tally, long nowMs)
        {
            json.BeginArray();
            for (int i = 0; i < _count; i++)
            {
                json.BeginObject();
                json.Field("region", _regions[i]);
                json.Field("code", Code(map, _regions[i]));
                json.Field("up", _up[i]);
                json.Field("reason", _reasons[i]);
                json.Field("home", _regions[i] == home);
                json.Field("rxBytes", tally.ReceivedBytes(_regions[i]));
                json.Field("txBytes", tally.SentBytes(_regions[i]));
                json.Field("rxPackets", tally.PacketsIn(_regions[i]));
                json.Field("txPackets", tally.PacketsOut(_regions[i]));
                json.Field("droppedPackets", tally.PacketsDropped(_regions[i]));
                json.Field("connects", tally.Connects(_regions[i]));
                json.Field("failures", tally.Failures(_regions[i]));
                json.Name("upSec");
                if (tally.UpSinceMs(_regions[i]) == 0) json.Null();
                else json.Number((nowMs - tally.UpSinceMs(_regions[i])) / 1000);
                json.Name("pongMs");
                if (tally.PongMs(_regions[i]) == RelayTally.NotMeasured) json.Null();
                else json.Number(tally.PongMs(_regions[i]));
                string error = tally.LastError(_regions[i]);
                if (error != null) json.Field("lastError", error);
                if (_health[i] != null) json.Field("health", _health[i]);
                json.EndObject();
            }
            json.EndArray();
        }

        public void WriteTrouble(JsonWriter json, DerpMap map)
        {
            for (int i = 0; i < _count; i++)
            {
                if (map != null && map.Find(_regions[i]) == null) continue;      // control took it away
                if (!_up[i]) json.String("Relay " + Code(map, _regions[i]) + ": " + _reasons[i]);
                if (_health[i] != null) json.String("Relay " + Code(map, _regions[i]) + " reports: " + _health[i]);
            }
        }

        private static string Code(DerpMap map, int region)
        {
            DerpRegion found = map == null ? null : map.Find(region);
            return found == null || found.Code == null ? region.ToString() : found.Code;
        }
    }
}
