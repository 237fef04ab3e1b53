using System;

namespace MicroLink.WireGuard
{
    /// <summary>
    /// The greatest stamps of the peers that lost their slots last: an initiation recorded on the way must not bring a peer back, in the place of
    /// another one, each time it is sent again. A ring; per row 8 bytes of the node key and the stamp (12).
    /// </summary>
    public sealed class WireGuardStamps
    {
        private const int PrintLength = 8, RowLength = PrintLength + WireGuardWire.StampLength;

        private readonly byte[] _rows;
        private int _next;

        public WireGuardStamps(int rows)
        {
            _rows = new byte[rows * RowLength];
        }

        /// <summary>The peer's record ends.</summary>
        public void Keep(WireGuardPeer peer)
        {
            bool any = false;
            for (int i = 0; i < WireGuardWire.StampLength; i++) any |= peer.State[WireGuardPeer.GreatestStamp + i] != 0;
            if (!any) return;
            int row = Find(peer);
            if (row < 0)
            {
                row = _next;
                _next = (_next + RowLength) % _rows.Length;
            }
            Array.Copy(peer.State, WireGuardPeer.PublicKey, _rows, row, PrintLength);
            Array.Copy(peer.State, WireGuardPeer.GreatestStamp, _rows, row + PrintLength, WireGuardWire.StampLength);
        }

        /// <summary>The peer's record begins.</summary>
        public void Recall(WireGuardPeer peer)
        {
            int row = Find(peer);
            if (row >= 0) Array.Copy(_rows, row + PrintLength, peer.State, WireGuardPeer.GreatestStamp, WireGuardWire.StampLength);
        }

        private int Find(WireGuardPeer peer)
        {
            for (int row = 0; row < _rows.Length; row += RowLength)
            {
                int i = 0;
                while (i < PrintLength && _rows[row + i] == peer.State[WireGuardPeer.PublicKey + i]) i++;
                if (i == PrintLength) return row;
            }
            return -1;
        }
    }
}
