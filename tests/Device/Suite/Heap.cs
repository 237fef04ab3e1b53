using System;
using nanoFramework.Runtime.Native;

namespace MicroLink.Tests.Device
{
    /// <summary>The managed heap, measured the same way on both runtimes.</summary>
    internal static class Heap
    {
        /// <summary>Bytes in use after a collection; only differences mean something.</summary>
        internal static long Used()
        {
            return -(long)nanoFramework.Runtime.Native.GC.Run(true);
        }

        /// <summary>Collects until nothing more goes away: finalizers run between collections.</summary>
        internal static void Settle()
        {
            for (long last = long.MaxValue, now = Used(); now < last; last = now, now = Used()) { }
        }

        /// <summary>A line for whoever reads the run: "Heap,what,bytes".</summary>
        internal static void Report(string what, long bytes)
        {
            Console.WriteLine("Heap," + what + "," + bytes.ToString());
        }
    }
}
