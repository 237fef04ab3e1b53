using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Text.Json;

namespace MicroLink.Tests.Unit.Filter;

/// <summary>
/// The rules of protocol.md 4.10 in the plainest form: JSON in, System.Net's addresses, no tables. What the compiled filter is compared
/// with.
/// </summary>
internal sealed class NaiveFilter
{
    private readonly List<JsonElement> _rules = new();

    public NaiveFilter(params JsonElement[] lists)
    {
        foreach (JsonElement list in lists) _rules.AddRange(list.EnumerateArray());
    }

    /// <summary>A new connection or datagram. Ports are ignored for ICMP.</summary>
    public bool Allows(int protocol, IPAddress source, IPAddress destination, int port)
    {
        bool icmp = protocol is 1 or 58;
        bool portless = !icmp && protocol is not (6 or 17 or 132);
        return _rules.Any(rule => (icmp || Protocols(rule).Contains(protocol))
            && List(rule, "SrcIPs").Any(s => Contains(s.GetString(), source))
            && List(rule, "DstPorts").Any(d => Contains(d.GetProperty("IP").GetString(), destination) && Port(d, port, icmp, portless)));
    }

    private static bool Port(JsonElement target, int port, bool icmp, bool portless)
    {
        JsonElement ports = target.GetProperty("Ports");
        int first = ports.GetProperty("First").GetInt32(), last = ports.GetProperty("Last").GetInt32();
        return icmp || (portless ? first == 0 && last == 65535 : port >= first && port <= last);
    }

    private static IEnumerable<JsonElement> List(JsonElement rule, string name) =>
        rule.TryGetProperty(name, out JsonElement list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : [];

    private static int[] Protocols(JsonElement rule)
    {
        int[] named = List(rule, "IPProto").Select(p => p.GetInt32()).ToArray();
        return named.Length == 0 ? [6, 17, 1, 58] : named;
    }

    public static bool Contains(string text, IPAddress address)
    {
        if (text == "*") return true;
        if (text.Contains('/')) return IPNetwork.TryParse(text, out IPNetwork network) && network.Contains(address);
        string[] ends = text.Split('-');
        if (!IPAddress.TryParse(ends[0], out IPAddress first) || !IPAddress.TryParse(ends[^1], out IPAddress last)) return false;
        return first.AddressFamily == address.AddressFamily && Number(first) <= Number(address) && Number(address) <= Number(last);
    }

    private static UInt128 Number(IPAddress address) => address.GetAddressBytes().Aggregate(UInt128.Zero, (n, b) => n << 8 | b);
}
