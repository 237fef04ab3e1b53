using System.Collections.Generic;
using System.Linq;
using MicroLink.Bytes;
using MicroLink.Control;
using MicroLink.NetMap;
using Xunit;

namespace MicroLink.Tests.Unit.Control;

/// <summary>Ports, fallback and racing of protocol.md 2.2.</summary>
public class DialRaceTests
{
    [Theory]
    [InlineData("https://h", 80, 443)]
    [InlineData("https://h:8443", 80, 8443)]
    [InlineData("http://h.example", 80, 443)]
    [InlineData("http://h.example:8080", 8080, 443)]
    [InlineData("http://10.1.2.3", 80, 0)]
    [InlineData("http://127.0.0.1:8080", 8080, 0)]
    [InlineData("http://localhost:8080", 8080, 0)]
    [InlineData("http://[::1]:8080", 8080, 0)]
    [InlineData("http://[fd00::1]", 80, 0)]
    [InlineData("http://198.51.100.1:8080", 8080, 443)]
    [InlineData("https://192.168.1.2", 80, 443)]
    public void Ports(string url, int http, int https)
    {
        ControlUrl parsed = ControlUrl.Parse(url, out string error);
        Assert.Null(error);
        Assert.Equal((http, https), (parsed.HttpPort, parsed.HttpsPort));
    }

    [Fact]
    public void HTTPS_starts_500_ms_after_plain_HTTP_or_at_once_when_that_fails()
    {
        DialRace race = Begin("https://h", null);
        Assert.Equal("h:80", Due(race, 0));
        Assert.Equal(500, race.Deadline);
        Assert.Equal("", Due(race, 499));
        Assert.Equal("h:443", Due(race, 500));

        race = Begin("https://h", null);
        Due(race, 0);
        race.HandleFailed(0, "refused", 30);
        Assert.Equal("h:443", Due(race, 30));
        Assert.True(race.HasMore);
        race.HandleFailed(1, "the certificate is bad", 40);
        Assert.False(race.HasMore);
        // The URL says https, so its failure is the one that helps.
        Assert.Equal("the certificate is bad", race.Text);
    }

    [Fact]
    public void The_text_of_the_urls_own_scheme_is_shown()
    {
        DialRace race = Begin("http://h.example:8080", null);
        Due(race, 0);
        race.HandleFailed(0, "refused", 0);
        Due(race, 0);
        race.HandleFailed(1, "nothing on 443", 0);
        Assert.Equal("refused", race.Text);
    }

    [Fact]
    public void Candidates_of_the_plan_come_first_and_the_name_when_all_have_failed()
    {
        ControlDialPlan plan = new() { Addresses = new[] { "10.0.0.1", "10.0.0.2" }, DelaysMs = new[] { 0, 1000 }, TimeoutsMs = new[] { 3000, 0 } };
        DialRace race = Begin("https://h", plan);
        Assert.Equal("10.0.0.1:80", Due(race, 0));
        Assert.Equal("10.0.0.1:443", Due(race, 500));
        Assert.Equal("10.0.0.2:80", Due(race, 1000));
        Assert.Equal("10.0.0.2:443", Due(race, 1500));
        Assert.Equal((3000, 10000), (race.TimeoutMs(0), race.TimeoutMs(2)));
        Assert.Equal(Output.Never, race.Deadline);
        for (int i = 0; i < 3; i++) race.HandleFailed(i, "no", 2000);
        Assert.Equal("", Due(race, 2000));
        race.HandleFailed(3, "no", 2500);
        Assert.Equal("h:80", Due(race, 2500));
        Assert.Equal("h:443", Due(race, 3000));
        Assert.Equal(16000, race.LimitMs);
    }

    [Fact]
    public void A_full_plan_fits()
    {
        ControlDialPlan plan = new()
        {
            Addresses = Enumerable.Range(1, ControlDialPlan.MaxCandidates).Select(i => "10.0.0." + i).ToArray(),
            DelaysMs = new int[ControlDialPlan.MaxCandidates], TimeoutsMs = Enumerable.Repeat(60000, ControlDialPlan.MaxCandidates).ToArray(),
        };
        DialRace race = Begin("https://h", plan);
        Assert.Equal(60000, race.LimitMs);
        Assert.Equal(ControlDialPlan.MaxCandidates, Due(race, 0).Split(' ').Length);
        for (int i = 0; i < DialRace.MaxAttempts; i++) race.HandleFailed(i, "no", 0);
        Assert.False(race.HasMore);
    }

    [Fact]
    public void The_control_client_uses_the_first_and_falls_back_to_the_second_connection()
    {
        ControlBench bench = new();
        bench.Options.ControlUrl = "https://control.test";
        bench.Control.PlainAnswer = "HTTP/1.1 301 Moved\r\nLocation: https://control.test/\r\nContent-Length: 0\r\n\r\n";
        bench.Start();
        Assert.Equal(new[] { "443", "80", "443" }, bench.Dials.Select(d => d.Port.ToString()));
        Assert.Single(bench.Control.Polls);
        Assert.True(bench.Control.Connections[1].Gone);
    }

    [Fact]
    public void A_plain_connection_that_hangs_is_given_up_for_HTTPS_after_half_a_second()
    {
        ControlBench bench = new();
        bench.Options.ControlUrl = "https://control.test";
        bench.Control.PlainAnswer = "";
        bench.Start();
        Assert.Empty(bench.Control.Polls);
        bench.Advance(600);
        Assert.Equal(new[] { "443", "80", "443" }, bench.Dials.Select(d => d.Port.ToString()));
        Assert.Single(bench.Control.Polls);
    }

    [Fact]
    public void Port_80_is_left_out_within_two_minutes_and_under_only_tcp_443()
    {
        ControlBench bench = new();
        bench.Options.ControlUrl = "https://control.test";
        bench.Start();
        Assert.Equal(new[] { 443, 80 }, bench.Dials.Select(d => d.Port));
        bench.Break();
        bench.Advance(2000);
        Assert.Equal(443, bench.Dials[2].Port);
        bench.Control.Last.Push(ControlMaps.Full(3));
        bench.Advance(121000);
        bench.Advance(1000);
        Assert.Equal(80, bench.Dials[3].Port);
        bench.Control.Last.Push("{\"Node\":{\"ID\":7,\"Key\":\"nodekey:" + new string('1', 64) + "\",\"MachineAuthorized\":true,\"CapMap\":{\"only-tcp-443\":null}}}");
        bench.Run();
        bench.Advance(125000);
        Assert.Equal(443, bench.Dials[^1].Port);
    }

    [Fact]
    public void The_dial_plan_of_the_map_is_used_for_the_next_connection()
    {
        ControlBench bench = new();
        bench.Start();
        bench.Control.Last.Push(ControlMaps.Full(3));
        bench.Control.Last.Push("{\"KeepAlive\":true,\"ControlDialPlan\":{\"Candidates\":[{\"IP\":\"192.0.2.9\"}]}}");
        bench.Run();
        bench.Break();
        bench.Advance(2000);
        Assert.Equal(("control.test", "192.0.2.9", "control.test"), (bench.Dials[^1].Host, bench.Dials[^1].Address, bench.Dials[^1].ServerName));
        Assert.Equal(2, bench.Control.Polls.Count);
    }

    private static DialRace Begin(string url, ControlDialPlan plan)
    {
        DialRace race = new();
        race.Begin(ControlUrl.Parse(url, out _), plan, false, 0);
        return race;
    }

    private static string Due(DialRace race, long nowMs)
    {
        race.HandleTimeout(nowMs);
        List<string> due = new();
        for (int at = race.PollDue(); at >= 0; at = race.PollDue()) due.Add((race.Address(at) ?? "h") + ":" + race.Port(at));
        return string.Join(" ", due);
    }
}
