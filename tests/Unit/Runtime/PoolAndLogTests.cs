using System;
using System.Collections.Generic;
using MicroLink.Runtime;
using MicroLink.TestKit;
using Xunit;

namespace MicroLink.Tests.Unit.Runtime;

public class PoolAndLogTests
{
    private readonly TestSystem _system = new TestSystem();

    [Fact]
    public void A_pool_is_fixed_and_says_when_it_is_empty()
    {
        BufferPool pool = new BufferPool(2, 100);
        PacketBuffer a = pool.Lease(), b = pool.Lease();
        Assert.NotSame(a, b);
        Assert.Equal(100, a.Bytes.Length);
        Assert.Null(pool.Lease());
        Assert.Equal(1, pool.Exhausted);
        a.Offset = 3;
        a.Count = 4;
        a.Kind = 5;
        a.Tag = this;
        a.Return();
        PacketBuffer again = pool.Lease();
        Assert.Same(a, again);
        Assert.Equal((0, 0, 0, null), (again.Offset, again.Count, again.Kind, again.Tag));
    }

    [Fact]
    public void A_leak_is_named_by_who_got_the_buffer_last()
    {
        BufferPool pool = new BufferPool(3, 10);
        Probe probe = _system.NewProbe("netio");
        probe.Ref.Tell(pool.Lease());
        pool.Lease();
        _system.RunToQuiet();
        Assert.Equal("2 of 3 leased: (outside) netio", pool.DescribeLeases());
    }

    [Fact]
    public void A_second_return_is_counted_and_never_corrupts_the_pool()
    {
        BufferPool pool = new BufferPool(2, 10);
        PacketBuffer buffer = pool.Lease();
        buffer.Return();
        Exception thrown = Record.Exception(buffer.Return);
#if DEBUG
        Assert.Equal("a packet buffer was returned twice", thrown.Message);
#else
        Assert.Null(thrown);
#endif
        Assert.Equal(1, pool.ReturnedTwice);
        Assert.Equal(2, pool.Free);
    }

    [Fact]
    public void Levels_are_per_actor_and_change_live()
    {
        ListSink sink = new ListSink();
        _system.Logs.Sink = sink;
        ActorRef a = _system.Spawn("a", Scripted.Props((x, _) => { x.Log.Debug("details"); x.Log.Warning("careful"); }));
        ActorRef b = _system.Spawn("b", Scripted.Props((x, _) => x.Log.Debug("details")));
        _system.Time.Ms = 1234;
        a.Tell(new Note());
        b.Tell(new Note());
        _system.RunToQuiet();
        Assert.Equal(new[] { "1234 2 a careful" }, sink.Lines);

        Assert.True(_system.Logs.SetLevel("b", LogLevel.Debug));
        Assert.False(_system.Logs.SetLevel("nobody", LogLevel.Debug));
        a.Tell(new Note());
        b.Tell(new Note());
        _system.RunToQuiet();
        Assert.Equal(new[] { "1234 2 a careful", "1234 2 a careful", "1234 0 b details" }, sink.Lines);

        _system.Logs.SetLevel(null, LogLevel.Off);
        a.Tell(new Note());
        _system.RunToQuiet();
        Assert.Equal(3, sink.Lines.Count);
    }

    [Fact]
    public void The_last_lines_are_kept()
    {
        ActorSystem system = new ActorSystem(new VirtualClock { Ms = 61005 }, 1, 4);
        Log log = system.Logs.For("tls");
        Assert.Same(log, system.Logs.For("tls"));
        for (int i = 0; i < 11; i++) log.Info("line " + i);
        Assert.Equal(new[] { "61.005 info  tls: line 7", "61.005 info  tls: line 8", "61.005 info  tls: line 9", "61.005 info  tls: line 10" }, system.Logs.LastLines());
    }

    [Fact]
    public void A_failure_is_logged_with_the_message_it_failed_on()
    {
        _system.Spawn("a", Scripted.Props(null)).Tell(Boom.Instance);
        _system.RunToQuiet();
        Assert.Equal(new[] { "0.000 error a: failed on Boom: InvalidOperationException: boom" }, _system.Logs.LastLines());
    }

    private sealed class ListSink : ILogSink
    {
        public readonly List<string> Lines = new List<string>();
        public void Write(long nowMs, int level, string source, string text) => Lines.Add(nowMs + " " + level + " " + source + " " + text);
    }
}
