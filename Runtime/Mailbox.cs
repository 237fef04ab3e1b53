namespace MicroLink.Runtime
{
    /// <summary>Two bounded lanes, urgent first, and their counters. The caller holds the kernel's lock.</summary>
    internal sealed class Mailbox
    {
        internal const int Queued = 0, Rejected = 1, Discarded = 2, Closed = 3;

        private readonly MessageQueue _normal;
        private readonly MessageQueue _urgent;
        private readonly int _overflow;

        internal int HighWater;
        internal int Dropped;

        internal Mailbox(int capacity, int urgentCapacity, int overflow)
        {
            _normal = new MessageQueue(capacity);
            _urgent = new MessageQueue(urgentCapacity);
            _overflow = overflow;
        }

        internal int Count { get { return _normal.Count + _urgent.Count; } }

        /// <summary>
        /// Returns Queued; Rejected: the sender keeps the message; or Discarded: <paramref name="victim"/> (the new or the oldest message) is the
        /// caller's to discard outside the lock.
        /// </summary>
        internal int Push(Message message, ActorRef sender, int ticket, bool urgent, out Message victim)
        {
            victim = null;
            MessageQueue lane = urgent ? _urgent : _normal;
            if (lane.TryPush(message, sender, ticket))
            {
                int depth = Count;
                if (depth > HighWater) HighWater = depth;
                return Queued;
            }

            Dropped++;
            // Answers (ticket < 0) are never discarded silently: a rejected one leaves its ticket open, and the asker gets AskTimeout.
            if (urgent || ticket < 0 || _overflow == Overflow.Reject) return Rejected;
            if (_overflow == Overflow.DropOldest && _normal.OldestTicket < 0) return Rejected;
            victim = message;
            if (_overflow == Overflow.DropOldest)
            {
                ActorRef oldSender;
                int oldTicket;
                victim = _normal.Pop(out oldSender, out oldTicket);
                _normal.TryPush(message, sender, ticket);
            }
            return Discarded;
        }

        /// <summary>Null when both lanes are empty.</summary>
        internal Message Pop(out ActorRef sender, out int ticket)
        {
            if (_urgent.Count != 0) return _urgent.Pop(out sender, out ticket);
            if (_normal.Count != 0) return _normal.Pop(out sender, out ticket);
            sender = null;
            ticket = 0;
            return null;
        }
    }
}
