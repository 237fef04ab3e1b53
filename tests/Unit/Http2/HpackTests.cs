using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using MicroLink.Http2;
using Xunit;

namespace MicroLink.Tests.Unit.Http2;

/// <summary>HPACK against the hpack-test-case stories and RFC 7541's own rules.</summary>
public class HpackTests
{
    public static IEnumerable<object[]> Stories()
    {
        foreach (string set in new[] { "nghttp2", "go-hpack", "nghttp2-change-table-size" })
        {
            foreach (string file in Vectors.Files("hpack/" + set, "*.json")) yield return new object[] { set + "/" + Path.GetFileName(file) };
        }
    }

    [Theory]
    [MemberData(nameof(Stories))]
    public void Every_story_decodes_to_its_headers(string story)
    {
        foreach (int piece in new[] { int.MaxValue, 1 })
        {
            Sink sink = new();
            HpackDecoder decoder = new(4096, sink);
            using JsonDocument document = JsonDocument.Parse(Vectors.Bytes("hpack/" + story));
            foreach (JsonElement item in document.RootElement.GetProperty("cases").EnumerateArray())
            {
                byte[] wire = Convert.FromHexString(item.GetProperty("wire").GetString());
                Assert.True(sink.Decode(decoder, wire, piece));
                List<string> expected = item.GetProperty("headers").EnumerateArray()
                    .Select(h => h.EnumerateObject().Single()).Select(p => p.Name + ": " + p.Value.GetString()).ToList();
                Assert.Equal(expected, sink.Fields);
            }
        }
    }

    [Theory]
    [InlineData("80", "index 0")]
    [InlineData("be", "an index beyond both tables")]
    [InlineData("3fe21f", "a table size above the limit")]
    [InlineData("8220", "a size update behind a field")]
    [InlineData("ffffffffff7f", "an integer that overflows")]
    [InlineData("0085ffffffff3f00", "the end-of-string symbol inside a string")]
    [InlineData("00811f00", "a string of five zero bits and three ones is fine up to here")]
    public void Broken_blocks_are_refused(string hex, string why)
    {
        Sink sink = new();
        bool good = sink.Decode(new HpackDecoder(4096, sink), Convert.FromHexString(hex), int.MaxValue);
        Assert.Equal(why.EndsWith("up to here"), good);
    }

    [Fact]
    public void A_cut_field_is_an_error_at_the_end_of_the_block()
    {
        Sink sink = new();
        Assert.False(sink.Decode(new HpackDecoder(4096, sink), Convert.FromHexString("0005616263"), int.MaxValue));
    }

    [Fact]
    public void Padding_that_is_not_all_ones_is_refused()
    {
        Sink sink = new();
        // 'a' is 00011: padded with zeros instead of ones.
        Assert.False(sink.Decode(new HpackDecoder(4096, sink), Convert.FromHexString("00811800"), int.MaxValue));
    }

    [Fact]
    public void A_field_larger_than_the_table_is_reported_cut_and_empties_the_table()
    {
        Sink sink = new();
        HpackDecoder decoder = new(256, sink);
        Assert.True(sink.Decode(decoder, Convert.FromHexString("40016101" + "62"), int.MaxValue));
        Assert.Equal(34, decoder.TableSize);
        byte[] block = new byte[3 + 3 + 1000];
        new byte[] { 0x40, 1, (byte)'x', 0x7f, 0xe9, 0x06 }.CopyTo(block, 0);
        Assert.Equal(1000, 127 + 0x69 + (6 << 7));
        block.AsSpan(6).Fill((byte)'v');
        Assert.True(sink.Decode(decoder, block, 7));
        Assert.True(sink.Truncated);
        Assert.Equal(0, decoder.TableSize);
    }

    [Fact]
    public void Random_bytes_never_throw()
    {
        int seed = Environment.TickCount;
        Random random = new(seed);
        for (int round = 0; round < 3000; round++)
        {
            byte[] junk = new byte[random.Next(1, 80)];
            random.NextBytes(junk);
            Sink sink = new();
            Exception thrown = Record.Exception(() => sink.Decode(new HpackDecoder(random.Next(0, 300), sink), junk, random.Next(1, 9)));
            Assert.True(thrown == null, $"seed {seed} round {round}: {thrown}");
        }
    }

    private sealed class Sink : IHpackSink
    {
        public readonly List<string> Fields = new();
        public bool Truncated;

        public void OnHeader(byte[] bytes, int nameCount, int valueCount, bool truncated)
        {
            Fields.Add(Encoding.UTF8.GetString(bytes, 0, nameCount) + ": " + Encoding.UTF8.GetString(bytes, nameCount, valueCount));
            Truncated |= truncated;
        }

        public bool Decode(HpackDecoder decoder, byte[] block, int piece)
        {
            Fields.Clear();
            decoder.Begin();
            for (int at = 0; at < block.Length;)
            {
                int take = Math.Min(piece, block.Length - at);
                if (!decoder.Handle(block, at, take)) return false;
                at += take;
            }
            return decoder.End();
        }
    }
}
