using System.Collections.Generic;
using MicroLink.Runtime;
using MicroLink.TestKit;
using Xunit;

namespace MicroLink.Tests.Unit.Runtime;

public class AskTests
{
    private readonly TestSystem _system = new TestSystem();
    private readonly List<string> _answers = new List<string>();

    [Fact]
    public void An_answer_arrives_with_the_ticket_of_its_question()
    {
        Probe target = _system.NewProbe("target");
        int first = 0, second = 0;
        ActorRef asker = Asker(a => { first = a.Ask(target.Ref, new Note(1), 1000); second = a.Ask(target.Ref, new Note(2), 1000); });
        asker.Tell(Boom2.Go);
        _system.RunToQuiet();
        Assert.NotEqual(first, second);
        target.Expect(typeof(Note));
        Assert.Equal(first, target.LastTicket);
        Assert.True(target.Reply(new Note(11)));
        target.Expect(typeof(Note));
        Assert.True(target.Reply(new Note(12)));
        _system.RunToQuiet();
        Assert.Equal(new[] { "Note 11 ticket " + first, "Note 12 ticket " + second }, _answers);
        _system.Advance(5000);
        Assert.Equal(2, _answers.Count);
    }

    [Fact]
    public void Silence_ends_with_AskTimeout_and_a_late_answer_is_a_dead_letter()
    {
        Probe target = _system.NewProbe("target");
        int ticket = 0;
        ActorRef asker = Asker(a => ticket = a.Ask(target.Ref, new Note(1), 2000));
        asker.Tell(Boom2.Go);
        _system.Advance(1999);
        Assert.Empty(_answers);
        _system.NextDeadline(out string why);
        Assert.Equal("asker: answer awaited", why);
        _system.Advance(1);
        Assert.Equal(new[] { "AskTimeout ticket " + ticket + " from target" }, _answers);
        target.Expect(typeof(Note));
        Note late = new Note(9);
        Assert.False(target.Reply(late));
        Assert.Equal(0, late.DiscardedTimes);
        Assert.Equal(1, _system.DeadLetters);
    }

    [Fact]
    public void An_answer_already_in_the_mailbox_is_not_beaten_by_its_timeout()
    {
        Probe target = _system.NewProbe("target");
        ActorRef asker = Asker(a => a.Ask(target.Ref, new Note(1), 1000));
        asker.Tell(Boom2.Go);
        _system.RunToQuiet();
        target.Expect(typeof(Note));
        target.Reply(new Note(5));
        _system.Time.Ms += 5000;
        _system.RunToQuiet();
        Assert.Single(_answers);
        Assert.StartsWith("Note 5", _answers[0]);
    }

    [Fact]
    public void A_question_that_is_not_accepted_times_out_at_once()
    {
        ActorRef deaf = _system.Declare("deaf", null);
        ActorRef asker = Asker(a => a.Ask(deaf, new Note(1), 60000));
        asker.Tell(Boom2.Go);
        _system.RunToQuiet();
        Assert.Single(_answers);
        Assert.StartsWith("AskTimeout", _answers[0]);
    }

    [Fact]
    public void An_answer_to_a_full_mailbox_becomes_a_timeout_not_silence()
    {
        Probe target = _system.NewProbe("target");
        ActorRef asker = Asker(a => a.Ask(target.Ref, new Note(1), 1000), 1);
        asker.Tell(Boom2.Go);
        _system.RunToQuiet();
        target.Expect(typeof(Note));
        asker.Tell(new Note(100));
        Assert.False(target.Reply(new Note(5)));
        _system.Advance(1000);
        Assert.Equal(2, _answers.Count);
        Assert.StartsWith("AskTimeout", _answers[1]);
    }

    [Fact]
    public void Drop_oldest_never_drops_an_awaited_answer()
    {
        Probe target = _system.NewProbe("target");
        ActorRef asker = Asker(a => a.Ask(target.Ref, new Note(1), 1000), 1, Overflow.DropOldest);
        asker.Tell(Boom2.Go);
        _system.RunToQuiet();
        target.Expect(typeof(Note));
        Assert.True(target.Reply(new Note(5)));
        Assert.False(asker.Tell(new Note(100)));
        _system.RunToQuiet();
        Assert.StartsWith("Note 5", _answers[0]);
    }

    [Fact]
    public void Without_a_free_slot_nothing_is_asked()
    {
        Probe target = _system.NewProbe("target");
        int third = -1;
        ActorRef asker = Asker(a => { a.Ask(target.Ref, new Note(1), 1000); a.Ask(target.Ref, new Note(2), 1000); third = a.Ask(target.Ref, new Note(3), 1000); });
        asker.Tell(Boom2.Go);
        _system.RunToQuiet();
        Assert.Equal(0, third);
        Assert.Equal(2, target.Count);
    }

    [Fact]
    public void A_reply_may_come_later()
    {
        ActorRef who = null;
        int ticket = 0;
        ActorRef slow = _system.Spawn("slow", Scripted.Props((a, m) =>
        {
            if (m is Boom2) { a.ReplyTo(who, ticket, new Note(42)); return; }
            who = a.Sender;
            ticket = a.Ticket;
            a.Timers.Set(0, 300, Boom2.Go, "thinking");
        }));
        ActorRef asker = Asker(a => a.Ask(slow, new Note(1), 1000));
        asker.Tell(Boom2.Go);
        _system.Advance(300);
        Assert.StartsWith("Note 42", _answers[0]);
    }

    [Fact]
    public void A_reply_to_nobody_is_a_dead_letter()
    {
        ActorRef polite = _system.Spawn("polite", Scripted.Props((a, m) => a.Reply(m)));
        polite.Tell(new Note());
        _system.RunToQuiet();
        Assert.Equal(1, _system.DeadLetters);
    }

    [Fact]
    public void An_outsider_asks_and_waits()
    {
        ActorRef echo = _system.Spawn("echo", Scripted.Props((a, m) => a.Timers.Set(0, 100, m, "thinking"), null));
        Assert.Null(_system.AskAndWait(echo, new Note(1), 50));
        Assert.Equal(50, _system.Time.Ms);

        ActorRef twice = _system.Spawn("twice", Scripted.Props((a, m) =>
        {
            a.Reply(new Note(((Note)m).Number * 2));
            a.Send(a.Sender, new Note(-1));
        }));
        Assert.Equal(42, ((Note)_system.AskAndWait(twice, new Note(21), 1000)).Number);
        Assert.Equal(50, _system.Time.Ms);
        Assert.Equal(1, _system.DeadLetters);           // the second answer
        Assert.Equal(0, twice.Cell.Edges.Count);        // outsiders are no edges of the graph
    }

    [Fact]
    public void An_answer_for_an_actor_that_was_restarted_meanwhile_is_a_discarded_dead_letter()
    {
        Probe target = _system.NewProbe("target");
        ActorRef asker = Asker(a => a.Ask(target.Ref, new Note(1), 1000));
        asker.Tell(Boom2.Go);
        _system.RunToQuiet();
        target.Expect(typeof(Note));
        Note answer = new Note(5);
        asker.Tell(Boom.Instance);
        Assert.True(target.Reply(answer));
        _system.Advance(5000);
        Assert.Empty(_answers);
        Assert.Equal(1, answer.DiscardedTimes);
        Assert.Equal(1, _system.DeadLetters);
    }

    [Fact]
    public void Outside_of_a_message_there_is_no_sender_and_no_ticket()
    {
        Probe asker = _system.NewProbe("asker");
        string seen = null;
        ActorRef a = _system.Spawn("a", Scripted.Props((x, m) => { if (x.Sender == null) seen += "timer " + x.Ticket + " "; else x.Timers.Set(0, 5, m, "later"); },
            null, x => seen += "stop " + (x.Sender == null) + x.Ticket));
        asker.Send(a, new Note());
        _system.Advance(10);
        asker.Send(a, new Note());
        _system.Step();
        _system.Stop();
        _system.RunToQuiet();
        Assert.Equal("timer 0 stop True0", seen);
    }

    private ActorRef Asker(System.Action<Scripted> go, int mailbox = 16, int overflow = Overflow.Reject)
    {
        return _system.Spawn("asker", Scripted.Props((a, m) =>
        {
            if (m is Boom2) { go(a); return; }
            string text = m is Note note ? "Note " + note.Number : m.GetType().Name;
            _answers.Add(text + " ticket " + a.Ticket + (m is AskTimeout ? " from " + a.Sender : ""));
        }).WithMailbox(mailbox, overflow));
    }

    private sealed class Boom2 : Message { public static readonly Boom2 Go = new Boom2(); }
}
