using System.Collections.Generic;
using MicroLink.Bytes;
using MicroLink.WireGuard;
using Xunit;

namespace MicroLink.Tests.Unit.WireGuard;

/// <summary>Each rule of protocol.md 8.6, in virtual milliseconds, with stamps once a second as on the device.</summary>
public class TimersTests
{
    private const int Initiate = WireGuardTimers.Initiate, Keepalive = WireGuardTimers.SendKeepalive, Wipe = WireGuardTimers.Wipe,
                      GiveUp = WireGuardTimers.GiveUp;

    private readonly WireGuardTimers _timers = new WireGuardTimers(12345);
    private readonly List<(long, int)> _wishes = new List<(long, int)>();
    private long _now = 1000000;
    // What native code would have stamped.
    private long _dataSent, _dataReceived, _authenticated, _sent, _born;
    private bool _ours, _rekeyDue, _staged;

    [Fact]
    public void A_packet_without_a_key_initiates_at_once_and_retries_20_times_in_about_100_seconds()
    {
        Meet();
        Assert.Equal(Initiate, Wish(_timers.HandleNeedHandshake(_now)));
        long start = _now, last = _now;
        _timers.HandleInitiationSent(_now);
        int sent = 1;
        for (; ; )
        {
            Assert.Equal("handshake retry", _timers.DeadlineReason);
            Assert.InRange(_timers.Deadline - last, 5000, 5333);
            Assert.Equal(0, Wish(_timers.HandleTimeout(_timers.Deadline - 1)));
            last = _now = _timers.Deadline;
            int wish = Wish(_timers.HandleTimeout(_now));
            if (wish == GiveUp) break;
            Assert.Equal(Initiate, wish);
            _timers.HandleInitiationSent(_now);
            sent++;
        }
        Assert.Equal(20, sent);
        Assert.InRange(_now - start, 100000, 107000);
        Assert.Equal(Output.Never, _timers.Deadline);
        Assert.False(_timers.IsHandshaking);

        Assert.Equal(Initiate, Wish(_timers.HandleNeedHandshake(_now + 10000)));      // the next packet starts anew
    }

    /// <summary>Against Headscale, a real tailscaled knew a new node 0.8 to 1.3 s after that node knew it: a call in between is dropped.</summary>
    [Fact]
    public void The_first_call_to_a_peer_that_was_never_met_is_repeated_after_1500_ms()
    {
        Assert.Equal(Initiate, Wish(_timers.HandleNeedHandshake(_now)));
        _timers.HandleInitiationSent(_now);
        Assert.InRange(_timers.Deadline - _now, 1500, 1500 + WireGuardWire.RekeyJitterMs);
        _now = _timers.Deadline;
        Assert.Equal(Initiate, Wish(_timers.HandleTimeout(_now)));
        _timers.HandleInitiationSent(_now);
        Assert.InRange(_timers.Deadline - _now, 5000, 5000 + WireGuardWire.RekeyJitterMs);
        Meet();
        _timers.HandleInitiationSent(_now);
        Assert.InRange(_timers.Deadline - _now, 5000, 5000 + WireGuardWire.RekeyJitterMs);
        _timers.HandleSessionsDropped();                                             // it restarted, so it may not know us again yet
        _timers.HandleInitiationSent(_now);
        Assert.InRange(_timers.Deadline - _now, 1500, 1500 + WireGuardWire.RekeyJitterMs);
        _timers.HandleNotLost();                                                     // it asks for a cookie
        Assert.InRange(_timers.Deadline - _now, 5000, 5000 + WireGuardWire.RekeyJitterMs);
    }

    /// <summary>tailscaled forgets its sessions with `tailscale down` and `up`, and keeps its disco key: our data was lost for 15 s.</summary>
    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void Data_unanswered_after_the_peer_came_back_starts_a_handshake_at_once(bool answered, bool initiates)
    {
        _timers.HandleInitiationSent(_now);
        _timers.HandleHandshakeCompleted(true, _now);
        _born = _authenticated = _now;
        _now += 60000;
        _timers.HandlePeerBack(_now);
        Assert.Equal(0, Wish(Stamps()));                                             // nothing was sent
        _now += 1000;
        _dataSent = _now - 500;
        if (answered) _authenticated = _now - 499;
        Assert.Equal(initiates ? Initiate : 0, Wish(Stamps()));
        _now += 1000;
        _dataSent = _now - 500;
        Assert.Equal(0, Wish(Stamps()));                                             // one a doubt
    }

    /// <summary>A peer may lose our session and be back before a ping is missed; its path is fine, and what we send is dropped.</summary>
    [Theory]
    [InlineData(5000, 0, true, true)]          // asked after a pause: an answer was due
    [InlineData(20, 0, true, false)]           // an acknowledgement: nothing is due
    [InlineData(20, 400, true, true)]          // and more data after it
    [InlineData(5000, 0, false, false)]        // the peer never sent us data: it may only listen
    public void Silence_of_a_peer_that_used_to_answer_starts_one_handshake(int pauseMs, int againMs, bool answered, bool initiates)
    {
        Session(true);
        _now += 20000;
        if (answered) DataBothWays();
        Stamps();
        _authenticated = _now;
        _now += pauseMs;
        long sinceMs = _dataSent = _now;
        _now += againMs;
        if (againMs != 0) _dataSent = _now;
        Assert.Equal(initiates ? Initiate : 0, Wish(_timers.HandleSilence(sinceMs, _dataSent, _authenticated, _now + 600)));
        if (!initiates) return;
        _now += 20000;
        Assert.Equal(0, Wish(_timers.HandleSilence(_now - 1000, _now - 600, _authenticated, _now)));    // once until it sends data
    }

    [Fact]
    public void Silence_is_seen_in_the_stamps_too()
    {
        Session(true);
        DataBothWays();
        Run(10);
        Assert.Empty(_wishes);
        Sent();
        Run(3);
        Assert.Single(_wishes);
        Assert.InRange(_wishes[0].Item1 - _dataSent, 1000, 2000);
    }

    [Fact]
    public void At_most_one_initiation_in_5_seconds_also_after_a_response()
    {
        _timers.HandleResponseSent(_now);
        Assert.Equal(0, Wish(_timers.HandleNeedHandshake(_now + 100)));
        Assert.Equal(_now + 5000, _timers.Deadline);
        Assert.Equal(Initiate, Wish(_timers.HandleTimeout(_now + 5000)));
    }

    [Fact]
    public void When_the_home_relay_comes_up_an_unanswered_initiation_is_not_waited_for()
    {
        Assert.Equal(0, Wish(_timers.HandleAnswerLost(_now)));                       // none is under way
        _timers.HandleNeedHandshake(_now);
        _timers.HandleInitiationSent(_now);
        Assert.Equal(0, Wish(_timers.HandleAnswerLost(_now + 100)));
        Assert.Equal(_now + 200, _timers.Deadline);                                  // a newcomer
        Assert.Equal(Initiate, Wish(_timers.HandleTimeout(_now + 200)));
        _timers.HandleInitiationSent(_now + 200);
        Assert.InRange(_timers.Deadline, _now + 5200, _now + 5533);
        Assert.Equal(0, Wish(_timers.HandleAnswerLost(_now + 5150)));
        Assert.InRange(_timers.Deadline, _now + 5200, _now + 5250);                 // never later than planned
    }

    [Fact]
    public void A_peer_that_we_know_may_have_a_long_way_to_answer_when_the_home_relay_comes_up()
    {
        _timers.HandleHandshakeCompleted(true, _now);
        _now += 200000;
        _timers.HandleNeedHandshake(_now);
        _timers.HandleInitiationSent(_now);
        Assert.Equal(0, Wish(_timers.HandleAnswerLost(_now + 100)));
        Assert.Equal(_now + 100 + WireGuardWire.RekeyJitterMs, _timers.Deadline);
    }

    [Fact]
    public void A_packet_that_waits_for_the_confirmation_of_our_response_needs_no_initiation()
    {
        _timers.HandleResponseSent(_now);
        _timers.HandleNeedHandshake(_now + 100);
        _timers.HandleHandshakeCompleted(false, _now + 200);
        Assert.Equal(0, Wish(_timers.HandleTimeout(_now + 6000)));
    }

    [Fact]
    public void Completion_ends_the_retries()
    {
        _timers.HandleInitiationSent(_now);
        Session(true);
        Run(20);
        Assert.Empty(_wishes);
    }

    [Fact]
    public void The_initiator_renews_a_key_older_than_120_seconds_when_it_sends()
    {
        Session(true);
        Run(119);
        DataBothWays();
        Run(1);
        Assert.Empty(_wishes);
        Run(1);
        DataBothWays();
        Run(1);
        Assert.Equal(Initiate, Assert.Single(_wishes).Item2);
    }

    [Fact]
    public void Without_new_data_an_old_key_is_left_alone_and_the_responder_never_renews_it()
    {
        Session(true);
        Run(170);
        Assert.Empty(_wishes);
        Session(false);
        for (int i = 0; i < 170; i++)
        {
            DataBothWays();
            Run(1);
        }
        Assert.Empty(_wishes);
    }

    [Fact]
    public void A_counter_at_2_to_the_60_renews_at_once()
    {
        Session(true);
        Run(5);
        _rekeyDue = true;
        DataBothWays();
        Run(1);
        Assert.Equal(Initiate, Assert.Single(_wishes).Item2);
    }

    [Fact]
    public void The_initiator_renews_once_at_165_seconds_when_it_only_receives()
    {
        Session(true);
        for (int i = 0; i < 165; i++)
        {
            Received();
            if (i % 5 == 0) _sent = _now;                // keepalives, so that nothing is owed
            Run(1);
        }
        Assert.Empty(_wishes);
        for (int i = 0; i < 5; i++)                      // and before its first retry
        {
            _sent = _now;
            Received();
            Run(1);
        }
        Assert.Equal(Initiate, Assert.Single(_wishes).Item2);
    }

    [Fact]
    public void Data_without_an_answer_for_15_seconds_initiates()
    {
        Session(true);
        Run(10);
        long first = _now;
        for (int i = 0; i < 15; i++)
        {
            Sent();
            Run(1);
        }
        Assert.Empty(_wishes);
        Sent();
        Run(1);
        (long at, int wish) = Assert.Single(_wishes);
        Assert.Equal(Initiate, wish);
        Assert.InRange(at - first, 15000, 16000);
    }

    [Fact]
    public void Any_authenticated_packet_counts_as_an_answer()
    {
        Session(true);
        for (int i = 0; i < 60; i++)
        {
            Sent();
            Run(1);
            if (i % 10 == 0) _authenticated = _now;      // keepalives of the peer
        }
        Assert.Empty(_wishes);
    }

    [Fact]
    public void Data_received_and_nothing_sent_for_10_seconds_is_answered_with_a_keepalive()
    {
        Session(false);
        Run(3);
        Received();
        long received = _now;
        Run(9);
        Assert.Empty(_wishes);
        Run(30);
        (long at, int wish) = Assert.Single(_wishes);
        Assert.Equal(Keepalive, wish);
        Assert.InRange(at - received, 10000, 11000);
    }

    [Fact]
    public void More_data_meanwhile_means_another_keepalive_10_seconds_later()
    {
        Session(false);
        Run(1);
        Received();
        Run(5);
        Received();
        Run(40);
        Assert.Equal(2, _wishes.Count);
        Assert.All(_wishes, w => Assert.Equal(Keepalive, w.Item2));
        Assert.InRange(_wishes[1].Item1 - _wishes[0].Item1, 10000, 11000);
    }

    [Fact]
    public void A_packet_sent_in_time_saves_the_keepalive()
    {
        Session(false);
        Run(1);
        Received();
        Run(8);
        _sent = _now;
        Run(60);
        Assert.Empty(_wishes);
    }

    [Fact]
    public void All_keys_go_540_seconds_after_the_last_session()
    {
        Session(true);
        long born = _now;
        Run(539);
        Assert.Empty(_wishes);
        Run(2);
        (long at, int wish) = Assert.Single(_wishes);
        Assert.Equal(Wipe, wish);
        Assert.InRange(at - born, 540000, 541000);

        _timers.HandleResponseSent(_now);                // a responder's session counts as derived when it is answered
        Assert.Equal("keys wiped", _timers.DeadlineReason);
        _timers.HandleSessionsDropped();
        Assert.Equal(Output.Never, _timers.Deadline);
    }

    [Fact]
    public void The_confirmation_of_an_answered_session_does_not_prolong_it()
    {
        _timers.HandleResponseSent(_now);
        _timers.HandleHandshakeCompleted(false, _now + 3000);
        Assert.Equal(_now + 540000, _timers.Deadline);
        _timers.HandleHandshakeCompleted(true, _now + 4000);
        Assert.Equal(_now + 544000, _timers.Deadline);
    }

    [Fact]
    public void A_packet_that_waits_behind_an_expired_key_initiates()
    {
        Session(true);
        Run(180);
        _staged = true;
        Run(1);
        Assert.Equal(Initiate, _wishes[0].Item2);
    }

    [Fact]
    public void After_giving_up_old_data_does_not_start_it_again_but_new_data_does()
    {
        Session(true);
        Run(121);
        Sent();
        Run(1);
        Assert.Equal(Initiate, Assert.Single(_wishes).Item2);
        for (int i = 0; i < 140; i++) Run(1);
        int before = _wishes.Count;
        Assert.Equal(GiveUp, _wishes[before - 1].Item2);
        Run(60);
        Assert.Equal(before, _wishes.Count);
        Sent();
        Run(1);
        Assert.Equal(before + 1, _wishes.Count);
        Assert.Equal(Initiate, _wishes[before].Item2);
    }

    // ---- A second hand: stamps once a second, deadlines when they come, wishes carried out.

    private void Session(bool initiator)
    {
        _born = _sent = _authenticated = _now;
        _ours = initiator;
        _rekeyDue = false;
        if (!initiator) _timers.HandleResponseSent(_now);
        _timers.HandleHandshakeCompleted(initiator, _now);
        Tick();
        _wishes.Clear();
    }

    private void Run(int seconds)
    {
        for (int i = 0; i < seconds; i++)
        {
            long end = _now + 1000;
            while (_timers.Deadline <= end)
            {
                if (_timers.Deadline > _now) _now = _timers.Deadline;
                CarryOut(_timers.HandleTimeout(_now));
            }
            _now = end;
            Tick();
        }
    }

    private void Tick()
    {
        CarryOut(Stamps());
    }

    private void CarryOut(int output)
    {
        int wish = Wish(output);
        if (wish == 0) return;
        _wishes.Add((_now, wish));
        if ((wish & Initiate) != 0) _timers.HandleInitiationSent(_now);
        if ((wish & Keepalive) != 0) _sent = _now;
    }

    private void Sent() => _dataSent = _sent = _now;
    private void Received() => _dataReceived = _authenticated = _now;

    private void DataBothWays()
    {
        Sent();
        _dataReceived = _authenticated = _now;
    }

    private void Meet()
    {
        _timers.HandleHandshakeCompleted(false, _now);
    }

    private int Stamps() => _timers.HandleStamps(_dataSent, _dataReceived, _authenticated, _sent, _born, _ours, _rekeyDue, _staged, _now);

    private static int Wish(int output) => output & (Initiate | Keepalive | Wipe | GiveUp);
}
