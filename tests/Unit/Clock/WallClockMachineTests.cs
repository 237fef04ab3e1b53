using MicroLink.Clock;
using Xunit;

namespace MicroLink.Tests.Unit.Clock
{
    public sealed class WallClockMachineTests
    {
        private const long Now = 5000;
        private const long Nov2026 = 1795824000000;   // 2026-11-28
        private const long Aug2020 = 1596412800000;   // what testcontrol says, protocol.md 12.3
        private const long Minute = 60000;

        private readonly WallClockMachine _clock = new WallClockMachine();

        [Fact]
        public void A_good_host_clock_is_trusted()
        {
            _clock.HandleStart(0, 0, Nov2026, Now);
            Assert.True(_clock.TakeChange());
            Assert.False(_clock.TakeChange());
            Assert.True(_clock.Trusted);
            Assert.Equal(WallClockMachine.SourceHost, _clock.Source);
            Assert.Equal(Nov2026, Now + _clock.OffsetMs);
            Assert.Equal(0, _clock.StampFloorMs);
        }

        [Fact]
        public void The_floor_is_written_ahead_and_seldom()
        {
            _clock.HandleStart(0, 0, Nov2026, Now);
            Assert.True(_clock.TakeFloor());
            Assert.Equal(Nov2026 + 30 * Minute, _clock.FloorMs);
            Assert.Equal(Nov2026, _clock.SeenMs);

            int writes = 0;
            for (long minute = 1; minute <= 24 * 60; minute++)
            {
                _clock.HandleHostClock(Nov2026 + minute * Minute, Now + minute * Minute);
                if (_clock.TakeFloor()) writes++;
                Assert.True(_clock.FloorMs >= Nov2026 + minute * Minute + 10 * Minute);
            }
            Assert.InRange(writes, 60, 72);   // about one in 20 minutes
        }

        [Fact]
        public void Without_a_host_clock_the_store_gives_a_time_that_nobody_trusts()
        {
            _clock.HandleStart(Nov2026 + 30 * Minute, Nov2026, 0, Now);
            Assert.False(_clock.Trusted);
            Assert.Equal(WallClockMachine.SourceStore, _clock.Source);
            Assert.Equal(Nov2026, Now + _clock.OffsetMs);
            Assert.Equal(Nov2026 + 30 * Minute, _clock.StampFloorMs);
        }

        [Fact]
        public void First_boot_without_any_clock_starts_at_the_age_of_the_code()
        {
            _clock.HandleStart(0, 0, 0, Now);
            Assert.False(_clock.Trusted);
            Assert.Equal(WallClockMachine.EarliestMs, Now + _clock.OffsetMs);
        }

        [Fact]
        public void Control_time_serves_when_the_host_has_none()
        {
            _clock.HandleStart(0, 0, 0, Now);
            _clock.TakeChange();
            _clock.HandleControlTime(Nov2026, Now + 100);
            Assert.True(_clock.TakeChange());
            Assert.True(_clock.Trusted);
            Assert.Equal(WallClockMachine.SourceControl, _clock.Source);
            Assert.Equal(Nov2026 + 900, Now + 1000 + _clock.OffsetMs);
        }

        [Fact]
        public void Testcontrol_s_2020_and_the_far_future_are_ignored()
        {
            _clock.HandleStart(0, 0, 0, Now);
            _clock.TakeChange();
            _clock.HandleControlTime(Aug2020, Now);
            _clock.HandleControlTime(253402300799000, Now);
            _clock.HandleControlTime(long.MinValue, Now);
            _clock.HandleControlTime(long.MaxValue, Now);
            Assert.False(_clock.TakeChange());
            Assert.False(_clock.Trusted);
        }

        [Fact]
        public void Control_does_not_overrule_the_host_but_the_difference_is_known()
        {
            _clock.HandleStart(0, 0, Nov2026, Now);
            _clock.TakeChange();
            _clock.HandleControlTime(Nov2026 + 90000, Now);
            Assert.False(_clock.TakeChange());
            Assert.Equal(90000, _clock.ControlSkewMs);
        }

        [Fact]
        public void A_host_clock_before_what_was_seen_is_not_believed_until_it_is_right()
        {
            _clock.HandleStart(Nov2026 + 30 * Minute, Nov2026, Nov2026 - 24 * 60 * Minute, Now);
            Assert.False(_clock.Trusted);
            _clock.TakeChange();
            _clock.HandleHostClock(Nov2026 + Minute, Now + Minute);
            Assert.True(_clock.TakeChange());
            Assert.True(_clock.Trusted);
        }

        [Fact]
        public void A_host_clock_that_jumps_to_1970_is_not_followed()
        {
            _clock.HandleStart(0, 0, Nov2026, Now);
            _clock.TakeChange();
            _clock.HandleHostClock(1000, Now + 30000);
            Assert.False(_clock.TakeChange());
            Assert.Equal(Nov2026 + 30000, Now + 30000 + _clock.OffsetMs);
        }

        [Fact]
        public void Small_drift_is_no_news_but_a_step_is()
        {
            _clock.HandleStart(0, 0, Nov2026, Now);
            _clock.TakeChange();
            _clock.HandleHostClock(Nov2026 + 30000 + 400, Now + 30000);
            Assert.False(_clock.TakeChange());
            _clock.HandleHostClock(Nov2026 + 60000 + 5000, Now + 60000);
            Assert.True(_clock.TakeChange());
        }

        [Fact]
        public void Stamps_never_go_back_over_a_crash_loop_and_the_host_stays_trusted()
        {
            long floor = 0, seen = 0, wall = Nov2026, lastStamp = 0;
            for (int boot = 0; boot < 100; boot++)
            {
                WallClockMachine clock = new WallClockMachine();
                clock.HandleStart(floor, seen, wall, Now);
                Assert.True(clock.Trusted);
                long stamp = System.Math.Max(wall, clock.StampFloorMs + 1);
                Assert.True(stamp > lastStamp, "boot " + boot);
                lastStamp = stamp;
                if (clock.TakeFloor())
                {
                    floor = clock.FloorMs;
                    seen = clock.SeenMs;
                }
                Assert.True(floor > stamp);
                wall += 5000;
            }
        }

        [Fact]
        public void Stored_nonsense_counts_as_nothing()
        {
            _clock.HandleStart(long.MaxValue, -5, Nov2026, Now);
            Assert.Equal(0, _clock.StampFloorMs);
            Assert.True(_clock.Trusted);
            Assert.Equal(0, ClockFloor.FloorMs(null));
            Assert.Equal(0, ClockFloor.SeenMs(new byte[3]));
            byte[] bytes = ClockFloor.Encode(0x0102, 0x0304);
            Assert.Equal(0x0102, ClockFloor.FloorMs(bytes));
            Assert.Equal(0x0304, ClockFloor.SeenMs(bytes));
        }
    }
}
