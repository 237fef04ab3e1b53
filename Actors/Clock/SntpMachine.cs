using System;
using MicroLink.Bytes;
using MicroLink.Drivers;

namespace MicroLink.Clock
{
    /// <summary>
    /// Asks time servers for the date, for a host that has none (design section 8): an SNTP client, RFC 4330.
    /// <code>
    ///   round:  every name -> resolver -> one request each -> answers for at most 5 s in all -> verdict -> the next round, ever later
    ///   verdict: the time that most of those who answered agree on within 10 s; a lone answer counts when nobody else answered
    /// </code>
    /// Nothing here is authenticated: the result is good for the dates of certificates and for nothing else.
    /// </summary>
    public sealed class SntpMachine
    {
        public const int MaxServers = 4;
        /// <summary>Longest wait for names and answers of one round.</summary>
        public const int RoundMs = 5000;
        /// <summary>Answers that are further apart than this contradict each other.</summary>
        public const int AgreeMs = 10000;
        /// <summary>A server is asked at most every 15 s, and ever more rarely (RFC 4330 section 10).</summary>
        public const int FirstPauseMs = 16000, LongestPauseMs = 1024000;
        /// <summary>When nothing could be sent no server was bothered: the network may be there any moment.</summary>
        public const int FirstIdleMs = 1000, LongestIdleMs = 30000;
        /// <summary>How long a date is good before it is asked for again.</summary>
        public const int RepeatMs = 3600000;
        /// <summary>A server that sent a kiss of death is left alone for so long.</summary>
        public const int RefusedMs = 3600000;

        private const int Idle = 0, Asking = 1, Waiting = 2;
        private const int LeftOut = 0, ToResolve = 1, Resolving = 2, ToAsk = 3, Asked = 4, Answered = 5, Silent = 6;

        private readonly string[] _names;
        private readonly IEntropy _entropy;
        private readonly int[] _states;
        private readonly byte[] _endpoints;
        private readonly byte[] _nonces;
        private readonly long[] _askedMs;
        private readonly long[] _offsets;
        private readonly long[] _refusedUntilMs;
        private int _state;
        private int _round;
        private int _failures;
        private int _idles;
        private bool _timeDue;

        /// <param name="names">Names or addresses, the first MaxServers count.</param>
        public SntpMachine(string[] names, IEntropy entropy)
        {
            int count = names.Length < MaxServers ? names.Length : MaxServers;
            _names = names;
            _entropy = entropy;
            _states = new int[count];
            _endpoints = new byte[count * NetEndpoint.Length];
            _nonces = new byte[count * SntpWire.NonceLength];
            _askedMs = new long[count];
            _offsets = new long[count];
            _refusedUntilMs = new long[count];
            Deadline = Output.Never;
        }

        public long Deadline { get; private set; }
        public string DeadlineReason { get { return _state == Asking ? "time servers answer late" : "ask time servers again"; } }

        /// <summary>Add to nowMs to get Unix milliseconds; 0 = no server has said it.</summary>
        public long OffsetMs { get; private set; }

        /// <summary>Null, or why there is no date yet, as one plain sentence.</summary>
        public string Trouble { get; private set; }

        /// <summary>Begins to ask; nothing happens when it has begun.</summary>
        public int HandleStart(long nowMs)
        {
            if (_state != Idle || _states.Length == 0) return Output.None;
            _failures = 0;
            _idles = 0;
            BeginRound(nowMs);
            return Output.Event;
        }

        /// <summary>Another clock is believed: nobody is asked any more.</summary>
        public int HandleStop()
        {
            _state = Idle;
            Deadline = Output.Never;
            Trouble = null;
            return Output.Deadline;
        }

        /// <summary>Addresses of 16 bytes each; empty = the name was not found.</summary>
        public int HandleResolved(int tag, byte[] addresses, long nowMs)
        {
            int server = tag % MaxServers;
            if (_state != Asking || tag / MaxServers != _round || server >= _states.Length || _states[server] != Resolving) return Output.None;
            int count = addresses.Length / NetEndpoint.AddressLength;
            if (count == 0)
            {
                _states[server] = Silent;
                return EndRoundWhenDone(nowMs);
            }
            // Another address each time: one that is down must not be the only one that is tried.
            Array.Copy(addresses, _round % count * NetEndpoint.AddressLength, _endpoints, server * NetEndpoint.Length, NetEndpoint.AddressLength);
            NetEndpoint.SetPort(_endpoints, server * NetEndpoint.Length, SntpWire.Port);
            _states[server] = ToAsk;
            return Output.Transmit;
        }

        /// <summary>A datagram from an endpoint of 18 bytes; what is not the answer to a request of this round is passed over.</summary>
        public int HandleDatagram(byte[] packet, int count, byte[] from, long nowMs)
        {
            for (int i = 0; i < _states.Length && _state == Asking; i++)
            {
                if (_states[i] != Asked || !NetEndpoint.Equal(from, 0, _endpoints, i * NetEndpoint.Length)) continue;
                int kind = SntpWire.Read(packet, count, _nonces, i * SntpWire.NonceLength, out long receivedMs, out long sentMs);
                if (kind == SntpWire.Foreign) continue;
                long tripMs = nowMs - _askedMs[i] - (sentMs - receivedMs);
                bool good = kind == SntpWire.Answer && tripMs >= 0 && WallClockMachine.InRange(sentMs);
                _states[i] = good ? Answered : Silent;
                _offsets[i] = sentMs + tripMs / 2 - nowMs;
                if (kind == SntpWire.Refusal) _refusedUntilMs[i] = nowMs + RefusedMs;
                return EndRoundWhenDone(nowMs);
            }
            return Output.None;
        }

        public int HandleTimeout(long nowMs)
        {
            if (nowMs < Deadline) return Output.None;
            if (_state == Asking) EndRound(nowMs);
            else BeginRound(nowMs);
            return Output.Event;
        }

        /// <summary>A name to resolve, with the tag for its answer; null = none.</summary>
        public string PollResolve(out int tag)
        {
            tag = 0;
            for (int i = 0; i < _states.Length && _state == Asking; i++)
            {
                if (_states[i] != ToResolve) continue;
                _states[i] = Resolving;
                tag = _round * MaxServers + i;
                return _names[i];
            }
            return null;
        }

        /// <summary>A request of 48 bytes and whereto (18 bytes); false = none. Say what became of it with HandleSent.</summary>
        public bool PollTransmit(byte[] packet, byte[] endpoint, out int server)
        {
            for (server = 0; server < _states.Length && _state == Asking; server++)
            {
                if (_states[server] != ToAsk) continue;
                _entropy.Fill(_nonces, server * SntpWire.NonceLength, SntpWire.NonceLength);
                SntpWire.WriteRequest(packet, _nonces, server * SntpWire.NonceLength);
                Array.Copy(_endpoints, server * NetEndpoint.Length, endpoint, 0, NetEndpoint.Length);
                return true;
            }
            return false;
        }

        public int HandleSent(int server, bool sent, long nowMs)
        {
            _states[server] = sent ? Asked : Silent;
            _askedMs[server] = nowMs;
            return sent ? Output.None : EndRoundWhenDone(nowMs);
        }

        /// <summary>True once for each date that was found: OffsetMs holds it.</summary>
        public bool TakeTime()
        {
            bool due = _timeDue;
            _timeDue = false;
            return due;
        }

        private void BeginRound(long nowMs)
        {
            _state = Asking;
            _round = (_round + 1) & 0xFFFFFF;
            Deadline = nowMs + RoundMs;
            for (int i = 0; i < _states.Length; i++) _states[i] = nowMs < _refusedUntilMs[i] ? LeftOut : ToResolve;
            EndRoundWhenDone(nowMs);
        }

        private int EndRoundWhenDone(long nowMs)
        {
            int answered = 0;
            for (int i = 0; i < _states.Length; i++)
            {
                if (_states[i] >= ToResolve && _states[i] <= Asked && !HasMajority(_states.Length)) return Output.None;
                if (_states[i] == Answered) answered++;
            }
            EndRound(nowMs);
            return Output.Event;
        }

        // More than half of so many servers agree with one of them.
        private bool HasMajority(int of)
        {
            int best = Best(out int agreeing);
            return best >= 0 && agreeing >= 2 && agreeing * 2 > of;
        }

        // The answer that the most others agree with.
        private int Best(out int agreeing)
        {
            int best = -1;
            agreeing = 0;
            for (int i = 0; i < _states.Length; i++)
            {
                int same = 0;
                for (int j = 0; j < _states.Length && _states[i] == Answered; j++)
                {
                    if (_states[j] == Answered && Agree(_offsets[i], _offsets[j])) same++;
                }
                if (same <= agreeing) continue;
                best = i;
                agreeing = same;
            }
            return best;
        }

        private static bool Agree(long a, long b)
        {
            return a - b <= AgreeMs && b - a <= AgreeMs;
        }

        private void EndRound(long nowMs)
        {
            int answered = 0;
            bool sent = false;
            for (int i = 0; i < _states.Length; i++)
            {
                if (_states[i] == Answered) answered++;
                sent |= _states[i] == Asked || _states[i] == Answered;
            }
            int best = Best(out int agreeing);
            _state = Waiting;
            if (best >= 0 && agreeing * 2 > answered)
            {
                OffsetMs = _offsets[best];
                _timeDue = true;
                _failures = 0;
                Trouble = null;
                Deadline = nowMs + RepeatMs;
                return;
            }
            Trouble = answered > 0 ? "The time servers contradict each other." : sent ? "No time server answered."
                : "No time server could be asked; the network or its DNS may be down.";
            Deadline = nowMs + (sent || answered > 0 ? Pause(ref _failures, FirstPauseMs, LongestPauseMs) : Pause(ref _idles, FirstIdleMs, LongestIdleMs));
        }

        private static int Pause(ref int failures, int firstMs, int longestMs)
        {
            int pauseMs = firstMs;
            for (int i = 0; i < failures && pauseMs < longestMs; i++) pauseMs *= 2;
            failures++;
            return pauseMs < longestMs ? pauseMs : longestMs;
        }
    }
}
