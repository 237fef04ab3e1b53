using System;

namespace MicroLink.Runtime
{
    /// <summary>The last messages handled: set ActorSystem.OnDeliver to its Add to record. It keeps types, never the messages.</summary>
    public sealed class TraceRing
    {
        private readonly object _gate = new object();
        private readonly long[] _times;
        private readonly ActorRef[] _senders;
        private readonly ActorRef[] _targets;
        private readonly Type[] _types;
        private int _next;
        private int _count;

        public TraceRing(int capacity)
        {
            _times = new long[capacity];
            _senders = new ActorRef[capacity];
            _targets = new ActorRef[capacity];
            _types = new Type[capacity];
        }

        public void Add(long nowMs, ActorRef sender, ActorRef target, Message message)
        {
            lock (_gate)
            {
                _times[_next] = nowMs;
                _senders[_next] = sender;
                _targets[_next] = target;
                _types[_next] = message.GetType();
                if (++_next == _times.Length) _next = 0;
                if (_count < _times.Length) _count++;
            }
        }

        /// <summary>Oldest first: "1234 netio -> wg PacketBuffer".</summary>
        public string[] Lines()
        {
            lock (_gate)
            {
                string[] lines = new string[_count];
                for (int i = 0; i < _count; i++)
                {
                    int at = (_next - _count + i + _times.Length) % _times.Length;
                    string sender = _senders[at] == null ? "-" : _senders[at].Path;
                    lines[i] = _times[at].ToString() + " " + sender + " -> " + _targets[at].Path + " " + _types[at].Name;
                }
                return lines;
            }
        }
    }
}
