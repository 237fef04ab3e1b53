using System;
using MicroLink.Runtime;

namespace MicroLink.TestKit
{
    /// <summary>Stands in for an actor and records what it gets: from TestSystem.NewProbe, or its Props in ActorGraph.Replace.</summary>
    public sealed class Probe
    {
        private readonly string _name;
        private Message[] _messages = new Message[16];
        private ActorRef[] _senders = new ActorRef[16];
        private int[] _tickets = new int[16];
        private int _head;
        private int _tail;
        private ProbeActor _actor;

        public Probe(string name)
        {
            _name = name;
        }

        /// <summary>Set when the probe has been started.</summary>
        public ActorRef Ref { get; private set; }

        /// <summary>Messages that no Expect has looked at yet.</summary>
        public int Count { get { return _tail - _head; } }

        /// <summary>Who sent the message that was taken last; null for outsiders.</summary>
        public ActorRef LastSender { get; private set; }

        public int LastTicket { get; private set; }

        public Props Props
        {
            get { return Props.From(() => new ProbeActor(this)).WithMailbox(256).WithUrgent(64); }
        }

        /// <summary>The next message must be of exactly this type.</summary>
        public Message Expect(Type type)
        {
            if (_head == _tail) throw new Exception(_name + " expected " + type.Name + ", saw nothing");
            Message message = _messages[_head];
            if (message.GetType() != type) throw new Exception(_name + " expected " + type.Name + ", saw " + message.GetType().Name);
            return Next();
        }

        public void ExpectNone()
        {
            if (_head != _tail) throw new Exception(_name + " expected nothing, saw " + _messages[_head].GetType().Name);
        }

        /// <summary>The next message of this type; others before it are passed over. Null: none.</summary>
        public Message Find(Type type)
        {
            while (_head != _tail)
            {
                Message message = Next();
                if (message.GetType() == type) return message;
            }
            return null;
        }

        /// <summary>The next message, or null.</summary>
        public Message Next()
        {
            if (_head == _tail) return null;
            LastSender = _senders[_head];
            LastTicket = _tickets[_head];
            return _messages[_head++];
        }

        public void Clear()
        {
            _head = _tail;
        }

        /// <summary>Answers the message that was taken last.</summary>
        public bool Reply(Message answer)
        {
            return _actor.Answer(LastSender, LastTicket, answer);
        }

        /// <summary>Sends as this actor.</summary>
        public bool Send(ActorRef target, Message message)
        {
            return _actor.SendTo(target, message);
        }

        internal void Started(ProbeActor actor, ActorRef self)
        {
            _actor = actor;
            Ref = self;
        }

        internal void Add(Message message, ActorRef sender, int ticket)
        {
            if (_tail == _messages.Length) Grow();
            _messages[_tail] = message;
            _senders[_tail] = sender;
            _tickets[_tail++] = ticket;
        }

        private void Grow()
        {
            Message[] messages = new Message[_tail * 2];
            ActorRef[] senders = new ActorRef[_tail * 2];
            int[] tickets = new int[_tail * 2];
            Array.Copy(_messages, messages, _tail);
            Array.Copy(_senders, senders, _tail);
            Array.Copy(_tickets, tickets, _tail);
            _messages = messages;
            _senders = senders;
            _tickets = tickets;
        }
    }
}
