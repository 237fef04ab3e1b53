using MicroLink.Runtime;

namespace MicroLink.WireGuard
{
    /// <summary>A short ring of handshake messages that wait for the machine. When it is full the oldest goes: the newest is most likely still wanted.</summary>
    internal sealed class WgQueue
    {
        private readonly PacketBuffer[] _buffers;
        private int _head, _count;

        internal WgQueue(int capacity)
        {
            _buffers = new PacketBuffer[capacity];
        }

        internal int Count { get { return _count; } }

        /// <summary>Takes the buffer over. False: the oldest was returned to its pool to make room.</summary>
        internal bool Push(PacketBuffer buffer)
        {
            bool room = _count < _buffers.Length;
            if (!room) Pop().Return();
            _buffers[(_head + _count) % _buffers.Length] = buffer;
            _count++;
            return room;
        }

        /// <summary>The caller has checked that Count is not 0.</summary>
        internal PacketBuffer Pop()
        {
            PacketBuffer buffer = _buffers[_head];
            _buffers[_head] = null;
            _head = (_head + 1) % _buffers.Length;
            _count--;
            return buffer;
        }
    }
}
