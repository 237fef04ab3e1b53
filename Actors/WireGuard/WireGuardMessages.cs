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
}
