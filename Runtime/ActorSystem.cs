using System;
using System.Threading;

namespace MicroLink.Runtime
{
    /// <summary>
    /// The kernel: a fixed number of actors, one dispatcher. Step runs what is due: first timers, then one message. RunForever does that on
    /// the calling thread and sleeps until the next deadline or message; a test calls Step itself and moves time by hand.
    /// </summary>
    public class ActorSystem
    {
        private const int DefaultLogLines = 128;
        /// <summary>A timer that re-arms itself with no delay must not starve the mail.</summary>
        private const int MaxTimersPerStep = 256;
        private const int MaxSleepMs = 60000;

        public readonly IClock Clock;
        public readonly LogBook Logs;
        public RootFailedHook OnRootFailed;
        public DeadLetterHook OnDeadLetter;
        /// <summary>Sees every message just before it is handled; null: nobody looks.</summary>
        public DeliverHook OnDeliver;
        public int DeadLetters;
        public int Failures;

        /// <summary>Guards mailboxes, the ready ring and the fields marked with it; never held while an actor runs.</summary>
        internal readonly object Gate = new object();
        internal readonly ActorCell[] Cells;
        internal int Count;

        private readonly ActorCell[] _ready;
        private int _readyHead;
        private int _readyCount;
        private bool _sleeping;
        /// <summary>Another thread has scheduled a start: _nextDueMs, which belongs to the dispatcher, may be too late.</summary>
        private bool _rescan;
        private bool _stopping;
        private bool _stopped;
        private bool _started;
        private readonly AutoResetEvent _wake = new AutoResetEvent(false);

        private long _nextDueMs = TimerTable.Never;
        private int _lastTicket;
        private int _dispatcherId = -1;
        private ActorCell _busy;
        private long _busySinceMs;

        public ActorSystem(IClock clock, int maxActors) : this(clock, maxActors, DefaultLogLines)
        {
        }

        public ActorSystem(IClock clock, int maxActors, int logLines)
        {
            Clock = clock;
            Logs = new LogBook(clock, logLines);
            Cells = new ActorCell[maxActors];
            _ready = new ActorCell[maxActors];
        }

        public bool IsStopped { get { return _stopped; } }

        // ---- Composition --------------------------------------------------------------------------------------------------------------

        /// <summary>Makes the address of an actor that is bound later; so cycles are possible. The parent (or null) hears of its failures.</summary>
        public ActorRef Declare(string name, ActorRef parent)
        {
            lock (Gate)
            {
                if (Count == Cells.Length) throw new InvalidOperationException("the graph is full: " + Count.ToString() + " actors, no room for " + name);
                if (Find(name) != null) throw new InvalidOperationException("declared twice: " + name);
                ActorCell cell = new ActorCell(this, name, parent, Count);
                Cells[Count] = cell;
                Count++;
                return cell.Ref;
            }
        }

        public void Bind(ActorRef actor, Props props)
        {
            if (actor.Cell.IsBound) throw new InvalidOperationException("bound twice: " + actor.Path);
            actor.Cell.Bind(props);
        }

        /// <summary>The address of a declared actor, or null.</summary>
        public ActorRef Find(string name)
        {
            for (int i = 0; i < Count; i++)
            {
                if (Cells[i].Ref.Path == name) return Cells[i].Ref;
            }
            return null;
        }

        /// <summary>Starts everything that was declared, in that order; throws "declared but not bound: relay".</summary>
        public void Start()
        {
            if (_started) throw new InvalidOperationException("started twice");
            for (int i = 0; i < Count; i++)
            {
                if (!Cells[i].IsBound) throw new InvalidOperationException("declared but not bound: " + Cells[i].Ref.Path);
            }
            _started = true;
            long nowMs = Clock.NowMs;
            for (int i = 0; i < Count; i++)
            {
                if (Cells[i].NextMs == TimerTable.Never && !Cells[i].IsRunning) Cells[i].ScheduleStart(nowMs);
            }
            Rescan();
        }

        /// <summary>Declares, binds and starts at once, also while the system runs.</summary>
        public ActorRef Spawn(string name, Props props)
        {
            return Spawn(name, props, null);
        }

        public ActorRef Spawn(string name, Props props, ActorRef parent)
        {
            ActorRef actor = Declare(name, parent);
            actor.Cell.Bind(props);
            actor.Cell.ScheduleStart(Clock.NowMs);
            Rescan();
            return actor;
        }

        internal bool IsStarted { get { return _started; } }

        // ---- Running ------------------------------------------------------------------------------------------------------------------

        /// <summary>Runs the timers that are due, then one message. False: nothing to do before NextDeadline.</summary>
        public bool Step()
        {
            if (_stopping) return StopActors();
            long nowMs = Clock.NowMs;
            ChargeHandler(nowMs);
            bool worked = nowMs >= _nextDueMs && FireDue(nowMs);

            ActorCell cell = null;
            Message message = null;
            ActorRef sender = null;
            int ticket = 0;
            lock (Gate)
            {
                while (message == null && _readyCount != 0)
                {
                    cell = TakeReady();
                    if (cell.IsRunning) message = cell.TakeMail(out sender, out ticket);
                }
                if (_rescan)
                {
                    _rescan = false;
                    _nextDueMs = 0;
                    worked = true;
                }
                // One message a turn: a busy actor goes to the back of the queue.
                if (message != null && cell.Depth != 0) MakeReady(cell);
            }
            if (message == null) return worked;
            _busy = cell;
            cell.Deliver(message, sender, ticket);
            return true;
        }

        /// <summary>Runs on the calling thread until Stop. Only one thread may do so.</summary>
        public void RunForever()
        {
            _dispatcherId = Thread.CurrentThread.ManagedThreadId;
            while (!_stopped)
            {
                while (Step()) { }
                if (_stopped) break;
                long waitMs = NextDeadlineMs() - Clock.NowMs;
                if (waitMs <= 0) continue;
                lock (Gate)
                {
                    if (_readyCount != 0 || _rescan || _stopping) continue;
                    _sleeping = true;
                }
                _wake.WaitOne(waitMs > MaxSleepMs ? MaxSleepMs : (int)waitMs, false);
                lock (Gate) _sleeping = false;
            }
        }

        /// <summary>From any thread: every actor's OnStop runs on the dispatcher, last declared first, and RunForever returns.</summary>
        public void Stop()
        {
            lock (Gate)
            {
                _stopping = true;
                Wake();
            }
        }

        /// <summary>When something is due next, and why: "relay: relay back-off". Never and null when only mail can wake the system.</summary>
        public long NextDeadline(out string why)
        {
            long next = TimerTable.Never;
            why = null;
            ActorCell cell = FindEarliest(out next);
            if (cell != null) why = cell.Ref.Path + ": " + cell.NextReason;
            return next;
        }

        /// <summary>
        /// For callers outside the actors (a status server, a test): puts a question and blocks this thread for the answer. Null: not accepted,
        /// or nobody answered in time.
        /// </summary>
        public Message AskAndWait(ActorRef target, Message question, int timeoutMs)
        {
            if (Thread.CurrentThread.ManagedThreadId == _dispatcherId)
            {
                throw new InvalidOperationException("AskAndWait inside an actor would wait for itself; use Ask");
            }
            AskWaiter waiter = new AskWaiter(this);
            if (!target.Cell.Post(question, waiter.Ref, AskWaiter.Ticket, false)) return null;
            WaitFor(waiter, timeoutMs);
            return waiter.Leave();
        }

        internal virtual void WaitFor(AskWaiter waiter, int timeoutMs)
        {
            waiter.Wait(timeoutMs);
        }

        // ---- For the cells ------------------------------------------------------------------------------------------------------------

        internal int NextTicket()
        {
            if (++_lastTicket <= 0) _lastTicket = 1;
            return _lastTicket;
        }

        /// <summary>_nextDueMs is a lower bound: stopping a timer does not raise it, the next look does.</summary>
        internal void NoteDeadline(long deadlineMs)
        {
            if (deadlineMs < _nextDueMs) _nextDueMs = deadlineMs;
        }

        /// <summary>Called with Gate held. A cell is in the ring at most once, so the ring never overflows.</summary>
        internal void MakeReady(ActorCell cell)
        {
            int tail = _readyHead + _readyCount;
            if (tail >= _ready.Length) tail -= _ready.Length;
            _ready[tail] = cell;
            _readyCount++;
            cell.IsReady = true;
            Wake();
        }

        internal void CountDeadLetter(ActorRef target, Message message, string reason)
        {
            lock (Gate) DeadLetters++;
            if (OnDeadLetter != null) OnDeadLetter(target, message, reason);
        }

        internal void RootFailed(ActorRef actor, Exception reason)
        {
            Logs.For("kernel").Error(actor.Path + " keeps failing and has no parent to tell: " + reason.Message);
            if (OnRootFailed != null) OnRootFailed(actor, reason);
        }

        internal long NextDeadlineMs()
        {
            long next;
            FindEarliest(out next);
            return next;
        }

        /// <summary>No later than the next deadline; cheap, for worlds of hundreds of systems.</summary>
        internal long EarliestWakeMs { get { return _readyCount != 0 || _rescan ? 0 : _nextDueMs; } }

        // ---- Inside -------------------------------------------------------------------------------------------------------------------

        private ActorCell TakeReady()
        {
            ActorCell cell = _ready[_readyHead];
            _ready[_readyHead] = null;
            if (++_readyHead == _ready.Length) _readyHead = 0;
            _readyCount--;
            cell.IsReady = false;
            return cell;
        }

        private bool FireDue(long nowMs)
        {
            for (int fired = 0; ; fired++)
            {
                long next;
                ActorCell cell = FindEarliest(out next);
                if (next > nowMs || fired == MaxTimersPerStep)
                {
                    _nextDueMs = next;
                    return fired != 0;
                }
                _busy = cell;
                cell.RunDue(nowMs);
                ChargeHandler(Clock.NowMs);
                if (_stopping) return true;
            }
        }

        /// <summary>Of equal deadlines the actor declared first wins.</summary>
        private ActorCell FindEarliest(out long next)
        {
            ActorCell earliest = null;
            next = TimerTable.Never;
            for (int i = 0; i < Count; i++)
            {
                ActorCell cell = Cells[i];
                if (!cell.IsBound) continue;
                long at = cell.NextMs;
                if (at >= next) continue;
                next = at;
                earliest = cell;
            }
            return earliest;
        }

        /// <summary>The time since the last look goes to the actor that ran: sums are right on average even with a clock of whole milliseconds.</summary>
        private void ChargeHandler(long nowMs)
        {
            if (_busy != null)
            {
                long took = nowMs - _busySinceMs;
                _busy.HandlerMs += took;
                if (took > _busy.LongestHandlerMs) _busy.LongestHandlerMs = took;
                _busy = null;
            }
            _busySinceMs = nowMs;
        }

        private bool StopActors()
        {
            if (_stopped) return false;
            for (int i = Count - 1; i >= 0; i--)
            {
                if (Cells[i].IsBound) Cells[i].Close();
            }
            _stopped = true;
            return true;
        }

        private void Rescan()
        {
            lock (Gate)
            {
                _rescan = true;
                Wake();
            }
        }

        /// <summary>Called with Gate held. No system call unless the dispatcher sleeps.</summary>
        private void Wake()
        {
            if (!_sleeping) return;
            _sleeping = false;
            _wake.Set();
        }
    }
}
