using System;
using MicroLink.WireGuard;
using Xunit;

namespace MicroLink.Tests.Unit.WireGuard;

public class Tai64nTests
{
    private readonly Tai64n _tai = new Tai64n();
    private readonly byte[] _last = new byte[12], _next = new byte[12];

    /// <summary>protocol.md 13.2: Unix 1700000000, 0x01000000 ns.</summary>
    [Fact]
    public void Golden_stamp()
    {
        Tai64n.Write(1700000000, 0x01000000, _next, 0);
        Assert.Equal("400000006553f10a01000000", Convert.ToHexStringLower(_next));
        _tai.Next(1700000000017, _next, 0);
        Assert.Equal("400000006553f10a01000000", Convert.ToHexStringLower(_next));
    }

    [Fact]
    public void Every_stamp_is_above_the_one_before_whatever_the_clock_does()
    {
        const int seed = 99;
        Random random = new Random(seed);
        long clock = 1790000000000;
        for (int i = 0; i < 20000; i++)
        {
            clock += random.Next(10) == 0 ? random.Next(-100000, 100000) : random.Next(0, 40);
            Step(clock);
            Assert.True(Tai64n.IsAbove(_next, 0, _last, 0), "seed " + seed + " step " + i);
            Assert.Equal(0, _next[9] | _next[10] | _next[11]);
            Assert.True(_next[8] <= 59, "nanoseconds stay below a second");
        }
    }

    [Fact]
    public void After_a_reboot_without_a_clock_stamps_are_above_the_floor()
    {
        for (int i = 0; i < 100; i++) _tai.Next(1790000000000 + 5 * i, _last, 0);
        long floor = _tai.LastMs;
        Tai64n rebooted = new Tai64n();
        rebooted.SetFloor(floor);
        rebooted.SetFloor(0);
        rebooted.Next(0, _next, 0);                      // 1970
        Assert.True(Tai64n.IsAbove(_next, 0, _last, 0));
        Array.Copy(_next, _last, 12);
        rebooted.Next(1790000000000 + 3600000, _next, 0);
        Assert.True(Tai64n.IsAbove(_next, 0, _last, 0));
        Tai64n.Write(1790003600, 0, _last, 0);
        Assert.Equal(_last, _next);                      // and follow the clock as soon as it is ahead
    }

    [Fact]
    public void The_floor_holds_for_every_millisecond_of_a_second()
    {
        for (int ms = 0; ms < 1000; ms++)
        {
            long at = 1790000000000 + ms;
            new Tai64n().Next(at, _last, 0);
            Tai64n other = new Tai64n();
            other.SetFloor(at);
            other.Next(0, _next, 0);
            Assert.True(Tai64n.IsAbove(_next, 0, _last, 0), ms + " ms");
        }
    }

    [Fact]
    public void Equal_stamps_are_not_above()
    {
        Assert.False(Tai64n.IsAbove(_next, 0, _last, 0));
        _next[11] = 1;
        Assert.True(Tai64n.IsAbove(_next, 0, _last, 0));
        _last[0] = 0x80;
        Assert.False(Tai64n.IsAbove(_next, 0, _last, 0));
    }

    private void Step(long unixMs)
    {
        Array.Copy(_next, _last, 12);
        _tai.Next(unixMs, _next, 0);
    }
}
