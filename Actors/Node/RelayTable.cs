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
        private int _count;

        public RelayTable(int capacity)
        {
            _regions = new int[capacity];
            _up = new bool[capacity];
            _reasons = new string[capacity];
        }

        /// <summary>When the table is full the first entry that is not up makes room; the pool never has more open than we can list.</summary>
        public void Set(int region, bool up, string reason)
        {
            int at = 0;
            while (at < _count && _regions[at] != region) at++;
            if (at == _regions.Length)
            {
                at = 0;
                while (at < _count - 1 && _up[at]) at++;
            }
            else if (at == _count)
            {
                _count++;
            }
            _regions[at] = region;
            _up[at] = up;
            _reasons[at] = reason;
        }

        public void Write(JsonWriter json, DerpMap map)
        {
            json.BeginArray();
            for (int i = 0; i < _count; i++)
            {
                json.BeginObject();
                json.Field("region", _regions[i]);
                json.Field("code", Code(map, _regions[i]));
                json.Field("up", _up[i]);
                json.Field("reason", _reasons[i]);
                json.EndObject();
            }
            json.EndArray();
        }

        public void WriteTrouble(JsonWriter json, DerpMap map)
        {
            for (int i = 0; i < _count; i++)
            {
                if (!_up[i]) json.String("Relay " + Code(map, _regions[i]) + ": " + _reasons[i]);
            }
        }

        private static string Code(DerpMap map, int region)
        {
            DerpRegion found = map == null ? null : map.Find(region);
            return found == null || found.Code == null ? region.ToString() : found.Code;
        }
    }
}
