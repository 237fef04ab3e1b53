using System;
using MicroLink.Bytes;
using MicroLink.Filter;
using MicroLink.Json;

namespace MicroLink.NetMap
{
    /// <summary>
    /// Turns the tokens of one MapResponse into items, without knowing what they do to the network map. A stack of contexts instead of
    /// recursion, so that the text may be cut anywhere; containers of an unexpected kind are skipped.
    /// </summary>
    internal sealed class MapParser
    {
        /// <summary>Items: what the last token completed.</summary>
        public const int None = 0, KeepAlive = 1, Self = 2, PeersBegin = 3, Peer = 4, PeersEnd = 5, Changed = 6, RemovedId = 7, Patch = 8,
            Seen = 9, Online = 10, Relays = 11, Time = 12, Ping = 13, Url = 14, Lock = 15, Sleep = 16, DnsSettings = 17, Profile = 18,
            Health = 19, DialPlan = 20, ClientVersion = 21, Domain = 22, FilterRules = 23;

        private const int Root = 0, Top = 1, NodeObject = 2, PatchObject = 3, TextList = 4, CapMap = 5, PeersArray = 6, ChangedArray = 7,
            RemovedArray = 8, PatchArray = 9, SeenMap = 10, OnlineMap = 11, Derp = 12, Regions = 13, Region = 14, Nodes = 15,
            RelayNode = 16, Home = 17, Scores = 18, PingObject = 19, LockObject = 20, DebugObject = 21;

        private const int MaxSleepMs = 5 * 60 * 1000;

        private readonly JsonReader _reader;
        private readonly DerpMapBuilder _derp = new DerpMapBuilder();
        private readonly int[] _contexts = new int[16];
        private int _depth;
        private int _key;
        private int _listKey;
        private bool _peersBegun;
        private MapSection _section;

        /// <param name="filterBytes">The most that a packet filter may take.</param>
        public MapParser(JsonReader reader, int filterBytes)
        {
            RuleBuilder rules = new RuleBuilder(filterBytes);
            _reader = reader;
            FilterSection = new FilterReader(reader, FilterRules, rules, true);
            FiltersSection = new FilterReader(reader, FilterRules, rules, false);
            DnsSection = new DnsConfigReader(reader, DnsSettings);
            ProfileSection = new UserProfileReader(reader, Profile);
            HealthSection = new HealthReader(reader, Health, HealthTexts, false);
            DisplaySection = new HealthReader(reader, Health, HealthTexts, true);
            DialPlanSection = new DialPlanReader(reader, DialPlan);
            VersionSection = new ClientVersionReader(reader, ClientVersion);
        }

        // Subtrees with readers of their own; what they read last is taken from them when their item comes.
        public readonly DnsConfigReader DnsSection;
        public readonly UserProfileReader ProfileSection;
        public readonly HealthBook HealthTexts = new HealthBook();
        public readonly HealthReader HealthSection, DisplaySection;
        public readonly DialPlanReader DialPlanSection;
        public readonly ClientVersionReader VersionSection;
        public readonly FilterReader FilterSection, FiltersSection;
        /// <summary>What the last item FilterRules brought.</summary>
        public FilterPart Filter { get { return FilterSection.Take() ?? FiltersSection.Take(); } }

        public NodeBuilder Builder { get; } = new NodeBuilder();
        /// <summary>Only what a keep-alive may carry is read (protocol.md 4.6).</summary>
        public bool KeepAliveOnly { get; set; }
        /// <summary>A full list was in this message: the deltas are ignored (protocol.md 4.6).</summary>
        public bool SkipDeltas { get; set; }

        // The payload of the last item.
        public long Number { get; private set; }
        public bool Flag { get; private set; }
        public string Text { get; private set; }
        public string Types { get; private set; }
        public string Address { get; private set; }
        public byte[] Payload { get; private set; }
        public DerpMap Map { get; private set; }

        public void Begin()
        {
            _depth = 0;
            _contexts[0] = Root;
            _peersBegun = false;
            KeepAliveOnly = false;
            SkipDeltas = false;
            _section = null;
        }

        /// <summary>Takes one token that is neither None, End nor Error. Returns an item.</summary>
        public int OnToken(int token)
        {
            if (_section != null)
            {
                MapSection section = _section;
                int result = section.OnToken(token);
                if ((result & MapSection.Ended) != 0) _section = null;
                return (result & MapSection.Fact) != 0 ? section.Item : None;
            }
            switch (token)
            {
                case JsonToken.Key: return OnKey();
                case JsonToken.ObjectStart: return OnObject();
                case JsonToken.ArrayStart: return OnArray();
                case JsonToken.ObjectEnd:
                case JsonToken.ArrayEnd: return OnEnd();
                default: return OnScalar(token);
            }
        }

        private int Context { get { return _contexts[_depth]; } }

        private int Push(int context)
        {
            _contexts[++_depth] = context;
            return None;
        }

        private int Skip()
        {
            _reader.SkipValue();
            return None;
        }

        private int Open(MapSection section)
        {
            _section = section;
            section.Begin();
            return None;
        }

        private int OnKey()
        {
            _key = _reader.KeyId;
            switch (Context)
            {
                case SeenMap:
                case OnlineMap:
                case Regions:
                case Scores:
                    // Maps keyed by an integer have decimal strings as keys.
                    Number = AsciiText.TryParseNumber(_reader.Value, 0, _reader.ValueCount, out long number) ? number : 0;
                    return None;
                case CapMap:
                    Builder.ListItem(MapKeys.CapMap, _reader);
                    return Skip();
                default:
                    return Wanted() ? None : Skip();
            }
        }

        private bool Wanted()
        {
            switch (Context)
            {
                case Top:
                    bool known = (_key >= MapKeys.KeepAlive && _key <= MapKeys.Debug)
                        || (_key >= MapKeys.DnsConfig && _key <= MapKeys.Domain)
                        || _key == MapKeys.PacketFilter || _key == MapKeys.PacketFilters;
                    if (KeepAliveOnly) return InKeepAlive();
                    return known && (!SkipDeltas || _key < MapKeys.PeersChanged || _key > MapKeys.OnlineChange);
                case NodeObject:
                    return (_key >= MapKeys.Id && _key <= MapKeys.IsJailed) || _key == MapKeys.User || _key == MapKeys.MasqueradeV4
                        || _key == MapKeys.MasqueradeV6;
                case PatchObject:
                    return _key == MapKeys.NodeId || _key == MapKeys.DerpRegion || (_key >= MapKeys.Key && _key <= MapKeys.DiscoKey)
                        || _key == MapKeys.Endpoints || _key == MapKeys.Cap || _key == MapKeys.CapMap || _key == MapKeys.LastSeen
                        || _key == MapKeys.Online;
                case Derp: return _key == MapKeys.HomeParams || _key == MapKeys.Regions;
                case Region: return _key >= MapKeys.RegionId && _key <= MapKeys.Nodes;
                case RelayNode: return _key == MapKeys.Name || (_key >= MapKeys.HostName && _key <= MapKeys.CanPort80);
                case Home: return _key == MapKeys.RegionScore;
                case PingObject: return (_key >= MapKeys.Url && _key <= MapKeys.Types) || _key == MapKeys.Ip || _key == MapKeys.Payload;
                case LockObject: return _key == MapKeys.Disabled || _key == MapKeys.Head;
                case DebugObject: return _key == MapKeys.SleepSeconds;
                default: return false;
            }
        }

        // protocol.md 4.6: what a keep-alive may carry.
        private bool InKeepAlive()
        {
            return _key == MapKeys.PingRequest || _key == MapKeys.ControlTime || _key == MapKeys.PopBrowserUrl
                || _key == MapKeys.ControlDialPlan || _key == MapKeys.ClientVersion;
        }

        private int OnObject()
        {
            switch (Context)
            {
                case Root: return Push(Top);
                case Top: return OnTopObject();
                case PeersArray:
                    Builder.Begin(false);
                    Push(NodeObject);
                    if (_peersBegun) return None;
                    _peersBegun = true;
                    return PeersBegin;
                case ChangedArray:
                    Builder.Begin(false);
                    return Push(NodeObject);
                case PatchArray:
                    Builder.Begin(true);
                    return Push(PatchObject);
                case NodeObject:
                case PatchObject:
                    if (_key != MapKeys.CapMap) return Skip();
                    Builder.BeginList();
                    return Push(CapMap);
                case Derp:
                    if (_key == MapKeys.HomeParams) return Push(Home);
                    _derp.BeginRegions();
                    return Push(Regions);
                case Regions:
                    _derp.BeginRegion(Number <= 65535 ? (int)Number : 0);
                    return Push(Region);
                case Nodes:
                    _derp.BeginNode();
                    return Push(RelayNode);
                case Home:
                    _derp.BeginScores();
                    return Push(Scores);
                default: return Skip();
            }
        }

        private int OnTopObject()
        {
            switch (_key)
            {
                case MapKeys.Node:
                    Builder.Begin(false);
                    return Push(NodeObject);
                case MapKeys.DerpMap:
                    _derp.Begin();
                    return Push(Derp);
                case MapKeys.PeerSeenChange: return Push(SeenMap);
                case MapKeys.OnlineChange: return Push(OnlineMap);
                case MapKeys.PingRequest:
                    Text = "";
                    Types = "";
                    Address = "";
                    Payload = null;
                    Flag = false;
                    return Push(PingObject);
                case MapKeys.TkaInfo:
                    Flag = true;
                    return Push(LockObject);
                case MapKeys.Debug:
                    Number = 0;
                    return Push(DebugObject);
                case MapKeys.DnsConfig: return Open(DnsSection);
                case MapKeys.DisplayMessages: return Open(DisplaySection);
                case MapKeys.ControlDialPlan: return Open(DialPlanSection);
                case MapKeys.ClientVersion: return Open(VersionSection);
                case MapKeys.PacketFilters: return Open(FiltersSection);
                default: return Skip();
            }
        }

        private int OnArray()
        {
            switch (Context)
            {
                case Top:
                    if (_key == MapKeys.Peers) return Push(PeersArray);
                    if (_key == MapKeys.PeersChanged) return Push(ChangedArray);
                    if (_key == MapKeys.PeersRemoved) return Push(RemovedArray);
                    if (_key == MapKeys.UserProfiles) return Open(ProfileSection);
                    if (_key == MapKeys.Health) return Open(HealthSection);
                    if (_key == MapKeys.PacketFilter) return Open(FilterSection);
                    return _key == MapKeys.PeersChangedPatch ? Push(PatchArray) : Skip();
                case NodeObject:
                case PatchObject:
                    if (_key != MapKeys.Addresses && _key != MapKeys.AllowedIps && _key != MapKeys.Endpoints && _key != MapKeys.Tags
                        && _key != MapKeys.Capabilities) return Skip();
                    _listKey = _key;
                    Builder.BeginList();
                    return Push(TextList);
                case Region:
                    return _key == MapKeys.Nodes ? Push(Nodes) : Skip();
                default: return Skip();
            }
        }

        private int OnEnd()
        {
            int ended = _contexts[_depth--];
            switch (ended)
            {
                case NodeObject:
                    Builder.Finish();
                    return Context == Top ? Self : Context == PeersArray ? Peer : Changed;
                case PatchObject: return Patch;
                case TextList: Builder.EndList(_listKey); return None;
                case CapMap: Builder.EndList(MapKeys.CapMap); return None;
                case PeersArray: return _peersBegun ? PeersEnd : None;
                case Derp: Map = _derp.Finish(); return Relays;
                case Region: _derp.EndRegion(); return None;
                case RelayNode: _derp.EndNode(); return None;
                case Scores: _derp.EndScores(); return None;
                case PingObject: return Text.Length > 0 ? Ping : None;
                case LockObject: return Lock;
                case DebugObject: return Number > 0 ? Sleep : None;
                default: return None;
            }
        }

        private int OnScalar(int token)
        {
            switch (Context)
            {
                case Top: return OnTopScalar(token);
                case NodeObject:
                case PatchObject: Builder.Value(_key, token, _reader); return None;
                case TextList:
                    if (token == JsonToken.String) Builder.ListItem(_listKey, _reader);
                    return None;
                case RemovedArray:
                    if (token != JsonToken.Number || !_reader.IsInteger) return None;
                    Number = _reader.Int64;
                    return RemovedId;
                case SeenMap:
                case OnlineMap:
                    if (token != JsonToken.True && token != JsonToken.False) return None;
                    Flag = token == JsonToken.True;
                    return Context == SeenMap ? Seen : Online;
                case Region: _derp.RegionValue(_key, token, _reader); return None;
                case RelayNode: _derp.NodeValue(_key, token, _reader); return None;
                case Scores:
                    if (token == JsonToken.Number && Number <= 65535) _derp.Score((int)Number, _reader);
                    return None;
                case PingObject: OnPingScalar(token); return None;
                case LockObject:
                    if (_key == MapKeys.Disabled && token == JsonToken.True) Flag = false;
                    return None;
                case DebugObject: OnSleepSeconds(token); return None;
                default: return None;
            }
        }

        private int OnTopScalar(int token)
        {
            if (_key == MapKeys.KeepAlive && token == JsonToken.True) return KeepAlive;
            if (token != JsonToken.String) return None;
            if (_key == MapKeys.PopBrowserUrl)
            {
                Text = _reader.Text;
                return Text.Length > 0 ? Url : None;
            }
            if (_key == MapKeys.Domain)
            {
                Text = _reader.Text;
                return Text.Length > 0 ? Domain : None;
            }
            if (_key != MapKeys.ControlTime || !TimeText.Parse(_reader.Value, 0, _reader.ValueCount, out long unixMs)) return None;
            Number = unixMs;
            return unixMs > 0 ? Time : None;
        }

        private void OnPingScalar(int token)
        {
            if (_key == MapKeys.UrlIsNoise) Flag = token == JsonToken.True;
            else if (token != JsonToken.String || _reader.Truncated) return;
            else if (_key == MapKeys.Url) Text = _reader.Text;
            else if (_key == MapKeys.Ip) Address = _reader.Text;
            else if (_key == MapKeys.Payload) Payload = Decode();
            else Types = _reader.Text;
        }

        private byte[] Decode()
        {
            byte[] decoded = new byte[_reader.ValueCount / 4 * 3 + 3];
            int count = Base64.Decode(_reader.Value, 0, _reader.ValueCount, decoded, 0);
            if (count < 0) return null;
            byte[] exact = new byte[count];
            Array.Copy(decoded, exact, count);
            return exact;
        }

        // A float. At most 5 minutes (protocol.md 4.6).
        private void OnSleepSeconds(int token)
        {
            if (token != JsonToken.Number) return;
            int ms = DecimalText.Thousandths(_reader.Value, _reader.ValueCount, 0);
            Number = ms < MaxSleepMs ? ms : MaxSleepMs;
        }
    }
}
