using System;

namespace MicroLink.Runtime
{
    /// <summary>How to make an actor and how much it may hold: every limit is chosen here, at start, once.</summary>
    public sealed class Props
    {
        internal readonly ActorFactory Factory;
        internal int MailboxCapacity = 16;
        internal int OverflowPolicy = Overflow.Reject;
        internal int UrgentCapacity = 4;
        internal int TimerSlots = 4;
        internal int AskSlots = 2;
        internal Supervision Policy = Supervision.Default;

        private Props(ActorFactory factory)
        {
            Factory = factory;
        }

        public static Props From(ActorFactory factory)
        {
            return new Props(factory);
        }

        /// <summary>Messages that may wait (default 16), rejecting more.</summary>
        public Props WithMailbox(int capacity)
        {
            return WithMailbox(capacity, Overflow.Reject);
        }

        /// <summary>Messages that may wait, and one of <see cref="Overflow"/> for more.</summary>
        public Props WithMailbox(int capacity, int overflow)
        {
            if (capacity < 1) throw new ArgumentException("a mailbox holds at least one message");
            MailboxCapacity = capacity;
            OverflowPolicy = overflow;
            return this;
        }

        /// <summary>Messages that may wait in the urgent lane (default 4). A full urgent lane rejects.</summary>
        public Props WithUrgent(int capacity)
        {
            UrgentCapacity = capacity;
            return this;
        }

        /// <summary>Timer slots 0..slots-1 (default 4). The state timer of a StateActor is extra.</summary>
        public Props WithTimers(int slots)
        {
            TimerSlots = slots;
            return this;
        }

        /// <summary>Questions that may be open at a time (default 2).</summary>
        public Props WithAsks(int slots)
        {
            AskSlots = slots;
            return this;
        }

        public Props WithSupervision(Supervision policy)
        {
            Policy = policy;
            return this;
        }
    }
}
