using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;

namespace MicroLink.Tests.Interop.Network
{
    /// <summary>A stream of pings through the tunnel, one every 50 ms, and the times of their answers: how long was nothing heard?</summary>
    internal sealed class Traffic : IDisposable
    {
        private const int EveryMs = 50, TimeoutMs = 600, AtATime = 12;

        private readonly Stopwatch _watch = Stopwatch.StartNew();
        private readonly List<long> _answers = new List<long>();
        private readonly SemaphoreSlim _places = new SemaphoreSlim(AtATime);
        private readonly CancellationTokenSource _stop = new CancellationTokenSource();
        private readonly Task _loop;
        private readonly LabHost _from, _to;

        public Traffic(LabHost from, LabHost to)
        {
            _from = from;
            _to = to;
            _loop = Task.Run(() => Run(from, to));
            NetworkLab.Wait(() => Count > 3, "the first pings from " + from.Name + " to " + to.Name + " are answered");
        }

        public int Count
        {
            get { lock (_answers) return _answers.Count; }
        }

        public long NowMs => _watch.ElapsedMilliseconds;

        /// <summary>Waits so long, then says the longest time without an answer since <paramref name="sinceMs"/>.</summary>
        public long LongestGapMs(long sinceMs, int waitMs)
        {
            Thread.Sleep(waitMs);
            long worst = 0, last = sinceMs;
            lock (_answers)
            {
                foreach (long at in _answers)
                {
                    if (at <= sinceMs) continue;
                    worst = Math.Max(worst, at - last);
                    last = at;
                }
            }
            return Math.Max(worst, NowMs - last);
        }

        /// <summary>
        /// Waits so long; fails, with both logs, when nothing was heard for more than <paramref name="atMostMs"/> since then. Where the machine
        /// itself stood still, the stream of a pair to which nothing happened had gaps too: they are allowed on top.
        /// </summary>
        public void MustGoOn(long sinceMs, int waitMs, int atMostMs, Traffic calm)
        {
            long gapMs = LongestGapMs(sinceMs, waitMs), stallMs = calm == null ? 0 : calm.LongestGapMs(calm.NowMs - (NowMs - sinceMs), 0);
            if (gapMs <= atMostMs + stallMs) return;
            throw new InvalidOperationException(_from.Name + " heard nothing of " + _to.Name + " for " + gapMs + " ms, at most " + atMostMs + " + " + stallMs
                + " are allowed; status: " + _from.Path(_to) + ", " + _from.Reason(_to) + "; of the other: " + _to.Path(_from) + ", "
                + _to.Reason(_from) + "; one more ping: " + string.Join(" ", _from.Ask("ping icmp 1000 " + _to.Name) ?? new[] { "refused" })
                + "; its log:\n" + _from.Log() + "\nthe log of " + _to.Name + ":\n" + _to.Log());
        }

        public void Dispose()
        {
            _stop.Cancel();
            _loop.Wait();
        }

        private async Task Run(LabHost from, LabHost to)
        {
            while (!_stop.IsCancellationRequested)
            {
                await _places.WaitAsync();
                _ = Task.Factory.StartNew(() =>
                {
                    bool answered = from.Ping(to, TimeoutMs) != null;
                    if (answered) lock (_answers) _answers.Add(NowMs);
                    _places.Release();
                }, TaskCreationOptions.LongRunning);
                await Task.Delay(EveryMs);
            }
        }
    }
}
