using MicroLink.NetMap;
using MicroLink.Runtime;

namespace MicroLink.WireGuard
{
    /// <summary>A peer has got a slot of the data plane; its path may be set from now on.</summary>
    public sealed class PeerActivated : Message
    {
        public readonly int Slot;
        public readonly PeerRow Row;
        public PeerActivated(int slot, PeerRow row) { Slot = slot; Row = row; }
    }

    /// <summary>The slot is free again: forget the peer's path machine.</summary>
    public sealed class PeerReleased : Message
    {
        public readonly int Slot;
        public readonly long PeerId;
        public PeerReleased(int slot, long peerId) { Slot = slot; PeerId = peerId; }
    }

    /// <summary>
    /// From NetIo to the path finder: a packet for this peer waits for a handshake, so somebody talks to it. "If not (trusted direct): start
    /// discovery pings now" (protocol.md 6.6), without waiting for the next reading of the stamps.
    /// </summary>
    public sealed class PeerTraffic : Message
    {
        public readonly int Slot;
        public PeerTraffic(int slot) { Slot = slot; }
    }

    /// <summary>Once a second, from NetIo: the activity stamps of all slots were read into PacketPlane.Stamps.</summary>
    public sealed class ActivityTick : Message
    {
        public static readonly ActivityTick Instance = new ActivityTick();
    }

    /// <summary>A WireGuard session with the peer was established (told to node and path finder).</summary>
    public sealed class SessionEstablished : Message
    {
        public readonly int Slot;
        public readonly long PeerId;
        public SessionEstablished(int slot, long peerId) { Slot = slot; PeerId = peerId; }
    }

    /// <summary>To WgManager: somebody wants to reach a peer that may have no slot now. It gets one, from the least recently used if need be.</summary>
    public sealed class PeerWanted : Message
    {
        public readonly long PeerId;
        public PeerWanted(long peerId) { PeerId = peerId; }
    }

    /// <summary>
    /// From the path finder to WgManager: the peer may have lost our session. Silent: its path answers pings, our data gets no answer. Gone: it
    /// left its relay. Back: it was silent and has just answered a ping, so whatever we sent it meanwhile is lost.
    /// </summary>
    public sealed class PeerDoubted : Message
    {
        public const int Silent = 1, Gone = 2, Back = 3;
        public readonly int Slot;
        public readonly int Why;
        /// <summary>Of Silent: data since this time has no answer.</summary>
        public readonly long SinceMs;
        public PeerDoubted(int slot, int why, long sinceMs) { Slot = slot; Why = why; SinceMs = sinceMs; }
    }

    /// <summary>Timers of the WireGuard manager.</summary>
    internal sealed class WgTimer : Message
    {
        public static readonly WgTimer Deadline = new WgTimer(), Notices = new WgTimer();
        private WgTimer() { }
    }
}
