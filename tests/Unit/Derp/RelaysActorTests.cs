using MicroLink.Control;
using MicroLink.Derp;
using MicroLink.NetMap;
using MicroLink.Paths;
using MicroLink.Runtime;
using MicroLink.TestKit;
using Xunit;

namespace MicroLink.Tests.Unit.Derp;

/// <summary>Who gets one of the few relay connections (protocol.md 5.6), with probes in place of the connections.</summary>
public sealed class RelaysActorTests
{
    private readonly TestSystem _system = new TestSystem();
    private readonly Probe _node, _paths, _netCheck, _slot0, _slot1, _tx0, _tx1;
    private readonly ActorRef _pool;

    public RelaysActorTests()
    {
        _node = _system.NewProbe("node");
        _paths = _system.NewProbe("paths");
        _netCheck = _system.NewProbe("netcheck");
        _slot0 = _system.NewProbe("slot0");
        _slot1 = _system.NewProbe("slot1");
        _tx0 = _system.NewProbe("tx0");
        _tx1 = _system.NewProbe("tx1");
        _pool = _system.Spawn("relays", Props.From(() => new RelaysActor(_node.Ref, _paths.Ref, _netCheck.Ref,
            [_slot0.Ref, _slot1.Ref], [_tx0.Ref, _tx1.Ref], new DerpOptions())));
        Tell(new DerpMapChanged(Map(1, 2, 3)));
    }

    [Fact]
    public void Home_is_permanent_others_close_after_60_idle_seconds()
    {
        Tell(new RelayHome(1));
        RelayAssign home = (RelayAssign)_slot0.Expect(typeof(RelayAssign));
        Assert.True(home.Home && home.Region.Id == 1);
        Tell(new RelayWanted(2));
        RelayAssign other = (RelayAssign)_slot1.Expect(typeof(RelayAssign));
        Assert.True(!other.Home && other.Region.Id == 2);
        _system.Advance(50000);
        Tell(new RelayWanted(2));
        _system.Advance(60000);
        _slot1.ExpectNone();
        _system.Advance(30000);
        Assert.Null(((RelayAssign)_slot1.Expect(typeof(RelayAssign))).Region);
        _system.Advance(3600000);
        _slot0.ExpectNone();
    }

    [Fact]
    public void A_relay_that_is_wanted_before_its_map_came_is_opened_with_the_map()
    {
        Tell(new RelayWanted(9));
        _slot0.ExpectNone();
        Tell(new DerpMapChanged(Map(1, 9)));
        Assert.Equal(9, ((RelayAssign)_slot0.Expect(typeof(RelayAssign))).Region.Id);
        Tell(new DerpMapChanged(Map(1, 9)));
        _slot0.ExpectNone();
    }

    [Fact]
    public void With_no_free_slot_the_longest_unwanted_goes_and_never_home()
    {
        Tell(new RelayHome(1));
        Tell(new RelayWanted(2));
        _slot0.Clear();
        _slot1.Clear();
        _system.Advance(10);
        Tell(new RelayWanted(3));
        Assert.Equal(3, ((RelayAssign)_slot1.Expect(typeof(RelayAssign))).Region.Id);
        _slot0.ExpectNone();
    }

    [Fact]
    public void A_new_home_keeps_the_old_connection_for_its_idle_time()
    {
        Tell(new RelayHome(1));
        _slot0.Clear();
        Tell(new RelayHome(2));
        RelayAssign old = (RelayAssign)_slot0.Expect(typeof(RelayAssign));
        Assert.True(!old.Home && old.Region.Id == 1);
        RelayAssign now = (RelayAssign)_slot1.Expect(typeof(RelayAssign));
        Assert.True(now.Home && now.Region.Id == 2);
        _system.Advance(90000);
        Assert.Null(((RelayAssign)_slot0.Expect(typeof(RelayAssign))).Region);
    }

    [Fact]
    public void The_old_home_stays_as_long_as_the_new_one_is_not_connected()
    {
        Tell(new RelayHome(1));
        Tell(new RelayState(0, 1, RelayState.Up, "connected"));
        Tell(new RelayHome(2));
        _slot0.Clear();
        _slot1.Clear();
        _system.Advance(600000);
        _slot0.ExpectNone();
        Tell(new RelayState(1, 2, RelayState.Up, "connected"));
        _system.Advance(90000);
        Assert.Null(((RelayAssign)_slot0.Expect(typeof(RelayAssign))).Region);
    }

    [Fact]
    public void A_change_of_our_network_reaches_every_connection()
    {
        Tell(new RelayHome(1));
        _slot0.Clear();
        Tell(new NetworkChanged("test", new byte[0]));
        _slot0.Expect(typeof(NetworkChanged));
        _slot1.ExpectNone();
    }

    [Fact]
    public void Ups_and_downs_are_told_and_a_restarted_connection_gets_its_region_back()
    {
        Tell(new RelayHome(1));
        _slot0.Clear();
        Tell(new RelayState(0, 1, RelayState.Up, "connected"));
        _node.Expect(typeof(RelayHome));
        Assert.Equal(1, ((RelayUp)_node.Expect(typeof(RelayUp))).Region);
        _paths.Expect(typeof(RelayUp));
        _netCheck.Expect(typeof(RelayUp));
        Tell(new RelayState(0, 0, RelayState.Down, "starting"));
        _node.Expect(typeof(RelayDown));
        Assert.Equal(1, ((RelayAssign)_slot0.Expect(typeof(RelayAssign))).Region.Id);
        // News of a region that the slot does not serve any more are old news.
        Tell(new RelayState(0, 3, RelayState.Up, "late"));
        _node.ExpectNone();
    }

    [Fact]
    public void Kicks_go_to_the_writer_of_their_region()
    {
        Tell(new RelayHome(1));
        Tell(new RelayWanted(2));
        Tell(new RelayKickRegion(2));
        _tx1.Expect(typeof(RelayKick));
        _tx0.ExpectNone();
        Tell(new RelayKickRegion(77));
        _tx1.ExpectNone();
    }

    [Fact]
    public void Home_known_before_the_map_is_opened_when_the_map_comes()
    {
        Tell(new DerpMapChanged(new DerpMap()));
        Tell(new RelayHome(9));
        _slot0.ExpectNone();
        Tell(new DerpMapChanged(Map(9)));
        Assert.Equal(9, ((RelayAssign)_slot0.Expect(typeof(RelayAssign))).Region.Id);
    }

    private void Tell(Message message)
    {
        Assert.True(_pool.Tell(message));
        _system.RunToQuiet();
    }

    private static DerpMap Map(params int[] ids)
    {
        DerpMap map = new DerpMap { Regions = new DerpRegion[ids.Length] };
        for (int i = 0; i < ids.Length; i++)
            map.Regions[i] = new DerpRegion { Id = ids[i], Nodes = [new DerpNode { HostName = "r" + ids[i] }] };
        return map;
    }
}
