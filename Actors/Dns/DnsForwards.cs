using System;
using MicroLink.Bytes;
using MicroLink.Drivers;

namespace MicroLink.Dns
{
    /// <summary>
    /// Queries that wait for an answer of somebody else's resolver. Each goes to its resolvers in order, one a second, twice round; an answer
    /// counts from any of them that was asked, with our random number and the same question (RFC 5452 section 9.1).
    /// <code>
    ///  Begin -> PollTransmit (to a resolver) ... HandleResponse -> slot and the query's own number put back | HandleTimeout -> PollFailed
    /// </code>
    /// Bounded: <see cref="Slots"/> queries of at most 512 bytes; one more takes the place of the oldest, whose asker will ask again.
    /// </summary>
    public sealed class DnsForwards
    {
        public const int Slots = 32;
        private const int TryMs = 1000, Rounds = 2;
        private const long Never = long.MaxValue;

        private readonly IEntropy _entropy;
        private readonly byte[][] _queries = new byte[Slots][];
        private readonly byte[][] _resolvers = new byte[Slots][];
        private readonly int[] _lengths = new int[Slots];
        private readonly int[] _clientIds = new int[Slots];
        private readonly int[] _ids = new int[Slots];
        private readonly int[] _tries = new int[Slots];
        private readonly bool[] _due = new bool[Slots];
        private readonly bool[] _failed = new bool[Slots];
        private readonly long[] _deadlines = new long[Slots];
        private readonly long[] _beganMs = new long[Slots];
        private readonly byte[] _random = new byte[2];

        public DnsForwards(IEntropy entropy)
        {
            _entropy = entropy;
            for (int i = 0; i < Slots; i++) _deadlines[i] = Never;
        }

        /// <summary>Queries whose place was taken by a later one.</summary>
        public int Displaced { get; private set; }
        /// <summary>Datagrams that answer nothing we asked.</summary>
        public int Strays { get; private set; }

        public string DeadlineReason { get { return "a resolver has not answered"; } }

        public long Deadline
        {
            get
            {
                long first = Never;
                for (int i = 0; i < Slots; i++)
                {
                    if (_deadlines[i] < first) first = _deadlines[i];
                }
                return first;
            }
        }

        /// <summary>Takes a whole query (checked, at most 512 bytes) and its resolvers (18 bytes each, at least one). Returns its slot.</summary>
        public int Begin(byte[] query, int offset, int count, byte[] resolvers, long nowMs)
        {
            int slot = FreeSlot();
            _queries[slot] = new byte[count];
            Array.Copy(query, offset, _queries[slot], 0, count);
            _lengths[slot] = count;
            _clientIds[slot] = ByteOrder.LoadU16BE(query, offset);
            _resolvers[slot] = resolvers;
            _tries[slot] = 0;
            _beganMs[slot] = nowMs;
            // One number for all tries: the answer of a slow resolver still counts when the next was asked meanwhile.
            _entropy.Fill(_random, 0, 2);
            _ids[slot] = ByteOrder.LoadU16BE(_random, 0);
            Try(slot, nowMs);
            return slot;
        }

        /// <summary>The next datagram to send; its resolver goes to <paramref name="endpoint"/> (18 bytes). Returns its length, 0 = nothing more.</summary>
        public int PollTransmit(byte[] packet, byte[] endpoint)
        {
            for (int i = 0; i < Slots; i++)
            {
                if (!_due[i]) continue;
                _due[i] = false;
                Array.Copy(_queries[i], 0, packet, 0, _lengths[i]);
                ByteOrder.StoreU16BE(packet, 0, _ids[i]);
                Array.Copy(_resolvers[i], ResolverAt(i, _tries[i] - 1), endpoint, 0, NetEndpoint.Length);
                return _lengths[i];
            }
            return 0;
        }

        /// <summary>
        /// A datagram from a resolver: returns the slot it answers, with the asker's own number put back into the packet, or -1 for a stray. The
        /// slot is free afterwards.
        /// </summary>
        public int HandleResponse(byte[] packet, int offset, int count, byte[] from)
        {
            if (count >= DnsWire.HeaderLength && (packet[offset + 2] & 0x80) != 0)
            {
                int id = ByteOrder.LoadU16BE(packet, offset);
                for (int i = 0; i < Slots; i++)
                {
                    if (_deadlines[i] == Never || _ids[i] != id || !WasAsked(i, from) || !SameQuestion(i, packet, offset, count)) continue;
                    ByteOrder.StoreU16BE(packet, offset, _clientIds[i]);
                    Free(i);
                    return i;
                }
            }
            Strays++;
            return -1;
        }

        public void HandleTimeout(long nowMs)
        {
            for (int i = 0; i < Slots; i++)
            {
                if (_deadlines[i] > nowMs) continue;
                if (_tries[i] < Rounds * ResolverCount(i)) Try(i, nowMs);
                else Fail(i);
            }
        }

        /// <summary>A slot whose resolvers are all silent; it is free afterwards. -1 = none.</summary>
        public int PollFailed()
        {
            for (int i = 0; i < Slots; i++)
            {
                if (!_failed[i]) continue;
                _failed[i] = false;
                return i;
            }
            return -1;
        }

        private void Try(int slot, long nowMs)
        {
            _tries[slot]++;
            _due[slot] = true;
            _deadlines[slot] = nowMs + TryMs;
        }

        private bool WasAsked(int slot, byte[] from)
        {
            int asked = _tries[slot] < ResolverCount(slot) ? _tries[slot] : ResolverCount(slot);
            for (int i = 0; i < asked; i++)
            {
                if (NetEndpoint.Equal(_resolvers[slot], i * NetEndpoint.Length, from, 0)) return true;
            }
            return false;
        }

        /// <summary>The question of a query stands right behind its header; letters may come back in another case.</summary>
        private bool SameQuestion(int slot, byte[] packet, int offset, int count)
        {
            byte[] query = _queries[slot];
            int at = DnsWire.HeaderLength;
            while (at < query.Length && query[at] != 0) at += query[at] + 1;
            int end = at + 5;
            if (end > query.Length || end > count) return false;
            for (int i = DnsWire.HeaderLength; i < end; i++)
            {
                if (Lower(query[i]) != Lower(packet[offset + i])) return false;
            }
            return true;
        }

        private static int Lower(int letter)
        {
            return letter >= 'A' && letter <= 'Z' ? letter + 32 : letter;
        }

        private int ResolverCount(int slot)
        {
            return _resolvers[slot].Length / NetEndpoint.Length;
        }

        private int ResolverAt(int slot, int number)
        {
            return number % ResolverCount(slot) * NetEndpoint.Length;
        }

        private int FreeSlot()
        {
            int oldest = 0;
            for (int i = 0; i < Slots; i++)
            {
                if (_deadlines[i] == Never && !_failed[i]) return i;
                if (_beganMs[i] < _beganMs[oldest]) oldest = i;
            }
            Displaced++;
            Free(oldest);
            return oldest;
        }

        private void Fail(int slot)
        {
            Free(slot);
            _failed[slot] = true;
        }

        private void Free(int slot)
        {
            _deadlines[slot] = Never;
            _due[slot] = false;
            _failed[slot] = false;
            _queries[slot] = null;
            _resolvers[slot] = null;
        }
    }
}
