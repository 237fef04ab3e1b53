using MicroLink.Bytes;
using MicroLink.Json;

namespace MicroLink.NetMap
{
    /// <summary>Why a map stream cannot be read on. Every value ends the HTTP stream.</summary>
    public static class MapFailure
    {
        public const int None = 0, EmptyMessage = 1, MessageTooLong = 2, BadJson = 3, NoNode = 4;

        /// <summary>The code as the end of a sentence that begins with "control sent ".</summary>
        public static string Text(int failure)
        {
            switch (failure)
            {
                case EmptyMessage: return "an empty map message";
                case MessageTooLong: return "a map message above the size limit";
                case BadJson: return "a map message that is not valid JSON";
                case NoNode: return "a first map message without this node in it";
                default: return "nothing wrong";
            }
        }
    }

    /// <summary>
    /// The map poll's body: messages of u32 LITTLE endian length and JSON, cut anywhere (protocol.md 4.4), merged into events by the
    /// rules of 4.6. A message is never stored: memory is one peer beside the index.
    /// <code>
    ///   Handle(bytes) stops at the first event; take it with PollEvent, then call Handle again with the rest, in the same place.
    ///   Nothing is read while an event waits: that is how a full consumer slows the server down.
    /// </code>
    /// </summary>
    public sealed partial class MapStream
    {
        private const int HeaderLength = 4;
        /// <summary>Longest single text: the payload of a c2n request; names, keys and addresses are far below.</summary>
        private const int ValueBytes = 2048;
        /// <summary>Below this (Unix ms) control's clock is not believed for expiry: ipn/ipnlocal/expiry.go, protocol.md 4.7.</summary>
        private const long ExpiryEpochMs = 1673373066000;

        private readonly int _maxMessage;
        private readonly JsonReader _reader;
        private readonly MapParser _parser;
        private readonly MapEvent _event = new MapEvent();
        private readonly UnsignedPeers _unsigned = new UnsignedPeers();
        private readonly byte[] _header = new byte[HeaderLength];
        private int _headerHave;
        private int _left;
        private bool _inMessage;
        private bool _fed;
        private int _seen;

        private bool _first;
        private bool _sawNode;
        private bool _sawLock;
        private bool _keepAlive;
        private bool _marksDirty;
        private bool _healthSaid;
        private bool _healthForgotten;
        private bool _tellHealth;
        private bool _ending;
        private bool _filterChanged;
        private bool _commitFilter;
        // A sweep goes on behind the id that it has come to: positions move while its events are delivered.
        private const long NoSweep = long.MinValue, SweepStart = NoSweep + 1;
        private long _sweepUnlisted = NoSweep;
        private int _keep;
        private bool _sweepAll;
        private long _sweepExpired = NoSweep;
        private bool _admit;

        private PeerRow _self;
        private NodeAttributes _attributes;
        private bool _attributesDue;
        private bool _clockKnown;
        private long _clockOffsetMs;
        private bool _hostClockKnown;
        private long _hostOffsetMs;
        private long _nowMs;

        /// <summary><paramref name="maxMessage"/>: bytes; <paramref name="index"/>: the peers known already, usually none;
        /// <paramref name="filterBytes"/>: the most that a packed packet filter may take.</summary>
        public MapStream(int maxMessage, PeerIndex index, int filterBytes)
        {
            _maxMessage = maxMessage;
            _reader = new JsonReader(MapKeys.Names, ValueBytes);
            _parser = new MapParser(_reader, filterBytes);
            Index = index;
            _marksDirty = true;
            Deadline = Output.Never;
        }

        /// <summary>The known peers; kept from one HTTP stream to the next, until the new first message replaces them.</summary>
        public PeerIndex Index { get; }
        public int Consumed { get; private set; }
        /// <summary>A value of MapFailure.</summary>
        public int Failure { get; private set; }
        /// <summary>Tailnet lock is on: no peers are accepted.</summary>
        public bool Locked { get; private set; }
        /// <summary>Peers that were refused: no key, no id, tailnet lock, or more than are tracked.</summary>
        public int RefusedPeers { get; private set; }
        /// <summary>Peers that are not tracked because the index is full; a part of RefusedPeers.</summary>
        public int Overflowed { get; private set; }
        /// <summary>Addresses, endpoints and other list entries that could not be kept.</summary>
        public int DroppedEntries { get { return _parser.Builder.Dropped; } }
        /// <summary>A message has begun and is not complete.</summary>
        public bool InMessage { get { return _inMessage; } }

        /// <summary>When the next key of a peer (or of this node) expires.</summary>
        public long Deadline { get; private set; }
        public string DeadlineReason { get { return "a node key expires"; } }

        /// <summary>A new HTTP stream: delta state starts empty, the old map stays in use (protocol.md 4.6).</summary>
        public void Begin()
        {
            _headerHave = 0;
            _left = 0;
            _inMessage = false;
            _fed = false;
            _first = true;
            _ending = false;
            _commitFilter = false;
            _filterChanged = false;
            Index.Streams++;
            // A stream that says nothing about health finds nothing wrong, whatever the one before has said.
            _parser.HealthTexts.Clear();
            _healthForgotten |= _healthSaid;
            _healthSaid = false;
            // What was merged but not yet told (an event, removals after a complete list) is still to be told.
            Failure = MapFailure.None;
        }

        /// <summary>Takes bytes up to the next event. Returns Output bits.</summary>
        public int Handle(byte[] buffer, int offset, int count, long nowMs)
        {
            Consumed = 0;
            _nowMs = nowMs;
            while (Failure == MapFailure.None)
            {
                if (_event.Kind != MapEvent.None || RaiseNext()) return Output.Event;
                if (!_inMessage)
                {
                    if (Consumed == count) return Output.None;
                    _header[_headerHave++] = buffer[offset + Consumed++];
                    if (_headerHave == HeaderLength) BeginMessage();
                    continue;
                }
                if (!_fed)
                {
                    int take = count - Consumed < _left ? count - Consumed : _left;
                    if (take == 0) return Output.None;
                    _reader.Feed(buffer, offset + Consumed, take);
                    _fed = true;
                    _seen = 0;
                }
                ReadToken();
            }
            return Output.Failed;
        }

        /// <summary>Moves the next event out; false when there is none.</summary>
        public bool PollEvent(MapEvent into)
        {
            if (_event.Kind == MapEvent.None && !RaiseNext()) return false;
            _event.CopyTo(into);
            _event.Clear();
            return true;
        }

        /// <summary>A key may have expired: PollEvent then tells which.</summary>
        public int HandleTimeout(long nowMs)
        {
            _nowMs = nowMs;
            if (nowMs < Deadline) return Output.None;
            Deadline = Output.Never;
            _sweepExpired = SweepStart;
            return Output.Event;
        }

        /// <summary>This host's wall clock, as time since 1970 minus nowMs; when it is not trusted, only control's is used.</summary>
        public void SetHostClock(long offsetMs, bool trusted, long nowMs)
        {
            _hostClockKnown = trusted;
            _hostOffsetMs = offsetMs;
            _nowMs = nowMs;
            _sweepExpired = SweepStart;
        }

        private void BeginMessage()
        {
            uint length = ByteOrder.LoadU32LE(_header, 0);
            _headerHave = 0;
            if (length == 0) Failure = MapFailure.EmptyMessage;
            else if (length > (uint)_maxMessage) Failure = MapFailure.MessageTooLong;
            if (Failure != MapFailure.None) return;
            _left = (int)length;
            _inMessage = true;
            _sawNode = false;
            _sawLock = false;
            _keepAlive = false;
            if (_marksDirty) Index.ClearMarks();
            _marksDirty = false;
            _reader.Reset();
            _parser.Begin();
        }

        private void ReadToken()
        {
            int token = _reader.Read();
            int read = _reader.Consumed - _seen;
            _seen += read;
            Consumed += read;
            _left -= read;
            switch (token)
            {
                case JsonToken.None:
                    _fed = false;
                    if (_left == 0) Failure = MapFailure.BadJson;
                    break;
                case JsonToken.End:
                    _fed = false;
                    if (_left == 0) EndMessage();
                    break;
                case JsonToken.Error:
                    Failure = MapFailure.BadJson;
                    break;
                default:
                    Apply(_parser.OnToken(token));
                    break;
            }
        }

        private void EndMessage()
        {
            _inMessage = false;
            if (!_keepAlive)
            {
                if (_first && !_sawNode)
                {
                    Failure = MapFailure.NoNode;
                    return;
                }
                // TKAInfo null or absent in the first message: tailnet lock is off (protocol.md 4.6).
                if (_first && Locked && !_sawLock)
                {
                    Locked = false;
                    Raise(MapEvent.TailnetLock);
                }
                // A stream begins with nothing: a first message without Peers names all there are in PeersChanged, or there are none.
                if (_first && !_parser.SkipDeltas) Sweep(PeerIndex.Upserted);
                // Only now is it known that tailnet lock is off: TKAInfo stands behind the peers.
                _admit = _first && !Locked;
                // A stream begins without filters: a first message that has none means that nobody may come in.
                _commitFilter = _first || _filterChanged;
                _filterChanged = false;
                _first = false;
                _tellHealth = _healthForgotten && !_healthSaid;
                _healthForgotten = false;
            }
            _sweepExpired = SweepStart;
            _ending = true;
        }

        private void Raise(int kind)
        {
            _event.Clear();
            _event.Kind = kind;
        }

        private void Apply(int item)
        {
            switch (item)
            {
                case MapParser.None: break;
                case MapParser.KeepAlive:
                    _keepAlive = true;
                    _parser.KeepAliveOnly = true;
                    break;
                case MapParser.Self: OnSelf(_parser.Builder.Row); break;
                case MapParser.PeersBegin: _parser.SkipDeltas = true; break;
                case MapParser.Peer: Upsert(_parser.Builder.Row, PeerIndex.Listed | PeerIndex.Upserted); break;
                case MapParser.PeersEnd: Sweep(PeerIndex.Listed); break;
                case MapParser.Changed: Upsert(_parser.Builder.Row, PeerIndex.Upserted); break;
                case MapParser.RemovedId: OnRemoved(_parser.Number); break;
                case MapParser.Patch: OnPatch(_parser.Builder.Row); break;
                case MapParser.Seen: OnSeen(_parser.Number, _parser.Flag); break;
                case MapParser.Online: OnOnline(_parser.Number, _parser.Flag); break;
                default: ApplyRest(item); break;
            }
        }

        private void OnSelf(PeerRow row)
        {
            _sawNode = true;
            row.Expired |= IsOwnExpired(row.KeyExpiryMs);
            KeepSelf(row);
            Raise(MapEvent.Self);
            _event.Row = row;
        }

        private void Upsert(PeerRow row, int marks)
        {
            int position = row.Id != 0 && row.Key != null && !Locked ? Index.Add(row.Id) : -1;
            if (position < 0)
            {
                RefusedPeers++;
                if (row.Id != 0 && row.Key != null && !Locked) Overflowed++;
                return;
            }
            _marksDirty = true;
            row.Expired |= IsExpired(row.KeyExpiryMs);
            Index.SetMark(position, _first ? marks : marks | PeerIndex.Admitted);
            Index.SetExpiry(position, row.KeyExpiryMs, row.Expired);
            _unsigned.Upsert(row);
            Raise(MapEvent.Upsert);
            _event.Row = row;
        }

        // PeersRemoved applies before PeersChanged, but stands behind it in the stream: what was just upserted stays.
        private void OnRemoved(long id)
        {
            int position = Index.Find(id);
            if (position >= 0 && (Index.Mark(position) & PeerIndex.Upserted) == 0) RaiseRemoval(position);
        }

        // Patches apply last (protocol.md 4.6), but stand before OnlineChange and PeerSeenChange in the text.
        private void OnPatch(PeerRow row)
        {
            int position = Index.Find(row.Id);
            if (position < 0 || row.Fields == 0) return;
            int marks = ((row.Fields & PeerRow.HasOnline) != 0 ? PeerIndex.PatchedOnline : 0)
                | ((row.Fields & PeerRow.HasLastSeen) != 0 ? PeerIndex.PatchedSeen : 0);
            Index.SetMark(position, marks);
            _marksDirty |= marks != 0;
            ApplyPatch(row, position);
        }

        private void OnSeen(long id, bool seen)
        {
            int position = Index.Find(id);
            if (position < 0 || (Index.Mark(position) & PeerIndex.PatchedSeen) != 0) return;
            long seenMs = seen && _clockKnown ? _nowMs + _clockOffsetMs : 0;
            ApplyPatch(new PeerRow { Id = id, Fields = PeerRow.HasLastSeen, LastSeenMs = seenMs }, position);
        }

        private void OnOnline(long id, bool online)
        {
            int position = Index.Find(id);
            if (position < 0 || (Index.Mark(position) & PeerIndex.PatchedOnline) != 0) return;
            int state = online ? PeerRow.IsOnline : PeerRow.Offline;
            ApplyPatch(new PeerRow { Id = id, Fields = PeerRow.HasOnline, Online = state }, position);
        }

        private void ApplyPatch(PeerRow row, int position)
        {
            if ((row.Fields & PeerRow.HasKeyExpiry) != 0)
            {
                row.Expired = IsExpired(row.KeyExpiryMs);
                row.Fields |= PeerRow.HasExpired;
                Index.SetExpiry(position, row.KeyExpiryMs, row.Expired);
            }
            Raise(MapEvent.Patch);
            _event.Row = row;
        }

        private void OnLock(bool on)
        {
            _sawLock = true;
            if (on == Locked) return;
            Locked = on;
            // Nothing here can check a signature, so nobody is trusted (trap 40): the peers that stood before TKAInfo go again.
            _sweepAll = on;
            Raise(MapEvent.TailnetLock);
            _event.Flag = on;
        }
    }
}
