using System;
using System.Collections.Generic;
using System.Linq;
using MicroLink.Runtime;
using MicroLink.TestKit;
using Xunit;

namespace MicroLink.Tests.Unit.Runtime;

public class SupervisionTests
{
    private readonly TestSystem _system = new TestSystem();
    private readonly List<int> _seen = new List<int>();
    private readonly List<long> _starts = new List<long>();

    [Fact]
    public void A_failed_actor_is_made_anew_after_a_back_off_and_keeps_its_mailbox_and_address()
    {
        int stops = 0;
        ActorRef actor = _system.Spawn("a", Scripted.Props((_, m) => _seen.Add(((Note)m).Number), a => _starts.Add(a.NowMs), _ => stops++));
        _system.RunToQuiet();
        actor.Tell(Boom.Instance);
        actor.Tell(new Note(7));
        _system.RunToQuiet();
        Assert.Empty(_seen);
        Assert.Equal(1, stops);
        Assert.Equal(500, _system.NextDeadline(out string why));
        Assert.Equal("a: restart after failure", why);
        _system.Advance(500);
        Assert.Equal(new long[] { 0, 500 }, _starts);
        Assert.Equal(new[] { 7 }, _seen);
        Assert.Equal(1, actor.Cell.Restarts);
    }

    [Fact]
    public void The_back_off_doubles_up_to_its_limit()
    {
        Supervision policy = new Supervision(5, 60000, 500, 3000);
        Assert.Equal(new[] { 500, 1000, 2000, 3000, 3000, 3000 }, Enumerable.Range(1, 6).Select(policy.BackoffMs));
        Assert.Equal(30000, new Supervision(40, 60000, 500, 30000).BackoffMs(40));
    }

    [Fact]
    public void Restarts_are_counted_in_a_sliding_window()
    {
        RestartWindow window = new RestartWindow(2, 1000);
        Assert.Equal(1, window.Record(0, 100));
        Assert.Equal(2, window.Record(0, 600));
        Assert.Equal(2, window.Record(0, 1100));     // the first has left the window
        Assert.Equal(3, window.Record(0, 1200));     // over the limit
        Assert.Equal(3, window.Record(5000, 5900));  // and stays over: it had run for 900 ms only
        Assert.Equal(1, window.Record(6000, 7000));  // a whole window without a failure forgives
    }

    [Fact]
    public void Too_many_restarts_tell_the_parent_and_go_on_at_the_slowest_pace()
    {
        Probe parent = _system.NewProbe("parent");
        _system.Spawn("a", Scripted.Props(null, a => { _starts.Add(a.NowMs); throw new Exception("cannot start"); })
            .WithSupervision(new Supervision(2, 60000, 100, 10000)), parent.Ref);
        _system.Advance(300);
        Assert.Equal(new long[] { 0, 100, 300 }, _starts);
        ChildFailed news = (ChildFailed)parent.Expect(typeof(ChildFailed));
        Assert.Equal("a", news.Child.Path);
        Assert.Equal("cannot start", news.Reason.Message);
        Assert.Equal(Directive.Restart, news.Directive);

        _system.Advance(3600000);                                    // an hour: it still tries, every 10 s, and says so each time
        Assert.Equal(3 + 360, _starts.Count);
        Assert.Equal(360, parent.Count);
    }

    [Fact]
    public void Without_a_parent_the_root_hook_hears_of_it()
    {
        List<string> roots = new List<string>();
        _system.OnRootFailed = (actor, reason) => roots.Add(actor + ": " + reason.Message);
        ActorRef a = _system.Spawn("a", Scripted.Props(null).WithSupervision(new Supervision(0, 1000, 1, 10)));
        a.Tell(Boom.Instance);
        _system.RunToQuiet();
        Assert.Equal(new[] { "a: boom" }, roots);
        _system.Advance(10);
        Assert.True(a.Cell.IsRunning);
    }

    [Fact]
    public void A_parent_whose_mailbox_is_full_does_not_make_it_silent()
    {
        int roots = 0;
        _system.OnRootFailed = (_, _) => roots++;
        ActorRef parent = _system.Spawn("parent", Scripted.Props(null).WithUrgent(0));
        ActorRef a = _system.Spawn("a", Scripted.Props(null).WithSupervision(new Supervision(0, 1000, 1, 10)), parent);
        a.Tell(Boom.Instance);
        _system.RunToQuiet();
        Assert.Equal(1, roots);
    }

    [Fact]
    public void Resume_keeps_the_state_and_loses_only_the_message()
    {
        ActorRef a = _system.Spawn("a", Scripted.Props((_, m) => _seen.Add(((Note)m).Number), x => _starts.Add(x.NowMs))
            .WithSupervision(Deciding(Directive.Resume)));
        a.Tell(Boom.Instance);
        a.Tell(new Note(1));
        _system.RunToQuiet();
        Assert.Equal(new[] { 1 }, _seen);
        Assert.Single(_starts);
        Assert.Equal(1, _system.Failures);
    }

    [Fact]
    public void Stop_ends_the_actor_tells_the_parent_and_the_parent_may_restart_it()
    {
        ActorRef child = null;
        List<int> directives = new List<int>();
        ActorRef parent = _system.Spawn("parent", Scripted.Props((p, m) =>
        {
            if (m is ChildFailed failed) directives.Add(failed.Directive);
            else p.Restart(child);
        }));
        child = _system.Spawn("child", Scripted.Props((_, m) => _seen.Add(((Note)m).Number)).WithSupervision(Deciding(Directive.Stop)), parent);
        Note waiting = new Note(1);
        child.Tell(Boom.Instance);
        child.Tell(waiting);
        _system.Advance(100000);
        Assert.Equal(new[] { Directive.Stop }, directives);
        Assert.False(child.Tell(new Note(2)));
        Assert.Equal(1, waiting.DiscardedTimes);
        Assert.Equal(2, _system.DeadLetters);

        parent.Tell(new Note());
        _system.RunToQuiet();
        Assert.True(child.Tell(new Note(3)));
        _system.RunToQuiet();
        Assert.Equal(new[] { 3 }, _seen);
    }

    [Fact]
    public void Escalate_tells_the_parent_at_once_and_restarts_at_the_slowest_pace()
    {
        Probe parent = _system.NewProbe("parent");
        Supervision policy = new Supervision(5, 60000, 500, 30000, _ => Directive.Escalate);
        ActorRef a = _system.Spawn("a", Scripted.Props(null).WithSupervision(policy), parent.Ref);
        a.Tell(Boom.Instance);
        _system.RunToQuiet();
        Assert.Equal(Directive.Escalate, ((ChildFailed)parent.Expect(typeof(ChildFailed))).Directive);
        _system.Advance(29999);
        Assert.False(a.Cell.IsRunning);
        _system.Advance(1);
        Assert.True(a.Cell.IsRunning);
    }

    [Fact]
    public void A_decider_that_throws_means_restart()
    {
        ActorRef a = _system.Spawn("a", Scripted.Props(null).WithSupervision(new Supervision(5, 60000, 500, 30000, _ => throw new Exception("also broken"))));
        a.Tell(Boom.Instance);
        _system.Advance(500);
        Assert.Equal(1, a.Cell.Restarts);
    }

    [Fact]
    public void A_restart_stops_timers_and_closes_questions()
    {
        Probe silent = _system.NewProbe("silent");
        int timeouts = 0, first = 0;
        ActorRef a = _system.Spawn("a", Scripted.Props((x, m) =>
        {
            if (m is AskTimeout) timeouts++;
            if (m is Note && first++ == 0) { x.Ask(silent.Ref, new Note(), 2000); x.Timers.Set(0, 2000, new Note(), "old"); }
        }));
        a.Tell(new Note());
        _system.RunToQuiet();
        a.Tell(Boom.Instance);
        _system.Advance(10000);
        Assert.Equal(0, timeouts);
        Assert.Equal(1, first);
        Assert.NotNull(silent.Expect(typeof(Note)));
        Assert.False(silent.Reply(new Note()));          // nobody waits for it any more
        Assert.Equal(1, _system.DeadLetters);
    }

    [Fact]
    public void A_buffer_in_the_hands_of_a_failing_actor_is_not_lost()
    {
        BufferPool pool = new BufferPool(2, 16);
        ActorRef keeper = _system.Spawn("keeper", Scripted.Props(null));
        ActorRef a = _system.Spawn("a", Scripted.Props((x, m) =>
        {
            if (((PacketBuffer)m).Kind == 1) x.Send(keeper, m);
            throw new Exception("after or before sending on");
        }));
        PacketBuffer kept = pool.Lease();
        kept.Kind = 1;
        a.Tell(pool.Lease());
        a.Tell(kept);
        _system.Advance(10000);
        Assert.Equal("1 of 2 leased: keeper", pool.DescribeLeases());
        Assert.Equal(0, pool.ReturnedTwice);
    }

    [Fact]
    public void A_failing_OnStop_does_not_keep_the_actor_from_restarting()
    {
        ActorRef a = _system.Spawn("a", Scripted.Props(null, null, _ => throw new Exception("stop failed")));
        a.Tell(Boom.Instance);
        _system.Advance(500);
        Assert.True(a.Cell.IsRunning);
    }

    private static Supervision Deciding(int directive) => new Supervision(5, 60000, 500, 30000, _ => directive);
}
