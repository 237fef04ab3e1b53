using System;
using MicroLink.Bytes;

namespace MicroLink.Paths
{
    /// <summary>What the user, control and the size of the tailnet change about a path: no UDP, no heartbeats, slower rounds, more ports.</summary>
    public sealed partial class PeerPath
    {
        /// <summary>Ports to each side of the known one, and so at most 16 pings a round, every 5 s, only while the relay is all there is:
        /// what the reference's first version did.</summary>
        public const int SprayReach = 8;
        private const int LowestPort = 1024, HighestPort = 65535;

        private bool _silent;
        private int _pace = 1;
        private readonly byte[] _sprayed = new byte[NetEndpoint.Length];
        private int _sprayPort, _sprayStep = 2 * SprayReach;
        private long _sprayMs = long.MinValue / 2;

        /// <summary>
        /// <paramref name="forceRelay"/>: no UDP at all (--force-relay, or control's only-tcp-443). <paramref name="silent"/>: control's
        /// silent-disco: no heartbeats; received packets keep the trust instead (protocol.md 6.6).
        /// </summary>
        public int HandleRules(bool forceRelay, bool silent, long nowMs)
        {
            _silent = silent;
            if (forceRelay == _forceRelay) return Outputs(nowMs);
            _forceRelay = forceRelay;
            if (forceRelay)
            {
                ResetProbe();
                Pings.Clear();
                _hasBest = _heartbeatDue = _callDue = false;
                _callLaterMs = Output.Never;
                while (Candidates.TakeDue() >= 0) { }
                Decide("this network allows no UDP", nowMs);
            }
            else if (IsActive(nowMs))
            {
                StartRound(true, nowMs);
            }
            return Outputs(nowMs);
        }

        /// <summary>Many active peers: discovery rounds and looks for better addresses come so many times slower, heartbeats do not.</summary>
        public void HandlePace(int pace) { _pace = pace; }

        /// <summary>Without a direct path the neighbours of the peer's public port may be its next mapping: many NATs count upwards.</summary>
        private void StartSpray(long nowMs)
        {
            if (!_probePorts || _hasBest || nowMs - _sprayMs < DiscoveryPingMs) return;
            for (int row = 0; row < CandidateTable.MaxRows; row++)
            {
                int at = Candidates.At(row);
                if (!Candidates.IsUsed(row) || !NetEndpoint.IsV4(Candidates.Endpoints, at) || NetEndpoint.IsPrivate(Candidates.Endpoints, at)
                    || NetEndpoint.IsLoopback(Candidates.Endpoints, at)) continue;
                Array.Copy(Candidates.Endpoints, at, _sprayed, 0, NetEndpoint.Length);
                _sprayPort = NetEndpoint.Port(_sprayed, 0);
                _sprayStep = 0;
                _sprayMs = nowMs;
                return;
            }
        }

        private bool PollSpray(PathTransmit into, long nowMs)
        {
            while (_sprayStep < 2 * SprayReach)
            {
                int step = _sprayStep++;
                int port = _sprayPort + (step % 2 == 0 ? 1 + step / 2 : -1 - step / 2);
                if (port < LowestPort || port > HighestPort) continue;
                NetEndpoint.SetPort(_sprayed, 0, port);
                return PingTo(into, _sprayed, 0, PurposeDiscovery, nowMs);
            }
            return false;
        }
    }
}
