using System;

namespace MicroLink.Filter
{
    /// <summary>
    /// Entries of one size in one array that grows up to a limit: ranges first[w] last[w], w = 4 (IPv4) or 16, with 0 or 4 bytes behind
    /// (targets have ports there).
    /// </summary>
    internal sealed class RangeList
    {
        private readonly int _width;
        private readonly int _stride;
        private byte[] _bytes;

        public RangeList(int width, int more)
        {
            _width = width;
            _stride = 2 * width + more;
            _bytes = new byte[4 * _stride];
        }

        public int Count { get; private set; }
        public int ByteCount { get { return Count * _stride; } }

        public void Clear() { Count = 0; }

        /// <summary>Adds a range of 16-byte addresses. False when the list would have more than <paramref name="most"/> bytes.</summary>
        public bool Add(byte[] range32, byte[] more, int most)
        {
            int at = ByteCount;
            if (at + _stride > most) return false;
            if (at + _stride > _bytes.Length)
            {
                byte[] larger = new byte[2 * _bytes.Length];
                Array.Copy(_bytes, 0, larger, 0, at);
                _bytes = larger;
            }
            Array.Copy(range32, 16 - _width, _bytes, at, _width);
            Array.Copy(range32, 32 - _width, _bytes, at + _width, _width);
            if (more != null) Array.Copy(more, 0, _bytes, at + 2 * _width, _stride - 2 * _width);
            Count++;
            return true;
        }

        public int CopyTo(byte[] into, int at)
        {
            Array.Copy(_bytes, 0, into, at, ByteCount);
            return at + ByteCount;
        }

        /// <summary>Sorts by the first address and joins what overlaps or touches, so that native code can search by halving.</summary>
        public void Join()
        {
            Sort();
            int kept = 0;
            for (int i = 1; i < Count; i++)
            {
                int last = kept * _stride + _width, at = i * _stride;
                if (FilterRange.Compare(_bytes, at, _bytes, last, _width) <= 0 || Follows(last, at))
                {
                    if (FilterRange.Compare(_bytes, at + _width, _bytes, last, _width) > 0) Array.Copy(_bytes, at + _width, _bytes, last, _width);
                    continue;
                }
                kept++;
                if (kept != i) Array.Copy(_bytes, at, _bytes, kept * _stride, _stride);
            }
            if (Count > 0) Count = kept + 1;
        }

        // Shell sort: control sends its lists sorted, and then one pass is all.
        private void Sort()
        {
            byte[] held = new byte[_stride];
            for (int gap = Count / 2; gap > 0; gap = gap == 2 ? 1 : gap * 5 / 11)
            {
                for (int i = gap; i < Count; i++)
                {
                    Array.Copy(_bytes, i * _stride, held, 0, _stride);
                    int at = i;
                    for (; at >= gap && FilterRange.Compare(_bytes, (at - gap) * _stride, held, 0, _width) > 0; at -= gap)
                        Array.Copy(_bytes, (at - gap) * _stride, _bytes, at * _stride, _stride);
                    if (at != i) Array.Copy(held, 0, _bytes, at * _stride, _stride);
                }
            }
        }

        // True when the address at next is the one after that at last.
        private bool Follows(int last, int next)
        {
            int i = _width - 1;
            while (i > 0 && _bytes[last + i] == 0xff && _bytes[next + i] == 0) i--;
            return _bytes[next + i] == _bytes[last + i] + 1 && FilterRange.Compare(_bytes, last, _bytes, next, i) == 0;
        }
    }
}
