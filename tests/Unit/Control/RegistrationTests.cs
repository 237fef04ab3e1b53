using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using MicroLink.Control;
using MicroLink.NetMap;
using MicroLink.Runtime;
using MicroLink.TestKit;
using MicroLink.Tests.Unit.Http2;
using Xunit;
using static MicroLink.Tests.Unit.Control.ControlMaps;

namespace MicroLink.Tests.Unit.Control;

/// <summary>Registration through the whole actor: refusals, logins, key rotation, logout (protocol.md 3).</summary>
public class RegistrationTests
{
    [Fact]
    public void A_refused_auth_key_is_said_plainly_and_tried_again_ever_more_slowly()
    {
        ControlBench bench = new();
        bench.Control.OnRegister = _ => new Answer(200, "{\"User\":{},\"NodeKeyExpired\":false,\"MachineAuthorized\":false,\"AuthURL\":\"\",\"NodeKeySignature\":null,\"Error\":\"invalid pre auth key\"}");
        bench.Start();
        ControlStateChanged state = bench.State();
        Assert.Equal(ControlState.Refused, state.State);
        Assert.StartsWith("The control server refused this node: invalid pre auth key. Check the auth key. Trying again", state.Reason);
        bench.Advance(60000);
        int first = bench.Control.Registers.Count;
        bench.Advance(3600 * 1000);
        int hour = bench.Control.Registers.Count - first;
        Assert.InRange(first, 5, 60);
        Assert.InRange(hour, 70, 300);
    }

    [Fact]
    public void Too_many_requests_waits_as_long_as_the_server_says()
    {
        ControlBench bench = new();
        bench.Control.OnRegister = _ => new Answer(429, "slow down", "7");
        bench.Start();
        Assert.Contains("slow down", bench.State().Reason);
        bench.Advance(6900);
        Assert.Single(bench.Control.Registers);
        bench.Advance(200);
        Assert.Equal(2, bench.Control.Registers.Count);
        bench.Control.OnRegister = _ => new Answer(429, "slow down", "Wed, 25 Nov 2026 20:00:00 GMT");
        bench.Advance(7000);
        Assert.Equal(3, bench.Control.Registers.Count);
        bench.Advance(4900);
        Assert.Equal(3, bench.Control.Registers.Count);
        bench.Advance(5200);
        Assert.Equal(4, bench.Control.Registers.Count);
    }

    [Theory]
    [InlineData("Wed, 25 Nov 2026 20:00:30 GMT", "Wed, 25 Nov 2026 20:00:00 GMT", 30000, 30000)]
    [InlineData("Thu, 01 Jan 1970 00:02:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", 120000, 120000)]
    [InlineData("Sun, 29 Feb 2032 00:00:10 GMT", "Sat, 28 Feb 2032 23:59:50 GMT", 20000, 20000)]
    [InlineData("Wed, 25 Nov 2026 19:00:00 GMT", "Wed, 25 Nov 2026 20:00:00 GMT", 5000, 10000)]
    [InlineData("Wed, 25 Nov 2027 20:00:00 GMT", "Wed, 25 Nov 2026 20:00:00 GMT", 5000, 10000)]
    [InlineData("Wed, 25 Foo 2026 20:00:30 GMT", "Wed, 25 Nov 2026 20:00:00 GMT", 5000, 10000)]
    [InlineData("Wed, 25 Nov 2026 20:00:30 GMT", null, 5000, 10000)]
    [InlineData("99999999999999999999", null, 5000, 10000)]
    [InlineData("0", null, 5000, 10000)]
    public void RetryAfter_as_a_date_is_compared_with_the_servers_own_clock(string retry, string date, int leastMs, int mostMs)
    {
        ControlBench bench = new();
        bench.Control.OnRegister = _ => new Answer(429, "slow down", retry, date);
        bench.Start();
        bench.Advance(leastMs - 1);
        Assert.Single(bench.Control.Registers);
        bench.Advance(mostMs - leastMs + 2);
        Assert.Equal(2, bench.Control.Registers.Count);
    }

    [Fact]
    public void A_pinned_server_key_is_the_only_one_accepted()
    {
        ControlBench bench = new();
        bench.Options.KnownServerKey = new byte[32];
        bench.Options.PinServerKey = true;
        bench.Start();
        ControlStateChanged state = bench.State();
        Assert.Equal(ControlState.Refused, state.State);
        Assert.Contains("and not the one that is pinned", state.Reason);
        Assert.Empty(bench.Control.Registers);
        bench.Options.KnownServerKey = bench.Control.Public;
        bench.Advance(60000);
        Assert.Single(bench.Control.Polls);
    }

    [Fact]
    public void Node_not_found_with_status_400_registers_again_as_404_does()
    {
        ControlBench bench = new();
        int polls = 0;
        bench.Control.OnPoll = _ => ++polls == 1 ? new Answer(400, "node not found\n") : new Answer(200, null);
        bench.Start();
        bench.Advance(3000);
        Assert.Equal(2, bench.Control.Registers.Count);
        Assert.Equal(2, polls);
    }

    [Fact]
    public void An_expired_key_is_rotated_once_and_the_node_is_told()
    {
        ControlBench bench = new();
        string firstKey = null;
        bench.Control.OnRegister = request =>
        {
            string key = request.GetProperty("NodeKey").GetString();
            firstKey ??= key;
            return new Answer(200, key == firstKey ? "{\"NodeKeyExpired\":true,\"MachineAuthorized\":false,\"AuthURL\":\"\",\"Error\":\"\"}"
                : "{\"NodeKeyExpired\":false,\"MachineAuthorized\":true,\"AuthURL\":\"\",\"Error\":\"\"}");
        };
        bench.Start();
        Assert.Equal(2, bench.Control.Registers.Count);
        Assert.Equal(firstKey, bench.Control.Registers[1].GetProperty("OldNodeKey").GetString());
        Assert.Single(bench.Control.Polls);
        NodeKeyRotated rotated = ControlBench.All<NodeKeyRotated>(bench.Node).Single();
        Assert.Equal(bench.Control.Registers[1].GetProperty("NodeKey").GetString(), "nodekey:" + Convert.ToHexString(rotated.NodePublic).ToLowerInvariant());
    }

    /// <summary>Headscale with a key for one use, then `headscale nodes expire`: seen as an error for ever.</summary>
    [Fact]
    public void An_expired_node_whose_auth_key_is_used_up_asks_for_a_login()
    {
        ControlBench bench = new();
        bench.Control.OnRegister = request => new Answer(200,
            request.TryGetProperty("Followup", out _) ? "{\"MachineAuthorized\":true,\"AuthURL\":\"\",\"Error\":\"\"}"
            : bench.Control.Registers.Count == 1 ? "{\"NodeKeyExpired\":true,\"MachineAuthorized\":false,\"AuthURL\":\"\",\"Error\":\"\"}"
            : request.TryGetProperty("Auth", out _) ? "{\"Error\":\"authkey already used\"}"
            : "{\"MachineAuthorized\":false,\"AuthURL\":\"https://control.test/register/abc\",\"Error\":\"\"}");
        bench.Start();
        Assert.Contains(ControlBench.All<ControlStateChanged>(bench.Node), s => s.State == ControlState.NeedsLogin && s.AuthUrl == "https://control.test/register/abc");
        Assert.Single(bench.Control.Polls);
    }

    [Fact]
    public void A_refusal_of_tags_says_so()
    {
        ControlBench bench = new();
        bench.Control.OnRegister = _ => new Answer(200, "{\"Error\":\"requested tags [tag:x] are invalid or not permitted\"}");
        bench.Start();
        Assert.Contains("not permitted. Check the tags asked for, and the auth key.", bench.State().Reason);
    }

    [Fact]
    public void A_server_that_calls_every_key_expired_gets_no_key_after_the_second()
    {
        // The node is built anew with each new key (NodeHost), so the second client starts with the key that the first one made.
        ControlBench bench = new();
        bench.Options.NodeKeyIsNew = true;
        bench.Control.OnRegister = _ => new Answer(200, "{\"NodeKeyExpired\":true,\"MachineAuthorized\":true,\"AuthURL\":\"\",\"Error\":\"\"}");
        bench.Start();
        bench.Advance(600000);
        Assert.Contains("calls even a new node key expired", bench.State().Reason);
        Assert.InRange(bench.Control.Registers.Count, 10, 60);
        Assert.Empty(ControlBench.All<NodeKeyRotated>(bench.Node));
    }

    [Fact]
    public void Login_by_page_waits_in_a_long_poll_and_survives_a_break()
    {
        ControlBench bench = new();
        bench.Options.AuthKey = null;
        bench.Control.OnRegister = request => request.TryGetProperty("Followup", out _) ? new Answer(0, null)
            : new Answer(200, "{\"MachineAuthorized\":false,\"AuthURL\":\"https://control.test/register/abc\",\"Error\":\"\"}");
        bench.Start();
        ControlStateChanged state = bench.State();
        Assert.Equal((ControlState.NeedsLogin, "https://control.test/register/abc"), (state.State, state.AuthUrl));
        Assert.Equal("https://control.test/register/abc", bench.Control.Registers[1].GetProperty("Followup").GetString());
        Assert.Equal(bench.Control.Registers[0].GetProperty("NodeKey").GetString(), bench.Control.Registers[1].GetProperty("NodeKey").GetString());
        bench.Advance(599 * 1000);
        Assert.Equal(2, bench.Control.Registers.Count);
        bench.Break();
        bench.Advance(2000);
        Assert.Equal("https://control.test/register/abc", bench.Control.Registers[2].GetProperty("Followup").GetString());
        // A connection that died without a word: the question is repeated every 10 minutes, and the page stays the same.
        bench.Advance(3600 * 1000);
        Assert.InRange(bench.Control.Registers.Count, 8, 10);
        Assert.Equal((ControlState.NeedsLogin, "https://control.test/register/abc"), (bench.State().State, bench.State().AuthUrl));
        TestConnection connection = bench.Control.Last;
        connection.Respond(connection.RegisterStream, new Answer(200, "{\"MachineAuthorized\":true,\"AuthURL\":\"\",\"Error\":\"\"}"));
        bench.Run();
        Assert.Single(bench.Control.Polls);
    }

    [Fact]
    public void An_unapproved_machine_polls_and_waits()
    {
        ControlBench bench = new();
        bench.Start();
        bench.Control.Last.Push(Full().Replace(",\"MachineAuthorized\":true", ""));
        bench.Run();
        Assert.Equal(ControlState.NeedsApproval, bench.State().State);
        bench.Control.Last.Push("{" + Self + "}");
        bench.Run();
        Assert.Equal(ControlState.Connected, bench.State().State);
    }

    [Fact]
    public void A_forgotten_node_registers_again()
    {
        ControlBench bench = Connected();
        bench.Control.OnPoll = _ => new Answer(bench.Control.Registers.Count == 1 ? 404 : 200, bench.Control.Registers.Count == 1 ? "node not found\n" : null);
        bench.Break();
        bench.Advance(5000);
        Assert.Equal(2, bench.Control.Registers.Count);
        bench.Control.Last.Push(Full());
        bench.Run();
        Assert.Equal(ControlState.Connected, bench.State().State);
    }

    [Fact]
    public void Logout_expires_the_key_and_answers()
    {
        ControlBench bench = Connected();
        bench.Node.Send(bench.Actor, Logout.Instance);
        bench.Run();
        Assert.Null(ControlBench.All<LoggedOut>(bench.Node).Single().Error);
        Assert.Equal("1970-01-01T00:02:03Z", bench.Control.Registers[^1].GetProperty("Expiry").GetString());
        bench.Advance(100000);
        Assert.Equal(2, bench.Control.Registers.Count);
    }

    [Fact]
    public void An_own_key_that_expires_while_connected_is_replaced()
    {
        ControlBench bench = Connected();
        bench.Control.Last.Push("{" + Self[..^1] + ",\"KeyExpiry\":\"2026-11-25T20:10:00Z\"},\"ControlTime\":\"2026-11-25T20:00:00Z\"}");
        bench.Run();
        bench.Advance(120000);
        for (int i = 0; i < 10; i++)
        {
            bench.Advance(60000);
            bench.Control.Last.Push("{" + Self[..^1] + ",\"KeyExpiry\":\"2026-11-25T20:10:00Z\"}}");
            bench.Run();
        }
        Assert.True(bench.Control.Registers.Count >= 2);
        Assert.NotEmpty(ControlBench.All<NodeKeyRotated>(bench.Node));
    }

    [Fact]
    public void Control_characters_of_a_server_never_reach_a_terminal()
    {
        ControlBench bench = new();
        bench.Control.OnRegister = _ => new Answer(200, "{\"Error\":\"no\\u001b[2Jway\\r\\nfake line\"}");
        bench.Start();
        Assert.DoesNotContain(bench.State().Reason, c => c < 32);
    }
}
