namespace MicroLink.Bytes
{
    /// <summary>
    /// Text in byte arrays without strings: request lines, headers, numbers. Every Append takes the position to write at and returns the
    /// position after it, or -1 when it does not fit; -1 in gives -1 out, so that a whole line is appended first and checked once.
    /// </summary>
    public static class AsciiText
    {
        public static int Append(byte[] into, int at, string text)
        {
            if (at < 0 || text.Length > into.Length - at) return -1;
            for (int i = 0; i < text.Length; i++) into[at + i] = text[i] < 128 ? (byte)text[i] : (byte)'?';
            return at + text.Length;
        }

        public static int AppendByte(byte[] into, int at, int value)
        {
            if (at < 0 || at >= into.Length) return -1;
            into[at] = (byte)value;
            return at + 1;
        }

        public static int AppendBytes(byte[] into, int at, byte[] bytes, int offset, int count)
        {
            if (at < 0 || count > into.Length - at) return -1;
            System.Array.Copy(bytes, offset, into, at, count);
            return at + count;
        }

        /// <summary>Decimal digits, with a minus sign when negative.</summary>
        public static int AppendNumber(byte[] into, int at, long value)
        {
            if (at < 0) return -1;
            ulong rest = value < 0 ? (ulong)-(value + 1) + 1 : (ulong)value;
            int digits = 1;
            for (ulong power = rest / 10; power != 0; power /= 10) digits++;
            int total = digits + (value < 0 ? 1 : 0);
            if (total > into.Length - at) return -1;
            if (value < 0) into[at] = (byte)'-';
            for (int i = at + total - 1; digits > 0; i--, digits--)
            {
                into[i] = (byte)('0' + (int)(rest % 10));
                rest /= 10;
            }
            return at + total;
        }

        /// <summary>Lower-case hexadecimal of <paramref name="count"/> bytes.</summary>
        public static int AppendHex(byte[] into, int at, byte[] bytes, int offset, int count)
        {
            if (at < 0 || 2 * count > into.Length - at) return -1;
            return at + Hex.Encode(bytes, offset, count, into, at);
        }

        public static int AppendBase64(byte[] into, int at, byte[] bytes, int offset, int count)
        {
            if (at < 0 || Base64.EncodedLength(count) > into.Length - at) return -1;
            return at + Base64.Encode(bytes, offset, count, into, at);
        }

        /// <summary>The bytes as text, one character each (a byte above 127 becomes '?': such text is for people only).</summary>
        public static string ToText(byte[] bytes, int offset, int count)
        {
            char[] text = new char[count];
            for (int i = 0; i < count; i++)
            {
                int value = bytes[offset + i];
                text[i] = value < 128 && value != 0 ? (char)value : '?';
            }
            return new string(text);
        }

        public static byte[] ToBytes(string text)
        {
            byte[] bytes = new byte[text.Length];
            Append(bytes, 0, text);
            return bytes;
        }

        public static bool Equal(byte[] bytes, int offset, int count, string text)
        {
            if (count != text.Length) return false;
            for (int i = 0; i < count; i++)
            {
                if (bytes[offset + i] != text[i]) return false;
            }
            return true;
        }

        /// <summary>Header names and token values: A-Z equal a-z.</summary>
        public static bool EqualIgnoreCase(byte[] bytes, int offset, int count, string text)
        {
            if (count != text.Length) return false;
            for (int i = 0; i < count; i++)
            {
                if (Lower(bytes[offset + i]) != Lower(text[i])) return false;
            }
            return true;
        }

        public static bool StartsWith(byte[] bytes, int offset, int count, string text)
        {
            return count >= text.Length && Equal(bytes, offset, text.Length, text);
        }

        /// <summary>Absolute index of the first such byte in the range, -1 = none.</summary>
        public static int IndexOf(byte[] bytes, int offset, int count, int value)
        {
            for (int i = offset; i < offset + count; i++)
            {
                if (bytes[i] == value) return i;
            }
            return -1;
        }

        /// <summary>
        /// A whole range of 1..18 decimal digits without a sign. False when it is anything else, so a length field can never overflow.
        /// </summary>
        public static bool TryParseNumber(byte[] bytes, int offset, int count, out long value)
        {
            value = 0;
            if (count < 1 || count > 18) return false;
            for (int i = 0; i < count; i++)
            {
                int digit = bytes[offset + i] - '0';
                if (digit < 0 || digit > 9) return false;
                value = value * 10 + digit;
            }
            return true;
        }

        private static int Lower(int character)
        {
            return character >= 'A' && character <= 'Z' ? character + 32 : character;
        }
    }
}
