using MicroLink.Clock;
using MicroLink.Control;
using MicroLink.Drivers;
using MicroLink.Runtime;
using MicroLink.Store;
using MicroLink.TestKit;
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
        private readonly Probe _store, _control, _wg;

        public ClockActorTests()
        {
            _wall = new FakeWallClock(_system.Time);
            _store = _system.NewProbe("store");
            _control = _system.NewProbe("control");
            _wg = _system.NewProbe("wg");
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

        private ActorRef Start()
        {
            ActorRef clock = _system.Spawn("clock", Props.From(() => new ClockActor(_wall, _settings, _store.Ref, new[] { _control.Ref,
                _wg.Ref })));
            _system.RunToQuiet();
            return clock;
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
