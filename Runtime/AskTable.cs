namespace MicroLink.Runtime
{
    /// <summary>
    /// The open questions of one actor. A ticket is open until its answer is handled or its time is up; an answer that waits in the mailbox has
    /// stopped the clock, so that it is never beaten by its own timeout.
    /// </summary>
    internal sealed class AskTable
    {
        private readonly int[] _tickets;
        private readonly long[] _deadlines;
        private readonly ActorRef[] _targets;

        internal AskTable(int slots)
        {
            _tickets = new int[slots];
            _deadlines = new long[slots];
            _targets = new ActorRef[slots];
        }

        /// <summary>False when every slot is taken.</summary>
        internal bool Open(int ticket, ActorRef target, long deadlineMs)
        {
            int slot = Find(0);
            if (slot < 0) return false;
            _tickets[slot] = ticket;
            _deadlines[slot] = deadlineMs;
            _targets[slot] = target;
            return true;
        }

        internal bool IsOpen(int ticket)
        {
            return Find(ticket) >= 0;
        }

        /// <summary>The answer is in the mailbox: no timeout any more.</summary>
        internal void StopClock(int ticket)
        {
            int slot = Find(ticket);
            if (slot >= 0) _deadlines[slot] = TimerTable.Never;
        }

        /// <summary>The question was not accepted: its time is up now.</summary>
        internal long Expire(int ticket)
        {
            int slot = Find(ticket);
            if (slot >= 0) _deadlines[slot] = 0;
            return 0;
        }

        /// <summary>False when the ticket was not open: the answer is late.</summary>
        internal bool Close(int ticket)
        {
            int slot = Find(ticket);
            if (slot < 0) return false;
            _tickets[slot] = 0;
            _targets[slot] = null;
            return true;
        }

        internal void CloseAll()
        {
            for (int slot = 0; slot < _tickets.Length; slot++)
            {
                _tickets[slot] = 0;
                _targets[slot] = null;
            }
        }

        internal long NextMs
        {
            get
            {
                long next = TimerTable.Never;
                for (int slot = 0; slot < _tickets.Length; slot++)
                {
                    if (_tickets[slot] != 0 && _deadlines[slot] < next) next = _deadlines[slot];
                }
                return next;
            }
        }

        /// <summary>Takes the first question that is due; returns its ticket, 0 = none.</summary>
        internal int TakeDue(long nowMs, out ActorRef target)
        {
            for (int slot = 0; slot < _tickets.Length; slot++)
            {
                int ticket = _tickets[slot];
                if (ticket == 0 || _deadlines[slot] > nowMs) continue;
                target = _targets[slot];
                _tickets[slot] = 0;
                _targets[slot] = null;
                return ticket;
            }
            target = null;
            return 0;
        }

        private int Find(int ticket)
        {
            for (int slot = 0; slot < _tickets.Length; slot++)
            {
                if (_tickets[slot] == ticket) return slot;
            }
            return -1;
        }
    }
}
