using System;
using System.Collections.Generic;
using System.Linq;
using MicroLink.Bytes;
using MicroLink.NetMap;
using MicroLink.Stun;
using MicroLink.Tests.Unit.Disco;
using Xunit;

namespace MicroLink.Tests.Unit.Stun;

/// <summary>The network check machine against scripted STUN servers, in virtual time (protocol.md 6.8, 7.3).</summary>
public sealed class NetCheckTests
{
    private readonly NetCheck _check;
    private readonly NetCheckOptions _options = new NetCheckOptions { FixedPort = true };
    private long _nowMs = 1000;
    private readonly List<(long At, Action Arrive)> _flying = new();
    /// <summary>Servers that answer: address to (delay, what they see).</summary>
    private readonly Dictionary<string, (int DelayMs, string Seen)> _servers = new();
    private readonly Dictionary<string, string[]> _names = new();
    private readonly List<string> _asked = new();
    private int _events;

    public NetCheckTests()
    {
        _check = new NetCheck(new SeedEntropy(1), _options);
        _check.SetLocal(Addresses("192.168.1.5", "fd00::5", "fe80::1", "100.64.0.9"), 41641);
    }

    [Fact]
    public void Endpoints_come_in_order_with_their_types()
    {
        _servers["1.0.0.1:3478"] = (10, "5.6.7.8:1000");
        _servers["[2001::1]:3478"] = (12, "[2001::99]:2000");
        Map(Region(1, new DerpNode { HostName = "a", IPv4 = "1.0.0.1", IPv6 = "2001::1" }));
        Run(100);
        Assert.Equal("5.6.7.8:1000/2 [2001::99]:2000/2 192.168.1.5:41641/1 [fd00::5]:41641/1", Own());
        Assert.Equal(1, _check.Homes.Home);
        Assert.Equal((NetCheck.Unknown, NetCheck.True, NetCheck.True), (_check.MappingVaries, _check.WorkingUdp, _check.WorkingIPv6));
        Assert.Equal(10, _check.Homes.LatencyMs(0));
    }

    [Theory]
    [InlineData("5.6.7.8:1000", NetCheck.False, "5.6.7.8:1000/2")]
    [InlineData("5.6.7.8:1001", NetCheck.True, "5.6.7.8:1000/2 5.6.7.8:41641/4 5.6.7.8:1001/2")]
    public void Two_servers_tell_whether_the_mapping_varies(string second, int varies, string own)
    {
        _check.SetLocal([], 41641);
        _servers["1.0.0.1:3478"] = (10, "5.6.7.8:1000");
        _servers["1.0.0.2:3478"] = (15, second);
        Map(Region(1, V4("a", "1.0.0.1"), V4("b", "1.0.0.2")));
        Run(3100);
        Assert.Equal(varies, _check.MappingVaries);
        Assert.Equal(own, Own());
    }

    [Fact]
    public void Each_server_is_asked_three_times_at_0_100_200_ms_and_the_report_ends_after_3_s()
    {
        Map(Region(1, V4("a", "1.0.0.1")), Region(2, V4("b", "1.0.0.2")));
        Run(99);
        Assert.Equal(2, _asked.Count);
        Run(1);
        Assert.Equal(4, _asked.Count);
        Run(100);
        Assert.Equal(6, _asked.Count);
        Assert.Equal(1, _events);                               // 200 ms: first news, local addresses
        Run(2700);
        Assert.Equal((6, 1), (_asked.Count, _events));
        Run(100);
        Assert.Equal(2, _events);
        Assert.Equal(NetCheck.False, _check.WorkingUdp);
        Assert.Equal(1, _check.Homes.Home);
        Assert.Equal("192.168.1.5:41641/1 [fd00::5]:41641/1", Own());
    }

    [Fact]
    public void A_lost_first_request_costs_latency_and_nothing_else()
    {
        Map(Region(1, V4("a", "1.0.0.1")), Region(2, V4("b", "1.0.0.2")));
        Run(50);
        _servers["1.0.0.1:3478"] = (10, "5.6.7.8:1000");
        _servers["1.0.0.2:3478"] = (20, "5.6.7.8:1000");
        Run(500);
        Assert.Equal(110, _check.Homes.LatencyMs(0));           // from the first request: a lossy server never looks fast
        Assert.Equal(1, _check.Homes.Home);
        Assert.Equal(1, _events);                               // all have answered: no need to wait
    }

    [Fact]
    public void Quiet_networks_are_checked_every_5_minutes_active_ones_every_20_to_26_s()
    {
        _servers["1.0.0.1:3478"] = (10, "5.6.7.8:1000");
        Map(Region(1, V4("a", "1.0.0.1")));
        Run(299000);
        Assert.Single(_asked);
        Run(2000);
        Assert.Equal(2, _asked.Count);
        _check.HandleActive(true, _nowMs);
        long before = _nowMs;
        List<long> times = new();
        while (_nowMs < before + 240000)
        {
            int asked = _asked.Count;
            Run(1);
            if (_asked.Count > asked) times.Add(_nowMs);
        }
        for (int i = 1; i < times.Count; i++) Assert.InRange(times[i] - times[i - 1], 20000, 26050);
        Assert.InRange(times.Count, 9, 12);
    }

    [Fact]
    public void A_request_asks_home_and_the_three_fastest_only_and_a_fresh_report_is_used_again()
    {
        for (int i = 1; i <= 6; i++) _servers["1.0.0." + i + ":3478"] = (10 * i, "5.6.7.8:1000");
        Map(Enumerable.Range(1, 6).Select(i => Region(i, V4("s" + i, "1.0.0." + i))).ToArray());
        Run(5000);
        Assert.Equal(1, _check.Homes.Home);
        _asked.Clear();
        _check.HandleRequest(_nowMs);
        Run(1);
        Assert.Equal(4, _asked.Distinct().Count());
        Run(300);
        int events = _events, asked = _asked.Count;
        _check.HandleRequest(_nowMs);
        Run(0);
        Assert.Equal((events + 1, asked), (_events, _asked.Count));
    }

    [Fact]
    public void Names_are_resolved_and_unresolved_ones_skipped()
    {
        _names["stun.test"] = ["1.0.0.7", "2001::7"];
        _servers["1.0.0.7:3479"] = (5, "5.6.7.8:1000");
        _servers["[2001::7]:3479"] = (5, "[2001::99]:1");
        Map(Region(1, new DerpNode { HostName = "stun.test", StunPort = 3479 }), Region(2, new DerpNode { HostName = "nowhere.test" }),
            Region(3, new DerpNode { HostName = "off.test", StunPort = -1 }));
        Run(100);
        Assert.Equal("5.6.7.8:1000/2 [2001::99]:1/2 192.168.1.5:41641/1 [fd00::5]:41641/1", Own());
        Assert.Equal(1, _check.Homes.Home);
    }

    [Fact]
    public void A_mapping_is_kept_for_5_minutes_and_forgotten_with_the_network()
    {
        _check.SetLocal([], 41641);
        _servers["1.0.0.1:3478"] = (10, "5.6.7.8:1000");
        Map(Region(1, V4("a", "1.0.0.1")));
        Run(100);
        _servers.Clear();
        _check.HandleActive(true, _nowMs);
        Run(60000);
        Assert.Equal("5.6.7.8:1000/2", Own());
        Run(400000);
        Assert.Equal("", Own());
        _servers["1.0.0.1:3478"] = (10, "5.6.7.8:1000");
        Run(60000);
        Assert.Equal("5.6.7.8:1000/2", Own());
        _servers["1.0.0.1:3478"] = (10, "9.9.9.9:9");
        _check.HandleNetworkChanged(_nowMs);
        Run(100);
        Assert.Equal("9.9.9.9:9/2", Own());
    }

    [Fact]
    public void Nonsense_from_servers_is_left_out()
    {
        _check.SetLocal([], 41641);
        _servers["1.0.0.1:3478"] = (10, "100.64.0.3:1000");
        _servers["1.0.0.2:3478"] = (10, "224.0.0.1:5");
        Map(Region(1, V4("a", "1.0.0.1"), V4("b", "1.0.0.2")));
        Run(3100);
        Assert.Equal("", Own());
        byte[] junk = new byte[40];
        for (int seed = 0; seed < 1000; seed++)
        {
            new Random(seed).NextBytes(junk);
            _check.HandleStun(junk, 0, junk.Length, _nowMs);
        }
    }

    [Fact]
    public void Force_relay_tells_no_endpoint()
    {
        _options.ForceRelay = true;
        _servers["1.0.0.1:3478"] = (10, "5.6.7.8:1000");
        Map(Region(1, V4("a", "1.0.0.1")));
        Run(100);
        Assert.Equal("", Own());
        Assert.Equal(1, _check.Homes.Home);
    }

    [Fact]
    public void A_hundred_regions_stay_within_the_gate()
    {
        Map(Enumerable.Range(1, 100).Select(i => Region(i, V4("s" + i, "1.0.1." + i))).ToArray());
        Run(1);
        Assert.Equal(StunProbes.MaxRows, _asked.Count);
    }

    private void Map(params DerpRegion[] regions)
    {
        _check.HandleMap(new DerpMap { Regions = regions }, _nowMs);
        Drain();
    }

    [Fact]
    public void Where_udp_is_blocked_relays_are_measured_by_https_and_the_nearest_becomes_home()
    {
        _options.MeasureByHttps = true;
        Map(Region(1, V4("a", "1.0.0.1")), Region(2, V4("b", "1.0.0.2")));
        Run(499);
        bool[] wanted = new bool[2];
        Assert.False(_check.PollMeasure(wanted));
        Run(1);
        Assert.True(_check.PollMeasure(wanted));
        Assert.Equal([true, true], wanted);
        _check.HandleMeasured(1, 80, _nowMs);
        _check.HandleMeasured(2, 30, _nowMs);
        _check.HandleMeasured(77, 1, _nowMs);
        _check.HandleMeasureEnd(_nowMs);
        Run(0);
        Assert.Equal(2, _check.Homes.Home);
        Assert.Equal((NetCheck.False, 30), (_check.WorkingUdp, _check.Homes.LatencyMs(1)));
        // It is asked again like any report; a measurement that never ends costs five seconds.
        int waited = 0;
        for (; waited < 27000 && !_check.PollMeasure(wanted); waited += 100) Run(100);
        Assert.InRange(waited, 20000, 26900);
        int before = _events;
        Run(6000);
        Assert.True(_events > before);
    }

    [Fact]
    public void An_answer_by_stun_makes_https_numbers_worthless()
    {
        _options.MeasureByHttps = true;
        _servers["1.0.0.1:3478"] = (700, "5.6.7.8:1000");
        Map(Region(1, V4("a", "1.0.0.1")), Region(2, V4("b", "1.0.0.2")));
        Run(600);
        Assert.True(_check.PollMeasure(new bool[2]));
        Run(200);
        _check.HandleMeasured(2, 5, _nowMs);
        Run(5000);
        Assert.Equal(1, _check.Homes.Home);
        Assert.Equal(NetCheck.True, _check.WorkingUdp);
    }

    [Fact]
    public void Without_udp_by_order_of_control_nothing_is_asked_and_nothing_told()
    {
        _options.MeasureByHttps = _options.NoUdp = true;
        _servers["1.0.0.1:3478"] = (10, "5.6.7.8:1000");
        Map(Region(1, V4("a", "1.0.0.1")), Region(2, V4("b", "1.0.0.2")));
        Assert.True(_check.PollMeasure(new bool[2]));
        _check.HandleMeasured(2, 5, _nowMs);
        _check.HandleMeasureEnd(_nowMs);
        Run(5000);
        Assert.Empty(_asked);
        Assert.Equal("", Own());
        Assert.Equal(2, _check.Homes.Home);
    }

    [Fact]
    public void A_mapped_port_comes_first_and_goes_when_it_is_gone()
    {
        _check.SetLocal([], 41641);
        _servers["1.0.0.1:3478"] = (10, "5.6.7.8:1000");
        Map(Region(1, V4("a", "1.0.0.1")));
        Run(100);
        _check.HandlePortMapped(DiscoWireTests.Endpoints("5.6.7.8:50000"), _nowMs);
        Assert.Equal("5.6.7.8:50000/3 5.6.7.8:1000/2", Own());
        _check.HandlePortMapped(null, _nowMs);
        Assert.Equal("5.6.7.8:1000/2", Own());
    }

    private void Run(int ms)
    {
        long end = _nowMs + ms;
        Drain();
        for (; ; )
        {
            long next = _flying.Count == 0 ? long.MaxValue : _flying.Min(f => f.At);
            next = Math.Min(next, _check.Deadline);
            if (next > end) break;
            _nowMs = Math.Max(_nowMs, next);
            foreach ((long At, Action Arrive) due in _flying.Where(f => f.At <= _nowMs).ToArray())
            {
                _flying.Remove(due);
                due.Arrive();
                Drain();
            }
            if (_check.Deadline <= _nowMs) _check.HandleTimeout(_nowMs);
            Drain();
        }
        _nowMs = end;
    }

    private void Drain()
    {
        while (_check.PollResolve(out string host, out int tag))
        {
            byte[] found = _names.TryGetValue(host, out string[] texts) ? Addresses(texts) : [];
            _flying.Add((_nowMs + 2, () => _check.HandleResolved(tag, found, _nowMs)));
        }
        byte[] request = new byte[40], endpoint = new byte[18];
        while (_check.PollTransmit(request, 0, endpoint, 0, _nowMs) > 0)
        {
            Assert.Equal(StunWire.Ok, StunWire.CheckRequest(request, 0, 40));
            string to = NetEndpoint.Format(endpoint, 0);
            _asked.Add(to);
            if (!_servers.TryGetValue(to, out (int DelayMs, string Seen) server)) continue;
            byte[] response = new byte[44];
            int count = StunWire.WriteResponse(response, 0, request, 8, DiscoWireTests.Endpoints(server.Seen), 0);
            _flying.Add((_nowMs + server.DelayMs, () => _check.HandleStun(response, 0, count, _nowMs)));
        }
        while (_check.PollEvent()) _events++;
    }

    private string Own()
    {
        byte[] endpoints = _check.Own.CopyEndpoints(), types = _check.Own.CopyTypes();
        return string.Join(' ', Enumerable.Range(0, types.Length).Select(i => NetEndpoint.Format(endpoints, 18 * i) + "/" + types[i]));
    }

    private static DerpRegion Region(int id, params DerpNode[] nodes) => new DerpRegion { Id = id, Nodes = nodes };

    private static DerpNode V4(string name, string address) => new DerpNode { HostName = name, IPv4 = address, IPv6 = "none" };

    private static byte[] Addresses(params string[] texts)
    {
        byte[] bytes = new byte[16 * texts.Length];
        for (int i = 0; i < texts.Length; i++) Assert.True(NetEndpoint.ParseAddress(texts[i], bytes, 16 * i));
        return bytes;
    }
}
