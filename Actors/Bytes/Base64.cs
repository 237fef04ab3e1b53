namespace MicroLink.Bytes
{
    /// <summary>
    /// Standard padded base64 (RFC 4648 section 4), strict: no white space, right padding, unused bits zero. The BCL's decoder throws on
    /// hostile input, which a machine must not; this one returns -1.
    /// </summary>
    public static class Base64
    {
        private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

        public static int EncodedLength(int count)
        {
            return (count + 2) / 3 * 4;
        }

        /// <summary>Writes EncodedLength(count) ASCII characters and returns that number.</summary>
        public static int Encode(byte[] input, int offset, int count, byte[] output, int outputOffset)
        {
            int at = outputOffset;
            for (int i = 0; i < count; i += 3)
            {
                int left = count - i;
                int bits = input[offset + i] << 16;
                if (left > 1) bits |= input[offset + i + 1] << 8;
                if (left > 2) bits |= input[offset + i + 2];
                output[at] = (byte)Letters[bits >> 18];
                output[at + 1] = (byte)Letters[(bits >> 12) & 63];
                output[at + 2] = left > 1 ? (byte)Letters[(bits >> 6) & 63] : (byte)'=';
                output[at + 3] = left > 2 ? (byte)Letters[bits & 63] : (byte)'=';
                at += 4;
            }
            return at - outputOffset;
        }

        public static string ToText(byte[] input, int offset, int count)
        {
            byte[] text = new byte[EncodedLength(count)];
            Encode(input, offset, count, text, 0);
            return AsciiText.ToText(text, 0, text.Length);
        }

        /// <summary>
        /// Decodes <paramref name="count"/> characters. Returns the number of bytes, or -1 when the text is malformed or the result does
        /// not fit into <paramref name="output"/> (which may then be partly written).
        /// </summary>
        public static int Decode(byte[] text, int offset, int count, byte[] output, int outputOffset)
        {
            if ((count & 3) != 0) return -1;
            int at = outputOffset;
            for (int i = 0; i < count; i += 4)
            {
                bool last = i + 4 == count;
                int bytes = 3;
                if (last && text[offset + i + 3] == '=') bytes = text[offset + i + 2] == '=' ? 1 : 2;
                int bits = 0;
                for (int k = 0; k < 4; k++)
                {
                    int value = k <= bytes ? Value(text[offset + i + k]) : 0;
                    if (value < 0) return -1;
                    bits = (bits << 6) | value;
                }
                if ((bytes == 1 && (bits & 0xffff) != 0) || (bytes == 2 && (bits & 0xff) != 0)) return -1;
                if (at + bytes > output.Length) return -1;
                output[at] = (byte)(bits >> 16);
                if (bytes > 1) output[at + 1] = (byte)(bits >> 8);
                if (bytes > 2) output[at + 2] = (byte)bits;
                at += bytes;
            }
            return at - outputOffset;
        }

        private static int Value(int character)
        {
            if (character >= 'A' && character <= 'Z') return character - 'A';
            if (character >= 'a' && character <= 'z') return character - 'a' + 26;
            if (character >= '0' && character <= '9') return character - '0' + 52;
            if (character == '+') return 62;
            return character == '/' ? 63 : -1;
        }
    }
}
