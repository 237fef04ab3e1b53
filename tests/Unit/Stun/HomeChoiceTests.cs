using MicroLink.NetMap;
using MicroLink.Stun;
using Xunit;

namespace MicroLink.Tests.Unit.Stun;

/// <summary>Which relay becomes home, and what makes it change (protocol.md 7.3).</summary>
public sealed class HomeChoiceTests
{
    private readonly HomeChoice _homes = new HomeChoice(false);

    [Fact]
    public void A_single_usable_region_is_home_without_a_measurement()
    {
        DerpMap map = Map(5, 7);
        map.Regions[0].Nodes[0].InsecureForTests = true;
        _homes.SetMap(map);
        Assert.Equal(7, _homes.Home);
    }

    [Fact]
    public void The_fastest_wins_and_small_differences_change_nothing()
    {
        _homes.SetMap(Map(1, 2));
        Assert.Equal(0, _homes.Home);
        Assert.True(Report(0, 30, 20));
        Assert.Equal(2, _homes.Home);
        _homes.Relay(2, true, 0);
        // 1 is now 9 ms better: less than 10 ms is not worth a change.
        Assert.False(Report(10000, 11, 20));
        // 100 against 90 ms: more than 10 ms better would be needed, and less than two thirds.
        HomeChoice far = new HomeChoice(false);
        far.SetMap(Map(1, 2));
        Report(far, 0, 120, 100);
        Assert.False(Report(far, 1000, 80, 100));
        Assert.True(Report(far, 2000, 60, 100));
        Assert.Equal(1, far.Home);
    }

    [Fact]
    public void The_best_of_five_minutes_counts_so_that_one_slow_answer_moves_nobody()
    {
        _homes.SetMap(Map(1, 2));
        Report(0, 20, 50);
        Assert.Equal(1, _homes.Home);
        _homes.Relay(1, true, 0);
        Assert.False(Report(20000, 200, 50));
        Assert.False(Report(200000, 200, 50));
        Assert.True(Report(400000, 200, 50));
        Assert.Equal(2, _homes.Home);
    }

    [Fact]
    public void A_home_that_does_not_answer_stays_while_its_relay_is_open()
    {
        _homes.SetMap(Map(1, 2));
        Report(0, 20, 50);
        _homes.Relay(1, true, 0);
        Assert.False(Report(1000, -1, 19));
        _homes.Relay(1, false, 2000);
        Assert.True(Report(3000, -1, 50));
        Assert.Equal(2, _homes.Home);
    }

    [Fact]
    public void Without_any_answer_the_lowest_id_and_the_next_one_when_it_cannot_be_reached()
    {
        _homes.SetMap(Map(3, 1, 2));
        Assert.True(Report(0, -1, -1, -1));
        Assert.Equal(1, _homes.Home);
        Assert.False(Report(5000, -1, -1, -1));
        _homes.Relay(1, false, 5000);
        Assert.False(Report(9999, -1, -1, -1));
        Assert.True(Report(10000, -1, -1, -1));
        Assert.Equal(2, _homes.Home);
        _homes.Relay(2, true, 16000);
        _homes.Relay(3, true, 17000);
        Assert.False(Report(100000, -1, -1, -1));
        _homes.Relay(2, false, 100000);
        _homes.Relay(3, false, 100000);
        Assert.True(Report(120000, -1, -1, -1));
        Assert.True(_homes.Home == 3);
        _homes.Relay(3, false, 120000);
        Assert.True(Report(140000, -1, -1, -1));
        Assert.Equal(1, _homes.Home);
    }

    [Fact]
    public void Scores_and_the_no_home_mark_are_obeyed()
    {
        DerpMap map = Map(1, 2, 3);
        map.Regions[0].NoMeasureNoHome = true;
        map.Regions[1].ScorePermille = 5000;
        _homes.SetMap(map);
        Report(0, 1, 10, 40);
        Assert.Equal(3, _homes.Home);
    }

    [Fact]
    public void A_region_that_leaves_the_map_is_home_no_more()
    {
        _homes.SetMap(Map(1, 2));
        Report(0, 20, 50);
        _homes.SetMap(Map(2, 3));
        Assert.Equal(0, _homes.Home);
        Report(1000, 50, 60);
        Assert.Equal(2, _homes.Home);
    }

    [Fact]
    public void A_home_is_told_only_once_it_is_connected()
    {
        _homes.SetMap(Map(1, 2));
        Report(0, 20, 50);
        Assert.Equal(0, _homes.Advertised);
        _homes.Relay(1, true, 10);
        Assert.Equal(1, _homes.Advertised);
        Report(200000, 90, 20);
        Report(400000, 90, 20);
        Assert.Equal(2, _homes.Home);
        Assert.Equal(1, _homes.Advertised);
        _homes.Relay(2, true, 400010);
        Assert.Equal(2, _homes.Advertised);
        _homes.SetMap(Map(1));
        Assert.Equal(1, _homes.Home);
        Assert.Equal(1, _homes.Advertised);
    }

    [Fact]
    public void A_home_whose_relay_stays_closed_gives_way_although_its_stun_answers_and_that_never_ends()
    {
        _homes.SetMap(Map(1, 2, 3));
        Report(0, 10, 20, 30);
        Assert.Equal(1, _homes.Home);
        Assert.False(Report(9999, 10, 20, 30));
        Assert.True(Report(10000, 10, 20, 30));
        Assert.Equal(2, _homes.Home);
        Assert.True(Report(20000, 10, 20, 30));
        Assert.Equal(3, _homes.Home);
        // All three have failed: the round begins anew instead of ending.
        Assert.True(Report(30000, 10, 20, 30));
        Assert.Equal(1, _homes.Home);
        Assert.True(Report(40000, 10, 20, 30));
        _homes.Relay(2, true, 40010);
        // The good one stays until the better one is worth another try, two minutes after its second failure.
        Assert.False(Report(100000, 1, 20, 30));
        Assert.Equal(2, _homes.Home);
    }

    private bool Report(long nowMs, params int[] latencies) => Report(_homes, nowMs, latencies);

    private static bool Report(HomeChoice homes, long nowMs, params int[] latencies)
    {
        homes.Begin(nowMs);
        for (int i = 0; i < latencies.Length; i++)
            if (latencies[i] >= 0) homes.Measured(i, latencies[i]);
        return homes.Choose(nowMs);
    }

    private static DerpMap Map(params int[] ids)
    {
        DerpMap map = new DerpMap { Regions = new DerpRegion[ids.Length] };
        for (int i = 0; i < ids.Length; i++)
            map.Regions[i] = new DerpRegion { Id = ids[i], Nodes = [new DerpNode { HostName = "r" + ids[i] }] };
        return map;
    }
}
