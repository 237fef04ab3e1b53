namespace MicroLink.Runtime
{
    /// <summary>A fixed number of buffers, made at start. Thread-safe; an empty pool says so instead of growing.</summary>
    public sealed class BufferPool
    {
        internal readonly object Gate = new object();
        internal readonly PacketBuffer[] All;
        private readonly PacketBuffer[] _free;
        private int _freeCount;

        public readonly int BufferSize;
        /// <summary>Leases that got null.</summary>
        public int Exhausted;
        /// <summary>Returns of a buffer that was not leased: a bug, which throws in DEBUG builds.</summary>
        public int ReturnedTwice;

        public BufferPool(int count, int size)
        {
            BufferSize = size;
            All = new PacketBuffer[count];
            _free = new PacketBuffer[count];
            for (int i = 0; i < count; i++)
            {
                All[i] = new PacketBuffer(this, size);
                _free[i] = All[i];
            }
            _freeCount = count;
        }

        public int Count { get { return All.Length; } }

        /// <summary>Buffers that are not leased now.</summary>
        public int Free { get { return _freeCount; } }

        /// <summary>An empty buffer, or null (and counted) when all are leased.</summary>
        public PacketBuffer Lease()
        {
            lock (Gate)
            {
                if (_freeCount == 0)
                {
                    Exhausted++;
                    return null;
                }
                PacketBuffer buffer = _free[--_freeCount];
                buffer.Leased = true;
                buffer.Use++;
                buffer.Offset = 0;
                buffer.Count = 0;
                buffer.Kind = 0;
                buffer.Tag = null;
                buffer.Holder = null;
                return buffer;
            }
        }

        internal bool TakeBack(PacketBuffer buffer)
        {
            lock (Gate)
            {
                if (!buffer.Leased)
                {
                    ReturnedTwice++;
                    return false;
                }
                buffer.Leased = false;
                buffer.Tag = null;
                _free[_freeCount++] = buffer;
                return true;
            }
        }
    }
}
