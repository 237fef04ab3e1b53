using System.Threading;
using MicroLink.Bytes;
using MicroLink.Native;
using MicroLink.Runtime;

namespace MicroLink.Drivers.Desktop
{
    /// <summary>
    /// Computes each job at once on the calling thread (about 30 us here; a device needs 11-50 ms and a task of its own).
    /// </summary>
    public sealed class DesktopDhWorker : IDhWorker
    {
        private long _lost;

        /// <summary>Answers that found the owner's mailbox full; the machine's handshake timeout covers them.</summary>
        public long Lost
        {
            get { return Interlocked.Read(ref _lost); }
        }

        public void Submit(DhJob job, ActorRef owner)
        {
            Compute(job);
            DhDone done = new DhDone(job);
            if (!owner.Tell(done) && !owner.TellUrgent(done)) Interlocked.Increment(ref _lost);
        }

        /// <summary>The computation alone, for tests and tools that have no actor.</summary>
        public static void Compute(DhJob job)
        {
            int code = job.BasePoint
                ? Cipher.X25519Base(job.Private, 0, job.Result, 0)
                : Cipher.X25519(job.Private, 0, job.Public, 0, job.Result, 0);
            job.Ok = code == 0;
        }
    }
}
