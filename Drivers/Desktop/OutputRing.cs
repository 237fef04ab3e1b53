using System;

namespace MicroLink.Drivers.Desktop
{
    /// <summary>
    /// A bounded byte ring between the actor that writes and the task that sends. Not thread-safe: the stream holds its lock.
    /// </summary>
    internal sealed class OutputRing
    {
        private readonly byte[] _bytes;
        private int _head;
        private int _count;

        public OutputRing(int capacity)
        {
            _bytes = new byte[capacity];
        }

        public int Count
        {
            get { return _count; }
        }

        public int Free
        {
            get { return _bytes.Length - _count; }
        }

        /// <returns>How many bytes were taken: all that fit.</returns>
        public int Put(byte[] buffer, int offset, int count)
        {
            int taken = Math.Min(count, Free);
            int tail = (_head + _count) % _bytes.Length;
            int first = Math.Min(taken, _bytes.Length - tail);
            Buffer.BlockCopy(buffer, offset, _bytes, tail, first);
            Buffer.BlockCopy(buffer, offset + first, _bytes, 0, taken - first);
            _count += taken;
            return taken;
        }

        /// <summary>
        /// The oldest bytes that lie in one piece. They stay valid until <see cref="Drop"/>, because Put never touches them.
        /// </summary>
        public ReadOnlyMemory<byte> Peek()
        {
            return new ReadOnlyMemory<byte>(_bytes, _head, Math.Min(_count, _bytes.Length - _head));
        }

        public void Drop(int count)
        {
            _head = (_head + count) % _bytes.Length;
            _count -= count;
        }
    }
}
