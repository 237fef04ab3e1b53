using MicroLink.Bytes;
using MicroLink.NetMap;
using MicroLink.Paths;
using MicroLink.Runtime;

namespace MicroLink.WireGuard
{
    /// <summary>
    /// What listeners have yet to be told about slots. A listener whose mailbox is full is told later, in the right order: released, activated,
    /// session, path. Nothing is lost, and nothing grows.
    /// </summary>
    internal sealed class WgNotices
    {
        private const byte WasReleased = 1, WasActivated = 2, HasSession = 4, HasPath = 8;

        private readonly int _listeners;
        private readonly byte[] _bits;
        private readonly long[] _released;
        private readonly PeerRow[] _rows;
        private readonly PathChanged[] _paths;
        private readonly int[] _waiting;
        private readonly int _slots;

        internal WgNotices(int listeners, int slots)
        {
            _listeners = listeners;
            _slots = slots;
            _bits = new byte[listeners * slots];
            _released = new long[listeners * slots];
            _rows = new PeerRow[slots];
            _paths = new PathChanged[slots];
            _waiting = new int[listeners];
        }

        internal void Activated(int slot, PeerRow row)
        {
            _rows[slot] = row;
            for (int listener = 0; listener < _listeners; listener++) Set(listener, slot, WasActivated);
        }

        internal void SessionEstablished(int slot)
        {
            for (int listener = 0; listener < _listeners; listener++) Set(listener, slot, HasSession);
        }

        /// <summary>Of a WireGuard-only peer; those of all others are the path finder's news.</summary>
        internal void Path(int slot, PathChanged path)
        {
            PathChanged before = _paths[slot];
            bool same = before != null && before.Mode == path.Mode && before.Reason == path.Reason && before.SinceMs == path.SinceMs
                && (path.Endpoint == null || NetEndpoint.Equal(before.Endpoint, 0, path.Endpoint, 0));
            if (same) return;
            _paths[slot] = path;
            for (int listener = 0; listener < _listeners; listener++) Set(listener, slot, HasPath);
        }

        internal void Released(int slot, long peerId)
        {
            for (int listener = 0; listener < _listeners; listener++)
            {
                int at = listener * _slots + slot;
                bool untold = (_bits[at] & WasActivated) != 0;
                Clear(listener, slot, WasActivated);
                Clear(listener, slot, HasSession);
                Clear(listener, slot, HasPath);
                // A peer that the listener never heard of need not be taken back.
                if (untold) continue;
                _released[at] = peerId;
                Set(listener, slot, WasReleased);
            }
            _rows[slot] = null;
            _paths[slot] = null;
        }

        /// <summary>The next message for a listener, null = none. When it was accepted call Told with the slot.</summary>
        internal Message Next(int listener, out int slot)
        {
            slot = -1;
            if (_waiting[listener] == 0) return null;
            for (slot = 0; slot < _slots; slot++)
            {
                int at = listener * _slots + slot;
                if ((_bits[at] & WasReleased) != 0) return new PeerReleased(slot, _released[at]);
                if ((_bits[at] & WasActivated) != 0) return new PeerActivated(slot, _rows[slot]);
                if ((_bits[at] & HasSession) != 0) return new SessionEstablished(slot, _rows[slot].Id);
                if ((_bits[at] & HasPath) != 0) return _paths[slot];
            }
            return null;
        }

        internal void Told(int listener, int slot)
        {
            int at = listener * _slots + slot;
            byte first = (byte)(_bits[at] & -_bits[at]);
            Clear(listener, slot, first);
        }

        private void Set(int listener, int slot, byte bit)
        {
            int at = listener * _slots + slot;
            if ((_bits[at] & bit) != 0) return;
            _bits[at] |= bit;
            _waiting[listener]++;
        }

        private void Clear(int listener, int slot, byte bit)
        {
            int at = listener * _slots + slot;
            if ((_bits[at] & bit) == 0) return;
            _bits[at] &= (byte)~bit;
            _waiting[listener]--;
        }
    }
}
