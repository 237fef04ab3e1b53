using System;

namespace MicroLink.Runtime
{
    /// <summary>
    /// What stays when an actor is made anew: address, mailbox, timers, open questions, counters; and the rules of its failures. All of it
    /// runs on the dispatcher thread except Post and Push.
    /// </summary>
    internal sealed class ActorCell
    {
        internal readonly ActorSystem System;
        internal readonly ActorRef Ref;
        internal readonly ActorRef Parent;
        /// <summary>Place in the system; -1 for the stand-in of an outsider who waits for an answer.</summary>
        internal readonly int Index;

        internal Props Props;
        internal TimerTable Timers;
        internal Log Log;
        internal IMailboxFilter Filter;
        internal readonly EdgeTable Edges = new EdgeTable();

        // Of the message being handled.
        internal ActorRef Sender;
        internal int Ticket;

        internal int Processed, Restarts, Failures, FromOutside;
        internal long HandlerMs, LongestHandlerMs;

        /// <summary>In the ready ring; guarded by the kernel's lock, as are the two below.</summary>
        internal bool IsReady;
        private bool _running;
        private bool _accepting;

        private Mailbox _mailbox;
        private AskTable _asks;
        private Actor _actor;
        private RestartWindow _window;
        private long _startedMs;
        private long _restartAtMs = TimerTable.Never;
        private int _bufferUse;

        internal ActorCell(ActorSystem system, string path, ActorRef parent, int index)
        {
            System = system;
            Parent = parent;
            Index = index;
            Ref = new ActorRef(path, this);
        }

        internal bool IsBound { get { return Props != null; } }

        internal bool IsRunning { get { return _running; } }

        internal int Depth { get { return _mailbox == null ? 0 : _mailbox.Count; } }

        internal int HighWater { get { return _mailbox == null ? 0 : _mailbox.HighWater; } }

        internal int Dropped { get { return _mailbox == null ? 0 : _mailbox.Dropped; } }

        internal void Bind(Props props)
        {
            Props = props;
            Timers = new TimerTable(this, props.TimerSlots);
            Log = System.Logs.For(Ref.Path);
            _asks = new AskTable(props.AskSlots);
            _window = new RestartWindow(props.Policy.MaxRestarts, props.Policy.WindowMs);
            lock (System.Gate)
            {
                _mailbox = new Mailbox(props.MailboxCapacity, props.UrgentCapacity, props.OverflowPolicy);
                _accepting = true;
            }
        }

        // ---- Mail in, from any thread -------------------------------------------------------------------------------------------------

        internal bool Post(Message message, ActorRef sender, int ticket, bool urgent)
        {
            if (Filter != null && !Filter.Pass(Ref, message, sender, ticket, urgent)) return true;
            return Push(message, sender, ticket, urgent);
        }

        internal bool Push(Message message, ActorRef sender, int ticket, bool urgent)
        {
            PacketBuffer buffer = message as PacketBuffer;
            if (buffer != null) buffer.PostedTo(Ref);

            Message victim;
            int result;
            lock (System.Gate)
            {
                if (_accepting)
                {
                    result = _mailbox.Push(message, sender, ticket, urgent, out victim);
                    if (sender == null) FromOutside++;
                    if (!IsReady && _running && result != Mailbox.Rejected) System.MakeReady(this);
                }
                else
                {
                    result = Mailbox.Closed;
                    victim = null;
                }
            }
            if (result == Mailbox.Queued)
            {
                if (ticket < 0) _asks.StopClock(-ticket);
                return true;
            }
            if (result == Mailbox.Closed) System.CountDeadLetter(Ref, message, IsBound ? "stopped" : "not bound");
            if (result == Mailbox.Discarded) victim.OnDiscarded();
            return result == Mailbox.Discarded;
        }

        /// <summary>Called with the kernel's lock held. Null: no mail.</summary>
        internal Message TakeMail(out ActorRef sender, out int ticket)
        {
            return _mailbox.Pop(out sender, out ticket);
        }

        // ---- What the actor asks for --------------------------------------------------------------------------------------------------

        internal bool Send(ActorCell target, Message message, bool urgent)
        {
            if (target.Index >= 0) Edges.Note(target);
            return target.Post(message, Ref, 0, urgent);
        }

        internal int Ask(ActorRef target, Message question, int timeoutMs)
        {
            int ticket = System.NextTicket();
            long deadlineMs = System.Clock.NowMs + timeoutMs;
            if (!_asks.Open(ticket, target, deadlineMs))
            {
                Log.Warning("no free ask slot; raise Props.WithAsks");
                return 0;
            }
            Edges.Note(target.Cell);
            if (!target.Cell.Post(question, Ref, ticket, false)) deadlineMs = _asks.Expire(ticket);
            System.NoteDeadline(deadlineMs);
            return ticket;
        }

        internal bool Answer(ActorRef asker, int ticket, Message answer)
        {
            if (asker == null)
            {
                System.CountDeadLetter(null, answer, "nobody asked");
                return false;
            }
            ActorCell cell = asker.Cell;
            if (cell.Index >= 0) Edges.Note(cell);
            if (ticket == 0) return cell.Post(answer, Ref, 0, false);
            if (cell._asks != null && !cell._asks.IsOpen(ticket))
            {
                System.CountDeadLetter(asker, answer, "late answer");
                return false;
            }
            // Tickets of answers travel negated, so that the mailbox can tell them from questions.
            return cell.Post(answer, Ref, -ticket, false);
        }

        internal void Revive()
        {
            if (_accepting || !IsBound) return;
            lock (System.Gate) _accepting = true;
            ScheduleStart(System.Clock.NowMs);
        }

        // ---- One step -----------------------------------------------------------------------------------------------------------------

        internal void ScheduleStart(long atMs)
        {
            _restartAtMs = atMs;
            System.NoteDeadline(atMs);
        }

        internal void DeadlineChanged()
        {
            System.NoteDeadline(Timers.NextMs);
        }

        /// <summary>When this actor wants to run without mail.</summary>
        internal long NextMs
        {
            get
            {
                if (!_running) return _restartAtMs;
                long timer = Timers.NextMs, ask = _asks.NextMs;
                return timer <= ask ? timer : ask;
            }
        }

        internal string NextReason
        {
            get
            {
                if (!_running) return _restartAtMs == TimerTable.Never ? null : Restarts == 0 && Failures == 0 ? "start" : "restart after failure";
                return Timers.NextMs <= _asks.NextMs ? Timers.NextReason : "answer awaited";
            }
        }

        /// <summary>Does the earliest thing that is due: start, timer or ask timeout. The caller has checked that NextMs is due.</summary>
        internal void RunDue(long nowMs)
        {
            if (!_running)
            {
                Create(nowMs);
                return;
            }
            if (Timers.NextMs <= _asks.NextMs)
            {
                Invoke(Timers.TakeNext(), null, 0);
                return;
            }
            ActorRef target;
            int ticket = _asks.TakeDue(nowMs, out target);
            if (ticket != 0) Invoke(AskTimeout.Instance, target, ticket);
        }

        internal void Deliver(Message message, ActorRef sender, int ticket)
        {
            if (ticket < 0)
            {
                ticket = -ticket;
                if (!_asks.Close(ticket))
                {
                    System.CountDeadLetter(Ref, message, "late answer");
                    message.OnDiscarded();
                    return;
                }
            }
            Processed++;
            Invoke(message, sender, ticket);
        }

        /// <summary>Ends the actor for good: OnStop, then its mail becomes dead letters.</summary>
        internal void Close()
        {
            StopActor();
            lock (System.Gate) _accepting = false;
            _restartAtMs = TimerTable.Never;
            for (; ; )
            {
                Message message;
                ActorRef sender;
                int ticket;
                lock (System.Gate) message = _mailbox.Pop(out sender, out ticket);
                if (message == null) return;
                System.CountDeadLetter(Ref, message, "stopped");
                message.OnDiscarded();
            }
        }

        private void Invoke(Message message, ActorRef sender, int ticket)
        {
            Sender = sender;
            Ticket = ticket;
            if (System.OnDeliver != null) System.OnDeliver(System.Clock.NowMs, sender, Ref, message);
            PacketBuffer buffer = message as PacketBuffer;
            if (buffer != null) _bufferUse = buffer.Use;
            try
            {
                _actor.Receive(message);
            }
            catch (Exception e)
            {
                Fail(e, message);
            }
            Sender = null;
            Ticket = 0;
        }

        private void Create(long nowMs)
        {
            _restartAtMs = TimerTable.Never;
            _startedMs = nowMs;
            if (Failures != 0) Restarts++;
            try
            {
                _actor = Props.Factory();
                _actor.Cell = this;
                lock (System.Gate) _running = true;
                _actor.Start();
            }
            catch (Exception e)
            {
                Fail(e, null);
                return;
            }
            lock (System.Gate)
            {
                if (!IsReady && _mailbox.Count != 0) System.MakeReady(this);
            }
            System.NoteDeadline(NextMs);
        }

        // ---- Failure ------------------------------------------------------------------------------------------------------------------

        /// <summary><paramref name="message"/> is null when OnStart failed: there is no state to resume with then.</summary>
        private void Fail(Exception reason, Message message)
        {
            Failures++;
            System.Failures++;
            int directive = Decide(reason);
            Log.Error("failed" + (message == null ? " to start" : " on " + message.GetType().Name) + ": " + reason.GetType().Name + ": " + reason.Message);
            if (directive == Directive.Resume && message != null) return;

            StopActor();
            ReleaseBuffer(message);
            if (directive == Directive.Stop)
            {
                Close();
                TellParent(reason, directive);
                return;
            }

            long nowMs = System.Clock.NowMs;
            int restart = _window.Record(_startedMs, nowMs);
            bool tooOften = restart > Props.Policy.MaxRestarts;
            if (directive == Directive.Escalate) restart = Props.Policy.MaxRestarts + 1;
            ScheduleStart(nowMs + Props.Policy.BackoffMs(restart));
            if (tooOften || directive == Directive.Escalate) TellParent(reason, directive == Directive.Escalate ? directive : Directive.Restart);
        }

        private int Decide(Exception reason)
        {
            if (Props.Policy.Decide == null) return Directive.Restart;
            try
            {
                return Props.Policy.Decide(reason);
            }
            catch (Exception)
            {
                return Directive.Restart;
            }
        }

        private void StopActor()
        {
            Actor actor = _actor;
            if (actor == null) return;
            lock (System.Gate) _running = false;
            try
            {
                if (actor.Cell != null) actor.Stop();
            }
            catch (Exception e)
            {
                Log.Error("OnStop failed: " + e.GetType().Name + ": " + e.Message);
            }
            _actor = null;
            Timers.StopAll();
            _asks.CloseAll();
        }

        /// <summary>A buffer that the failed handler neither returned nor sent on would be lost with the actor's state.</summary>
        private void ReleaseBuffer(Message message)
        {
            PacketBuffer buffer = message as PacketBuffer;
            if (buffer != null && buffer.Leased && buffer.Use == _bufferUse) buffer.Return();
        }

        private void TellParent(Exception reason, int directive)
        {
            ChildFailed news = new ChildFailed(Ref, reason, directive);
            if (Parent == null || !Parent.Cell.Post(news, Ref, 0, true)) System.RootFailed(Ref, reason);
        }
    }
}
