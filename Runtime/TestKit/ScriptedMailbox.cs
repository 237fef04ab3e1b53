using MicroLink.Runtime;

namespace MicroLink.TestKit
{
    /// <summary>
    /// A mailbox filter with a script: loses, delays and so reorders messages, by a seed. Put it in place with ActorGraph.Intercept. Print the
    /// seed when a test with it fails.
    /// </summary>
    public sealed class ScriptedMailbox : IMailboxFilter
    {
        private readonly TestSystem _system;
        private uint _random;
        private Held[] _held = new Held[0];
        private int _dropNext;

        /// <summary>Of 1000 messages, how many are lost.</summary>
        public int LossPermille;
        /// <summary>Every message is held back for a random time in [DelayMinMs, DelayMaxMs]; a wide range reorders.</summary>
        public int DelayMinMs, DelayMaxMs;
        public int Seen, Lost, Delayed;

        public ScriptedMailbox(TestSystem system, int seed)
        {
            _system = system;
            _random = (uint)seed * 2654435761u + 1;
            system.Add(this);
        }

        /// <summary>Loses exactly the next <paramref name="count"/> messages.</summary>
        public void DropNext(int count)
        {
            _dropNext = count;
        }

        public bool Pass(ActorRef target, Message message, ActorRef sender, int ticket, bool urgent)
        {
            Seen++;
            bool lose = _dropNext > 0 || (LossPermille != 0 && Random(1000) < LossPermille);
            if (lose)
            {
                if (_dropNext > 0) _dropNext--;
                Lost++;
                message.OnDiscarded();
                return false;
            }
            if (DelayMaxMs == 0) return true;
            Delayed++;
            long atMs = _system.Time.Ms + DelayMinMs + Random(DelayMaxMs - DelayMinMs + 1);
            Hold(new Held(atMs, target, message, sender, ticket, urgent));
            return false;
        }

        internal long NextMs
        {
            get { return _held.Length == 0 ? TimerTable.Never : _held[0].AtMs; }
        }

        internal bool ReleaseDue(long nowMs)
        {
            bool released = false;
            while (_held.Length != 0 && _held[0].AtMs <= nowMs)
            {
                Held first = _held[0];
                Held[] rest = new Held[_held.Length - 1];
                System.Array.Copy(_held, 1, rest, 0, rest.Length);
                _held = rest;
                if (!first.Target.Deliver(first.Message, first.Sender, first.Ticket, first.Urgent)) first.Message.OnDiscarded();
                released = true;
            }
            return released;
        }

        /// <summary>Kept in order of time; equal times keep the order of arrival.</summary>
        private void Hold(Held held)
        {
            Held[] larger = new Held[_held.Length + 1];
            int at = _held.Length;
            while (at > 0 && _held[at - 1].AtMs > held.AtMs) at--;
            System.Array.Copy(_held, 0, larger, 0, at);
            larger[at] = held;
            System.Array.Copy(_held, at, larger, at + 1, _held.Length - at);
            _held = larger;
        }

        private int Random(int below)
        {
            _random ^= _random << 13;
            _random ^= _random >> 17;
            _random ^= _random << 5;
            return (int)(_random % (uint)below);
        }

        private sealed class Held
        {
            internal readonly long AtMs;
            internal readonly ActorRef Target, Sender;
            internal readonly Message Message;
            internal readonly int Ticket;
            internal readonly bool Urgent;

            internal Held(long atMs, ActorRef target, Message message, ActorRef sender, int ticket, bool urgent)
            {
                AtMs = atMs;
                Target = target;
                Message = message;
                Sender = sender;
                Ticket = ticket;
                Urgent = urgent;
            }
        }
    }
}
