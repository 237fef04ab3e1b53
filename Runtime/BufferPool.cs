namespace MicroLink.Runtime
{
    /// <summary>A fixed number of buffers, made at start. Thread-safe; an empty pool says so instead of growing.</summary>
    public sealed class BufferPool
    {
        private readonly object _gate = new object();
        private readonly PacketBuffer[] _all;
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
            _all = new PacketBuffer[count];
            _free = new PacketBuffer[count];
            for (int i = 0; i < count; i++)
            {
                _all[i] = new PacketBuffer(this, size);
                _free[i] = _all[i];
            }
            _freeCount = count;
        }

        public int Count { get { return _all.Length; } }

        /// <summary>Buffers that are not leased now.</summary>
        public int Free { get { return _freeCount; } }

        /// <summary>An empty buffer, or null (and counted) when all are leased.</summary>
        public PacketBuffer Lease()
        {
            lock (_gate)
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

        /// <summary>Where the leased buffers are: "2 of 8 leased: netio, (outside)"; null when all are back.</summary>
        public string DescribeLeases()
        {
            lock (_gate)
            {
                if (_freeCount == _all.Length) return null;
                string text = (_all.Length - _freeCount).ToString() + " of " + _all.Length.ToString() + " leased:";
                for (int i = 0; i < _all.Length; i++)
                {
                    if (!_all[i].Leased) continue;
                    text += " " + (_all[i].Holder == null ? "(outside)" : _all[i].Holder.Path);
                }
                return text;
            }
        }

        internal bool TakeBack(PacketBuffer buffer)
        {
            lock (_gate)
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
