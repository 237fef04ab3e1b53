using System;
using System.Text;
using MicroLink.Bytes;
using MicroLink.Native;

namespace MicroLink.Json
{
    /// <summary>
    /// Reads a JSON text piece by piece, cut at any byte (RFC 8259, strict). A thin face of the native scanner:
    /// <code>
    ///   reader.Feed(bytes, 0, count);
    ///   while ((token = reader.Read()) != JsonToken.None) ...    // None: feed the next piece
    /// </code>
    /// Keys are compared in C against the table given to the constructor; KeyId is the index in it. Reading allocates nothing except by
    /// <see cref="Text"/>. Hostile input gives Error and a code, never an exception.
    /// </summary>
    public sealed class JsonReader
    {
        public const int DefaultValueCapacity = 512;

        private readonly byte[] _state;
        private readonly byte[] _record = new byte[JsonScanner.RecordLength];
        private byte[] _bytes;
        private int _start;
        private int _at;
        private int _end;
        private string _text;

        public JsonReader(string[] keys) : this(keys, DefaultValueCapacity)
        {
        }

        /// <summary>
        /// <paramref name="valueCapacity"/> (32 bytes to 1 MB): longer strings, keys and numbers are cut and marked Truncated.
        /// At most 4096 keys of 1..255 bytes each, 32 KB together; no key twice.
        /// </summary>
        public JsonReader(string[] keys, int valueCapacity)
        {
            _state = JsonScanner.Create(Pack(keys), valueCapacity);
            if (_state == null) throw new ArgumentException("key table or value capacity outside the limits");
            Value = new byte[valueCapacity];
        }

        /// <summary>Unescaped UTF-8 of the last Key, String or Number; the first <see cref="ValueCount"/> bytes hold.</summary>
        public byte[] Value { get; }

        public int ValueCount
        {
            get { return (int)ByteOrder.LoadU32LE(_record, JsonScanner.ValueCount); }
        }

        /// <summary>The value did not fit and was cut at a whole character.</summary>
        public bool Truncated
        {
            get { return (_record[JsonScanner.Flags] & JsonScanner.FlagTruncated) != 0; }
        }

        /// <summary>After Key: index in the table, -1 when it is not in it.</summary>
        public int KeyId
        {
            get { return (int)ByteOrder.LoadU32LE(_record, JsonScanner.KeyId); }
        }

        /// <summary>After Number: it has neither fraction nor exponent.</summary>
        public bool IsInteger
        {
            get { return (_record[JsonScanner.Flags] & JsonScanner.FlagInteger) != 0; }
        }

        /// <summary>After Number: an integer outside the range of long; <see cref="Int64"/> holds the nearest.</summary>
        public bool Saturated
        {
            get { return (_record[JsonScanner.Flags] & JsonScanner.FlagSaturated) != 0; }
        }

        /// <summary>After Number: the value when IsInteger, otherwise 0 (the text is in Value).</summary>
        public long Int64
        {
            get { return (long)ByteOrder.LoadU64LE(_record, JsonScanner.Int64); }
        }

        /// <summary>After Key, String or Number: the value as text. Made on first use, kept until the next Read.</summary>
        public string Text
        {
            get
            {
                if (_text == null) _text = ValueCount == 0 ? "" : Encoding.UTF8.GetString(Value, 0, ValueCount);
                return _text;
            }
        }

        /// <summary>Open containers.</summary>
        public int Depth
        {
            get { return _record[JsonScanner.Depth]; }
        }

        /// <summary>A JsonError; 0 while the text is good.</summary>
        public int ErrorCode
        {
            get { return _record[JsonScanner.Error]; }
        }

        /// <summary>Bytes of the document in front of the error (or read so far); stops at 2^31 - 1.</summary>
        public int ErrorOffset
        {
            get { return (int)ByteOrder.LoadU32LE(_record, JsonScanner.Offset); }
        }

        /// <summary>Bytes of the last Feed that have been read.</summary>
        public int Consumed
        {
            get { return _at - _start; }
        }

        /// <summary>Starts a new document; what was fed and not read is forgotten.</summary>
        public void Reset()
        {
            JsonScanner.Reset(_state);
            Array.Clear(_record, 0, _record.Length);
            _bytes = null;
            _start = _at = _end = 0;
            _text = null;
        }

        /// <summary>
        /// The next piece of the document. It is read in place and must stay unchanged until Read gives None (or End, or Error). Feeding
        /// again before that drops the rest, which is a bug of the caller and throws.
        /// </summary>
        public void Feed(byte[] bytes, int offset, int count)
        {
            if (bytes == null || offset < 0 || count < 0 || count > bytes.Length - offset) throw new ArgumentException("range");
            if (_at < _end && ErrorCode == JsonError.None) throw new InvalidOperationException("the last piece was not read to its end");
            _bytes = bytes;
            _start = _at = offset;
            _end = offset + count;
        }

        /// <summary>No more input comes: a number at the top level is complete, anything unfinished becomes an Error.</summary>
        public void Finish()
        {
            JsonScanner.Finish(_state);
        }

        /// <summary>The next JsonToken.</summary>
        public int Read()
        {
            int token = JsonScanner.Read(_state, _bytes, _at, _end - _at, Value, _record);
            _at += (int)ByteOrder.LoadU32LE(_record, JsonScanner.Consumed);
            _text = null;
            return token;
        }

        /// <summary>
        /// After Key: its value is skipped. After ObjectStart or ArrayStart: the rest of the container with its end. It happens within the
        /// following Read, at C speed and across Feed; skipped parts are still checked. After other tokens nothing happens.
        /// </summary>
        public void SkipValue()
        {
            JsonScanner.Skip(_state);
        }

        /// <summary>After Key or String: is it this ASCII text? Without making a string.</summary>
        public bool ValueEquals(string text)
        {
            return !Truncated && AsciiText.Equal(Value, 0, ValueCount, text);
        }

        private static byte[] Pack(string[] keys)
        {
            int size = 0;
            for (int i = 0; i < keys.Length; i++) size += 1 + Encoding.UTF8.GetBytes(keys[i]).Length;
            byte[] packed = new byte[size];
            int at = 0;
            for (int i = 0; i < keys.Length; i++)
            {
                byte[] name = Encoding.UTF8.GetBytes(keys[i]);
                if (name.Length == 0 || name.Length > 255) throw new ArgumentException("key length: " + keys[i]);
                packed[at] = (byte)name.Length;
                Array.Copy(name, 0, packed, at + 1, name.Length);
                at += 1 + name.Length;
            }
            return packed;
        }
    }
}
