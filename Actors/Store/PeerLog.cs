using System;
using MicroLink.Bytes;
using MicroLink.Native;

namespace MicroLink.Store
{
    // The peer store is a log of records (in sectors: PeerFlash.cs). The last record of an id wins. Little endian.
    //
    //    0  4  CRC-32 of bytes 4 .. 16+n
    //    4  2  n, row length, at most 1024
    //    6  1  kind: 1 put, 2 remove, 3 clear
    //    7  1  zero
    //    8  8  node id (zero in a clear)
    //   16  n  row (StoredPeer.cs), empty unless put

    /// <summary>
    /// Reads and writes the records above. A record that was cut off or damaged ends its sector: what stands before it is kept.
    /// </summary>
    public static class PeerLog
    {
        public const int RecordHeader = 16;
        public const int RecordBytesMax = RecordHeader + StoredPeer.BytesMax;

        public const int Put = 1, Remove = 2, Clear = 3;

        /// <summary>Results of <see cref="Check"/> that are not a record's length.</summary>
        public const int Cut = 0, Damaged = -1;

        /// <summary>Writes one record; the buffer has room for RecordHeader + count bytes. Returns its length.</summary>
        public static int Write(byte[] into, int offset, int kind, long peerId, byte[] row, int rowOffset, int count)
        {
            ByteOrder.StoreU16LE(into, offset + 4, count);
            into[offset + 6] = (byte)kind;
            into[offset + 7] = 0;
            ByteOrder.StoreU64LE(into, offset + 8, (ulong)peerId);
            if (count > 0) Array.Copy(row, rowOffset, into, offset + RecordHeader, count);
            ByteOrder.StoreU32LE(into, offset, Cipher.Crc32(into, offset + 4, RecordHeader - 4 + count));
            return RecordHeader + count;
        }

        /// <summary>Length of the record at the offset, or Cut (the log ends within it), or Damaged.</summary>
        public static int Check(byte[] bytes, int offset, int end)
        {
            int left = end - offset;
            if (left < RecordHeader) return Cut;
            int count = ByteOrder.LoadU16LE(bytes, offset + 4);
            int kind = bytes[offset + 6];
            if (count > StoredPeer.BytesMax || kind < Put || kind > Clear) return Damaged;
            if (left < RecordHeader + count) return Cut;
            if (Cipher.Crc32(bytes, offset + 4, RecordHeader - 4 + count) != ByteOrder.LoadU32LE(bytes, offset)) return Damaged;
            return RecordHeader + count;
        }

        public static int KindOf(byte[] bytes, int offset) { return bytes[offset + 6]; }

        public static long PeerIdOf(byte[] bytes, int offset) { return (long)ByteOrder.LoadU64LE(bytes, offset + 8); }

        public static int RowLengthOf(byte[] bytes, int offset) { return ByteOrder.LoadU16LE(bytes, offset + 4); }
    }
}
