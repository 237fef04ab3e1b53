using System.Collections.Generic;
using System.Linq;
using MicroLink.Runtime;
using MicroLink.TestKit;
using Xunit;

namespace MicroLink.Tests.Unit.Runtime;

public class MailboxTests
{
    private readonly TestSystem _system = new TestSystem();
    private readonly List<int> _seen = new List<int>();

    [Fact]
    public void Mail_is_handled_in_the_order_it_was_accepted()
    {
        ActorRef actor = _system.Spawn("a", Scripted.Recorder(_seen));
        for (int i = 0; i < 10; i++) Assert.True(actor.Tell(new Note(i)));
        _system.RunToQuiet();
        Assert.Equal(Enumerable.Range(0, 10), _seen);
    }

    [Fact]
    public void A_full_mailbox_rejects_and_the_sender_keeps_the_message()
    {
        ActorRef actor = _system.Spawn("a", Scripted.Recorder(_seen).WithMailbox(2));
        Note third = new Note(3);
        Assert.True(actor.Tell(new Note(1)));
        Assert.True(actor.Tell(new Note(2)));
        Assert.False(actor.Tell(third));
        Assert.Equal(0, third.DiscardedTimes);
        Assert.Equal(1, actor.Cell.Dropped);
        _system.RunToQuiet();
        Assert.Equal(new[] { 1, 2 }, _seen);
        Assert.True(actor.Tell(third));
    }

    [Fact]
    public void Drop_oldest_keeps_the_latest_news()
    {
        ActorRef actor = _system.Spawn("a", Scripted.Recorder(_seen).WithMailbox(2, Overflow.DropOldest));
        Note first = new Note(1);
        Assert.True(actor.Tell(first));
        Assert.True(actor.Tell(new Note(2)));
        Assert.True(actor.Tell(new Note(3)));
        Assert.Equal(1, first.DiscardedTimes);
        Assert.Equal(1, actor.Cell.Dropped);
        _system.RunToQuiet();
        Assert.Equal(new[] { 2, 3 }, _seen);
    }

    [Fact]
    public void Drop_newest_keeps_what_came_first()
    {
        ActorRef actor = _system.Spawn("a", Scripted.Recorder(_seen).WithMailbox(2, Overflow.DropNewest));
        Note third = new Note(3);
        actor.Tell(new Note(1));
        actor.Tell(new Note(2));
        Assert.True(actor.Tell(third));
        Assert.Equal(1, third.DiscardedTimes);
        Assert.Equal(1, actor.Cell.Dropped);
        _system.RunToQuiet();
        Assert.Equal(new[] { 1, 2 }, _seen);
    }

    [Fact]
    public void The_urgent_lane_goes_first_has_its_own_room_and_rejects_when_full()
    {
        ActorRef actor = _system.Spawn("a", Scripted.Recorder(_seen).WithMailbox(1, Overflow.DropOldest).WithUrgent(2));
        Assert.True(actor.Tell(new Note(1)));
        Assert.True(actor.TellUrgent(new Note(100)));
        Assert.True(actor.TellUrgent(new Note(101)));
        Assert.False(actor.TellUrgent(new Note(102)));
        Assert.Equal(1, actor.Cell.Dropped);
        Assert.Equal(3, actor.Cell.HighWater);
        _system.RunToQuiet();
        Assert.Equal(new[] { 100, 101, 1 }, _seen);
    }

    [Fact]
    public void A_busy_actor_does_not_starve_the_others()
    {
        List<string> order = new List<string>();
        ActorRef a = _system.Spawn("a", Scripted.Props((_, _) => order.Add("a")));
        ActorRef b = _system.Spawn("b", Scripted.Props((_, _) => order.Add("b")));
        _system.RunToQuiet();
        for (int i = 0; i < 3; i++) a.Tell(new Note());
        b.Tell(new Note());
        _system.RunToQuiet();
        Assert.Equal("a b a a", string.Join(" ", order));
    }

    [Fact]
    public void A_ring_survives_many_laps()
    {
        ActorRef actor = _system.Spawn("a", Scripted.Recorder(_seen).WithMailbox(3));
        int sent = 0;
        for (int lap = 0; lap < 50; lap++)
        {
            for (int i = 0; i <= lap % 3; i++) Assert.True(actor.Tell(new Note(sent++)));
            _system.RunToQuiet();
        }
        Assert.Equal(Enumerable.Range(0, sent), _seen);
    }

    [Fact]
    public void A_ring_that_grows_while_it_is_turned_keeps_the_order()
    {
        ActorRef actor = _system.Spawn("a", Scripted.Recorder(_seen).WithMailbox(50));
        _system.RunToQuiet();
        int sent = 0;
        for (int burst = 1; burst <= 50; burst++)
        {
            for (int i = 0; i < burst; i++) Assert.True(actor.Tell(new Note(sent++)));
            if (burst == 50) Assert.False(actor.Tell(new Note(-1)));
            _system.RunToQuiet();
        }
        Assert.Equal(Enumerable.Range(0, sent), _seen);
    }

    [Fact]
    public void Discarded_packet_buffers_go_back_to_their_pool()
    {
        BufferPool pool = new BufferPool(3, 16);
        ActorRef actor = _system.Spawn("a", Scripted.Props((_, _) => { }).WithMailbox(1, Overflow.DropOldest));
        actor.Tell(pool.Lease());
        actor.Tell(pool.Lease());
        Assert.Equal(2, pool.Free);
        _system.Stop();
        _system.RunToQuiet();
        Assert.Null(pool.DescribeLeases());
    }

    [Fact]
    public void A_mailbox_does_not_keep_what_was_handled()
    {
        ActorRef actor = _system.Spawn("a", Scripted.Props(null));
        System.WeakReference note = TellNote(actor);
        _system.RunToQuiet();
        System.GC.Collect();
        Assert.False(note.IsAlive);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static System.WeakReference TellNote(ActorRef actor)
    {
        Note note = new Note();
        actor.Tell(note);
        return new System.WeakReference(note);
    }

    [Fact]
    public void Mail_sent_before_the_start_is_kept_and_mail_to_a_stopped_actor_is_a_dead_letter()
    {
        List<string> letters = new List<string>();
        _system.OnDeadLetter = (target, message, why) => letters.Add(target + " " + message.GetType().Name + " " + why);
        ActorRef late = _system.Declare("late", null);
        Assert.False(late.Tell(new Note(0)));
        _system.Bind(late, Scripted.Recorder(_seen));
        Assert.True(late.Tell(new Note(1)));
        _system.RunToQuiet();
        Assert.Empty(_seen);
        _system.Start();
        _system.RunToQuiet();
        Assert.Equal(new[] { 1 }, _seen);

        _system.Stop();
        _system.RunToQuiet();
        Assert.False(late.Tell(new Note(2)));
        Assert.Equal(new[] { "late Note not bound", "late Note stopped" }, letters);
        Assert.Equal(2, _system.DeadLetters);
    }
}
