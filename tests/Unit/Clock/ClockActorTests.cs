using System;
using System.Collections.Generic;
using MicroLink.Bytes;
using MicroLink.Clock;
using MicroLink.Control;
using MicroLink.Drivers;
using MicroLink.Runtime;
using MicroLink.Store;
using MicroLink.TestKit;
using MicroLink.Tests.Unit.Disco;
using MicroLink.Tests.Unit.Store;
using Xunit;

namespace MicroLink.Tests.Unit.Clock
{
    public sealed class ClockActorTests
    {
        private const long Nov2026 = 1795824000000;

        private readonly TestSystem _system = new TestSystem();
        private readonly FakeSettings _settings = new FakeSettings();
        private readonly FakeWallClock _wall;
        private readonly Probe _store, _control, _wg, _node;

        public ClockActorTests()
        {
            _wall = new FakeWallClock(_system.Time);
            _store = _system.NewProbe("store");
            _control = _system.NewProbe("control");
            _wg = _system.NewProbe("wg");
            _node = _system.NewProbe("node");
        }

        [Fact]
        public void Every_listener_is_told_at_start_and_the_floor_is_stored()
        {
            _wall.OffsetMs = Nov2026;
            Start();
            WallClockChanged told = (WallClockChanged)_control.Expect(typeof(WallClockChanged));
            Assert.Equal("host", told.Source);
            Assert.True(told.Trusted);
            Assert.Equal(Nov2026, told.OffsetMs);
            _wg.Expect(typeof(WallClockChanged));
            StoreSetting floor = (StoreSetting)_store.Expect(typeof(StoreSetting));
            Assert.Equal(StateKeys.ClockFloor, floor.Key);
            Assert.Equal(Nov2026 + WallClockMachine.ReserveMs, ClockFloor.FloorMs(floor.Value));
        }

        [Fact]
        public void A_host_without_clock_follows_control_and_then_its_own_clock_again()
        {
            _settings.Set(StateKeys.ClockFloor, ClockFloor.Encode(Nov2026 + 1000, Nov2026));
            ActorRef clock = Start();
            WallClockChanged told = (WallClockChanged)_wg.Expect(typeof(WallClockChanged));
            Assert.Equal("store", told.Source);
            Assert.False(told.Trusted);
            Assert.Equal(Nov2026 + 1000, told.StampFloorMs);

            clock.Tell(new ControlTimeSeen(Nov2026 + 60000));
            _system.RunToQuiet();
            told = (WallClockChanged)_wg.Expect(typeof(WallClockChanged));
            Assert.Equal("control", told.Source);
            Assert.True(told.Trusted);

            _wall.OffsetMs = Nov2026 + 90000;
            _system.Advance(WallClockMachine.CheckMs);
            Assert.Equal("host", ((WallClockChanged)_wg.Expect(typeof(WallClockChanged))).Source);
            _wg.ExpectNone();
        }

        [Fact]
        public void Years_of_checks_tell_nothing_new()
        {
            _wall.OffsetMs = Nov2026;
            Start();
            _wg.Clear();
            _system.Advance(24 * 3600000L);
            _wg.ExpectNone();
        }

        [Fact]
        public void Without_a_clock_time_servers_give_dates_and_nothing_else_until_control_speaks()
        {
            ActorRef clock = Start("time.example", "192.0.2.9");
            Assert.Contains("Time servers are being asked", ((ClockTrouble)_node.Expect(typeof(ClockTrouble))).Text);
            Assert.False(((WallClockChanged)_wg.Expect(typeof(WallClockChanged))).HasDate);
            Assert.Equal(2, _port.Sent.Count);
            foreach ((byte[] request, byte[] endpoint) in _port.Sent.ToArray())
            {
                byte[] answer = new byte[48];
                answer[0] = 0x24;
                answer[1] = 1;
                System.Array.Copy(request, 40, answer, 24, 8);
                for (int at = 32; at <= 40; at += 8) ByteOrder.StoreU32BE(answer, at, (uint)(Nov2026 / 1000 + 2208988800L));
                clock.Tell(new DatagramReceived(answer, endpoint));
            }
            _system.RunToQuiet();
            WallClockChanged told = (WallClockChanged)_wg.Expect(typeof(WallClockChanged));
            Assert.True(told.HasDate);
            Assert.False(told.Trusted);
            Assert.Equal(Nov2026, _system.Time.Ms + told.DateOffsetMs);
            Assert.Equal(WallClockMachine.EarliestMs, _system.Time.Ms + told.OffsetMs);       // stamps do not follow
            Assert.Null(((ClockTrouble)_node.Expect(typeof(ClockTrouble))).Text);
            clock.Tell(new ControlTimeSeen(Nov2026 + 5000));
            _system.RunToQuiet();
            told = (WallClockChanged)_wg.Expect(typeof(WallClockChanged));
            Assert.True(told.Trusted);
            Assert.Equal(0, told.DateOffsetMs);
            _system.Advance(24 * 3600000L);
            Assert.Equal(2, _port.Sent.Count);
        }

        [Fact]
        public void A_host_with_a_clock_asks_no_time_server()
        {
            _wall.OffsetMs = Nov2026;
            Start("time.example");
            _system.Advance(24 * 3600000L);
            Assert.Empty(_port.Sent);
            Assert.Equal(0, _port.Resolved);
            _node.ExpectNone();
        }

        [Fact]
        public void Without_clock_and_time_servers_the_node_is_told_what_that_means()
        {
            Start();
            Assert.Contains("no time servers are configured", ((ClockTrouble)_node.Expect(typeof(ClockTrouble))).Text);
        }

        [Fact]
        public void Time_servers_do_not_lead_behind_a_time_that_was_seen()
        {
            WallClockMachine clock = new WallClockMachine();
            clock.HandleStart(Nov2026 + 1000, Nov2026, 0, 0);
            long floor = clock.FloorMs;
            Assert.False(clock.HandleTimeServers(Nov2026 - 86400000, 0));
            Assert.Equal(0, clock.DateOffsetMs);
            Assert.True(clock.HandleTimeServers(Nov2026 + 86400000, 0));
            Assert.Equal(floor, clock.FloorMs);
            Assert.Equal(Nov2026, clock.OffsetMs);
        }

        private readonly FakePort _port = new FakePort();

        private ActorRef Start(params string[] timeServers)
        {
            TimeServers servers = new TimeServers { Names = timeServers, Port = _port, Resolver = _port, Entropy = new SeedEntropy(3), Node = _node.Ref };
            ActorRef clock = _system.Spawn("clock", Props.From(() => new ClockActor(_wall, _settings, _store.Ref, new[] { _control.Ref,
                _wg.Ref }, servers)));
            _system.RunToQuiet();
            return clock;
        }

        private sealed class FakePort : IDatagramPort, IResolver
        {
            public readonly List<(byte[] Packet, byte[] Endpoint)> Sent = new List<(byte[], byte[])>();
            public int Resolved;

            public string Error => null;

            public void Attach(ActorRef owner) { }

            public bool Send(byte[] packet, int count, byte[] endpoint)
            {
                Sent.Add((packet.AsSpan(0, count).ToArray(), (byte[])endpoint.Clone()));
                return true;
            }

            public void Close() { }

            public void Resolve(string host, ActorRef owner, int tag)
            {
                byte[] address = new byte[16];
                NetEndpoint.ParseAddress("192.0.2." + ++Resolved, address, 0);
                owner.Tell(new Resolved(tag, address, null));
            }
        }

        private sealed class FakeWallClock : IWallClock
        {
            private readonly VirtualClock _time;

            public FakeWallClock(VirtualClock time)
            {
                _time = time;
            }

            /// <summary>Unix ms at virtual time 0; 0 = the host has no clock.</summary>
            public long OffsetMs;

            public long UnixMs => OffsetMs == 0 ? 0 : _time.Ms + OffsetMs;
        }
    }
}
