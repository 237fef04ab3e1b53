using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using MicroLink.Control;
using MicroLink.Http2;
using MicroLink.NetMap;
using MicroLink.Runtime;
using MicroLink.Tests.Unit.Http2;
using Xunit;
using static MicroLink.Tests.Unit.Control.ControlMaps;

namespace MicroLink.Tests.Unit.Control;

/// <summary>
/// A whole first contact (key, upgrade, Noise, EarlyNoise, HTTP/2 with every kind of frame, registration, first map, delta), cut at every
/// byte of each layer: TCP segments, Noise records. Wherever the cut is, the same requests go out and the same facts come in.
/// </summary>
public class ByteBoundaryTests
{
    private static readonly bool Soak = Environment.GetEnvironmentVariable("MICROLINK_SOAK") != null;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Segments_may_end_at_every_byte(bool earlyNoise)
    {
        string want = Contact(earlyNoise, out int[] lengths);
        Assert.InRange(lengths[0], 200, 1000);
        Assert.InRange(lengths[1], 2500, 8000);
        for (int connection = 0; connection < 2; connection++)
        {
            for (int cut = 1; cut < lengths[connection]; cut++)
                Same(want, Contact(earlyNoise, out _, bench => (bench.CutConnection, bench.Cut) = (connection, cut)), $"connection {connection} cut at byte {cut}");
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Noise_records_may_end_at_every_byte_of_http2(bool earlyNoise)
    {
        string want = Contact(earlyNoise, out int[] lengths);
        for (int cut = 1; cut < lengths[2]; cut++)
            Same(want, Contact(earlyNoise, out _, bench => bench.Control.RecordCut = cut), $"record ends at plain byte {cut}");
    }

    /// <summary>Pieces of one size, down to single bytes, in segments and in records, with empty records between, all in one segment.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Everything_may_come_in_small_pieces_or_at_once(bool earlyNoise)
    {
        string want = Contact(earlyNoise, out _);
        for (int size = 1; size <= (Soak ? 300 : 20); size++)
        {
            Same(want, Contact(earlyNoise, out _, bench => bench.Piece = size), $"segments of {size}");
            Same(want, Contact(earlyNoise, out _, bench => bench.Control.RecordBytes = size), $"records of {size}");
            Same(want, Contact(earlyNoise, out _, bench => (bench.Piece, bench.Control.RecordBytes, bench.Control.EmptyRecords) = (size + 16, size, true)), $"records of {size} and empty ones");
        }
        Same(want, Contact(earlyNoise, out _, bench => bench.Piece = 65536), "one segment");
        Same(want, Contact(earlyNoise, out _, bench => bench.WriteLimit = 1), "one byte goes out at a time");
    }

    private static void Same(string want, string have, string what) => Assert.True(want == have, $"{what}:\n{have}\nand not\n{want}");

    // Everything that was asked and told, in its order. Lengths: bytes of the key's connection, of the session, of HTTP/2 inside it.
    private static string Contact(bool earlyNoise, out int[] lengths, Action<ControlBench> set = null)
    {
        ControlBench bench = new();
        bench.Control.EarlyNoise = earlyNoise;
        bench.Control.KeyAnswer = () => Chunked(bench.Control.Key());
        bench.Control.OnRegister = _ => new Answer(0, null);
        bench.Control.OnPoll = _ => new Answer(0, null);
        set?.Invoke(bench);
        bench.Start();
        TestConnection server = bench.Control.Last;
        foreach (byte[] frame in Registered(server.RegisterStream)) server.PlainFrame(frame);
        bench.Run();
        foreach (byte[] frame in Mapped(server.PollStream)) server.PlainFrame(frame);
        bench.Run();
        lengths = new[] { bench.Control.Connections[0].Out.Count, server.Out.Count, server.PlainSent };
        StringBuilder text = new();
        foreach (var request in bench.Control.Registers.Concat(bench.Control.Polls).Concat(bench.Control.Lites)) text.AppendLine(request.GetRawText());
        text.AppendLine(string.Join(" ", bench.Control.Other)).AppendLine($"{bench.Pool.Free} buffers, {bench.Control.Connections.Count} connections, closed {server.Gone}, goaway {server.GoAwaySeen}");
        foreach (Message message in ControlBench.All<Message>(bench.Node)) text.AppendLine(Text(message));
        foreach (PeerDelta delta in bench.Deltas()) text.AppendLine(Text(delta));
        foreach (DerpMapChanged map in ControlBench.All<DerpMapChanged>(bench.Relays)) text.AppendLine("relays " + string.Join(",", map.Map.Regions.Select(r => r.Code)));
        foreach (ControlTimeSeen time in ControlBench.All<ControlTimeSeen>(bench.Clock)) text.AppendLine("time " + time.UnixMs);
        Assert.Contains("Connected to", text.ToString());
        Assert.Contains("HEAD /machine/ping?id=9", text.ToString());
        return text.ToString();
    }

    // An answer with an interim one before it, in chunks, with a trailer.
    private static string Chunked(string body) => "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        + $"5;x=y\r\n{body[..5]}\r\n{body.Length - 5:x}\r\n{body[5..]}\r\n0\r\nTrailer: 1\r\n\r\n";

    // A header block over three frames with padding, data with padding, trailers; frames of connection and of no known kind between.
    private static IEnumerable<byte[]> Registered(int stream)
    {
        byte[] block = Http2Pair.Head(stream, "200", false, "content-type", "application/json", "Wed, 25 Nov 2026 20:00:00 GMT")[9..];
        yield return Http2Pair.Frame(6, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8);
        yield return Http2Pair.Frame(1, 8, stream, block[..3].Prepend((byte)4).Concat(new byte[4]).ToArray());
        yield return Http2Pair.Frame(9, 0, stream);
        yield return Http2Pair.Frame(9, 4, stream, block[3..]);
        yield return Http2Pair.Frame(0xfa, 0x55, stream, 1, 2, 3);
        byte[] body = Encoding.UTF8.GetBytes("{\"User\":{\"ID\":1},\"NodeKeyExpired\":false,\"MachineAuthorized\":true,\"AuthURL\":\"\",\"NodeKeySignature\":null,\"Error\":\"\"}");
        yield return Http2Pair.Frame(0, 8, stream, body[..50].Prepend((byte)7).Concat(new byte[7]).ToArray());
        yield return Http2Pair.Frame(8, 0, 0, Http2Pair.U32(1000));
        yield return Http2Pair.Frame(0, 0, stream, body[50..]);
        byte[] trailer = new byte[40];
        yield return Http2Pair.Frame(1, 5, stream, trailer[..HpackEncoder.Write(trailer, 0, "x-trailer", "1")]);
    }

    // A full map and a delta; their lengths, texts and frames end nowhere together.
    private static IEnumerable<byte[]> Mapped(int stream)
    {
        yield return Http2Pair.Head(stream);
        byte[] messages = Message(Full(3, 4)).Concat(Message("{\"KeepAlive\":true}")).Concat(Message("{\"PeersChanged\":[" + Peer(9, ",\"Name\":\"\\u00e4\\ud83d\\ude00\"") + "],\"PeersRemoved\":[4],\"PingRequest\":{\"URL\":\"https://h/machine/ping?id=9\",\"URLIsNoise\":true},"
            + "\"PeersChangedPatch\":[{\"NodeID\":3,\"DERPRegion\":2,\"Endpoints\":[\"192.0.2.1:5\"]}],\"OnlineChange\":{\"9\":true}}")).ToArray();
        int at = 0;
        for (int length = 1; at < messages.Length; length = length * 3 % 401 + 1)
        {
            int count = Math.Min(length, messages.Length - at);
            yield return Http2Pair.Frame(0, 0, stream, messages[at..(at += count)]);
            if (length % 4 == 1) yield return Http2Pair.Frame(0, 8, stream, 0);
        }
        yield return Http2Pair.Setting(1, 0);
    }

    private static byte[] Message(string json)
    {
        byte[] body = Encoding.UTF8.GetBytes(json);
        return BitConverter.GetBytes(body.Length).Concat(body).ToArray();
    }

    private static string Text(Message message) => message switch
    {
        ControlStateChanged state => $"state {state.State} {state.Reason}",
        SelfChanged self => $"self {self.Self.Id} {self.Self.Name}",
        ServerKeySeen key => "key " + Convert.ToHexString(key.Key),
        PeerDelta delta => $"{delta.Kind} {delta.Row.Id} {delta.Row.Name} {delta.Row.Fields} {delta.Row.HomeRelay} {delta.Row.Online} {Hex(delta.Row.Endpoints)} {Hex(delta.Row.Key)} {Hex(delta.Row.AllowedIps)}",
        _ => message.GetType().Name,
    };

    private static string Hex(byte[] bytes) => bytes == null ? "-" : Convert.ToHexString(bytes);
}
