namespace MicroLink.Bytes
{
    /// <summary>The text form of one address: dotted quad, or RFC 5952 (lower case, longest run of zeros as "::").</summary>
    internal static class AddressText
    {
        public static string Format(byte[] address, int at)
        {
            if (NetEndpoint.IsV4(address, at))
            {
                return address[at + 12].ToString() + "." + address[at + 13].ToString() + "."
                    + address[at + 14].ToString() + "." + address[at + 15].ToString();
            }
            FindZeros(address, at, out int zeroStart, out int zeroEnd);
            string text = "";
            for (int i = 0; i < 8; i++)
            {
                if (i == zeroStart)
                {
                    text += "::";
                    i = zeroEnd - 1;
                    continue;
                }
                if (i > 0 && i != zeroEnd) text += ":";
                text += Group(ByteOrder.LoadU16BE(address, at + 2 * i));
            }
            return text;
        }

        /// <summary>Four numbers 0..255 without leading zeros, stored as ::ffff:a.b.c.d.</summary>
        public static bool ParseV4(byte[] text, int offset, int count, byte[] into, int at)
        {
            if (count < 7 || count > 15) return false;
            int end = offset + count;
            int position = offset;
            for (int part = 0; part < 4; part++)
            {
                int start = position;
                int value = 0;
                while (position < end && text[position] >= '0' && text[position] <= '9' && position - start < 3)
                {
                    value = value * 10 + (text[position++] - '0');
                }
                int digits = position - start;
                if (digits == 0 || value > 255 || (digits > 1 && text[start] == '0')) return false;
                if (part < 3 && (position >= end || text[position++] != '.')) return false;
                into[at + 12 + part] = (byte)value;
            }
            if (position != end) return false;
            for (int i = 0; i < 10; i++) into[at + i] = 0;
            into[at + 10] = 0xff;
            into[at + 11] = 0xff;
            return true;
        }

        /// <summary>Eight groups of 1-4 digits, one "::", the last two groups may be a dotted quad. A zone ("%eth0") is refused.</summary>
        public static bool ParseV6(byte[] text, int offset, int count, byte[] into, int at)
        {
            byte[] bytes = new byte[NetEndpoint.AddressLength];
            int end = offset + count;
            int position = offset;
            int filled = 0;
            int gap = -1;
            if (count < 2 || count > 45) return false;
            if (text[position] == ':')
            {
                if (text[position + 1] != ':') return false;
                gap = 0;
                position += 2;
            }
            while (position < end)
            {
                if (filled == 16) return false;
                int start = position;
                int value = 0;
                while (position < end && position - start < 4 && Hex.Digit(text[position]) >= 0)
                {
                    value = (value << 4) | Hex.Digit(text[position++]);
                }
                if (position == start) return false;
                if (position < end && text[position] == '.')
                {
                    byte[] quad = new byte[NetEndpoint.AddressLength];
                    if (filled > 12 || !ParseV4(text, start, end - start, quad, 0)) return false;
                    for (int i = 0; i < 4; i++) bytes[filled++] = quad[12 + i];
                    position = end;
                    break;
                }
                bytes[filled++] = (byte)(value >> 8);
                bytes[filled++] = (byte)value;
                if (position == end) break;
                if (text[position++] != ':' || position == end) return false;
                if (text[position] == ':')
                {
                    if (gap >= 0) return false;
                    gap = filled;
                    position++;
                }
            }
            if (gap < 0 ? filled != 16 : filled > 14) return false;
            return Spread(bytes, filled, gap, into, at);
        }

        private static bool Spread(byte[] bytes, int filled, int gap, byte[] into, int at)
        {
            int head = gap < 0 ? filled : gap;
            int tail = filled - head;
            for (int i = 0; i < 16; i++)
            {
                if (i < head) into[at + i] = bytes[i];
                else if (i >= 16 - tail) into[at + i] = bytes[head + i - (16 - tail)];
                else into[at + i] = 0;
            }
            return true;
        }

        private static void FindZeros(byte[] address, int at, out int start, out int end)
        {
            start = -1;
            end = -1;
            for (int i = 0; i < 8; i++)
            {
                int k = i;
                while (k < 8 && ByteOrder.LoadU16BE(address, at + 2 * k) == 0) k++;
                if (k - i >= 2 && k - i > end - start)
                {
                    start = i;
                    end = k;
                }
                if (k > i) i = k;
            }
        }

        private static string Group(int value)
        {
            char[] digits = new char[4];
            int used = 0;
            for (int shift = 12; shift >= 0; shift -= 4)
            {
                int digit = (value >> shift) & 15;
                if (used == 0 && digit == 0 && shift > 0) continue;
                digits[used++] = (char)(digit < 10 ? '0' + digit : 'a' + digit - 10);
            }
            return new string(digits, 0, used);
        }
    }
}
