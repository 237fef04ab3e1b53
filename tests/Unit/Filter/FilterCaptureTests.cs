using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Text.Json;
using MicroLink.NetIo;
using Xunit;

namespace MicroLink.Tests.Unit.Filter;

/// <summary>
/// Every packet filter that a real control server sent (Tests/Vectors/captures/map-response), compiled and enforced, against the naive
/// model: addresses at and around every edge that the rules name, ports likewise, several protocols.
/// </summary>
public sealed class FilterCaptureTests
{
    public static TheoryData<string> Files()
    {
        TheoryData<string> files = new();
        foreach (string file in Directory.GetFiles(Vectors.Path("captures/map-response"), "*.json").OrderBy(f => f, StringComparer.Ordinal))
        {
            if (file.EndsWith(".pretty.json", StringComparison.Ordinal)) continue;
            using JsonDocument map = JsonDocument.Parse(File.ReadAllBytes(file));
            if (map.RootElement.TryGetProperty("PacketFilter", out _) || map.RootElement.TryGetProperty("PacketFilters", out _))
                files.Add(Path.GetFileName(file));
        }
        return files;
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Real_filters_say_what_the_model_says(string file)
    {
        byte[] json = File.ReadAllBytes(Path.Combine(Vectors.Path("captures/map-response"), file));
        using JsonDocument map = JsonDocument.Parse(json);
        FilterReplay replay = new();
        bool full = map.RootElement.TryGetProperty("Node", out _);
        if (!full) replay.First("\"Domain\":\"x\"");
        replay.Message(json, 100);
        Assert.Null(replay.Filter.Trouble);
        JsonElement[] lists = Lists(map.RootElement);
        NaiveFilter naive = new(lists);
        using FilterPair pair = new();
        Assert.True(pair.Use(replay.Filter));

        Random random = new(file.Length);
        IPAddress[] addresses = Addresses(lists).Distinct().ToArray();
        int[] ports = lists.SelectMany(Ports).Concat([0, 22, 65535]).Distinct().ToArray();
        int allowed = 0;
        for (int i = 0; i < 400; i++)
        {
            IPAddress source = addresses[random.Next(addresses.Length)];
            IPAddress[] others = addresses.Where(a => a.AddressFamily == source.AddressFamily).ToArray();
            IPAddress destination = others[random.Next(others.Length)];
            int protocol = new[] { 6, 17, 132, 1, 58, 47 }[random.Next(6)], port = ports[random.Next(ports.Length)];
            bool v4 = source.GetAddressBytes().Length == 4;
            if (protocol == 1 && !v4) protocol = 58;
            else if (protocol == 58 && v4) protocol = 1;
            bool wanted = naive.Allows(protocol, source, destination, port);
            Assert.True(wanted == pair.Passes(protocol, source, destination, port), $"{protocol} {source} > {destination}:{port} should be {wanted}");
            if (wanted) allowed++;
        }
        Assert.Equal(lists.Any(l => l.EnumerateArray().Any(r => r.TryGetProperty("DstPorts", out _))), allowed > 0);
    }

    private static JsonElement[] Lists(JsonElement map)
    {
        if (map.TryGetProperty("PacketFilter", out JsonElement single)) return [single];
        return map.GetProperty("PacketFilters").EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.Array).Select(p => p.Value).ToArray();
    }

    private static IEnumerable<int> Ports(JsonElement list)
    {
        foreach (JsonElement rule in list.EnumerateArray())
        {
            if (!rule.TryGetProperty("DstPorts", out JsonElement targets)) continue;
            foreach (JsonElement target in targets.EnumerateArray())
            {
                foreach (string end in new[] { "First", "Last" })
                {
                    int port = target.GetProperty("Ports").GetProperty(end).GetInt32();
                    yield return port;
                    yield return Math.Max(0, port - 1);
                    yield return Math.Min(65535, port + 1);
                }
            }
        }
    }

    // The ends of each range, and the addresses before and behind; none that is multicast or link-local.
    private static IEnumerable<IPAddress> Addresses(JsonElement[] lists)
    {
        IEnumerable<string> texts = lists.SelectMany(l => l.EnumerateArray()).SelectMany(r =>
            (r.TryGetProperty("SrcIPs", out JsonElement s) ? s.EnumerateArray().Select(e => e.GetString()) : [])
            .Concat(r.TryGetProperty("DstPorts", out JsonElement d) ? d.EnumerateArray().Select(e => e.GetProperty("IP").GetString()) : []));
        foreach (string text in texts.Concat(["100.64.0.1", "8.8.8.8", "fd7a:115c:a1e0::1", "2001:db8::5"]))
        {
            if (text == "*") continue;
            foreach (string end in text.Split('-'))
            {
                IPNetwork network = IPNetwork.TryParse(end, out IPNetwork n) ? n : new IPNetwork(IPAddress.Parse(end), IPAddress.Parse(end).GetAddressBytes().Length * 8);
                byte[] first = network.BaseAddress.GetAddressBytes(), last = (byte[])first.Clone();
                for (int bit = network.PrefixLength; bit < last.Length * 8; bit++) last[bit / 8] |= (byte)(0x80 >> bit % 8);
                foreach (byte[] address in new[] { first, last, Next(last, 1), Next(first, 255) })
                    if (Usable(address)) yield return new IPAddress(address);
            }
        }
    }

    private static byte[] Next(byte[] address, int step)
    {
        byte[] next = (byte[])address.Clone();
        int i = next.Length - 1;
        int carryAt = step == 1 ? 0xff : 0;
        while (i > 0 && next[i] == carryAt) next[i--] += (byte)step;
        next[i] += (byte)step;
        return next;
    }

    private static bool Usable(byte[] a) =>
        a.Length == 4 ? a[0] < 224 && !(a[0] == 169 && a[1] == 254) : a[0] != 0xff && !(a[0] == 0xfe && a[1] >> 6 == 2) && a.Take(10).Any(b => b != 0);
}
