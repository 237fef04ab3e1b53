namespace MicroLink.Http2
{
    /// <summary>
    /// The Huffman code of RFC 7541 appendix B, decoded bit by bit so that a string may be cut anywhere. The code is canonical (ordered by
    /// length, then by symbol), so the 257 lengths are the whole table.
    /// </summary>
    internal sealed class HpackHuffman
    {
        private const int MaxLength = 30;
        private const int EndOfString = 256;

        // Bits per symbol 0..255, then EOS.
        private static readonly byte[] Lengths =
        {
            13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
            6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
            13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
            15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
            20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
            22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
            26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
            20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
            30,
        };

        private static readonly int[] FirstCode = new int[MaxLength + 1];
        private static readonly int[] Count = new int[MaxLength + 1];
        private static readonly int[] FirstSymbol = new int[MaxLength + 1];
        private static readonly short[] Symbols = new short[EndOfString + 1];

        private int _code;
        private int _length;

        static HpackHuffman()
        {
            int next = 0;
            int code = 0;
            for (int length = 1; length <= MaxLength; length++)
            {
                code <<= 1;
                FirstCode[length] = code;
                FirstSymbol[length] = next;
                for (int symbol = 0; symbol <= EndOfString; symbol++)
                {
                    if (Lengths[symbol] == length) Symbols[next++] = (short)symbol;
                }
                Count[length] = next - FirstSymbol[length];
                code += Count[length];
            }
        }

        public void Begin()
        {
            _code = 0;
            _length = 0;
        }

        /// <summary>Decodes one byte into at most two symbols. Returns how many were written, or -1 for the end-of-string symbol.</summary>
        public int Handle(byte next, byte[] into, int offset)
        {
            int written = 0;
            for (int bit = 7; bit >= 0; bit--)
            {
                _code = (_code << 1) | ((next >> bit) & 1);
                _length++;
                int index = _code - FirstCode[_length];
                if (index >= Count[_length]) continue;
                int symbol = Symbols[FirstSymbol[_length] + index];
                if (symbol == EndOfString) return -1;
                into[offset + written++] = (byte)symbol;
                Begin();
            }
            return written;
        }

        /// <summary>The padding is right: fewer than eight bits, all ones (RFC 7541 5.2).</summary>
        public bool EndsWell()
        {
            return _length < 8 && _code == (1 << _length) - 1;
        }
    }
}
