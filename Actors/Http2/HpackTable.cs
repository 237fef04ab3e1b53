using System;

namespace MicroLink.Http2
{
    /// <summary>
    /// The static table (RFC 7541 appendix A, 1..61) and the dynamic table behind it (62 = newest). An entry counts as name + value + 32
    /// bytes; the oldest go until a new one fits. Storage: one ring of bytes and two rings of lengths, allocated once.
    /// </summary>
    internal sealed class HpackTable
    {
        public const int StaticCount = 61;
        private const int EntryOverhead = 32;

        private static readonly string[] StaticNames =
        {
            ":authority", ":method", ":method", ":path", ":path", ":scheme", ":scheme", ":status", ":status", ":status", ":status",
            ":status", ":status", ":status", "accept-charset", "accept-encoding", "accept-language", "accept-ranges", "accept",
            "access-control-allow-origin", "age", "allow", "authorization", "cache-control", "content-disposition", "content-encoding",
            "content-language", "content-length", "content-location", "content-range", "content-type", "cookie", "date", "etag", "expect",
            "expires", "from", "host", "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since",
            "last-modified", "link", "location", "max-forwards", "proxy-authenticate", "proxy-authorization", "range", "referer",
            "refresh", "retry-after", "server", "set-cookie", "strict-transport-security", "transfer-encoding", "user-agent", "vary",
            "via", "www-authenticate",
        };

        private static readonly string[] StaticValues =
        {
            "", "GET", "POST", "/", "/index.html", "http", "https", "200", "204", "206", "304", "400", "404", "500", "", "gzip, deflate",
        };

        private readonly byte[] _bytes;
        private readonly ushort[] _nameLengths;
        private readonly ushort[] _valueLengths;
        private int _newest;
        private int _count;
        private int _end;
        private int _size;
        private int _max;

        /// <summary><paramref name="capacity"/>: the largest table the peer may use, in RFC 7541 4.1 bytes.</summary>
        public HpackTable(int capacity)
        {
            Capacity = capacity;
            _max = capacity;
            _bytes = new byte[capacity];
            _nameLengths = new ushort[capacity / EntryOverhead + 1];
            _valueLengths = new ushort[capacity / EntryOverhead + 1];
        }

        public int Capacity { get; }
        public int Count { get { return _count; } }
        public int Size { get { return _size; } }

        /// <summary>A table size update of the peer's encoder; false when it asks for more than the capacity.</summary>
        public bool SetMax(int max)
        {
            if (max > Capacity) return false;
            _max = max;
            EvictTo(max);
            return true;
        }

        /// <summary>Copies name (and, when asked, value) of an index into the buffer; false when there is no such index.</summary>
        public bool Read(int index, byte[] into, bool withValue, out int nameLength, out int valueLength)
        {
            nameLength = 0;
            valueLength = 0;
            if (index <= 0 || index > StaticCount + _count) return false;
            if (index <= StaticCount)
            {
                nameLength = Put(StaticNames[index - 1], into, 0);
                if (withValue && index <= StaticValues.Length) valueLength = Put(StaticValues[index - 1], into, nameLength);
                return true;
            }
            ReadDynamic(index - StaticCount - 1, into, withValue, out nameLength, out valueLength);
            return true;
        }

        /// <summary>Adds an entry whose name and value stand in the buffer, one after the other.</summary>
        public void Add(byte[] from, int nameLength, int valueLength)
        {
            int size = nameLength + valueLength + EntryOverhead;
            // An entry larger than the table empties it and is not kept (RFC 7541 4.4).
            EvictTo(size > _max ? 0 : _max - size);
            if (size > _max) return;
            _newest = _newest == 0 ? _nameLengths.Length - 1 : _newest - 1;
            _nameLengths[_newest] = (ushort)nameLength;
            _valueLengths[_newest] = (ushort)valueLength;
            int total = nameLength + valueLength;
            int first = Capacity - _end < total ? Capacity - _end : total;
            Array.Copy(from, 0, _bytes, _end, first);
            Array.Copy(from, first, _bytes, 0, total - first);
            _end = Wrap(_end + total);
            _count++;
            _size += size;
        }

        /// <summary>An entry that is known to be larger than the table.</summary>
        public void Clear()
        {
            EvictTo(0);
        }

        private void ReadDynamic(int age, byte[] into, bool withValue, out int nameLength, out int valueLength)
        {
            int slot = _newest;
            int back = 0;
            for (int i = 0; ; i++)
            {
                back += _nameLengths[slot] + _valueLengths[slot];
                if (i == age) break;
                slot = slot + 1 == _nameLengths.Length ? 0 : slot + 1;
            }
            nameLength = _nameLengths[slot];
            valueLength = withValue ? _valueLengths[slot] : 0;
            int start = Wrap(_end - back + Capacity);
            int total = nameLength + valueLength;
            int first = Capacity - start < total ? Capacity - start : total;
            Array.Copy(_bytes, start, into, 0, first);
            Array.Copy(_bytes, 0, into, first, total - first);
        }

        private void EvictTo(int max)
        {
            while (_size > max)
            {
                int oldest = (_newest + _count - 1) % _nameLengths.Length;
                _size -= _nameLengths[oldest] + _valueLengths[oldest] + EntryOverhead;
                _count--;
            }
        }

        private int Wrap(int at)
        {
            return at >= Capacity ? at - Capacity : at;
        }

        private static int Put(string text, byte[] into, int offset)
        {
            for (int i = 0; i < text.Length; i++) into[offset + i] = (byte)text[i];
            return text.Length;
        }
    }
}
