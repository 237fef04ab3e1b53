using System;
using System.Diagnostics;

namespace MicroLink.Runtime
{
    /// <summary>
    /// Bytes on their way between actors and drivers, leased from a <see cref="BufferPool"/>. Whoever receives it owns it, and returns it or
    /// sends it on. Content is Bytes[Offset .. Offset + Count).
    /// </summary>
    public sealed class PacketBuffer : Message
    {
        private readonly BufferPool _pool;

        public readonly byte[] Bytes;
        public int Offset;
        public int Count;
        /// <summary>What the bytes are; the values belong to whoever uses the pool.</summary>
        public int Kind;
        /// <summary>Where they belong, for example the stream they came from.</summary>
        public object Tag;

        /// <summary>Whose mailbox it was put in last; names the culprit of a leak.</summary>
        internal ActorRef Holder;
        internal bool Leased;
        /// <summary>Changes with every lease and every post: tells a failed handler's own buffer from one that has moved on.</summary>
        internal int Use;

        internal PacketBuffer(BufferPool pool, int size)
        {
            _pool = pool;
            Bytes = new byte[size];
        }

        /// <summary>Gives the buffer back; it must not be touched afterwards. In DEBUG builds a second return throws.</summary>
        public void Return()
        {
            if (!_pool.TakeBack(this)) ReturnedTwice();
        }

        internal void PostedTo(ActorRef actor)
        {
            Holder = actor;
            Use++;
        }

        protected internal override void OnDiscarded()
        {
            Return();
        }

        [Conditional("DEBUG")]
        private static void ReturnedTwice()
        {
            throw new InvalidOperationException("a packet buffer was returned twice");
        }
    }
}
