using System;

namespace MicroLink.Tests.Device
{
    /// <summary>
    /// Does work allocate? The device has no counter of allocated bytes, so the heap is filled until little is free; a collection then shows
    /// in an object that nobody holds.
    /// </summary>
    internal static class Allocation
    {
        /// <summary>Bytes by which the heap may differ although nothing was left behind.</summary>
        internal const int NoiseBytes = 256;

        private const int ChunkBytes = 16 * 1024, SmallestChunkBytes = 1024;
        /// <summary>What the runtime itself may need meanwhile.</summary>
        private const int RuntimeBytes = 2048;
        private const int MaxChunks = 2048;

        /// <summary>True when a second run of the work needs more than these bytes.</summary>
        internal static bool Exceeds(int bytes, Action work)
        {
            work();
            Heap.Settle();
            byte[] room = new byte[bytes + RuntimeBytes];
            byte[][] filling = Fill();
            room = null;
            Heap.Settle();
            WeakReference sentinel = Sentinel();
            work();
            bool collected = !sentinel.IsAlive;
            filling[0] = room;
            return collected;
        }

        private static byte[][] Fill()
        {
            byte[][] filling = new byte[MaxChunks][];
            int bytes = ChunkBytes;
            for (int i = 0; i < MaxChunks && bytes >= SmallestChunkBytes;)
            {
                try
                {
                    filling[i] = new byte[bytes];
                    i++;
                }
                catch (OutOfMemoryException)
                {
                    bytes /= 2;
                }
            }
            return filling;
        }

        private static WeakReference Sentinel()
        {
            return new WeakReference(new object());
        }
    }
}
