using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using MicroLink.Http2;
using Xunit;

namespace MicroLink.Tests.Unit.Http2;

/// <summary>
/// Replays what real servers sent (tests/Vectors/captures/h2) into the client machine: same statuses and body lengths as Go's client saw,
/// no protocol error, at any cut of the stream.
/// </summary>
public class Http2CaptureTests
{
    public static IEnumerable<object[]> Captures()
    {
        foreach (string file in Vectors.Files("captures/h2", "*.txt"))
        {
            foreach (string label in Lines(file).Select(l => l.Label).Distinct()) yield return new object[] { Path.GetFileName(file), label };
        }
    }

    [Theory]
    [MemberData(nameof(Captures))]
    public void The_servers_bytes_give_the_recorded_answers(string file, string label)
    {
        List<Line> lines = Lines(Vectors.Path("captures/h2/" + file)).Where(l => l.Label == label).ToList();
        // A listing may begin in the middle of a connection: then there is nothing to replay from.
        if (!lines.Any(l => l.ToClient && l.Type == "SETTINGS" && l.Bytes.Length > 9)) return;
        foreach (int piece in new[] { int.MaxValue, 1, 7 }) Replay(lines, piece);
    }

    private static void Replay(List<Line> lines, int piece)
    {
        Http2Connection connection = new(4096, 65535);
        Dictionary<int, int> statuses = new(), bodies = new(), wantedStatuses = new(), wantedBodies = new();
        HashSet<int> resets = new();
        int opened = 0;
        byte[] sent = new byte[4096];
        foreach (Line line in lines)
        {
            if (!line.ToClient)
            {
                if (line.Type == "HEADERS" && line.Stream > opened)
                {
                    while (opened < line.Stream)
                    {
                        opened = connection.Request(new Http2Request { Path = line.Path ?? "/", Authority = "x" });
                        Assert.True(opened > 0);
                    }
                }
                if (line.Type == "RST_STREAM") connection.Cancel(line.Stream);
                while (connection.PollTransmit(sent, 0, sent.Length) > 0) { }
                continue;
            }
            if (line.Status > 0 && !wantedStatuses.ContainsKey(line.Stream) && line.Status >= 200) wantedStatuses[line.Stream] = line.Status;
            // The recorder could not show the head that needs a CONTINUATION, nor one behind it; both are a 200.
            if (line.Type == "HEADERS" && line.Status == 0) wantedStatuses.TryAdd(line.Stream, 200);
            if (line.Type == "DATA") wantedBodies[line.Stream] = wantedBodies.GetValueOrDefault(line.Stream) + line.Bytes.Length - 9;
            Feed(connection, line.Bytes, piece, statuses, bodies, resets);
            while (connection.PollTransmit(sent, 0, sent.Length) > 0) { }
            Assert.True(connection.Failure == 0, $"{line.Text}: {connection.FailureText}");
        }
        Assert.True(connection.Open);
        Assert.Equal(wantedStatuses.OrderBy(p => p.Key), statuses.OrderBy(p => p.Key));
        Assert.Equal(wantedBodies.OrderBy(p => p.Key), bodies.OrderBy(p => p.Key));
    }

    private static void Feed(Http2Connection connection, byte[] bytes, int piece, Dictionary<int, int> statuses, Dictionary<int, int> bodies,
        HashSet<int> resets)
    {
        Http2Event happened = new();
        for (int at = 0; at < bytes.Length;)
        {
            connection.Handle(bytes, at, Math.Min(piece, bytes.Length - at), 0);
            at += connection.Consumed;
            while (connection.PollEvent(happened))
            {
                if (happened.Kind == Http2Event.Response) statuses[happened.Stream] = happened.Status;
                if (happened.Kind == Http2Event.Data)
                {
                    bodies[happened.Stream] = bodies.GetValueOrDefault(happened.Stream) + happened.Count;
                    connection.Consume(happened.Stream, happened.Count);
                }
                if (happened.Kind == Http2Event.End && !bodies.ContainsKey(happened.Stream) && bytes[3] == 0) bodies[happened.Stream] = 0;
                if (happened.Kind == Http2Event.Reset) resets.Add(happened.Stream);
            }
            if (connection.Failure != 0) return;
        }
        connection.Handle(bytes, 0, 0, 0);
        while (connection.PollEvent(happened))
        {
            if (happened.Kind == Http2Event.Response) statuses[happened.Stream] = happened.Status;
            if (happened.Kind == Http2Event.End && !bodies.ContainsKey(happened.Stream) && bytes[3] == 0) bodies[happened.Stream] = 0;
            if (happened.Kind == Http2Event.Reset) resets.Add(happened.Stream);
        }
    }

    private static IEnumerable<Line> Lines(string file)
    {
        Line last = null;
        foreach (string text in File.ReadLines(file))
        {
            Match match = Regex.Match(text, @"^\s*[\d.]+ \[(?<label>[^\]]+)\] (?<dir>[SC])>[SC] (?<type>[A-Z_]+|type\d+|\S+) len=(?<len>\d+) flags=(?<flags>[0-9a-f]+) stream=(?<stream>\d+) (?<hex>[0-9a-f]+)(?<rest>.*)$");
            if (!match.Success)
            {
                Match field = Regex.Match(text, @"^\s+#\s+:(?<name>status|path): (?<value>\S+)");
                if (field.Success && field.Groups["name"].Value == "status") last.Status = int.Parse(field.Groups["value"].Value);
                if (field.Success && field.Groups["name"].Value == "path") last.Path = field.Groups["value"].Value;
                continue;
            }
            if (last != null) yield return last;
            byte[] bytes = new byte[9 + int.Parse(match.Groups["len"].Value)];
            // Map payloads of real clients are elided: zeros take their place.
            string hex = match.Groups["hex"].Value;
            Convert.FromHexString(hex[..(Math.Min(hex.Length, 2 * bytes.Length) & ~1)]).CopyTo(bytes, 0);
            last = new Line
            {
                Label = match.Groups["label"].Value, ToClient = match.Groups["dir"].Value == "S", Type = match.Groups["type"].Value,
                Stream = int.Parse(match.Groups["stream"].Value), Bytes = bytes, Text = text[..Math.Min(120, text.Length)],
            };
        }
        if (last != null) yield return last;
    }

    private sealed class Line
    {
        public string Label, Type, Path, Text;
        public bool ToClient;
        public int Stream, Status;
        public byte[] Bytes;
    }
}
