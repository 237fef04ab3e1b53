using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using MicroLink.Http2;
using Xunit;
using static MicroLink.Tests.Unit.Http2.Http2Pair;

namespace MicroLink.Tests.Unit.Http2;

public class Http2ConnectionTests
{
    [Fact]
    public void The_preface_comes_first_with_push_off()
    {
        Http2Connection client = new(1024, 16384);
        byte[] sent = new byte[4077];
        int count = client.PollTransmit(sent, 0, sent.Length);
        Assert.Equal("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Encoding.ASCII.GetString(sent, 0, 24));
        Assert.Equal("000012" + "0400" + "00000000" + "000200000000" + "000100000400" + "000400004000", Convert.ToHexString(sent, 24, count - 24));
    }

    [Fact]
    public void A_request_is_a_head_and_a_body_and_settings_are_acknowledged()
    {
        Http2Pair pair = new();
        Assert.Equal(1, pair.Post("/machine/register", 10));
        List<SentFrame> first = pair.Sent();
        Assert.Equal(new[] { 4, 1, 0 }, first.Select(f => f.Type));
        Assert.Equal(1, first[2].Flags);
        pair.Feed(Frame(4, 0, 0));
        SentFrame ack = Assert.Single(pair.Sent());
        Assert.Equal((4, 1), (ack.Type, ack.Flags));
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(1)]
    [InlineData(5)]
    public void A_padded_prioritised_response_at_any_cut(int piece)
    {
        Http2Pair pair = Opened();
        pair.Post("/x");
        pair.Sent();
        byte[] plain = Head(1)[9..];
        byte[] head = Frame(1, 4 | 8 | 32, 1, new byte[] { 3, 0, 0, 0, 0, 16 }.Concat(plain).Concat(new byte[3]).ToArray());
        byte[] data = Frame(0, 8 | 1, 1, new byte[] { 4, (byte)'h', (byte)'i', 0, 0, 0, 0 });
        pair.Feed(Join(head, data), piece);
        Assert.Equal(new[] { "response 1 200", "end 1" }, pair.Events);
        Assert.Equal("hi", pair.Bodies[1].ToString());
        Assert.Equal(0, pair.Client.ActiveStreams);
    }

    [Fact]
    public void Interim_responses_and_trailers_are_passed_over_and_retry_after_is_kept()
    {
        Http2Pair pair = Opened();
        pair.Post("/x");
        pair.Sent();
        byte[] trailer = new byte[100];
        int count = HpackEncoder.Write(trailer, 0, "grpc-status", "0");
        pair.Feed(Join(Head(1, "103"), Head(1, "429", false, "retry-after", "7"), Data(1, 5), Frame(1, 5, 1, trailer[..count])));
        Assert.Equal(new[] { "response 1 429 after 7", "end 1" }, pair.Events);
    }

    [Fact]
    public void The_window_opens_again_only_when_the_data_was_consumed()
    {
        Http2Pair pair = Opened();
        pair.AutoConsume = false;
        pair.Post("/machine/map");
        pair.Sent();
        pair.Feed(Head(1));
        for (int i = 0; i < 3; i++) pair.Feed(Data(1, 16384));
        Assert.Empty(pair.Sent());
        pair.Client.Consume(1, 3 * 16384);
        List<SentFrame> updates = pair.Sent();
        Assert.Equal(new[] { 0, 1 }, updates.Select(f => f.Stream));
        Assert.All(updates, f => Assert.Equal((8, 49152u), (f.Type, f.Word)));
        Assert.Empty(pair.Sent());
    }

    [Fact]
    public void A_stuck_consumer_of_one_stream_does_not_eat_the_others_window_updates()
    {
        Http2Pair pair = Opened();
        pair.AutoConsume = false;
        pair.Post("/a");
        pair.Post("/b");
        pair.Sent();
        pair.Feed(Join(Head(1), Head(3), Data(1, 16000), Data(3, 16384), Data(3, 16384)));
        pair.Client.Consume(3, 32768);
        List<SentFrame> updates = pair.Sent();
        Assert.Equal(new[] { 0, 3 }, updates.Select(f => f.Stream));
    }

    [Fact]
    public void Padding_is_given_back_to_the_last_byte()
    {
        Http2Pair pair = Opened();
        pair.Post("/a");
        pair.Sent();
        pair.Feed(Head(1));
        // Pad length, 99 bytes of data, 28 of padding: 128 bytes of window, 256 times.
        byte[] padded = Frame(0, 8, 1, new byte[] { 28 }.Concat(new byte[127]).ToArray());
        for (int i = 0; i < 255; i++) pair.Feed(padded);
        Assert.Empty(pair.Sent());
        pair.Feed(padded);
        Assert.All(pair.Sent(), f => Assert.Equal((8, 32768u), (f.Type, f.Word)));
        Assert.Equal(256 * 99, pair.Bodies[1].Count);
    }

    [Fact]
    public void More_data_than_the_window_is_a_flow_control_error()
    {
        Http2Pair pair = Opened();
        pair.AutoConsume = false;
        pair.Post("/a");
        pair.Sent();
        pair.Feed(Head(1));
        for (int i = 0; i < 4; i++) pair.Feed(Data(1, 16384));
        Assert.Equal(Http2Error.FlowControl, pair.Client.Failure);
        SentFrame goAway = Assert.Single(pair.Sent());
        Assert.Equal(7, goAway.Type);
        Assert.Equal(Http2Error.FlowControl, goAway.Payload[7]);
    }

    [Fact]
    public void Data_of_a_cancelled_stream_is_credited_to_the_connection()
    {
        Http2Pair pair = Opened();
        pair.Post("/a");
        pair.Sent();
        pair.Feed(Head(1));
        pair.Client.Cancel(1);
        SentFrame reset = Assert.Single(pair.Sent());
        Assert.Equal((3, 1, 8u), (reset.Type, reset.Stream, reset.Word));
        pair.Feed(Join(Data(1, 16384), Data(1, 16384)));
        SentFrame update = Assert.Single(pair.Sent());
        Assert.Equal((8, 0, 32768u), (update.Type, update.Stream, update.Word));
        Assert.Equal(new[] { "response 1 200" }, pair.Events);
    }

    [Fact]
    public void Bodies_obey_both_windows_of_the_peer()
    {
        Http2Pair pair = new();
        pair.Sent();
        pair.Feed(Setting(4, 100));
        pair.Sent();
        pair.Post("/a", 250);
        Assert.Equal(100, pair.Sent().Where(f => f.Type == 0).Sum(f => f.Payload.Length));
        pair.Feed(Frame(8, 0, 1, U32(60)));
        Assert.Equal(60, pair.Sent().Where(f => f.Type == 0).Sum(f => f.Payload.Length));
        // A smaller initial window makes the stream's window negative; it must climb back above zero first.
        pair.Feed(Setting(4, 50));
        pair.Feed(Frame(8, 0, 1, U32(50)));
        Assert.DoesNotContain(pair.Sent(), f => f.Type == 0);
        pair.Feed(Frame(8, 0, 1, U32(1000)));
        List<SentFrame> last = pair.Sent().Where(f => f.Type == 0).ToList();
        Assert.Equal(90, last.Sum(f => f.Payload.Length));
        Assert.Equal(1, last[^1].Flags);
    }

    [Fact]
    public void A_large_body_waits_for_the_connection_window()
    {
        Http2Pair pair = new();
        pair.Sent();
        pair.Feed(Setting(4, 1 << 20));
        pair.Sent();
        pair.Post("/a", 70000);
        Assert.Equal(65535, pair.Sent().Where(f => f.Type == 0).Sum(f => f.Payload.Length));
        pair.Feed(Frame(8, 0, 0, U32(100000)));
        Assert.Equal(70000 - 65535, pair.Sent().Where(f => f.Type == 0).Sum(f => f.Payload.Length));
    }

    [Fact]
    public void Several_bodies_take_turns()
    {
        Http2Pair pair = Opened();
        pair.Post("/a", 9000);
        pair.Post("/b", 9000);
        int[] order = pair.Sent().Where(f => f.Type == 0).Select(f => f.Stream).ToArray();
        Assert.True(order.Length >= 4 && order[..3].Distinct().Count() == 2, string.Join(",", order));
    }

    [Fact]
    public void Pings_are_answered_with_their_own_bytes()
    {
        Http2Pair pair = Opened();
        pair.Feed(Join(Frame(6, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8), Frame(6, 1, 0, new byte[8])));
        SentFrame pong = Assert.Single(pair.Sent());
        Assert.Equal((6, 1), (pong.Type, pong.Flags));
        Assert.Equal(new byte[] { 1, 2, 3, 4, 5, 6, 7, 8 }, pong.Payload);
    }

    [Fact]
    public void Resets_after_the_end_are_ignored_and_before_it_reported()
    {
        Http2Pair pair = Opened();
        pair.Post("/a");
        pair.Post("/b");
        pair.Sent();
        pair.Feed(Join(Head(1, "413", true), Frame(3, 0, 1, U32(0)), Frame(3, 0, 1, U32(5)), Head(3), Frame(3, 0, 3, U32(2))));
        Assert.Equal(new[] { "response 1 413", "end 1", "response 3 200", "reset 3 2" }, pair.Events);
        Assert.Equal(0, pair.Client.Failure);
    }

    [Fact]
    public void An_answer_before_the_whole_body_was_sent_ends_the_upload()
    {
        Http2Pair pair = new();
        pair.Sent();
        pair.Feed(Setting(4, 10));
        pair.Sent();
        pair.Post("/a", 100);
        pair.Sent();
        pair.Feed(Head(1, "413", true));
        List<SentFrame> sent = pair.Sent();
        Assert.Contains(sent, f => f.Type == 3 && f.Stream == 1 && f.Word == 0);
        Assert.DoesNotContain(sent, f => f.Type == 0);
    }

    [Fact]
    public void GoAway_refuses_the_streams_above_its_limit_and_lets_the_others_finish()
    {
        Http2Pair pair = Opened();
        pair.Post("/a");
        pair.Post("/b");
        pair.Sent();
        pair.Feed(Frame(7, 0, 0, U32(1).Concat(U32(0)).Concat(Encoding.ASCII.GetBytes("bye")).ToArray()));
        Assert.Equal(new[] { "goaway 0 bye", "reset 3 7" }, pair.Events);
        Assert.Equal(-1, pair.Post("/c"));
        pair.Feed(Head(1, "200", true));
        Assert.Equal("end 1", pair.Events[^1]);
    }

    [Fact]
    public void Stream_slots_are_limited_and_come_back()
    {
        Http2Pair pair = Opened();
        for (int i = 0; i < Http2Connection.MaxStreams; i++) Assert.Equal(2 * i + 1, pair.Post("/" + i));
        Assert.Equal(-1, pair.Post("/no"));
        pair.Sent();
        pair.Feed(Head(3, "204", true));
        Assert.Equal(13, pair.Post("/yes"));
        SentFrame head = Assert.Single(pair.Sent());
        Assert.Equal((1, 13), (head.Type, head.Stream));
    }

    [Fact]
    public void The_servers_stream_limit_is_respected()
    {
        Http2Pair pair = Opened();
        pair.Feed(Setting(3, 1));
        Assert.Equal(1, pair.Post("/a"));
        Assert.Equal(-1, pair.Post("/b"));
    }

    public static IEnumerable<object[]> HostileInput()
    {
        byte[] settings = Frame(4, 0, 0);
        object[] Case(string name, int error, params byte[][] frames) => new object[] { name, error, Join(frames) };
        yield return Case("first frame is PING", 1, Frame(6, 0, 0, new byte[8]));
        yield return Case("first frame is a SETTINGS ack", 1, Frame(4, 1, 0));
        yield return Case("garbage", 6, Encoding.ASCII.GetBytes("HTTP/1.1 400 Bad Request\r\n\r\n"));
        yield return Case("frame above 16384", 6, settings, Frame(0, 0, 1, new byte[16385]));
        yield return Case("data on an idle stream", 1, settings, Data(9, 1));
        yield return Case("data on an even stream", 1, settings, Data(2, 1));
        yield return Case("data on stream 0", 1, settings, Data(0, 1));
        yield return Case("data before the head", 1, settings, Data(1, 1));
        yield return Case("padding too long", 1, settings, Head(1), Frame(0, 8, 1, 2, 0));
        yield return Case("CONTINUATION out of place", 1, settings, Frame(9, 4, 1, 0));
        yield return Case("a frame inside a header block", 1, settings, Frame(1, 0, 1, 0x88), Frame(6, 0, 0, new byte[8]));
        yield return Case("header block cut", 9, settings, Frame(1, 4, 1, 0, 5, 1));
        yield return Case("header block wrong", 9, settings, Frame(1, 4, 1, 0xff, 0xff));
        yield return Case("SETTINGS length", 6, settings, Frame(4, 0, 0, new byte[5]));
        yield return Case("SETTINGS ack with payload", 6, settings, Frame(4, 1, 0, new byte[6]));
        yield return Case("SETTINGS on a stream", 1, settings, Frame(4, 0, 1));
        yield return Case("initial window too large", 3, settings, Setting(4, 0x80000000));
        yield return Case("max frame too small", 1, settings, Setting(5, 100));
        yield return Case("push enabled", 1, settings, Setting(2, 1));
        yield return Case("PUSH_PROMISE", 1, settings, Frame(5, 4, 1, new byte[8]));
        yield return Case("PING length", 6, settings, Frame(6, 0, 0, new byte[7]));
        yield return Case("RST_STREAM length", 6, settings, Frame(3, 0, 1, new byte[3]));
        yield return Case("RST_STREAM of an idle stream", 1, settings, Frame(3, 0, 99, new byte[4]));
        yield return Case("WINDOW_UPDATE zero", 1, settings, Frame(8, 0, 0, U32(0)));
        yield return Case("WINDOW_UPDATE overflow", 3, settings, Frame(8, 0, 0, U32(0x7fffffff)));
        yield return Case("GOAWAY too short", 6, settings, Frame(7, 0, 0, new byte[4]));
        yield return Case("second head", 1, settings, Head(1), Head(1));
        yield return Case("PING flood", 11, settings, Join(Enumerable.Repeat(Frame(6, 0, 0, new byte[8]), 9).ToArray()));
        yield return Case("SETTINGS flood", 11, Join(Enumerable.Repeat(settings, 40).ToArray()));
        yield return Case("endless empty CONTINUATION", 11, settings, Frame(1, 0, 1), Join(Enumerable.Repeat(Frame(9, 0, 1), 70000).ToArray()));
    }

    [Theory]
    [MemberData(nameof(HostileInput))]
    public void Hostile_input_ends_in_a_code_and_a_goaway(string name, int error, byte[] bytes)
    {
        foreach (int piece in new[] { int.MaxValue, 1 })
        {
            Http2Pair pair = new();
            pair.Post("/a", 3);
            pair.Sent();
            pair.Feed(bytes, piece);
            Assert.True(error == pair.Client.Failure, $"{name}: {pair.Client.Failure} {pair.Client.FailureText}");
            Assert.Contains(pair.Sent(), f => f.Type == 7 && f.Payload[7] == error);
            Assert.False(pair.Client.WantsTransmit());
        }
    }

    [Fact]
    public void Unknown_frame_types_are_skipped()
    {
        Http2Pair pair = Opened();
        pair.Post("/a");
        pair.Sent();
        pair.Feed(Join(Frame(0x42, 255, 7, new byte[300]), Frame(2, 0, 1, new byte[5]), Head(1, "200", true)));
        Assert.Equal(new[] { "response 1 200", "end 1" }, pair.Events);
    }

    [Fact]
    public void Random_bytes_and_random_frames_never_throw_and_never_hang()
    {
        int seed = Environment.TickCount;
        Random random = new(seed);
        for (int round = 0; round < 2000; round++)
        {
            Http2Pair pair = round % 2 == 0 ? new() : Opened();
            pair.Post("/a", 5);
            pair.Post("/b");
            pair.Sent();
            List<byte[]> frames = new();
            if (round % 2 == 0) frames.Add(Frame(4, 0, 0));
            for (int i = 0; i < 8; i++)
            {
                byte[] payload = new byte[random.Next(0, 20)];
                random.NextBytes(payload);
                frames.Add(Frame(random.Next(0, 11), random.Next(0, 256), random.Next(0, 5), payload));
            }
            Exception thrown = Record.Exception(() => { pair.Feed(Join(frames.ToArray()), random.Next(1, 30)); pair.Sent(); });
            Assert.True(thrown == null, $"seed {seed} round {round}: {thrown}");
        }
    }

    [Fact]
    public void Steady_traffic_allocates_nothing()
    {
        Http2Connection client = new(4096, 65535);
        byte[] transmit = new byte[4077];
        client.PollTransmit(transmit, 0, transmit.Length);
        client.Request(new Http2Request { Path = "/machine/map", Authority = "c" });
        client.PollTransmit(transmit, 0, transmit.Length);
        byte[] start = Join(Frame(4, 0, 0), Head(1));
        byte[] data = Data(1, 1000);
        Http2Event e = new();
        void Give(byte[] bytes)
        {
            for (int at = 0; at < bytes.Length;)
            {
                client.Handle(bytes, at, bytes.Length - at, 0);
                at += client.Consumed;
                while (client.PollEvent(e)) if (e.Kind == Http2Event.Data) client.Consume(e.Stream, e.Count);
            }
            while (client.PollTransmit(transmit, 0, transmit.Length) > 0) { }
        }
        Give(start);
        for (int i = 0; i < 100; i++) Give(data);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++) Give(data);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(0, client.Failure);
    }
}
