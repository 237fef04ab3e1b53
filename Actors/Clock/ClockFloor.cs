using MicroLink.Bytes;

namespace MicroLink.Clock
{
    // The value stored under "clock.floor", 16 bytes, little endian:
    //
    //    0  8  stamp floor, Unix ms: every handshake time stamp given out so far is below it
    //    8  8  seen, Unix ms: the latest trusted wall time, 0 = none

    /// <summary>Reads and writes the picture above; anything else than 16 bytes counts as nothing stored.</summary>
    public static class ClockFloor
    {
        public const int Length = 16;

        public static byte[] Encode(long floorMs, long seenMs)
        {
            byte[] bytes = new byte[Length];
            ByteOrder.StoreU64LE(bytes, 0, (ulong)floorMs);
            ByteOrder.StoreU64LE(bytes, 8, (ulong)seenMs);
            return bytes;
        }

        public static long FloorMs(byte[] stored)
        {
            return stored == null || stored.Length != Length ? 0 : (long)ByteOrder.LoadU64LE(stored, 0);
        }

        public static long SeenMs(byte[] stored)
        {
            return stored == null || stored.Length != Length ? 0 : (long)ByteOrder.LoadU64LE(stored, 8);
        }
    }
}
