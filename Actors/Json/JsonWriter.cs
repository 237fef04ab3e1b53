using System;
using MicroLink.Bytes;

namespace MicroLink.Json
{
    /// <summary>
    /// Writes JSON into a byte array of fixed size: commas and escapes are put in, up to 64 levels. When the text does
    /// not fit, <see cref="Failed"/> is set, nothing more is written and the array keeps what stood before; the caller checks once.
    /// Request bodies, config answers; not for bulk data (managed loops).
    /// </summary>
    public sealed class JsonWriter
    {
        private const int MaxDepth = 64;

        private byte[] _bytes;
        private int _start;
        private int _at;
        private int _depth;
        private ulong _hasItems;
        private bool _afterName;

        public JsonWriter(byte[] into)
        {
            Reset(into, 0);
        }

        /// <summary>The text did not fit, or was nested more than 64 deep.</summary>
        public bool Failed
        {
            get { return _at < 0; }
        }

        /// <summary>Bytes written so far, -1 after a failure.</summary>
        public int Count
        {
            get { return _at < 0 ? -1 : _at - _start; }
        }

        public void Reset(byte[] into, int offset)
        {
            if (into == null || offset < 0 || offset > into.Length) throw new ArgumentException("range");
            _bytes = into;
            _start = _at = offset;
            _depth = 0;
            _hasItems = 0;
            _afterName = false;
        }

        public void BeginObject()
        {
            Begin('{');
        }

        public void EndObject()
        {
            End('}');
        }

        public void BeginArray()
        {
            Begin('[');
        }

        public void EndArray()
        {
            End(']');
        }

        /// <summary>The name of the value that is written next.</summary>
        public void Name(string name)
        {
            Separate();
            Quote(name);
            Put(':');
            _afterName = true;
        }

        public void String(string value)
        {
            if (value == null)
            {
                Null();
                return;
            }
            Separate();
            Quote(value);
        }

        /// <summary>A string from UTF-8 bytes, which are taken as valid.</summary>
        public void StringBytes(byte[] utf8, int offset, int count)
        {
            Separate();
            Put('"');
            for (int i = 0; i < count; i++) Escape(utf8[offset + i]);
            Put('"');
        }

        public void Number(long value)
        {
            Separate();
            _at = AsciiText.AppendNumber(_bytes, _at, value);
        }

        public void Bool(bool value)
        {
            Separate();
            _at = AsciiText.Append(_bytes, _at, value ? "true" : "false");
        }

        public void Null()
        {
            Separate();
            _at = AsciiText.Append(_bytes, _at, "null");
        }

        /// <summary>Go's []byte: a string of padded base64.</summary>
        public void Base64Bytes(byte[] bytes, int offset, int count)
        {
            Separate();
            Put('"');
            _at = AsciiText.AppendBase64(_bytes, _at, bytes, offset, count);
            Put('"');
        }

        /// <summary>A key as KeyText writes it.</summary>
        public void Key(string prefix, byte[] key, int offset)
        {
            Separate();
            Put('"');
            _at = KeyText.Append(_bytes, _at, prefix, key, offset);
            Put('"');
        }

        /// <summary>A value that is JSON already.</summary>
        public void Raw(byte[] json, int offset, int count)
        {
            Separate();
            _at = AsciiText.AppendBytes(_bytes, _at, json, offset, count);
        }

        /// <summary>A number or other value given as its text, such as "0.0043".</summary>
        public void RawText(string json)
        {
            Separate();
            _at = AsciiText.Append(_bytes, _at, json);
        }

        public void Field(string name, string value)
        {
            Name(name);
            String(value);
        }

        public void Field(string name, long value)
        {
            Name(name);
            Number(value);
        }

        public void Field(string name, bool value)
        {
            Name(name);
            Bool(value);
        }

        public void KeyField(string name, string prefix, byte[] key)
        {
            Name(name);
            Key(prefix, key, 0);
        }

        private void Begin(int bracket)
        {
            Separate();
            Put(bracket);
            _depth++;
            if (_depth > MaxDepth)
            {
                _at = -1;
                return;
            }
            _hasItems &= ~(1UL << (_depth - 1));
        }

        private void End(int bracket)
        {
            if (_depth > 0) _depth--;
            Put(bracket);
        }

        private void Separate()
        {
            if (_afterName)
            {
                _afterName = false;
                return;
            }
            if (_depth == 0 || _depth > MaxDepth) return;
            ulong bit = 1UL << (_depth - 1);
            if ((_hasItems & bit) != 0) Put(',');
            _hasItems |= bit;
        }

        private void Put(int value)
        {
            _at = AsciiText.AppendByte(_bytes, _at, value);
        }

        private void Quote(string text)
        {
            Put('"');
            for (int i = 0; i < text.Length; i++)
            {
                int c = text[i];
                if (c >= 0xd800 && c < 0xdc00 && i + 1 < text.Length && text[i + 1] >= 0xdc00 && text[i + 1] < 0xe000)
                {
                    c = 0x10000 + ((c - 0xd800) << 10) + (text[++i] - 0xdc00);
                }
                else if (c >= 0xd800 && c < 0xe000)
                {
                    c = 0xfffd;
                }
                CodePoint(c);
            }
            Put('"');
        }

        private void CodePoint(int c)
        {
            if (c < 0x80)
            {
                Escape(c);
                return;
            }
            if (c < 0x800)
            {
                Put(0xc0 | (c >> 6));
            }
            else
            {
                if (c < 0x10000)
                {
                    Put(0xe0 | (c >> 12));
                }
                else
                {
                    Put(0xf0 | (c >> 18));
                    Put(0x80 | ((c >> 12) & 63));
                }
                Put(0x80 | ((c >> 6) & 63));
            }
            Put(0x80 | (c & 63));
        }

        /// <summary>One byte of a string, escaped where RFC 8259 section 7 asks for it.</summary>
        private void Escape(int c)
        {
            if (c == '"' || c == '\\')
            {
                Put('\\');
                Put(c);
            }
            else if (c >= 0x20)
            {
                Put(c);
            }
            else
            {
                const string digits = "0123456789abcdef";
                _at = AsciiText.Append(_bytes, _at, "\\u00");
                Put(digits[c >> 4]);
                Put(digits[c & 15]);
            }
        }
    }
}
