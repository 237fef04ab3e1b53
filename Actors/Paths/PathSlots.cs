using MicroLink.Drivers;

namespace MicroLink.Paths
{
    /// <summary>
    /// The path machines: one for each peer that has a slot in the data plane, and for idle peers that the user pings. A fixed number; an
    /// idle peer's machine that was used longest ago makes room.
    /// </summary>
    public sealed class PathSlots
    {
        public const int NoSlot = -1;

        private readonly PeerPath[] _paths;
        private readonly long[] _peers;
        private readonly int[] _slots;
        private readonly long[] _usedMs;
        private readonly IEntropy _entropy;
        private bool _forceRelay, _silent;
        private readonly bool _probePorts;

        public PathSlots(int capacity, IEntropy entropy, bool forceRelay, bool probePorts = false)
        {
            _paths = new PeerPath[capacity];
            _peers = new long[capacity];
            _slots = new int[capacity];
            _usedMs = new long[capacity];
            _entropy = entropy;
            _forceRelay = forceRelay;
            _probePorts = probePorts;
        }

        /// <summary>For every machine that is taken from now on; those in use are told by their actor.</summary>
        public void SetRules(bool forceRelay, bool silent)
        {
            _forceRelay = forceRelay;
            _silent = silent;
        }

        public int Capacity { get { return _paths.Length; } }

        /// <summary>Rows without a peer are skipped by everybody.</summary>
        public bool IsUsed(int index) { return _peers[index] != 0; }

        public PeerPath Path(int index) { return _paths[index]; }
        public long Peer(int index) { return _peers[index]; }
        /// <summary>The data plane's slot, or NoSlot.</summary>
        public int Slot(int index) { return _slots[index]; }
        public void SetSlot(int index, int slot) { _slots[index] = slot; }
        public void Touch(int index, long nowMs) { _usedMs[index] = nowMs; }

        public int Find(long peerId)
        {
            for (int i = 0; i < _peers.Length; i++)
            {
                if (_peers[i] == peerId && peerId != 0) return i;
            }
            return -1;
        }

        public int FindSlot(int slot)
        {
            for (int i = 0; i < _peers.Length; i++)
            {
                if (_peers[i] != 0 && _slots[i] == slot) return i;
            }
            return -1;
        }

        /// <summary>A machine for this peer, to be started by the caller; -1 when all belong to active peers.</summary>
        public int Take(long peerId, long nowMs)
        {
            int best = -1;
            for (int i = 0; i < _peers.Length; i++)
            {
                if (_peers[i] == 0) { best = i; break; }
                if (_slots[i] == NoSlot && (best < 0 || _usedMs[i] < _usedMs[best])) best = i;
            }
            if (best < 0) return -1;
            if (_paths[best] == null) _paths[best] = new PeerPath(_entropy, _forceRelay, _probePorts);
            _paths[best].HandleRules(_forceRelay, _silent, nowMs);
            _peers[best] = peerId;
            _slots[best] = NoSlot;
            _usedMs[best] = nowMs;
            return best;
        }

        public void Free(int index)
        {
            _peers[index] = 0;
            _slots[index] = NoSlot;
        }
    }
}
