using MicroLink.Runtime;
using MicroLink.Store;

namespace MicroLink.Drivers
{
    /// <summary>
    /// Flash memory of the peer store: a partition on a device, a file on the desktop. Reading is immediate; programming and erasing run on
    /// the storage thread, in the order they were asked for.
    /// </summary>
    public interface IFlash : IFlashBytes
    {
        /// <summary>False with one plain sentence when it cannot be used: then rows live no longer than the process.</summary>
        bool Open(out string error);

        /// <summary>Writes to erased bytes of one sector; the bytes are copied before this returns. Answers the owner (when not null) with
        /// <see cref="FlashDone"/>.</summary>
        void Program(int address, byte[] from, int offset, int count, ActorRef owner);

        /// <summary>Sets a sector to 0xFF. Answers the owner (when not null) with <see cref="FlashDone"/>.</summary>
        void Erase(int sector, ActorRef owner);
    }

    public sealed class FlashDone : Message
    {
        /// <summary>Null, or what failed, as one plain sentence.</summary>
        public readonly string Error;
        public FlashDone(string error) { Error = error; }
    }
}
