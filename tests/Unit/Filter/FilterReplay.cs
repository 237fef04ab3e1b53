using System;
using System.Collections.Generic;
using System.Text;
using MicroLink.Filter;
using MicroLink.NetMap;
using MicroLink.Tests.Unit.NetMap;

namespace MicroLink.Tests.Unit.Filter;

/// <summary>Map messages in, compiled filters out: what MapStream and the filter actor do together.</summary>
internal sealed class FilterReplay
{
    public const string Self = "\"Node\":{\"ID\":1,\"Key\":\"nodekey:0100000000000000000000000000000000000000000000000000000000000000\"}";

    private readonly PeerIndex _index = new(1000);
    private readonly FilterSet _set;
    private readonly int _limit;
    private MapStream _stream;

    /// <summary>The last commit's.</summary>
    public CompiledFilter Filter;
    public int Commits;
    public readonly List<FilterPart> Parts = new();

    public FilterReplay(int limit = 1 << 20)
    {
        _limit = limit;
        _set = new FilterSet(limit);
        NewStream();
    }

    public void NewStream()
    {
        _stream = new MapStream(1 << 24, _index, _limit);
        _stream.Begin();
    }

    public FilterReplay Message(string json, int piece = int.MaxValue) => Message(Encoding.UTF8.GetBytes(json), piece);

    public FilterReplay Message(byte[] json, int piece = int.MaxValue)
    {
        byte[] bytes = MapReplay.Framed(json);
        for (int at = 0; at < bytes.Length && _stream.Failure == 0;)
        {
            _stream.Handle(bytes, at, Math.Min(piece, bytes.Length - at), 1000);
            at += _stream.Consumed;
            Drain();
        }
        Drain();
        return this;
    }

    /// <summary>The first message of a stream with these fields beside Node.</summary>
    public FilterReplay First(string fields, int piece = int.MaxValue) => Message("{" + Self + "," + fields + "}", piece);

    private void Drain()
    {
        MapEvent fact = new();
        while (_stream.PollEvent(fact))
        {
            if (fact.Kind == MapEvent.FilterPart)
            {
                Parts.Add(fact.Filter);
                _set.Take(fact.Filter);
            }
            if (fact.Kind != MapEvent.FilterCommit) continue;
            Filter = _set.Commit((int)fact.Value, fact.Unsigned);
            Commits++;
        }
    }
}
