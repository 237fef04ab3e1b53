using System;
using System.Collections.Generic;
using System.IO;
using System.Text;

namespace MicroLink.Lab.Core
{
    /// <summary>The header table of RFC 7541: 61 fixed entries, then the dynamic ones, newest first.</summary>
    internal sealed class LabHpackTable
    {
        private static readonly string[] Fixed = (":authority||:method|GET|:method|POST|:path|/|:path|/index.html|:scheme|http|"
            + ":scheme|https|:status|200|"
            + ":status|204|:status|206|:status|304|:status|400|:status|404|:status|500|accept-charset||accept-encoding|gzip, deflate|"
            + "accept-language||accept-ranges||accept||access-control-allow-origin||age||allow||authorization||cache-control||"
            + "content-disposition||content-encoding||content-language||content-length||content-location||content-range||content-type||"
            + "cookie||date||etag||expect||expires||from||host||if-match||if-modified-since||if-none-match||if-range||"
            + "if-unmodified-since||last-modified||link||location||max-forwards||proxy-authenticate||proxy-authorization||range||"
            + "referer||refresh||retry-after||server||set-cookie||strict-transport-security||transfer-encoding||user-agent||vary||via||"
            + "www-authenticate|").Split('|');

        private readonly List<KeyValuePair<string, string>> _dynamic = new List<KeyValuePair<string, string>>();
        private int _size;

        public int MaxSize { get; private set; } = 4096;

        public void Resize(int maxSize)
        {
            MaxSize = maxSize;
            Evict(0);
        }

        /// <summary>Entry by its number from 1; false when there is none.</summary>
        public bool TryGet(int index, out string name, out string value)
        {
            name = value = null;
            if (index < 1 || index > 61 + _dynamic.Count) return false;
            if (index <= 61)
            {
                name = Fixed[2 * (index - 1)];
                value = Fixed[2 * (index - 1) + 1];
            }
            else
            {
                KeyValuePair<string, string> entry = _dynamic[index - 62];
                name = entry.Key;
                value = entry.Value;
            }
            return true;
        }

        public void Add(string name, string value)
        {
            int size = 32 + name.Length + value.Length;
            Evict(size);
            if (size > MaxSize) return;
            _dynamic.Insert(0, new KeyValuePair<string, string>(name, value));
            _size += size;
        }

        /// <summary>Number of an entry with this name and value (exact), or of one with the name only (negative), or 0.</summary>
        public int Find(string name, string value)
        {
            int byName = 0;
            for (int i = 1; TryGet(i, out string n, out string v); i++)
            {
                if (n != name) continue;
                if (v == value) return i;
                if (byName == 0) byName = -i;
            }
            return byName;
        }

        private void Evict(int room)
        {
            while (_dynamic.Count > 0 && _size + room > MaxSize)
            {
                KeyValuePair<string, string> last = _dynamic[^1];
                _size -= 32 + last.Key.Length + last.Value.Length;
                _dynamic.RemoveAt(_dynamic.Count - 1);
            }
        }
    }

    /// <summary>Decodes the request headers of one connection.</summary>
    internal sealed class LabHpackDecoder
    {
        private const int MaxTable = 4096, MaxString = 16 << 10;

        private readonly LabHpackTable _table = new LabHpackTable();

        /// <summary>Decodes one header block into name/value pairs; null = the block is broken and the connection with it.</summary>
        public List<KeyValuePair<string, string>> Decode(ReadOnlySpan<byte> block)
        {
            var headers = new List<KeyValuePair<string, string>>();
            while (block.Length > 0)
            {
                int b = block[0];
                string name, value;
                if ((b & 0x80) != 0)
                {
                    if (!Integer(ref block, 7, out int index) || !_table.TryGet(index, out name, out value)) return null;
                    headers.Add(new KeyValuePair<string, string>(name, value));
                    continue;
                }
                if ((b & 0xE0) == 0x20)
                {
                    if (!Integer(ref block, 5, out int size) || size > MaxTable) return null;
                    _table.Resize(size);
                    continue;
                }
                bool keep = (b & 0x40) != 0;
                if (!Integer(ref block, keep ? 6 : 4, out int nameIndex)) return null;
                if (nameIndex == 0)
                {
                    if (!String(ref block, out name)) return null;
                }
                else if (!_table.TryGet(nameIndex, out name, out _)) return null;
                if (!String(ref block, out value)) return null;
                if (keep) _table.Add(name, value);
                headers.Add(new KeyValuePair<string, string>(name, value));
            }
            return headers;
        }

        private static bool Integer(ref ReadOnlySpan<byte> block, int prefix, out int value)
        {
            int mask = (1 << prefix) - 1;
            value = block[0] & mask;
            block = block[1..];
            if (value < mask) return true;
            for (int shift = 0; shift <= 21; shift += 7)
            {
                if (block.Length == 0) return false;
                int b = block[0];
                block = block[1..];
                value += (b & 0x7F) << shift;
                if ((b & 0x80) == 0) return true;
            }
            return false;
        }

        private static bool String(ref ReadOnlySpan<byte> block, out string text)
        {
            text = null;
            if (block.Length == 0) return false;
            bool huffman = (block[0] & 0x80) != 0;
            if (!Integer(ref block, 7, out int length) || length > block.Length || length > MaxString) return false;
            ReadOnlySpan<byte> bytes = block[..length];
            block = block[length..];
            byte[] decoded = huffman ? LabHuffman.Decode(bytes) : bytes.ToArray();
            if (decoded == null) return false;
            text = Encoding.Latin1.GetString(decoded);
            return true;
        }
    }

    /// <summary>
    /// Encodes response headers the way Go does in what matters to clients: the first response adds to the client's dynamic table, the
    /// next ones refer to it (trap 11). No Huffman. A client that allows no table gets plain literals.
    /// </summary>
    internal sealed class LabHpackEncoder
    {
        private readonly LabHpackTable _table = new LabHpackTable();
        private int _announce = -1;

        /// <summary>The client's SETTINGS_HEADER_TABLE_SIZE.</summary>
        public void SetTableSize(int size)
        {
            size = Math.Min(size, 4096);
            if (size == _table.MaxSize) return;
            _table.Resize(size);
            _announce = size;
        }

        public byte[] Encode(IEnumerable<KeyValuePair<string, string>> headers)
        {
            var output = new MemoryStream();
            if (_announce >= 0) Integer(output, 0x20, 5, _announce);
            _announce = -1;
            foreach (KeyValuePair<string, string> header in headers)
            {
                int index = _table.Find(header.Key, header.Value);
                if (index > 0)
                {
                    Integer(output, 0x80, 7, index);
                    continue;
                }
                // A content-length differs each time: not worth an entry.
                bool keep = _table.MaxSize > 0 && header.Key != "content-length";
                Integer(output, keep ? 0x40 : 0, keep ? 6 : 4, -index);
                if (index == 0) String(output, header.Key);
                String(output, header.Value);
                if (keep) _table.Add(header.Key, header.Value);
            }
            return output.ToArray();
        }

        private static void Integer(MemoryStream output, int bits, int prefix, int value)
        {
            int mask = (1 << prefix) - 1;
            if (value < mask)
            {
                output.WriteByte((byte)(bits | value));
                return;
            }
            output.WriteByte((byte)(bits | mask));
            for (value -= mask; value >= 128; value >>= 7) output.WriteByte((byte)(value & 127 | 128));
            output.WriteByte((byte)value);
        }

        private static void String(MemoryStream output, string text)
        {
            Integer(output, 0, 7, text.Length);
            output.Write(Encoding.Latin1.GetBytes(text));
        }
    }
}
