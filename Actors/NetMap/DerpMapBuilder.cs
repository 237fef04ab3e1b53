using System;
using MicroLink.Bytes;
using MicroLink.Json;

namespace MicroLink.NetMap
{
    /// <summary>
    /// Collects one DERPMap object and merges it with the one before (protocol.md 4.8): Regions null = keep the regions; HomeParams or
    /// RegionScore null = keep the scores, {} = forget them; null region entries are dropped.
    /// </summary>
    internal sealed class DerpMapBuilder
    {
        private const int MaxRegions = 256, MaxNodes = 16, MaxScores = 256, NeutralScore = 1000;

        // Scratch space that exists only while a map is read, a few times a day.
        private DerpRegion[] _regions;
        private DerpNode[] _nodes;
        private int[] _newIds;
        private int[] _newScores;
        private int[] _scoreIds = new int[0];
        private int[] _scores = new int[0];
        private DerpMap _current;
        private bool _hasRegions;
        private int _regionCount;
        private int _nodeCount;
        private int _scoreCount;
        private DerpRegion _region;
        private DerpNode _node;

        public void Begin()
        {
            _hasRegions = false;
            _regionCount = 0;
            _regions = new DerpRegion[MaxRegions];
            _nodes = new DerpNode[MaxNodes];
        }

        public void BeginRegions()
        {
            _hasRegions = true;
            _regionCount = 0;
        }

        public void BeginRegion(int idFromKey)
        {
            _region = new DerpRegion { Id = idFromKey, Code = "", Name = "" };
            _nodeCount = 0;
        }

        public void RegionValue(int key, int token, JsonReader reader)
        {
            switch (key)
            {
                case MapKeys.RegionId: if (Small(token, reader) > 0) _region.Id = Small(token, reader); break;
                case MapKeys.RegionCode: if (token == JsonToken.String) _region.Code = reader.Text; break;
                case MapKeys.RegionName: if (token == JsonToken.String) _region.Name = reader.Text; break;
                case MapKeys.NoMeasureNoHome: _region.NoMeasureNoHome = token == JsonToken.True; break;
            }
        }

        public void BeginNode() { _node = new DerpNode(); }

        public void NodeValue(int key, int token, JsonReader reader)
        {
            bool text = token == JsonToken.String;
            switch (key)
            {
                case MapKeys.Name: if (text) _node.Name = reader.Text; break;
                case MapKeys.HostName: if (text) _node.HostName = reader.Text; break;
                case MapKeys.CertName: if (text) _node.CertName = reader.Text; break;
                case MapKeys.IPv4: if (text) _node.IPv4 = reader.Text; break;
                case MapKeys.IPv6: if (text) _node.IPv6 = reader.Text; break;
                case MapKeys.StunPort: _node.StunPort = Port(token, reader); break;
                case MapKeys.DerpPort: _node.DerpPort = Port(token, reader) < 0 ? 0 : Port(token, reader); break;
                case MapKeys.StunOnly: _node.StunOnly = token == JsonToken.True; break;
                case MapKeys.InsecureForTests: _node.InsecureForTests = token == JsonToken.True; break;
                case MapKeys.CanPort80: _node.CanPort80 = token == JsonToken.True; break;
            }
        }

        public void EndNode()
        {
            if (_nodeCount < MaxNodes && _node.HostName != null) _nodes[_nodeCount++] = _node;
        }

        public void EndRegion()
        {
            // Node lists of a region keep their order: it is the order of priority.
            _region.Nodes = new DerpNode[_nodeCount];
            Array.Copy(_nodes, _region.Nodes, _nodeCount);
            if (_regionCount < MaxRegions && _region.Id > 0 && _region.Id <= 65535) _regions[_regionCount++] = _region;
        }

        public void BeginScores()
        {
            _scoreCount = 0;
            _newIds = new int[MaxScores];
            _newScores = new int[MaxScores];
        }

        public void Score(int id, JsonReader reader)
        {
            if (_scoreCount == MaxScores) return;
            _newIds[_scoreCount] = id;
            _newScores[_scoreCount++] = DecimalText.Thousandths(reader.Value, reader.ValueCount, NeutralScore);
        }

        public void EndScores()
        {
            _scoreIds = new int[_scoreCount];
            _scores = new int[_scoreCount];
            Array.Copy(_newIds, _scoreIds, _scoreCount);
            Array.Copy(_newScores, _scores, _scoreCount);
            _newIds = null;
            _newScores = null;
        }

        /// <summary>The merged map; a new object every time, because the last one has been handed out.</summary>
        public DerpMap Finish()
        {
            int count = _hasRegions ? _regionCount : _current == null ? 0 : _current.Regions.Length;
            DerpMap map = new DerpMap { Regions = new DerpRegion[count] };
            for (int i = 0; i < count; i++) map.Regions[i] = WithScore(_hasRegions ? _regions[i] : _current.Regions[i]);
            _regions = null;
            _nodes = null;
            _current = map;
            return map;
        }

        private DerpRegion WithScore(DerpRegion region)
        {
            int score = NeutralScore;
            for (int i = 0; i < _scoreIds.Length; i++)
            {
                if (_scoreIds[i] == region.Id) score = _scores[i];
            }
            return new DerpRegion
            {
                Id = region.Id, Code = region.Code, Name = region.Name, NoMeasureNoHome = region.NoMeasureNoHome, ScorePermille = score,
                Nodes = region.Nodes,
            };
        }

        private static int Small(int token, JsonReader reader)
        {
            if (token != JsonToken.Number || !reader.IsInteger) return 0;
            long value = reader.Int64;
            return value >= -1 && value <= int.MaxValue ? (int)value : 0;
        }

        private static int Port(int token, JsonReader reader)
        {
            int value = Small(token, reader);
            return value <= 65535 ? value : 0;
        }
    }
}
