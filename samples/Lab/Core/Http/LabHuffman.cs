using System;
using System.Collections.Generic;

namespace MicroLink.Lab.Core
{
    /// <summary>The Huffman code of RFC 7541 appendix B. It is canonical, so the code lengths are all there is to know.</summary>
    internal static class LabHuffman
    {
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

        private static readonly Dictionary<long, int> Symbols = Build();

        /// <summary>Decodes a whole string; null when it is not one (bad code, EOS inside, padding other than up to 7 one-bits).</summary>
        public static byte[] Decode(ReadOnlySpan<byte> bytes)
        {
            var output = new List<byte>();
            int code = 0, length = 0;
            foreach (byte b in bytes)
            {
                for (int bit = 7; bit >= 0; bit--)
                {
                    code = (code << 1) | ((b >> bit) & 1);
                    length++;
                    if (length > 30) return null;
                    if (!Symbols.TryGetValue(((long)length << 32) | (uint)code, out int symbol)) continue;
                    if (symbol == 256) return null;
                    output.Add((byte)symbol);
                    code = length = 0;
                }
            }
            return length < 8 && code == (1 << length) - 1 ? output.ToArray() : null;
        }

        private static Dictionary<long, int> Build()
        {
            var symbols = new Dictionary<long, int>();
            int code = 0;
            for (int length = 1; length <= 30; length++)
            {
                for (int symbol = 0; symbol <= 256; symbol++)
                {
                    if (Lengths[symbol] == length) symbols.Add(((long)length << 32) | (uint)code++, symbol);
                }
                code <<= 1;
            }
            return symbols;
        }
    }
}
