using System;
using MicroLink.Bytes;
using MicroLink.Drivers;

namespace MicroLink.Disco
{
    /// <summary>
    /// The pings of one peer that wait for a pong. A pong counts only when its TxID is here, and the path it proves is the one the ping
    /// was *sent* to, never the address the pong came from (protocol.md 6.4): an attacker who can answer from elsewhere gains nothing.
    /// A full table forgets its oldest ping, which then simply counts as lost.
    /// </summary>
    public sealed class DiscoPings
    {
        /// <summary>"pingTimeoutDuration 5 s" (protocol.md 6.5).</summary>
        public const int TimeoutMs = 5000;

        private readonly byte[] _txIds;
        private readonly byte[] _destinations;
        private readonly int[] _regions;
        private readonly int[] _purposes;
        private readonly long[] _sentMs;
        private readonly long[] _sentMicros;

        public DiscoPings(int capacity)
        {
            _txIds = new byte[capacity * DiscoWire.TxIdLength];
            _destinations = new byte[capacity * DiscoWire.EndpointLength];
            _regions = new int[capacity];
            _purposes = new int[capacity];
            _sentMs = new long[capacity];
            _sentMicros = new long[capacity];
        }

        /// <summary>Notes a ping to an endpoint (region 0) or through a relay region. Returns its row; purposes are the caller's, never 0.</summary>
        public int Add(byte[] endpoint, int endpointOffset, int region, int purpose, IEntropy entropy, long nowMs)
        {
            int row = 0;
            for (int i = 0; i < _purposes.Length; i++)
            {
                if (_purposes[i] == 0) { row = i; break; }
                if (_sentMs[i] < _sentMs[row]) row = i;
            }
            entropy.Fill(_txIds, row * DiscoWire.TxIdLength, DiscoWire.TxIdLength);
            if (region == 0) Array.Copy(endpoint, endpointOffset, _destinations, row * DiscoWire.EndpointLength, DiscoWire.EndpointLength);
            _regions[row] = region;
            _purposes[row] = purpose;
            _sentMs[row] = nowMs;
            return row;
        }

        /// <summary>The row of the ping that this pong answers, or -1. The caller removes it.</summary>
        public int Find(byte[] txId, int offset)
        {
            for (int row = 0; row < _purposes.Length; row++)
            {
                if (_purposes[row] != 0 && Same(_txIds, row * DiscoWire.TxIdLength, txId, offset)) return row;
            }
            return -1;
        }

        public void Remove(int row) { _purposes[row] = 0; }

        public void Clear() { Array.Clear(_purposes, 0, _purposes.Length); }

        public byte[] TxIds { get { return _txIds; } }
        public int TxIdAt(int row) { return row * DiscoWire.TxIdLength; }
        public byte[] Destinations { get { return _destinations; } }
        public int DestinationAt(int row) { return row * DiscoWire.EndpointLength; }
        /// <summary>0 = sent by UDP.</summary>
        public int Region(int row) { return _regions[row]; }
        public int Purpose(int row) { return _purposes[row]; }
        public long SentMs(int row) { return _sentMs[row]; }
        /// <summary>For latencies finer than the clock of the machine; set by the actor when it sends.</summary>
        public long SentMicros(int row) { return _sentMicros[row]; }
        public void SetSentMicros(int row, long micros) { _sentMicros[row] = micros; }

        /// <summary>A row that has waited for <see cref="TimeoutMs"/>, or -1. The caller removes it.</summary>
        public int FindExpired(long nowMs)
        {
            for (int row = 0; row < _purposes.Length; row++)
            {
                if (_purposes[row] != 0 && nowMs - _sentMs[row] >= TimeoutMs) return row;
            }
            return -1;
        }

        /// <summary>When the next ping expires; Output.Never when none waits.</summary>
        public long Deadline
        {
            get
            {
                long next = Output.Never;
                for (int row = 0; row < _purposes.Length; row++)
                {
                    if (_purposes[row] != 0 && _sentMs[row] + TimeoutMs < next) next = _sentMs[row] + TimeoutMs;
                }
                return next;
            }
        }

        private static bool Same(byte[] a, int aOffset, byte[] b, int bOffset)
        {
            for (int i = 0; i < DiscoWire.TxIdLength; i++)
            {
                if (a[aOffset + i] != b[bOffset + i]) return false;
            }
            return true;
        }
    }
}
