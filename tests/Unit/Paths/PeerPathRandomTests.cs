using System;
using System.Collections.Generic;
using MicroLink.Bytes;
using MicroLink.Disco;
using MicroLink.Paths;
using MicroLink.Tests.Unit.Disco;
using Xunit;

namespace MicroLink.Tests.Unit.Paths;

/// <summary>
/// The path machine under thousands of random facts, hostile ones among them. What must hold after each: direct only to an address whose
/// pong came; pings to one address at least 5 s apart unless there was a reason; call-me-maybe at least 5 s apart and by relay only; a
/// deadline that moves on; a bounded number of messages. A failure prints its seed.
/// </summary>
public sealed class PeerPathRandomTests
{
    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, false)]
    [InlineData(4, true)]
    public void Invariants_hold_whatever_arrives(int seed, bool forceRelay)
    {
        for (int world = 0; world < 40; world++) new World(seed * 1000 + world, forceRelay).Run(400);
    }

    private sealed class World
    {
        private readonly int _seed;
        private readonly bool _force;
        private readonly Random _random;
        private readonly PeerPath _path;
        private readonly HashSet<string> _proven = new();
        private readonly List<(int Row, string To, byte[] TxId)> _waiting = new();
        private readonly byte[] _endpoints = DiscoWireTests.Endpoints("1.1.1.1:1 2.2.2.2:2 192.168.0.3:3 [2001::4]:4 [fe80::5]:5 100.64.0.6:6 127.3.3.40:900 3.3.3.3:0");
        private long _nowMs = 5000, _lastCallMs = long.MinValue / 2, _callBeforeMs = long.MinValue / 2, _callsReceived, _userPings;
        private int _pings;

        public World(int seed, bool force)
        {
            _seed = seed;
            _force = force;
            _random = new Random(seed);
            _path = new PeerPath(new SeedEntropy(seed), force);
            _path.HandleStart(null, _random.Next(3) * 450, _nowMs);
        }

        public void Run(int steps)
        {
            for (int i = 0; i < steps; i++)
            {
                int before = _pings;
                Step(_random.Next(13));
                Drain();
                Check(_pings - before <= CandidateTable.MaxRows + 3, "one fact caused " + (_pings - before) + " pings");
                Check(_path.Deadline > _nowMs || Expire(), "the deadline stands still: " + _path.DeadlineReason);
            }
            // Left alone, every machine comes to rest.
            long end = _nowMs + PeerPath.ActiveMs + 60000;
            int guard = 0;
            while (_path.Deadline <= end)
            {
                Check(++guard < 400, "never at rest: " + _path.DeadlineReason);
                _nowMs = Math.Max(_nowMs, _path.Deadline);
                _path.HandleTimeout(_nowMs);
                Drain();
            }
            Check(_path.Deadline == Output.Never, "a deadline is left: " + _path.DeadlineReason);
        }

        private bool Expire()
        {
            _path.HandleTimeout(_nowMs);
            Drain();
            return _path.Deadline > _nowMs;
        }

        private void Step(int kind)
        {
            int at = 18 * _random.Next(8);
            switch (kind)
            {
                case 0: _path.HandleSent(_nowMs, _nowMs); break;
                case 1: _path.HandleRow(Some(), _random.Next(3) * 450, _nowMs); break;
                case 2: _path.HandleRelay(_random.Next(3) * 450, _random.Next(2) == 0, _nowMs); break;
                case 3: _path.HandlePing(_endpoints, at, _nowMs); break;
                case 4: _callsReceived++; _path.HandleCallMeMaybe(_endpoints, 0, _random.Next(9), _nowMs); break;
                case 5: case 6: case 7: Answer(); break;
                case 8: _path.HandleOwnEndpoints(_nowMs - _random.Next(40000), _nowMs); break;
                case 9: _path.HandleHeard(450, _nowMs); break;
                case 10: _userPings++; _path.HandleUserPing(_nowMs); break;
                case 11: _path.HandleStamps(_nowMs - _random.Next(1000), _nowMs - _random.Next(3000), _random.Next(2) == 0, _nowMs); break;
                case 12:
                    long end = _nowMs + _random.Next(8000);
                    while (_path.Deadline <= end)
                    {
                        _nowMs = Math.Max(_nowMs, _path.Deadline);
                        _path.HandleTimeout(_nowMs);
                        Drain();
                    }
                    _nowMs = end;
                    break;
            }
        }

        /// <summary>A pong for one of the pings that wait, late ones and ones that the machine has forgotten included.</summary>
        private void Answer()
        {
            if (_waiting.Count == 0) return;
            (int _, string to, byte[] txId) = _waiting[_random.Next(_waiting.Count)];
            int row = _path.Pings.Find(txId, 0);
            if (row < 0) return;
            if (to != null) _proven.Add(to);
            _path.HandlePong(row, _random.Next(200000), _nowMs);
        }

        private void Drain()
        {
            PathEvent news = new PathEvent();
            for (int guard = 0; _path.PollEvent(news); guard++)
            {
                Check(guard < 20, "events without end");
                if (news.Kind != PathEvent.ModeChanged) continue;
                string endpoint = NetEndpoint.Format(news.Endpoint, 0);
                if ((news.Mode & PathMode.Direct) != 0) Check(!_force && _proven.Contains(endpoint), "direct to " + endpoint + " without a pong");
                if ((news.Mode & PathMode.Relay) != 0) Check(news.Region != 0, "relay without a region");
            }
            PathTransmit transmit = new PathTransmit();
            for (int guard = 0; _path.PollTransmit(transmit, _nowMs); guard++)
            {
                Check(guard < 60, "messages without end");
                if (transmit.Kind == PathTransmit.CallMeMaybe)
                {
                    Check(!_force && transmit.Region != 0, "a call-me-maybe not by relay");
                    Check(_nowMs - _lastCallMs >= PeerPath.UrgentCallMs, "two call-me-maybe within " + (_nowMs - _lastCallMs) + " ms");
                    Check(_nowMs - _callBeforeMs >= PeerPath.CallMeMaybeMs, "three call-me-maybe within " + (_nowMs - _callBeforeMs) + " ms");
                    _callBeforeMs = _lastCallMs;
                    _lastCallMs = _nowMs;
                    continue;
                }
                _pings++;
                string to = transmit.Region != 0 ? null : NetEndpoint.Format(transmit.Endpoint, 0);
                if (to != null)
                {
                    Check(!_force, "a UDP ping with --force-relay");
                    Check(!to.StartsWith("100.64", StringComparison.Ordinal) && !to.StartsWith("[fe80", StringComparison.Ordinal) && !to.EndsWith(":0", StringComparison.Ordinal), "pinged " + to);
                }
                _waiting.Add((transmit.PingRow, to, _path.Pings.TxIds.AsSpan(_path.Pings.TxIdAt(transmit.PingRow), 12).ToArray()));
                if (_waiting.Count > 40) _waiting.RemoveAt(0);
            }
        }

        private byte[] Some() => _endpoints.AsSpan(0, 18 * _random.Next(9)).ToArray();

        private void Check(bool condition, string what)
        {
            Assert.True(condition, "seed " + _seed + " at " + _nowMs + " ms: " + what);
        }
    }
}
