using MicroLink.Bytes;
using MicroLink.Native;
using MicroLink.Runtime;
using MicroLink.TestKit;

namespace MicroLink.Drivers.Simulated
{
    /// <summary>The wall clock of a simulated host: virtual time plus an offset that a scenario may set wrong.</summary>
    public sealed class SimWallClock : IWallClock
    {
        private readonly VirtualClock _time;

        public SimWallClock(VirtualClock time, long offsetMs)
        {
            _time = time;
            OffsetMs = offsetMs;
        }

        /// <summary>Unix ms at virtual time 0; null = the host has no clock.</summary>
        public long? OffsetMs { get; set; }

        public long UnixMs => OffsetMs.HasValue ? _time.Ms + OffsetMs.Value : 0;
    }

    /// <summary>Diffie-Hellman answers that take a set virtual time: 0 as on a desktop, 11-50 ms as on an ESP32.</summary>
    public sealed class SimDhWorker : IDhWorker
    {
        private readonly SimNetwork _network;

        public SimDhWorker(SimNetwork network, int delayMs)
        {
            _network = network;
            DelayMs = delayMs;
        }

        public int DelayMs { get; set; }

        public void Submit(DhJob job, ActorRef owner)
        {
            int code = job.BasePoint
                ? Cipher.X25519Base(job.Private, 0, job.Result, 0)
                : Cipher.X25519(job.Private, 0, job.Public, 0, job.Result, 0);
            job.Ok = code == 0;
            DhDone done = new DhDone(job);
            if (DelayMs > 0) _network.Schedule(DelayMs, () => Tell(owner, done));
            else Tell(owner, done);
        }

        private void Tell(ActorRef owner, DhDone done)
        {
            if (!owner.Tell(done)) _network.Schedule(1, () => Tell(owner, done));
        }
    }
}
