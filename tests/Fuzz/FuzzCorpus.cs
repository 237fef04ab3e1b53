using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using MicroLink.Noise;

namespace MicroLink.Tests.Fuzz;

/// <summary>What real servers have sent, as first inputs of each target.</summary>
public static class FuzzCorpus
{
    private const int LongestInput = 64 * 1024;

    /// <summary><paramref name="vectors"/>: the folder tests/Vectors.</summary>
    public static List<byte[]> Load(string target, string vectors)
    {
        List<byte[]> inputs = target switch
        {
            "noise" => Records(),
            "http2" => Files(Path.Combine(vectors, "captures", "h2"), "*").Concat(Frames()).ToList(),
            "http1" => Answers(),
            "hpack" => Blocks(vectors),
            "session" => Sessions(vectors),
            "register" => Registrations(),
            "sntp" => Times(),
            "json" or "map" => Files(Path.Combine(vectors, "captures", "map-response"), "*.json").Where((_, i) => i % 2 == 0).ToList(),
            _ => new List<byte[]>(),
        };
        return inputs.Count > 0 ? inputs : throw new InvalidOperationException("no inputs for " + target);
    }

    private static IEnumerable<byte[]> Files(string folder, string pattern) => Directory.EnumerateFiles(folder, pattern).Where(f => !f.EndsWith(".md"))
        .OrderBy(f => f, StringComparer.Ordinal).Select(f => f.EndsWith(".hex") ? Hex(File.ReadAllText(f)) : File.ReadAllBytes(f)).Where(b => b.Length is > 0 and < LongestInput);

    private static byte[] Hex(string text) => Convert.FromHexString(string.Concat(text.Split('\n').Where(l => !l.StartsWith('#')).SelectMany(l => l).Where(char.IsAsciiHexDigit)) is string h
        && h.Length % 2 == 0 ? h : "00");

    // Records under a key of zeros: some open, so that damage reaches what is behind them.
    private static List<byte[]> Records()
    {
        NoiseRecords sender = new();
        sender.Start(new byte[32], new byte[32]);
        List<byte> all = new();
        List<byte[]> inputs = new() { Encoding.ASCII.GetBytes("\u0003\0\u0005wrong"), new byte[] { 0xFF, 0xFF, 0xFF, 0x54, 0x53, 0, 0, 0, 2, (byte)'{', (byte)'}' } };
        foreach (int length in new[] { 0, 9, 51, 200, NoiseWire.MaxPlaintext })
        {
            byte[] record = new byte[NoiseWire.MaxRecord];
            all.AddRange(record.AsSpan(0, sender.SealInPlace(record, 0, length)).ToArray());
            inputs.Add(all.ToArray());
        }

        return inputs;
    }

    private static List<byte[]> Answers() => new[]
    {
        "HTTP/1.1 200 OK\r\nContent-Length: 89\r\n\r\n{\"legacyPublicKey\":\"\",\"publicKey\":\"mkey:" + new string('7', 64) + "\"}",
        "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\n{\"pub\r\n0\r\nT: 1\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: tailscale-control-protocol\r\nConnection: upgrade\r\n\r\n\u0002\0" + "0",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nC2n-Handler-Timeout: 1m\r\n\r\nhello",
        "HTTP/1.0 429 Too Many Requests\r\nRetry-After: 120\r\n\r\nslow",
    }.Select(Encoding.Latin1.GetBytes).ToList();

    private static List<byte[]> Registrations() => new[]
    {
        "{\"User\":{\"ID\":1},\"Login\":{\"ID\":2},\"NodeKeyExpired\":false,\"MachineAuthorized\":true,\"AuthURL\":\"\",\"NodeKeySignature\":null,\"Error\":\"\"}",
        "{\"AuthURL\":\"https://login.example/a/1234\",\"MachineAuthorized\":false}", "{\"Error\":\"invalid pre auth key\"}", "{\"NodeKeyExpired\":true,\"NodeKeySignature\":\"AAAA\"}",
        "\u0001node not found\n", "Sun, 06 Nov 1994 08:49:37 GMT",
    }.Select(Encoding.Latin1.GetBytes).ToList();

    // One and two answers of November 2026, one refusal.
    private static List<byte[]> Times()
    {
        byte[] one = Convert.FromHexString("24020000" + "00000010000000104142434400000000" + "00000000" + "0000000000000000" + "eeb4f60080000000" + "eeb4f60090000000");
        byte[] kiss = (byte[])one.Clone();
        kiss[1] = 0;
        return new List<byte[]> { one, one.Concat(one).ToArray(), kiss.Concat(one).ToArray() };
    }

    private static IEnumerable<byte[]> Frames()
    {
        yield return Convert.FromHexString("000006040000000000000300000064" + "0000040800000000000000ffff" + "000001010400000001" + "88" + "00000400010000000174657374");
        yield return Convert.FromHexString("00000004000000000000000401000000000000080600000000000102030405060708" + "0000080700000000000000000000000000" + "00000403000000000100000008");
        yield return Convert.FromHexString("000000040000000000" + "00000a0109000000010488" + "0000000000000000" + "000002090400000001" + "8888" + "00000500090000000102616200" + "00");
    }

    // Servers' HTTP/2 with and without the early message, in segments and records of several sizes.
    private static List<byte[]> Sessions(string vectors)
    {
        byte[] early = Convert.FromHexString("FFFFFF5453" + "00000002").Concat(Encoding.ASCII.GetBytes("{}")).ToArray();
        byte[][] texts = Files(Path.Combine(vectors, "captures", "h2"), "*").Where(t => t.Length < 4096).Concat(Frames()).ToArray();
        return texts.SelectMany((text, i) => new[]
        {
            new byte[] { (byte)(i * 37), (byte)(i * 11) }.Concat(text).ToArray(), new byte[] { 255, (byte)i }.Concat(early).Concat(text).ToArray(),
        }).ToList();
    }

    // The wire form of the first cases of every story.
    private static List<byte[]> Blocks(string vectors)
    {
        List<byte[]> blocks = new();
        foreach (string file in Directory.EnumerateFiles(Path.Combine(vectors, "hpack"), "story_0*.json", SearchOption.AllDirectories).OrderBy(f => f, StringComparer.Ordinal))
        {
            string[] wires = File.ReadLines(file).Where(l => l.Contains("\"wire\"")).Take(6).Select(l => l.Split('"')[3]).ToArray();
            blocks.AddRange(wires.Select(Convert.FromHexString));
            blocks.Add(Convert.FromHexString(string.Concat(wires)));
        }

        return blocks.Where(b => b.Length > 0).ToList();
    }
}
