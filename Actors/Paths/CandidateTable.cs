using System;
using MicroLink.Bytes;

namespace MicroLink.Paths
{
    /// <summary>
    /// The addresses at which one peer may be reached, from three sources: control's endpoints, its last call-me-maybe, and pings that came
    /// from there (protocol.md 6.4 and 6.7). Packed columns, a fixed number of rows; a full table gives up the learned row that was heard
    /// longest ago, and without one the newcomer is not taken.
    /// </summary>
    public sealed class CandidateTable
    {
        public const int FromControl = 1, FromCallMeMaybe = 2, Learned = 4;

        /// <summary>Our limit; protocol.md prunes at 100, which would be 24 bytes * 100 for each active peer.</summary>
        public const int MaxRows = 24;

        /// <summary>"expires 45 s after last ping unless in netmap/CMM" (6.4).</summary>
        private const int LearnedMs = 45000;

        private readonly byte[] _endpoints = new byte[MaxRows * NetEndpoint.Length];
        private readonly byte[] _sources = new byte[MaxRows];
        private readonly bool[] _pingDue = new bool[MaxRows];
        private readonly long[] _pingedMs = new long[MaxRows];
        private readonly long[] _heardMs = new long[MaxRows];

        /// <summary>Rows 0..MaxRows-1; a row without a source is empty.</summary>
        public byte[] Endpoints { get { return _endpoints; } }

        public int At(int row) { return row * NetEndpoint.Length; }

        public bool IsUsed(int row) { return _sources[row] != 0; }

        public int Count
        {
            get
            {
                int count = 0;
                for (int row = 0; row < MaxRows; row++)
                {
                    if (_sources[row] != 0) count++;
                }
                return count;
            }
        }

        /// <summary>Makes the rows of one source exactly this list (18 bytes each). Rows that another source knows too stay.</summary>
        public void Replace(int source, byte[] endpoints, int offset, int count)
        {
            for (int row = 0; row < MaxRows; row++) _sources[row] &= (byte)~source;
            for (int i = 0; i < count; i++) Add(source, endpoints, offset + i * NetEndpoint.Length, 0);
        }

        /// <summary>Adds or marks one endpoint. Returns its row, or -1 when it is unusable or there is no room.</summary>
        public int Add(int source, byte[] endpoint, int at, long nowMs)
        {
            if (!IsUsable(endpoint, at)) return -1;
            int row = Find(endpoint, at);
            if (row < 0)
            {
                row = FreeRow();
                if (row < 0) return -1;
                Array.Copy(endpoint, at, _endpoints, At(row), NetEndpoint.Length);
                _sources[row] = 0;
                _pingDue[row] = false;
                _pingedMs[row] = long.MinValue;
            }
            _sources[row] |= (byte)source;
            if (source == Learned) _heardMs[row] = nowMs;
            return row;
        }

        public int Find(byte[] endpoint, int at)
        {
            for (int row = 0; row < MaxRows; row++)
            {
                if (_sources[row] != 0 && NetEndpoint.Equal(_endpoints, At(row), endpoint, at)) return row;
            }
            return -1;
        }

        public void Remove(int row) { _sources[row] = 0; }

        /// <summary>Forgets learned rows that were quiet for 45 s.</summary>
        public void Expire(long nowMs)
        {
            for (int row = 0; row < MaxRows; row++)
            {
                if ((_sources[row] & Learned) != 0 && nowMs - _heardMs[row] >= LearnedMs) _sources[row] &= 0xFF ^ Learned;
            }
        }

        /// <summary>When the row was last pinged; long.MinValue = never.</summary>
        public long PingedMs(int row) { return _pingedMs[row]; }

        /// <summary>"zero all lastPing" (6.7): every row may be pinged again at once.</summary>
        public void ForgetPings()
        {
            for (int row = 0; row < MaxRows; row++) _pingedMs[row] = long.MinValue;
        }

        /// <summary>Asks for a ping to this row; it counts as pinged from now on.</summary>
        public void MarkDue(int row, long nowMs)
        {
            _pingDue[row] = true;
            _pingedMs[row] = nowMs;
        }

        /// <summary>The next row whose ping has not been sent yet, or -1; taking it clears the mark.</summary>
        public int TakeDue()
        {
            for (int row = 0; row < MaxRows; row++)
            {
                if (!_pingDue[row]) continue;
                _pingDue[row] = false;
                if (_sources[row] != 0) return row;
            }
            return -1;
        }

        private int FreeRow()
        {
            int oldest = -1;
            for (int row = 0; row < MaxRows; row++)
            {
                if (_sources[row] == 0) return row;
                if (_sources[row] == Learned && (oldest < 0 || _heardMs[row] < _heardMs[oldest])) oldest = row;
            }
            return oldest;
        }

        /// <summary>
        /// "skip IPv6 link-local" (6.7: it has no zone). Our own tunnel addresses would loop packets into the tunnel; multicast and port 0
        /// can only be abuse.
        /// </summary>
        public static bool IsUsable(byte[] endpoint, int at)
        {
            if (NetEndpoint.Port(endpoint, at) == 0 || NetEndpoint.IsUnspecified(endpoint, at)) return false;
            if (NetEndpoint.IsMulticast(endpoint, at) || NetEndpoint.IsTailnet(endpoint, at)) return false;
            return NetEndpoint.IsV4(endpoint, at) || !NetEndpoint.IsLinkLocal(endpoint, at);
        }
    }
}
