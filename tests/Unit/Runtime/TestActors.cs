using System;
using System.Collections.Generic;
using MicroLink.Runtime;

namespace MicroLink.Tests.Unit.Runtime;

public sealed class Note : Message
{
    public readonly int Number;
    public int DiscardedTimes;
    public Note(int number = 0) { Number = number; }
    protected internal override void OnDiscarded() { DiscardedTimes++; }
}

public sealed class Boom : Message { public static readonly Boom Instance = new Boom(); }

/// <summary>An actor written in a test: what it does is passed in, what it got is kept outside of it.</summary>
public sealed class Scripted : Actor
{
    public Action<Scripted> Starting = _ => { };
    public Action<Scripted, Message> Receiving = (_, _) => { };
    public Action<Scripted> Stopping = _ => { };

    protected override void OnStart() => Starting(this);
    protected override void OnReceive(Message message)
    {
        if (message is Boom) throw new InvalidOperationException("boom");
        Receiving(this, message);
    }
    protected override void OnStop() => Stopping(this);

    public new ActorRef Self => base.Self;
    public new ActorRef Sender => base.Sender;
    public new int Ticket => base.Ticket;
    public new long NowMs => base.NowMs;
    public new TimerTable Timers => base.Timers;
    public new Log Log => base.Log;
    public new bool Send(ActorRef target, Message message) => base.Send(target, message);
    public new bool SendUrgent(ActorRef target, Message message) => base.SendUrgent(target, message);
    public new bool Reply(Message answer) => base.Reply(answer);
    public new bool ReplyTo(ActorRef asker, int ticket, Message answer) => base.ReplyTo(asker, ticket, answer);
    public new int Ask(ActorRef target, Message question, int timeoutMs) => base.Ask(target, question, timeoutMs);
    public new void Restart(ActorRef child) => base.Restart(child);

    public static Props Props(Action<Scripted, Message> receiving, Action<Scripted> starting = null, Action<Scripted> stopping = null)
    {
        return MicroLink.Runtime.Props.From(() => new Scripted
        {
            Receiving = receiving ?? ((_, _) => { }),
            Starting = starting ?? (_ => { }),
            Stopping = stopping ?? (_ => { }),
        });
    }

    public static Props Recorder(List<int> into) => Props((_, m) => into.Add(((Note)m).Number));
}
