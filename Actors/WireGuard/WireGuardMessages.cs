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

    /// <summary>Timers of the WireGuard manager.</summary>
    internal sealed class WgTimer : Message
    {
        public static readonly WgTimer Deadline = new WgTimer(), Notices = new WgTimer();
        private WgTimer() { }
    }
}
