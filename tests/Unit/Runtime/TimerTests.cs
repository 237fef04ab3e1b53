using System;
using System.Collections.Generic;
using MicroLink.Runtime;
using MicroLink.TestKit;
using Xunit;

namespace MicroLink.Tests.Unit.Runtime;

public class TimerTests
{
    private readonly TestSystem _system = new TestSystem();
    private readonly List<int> _seen = new List<int>();

    [Fact]
    public void A_timer_fires_at_its_deadline_and_once()
    {
        Spawn(a => a.Timers.Set(0, 1000, new Note(1), "first"));
        _system.Advance(999);
        Assert.Empty(_seen);
        _system.Advance(1);
        Assert.Equal(new[] { 1 }, _seen);
        _system.Advance(100000);
        Assert.Single(_seen);
    }

    [Fact]
    public void Timers_fire_before_mail()
    {
        ActorRef actor = Spawn(a => a.Timers.Set(0, 1000, new Note(1), "due"));
        _system.RunToQuiet();
        actor.Tell(new Note(2));
        _system.Time.Ms += 1000;
        _system.RunToQuiet();
        Assert.Equal(new[] { 1, 2 }, _seen);
    }

    [Fact]
    public void A_timer_stopped_by_another_that_is_due_at_the_same_time_is_never_seen()
    {
        _system.Spawn("a", Scripted.Props(
            (a, m) => { _seen.Add(((Note)m).Number); a.Timers.Stop(1); },
            a => { a.Timers.Set(0, 10, new Note(1), "stops the other"); a.Timers.Set(1, 10, new Note(2), "stopped"); }));
        _system.Advance(100);
        Assert.Equal(new[] { 1 }, _seen);
    }

    [Fact]
    public void Setting_a_slot_again_replaces_what_it_held()
    {
        Spawn(a => { a.Timers.Set(0, 10, new Note(1), "old"); a.Timers.Set(0, 20, new Note(2), "new"); });
        _system.Advance(100);
        Assert.Equal(new[] { 2 }, _seen);
    }

    [Fact]
    public void Timers_of_all_actors_fire_in_the_order_of_their_deadlines()
    {
        _system.Spawn("a", Scripted.Props((_, m) => _seen.Add(((Note)m).Number), a => a.Timers.Set(0, 30, new Note(3), "third")));
        _system.Spawn("b", Scripted.Props((_, m) => _seen.Add(((Note)m).Number),
            a => { a.Timers.Set(1, 10, new Note(1), "first"); a.Timers.Set(0, 20, new Note(2), "second"); }));
        _system.RunToQuiet();
        _system.Time.Ms += 1000;
        _system.RunToQuiet();
        Assert.Equal(new[] { 1, 2, 3 }, _seen);
    }

    [Fact]
    public void SetAt_takes_an_absolute_time_and_Never_stops()
    {
        Spawn(a => { a.Timers.SetAt(0, 50, new Note(1), "at 50"); a.Timers.SetAt(1, 60, new Note(2), "x"); a.Timers.SetAt(1, TimerTable.Never, null, null); });
        _system.RunToQuiet();
        _system.AdvanceTo(1000);
        Assert.Equal(new[] { 1 }, _seen);
    }

    [Fact]
    public void NextDeadline_says_why()
    {
        Spawn(a => { a.Timers.Set(0, 500, new Note(1), "relay back-off"); a.Timers.Set(1, 300, new Note(2), "keepalive"); });
        _system.RunToQuiet();
        Assert.Equal(300, _system.NextDeadline(out string why));
        Assert.Equal("a: keepalive", why);
        _system.Advance(1000);
        Assert.Equal(TimerTable.Never, _system.NextDeadline(out why));
        Assert.Null(why);
    }

    [Fact]
    public void A_timer_that_re_arms_itself_without_delay_does_not_starve_the_mail()
    {
        int fired = 0;
        bool mail = false;
        ActorRef actor = _system.Spawn("a", Scripted.Props(
            (a, m) =>
            {
                if (((Note)m).Number == 2) { mail = true; a.Timers.Stop(0); }
                else { fired++; a.Timers.Set(0, 0, m, "again"); }
            },
            a => a.Timers.Set(0, 0, new Note(1), "again")));
        actor.Tell(new Note(2));
        _system.RunToQuiet();
        Assert.True(mail);
        Assert.InRange(fired, 1, 1000);
    }

    [Fact]
    public void A_slot_that_was_not_asked_for_is_a_bug_with_a_plain_sentence()
    {
        Exception seen = null;
        Spawn(a => seen = Record.Exception(() => a.Timers.Set(4, 1, new Note(), "x")));
        _system.RunToQuiet();
        Assert.Equal("a has 4 timer slots, not 4", seen.Message);
    }

    private ActorRef Spawn(Action<Scripted> starting)
    {
        return _system.Spawn("a", Scripted.Props((_, m) => _seen.Add(((Note)m).Number), starting));
    }
}
