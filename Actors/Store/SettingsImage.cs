using System;
using System.Text;
using MicroLink.Bytes;
using MicroLink.Native;

namespace MicroLink.Store
{
    // One copy ("slot") of all settings. Two slots exist; a commit rewrites the older one as a whole. Numbers are little endian.
    //
    //    0  4  magic "MLS1"
    //    4  1  format version, 1
    //    5  3  zero
    //    8  4  sequence number: the slot with the larger one (modulo 2^32) is the newer
    //   12  4  n, length of the entries
    //   16  n  entries, each: name length u8, name UTF-8, value length u16, value
    // 16+n  4  CRC-32 of everything before
    //
    // Bytes behind the CRC are ignored (a flash page is longer than the image).

    /// <summary>Reads and writes the picture above. Limits: <see cref="SettingsTable"/>.</summary>
    public static class SettingsImage
    {
        public const int HeaderLength = 16;
        public const int CrcLength = 4;
        public const int BytesMax = 64 * 1024;

        /// <summary>Results of <see cref="Check"/>. Torn: a prefix of an image; Corrupt: anything else that is not one.</summary>
        public const int Valid = 0, Empty = 1, Torn = 2, Corrupt = 3, TooNew = 4;

        private const byte Version = 1;
        private const int VersionAt = 4, SequenceAt = 8, LengthAt = 12;
        private static readonly byte[] s_magic = { 0x4D, 0x4C, 0x53, 0x31 };   // "MLS1"

        public static int LengthOf(SettingsTable table)
        {
            int length = HeaderLength + CrcLength;
            for (int i = 0; i < table.Count; i++) length += 3 + Encoding.UTF8.GetBytes(table.KeyAt(i)).Length + table.ValueAt(i).Length;
            return length;
        }

        /// <summary>
        /// Writes the image to the start of the buffer, which holds at least <see cref="LengthOf"/> bytes. Returns its length.
        /// </summary>
        public static int Write(SettingsTable table, uint sequence, byte[] into)
        {
            Array.Copy(s_magic, 0, into, 0, s_magic.Length);
            into[VersionAt] = Version;
            into[VersionAt + 1] = into[VersionAt + 2] = into[VersionAt + 3] = 0;
            ByteOrder.StoreU32LE(into, SequenceAt, sequence);
            int at = HeaderLength;
            for (int i = 0; i < table.Count; i++)
            {
                byte[] key = Encoding.UTF8.GetBytes(table.KeyAt(i));
                byte[] value = table.ValueAt(i);
                into[at++] = (byte)key.Length;
                Array.Copy(key, 0, into, at, key.Length);
                at += key.Length;
                ByteOrder.StoreU16LE(into, at, value.Length);
                Array.Copy(value, 0, into, at + 2, value.Length);
                at += 2 + value.Length;
            }
            ByteOrder.StoreU32LE(into, LengthAt, (uint)(at - HeaderLength));
            ByteOrder.StoreU32LE(into, at, Cipher.Crc32(into, 0, at));
            return at + CrcLength;
        }

        /// <summary>What the bytes of a slot are. Only Valid ones may be given to <see cref="Read"/>.</summary>
        public static int Check(byte[] bytes, int count)
        {
            if (count == 0) return Empty;
            for (int i = 0; i < s_magic.Length && i < count; i++)
            {
                if (bytes[i] != s_magic[i]) return Corrupt;
            }
            if (count <= VersionAt) return Torn;
            if (bytes[VersionAt] > Version) return TooNew;
            if (bytes[VersionAt] < Version) return Corrupt;
            if (count < HeaderLength) return Torn;
            uint length = ByteOrder.LoadU32LE(bytes, LengthAt);
            if (length > BytesMax) return Corrupt;
            int end = HeaderLength + (int)length;
            if (count < end + CrcLength) return Torn;
            if (Cipher.Crc32(bytes, 0, end) != ByteOrder.LoadU32LE(bytes, end)) return Corrupt;
            return EntriesFit(bytes, end) ? Valid : Corrupt;
        }

        /// <summary>The sequence number; 0 when the header was cut off before it.</summary>
        public static uint SequenceOf(byte[] bytes, int count)
        {
            return count < LengthAt ? 0 : ByteOrder.LoadU32LE(bytes, SequenceAt);
        }

        /// <summary>Fills the table from a Valid image and returns its sequence number.</summary>
        public static uint Read(byte[] bytes, int count, SettingsTable into)
        {
            into.Clear();
            int end = HeaderLength + (int)ByteOrder.LoadU32LE(bytes, LengthAt);
            int at = HeaderLength;
            while (at < end)
            {
                int keyLength = bytes[at];
                string key = Encoding.UTF8.GetString(bytes, at + 1, keyLength);
                at += 1 + keyLength;
                byte[] value = new byte[ByteOrder.LoadU16LE(bytes, at)];
                Array.Copy(bytes, at + 2, value, 0, value.Length);
                at += 2 + value.Length;
                into.Set(key, value);
            }
            return SequenceOf(bytes, count);
        }

        /// <summary>
        /// The CRC only proves that nothing changed; the walk proves that Read stays inside and within the table's limits.
        /// </summary>
        private static bool EntriesFit(byte[] bytes, int end)
        {
            int at = HeaderLength;
            int entries = 0;
            while (at < end)
            {
                int keyLength = bytes[at];
                at += 1 + keyLength;
                if (keyLength == 0 || keyLength > SettingsTable.KeyBytesMax || at + 2 > end) return false;
                int valueLength = ByteOrder.LoadU16LE(bytes, at);
                at += 2 + valueLength;
                if (valueLength > SettingsTable.ValueBytesMax || at > end || ++entries > SettingsTable.EntriesMax) return false;
            }
            return true;
        }
    }
}
