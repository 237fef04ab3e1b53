using System;

namespace MicroLink.Runtime
{
    /// <summary>
    /// The timers of one actor: a slot holds an absolute deadline, the message to deliver and a constant reason. Setting a slot replaces
    /// what it held. Timers go straight to the actor, before any mail, so that a stopped or replaced timer is never seen late.
    /// </summary>
    public sealed class TimerTable
    {
        public const long Never = long.MaxValue;

        private readonly ActorCell _cell;
        private readonly long[] _deadlines;
        private readonly Message[] _messages;
        private readonly string[] _reasons;
        private int _next = -1;

        /// <summary>One slot more than asked for: the last is the state timer of a StateActor.</summary>
        internal TimerTable(ActorCell cell, int slots)
        {
            _cell = cell;
            _deadlines = new long[slots + 1];
            _messages = new Message[slots + 1];
            _reasons = new string[slots + 1];
            StopAll();
        }

        /// <summary>Delivers <paramref name="message"/> after <paramref name="delayMs"/>; the reason is what NextDeadline prints.</summary>
        public void Set(int slot, int delayMs, Message message, string reason)
        {
            SetAt(slot, _cell.System.Clock.NowMs + delayMs, message, reason);
        }

        /// <summary>Delivers <paramref name="message"/> at <paramref name="deadlineMs"/>; Never stops the slot.</summary>
        public void SetAt(int slot, long deadlineMs, Message message, string reason)
        {
            CheckSlot(slot);
            Arm(slot, deadlineMs, message, reason);
        }

        public void Stop(int slot)
        {
            CheckSlot(slot);
            Disarm(slot);
        }

        public bool IsSet(int slot)
        {
            CheckSlot(slot);
            return _deadlines[slot] != Never;
        }

        internal int StateSlot { get { return _deadlines.Length - 1; } }

        /// <summary>The earliest deadline of all slots.</summary>
        internal long NextMs { get { return _next < 0 ? Never : _deadlines[_next]; } }

        internal string NextReason { get { return _next < 0 ? null : _reasons[_next]; } }

        internal void Arm(int slot, long deadlineMs, Message message, string reason)
        {
            if (deadlineMs == Never)
            {
                Disarm(slot);
                return;
            }
            _deadlines[slot] = deadlineMs;
            _messages[slot] = message;
            _reasons[slot] = reason;
            FindNext();
            _cell.DeadlineChanged();
        }

        internal void Disarm(int slot)
        {
            if (_deadlines[slot] == Never) return;
            Clear(slot);
            FindNext();
            _cell.DeadlineChanged();
        }

        internal void StopAll()
        {
            for (int slot = 0; slot < _deadlines.Length; slot++) Clear(slot);
            _next = -1;
        }

        /// <summary>Takes the earliest timer out; the caller has checked that it is due.</summary>
        internal Message TakeNext()
        {
            int slot = _next;
            Message message = _messages[slot];
            Clear(slot);
            FindNext();
            return message;
        }

        private void Clear(int slot)
        {
            _deadlines[slot] = Never;
            _messages[slot] = null;
            _reasons[slot] = null;
        }

        private void FindNext()
        {
            int next = -1;
            long earliest = Never;
            for (int slot = 0; slot < _deadlines.Length; slot++)
            {
                if (_deadlines[slot] < earliest)
                {
                    earliest = _deadlines[slot];
                    next = slot;
                }
            }
            _next = next;
        }

        private void CheckSlot(int slot)
        {
            if (slot < 0 || slot >= _deadlines.Length - 1)
            {
                throw new ArgumentException(_cell.Ref.Path + " has " + (_deadlines.Length - 1).ToString() + " timer slots, not " + slot.ToString());
            }
        }
    }
}
