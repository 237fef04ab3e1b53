using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using MicroLink.Http2;

namespace MicroLink.Tests.Unit.Http2;

/// <summary>A client connection and what a test has seen of it; builds server frames by hand.</summary>
internal sealed class Http2Pair
{
    public readonly Http2Connection Client;
    public readonly List<string> Events = new();
    public readonly Dictionary<int, MemoryBytes> Bodies = new();
    /// <summary>Give data back at once; off = the consumer is stuck.</summary>
    public bool AutoConsume = true;

    public Http2Pair(int tableBytes = 4096, int window = 65535)
    {
        Client = new Http2Connection(tableBytes, window);
    }

    public static Http2Pair Opened(int window = 65535)
    {
        Http2Pair pair = new(4096, window);
        pair.Sent();
        pair.Feed(Frame(4, 0, 0));
        pair.Sent();
        return pair;
    }

    public int Post(string path, int bodyBytes = 0)
    {
        return Client.Request(new Http2Request
        {
            Path = path, Authority = "control", Body = Enumerable.Range(0, bodyBytes).Select(i => (byte)i).ToArray(), BodyCount = bodyBytes,
        });
    }

    /// <summary>Everything the client wants to send now, as frames (the preface stripped).</summary>
    public List<SentFrame> Sent(int capacity = 4077)
    {
        List<byte> all = new();
        byte[] buffer = new byte[capacity];
        for (int n; (n = Client.PollTransmit(buffer, 0, capacity)) > 0;) all.AddRange(buffer.Take(n));
        byte[] bytes = all.ToArray();
        int at = 0;
        if (bytes.Length >= 24 && bytes[0] == 'P') at = 24;
        List<SentFrame> frames = new();
        while (at < bytes.Length)
        {
            int length = (bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2];
            frames.Add(new SentFrame(bytes[at + 3], bytes[at + 4], (bytes[at + 5] << 24) | (bytes[at + 6] << 16) | (bytes[at + 7] << 8) | bytes[at + 8],
                bytes[(at + 9)..(at + 9 + length)]));
            at += 9 + length;
        }
        return frames;
    }

    /// <summary>Gives bytes to the client in pieces and drains its events.</summary>
    public void Feed(byte[] bytes, int piece = int.MaxValue)
    {
        int at = 0;
        int stuck = 0;
        while (Client.Failure == 0)
        {
            Client.Handle(bytes, at, Math.Min(piece, bytes.Length - at), 0);
            at += Client.Consumed;
            bool any = Drain();
            if (at == bytes.Length && !any && Client.Consumed == 0) break;
            if (++stuck > 1000 + 4 * bytes.Length) throw new InvalidOperationException("the client makes no progress");
        }
    }

    public bool Drain()
    {
        Http2Event e = new();
        bool any = false;
        while (Client.PollEvent(e))
        {
            any = true;
            switch (e.Kind)
            {
                case Http2Event.Response: Events.Add($"response {e.Stream} {e.Status}" + (e.RetryAfter == null ? "" : " after " + e.RetryAfter)); break;
                case Http2Event.End: Events.Add($"end {e.Stream}"); break;
                case Http2Event.Reset: Events.Add($"reset {e.Stream} {e.Code}"); break;
                case Http2Event.GoAway: Events.Add($"goaway {e.Code} {e.Text}"); break;
                case Http2Event.Data:
                    if (!Bodies.TryGetValue(e.Stream, out MemoryBytes body)) Bodies[e.Stream] = body = new MemoryBytes();
                    body.Add(e.Buffer, e.Offset, e.Count);
                    if (AutoConsume) Client.Consume(e.Stream, e.Count);
                    break;
            }
        }
        return any;
    }

    public static byte[] Frame(int type, int flags, int stream, params byte[] payload)
    {
        byte[] frame = new byte[9 + payload.Length];
        frame[0] = (byte)(payload.Length >> 16);
        frame[1] = (byte)(payload.Length >> 8);
        frame[2] = (byte)payload.Length;
        frame[3] = (byte)type;
        frame[4] = (byte)flags;
        BitConverter.GetBytes(stream).Reverse().ToArray().CopyTo(frame, 5);
        payload.CopyTo(frame, 9);
        return frame;
    }

    /// <summary>HEADERS with ":status: code" as a literal and END_HEADERS.</summary>
    public static byte[] Head(int stream, string status = "200", bool end = false, string extraName = null, string extraValue = null, string date = null)
    {
        byte[] block = new byte[200];
        int at = HpackEncoder.Write(block, 0, ":status", status);
        if (extraName != null) at = HpackEncoder.Write(block, at, extraName, extraValue);
        if (date != null) at = HpackEncoder.Write(block, at, "date", date);
        return Frame(1, 4 | (end ? 1 : 0), stream, block[..at]);
    }

    public static byte[] Data(int stream, int count, bool end = false) => Frame(0, end ? 1 : 0, stream, new byte[count]);

    public static byte[] U32(uint value) => new[] { (byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value };

    public static byte[] Setting(int id, uint value) => Frame(4, 0, 0, new byte[] { 0, (byte)id }.Concat(U32(value)).ToArray());

    public static byte[] Join(params byte[][] parts) => parts.SelectMany(p => p).ToArray();
}

internal sealed record SentFrame(int Type, int Flags, int Stream, byte[] Payload)
{
    public uint Word => ((uint)Payload[0] << 24) | ((uint)Payload[1] << 16) | ((uint)Payload[2] << 8) | Payload[3];
}

internal sealed class MemoryBytes
{
    private readonly List<byte> _bytes = new();
    public int Count => _bytes.Count;
    public void Add(byte[] from, int offset, int count) => _bytes.AddRange(from.Skip(offset).Take(count));
    public override string ToString() => Encoding.UTF8.GetString(_bytes.ToArray());
}
