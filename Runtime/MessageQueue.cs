namespace MicroLink.Runtime
{
    /// <summary>
    /// A bounded ring of messages with their senders and tickets: one lane of a mailbox. It begins small and grows to its capacity, 28 bytes
    /// a message on the device, where most mailboxes never hold more than a few. The caller holds the kernel's lock.
    /// </summary>
    internal sealed class MessageQueue
    {
        private const int FirstRoom = 8;

        private readonly int _capacity;
        private Message[] _messages;
        private ActorRef[] _senders;
        private int[] _tickets;
        private int _head;
        private int _count;

        internal MessageQueue(int capacity)
        {
            _capacity = capacity;
            Grow(capacity < FirstRoom ? capacity : FirstRoom);
        }

        internal int Count { get { return _count; } }

        internal int OldestTicket { get { return _tickets[_head]; } }

        internal bool TryPush(Message message, ActorRef sender, int ticket)
        {
            if (_count == _messages.Length)
            {
                if (_count == _capacity) return false;
                Grow(_count * 2 > _capacity ? _capacity : _count * 2);
            }
            int tail = _head + _count;
            if (tail >= _messages.Length) tail -= _messages.Length;
            _messages[tail] = message;
            _senders[tail] = sender;
            _tickets[tail] = ticket;
            _count++;
            return true;
        }

        /// <summary>Only when it is full, so that everything lies from _head round to _head.</summary>
        private void Grow(int room)
        {
            Message[] messages = new Message[room];
            ActorRef[] senders = new ActorRef[room];
            int[] tickets = new int[room];
            for (int i = 0; i < _count; i++)
            {
                int at = (_head + i) % _count;
                messages[i] = _messages[at];
                senders[i] = _senders[at];
                tickets[i] = _tickets[at];
            }
            _messages = messages;
            _senders = senders;
            _tickets = tickets;
            _head = 0;
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
