using System;
using System.Collections.Generic;
using MicroLink.Bytes;
using MicroLink.Disco;
using MicroLink.Paths;
using MicroLink.Tests.Unit.Disco;

namespace MicroLink.Tests.Unit.Paths;

/// <summary>Two path machines joined by a relay and a network with NATs: messages take time, and each side counts what it sends.</summary>
internal sealed class PathPair
{
    public const int Region = 900, DirectMs = 4, RelayMs = 20;

    public readonly Side A, B;
    public long NowMs = 1000;
    private readonly PriorityQueue<Action, (long, int)> _flying = new();
    private int _order;

    /// <summary>openA: datagrams from anywhere reach A's address; else only from addresses that A has sent to (a port-preserving NAT).</summary>
    public PathPair(int seed, bool openA, bool openB, bool forceA = false)
    {
        A = new Side(this, seed, "1.1.1.1:1000", openA, forceA);
        B = new Side(this, seed + 1, "2.2.2.2:2000", openB, false);
        A.Other = B;
        B.Other = A;
        A.Start();
        B.Start();
    }

    public bool UdpBlocked, DropsFull;

    public void Fly(int delayMs, Action arrival) => _flying.Enqueue(arrival, (NowMs + delayMs, _order++));

    public void Advance(int ms)
    {
        long end = NowMs + ms;
        for (; ; )
        {
            long next = Math.Min(A.Path.Deadline, B.Path.Deadline);
            if (_flying.TryPeek(out _, out (long At, int) first)) next = Math.Min(next, first.At);
            if (next > end) break;
            NowMs = Math.Max(NowMs, next);
            while (_flying.TryPeek(out Action action, out (long At, int) due) && due.At <= NowMs) { _flying.Dequeue(); action(); }
            if (A.Path.Deadline <= NowMs) A.Drain(A.Path.HandleTimeout(NowMs));
            if (B.Path.Deadline <= NowMs) B.Drain(B.Path.HandleTimeout(NowMs));
        }
        NowMs = end;
    }

    /// <summary>Traffic in both directions: what WireGuard sends is told to the machines once a second, as ActivityTick does.</summary>
    public void Talk(int seconds)
    {
        for (int i = 0; i < seconds; i++)
        {
            A.Drain(A.Path.HandleSent(NowMs, NowMs));
            B.Drain(B.Path.HandleSent(NowMs, NowMs));
            Advance(1000);
        }
    }

    /// <summary>Data every 50 ms both ways for so long, stamps read every 250 ms; returns the longest time that b heard nothing of a.</summary>
    public int Stream(int ms)
    {
        int worst = 0;
        for (int i = 0; i < ms / 50; i++)
        {
            A.SendData();
            B.SendData();
            if (i % 5 == 0)
            {
                A.ReadStamps();
                B.ReadStamps();
            }
            Advance(50);
            worst = Math.Max(worst, (int)(NowMs - B.HeardMs));
        }
        return worst;
    }

    internal sealed class Side
    {
        public long SentMs, HeardMs;
        public bool HeardByRelay;

        public void SendData()
        {
            SentMs = _pair.NowMs;
            if ((Path.Mode & PathMode.Direct) != 0) _pair.Fly(DirectMs, () => { if (!_pair.UdpBlocked) Other.Hear(false); });
            if ((Path.Mode & PathMode.Relay) != 0) _pair.Fly(RelayMs, () => Other.Hear(true));
        }

        /// <summary>Data of the other side; a copy that came the other way already is a replay and leaves no stamp.</summary>
        private void Hear(bool byRelay)
        {
            if (byRelay && Other.Path.Mode == PathMode.Both && !_pair.UdpBlocked) return;
            HeardMs = _pair.NowMs;
            HeardByRelay = byRelay;
        }

        public void ReadStamps()
        {
            Drain(Path.HandleSent(SentMs, _pair.NowMs));
            Drain(Path.HandleStamps(SentMs, HeardMs, HeardByRelay, _pair.NowMs));
        }

        public readonly PeerPath Path;
        public readonly byte[] Address;
        public readonly bool Open;
        public Side Other;
        public int Pings, Calls, Pongs, RelayPings, Found, Unanswered, FullPings;
        public bool RelaySilent;
        public long LastCallMs = long.MinValue;
        public int ShortestCallGapMs = int.MaxValue;
        public bool SawStale, SawRelayNeeded;
        public readonly List<string> Reasons = new();
        public PathEvent Answer;
        private readonly PathPair _pair;
        private bool _sentToOther;

        public Side(PathPair pair, int seed, string address, bool open, bool force)
        {
            _pair = pair;
            Address = DiscoWireTests.Endpoints(address);
            Open = open;
            Path = new PeerPath(new SeedEntropy(seed), force);
        }

        public void Start()
        {
            Drain(Path.HandleStart(Other.Address, Region, _pair.NowMs));
            Drain(Path.HandleOwnEndpoints(long.MaxValue / 4, _pair.NowMs));     // always fresh
            Drain(Path.HandleRelay(Region, true, _pair.NowMs));
        }

        public void Drain(int outputs)
        {
            PathEvent news = new PathEvent();
            while (Path.PollEvent(news))
            {
                if (news.Kind == PathEvent.ModeChanged) Reasons.Add(news.Reason);
                if (news.Kind == PathEvent.EndpointsStale) SawStale = true;
                if (news.Kind == PathEvent.Found) Found++;
                if (news.Kind == PathEvent.DataUnanswered) Unanswered++;
                if (news.Kind == PathEvent.RelayNeeded) SawRelayNeeded = true;
                if (news.Kind == PathEvent.PingAnswered) { Answer = news; news = new PathEvent(); }
            }
            PathTransmit transmit = new PathTransmit();
            while (Path.PollTransmit(transmit, _pair.NowMs)) Send(transmit);
        }

        private void Send(PathTransmit transmit)
        {
            if (transmit.Kind == PathTransmit.CallMeMaybe)
            {
                Calls++;
                if (LastCallMs != long.MinValue) ShortestCallGapMs = Math.Min(ShortestCallGapMs, (int)(_pair.NowMs - LastCallMs));
                LastCallMs = _pair.NowMs;
                _pair.Fly(RelayMs, () => Other.Drain(Other.Path.HandleCallMeMaybe(Address, 0, 1, _pair.NowMs)));
                return;
            }
            byte[] txId = Path.Pings.TxIds.AsSpan(Path.Pings.TxIdAt(transmit.PingRow), 12).ToArray();
            if (transmit.Region != 0)
            {
                RelayPings++;
                _pair.Fly(2 * RelayMs, () => { if (!RelaySilent) Pong(txId); });
                return;
            }
            Pings++;
            if (transmit.IsFull)
            {
                FullPings++;
                if (_pair.DropsFull) return;
            }
            if (_pair.UdpBlocked || !NetEndpoint.Equal(transmit.Endpoint, 0, Other.Address, 0)) return;
            _sentToOther = true;
            _pair.Fly(DirectMs, () =>
            {
                if (_pair.UdpBlocked || !(Other.Open || Other._sentToOther)) return;
                Other.Pongs++;
                // Answering opens the other side's NAT towards us as any packet does.
                Other._sentToOther = true;
                Other.Drain(Other.Path.HandlePing(Address, 0, _pair.NowMs));
                _pair.Fly(DirectMs, () => { if (!_pair.UdpBlocked) Pong(txId); });
            });
        }

        private void Pong(byte[] txId)
        {
            int row = Path.Pings.Find(txId, 0);
            if (row >= 0) Drain(Path.HandlePong(row, (int)(_pair.NowMs - Path.Pings.SentMs(row)) * 1000, _pair.NowMs));
        }
    }
}
