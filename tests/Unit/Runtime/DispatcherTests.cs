using System;
using System.Diagnostics;
using System.Threading;
using MicroLink.Runtime;
using MicroLink.TestKit;
using Xunit;

namespace MicroLink.Tests.Unit.Runtime;

/// <summary>The one thread: wake-up, sleep, stop, mail from other threads. Nothing here waits for a time, only for events.</summary>
public class DispatcherTests
{
    private const int PatienceMs = 30000;

    [Fact]
    public void Mail_from_many_threads_arrives_and_Stop_ends_the_dispatcher()
    {
        ActorSystem system = new ActorSystem(new RealClock(), 4);
        int handled = 0, stopped = 0;
        ManualResetEvent all = new ManualResetEvent(false);
        ActorRef counter = system.Spawn("counter", Scripted.Props((_, _) => { if (++handled == 4000) all.Set(); }, null, _ => stopped++).WithMailbox(64));
        Thread dispatcher = new Thread(system.RunForever);
        dispatcher.Start();
        Thread[] senders = new Thread[4];
        for (int t = 0; t < senders.Length; t++)
        {
            senders[t] = new Thread(() =>
            {
                Note note = new Note();
                for (int i = 0; i < 1000;)
                {
                    if (counter.Tell(note)) i++;
                    else Thread.Yield();
                }
            });
            senders[t].Start();
        }
        Assert.True(all.WaitOne(PatienceMs));
        foreach (Thread sender in senders) Assert.True(sender.Join(PatienceMs));
        system.Stop();
        Assert.True(dispatcher.Join(PatienceMs));
        Assert.Equal(1, stopped);
        Assert.False(counter.Tell(new Note()));
    }

    [Fact]
    public void A_sleeping_dispatcher_wakes_for_mail_timers_spawns_and_questions()
    {
        ActorSystem system = new ActorSystem(new RealClock(), 8);
        Thread dispatcher = new Thread(system.RunForever);
        dispatcher.Start();
        ManualResetEvent timer = new ManualResetEvent(false);
        ActorRef a = system.Spawn("a", Scripted.Props((x, m) =>
        {
            if (((Note)m).Number == 1) x.Timers.Set(0, 5, new Note(2), "soon");
            else if (((Note)m).Number == 2) timer.Set();
            else x.Reply(new Note(7));
        }));
        Assert.True(a.Tell(new Note(1)));
        Assert.True(timer.WaitOne(PatienceMs));
        Assert.Equal(7, ((Note)system.AskAndWait(a, new Note(3), PatienceMs)).Number);
        system.Stop();
        Assert.True(dispatcher.Join(PatienceMs));
        Assert.Null(system.AskAndWait(a, new Note(3), PatienceMs));
    }

    [Fact]
    public void AskAndWait_inside_an_actor_is_refused()
    {
        ActorSystem system = new ActorSystem(new RealClock(), 2);
        ActorRef a = system.Spawn("a", Scripted.Props((x, m) => system.AskAndWait(x.Self, m, 1)));
        string refused = null;
        ManualResetEvent failed = new ManualResetEvent(false);
        ActorRef b = system.Spawn("b", Scripted.Props((x, m) =>
        {
            refused = Record.Exception(() => system.AskAndWait(a, m, 1)).Message;
            failed.Set();
        }));
        Thread dispatcher = new Thread(system.RunForever);
        dispatcher.Start();
        b.Tell(new Note());
        Assert.True(failed.WaitOne(PatienceMs));
        Assert.Equal("AskAndWait inside an actor would wait for itself; use Ask", refused);
        system.Stop();
        Assert.True(dispatcher.Join(PatienceMs));
    }

    [Fact]
    public void Actors_spawned_by_another_thread_start_even_while_timers_fire_all_the_time()
    {
        const int count = 300;
        ActorSystem system = new ActorSystem(new RealClock(), count + 1);
        system.Spawn("busy", Scripted.Props((x, m) => x.Timers.Set(0, 0, m, "again"), x => x.Timers.Set(0, 0, new Note(), "first")));
        Thread dispatcher = new Thread(system.RunForever);
        dispatcher.Start();
        int started = 0;
        ManualResetEvent all = new ManualResetEvent(false);
        for (int i = 0; i < count; i++)
        {
            system.Spawn("a" + i, Scripted.Props(null, _ => { if (++started == count) all.Set(); }));
            Thread.SpinWait(i);
        }
        Assert.True(all.WaitOne(PatienceMs), started + " of " + count);
        system.Stop();
        Assert.True(dispatcher.Join(PatienceMs));
    }

    [Fact]
    public void Stop_before_the_first_step_still_ends()
    {
        ActorSystem system = new ActorSystem(new RealClock(), 2);
        system.Spawn("a", Scripted.Props(null));
        system.Stop();
        system.RunForever();
        Assert.True(system.IsStopped);
    }

    [Fact]
    public void The_kernel_allocates_nothing_per_message()
    {
        TestSystem system = new TestSystem();
        BufferPool pool = new BufferPool(4, 16);
        ActorRef pong = null;
        ActorRef ping = system.Declare("ping", null);
        Note note = new Note();
        int rounds = 0;
        system.Bind(ping, Scripted.Props((a, m) =>
        {
            if (m is AskTimeout) return;
            if (m is PacketBuffer buffer) { buffer.Return(); return; }
            if (rounds-- <= 0) return;
            a.Timers.Set(0, 1000, note, "keepalive");
            a.Ask(pong, note, 1000);
            a.SendUrgent(pong, pool.Lease());
        }).WithMailbox(64).WithAsks(4));
        pong = system.Declare("pong", null);
        system.Bind(pong, Scripted.Props((a, m) => { if (m is PacketBuffer) a.Send(ping, m); else a.Reply(m); }).WithMailbox(64));
        system.Start();
        system.RunToQuiet();

        Run(100);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(10000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Null(pool.DescribeLeases());

        void Run(int count)
        {
            rounds = count;
            ping.Tell(note);
            while (rounds > 0)
            {
                while (system.Step()) { }
                system.Time.Ms += 1;
            }
            while (system.Step()) { }
        }
    }

    private sealed class RealClock : IClock
    {
        private readonly long _start = Stopwatch.GetTimestamp();
        public long NowMs => (long)Stopwatch.GetElapsedTime(_start).TotalMilliseconds;
    }
}
