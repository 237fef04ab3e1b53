namespace MicroLink.Runtime
{
    /// <summary>
    /// The address of an actor. It exists before its actor and survives its restarts. Telling is safe from every thread and never blocks.
    /// </summary>
    public sealed class ActorRef
    {
        internal readonly ActorCell Cell;
        public readonly string Path;

        internal ActorRef(string path, ActorCell cell)
        {
            Path = path;
            Cell = cell;
        }

        /// <summary>True: the mailbox has taken the message over. False: it was full or the actor is stopped; the caller still owns the message.</summary>
        public bool Tell(Message message)
        {
            return Cell.Post(message, null, 0, false);
        }

        /// <summary>As Tell, into the urgent lane, which is emptied first: lifecycle messages and handshakes.</summary>
        public bool TellUrgent(Message message)
        {
            return Cell.Post(message, null, 0, true);
        }

        /// <summary>For an <see cref="IMailboxFilter"/>: queues a message that it had held back, past the filter.</summary>
        public bool Deliver(Message message, ActorRef sender, int ticket, bool urgent)
        {
            return Cell.Push(message, sender, ticket, urgent);
        }

        public override string ToString()
        {
            return Path;
        }
    }
}
