using System;

namespace MicroLink.Tests.Device
{
    /// <summary>Does work allocate? .NET counts the bytes of each thread.</summary>
    public static class Allocation
    {
        /// <summary>Bytes by which the heap may differ although nothing was left behind: test runner and collector allocate beside us.</summary>
        public const int NoiseBytes = 32 * 1024;

        public static bool Exceeds(int bytes, Action work)
        {
            work();
            long before = GC.GetAllocatedBytesForCurrentThread();
            work();
            return GC.GetAllocatedBytesForCurrentThread() - before > bytes;
        }
    }
}
