using System;
using MicroLink.Bytes;
using MicroLink.Disco;

namespace MicroLink.Paths
{
    /// <summary>
    /// Finds out before the user does that a direct path drops full packets: a tunnel in between with a smaller MTU, whose "too big" never
    /// arrives. Pings pass there, connections begin, and hang with the first full packet. Our choice; the pings are Tailscale's padded ones
    /// (protocol.md 6.2), which every peer answers.
    /// <code>
    ///  a direct address is chosen, data is sent --> a full and a small ping, every 250 ms --> full answered: good for a minute of traffic
    ///                                                    \-> 10 small answered and no full one: not used while a relay is to be had
    ///  that address, every minute               --> a full ping --> answered: it counts again
    /// </code>
    /// Loss takes small and full pings alike, so ten to nothing is an error once in a thousand times whatever the loss, and then for a minute.
    /// </summary>
    public sealed partial class PeerPath
    {
        public const string DropsFull = "the direct path drops full packets";
        private const int SizePauseMs = 250, SizeSmallAnswers = 10, SizeTries = 4, SizeAgainMs = 60000;
        /// <summary>Addresses with that fault, the latest ones: few peers have more than one way, fewer more than one bad way.</summary>
        private const int MaxSmall = 4;

        private readonly byte[] _small = new byte[MaxSmall * NetEndpoint.Length];
        private readonly long[] _smallAskedMs = new long[MaxSmall];
        private int _smallCount, _smallNext;
        private readonly byte[] _sizeOf = new byte[NetEndpoint.Length];
        private int _sizeTries, _sizeAnswers;
        private long _sizeAtMs = Output.Never, _sizeAgainMs;
        private bool _sizeDue, _sizePairDue, _droppedFull;

        /// <summary>After each pong of the best address, and with each heartbeat: does its size have to be asked for?</summary>
        private void WantSize(long nowMs)
        {
            bool same = NetEndpoint.Equal(_sizeOf, 0, _best, 0);
            if (_sizeAtMs != Output.Never && same) return;
            if (!_hasBest || Region == 0 || _silent || !IsActive(nowMs) || (same && nowMs < _sizeAgainMs)) return;
            Array.Copy(_best, 0, _sizeOf, 0, NetEndpoint.Length);
            _sizeTries = _sizeAnswers = 0;
            _sizeAtMs = nowMs + SizePauseMs;                    // what waits for the path goes first
        }

        private void SizeTimeout(long nowMs)
        {
            if (nowMs < _sizeAtMs) return;
            _sizeAtMs = Output.Never;
            if (!IsTrusted(nowMs) || !NetEndpoint.Equal(_sizeOf, 0, _best, 0)) return;
            if (_sizeAnswers >= SizeSmallAnswers && Region != 0)
            {
                DropBest(nowMs);
                return;
            }
            // A path that answers nothing at all is no case of ours.
            _sizeAgainMs = nowMs + SizeAgainMs;
            if (++_sizeTries > SizeTries + 3 * _sizeAnswers) return;
            _sizeDue = true;
            _sizePairDue = _sizeTries > 1;
            int pauseMs = 2 * _bestMicros / 1000;
            _sizeAtMs = nowMs + (pauseMs > SizePauseMs ? pauseMs : SizePauseMs);
        }

        private void DropBest(long nowMs)
        {
            Array.Copy(_best, 0, _small, _smallNext * NetEndpoint.Length, NetEndpoint.Length);
            _smallAskedMs[_smallNext] = nowMs;
            _smallNext = (_smallNext + 1) % MaxSmall;
            if (_smallCount < MaxSmall) _smallCount++;
            _hasBest = _bestKnown = false;
            _droppedFull = true;
            ResetProbe();
            Decide(DropsFull, nowMs);
        }

        /// <summary>A pong of this address: may it become the path? A full ping that was answered clears it.</summary>
        private bool MayCarry(byte[] endpoint, int at, int purpose, long nowMs)
        {
            if (purpose == PurposeSmall && NetEndpoint.Equal(_sizeOf, 0, endpoint, at)) _sizeAnswers++;
            int small = FindSmall(endpoint, at);
            if (purpose == PurposeSize)
            {
                if (small >= 0) RemoveSmall(small);
                if (!NetEndpoint.Equal(_sizeOf, 0, endpoint, at)) Array.Copy(endpoint, at, _sizeOf, 0, NetEndpoint.Length);
                _sizeAtMs = Output.Never;
                _sizeAgainMs = nowMs + SizeAgainMs;
                _droppedFull = false;
                return true;
            }
            return small < 0 || Region == 0;
        }

        /// <summary>The purpose of a discovery ping to this address: a full one, once a minute, where only small ones pass.</summary>
        private int Discovery(byte[] endpoint, int at, long nowMs)
        {
            int small = FindSmall(endpoint, at);
            if (small < 0 || nowMs - _smallAskedMs[small] < SizeAgainMs) return PurposeDiscovery;
            _smallAskedMs[small] = nowMs;
            return PurposeSize;
        }

        private int FindSmall(byte[] endpoint, int at)
        {
            for (int i = 0; i < _smallCount; i++)
            {
                if (NetEndpoint.Equal(_small, i * NetEndpoint.Length, endpoint, at)) return i;
            }
            return -1;
        }

        private void RemoveSmall(int index)
        {
            _smallCount--;
            Array.Copy(_small, _smallCount * NetEndpoint.Length, _small, index * NetEndpoint.Length, NetEndpoint.Length);
            _smallAskedMs[index] = _smallAskedMs[_smallCount];
            _smallNext = _smallCount;
        }

        private void ResetSize()
        {
            _smallCount = _smallNext = 0;
            _sizeAtMs = Output.Never;
            _sizeAgainMs = long.MinValue / 2;
            _sizeDue = _sizePairDue = _droppedFull = false;
            Array.Clear(_sizeOf, 0, _sizeOf.Length);
        }
    }
}
