using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Text.Json;
using MicroLink.Json;
using Xunit;

namespace MicroLink.Tests.Unit.Json;

public class JsonReaderTests
{
    private static readonly string[] Keys = { "Node", "Peers", "Key", "DERPMap", "\u00e9" };

    /// <summary>JSONTestSuite: y_ accepted, n_ refused, i_ without a crash; whole and in pieces of 1 and 5 bytes.</summary>
    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(1)]
    [InlineData(5)]
    public void Suite(int piece)
    {
        string[] files = Vectors.Files("json", "*.json");
        Assert.Equal(318, files.Length);
        JsonReader reader = new(Keys);
        foreach (string file in files)
        {
            string name = System.IO.Path.GetFileName(file);
            bool accepted = Read(reader, System.IO.File.ReadAllBytes(file), piece, new List<string>());
            if (name[0] == 'y') Assert.True(accepted, name + ": " + JsonError.Describe(reader.ErrorCode));
            if (name[0] == 'n') Assert.False(accepted, name);
        }
    }

    /// <summary>What real servers sent, against System.Text.Json token by token, in random pieces.</summary>
    [Theory]
    [InlineData("map-response")]
    [InlineData("map-request")]
    [InlineData("register")]
    [InlineData("control-key")]
    public void Captures_agree_with_the_platform(string folder)
    {
        const int seed = 20261122;
        Random random = new(seed);
        JsonReader reader = new(Keys, 1 << 16);
        int texts = 0;
        foreach (string file in Vectors.Files("captures/" + folder, "*.json"))
        {
            byte[] bytes = System.IO.File.ReadAllBytes(file);
            List<string> expected = Platform(bytes);
            if (expected == null) continue;
            List<string> found = new();
            int piece = random.Next(1, 90);
            Assert.True(Read(reader, bytes, piece, found), file);
            Assert.True(expected.SequenceEqual(found), $"{file}, pieces of {piece}, seed {seed}");
            texts++;
        }
        Assert.True(texts > 0);
    }

    [Fact]
    public void A_document_piece_by_piece()
    {
        JsonReader reader = new(Keys);
        byte[] text = Encoding.UTF8.GetBytes("..{\"Node\":{\"ID\":9007199254740993},\"Pe");
        reader.Feed(text, 2, text.Length - 2);
        Assert.Equal(JsonToken.ObjectStart, reader.Read());
        Assert.Equal((1, 1), (reader.Depth, reader.Consumed));
        Assert.Equal(JsonToken.Key, reader.Read());
        Assert.Equal((0, "Node"), (reader.KeyId, reader.Text));
        Assert.Equal(JsonToken.ObjectStart, reader.Read());
        Assert.Equal(JsonToken.Key, reader.Read());
        Assert.Equal((-1, "ID"), (reader.KeyId, reader.Text));
        Assert.Equal(JsonToken.Number, reader.Read());
        Assert.Equal((9007199254740993, true, false, "9007199254740993"), (reader.Int64, reader.IsInteger, reader.Saturated, reader.Text));
        Assert.Equal(JsonToken.ObjectEnd, reader.Read());
        Assert.Throws<InvalidOperationException>(() => reader.Feed(text, 0, 1));
        Assert.Equal(JsonToken.None, reader.Read());
        Assert.Equal(JsonToken.None, reader.Read());
        Assert.Equal(text.Length - 2, reader.Consumed);
        byte[] rest = Encoding.UTF8.GetBytes("ers\":[ ]\r\n} ");
        reader.Feed(rest, 0, rest.Length);
        Assert.Equal(JsonToken.Key, reader.Read());
        Assert.Equal(1, reader.KeyId);
        Assert.True(reader.ValueEquals("Peers"));
        Assert.False(reader.ValueEquals("Peer"));
        Assert.Equal(JsonToken.ArrayStart, reader.Read());
        Assert.Equal(JsonToken.ArrayEnd, reader.Read());
        Assert.Equal(JsonToken.ObjectEnd, reader.Read());
        Assert.Equal(JsonToken.End, reader.Read());
        Assert.Equal(JsonToken.End, reader.Read());
        reader.Feed(rest, 0, 1);
        Assert.Equal(JsonToken.Error, reader.Read());
        Assert.Equal(JsonError.BadSyntax, reader.ErrorCode);
        Assert.Equal(text.Length - 2 + rest.Length, reader.ErrorOffset);
        reader.Reset();
        Assert.Equal((0, 0, 0), (reader.ErrorCode, reader.Depth, reader.Consumed));
        Assert.Equal(JsonToken.None, reader.Read());
        reader.Finish();
        Assert.Equal(JsonToken.Error, reader.Read());
        Assert.Equal(JsonError.Incomplete, reader.ErrorCode);
    }

    [Fact]
    public void Skipping_in_every_piece_size()
    {
        string text = "{\"DERPMap\":{\"Regions\":{\"999\":{\"Nodes\":[{\"Name\":\"}]\\\"\"}]}}},\"Node\":[1,[2]],\"Peers\":null,\"Key\":\"k\"}";
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        JsonReader reader = new(Keys);
        for (int piece = 1; piece <= bytes.Length; piece++)
        {
            reader.Reset();
            string seen = "";
            for (int at = 0; at < bytes.Length; at += piece)
            {
                reader.Feed(bytes, at, Math.Min(piece, bytes.Length - at));
                int token;
                while ((token = reader.Read()) != JsonToken.None && token != JsonToken.End)
                {
                    seen += token + (token == JsonToken.Key ? "/" + reader.KeyId : token == JsonToken.String ? "/" + reader.Text : "") + " ";
                    if (token == JsonToken.Key && reader.KeyId != 2) reader.SkipValue();
                }
            }
            Assert.Equal("1 5/3 5/0 5/1 5/2 6/k 2 ", seen);
        }
    }

    [Fact]
    public void Long_values_are_cut_and_say_so()
    {
        JsonReader reader = new(new[] { "k" }, 32);
        byte[] text = Encoding.UTF8.GetBytes("[\"" + new string('x', 31) + "\u00e9\",\"" + new string('y', 32) + "\",\"\"]");
        reader.Feed(text, 0, text.Length);
        reader.Read();
        Assert.Equal(JsonToken.String, reader.Read());
        Assert.Equal((true, 31), (reader.Truncated, reader.ValueCount));
        Assert.False(reader.ValueEquals(new string('x', 31)));
        Assert.Equal(JsonToken.String, reader.Read());
        Assert.Equal((false, 32), (reader.Truncated, reader.ValueCount));
        Assert.Equal(JsonToken.String, reader.Read());
        Assert.Equal((false, 0, ""), (reader.Truncated, reader.ValueCount, reader.Text));
    }

    [Fact]
    public void Limits_of_the_table()
    {
        Assert.Throws<ArgumentException>(() => new JsonReader(new[] { "" }));
        Assert.Throws<ArgumentException>(() => new JsonReader(new[] { new string('k', 256) }));
        Assert.Throws<ArgumentException>(() => new JsonReader(Keys, 31));
        Assert.Throws<ArgumentException>(() => new JsonReader(Keys, (1 << 20) + 1));
        Assert.Throws<ArgumentException>(() => new JsonReader(Keys).Feed(new byte[3], 1, 3));
        Assert.NotNull(new JsonReader(Array.Empty<string>()));
        JsonReader reader = new(new[] { "a", new string('k', 255) }, 255);
        byte[] text = Encoding.UTF8.GetBytes("{\"" + new string('k', 255) + "\":1}");
        reader.Feed(text, 0, text.Length);
        reader.Read();
        Assert.Equal(JsonToken.Key, reader.Read());
        Assert.Equal(1, reader.KeyId);
    }

    /// <summary>Any bytes at all: a verdict, never an exception, and the same however they are cut.</summary>
    [Fact]
    public void Damaged_captures_never_throw()
    {
        const int seed = 99;
        Random random = new(seed);
        JsonReader reader = new(Keys);
        string[] files = Vectors.Files("captures/map-response", "*.json");
        for (int i = 0; i < 400; i++)
        {
            byte[] bytes = System.IO.File.ReadAllBytes(files[random.Next(files.Length)]);
            if (bytes.Length > 3000) Array.Resize(ref bytes, 3000);
            for (int k = random.Next(1, 5); k > 0; k--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            List<string> whole = new(), cut = new();
            bool first = Read(reader, bytes, int.MaxValue, whole);
            bool second = Read(reader, bytes, random.Next(1, 40), cut);
            Assert.True(first == second && whole.SequenceEqual(cut), $"seed {seed}, round {i}");
        }
    }

    [Fact]
    public void Reading_allocates_nothing()
    {
        byte[] bytes = Vectors.Files("captures/map-response", "*.json").Select(System.IO.File.ReadAllBytes).MaxBy(b => b.Length);
        JsonReader reader = new(Keys);
        int Scan()
        {
            int tokens = 0;
            reader.Reset();
            for (int at = 0; at < bytes.Length; at += 1000)
            {
                reader.Feed(bytes, at, Math.Min(1000, bytes.Length - at));
                int token;
                while ((token = reader.Read()) != JsonToken.None && token != JsonToken.End) tokens++;
            }
            return tokens;
        }
        Assert.True(Scan() > 100);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Scan();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static bool Read(JsonReader reader, byte[] bytes, int piece, List<string> into)
    {
        reader.Reset();
        int token;
        for (int at = 0; at < bytes.Length; at += Math.Min(piece, bytes.Length - at))
        {
            reader.Feed(bytes, at, Math.Min(piece, bytes.Length - at));
            while ((token = reader.Read()) != JsonToken.None && token != JsonToken.End)
            {
                into.Add(Describe(reader, token));
                if (token == JsonToken.Error) return false;
            }
        }
        reader.Finish();
        while ((token = reader.Read()) != JsonToken.End)
        {
            into.Add(Describe(reader, token));
            if (token == JsonToken.Error) return false;
        }
        return true;
    }

    private static string Describe(JsonReader reader, int token) => token switch
    {
        JsonToken.ObjectStart => "{",
        JsonToken.ObjectEnd => "}",
        JsonToken.ArrayStart => "[",
        JsonToken.ArrayEnd => "]",
        JsonToken.Key => "k" + reader.Text,
        JsonToken.String => "s" + reader.Text,
        JsonToken.Number => "n" + reader.Text + (reader.IsInteger && !reader.Saturated ? "=" + reader.Int64.ToString(CultureInfo.InvariantCulture) : ""),
        JsonToken.True => "t",
        JsonToken.False => "f",
        JsonToken.Null => "z",
        JsonToken.Error => "error " + reader.ErrorCode + " at " + reader.ErrorOffset,
        _ => "?" + token
    };

    private static List<string> Platform(byte[] bytes)
    {
        List<string> tokens = new();
        Utf8JsonReader reader = new(bytes);
        try
        {
            while (reader.Read())
            {
                tokens.Add(reader.TokenType switch
                {
                    JsonTokenType.StartObject => "{",
                    JsonTokenType.EndObject => "}",
                    JsonTokenType.StartArray => "[",
                    JsonTokenType.EndArray => "]",
                    JsonTokenType.PropertyName => "k" + reader.GetString(),
                    JsonTokenType.String => "s" + reader.GetString(),
                    JsonTokenType.Number => "n" + Encoding.ASCII.GetString(reader.ValueSpan) + (reader.TryGetInt64(out long value)
                        && !Encoding.ASCII.GetString(reader.ValueSpan).AsSpan().ContainsAny(".eE") ? "=" + value.ToString(CultureInfo.InvariantCulture) : ""),
                    JsonTokenType.True => "t",
                    JsonTokenType.False => "f",
                    _ => "z"
                });
            }
        }
        catch (JsonException)
        {
            return null;
        }
        return tokens;
    }
}
