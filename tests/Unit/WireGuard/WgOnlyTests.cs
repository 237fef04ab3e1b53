using System;
using System.Linq;
using MicroLink.Bytes;
using MicroLink.Control;
using MicroLink.Native;
using MicroLink.NetIo;
using MicroLink.NetMap;
using MicroLink.Paths;
using MicroLink.WireGuard;
using Xunit;

namespace MicroLink.Tests.Unit.WireGuard;

/// <summary>Peers that speak plain WireGuard (IsWireGuardOnly): b and c have no DISCO, no relay, and maybe several addresses.</summary>
public sealed class WgOnlyTests : IDisposable
{
    /// <summary>Nobody is there.</summary>
    private const int Dead = 77, Dead2 = 78;

    private readonly WgWorld _world = new WgWorld();
    private readonly WgNode _a, _b;
    private PathChanged _path;

    public WgOnlyTests()
    {
        _a = _world.Add("a");
        _b = _world.Add("b");
        _a.NoPaths = true;
        _b.Knows(_a);
    }

    public void Dispose() => _world.Dispose();

    [Fact]
    public void The_first_endpoint_is_called_and_status_says_direct()
    {
        _a.Tell(Upsert(_b.Number));
        Assert.Equal("none: WireGuard only, not tried yet", Path().Reason);
        Assert.Equal(0, _a.Send(_b));
        Assert.True(_a.HasSession(_b) && _b.HasSession(_a));
        Assert.Equal(("direct: WireGuard only", PathChanged.Direct, "10.0.0.2:41641"), (Path().Reason, _path.Mode, NetEndpoint.Format(_path.Endpoint, 0)));
        Assert.Equal(_world.System.Time.Ms, _a.Received(_b));
    }

    [Fact]
    public void Unanswered_handshakes_go_from_endpoint_to_endpoint_and_status_names_them()
    {
        _a.Tell(Upsert(Dead, Dead2, _b.Number));
        _a.Send(_b);
        long startMs = _world.System.Time.Ms;
        Assert.Equal("none: WireGuard only, no answer to handshakes at 10.0.0.77:41641", Path().Reason);
        _world.System.Advance(2000);
        Assert.Equal("none: WireGuard only, no answer to handshakes at 10.0.0.77:41641, 10.0.0.78:41641", Path().Reason);
        Assert.Equal(startMs, _path.SinceMs);
        _world.System.Advance(6000);
        Assert.True(_a.HasSession(_b));
        Assert.Equal("10.0.0.2:41641", NetEndpoint.Format(Path().Endpoint, 0));
        Assert.NotEqual(0, _b.Received(_a));             // the packet that waited
        // What was found is kept: a later call goes there first.
        _world.Handshakes.Clear();
        _world.System.Advance(130000);
        _a.Send(_b);
        _world.System.Advance(2000);
        Assert.Equal(new[] { "a>b 1", "b>a 2" }, _world.Handshakes);
    }

    [Fact]
    public void While_nobody_answers_every_packet_goes_on_calling_all_of_them()
    {
        _world.Wire = (_, _, _) => 0;
        WgNode c = _world.Add("c");
        _a.Tell(Upsert(_b.Number, c.Number));
        for (int minute = 0; minute < 10; minute++)
        {
            _a.Send(_b);
            _world.System.Advance(60000);
        }
        Assert.True(_a.Counters.GivenUp >= 3);
        int toB = _world.Handshakes.Count(h => h == "a>b 1"), toC = _world.Handshakes.Count(h => h == "a>c 1");
        Assert.InRange(toB, 40, 70);
        Assert.InRange(toC, toB - 3, toB + 3);
        _world.Wire = (_, _, _) => 1;
        _a.Send(_b);
        _world.System.Advance(12000);
        Assert.True(_a.HasSession(_b));
    }

    [Fact]
    public void A_peer_that_went_silent_is_called_where_it_was_and_at_its_other_endpoints()
    {
        _a.Tell(Upsert(_b.Number, Dead));
        _a.Send(_b);
        Assert.True(_a.HasSession(_b));
        bool away = true;
        _world.Wire = (_, _, _) => away ? 0 : 1;
        _world.Handshakes.Clear();
        for (int second = 0; second < 40; second++)
        {
            _a.Send(_b);
            _world.System.Advance(1000);
        }
        Assert.Equal("none: WireGuard only, no answer to handshakes at 10.0.0.2:41641, 10.0.0.77:41641", Path().Reason);
        Assert.True(_world.Handshakes.Count(h => h == "a>b 1") >= 4);
        away = false;
        _world.System.Advance(6000);
        Assert.Equal("direct: WireGuard only", Path().Reason);
    }

    [Fact]
    public void New_endpoints_of_control_are_followed()
    {
        _a.Tell(Upsert(Dead));
        _a.Send(_b);
        _world.System.Advance(3000);
        Assert.False(_a.HasSession(_b));
        _a.Tell(new PeerDelta(PeerDelta.Patch, new PeerRow { Id = 2, Fields = PeerRow.HasEndpoints, Endpoints = List(_b.Number) }));
        _world.System.Advance(6000);
        Assert.True(_a.HasSession(_b));
        // Kept in the store: another start without control knows it.
        Assert.Equal(List(_b.Number), _a.Known.Table.Row(2).Endpoints);
        // The one in use is taken back: the next one of the list counts.
        _a.Tell(new PeerDelta(PeerDelta.Patch, new PeerRow { Id = 2, Fields = PeerRow.HasEndpoints, Endpoints = List(Dead) }));
        Assert.Equal("none: WireGuard only, not tried yet", Path().Reason);
        // None at all: said so, and the next list is used.
        _a.Tell(new PeerDelta(PeerDelta.Patch, new PeerRow { Id = 2, Fields = PeerRow.HasEndpoints, Endpoints = new byte[0] }));
        Assert.Equal("none: WireGuard only, and control told no usable address", Path().Reason);
    }

    [Fact]
    public void It_may_call_us_from_an_address_that_nobody_told()
    {
        _a.Tell(Upsert());
        Assert.Equal("none: WireGuard only, and control told no usable address", Path().Reason);
        Assert.Equal(0, _b.Send(_a));
        Assert.True(_a.HasSession(_b) && _b.HasSession(_a));
        Assert.Equal("10.0.0.2:41641", NetEndpoint.Format(Path().Endpoint, 0));
        _a.Send(_b);
        Assert.Equal(_world.System.Time.Ms, _a.Received(_b));
    }

    [Fact]
    public void A_disco_key_or_a_relay_changes_nothing_and_nothing_goes_by_relay()
    {
        PeerRow row = Upsert(Dead).Row;
        row.HomeRelay = 3;
        Assert.True(_a.Plane.RelayOpen(3) >= 0);
        _a.Tell(new PeerDelta(PeerDelta.Upsert, row));
        _a.Send(_b);
        _world.System.Advance(20000);
        Assert.True(_a.Counters.InitiationsSent > 2);
        Assert.Equal(0, _a.Plane.RelayDrain(3, new byte[2000], 0, 2000));
        _a.Tell(new PeerDelta(PeerDelta.Patch, new PeerRow { Id = 2, Fields = PeerRow.HasDiscoKey | PeerRow.HasHomeRelay, DiscoKey = Party.Key(9), HomeRelay = 4 }));
        PeerRow known = _a.Known.Table.Row(2);
        Assert.Null(known.DiscoKey);
        Assert.Equal(0, known.HomeRelay);
    }

    [Fact]
    public void A_peer_that_becomes_an_ordinary_one_gets_a_slot_anew()
    {
        _a.Tell(Upsert(_b.Number));
        _a.Told.Clear();
        _a.Knows(_b);
        _a.Told.Expect(typeof(PeerReleased));
        Assert.False(((PeerActivated)_a.Told.Expect(typeof(PeerActivated))).Row.IsWireGuardOnly);
    }

    /// <summary>b at these addresses, 10.0.0.N.</summary>
    private PeerDelta Upsert(params int[] at)
    {
        PeerRow row = WgNode.Row(_b);
        row.IsWireGuardOnly = true;
        row.Endpoints = List(at);
        return new PeerDelta(PeerDelta.Upsert, row);
    }

    private static byte[] List(params int[] at) => at.SelectMany(WgNode.Endpoint).ToArray();

    /// <summary>The last news of the path.</summary>
    private PathChanged Path()
    {
        while (_a.Told.Count > 0)
            if (_a.Told.Next() is PathChanged path) _path = path;
        return _path;
    }
}

/// <summary>The machine alone: which endpoint is next.</summary>
public sealed class WgOnlyPathTests
{
    private static readonly byte[] V4 = Endpoint("10.0.0.1:1"), V6 = Endpoint("[2001:db8::1]:1"), V4B = Endpoint("10.0.0.2:1");

    [Theory]
    [InlineData("192.168.0.5", "10.0.0.1:1 10.0.0.2:1 10.0.0.1:1")]
    [InlineData("192.168.0.5 fe80::1 fd7a:115c:a1e0::5", "10.0.0.1:1 10.0.0.2:1 10.0.0.1:1")]
    [InlineData("2001:db8::9", "[2001:db8::1]:1 [2001:db8::1]:1 [2001:db8::1]:1")]
    [InlineData("192.168.0.5 fd00::9", "10.0.0.1:1 [2001:db8::1]:1 10.0.0.2:1")]
    [InlineData("", "10.0.0.1:1 [2001:db8::1]:1 10.0.0.2:1")]
    public void Only_families_that_we_have_are_tried(string own, string tried)
    {
        byte[] local = own.Length == 0 ? new byte[0] : own.Split(' ').SelectMany(Address).ToArray();
        WgOnlyPath path = New(V4, V6, V4B);
        string[] got = new string[3];
        for (int i = 0; i < 3; i++)
        {
            path.HandleAttempt(local, local.Length / 16, i, out byte[] copy);
            Assert.Null(copy);
            got[i] = NetEndpoint.Format(path.Endpoint, 0);
        }
        Assert.Equal(tried, string.Join(" ", got));
    }

    [Fact]
    public void Addresses_that_can_only_be_abuse_are_left_out_and_the_list_is_bounded()
    {
        WgOnlyPath path = New(Endpoint("100.64.0.9:1"), Endpoint("10.0.0.3:0"), Endpoint("[fe80::1]:1"), V4);
        Assert.Equal(V4, path.Endpoint);
        byte[][] many = Enumerable.Range(1, 64).Select(i => Endpoint("10.0.1." + i + ":1")).ToArray();
        path = New(many);
        for (int i = 0; i < WgOnlyPath.MaxEndpoints; i++) path.HandleAttempt(new byte[0], 0, i, out _);
        Assert.Equal("10.0.1.8:1", NetEndpoint.Format(path.Endpoint, 0));
        path.HandleAttempt(new byte[0], 0, 9, out _);
        Assert.Equal("10.0.1.1:1", NetEndpoint.Format(path.Endpoint, 0));
    }

    [Fact]
    public void Where_it_was_heard_goes_first_and_the_others_get_copies()
    {
        WgOnlyPath path = New(V4, V6, V4B);
        path.HandleAttempt(new byte[0], 0, 0, out _);
        Assert.True(path.HandleHeard(V6, 0));
        Assert.False(path.HandleHeard(V6, 0));
        byte[] copy;
        Assert.False(path.HandleAttempt(new byte[0], 0, 1000, out copy));
        Assert.Null(copy);
        Assert.False(path.HandleAttempt(new byte[0], 0, 6000, out copy));
        Assert.Equal(V4B, copy);
        path.HandleAttempt(new byte[0], 0, 11000, out copy);
        Assert.Equal(V4, copy);
        Assert.Equal(V6, path.Endpoint);
        Assert.Equal("none: WireGuard only, no answer to handshakes at [2001:db8::1]:1, 10.0.0.1:1, 10.0.0.2:1", path.Describe(11000).Reason);
    }

    private static WgOnlyPath New(params byte[][] endpoints)
    {
        return new WgOnlyPath(new PeerRow { Id = 1, IsWireGuardOnly = true, Endpoints = endpoints.SelectMany(e => e).ToArray() });
    }

    private static byte[] Endpoint(string text)
    {
        byte[] endpoint = new byte[18];
        Assert.True(NetEndpoint.Parse(text, endpoint, 0));
        return endpoint;
    }

    private static byte[] Address(string text)
    {
        byte[] address = new byte[16];
        Assert.True(NetEndpoint.ParseAddress(text, address, 0));
        return address;
    }
}
