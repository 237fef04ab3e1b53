using System;
using System.Text;
using System.Text.Json;
using MicroLink.Bytes;
using MicroLink.Json;
using Xunit;

namespace MicroLink.Tests.Unit.Json;

public class JsonWriterTests
{
    [Fact]
    public void A_request_body()
    {
        byte[] bytes = new byte[400], key = new byte[32];
        key[31] = 0x0a;
        JsonWriter writer = new(bytes);
        Write(writer, key);
        Assert.False(writer.Failed);
        Assert.Equal("{\"Version\":145,\"NodeKey\":\"nodekey:" + Hex.ToText(key) + "\",\"Hostinfo\":{\"Hostname\":\"a\\\"b\\\\c\\u000a\",\"Tags\":[],"
            + "\"Services\":[{\"p\":-1},null,true,false,\"\"]},\"Nonce\":\"AQI=\",\"Latency\":0.004,\"None\":null}",
            Encoding.UTF8.GetString(bytes, 0, writer.Count));
    }

    [Fact]
    public void Too_small_an_array_fails_without_writing_behind_it()
    {
        byte[] whole = new byte[400], key = new byte[32];
        JsonWriter writer = new(whole);
        Write(writer, key);
        int count = writer.Count;
        for (int size = 0; size <= count + 1; size++)
        {
            writer.Reset(new byte[size + 3], 3);
            Write(writer, key);
            Assert.Equal(size < count, writer.Failed);
            Assert.Equal(size < count ? -1 : count, writer.Count);
        }
    }

    [Fact]
    public void Strings_come_back_from_the_platform_and_from_our_reader()
    {
        const int seed = 8259;
        Random random = new(seed);
        byte[] bytes = new byte[2000];
        JsonWriter writer = new(bytes);
        JsonReader reader = new(Array.Empty<string>(), 2000);
        for (int i = 0; i < 500; i++)
        {
            StringBuilder text = new();
            for (int k = random.Next(40); k > 0; k--)
            {
                int kind = random.Next(5);
                text.Append(kind == 0 ? char.ConvertFromUtf32(random.Next(0x10000, 0x110000))
                    : ((char)(kind == 1 ? random.Next(0x20) : kind == 2 ? random.Next(0x20, 0x80) : kind == 3 ? random.Next(0x80, 0xd800) : '"')).ToString());
            }
            writer.Reset(bytes, 0);
            writer.BeginArray();
            writer.String(text.ToString());
            byte[] utf8 = Encoding.UTF8.GetBytes(text.ToString());
            writer.StringBytes(utf8, 0, utf8.Length);
            writer.EndArray();
            string[] back = JsonSerializer.Deserialize<string[]>(bytes.AsSpan(0, writer.Count));
            Assert.True(back[0] == text.ToString() && back[1] == back[0], $"seed {seed}, round {i}");
            reader.Reset();
            reader.Feed(bytes, 0, writer.Count);
            Assert.Equal(JsonToken.ArrayStart, reader.Read());
            Assert.Equal(JsonToken.String, reader.Read());
            Assert.Equal(text.ToString(), reader.Text);
        }
    }

    [Fact]
    public void A_lone_surrogate_becomes_the_replacement_character()
    {
        byte[] bytes = new byte[40];
        JsonWriter writer = new(bytes);
        writer.String("a\ud800b\udc00");
        Assert.Equal("\"a\ufffdb\ufffd\"", Encoding.UTF8.GetString(bytes, 0, writer.Count));
    }

    [Fact]
    public void Nesting_beyond_64_fails()
    {
        JsonWriter writer = new(new byte[1000]);
        for (int i = 0; i < 64; i++) writer.BeginArray();
        Assert.False(writer.Failed);
        writer.BeginArray();
        Assert.True(writer.Failed);
        writer.Reset(new byte[10], 0);
        writer.BeginObject();
        writer.EndObject();
        Assert.Equal(2, writer.Count);
    }

    private static void Write(JsonWriter writer, byte[] key)
    {
        writer.BeginObject();
        writer.Field("Version", 145);
        writer.KeyField("NodeKey", KeyText.NodePublic, key);
        writer.Name("Hostinfo");
        writer.BeginObject();
        writer.Field("Hostname", "a\"b\\c\n");
        writer.Name("Tags");
        writer.BeginArray();
        writer.EndArray();
        writer.Name("Services");
        writer.BeginArray();
        writer.BeginObject();
        writer.Field("p", -1);
        writer.EndObject();
        writer.Null();
        writer.Bool(true);
        writer.Bool(false);
        writer.String("");
        writer.EndArray();
        writer.EndObject();
        writer.Name("Nonce");
        writer.Base64Bytes(new byte[] { 9, 1, 2 }, 1, 2);
        writer.Name("Latency");
        writer.RawText("0.004");
        writer.Field("None", (string)null);
        writer.EndObject();
    }
}
