namespace MicroLink.Runtime
{
    /// <summary>A bounded ring of messages with their senders and tickets: one lane of a mailbox. The caller holds the kernel's lock.</summary>
    internal sealed class MessageQueue
    {
        private readonly Message[] _messages;
        private readonly ActorRef[] _senders;
        private readonly int[] _tickets;
        private int _head;
        private int _count;

        internal MessageQueue(int capacity)
        {
            _messages = new Message[capacity];
            _senders = new ActorRef[capacity];
            _tickets = new int[capacity];
        }

        internal int Count { get { return _count; } }

        internal int OldestTicket { get { return _tickets[_head]; } }

        internal bool TryPush(Message message, ActorRef sender, int ticket)
        {
            if (_count == _messages.Length) return false;
            int tail = _head + _count;
            if (tail >= _messages.Length) tail -= _messages.Length;
            _messages[tail] = message;
            _senders[tail] = sender;
            _tickets[tail] = ticket;
            _count++;
            return true;
        }

        /// <summary>The caller has checked that Count is not 0.</summary>
        internal Message Pop(out ActorRef sender, out int ticket)
        {
            int head = _head;
            Message message = _messages[head];
            sender = _senders[head];
            ticket = _tickets[head];
            _messages[head] = null;
            _senders[head] = null;
            if (++head == _messages.Length) head = 0;
            _head = head;
            _count--;
            return message;
        }
    }
}
