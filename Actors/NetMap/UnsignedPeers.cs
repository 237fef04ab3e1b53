using System;

namespace MicroLink.NetMap
{
    /// <summary>
    /// The peers with UnsignedPeerAPIOnly (Funnel's ingress nodes): their keys are signed by nobody, and a packet filter that admits one of
    /// them is refused as a whole (protocol.md 4.10). There are few of them; above the limit no filter is accepted.
    /// </summary>
    internal sealed class UnsignedPeers
    {
        private const int MaxPeers = 64;

        private long[] _ids = new long[0];
        private byte[][] _allowed = new byte[0][];
        private int _count;
        private bool _overflowed;

        /// <summary>Something changed since the last <see cref="Take"/>.</summary>
        public bool Changed { get; private set; }

        public void Upsert(PeerRow row)
        {
            int at = Find(row.Id);
            if (!row.UnsignedPeerApiOnly)
            {
                if (at >= 0) RemoveAt(at);
                return;
            }
            Changed = true;
            if (at < 0 && _count == MaxPeers)
            {
                _overflowed = true;
                return;
            }
            if (at < 0) at = Grow(row.Id);
            _allowed[at] = row.AllowedIps;
        }

        public void Remove(long id)
        {
            int at = Find(id);
            if (at >= 0) RemoveAt(at);
        }

        /// <summary>All AllowedIPs, 17 bytes each; null = there were more peers than are kept.</summary>
        public byte[] Take()
        {
            Changed = false;
            if (_overflowed) return null;
            int length = 0;
            for (int i = 0; i < _count; i++) length += _allowed[i].Length;
            byte[] all = new byte[length];
            for (int i = 0, at = 0; i < _count; at += _allowed[i++].Length) Array.Copy(_allowed[i], 0, all, at, _allowed[i].Length);
            return all;
        }

        private int Find(long id)
        {
            for (int i = 0; i < _count; i++)
                if (_ids[i] == id) return i;
            return -1;
        }

        private int Grow(long id)
        {
            long[] ids = new long[_count + 1];
            byte[][] allowed = new byte[_count + 1][];
            Array.Copy(_ids, ids, _count);
            Array.Copy(_allowed, allowed, _count);
            _ids = ids;
            _allowed = allowed;
            _ids[_count] = id;
            return _count++;
        }

        private void RemoveAt(int at)
        {
            Changed = true;
            _count--;
            _ids[at] = _ids[_count];
            _allowed[at] = _allowed[_count];
            _allowed[_count] = null;
            if (_count == 0) _overflowed = false;
        }
    }
}
