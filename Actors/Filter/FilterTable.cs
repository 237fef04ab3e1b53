using System;
using MicroLink.Bytes;

namespace MicroLink.Filter
{
    /// <summary>
    /// The table that native code searches (native/src/ml_dp_filter.h), made of all named filters. Equal source sets are written once: a
    /// policy names the same groups again and again.
    /// <code>
    ///  0 'M' 'F' | 2 version 1 | 3 flags | 4 sets u16 | 6 rules u16 | 8 length u32 | 12 rules at u32 | 16 offset of each set u32
    ///  set   0 v4 ranges u16 | 2 v6 ranges u16 | 4 capabilities u32 | 8 first[4] last[4] ... | first[16] last[16] ...
    ///  rule  0 set u16 | 2 protocols u8 | 3 0 | 4 v4 targets u16 | 6 v6 targets u16 | 8 protocols | first last port port ...
    /// </code>
    /// Numbers are little endian, addresses and ports big endian.
    /// </summary>
    public static class FilterTable
    {
        public const int Header = 16, SetHeader = 8, RuleHeader = 8;
        /// <summary>More cannot be numbered.</summary>
        private const int MaxRules = 65535;

        /// <summary>Null when it would be longer than <paramref name="limitBytes"/>.</summary>
        /// <param name="names">All capabilities of the parts, in the table's order.</param>
        internal static byte[] Build(FilterPart[] parts, int partCount, string[] names, int limitBytes)
        {
            int rules = 0;
            for (int i = 0; i < partCount; i++) rules += parts[i].RuleCount;
            if (rules > MaxRules) return null;
            byte[][] sources = new byte[rules][];            // where each distinct set stands
            int[] offsets = new int[rules];
            int[] setOf = new int[rules];
            int sets = 0, rule = 0, length = Header;
            for (int p = 0; p < partCount; p++)
            {
                byte[] bytes = parts[p].Rules;
                for (int at = 0; at < bytes.Length; rule++)
                {
                    int setLength = SetLength(bytes, at);
                    int same = Find(sources, offsets, sets, bytes, at, setLength, parts[p]);
                    if (same == sets)
                    {
                        sources[sets] = bytes;
                        offsets[sets++] = at;
                        length += 4 + setLength;
                    }
                    setOf[rule] = same;
                    length += RuleLength(bytes, at + setLength);
                    at += setLength + RuleLength(bytes, at + setLength);
                }
            }
            if (length > limitBytes) return null;
            return Write(parts, partCount, names, sources, offsets, sets, setOf, length);
        }

        internal static int SetLength(byte[] bytes, int at)
        {
            return SetHeader + LoadU16(bytes, at) * 8 + LoadU16(bytes, at + 2) * 32;
        }

        internal static int RuleLength(byte[] bytes, int at)
        {
            return RuleHeader + bytes[at + 2] + LoadU16(bytes, at + 4) * 12 + LoadU16(bytes, at + 6) * 36;
        }

        internal static void StoreU16(byte[] into, int at, int value)
        {
            into[at] = (byte)value;
            into[at + 1] = (byte)(value >> 8);
        }

        internal static void StoreU32(byte[] into, int at, uint value)
        {
            StoreU16(into, at, (int)(value & 0xffff));
            StoreU16(into, at + 2, (int)(value >> 16));
        }

        internal static int LoadU16(byte[] from, int at) { return from[at] | from[at + 1] << 8; }

        // Capabilities are numbered by part, so sets that have some are only compared within their part.
        private static int Find(byte[][] sources, int[] offsets, int sets, byte[] bytes, int at, int length, FilterPart part)
        {
            bool plain = ByteOrder.LoadU32LE(bytes, at + 4) == 0;
            for (int i = 0; i < sets; i++)
            {
                if (!plain && sources[i] != part.Rules) continue;
                if (FilterRange.Compare(sources[i], offsets[i], bytes, at, SetHeader) != 0) continue;
                if (FilterRange.Compare(sources[i], offsets[i], bytes, at, length) == 0) return i;
            }
            return sets;
        }

        private static byte[] Write(FilterPart[] parts, int partCount, string[] names, byte[][] sources, int[] offsets, int sets,
                                    int[] setOf, int length)
        {
            byte[] table = Empty(length);
            int at = Header + 4 * sets, rule = 0;
            for (int i = 0; i < sets; i++)
            {
                int setLength = SetLength(sources[i], offsets[i]);
                StoreU32(table, Header + 4 * i, (uint)at);
                Array.Copy(sources[i], offsets[i], table, at, setLength);
                StoreU32(table, at + 4, Renumbered(ByteOrder.LoadU32LE(table, at + 4), PartOf(parts, sources[i]), names));
                at += setLength;
            }
            StoreU16(table, 4, sets);
            StoreU16(table, 6, setOf.Length);
            StoreU32(table, 12, (uint)at);
            for (int p = 0; p < partCount; p++)
            {
                byte[] bytes = parts[p].Rules;
                for (int from = 0; from < bytes.Length; rule++)
                {
                    from += SetLength(bytes, from);
                    int ruleLength = RuleLength(bytes, from);
                    Array.Copy(bytes, from, table, at, ruleLength);
                    StoreU16(table, at, setOf[rule]);
                    at += ruleLength;
                    from += ruleLength;
                }
            }
            return table;
        }

        private static byte[] Empty(int length)
        {
            byte[] table = new byte[length];
            table[0] = (byte)'M';
            table[1] = (byte)'F';
            table[2] = 1;
            StoreU32(table, 8, (uint)length);
            StoreU32(table, 12, (uint)length);
            return table;
        }

        private static FilterPart PartOf(FilterPart[] parts, byte[] rules)
        {
            int i = 0;
            while (parts[i].Rules != rules) i++;
            return parts[i];
        }

        private static uint Renumbered(uint capabilities, FilterPart part, string[] names)
        {
            uint result = 0;
            for (int i = 0; i < part.Capabilities.Length; i++)
                if ((capabilities & 1u << i) != 0) result |= 1u << Array.IndexOf(names, part.Capabilities[i]);
            return result;
        }
    }
}
