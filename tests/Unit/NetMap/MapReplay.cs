using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using MicroLink.Bytes;
using MicroLink.NetMap;

namespace MicroLink.Tests.Unit.NetMap;

/// <summary>A MapStream and a plain model of the tailnet that its events build.</summary>
internal sealed class MapReplay
{
    public readonly MapStream Stream;
    public readonly SortedDictionary<long, PeerRow> Peers = new();
    public readonly List<string> Log = new();
    public PeerRow Self;
    public DerpMap Relays;
    public DnsConfig Dns;
    public ControlDialPlan Plan;
    public NodeAttributes Attributes;
    public string[] Health = new string[0];
    public (string Address, byte[] Payload) Ping;
    public long ControlTime;
    public int Messages, KeepAlives;
    public long NowMs = 1000000;

    public MapReplay(int maxPeers = 1000, int maxMessage = 1 << 20)
    {
        Stream = new MapStream(maxMessage, new PeerIndex(maxPeers), 1 << 20);
        Stream.Begin();
    }

    public MapReplay Message(string json, int piece = int.MaxValue) => Bytes(Framed(Encoding.UTF8.GetBytes(json)), piece);

    public static byte[] Framed(byte[] json) => BitConverter.GetBytes(json.Length).Concat(json).ToArray();

    public MapReplay Bytes(byte[] bytes, int piece = int.MaxValue)
    {
        for (int at = 0; at < bytes.Length && Stream.Failure == 0;)
        {
            int end = piece >= bytes.Length - at ? bytes.Length : at + piece;
            while (at < end && Stream.Failure == 0)
            {
                Stream.Handle(bytes, at, end - at, NowMs);
                at += Stream.Consumed;
                Drain();
            }
        }
        Stream.Handle(bytes, bytes.Length, 0, NowMs);
        Drain();
        return this;
    }

    public void Drain()
    {
        MapEvent e = new();
        while (Stream.PollEvent(e))
        {
            switch (e.Kind)
            {
                case MapEvent.Upsert: Peers[e.Row.Id] = e.Row; Log.Add("+" + e.Row.Id); break;
                case MapEvent.Removed: Peers.Remove(e.Row.Id); Log.Add("-" + e.Row.Id); break;
                case MapEvent.Patch: Peers[e.Row.Id].Apply(e.Row); Log.Add("~" + e.Row.Id); break;
                case MapEvent.Self: Self = e.Row; Log.Add("self"); break;
                case MapEvent.Relays: Relays = e.Map; Log.Add("relays"); break;
                case MapEvent.ControlTime: ControlTime = e.Value; break;
                case MapEvent.Ping: Ping = (e.Address, e.Payload); Log.Add($"ping {e.Text} [{e.Types}] {e.Flag}"); break;
                case MapEvent.OpenUrl: Log.Add("open " + e.Text); break;
                case MapEvent.TailnetLock: Log.Add("lock " + e.Flag); break;
                case MapEvent.DnsSettings: Dns = e.Config; Log.Add("dns"); break;
                case MapEvent.Profile: Log.Add($"user {e.User.Id} {e.User.LoginName} {e.User.DisplayName}"); break;
                case MapEvent.Health: Health = e.Texts; Log.Add("health " + e.Texts.Length); break;
                case MapEvent.DialPlan: Plan = e.Plan; Log.Add("plan"); break;
                case MapEvent.ClientVersion: Log.Add("version " + e.Text); break;
                case MapEvent.Domain: Log.Add("domain " + e.Text); break;
                case MapEvent.AttributeSet: Attributes = e.Attributes; Log.Add("attributes " + e.Attributes.Text()); break;
                case MapEvent.Sleep: Log.Add("sleep " + e.Value); break;
                case MapEvent.MessageEnd: Messages++; if (e.Flag) KeepAlives++; break;
            }
        }
    }

    /// <summary>Everything that the rows say, as text.</summary>
    public string Describe() => string.Join("\n", Peers.Values.Select(Describe)) + "\nself " + (Self == null ? "" : Describe(Self));

    public static string Describe(PeerRow row)
    {
        return $"{row.Id} {row.Name} {Hex(row.Key)} {Hex(row.DiscoKey)} [{Prefixes(row.Addresses)}] [{Prefixes(row.AllowedIps)}] [{Endpoints(row.Endpoints)}] "
            + $"{row.HomeRelay} {row.Online} {row.KeyExpiryMs} {row.LastSeenMs} {row.Capability} {row.Expired} {row.MachineAuthorized} {row.IsJailed} "
            + $"{row.UnsignedPeerApiOnly} {row.IsWireGuardOnly} {Join(row.Tags)} {Join(row.Capabilities)} "
            + (row.MasqueradeV4 == null ? "" : NetEndpoint.FormatAddress(row.MasqueradeV4, 0)) + (row.MasqueradeV6 == null ? "" : NetEndpoint.FormatAddress(row.MasqueradeV6, 0));
    }

    public static string Prefixes(byte[] list) => List(list, NetEndpoint.PrefixLength, NetEndpoint.FormatPrefix);
    public static string Endpoints(byte[] list) => List(list, NetEndpoint.Length, NetEndpoint.Format);
    private static string Hex(byte[] key) => key == null ? "-" : Convert.ToHexString(key).ToLowerInvariant();
    private static string Join(string[] texts) => texts == null ? "-" : string.Join(",", texts);

    private static string List(byte[] list, int entry, Func<byte[], int, string> format)
    {
        if (list == null) return "-";
        return string.Join(",", Enumerable.Range(0, list.Length / entry).Select(i => format(list, i * entry)));
    }
}
