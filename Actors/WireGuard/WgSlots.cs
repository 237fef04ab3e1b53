using System;
using MicroLink.Bytes;
using MicroLink.Drivers;
using MicroLink.Native;
using MicroLink.NetIo;
using MicroLink.NetMap;

namespace MicroLink.WireGuard
{
    /// <summary>
    /// Which peers have a slot of the data plane. Peers get one while there are free ones; after that on demand, from the least recently used.
    /// </summary>
    internal sealed class WgSlots
    {
        private readonly PacketPlane _plane;
        private readonly IEntropy _entropy;
        private readonly WgNotices _notices;
        private readonly WgRoutes _routes;
        private readonly WgPolicy _policy;
        private readonly WireGuardCounters _counters;
        private readonly WgSlot[] _slots;
        private readonly WireGuardStamps _stamps;
        private readonly byte[] _random = new byte[4];

        internal WgSlots(PacketPlane plane, IEntropy entropy, WgNotices notices, WireGuardCounters counters, WgRoutes routes, WgPolicy policy)
        {
            _plane = plane;
            _entropy = entropy;
            _notices = notices;
            _counters = counters;
            _routes = routes;
            _policy = policy;
            _slots = new WgSlot[plane.MaxPeers];
            _stamps = new WireGuardStamps(2 * plane.MaxPeers);
        }

        /// <summary>Told of every slot that is released: a handshake under way must not end in the slot of another peer.</summary>
        internal WgHandshakes Handshakes;

        internal int Capacity { get { return _slots.Length; } }

        /// <summary>The active peer in a slot, or null.</summary>
        internal WgSlot At(int index)
        {
            return index < 0 || index >= _slots.Length ? null : _slots[index];
        }

        internal WgSlot Find(long peerId)
        {
            for (int i = 0; i < _slots.Length; i++)
            {
                if (_slots[i] != null && _slots[i].Row.Id == peerId) return _slots[i];
            }
            return null;
        }

        /// <summary>Gives the peer a slot. With all taken: null, or the slot of the least recently used peer when <paramref name="evict"/>.</summary>
        internal WgSlot Activate(PeerRow row, bool evict, long nowMs)
        {
            int index = FreeSlot();
            if (index < 0 && evict)
            {
                index = LeastRecentlyUsed();
                if (index < 0) return null;
                _counters.Evictions++;
                Release(index);
            }
            if (index < 0) return null;
            if (_plane.Activate(index, row, _routes.Allowed(row)) < 0)
            {
                _plane.Release(index);
                return null;
            }
            _entropy.Fill(_random, 0, 4);
            WgSlot slot = new WgSlot(index, row, ByteOrder.LoadU32LE(_random, 0), nowMs);
            _stamps.Recall(slot.Peer);
            _slots[index] = slot;
            _notices.Activated(index, row);
            if (slot.OnlyPath != null) TellPath(slot, true, nowMs);
            return slot;
        }

        /// <summary>A record for a peer that has no slot.</summary>
        internal WireGuardPeer Record(PeerRow row)
        {
            WireGuardPeer peer = new WireGuardPeer(row.Key, 0);
            _stamps.Recall(peer);
            return peer;
        }

        /// <summary>Frees a slot: keys wiped, indices and staged packets dropped by the data plane.</summary>
        internal void Release(int index)
        {
            WgSlot slot = _slots[index];
            if (slot == null) return;
            if (Handshakes != null) Handshakes.Drop(slot);
            _stamps.Keep(slot.Peer);
            slot.Peer.Wipe();
            _plane.Release(index);
            _slots[index] = null;
            _notices.Released(index, slot.Row.Id);
        }

        /// <summary>A newer row of the same peer with the same key.</summary>
        internal void Update(WgSlot slot, PeerRow row, long nowMs)
        {
            if (slot.OnlyPath != null) TellPath(slot, slot.OnlyPath.HandleRow(row.Endpoints), nowMs);
            slot.Row = row;
            _plane.Remember(slot.Index, row);
            _plane.PeerAllowed(slot.Index, _routes.Allowed(row));
        }

        /// <summary>Where packets of a WireGuard-only peer go: when it has moved to the data plane, which then follows the peer's own packets,
        /// and always to status.</summary>
        internal void TellPath(WgSlot slot, bool moved, long nowMs)
        {
            byte[] endpoint = slot.OnlyPath.Endpoint;
            if (moved) _plane.PeerPath(slot.Index, DataPlane.PathFollow | (endpoint == null ? 0 : DataPlane.PathUdp), endpoint, 0, 0);
            _notices.Path(slot.Index, slot.OnlyPath.Describe(nowMs));
        }

        /// <summary>Some slot is free.</summary>
        internal bool HasFree { get { return FreeSlot() >= 0; } }

        private int FreeSlot()
        {
            for (int i = 0; i < _slots.Length; i++)
            {
                if (_slots[i] == null) return i;
            }
            return -1;
        }

        /// <summary>Priority peers keep their slots; -1 = all are theirs.</summary>
        private int LeastRecentlyUsed()
        {
            int oldest = -1;
            long oldestMs = long.MaxValue;
            for (int i = 0; i < _slots.Length; i++)
            {
                if (_policy.IsPriority(_slots[i].Row)) continue;
                long usedMs = _slots[i].ActivatedMs;
                long sentMs = PeerStamps.DataSentMs(_plane.Stamps, i), receivedMs = PeerStamps.DataReceivedMs(_plane.Stamps, i);
                if (sentMs > usedMs) usedMs = sentMs;
                if (receivedMs > usedMs) usedMs = receivedMs;
                if (usedMs >= oldestMs) continue;
                oldestMs = usedMs;
                oldest = i;
            }
            return oldest;
        }
    }
}
