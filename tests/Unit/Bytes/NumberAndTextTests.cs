using System;
using System.Buffers.Binary;
using System.Text;
using MicroLink.Bytes;
using Xunit;

namespace MicroLink.Tests.Unit.Bytes;

public class NumberAndTextTests
{
    [Fact]
    public void Byte_order_agrees_with_the_platform()
    {
        const int seed = 17;
        Random random = new(seed);
        byte[] ours = new byte[12], theirs = new byte[12];
        for (int i = 0; i < 500; i++)
        {
            ulong value = (ulong)random.NextInt64(long.MinValue, long.MaxValue);
            int at = i % 4;
            ByteOrder.StoreU64BE(ours, at, value);
            BinaryPrimitives.WriteUInt64BigEndian(theirs.AsSpan(at), value);
            Assert.Equal(theirs, ours);
            Assert.Equal(value, ByteOrder.LoadU64BE(ours, at));
            Assert.Equal(BinaryPrimitives.ReverseEndianness(value), ByteOrder.LoadU64LE(ours, at));
            Assert.Equal((uint)(value >> 32), ByteOrder.LoadU32BE(ours, at));
            Assert.Equal((int)(value >> 40), ByteOrder.LoadU24BE(ours, at));
            Assert.Equal((int)(value >> 48), ByteOrder.LoadU16BE(ours, at));
            Assert.Equal(BinaryPrimitives.ReverseEndianness((ushort)(value >> 48)), ByteOrder.LoadU16LE(ours, at));
            Assert.Equal((short)BinaryPrimitives.ReverseEndianness((ushort)(value >> 48)), ByteOrder.LoadI16LE(ours, at));
            ByteOrder.StoreU64LE(ours, at, value);
            BinaryPrimitives.WriteUInt64LittleEndian(theirs.AsSpan(at), value);
            ByteOrder.StoreU32BE(ours, at, (uint)value);
            BinaryPrimitives.WriteUInt32BigEndian(theirs.AsSpan(at), (uint)value);
            ByteOrder.StoreU32LE(ours, at + 4, (uint)value);
            BinaryPrimitives.WriteUInt32LittleEndian(theirs.AsSpan(at + 4), (uint)value);
            ByteOrder.StoreU16BE(ours, at + 1, (int)value);
            BinaryPrimitives.WriteUInt16BigEndian(theirs.AsSpan(at + 1), (ushort)value);
            ByteOrder.StoreU16LE(ours, at + 3, (int)value);
            BinaryPrimitives.WriteUInt16LittleEndian(theirs.AsSpan(at + 3), (ushort)value);
            Assert.Equal(theirs, ours);
            ByteOrder.StoreU24BE(ours, at, (int)value);
            Assert.Equal((int)value & 0xffffff, ByteOrder.LoadU24BE(ours, at));
            ours.CopyTo(theirs, 0);
        }
    }

    [Fact]
    public void Hex_both_ways()
    {
        byte[] bytes = { 0x00, 0x9f, 0xa0, 0xff };
        Assert.Equal("009fa0ff", Hex.ToText(bytes));
        Assert.Equal("9fa0", Hex.ToText(bytes, 1, 2));
        Assert.Equal(bytes, Hex.Parse("009FA0ff"));
        Assert.Null(Hex.Parse("0"));
        Assert.Null(Hex.Parse("0g"));
        Assert.Null(Hex.Parse("g0"));
        Assert.Null(Hex.Parse(null));
        Assert.Empty(Hex.Parse(""));
        byte[] text = Encoding.ASCII.GetBytes("xx12aBx"), into = new byte[3];
        Assert.True(Hex.Decode(text, 2, 4, into, 1));
        Assert.Equal(new byte[] { 0, 0x12, 0xab }, into);
        Assert.False(Hex.Decode(text, 2, 5, into, 0));
        Assert.False(Hex.Decode(text, 0, 4, into, 0));
        Assert.False(Hex.Decode(text, 2, 4, into, 2));
    }

    [Fact]
    public void Base64_agrees_with_the_platform()
    {
        const int seed = 64;
        Random random = new(seed);
        for (int count = 0; count < 60; count++)
        {
            byte[] bytes = new byte[count];
            random.NextBytes(bytes);
            string text = Base64.ToText(bytes, 0, count);
            Assert.Equal(Convert.ToBase64String(bytes), text);
            byte[] ascii = Encoding.ASCII.GetBytes(text), back = new byte[count];
            Assert.Equal(count, Base64.Decode(ascii, 0, ascii.Length, back, 0));
            Assert.Equal(bytes, back);
            if (count > 0) Assert.Equal(-1, Base64.Decode(ascii, 0, ascii.Length, new byte[count - 1], 0));
        }
    }

    [Theory]
    [InlineData("A")]
    [InlineData("AA")]
    [InlineData("AAA")]
    [InlineData("AA==AAAA")]
    [InlineData("AAA=AAAA")]
    [InlineData("A===")]
    [InlineData("====")]
    [InlineData("AA=A")]
    [InlineData("AB==")]
    [InlineData("AAB=")]
    [InlineData("AA-_")]
    [InlineData("AA A")]
    [InlineData("AAA\n")]
    public void Base64_refuses(string text)
    {
        byte[] ascii = Encoding.ASCII.GetBytes(text);
        Assert.Equal(-1, Base64.Decode(ascii, 0, ascii.Length, new byte[20], 0));
    }

    [Fact]
    public void Ascii_text_appends_or_fails_as_a_whole()
    {
        byte[] into = new byte[12];
        int at = AsciiText.Append(into, 0, "n=");
        at = AsciiText.AppendNumber(into, at, -120);
        at = AsciiText.AppendByte(into, at, ';');
        at = AsciiText.AppendHex(into, at, new byte[] { 0xab }, 0, 1);
        Assert.Equal(9, at);
        Assert.Equal("n=-120;ab", AsciiText.ToText(into, 0, at));
        Assert.Equal(-1, AsciiText.Append(into, at, "four"));
        Assert.Equal(12, AsciiText.Append(into, at, "are"));
        Assert.Equal(-1, AsciiText.AppendByte(into, 12, 'x'));
        Assert.Equal(-1, AsciiText.AppendNumber(into, -1, 5));
        Assert.Equal(-1, AsciiText.AppendBytes(into, 11, into, 0, 2));
        Assert.Equal(-1, AsciiText.AppendBase64(into, 9, into, 0, 1));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(-1)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    public void Numbers(long value)
    {
        byte[] into = new byte[20];
        string text = value.ToString();
        Assert.Equal(text.Length, AsciiText.AppendNumber(into, 0, value));
        Assert.Equal(text, AsciiText.ToText(into, 0, text.Length));
        Assert.Equal(-1, AsciiText.AppendNumber(new byte[text.Length - 1], 0, value));
    }

    [Theory]
    [InlineData("0", true, 0)]
    [InlineData("007", true, 7)]
    [InlineData("999999999999999999", true, 999999999999999999)]
    [InlineData("1000000000000000000", false, 0)]
    [InlineData("", false, 0)]
    [InlineData("-1", false, 0)]
    [InlineData("1 ", false, 0)]
    public void Number_parsing(string text, bool good, long expected)
    {
        byte[] ascii = Encoding.ASCII.GetBytes("x" + text + "9");
        Assert.Equal(good, AsciiText.TryParseNumber(ascii, 1, text.Length, out long value));
        if (good) Assert.Equal(expected, value);
    }

    [Fact]
    public void Comparisons()
    {
        byte[] text = AsciiText.ToBytes("Upgrade: x");
        Assert.True(AsciiText.Equal(text, 0, 7, "Upgrade"));
        Assert.False(AsciiText.Equal(text, 0, 7, "upgrade"));
        Assert.True(AsciiText.EqualIgnoreCase(text, 0, 7, "uPGRADE"));
        Assert.False(AsciiText.EqualIgnoreCase(text, 0, 8, "upgrade"));
        Assert.False(AsciiText.EqualIgnoreCase(AsciiText.ToBytes("["), 0, 1, "{"));
        Assert.True(AsciiText.StartsWith(text, 0, 10, "Upg"));
        Assert.False(AsciiText.StartsWith(text, 0, 2, "Upg"));
        Assert.Equal(7, AsciiText.IndexOf(text, 3, 7, ':'));
        Assert.Equal(-1, AsciiText.IndexOf(text, 3, 4, ':'));
        Assert.Equal("??A", AsciiText.ToText(new byte[] { 0, 200, 65 }, 0, 3));
        Assert.Equal(new byte[] { (byte)'?', 65 }, AsciiText.ToBytes("\u0141A"));
    }

    [Fact]
    public void Keys_as_text()
    {
        byte[] key = new byte[40];
        for (int i = 0; i < 32; i++) key[4 + i] = (byte)(i * 5);
        string text = KeyText.Format(KeyText.NodePublic, key, 4);
        Assert.Equal(8 + 64, text.Length);
        Assert.StartsWith("nodekey:00050a", text);
        byte[] back = new byte[33];
        Assert.True(KeyText.Parse(KeyText.NodePublic, text.ToUpperInvariant().Replace("NODEKEY", "nodekey"), back, 1));
        Assert.True(KeyText.Equal(back, 1, key, 4));
        Assert.False(KeyText.Parse(KeyText.MachinePublic, text, back, 1));
        Assert.False(KeyText.Parse(KeyText.NodePublic, text + "0", back, 1));
        Assert.False(KeyText.Parse(KeyText.NodePublic, text[..^1], back, 1));
        Assert.False(KeyText.Parse(KeyText.NodePublic, text[..^1] + "g", back, 1));
        Assert.False(KeyText.Parse(KeyText.NodePublic, (string)null, back, 1));
        Assert.Null(KeyText.Parse(KeyText.NodePublic, ""));
        byte[] ascii = AsciiText.ToBytes("\"" + text + "\"");
        Assert.True(KeyText.Parse(KeyText.NodePublic, ascii, 1, ascii.Length - 2, back, 0));
        Assert.False(KeyText.Parse(KeyText.DiscoPublic, ascii, 1, ascii.Length - 2, back, 0));
        byte[] line = new byte[72];
        Assert.Equal(72, KeyText.Append(line, 0, KeyText.NodePublic, key, 4));
        Assert.Equal(text, AsciiText.ToText(line, 0, 72));
        Assert.Equal(-1, KeyText.Append(line, 1, KeyText.NodePublic, key, 4));
        Assert.True(KeyText.IsZero(new byte[32], 0));
        Assert.False(KeyText.IsZero(key, 4));
        byte[] secret = Hex.Parse("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff");
        KeyText.Clamp(secret, 0);
        Assert.Equal((0xf8, 0x7f), ((int)secret[0], (int)secret[31]));
        Assert.Equal("[AAUKD]", KeyText.Short(key, 4));
        Assert.Equal("d:00050a0f14191e23", KeyText.ShortDisco(key, 4));
    }
}
