namespace MicroLink.Http2
{
    /// <summary>Receives the decoded fields of a header block. The bytes are only valid during the call.</summary>
    public interface IHpackSink
    {
        /// <summary>Name at bytes[0..nameCount), value behind it. <paramref name="truncated"/>: the field was larger than the decoder's
        /// buffer (and than the table); only its beginning is here.</summary>
        void OnHeader(byte[] bytes, int nameCount, int valueCount, bool truncated);
    }

    /// <summary>
    /// HPACK decoder (RFC 7541) that takes a header block in pieces of any size and stores one field at most.
    /// <code>
    ///   1xxxxxxx  indexed field             7-bit index
    ///   01xxxxxx  literal, goes into table  6-bit name index (0 = name follows), then value
    ///   001xxxxx  table size update         5-bit size
    ///   000Nxxxx  literal, not indexed      4-bit name index (0 = name follows), then value;  N = never indexed
    ///   string:   Hxxxxxxx                  7-bit length, H = Huffman
    /// </code>
    /// </summary>
    public sealed class HpackDecoder
    {
        private const int Opcode = 0, Integer = 1, StringStart = 2, StringBytes = 3;
        private const int MaxInteger = 1 << 24;

        private readonly HpackTable _table;
        private readonly HpackHuffman _huffman = new HpackHuffman();
        private readonly IHpackSink _sink;
        private readonly byte[] _field;
        private readonly byte[] _symbols = new byte[2];
        private int _state;
        private int _operation;
        private int _value;
        private int _shift;
        private bool _readingString;
        private bool _isHuffman;
        private int _left;
        private bool _inValue;
        private bool _truncated;
        private int _nameCount;
        private int _valueCount;
        private bool _fieldSeen;

        /// <summary><paramref name="tableBytes"/>: the SETTINGS_HEADER_TABLE_SIZE that was advertised. The field buffer is as large, at
        /// least 256 bytes: what does not fit there could not be kept in the table either.</summary>
        public HpackDecoder(int tableBytes, IHpackSink sink)
        {
            _table = new HpackTable(tableBytes);
            _field = new byte[tableBytes < 256 ? 256 : tableBytes];
            _sink = sink;
        }

        /// <summary>RFC 7541 4.1 size of the dynamic table, for tests and status.</summary>
        public int TableSize { get { return _table.Size; } }

        /// <summary>A new header block begins.</summary>
        public void Begin()
        {
            _state = Opcode;
            _fieldSeen = false;
        }

        /// <summary>Takes a piece of the block. False = compression error; the connection cannot go on.</summary>
        public bool Handle(byte[] buffer, int offset, int count)
        {
            int end = offset + count;
            while (offset < end)
            {
                byte next = buffer[offset++];
                bool good;
                switch (_state)
                {
                    case Opcode: good = OnOpcode(next); break;
                    case Integer: good = OnIntegerByte(next); break;
                    case StringStart: good = OnStringStart(next); break;
                    default: good = OnStringByte(next); break;
                }
                if (!good) return false;
            }
            return true;
        }

        /// <summary>The block is complete; false when a field is cut off.</summary>
        public bool End()
        {
            return _state == Opcode;
        }

        private bool OnOpcode(byte next)
        {
            _readingString = false;
            _truncated = false;
            _inValue = false;
            _nameCount = 0;
            _valueCount = 0;
            int mask = 0x0F;
            _operation = 0;
            if ((next & 0x80) != 0) { _operation = 0x80; mask = 0x7F; }
            else if ((next & 0x40) != 0) { _operation = 0x40; mask = 0x3F; }
            else if ((next & 0x20) != 0) { _operation = 0x20; mask = 0x1F; }
            // Size updates stand only at the beginning of a block (RFC 7541 4.2).
            if (_operation == 0x20 && _fieldSeen) return false;
            if (_operation != 0x20) _fieldSeen = true;
            return BeginInteger(next & mask, mask);
        }

        private bool BeginInteger(int prefix, int mask)
        {
            _value = prefix;
            if (prefix < mask) return OnInteger();
            _shift = 0;
            _state = Integer;
            return true;
        }

        private bool OnIntegerByte(byte next)
        {
            if (_shift > 21) return false;
            _value += (next & 0x7F) << _shift;
            _shift += 7;
            if (_value > MaxInteger) return false;
            return (next & 0x80) != 0 || OnInteger();
        }

        private bool OnInteger()
        {
            if (_readingString)
            {
                _left = _value;
                _state = StringBytes;
                _huffman.Begin();
                return _left > 0 || OnStringEnd();
            }
            switch (_operation)
            {
                case 0x80:
                    _state = Opcode;
                    if (!_table.Read(_value, _field, true, out _nameCount, out _valueCount)) return false;
                    _sink.OnHeader(_field, _nameCount, _valueCount, false);
                    return true;
                case 0x20:
                    _state = Opcode;
                    return _table.SetMax(_value);
                default:
                    _state = StringStart;
                    if (_value == 0) return true;
                    _inValue = true;
                    return _table.Read(_value, _field, false, out _nameCount, out _);
            }
        }

        private bool OnStringStart(byte next)
        {
            _isHuffman = (next & 0x80) != 0;
            _readingString = true;
            return BeginInteger(next & 0x7F, 0x7F);
        }

        private bool OnStringByte(byte next)
        {
            if (_isHuffman)
            {
                int symbols = _huffman.Handle(next, _symbols, 0);
                if (symbols < 0) return false;
                for (int i = 0; i < symbols; i++) Store(_symbols[i]);
            }
            else Store(next);
            return --_left > 0 || OnStringEnd();
        }

        private void Store(byte next)
        {
            int at = _nameCount + _valueCount;
            if (at == _field.Length)
            {
                _truncated = true;
                return;
            }
            _field[at] = next;
            if (_inValue) _valueCount++;
            else _nameCount++;
        }

        private bool OnStringEnd()
        {
            if (_isHuffman && !_huffman.EndsWell()) return false;
            if (!_inValue)
            {
                _inValue = true;
                _state = StringStart;
                return true;
            }
            _state = Opcode;
            if (_operation == 0x40)
            {
                if (_truncated) _table.Clear();
                else _table.Add(_field, _nameCount, _valueCount);
            }
            _sink.OnHeader(_field, _nameCount, _valueCount, _truncated);
            return true;
        }
    }
}
