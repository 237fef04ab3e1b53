using MicroLink.NetMap;

namespace MicroLink.WireGuard
{
    /// <summary>One active peer: its slot in the data plane, handshake record and timers.</summary>
    internal sealed class WgSlot
    {
        internal readonly int Index;
        internal PeerRow Row;
        internal readonly WireGuardPeer Peer;
        internal readonly WireGuardTimers Timers;
        internal readonly long ActivatedMs;
        /// <summary>Wants to initiate as soon as the handshake machine is free.</summary>
        internal bool WantsInitiation;
        /// <summary>
        /// An initiation that no path could carry yet or, at first contact, one that the relay has, which may not be open yet; null = none.
        /// </summary>
        internal byte[] Unsent;
        /// <summary>The relay has it: only a direct path is of use.</summary>
        internal bool UnsentIsRelayed;

        /// <summary>The path finder sends straight to the peer and not by relay.</summary>
        internal bool IsDirect;
        /// <summary>A handshake with this peer has completed since it started.</summary>
        internal bool HadSession;

        /// <summary>The way to a peer that speaks plain WireGuard, of which the path finder knows nothing; null = any other peer.</summary>
        internal readonly WgOnlyPath OnlyPath;

        internal WgSlot(int index, PeerRow row, uint seed, long nowMs)
        {
            Index = index;
            Row = row;
            Peer = new WireGuardPeer(row.Key, 0);
            Timers = new WireGuardTimers(seed);
            ActivatedMs = nowMs;
            if (!row.IsWireGuardOnly) return;
            OnlyPath = new WgOnlyPath(row);
            IsDirect = true;
        }
    }
}
