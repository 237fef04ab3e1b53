namespace nanoFramework.Runtime.Native
{
    /// <summary>The door of the device's collector that the suite measures memory with, on .NET's.</summary>
    public static class GC
    {
        private const long Heap = 1L << 31;

        /// <summary>Collects; what would be free of a heap of 2 GB, in bytes.</summary>
        public static uint Run(bool compactHeap)
        {
            return (uint)(Heap - System.GC.GetTotalMemory(compactHeap));
        }
    }
}
