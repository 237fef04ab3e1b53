using MicroLink.Runtime;

namespace MicroLink.Paths
{
    /// <summary>The user's pings that wait for a pong: who asked, about whom, until when. A full table refuses, in words.</summary>
    internal sealed class PathAsks
    {
        /// <summary>
        /// One lost datagram must not cost the user a whole ping, and a peer that hears of us just now answers in a moment: after 20, 40, 80 ms and
        /// so on, then every second.
        /// </summary>
        private const int FirstRetryMs = 20, RetryMs = 1000;

        private readonly ActorRef[] _askers = new ActorRef[8];
        private readonly int[] _tickets = new int[8];
        private readonly long[] _peers = new long[8];
        private readonly long[] _untilMs = new long[8];
        private readonly long[] _retryMs = new long[8];
        private readonly int[] _waitsMs = new int[8];
        private readonly int[] _timeoutsMs = new int[8];

        internal int Capacity { get { return _peers.Length; } }

        internal bool Add(ActorRef asker, int ticket, long peerId, int timeoutMs, long nowMs)
        {
            for (int i = 0; i < _peers.Length; i++)
            {
                if (_peers[i] != 0) continue;
                _askers[i] = asker;
                _tickets[i] = ticket;
                _peers[i] = peerId;
                _timeoutsMs[i] = timeoutMs;
                _untilMs[i] = nowMs + timeoutMs;
                _waitsMs[i] = FirstRetryMs;
                _retryMs[i] = nowMs + FirstRetryMs;
                return true;
            }
            return false;
        }

        /// <summary>The next ask about this peer, or -1.</summary>
        internal int Find(long peerId)
        {
            for (int i = 0; i < _peers.Length; i++)
            {
                if (_peers[i] == peerId) return i;
            }
            return -1;
        }

        internal bool IsExpired(int i, long nowMs) { return _peers[i] != 0 && nowMs >= _untilMs[i]; }

        /// <summary>True now and then for an ask that still waits: ping again.</summary>
        internal bool TakeRetry(int i, long nowMs)
        {
            if (_peers[i] == 0 || nowMs < _retryMs[i]) return false;
            _waitsMs[i] = _waitsMs[i] * 2 > RetryMs ? RetryMs : _waitsMs[i] * 2;
            _retryMs[i] = nowMs + _waitsMs[i];
            return true;
        }

        internal ActorRef Asker(int i) { return _askers[i]; }
        internal int Ticket(int i) { return _tickets[i]; }
        internal long Peer(int i) { return _peers[i]; }
        internal int TimeoutMs(int i) { return _timeoutsMs[i]; }

        internal void Remove(int i)
        {
            _peers[i] = 0;
            _askers[i] = null;
        }

        internal long Deadline
        {
            get
            {
                long next = TimerTable.Never;
                for (int i = 0; i < _peers.Length; i++)
                {
                    if (_peers[i] == 0) continue;
                    if (_untilMs[i] < next) next = _untilMs[i];
                    if (_retryMs[i] < next) next = _retryMs[i];
                }
                return next;
            }
        }
    }
}
