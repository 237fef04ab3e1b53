using MicroLink.Runtime;

namespace MicroLink.Sockets
{
    /// <summary>Who waits for the next datagram, bytes or connection of a socket: one at a time, until a deadline.</summary>
    internal sealed class ReadWaiter
    {
        private ActorRef _asker;
        private int _ticket;

        /// <summary>Absolute; long.MaxValue = none.</summary>
        public long UntilMs = long.MaxValue;

        public bool Waits { get { return _asker != null; } }
        public ActorRef Asker { get { return _asker; } }
        public int Ticket { get { return _ticket; } }

        public void Set(ActorRef asker, int ticket, int timeoutMs, long nowMs)
        {
            _asker = asker;
            _ticket = ticket;
            UntilMs = timeoutMs <= 0 ? long.MaxValue : nowMs + timeoutMs;
        }

        public void Clear()
        {
            _asker = null;
            _ticket = 0;
            UntilMs = long.MaxValue;
        }
    }
}
