using System.Threading;

namespace MicroLink.Runtime
{
    /// <summary>One outsider who waits for one answer (ActorSystem.AskAndWait): a stand-in actor whose mailbox filter keeps what arrives.</summary>
    internal sealed class AskWaiter : IMailboxFilter
    {
        internal const int Ticket = 1;

        private readonly AutoResetEvent _arrived = new AutoResetEvent(false);
        private readonly ActorCell _cell;
        private Message _answer;
        private bool _gone;

        internal AskWaiter(ActorSystem system)
        {
            _cell = new ActorCell(system, "(outside)", null, -1);
            _cell.Filter = this;
        }

        internal ActorRef Ref { get { return _cell.Ref; } }

        internal bool IsAnswered { get { return _answer != null; } }

        internal void Wait(int timeoutMs)
        {
            _arrived.WaitOne(timeoutMs, false);
        }

        /// <summary>The answer or null; what comes later is a dead letter.</summary>
        internal Message Leave()
        {
            lock (_cell)
            {
                _gone = true;
                return _answer;
            }
        }

        public bool Pass(ActorRef target, Message message, ActorRef sender, int ticket, bool urgent)
        {
            lock (_cell)
            {
                // Past the filter there is no mailbox: the kernel counts a dead letter.
                if (_gone || _answer != null) return true;
                _answer = message;
            }
            _arrived.Set();
            return false;
        }
    }
}
