using System;
using System.Collections.Generic;
using MicroLink.Drivers;

namespace MicroLink.Lab.Core
{
    /// <summary>
    /// A tailnet in a box without sockets, threads or clocks: control server, relays and STUN. Bytes come in through the connections it
    /// accepts, leave through <see cref="ILabPipe"/>, time is a number. Not thread-safe: a host with threads holds one lock around every
    /// call (also around the calls of the streams and exchanges it got from here).
    /// </summary>
    public sealed class LabCore
    {
        private readonly List<LabStream> _streams = new List<LabStream>();
        private readonly Dictionary<int, LabRelay> _relays = new Dictionary<int, LabRelay>();

        public LabCore(LabOptions options, IEntropy entropy, LabLog log = null)
        {
            Options = options;
            Entropy = entropy;
            Log = log ?? ((nowMs, text) => { });
            Control = new LabControl(this);
            Stun = new LabStun();
            foreach (LabRegion region in options.Regions) _relays.Add(region.Id, new LabRelay(this, region));
        }

        public LabOptions Options { get; }
        public IEntropy Entropy { get; }
        public LabLog Log { get; set; }
        public LabControl Control { get; }
        public LabStun Stun { get; }

        /// <summary>The relay of a region, null when there is none.</summary>
        public LabRelay Relay(int regionId) => _relays.GetValueOrDefault(regionId);

        public IEnumerable<LabRelay> Relays => _relays.Values;

        /// <summary>
        /// A TCP connection to the control port: HTTP/1.1 (/key, /ts2021 upgrade), Noise, and inside it HTTP/2. With
        /// <paramref name="openInner"/> the plaintext inside Noise goes to the host's own HTTP/2 server instead of the built-in one.
        /// </summary>
        public LabStream AcceptControl(ILabPipe pipe, string remote, long nowMs, LabInnerFactory openInner = null)
        {
            return Track(new LabControlStream(this, pipe, remote, openInner, nowMs));
        }

        /// <summary>A connection to a region's DERP port, after TLS: HTTP/1.1 upgrade, then DERP frames.</summary>
        public LabStream AcceptRelay(int regionId, ILabPipe pipe, string remote, long nowMs)
        {
            return Track(new LabRelayStream(this, _relays[regionId], pipe, remote, nowMs));
        }

        /// <summary>The next time <see cref="HandleTimeout"/> must be called; long.MaxValue = never.</summary>
        public long Deadline
        {
            get
            {
                long deadline = Control.Deadline;
                foreach (LabStream stream in _streams) deadline = Math.Min(deadline, stream.Deadline);
                return deadline;
            }
        }

        public void HandleTimeout(long nowMs)
        {
            Control.HandleTimeout(nowMs);
            foreach (LabStream stream in _streams.ToArray())
            {
                if (stream.Deadline <= nowMs) stream.HandleTimeout(nowMs);
            }
        }

        /// <summary>Drops every connection of the control server or of one relay (regionId), as a restart of that server would.</summary>
        internal void Forget(LabStream stream) => _streams.Remove(stream);

        private LabStream Track(LabStream stream)
        {
            _streams.Add(stream);
            return stream;
        }
    }
}
