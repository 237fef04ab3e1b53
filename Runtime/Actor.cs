namespace MicroLink.Runtime
{
    /// <summary>
    /// A mailbox, a state of its own and one thread of control: OnReceive runs to its end before anything else of this system does. An actor
    /// never blocks. One that throws is handled by its <see cref="Supervision"/>: usually it is made anew and keeps its mailbox and address.
    /// </summary>
    public abstract class Actor
    {
        internal ActorCell Cell;

        protected ActorRef Self { get { return Cell.Ref; } }

        /// <summary>Who sent the message being handled; null when it came from outside the actors or from a timer.</summary>
        protected ActorRef Sender { get { return Cell.Sender; } }

        /// <summary>Of the message being handled: 0, the number that our Ask returned (answer, AskTimeout), or that of the asker (question).</summary>
        protected int Ticket { get { return Cell.Ticket; } }

        protected long NowMs { get { return Cell.System.Clock.NowMs; } }

        protected TimerTable Timers { get { return Cell.Timers; } }

        protected Log Log { get { return Cell.Log; } }

        /// <summary>Never blocks. False: not accepted, and the message is still ours.</summary>
        protected bool Send(ActorRef target, Message message)
        {
            return Cell.Send(target.Cell, message, false);
        }

        /// <summary>As Send, into the urgent lane.</summary>
        protected bool SendUrgent(ActorRef target, Message message)
        {
            return Cell.Send(target.Cell, message, true);
        }

        /// <summary>Answers the message being handled. False: there is nobody to answer or they do not wait any more (a dead letter).</summary>
        protected bool Reply(Message answer)
        {
            return Cell.Answer(Cell.Sender, Cell.Ticket, answer);
        }

        /// <summary>A reply given later: with the Sender and Ticket that were noted when the question came.</summary>
        protected bool ReplyTo(ActorRef asker, int ticket, Message answer)
        {
            return Cell.Answer(asker, ticket, answer);
        }

        /// <summary>
        /// Puts a question. The answer, or AskTimeout, arrives as a message with the returned ticket. A question that is not accepted times
        /// out at once. Returns 0 when all ask slots (Props.WithAsks) are taken; nothing was sent then.
        /// </summary>
        protected int Ask(ActorRef target, Message question, int timeoutMs)
        {
            return Cell.Ask(target, question, timeoutMs);
        }

        /// <summary>Starts a child again that its policy had stopped. No effect on one that runs.</summary>
        protected void Restart(ActorRef child)
        {
            child.Cell.Revive();
        }

        /// <summary>At start and after every restart, before any message.</summary>
        protected virtual void OnStart() { }

        protected abstract void OnReceive(Message message);

        /// <summary>Before a restart and when the system stops: give leased buffers and driver objects back.</summary>
        protected virtual void OnStop() { }

        internal void Start() { OnStart(); }

        internal void Receive(Message message) { OnReceive(message); }

        internal void Stop() { OnStop(); }
    }
}
