using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.RegularExpressions;
using MicroLink.Lab.Core;
using Xunit;

namespace MicroLink.Tests.Unit.Lab;

public class LabHpackTests
{
    public static TheoryData<string> Stories()
    {
        var files = new TheoryData<string>();
        foreach (string file in Directory.GetFiles(Vectors.Path("hpack"), "story_*.json", SearchOption.AllDirectories))
        {
            files.Add(Path.GetRelativePath(Vectors.Path("hpack"), file));
        }
        return files;
    }

    [Theory]
    [MemberData(nameof(Stories))]
    public void DecodesTheStories(string file)
    {
        using JsonDocument story = JsonDocument.Parse(Vectors.Text("hpack/" + file));
        var decoder = new LabHpackDecoder();
        foreach (JsonElement item in story.RootElement.GetProperty("cases").EnumerateArray())
        {
            var expected = item.GetProperty("headers").EnumerateArray().Select(h => h.EnumerateObject().First()).Select(h =>
                (h.Name, h.Value.GetString()));
            var headers = decoder.Decode(Convert.FromHexString(item.GetProperty("wire").GetString()));
            Assert.NotNull(headers);
            Assert.Equal(expected, headers.Select(h => (h.Key, h.Value)));
        }
    }

    /// <summary>What Go's client really sent: Huffman and the dynamic table on every request.</summary>
    [Theory]
    [InlineData("headscale-probe.txt")]
    [InlineData("testcontrol-probe.txt")]
    public void DecodesGoRequests(string file)
    {
        var decoder = new LabHpackDecoder();
        int blocks = 0;
        string[] lines = Vectors.Text("captures/h2/" + file).Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            Match match = Regex.Match(lines[i], @"C>S HEADERS len=\d+ flags=0[45] stream=\d+ ([0-9a-f]+)");
            if (!match.Success) continue;
            var headers = decoder.Decode(Convert.FromHexString(match.Groups[1].Value).AsSpan(9));
            Assert.NotNull(headers);
            foreach (KeyValuePair<string, string> header in headers) Assert.Equal("#   " + header.Key + ": " + header.Value,
                lines[++i].Trim());
            blocks++;
        }
        Assert.True(blocks > 8);
    }

    [Theory]
    [InlineData("80")] // index 0
    [InlineData("be")] // index 62 of an empty table
    [InlineData("3fe21f")] // table size 4097
    [InlineData("40")] // no name
    [InlineData("0005616263")] // string runs past the end
    [InlineData("0081ff00")] // EOS bits as a Huffman name
    [InlineData("7f808080808001")] // integer too long
    public void BrokenBlocksAreRefused(string hex) => Assert.Null(new LabHpackDecoder().Decode(Convert.FromHexString(hex)));

    [Fact]
    public void EncodesOverTheTable()
    {
        var encoder = new LabHpackEncoder();
        var decoder = new LabHpackDecoder();
        var headers = new[] { Pair(":status", "200"), Pair("content-type", "application/json; charset=utf-8"),
            Pair("content-length", "5") };
        byte[] first = encoder.Encode(headers), second = encoder.Encode(headers);
        Assert.True(second.Length < 8);
        Assert.Equal(headers, decoder.Decode(first));
        Assert.Equal(headers, decoder.Decode(second));
        encoder.SetTableSize(0);
        byte[] third = encoder.Encode(headers);
        Assert.Equal(0x20, third[0]);
        Assert.Equal(headers, decoder.Decode(third));
        Assert.Equal(headers, decoder.Decode(encoder.Encode(headers)));
    }

    private static KeyValuePair<string, string> Pair(string name, string value) => new(name, value);
}
