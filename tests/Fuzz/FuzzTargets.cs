using System;
using System.Text;
using MicroLink.Clock;
using MicroLink.Control;
using MicroLink.Drivers;
using MicroLink.Http1;
using MicroLink.Http2;
using MicroLink.Json;
using MicroLink.NetMap;
using MicroLink.Noise;

namespace MicroLink.Tests.Fuzz;

/// <summary>
/// The parsers that a control server talks to, each as a function of bytes. A target throws when something is wrong: an exception of the
/// parser, a count that lies, no progress.
/// </summary>
public static class FuzzTargets
{
    public static readonly string[] Names = { "noise", "http1", "http2", "hpack", "json", "register", "session", "map", "sntp" };

    private static readonly string[] Keys = { "Node", "Peers", "ID", "Key", "KeepAlive" };

    public static Action<byte[]> Find(string name) => name switch
    {
        "noise" => Noise,
        "http1" => Http1,
        "http2" => Http2,
        "hpack" => Hpack,
        "json" => Json,
        "register" => Register,
        "session" => FuzzSession.Run,
        "map" => Map,
        "sntp" => Sntp,
        _ => throw new ArgumentException("unknown target " + name + "; there are " + string.Join(", ", Names)),
    };

    /// <summary>Records of a connection, then the early message inside them.</summary>
    public static void Noise(byte[] input)
    {
        NoiseRecords records = new();
        records.Start(new byte[32], new byte[32]);
        for (int at = 0; at < input.Length;)
        {
            int result = records.Open(input, at, input.Length - at);
            Check(records.Consumed >= 0 && records.Consumed <= input.Length - at, "record consumed");
            at += records.Consumed;
            if (result == NoiseRecords.Failed) break;
            Check(result == NoiseRecords.Record || at == input.Length, "record progress");
        }

        EarlyNoise early = new();
        int taken = early.Handle(input, 0, input.Length);
        Check(taken >= 0 && taken <= input.Length, "early consumed");
        Check(early.Done || early.Failed || taken == input.Length, "early progress");
    }

    /// <summary>What answers GET /key, an upgrade and a c2n request, each cut in two.</summary>
    public static void Http1(byte[] input)
    {
        int half = input.Length / 2;
        KeyFetch key = new();
        if (key.Handle(input, 0, half) == KeyFetch.Pending && key.Handle(input, half, input.Length - half) == KeyFetch.Pending) key.HandleClosed();
        Http1Upgrade upgrade = new("tailscale-control-protocol");
        int result = upgrade.Handle(input, 0, half);
        Check(upgrade.Consumed >= 0 && upgrade.Consumed <= half, "http1 consumed");
        Check(result != Http1Upgrade.NeedMore || upgrade.Consumed == half, "http1 progress");
        if (result == Http1Upgrade.NeedMore) upgrade.Handle(input, half, input.Length - half);
        byte[] answer = C2n.Answer(input);
        Check(answer.Length > 0, "c2n answer");
    }

    /// <summary>A register answer in two pieces; the first byte picks the status.</summary>
    public static void Register(byte[] input)
    {
        if (input.Length == 0) return;
        RegisterAnswer answer = new();
        answer.Begin(input[0] switch { 0 => 429, 1 => 500, _ => 200 });
        int half = input.Length / 2;
        answer.Handle(input, 0, half);
        answer.Handle(input, half, input.Length - half);
        Check(answer.Finish() != RegisterAnswer.Pending, "register outcome");
        HttpDate.Seconds(Encoding.Latin1.GetString(input));
    }

    /// <summary>Answers of two time servers to requests whose nonces are zeros.</summary>
    public static void Sntp(byte[] input)
    {
        const long Now = 1000;
        SntpMachine sntp = new(new[] { "a", "b" }, new Zeros());
        sntp.HandleStart(Now);
        byte[] packet = new byte[SntpWire.Length], endpoint = new byte[18];
        for (int round = 0; round < 2; round++)
        {
            for (string name = sntp.PollResolve(out int tag); name != null; name = sntp.PollResolve(out tag)) sntp.HandleResolved(tag, new byte[16], Now);
            while (sntp.PollTransmit(packet, endpoint, out int server)) sntp.HandleSent(server, true, Now);
            for (int at = 0; at + 1 < input.Length; at += SntpWire.Length)
                sntp.HandleDatagram(input[at..Math.Min(input.Length, at + SntpWire.Length)], Math.Min(SntpWire.Length, input.Length - at), endpoint, Now + 5);
            if (sntp.TakeTime()) Check(sntp.OffsetMs + Now >= WallClockMachine.EarliestMs - 5000 && sntp.OffsetMs < WallClockMachine.LatestMs + 5000, "sntp time");
            sntp.HandleTimeout(sntp.Deadline);
        }
    }

    /// <summary>A server's bytes on a connection with one open request, in two pieces.</summary>
    public static void Http2(byte[] input)
    {
        Http2Connection http = new(1024, 65535);
        byte[] sent = new byte[4096];
        http.Request(new Http2Request { Path = "/machine/map", Authority = "h", Body = new byte[3], BodyCount = 3 });
        while (http.PollTransmit(sent, 0, sent.Length) > 0) { }
        int half = input.Length / 2;
        Feed(http, input, 0, half, sent);
        Feed(http, input, half, input.Length - half, sent);
    }

    private static void Feed(Http2Connection http, byte[] input, int at, int count, byte[] sent)
    {
        Http2Event happened = new();
        int idle = 0;
        while (count > 0 && http.Failure == Http2Error.NoError)
        {
            http.Handle(input, at, count, 0);
            Check(http.Consumed >= 0 && http.Consumed <= count, "http2 consumed");
            at += http.Consumed;
            count -= http.Consumed;
            bool any = false;
            while (http.PollEvent(happened))
            {
                any = true;
                if (happened.Kind != Http2Event.Data) continue;
                Check(happened.Buffer == input && happened.Offset >= 0 && happened.Count >= 0 && happened.Offset + happened.Count <= input.Length, "http2 data");
                http.Consume(happened.Stream, happened.Count);
            }

            idle = any || http.Consumed > 0 ? 0 : idle + 1;
            Check(idle < 3, "http2 progress");
            while (http.PollTransmit(sent, 0, sent.Length) > 0) { }
        }
    }

    /// <summary>A header block in pieces of seven bytes.</summary>
    public static void Hpack(byte[] input)
    {
        HpackDecoder decoder = new(4096, new Sink());
        decoder.Begin();
        for (int at = 0; at < input.Length; at += 7)
        {
            if (!decoder.Handle(input, at, Math.Min(7, input.Length - at))) return;
        }

        decoder.End();
    }

    /// <summary>A JSON text in two pieces; every second unknown key is skipped.</summary>
    public static void Json(byte[] input)
    {
        JsonReader reader = new(Keys, 64);
        int half = input.Length / 3, tokens = 0;
        for (int piece = 0; piece < 2; piece++)
        {
            int at = piece == 0 ? 0 : half, count = piece == 0 ? half : input.Length - half;
            reader.Feed(input, at, count);
            for (int token = reader.Read(); token != JsonToken.None; token = reader.Read())
            {
                Check(reader.Consumed <= count && reader.ValueCount <= 64 && reader.Depth <= 64, "json bounds");
                Check(++tokens <= input.Length + 2, "json progress");
                if (token == JsonToken.Error || token == JsonToken.End) return;
                if (token == JsonToken.Key && reader.KeyId < 0 && tokens % 2 == 0) reader.SkipValue();
            }
        }
    }

    /// <summary>The body of a map poll: messages with their lengths, or one message without.</summary>
    public static void Map(byte[] input)
    {
        Map(input, false);
        Map(input, true);
    }

    private static void Map(byte[] input, bool framed)
    {
        byte[] bytes = input;
        if (framed)
        {
            bytes = new byte[input.Length + 4];
            BitConverter.TryWriteBytes(bytes, input.Length);
            input.CopyTo(bytes, 4);
        }

        MapStream stream = new(1 << 20, new PeerIndex(100), 4096);
        stream.Begin();
        MapEvent happened = new();
        int events = 0;
        for (int at = 0; stream.Failure == 0;)
        {
            stream.Handle(bytes, at, bytes.Length - at, 1000000);
            Check(stream.Consumed >= 0 && stream.Consumed <= bytes.Length - at, "map consumed");
            at += stream.Consumed;
            bool any = false;
            while (stream.PollEvent(happened))
            {
                any = true;
                // Each event has cost a byte at least; a full list may remove every known peer once more.
                Check(++events <= 2 * bytes.Length + 300, "map events");
                if (happened.Kind == MapEvent.Upsert) Check(happened.Row.Key.Length == 32 && happened.Row.Id > 0, "map row");
            }

            if (!any && stream.Consumed == 0) break;
        }

        Check(stream.Index.Count <= 100, "map index");
    }

    private static void Check(bool good, string what)
    {
        if (!good) throw new InvalidOperationException("wrong: " + what);
    }

    private sealed class Zeros : IEntropy
    {
        public void Fill(byte[] buffer, int offset, int count) => Array.Clear(buffer, offset, count);
    }

    private sealed class Sink : IHpackSink
    {
        public void OnHeader(byte[] bytes, int nameCount, int valueCount, bool truncated) => Encoding.Latin1.GetString(bytes, 0, nameCount + valueCount);
    }
}
