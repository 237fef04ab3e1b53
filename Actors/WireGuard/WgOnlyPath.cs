using System;
using MicroLink.Bytes;
using MicroLink.NetMap;
using MicroLink.Paths;

namespace MicroLink.WireGuard
{
    /// <summary>
    /// The way to one peer that speaks plain WireGuard (IsWireGuardOnly, protocol.md 4.7: no DISCO, no relay): the endpoints that control
    /// tells, tried one after the other as handshakes go unanswered, and the one that authenticated packets come from.
    /// <code>
    ///   attempt, nobody heard yet     -> the next endpoint
    ///   attempt, unanswered before    -> where it was heard last, and a copy to the next endpoint
    ///   authentic handshake message   -> its source is the endpoint (the data plane follows transport packets itself, PathFollow)
    /// </code>
    /// tailscaled picks one at random until ICMP pings have told latencies (magicsock addrForWireGuardSendLocked).
    /// </summary>
    internal sealed class WgOnlyPath
    {
        /// <summary>Mullvad tells two of a node; what is behind the eighth is not tried.</summary>
        internal const int MaxEndpoints = 8;

        private const int Length = NetEndpoint.Length;
        private const string NotTried = "none: WireGuard only, not tried yet", NoEndpoint = "none: WireGuard only, and control told no usable address",
                             Answered = "direct: WireGuard only";

        private readonly long _peerId;
        private byte[] _endpoints = new byte[0];
        /// <summary>The endpoint of the last attempt, -1 = none.</summary>
        private int _next = -1;
        private byte[] _heard;
        private bool _unanswered;
        private long _silentSinceMs;
        private bool[] _tried = new bool[0];

        internal WgOnlyPath(PeerRow row)
        {
            _peerId = row.Id;
            HandleRow(row.Endpoints);
        }

        /// <summary>Where packets go from now on, 18 bytes; null = nowhere yet.</summary>
        internal byte[] Endpoint { get; private set; }

        /// <summary>Control's list as it is now. True: Endpoint has changed.</summary>
        internal bool HandleRow(byte[] endpoints)
        {
            byte[] before = _endpoints;
            _endpoints = Usable(endpoints);
            if (Same(before, _endpoints)) return false;
            _tried = new bool[_endpoints.Length / Length];
            _next = -1;
            // An address that control takes back is not used any more; one that only the peer's packets told, stays.
            if (_heard != null && (Find(before, _heard) < 0 || Find(_endpoints, _heard) >= 0)) return false;
            _heard = null;
            return Aim(_endpoints.Length == 0 ? null : At(0));
        }

        /// <summary>
        /// An initiation is about to leave. True: Endpoint has changed. <paramref name="copyTo"/>: an endpoint that gets it as well, or null.
        /// </summary>
        /// <param name="local">Our own addresses, 16 bytes each: only their families are tried, when there are any.</param>
        internal bool HandleAttempt(byte[] local, int count, long nowMs, out byte[] copyTo)
        {
            copyTo = null;
            bool again = _unanswered;
            if (!again) _silentSinceMs = nowMs;
            _unanswered = true;
            if (_heard != null && !again)
            {
                int known = Find(_endpoints, _heard);
                if (known >= 0) _tried[_next = known] = true;
                return false;
            }
            _next = Next(local, count);
            if (_next < 0) return false;
            _tried[_next] = true;
            if (_heard == null) return Aim(At(_next));
            if (!NetEndpoint.Equal(_heard, 0, _endpoints, _next * Length)) copyTo = At(_next);
            return false;
        }

        /// <summary>An authentic message of a handshake came from here. True: Endpoint has changed.</summary>
        internal bool HandleHeard(byte[] endpoint, int at)
        {
            _unanswered = false;
            _tried = new bool[_tried.Length];
            _heard = new byte[Length];
            Array.Copy(endpoint, at, _heard, 0, Length);
            return Aim(_heard);
        }

        /// <summary>For status: "none: WireGuard only, no answer to handshakes at 10.0.0.1:51820, 10.0.0.2:51820".</summary>
        internal PathChanged Describe(long nowMs)
        {
            PathChanged changed;
            if (_heard != null && !(_unanswered && nowMs > _silentSinceMs)) changed = new PathChanged(_peerId, PathChanged.Direct, _heard, 0, Answered);
            else if (_unanswered) changed = new PathChanged(_peerId, PathChanged.None, null, 0, NoAnswer()) { SinceMs = _silentSinceMs };
            else changed = new PathChanged(_peerId, PathChanged.None, null, 0, Endpoint == null ? NoEndpoint : NotTried);
            return changed;
        }

        private string NoAnswer()
        {
            if (_endpoints.Length == 0 && _heard == null) return NoEndpoint;
            string text = _heard == null ? "" : NetEndpoint.Format(_heard, 0);
            for (int i = 0; i < _tried.Length; i++)
            {
                if (!_tried[i] || (_heard != null && NetEndpoint.Equal(_heard, 0, _endpoints, i * Length))) continue;
                text += (text.Length == 0 ? "" : ", ") + NetEndpoint.Format(_endpoints, i * Length);
            }
            return "none: WireGuard only, no answer to handshakes at " + text;
        }

        private bool Aim(byte[] endpoint)
        {
            bool same = endpoint == null ? Endpoint == null : Endpoint != null && NetEndpoint.Equal(Endpoint, 0, endpoint, 0);
            Endpoint = endpoint;
            return !same;
        }

        private byte[] At(int index)
        {
            byte[] endpoint = new byte[Length];
            Array.Copy(_endpoints, index * Length, endpoint, 0, Length);
            return endpoint;
        }

        /// <summary>The one behind the last, among those whose family we have; without any such, among all.</summary>
        private int Next(byte[] local, int count)
        {
            int all = _tried.Length;
            if (all == 0) return -1;
            for (int step = 1; step <= all; step++)
            {
                int index = (_next + step) % all;
                if (HasFamily(local, count, NetEndpoint.IsV4(_endpoints, index * Length))) return index;
            }
            return (_next + 1) % all;
        }

        private static bool HasFamily(byte[] local, int count, bool v4)
        {
            for (int i = 0; i < count; i++)
            {
                int at = i * NetEndpoint.AddressLength;
                if (NetEndpoint.IsV4(local, at) == v4 && (v4 || !NetEndpoint.IsLinkLocal(local, at)) && !NetEndpoint.IsTailnet(local, at)) return true;
            }
            return false;
        }

        private static byte[] Usable(byte[] endpoints)
        {
            byte[] kept = new byte[MaxEndpoints * Length];
            int length = 0;
            for (int at = 0; endpoints != null && at + Length <= endpoints.Length && length < kept.Length; at += Length)
            {
                if (!CandidateTable.IsUsable(endpoints, at)) continue;
                Array.Copy(endpoints, at, kept, length, Length);
                length += Length;
            }
            byte[] result = new byte[length];
            Array.Copy(kept, 0, result, 0, length);
            return result;
        }

        private static int Find(byte[] endpoints, byte[] wanted)
        {
            for (int at = 0; at + Length <= endpoints.Length; at += Length)
            {
                if (NetEndpoint.Equal(endpoints, at, wanted, 0)) return at / Length;
            }
            return -1;
        }

        private static bool Same(byte[] a, byte[] b)
        {
            if (a.Length != b.Length) return false;
            for (int i = 0; i < a.Length; i++)
                if (a[i] != b[i]) return false;
            return true;
        }
    }
}
