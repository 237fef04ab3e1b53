namespace MicroLink.Bytes
{
    /// <summary>Hexadecimal text: written in lower case, read in both cases (protocol.md section 1).</summary>
    public static class Hex
    {
        private const string Digits = "0123456789abcdef";

        /// <summary>Writes 2 * <paramref name="count"/> ASCII digits; returns that number.</summary>
        public static int Encode(byte[] input, int offset, int count, byte[] output, int outputOffset)
        {
            for (int i = 0; i < count; i++)
            {
                int value = input[offset + i];
                output[outputOffset + 2 * i] = (byte)Digits[value >> 4];
                output[outputOffset + 2 * i + 1] = (byte)Digits[value & 15];
            }
            return 2 * count;
        }

        public static string ToText(byte[] input, int offset, int count)
        {
            char[] text = new char[2 * count];
            for (int i = 0; i < count; i++)
            {
                int value = input[offset + i];
                text[2 * i] = Digits[value >> 4];
                text[2 * i + 1] = Digits[value & 15];
            }
            return new string(text);
        }

        public static string ToText(byte[] input)
        {
            return ToText(input, 0, input.Length);
        }

        /// <summary>
        /// Reads <paramref name="count"/> ASCII digits (an even number) into count / 2 bytes. False, with the output partly written,
        /// when a character is no digit or the count is odd or the output is too short.
        /// </summary>
        public static bool Decode(byte[] text, int offset, int count, byte[] output, int outputOffset)
        {
            if ((count & 1) != 0 || count < 0 || count / 2 > output.Length - outputOffset) return false;
            for (int i = 0; i < count; i += 2)
            {
                int high = Digit(text[offset + i]);
                int low = Digit(text[offset + i + 1]);
                if ((high | low) < 0) return false;
                output[outputOffset + i / 2] = (byte)((high << 4) | low);
            }
            return true;
        }

        /// <summary>The bytes of a text of digits; null when it is not hexadecimal.</summary>
        public static byte[] Parse(string text)
        {
            if (text == null || (text.Length & 1) != 0) return null;
            byte[] bytes = new byte[text.Length / 2];
            return Parse(text, 0, bytes, 0, bytes.Length) ? bytes : null;
        }

        /// <summary>Reads 2 * byteCount digits from <paramref name="start"/> on; false when there are not as many.</summary>
        public static bool Parse(string text, int start, byte[] output, int outputOffset, int byteCount)
        {
            if (text.Length - start < 2 * byteCount) return false;
            for (int i = 0; i < byteCount; i++)
            {
                int high = Digit(text[start + 2 * i]);
                int low = Digit(text[start + 2 * i + 1]);
                if ((high | low) < 0) return false;
                output[outputOffset + i] = (byte)((high << 4) | low);
            }
            return true;
        }

        /// <summary>The value of one digit, -1 for any other character.</summary>
        public static int Digit(int character)
        {
            if (character >= '0' && character <= '9') return character - '0';
            if (character >= 'a' && character <= 'f') return character - 'a' + 10;
            if (character >= 'A' && character <= 'F') return character - 'A' + 10;
            return -1;
        }
    }
}
