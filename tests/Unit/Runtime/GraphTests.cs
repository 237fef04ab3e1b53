using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using MicroLink.Runtime;
using MicroLink.TestKit;
using Xunit;

namespace MicroLink.Tests.Unit.Runtime;

public class GraphTests
{
    private readonly TestSystem _system = new TestSystem();
    private ActorGraph Graph => _system.Graph;

    [Fact]
    public void A_cycle_is_declared_bound_and_started()
    {
        ActorRef ping = Graph.Declare("ping", null);
        ActorRef pong = Graph.Declare("pong", ping);
        int rounds = 0;
        Graph.Bind(ping, Scripted.Props((a, m) => { if (++rounds < 10) a.Send(pong, m); }, a => a.Send(pong, new Note())));
        Graph.Bind(pong, Scripted.Props((a, m) => a.Send(ping, m)));
        Graph.Start();
        _system.RunToQuiet();
        Assert.Equal(10, rounds);
    }

    [Fact]
    public void What_is_declared_must_be_bound()
    {
        Graph.Declare("relay", null);
        Assert.Equal("declared but not bound: relay", Assert.Throws<InvalidOperationException>(Graph.Start).Message);
    }

    [Fact]
    public void Mistakes_of_composition_are_said_plainly()
    {
        ActorRef a = Graph.Add("a", Scripted.Props(null));
        Assert.Equal("declared twice: a", Fails(() => Graph.Declare("a", null)));
        Assert.Equal("bound twice: a", Fails(() => Graph.Bind(a, Scripted.Props(null))));
        Assert.Equal("no such actor: b", Fails(() => Graph.Replace("b", Scripted.Props(null))));
        Graph.Start();
        Assert.Equal("started twice", Fails(Graph.Start));
        Assert.Equal("already started: replace a before Start", Fails(() => Graph.Replace("a", Scripted.Props(null))));
        TestSystem small = new TestSystem(new VirtualClock(), 1);
        small.Declare("one", null);
        Assert.Equal("the graph is full: 1 actors, no room for two", Fails(() => small.Declare("two", null)));
    }

    [Fact]
    public void Actors_start_in_the_order_of_declaration_and_stop_in_reverse()
    {
        List<string> order = new List<string>();
        foreach (string name in new[] { "a", "b", "c" })
        {
            Graph.Add(name, Scripted.Props(null, x => order.Add("+" + x.Self), x => order.Add("-" + x.Self)));
        }
        Graph.Start();
        _system.RunToQuiet();
        _system.Stop();
        _system.RunToQuiet();
        Assert.Equal("+a +b +c -c -b -a", string.Join(" ", order));
        Assert.True(_system.IsStopped);
    }

    [Fact]
    public void Replace_puts_another_actor_behind_a_known_name()
    {
        ActorRef relay = Graph.Add("relay", Scripted.Props((_, _) => throw new Exception("the real one")));
        Graph.Add("user", Scripted.Props(null, a => a.Send(relay, new Note(5))));
        Probe probe = new Probe("relay");
        Assert.Same(relay, Graph.Replace("relay", probe.Props));
        Graph.Start();
        _system.RunToQuiet();
        Assert.Equal(5, ((Note)probe.Expect(typeof(Note))).Number);
        Assert.Same(relay, probe.Ref);
        Assert.Same(relay, Graph.Find("relay"));
        Assert.Null(Graph.Find("nobody"));
    }

    [Fact]
    public void Intercept_drops_delays_and_reorders_by_seed()
    {
        Probe probe = _system.NewProbe("probe");
        ScriptedMailbox script = new ScriptedMailbox(_system, 7);
        Graph.Intercept("probe", script);
        script.DropNext(1);
        Note lost = new Note(1);
        Assert.True(probe.Ref.Tell(lost));
        Assert.Equal(1, lost.DiscardedTimes);

        script.DelayMinMs = 10;
        script.DelayMaxMs = 1000;
        for (int i = 0; i < 20; i++) probe.Ref.Tell(new Note(i));
        _system.Advance(9);
        probe.ExpectNone();
        _system.Advance(991);
        List<int> order = new List<int>();
        while (probe.Count != 0) order.Add(((Note)probe.Next()).Number);
        Assert.Equal(Enumerable.Range(0, 20), order.OrderBy(n => n));
        Assert.NotEqual(Enumerable.Range(0, 20), order);

        Graph.Intercept("probe", null);
        probe.Ref.Tell(new Note(99));
        _system.RunToQuiet();
        Assert.Equal(1, probe.Count);
    }

    [Fact]
    public void Loss_in_front_of_an_asker_ends_in_a_timeout()
    {
        Probe target = _system.NewProbe("target");
        string got = null;
        ActorRef asker = _system.Spawn("asker", Scripted.Props((a, m) => { if (m is Note) a.Ask(target.Ref, m, 500); else got = m.GetType().Name; }));
        asker.Tell(new Note());
        _system.RunToQuiet();
        Graph.Intercept("asker", new ScriptedMailbox(_system, 1) { LossPermille = 1000 });
        target.Expect(typeof(Note));
        target.Reply(new Note());
        _system.Advance(500);
        Assert.Equal("AskTimeout", got);
    }

    [Fact]
    public void Print_shows_counts_and_learned_edges()
    {
        Build();
        string text = Graph.Print(PrintFormat.Text);
        string line = text.Split('\n').Single(l => l.StartsWith("netio"));
        Assert.Equal(new[] { "netio", "running", "0", "3", "3", "1", "0", "12", "wg", "3" }, line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("dead letters 0, failures 1, next wg: restart after failure in 496 ms", text);
    }

    [Fact]
    public void Print_writes_Mermaid()
    {
        Build();
        string text = Graph.Print(PrintFormat.Mermaid);
        Assert.StartsWith("graph LR\n", text);
        Assert.Contains("  a0[\"netio<br/>3 done, 1 dropped\"]\n", text);
        Assert.Contains("  a0 -->|3| a1\n", text);
        Assert.Contains("  outside(( )) -->|4| a0\n", text);
    }

    [Fact]
    public void Print_writes_Json()
    {
        Build();
        using JsonDocument json = JsonDocument.Parse(Graph.Print(PrintFormat.Json));
        JsonElement netio = json.RootElement.GetProperty("actors")[0], wg = json.RootElement.GetProperty("actors")[1];
        Assert.Equal("netio", netio.GetProperty("name").GetString());
        Assert.Equal(3, netio.GetProperty("processed").GetInt32());
        Assert.Equal(1, netio.GetProperty("dropped").GetInt32());
        Assert.Equal(3, netio.GetProperty("highWater").GetInt32());
        Assert.Equal(12, netio.GetProperty("handlerMs").GetInt32());
        Assert.Equal(4, netio.GetProperty("longestHandlerMs").GetInt32());
        Assert.Equal("waiting", wg.GetProperty("state").GetString());
        Assert.Equal(2, wg.GetProperty("depth").GetInt32());
        Assert.Equal("netio", wg.GetProperty("parent").GetString());
        JsonElement edge = json.RootElement.GetProperty("edges")[0];
        Assert.Equal("netio", edge.GetProperty("from").GetString());
        Assert.Equal("wg", edge.GetProperty("to").GetString());
        Assert.Equal(3, edge.GetProperty("count").GetInt32());
        Assert.Equal(1, json.RootElement.GetProperty("failures").GetInt32());
        Assert.Equal(496, json.RootElement.GetProperty("nextInMs").GetInt64());
    }

    [Fact]
    public void Edges_keep_their_counts_when_an_actor_gets_many_neighbours()
    {
        Probe[] all = Enumerable.Range(0, 12).Select(i => _system.NewProbe("p" + i)).ToArray();
        ActorRef hub = _system.Spawn("hub", Scripted.Props((a, m) => { foreach (Probe p in all) a.Send(p.Ref, m); }));
        for (int i = 0; i < 5; i++) hub.Tell(new Note());
        _system.RunToQuiet();
        Assert.Equal(12, hub.Cell.Edges.Count);
        for (int i = 0; i < 12; i++) Assert.Equal(5, hub.Cell.Edges.Messages(i));
    }

    [Fact]
    public void The_trace_ring_keeps_the_last_messages()
    {
        TraceRing trace = new TraceRing(2);
        _system.OnDeliver = trace.Add;
        Probe probe = _system.NewProbe("probe");
        ActorRef a = _system.Spawn("a", Scripted.Props((x, m) => x.Send(probe.Ref, m)));
        _system.Time.Ms = 77;
        a.Tell(new Note());
        a.Tell(new Note());
        _system.RunToQuiet();
        Assert.Equal(new[] { "77 a -> probe Note", "77 a -> probe Note" }, trace.Lines());
    }

    [Fact]
    public void Actors_that_never_go_quiet_are_reported()
    {
        _system.QuietLimit = 100;
        _system.Spawn("a", Scripted.Props((x, m) => x.Send(x.Self, m), x => x.Send(x.Self, new Note())));
        Assert.StartsWith("the actors never went quiet", Assert.Throws<Exception>(_system.RunToQuiet).Message);
    }

    /// <summary>netio forwards three notes to wg (4 ms each), rejects a fourth; wg fails on its first, at 8 ms (turns alternate).</summary>
    private void Build()
    {
        ActorRef wg = null;
        ActorRef netio = Graph.Add("netio", Scripted.Props((a, m) => { _system.Time.Ms += 4; a.Send(wg, m); }).WithMailbox(3));
        wg = Graph.Add("wg", Scripted.Props((_, _) => throw new Exception("wg is broken")), netio);
        Graph.Start();
        for (int i = 0; i < 4; i++) netio.Tell(new Note(i));
        _system.RunToQuiet();
    }

    private static string Fails(Action action) => Assert.Throws<InvalidOperationException>(action).Message;
}
