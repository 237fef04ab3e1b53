using MicroLink.Bytes;
using MicroLink.Runtime;

namespace MicroLink.Drivers
{
    /// <summary>Computes Diffie-Hellman jobs: at once on the desktop, on a task of its own on a device (11-50 ms each).</summary>
    public interface IDhWorker
    {
        /// <summary>Computes the job and tells the owner <see cref="DhDone"/>.</summary>
        void Submit(DhJob job, ActorRef owner);
    }

    public sealed class DhDone : Message
    {
        public readonly DhJob Job;
        public DhDone(DhJob job) { Job = job; }
    }
}
